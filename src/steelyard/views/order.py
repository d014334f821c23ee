"""One order of a person as the orders view keeps it: what was asked, what became of it, how it reads on the wire."""
from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from ..codes import (
    FLAG_CLOSE,
    FLAG_HIDDEN,
    FLAG_POST_ONLY,
    FLAG_POST_ONLY_CANCEL,
    FLAG_REDUCE_ONLY,
    ORDER_MARKET,
    ORDER_STOP_MARKET,
    ORDER_TRAILING_STOP,
    SELL,
    BracketLadder,
    OrderType,
    PriceSource,
    Reason,
    TimeInForce,
)
from ..engine.records import BRACKET_TARGETS_MAX, COMMAND
from .scales import InstrumentScale, Scales, milliseconds, rate

OPEN, WAITING, FILLED, CANCELED, REFUSED = "open", "waiting", "filled", "canceled", "refused"
LIVE = (OPEN, WAITING)
ROLES = ROLE_ORDER, ROLE_STOP, ROLE_TARGET, ROLE_LIQUIDATION = "order", "stop", "target", "liquidation"

TYPE_NAMES = {int(one): one.name.lower() for one in OrderType}
TIF_NAMES = {int(one): one.name.lower() for one in TimeInForce}
SOURCE_NAMES = {int(one): one.name.lower() for one in PriceSource}
LADDER_NAMES = {int(one): one.name.lower() for one in BracketLadder}
REASON_NAMES = {int(one): one.name for one in Reason}
POST_ONLY = FLAG_POST_ONLY | FLAG_POST_ONLY_CANCEL
REDUCING = FLAG_REDUCE_ONLY | FLAG_CLOSE


CONTENTS_AT = COMMAND.fields["size_lots"][1]
assert sorted(COMMAND.names, key=lambda name: COMMAND.fields[name][1])[:3] == ["time_ns", "order_id", "size_lots"]


def contents_of(command) -> bytes:
    """What a PLACE_ORDER asks for, in 16 bytes that are equal for equal requests: everything of the record (an array of
    one, or its bytes) but its order id and its time (SERV-008)."""
    data = command.tobytes() if isinstance(command, np.ndarray | np.void) else command
    return hashlib.blake2b(data[CONTENTS_AT:], digest_size=16).digest()


WEIGHT = 10**12


def price_weight(inverse: bool, lots: int, ticks: int) -> int:
    """What a fill adds to the sum an average price is made from: lots x price, or lots / price for inverse contracts,
    which average harmonically. The value in atoms would not do: it is rounded contract by contract.  VIEW-003"""
    return lots * (WEIGHT // ticks) if inverse else lots * ticks


def average_price(scale: InstrumentScale, lots: int, price_sum: int) -> str:
    """The average price of fills, on the mark's grid.

    Worked example: 100 at 8,000.0 and 100 at 8,001.0 of a linear contract are 8,000.50.  VIEW-003
    """
    if scale.inverse:
        return scale.mark((2 * lots * WEIGHT * scale.units_per_tick + price_sum) // (2 * price_sum))
    return scale.mark((2 * price_sum * scale.units_per_tick + lots) // (2 * lots))


@dataclass(slots=True)
class Bracket:
    """Stop and targets that an entry carries, in the engine's units."""

    stop_ticks: int
    stop_source: int
    trail_offset_ticks: int
    ladder: int
    targets: tuple[tuple[int, int], ...]
    """Price in ticks and share in ppb of each."""

    @classmethod
    def of(cls, record) -> Bracket:
        """From a PLACE_ORDER command or a row of the engine's brackets, which name the fields alike."""
        ticks, shares = record["target_ticks"].tolist(), record["target_share_ppb"].tolist()
        ladder = record["bracket_ladder"] if "bracket_ladder" in record.dtype.names else record["ladder"]
        return cls(int(record["stop_ticks"]), int(record["stop_source"]), int(record["trail_offset_ticks"]),
                   int(ladder), tuple((ticks[at], shares[at]) for at in range(BRACKET_TARGETS_MAX) if ticks[at]))

    def wire(self, scale: InstrumentScale) -> dict:
        """As in SERV-006."""
        return {"stop_price": scale.price(self.stop_ticks), "stop_source": SOURCE_NAMES[self.stop_source],
                "trail_offset": scale.price(self.trail_offset_ticks) if self.trail_offset_ticks else None,
                "targets": [{"price": scale.price(ticks), "share": rate(share)} for ticks, share in self.targets],
                "ladder": LADDER_NAMES[self.ladder]}


@dataclass(slots=True)
class Order:
    """An order or trigger of a person. Ticks, units, lots and atoms as in the engine; times in ns; value absolute."""

    order_id: int
    account: int
    instrument: int
    side: int
    order_type: int
    size_lots: int
    """All of it: filled and not. 0 for a trigger that closes whatever the position is."""
    price_ticks: int = 0
    state: str = OPEN
    reason: int = 0
    filled_lots: int = 0
    filled_value_atoms: int = 0
    price_sum: int = 0
    """What the average price is made from: see :func:`price_weight`; 0 where only the value is known."""
    fee_atoms: int = 0
    trigger_units: int = 0
    trigger_source: int = 0
    trail_offset_ticks: int = 0
    time_in_force: int = 0
    expires_ns: int = 0
    flags: int = 0
    display_lots: int = 0
    bracket: Bracket | None = None
    role: str = ROLE_ORDER
    parent_order_id: int = 0
    client_order_id: str = ""
    contents: bytes = b""
    """:func:`contents_of` the command that placed it; empty where that is not known any more."""
    created_ns: int = 0
    updated_ns: int = 0
    row_number: int = field(default=0, compare=False)
    """Where the table of orders keeps it."""

    @property
    def is_live(self) -> bool:
        """Whether it may still trade or fire."""
        return self.state in LIVE

    def average_price(self, scale: InstrumentScale) -> str | None:
        """Average price of what was filled, on the mark's grid; None for nothing.  VIEW-003"""
        if not self.filled_lots:
            return None
        if not self.price_sum:
            value = self.filled_value_atoms
            return scale.average(self.filled_lots, -value if scale.inverse else value)
        return average_price(scale, self.filled_lots, self.price_sum)

    @property
    def waits(self) -> bool:
        """Whether its type waits for a price."""
        return ORDER_STOP_MARKET <= self.order_type <= ORDER_TRAILING_STOP

    def wire(self, scales: Scales) -> dict:
        """The Order of SERV-006.  VIEW-003"""
        scale = scales.by_id[self.instrument]
        filled, flags = self.filled_lots, self.flags
        trigger = None
        if self.trigger_units:
            ticks, rest = divmod(self.trigger_units, scale.units_per_tick)
            trigger = scale.mark(self.trigger_units) if rest else scale.price(ticks)
        display = scale.size(self.display_lots) if self.display_lots else "0" if flags & FLAG_HIDDEN else None
        has_price = self.price_ticks and self.order_type != ORDER_MARKET
        return {
            "order_id": str(self.order_id), "client_order_id": self.client_order_id or None, "symbol": scale.symbol,
            "side": "sell" if self.side == SELL else "buy", "type": TYPE_NAMES[self.order_type],
            "size": scale.size(self.size_lots), "filled": scale.size(filled),
            "remaining": scale.size(max(0, self.size_lots - filled)),
            "price": scale.price(self.price_ticks) if has_price else None, "trigger_price": trigger,
            "trigger_source": SOURCE_NAMES[self.trigger_source] if self.waits else None,
            "trail_offset": scale.price(self.trail_offset_ticks) if self.trail_offset_ticks else None,
            "time_in_force": TIF_NAMES[self.time_in_force],
            "expires": milliseconds(self.expires_ns) if self.expires_ns else None,
            "post_only": flags & POST_ONLY != 0, "reduce_only": flags & REDUCING != 0, "close": flags & FLAG_CLOSE != 0,
            "display_size": display, "state": self.state,
            "reason": REASON_NAMES.get(self.reason) if self.reason else None,
            "average_price": self.average_price(scale),
            "fee": scale.cash(self.fee_atoms), "bracket": self.bracket.wire(scale) if self.bracket else None,
            "role": self.role, "parent_order_id": str(self.parent_order_id) if self.parent_order_id else None,
            "created": milliseconds(self.created_ns), "updated": milliseconds(self.updated_ns)}

    def row(self) -> dict:
        """Every field as plain values, for whoever keeps history; :meth:`of_row` is the way back."""
        found = {name: getattr(self, name) for name in ROW_FIELDS}
        found["contents"] = self.contents.hex()
        if self.bracket is not None:
            one = self.bracket
            found["bracket"] = [one.stop_ticks, one.stop_source, one.trail_offset_ticks, one.ladder,
                                [list(target) for target in one.targets]]
        return found

    @classmethod
    def of_row(cls, row: dict) -> Order:
        """An order from :meth:`row`; unknown columns are passed over, missing ones take their defaults."""
        known = {name: row[name] for name in ROW_FIELDS if row.get(name) is not None}
        known["contents"] = bytes.fromhex(row.get("contents") or "")
        if row.get("bracket"):
            *numbers, targets = row["bracket"]
            known["bracket"] = Bracket(*numbers, tuple((ticks, share) for ticks, share in targets))
        return cls(**known)


ROW_FIELDS = tuple(name for name in Order.__slots__ if name != "row_number")


@dataclass(slots=True)
class Fill:
    """One side of a trade of a person. Lots and value absolute; fee > 0 is paid; realized is before fees."""

    sequence: int
    maker: bool
    order_id: int
    client_order_id: str
    instrument: int
    account: int
    side: int
    price_ticks: int
    size_lots: int
    value_atoms: int
    fee_atoms: int
    fee_rate_ppb: int
    realized_atoms: int
    role: str
    time_ns: int

    @property
    def fill_id(self) -> str:
        """The trade's event sequence, and which side of it: unique also where an account traded with itself."""
        return f"{self.sequence}{'m' if self.maker else 't'}"

    def wire(self, scales: Scales) -> dict:
        """The Fill of SERV-006.  VIEW-004"""
        scale = scales.by_id[self.instrument]
        return {"id": self.fill_id, "order_id": str(self.order_id), "client_order_id": self.client_order_id or None,
                "symbol": scale.symbol, "side": "sell" if self.side == SELL else "buy",
                "price": scale.price(self.price_ticks), "size": scale.size(self.size_lots),
                "fee": scale.cash(self.fee_atoms), "fee_rate": rate(self.fee_rate_ppb),
                "realized": scale.cash(self.realized_atoms), "liquidity": "maker" if self.maker else "taker",
                "role": self.role, "time": milliseconds(self.time_ns)}
