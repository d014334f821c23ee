"""The liquidation ladder: cancel orders, step down a tier, take over at the bankruptcy price. One bounded step at a
time.

A group arrives in the ring when its equity at the mark has come down to its maintenance margin (``bands``). Last prices
play no part. Where a step brings equity above maintenance again the group goes free.
"""
from ..codes import (
    BUY,
    FLAG_LIQUIDATION,
    FLAG_REDUCE_ONLY,
    LIQUIDATION_ENDED,
    LIQUIDATION_STARTED,
    LIQUIDATION_STEPPED,
    ORDER_LIMIT,
    POSITION_TAKEN_OVER,
    SELF_ALLOW,
    SELL,
    TIERS_BY_LOTS,
    TIF_FOK,
    TIF_IOC,
    canceled_by_liquidation,
    closed_in_book,
    liquidation_fee,
    margin_recovered,
    orders_canceled,
    position_gone,
    stepped_down,
    taken_over,
)
from ..kernel import add, gate, kernel, multiply, multiply_divide_down, multiply_divide_up
from ..rules import margin
from ..rules.fees import fee
from ..rules.liquidation import portion_down, takeover_value, ticks_at_value
from ..units import PPB
from . import partial
from .disposal import mark_bound_ticks, takes_orders, tighter
from .events import new_event
from .fillable import fillable_lots
from .groups import basis_value, group_equity, group_maintenance, position_maintenance, refresh_requirement
from .ledger import balance, insurance_place, system_place, transfer
from .losses import announce_fund, gate_withdrawals
from .margin_calls import HOLD, decide, early_level, end_call, is_called, is_covered
from .matching import match_working
from .positions import cash_place, change_position, member, settle_funding
from .queues import has_pending_changes, mark_dirty, rotate_liquidations
from .records import FEES_ACCOUNT, LIQUIDATIONS_MAX, LIQUIDATOR_ACCOUNT
from .takeovers import has_takeover_room, next_system_order_id, open_takeover
from .withdrawal import cancel_opening_orders, cancel_position_orders

WAITING_LOOKS_MAX = 64
"""Groups between two steps that one drain passes by."""
STARTING, CANCELING, STEPPING_DOWN, TAKING_OVER, CLOSING = 0, 1, 2, 3, 4


# ---------------------------------------------------------------- the members of a group
@kernel
def group_count(state, row, isolated):
    """How many position rows a group may have: an upper end for :func:`group_member`."""
    return 1 if isolated != 0 else state.wallets[row].position_count


@kernel
def group_member(state, row, isolated, index):
    """The ``index``-th position row of a group; 0 where that one is isolated and so belongs to itself."""
    if isolated != 0:
        return row
    position_row = member(state, state.wallets[row], index)
    return 0 if state.positions[position_row].isolated != 0 else position_row


@kernel
def holds_size(state, row, isolated):
    """Whether a group still holds any position."""
    for index in range(group_count(state, row, isolated)):
        position_row = group_member(state, row, isolated, index)
        if position_row != 0 and state.positions[position_row].size_lots != 0:
            return True
    return False


@gate
def settle_group_funding(state, row, isolated, out):
    """Book the funding every position of a group owes, so that its equity is cash and profit only."""
    for index in range(group_count(state, row, isolated)):
        position_row = group_member(state, row, isolated, index)
        if position_row != 0:
            settle_funding(state, position_row, out)


@kernel
def group_account(state, row, isolated):
    """The account a group belongs to."""
    return state.positions[row].account if isolated != 0 else state.wallets[row].account


@kernel
def group_asset(state, row, isolated):
    """The asset a group is settled in."""
    if isolated != 0:
        return state.instruments[state.positions[row].instrument].terms.settlement_asset
    return state.wallets[row].asset


# ---------------------------------------------------------------- announcing
@kernel
def announce(state, case, kind, reason, out):
    """A liquidation event of the group: equity, what is required, and for an isolated position its instrument and
    mark."""
    event = new_event(state, out, kind)
    event.account = group_account(state, case.row, case.isolated)
    event.asset = group_asset(state, case.row, case.isolated)
    event.reason = reason
    event.equity_atoms = group_equity(state, case.row, case.isolated)
    event.requirement_atoms = group_maintenance(state, case.row, case.isolated)
    if case.isolated != 0:
        position = state.positions[case.row]
        event.instrument = position.instrument
        event.size_lots = position.size_lots
        event.price_units = state.instruments[position.instrument].mark_price_units
    return event


@gate
def release(state):
    """Let the group at the head of the ring go; its bands are drawn anew."""
    ring = state.liquidation_ring
    case = state.liquidations[ring.head]
    if case.isolated != 0:
        state.positions[case.row].liquidation = 0
    else:
        state.wallets[case.row].liquidation = 0
    for index in range(group_count(state, case.row, case.isolated)):
        position_row = group_member(state, case.row, case.isolated, index)
        if position_row != 0:
            mark_dirty(state, position_row)
    ring.head = (ring.head + 1) % LIQUIDATIONS_MAX
    ring.count -= 1


@gate
def end_liquidation(state, reason, out):
    """The group at the head of the ring is done: announced, let go, its bands drawn anew."""
    announce(state, state.liquidations[state.liquidation_ring.head], LIQUIDATION_ENDED, reason, out)
    release(state)


@kernel
def has_recovered(state, case):
    """Whether a group's equity is above its maintenance margin again, and where calls come before that, back at initial
    margin.  LIQD-008, CALL-004"""
    equity = group_equity(state, case.row, case.isolated)
    if equity <= group_maintenance(state, case.row, case.isolated):
        return False
    return case.isolated != 0 or state.early_calls == 0 or equity >= early_level(state, case.row, 1)


@kernel
def needs_nothing(state, case):
    """Whether a group that was handed in is above what it must hold: maintenance, or the level of an early call."""
    equity = group_equity(state, case.row, case.isolated)
    maintenance = group_maintenance(state, case.row, case.isolated)
    if case.isolated != 0:
        return equity > maintenance
    return is_covered(state, case.row, equity, maintenance)


# ---------------------------------------------------------------- step: orders
@kernel
def cancel_orders_of(state, position_row, isolated, out):
    """Cancel what a position has open. In a cross liquidation an isolated position keeps its triggers and reducing
    orders.

    Returns how many were canceled.
    """
    if isolated == 0 and state.positions[position_row].isolated != 0:
        return cancel_opening_orders(state, position_row, canceled_by_liquidation, out)
    return cancel_position_orders(state, position_row, canceled_by_liquidation, out)


@gate
def cancel_next(state, case, out):
    """Cancel the orders of the next position of the group; False when there is none left."""
    if case.isolated != 0:
        if case.attempts > 0:
            return False
        case.attempts = 1
        case.canceled += cancel_orders_of(state, case.row, 1, out)
        return True
    wallet = state.wallets[case.row]
    if case.attempts >= wallet.position_count:
        return False
    position_row = member(state, wallet, case.attempts)
    case.canceled += cancel_orders_of(state, position_row, 0, out)
    if case.attempts < wallet.position_count and member(state, wallet, case.attempts) == position_row:
        case.attempts += 1
    return True


# ---------------------------------------------------------------- step: down a tier
@kernel
def largest_above_first_tier(state, case):
    """The position of a group with the largest maintenance requirement above the lowest tier; 0 if none."""
    found = 0
    most = 0
    for index in range(group_count(state, case.row, case.isolated)):
        position_row = group_member(state, case.row, case.isolated, index)
        if position_row != 0:
            position = state.positions[position_row]
            instrument = state.instruments[position.instrument]
            if position.size_lots != 0 and position.tier > 0 and instrument.terms.step_down != 0 and (
                    takes_orders(instrument)):
                required = position_maintenance(state, position_row)
                if required > most:
                    most = required
                    found = position_row
    return found


@kernel
def lots_above_tier(state, position_row):
    """Lots to close so that a position without orders falls into the next lower tier; at least one.  LIQD-009"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    cap = instrument.tiers[position.tier - 1].value_max_atoms
    if instrument.terms.tier_measure == TIERS_BY_LOTS:
        return max(1, abs(position.size_lots) - cap)
    value = basis_value(instrument, position, instrument.terms.initial_basis)
    if cap >= value:
        return 1
    return abs(position.size_lots) - portion_down(abs(position.size_lots), cap, value)


@kernel
def step_limit_ticks(state, position_row, equity_atoms):
    """Limit of a step-down order: the bankruptcy price of the whole position after its closing fee, or the mark bound
    where that is better; 0 where there is none.  LIQD-009"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    value = multiply(position.size_lots, instrument.mark_unit_value_atoms)
    closing_fee = fee(abs(value), max(0, instrument.terms.taker_fee_ppb))
    if equity_atoms <= closing_fee:
        return 0
    ticks = ticks_at_value(instrument.terms, position.size_lots, takeover_value(value, equity_atoms - closing_fee))
    side = SELL if position.size_lots > 0 else BUY
    return 0 if ticks == 0 else tighter(side, ticks, mark_bound_ticks(instrument, side))


@kernel
def load_step_order(state, position_row, lots, limit_ticks):
    """Fill ``state.working`` with a fill-or-kill order of the position's account."""
    position = state.positions[position_row]
    working = state.working
    working.order_id = next_system_order_id(state)
    working.remaining_lots = lots
    working.display_size_lots = 0
    working.expires_ns = 0
    working.oco_order_id = 0
    working.limit_ticks = limit_ticks
    working.filled_lots = 0
    working.filled_value_atoms = 0
    working.stop_reason = 0
    working.account = position.account
    working.position = position_row
    working.instrument = position.instrument
    working.takeover = 0
    working.bracket = 0
    working.fill_count = 0
    working.side = SELL if position.size_lots > 0 else BUY
    working.time_in_force = TIF_FOK
    working.self_trade_mode = SELF_ALLOW
    working.order_type = ORDER_LIMIT
    working.flags = FLAG_LIQUIDATION | FLAG_REDUCE_ONLY
    working.target_index = 0
    working.checked_ticks = 0


@gate
def step_down(state, case, out):
    """Try to sell the largest position down one tier; returns lots sold, 0 where that is impossible.  LIQD-009"""
    position_row = largest_above_first_tier(state, case)
    if position_row == 0:
        return 0
    limit = step_limit_ticks(state, position_row, group_equity(state, case.row, case.isolated))
    if limit == 0:
        return 0
    lots = lots_above_tier(state, position_row)
    load_step_order(state, position_row, lots, limit)
    working = state.working
    if fillable_lots(state, lots) < lots:
        return 0
    match_working(state, out)
    if working.filled_lots > 0:
        refresh_requirement(state, position_row)
        announce_sale(state, case, position_row, limit, stepped_down, out)
    return working.filled_lots


# ---------------------------------------------------------------- step: close in the book
@gate
def close_next(state, case, out):
    """Offer the whole of the group's next position to the book at the price where the group's equity is gone, in its
    owner's name; what is better stays with the owner. False when every position was tried.  LIQD-028"""
    if case.attempts >= group_count(state, case.row, case.isolated):
        return False
    position_row = group_member(state, case.row, case.isolated, case.attempts)
    case.attempts += 1
    if position_row == 0:
        return True
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    if position.size_lots == 0 or instrument.terms.close_first == 0 or not takes_orders(instrument):
        return True
    limit = step_limit_ticks(state, position_row, group_equity(state, case.row, case.isolated))
    if limit == 0:
        return True
    load_step_order(state, position_row, abs(position.size_lots), limit)
    working = state.working
    working.time_in_force = TIF_IOC
    match_working(state, out)
    if working.filled_lots > 0:
        refresh_requirement(state, position_row)
        announce_sale(state, case, position_row, limit, closed_in_book, out)
    return True


@kernel
def announce_sale(state, case, position_row, limit_ticks, reason, out):
    """LIQUIDATION_STEPPED with what an order of the ladder sold or bought back."""
    position = state.positions[position_row]
    working = state.working
    event = announce(state, case, LIQUIDATION_STEPPED, reason, out)
    event.instrument = position.instrument
    event.order_id = working.order_id
    event.side = working.side
    event.price_ticks = limit_ticks
    event.size_lots = working.filled_lots
    event.remaining_lots = abs(position.size_lots)
    event.value_atoms = working.filled_value_atoms


# ---------------------------------------------------------------- step: takeover
@kernel
def closing_fee_reserve(state, position_row):
    """Fee of closing a position, held back in its bankruptcy price: the reserve on its entry value.  LIQD-005"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    cost = abs(position.entry_value_atoms)
    initial = margin.entry_initial(instrument, position, cost, position.size_lots, position.size_lots)
    return margin.close_fee_reserve(instrument.terms, cost, initial)


@kernel
def take_closing_fees(state, position_row, equity_atoms, out):
    """Pay a closed-out position's closing fee and liquidation fee from the group's equity, as far as it goes.  LIQD-005

    The closing fee goes to the fees account, the liquidation fee to the insurance fund. Returns what was paid.
    """
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    closing = max(0, min(equity_atoms, closing_fee_reserve(state, position_row)))
    place = cash_place(state, position_row)
    transfer(state, place, system_place(state, FEES_ACCOUNT, instrument.terms.settlement_asset), closing)
    value = abs(multiply(position.size_lots, instrument.mark_unit_value_atoms))
    penalty = 0
    if instrument.terms.liquidation_fee_ppb > 0:
        penalty = multiply_divide_up(value, instrument.terms.liquidation_fee_ppb, PPB)
    penalty = max(0, min(equity_atoms - closing, penalty))
    if penalty > 0:
        transfer(state, place, insurance_place(state, position.instrument), penalty)
        announce_fund(state, position.instrument, penalty, liquidation_fee, out)
    return closing + penalty


@gate
def take_over_position(state, position_row, share_atoms, required_atoms, fee_atoms, out):
    """Hand a position to the liquidation engine at the value that gives up exactly ``share_atoms`` of equity.
    LIQD-005"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    size = position.size_lots
    value = takeover_value(multiply(size, instrument.mark_unit_value_atoms), share_atoms)
    row = open_takeover(state, position_row, value)
    takeover = state.takeovers[row]
    realized = change_position(state, position_row, -size, -value)
    event = new_event(state, out, POSITION_TAKEN_OVER)
    event.account = position.account
    event.other_account = LIQUIDATOR_ACCOUNT
    event.instrument = position.instrument
    event.asset = instrument.terms.settlement_asset
    event.order_id = takeover.order_id
    event.size_lots = size
    event.price_ticks = takeover.bankruptcy_ticks
    event.price_units = takeover.bankruptcy_units
    event.value_atoms = value
    event.realized_atoms = realized
    event.fee_atoms = fee_atoms
    event.cash_atoms = balance(state, cash_place(state, position_row))
    event.collateral_atoms = position.collateral_atoms
    event.equity_atoms = share_atoms
    event.requirement_atoms = required_atoms
    event.reason = taken_over


@kernel
def count_sizes(state, case):
    """How many positions of a group have a size."""
    count = 0
    for index in range(group_count(state, case.row, case.isolated)):
        position_row = group_member(state, case.row, case.isolated, index)
        if position_row != 0 and state.positions[position_row].size_lots != 0:
            count += 1
    return count


@kernel
def weight_of(state, position_row):
    """What a position's share of its group's equity is measured by: its maintenance requirement, at least 1."""
    return max(1, position_maintenance(state, position_row))


@kernel
def given_up(state, position_row, share_atoms):
    """What a position gives up of its share of equity when it is taken over: all of it, or at most a part of its value
    at the mark; the rest stays with its owner.  LIQD-029"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    if instrument.terms.equity_taken_max_ppb == 0:
        return share_atoms
    value = abs(multiply(position.size_lots, instrument.mark_unit_value_atoms))
    return min(share_atoms, multiply_divide_down(value, instrument.terms.equity_taken_max_ppb, PPB))


@gate
def take_over_group(state, case, out):
    """All positions of a group go to the liquidation engine; the group's equity is exactly zero afterwards.  LIQD-005,
    LIQD-007

    Equity, which may be negative, is shared in proportion to maintenance requirement, each share rounded down of what
    is left, the last position takes the rest.
    """
    left = count_sizes(state, case)
    total = 0
    for index in range(group_count(state, case.row, case.isolated)):
        position_row = group_member(state, case.row, case.isolated, index)
        if position_row != 0 and state.positions[position_row].size_lots != 0:
            total = add(total, weight_of(state, position_row))
    equity = group_equity(state, case.row, case.isolated)
    for index in range(group_count(state, case.row, case.isolated)):
        position_row = group_member(state, case.row, case.isolated, index)
        if position_row != 0 and state.positions[position_row].size_lots != 0:
            required = weight_of(state, position_row)
            share = equity
            if left > 1:
                share = portion_down(equity, required, total)
            fees = take_closing_fees(state, position_row, share, out)
            if share < 0 and state.instruments[state.positions[position_row].instrument].terms.withdrawal_gate_ns != 0:
                gate_withdrawals(state, state.positions[position_row].instrument)
            take_over_position(state, position_row, given_up(state, position_row, share - fees), required, fees, out)
            equity -= share
            total -= required
            left -= 1


# ---------------------------------------------------------------- the ladder
@gate
def liquidation_step(state, out):
    """One step for the group at the head of the ring; returns the work done, 0 where it must wait.  LIQD-008"""
    case = state.liquidations[state.liquidation_ring.head]
    if not holds_size(state, case.row, case.isolated):
        if is_called(state, case.row, case.isolated):
            end_call(state, case.row, position_gone, out)
            release(state)
            return 1
        end_liquidation(state, position_gone, out)
        return 1
    if case.step == STARTING:
        settle_group_funding(state, case.row, case.isolated, out)
        reason = 0
        if case.isolated == 0:
            reason = decide(state, case.row, out)
        if reason == HOLD:
            release(state)
            return 1
        if reason == 0 and needs_nothing(state, case):
            end_liquidation(state, margin_recovered, out)
            return 1
        announce(state, case, LIQUIDATION_STARTED, reason, out)
        case.step = CANCELING
        case.attempts = 0
        return 1
    if case.step == CANCELING:
        if cancel_next(state, case, out):
            return 1
        if case.canceled > 0:
            announce(state, case, LIQUIDATION_STEPPED, orders_canceled, out)
        case.step = STEPPING_DOWN
    elif case.step == STEPPING_DOWN:
        if partial.step_in_book(state, case, out):
            if has_recovered(state, case):
                end_liquidation(state, margin_recovered, out)
            return 1
        if step_down(state, case, out) == 0:
            case.step = CLOSING
            case.attempts = 0
            return 1
    elif case.step == CLOSING:
        if not close_next(state, case, out):
            case.step = TAKING_OVER
        return 1                                # who is closed out is not let go half way
    else:
        if not has_takeover_room(state, count_sizes(state, case)):
            return 0
        settle_group_funding(state, case.row, case.isolated, out)
        take_over_group(state, case, out)
        end_liquidation(state, taken_over, out)
        return 1
    if has_recovered(state, case):
        end_liquidation(state, margin_recovered, out)
    return 1


@gate
def stands_still(state, case):
    """Whether a group waits for the market of a position that terms say is sold nowhere else: closed, or paused by a
    circuit breaker; never while a contract is being closed altogether.  LIQD-050"""
    for index in range(group_count(state, case.row, case.isolated)):
        position_row = group_member(state, case.row, case.isolated, index)
        if position_row != 0 and state.positions[position_row].size_lots != 0:
            instrument = state.instruments[state.positions[position_row].instrument]
            if instrument.terms.liquidation_waits != 0 and not takes_orders(instrument) and state.settling == 0:
                return True
    return False


@gate
def drain_liquidations(state, out, budget):
    """Up to ``budget`` units of work on the liquidation ring; returns the work done.

    It comes back early when a step changed positions: the caller refreshes what changed, then calls again.
    """
    work = 0
    looks = 0
    while work < budget and state.liquidation_ring.count > 0 and not has_pending_changes(state):
        case = state.liquidations[state.liquidation_ring.head]
        if (case.step == STEPPING_DOWN and partial.is_waiting(state, case)) or (
                case.step >= STEPPING_DOWN and stands_still(state, case)):
            looks += 1
            if looks > min(WAITING_LOOKS_MAX, state.liquidation_ring.count):
                break
            rotate_liquidations(state)
            continue
        done = liquidation_step(state, out)
        if done == 0:
            break
        work += done
    return work
