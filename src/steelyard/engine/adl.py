"""Auto-deleveraging: who gives up profit when the fund cannot pay for a takeover, and how much.

A pass has three stages, each done in bounded steps: collect the other side's positions, plan (rank them, or share the
lots out), carry out one counterparty at a time. Everything is looked at again when it is carried out, so a plan may be
stale but never wrong: nobody is closed beyond what its equity bears. What finds no place is written down and goes to
``losses``.
"""
from ..codes import (
    ADL_CAPPED_PRO_RATA,
    ADL_QUEUE,
    ADL_RANDOM_PAIRS,
    DELEVERAGED,
    canceled_by_deleveraging,
    deleveraging,
)
from ..kernel import add, gate, kernel, multiply, multiply_divide_down
from ..rules.adl import drawn_place, haircut_ppb, prices_overlap, rank
from ..rules.liquidation import portion_down
from ..units import PPB
from .brackets import position_shrunk
from .events import new_event
from .groups import group_maintenance, position_maintenance, unrealized
from .losses import SCAN_ROWS, equity_of, tell_handed
from .positions import change_position, settle_funding
from .takeovers import (
    announce_reduced,
    deficit_at_mark,
    drop_lots,
    entry_part,
    finish_takeover,
    fund_allowance,
    price_takeover,
    write_down,
)
from .withdrawal import cancel_opening_orders, cancel_position_orders

IDLE, COLLECTING, PLANNING, EXECUTING = 0, 1, 2, 3
ROUNDS_MAX = 64
FRACTION_BITS = 20


# ---------------------------------------------------------------- the queue: a heap by score, ties by position row
@kernel
def goes_before(state, first, second):
    """Whether entry ``first`` is deleveraged before entry ``second``."""
    one = state.adl_entries[first]
    other = state.adl_entries[second]
    if one.score != other.score:
        return one.score > other.score
    return one.position < other.position


@kernel
def swap_entries(state, first, second):
    """Exchange two entries."""
    one = state.adl_entries[first]
    other = state.adl_entries[second]
    score = one.score
    lots = one.lots
    lots_max = one.lots_max
    position = one.position
    one.score = other.score
    one.lots = other.lots
    one.lots_max = other.lots_max
    one.position = other.position
    other.score = score
    other.lots = lots
    other.lots_max = lots_max
    other.position = position


@kernel
def sift_down(state, index, count):
    """Move an entry down the heap of ``count`` until neither child goes before it."""
    while True:
        child = 2 * index + 1
        if child >= count:
            return
        if child + 1 < count and goes_before(state, child + 1, child):
            child += 1
        if not goes_before(state, child, index):
            return
        swap_entries(state, child, index)
        index = child


@kernel
def order_entries(state):
    """Make a heap of the collected entries."""
    count = state.adl.count
    for step in range(count // 2):
        sift_down(state, count // 2 - 1 - step, count)


@kernel
def pop_entry(state):
    """Drop the first entry of the heap."""
    adl = state.adl
    adl.count -= 1
    swap_entries(state, 0, adl.count)
    sift_down(state, 0, adl.count)


# ---------------------------------------------------------------- shares: water-filling in whole lots
@kernel
def lots_limit(state, entry):
    """Most lots a counterparty takes in a pro-rata pass: its size, what its equity bears, and its share of profit if
    capped."""
    adl = state.adl
    position = state.positions[entry.position]
    if position.instrument != adl.instrument or position.size_lots * adl.side <= 0:
        return 0
    lots = min(abs(position.size_lots), bearable_lots(state, adl.takeover, entry.position))
    terms = state.instruments[adl.instrument].terms
    if terms.adl_policy == ADL_CAPPED_PRO_RATA:
        most = multiply_divide_down(entry.score, terms.adl_cap_ppb, PPB)
        deficit = deficit_at_mark(state, adl.takeover)
        if most < deficit:
            lots = min(lots, portion_down(abs(state.takeovers[adl.takeover].size_lots), most, deficit))
    return lots


@kernel
def weigh_entries(state):
    """Set every entry's score to its profit at the mark and its limit in lots."""
    for index in range(state.adl.count):
        entry = state.adl_entries[index]
        entry.score = max(0, unrealized(state, entry.position))
        entry.lots = 0
        entry.lots_max = lots_limit(state, entry)


@kernel
def open_weight(state):
    """Sum of the profits of entries that may still take lots."""
    total = 0
    for index in range(state.adl.count):
        entry = state.adl_entries[index]
        if entry.lots < entry.lots_max:
            total = add(total, entry.score)
    return total


@kernel
def fill_capped(state, rest, total):
    """Give their whole limit to entries whose share reaches it; returns the lots given."""
    given = 0
    for index in range(state.adl.count):
        entry = state.adl_entries[index]
        if entry.lots < entry.lots_max and portion_down(rest, entry.score, total) >= entry.lots_max:
            entry.lots = entry.lots_max
            given += entry.lots_max
    return given


@kernel
def share_rest(state, rest, total):
    """Give the others the whole lots of their share; their score becomes the fraction left. Returns the lots given."""
    given = 0
    for index in range(state.adl.count):
        entry = state.adl_entries[index]
        if entry.lots < entry.lots_max:
            lots = portion_down(rest, entry.score, total)
            fraction = portion_down(rest << FRACTION_BITS, entry.score, total) - (lots << FRACTION_BITS)
            entry.lots = min(lots, entry.lots_max)
            given += entry.lots
            entry.score = fraction
        else:
            entry.score = -1
    return given


@kernel
def give_single_lots(state, rest):
    """One lot each to the largest fractions, ties by position row; returns the lots without a place."""
    adl = state.adl
    order_entries(state)
    left = adl.count
    while rest > 0 and left > 0:
        entry = state.adl_entries[0]
        if entry.score >= 0 and entry.lots < entry.lots_max:
            entry.lots += 1
            rest -= 1
        left -= 1
        swap_entries(state, 0, left)
        sift_down(state, 0, left)
    return rest


@kernel
def share_lots(state, rest):
    """Water-filling of ``rest`` lots over the entries by score, none beyond its limit; returns the lots without a
    place.  ADLV-007"""
    total = open_weight(state)
    rounds = 1
    while rest > 0 and total > 0 and rounds < ROUNDS_MAX:
        given = fill_capped(state, rest, total)
        if given == 0:
            break
        rest -= given
        total = open_weight(state)
        rounds += 1
    if rest > 0 and total > 0:
        rest -= share_rest(state, rest, total)
        rest = give_single_lots(state, rest)
    return rest


@gate
def plan_shares(state):
    """Share the takeover's lots out in proportion to profit, none beyond its limit; returns the work done.  ADLV-007,
    ADLV-008"""
    adl = state.adl
    weigh_entries(state)
    share_lots(state, abs(state.takeovers[adl.takeover].size_lots))
    adl.phase = EXECUTING
    adl.cursor = 0
    return 1 + 2 * adl.count // SCAN_ROWS


# ---------------------------------------------------------------- one counterparty
@kernel
def bearable_lots(state, row, position_row):
    """Lots of a takeover that a counterparty can take at the takeover's own price with equity of zero or more left.
    ADLV-005"""
    lots = abs(state.takeovers[row].size_lots)
    deficit = deficit_at_mark(state, row)
    if deficit <= 0:
        return lots
    equity = equity_of(state, position_row)
    if equity <= 0:
        return 0
    if equity >= deficit:
        return lots
    return portion_down(lots, equity, deficit)


@gate
def deleverage(state, row, position_row, lots_max, out):
    """Close up to ``lots_max`` of a counterparty against a takeover at the takeover's entry value; returns lots.
    ADLV-005

    No fee on either side. The takeover's part ends without result; the counterparty gives up the deficit of that part.
    """
    takeover = state.takeovers[row]
    position = state.positions[position_row]
    if position.instrument != takeover.instrument or position.size_lots == 0 or (
            (position.size_lots > 0) == (takeover.size_lots > 0)):
        return 0
    settle_funding(state, position_row, out)
    lots = min(min(lots_max, abs(position.size_lots)), bearable_lots(state, row, position_row))
    if lots == 0:
        return 0
    profit = unrealized(state, position_row)
    signed_lots = lots if takeover.size_lots > 0 else -lots
    part = entry_part(takeover, lots)
    given_up = part - multiply(signed_lots, state.instruments[takeover.instrument].mark_unit_value_atoms)
    realized = change_position(state, position_row, signed_lots, part)
    if position.size_lots == 0:
        cancel_position_orders(state, position_row, canceled_by_deleveraging, out)
    else:
        cancel_opening_orders(state, position_row, canceled_by_deleveraging, out)
        position_shrunk(state, position_row)
    event = new_event(state, out, DELEVERAGED)
    tell_handed(state, event, row, position_row, signed_lots, part)
    event.realized_atoms = realized
    event.rate_ppb = haircut_ppb(given_up, profit)
    event.reason = deleveraging
    reduce_by_adl(state, row, signed_lots, part, given_up, out)
    return lots


@kernel
def reduce_by_adl(state, row, signed_lots, part_atoms, given_up_atoms, out):
    """The takeover's side: lots and entry value leave together. The event's rate is the severity so far: placed /
    deficit."""
    adl = state.adl
    adl.placed_atoms = add(adl.placed_atoms, given_up_atoms)
    event = announce_reduced(state, row, abs(signed_lots), deleveraging, out)
    drop_lots(state, row, -signed_lots, part_atoms)
    event.remaining_lots = abs(state.takeovers[row].size_lots)
    event.value_atoms = -part_atoms
    event.equity_atoms = given_up_atoms
    event.rate_ppb = haircut_ppb(adl.placed_atoms, adl.deficit_atoms)
    if state.takeovers[row].size_lots == 0:
        finish_takeover(state, row, deleveraging, out)


# ---------------------------------------------------------------- the pass
@gate
def begin_adl(state, row):
    """Start deleveraging a takeover; the ranking of the same side at the same mark is used again.  ADLV-006"""
    adl = state.adl
    takeover = state.takeovers[row]
    side = -1 if takeover.size_lots > 0 else 1
    instrument = state.instruments[takeover.instrument]
    adl.takeover = row
    adl.deficit_atoms = deficit_at_mark(state, row)
    adl.placed_atoms = 0
    adl.begun_mark_sequence = instrument.mark_sequence
    if adl.instrument == takeover.instrument and adl.side == side and adl.mark_sequence == instrument.mark_sequence:
        adl.fresh = 0
        begin_use(state)
    else:
        adl.instrument = takeover.instrument
        adl.side = side
        begin_collecting(state)


@kernel
def begin_collecting(state):
    """Look through the position table from its first row."""
    adl = state.adl
    adl.phase = COLLECTING
    adl.mark_sequence = state.instruments[adl.instrument].mark_sequence
    adl.cursor = 1
    adl.count = 0
    adl.fresh = 1


@kernel
def begin_use(state):
    """The collection is complete: the queue is used as it stands, shares are planned first."""
    adl = state.adl
    adl.phase = PLANNING
    adl.cursor = 0
    adl.visited = 0
    policy = state.instruments[adl.instrument].terms.adl_policy
    if policy == ADL_QUEUE or policy == ADL_RANDOM_PAIRS:
        adl.phase = EXECUTING
    if policy == ADL_RANDOM_PAIRS and adl.count > 0:
        adl.cursor = drawn_place(state.command_sequence, state.takeovers[adl.takeover].order_id,
                                 state.instruments[adl.instrument].mark_price_units, adl.count)


@kernel
def score_of(state, position_row):
    """Rank of a position at the mark (ADLV-002)."""
    position = state.positions[position_row]
    value = multiply(position.size_lots, state.instruments[position.instrument].mark_unit_value_atoms)
    return rank(unrealized(state, position_row), position.entry_value_atoms, value, equity_of(state, position_row))


@gate
def collect_counterparties(state):
    """Note the next rows' positions on the other side; after the last row the queue is put in order."""
    adl = state.adl
    ranked = state.instruments[adl.instrument].terms.adl_policy != ADL_RANDOM_PAIRS
    last = min(adl.cursor + SCAN_ROWS, state.positions_pool.high_water + 1)
    for position_row in range(adl.cursor, last):
        position = state.positions[position_row]
        if position.instrument == adl.instrument and position.size_lots * adl.side > 0:
            entry = state.adl_entries[adl.count]
            adl.count += 1
            entry.position = position_row
            entry.score = score_of(state, position_row) if ranked else 0
            entry.lots = 0
            entry.lots_max = 0
    adl.cursor = last
    if last > state.positions_pool.high_water:
        if ranked:
            order_entries(state)
        begin_use(state)
        return 1 + adl.count // SCAN_ROWS
    return 1


@kernel
def end_adl(state, out):
    """The takeover is placed, or the mark came back, or nobody is left: a loss that is left is written down.
    ADLV-009"""
    adl = state.adl
    row = adl.takeover
    takeover = state.takeovers[row]
    adl.takeover = 0
    adl.phase = IDLE
    if takeover.size_lots != 0:
        price_takeover(state, row)
        if deficit_at_mark(state, row) > fund_allowance(state, row):
            write_down(state, row, out)
        state.instruments[takeover.instrument].disposal_next_ns = max(1, state.now_ns)


@kernel
def is_needed(state):
    """Whether there is still something to place; after a new mark, whether the fund still cannot pay for it.
    ADLV-009"""
    adl = state.adl
    takeover = state.takeovers[adl.takeover]
    if takeover.size_lots == 0:
        return False
    if state.instruments[takeover.instrument].mark_sequence == adl.begun_mark_sequence:
        return True
    return deficit_at_mark(state, adl.takeover) > fund_allowance(state, adl.takeover)


@kernel
def nobody_left(state, out):
    """The collection is used up: look once more if it was an old one, else end."""
    if state.adl.fresh == 0:
        begin_collecting(state)
    else:
        end_adl(state, out)


@kernel
def take_from_queue(state, out):
    """Close the first in the queue, as far as it bears; it leaves the queue unless the takeover ended first.
    ADLV-006"""
    adl = state.adl
    if adl.count == 0:
        nobody_left(state, out)
        return
    position_row = state.adl_entries[0].position
    takeover = state.takeovers[adl.takeover]
    deleverage(state, adl.takeover, position_row, abs(takeover.size_lots), out)
    if takeover.size_lots != 0 or state.positions[position_row].size_lots == 0:
        pop_entry(state)


@kernel
def bears_pair(state, row, position_row):
    """Whether a takeover's value and a counterparty's own bankruptcy price overlap.  ADLV-021"""
    takeover = state.takeovers[row]
    position = state.positions[position_row]
    if position.instrument != takeover.instrument or position.size_lots * state.adl.side <= 0:
        return False
    lots = min(abs(takeover.size_lots), abs(position.size_lots))
    deficit = deficit_at_mark(state, row)
    loss = 0
    if deficit > 0:
        loss = portion_down(deficit, lots, abs(takeover.size_lots)) + 1
    required = max(1, position_maintenance(state, position_row))
    total = required
    if position.isolated == 0:
        total = max(required, group_maintenance(state, position.wallet, 0))
    return prices_overlap(loss, equity_of(state, position_row), required, total, lots, abs(position.size_lots))


@gate
def take_pair(state, out):
    """Close the next counterparty on the way round from the drawn place, as far as both have lots; one whose price does
    not overlap is passed by.  ADLV-021"""
    adl = state.adl
    if adl.visited >= adl.count:
        nobody_left(state, out)
        return
    entry = state.adl_entries[adl.cursor]
    adl.visited += 1
    adl.cursor += 1
    if adl.cursor >= adl.count:
        adl.cursor = 0
    if bears_pair(state, adl.takeover, entry.position):
        deleverage(state, adl.takeover, entry.position, abs(state.takeovers[adl.takeover].size_lots), out)


@kernel
def take_planned(state, out):
    """Close the next counterparty by its planned lots.  ADLV-007"""
    adl = state.adl
    if adl.cursor >= adl.count:
        nobody_left(state, out)
        return
    entry = state.adl_entries[adl.cursor]
    adl.cursor += 1
    if entry.lots > 0:
        deleverage(state, adl.takeover, entry.position, entry.lots, out)


@gate
def adl_step(state, out):
    """One unit of work on the deleveraging that is under way; returns the work done."""
    adl = state.adl
    if adl.phase == COLLECTING:
        return collect_counterparties(state)
    if not is_needed(state):
        end_adl(state, out)
        return 1
    if adl.phase == PLANNING:
        return plan_shares(state)
    policy = state.instruments[adl.instrument].terms.adl_policy
    if policy == ADL_QUEUE:
        take_from_queue(state, out)
    elif policy == ADL_RANDOM_PAIRS:
        take_pair(state, out)
    else:
        take_planned(state, out)
    return 1
