"""Published figures of CME: SPAN arrays and spreads, initial margin, contracts, settlement, the waterfall.

C1 … C28 are published, D1 … D6 follow from published formulas; the numbers are those of the study.
"""

from datetime import date
from decimal import Decimal

from steelyard.kernel import load_plain
from steelyard.rules import daily_settlement, reference_rate, span, waterfall
from steelyard.units import HOUR, PPB
from steelyard.venues.profile import load_profile

from .form import Facts, differs, exact, not_modelled
from .world import ANN, BOB, BUY, SELL, Venue, codes

FACTS = Facts(
    "cme", "CME", "Advisories, course texts, margin tables and a textbook; D1 to D6 follow from published formulas."
)
margin, contract = load_plain("rules.margin"), load_plain("rules.contract")
records = load_plain("engine.records")
HRP, USD = 1_100_000_000, 1_000_000
SPREAD = "CME, margins: spread calculation page"


def lot_value(symbol: str, price: str, day: date | None = None) -> Decimal:
    """Dollars of one contract at a price, by the profile and the engine's rule."""
    instrument = load_profile("cme", day).instrument(symbol)
    row = records._plain_maker(records.INSTRUMENT)()
    for name, value in instrument.terms.items():
        setattr(row.terms, name, value)
    return Decimal(contract.unit_value(row.terms, instrument.mark_units(price))) / USD


def initials(amounts, factor_ppb: int = HRP) -> list[int]:
    """Initial margin of maintenance amounts in whole dollars."""
    return [margin.initial_of_maintenance(amount * USD, factor_ppb, USD) // USD for amount in amounts]


# ---------------------------------------------------------------- SPAN
@FACTS.vector(
    "C1", "one long future, maintenance 10,000, extreme 7,000", "McMillan, Options as a Strategic Investment, ch. 34"
)
def c1():
    array = span.future_array(10_000, 1, extreme=1, cover_ppb=700_000_000)
    yield exact("requirement", 10_000, span.scan_risk(array))
    yield exact(
        "gain in scenarios 11 to 16", [10_000, 10_000, -10_000, -10_000, 7_000, -7_000], [-loss for loss in array[10:]]
    )
    yield differs(
        "gain in scenarios 3 to 10",
        [3_330, 3_330, -3_330, -3_330, 6_670, 6_670, -6_670, -6_670],
        [-loss for loss in array[2:10]],
        "The book rounds thirds to tens; we round to whole dollars.",
    )


@FACTS.vector("C2", "array of a long call", "McMillan, ch. 34")
def c2():
    yield not_modelled("requirement", "Options come with portfolio margin; CME options are not in the profile.")


@FACTS.vector("C4", "the same call, short", "derived from McMillan, ch. 34")
def c4():
    yield not_modelled("scan risk", "Options come with portfolio margin; CME options are not in the profile.")


def spread_row(number: int) -> Decimal:
    """Long 2 of 3,100 against short 3 of 1,600 in one scenario at a credit of 70 %."""
    one, other = span.future_array(3_100, 2)[number - 1], span.future_array(1_600, -3)[number - 1]
    return Decimal(span.scenario_with_credit(one, other, 700_000_000)) / PPB


for _id, _scenario, _published in (
    ("C5", 3, "152.80"),
    ("C6", 5, "946.70"),
    ("C7", 7, "307.20"),
    ("C8", 9, "1893.30"),
    ("C9", 11, "460.00"),
    ("C11", 15, "455.40"),
):

    @FACTS.vector(_id, f"scanning-based spread, 2 x 3,100 against 3 x 1,600 at 70 %, scenario {_scenario}", SPREAD)
    def spread(scenario=_scenario, published=_published):
        yield exact("loss", Decimal(published), spread_row(scenario))


@FACTS.vector("C13", "extreme scenario: 33 % of three scan ranges", SPREAD)
def c13():
    yield exact("long 2 of 3,100", 6_138, span.future_array(3_100, 2)[15])
    yield exact("short 3 of 1,600", 4_752, span.future_array(1_600, -3)[14])


@FACTS.vector("C14", "inter-commodity credit of 55 % on 2 x 1,750 and 2,500", SPREAD)
def c14():
    outright = span.scan_risk(span.future_array(1_750, 2)) + span.scan_risk(span.future_array(2_500, 1))
    yield exact("outright", 6_000, outright)
    yield exact("margin", 2_700, span.credited(outright, 550_000_000))
    yield exact("credit", 3_300, outright - span.credited(outright, 550_000_000))


@FACTS.vector("C28", "Eurodollar: price scan range of a maintenance of 700", "CME, SPAN wiki: risk arrays")
def c28():
    yield exact("price scan range", 700, span.scan_risk(span.future_array(700, 1)))


# ---------------------------------------------------------------- amounts per contract
@FACTS.vector("C15", "initial of heightened-risk accounts", "CME advisory 16-247")
def c15():
    amounts = (3450, 2250, 4000, 2500, 16250, 17750, 6500, 7100, 3000, 3300, 2200, 2400, 5700, 6200)
    yield exact(
        "initial",
        [3795, 2475, 4400, 2750, 17875, 19525, 7150, 7810, 3300, 3630, 2420, 2640, 6270, 6820],
        initials(amounts),
    )
    yield exact("initial of hedgers", list(amounts), initials(amounts, PPB))


@FACTS.vector("C16", "initial of heightened-risk accounts, 2023", "CME advisory 23-376")
def c16():
    yield exact("initial", [8800, 9240, 18480, 19470], initials((8000, 8400, 16800, 17700)))


@FACTS.vector("C17", "initial of heightened-risk accounts, 2017 to 2020", "CME advisories 17-134, 19-338, 20-247")
def c17():
    yield exact("initial", [1760, 1485, 4950, 5170, 1540], initials((1600, 1350, 4500, 4700, 1400)))


@FACTS.vector("C18", "initial of BTC, MBT and MET rows, in whole dollars", "LEAN repository, CME margin history")
def c18():
    yield exact(
        "initial", [45172, 43245, 40561, 8310, 244, 148, 112], initials((41065, 39313, 36873, 7554, 221, 134, 101))
    )


@FACTS.vector(
    "C19",
    "BTC maintenance of the first ten business days is 43 % of five coins, up to a dollar",
    "LEAN repository, CME margin history; 43 %: Fox Business, Dec 2017",
)
def c19():
    days = [date(2017, 12, day) for day in (18, 19, 20, 21, 22, 26, 27, 28, 29)] + [date(2018, 1, 2)]
    settled = (19100, 18285, 17150, 15450, 14250, 15940, 14805, 13865, 14490, 14935)
    held = [load_profile("cme", day).instrument("BTC").terms["fixed_maintenance_atoms"] // USD for day in days]
    published = [41065, 39313, 36873, 33218, 30638, 34271, 31831, 29810, 31154, 32111]
    yield exact("amount of the profile", published, held)
    yield exact(
        "ceil(43 % x 5 x settlement)",
        published,
        [margin.initial_of_maintenance(price * USD, 2_150_000_000, USD) // USD for price in settled],
    )


# ---------------------------------------------------------------- contracts
@FACTS.vector("C20", "one tick of one contract", "CME contract specifications")
def c20():
    for symbol, tick, worth in (("BTC", "5", "25"), ("MBT", "5", "0.50"), ("ETH", "0.5", "25"), ("MET", "0.5", "0.05")):
        assert load_profile("cme").instrument(symbol).price_ticks(tick) == 1
        yield exact(symbol, Decimal(worth), lot_value(symbol, tick))


@FACTS.vector("C21", "one MET at 4,000", "CME course, Micro Ether futures")
def c21():
    yield exact("notional", 400, int(lot_value("MET", "4000")))


@FACTS.vector("C22", "one MBT at 40,000", "CME course, micro options")
def c22():
    yield exact("notional", 4_000, int(lot_value("MBT", "40000")))
    yield not_modelled("premium of 100 points", "Options of CME are not in the profile.")


@FACTS.vector("C23", "one MET at 3,000", "CME course, micro options")
def c23():
    yield exact("notional", 300, int(lot_value("MET", "3000")))
    yield not_modelled("premium of 10 points", "Options of CME are not in the profile.")


@FACTS.vector("C24", "spot-quoted futures on 2025-03-31", "Edge Clear, spot-quoted futures, June 2025")
def c24():
    yield exact("QBTC at 85,000", 850, int(lot_value("QBTC", "85000")))
    yield exact("QETH at 2,000", 400, int(lot_value("QETH", "2000")))


@FACTS.vector("C25", "sell 10, market with protection of 600 points, best bid 90,000",
              "CME order types page, several revisions")
def c25():
    venue = Venue("cme", date(2024, 1, 2), "BTC", 9_000_000, 10**16)
    price = venue.contract.price_ticks
    for bid, lots in (("90000", 2), ("89900", 3), ("89650", 3), ("89300", 5)):
        venue.order(ANN, BUY, lots, price(bid))
    events = venue.order(BOB, SELL, 10, 0, "MARKET_PROTECTED")
    traded = [event for event in events if event["kind"] == codes.TRADED]
    rested = [event for event in events if event["kind"] == codes.ORDER_RESTED]
    yield exact("fills", [2, 3, 3], [int(event["size_lots"]) for event in traded])
    yield exact("the rest is offered at", 89_400, int(venue.contract.price_text(int(rested[0]["price_ticks"]))))
    yield exact("contracts offered", 2, int(rested[0]["size_lots"]))


@FACTS.vector("C27", "assessments of a fund of 6,154,113,094 at 275 %", "CME safeguards, figures of 30 Sep 2023")
def c27():
    yield exact("cap", 16_923_811_009, waterfall.assessment_cap(6_154_113_094, 2_750_000_000))


# ---------------------------------------------------------------- derived from published formulas
@FACTS.vector("D1", "carry: 60,000, 30 days, 4 %", "derived from the settlement page")
def d1():
    yield exact("settlement in cents", 60_197_26, daily_settlement.carry(60_000_00, 30, 40_000_000))
    yield exact(
        "on the tick of 5", 60_195_00, daily_settlement.lead_settlement([], 0, 0, 60_000_00, 30, 40_000_000, 5_00, 0)
    )


@FACTS.vector("D2", "weighted median of 1 @ 100, 3 @ 101, 2 @ 105", "derived from the reference-rate methodology")
def d2():
    yield exact("median", 101, reference_rate.weighted_median([(100, 1), (101, 3), (105, 2)]))


@FACTS.vector(
    "D3", "reference rate of eleven medians of 101 and one other", "derived from the reference-rate methodology"
)
def d3():
    for last, published in ((113, "102.00"), (200, "109.25")):
        trades = [(number * (HOUR // 12), 101_00, 1) for number in range(11)] + [(HOUR - 1, last * 100, 1)]
        yield exact(
            f"the other {last}", Decimal(published), Decimal(reference_rate.reference_rate(trades, 0, HOUR)) / 100
        )


@FACTS.vector("D5", "array of a long call on a future of a tenth of a bitcoin", "derived, Black-76")
def d5():
    yield not_modelled("sixteen losses", "Options come with portfolio margin; CME options are not in the profile.")


@FACTS.vector("D6", "array of the future itself, scan range 40 % of 60,000", "derived")
def d6():
    yield exact(
        "sixteen losses",
        [0, 0, -800, -800, 800, 800, -1600, -1600, 1600, 1600, -2400, -2400, 2400, 2400, -2376, 2376],
        span.future_array(2_400, 1),
    )
