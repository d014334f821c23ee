"""Published figures of Deribit: standard margin, fees, funding, marks, bands, index. Options and portfolio margin are
listed as not modelled."""
from datetime import date
from fractions import Fraction

from steelyard.kernel import load_plain
from steelyard.units import PPB

from .form import Facts, differs, exact, not_modelled, rounded
from .world import ANN, BUY, Venue, instrument, row, rules

FACTS = Facts("deribit", "Deribit", "Help pages, API examples, live rows in public clients.")
accrual, orders = load_plain("engine.accrual"), load_plain("engine.orders")
DAY = date(2023, 10, 2)
SUP, OAS = "support.deribit.com", "Deribit OpenAPI 2.1.1"


def margins(symbol: str, lots: int, price: str, **terms):
    """(initial, maintenance) of a position at a mark, in whole coins."""
    from steelyard.venues.profile import load_profile
    one, profile = instrument("deribit", DAY, symbol), load_profile("deribit", DAY)
    contract = profile.instrument(symbol)
    for name, value in terms.items():
        setattr(one.terms, name, value)
    one.mark_price_units = contract.mark_units(price)
    one.mark_unit_value_atoms = rules.contract.unit_value(one.terms, one.mark_price_units)
    value, coin = abs(lots * one.mark_unit_value_atoms), 10 ** contract.grid.settlement.decimals
    position = row("POSITION", size_lots=lots)
    return (Fraction(value, coin), Fraction(rules.margin.initial_margin(one, 0, value, position), coin),
            Fraction(rules.margin.maintenance_margin(one, 0, value, lots), coin))


@FACTS.vector("D1", "BTC_USDC-PERPETUAL 25 BTC at 100,000", f"{SUP}, article 25944738177565")
def d1():
    _value, initial, maintenance = margins("BTC_USDC-PERPETUAL", 25_000, "100000")
    yield rounded("initial margin, USDC", "53125", initial)
    yield rounded("maintenance margin, USDC", "28125", maintenance)


@FACTS.vector("D3", "SOL_USDC-PERPETUAL at 200", f"{SUP}, article 25944738177565")
def d3():
    for lots, published in ((250, ("200.625", "100.625")), (60_000, ("84000", "60000"))):
        _value, initial, maintenance = margins("SOL_USDC-PERPETUAL", lots, "200")
        yield rounded(f"{lots // 10} SOL: initial margin", published[0], initial)
        if lots == 250:
            yield rounded("25 SOL: maintenance margin", published[1], maintenance)


@FACTS.vector("D4", "BTC_USDT-PERPETUAL 0.003 at 40823.7167", "ccxt PR 20880, live row")
def d4():
    _value, initial, maintenance = margins("BTC_USDT-PERPETUAL", 3, "40823.7167")
    yield differs("initial margin", "2.449441373", f"{float(initial):.8f}",
                  "eight places, rounded up to what must be held")
    yield differs("maintenance margin", "1.224729872", f"{float(maintenance):.8f}", "eight places, rounded up as above")


@FACTS.vector("D7", "BTC-PERPETUAL 50 USD, average 7440.18, mark 7476.65, 2.95 and 2.15 %", f"{OAS}, get_positions")
def d7():
    size, initial, maintenance = margins("BTC-PERPETUAL", 5, "7476.65", linear_initial_ppb=29_500_000,
                                         linear_maintenance_ppb=21_500_000)
    terms = instrument("deribit", DAY, "BTC-PERPETUAL").terms
    profit = 5 * (rules.contract.unit_value(terms, 747_665) - rules.contract.unit_value(terms, 744_018))
    yield rounded("size, BTC", "0.006687487", size)
    yield rounded("initial margin", "0.000197283", initial)
    yield rounded("maintenance margin", "0.000143783", maintenance)
    yield rounded("profit", "0.000032781", Fraction(profit, 10**10))


@FACTS.vector("D26", "fees in coin", f"{SUP}, article 25944746248989")
def d26():
    for symbol, lots, price, rate, published in (
            ("BTC-PERPETUAL", 1_000, 10_000_000, 500_000, "0.00005"),
            ("BTC-PERPETUAL", 1_000, 10_000_000, -100_000, "-0.00001"),
            ("BTC-PERPETUAL", 5_000, 10_000_000, 500_000, "0.00025"),
            ("ETH-PERPETUAL", 20_000, 400_000, 500_000, "0.0025")):
        value = abs(lots * rules.contract.unit_value(instrument("deribit", DAY, symbol).terms, price))
        yield rounded(f"{symbol} {lots} contracts at {price // 100:,}, {rate / 10_000_000:g} %", published,
                      Fraction(rules.fees.fee(value, rate), 10**10))


@FACTS.vector("D37", "long 80,000 USD at 80,000 with 0.1 BTC, 1 % + 0.005 % per BTC", "formula of a public test")
def d37():
    venue = Venue("deribit", DAY, "BTC-PERPETUAL", 8_000_000, atoms=10**12)
    venue.trade(ANN, BUY, 8_000, 160_000)
    venue.send("WITHDRAW", account=ANN, asset=1, amount_atoms=venue.wallet().balance_atoms - 10**9)
    units = 7_350_000
    while not venue.of(venue.mark(units), "LIQUIDATION_STARTED"):
        units -= 10
    yield rounded("first mark, a dime apart, that liquidates", "73458.5", Fraction(units, 100),
                  "published as about 73,458.5; a lot's value is rounded to a ten billionth of a coin")


@FACTS.vector("D18", "funding with a dead zone of 0.05 %, mark 3931.97, index 3910.46", f"{OAS}, order book example")
def d18():
    yield rounded("rate of eight hours", "0.00500063", rate(393_197, 391_046))


@FACTS.vector("D20", "mark 87102.01, index 87047.2", "ccxt, sample of the test network, 20 Nov 2025")
def d20():
    yield rounded("rate of eight hours", "0.00012966", rate(8_710_201, 8_704_720))


@FACTS.vector("D21", "mark 92281.78, index 92263.55", "nautilus_trader, ticker of 12 Dec 2025")
def d21():
    yield exact("rate of eight hours", 0, int(rate(9_228_178, 9_226_355) * PPB))


def rate(mark: int, index: int) -> Fraction:
    """The rate that accrues at a mark and an index under the profile."""
    one = instrument("deribit", DAY, "BTC-PERPETUAL")
    one.mark_price_units, one.index_price_units = mark, index
    return Fraction(accrual.accrual_rate(one), PPB)


@FACTS.vector("D22", "band of order prices, mark 92281.78", "nautilus_trader, ticker of 12 Dec 2025")
def d22():
    one = instrument("deribit", DAY, "BTC-PERPETUAL")
    one.mark_price_units = 9_228_178
    yield rounded("lowest", "90897.5", Fraction(orders.within_price_band(one, -1, 2), 2))
    yield rounded("highest", "93666.5", Fraction(orders.within_price_band(one, 1, 4_000_000), 2))


@FACTS.vector("D24", "index of 100 (25 %), 101 (50 %), 120 (25 %), clamp 0.5 %", f"{SUP}, article 25944739377309")
def d24():
    index = row("INDEX", clamp_ppb=PPB // 200)
    for number, (weight, price) in enumerate(((PPB // 4, 100_000), (PPB // 2, 101_000), (PPB // 4, 120_000))):
        source = index.sources[number]
        source.weight_ppb, source.price_units, source.state = weight, price, 1
    yield rounded("median", "101", Fraction(rules.index.median_price(index), 1_000))
    yield rounded("clamped from below", "100.495", Fraction(rules.index.clamped(100_000, 101_000, PPB // 200), 1_000))
    yield rounded("clamped from above", "101.505", Fraction(rules.index.clamped(120_000, 101_000, PPB // 200), 1_000))
    yield rounded("index", "101.0", Fraction(rules.index.weighted_price(index), 1_000))


@FACTS.vector("D32", "PAXG future, 10 at 3,000, settled at 4,000", f"{SUP}, article 25954404865949")
def d32():
    terms = instrument("deribit", DAY, "SOL_USDC-PERPETUAL").terms
    lots = 10 * 10                                                # tenths of a coin, as every linear contract here
    gain = lots * (rules.contract.unit_value(terms, 40_000_000) - rules.contract.unit_value(terms, 30_000_000))
    yield rounded("profit, USDC", "10000", Fraction(gain, 10**8))
    yield not_modelled("the contract itself", "the profile lists no future on gold; its size is not known", "")


OPTIONS = "options and portfolio margin are not part of the engine yet"
for _id, _what in (("D10", "standard margin of a short call"), ("D12", "portfolio margin of two contracts"),
                   ("D15", "old portfolio margin"), ("D16", "old option contingency"),
                   ("D17", "volatility shock of 2017"),
                   ("D25", "delta decay before expiry"), ("D29", "payoff of a call"), ("D30", "payoff of a put"),
                   ("D38", "market maker protection"), ("D39", "margin of short options"),
                   ("D40", "reserve of an option order"), ("D41", "order that reduces a short put")):
    FACTS.not_modelled(_id, _what, "Deribit help pages, live rows and public tests", OPTIONS)
FACTS.not_modelled("D6", "profit since the last settlement", "live answers of 15 Feb 2026",
                   "the size of the position is in a row that was not kept")
FACTS.not_modelled("D28", "fees of combos", f"{SUP}, article 25944782257949", "combos are no instruments of the engine")
FACTS.not_modelled("D35", "requests of a client", "ccxt, static request file",
                   "messages belong to the dialect of the venue")
FACTS.not_modelled("D36", "what an iceberg shows", "Deribit changelog, 10 Jun 2025",
                   "the engine refreshes the whole shown size; a venue's own refresh belongs to its dialect")
