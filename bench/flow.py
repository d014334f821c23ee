"""Seeded order flow as command records: what a busy book sees, with cancels and amends that name live orders.

A small price-time book of its own (dictionaries, no engine) tells which orders are alive. About 45 % passive limit
orders, 5 % crossing IOC, 45 % cancels, 5 % amends, and a mark in place of every thousandth command. Written once to the
user's cache folder.
"""
from __future__ import annotations

import hashlib
import heapq
import os
import random
from itertools import accumulate
from pathlib import Path

import numpy as np

from steelyard import codes
from steelyard.engine import records
from steelyard.engine.records import FIRST_TRADER_ACCOUNT, TERMS, new_commands
from steelyard.units import PPB

ACCOUNTS = 10_000
SEED = 20_240_607
START_TICKS = 100_000
UNITS_PER_TICK = 10
DEPOSIT_ATOMS = 10**13
LEVERAGES = (5, 10, 20, 50)
COLUMNS = ("kind", "order_id", "account", "instrument", "side", "order_type", "time_in_force", "price_ticks",
           "size_lots", "value")

TERMS_OF_FLOW = dict(
    kind=codes.LINEAR, settlement_asset=1, mark_units_per_tick=UNITS_PER_TICK, lot_value_numerator=1,
    price_ticks_min=1, price_ticks_max=1_000_000, order_lots_max=1_000_000, position_lots_max=1 << 30,
    open_orders_max=10_000, triggers_max=100, market_collar_ppb=PPB // 20, limit_collar_ppb=PPB // 20,
    maker_fee_ppb=-100_000, taker_fee_ppb=500_000,
    rate_method=codes.RATES_STEPS_WHOLE, initial_basis=codes.BASIS_ENTRY, maintenance_basis=codes.BASIS_ENTRY,
    order_margin_method=codes.ORDER_MARGIN_WORSE_SIDE, close_fee_reserve=1, unrealized_profit_opens=1,
    leverage_default_ppb=PPB // 10, mark_method=codes.MARK_ORACLE_ONLY, step_down=1, disposal_slice_ppb=PPB,
    fund_share_ppb=PPB, adl_policy=codes.ADL_QUEUE, insurance_scope=codes.INSURANCE_INSTRUMENT)
TIERS_OF_FLOW = [(10**12, 10_000_000, 5_000_000), (2 * 10**12, 15_000_000, 10_000_000),
                 (1 << 57, 20_000_000, 15_000_000)]


# ---------------------------------------------------------------- the book that knows who is alive
class ShadowBook:
    """Price-time priority over dictionaries; enough to know live orders and best prices."""

    def __init__(self):
        self.levels = ({}, {})            # side index (0 bids, 1 asks) -> price -> {order id: None}, oldest first
        self.heaps = ([], [])             # best price first; empty levels are dropped when they come up
        self.mid = START_TICKS

    def best(self, side):
        """Best price of a side; None where it is empty."""
        heap, levels, sign = self.heaps[side], self.levels[side], 1 if side else -1
        while heap:
            price = sign * heap[0]
            if levels.get(price):
                return price
            heapq.heappop(heap)
            levels.pop(price, None)
        return None

    def link(self, order_id, side, price):
        """Put an order at the end of its level."""
        level = self.levels[side].get(price)
        if level is None:
            level = self.levels[side][price] = {}
            heapq.heappush(self.heaps[side], price if side else -price)
        level[order_id] = None

    def unlink(self, order_id, side, price):
        """Take an order out of its level."""
        del self.levels[side][price][order_id]


class Flow:
    """Draws commands and keeps the shadow books in step with what an engine would do."""

    def __init__(self, instruments, live_target, accounts, seed):
        self.draw = random.Random(seed)
        self.accounts, self.live_target = accounts, live_target
        weights = [1 / rank ** 0.8 for rank in range(1, instruments + 1)]
        self.weights = list(accumulate(weights))
        self.instruments = range(1, instruments + 1)
        self.books = {number: ShadowBook() for number in self.instruments}
        self.orders = {}                  # id -> [side, price, lots, account, instrument]
        self.live, self.where = [], {}
        self.last_id = 0

    def forget(self, order_id):
        """An order is gone: drop it from the list to draw from."""
        at, last = self.where.pop(order_id), self.live.pop()
        if last != order_id:
            self.live[at] = last
            self.where[last] = at
        del self.orders[order_id]

    def geometric(self, share):
        """Trials until the first success."""
        count = 1
        while self.draw.random() > share:
            count += 1
        return count

    def touch(self, book):
        """Best bid and ask, made up around the last mid where a side is empty."""
        bid, ask = book.best(0), book.best(1)
        if bid is None:
            bid = book.mid - 5 if ask is None else ask - 10
        if ask is None:
            ask = bid + 10
        book.mid = (bid + ask) // 2
        return bid, ask

    def mark(self):
        """A mark at the middle of one book."""
        instrument = self.draw.choices(self.instruments, cum_weights=self.weights)[0]
        bid, ask = self.touch(self.books[instrument])
        return (codes.PUBLISH_MARK, 0, 0, instrument, 0, 0, 0, 0, 0, (bid + ask) * UNITS_PER_TICK // 2)

    def add(self, passive):
        """A resting limit order near the touch, or an IOC that crosses it."""
        draw = self.draw
        instrument = draw.choices(self.instruments, cum_weights=self.weights)[0]
        account = FIRST_TRADER_ACCOUNT + draw.randrange(self.accounts)
        book, side = self.books[instrument], draw.randrange(2)
        bid, ask = self.touch(book)
        self.last_id += 1
        if passive:
            away = self.geometric(0.12)
            if draw.random() < 0.02:
                away += self.geometric(0.005)
            price = bid + away if side else ask - away
            lots = min(1 + int(draw.expovariate(1 / 20)), 500)
            book.link(self.last_id, side, price)
            self.orders[self.last_id] = [side, price, lots, account, instrument]
            self.where[self.last_id] = len(self.live)
            self.live.append(self.last_id)
            time_in_force = codes.TIF_GTC
        else:
            price = bid - 5 if side else ask + 5
            lots = min(1 + int(draw.expovariate(1 / 40)), 1_000)
            time_in_force = codes.TIF_IOC
            self.take(book, side, price, lots, account)
        return (codes.PLACE_ORDER, self.last_id, account, instrument, codes.SELL if side else codes.BUY,
                codes.ORDER_LIMIT, time_in_force, price, lots, 0)

    def take(self, book, side, limit, lots, account):
        """Trade an IOC against the book; it ends where it meets an order of its own account (cancel newest)."""
        other = 1 - side
        while lots > 0:
            price = book.best(other)
            if price is None or (price < limit if side else price > limit):
                return
            order_id = next(iter(book.levels[other][price]))
            order = self.orders[order_id]
            if order[3] == account:
                return
            traded = min(lots, order[2])
            lots -= traded
            order[2] -= traded
            if order[2] == 0:
                book.unlink(order_id, other, price)
                self.forget(order_id)

    def cancel(self):
        """Cancel a live order at random."""
        order_id = self.live[self.draw.randrange(len(self.live))]
        side, price, _lots, account, instrument = self.orders[order_id]
        self.books[instrument].unlink(order_id, side, price)
        self.forget(order_id)
        return (codes.CANCEL_ORDER, order_id, account, instrument, 0, 0, 0, 0, 0, 0)

    def amend(self):
        """Halve a live order in place, or move it near where it was without crossing."""
        draw = self.draw
        order_id = self.live[draw.randrange(len(self.live))]
        order = self.orders[order_id]
        side, price, lots, account, instrument = order
        book = self.books[instrument]
        if draw.random() < 0.5:
            new_price, new_lots = price, max(1, lots // 2)
        else:
            bid, ask = self.touch(book)
            new_lots = max(1, lots + draw.randint(-5, 5))
            new_price = price + draw.randint(-5, 5)
            new_price = max(bid + 1, new_price) if side else min(ask - 1, new_price)
        if new_price != price or new_lots > lots:
            book.unlink(order_id, side, price)
            book.link(order_id, side, new_price)
        order[1], order[2] = new_price, new_lots
        return (codes.AMEND_ORDER, order_id, account, instrument, 0, 0, 0, new_price, new_lots, 0)

    def next(self, number):
        """The command with this number."""
        roll = self.draw.random()
        if len(self.live) < self.live_target and 0.45 <= roll < 0.90:
            roll = self.draw.random()     # below target: some cancels become other commands
        if number < self.live_target or not self.live:
            roll = 0.0
        if number % 1000 == 999:
            return self.mark()
        if roll < 0.45 or 0.90 <= roll < 0.95:
            return self.add(passive=roll < 0.45)
        return self.cancel() if roll < 0.90 else self.amend()


# ---------------------------------------------------------------- command records
def set_up(instruments, accounts=ACCOUNTS):
    """Commands that list the instruments, open and fund accounts and choose leverage; every fifth is isolated."""
    rows = []
    for instrument in range(1, instruments + 1):
        for name, value in TERMS_OF_FLOW.items():
            parameter = TERMS.names.index(name)
            rows.append(dict(kind=codes.SET_TERM, instrument=instrument, parameter=parameter, value=value))
        for tier, (cap, initial, maintenance) in enumerate(TIERS_OF_FLOW):
            rows.append(dict(kind=codes.SET_TIER, instrument=instrument, parameter=tier, amount_atoms=cap,
                             value=initial, size_lots=maintenance))
        rows.append(dict(kind=codes.LIST_INSTRUMENT, instrument=instrument))
        rows.append(dict(kind=codes.PUBLISH_MARK, instrument=instrument, value=START_TICKS * UNITS_PER_TICK))
        rows.append(dict(kind=codes.FUND_INSURANCE, instrument=instrument, asset=1, amount_atoms=10**12))
    for number in range(accounts):
        account = FIRST_TRADER_ACCOUNT + number
        rows.append(dict(kind=codes.SET_ACCOUNT, account=account))
        rows.append(dict(kind=codes.DEPOSIT, account=account, asset=1, amount_atoms=DEPOSIT_ATOMS))
        for instrument in range(1, instruments + 1):
            leverage = LEVERAGES[number % len(LEVERAGES)]
            rows.append(dict(kind=codes.SET_LEVERAGE, account=account, instrument=instrument, value=PPB // leverage))
            if number % 5 == 0:
                rows.append(dict(kind=codes.SET_MARGIN_MODE, account=account, instrument=instrument, value=1))
    commands = new_commands(len(rows))
    for name in {name for row in rows for name in row}:
        commands[name] = [row.get(name, 0) for row in rows]
    return commands


def cache_file(instruments, count, live_target, accounts, seed):
    """Where the drawn columns are kept: the name holds the parameters and a digest of this file and of the codes."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "steelyard" / "flow"
    source = Path(__file__).read_bytes() + Path(codes.__file__).read_bytes() + str(records.COMMAND).encode()
    digest = hashlib.sha256(source).hexdigest()[:12]
    return home / f"flow-{instruments}-{count}-{live_target}-{accounts}-{seed}-{digest}.npy"


def order_flow(instruments, count, live_target, accounts=ACCOUNTS, seed=SEED):
    """``count`` commands of the flow as COMMAND records, 1 us apart; the first ``live_target`` fill the book."""
    path = cache_file(instruments, count, live_target, accounts, seed)
    if not path.exists():
        flow = Flow(instruments, live_target, accounts, seed)
        rows = np.array([flow.next(number) for number in range(count)], np.int64)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.npy")
        np.save(partial, rows)
        partial.replace(path)
    rows = np.load(path)
    commands = new_commands(count)
    for index, name in enumerate(COLUMNS):
        commands[name] = rows[:, index]
    commands["time_ns"] = (1 + np.arange(count)) * 1_000
    return commands
