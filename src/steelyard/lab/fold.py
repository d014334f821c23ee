"""Folding the engine's events into minute sums, rows and the population's knowledge; and looking at the tables at a
minute's end.

Compiled, so that millions of events cost a fraction of the engine's own time. It reads, it never decides.
"""

from __future__ import annotations

import numpy as np

from ..codes import (
    DELEVERAGED,
    FUNDING_SETTLED,
    INSURANCE_CHANGED,
    LIQUIDATION_STEPPED,
    LOSS_SOCIALIZED,
    ORDER_CANCELED,
    POSITION_TAKEN_OVER,
    REJECTED,
    TAKEOVER_REDUCED,
    TRADED,
    TRIGGER_FIRED,
    deposit,
)
from ..codes import trade as by_trade
from ..engine.book import level_of, next_ask_above, next_bid_below
from ..engine.ledger import insurance_atoms, system_wallet
from ..engine.order_index import find_order
from ..engine.records import DEFICIT_ACCOUNT, ORDERS_MAX, OUTBOX_EVENTS
from ..kernel import kernel
from ..units import MINUTE
from .crowd import FLAT
from .makers import know_inventories
from .tables import DELEVERAGED_ROW, DISPOSAL_ROW, FORCED_ROW
from .traders import chance, unlink, waiting, wake_at

i8 = np.int64
ROWS_MAX = OUTBOX_EVENTS
DEPTH_LEVELS_MAX = 4_000

ROWS = np.dtype(
    [
        ("forced_count", i8),
        ("disposal_count", i8),
        ("deleveraged_count", i8),
        ("last_ticks", i8),
        ("adl_rank", i8),
        ("adl_takeover", i8),
        ("kinds", i8, (64,)),
        ("reasons", i8, (256,)),
        ("forced", FORCED_ROW, (ROWS_MAX,)),
        ("disposals", DISPOSAL_ROW, (ROWS_MAX,)),
        ("deleveraged", DELEVERAGED_ROW, (ROWS_MAX,)),
    ]
)
"""Rows found since the last flush, and counts of events by kind and reason over the whole replay."""


@kernel
def fold(outs, states, crowds, agents, heads, makers, minutes, tallies):
    """Fold all events of the outbox into the minute's sums, the row buffers and what makers and traders know."""
    out, state, crowd, rows = outs[0], states[0], crowds[0], tallies[0]
    minute = minutes[crowd.minute]
    for index in range(out.count):
        event = out.events[index]
        rows.kinds[event.kind] += 1
        if event.kind == TRADED:
            traded(event, crowd, makers, minute, rows)
        elif event.kind == REJECTED or event.kind == ORDER_CANCELED:
            rows.reasons[event.reason] += 1
            if event.kind == REJECTED:
                minute.refused += 1
        elif event.kind == POSITION_TAKEN_OVER:
            taken_over(event, state, crowd, agents, heads, minute, rows)
        elif (
            event.kind == LIQUIDATION_STEPPED and event.size_lots != 0 and event.instrument != 0 and event.order_id != 0
        ):
            row = add_forced(event, crowd, agents, minute, rows, -event.side, event.size_lots)
            row.mark_units = state.instruments[event.instrument].mark_price_units
            row.step = 1
            row.loss_atoms = 0
        elif event.kind == TAKEOVER_REDUCED:
            disposed(event, minute, rows)
        elif event.kind == DELEVERAGED:
            deleveraged(event, state, crowd, agents, minute, rows)
        elif event.kind == INSURANCE_CHANGED:
            if event.reason != deposit:
                minute.fund_paid_atoms += max(0, -event.cash_atoms)
                minute.fund_received_atoms += max(0, event.cash_atoms)
        elif event.kind == FUNDING_SETTLED:
            minute.funding_paid_atoms += max(0, -event.cash_atoms)
        elif event.kind == LOSS_SOCIALIZED:
            minute.socialized_atoms += max(0, -event.cash_atoms)
        elif event.kind == TRIGGER_FIRED:
            minute.triggers_fired += 1
    minute.events += out.count
    minute.commands += out.consumed
    return out.consumed


@kernel
def traded(event, crowd, makers, minute, rows):
    """A fill: volume, price range, fees, and the maker who must quote again."""
    minute.volume_lots += event.size_lots
    minute.trades += 1
    minute.fees_atoms += event.fee_atoms + event.maker_fee_atoms
    minute.high_ticks = max(minute.high_ticks, event.price_ticks)
    minute.low_ticks = event.price_ticks if minute.low_ticks == 0 else min(minute.low_ticks, event.price_ticks)
    rows.last_ticks = event.price_ticks
    note_fill(event, crowd, makers)


@kernel
def note_fill(event, crowd, makers):
    """The maker of a fill knows how much of its quotes is gone."""
    number = event.other_account - crowd.first_account - crowd.agents
    if 0 <= number < len(makers):
        makers[number].filled += event.size_lots


@kernel
def add_forced(event, crowd, agents, minute, rows, side, lots):
    """Count contracts taken by force from one account, and keep them as a row."""
    row = rows.forced[rows.forced_count]
    rows.forced_count += 1
    number = event.account - crowd.first_account
    row.time_ns = event.time_ns
    row.account = event.account
    row.side = side
    row.lots = lots
    row.isolated = 0
    row.leverage = 0
    if 0 <= number < len(agents):
        row.isolated = agents[number].isolated
        row.leverage = agents[number].leverage
    row.equity_atoms = event.equity_atoms
    row.requirement_atoms = event.requirement_atoms
    row.value_atoms = event.value_atoms
    row.bankruptcy_ticks = event.price_ticks
    row.order_id = event.order_id
    if side > 0:
        minute.forced_longs += 1
        minute.forced_long_lots += lots
    else:
        minute.forced_shorts += 1
        minute.forced_short_lots += lots
    return row


@kernel
def taken_over(event, state, crowd, agents, heads, minute, rows):
    """A takeover: one liquidation of one account, kept as a row."""
    side = 1 if event.size_lots > 0 else -1
    row = add_forced(event, crowd, agents, minute, rows, side, abs(event.size_lots))
    row.mark_units = state.instruments[event.instrument].mark_price_units
    row.step = 0
    row.loss_atoms = -event.realized_atoms
    note_liquidation(event, crowd, agents, heads)


@kernel
def note_liquidation(event, crowd, agents, heads):
    """The owner of a position that was taken over may come back with a new deposit, after a wait."""
    number = event.account - crowd.first_account
    if 0 <= number < len(agents):
        agent = agents[number]
        agent.liquidations += 1
        agent.state = FLAT
        if chance(crowd, agent, number) < crowd.return_share:
            wake_at(agents, heads, number, crowd.minute + waiting(crowd, agent, number, crowd.wait_minutes))
        else:
            unlink(agents, heads, number)


@kernel
def disposed(event, minute, rows):
    """Part of a takeover is gone: in the book, or to winners by deleveraging."""
    row = rows.disposals[rows.disposal_count]
    rows.disposal_count += 1
    in_book = event.reason == by_trade
    row.time_ns = event.time_ns
    row.order_id = event.order_id
    row.account = event.account
    row.side = -event.side
    row.kind = 0 if in_book else 1
    row.lots = event.size_lots
    row.price_ticks = rows.last_ticks if in_book else event.price_ticks
    row.bankruptcy_ticks = event.price_ticks
    row.value_atoms = event.value_atoms
    row.result_atoms = event.realized_atoms
    if in_book:
        minute.book_disposed_lots += event.size_lots


@kernel
def deleveraged(event, state, crowd, agents, minute, rows):
    """A winner closed by force: what it gave up is its value at the mark less what it was closed at."""
    row = rows.deleveraged[rows.deleveraged_count]
    rows.deleveraged_count += 1
    instrument = state.instruments[event.instrument]
    lots = abs(event.size_lots)
    row.time_ns = event.time_ns
    row.account = event.account
    row.side = -event.side
    number = event.account - crowd.first_account
    if 0 <= number < len(agents):
        row.leverage = agents[number].leverage
        agents[number].deleveragings += 1
    rows.adl_rank = rows.adl_rank + 1 if rows.adl_takeover == event.order_id else 1
    rows.adl_takeover = event.order_id
    row.rank = rows.adl_rank
    row.ranked = max(rows.adl_rank, state.adl.count)
    row.lots = lots
    row.price_ticks = event.price_ticks
    row.mark_units = instrument.mark_price_units
    row.value_atoms = event.value_atoms
    row.given_up_atoms = event.value_atoms - event.side * lots * instrument.mark_unit_value_atoms
    minute.deleveragings += 1
    minute.deleveraged_lots += lots


# ---------------------------------------------------------------- a minute's end
@kernel
def depth(state, instrument_id, side, minute):
    """Resting lots of one side, all and within 1 % of the index, without the liquidation engine's own orders at
    single prices."""
    terms = state.instruments[instrument_id].terms
    index_ticks = minute.index_units // terms.mark_units_per_tick
    book = state.books[instrument_id]
    ticks = book.best_bid_ticks if side > 0 else book.best_ask_ticks
    count = 0
    while ticks != 0 and count < DEPTH_LEVELS_MAX:
        lots = level_of(state, instrument_id, ticks).displayed_lots
        if side > 0:
            minute.bid_depth_lots += lots
            if ticks * 100 >= index_ticks * 99:
                minute.bid_near_lots += lots
            ticks = next_bid_below(state, instrument_id, ticks)
        else:
            minute.ask_depth_lots += lots
            if ticks * 100 <= index_ticks * 101:
                minute.ask_near_lots += lots
            ticks = next_ask_above(state, instrument_id, ticks)
        count += 1


@kernel
def without_engine(state, takeover, minute):
    """Take the resting order of a takeover out of the depth."""
    slot = find_order(state, takeover.order_id)
    if slot <= 0 or slot >= ORDERS_MAX:
        return
    order = state.orders[slot]
    terms = state.instruments[takeover.instrument].terms
    index_ticks = minute.index_units // terms.mark_units_per_tick
    if order.side > 0:
        minute.bid_depth_lots -= order.displayed_lots
        if order.price_ticks * 100 >= index_ticks * 99:
            minute.bid_near_lots -= order.displayed_lots
    else:
        minute.ask_depth_lots -= order.displayed_lots
        if order.price_ticks * 100 <= index_ticks * 101:
            minute.ask_near_lots -= order.displayed_lots


@kernel
def held_by_engine(state, instrument_id, minute):
    """What the liquidation engine holds, and what it would lose against bankruptcy value at the mark."""
    instrument = state.instruments[instrument_id]
    loss = 0
    row = instrument.first_takeover
    while row != 0:
        takeover = state.takeovers[row]
        if takeover.size_lots > 0:
            minute.held_long_lots += takeover.size_lots
        else:
            minute.held_short_lots -= takeover.size_lots
        without_engine(state, takeover, minute)
        loss += takeover.entry_value_atoms - takeover.size_lots * instrument.mark_unit_value_atoms
        row = takeover.next_takeover
    minute.carried_loss_atoms = max(0, loss)


@kernel
def observe(states, crowds, makers, minutes):
    """States at a minute's end: prices, depth, open interest, fund, inventories."""
    state, crowd = states[0], crowds[0]
    minute = minutes[crowd.minute]
    minute.index_units = int(crowd.index_units)
    minute.time_ns = crowd.now_ns - crowd.now_ns % MINUTE + MINUTE
    instrument_id = crowd.instrument
    instrument = state.instruments[instrument_id]
    book = state.books[instrument_id]
    minute.mark_units = instrument.mark_price_units
    minute.last_ticks = instrument.last_price_ticks
    minute.bid_ticks = book.best_bid_ticks
    minute.ask_ticks = book.best_ask_ticks
    minute.open_interest_lots = instrument.open_interest_lots
    minute.funding_rate_ppb = instrument.funding_rate_ppb
    minute.fund_atoms = insurance_atoms(state, instrument_id)
    minute.bad_debt_atoms = -state.wallets[system_wallet(DEFICIT_ACCOUNT, crowd.asset)].balance_atoms
    depth(state, instrument_id, 1, minute)
    depth(state, instrument_id, -1, minute)
    held_by_engine(state, instrument_id, minute)
    know_inventories(state, crowd, makers)
    for number in range(len(makers)):
        maker = makers[number]
        if number < crowd.makers:
            minute.maker_lots += maker.size_lots
            minute.makers_quoting += maker.quoting
        else:
            minute.arbitrage_lots += maker.size_lots
    minute.stress_ppm = int(crowd.stress * 1_000_000)
    minute.entries = crowd.entries
    minute.exits = crowd.exits
    crowd.entries = 0
    crowd.exits = 0
