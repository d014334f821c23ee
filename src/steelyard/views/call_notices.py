"""Notices about what venues do before and beside a takeover: margin calls, conversions of collateral, positions
assigned, margin windows that ask for more. In sentences that say what to do and until when.  VIEW-022
"""
from __future__ import annotations

from datetime import UTC, datetime

from ..codes import BUY, MARGIN_WINDOW_CHANGED, SELL, Reason
from ..units import PPB, SECOND
from .people import is_person
from .scales import Scales

ENDS = {
    Reason.margin_call_met: ("info", "The margin call on your {asset} wallet is met: equity {equity}, maintenance "
                                     "margin {maintenance}."),
    Reason.margin_call_missed: ("danger", "The margin call on your {asset} wallet was not met in time: equity {equity} "
                                          "against a maintenance margin of {maintenance}. It is liquidated now."),
    Reason.close_out_reached: ("danger", "Your {asset} wallet has fallen to its close-out level before the deadline of "
                                         "its margin call: equity {equity}, maintenance margin {maintenance}. It is "
                                         "liquidated now."),
    Reason.position_gone: ("info", "The margin call on your {asset} wallet has ended: it holds no position any more.")}


def moment(time_ns: int) -> str:
    """A time in a sentence: ``14 Jul 2026 21:00:00 UTC``."""
    return datetime.fromtimestamp(time_ns // SECOND, UTC).strftime("%d %b %Y %H:%M:%S UTC").lstrip("0")


def per_cent(rate_ppb: int) -> str:
    """A rate in a sentence, at most four decimals.

    >>> per_cent(223_295_455), per_cent(100_000_000)
    ('22.3295', '10')
    """
    return f"{100 * rate_ppb / PPB:.4f}".rstrip("0").rstrip(".")


class CallNotices:
    """Makes the sentences; ``tell`` is that of the view of notices, ``costs`` the book of open positions."""

    def __init__(self, engine, scales: Scales, costs, tell):
        self.engine, self.scales, self.costs, self.tell = engine, scales, costs, tell
        self._windows = self._holding()

    def _holding(self) -> dict[int, int]:
        """The window that holds now, by instrument."""
        held = self.engine.state.instruments
        return {number: int(held[number].margin_window) for number in self.scales.by_id}

    # ------------------------------------------------------------ calls
    def called(self, row) -> None:
        """MARGIN_CALLED.  CALL-001"""
        name = self.scales.assets[row.asset].name
        self.tell(row.account, "margin_call", "danger",
                  f"Margin call on your {name} wallet: equity {self.scales.cash(row.equity_atoms, row.asset)} has come "
                  f"down to the maintenance margin of {self.scales.cash(row.requirement_atoms, row.asset)}. Deposit "
                  f"{self.scales.cash(row.cash_atoms, row.asset)} {name}, or make positions smaller, by "
                  f"{moment(row.value_atoms)}; else the wallet is liquidated. It opens nothing until then.",
                  time_ns=row.time_ns)

    def ended(self, row) -> None:
        """MARGIN_CALL_ENDED.  CALL-003"""
        level, text = ENDS[row.reason]
        name = self.scales.assets[row.asset].name
        self.tell(row.account, "margin_call", level, text.format(
            asset=name, equity=f"{self.scales.cash(row.equity_atoms, row.asset)} {name}",
            maintenance=self.scales.cash(row.requirement_atoms, row.asset)), time_ns=row.time_ns)

    # ------------------------------------------------------------ collateral, assignment
    def converted(self, row) -> None:
        """COLLATERAL_CONVERTED: ``flags`` is the asset it was sold for.  COLL-005"""
        sold, hub = self.scales.assets[row.asset], self.scales.assets[row.flags]
        self.tell(row.account, "conversion", "warning",
                  f"{self.scales.cash(-row.cash_atoms, row.asset)} {sold.name} of your collateral were sold for "
                  f"{self.scales.cash(row.value_atoms, row.flags)} {hub.name}, because your {hub.name} wallet was "
                  f"below zero; the conversion fee was {self.scales.cash(row.fee_atoms, row.flags)}.",
                  time_ns=row.time_ns)

    def assigned(self, row) -> None:
        """ASSIGNED: the account opted in and took a part of a bankrupt position.  LIQD-032"""
        scale = self.scales.by_id[row.instrument]
        did = "bought" if row.side > 0 else "sold"
        self.tell(row.account, "assigned", "info",
                  f"You were assigned {scale.size(row.size_lots)} contracts of {scale.symbol} of a liquidated account: "
                  f"{did} at {scale.mark(row.price_units)}, without fee, {scale.cash(row.requirement_atoms)} "
                  f"{scale.asset} better than the mark. You opted in to this.", scale.symbol, time_ns=row.time_ns)

    # ------------------------------------------------------------ windows
    def flips(self, events) -> None:
        """Margin windows that changed in a batch: whoever holds a side that must keep more is told.  MARG-041"""
        flipped = events[events["kind"] == MARGIN_WINDOW_CHANGED]
        for event in flipped:
            number, window = int(event["instrument"]), int(event["flags"])
            before = self._windows.get(number, window)
            self._windows[number] = window
            if window == before or number not in self.scales.by_id:
                continue
            for side in (BUY, SELL):
                self._flip(number, before, window, side, int(event["time_ns"]))

    def _flip(self, number: int, before: int, window: int, side: int, time_ns: int) -> None:
        scale, rates = self.scales.by_id[number], self.engine.state.instruments[number].window_rates
        place = 0 if side == BUY else 1
        old, new = rates[2 * before + place], rates[2 * window + place]
        if new.maintenance_ppb <= old.maintenance_ppb and new.initial_ppb <= old.initial_ppb:
            return
        named = [one.name for one in scale.instrument.windows]
        word = "long" if side == BUY else "short"
        text = (f"Margin of {scale.symbol} has risen: the window "
                f"{named[window] if window < len(named) else window} holds from now on, and a {word} position must "
                f"keep at least {per_cent(int(new.maintenance_ppb))} % (before "
                f"{per_cent(int(old.maintenance_ppb))} %), {per_cent(int(new.initial_ppb))} % to open. "
                "Add margin, or make it smaller, if you stand near it.")
        for account, instrument in list(self.costs.costs):
            if instrument == number and is_person(account) and self._side(account, instrument) == side:
                self.tell(account, "margin_window", "warning", text, scale.symbol, time_ns=time_ns)

    def _side(self, account: int, instrument: int) -> int:
        size = self.costs.costs[account, instrument].size_lots
        return BUY if size > 0 else SELL if size < 0 else 0
