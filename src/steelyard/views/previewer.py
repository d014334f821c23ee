"""Runs previews on an engine's live tables and puts everything back. Engine units in, engine units out."""
from __future__ import annotations

import numpy as np

from ..engine.records import COMMAND, as_record, new_outbox
from .direct import Direct, table
from .people import Unpacker
from .preview_kernels import PREVIEW, QUOTE, SETTINGS, preview, quote_book
from .undo import UNDO, put_back

PREVIEW_ROWS = Unpacker("PreviewRow", PREVIEW, PREVIEW.names)
QUOTE_ROWS = Unpacker("QuoteRow", QUOTE, QUOTE.names)
PREVIEW_ID = (1 << 62) - 1
"""Order id of a previewed order: the last a customer's could have, so it is never a live one's."""


class Previewer:
    """Asks the engine's rules what a command would do. Call between batches only, on the loop that runs the venue."""

    def __init__(self, engine):
        self.engine = engine
        self._undo, self._outs = table(UNDO, 1), new_outbox()
        self._preview, self._put_back, self._quote = Direct(preview), Direct(put_back), Direct(quote_book)
        self._commands, self._previews = as_record(np.zeros(SETTINGS + 1, COMMAND)), table(PREVIEW, 2)
        self._quotes = table(QUOTE, 1)
        self._preview_bytes, self._quote_bytes = self._previews.view(np.uint8), self._quotes.view(np.uint8)
        self._costs, self._asked = self._previews["costs_atoms"], self._quote_bytes.view(np.int64)
        self._workings = (None, None)
        self._order = self._commands[SETTINGS:].view(np.uint8).view(COMMAND)
        self._settings = self._commands[:SETTINGS].view(np.uint8).view(COMMAND)

    def ask(self, order: np.ndarray, settings: tuple[np.ndarray, ...] = (), costs_atoms: int = 0) -> list:
        """Named tuples of PREVIEW for one PLACE_ORDER record after at most two settings: as the tables would stand
        right after it, and as they would once what rests filled at its limit. The tables are as before, also where this
        raises."""
        self._order[:] = order
        self._settings[:] = np.zeros(1, COMMAND)
        for at, setting in enumerate(settings):
            self._settings[at:at + 1] = setting
        self._preview_bytes[:] = 0
        self._costs[:] = costs_atoms
        states = self.engine.states
        if self._workings[0] is not states:
            self._workings = states, states["working"]
        try:
            self._preview(states, self._commands, self._undo, self._outs, self._previews)
        finally:
            self._put_back(states, self._undo, self._workings[1])
        return list(map(PREVIEW_ROWS.row._make, PREVIEW_ROWS.struct.iter_unpack(self._preview_bytes.data)))

    def quote(self, instrument: int, side: int, lots: int, limit_ticks: int = 0):
        """What the book holds now for ``lots`` of a side, up to a limit (0: a market order's collar), as a named tuple
        of QUOTE; nobody's margin is asked."""
        self._asked[:4] = instrument, side, lots, limit_ticks
        self._quote(self.engine.states, self._quotes)
        return QUOTE_ROWS.row._make(QUOTE_ROWS.struct.unpack(self._quote_bytes.data))
