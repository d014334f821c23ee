"""The short way of a fill: two cross positions under plain terms, of two orders that carry nothing.

As with the short way of orders (``short_way.py``), everything that would need another rule is looked for before
anything is changed, and where something is found the long way (``matching.fill``) trades. What is written is the same
to the last word (``tests/twins/test_short_way.py``).
"""
from ..codes import BUY, TRADED
from ..kernel import add, gate, kernel, multiply, multiply_divide_down
from ..rules.fees import fee
from .book import level_of
from .events import new_event
from .fee_rates import dearest_fee_rate, fee_rate
from .floors import UNKNOWN, move_floor
from .groups import has_equity
from .ledger import pay_for_trade
from .positions import activate, count_open_interest, exposure, floor_kind_of, note_result, owes_funding, unrealized
from .queues import mark_dirty


# ---------------------------------------------------------------- who may go the short way
@kernel
def carries_nothing(state, slot):
    """Whether neither the working order nor a resting one asks for more than to trade.  ORDR-017"""
    working = state.working
    maker = state.orders[slot]
    taken = working.flags | working.takeover | working.bracket | working.checked_ticks
    return (taken | maker.flags | maker.takeover | maker.bracket | maker.oco_order_id | maker.display_size_lots) == 0


@kernel
def is_free(state, position_row):
    """Whether a position is cross, owes no funding, and is under no restriction, bracket or liquidation.  ORDR-017"""
    position = state.positions[position_row]
    bound = position.isolated | position.liquidation | position.first_bracket | position.client_class
    return position_row != 0 and bound | state.wallets[position.wallet].liquidation == 0 and (
        position.size_lots == 0 or not owes_funding(state, position_row))


@kernel
def can_lose(state, position_row, atoms):
    """Whether a cross position's group has at least ``atoms`` of equity: at once where the wallet has no other active
    position.  MTCH-004"""
    position = state.positions[position_row]
    wallet = state.wallets[position.wallet]
    if wallet.position_count != 1 or position.wallet_slot != 1:
        return has_equity(state, position.wallet, atoms)
    return add(wallet.balance_atoms, unrealized(state, position_row)) >= atoms


# ---------------------------------------------------------------- what it does
@kernel
def describe_fill(state, slot, lots, value_atoms, out):
    """The TRADED event of a fill, without what the two sides add."""
    working = state.working
    maker = state.orders[slot]
    event = new_event(state, out, TRADED)
    event.instrument = working.instrument
    event.asset = state.instruments[working.instrument].terms.settlement_asset
    event.side = working.side
    event.order_type = working.order_type
    event.flags = working.flags
    event.price_ticks = maker.price_ticks
    event.size_lots = lots
    event.value_atoms = value_atoms
    event.order_id = working.order_id
    event.account = working.account
    event.remaining_lots = working.remaining_lots - lots
    event.maker_order_id = maker.order_id
    event.other_account = maker.account
    event.maker_remaining_lots = maker.remaining_lots - lots
    return event


@gate
def follow_trade(state, position_row, lots_before, entry_before):
    """The floor of a wallet follows a trade of one of its cross positions, which had this size and entry value before.
    MARG-017"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    value_before = multiply(lots_before, instrument.mark_unit_value_atoms)
    move_floor(state, state.wallets[position.wallet], unrealized(state, position_row) - (value_before - entry_before),
               exposure(state, position_row) - abs(value_before), floor_kind_of(instrument.terms))


@gate
def book_plain(state, position_row, signed_lots, unit_atoms, fee_atoms):
    """:func:`positions.book_fill` of a cross position at a linear price of ``unit_atoms`` a lot; returns realized
    profit or loss, before fee."""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    wallet = state.wallets[position.wallet]
    activate(state, position_row)
    position.own_requirement_key = 0
    before = position.size_lots
    entry_before = position.entry_value_atoms
    closing = 0
    realized = 0
    if (before > 0 and signed_lots < 0) or (before < 0 and signed_lots > 0):
        closing = signed_lots
        part = entry_before
        if abs(signed_lots) > abs(before):
            closing = -before
        elif signed_lots + before != 0:
            part = multiply_divide_down(entry_before, abs(closing), abs(before))
        realized = -multiply(closing, unit_atoms) - part
        position.entry_value_atoms = entry_before - part
        note_result(state, position_row, realized)
    opening = signed_lots - closing
    if opening != 0:
        if before + closing == 0:
            position.funding_index_micro = instrument.funding_index_micro
            position.opened_ns = state.now_ns
        position.terms_epoch = instrument.terms_epoch
        position.entry_value_atoms = add(position.entry_value_atoms, multiply(opening, unit_atoms))
    position.size_lots = before + signed_lots
    pay_for_trade(state, position.wallet, position.instrument, realized, fee_atoms)
    if wallet.floor_kind != UNKNOWN:
        follow_trade(state, position_row, before, entry_before)
    count_open_interest(state, position.instrument, before, position.size_lots)
    mark_dirty(state, position_row)
    return realized


@gate
def fill_short(state, slot, lots, out):
    """TRADED of ``lots`` between the working order and a resting one; returns 0, with nothing done, where it may not go
    this way.  ORDR-017, MTCH-001"""
    working = state.working
    maker = state.orders[slot]
    instrument = state.instruments[working.instrument]
    seldom = state.collateral_count | state.moved_ring.count | state.funding_rows_left
    if instrument.plain_terms == 0 or seldom != 0 or not carries_nothing(state, slot) or (
            working.position == maker.position):
        return 0
    if not is_free(state, working.position) or not is_free(state, maker.position):
        return 0
    side = working.side
    unit = maker.unit_value_atoms
    if unit != multiply(instrument.terms.lot_value_numerator, maker.price_ticks * instrument.terms.mark_units_per_tick):
        return 0
    value = lots * unit                             # bounded at the door
    loss = multiply(side * lots, unit - instrument.mark_unit_value_atoms)
    if loss != 0:                                   # of the working order's side; the other gains as much at the mark
        loser = working.position if loss > 0 else maker.position
        cost = abs(loss) + fee(value, dearest_fee_rate(state, state.positions[loser].account, instrument))
        if not can_lose(state, loser, cost):
            return 0

    event = describe_fill(state, slot, lots, value, out)
    level = level_of(state, working.instrument, maker.price_ticks)
    level.total_lots -= lots
    level.displayed_lots -= lots
    maker.displayed_lots -= lots
    maker.remaining_lots -= lots
    working.remaining_lots -= lots
    working.filled_lots += lots
    working.filled_value_atoms += value
    instrument.last_price_ticks = maker.price_ticks
    position = state.positions[maker.position]
    bought = 0 if side == BUY else lots
    bought_value = 0 if side == BUY else value
    position.open_buy_lots -= bought
    position.open_buy_value_atoms -= bought_value
    position.open_sell_lots -= lots - bought
    position.open_sell_value_atoms -= value - bought_value
    event.fee_atoms = fee(value, fee_rate(state, working.account, instrument, False))
    event.maker_fee_atoms = fee(value, fee_rate(state, maker.account, instrument, True))
    event.realized_atoms = book_plain(state, working.position, side * lots, unit, event.fee_atoms)
    event.maker_realized_atoms = book_plain(state, maker.position, -side * lots, unit, event.maker_fee_atoms)
    event.collateral_atoms = state.positions[working.position].collateral_atoms
    event.maker_collateral_atoms = position.collateral_atoms
    return 1
