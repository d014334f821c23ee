"""Published figures of Deribit: standard margin, fees, funding, marks, bands, index, options."""
from datetime import date
from fractions import Fraction

from steelyard.kernel import load_plain
from steelyard.rules import option_margin as options
from steelyard.units import PPB

from .form import Facts, differs, exact, not_modelled, rounded
from .world import ANN, BOB, BUY, Venue, codes, instrument, row, rules

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


# ---------------------------------------------------------------- options: pure rules, none is listed by the engine
CALL, PUT, COIN = options.CALL, options.PUT, 10**12
DEBT = "third-party test of a fork of LEAN, citing the venue's model"


def coins(atoms: int) -> Fraction:
    return Fraction(atoms, COIN)


@FACTS.vector("D10", "short 1 ETH-25AUG23-2100-C, index 1882.4, mark 0.017497423", "position row of 13 Jul 2023")
def d10():
    initial, maintenance = options.short_margins(CALL, 21_000, 18_824, 17_497_423_000, COIN)
    yield rounded("initial margin", "0.117497423", coins(initial))
    yield rounded("maintenance margin", "0.092497423", coins(maintenance))


@FACTS.vector("D12", "portfolio of +0.314538364 perpetual and -0.001187534 BTC-28JUN24, range 16 %",
              f"{OAS}, pme/simulate")
def d12():
    moves = [step * 40_000_000 for step in range(-4, 5)]
    sizes = 314_538_364_000, -1_187_534_000
    perpetual, future = ([options.inverse_scenario(size, move) for move in moves] for size in sizes)
    published = ("-0.0599120693", "-0.0428915951", "-0.0273511621", "-0.0131057652", "0", "0.0120976294",
                 "0.0232991381", "0.0337005390", "0.0433846019")
    for move, figure, gain in zip(moves, published, perpetual):
        yield rounded(f"perpetual at {move // 10_000_000:+d} %", figure, coins(gain))
    worst, roll = options.worst_scenario([perpetual, future]), options.roll_shock(sizes, 10_000_000)
    yield rounded("worst case", "0.05968587238", coins(worst))
    yield rounded("roll shock", "0.00315725898", coins(roll))
    yield rounded("matrix", "0.062843131", coins(worst + roll),
                  "0.06284313098 published; the sum of its own parts ends in 136")
    initial, maintenance = options.matrix_margins(62_843_130_980, 18_212_000, 60_000_000_000, 800_000_000)
    yield rounded("initial margin, of the published matrix", "0.122861343", coins(initial))
    yield rounded("maintenance margin, of the published matrix", "0.050274504784", coins(maintenance))


@FACTS.vector("D15", "old portfolio margin: long 1 BTC future, short 1 BTC perpetual, 0.6 %",
              "public test citing a page")
def d15():
    yield rounded("futures contingency", "0.012", coins(options.roll_shock((COIN, -COIN), 6_000_000)))


@FACTS.vector("D17", "volatility shock of 2017: 40 % for 30 days, 15 days", "archived page of the venue")
def d17():
    yield rounded("shock, %", "56.6", Fraction(options.shocked_volatility(400_000_000, 30, 15), 10_000_000))


@FACTS.vector("D25", "a call of delta 1, mark 0.3, 15 of 30 minutes before delivery", f"{SUP}, article 25944751433757")
def d25():
    delta, net = options.settlement_delta(PPB, 3 * COIN // 10, 900, 1_800, COIN)
    yield exact("delta", 0.5, delta / PPB)
    yield exact("net transaction delta", 0.35, net / PPB)


@FACTS.vector("D28", "fees of combinations", f"{SUP}, article 25944782257949")
def d28():
    yield exact("call spread, legs of 10 and 8", 10, options.combo_fees([10], [8]))
    yield exact("futures, maker -1 and -1 bp, in hundredths", -200, options.futures_combo_fees([-100, -100]))
    yield exact("futures, taker 3 and 3 bp, in hundredths", 450, options.futures_combo_fees([300, 300]))


@FACTS.vector("D29", "long 1 call 100,000 bought at 0.05, delivery 125,000", f"{SUP}, article 25944688327069")
def d29():
    paid = options.payoff(CALL, 100_000, 125_000, COIN)
    yield rounded("payoff", "0.2", coins(paid))
    yield rounded("profit", "0.15", coins(paid) - Fraction(5, 100))


@FACTS.vector("D30", "long 1 put 10,000 bought at 0.05, delivery 5,000", "archived page of the venue")
def d30():
    paid = options.payoff(PUT, 10_000, 5_000, COIN)
    yield rounded("payoff", "1", coins(paid))
    yield rounded("profit", "0.95", coins(paid) - Fraction(5, 100))


@FACTS.vector("D36", "iceberg of 10,000 that shows 1,000, 9,500 filled, in the engine",
              "Deribit changelog, 10 Jun 2025")
def d36():
    venue = Venue("deribit", DAY, "BTC-PERPETUAL", 8_000_000, atoms=10**14)
    venue.send("PLACE_ORDER", account=ANN, instrument=venue.contract.id, side=-BUY, size_lots=10_000,
               display_lots=1_000, price_ticks=160_000, order_type=codes.ORDER_LIMIT, order_id=1)
    venue.order_id = 1
    venue.order(BOB, BUY, 9_500, 160_000)
    shown, = [order for order in venue.state.orders.values() if order.order_id == 1]
    yield exact("shown", 500, int(shown.displayed_lots))
    yield exact("left", 500, int(shown.remaining_lots))


@FACTS.vector("D39", "short options, underlying 10,000, strike 9,000, mark 0.025", DEBT)
def d39():
    for name, kind, published in (("call", CALL, ("0.175", "0.1")), ("put", PUT, ("0.125", "0.1"))):
        initial, maintenance = options.short_margins(kind, 9_000, 10_000, COIN // 40, COIN)
        yield rounded(f"{name}: initial margin", published[0], coins(initial))
        yield rounded(f"{name}: maintenance margin", published[1], coins(maintenance))


@FACTS.vector("D40", "orders to buy, mark worth 250 USD", DEBT)
def d40():
    yield exact("an order of 1", 250, options.order_reserve(0, 10, 250))
    yield exact("long 1 and an order of 0.1", 25, options.order_reserve(10, 1, 250))


@FACTS.vector("D41", "short 1 put (1,250 USD) and orders to buy", DEBT)
def d41():
    initial, _ = options.short_margins(PUT, 9_000, 10_000, 250, 10_000)
    yield exact("an order of 0.1", 1_250, initial + options.order_reserve(-10, 1, 250))
    yield exact("orders of 0.1 and 1.1", 1_300, initial + options.order_reserve(-10, 12, 250))


FACTS.not_modelled("D16", "old option contingency", "public test citing a page",
                   "how strikes within the range are rolled onto one another is not public")
FACTS.not_modelled("D38", "market maker protection", f"{OAS}, set_mmp_config",
                   "quotes that guard themselves are no orders of the engine")
FACTS.not_modelled("D6", "profit since the last settlement", "live answers of 15 Feb 2026",
                   "the size of the position is in a row that was not kept")
FACTS.not_modelled("D35", "requests of a client", "ccxt, static request file",
                   "messages belong to the dialect of the venue")
