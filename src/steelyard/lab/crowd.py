"""What everyone in a replay shares: rows, clock, outside price and stress, and the box that commands go into.

Kernels here may use floats; what they decide is whole lots, ticks and atoms in command records. LABS-005
"""

from __future__ import annotations

import numpy as np

from ..codes import ADVANCE, ORDER_MARKET, PLACE_ORDER, PUBLISH_PRICE, SELL, TIF_IOC
from ..engine.records import COMMAND, INDEX_SOURCES_MAX, as_record
from ..kernel import kernel
from ..units import SECOND
from .path import STEP_NS

i1, i4, i8, f8 = np.int8, np.int32, np.int64, np.float64

LEVELS = 6
"""Levels a maker quotes on each side."""
ORDERS_PER_LEVEL = 4
"""Orders of one level where the venue's largest order is smaller than what the maker would show."""
EATEN_SHARE = 0.02
"""A maker quotes again once this share of its depth on one side was taken."""
WAKE_NONE = -1
NEW, FLAT, OPEN = 0, 1, 2
PLAIN, STOP, BRACKETED = 0, 1, 2

AGENT = np.dtype(
    [
        ("state", i1),
        ("side", i1),
        ("isolated", i1),
        ("protection", i1),
        ("adds", i1),
        ("added", i1),
        ("pad", np.int16),
        ("leverage", i8),
        ("draws", i8),
        ("entries", i4),
        ("liquidations", i4),
        ("deleveragings", i4),
        ("next", i4),
        ("previous", i4),
        ("wake", i4),
        ("closes_at", i8),
        ("weight", f8),
        ("greed", f8),
        ("size_lots", i8),
        ("deposited_atoms", i8),
    ]
)
"""One leveraged trader. ``weight`` scales its sizes (mean 1, heavy-tailed); ``size_lots`` is signed, known from
events."""

MAKER = np.dtype(
    [
        ("account", i4),
        ("quoting", i4),
        ("orders", i4),
        ("filled", i4),
        ("pulled_until", i4),
        ("pad", i4),
        ("spread", f8),
        ("nerve", f8),
        ("patience", f8),
        ("depth_usd", f8),
        ("limit_usd", f8),
        ("center", f8),
        ("offset", f8),
        ("quoted_at", i8),
        ("size_lots", i8),
        ("deposited_atoms", i8),
    ]
)
"""One market maker: half spread, the stress it bears before it pulls, USD a level, USD of inventory it may hold."""

CROWD = np.dtype(
    [
        ("seed", i8),
        ("instrument", i8),
        ("asset", i8),
        ("first_account", i8),
        ("agents", i8),
        ("makers", i8),
        ("arbitrageurs", i8),
        ("order_id", i8),
        ("now_ns", i8),
        ("minute", i8),
        ("minutes", i8),
        ("index_id", i8),
        ("feeds", i8),
        ("index_units", f8),
        ("index_before", f8),
        ("volatility_bp", f8),
        ("stress", f8),
        ("slow_index", f8),
        ("mean_lots", f8),
        ("usd_per_lot", f8),
        ("long_share", f8),
        ("dip_buying", f8),
        ("return_share", f8),
        ("wait_minutes", f8),
        ("hold_low_minutes", f8),
        ("hold_high_minutes", f8),
        ("calm_bp", f8),
        ("shyness", f8),
        ("skew", f8),
        ("reach", f8),
        ("arbitrage_band", f8),
        ("arbitrage_step_usd", f8),
        ("arbitrage_limit_usd", f8),
        ("entries", i8),
        ("exits", i8),
        ("depth_pull", f8),
        ("spread_stress", f8),
    ]
)
"""What everyone shares: the clock, the outside price, stress, and the parameters of the population."""

CLOCK = np.dtype([("minute", i8), ("now_ns", i8), ("index_units", i8), ("price", i8), ("usd_per_lot", f8)])
"""What Python tells a sub-step: minute, time, outside price in mark units and in index units, USD a lot."""

BOX_COMMANDS = 1 << 14
SETTLE_STEPS = 4
"""Times the clock is moved inside a sub-step after the price, so that queued consequences are followed."""
SETTLE_NS = (STEP_NS // 2 - SECOND) // SETTLE_STEPS
NO_COMMAND = as_record(np.zeros(1, COMMAND))
BOX = np.dtype([("count", i8), ("commands", COMMAND, (BOX_COMMANDS,))])
"""Commands of one sub-step, in order."""


def records(dtype: np.dtype, count: int) -> np.ndarray:
    """An empty table whose rows kernels and Python see by attribute."""
    return np.zeros(count, dtype).view(np.dtype((np.record, dtype)))


# ---------------------------------------------------------------- commands
@kernel
def put(box, crowd, kind, account):
    """The next command of the box, already wiped, stamped with time, account and instrument."""
    command = box.commands[box.count]
    box.count += 1
    command.time_ns = crowd.now_ns
    command.kind = kind
    command.account = account
    command.instrument = crowd.instrument
    command.asset = crowd.asset
    return command


@kernel
def put_order(box, crowd, account, side, lots):
    """A market order; the caller changes type, price and flags."""
    command = put(box, crowd, PLACE_ORDER, account)
    command.order_id = crowd.order_id
    crowd.order_id += 1
    command.side = side
    command.size_lots = lots
    command.order_type = ORDER_MARKET
    command.time_in_force = TIF_IOC
    return command


@kernel
def ticks_at(terms, units, side):
    """Ticks of a price in mark units, rounded away from trading: down to buy, up to sell."""
    ticks = units / terms.mark_units_per_tick
    whole = int(ticks)
    if side == SELL and whole < ticks:
        whole += 1
    return max(terms.price_ticks_min, min(terms.price_ticks_max, whole))


@kernel
def empty(box):
    """Wipe the commands of the last sub-step."""
    for index in range(box.count):
        box.commands[index] = NO_COMMAND[0]
    box.count = 0


# ---------------------------------------------------------------- outside price and stress
@kernel
def feel(crowd):
    """Take in the outside price of a finished sub-step: volatility (decaying mean of absolute moves, bp), stress, slow
    average."""
    if crowd.index_before == 0:
        crowd.index_before = crowd.index_units
        crowd.slow_index = crowd.index_units
        crowd.volatility_bp = crowd.calm_bp
    move = abs(crowd.index_units / crowd.index_before - 1.0) * 10_000
    crowd.index_before = crowd.index_units
    crowd.slow_index += (crowd.index_units - crowd.slow_index) / 720
    rate = 0.30 if move > crowd.volatility_bp else 0.03
    crowd.volatility_bp += rate * (move - crowd.volatility_bp)
    crowd.stress = max(0.0, crowd.volatility_bp / crowd.calm_bp - 1.0)


@kernel
def publish(box, crowd, index_id, feeds, price):
    """The outside price, in index units, from every source of the index. ``feeds``: bits of the sources' numbers."""
    for number in range(INDEX_SOURCES_MAX):
        if feeds & (1 << number):
            command = put(box, crowd, PUBLISH_PRICE, 0)
            command.parameter = index_id
            command.flags = number
            command.value = price


@kernel
def pass_time(box, crowd, steps, step_ns):
    """Move the clock in equal steps, so that queues are drained and disposals follow their pace."""
    for step in range(1, steps + 1):
        command = put(box, crowd, ADVANCE, 0)
        command.time_ns = crowd.now_ns + step * step_ns
