"""Liquidation in steps in the book: a part of the largest position at a time, until equity is above maintenance again.

The order is the account's own. Its limit is the bankruptcy price of the position, or a fillable price that moves from
the mark toward and beyond it as equity runs out; what a fill leaves above bankruptcy goes to the fund up to the
liquidation fee, what it falls short of it the fund pays.
"""
from ..codes import BUY, LIQUIDATION_STEPPED, SELL, TIF_IOC, liquidation_fee, stepped_down
from ..kernel import add, gate, kernel, multiply, multiply_divide_up
from ..rules.contract import price_units, share_down, unit_value
from ..rules.fees import fee
from ..rules.liquidation import fillable_value, portion_down, ticks_at_value
from ..units import PPB
from . import liquidation as ladder
from .disposal import mark_bound_ticks, takes_orders, tighter
from .groups import group_equity, group_maintenance, position_maintenance, refresh_requirement
from .ledger import balance, insurance_atoms, insurance_place, transfer, wallet_place
from .losses import announce_fund
from .matching import best_opposite, crosses, match_working


# ---------------------------------------------------------------- the order
@kernel
def step_lots(instrument, size_lots):
    """Lots of the next step: a share of the size, within the least and the most value of a step.  LIQD-041"""
    terms = instrument.terms
    size = abs(size_lots)
    lot_value = max(1, abs(instrument.mark_unit_value_atoms))
    lots = multiply_divide_up(size, min(terms.liquidation_step_ppb, PPB), PPB)
    lots = max(lots, -(-terms.liquidation_step_min_atoms // lot_value))
    if terms.liquidation_step_max_atoms > 0:
        lots = min(lots, terms.liquidation_step_max_atoms // lot_value)
    return min(size, max(1, lots))


@kernel
def part_of(position, lots, whole_atoms):
    """The part of an amount of a position that falls to some of its lots, rounded down."""
    return share_down(whole_atoms, lots, abs(position.size_lots))


@kernel
def fund_pays_at(state, position_row, lots, value_atoms, share_atoms):
    """What closing ``lots`` at a signed position value with its fee falls short of their share of equity; < 0:
    what it leaves.  LIQD-042"""
    position = state.positions[position_row]
    signed = lots if position.size_lots > 0 else -lots
    instrument = state.instruments[position.instrument]
    at_mark = multiply(signed, instrument.mark_unit_value_atoms)
    closing_fee = fee(abs(value_atoms), max(0, instrument.terms.taker_fee_ppb))
    return at_mark - value_atoms - share_atoms + closing_fee


@kernel
def limit_of_step(state, position_row, lots, equity_atoms, share_atoms, total_atoms):
    """Limit of the next step: fillable where terms say so and the fund can pay what that may cost, else bankruptcy.
    LIQD-042"""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    terms = instrument.terms
    bankruptcy = ladder.step_limit_ticks(state, position_row, equity_atoms)
    if terms.fillable_spread_ppb == 0 or position.isolated != 0:
        return bankruptcy
    value = multiply(position.size_lots, instrument.mark_unit_value_atoms)
    worst = fillable_value(value, equity_atoms, ladder.weight_of(state, position_row), total_atoms,
                           terms.fillable_spread_ppb, terms.bankruptcy_adjust_ppb)
    share = part_of(position, lots, share_atoms)
    if fund_pays_at(state, position_row, lots, part_of(position, lots, worst), share) > insurance_atoms(
            state, position.instrument):
        return bankruptcy
    side = SELL if position.size_lots > 0 else BUY
    ticks = ticks_at_value(terms, position.size_lots, worst)
    return 0 if ticks == 0 else tighter(side, ticks, mark_bound_ticks(instrument, side))


# ---------------------------------------------------------------- what a fill owes the fund
@kernel
def equity_around(state, position_row):
    """Equity of a position's group; for an isolated one its wallet's too, where what a closed part leaves is sent."""
    position = state.positions[position_row]
    equity = group_equity(state, position.wallet, 0)
    if position.isolated != 0:
        equity = add(equity, group_equity(state, position_row, 1))
    return equity


@gate
def settle_step(state, position_row, value_atoms, left_atoms, out):
    """Liquidation fee of a filled step: what it left above bankruptcy, at most the fee's rate; < 0: the fund paid what
    it fell short, where terms have a fillable price. Returns what the account paid.  LIQD-042"""
    position = state.positions[position_row]
    instrument_id = position.instrument
    terms = state.instruments[instrument_id].terms
    place = wallet_place(position.wallet)
    rate = terms.liquidation_step_fee_ppb
    if rate == 0:
        rate = terms.liquidation_fee_ppb
    paid = min(left_atoms, fee(value_atoms, rate))
    if paid < 0:
        if terms.fillable_spread_ppb == 0 or position.isolated != 0:
            return 0
        paid = -min(-paid, insurance_atoms(state, instrument_id))
    elif position.isolated != 0:
        paid = max(0, min(paid, balance(state, place)))
    if paid != 0:
        transfer(state, place, insurance_place(state, instrument_id), paid)
        announce_fund(state, instrument_id, paid, liquidation_fee, out)
    return paid


@kernel
def advance_of_step(state, position_row, lots, limit_ticks, share_atoms):
    """What the fund puts up while a step with a fillable price trades, so that no fill finds the account in debt: all
    that the step may cost it. What was not needed goes back at once.  LIQD-042"""
    position = state.positions[position_row]
    terms = state.instruments[position.instrument].terms
    if terms.fillable_spread_ppb == 0 or position.isolated != 0:
        return 0
    signed = lots if position.size_lots > 0 else -lots
    value = multiply(signed, unit_value(terms, price_units(terms, limit_ticks)))
    most = fund_pays_at(state, position_row, lots, value, part_of(position, lots, share_atoms)) + 1
    return max(0, min(most, insurance_atoms(state, position.instrument)))


@gate
def sell_step(state, position_row, limit_ticks, lots, share_atoms, out):
    """One immediate order for the next step; returns what the account paid the fund. What filled stands in
    ``state.working``.  LIQD-041"""
    position = state.positions[position_row]
    size = abs(position.size_lots)
    before = equity_around(state, position_row)
    ladder.load_step_order(state, position_row, lots, limit_ticks)
    working = state.working
    working.time_in_force = TIF_IOC
    if not crosses(working.side, limit_ticks, best_opposite(state, position.instrument, working.side)):
        return 0
    advance = advance_of_step(state, position_row, lots, limit_ticks, share_atoms)
    transfer(state, insurance_place(state, position.instrument), wallet_place(position.wallet), advance)
    match_working(state, out)
    transfer(state, wallet_place(position.wallet), insurance_place(state, position.instrument), advance)
    if working.filled_lots == 0:
        return 0
    left = add(share_down(share_atoms, working.filled_lots, size), equity_around(state, position_row) - before)
    return settle_step(state, position_row, working.filled_value_atoms, left, out)


# ---------------------------------------------------------------- one step of a group
@kernel
def may_step(state, position_row):
    """Whether a position is sold in steps: its terms say so, and its market takes orders."""
    position = state.positions[position_row]
    instrument = state.instruments[position.instrument]
    return position.size_lots != 0 and instrument.terms.liquidation_step_ppb > 0 and takes_orders(instrument)


@kernel
def largest_to_step(state, case):
    """The position of a group that is sold in steps and has the largest maintenance requirement; 0 if none."""
    found = 0
    most = -1
    for index in range(ladder.group_count(state, case.row, case.isolated)):
        position_row = ladder.group_member(state, case.row, case.isolated, index)
        if position_row != 0 and may_step(state, position_row):
            required = position_maintenance(state, position_row)
            if required > most:
                most = required
                found = position_row
    return found


@kernel
def total_requirement(state, case):
    """Sum over a group of what equity is shared by."""
    total = 0
    for index in range(ladder.group_count(state, case.row, case.isolated)):
        position_row = ladder.group_member(state, case.row, case.isolated, index)
        if position_row != 0 and state.positions[position_row].size_lots != 0:
            total = add(total, ladder.weight_of(state, position_row))
    return total


@kernel
def above_floor(state, case, position_row):
    """Whether a group still has what steps are for: equity above zero, and above a share of its maintenance where terms
    state one. Below it the whole is closed out.  LIQD-060"""
    equity = group_equity(state, case.row, case.isolated)
    share = state.instruments[state.positions[position_row].instrument].terms.liquidation_step_floor_ppb
    if share == 0 or equity <= 0:
        return equity > 0
    return equity > multiply_divide_up(group_maintenance(state, case.row, case.isolated), share, PPB)


@kernel
def is_waiting(state, case):
    """Whether a group between two steps has nothing to do now: its pause goes on, and it is neither well nor ruined.
    LIQD-041"""
    if case.next_ns <= state.now_ns:
        return False
    row = largest_to_step(state, case)
    return row != 0 and above_floor(state, case, row) and not ladder.has_recovered(state, case)


@gate
def step_in_book(state, case, out):
    """Sell the next part of the group's largest position; False where nothing is left but to take over.  LIQD-041"""
    position_row = largest_to_step(state, case)
    if position_row == 0 or not above_floor(state, case, position_row):
        return False
    equity = group_equity(state, case.row, case.isolated)
    position = state.positions[position_row]
    terms = state.instruments[position.instrument].terms
    total = total_requirement(state, case)
    share = portion_down(equity, ladder.weight_of(state, position_row), total)
    lots = step_lots(state.instruments[position.instrument], position.size_lots)
    limit = limit_of_step(state, position_row, lots, equity, share, total)
    if limit == 0:
        return False
    state.working.filled_lots = 0
    paid = sell_step(state, position_row, limit, lots, share, out)
    case.next_ns = state.now_ns + terms.liquidation_step_ns
    working = state.working
    if working.filled_lots == 0:
        return terms.liquidation_step_ns > 0
    refresh_requirement(state, position_row)
    event = ladder.announce(state, case, LIQUIDATION_STEPPED, stepped_down, out)
    event.instrument = position.instrument
    event.order_id = working.order_id
    event.side = working.side
    event.price_ticks = limit
    event.size_lots = working.filled_lots
    event.remaining_lots = abs(position.size_lots)
    event.value_atoms = working.filled_value_atoms
    event.fee_atoms = paid
    event.collateral_atoms = position.collateral_atoms
    return True
