"""The change of a contract's lot as an operation on a venue that runs: orders cut to the new lot, odd lots closed at
the mark without a fee, in commands of the engine.  LABS-009

What it leaves to a new listing: the engine counts in the lot it was listed with (TERM-002), so that values are rounded
per new lot only where the contract is listed again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import codes
from ..engine.records import TERMS, new_commands

MAKER, TAKER = TERMS.names.index("maker_fee_ppb"), TERMS.names.index("taker_fee_ppb")


@dataclass(frozen=True)
class Cut:
    """One resting order before and after: ``lots_after`` 0 where nothing of it is left."""

    order_id: int
    account: int
    side: int
    price_ticks: int
    lots_before: int
    lots_after: int


@dataclass(frozen=True)
class Odd:
    """What one account holds beyond whole new lots: ``lots`` signed as the position is."""

    account: int
    lots: int


def resting(state, instrument: int, per_lot: int) -> list[Cut]:
    """Every resting order of a contract in the order in which it came, cut down to whole new lots."""
    found = []
    for row in range(1, int(state.orders_pool.high_water) + 1):
        order = state.orders[row]
        if order.instrument == instrument and order.remaining_lots > 0 and order.takeover == 0 and order.account != 0:
            lots = int(order.remaining_lots)
            found.append((int(order.placed_ns), Cut(int(order.order_id), int(order.account), int(order.side),
                                                    int(order.price_ticks), lots, lots - lots % per_lot)))
    return [cut for _, cut in sorted(found, key=lambda one: (one[0], one[1].order_id))]


def odd_lots(state, instrument: int, per_lot: int) -> list[Odd]:
    """What must be closed of every position, in order of the accounts: size less whole new lots, toward zero."""
    found = []
    for row in range(1, int(state.positions_pool.high_water) + 1):
        position = state.positions[row]
        size = int(position.size_lots)
        if position.instrument == instrument and size != 0 and abs(size) % per_lot:
            found.append(Odd(int(position.account), abs(size) % per_lot * (1 if size > 0 else -1)))
    return sorted(found, key=lambda one: one.account)


def lot_change(state, instrument: int, per_lot: int, house: int, first_order_id: int,
               time_ns: int) -> tuple[np.ndarray, list[Cut], list[Odd]]:
    """Commands of the change, what becomes of every order, and what is closed.

    The market stands still for everybody else while they run: (1) resting orders are canceled; (2) fees are nothing;
    (3) each account's odd lots are closed against ``house`` at the mark, on the tick nearest to it; (4) fees are as
    before; (5) orders come back in their old sequence, rounded down, with their own ids from ``first_order_id`` on.
    ``house`` is an account with enough cash to hold what longs and shorts leave over.
    """
    row = state.instruments[instrument]
    cuts, odds = resting(state, instrument, per_lot), odd_lots(state, instrument, per_lot)
    per_tick = int(row.terms.mark_units_per_tick)
    mark_ticks = (2 * int(row.mark_price_units) + per_tick) // (2 * per_tick)
    rows = [dict(kind=codes.CANCEL_ORDERS, account=0)]
    rows += [dict(kind=codes.SET_TERM, parameter=number, value=0) for number in (MAKER, TAKER)]
    order_id = first_order_id
    for odd in odds:
        side = 1 if odd.lots > 0 else -1
        order = dict(kind=codes.PLACE_ORDER, price_ticks=mark_ticks, size_lots=abs(odd.lots),
                     order_type=codes.ORDER_LIMIT)
        rows.append(dict(order, account=house, side=side, order_id=order_id, time_in_force=codes.TIF_GTC))
        rows.append(dict(order, account=odd.account, side=-side, order_id=order_id + 1, time_in_force=codes.TIF_IOC,
                         flags=codes.FLAG_REDUCE_ONLY))
        order_id += 2
    rows += [dict(kind=codes.SET_TERM, parameter=number, value=value) for number, value in (
        (TAKER, int(row.terms.taker_fee_ppb)), (MAKER, int(row.terms.maker_fee_ppb)))]
    for cut in cuts:
        if cut.lots_after:
            rows.append(dict(kind=codes.PLACE_ORDER, account=cut.account, side=cut.side, size_lots=cut.lots_after,
                             price_ticks=cut.price_ticks, order_type=codes.ORDER_LIMIT, order_id=order_id,
                             time_in_force=codes.TIF_GTC, flags=codes.FLAG_POST_ONLY_CANCEL))
            order_id += 1
    commands = new_commands(len(rows))
    commands["time_ns"], commands["instrument"] = time_ns, instrument
    for command, fields in zip(commands, rows):
        for name, value in fields.items():
            command[name] = value
    return commands, cuts, odds
