"""A seeded stream of typed commands over two contracts, rough enough that every kind of loss occurs."""
import random

from steelyard.kernel import load_plain

c = load_plain("api.commands")
codes = load_plain("codes")
PPB = 10**9
SECOND = 10**9
START = 1_699_920_000 * SECOND
COIN, GOLD, TIN = 1, 2, 3
ACCOUNTS = range(16, 26)
LINEAR, INVERSE = 1, 2
TIERS = ((400_000, PPB // 20, PPB // 40), (2_000_000, PPB // 10, PPB // 20), (1 << 57, PPB // 5, PPB // 10))


class Stream:
    """Makes one command after the other; marks walk and sometimes jump."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.is_rich = seed % 3 == 2             # tin counts for coin; the ladder closes in the book and assigns
        self.now_ns = START
        self.order_id = 0
        self.marks = {LINEAR: 1_000, INVERSE: 1_000}
        self.triggers: list[int] = []

    def opening(self) -> list:
        """Configuration, accounts and deposits. What losses do depends on the seed."""
        chance = self.random
        made = []
        for instrument, asset in ((LINEAR, COIN), (INVERSE, GOLD)):
            inverse = instrument == INVERSE
            terms = dict(
                kind=codes.INVERSE if inverse else codes.LINEAR, settlement_asset=asset, index_id=0,
                mark_units_per_tick=1, lot_value_numerator=10**7 if inverse else 3,
                inverse_parts_per_lot=1 if inverse else 0, mark_units_per_index_unit=1, price_ticks_min=1,
                price_ticks_max=1_000_000, order_lots_max=1 << 30, position_lots_max=1 << 30, open_orders_max=200,
                triggers_max=20, taker_fee_ppb=750_000, maker_fee_ppb=-250_000, mark_method=codes.MARK_ORACLE_ONLY,
                funding_interval_ns=600 * SECOND, premium_sample_ns=60 * SECOND, interest_ppb=3_000_000,
                funding_clamp_ppb=500_000, step_down=1, disposal_slice_ppb=PPB // 2,
                disposal_limit_ppb=PPB // 50, disposal_interval_ns=10 * SECOND, fund_share_ppb=PPB,
                adl_policy=chance.randrange(4), adl_cap_ppb=PPB // 2, socialize_losses=chance.randrange(2),
                insurance_scope=chance.randrange(2), liquidation_fee_ppb=chance.choice((0, PPB // 200)),
                close_fee_reserve=chance.randrange(2), initial_basis=chance.randrange(2),
                unrealized_profit_opens=chance.randrange(2))
            terms["maintenance_basis"] = terms["initial_basis"]
            if self.is_rich:
                terms.update(close_first=1, assigns=1, equity_taken_max_ppb=chance.choice((0, PPB // 40)))
            made += [c.SetTerm(instrument, name, value) for name, value in terms.items()]
            made += [c.SetTier(instrument, number, *tier) for number, tier in enumerate(TIERS)]
            made += [c.ListInstrument(instrument), c.PublishMark(instrument, 1_000, time_ns=self.now_ns)]
        for account in ACCOUNTS:
            made.append(c.SetAccount(account, parent=16 if account == 25 else 0))
            made += [c.Deposit(account, asset, chance.randrange(20_000, 200_000)) for asset in (COIN, GOLD)]
        return made + (self.riches() if self.is_rich else [])

    def riches(self) -> list:
        """Tin as collateral of coin at a price of its own, and two accounts that take what is liquidated."""
        chance = self.random
        made = [c.SetIndex(1, codes.IndexField.SOURCES_MIN, 1), c.SetIndexSource(1, 0, PPB), c.PublishPrice(1, 0, 100),
                c.SetCollateral(COIN, 0, TIN, 1, PPB // 10, PPB // 100, 1, 10)]
        made += [c.Deposit(account, TIN, chance.randrange(1, 20_000)) for account in ACCOUNTS]
        made += [c.SetAssignee(account, instrument, 500, 5_000, 3) for account in (17, 18)
                 for instrument in (LINEAR, INVERSE)]
        return made + [c.Withdraw(account, COIN, 15_000) for account in ACCOUNTS]

    def next(self):
        """The next command."""
        chance = self.random
        instrument = chance.choice((LINEAR, INVERSE))
        account = chance.choice(ACCOUNTS)
        choice = chance.random()
        if self.is_rich and choice < 0.03:
            return c.PublishPrice(1, 0, chance.randrange(40, 200))
        if choice < 0.62:
            return self.order(account, instrument)
        if choice < 0.80:
            return self.mark(instrument)
        if choice < 0.84:
            return c.Advance(self.tick(chance.choice((5, 60, 700))))
        asset = COIN if instrument == LINEAR else GOLD
        amount = chance.randrange(1, 30_000)
        return chance.choice((
            c.Deposit(account, asset, amount), c.Withdraw(account, asset, amount // 4),
            c.Transfer(account, chance.choice((16, 25)), asset, amount // 4),
            c.SetLeverage.times(account, instrument, chance.choice((5, 10, 20))),
            c.SetMarginMode(account, instrument, chance.random() < 0.6),
            c.MoveCollateral(account, instrument, amount // 3 - 2_000),
            c.CancelOrders(account, chance.choice((0, instrument))),
            c.FundInsurance(asset, amount // 20 + 1, chance.choice((0, instrument))),
            c.AmendOrder(account, max(1, self.order_id - chance.randrange(8)), size_lots=chance.randrange(1, 60)),
            c.CancelOrder(account, max(1, self.order_id - chance.randrange(8)))))

    def tick(self, seconds) -> int:
        self.now_ns += seconds * SECOND
        return self.now_ns

    def mark(self, instrument):
        """A new mark: mostly a small step, now and then a gap past bankruptcy."""
        jump = self.random.choice((2, 2, 2, 5, 5, 18))
        factor = 100 + self.random.randrange(-jump, jump + 1)
        self.marks[instrument] = max(300, min(3_000, self.marks[instrument] * factor // 100))
        return c.PublishMark(instrument, self.marks[instrument], time_ns=self.tick(self.random.choice((0, 1, 30))))

    def order(self, account, instrument):
        """An order around the mark: limits, markets, stops, brackets."""
        chance = self.random
        self.order_id += 1
        side = c.Side(chance.choice((1, -1)))
        mark = self.marks[instrument]
        price = max(1, mark + chance.randrange(-mark // 40, mark // 40 + 1))
        lots = chance.choice((1, 7, 30, 30, 80, 200))
        shape = chance.random()
        if shape < 0.12:
            return c.PlaceOrder(account, instrument, self.order_id, side, lots, order_type=codes.OrderType.MARKET,
                                flags=chance.choice((0, 4)))
        if shape < 0.20:
            return c.PlaceOrder(account, instrument, self.order_id, side, lots,
                                order_type=codes.OrderType.STOP_MARKET, trigger_ticks=mark + side * (mark // 20))
        if shape < 0.26:
            target = c.Target(max(1, price + side * (mark // 30)), PPB // 2)
            return c.PlaceOrder(account, instrument, self.order_id, side, lots, price,
                                stop_ticks=max(1, price - side * (mark // 15)), targets=(target,))
        if shape < 0.30:
            return c.PlaceOrder(account, instrument, self.order_id, side, lots,
                                order_type=codes.OrderType.TRAILING_STOP, trail_offset_ticks=mark // 20)
        return c.PlaceOrder(account, instrument, self.order_id, side, lots, price, flags=chance.choice((0, 0, 0, 2)),
                            self_trade=codes.SelfTrade(chance.randrange(5)),
                            time_in_force=chance.choice((0, 0, 0, 1)))

    def closing(self) -> list:
        """A settlement of both contracts, then time for it to be done."""
        stamp = self.now_ns + 60 * SECOND
        made = [c.ScheduleSettlement(instrument, stamp) for instrument in (LINEAR, INVERSE)]
        return made + [c.Advance(stamp + number) for number in range(12)]
