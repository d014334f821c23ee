"""Published figures of the dYdX v4 code: margin by open interest, bankruptcy, fillable price, fund, funding."""
from datetime import date
from fractions import Fraction

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


OTHERS = (("M1", "Vega cross margin"), ("M2", "Vega margin with orders"), ("M3", "Vega isolated margin"),
          ("M4", "log-normal risk factors"), ("M5", "Vega perpetual margin"), ("M8", "Synthetix account"),
          ("M9", "Lyra margin of an option"), ("L5", "Drift size of a liquidation"), ("L7", "Vega loss sharing"),
          ("L8", "Vega warehouse account"), ("L9", "Hyperliquid liquidation price"), ("L10", "GMX price impact"),
          ("F3", "Synthetix funding velocity"))
for _id, _what in OTHERS:
    FACTS.not_modelled(_id, _what, "study of on-chain venues",
                       "another protocol; no profile of it is part of this tree")


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
