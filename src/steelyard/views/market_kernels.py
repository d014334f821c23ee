"""What the public sees of a market, folded from events: candles, the tape of trades, liquidations, and counters that
say what changed.

One walk over the events of a batch serves all public views. Nothing here decides anything; tables of the engine are
read, never written.
"""
from __future__ import annotations

import numpy as np

from ..codes import (
    DELEVERAGED,
    FLAG_LIQUIDATION,
    INDEX_CHANGED,
    LIQUIDATION_ENDED,
    LIQUIDATION_STARTED,
    LIQUIDATION_STEPPED,
    MARKED,
    ORDER_AMENDED,
    ORDER_CANCELED,
    ORDER_RESTED,
    POSITION_TAKEN_OVER,
    TAKEOVER_CLOSED,
    TAKEOVER_REDUCED,
    TRADED,
    closed_in_book,
    margin_recovered,
    position_gone,
    stepped_down,
)
from ..engine.book import level_of, next_ask_above, next_bid_below
from ..engine.positions import position_of
from ..engine.records import INSTRUMENTS_MAX, LIQUIDATOR_ACCOUNT
from ..kernel import entry, kernel
from ..rules import margin
from ..units import MINUTE, PPB

i4, i8 = np.int32, np.int64

INTERVALS = (1, 5, 15, 60)
"""Lengths of candles in minutes."""
CANDLES_KEPT = 1536
"""Candles kept per interval: a day of minutes and some."""
TRADES_KEPT = 256
LIQUIDATIONS_KEPT = 128
DEPTH_LEVELS = 50
LEVERAGE_MAX = 1000
"""The highest leverage that is shown; it stands for anything beyond and for no equity."""
STARTED, REDUCED, TAKEN_OVER, CLOSED = 1, 2, 3, 4

CANDLE = np.dtype([
    ("number", i8),                      # intervals since 1970; 0 = none
    ("open_ticks", i8), ("high_ticks", i8), ("low_ticks", i8), ("close_ticks", i8),    # 0: nothing was ever traded
    ("volume_lots", i8), ("turnover_atoms", i8), ("mark_units", i8), ("index_units", i8), ("deleveraged_lots", i8),
])
TRADE = np.dtype([                       # fills of one taker order at one price, caused by one command
    ("id", i8), ("order_id", i8), ("command_sequence", i8), ("price_ticks", i8), ("size_lots", i8), ("side", i8),
    ("liquidation", i8), ("time_ns", i8),
])
PUBLIC_LIQUIDATION = np.dtype([
    ("id", i8), ("account", i8), ("isolated", i8), ("order_id", i8), ("side", i8), ("stage", i8), ("ended", i8),
    ("size_lots", i8), ("price_units", i8), ("value_atoms", i8), ("reduced_lots", i8), ("reduced_atoms", i8),
    ("leverage_hundredths", i8), ("surplus_atoms", i8), ("time_ns", i8), ("change", i8),
])
MARKET = np.dtype([                      # one instrument that is shown; row 0 is none
    ("instrument", i8), ("index_id", i8), ("units_per_index_unit", i8), ("units_per_tick", i8),
    ("close_ticks", i8), ("mark_units", i8), ("index_units", i8),
    ("book_changes", i8), ("price_changes", i8), ("candle_changes", i8),       # counters, never wiped
    ("trade_count", i8), ("liquidation_count", i8), ("liquidation_changes", i8),
    ("last_numbers", i8, (len(INTERVALS),)),
    ("candles", CANDLE, (len(INTERVALS) * CANDLES_KEPT,)),
    ("trades", TRADE, (TRADES_KEPT,)),
    ("liquidations", PUBLIC_LIQUIDATION, (LIQUIDATIONS_KEPT,)),
])
DIRECTORY = np.dtype([("row_of", i4, (INSTRUMENTS_MAX,))])
"""Row of MARKET for each instrument, 0 where it is not shown."""
DEPTH = np.dtype([("bid_count", i8), ("ask_count", i8),
                  ("bid_ticks", i8, (DEPTH_LEVELS,)), ("bid_lots", i8, (DEPTH_LEVELS,)),
                  ("ask_ticks", i8, (DEPTH_LEVELS,)), ("ask_lots", i8, (DEPTH_LEVELS,))])
WALK_MAX = 4096
"""Levels looked at per side, those that only hide orders among them."""
WINDOW = np.dtype([(name, i8) for name in """
high_ticks low_ticks open_ticks volume_lots turnover_atoms deleveraged_lots minutes""".split()])


# ---------------------------------------------------------------- candles
@kernel
def interval_minutes(interval):
    """Length of the ``interval``-th kind of candle."""
    if interval == 0:
        return 1
    if interval == 1:
        return 5
    return 15 if interval == 2 else 60


@kernel
def candle_at(market, interval, number):
    """The candle of an interval's number, made if missing. Intervals passed over get a flat candle at the last close.
    MKTV-007"""
    last = market.last_numbers[interval]
    base = interval * CANDLES_KEPT
    if number > last:
        first = number if last == 0 else max(last + 1, number - CANDLES_KEPT + 1)
        for missing in range(first, number + 1):
            candle = market.candles[base + missing % CANDLES_KEPT]
            candle.number = missing
            candle.open_ticks = market.close_ticks
            candle.high_ticks = market.close_ticks
            candle.low_ticks = market.close_ticks
            candle.close_ticks = market.close_ticks
            candle.volume_lots = 0
            candle.turnover_atoms = 0
            candle.deleveraged_lots = 0
            candle.mark_units = market.mark_units
            candle.index_units = market.index_units
        market.last_numbers[interval] = number
        return market.candles[base + number % CANDLES_KEPT]
    return market.candles[base + last % CANDLES_KEPT]


@kernel
def add_trade_to_candles(market, minute, price_ticks, size_lots, value_atoms):
    """A trade in the candles of all intervals."""
    for interval in range(4):
        candle = candle_at(market, interval, minute // interval_minutes(interval))
        if candle.volume_lots == 0:
            candle.open_ticks = price_ticks
            candle.high_ticks = price_ticks
            candle.low_ticks = price_ticks
        candle.high_ticks = max(candle.high_ticks, price_ticks)
        candle.low_ticks = min(candle.low_ticks, price_ticks)
        candle.close_ticks = price_ticks
        candle.volume_lots += size_lots
        candle.turnover_atoms += value_atoms
    market.close_ticks = price_ticks
    market.candle_changes += 1


@kernel
def set_candle_prices(market, minute, mark_units, index_units):
    """A new mark or index: the close of every interval's candle, and the market's own from now on."""
    for interval in range(4):
        candle = candle_at(market, interval, minute // interval_minutes(interval))
        candle.mark_units = mark_units
        candle.index_units = index_units
    market.mark_units = mark_units
    market.index_units = index_units
    market.price_changes += 1
    market.candle_changes += 1


# ---------------------------------------------------------------- the tape
@kernel
def add_trade(market, event):
    """A fill on the tape: one row with the fill before where taker order, command and price are the same.  MKTV-005"""
    liquidation = 0
    if event.flags & FLAG_LIQUIDATION or event.account == LIQUIDATOR_ACCOUNT or (
            event.other_account == LIQUIDATOR_ACCOUNT):
        liquidation = 1
    if market.trade_count > 0:
        last = market.trades[(market.trade_count - 1) % TRADES_KEPT]
        if (last.order_id == event.order_id and last.command_sequence == event.command_sequence
                and last.price_ticks == event.price_ticks and last.liquidation == liquidation):
            last.size_lots += event.size_lots
            return
    trade = market.trades[market.trade_count % TRADES_KEPT]
    market.trade_count += 1
    trade.id = event.sequence
    trade.order_id = event.order_id
    trade.command_sequence = event.command_sequence
    trade.price_ticks = event.price_ticks
    trade.size_lots = event.size_lots
    trade.side = event.side
    trade.liquidation = liquidation
    trade.time_ns = event.time_ns


# ---------------------------------------------------------------- liquidations
@kernel
def touch(market, row, event):
    """Note that a public liquidation changed."""
    market.liquidation_changes += 1
    row.change = market.liquidation_changes
    row.time_ns = event.time_ns


@kernel
def new_liquidation(market, event, side):
    """The next row of the ring, wiped."""
    row = market.liquidations[market.liquidation_count % LIQUIDATIONS_KEPT]
    market.liquidation_count += 1
    row.id = event.sequence
    row.account = event.account
    row.isolated = 0
    row.order_id = 0
    row.side = side
    row.stage = STARTED
    row.ended = 0
    row.size_lots = 0
    row.price_units = 0
    row.value_atoms = 0
    row.reduced_lots = 0
    row.reduced_atoms = 0
    row.leverage_hundredths = 0
    row.surplus_atoms = 0
    return row


@kernel
def find_open(market, account):
    """Number of an account's liquidation that has not ended and is not taken over; -1 if none."""
    oldest = max(0, market.liquidation_count - LIQUIDATIONS_KEPT)
    number = market.liquidation_count - 1
    while number >= oldest:
        row = market.liquidations[number % LIQUIDATIONS_KEPT]
        if row.account == account and row.ended == 0 and row.order_id == 0:
            return number
        number -= 1
    return -1


@kernel
def find_takeover(market, order_id):
    """Number of the liquidation whose takeover has this id; -1 if none."""
    oldest = max(0, market.liquidation_count - LIQUIDATIONS_KEPT)
    number = market.liquidation_count - 1
    while number >= oldest:
        if market.liquidations[number % LIQUIDATIONS_KEPT].order_id == order_id:
            return number
        number -= 1
    return -1


@kernel
def hundredths(value_atoms, equity_atoms):
    """|value| / equity in hundredths, rounded down, at least 1; at most 1,000-fold, which is also no equity at all."""
    value = abs(value_atoms)
    if equity_atoms <= 0 or value // equity_atoms >= LEVERAGE_MAX:
        return 100 * LEVERAGE_MAX
    scale = 0
    while (value >> scale) >= 1 << 55:
        scale += 1
    return max(1, (value >> scale) * 100 // max(1, equity_atoms >> scale))


@kernel
def chosen_hundredths(instrument, position):
    """Leverage chosen for a position, else what its tier allows, in hundredths."""
    rate = margin.initial_rate(instrument, position.tier, position.size_lots, position.leverage_rate_ppb)
    return 100 * PPB // rate if rate > 0 else 0


@kernel
def leverage_of(state, account, instrument_id, entry_atoms, collateral_atoms):
    """Entry value over collateral of an isolated position, else the leverage chosen, in hundredths.  MKTV-010"""
    if collateral_atoms > 0:
        return hundredths(entry_atoms, collateral_atoms)
    row = position_of(state, account, instrument_id)
    if row == 0:
        return 0
    return chosen_hundredths(state.instruments[instrument_id], state.positions[row])


@kernel
def liquidation_started(state, market, event):
    """An isolated position enters the ladder. A wallet's is shown from its first sale or takeover on.  MKTV-009"""
    row = new_liquidation(market, event, 1 if event.size_lots > 0 else -1)
    row.isolated = 1
    row.size_lots = abs(event.size_lots)
    row.price_units = event.price_units
    instrument = state.instruments[event.instrument]
    row.value_atoms = row.size_lots * abs(instrument.mark_unit_value_atoms)
    held = position_of(state, event.account, event.instrument)
    if held != 0:
        position = state.positions[held]
        collateral = position.collateral_atoms if position.size_lots == event.size_lots else 0
        row.leverage_hundredths = leverage_of(
            state, event.account, event.instrument, position.entry_value_atoms, collateral)
    touch(market, row, event)


@kernel
def liquidation_reduced(state, market, event):
    """Part of a position was sold down a tier."""
    number = find_open(market, event.account)
    if number < 0:
        row = new_liquidation(market, event, -event.side)
        row.leverage_hundredths = leverage_of(state, event.account, event.instrument, 0, 0)
        number = market.liquidation_count - 1
    row = market.liquidations[number % LIQUIDATIONS_KEPT]
    row.stage = REDUCED
    row.reduced_lots += event.size_lots
    row.reduced_atoms += event.value_atoms
    row.size_lots = row.reduced_lots
    row.value_atoms = row.reduced_atoms
    row.price_units = event.price_ticks * market.units_per_tick
    touch(market, row, event)


@kernel
def liquidation_ended(market, event):
    """An isolated position is out of the ladder without a takeover: what was sold is what there was."""
    number = find_open(market, event.account)
    if number < 0:
        return
    row = market.liquidations[number % LIQUIDATIONS_KEPT]
    row.stage = CLOSED
    row.ended = 1
    row.size_lots = row.reduced_lots
    row.value_atoms = row.reduced_atoms
    touch(market, row, event)


@kernel
def liquidation_taken_over(state, market, event):
    """The liquidation engine has the position, at its bankruptcy value."""
    number = find_open(market, event.account)
    if number < 0:
        new_liquidation(market, event, 1 if event.size_lots > 0 else -1)
        number = market.liquidation_count - 1
    row = market.liquidations[number % LIQUIDATIONS_KEPT]
    row.stage = TAKEN_OVER
    row.order_id = event.order_id
    row.size_lots = abs(event.size_lots)
    row.value_atoms = abs(event.value_atoms)
    row.price_units = event.price_units
    row.reduced_lots = 0
    row.reduced_atoms = 0
    held = position_of(state, event.account, event.instrument)
    isolated = row.isolated
    if held != 0 and state.positions[held].isolated != 0:
        isolated = 1
    collateral = event.fee_atoms - event.realized_atoms if isolated != 0 else 0
    row.leverage_hundredths = leverage_of(
        state, event.account, event.instrument, event.value_atoms - event.realized_atoms, collateral)
    touch(market, row, event)


@kernel
def takeover_reduced(market, event):
    """Part of a takeover is gone; its result so far is the fund's."""
    number = find_takeover(market, event.order_id)
    if number < 0:
        return
    row = market.liquidations[number % LIQUIDATIONS_KEPT]
    row.reduced_lots += event.size_lots
    row.reduced_atoms += abs(event.value_atoms)
    row.surplus_atoms += event.realized_atoms
    touch(market, row, event)


@kernel
def takeover_closed(market, event):
    """A takeover is done: its size, its whole result, and what its lots were worth where they went."""
    number = find_takeover(market, event.order_id)
    if number < 0:
        return
    row = market.liquidations[number % LIQUIDATIONS_KEPT]
    row.stage = CLOSED
    row.ended = 1
    row.size_lots = event.size_lots
    row.surplus_atoms = event.realized_atoms
    if row.reduced_lots == row.size_lots:
        row.value_atoms = row.reduced_atoms
    touch(market, row, event)


@kernel
def fold_liquidation(state, market, event):
    """One event of a liquidation."""
    kind = event.kind
    if kind == POSITION_TAKEN_OVER:
        liquidation_taken_over(state, market, event)
    elif kind == TAKEOVER_REDUCED:
        takeover_reduced(market, event)
    elif kind == TAKEOVER_CLOSED:
        takeover_closed(market, event)
    elif kind == LIQUIDATION_STARTED:
        liquidation_started(state, market, event)
    elif kind == LIQUIDATION_STEPPED:
        if event.reason == stepped_down or event.reason == closed_in_book:
            liquidation_reduced(state, market, event)
    elif event.reason == margin_recovered or event.reason == position_gone:
        liquidation_ended(market, event)


# ---------------------------------------------------------------- one batch
@kernel
def fold_price(markets, event):
    """A new index price, for every market that follows it."""
    minute = event.time_ns // MINUTE
    for number in range(1, len(markets)):
        market = markets[number]
        if market.index_id == event.asset:
            set_candle_prices(market, minute, market.mark_units, event.price_units * market.units_per_index_unit)


@entry
def fold_events(states, events, directories, markets):
    """Fold the events of a batch; returns how many were folded."""
    state = states[0]
    directory = directories[0]
    for number in range(len(events)):
        event = events[number]
        kind = event.kind
        if kind == INDEX_CHANGED:
            fold_price(markets, event)
            continue
        row = directory.row_of[event.instrument]
        if row == 0:
            continue
        market = markets[row]
        if kind == TRADED:
            market.book_changes += 1
            add_trade(market, event)
            add_trade_to_candles(market, event.time_ns // MINUTE, event.price_ticks, event.size_lots,
                                 event.value_atoms)
        elif kind == ORDER_RESTED or kind == ORDER_CANCELED or kind == ORDER_AMENDED:
            market.book_changes += 1
        elif kind == MARKED:
            set_candle_prices(market, event.time_ns // MINUTE, event.price_units, market.index_units)
        elif LIQUIDATION_STARTED <= kind <= TAKEOVER_CLOSED:
            fold_liquidation(state, market, event)
        elif kind == DELEVERAGED:
            candle_at(market, 0, event.time_ns // MINUTE).deleveraged_lots += event.size_lots
    return len(events)


assert (LIQUIDATION_STARTED, LIQUIDATION_STEPPED, LIQUIDATION_ENDED, POSITION_TAKEN_OVER, TAKEOVER_REDUCED,
        TAKEOVER_CLOSED) == tuple(range(LIQUIDATION_STARTED, LIQUIDATION_STARTED + 6))


# ---------------------------------------------------------------- looked at when asked
@entry
def walk_depth(states, depths, instrument_id):
    """The best levels of a book that show something: prices and displayed lots, best first; returns their number."""
    state = states[0]
    depth = depths[0]
    book = state.books[instrument_id]
    ticks = book.best_bid_ticks + 0
    count = 0
    steps = 0
    while ticks != 0 and count < DEPTH_LEVELS and steps < WALK_MAX:
        lots = level_of(state, instrument_id, ticks).displayed_lots
        if lots > 0:
            depth.bid_ticks[count] = ticks
            depth.bid_lots[count] = lots
            count += 1
        ticks = next_bid_below(state, instrument_id, ticks)
        steps += 1
    depth.bid_count = count
    ticks = book.best_ask_ticks + 0
    count = 0
    steps = 0
    while ticks != 0 and count < DEPTH_LEVELS and steps < WALK_MAX:
        lots = level_of(state, instrument_id, ticks).displayed_lots
        if lots > 0:
            depth.ask_ticks[count] = ticks
            depth.ask_lots[count] = lots
            count += 1
        ticks = next_ask_above(state, instrument_id, ticks)
        steps += 1
    depth.ask_count = count
    return depth.bid_count + count


@entry
def look_back(markets, windows, row, minute):
    """A day of a market up to ``minute`` from its minute candles; ``windows[0]`` is filled.  MKTV-004"""
    market = markets[row]
    window = windows[0]
    window.high_ticks = 0
    window.low_ticks = 0
    window.open_ticks = 0
    window.volume_lots = 0
    window.turnover_atoms = 0
    window.deleveraged_lots = 0
    window.minutes = 0
    first = minute - 1439
    last = min(minute, market.last_numbers[0])
    for number in range(max(first, market.last_numbers[0] - CANDLES_KEPT + 1), last + 1):
        candle = market.candles[number % CANDLES_KEPT]
        if candle.number == number and candle.close_ticks != 0:
            if window.open_ticks == 0:
                window.open_ticks = candle.open_ticks
                window.low_ticks = candle.low_ticks
            window.high_ticks = max(window.high_ticks, candle.high_ticks)
            window.low_ticks = min(window.low_ticks, candle.low_ticks)
            window.volume_lots += candle.volume_lots
            window.turnover_atoms += candle.turnover_atoms
            window.deleveraged_lots += candle.deleveraged_lots
            window.minutes += 1
    return window.minutes
