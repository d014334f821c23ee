"""Published figures of the dYdX v4 code, and of other on-chain venues as pure rules."""
from datetime import date
from fractions import Fraction

from steelyard.rules import onchain
from steelyard.units import PPB

from .form import Facts, exact, rounded
from .world import ANN, BOB, CAT, SELL, Venue, rules

FACTS = Facts("defi", "DeFi perpetuals", "Unit tests of the dYdX v4 chain; other protocols are listed as not modelled.")
CHAIN = "dydxprotocol/v4-chain"
MICRO = 1_000_000


@FACTS.vector("M7", "initial margin scaled by open interest, base 20 %", f"{CHAIN}, x/perpetuals/types")
def m7():
    scaled = rules.margin.scaled_by_interest
    yield exact("open interest 1,234,567 of 1 to 2 million, ppm", 387_653,
                scaled(200_000_000, 1_234_567, 10**6, 2 * 10**6) // 1_000)
    rate = scaled(200_000_000, 28_123_456_789_123, 25 * 10**12, 60 * 10**12)
    yield exact("28,123,456,789,123 of 25e12 to 60e12, on 500,000", 135_697, -(-500_000 * rate // PPB))
    yield exact("56.7243 % of 123,456", 70_030, -(-123_456 * 567_243_000 // PPB))


@FACTS.vector("L1", "bankruptcy quote and fillable price, 0.1 at 50,000, maintenance 10 %", f"{CHAIN}, x/clob/keeper")
def l1():
    quote, fillable = rules.liquidation.bankruptcy_quote, rules.liquidation.fillable_value
    yield exact("long, cash -4,501", 4_501 * MICRO, quote(5_000 * MICRO, 499 * MICRO, 500, 500))
    yield exact("short, cash 5,499", -5_499 * MICRO, quote(-5_000 * MICRO, 499 * MICRO, 500, 500))
    for cash, adjust, price in ((-4_501, 1, 49_999), (-4_501, 2, 49_998), (-5_000, 1, 49_500)):
        value = fillable(5_000 * MICRO, (cash + 5_000) * MICRO, 500 * MICRO, 500 * MICRO, PPB // 10, adjust * PPB)
        yield rounded(f"fillable price, cash {cash:,}, adjustment {adjust}", str(price), Fraction(value * 10, MICRO))


@FACTS.vector("L1b", "rounding: 1 BTC, cash -13, 0.00021347 of it closed", f"{CHAIN}, x/clob/keeper")
def l1b():
    # one BTC is 10**10 quanta worth 50,000 USDC: 0.00021347 is 10,673,500 micro-USDC, its maintenance a tenth
    part, equity, total = 10_673_500, 50_000 * MICRO - 13 * MICRO, 5_000 * MICRO
    yield exact("long", 2_776, rules.liquidation.bankruptcy_quote(part, equity, part // 10, total))


@FACTS.vector("L3", "what the fund gets, 0.1 long with cash -5,100", f"{CHAIN}, x/clob/keeper")
def l3():
    bankruptcy = rules.liquidation.bankruptcy_quote(5_000 * MICRO, -100 * MICRO, 500, 500)
    for fill, fee_ppb, published in (("5610", 5_000_000, "28.05"), ("5610", 25_000_000, "140.25"), ("5610", PPB, "510"),
                                     ("5105.1", 5_000_000, "5.1"), ("5100", 5_000_000, "0"),
                                     ("5049", 5_000_000, "-51")):
        quote = int(Fraction(fill) * MICRO)
        got = min(quote - bankruptcy, rules.fees.fee(quote, fee_ppb))
        yield rounded(f"filled for {fill}, fee {fee_ppb / 10_000_000:g} %", published, Fraction(got, MICRO))


@FACTS.vector("F1", "funding of an hour, BTC at 50,000, in ppm of a quote quantum", f"{CHAIN}, x/perpetuals/keeper")
def f1():
    funding = rules.funding

    def index_move(samples, cap_ppb=0):
        premium = funding.average_with_missing(sum(samples) * 1_000, len(samples), 60)
        rate = funding.capped_rate(premium, 0, cap_ppb, 0)
        return int(Fraction(funding.rate_for_interval(rate, 3_600, 28_800), 1_000) * 5)   # price of a base quantum: 5
    yield exact("60 samples of 1,000 ppm", 625, index_move([1_000] * 60))
    yield exact("30 of 60 samples", 312, index_move([1_000] * 30))
    yield exact("75 of 1,000 and 25 of 5,000", 1_250, index_move([1_000] * 75 + [5_000] * 25))
    yield exact("15 %, capped at 12 %", 75_000, index_move([150_000] * 60, 120_000_000))


@FACTS.vector("F2", "premium: impact bid 9,998.2, index 9,000", f"{CHAIN}, x/clob/keeper")
def f2():
    units = rules.funding.premium_units(99_982, 100_000, 90_000)
    yield exact("ppm, cut off", 110_911, rules.funding.ratio_ppb(units, 90_000) // 1_000)
    yield exact("index inside the spread", 0, rules.funding.premium_units(89_000, 91_000, 90_000))


VEGA, DOLLARS, PERCENT = "vegaprotocol specs and scenarios", 10**6, PPB // 100


def dollars(micro: int) -> Fraction:
    return Fraction(micro, DOLLARS)


@FACTS.vector("M1", "Vega: short 1 at 15,900, slippage 25 %, factor 10 %", VEGA)
def m1():
    yield exact("maintenance", 5_565, onchain.slippage_maintenance(-1, 0, 0, 15_900, 25 * PERCENT, 0, 0, 10 * PERCENT))


@FACTS.vector("M2", "Vega: short 3 and offers of 3 at 15,900, slippage 25 %, factor 20 %", VEGA)
def m2():
    maintenance = onchain.slippage_maintenance(-3, 0, 3, 15_900, 25 * PERCENT, 0, 0, 20 * PERCENT)
    yield exact("maintenance", 31_005, maintenance)
    yield exact("initial", 37_206, onchain.scaled(maintenance, 120 * PERCENT))


@FACTS.vector("M3", "Vega: long 3 at 15,800, slippage .0125 %, factor 10 %", VEGA)
def m3():
    yield exact("maintenance", 4_746, onchain.slippage_maintenance(3, 0, 0, 15_800, 125_000, 0, 10 * PERCENT, 0))
    yield exact("isolated at a factor of 30 %: position margin", 14_220, onchain.scaled(3 * 15_800, 30 * PERCENT))
    yield exact("order margin of 1 at 15,500", 4_650, onchain.scaled(15_500, 30 * PERCENT))


@FACTS.vector("M5", "Vega: perpetual at a forward and a spot of 1,600", VEGA)
def m5():
    def payment(forward, low=-PPB, high=PPB, interest=0):
        return onchain.clamped_payment(forward * DOLLARS, 1_600 * DOLLARS, interest, low, high)
    yield rounded("1,590, interest .01 %", "0.16", dollars(payment(1_590, interest=100_000)))
    yield rounded("1,500, at most 5 %", "-20", dollars(payment(1_500, high=5 * PERCENT)))
    yield rounded("1,700, at least -5 %", "20", dollars(payment(1_700, low=-5 * PERCENT)))
    margins = [max(0, side * payment(1_500, high=5 * PERCENT) // 2) // DOLLARS for side in (1, -1)]
    yield exact("added to margin at a factor of one half, long and short", [0, 10], margins)


@FACTS.vector("M8", "Synthetix: five positions, collateral of 20,000", "synthetix-v3, perps-market tests")
def m8():
    held = ((-1, 30_000_000, 100, 28_000_000), (20, 2_000_000, 1_000, 1_900_000), (2_000, 5_000, 100_000, 4_600),
            (5_000, 2_000, 100_000, 1_900), (5_000, 2_000, 100_000, 1_800))                   # prices in thousandths
    for title, at, published, left in (
            ("at entry", 1, ("-150", "-400", "-100", "-250", "-250"), "18850"),
            ("later", 3, ("1850", "-2400", "-900", "-750", "-1250"), "16550")):
        profits = [row[0] * 1_000 * (row[at] - onchain.skewed_fill(row[1], 0, row[0], row[2])) for row in held]
        for figure, profit in zip(published, profits):
            yield rounded(f"profit {title}", figure, dollars(profit))
        yield rounded(f"available {title}", left, dollars(20_000 * DOLLARS + sum(profits)))


@FACTS.vector("L5", "Drift: shortage 10, margin 10 %, price 100", "drift-labs/protocol-v2, math tests")
def l5():
    for what, fee, fund, quote, published in (("no fee", 0, 0, 10**6, "1.0"), ("fee 1 %", 1, 0, 10**6, "1.111111"),
                                              ("fee 1 %, fund 1 %", 1, 1, 10**6, "1.25"),
                                              ("quote at 0.99", 0, 0, 990_000, "1.010101")):
        size = onchain.liquidated_size(10, 100, 10 * PERCENT, fee * PERCENT, fund * PERCENT, quote)
        yield rounded(f"base to take over, {what}", published, Fraction(size, 10**6))


@FACTS.vector("L7", "Vega: 8,080 owed to winners of 80 and 8,000, 5,080 collected", VEGA)
def l7():
    yield exact("paid", [50, 5_030], onchain.haircut([80, 8_000], 5_080))
    yield exact("loss of the second", 2_970, 8_000 - onchain.haircut([80, 8_000], 5_080)[1])


@FACTS.vector("L9", "Hyperliquid: long 10 at 2,000, account value 2,000, maintenance leverage 50",
              "formula of its pages")
def l9():
    price = onchain.pair_liquidation_price(2_000 * DOLLARS, 10, 1_600 * DOLLARS, 50)
    yield rounded("liquidation price", "1836.734694", dollars(price))


@FACTS.vector("L10", "GMX: impact at exponent 2, factor .01 / 50,000", "gmx-synthetics, README")
def l10():
    yield exact("imbalance 0 to 50,000", -500, onchain.pool_impact(0, 50_000, 200_000))
    yield exact("50,000 to 25,000", 375, onchain.pool_impact(50_000, 25_000, 200_000))


@FACTS.vector("F3", "Synthetix: funding that drifts, scale 10,000, 3 a day, long 20 at 2,000", "synthetix-v3, tests")
def f3():
    rate, accrued, skew = 0, 0, 20
    path = ((86_400, -60, "120"), (86_400, 15, "120"), (21_600, 37, "50.625"), (172_800, -17, "-291.375"),
            (17_280, 155, "-297.975"), (8_640, -150, "-292.875"), (8_640, -15, "-278.775"), (2_592, -4, "-274.626"),
            (259_200, 19, "-893.826"))
    for seconds, traded, published in path:
        after = onchain.drifted_rate(rate, skew, 10_000, 3 * PPB, seconds)
        accrued += onchain.drifted_funding(rate, after, seconds, 40_000 * DOLLARS)
        rate, skew = after, skew + traded
        yield rounded(f"accrued after {seconds / 86_400:g} days more", published, dollars(accrued))


OTHERS = (("M4", "log-normal risk factors",
           "needs the normal distribution; marks and risk arrays reach the rules as numbers"),
          ("M9", "Lyra margin of an option", "needs an option price, which reaches the rules as a number"),
          ("L8", "Vega warehouse account", "another protocol's network account; no profile of it is part of this tree"))
for _id, _what, _why in OTHERS:
    FACTS.not_modelled(_id, _what, "study of on-chain venues", _why)


def short_against(*longs: int):
    """The chain's BTC-USD in the engine, a short of 1 with 54,999 of quote at 50,000 and longs of so many lots (0.0001
    BTC) against it, then maintenance 10 %: (venue, events)."""
    venue = Venue("oracle-perpetual", date(2024, 1, 1), "BTC-USD", 5_000_000, taker_fee_ppb=0, maker_fee_ppb=0,
                  liquidation_fee_ppb=0, liquidation_step_ppb=0, adl_at_once=1)
    venue.send("WITHDRAW", account=ANN, asset=1, amount_atoms=10**12 - 4_999 * MICRO)
    venue.send("WITHDRAW", account=BOB, asset=1, amount_atoms=10**12 - 100_000 * MICRO)
    for account, lots in zip((BOB, CAT), longs):
        venue.trade(ANN, SELL, lots, 50_000, maker=account)
    events = venue.send("SET_TIER", instrument=venue.contract.id, parameter=0, amount_atoms=10**16, value=PPB // 5,
                        size_lots=PPB // 10)
    return venue, events


@FACTS.vector("L4", "deleveraging of pairs at the bankruptcy price, in the engine", f"{CHAIN}, x/clob/keeper")
def l4():
    venue, events = short_against(10_000)
    pair, = venue.of(events, "DELEVERAGED")
    yield exact("short 1 with 54,999 against long 1 with 50,000: the long ends with", 104_999 * MICRO,
                int(venue.wallet(BOB).balance_atoms))
    yield exact("both flat", (0, 0), (int(venue.position(ANN).size_lots), int(venue.position(BOB).size_lots)))
    yield exact("the price", 54_999, int(pair["price_ticks"]))
    venue, events = short_against(1_000, 9_000)
    moved = {int(pair["size_lots"]): abs(int(pair["value_atoms"])) for pair in venue.of(events, "DELEVERAGED")}
    yield rounded("0.1 BTC of it", "5499.9", Fraction(moved[1_000], MICRO))
    quote = rules.liquidation.bankruptcy_quote(-50_000 * MICRO, 800 * MICRO, 5_000 * MICRO, 8_000 * MICRO)
    yield exact("shorts of 1 BTC and 10 ETH at 3,000 with 80,800: BTC closes at", 50_500, -quote // MICRO)
    yield exact("net collateral -1 against one of 0: they overlap", False,
                rules.adl.prices_overlap(1 * MICRO, 0, 5_000 * MICRO, 5_000 * MICRO, 10_000, 10_000))
