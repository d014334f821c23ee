"""Order commands per CPU-second of nautilus_trader's back-test engine: a strategy cancels and replaces passive orders.

Two settings. With its margin account on, as our engine always has it, and 20 live orders (each order walks all of
them, so few is its best case). And with the account frozen, which leaves out margin and balances, and 1,000 live
orders.
"""
import importlib.metadata
import json
import random
import subprocess
import sys
import time
from decimal import Decimal

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, RiskEngineConfig, StrategyConfig
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

PER_TICK, TICKS, SEED = 20, 1_000, 20_240_607
START_NS = 1_700_000_000 * 10**9
INSTRUMENT = TestInstrumentProvider.btcusdt_perp_binance()


class Quoter(Strategy):
    """Keeps so many passive orders and, on every quote, cancels and replaces some at random."""

    def __init__(self, live_target):
        super().__init__(StrategyConfig(strategy_id="Q-1"))
        self.live_target, self.live, self.sent, self.draw = live_target, [], 0, random.Random(SEED)

    def on_start(self):
        self.subscribe_quote_ticks(INSTRUMENT.id)

    def on_quote_tick(self, tick):
        for _ in range(PER_TICK // 2 if len(self.live) >= self.live_target else 0):
            at = self.draw.randrange(len(self.live))
            self.cancel_order(self.live[at])
            self.live[at] = self.live[-1]
            self.live.pop()
            self.sent += 1
        for _ in range(PER_TICK // 2):
            side = self.draw.choice((OrderSide.BUY, OrderSide.SELL))
            offset = 10 + self.draw.randrange(200)
            price = 50_000 - offset if side == OrderSide.BUY else 50_000 + offset
            order = self.order_factory.limit(INSTRUMENT.id, side, INSTRUMENT.make_qty(Decimal("0.001")),
                                             INSTRUMENT.make_price(price), post_only=True)
            self.submit_order(order)
            self.live.append(order)
            self.sent += 1


def run(live_target, frozen):
    """Order commands per CPU-second of a run, and orders open at the end."""
    quiet = LoggingConfig(bypass_logging=True)
    engine = BacktestEngine(BacktestEngineConfig(logging=quiet, risk_engine=RiskEngineConfig(
        max_order_submit_rate="1000000/00:00:01", max_order_modify_rate="1000000/00:00:01")))
    engine.add_venue(Venue("BINANCE"), OmsType.NETTING, AccountType.MARGIN, [Money(100_000_000, USDT)],
                     frozen_account=frozen)
    engine.add_instrument(INSTRUMENT)
    bid, ask = INSTRUMENT.make_price(50_000 - 1), INSTRUMENT.make_price(50_000 + 1)
    size = INSTRUMENT.make_qty(1)
    engine.add_data([QuoteTick(INSTRUMENT.id, bid, ask, size, size, START_NS + n * 10**9, START_NS + n * 10**9)
                     for n in range(TICKS)])
    quoter = Quoter(live_target)
    engine.add_strategy(quoter)
    start = time.process_time()
    engine.run()
    seconds = time.process_time() - start
    return quoter.sent / seconds, len(engine.cache.orders_open())


def alone(live_target, frozen):
    """One setting, run by a fresh interpreter."""
    command = [sys.executable, __file__, live_target, frozen]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def main():
    """Each setting in a process of its own: a second engine in one process is slower."""
    if len(sys.argv) == 3:
        print(json.dumps(run(int(sys.argv[1]), bool(int(sys.argv[2])))))
        return
    with_margin, live = alone("20", "0")
    frozen, live_frozen = alone("1000", "1")
    json.dump({"peer": "nautilus_trader", "version": importlib.metadata.version("nautilus_trader"),
               "order_commands_per_second": with_margin, "live_orders": live,
               "order_commands_per_second_account_frozen": frozen,
               "live_orders_account_frozen": live_frozen}, sys.stdout)


if __name__ == "__main__":
    main()
