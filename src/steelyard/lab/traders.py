"""Leveraged traders: when they wake, how they enter, protect themselves, add margin, leave and come back."""

from __future__ import annotations

import numpy as np

from ..codes import (
    DEPOSIT,
    FLAG_CLOSE,
    MOVE_COLLATERAL,
    ORDER_STOP_MARKET,
    RATES_STEPS_MARGINAL,
    RATES_STEPS_WHOLE,
    SET_ACCOUNT,
    SET_LEVERAGE,
    SET_MARGIN_MODE,
    SOURCE_LAST,
    SOURCE_MARK,
    STATE_TRADING,
    TIERS_BY_LOTS,
    TIF_GTC,
)
from ..engine.positions import position_of, wallet_of
from ..kernel import kernel, multiply_divide_up
from ..rules.margin import initial_rate
from ..units import PPB
from .crowd import (
    BOX_COMMANDS,
    BRACKETED,
    FLAT,
    NEW,
    OPEN,
    SETTLE_NS,
    SETTLE_STEPS,
    STOP,
    empty,
    feel,
    pass_time,
    put,
    put_order,
    ticks_at,
)
from .makers import arbitrage
from .rng import key, uniform

LOOK_MINUTES = 180
"""How often the holder of a position looks at it."""
WAIT_TABLE = np.array([round(-1000.0 * float(np.log1p(-(k + 0.5) / 256))) for k in range(256)], np.int64)
"""Waiting times of an exponential law with mean 1000, at 256 equal shares; whole numbers, so equal on every machine."""


@kernel
def after_price(states, boxes, crowds, agents, heads, makers, traders_turn):
    """Traders whose minute has come act, arbitrageurs look at the book, and time passes."""
    box, crowd = boxes[0], crowds[0]
    empty(box)
    feel(crowd)
    if traders_turn != 0:
        trade(states[0], box, crowd, agents, heads)
    arbitrage(states[0], box, crowd, makers)
    pass_time(box, crowd, SETTLE_STEPS, SETTLE_NS)
    return box.count


# ---------------------------------------------------------------- the calendar of wakes
@kernel
def unlink(agents, heads, number):
    """Take a trader off the calendar."""
    agent = agents[number]
    if agent.wake < 0:
        return
    if agent.previous >= 0:
        agents[agent.previous].next = agent.next
    else:
        heads[agent.wake] = agent.next
    if agent.next >= 0:
        agents[agent.next].previous = agent.previous
    agent.wake = -1
    agent.next = -1
    agent.previous = -1


@kernel
def wake_at(agents, heads, number, minute):
    """Put a trader on the calendar; beyond the last minute it never wakes."""
    unlink(agents, heads, number)
    if minute >= len(heads) - 1:
        return
    agent = agents[number]
    agent.wake = minute
    agent.next = heads[minute]
    agent.previous = -1
    if agent.next >= 0:
        agents[agent.next].previous = number
    heads[minute] = number


@kernel
def chance(crowd, agent, number):
    """A fresh uniform of this trader: a function of seed, trader and how many it drew before."""
    agent.draws += 1
    return uniform(key(crowd.seed, 1_000_000 + number), agent.draws)


@kernel
def waiting(crowd, agent, number, mean_minutes):
    """A whole waiting time of at least one minute with this mean."""
    return 1 + int(mean_minutes * WAIT_TABLE[int(chance(crowd, agent, number) * 256)] / 1000)


# ---------------------------------------------------------------- traders
@kernel
def trade(state, box, crowd, agents, heads):
    """Wake everyone whose minute has come: newcomers and returners enter, holders whose time is up leave, some add
    margin."""
    number = heads[crowd.minute]
    while number >= 0:
        following = agents[number].next
        if box.count + 16 > BOX_COMMANDS:
            wake_at(agents, heads, number, crowd.minute + 1)
        else:
            unlink(agents, heads, number)
            wake(state, box, crowd, agents, heads, number)
        number = following


@kernel
def wake(state, box, crowd, agents, heads, number):
    """One trader's turn."""
    agent = agents[number]
    account = crowd.first_account + number
    row = position_of(state, account, crowd.instrument)
    size = state.positions[row].size_lots
    if size != 0:
        if crowd.minute >= agent.closes_at or satisfied(state, crowd, agent, row):
            command = put_order(box, crowd, account, -1 if size > 0 else 1, 0)
            command.flags = FLAG_CLOSE
            crowd.exits += 1
            wake_at(agents, heads, number, crowd.minute + 1 + int(3 * chance(crowd, agent, number)))
        else:
            if agent.adds != 0 and agent.added == 0 and agent.isolated != 0:
                add_margin(state, box, crowd, agent, account, row)
            wake_at(agents, heads, number, min(agent.closes_at, crowd.minute + LOOK_MINUTES))
        return
    if agent.state == OPEN:
        agent.state = FLAT
        wake_at(agents, heads, number, crowd.minute + waiting(crowd, agent, number, crowd.wait_minutes))
        return
    enter(state, box, crowd, agent, number)
    if agent.state == OPEN:
        first = min(agent.closes_at, crowd.minute + LOOK_MINUTES)
        wake_at(agents, heads, number, first)
    else:
        wake_at(agents, heads, number, crowd.minute + waiting(crowd, agent, number, crowd.wait_minutes))


@kernel
def satisfied(state, crowd, agent, row):
    """Whether a position has gained so many times its first margin that its owner takes the profit."""
    position = state.positions[row]
    gain = state.instruments[crowd.instrument].mark_unit_value_atoms * position.size_lots - position.entry_value_atoms
    return gain * agent.leverage > agent.greed * abs(position.entry_value_atoms)


@kernel
def add_margin(state, box, crowd, agent, account, row):
    """Top up an isolated position that has lost more than 40 % of its collateral, once, by half of its collateral."""
    position = state.positions[row]
    value = state.instruments[crowd.instrument].mark_unit_value_atoms * position.size_lots
    loss = position.entry_value_atoms - value
    if loss * 10 > position.collateral_atoms * 4:
        atoms = position.collateral_atoms // 2
        command = put(box, crowd, DEPOSIT, account)
        command.amount_atoms = atoms
        command = put(box, crowd, MOVE_COLLATERAL, account)
        command.amount_atoms = atoms
        agent.deposited_atoms += atoms
        agent.added = 1


@kernel
def choose_side(crowd, agent, number):
    """Longs and shorts in the given share; after a fall more buyers of the dip, after a rise more sellers."""
    trend = crowd.index_units / crowd.slow_index - 1.0
    share = crowd.long_share - crowd.dip_buying * trend
    return 1 if chance(crowd, agent, number) < min(0.85, max(0.15, share)) else -1


@kernel
def enter(state, box, crowd, agent, number):
    """Open or reopen a position: account, deposit, margin mode and leverage the first time, then a market order
    with its stop."""
    account = crowd.first_account + number
    instrument = state.instruments[crowd.instrument]
    if instrument.mark_price_units == 0 or instrument.state != STATE_TRADING:
        return
    if agent.state == NEW:
        put(box, crowd, SET_ACCOUNT, account)
    else:
        agent.side = choose_side(crowd, agent, number)
    lots = max(1, int(crowd.mean_lots * agent.weight * (0.5 + chance(crowd, agent, number))))
    lots = min(lots, lots_allowed(instrument, agent.leverage))
    value = lots * abs(instrument.mark_unit_value_atoms)
    needed = value // agent.leverage
    if not by_steps(instrument.terms):
        needed = max(needed, multiply_divide_up(value, initial_rate(instrument, 0, lots, 0), PPB))
    needed += value * 6 // 1000 + 1000
    fund_account(state, box, crowd, agent, account, needed)
    if agent.state == NEW:
        command = put(box, crowd, SET_MARGIN_MODE, account)
        command.value = agent.isolated
        command = put(box, crowd, SET_LEVERAGE, account)
        command.value = (PPB + agent.leverage - 1) // agent.leverage
    command = put_order(box, crowd, account, agent.side, lots)
    protect(state, crowd, agent, number, command)
    if agent.protection == STOP:
        stop_order(state, box, crowd, agent, number, lots)
    high = crowd.hold_high_minutes
    low = crowd.hold_low_minutes
    mean = high + (low - high) * max(0.0, 1.0 - agent.leverage / 50.0)
    agent.closes_at = crowd.minute + 5 + waiting(crowd, agent, number, mean)
    agent.state = OPEN
    agent.added = 0
    agent.entries += 1
    crowd.entries += 1


@kernel
def fund_account(state, box, crowd, agent, account, needed):
    """Deposit what the wallet lacks."""
    row = wallet_of(state, account, crowd.asset)
    free = state.wallets[row].balance_atoms if row != 0 else 0
    if free < needed:
        command = put(box, crowd, DEPOSIT, account)
        command.amount_atoms = needed - free
        agent.deposited_atoms += needed - free


@kernel
def by_steps(terms):
    """Whether margin rates come from tiers."""
    return terms.rate_method == RATES_STEPS_WHOLE or terms.rate_method == RATES_STEPS_MARGINAL


@kernel
def lots_allowed(instrument, leverage):
    """Largest position whose risk tier still allows the leverage; without tiers, whoever wants more pays the higher
    rate instead."""
    if not by_steps(instrument.terms) or instrument.tier_count == 0:
        return max(1, min(instrument.terms.order_lots_max, instrument.terms.position_lots_max * 9 // 10))
    allowed = instrument.tiers[0].value_max_atoms
    for tier in range(instrument.tier_count):
        if instrument.tiers[tier].initial_ppb * leverage <= PPB:
            allowed = instrument.tiers[tier].value_max_atoms
    if instrument.terms.tier_measure == TIERS_BY_LOTS:
        return max(1, min(instrument.terms.order_lots_max, allowed * 9 // 10))
    return max(
        1, min(instrument.terms.order_lots_max, allowed * 9 // 10 // max(1, abs(instrument.mark_unit_value_atoms)))
    )


@kernel
def protect(state, crowd, agent, number, command):
    """Give an entry a bracket: stop and target carried by the order itself, on the mark."""
    if agent.protection != BRACKETED:
        return
    terms = state.instruments[crowd.instrument].terms
    room = 1.0 / agent.leverage
    stop = room * (0.3 + 0.4 * chance(crowd, agent, number))
    target = room * (0.5 + 1.5 * chance(crowd, agent, number))
    side = agent.side
    command.stop_ticks = ticks_at(terms, crowd.index_units * (1.0 - side * stop), side)
    command.stop_source = SOURCE_MARK
    command.target_ticks[0] = ticks_at(terms, crowd.index_units * max(0.05, 1.0 + side * target), -side)
    command.target_share_ppb[0] = PPB


@kernel
def stop_order(state, box, crowd, agent, number, lots):
    """A plain stop after the entry: closes the position when the last price is hit."""
    terms = state.instruments[crowd.instrument].terms
    distance = (1.0 / agent.leverage) * (0.35 + 0.5 * chance(crowd, agent, number))
    account = crowd.first_account + number
    command = put_order(box, crowd, account, -agent.side, lots)
    command.order_type = ORDER_STOP_MARKET
    command.time_in_force = TIF_GTC
    command.flags = FLAG_CLOSE
    command.trigger_source = SOURCE_LAST
    command.trigger_ticks = ticks_at(terms, crowd.index_units * (1.0 - agent.side * distance), agent.side)
