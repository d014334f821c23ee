"""Seeded random command streams over whole venues: every kind of command, every feature of an order, every policy.

Nothing here looks at an engine, so a million commands cost a second or two: columns are drawn with NumPy, and commands
that name an order name a recent id. Many are refused, as they should be. ``World(seed)`` draws the venue, its accounts
and its instruments, ``World.stream(count)`` the commands, set-up first. The same seed gives the same commands.
"""
from __future__ import annotations

import numpy as np
from class_streams import draw_classes, draw_loans_and_calls, draw_slope, first_classes, make_plain
from pool_streams import draw_pools
from protection_streams import draw_protection, let_some_rest

from steelyard import codes
from steelyard.engine.records import COMMAND, FIRST_TRADER_ACCOUNT, TERMS, new_commands
from steelyard.units import DAY, HOUR, MINUTE, PPB, SECOND

START_NS = 1_699_920_000 * SECOND
ASSETS = (1, 2, 3)
"""Contracts settle in the first two; in some worlds the others count as collateral of the first."""
INDICES = (1, 2)
SOURCES = 4
FEE_CLASSES = 3
CASH = 2_000_000
"""Typical deposit, in atoms."""
SEGMENT = 6_000
"""Commands between changes of the list of instruments."""

SHARES = dict(
    PLACE_ORDER=5400, CANCEL_ORDER=900, AMEND_ORDER=700, CANCEL_ORDERS=30, PUBLISH_PRICE=800, PUBLISH_MARK=600,
    ADVANCE=200, DEPOSIT=300, WITHDRAW=150, TRANSFER=60, SET_LEVERAGE=120, SET_MARGIN_MODE=120, MOVE_COLLATERAL=120,
    FUND_INSURANCE=20, NOTE=20, SET_TERM=12, SET_TIER=4, SET_FEE_CLASS=3, SET_INDEX=3, SET_INDEX_SOURCE=4,
    LIST_INSTRUMENT=2, SET_INSTRUMENT_STATE=12, SET_COLLATERAL=3, SET_ASSIGNEE=40, SCHEDULE_SETTLEMENT=1,
    PUBLISH_SETTLEMENT=12, SET_ACCOUNT=20, SET_ASSET=1, SET_WINDOW_RATE=4,
    SET_MARGIN_WINDOW=20, SET_CLIENT_RULE=5, SET_CLIENT_CLASS=15, SET_CLASS_TIER=4)
EXTREMES = (0, 1, -1, 2, 7, 63, 64, 511, 512, (1 << 24) - 1, 1 << 24, (1 << 31) - 1, -(1 << 31), 3_000_000_000,
            3_000_000_001, 1 << 40, (1 << 40) + 1, 1 << 58, 1 << 60, (1 << 60) + 1, (1 << 62) - 1, 1 << 62,
            (1 << 63) - 1, -(1 << 63))
SAFE_TERMS = ("order_lots_max position_lots_max open_interest_lots_max open_orders_max triggers_max market_collar_ppb "
              "limit_collar_ppb maker_fee_ppb taker_fee_ppb hidden_pays_taker initial_basis maintenance_basis "
              "order_margin_method close_fee_reserve funding_in_maintenance unrealized_profit_opens disposal_slice_ppb "
              "disposal_limit_ppb disposal_interval_ns fund_share_ppb adl_policy adl_cap_ppb socialize_losses "
              "liquidation_fee_ppb trailing_step_ticks interest_ppb funding_cap_ppb mark_method basis_sample_ns "
              "impact_value_atoms premium_sample_ns mark_index_band_ppb insurance_scope "
              "premium_method funding_divisor funding_amount_basis impact_lots close_first "
              "equity_taken_max_ppb assigns assignment_edge_ppb adl_at_once").split()
LATER_TERMS = ("fixed_maintenance_atoms settlement_method settlement_window_ns settlement_sample_ns settlement_fee_ppb "
               "basis_annual_ppb session_interval_ns session_offset_ns session_published funding_accrual_ns "
               "liquidation_step_ppb liquidation_step_ns fillable_spread_ppb "
               "price_band_ppb premium_missing_is_zero premium_period_ns oi_lower_atoms oi_upper_atoms "
               "margin_call_cure_ns close_out_ppb protection_ticks market_limit price_band_ticks price_band_refuses "
               "price_band_reference breaker_ppb breaker_window_ns breaker_pause_ns breaker_group breaker_state "
               "liquidation_waits loss_layers session_profit_held withdrawal_gate_ns call_initial_ppb "
               "maintenance_of_initial_ppb "
               "liquidation_step_floor_ppb liquidation_step_fee_ppb loan_opening_long_ppb loan_rollover_short_ppb "
               "loan_period_ns recourse").split()


def rows_of(entries: list[dict]) -> np.ndarray:
    """COMMAND records from dictionaries of fields."""
    commands = new_commands(len(entries))
    for at, entry in enumerate(entries):
        for name, value in entry.items():
            commands[at][name] = value
    return commands


class World:
    """A venue drawn from a seed: accounts, indices, instruments with their terms, and the stream of commands."""

    def __init__(self, seed: int, accounts: int | None = None, instruments: int | None = None,
                 mutations: float = 0.01, plain: bool = False):
        self.seed, self.plain = seed, plain
        self.draw = np.random.default_rng(seed)
        self.later_draw = np.random.default_rng(seed + (1 << 32))
        self.pool_draw = np.random.default_rng(seed + (2 << 32))
        self.cure_ns = int(self.later_draw.choice([0, 0, SECOND, MINUTE, HOUR]))
        self.accounts = int(accounts or self.draw.choice([4, 8, 16, 40]))
        instruments = int(instruments or self.draw.choice([2, 4, 4, 4, 40]))
        self.active = list(range(1, instruments + 1))
        self.next_instrument = instruments + 1
        self.mutations = mutations
        self.terms: dict[int, dict] = {}
        self.lot_value: dict[int, int] = {}
        self.level = {index: 0.0 for index in INDICES}
        self.now = START_NS
        self.last_id = 0
        self.id_account = np.zeros(1, np.int64)
        self.id_instrument = np.zeros(1, np.int64)
        self.work_budget = int(self.draw.choice([1, 3, 17, 64, 256]))

    def pick(self, *values):
        """One of some values."""
        return values[int(self.draw.integers(len(values)))]

    # ------------------------------------------------------------ the venue
    def draw_terms(self, instrument: int) -> dict:
        """Terms of a linear, inverse or quanto instrument."""
        pick = self.pick
        shape = pick("linear", "inverse", "quanto")
        index = pick(1, 1, 2)
        scale, per_tick = pick(1, 10), pick(1, 5, 10)
        published = pick(False, False, True)
        base = 10_000 * scale
        lot_value = pick(2_000, 10_000, 50_000)
        self.lot_value[instrument] = lot_value
        inverse = shape == "inverse"
        parts = pick(1, 10) if inverse else 0
        terms = dict(
            kind=codes.INVERSE if inverse else codes.LINEAR,
            settlement_asset=1 if shape == "linear" else 2, index_id=0 if published else index,
            mark_units_per_tick=per_tick,
            lot_value_numerator=lot_value * base // parts if inverse else max(1, lot_value // base),
            inverse_parts_per_lot=parts, mark_units_per_index_unit=1 if published else scale,
            price_ticks_min=1, price_ticks_max=pick(1_000_000, 16_000_000) if not inverse else 1_000_000,
            order_lots_max=pick(1_000, 100_000), position_lots_max=pick(300, 20_000, 1_000_000),
            open_interest_lots_max=pick(0, 0, 600, 20_000), open_orders_max=pick(3, 10, 50),
            triggers_max=pick(0, 3, 20),
            market_collar_ppb=pick(0, PPB // 20, PPB // 3), limit_collar_ppb=pick(0, PPB // 20),
            taker_fee_ppb=pick(0, 500_000, 1_000_000), hidden_pays_taker=pick(0, 1),
            rate_method=pick(codes.RATES_STEPS_WHOLE, codes.RATES_STEPS_MARGINAL, codes.RATES_LINEAR),
            initial_basis=pick(0, 0, 1), maintenance_basis=pick(0, 1), order_margin_method=pick(0, 1, 2),
            close_fee_reserve=pick(0, 1), funding_in_maintenance=pick(0, 1), unrealized_profit_opens=pick(0, 1),
            leverage_default_ppb=pick(0, PPB // 10, PPB // 50), linear_initial_ppb=PPB // 50,
            linear_maintenance_ppb=PPB // 100, linear_slope_ppb_per_lot=pick(0, 100),
            mark_method=codes.MARK_ORACLE_ONLY if published else pick(0, 1, 2), basis_sample_ns=pick(5, 60) * SECOND,
            basis_samples=pick(1, 12, 30), basis_source=pick(0, 1), impact_value_atoms=pick(0, lot_value * 20),
            basis_round_ns=pick(SECOND, MINUTE), mark_index_band_ppb=pick(0, PPB // 50),
            funding_interval_ns=pick(0, 10 * MINUTE, HOUR, 8 * HOUR), funding_offset_ns=pick(0, 4 * HOUR),
            premium_sample_ns=pick(0, 5 * SECOND, MINUTE), interest_ppb=100_000, funding_clamp_ppb=pick(0, 500_000),
            funding_cap_ppb=pick(3_750_000, PPB // 50), funding_step_cap_ppb=pick(0, 3_750_000),
            funding_delayed=pick(0, 1), premium_includes_basis=pick(0, 1),
            funding_smoothing_ppb=pick(0, 0, PPB * 3 // 4), funding_payment_ns=pick(0, 0, 3 * HOUR, 12 * HOUR),
            step_down=pick(0, 1), disposal_slice_ppb=pick(0, PPB // 4, PPB), disposal_limit_ppb=pick(0, PPB // 100,
                                                                                                     PPB // 20),
            disposal_interval_ns=pick(0, SECOND, MINUTE), fund_share_ppb=pick(PPB // 4, PPB),
            adl_policy=pick(0, 1, 2, 3), adl_cap_ppb=pick(PPB // 10, PPB // 2, PPB), socialize_losses=pick(0, 1, 2),
            insurance_scope=pick(0, 1), liquidation_fee_ppb=pick(0, 1_000_000), trailing_step_ticks=pick(0, 1, 20),
            premium_method=pick(0, 1, 2), funding_divisor=pick(0, 8, 24), funding_amount_basis=pick(0, 1),
            impact_lots=pick(0, 0, 20), close_first=pick(0, 1), equity_taken_max_ppb=pick(0, PPB // 40),
            assigns=pick(0, 1), assignment_edge_ppb=pick(0, 7_500_000), adl_at_once=pick(0, 0, 1),
            mark_band_far_ppb=pick(0, PPB // 5), mark_band_near_ns=HOUR, mark_band_far_ns=20 * DAY)
        terms["tier_measure"] = pick(0, 0, 1) if terms["rate_method"] == codes.RATES_STEPS_WHOLE else 0
        draw_slope(self, terms, lot_value)
        terms.update(self.draw_later_terms(lot_value))
        self.draw_expiry(terms)
        self.draw_funding_and_bands(terms, lot_value)
        terms.update(draw_protection(self.seed, len(self.terms)))
        draw_pools(self, terms)
        draw_loans_and_calls(self.later, self.later_draw, terms)
        make_plain(self, terms)
        terms["maker_fee_ppb"] = pick(0, -terms["taker_fee_ppb"] // 2, 200_000)
        if terms["funding_interval_ns"] and terms["premium_sample_ns"] > terms["funding_interval_ns"]:
            terms["premium_sample_ns"] = 0
        self.terms[instrument] = terms
        return terms

    def draw_later_terms(self, lot_value: int) -> dict:
        """Terms that came later, from a generator of their own: what earlier ones are drawn does not change by them."""
        draw = self.later_draw
        terms = dict(fixed_initial_atoms=max(1, lot_value // int(draw.choice([2, 20]))),
                     fixed_maintenance_atoms=max(1, lot_value // int(draw.choice([25, 50]))))
        terms["margin_call_cure_ns"] = self.cure_ns * int(draw.integers(1, 3))
        terms["close_out_ppb"] = int(draw.choice([0, 0, PPB // 2, PPB * 9 // 10]))
        if draw.random() < 0.15:
            terms["rate_method"] = codes.RATES_FIXED
        return terms

    def later(self, *values):
        """One of some values, from the generator of later terms."""
        return values[int(self.later_draw.integers(len(values)))]

    def draw_expiry(self, terms):
        """Some contracts are dated; all have a way to be settled, for stamps are given to any."""
        terms.update(settlement_method=self.later(0, 1, 1, 2), settlement_sample_ns=self.later(SECOND, 4 * SECOND),
                     settlement_window_ns=self.later(MINUTE, 30 * MINUTE), settlement_fee_ppb=self.later(0, 250_000),
                     basis_annual_ppb=self.later(0, PPB // 20, -PPB // 10))
        if terms["index_id"] and self.later_draw.random() < 0.15:
            terms["mark_method"] = codes.MARK_ANNUAL_BASIS
        if self.later_draw.random() < 0.4:
            terms.update(session_interval_ns=self.later(5 * MINUTE, HOUR), session_offset_ns=self.later(0, MINUTE),
                         session_published=self.later(0, 0, 1))
        if self.later_draw.random() < 0.15:
            terms["expiry_s"] = self.now // SECOND + int(self.later_draw.integers(5 * MINUTE, 3 * HOUR)) // SECOND

    def draw_funding_and_bands(self, terms, lot_value):
        """Funding that accrues or counts missing samples, open interest that raises margin, bands that move prices."""
        terms["price_band_ppb"] = self.later(0, 0, PPB // 66)
        if self.later_draw.random() < 0.4:
            terms.update(liquidation_step_ppb=self.later(PPB // 8, PPB // 2, PPB),
                         liquidation_step_ns=self.later(0, SECOND),
                         liquidation_step_min_atoms=self.later(0, lot_value * 10),
                         liquidation_step_max_atoms=self.later(0, lot_value * 100),
                         fillable_spread_ppb=self.later(0, 3 * PPB // 2),
                         bankruptcy_adjust_ppb=self.later(PPB, 2 * PPB))
        if self.later_draw.random() < 0.3:
            terms.update(premium_missing_is_zero=1, premium_period_ns=self.later(0, HOUR, 8 * HOUR))
        if self.later_draw.random() < 0.3 and terms["rate_method"] in (codes.RATES_STEPS_WHOLE, codes.RATES_LINEAR):
            terms.update(initial_basis=1, oi_lower_atoms=lot_value * 100, oi_upper_atoms=lot_value * 2_000)
        if terms["mark_method"] in (1, 4) and terms["funding_interval_ns"] and self.later_draw.random() < 0.5:
            terms.update(funding_accrual_ns=8 * HOUR, funding_in_maintenance=0)

    def draw_tiers(self, instrument: int) -> list[dict]:
        """One to four risk-limit tiers."""
        maintenance, initial = self.pick((5, 10), (10, 20), (50, 100))
        cap = self.pick(50, 1_000)
        if self.terms[instrument]["tier_measure"] == codes.TIERS_BY_VALUE:
            cap *= self.lot_value[instrument]
        count = self.pick(1, 2, 4)
        return [dict(kind=codes.SET_TIER, instrument=instrument, parameter=tier,
                     amount_atoms=(1 << 57) if tier == count - 1 else cap * (tier + 1) ** 2,
                     value=initial * (tier + 1) * 1_000_000, size_lots=maintenance * (tier + 1) * 1_000_000)
                for tier in range(count)]

    def list_commands(self, instrument: int) -> list[dict]:
        """Terms, tiers and listing of one instrument."""
        entries = [dict(kind=codes.SET_TERM, instrument=instrument, parameter=TERMS.names.index(name), value=value)
                   for name, value in self.draw_terms(instrument).items() if value != 0]
        entries += self.draw_tiers(instrument)
        entries += first_classes(self, instrument)
        return [*entries, dict(kind=codes.LIST_INSTRUMENT, instrument=instrument)]

    def set_up(self) -> np.ndarray:
        """Everything before trading."""
        entries = [dict(kind=codes.SET_FEE_CLASS, parameter=1, value=400_000, amount_atoms=-100_000),
                   dict(kind=codes.SET_FEE_CLASS, parameter=2, value=0, amount_atoms=0)]
        for index in INDICES:
            rules = {codes.INDEX_STALE_AFTER_NS: self.pick(MINUTE, 10 * MINUTE), codes.INDEX_OUTLIER_PPB: PPB // 20,
                     codes.INDEX_READMIT_PPB: PPB // 50, codes.INDEX_READMIT_AFTER_NS: 30 * SECOND,
                     codes.INDEX_SOURCES_MIN: self.pick(1, 2), codes.INDEX_CLAMP_PPB: self.pick(0, PPB // 200)}
            entries += [dict(kind=codes.SET_INDEX, parameter=index, flags=field, value=value)
                        for field, value in rules.items()]
            entries += [dict(kind=codes.SET_INDEX_SOURCE, parameter=index, flags=source, value=PPB // SOURCES)
                        for source in range(SOURCES)]
            entries += [dict(kind=codes.PUBLISH_PRICE, parameter=index, flags=source, value=10_000)
                        for source in range(SOURCES)]
        self.collateral = 0 if self.plain else self.pick(0, 1, 2)
        entries += [self.collateral_entry(slot) for slot in range(self.collateral)]
        for instrument in self.active:
            entries += self.list_commands(instrument)
            entries.append(self.first_mark(instrument))
        for number in range(self.accounts):
            account = FIRST_TRADER_ACCOUNT + number
            parent = account - 1 if number % 5 == 4 else 0
            entries.append(dict(kind=codes.SET_ACCOUNT, account=account, other_account=parent, parameter=number % 3,
                                self_trade_mode=number % 5))
            entries += [dict(kind=codes.DEPOSIT, account=account, asset=asset,
                             amount_atoms=int(CASH * self.draw.lognormal(0, 1))) for asset in ASSETS]
        commands = rows_of(entries)
        commands["time_ns"] = self.now
        return commands

    def collateral_entry(self, slot: int) -> dict:
        """An asset that counts for asset 1: a unit of its index is a ten-thousandth of an atom."""
        return dict(kind=codes.SET_COLLATERAL, asset=1, parameter=slot, flags=3 - slot, other_account=2 - slot,
                    value=self.pick(0, PPB // 50, PPB // 5, PPB), amount_atoms=self.pick(0, 2_500_000),
                    size_lots=self.pick(1, 3), display_lots=10_000)

    def first_mark(self, instrument: int) -> dict:
        """The first mark of an instrument whose mark is published."""
        return dict(kind=codes.PUBLISH_MARK, instrument=instrument, value=self.unit_path(instrument, 10_000))

    def unit_path(self, instrument, index_units):
        """Mark units of an instrument at a price of its index."""
        return index_units * self.terms[instrument]["mark_units_per_index_unit"]

    # ------------------------------------------------------------ the stream
    def stream(self, count: int) -> np.ndarray:
        """Set-up and ``count`` commands more, listings in between included."""
        parts, left = [self.set_up()], count
        while left > 0:
            size = min(left, SEGMENT)
            parts.append(self.segment(size))
            left -= size
            if left > 200 and self.draw.random() < 0.6:
                parts.append(self.replace_instrument())
                left -= len(parts[-1])
        return np.concatenate(parts)

    def replace_instrument(self) -> np.ndarray:
        """One instrument gets its stamp, a new one is listed."""
        old = self.active.pop(int(self.draw.integers(len(self.active))))
        new = self.next_instrument
        self.next_instrument += 1
        self.active.append(new)
        entries = [dict(kind=codes.SCHEDULE_SETTLEMENT, instrument=old, value=self.now + 20 * SECOND)]
        if self.draw.random() < 0.5:
            entries.insert(0, dict(kind=codes.SET_INSTRUMENT_STATE, instrument=old, value=codes.STATE_REDUCE_ONLY))
        commands = rows_of([*entries, *self.list_commands(new), self.first_mark(new)])
        commands["time_ns"] = self.now
        return commands

    def segment(self, count: int) -> np.ndarray:
        """``count`` commands over the active instruments (and now and then others)."""
        draw, commands = self.draw, new_commands(count)
        names, shares = list(SHARES), np.array(list(SHARES.values()), float)
        kinds = np.array([int(codes.CommandKind[name]) for name in names])
        commands["kind"] = draw.choice(kinds, count, p=shares / shares.sum())
        self.draw_time(commands)
        weights = 1 / np.arange(1, len(self.active) + 1) ** (1 if len(self.active) < 10 else 0.2)
        commands["instrument"] = draw.choice(self.active, count, p=weights / weights.sum())
        stray = draw.random(count) < 0.003
        commands["instrument"][stray] = draw.integers(0, self.next_instrument + 2, stray.sum())
        reach = np.minimum(self.accounts - 1, draw.exponential(self.accounts / 2, count)).astype(np.int64)
        commands["account"] = FIRST_TRADER_ACCOUNT + reach
        self.draw_paths(count)
        self.draw_orders(commands)
        self.draw_triggers(commands)
        self.draw_brackets(commands)
        self.draw_references(commands)
        self.draw_prices(commands)
        self.draw_accounts(commands)
        self.draw_configuration(commands)
        self.mutate(commands)
        return commands

    def draw_time(self, commands):
        """Times that mostly stand still, sometimes jump by hours, rarely go back or are left out."""
        draw, count = self.draw, len(commands)
        roll = draw.random(count)
        step = np.where(roll < 0.6, 0, np.where(roll < 0.9, draw.integers(0, 2 * SECOND, count), np.where(
            roll < 0.999, draw.integers(0, 40 * SECOND, count), draw.integers(0, 3 * HOUR, count))))
        if draw.random() < 0.05:
            step[int(draw.integers(count))] = 3 * DAY
        commands["time_ns"] = self.now + np.cumsum(step)
        self.now = int(commands["time_ns"][-1])
        self.times = commands["time_ns"].copy()
        commands["time_ns"][draw.random(count) < 0.02] = 0
        back = draw.random(count) < 0.0005
        commands["time_ns"][back] = START_NS

    def draw_paths(self, count):
        """A random walk of each index, in its units, with jumps up to a halving, held within a range of 100."""
        self.paths = {}
        for index in INDICES:
            steps = self.draw.normal(0, 0.0006, count)
            jumps = self.draw.random(count) < 0.0015
            steps[jumps] = self.draw.choice(np.log([0.5, 0.8, 0.9, 0.95, 1.05, 1.1, 1.25, 2.0]), jumps.sum())
            walk = self.level[index] + np.cumsum(steps)
            fold = np.log(10.0)                      # reflected at a tenth and at ten times the start
            walk = np.abs((walk + fold) % (4 * fold) - 2 * fold) - fold
            self.level[index] = float(walk[-1])
            self.paths[index] = np.maximum(1, np.rint(10_000 * np.exp(walk))).astype(np.int64)

    def ticks(self, commands, noise):
        """Order prices: the path of the command's instrument with relative noise, in ticks."""
        answer = np.ones(len(commands), np.int64)
        for instrument, terms in self.terms.items():
            at = commands["instrument"] == instrument
            units = self.paths[terms["index_id"] or 2][at] * terms["mark_units_per_index_unit"] * (1 + noise[at])
            answer[at] = np.clip(np.rint(units / terms["mark_units_per_tick"]), 1, (1 << 24) - 1)
        return answer

    def noise(self, count, scale):
        """Relative noise with a wide tail."""
        return np.clip(self.draw.normal(0, scale, count) * np.where(self.draw.random(count) < 0.1, 12, 1), -0.9, 3)

    def lots(self, count):
        """Order sizes."""
        return 1 + np.minimum(self.draw.exponential(1, count) * self.draw.choice([1, 10, 60], count), 3_000).astype(
            np.int64)

    def draw_orders(self, commands):
        """Limit and market orders with their flags."""
        draw, count = self.draw, len(commands)
        placed = (commands["kind"] == codes.PLACE_ORDER) | (commands["kind"] == codes.AMEND_ORDER)
        commands["side"] = np.where(placed, draw.choice([1, -1], count), 0)
        commands["size_lots"] = np.where(placed, self.lots(count), 0)
        market = placed & (draw.random(count) < 0.15)
        commands["order_type"] = np.where(placed, np.where(market, codes.ORDER_MARKET, codes.ORDER_LIMIT), 0)
        let_some_rest(commands, market)
        spread = self.pick(0.0005, 0.004, 0.02)
        commands["price_ticks"] = np.where(placed & ~market, self.ticks(commands, self.noise(count, spread)), 0)
        commands["time_in_force"] = np.where(placed, draw.choice([0, 1, 2, 3], count, p=[.75, .1, .05, .1]), 0)
        good_till = placed & (commands["time_in_force"] == codes.TIF_GTD)
        commands["expires_ns"] = np.where(good_till, self.times + draw.integers(0, 200 * SECOND, count), 0)
        flags = np.zeros(count, np.int64)
        for flag, share in ((codes.FLAG_POST_ONLY, .08), (codes.FLAG_POST_ONLY_CANCEL, .05),
                            (codes.FLAG_REDUCE_ONLY, .15), (codes.FLAG_CLOSE, .03), (codes.FLAG_HIDDEN, .05)):
            flags |= np.where(draw.random(count) < share, flag, 0)
        resting = ~market & (commands["time_in_force"] != codes.TIF_IOC) & (commands["time_in_force"] != codes.TIF_FOK)
        keep = np.where(resting, -1, codes.FLAG_REDUCE_ONLY | codes.FLAG_CLOSE)
        commands["flags"] = np.where(placed, flags & keep, 0)
        iceberg = placed & resting & (flags & codes.FLAG_HIDDEN == 0) & (draw.random(count) < 0.1)
        commands["display_lots"] = np.where(iceberg, np.maximum(1, commands["size_lots"] // 4), 0)
        commands["self_trade_mode"] = np.where(placed, draw.choice(5, count, p=[.5, .15, .15, .1, .1]), 0)

    def draw_triggers(self, commands):
        """Some orders wait for a price: stops, take-profits, trailing stops, on mark, last and index."""
        draw, count = self.draw, len(commands)
        chosen = (commands["kind"] == codes.PLACE_ORDER) & (draw.random(count) < 0.14)
        kinds = draw.integers(codes.ORDER_STOP_MARKET, codes.ORDER_TRAILING_STOP + 1, count)
        commands["order_type"][chosen] = kinds[chosen]
        limit = (kinds == codes.ORDER_STOP_LIMIT) | (kinds == codes.ORDER_TAKE_PROFIT_LIMIT)
        trailing = kinds == codes.ORDER_TRAILING_STOP
        profit = (kinds == codes.ORDER_TAKE_PROFIT_MARKET) | (kinds == codes.ORDER_TAKE_PROFIT_LIMIT)
        away = np.abs(self.noise(count, 0.006)) * np.where(profit, -1, 1) * commands["side"]
        commands["trigger_ticks"] = np.where(chosen & ~trailing, self.ticks(commands, away), 0)
        commands["price_ticks"][chosen & ~limit] = 0
        offset = np.maximum(1, np.rint(self.ticks(commands, np.zeros(count)) * np.abs(self.noise(count, 0.01))))
        commands["trail_offset_ticks"] = np.where(chosen & trailing, offset, 0)
        commands["trigger_source"] = np.where(chosen, draw.integers(0, 3, count), 0)
        bare = chosen & ~limit
        commands["flags"][bare] &= codes.FLAG_REDUCE_ONLY | codes.FLAG_CLOSE
        commands["display_lots"][bare] = 0
        commands["size_lots"][chosen & (draw.random(count) < 0.1)] = 0

    def draw_brackets(self, commands):
        """Some entries carry a stop and up to four targets."""
        draw, count = self.draw, len(commands)
        chosen = (commands["kind"] == codes.PLACE_ORDER) & (draw.random(count) < 0.08)
        chosen &= commands["order_type"] != codes.ORDER_TRAILING_STOP
        commands["flags"][chosen] &= ~(codes.FLAG_REDUCE_ONLY | codes.FLAG_CLOSE)
        entry = np.where(commands["price_ticks"] > 0, commands["price_ticks"], np.where(
            commands["trigger_ticks"] > 0, commands["trigger_ticks"], self.ticks(commands, np.zeros(count))))
        distance = np.maximum(1, np.rint(entry * np.abs(self.noise(count, 0.01)))).astype(np.int64)
        stop = np.clip(entry - commands["side"] * distance, 0, (1 << 24) - 1)
        commands["stop_ticks"] = np.where(chosen, stop, 0)
        commands["stop_source"] = np.where(chosen, draw.integers(0, 3, count), 0)
        trailing = chosen & (draw.random(count) < 0.3)
        commands["trail_offset_ticks"] = np.where(trailing, distance, commands["trail_offset_ticks"])
        commands["bracket_ladder"] = np.where(chosen, draw.integers(0, 2, count), 0)
        targets = draw.integers(0, 5, count)
        for number in range(4):
            has = chosen & (targets > number)
            away = entry + commands["side"] * distance * (number + 1)
            commands["target_ticks"][:, number] = np.where(has, np.clip(away, 0, (1 << 24) - 1), 0)
            commands["target_share_ppb"][:, number] = np.where(has, draw.choice([PPB // 4, PPB // 8, 1], count), 0)

    def draw_references(self, commands):
        """New ids for orders; cancels, amends and OCO pairs name recent ones, mostly by their owner."""
        draw, count = self.draw, len(commands)
        placed = commands["kind"] == codes.PLACE_ORDER
        ids = self.last_id + np.cumsum(placed)
        commands["order_id"][placed] = ids[placed]
        repeated = placed & (draw.random(count) < 0.002)
        known_account = np.concatenate([self.id_account, commands["account"][placed]])
        known_instrument = np.concatenate([self.id_instrument, commands["instrument"][placed]])
        back = np.where(draw.random(count) < 0.7, draw.geometric(0.2, count), draw.geometric(0.01, count))
        target = np.maximum(1, ids - placed - back + 1)
        paired = placed & (draw.random(count) < 0.06) & (ids > 1)
        commands["oco_order_id"][paired] = target[paired]
        for name, known in (("account", known_account), ("instrument", known_instrument)):
            commands[name][paired] = known[np.minimum(target[paired], len(known) - 1)]
        named = (commands["kind"] == codes.CANCEL_ORDER) | (commands["kind"] == codes.AMEND_ORDER)
        commands["order_id"][named] = target[named]
        commands["account"][named] = known_account[np.minimum(target[named], len(known_account) - 1)]
        odd = named & (draw.random(count) < 0.05)
        commands["account"][odd] = draw.choice([0, FIRST_TRADER_ACCOUNT], odd.sum())
        amended = commands["kind"] == codes.AMEND_ORDER
        commands["instrument"][amended] = known_instrument[np.minimum(target[amended], len(known_instrument) - 1)]
        commands["price_ticks"][amended] = self.ticks(commands, self.noise(count, 0.004))[amended]
        commands["price_ticks"][amended & (draw.random(count) < 0.4)] = 0
        commands["size_lots"][amended & (draw.random(count) < 0.3)] = 0
        commands["trigger_ticks"][amended & (draw.random(count) < 0.2)] = self.ticks(
            commands, self.noise(count, 0.01))[0]
        for name in ("flags", "order_type", "time_in_force", "display_lots", "expires_ns"):
            commands[name][amended] = 0
        commands["order_id"][repeated] = np.maximum(1, commands["order_id"][repeated] - 3)
        fresh = commands["account"][placed], commands["instrument"][placed]
        self.id_account = np.concatenate([self.id_account, fresh[0]])
        self.id_instrument = np.concatenate([self.id_instrument, fresh[1]])
        self.last_id = int(ids[-1])
        everything = (commands["kind"] == codes.CANCEL_ORDERS) & (draw.random(count) < 0.5)
        commands["instrument"][everything] = 0

    def draw_prices(self, commands):
        """Sources print near the path, with outliers and silences; published marks follow it."""
        draw, count = self.draw, len(commands)
        priced = commands["kind"] == codes.PUBLISH_PRICE
        index = draw.choice(INDICES, count, p=[.6, .4])
        source = draw.integers(0, SOURCES, count)
        silent = np.sin(np.arange(count) / 700 + source * 2) > 0.93
        source = np.where(silent, 0, source)
        path = np.where(index == 1, self.paths[1], self.paths[2])
        off = 1 + draw.normal(0, 0.0005, count) + np.where(draw.random(count) < 0.01,
                                                           draw.choice([-.3, .1, .5], count), 0)
        commands["parameter"][priced] = index[priced]
        commands["flags"][priced] = source[priced]
        commands["value"][priced] = np.maximum(1, np.rint(path * off))[priced]
        marked = commands["kind"] == codes.PUBLISH_MARK
        published = [number for number in self.active if self.terms[number]["index_id"] == 0]
        if published:
            commands["instrument"][marked] = draw.choice(published, marked.sum())
        settling = commands["kind"] == codes.PUBLISH_SETTLEMENT
        commands["parameter"][settling] = draw.integers(0, 2, settling.sum())
        marked |= settling
        units = np.zeros(count, np.int64)
        for instrument, terms in self.terms.items():
            at = commands["instrument"] == instrument
            units[at] = self.paths[terms["index_id"] or 2][at] * terms["mark_units_per_index_unit"]
        commands["value"][marked] = units[marked]

    def draw_accounts(self, commands):
        """Cash in and out, leverage, modes, collateral, sub-accounts."""
        draw, count = self.draw, len(commands)
        kind, amount = commands["kind"], 1 + (draw.exponential(CASH / 4, count)).astype(np.int64)
        cash = np.isin(kind, [codes.DEPOSIT, codes.WITHDRAW, codes.TRANSFER, codes.FUND_INSURANCE])
        commands["asset"][cash] = draw.choice(ASSETS, cash.sum())
        collateral = kind == codes.MOVE_COLLATERAL
        commands["amount_atoms"] = np.where(cash, amount,
                                            np.where(collateral, amount * draw.choice([1, -1], count) // 4,
                                                                   commands["amount_atoms"]))
        commands["instrument"][np.isin(kind, [codes.DEPOSIT, codes.WITHDRAW, codes.TRANSFER])] = 0
        funded = kind == codes.FUND_INSURANCE
        commands["account"][funded] = 0
        for instrument, terms in self.terms.items():
            at = funded & (commands["instrument"] == instrument)
            commands["asset"][at] = terms["settlement_asset"]
        commands["instrument"][funded & (draw.random(count) < 0.5)] = 0
        commands["parameter"][funded] = np.arange(count)[funded] % 6 % 4
        sub = (commands["account"] - FIRST_TRADER_ACCOUNT) % 5 == 4
        transfer = kind == codes.TRANSFER
        commands["other_account"][transfer] = (commands["account"] + np.where(sub, -1, 1))[transfer]
        leverage = kind == codes.SET_LEVERAGE
        rates = draw.choice([0, PPB // 100, PPB // 50, PPB // 20, PPB // 5, PPB], count)
        commands["value"][leverage] = rates[leverage]
        mode = kind == codes.SET_MARGIN_MODE
        commands["value"][mode] = draw.integers(0, 2, mode.sum())
        opened = kind == codes.SET_ACCOUNT
        commands["parameter"][opened] = draw.integers(0, FEE_CLASSES, opened.sum())
        commands["self_trade_mode"][opened] = draw.integers(0, 5, opened.sum())
        commands["flags"][opened] = draw.choice([0] * 60 + [1, 2, 4], opened.sum())
        commands["other_account"][opened & sub] = (commands["account"] - 1)[opened & sub]

    def draw_configuration(self, commands):
        """Terms, tiers, fees, indices and states that change while the venue is open."""
        draw, kind = self.draw, commands["kind"]
        for at in np.flatnonzero(kind == codes.SET_TERM):
            fresh, kept = World(int(draw.integers(1 << 30))), int(commands["instrument"][at])
            name = self.pick(*SAFE_TERMS)
            if self.later_draw.random() < 0.1:
                name = LATER_TERMS[int(self.later_draw.integers(len(LATER_TERMS)))]
            if kept in self.terms:
                fresh.lot_value[kept] = self.lot_value[kept]
                commands["value"][at] = fresh.draw_terms(kept).get(name, 0)
            commands["parameter"][at] = TERMS.names.index(name)
            if name in ("mark_method",) and kept in self.terms and self.terms[kept]["index_id"] == 0:
                commands["value"][at] = codes.MARK_ORACLE_ONLY
        for at in np.flatnonzero(kind == codes.SET_TIER):
            tier = int(draw.integers(0, 3))
            commands["parameter"][at] = tier
            commands["value"][at], commands["size_lots"][at] = (tier + 2) * 10_000_000, (tier + 2) * 5_000_000
            commands["amount_atoms"][at] = CASH * 10 ** (tier + 1)
        fees = kind == codes.SET_FEE_CLASS
        commands["parameter"][fees] = draw.integers(0, FEE_CLASSES, fees.sum())
        commands["value"][fees] = draw.choice([0, 300_000, 600_000], fees.sum())
        commands["amount_atoms"][fees] = draw.choice([0, -200_000], fees.sum())
        rules = kind == codes.SET_INDEX
        commands["parameter"][rules] = draw.choice(INDICES, rules.sum())
        commands["flags"][rules] = draw.integers(0, 6, rules.sum())
        commands["value"][rules] = draw.choice([1, 2, PPB // 20, 30 * SECOND], rules.sum())
        sources = kind == codes.SET_INDEX_SOURCE
        commands["parameter"][sources] = draw.choice(INDICES, sources.sum())
        commands["flags"][sources] = draw.integers(0, SOURCES, sources.sum())
        commands["value"][sources] = draw.choice([0, PPB // 2, PPB // 4, PPB // 4, PPB // 4, PPB // 4], sources.sum())
        for at in np.flatnonzero(kind == codes.SET_COLLATERAL):
            entry = self.collateral_entry(min(self.collateral, self.pick(0, 1)))
            for name, value in entry.items():
                commands[name][at] = value
        opted = kind == codes.SET_ASSIGNEE
        commands["size_lots"][opted] = draw.choice([0, 10, 1_000], opted.sum())
        commands["display_lots"][opted] = draw.choice([100, 100_000], opted.sum())
        commands["flags"][opted] = draw.choice([1, 2, 3, 3], opted.sum())
        draw_classes(self, commands)
        states = kind == codes.SET_INSTRUMENT_STATE
        commands["value"][states] = draw.choice([1, 2, 3, 4, 5], states.sum())
        self.reopen(commands, np.flatnonzero(states & (commands["value"] != codes.STATE_TRADING)))
        stamps = kind == codes.SCHEDULE_SETTLEMENT
        commands["value"][stamps] = np.where(draw.random(stamps.sum()) < 0.5, 0, self.times[stamps] + 20 * DAY)

    def reopen(self, commands, closed):
        """Every state but trading ends soon: a later command is replaced by the one that opens the market again."""
        for at in closed:
            later = min(len(commands) - 1, int(at) + int(self.draw.integers(20, 250)))
            if commands["kind"][later] != codes.PLACE_ORDER:
                later = min(len(commands) - 1, later + 1)
            instrument, time_ns = commands["instrument"][at], commands["time_ns"][later]
            commands[later] = np.zeros((), COMMAND)
            commands["kind"][later], commands["time_ns"][later] = codes.SET_INSTRUMENT_STATE, time_ns
            commands["instrument"][later], commands["value"][later] = instrument, codes.STATE_TRADING

    def mutate(self, commands):
        """A few commands get an extreme value in a field: bounds, signs, numbers that exist nowhere."""
        draw = self.draw
        fields = [name for name in COMMAND.names if name not in ("kind", "time_ns") and not name.startswith(("pad",))]
        for at in np.flatnonzero(draw.random(len(commands)) < self.mutations):
            name = fields[int(draw.integers(len(fields)))]
            dtype = COMMAND.fields[name][0].base
            value = EXTREMES[int(draw.integers(len(EXTREMES)))]
            limits = np.iinfo(dtype)
            value = min(max(value, limits.min), limits.max)
            if commands["kind"][at] == codes.SET_TERM and name == "parameter":
                continue
            if COMMAND.fields[name][0].subdtype:
                commands[name][at, int(draw.integers(4))] = value
            else:
                commands[name][at] = value
