"""One turn of a crowd at work: traders and arbitrageurs act on the book as it is, then the outside price moves on and
the makers with it.

The people are those of the crash replay (:mod:`steelyard.lab`); only the rhythm is another: a turn is a tenth of a
second of the machine, not a third of a minute.  FEED-004
"""
from __future__ import annotations

import numpy as np

from ..codes import ADVANCE, CANCEL_ORDERS, DEPOSIT, ORDER_LIMIT, POSITION_TAKEN_OVER, PUBLISH_PRICE, TRADED
from ..engine.positions import position_of, wallet_of
from ..kernel import entry, kernel
from ..lab.crowd import BOX_COMMANDS, FLAT, OPEN, WAKE_NONE, empty, feel, put, put_order, ticks_at
from ..lab.fold import note_fill, note_liquidation
from ..lab.makers import arbitrage, know_inventories, quote
from ..lab.path import STEP_NS
from ..lab.rng import key, uniform
from ..lab.traders import unlink, waiting, wake, wake_at
from ..units import MINUTE, SECOND
from .course import nearly_normal

i8, f8 = np.int64, np.float64

BOX_RESERVE = 3_000
"""Commands that makers, sources and time may need in one turn; traders leave them room."""
REPEAT_NS = 5 * SECOND
"""A source says its price again after so much venue time, though it is the same."""
DRIFT_NS = 30 * SECOND
"""A source's distance to the others is drawn anew so often, with straight lines between."""
ADVANCES_MAX = 1_024
"""More seconds than this in one turn are announced in longer steps: the machine was elsewhere."""
SOURCE_STREAM = 9_100
SPREAD_STREAM = 9_200
CHATTER_STREAM = 9_202

SOURCE = np.dtype([("number", i8), ("told", i8), ("told_ns", i8), ("silent_until_ns", i8), ("factor", f8),
                   ("apart_bp", f8)])
"""One source of the index: its number there, what it said last and when, when it speaks again, what an error multiplies
its price with (1 where it is right), and how far it may be from the others."""

TURN = np.dtype([("epoch_ns", i8), ("now_ns", i8), ("before_ns", i8), ("parts", i8), ("units_before", f8),
                 ("units", f8), ("units_per_index_unit", i8), ("quoting", i8), ("acting", i8), ("usd_per_lot", f8),
                 ("step", i8), ("advance_ns", i8), ("publishing", i8), ("chatter", f8)])
"""What Python tells a turn. ``before_ns`` is the last stamp; prices are mark units; ``parts``: equal parts of the move;
``quoting`` and ``acting``: whether makers and traders have their turn; ``step``: the last sub-step whose move was felt;
``chatter``: chance of a small trade."""


# ---------------------------------------------------------------- what has happened
@entry
def learn(events, crowds, agents, heads, makers):
    """Take in a batch's events: quotes that were taken, positions that were taken over."""
    crowd = crowds[0]
    for index in range(len(events)):
        event = events[index]
        if event.kind == TRADED:
            if event.instrument == crowd.instrument:
                note_fill(event, crowd, makers)
        elif event.kind == POSITION_TAKEN_OVER:
            if event.instrument == crowd.instrument:
                note_liquidation(event, crowd, agents, heads)


# ---------------------------------------------------------------- a turn
@entry
def turn(states, boxes, crowds, agents, heads, makers, turns, sources):
    """Commands of one turn, in the box; returns how many."""
    state, box, crowd, now = states[0], boxes[0], crowds[0], turns[0]
    empty(box)
    crowd.now_ns = now.before_ns
    walk_time(box, crowd, now)
    crowd.now_ns = now.now_ns
    know_inventories(state, crowd, makers)
    if now.acting != 0:
        act(state, box, crowd, agents, heads, now)
        if crowd.index_before != 0:
            arbitrage(state, box, crowd, makers)
            chatter(state, box, crowd, makers, now)
    for part in range(1, now.parts + 1):
        crowd.index_units = now.units_before + (now.units - now.units_before) * part / now.parts
        crowd.usd_per_lot = now.usd_per_lot
        if now.quoting != 0:
            quote(state, box, crowd, makers)
        if now.publishing != 0:
            publish_sources(box, crowd, now, sources)
    step = (now.now_ns - now.epoch_ns) // STEP_NS
    if step != now.step:
        now.step = step
        feel(crowd)
    return box.count


@kernel
def walk_time(box, crowd, now):
    """Time passes in steps of at most ``advance_ns``, so that clocks and queues are followed while nothing else
    comes."""
    gap_ns = now.now_ns - now.before_ns
    if gap_ns <= 0 or now.advance_ns <= 0:
        return
    steps = min(ADVANCES_MAX, (gap_ns + now.advance_ns - 1) // now.advance_ns)
    for step in range(1, steps + 1):
        command = put(box, crowd, ADVANCE, 0)
        command.time_ns = now.before_ns + gap_ns * step // steps


@kernel
def act(state, box, crowd, agents, heads, now):
    """Wake the traders whose moment has come: those of earlier minutes all, those of this minute up to now."""
    minute = (now.now_ns - now.epoch_ns) // MINUTE
    share = ((now.now_ns - now.epoch_ns) % MINUTE) / MINUTE
    while crowd.minute < minute:
        wake_until(state, box, crowd, agents, heads, 2.0)
        crowd.minute += 1
    wake_until(state, box, crowd, agents, heads, share)


@kernel
def wake_until(state, box, crowd, agents, heads, share):
    """Wake those of the crowd's minute whose own share of a minute is over."""
    stream = key(crowd.seed, SPREAD_STREAM)
    number = heads[crowd.minute]
    while number >= 0:
        following = agents[number].next
        if box.count + 16 + BOX_RESERVE > BOX_COMMANDS:
            if share > 1.0:
                wake_at(agents, heads, number, crowd.minute + 1)
        elif uniform(stream, number) <= share:
            unlink(agents, heads, number)
            wake(state, box, crowd, agents, heads, number)
        number = following


@kernel
def chatter(state, box, crowd, makers, now):
    """Now and then one of the small traders, who come last among the makers, takes a little: 200 to 100,000 USD, no
    further than 1 % from the outside price, rather toward flat than away from it."""
    first = crowd.makers + crowd.arbitrageurs
    if first >= len(makers):
        return
    stream = key(crowd.seed, CHATTER_STREAM)
    moment = now.now_ns // 1_000_000 * 4
    if uniform(stream, moment) >= now.chatter:
        return
    one = makers[first + int((len(makers) - first) * uniform(stream, moment + 1))]
    held = one.size_lots * crowd.usd_per_lot / one.limit_usd
    side = 1 if uniform(stream, moment + 2) < 0.5 - 0.5 * held else -1
    usd = 200.0
    for _ in range(int(10 * uniform(stream, moment + 3))):
        usd *= 2.0
    usd *= 0.5 + uniform(stream, moment + 3) * 10 % 1.0
    command = put_order(box, crowd, one.account, side, max(1, int(usd / crowd.usd_per_lot)))
    command.order_type = ORDER_LIMIT
    terms = state.instruments[crowd.instrument].terms
    command.price_ticks = ticks_at(terms, crowd.index_units * (1.0 + side * 0.01), side)


@kernel
def apart(seed, number, now_ns):
    """How far a source is from the outside price, -2 … 2 and mostly within 1: straight lines between seeded draws."""
    stream = key(seed, SOURCE_STREAM + number)
    knot = now_ns // DRIFT_NS
    share = (now_ns % DRIFT_NS) / DRIFT_NS
    return nearly_normal(stream, knot) * (1.0 - share) + nearly_normal(stream, knot + 1) * share


@kernel
def publish_sources(box, crowd, now, sources):
    """Every source of the index says its own price, where it changed or was not heard for a while.  FEED-005"""
    for number in range(len(sources)):
        source = sources[number]
        if source.silent_until_ns > crowd.now_ns:
            continue
        away = source.apart_bp * 1e-4 * apart(crowd.seed, source.number, crowd.now_ns)
        price = int(crowd.index_units * source.factor * (1.0 + away) / now.units_per_index_unit + 0.5)
        price = max(1, price)
        if price != source.told or crowd.now_ns - source.told_ns >= REPEAT_NS:
            command = put(box, crowd, PUBLISH_PRICE, 0)
            command.parameter = crowd.index_id
            command.flags = source.number
            command.value = price
            source.told = price
            source.told_ns = crowd.now_ns


# ---------------------------------------------------------------- after a stop, and between rounds
@entry
def reconcile(states, boxes, crowds, agents, heads, makers):
    """Bring what the crowd knows in line with the engine's tables: they are right. Every maker cancels.  FEED-008

    Rebuilds the calendar; whoever should have woken while nobody looked does so within the next minutes.
    """
    state, box, crowd = states[0], boxes[0], crowds[0]
    empty(box)
    for minute in range(len(heads)):
        heads[minute] = WAKE_NONE
    for number in range(len(agents)):
        agent = agents[number]
        due = agent.wake
        agent.wake = WAKE_NONE
        agent.next = WAKE_NONE
        agent.previous = WAKE_NONE
        account = crowd.first_account + number
        size = state.positions[position_of(state, account, crowd.instrument)].size_lots
        if size != 0 and agent.state != OPEN:
            agent.state = OPEN
            agent.closes_at = crowd.minute + 5 + waiting(crowd, agent, number, crowd.hold_high_minutes)
        elif size == 0 and agent.state == OPEN:
            agent.state = FLAT
        if due >= 0 or size != 0:
            wake_at(agents, heads, number, max(due, crowd.minute + 1 + number % 3))
    for number in range(len(makers)):
        maker = makers[number]
        maker.orders = 0
        maker.quoting = 0
        maker.filled = 0
        maker.center = 0.0
        if state.accounts[maker.account].is_open != 0:
            put(box, crowd, CANCEL_ORDERS, maker.account)
    return box.count


@entry
def begin_round(states, boxes, crowds, agents, heads, makers, spread_minutes):
    """Whoever waits comes back within ``spread_minutes``, and makers who lost half of what they came with pay in what
    is missing, so that a round meets a market as full as the first did.  FEED-003"""
    state, box, crowd = states[0], boxes[0], crowds[0]
    empty(box)
    stream = key(crowd.seed, SPREAD_STREAM + 1)
    for number in range(len(agents)):
        agent = agents[number]
        if agent.state == FLAT:
            wake_at(agents, heads, number, crowd.minute + 1 + int(spread_minutes * uniform(stream, number)))
    for number in range(len(makers)):
        maker = makers[number]
        row = wallet_of(state, maker.account, crowd.asset)
        held = state.wallets[row].balance_atoms if row != 0 else 0
        if held * 2 < maker.deposited_atoms:
            command = put(box, crowd, DEPOSIT, maker.account)
            command.amount_atoms = maker.deposited_atoms - held
    return box.count


@entry
def shift_calendar(crowds, agents, heads, makers, minutes):
    """Count minutes from ``minutes`` later on, so that the calendar never ends."""
    crowd = crowds[0]
    crowd.minute -= minutes
    for minute in range(len(heads)):
        heads[minute] = WAKE_NONE
    for number in range(len(agents)):
        agent = agents[number]
        due = agent.wake
        agent.wake = WAKE_NONE
        agent.next = WAKE_NONE
        agent.previous = WAKE_NONE
        agent.closes_at -= minutes
        if due >= 0:
            wake_at(agents, heads, number, max(crowd.minute, due - minutes))
    for number in range(len(makers)):
        makers[number].quoted_at -= minutes
        makers[number].pulled_until -= minutes
