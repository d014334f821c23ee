"""Published figures of real venues, recomputed by the rules and the engine: one module per venue, one page for all."""
