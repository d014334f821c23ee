"""What the venue publishes about itself, for anybody who wants to check it against a copy of the journal."""
from __future__ import annotations

import time

from ...node.tables import conservation
from ...views.scales import milliseconds
from .call import Call
from .things.proof import AssetSum, Proof

KEPT_S = 2.0
"""Adding up all cash reads every wallet: done at most so often, however many ask."""


async def proof(call: Call) -> Proof:
    """The chain's hash, the digest of all events, and the sum of all cash per asset."""
    held = call.request.app.state
    now = time.monotonic()
    known = getattr(held, "proof", None)
    if known is None or now - known[0] > KEPT_S:
        known = held.proof = (now, _proof(call))
    return known[1]


def _proof(call: Call) -> Proof:
    venue = call.services.venue
    replica = venue.replica
    scales = call.services.operations.orders.scales
    sums = [AssetSum(scales.assets[asset].name, scales.cash(atoms, asset))
            for asset, atoms in sorted(conservation(replica.engine.states).items())]
    return Proof(replica.sequence - 1, replica.trail.count, replica.trail.digest.hex(),
                 replica.place.previous_hash.hex(), sums, milliseconds(venue.clock.now_ns()))
