"""Funding that accrues all the time: at every change of mark or index, what held until then is added to the funding per
long lot. Booking it, a bounded number of positions at a time, is the business of ``funding``.
"""
from ..codes import MARK_FUNDING_BASIS, MARK_MEDIAN_OF_THREE, STATE_HALTED
from ..codes import funding as funding_reason
from ..kernel import add, gate, kernel, multiply, multiply_divide_up
from ..rules.funding import (
    accrual_rest,
    accrued_micro,
    capped_rate,
    funding_cash,
    funding_rate,
    increment_micro,
    ratio_ppb,
)
from ..units import MICRO, PPB
from .floors import note_move
from .ledger import insurance_atoms, insurance_place, system_place, transfer
from .losses import announce_deficit
from .records import DEFICIT_ACCOUNT, DUST_ACCOUNT
from .takeovers import announce_fund

MILLISECOND = 1_000_000
ACCRUAL_PERIOD_MAX_MS = 1 << 30


@kernel
def accrual_is_consistent(terms):
    """True where an instrument's continuous funding can be carried out.  FUND-011"""
    if terms.funding_accrual_ns == 0:
        return True
    if terms.funding_accrual_ns < MILLISECOND or terms.funding_accrual_ns // MILLISECOND > ACCRUAL_PERIOD_MAX_MS:
        return False
    if terms.mark_method == MARK_FUNDING_BASIS or terms.mark_method == MARK_MEDIAN_OF_THREE:
        return False
    return (terms.funding_cap_ppb > 0 and terms.funding_in_maintenance == 0
            and 0 < terms.funding_interval_ns <= terms.funding_accrual_ns)


@kernel
def accrual_rate(row):
    """The rate of a period that mark and index give at this moment: the premium outside its dead zone, capped.
    FUND-011"""
    if row.mark_price_units == 0 or row.index_price_units == 0 or row.index_frozen != 0:
        return 0
    premium = ratio_ppb(row.mark_price_units - row.index_price_units, row.index_price_units)
    rate = funding_rate(premium, row.terms.interest_ppb, row.terms.funding_clamp_ppb)
    return capped_rate(rate, 0, row.terms.funding_cap_ppb, 0)


@gate
def fund_takeovers(state, instrument_id, delta_micro, out):
    """The liquidation engine's positions pay and receive like all others, through the insurance fund.  FUND-008

    What the fund cannot pay is booked as a deficit.
    """
    net_lots = 0
    row = state.instruments[instrument_id].first_takeover
    while row != 0:
        net_lots += state.takeovers[row].size_lots
        row = state.takeovers[row].next_takeover
    cash = funding_cash(net_lots, delta_micro)
    if cash == 0:
        return
    asset = state.instruments[instrument_id].terms.settlement_asset
    dust = system_place(state, DUST_ACCOUNT, asset)
    fund = insurance_place(state, instrument_id)
    paid = cash
    if cash < 0:
        paid = -min(-cash, max(0, insurance_atoms(state, instrument_id)))
    if paid != 0:
        transfer(state, dust, fund, paid)
        announce_fund(state, instrument_id, paid, funding_reason, out)
    if paid != cash:
        transfer(state, system_place(state, DEFICIT_ACCOUNT, asset), dust, paid - cash)
        announce_deficit(state, instrument_id, asset, paid - cash, funding_reason, out)


@gate
def accrue(state, instrument_id, out):
    """Add what accrued since the last look, at the mark and index that held.  FUND-011

    While the market is halted or the mark unknown time passes without funding.
    """
    row = state.instruments[instrument_id]
    span = (state.now_ns - row.accrued_ns) // MILLISECOND
    if span <= 0:
        return
    started = row.accrued_ns != 0
    row.accrued_ns = add(row.accrued_ns, multiply(span, MILLISECOND)) if started else state.now_ns
    if not started or row.state == STATE_HALTED or row.mark_price_units == 0:
        return
    period = row.terms.funding_accrual_ns // MILLISECOND
    rate_micro = increment_micro(row.mark_unit_value_atoms, accrual_rate(row))
    rest = row.accrual_rest % period
    delta = accrued_micro(rate_micro, span, period, rest)
    row.accrual_rest = accrual_rest(rate_micro, span, period, rest)
    if delta != 0:
        row.funding_index_micro = add(row.funding_index_micro, delta)
        value = abs(row.mark_unit_value_atoms)
        note_move(state, value, value + abs(delta) // MICRO + 1)
        if row.first_takeover != 0:
            fund_takeovers(state, instrument_id, delta, out)


@kernel
def accrual_reserve(instrument, position):
    """The most funding a position can owe before it is looked at again, for its band; 0 without accrual.  FUND-012

    2 x |value at mark| x cap x interval / period: within a band the value at most doubles.
    """
    terms = instrument.terms
    if terms.funding_accrual_ns == 0 or position.size_lots == 0:
        return 0
    value = abs(multiply(position.size_lots, instrument.mark_unit_value_atoms))
    rate = multiply_divide_up(terms.funding_cap_ppb, terms.funding_interval_ns // MILLISECOND + 1,
                              terms.funding_accrual_ns // MILLISECOND)
    return add(multiply(2, multiply_divide_up(value, min(rate, PPB), PPB)), 2)
