"""One walk over the positions of an instrument: who holds what on what leverage, where they would be liquidated, who is
deleveraged first, and what would happen at other marks. By the engine's own rules; the tables are read, never written.

The walk goes in steps of a given number of rows, so that a large venue is not held up by it.
"""
from __future__ import annotations

import numpy as np

from ..codes import TIERS_BY_VALUE
from ..engine.book import level_of, next_ask_above, next_bid_below
from ..engine.collateral import collateral_value
from ..engine.groups import unrealized
from ..engine.positions import member
from ..engine.records import POSITION
from ..kernel import add, divide_up, entry, highest_bit, kernel, multiply
from ..rules import margin
from ..rules.adl import rank
from ..rules.contract import on_mark, unit_value, units_worth_at_least, units_worth_at_most
from ..rules.mark import highest_mark, lowest_mark
from ..rules.requirement import basis_value, liquidation_units, maintenance_at
from .market_kernels import hundredths

i8 = np.int64
MOVES_PERCENT = (-20, -10, -5, -2, 2, 5, 10, 20)
MOVES = len(MOVES_PERCENT)
LEVERAGE_STEPS = (1, 2, 3, 5, 10, 15, 20, 25, 33, 50, 75, 100)
"""Upper ends of the leverage histogram; one more for anything beyond."""
LEVERAGES = len(LEVERAGE_STEPS) + 1
BUCKETS_MAX = 160
SCORE_BUCKETS = 1024
"""Classes of deleveraging rank: eighths of an octave on either side of zero."""
LARGEST = 10
VALUE_CAP = 1 << 60
"""A position whose value at a mark would pass this is left out of that mark's stress; sums stop at twice of it."""
BOOK_STEPS_MAX = 20_000
TAKEOVERS_SEEN_MAX = 20_000

STRESS = np.dtype([
    ("move_percent", i8), ("mark_units", i8), ("unit_value_atoms", i8), ("lots_max", i8),
    ("groups", i8), ("liquidated_lots", i8), ("liquidated_atoms", i8), ("shortfall_atoms", i8),
])
HOLDER = np.dtype([("position", i8), ("value_atoms", i8), ("leverage_hundredths", i8)])
SURVEY = np.dtype([
    ("instrument", i8), ("cursor", i8), ("mark_units", i8),
    ("bucket_first", i8), ("bucket_step_units", i8), ("bucket_count", i8),
    ("long_positions", i8), ("short_positions", i8),
    ("leverage_long_atoms", i8, (LEVERAGES,)), ("leverage_short_atoms", i8, (LEVERAGES,)),
    ("long_lots", i8, (BUCKETS_MAX,)), ("short_lots", i8, (BUCKETS_MAX,)),
    ("bid_lots", i8, (BUCKETS_MAX,)), ("ask_lots", i8, (BUCKETS_MAX,)), ("bucket_unit_value", i8, (BUCKETS_MAX,)),
    ("rank_long_lots", i8, (SCORE_BUCKETS,)), ("rank_short_lots", i8, (SCORE_BUCKETS,)),
    ("rank_long_atoms", i8, (SCORE_BUCKETS,)), ("rank_short_atoms", i8, (SCORE_BUCKETS,)),
    ("largest", HOLDER, (LARGEST,)), ("smallest", i8),
    ("stress", STRESS, (MOVES,)),
    ("scratch", POSITION),
])


@kernel
def sum_up(total, atoms):
    """total + atoms, both >= 0, not beyond the cap."""
    return min(2 * VALUE_CAP, total + atoms)


# ---------------------------------------------------------------- beginning
@kernel
def move_of(number):
    """The ``number``-th move of the stress, in percent."""
    if number < 4:
        return -20 if number == 0 else -10 if number == 1 else -5 if number == 2 else -2
    return 2 if number == 4 else 5 if number == 5 else 10 if number == 6 else 20


@entry
def begin_survey(states, surveys, step_units):
    """Start a walk: hypothetical marks, and buckets of ``step_units`` from 30 % below the mark to 30 % above.

    ``surveys`` is wiped and names the instrument. Returns 0 where the instrument has no mark.
    """
    state = states[0]
    survey = surveys[0]
    instrument = state.instruments[survey.instrument]
    terms = instrument.terms
    mark = instrument.mark_price_units
    survey.mark_units = mark
    survey.cursor = 1
    if mark == 0:
        return 0
    survey.bucket_step_units = step_units
    survey.bucket_first = mark * 7 // 10 // step_units
    survey.bucket_count = min(BUCKETS_MAX, mark * 13 // 10 // step_units - survey.bucket_first + 1)
    for bucket in range(survey.bucket_count):
        middle = (survey.bucket_first + bucket) * step_units + step_units // 2
        middle = max(lowest_mark(terms), min(highest_mark(terms), max(1, middle)))
        survey.bucket_unit_value[bucket] = abs(unit_value(terms, middle))
    for number in range(MOVES):
        stress = survey.stress[number]
        stress.move_percent = move_of(number)
        units = (mark * (100 + stress.move_percent) + 50) // 100
        stress.mark_units = max(lowest_mark(terms), min(highest_mark(terms), units))
        stress.unit_value_atoms = unit_value(terms, stress.mark_units)
        stress.lots_max = VALUE_CAP // max(1, abs(stress.unit_value_atoms))
    return 1


# ---------------------------------------------------------------- one position
@kernel
def copy_margin_fields(scratch, position):
    """What maintenance margin is read from, into the scratch row."""
    scratch.size_lots = position.size_lots
    scratch.entry_value_atoms = position.entry_value_atoms
    scratch.leverage_rate_ppb = position.leverage_rate_ppb
    scratch.tier = position.tier
    scratch.client_class = position.client_class
    scratch.terms_epoch = position.terms_epoch
    scratch.open_buy_lots = position.open_buy_lots
    scratch.open_sell_lots = position.open_sell_lots
    scratch.open_buy_value_atoms = position.open_buy_value_atoms
    scratch.open_sell_value_atoms = position.open_sell_value_atoms


@kernel
def maintenance_change(survey, instrument, position, unit_value_atoms):
    """How much more maintenance a position asks for at another mark; 0 where it is charged on the entry value.

    Where the tier is read from the value at mark, it is read anew, as the engine does when it looks at the position.
    """
    terms = instrument.terms
    size = position.size_lots
    if not on_mark(terms.maintenance_basis, size) and not on_mark(terms.initial_basis, size):
        return 0
    scratch = survey.scratch
    copy_margin_fields(scratch, position)
    now = maintenance_at(instrument, scratch, basis_value(instrument, position, terms.maintenance_basis))
    value = abs(multiply(position.size_lots, unit_value_atoms))
    if on_mark(terms.initial_basis, size) and instrument.tier_count > 1 and terms.tier_measure == TIERS_BY_VALUE:
        scratch.tier = margin.tier_of(instrument, margin.exposure_value(position, value))
    if not on_mark(terms.maintenance_basis, size):
        value = abs(position.entry_value_atoms)
    return maintenance_at(instrument, scratch, value) - now


@kernel
def stress_position(survey, instrument, position, equity_atoms, slack_atoms):
    """At each hypothetical mark: is the group at or below maintenance, and how far is it past bankruptcy.  MKTV-017"""
    size = position.size_lots
    lots = abs(size)
    for number in range(MOVES):
        stress = survey.stress[number]
        if lots <= stress.lots_max:
            gain = size * (stress.unit_value_atoms - instrument.mark_unit_value_atoms)
            slack = slack_atoms + gain - maintenance_change(survey, instrument, position, stress.unit_value_atoms)
            if slack <= 0:
                stress.groups += 1
                stress.liquidated_lots += lots
                stress.liquidated_atoms = sum_up(stress.liquidated_atoms, abs(size * stress.unit_value_atoms))
                stress.shortfall_atoms = sum_up(stress.shortfall_atoms, max(0, -equity_atoms - gain))


@kernel
def liquidation_mark(instrument, position, slack_atoms):
    """The mark nearest to the present one at which the group meets its maintenance, 0 or beyond the grid if none.

    Where maintenance does not move with the mark, in one step; else as the engine's measures find it.  MKTV-014
    """
    if on_mark(instrument.terms.maintenance_basis, position.size_lots):
        return liquidation_units(instrument, position, slack_atoms)
    if slack_atoms <= 0:
        return instrument.mark_price_units + 0
    per_lot = divide_up(slack_atoms, abs(position.size_lots))
    if position.size_lots > 0:
        return units_worth_at_most(instrument.terms, instrument.mark_unit_value_atoms - per_lot)
    return units_worth_at_least(instrument.terms, instrument.mark_unit_value_atoms + per_lot)


@kernel
def leverage_bucket(leverage_hundredths):
    """Which bar of the histogram; the last for what is beyond all steps.  MKTV-013"""
    for number in range(LEVERAGES - 1):
        if leverage_hundredths <= LEVERAGE_STEPS[number] * 100:
            return number
    return LEVERAGES - 1


@kernel
def score_bucket(score):
    """Class of a rank: a higher one goes first.  MKTV-015"""
    size = abs(score)
    if size < 8:
        return SCORE_BUCKETS // 2 + score
    bits = highest_bit(size)
    step = 8 * (bits - 2) + ((size >> (bits - 3)) & 7)
    return SCORE_BUCKETS // 2 + step if score > 0 else SCORE_BUCKETS // 2 - step


@kernel
def note_largest(survey, row, value_atoms, leverage_hundredths):
    """Keep the ten largest positions by value."""
    if value_atoms <= survey.largest[survey.smallest].value_atoms:
        return
    holder = survey.largest[survey.smallest]
    holder.position = row
    holder.value_atoms = value_atoms
    holder.leverage_hundredths = leverage_hundredths
    for number in range(LARGEST):
        if survey.largest[number].value_atoms < survey.largest[survey.smallest].value_atoms:
            survey.smallest = number


@kernel
def weigh(state, survey, row, equity_atoms, maintenance_atoms, exposure_atoms):
    """Enter a position whose group has this equity, maintenance and value of all its positions."""
    position = state.positions[row]
    instrument = state.instruments[position.instrument]
    lots = abs(position.size_lots)
    value = multiply(position.size_lots, instrument.mark_unit_value_atoms)
    profit = unrealized(state, row)
    slack = equity_atoms - maintenance_atoms
    leverage = hundredths(exposure_atoms, equity_atoms)
    bar = leverage_bucket(leverage)
    units = liquidation_mark(instrument, position, slack)
    bucket = units // survey.bucket_step_units - survey.bucket_first
    inside = units > 0 and 0 <= bucket < survey.bucket_count
    score = score_bucket(rank(profit, position.entry_value_atoms, value, equity_atoms))
    if position.size_lots > 0:
        survey.long_positions += 1
        survey.leverage_long_atoms[bar] = sum_up(survey.leverage_long_atoms[bar], abs(value))
        survey.rank_long_lots[score] += lots
        survey.rank_long_atoms[score] = sum_up(survey.rank_long_atoms[score], max(0, profit))
        if inside:
            survey.long_lots[bucket] += lots
    else:
        survey.short_positions += 1
        survey.leverage_short_atoms[bar] = sum_up(survey.leverage_short_atoms[bar], abs(value))
        survey.rank_short_lots[score] += lots
        survey.rank_short_atoms[score] = sum_up(survey.rank_short_atoms[score], max(0, profit))
        if inside:
            survey.short_lots[bucket] += lots
    note_largest(survey, row, abs(value), leverage)
    stress_position(survey, instrument, position, equity_atoms, slack)


@kernel
def own_maintenance(state, row):
    """Maintenance requirement of a position with a size."""
    position = state.positions[row]
    instrument = state.instruments[position.instrument]
    return maintenance_at(instrument, position, basis_value(instrument, position, instrument.terms.maintenance_basis))


@kernel
def weigh_isolated(state, survey, row):
    """A position that is its own group."""
    position = state.positions[row]
    value = multiply(position.size_lots, state.instruments[position.instrument].mark_unit_value_atoms)
    equity = add(position.collateral_atoms, unrealized(state, row))
    weigh(state, survey, row, equity, own_maintenance(state, row), abs(value))


@kernel
def weigh_cross(state, survey, row):
    """A position of a cross group: equity, maintenance and value are those of the group."""
    wallet = state.wallets[state.positions[row].wallet]
    equity = wallet.balance_atoms + collateral_value(state, wallet)
    maintenance = 0
    exposure = 0
    for index in range(wallet.position_count):
        other = member(state, wallet, index)
        position = state.positions[other]
        if position.isolated == 0 and position.size_lots != 0:
            equity = add(equity, unrealized(state, other))
            maintenance = add(maintenance, own_maintenance(state, other))
            value = multiply(position.size_lots, state.instruments[position.instrument].mark_unit_value_atoms)
            exposure = add(exposure, abs(value))
    weigh(state, survey, row, equity, maintenance, exposure)


@entry
def survey_positions(states, surveys, rows_max):
    """Look at the next rows of the position table; returns how many rows are left."""
    state = states[0]
    survey = surveys[0]
    last = min(survey.cursor + rows_max, state.positions_pool.high_water + 1)
    for row in range(survey.cursor, last):
        position = state.positions[row]
        if position.instrument == survey.instrument and position.size_lots != 0:
            if position.isolated != 0:
                weigh_isolated(state, survey, row)
            else:
                weigh_cross(state, survey, row)
    survey.cursor = last
    return state.positions_pool.high_water + 1 - last


# ---------------------------------------------------------------- book and takeovers
@entry
def survey_book(states, surveys):
    """Resting lots by price bucket, and what the liquidation engine already holds at each hypothetical mark."""
    state = states[0]
    survey = surveys[0]
    book = state.books[survey.instrument]
    instrument = state.instruments[survey.instrument]
    per_tick = instrument.terms.mark_units_per_tick
    ticks = book.best_bid_ticks + 0
    steps = 0
    while ticks != 0 and steps < BOOK_STEPS_MAX:
        bucket = ticks * per_tick // survey.bucket_step_units - survey.bucket_first
        if bucket < 0:
            break
        if bucket < survey.bucket_count:
            survey.bid_lots[bucket] += level_of(state, survey.instrument, ticks).displayed_lots
        ticks = next_bid_below(state, survey.instrument, ticks)
        steps += 1
    ticks = book.best_ask_ticks + 0
    steps = 0
    while ticks != 0 and steps < BOOK_STEPS_MAX:
        bucket = ticks * per_tick // survey.bucket_step_units - survey.bucket_first
        if bucket >= survey.bucket_count:
            break
        if bucket >= 0:
            survey.ask_lots[bucket] += level_of(state, survey.instrument, ticks).displayed_lots
        ticks = next_ask_above(state, survey.instrument, ticks)
        steps += 1
    row = instrument.first_takeover + 0
    steps = 0
    while row != 0 and steps < TAKEOVERS_SEEN_MAX:
        takeover = state.takeovers[row]
        for number in range(MOVES):
            stress = survey.stress[number]
            if abs(takeover.size_lots) <= stress.lots_max:
                lost = takeover.entry_value_atoms - takeover.size_lots * stress.unit_value_atoms
                stress.shortfall_atoms = sum_up(stress.shortfall_atoms, max(0, lost))
        row = takeover.next_takeover + 0
        steps += 1
    return steps
