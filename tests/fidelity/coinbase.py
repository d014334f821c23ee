"""Figures of Coinbase Derivatives, its broker and Coinbase International: recorded responses, help pages, and rows
derived from them (D)."""
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from steelyard.kernel import load_plain
from steelyard.units import PPB
from steelyard.venues.profile import load_profile

from .form import Facts, exact, rounded
from .world import ANN, BUY, Venue, groups, instrument, row, rules

FACTS = Facts("coinbase", "Coinbase", "Recorded responses, help pages, and rows derived from them (D).")
RECORDED = "Advanced Trade product list, response recorded 2026-04-07"
DAY = date(2026, 4, 7)
CENT = 10**6
"""Atoms of a cent: the profile keeps dollars to eight places."""
contract, funding = load_plain("rules.contract"), load_plain("rules.funding")


def nano(symbol="BIP-20DEC30"):
    return load_profile("coinbase", DAY).instrument(symbol)


def value(one, price, lots):
    """What lots of a contract are worth at a price, in whole units of cash."""
    return Fraction(one.terms["lot_value_numerator"] * one.mark_units(price) * lots,
                    10 ** one.grid.settlement.decimals)


@FACTS.vector("V1", "BIP, 24 hours: 678,476 contracts at 68,930", RECORDED)
def v1():
    yield exact("quote volume, cents", 46_767_350_680, value(nano(), "68930", 678_476) * 100)


@FACTS.vector("V2", "BIT-24APR26: 102,187 contracts at 69,165", RECORDED)
def v2():
    yield exact("quote volume, cents", 7_067_763_855, value(nano("BIT-24APR26"), "69165", 102_187) * 100)


@FACTS.vector("V3", "both expiry clocks count from one instant: 16:00 in London, in winter and in summer", RECORDED)
def v3():
    for symbol, expiry, left in (("BIP", datetime(2030, 12, 20, 16, tzinfo=UTC), 148_491_060_811),
                                 ("BIT", datetime(2026, 4, 24, 15, tzinfo=UTC), 1_521_060_811)):
        yield exact(symbol, "2026-04-07T00:28:59.189", (expiry - timedelta(milliseconds=left)).strftime(
            "%Y-%m-%dT%H:%M:%S.%f")[:-3])


@FACTS.vector("V4", "a future with a funding interval is a swap to its holder, one without is not", RECORDED)
def v4():
    yield exact("BIP", "perpetual-style future", nano().product)
    yield exact("BIT", "future", nano("BIT-24APR26").product)
    yield exact("BIP, funding interval, s", 3_600, nano().terms["funding_interval_ns"] // 10**9)


RATES = {"BIP-20DEC30": ((100_018_500, 100_000_800), (245_625_000, 306_375_000)),
         "BIT-24APR26": ((99_937_500, 100_109_600), (234_375_000, 289_000_000))}


@FACTS.vector("V5", "margin rates of both contracts, long and short, intraday and overnight", RECORDED)
def v5():
    for symbol, (intraday, overnight) in RATES.items():
        windows = {window.name: window for window in nano(symbol).windows}
        for name, expected in (("intraday", intraday), ("overnight", overnight)):
            yield exact(f"{symbol}, {name}, ppb", expected,
                        (windows[name].long_initial_ppb, windows[name].short_initial_ppb))


@FACTS.vector("V6", "Coinbase International: coins worth 2,000 at a weight of 90 %",
              "help.coinbase.com, multi-asset collateral")
def v6():
    venue = Venue("coinbase-international", date(2024, 9, 1), "BTC-PERP", 5_000_000, 10**10)
    venue.trade(ANN, BUY, 1, 500_000)
    wallet = venue.position().wallet
    before = groups.group_equity(venue.state, wallet, 0)
    venue.send("DEPOSIT", account=ANN, asset=2, amount_atoms=4 * 10**6)
    yield exact("counts as, USDC", 1_800, (groups.group_equity(venue.state, wallet, 0) - before) // 10**6)


@FACTS.vector("V8", "BTC-PERP of Coinbase International: one bitcoin moves by a tick of 0.10 USDC",
              "help.coinbase.com, perpetual futures product specifications")
def v8():
    one = load_profile("coinbase-international").instrument("BTC-PERP")
    lots = one.size_lots(10_000)
    yield exact("cents per tick", 10, Fraction(one.terms["lot_value_numerator"] * lots
                                               * one.terms["mark_units_per_tick"], 10**4))


@FACTS.vector("V10", "a nano contract at bitcoin 20,000", "optimusfutures.com, nano bitcoin")
def v10():
    yield exact("USD", 200, value(nano(), "20000", 1))


def held(symbol, price, name, lots):
    """Initial margin of lots of a contract by the rule, in whole units of cash, in a window of the day."""
    one = instrument("coinbase", DAY, symbol)
    one.margin_window = [window.name for window in nano(symbol).windows].index(name)
    worth = abs(lots) * one.terms.lot_value_numerator * nano(symbol).mark_units(price)
    return Fraction(rules.margin.initial_margin(one, 0, worth, row("POSITION", size_lots=lots)), 100 * CENT)


@FACTS.vector("D1", "1 BIP at 68,930: margin and leverage by side and window", "derived from the recorded rates")
def d1():
    for name, lots, margin in (("intraday", 1, "68.94"), ("intraday", -1, "68.93"), ("overnight", 1, "169.31"),
                               ("overnight", -1, "211.18")):
        yield rounded(f"{name}, {'long' if lots > 0 else 'short'}", margin, held("BIP-20DEC30", "68930", name, lots))
    for name, lots, leverage in (("intraday", 1, "10.0"), ("overnight", 1, "4.07"), ("overnight", -1, "3.26")):
        yield rounded(f"leverage {name}, {'long' if lots > 0 else 'short'}", leverage,
                      Fraction(68_930, 100) / held("BIP-20DEC30", "68930", name, lots))


@FACTS.vector("D2", "BIT overnight: leverage by side", "derived from the recorded rates")
def d2():
    for lots, leverage in ((1, "4.27"), (-1, "3.46")):
        yield rounded("long" if lots > 0 else "short", leverage,
                      Fraction(69_165, 100) / held("BIT-24APR26", "69165", "overnight", lots))


@FACTS.vector("D4", "long 10 BIP, settled at 69,735, then at 68,930", "derived from the contract's size")
def d4():
    yield rounded("variation, USD", "-80.50", value(nano(), "68930", 10) - value(nano(), "69735", 10))


@FACTS.vector("D5", "10 BIP, index 68,899.882564, rate 0.000013, one hour", "derived from the recorded rate")
def d5():
    one = nano()
    unit = one.terms["lot_value_numerator"] * one.mark_units("68899.882564")
    paid = -funding.funding_cash(10, funding.increment_micro(unit, 13_000))
    yield rounded("the long pays, USD", "0.08957", Fraction(paid, 100 * CENT))


# ---------------------------------------------------------------- Coinbase International, Bitnomial
POLICY = "coinbase.com, international exchange, leverage and margin policy"
PERCENT = 10_000_000
policy = load_plain("rules.policy")


@FACTS.vector("D7", "margins of the leverage policy at initial 10 %, 20 %, 50 %", POLICY)
def d7():
    for initial, maintenance, close_out in ((10, "6.67", "3.33"), (20, "13.33", "6.67"), (50, "33.33", "21.33")):
        yield rounded(f"maintenance at {initial} %", maintenance,
                      Fraction(policy.policy_maintenance_ppb(initial * PERCENT), PERCENT))
        yield rounded(f"close-out at {initial} %", close_out,
                      Fraction(policy.policy_close_out_ppb(initial * PERCENT), PERCENT))


@FACTS.vector("D12", "where both legs of the close-out rate are equal", POLICY)
def d12():
    equal = 36 * PERCENT
    yield exact("a third of initial at 36 %, ppb", equal // 3, policy.policy_close_out_ppb(equal))
    yield exact("maintenance less 12 % at 36 %, ppb", equal // 3, policy.policy_maintenance_ppb(equal) - 12 * PERCENT)
    yield exact("the second leg binds above", True, policy.policy_close_out_ppb(equal + 300) > (equal + 300) // 3)


@FACTS.vector("D9", "hourly funding: premium 0.1 %, rate before 0.0000125", "help.coinbase.com, funding rate")
def d9():
    hourly = funding.average_premium(1_000_000, 24)
    yield rounded("rate", "0.000034375", Fraction(funding.smoothed_rate(hourly, 12_500, 750_000_000), PPB))


BITNOMIAL = "bitnomial.com, perpetual pricing"


@FACTS.vector("V9", "Bitnomial: weights of 1,920 samples", BITNOMIAL)
def v9():
    yield exact("sum", 1_844_160, funding.linear_weights(1_920))


@FACTS.vector("D11", "Bitnomial: rate of an average premium of 0, 0.0003, 0.001, -0.001", BITNOMIAL)
def d11():
    for premium, rate in ((0, 100_000), (300_000, 100_000), (1_000_000, 500_000), (-1_000_000, -500_000)):
        yield exact(f"premium {premium} ppb", rate, funding.funding_rate(premium, 100_000, 500_000))


BUFFER = "help.coinbase.com, liquidation buffer"


@FACTS.vector("B1", "liquidation buffer: at the initial margin, halfway, at the threshold", BUFFER)
def b1():
    for available, percent in ((200, 100), (150, 50), (100, 0)):
        yield exact(f"available {available}, threshold 100, initial 200, %", percent,
                    policy.liquidation_buffer_ppb(available, 100, 200) // PERCENT)


FACTS.not_modelled("S1", "position sample: 2 BIT from 70,980 to 71,145, PnL 33", "Advanced Trade documentation",
                   "a synthetic sample: two nano contracts gain 3.30, the sample says ten times that")
FACTS.not_modelled("S2", "balance summary sample with a buffer of 2,400 %", "Advanced Trade documentation",
                   "a synthetic sample: its own figures give 1,029 % by the published formula")
