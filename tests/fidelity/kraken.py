"""Figures of Kraken Derivatives and Kraken spot margin: examples of its pages, rows of its public interface."""
from datetime import date
from fractions import Fraction

from steelyard.kernel import load_plain
from steelyard.units import DAY, PPB
from steelyard.venues.profile import load_profile
from steelyard.venues.spot_margin import load_spot_margin

from .form import Facts, exact, inconsistent, not_modelled, rounded
from .world import ANN, BOB, BUY, CAT, SELL, Venue, groups, instrument, row, rules

FACTS = Facts("kraken", "Kraken Derivatives and spot margin", "Examples of its pages and rows of its public interface.")
EPP = "support.kraken.com, equity protection process"
FUNDING = "support.kraken.com, perpetual funding"
ROWS = "rows of historical funding rates"
GCT = "gocryptotrader, Kraken fixtures of 2026-10-08 and 2026-10-09"
SPOT = "support.kraken.com, spot margin"
LATEST, EARLY = date(2026, 10, 9), date(2021, 1, 1)
USD, XBT = 10**8, 10**12
spot = load_plain("rules.spot_margin")


def micro(symbol, index, rate_ppb):
    """Funding of one long lot at a rate set at an index in dollars, in millionths of an atom."""
    made = instrument("kraken", LATEST, symbol)
    units = load_profile("kraken", LATEST).instrument(symbol).mark_units(index)
    return rules.funding.increment_micro(rules.contract.unit_value(made.terms, units), rate_ppb)


@FACTS.vector("K01", "PI_XBTUSD long 1,000 @ 8,000 with .01 BTC", EPP)
def k01():
    venue = Venue("kraken", EARLY, "PI_XBTUSD", 800_000, atoms=XBT)
    venue.trade(ANN, BUY, 1_000, 16_000)
    venue.send("WITHDRAW", account=ANN, asset=1, amount_atoms=venue.wallet().balance_atoms - XBT // 100)
    yield rounded("value, BTC", "0.125", Fraction(abs(venue.position().entry_value_atoms), XBT))
    yield rounded("initial margin", "0.0025", Fraction(venue.wallet().initial_requirement_atoms, XBT))
    yield rounded("maintenance margin", "0.00125", Fraction(venue.maintenance(), XBT))
    wallet = venue.position().wallet
    slack = groups.group_equity(venue.state, wallet, 0) - groups.group_maintenance(venue.state, wallet, 0)
    units = load_plain("rules.requirement").liquidation_units(venue.row, venue.position(), slack)
    yield rounded("liquidated at a mark of", "7481", Fraction(units, 100))
    value = rules.liquidation.takeover_value(-XBT // 8, XBT // 100)
    zero = rules.liquidation.units_at_value(venue.row.terms, 1_000, value)
    yield rounded("limit of the closing order", "7407", Fraction(zero, 100),
                  "7,407.41 exactly, 7,407.5 on the order grid, up for who sells")


@FACTS.vector("K02a", "premium of 10 on 7,000, coefficient 8", FUNDING)
def k02a():
    premium = rules.funding.premium_of_price(701_000, 700_000)
    rate = rules.funding.divided_premium(premium, 1, 8)
    coins = Fraction(rules.funding.funding_cash(-100_000, micro("PI_XBTUSD", "7000", rate)), XBT)
    yield rounded("premium, %", "0.142857", Fraction(premium, 10**7))
    yield rounded("rate, % an hour", "0.017857", Fraction(rate, 10**7), "published with one place more than a ppb has")
    yield rounded("short of 100,000 earns, BTC", "0.002551", coins)
    yield rounded("in dollars", "17.857", coins * 7_000)


@FACTS.vector("K02b", "the same, coefficient 24", FUNDING)
def k02b():
    premium = rules.funding.premium_of_price(701_000, 700_000)
    yield rounded("rate, % an hour", "0.005952", Fraction(rules.funding.divided_premium(premium, 1, 24), 10**7),
                  "published as .00595238, finer than a ppb")


@FACTS.vector("K02d", ".05 % at an index of 7,000, inverse", FUNDING)
def k02d():
    amount = micro("PI_XBTUSD", "7000", 500_000)
    yield rounded("BTC per contract and hour", "0.00000007142857", Fraction(amount, XBT * 10**6))
    yield rounded("short of 125,000 earns an hour", "0.00892857",
                  Fraction(rules.funding.funding_cash(-125_000, amount), XBT))


def linear_row(id: str, absolute: str, relative: str, index: str, source: str):
    """A published pair of absolute and relative rate: their index, and the amount per coin from it."""
    def compute():
        yield rounded("index of both", index, Fraction(absolute) / Fraction(relative))
        rate = round(Fraction(relative) * PPB)
        per_coin = Fraction(micro("PF_XBTUSD", index, rate) * 10_000, USD * 10**6)
        yield rounded("amount per coin, at the rate in whole ppb", f"{float(absolute):.3f}", per_coin)
    FACTS.vector(id, f"absolute {absolute[:10]}, relative {relative[:14]}", source)(compute)


linear_row("K03a", "0.858943191939791995", "0.000020164637711864", "42596.51", ROWS)
linear_row("K03b", "-0.084584032794196903", "-0.000001999193855932", "42309.07", ROWS)
linear_row("K04a", "1.4840707878906", "0.000018166270833333", "81693.75", GCT)
linear_row("K04d", "1.30091458365", "0.000015901875", "81808.88", GCT)
linear_row("K04e", "0.912482213835", "0.00001089345", "83764.30", "ticker of 2026-09-25")
linear_row("K04f", "1.3285114808978307", "0.000011795815277778", "112625.66", "hourly row of September 2025")


@FACTS.vector("K04g", "PI_XBTUSD, prediction: 1.343640021e-9 per contract at .00010987885", GCT)
def k04g():
    yield rounded("index of both", "81777.00", Fraction("0.00010987885") / Fraction("0.000000001343640021"))


@FACTS.vector("K06", "PF_XRPUSD, a booking of .0116", "row of an account log")
def k06():
    yield rounded("balance after", "1068.0355", Fraction("1068.0239") + Fraction("0.0116"))


@FACTS.vector("K07", "PF_DOGEUSD 100 @ .070914, taker", "row of fills")
def k07():
    doge = instrument("kraken", date(2024, 1, 1), "PF_DOGEUSD").terms
    fee = rules.fees.fee(100 * rules.contract.unit_value(doge, 70_914), doge.taker_fee_ppb)
    yield exact("fee cut to 4 places", 35, fee // 10**4)


@FACTS.vector("K08", "250 DOGE .08085 to .08105", "row of fills")
def k08():
    doge = instrument("kraken", LATEST, "PF_DOGEUSD").terms
    bought, sold = (250 * rules.contract.unit_value(doge, units) for units in (80_850, 81_050))
    yield rounded("fee", "0.01013125", Fraction(rules.fees.fee(sold, doge.taker_fee_ppb), USD))
    yield rounded("profit", "0.05", Fraction(sold - bought, USD))


@FACTS.vector("K09", "market order at 66,596 with protection of 1 %", "support.kraken.com, order types")
def k09():
    made = instrument("kraken", LATEST, "PF_XBTUSD").terms
    units = 6_659_600 * (PPB + made.market_collar_ppb) // PPB
    yield exact("limit on a grid of 1", 67_261, units // made.mark_units_per_tick,
                "67,261.96 floored; the reference is taken to be the fill")


@FACTS.vector("K10", "premium cap of a dated future, 87 days to expiry, index 35,000",
              "Kraken MTF contract specifications")
def k10():
    family = load_profile("kraken", LATEST).instrument("FF_XBTUSD_261225")
    made = row("INSTRUMENT").terms
    for name, value in family.terms.items():
        setattr(made, name, value)
    band = rules.mark.band_to_expiry(made, 87 * DAY)
    yield rounded("cap, %", "8.818", Fraction(band, 10**7))
    low, high = (rules.mark.within_band(units, 3_500_000, band) for units in (1, 10**7))
    yield rounded("lowest mark", "31914", Fraction(low, 100), "31,913 on the page, which takes the cap as 8.82 %")
    yield rounded("highest mark", "38086", Fraction(high, 100), "38,087 on the page, for the same reason")


@FACTS.vector("K11", "PI long 1,760,000 liquidated: book and assignment", "support.kraken.com, position assignment")
def k11():
    yield exact("book and assigned together", 1_760_000, 1_007_379 + 752_621,
                "traded by the engine in tests/venues/test_kraken_engine.py")


@FACTS.vector("K13", "100,000 USD at 50,000 are 2 BTC; fees of .04 and .015 %", "support.kraken.com, fee text")
def k13():
    how = "The page's own rates give a tenth of what it prints."
    yield inconsistent("taker, BTC", "0.008", "0.0008", how)
    yield exact("taker, BTC, by its rate", 8 * XBT // 10**4, rules.fees.fee(2 * XBT, 400_000))
    yield exact("maker, BTC, by its rate", 3 * XBT // 10**4, rules.fees.fee(2 * XBT, 150_000))


# ---------------------------------------------------------------- spot margin
def borrowed(cash: int, side: int, lots: int, dollars: int, leverage: int):
    """A position of the running venue of spot margin without fees: its used margin, level in ppb, whether it is called.
    """
    venue = Venue("kraken-margin", date(2022, 1, 1), "XBTUSD", dollars * 100, cash * USD, taker_fee_ppb=0,
                  maker_fee_ppb=0, loan_opening_long_ppb=0, loan_opening_short_ppb=0)
    for account in (BOB, CAT):
        venue.send("DEPOSIT", account=account, asset=1, amount_atoms=10**7 * USD)
    venue.settings(ANN, False, leverage)
    venue.trade(ANN, side, lots, dollars * 10)

    def at(cents: int):
        events = venue.mark(cents)
        row, wallet = venue.position(), venue.position().wallet
        used = groups.own_requirement(venue.row, row, row.tier)
        return used, spot.level_ppb(groups.group_equity(venue.state, wallet, 0), used), len(
            venue.of(events, "MARGIN_CALLED"))
    return at


@FACTS.vector("K14", "5,000 USD, short 10,000 USD of BTC @ 50,000, 5x", SPOT)
def k14():
    reserved = spot.used_margin(USD // 5, 5)
    yield exact("margin, hundredths of a coin", 4, reserved * 100 // USD)
    yield exact("level, %", 250, spot.level_ppb(5_000 * USD, reserved * 50_000) // 10**7)
    used, level, _called = borrowed(5_000, SELL, 2_000, 50_000, 5)(5_000_000)
    yield exact("margin in the engine, USD", 2_000, used // USD)
    yield exact("level in the engine, %", 250, level // 10**7)


@FACTS.vector("K16", "the same at 2x, then 54,500", SPOT)
def k16():
    reserved = spot.used_margin(USD // 5, 2)
    yield exact("level, %", 100, spot.level_ppb(5_000 * USD, reserved * 50_000) // 10**7)
    level = spot.level_ppb(4_100 * USD, reserved * 54_500)
    yield rounded("level at 54,500, %", "75.2", Fraction(level, 10**7))
    used, level, called = borrowed(5_000, SELL, 2_000, 50_000, 2)(5_450_000)
    yield exact("margin in the engine at 54,500, USD", 5_450, used // USD)
    yield rounded("level in the engine at 54,500, %", "75.2", Fraction(level, 10**7))
    yield exact("margin calls", 1, called)


@FACTS.vector("K17", "10,000 USD, long 1.5 BTC @ 30,000, 5x, at 28,133.3", SPOT)
def k17():
    used = spot.used_margin(45_000 * USD, 5)
    equity = spot.equity(10_000 * USD, -280_005 * USD // 100)
    yield exact("used", 9_000, used // USD)
    yield rounded("equity", "7199.95", Fraction(equity, USD))
    yield rounded("level, %", "79.999", Fraction(spot.level_ppb(equity, used), 10**7))
    levels = load_spot_margin("kraken", LATEST)
    yield exact("a margin call", spot.CALLED,
                spot.standing(spot.level_ppb(equity, used), levels.call_ppb, levels.stop_ppb))
    used, level, called = borrowed(10_000, BUY, 15_000, 30_000, 5)(2_813_330)
    yield exact("used in the engine", 9_000, used // USD)
    yield rounded("level in the engine, %", "79.999", Fraction(level, 10**7))
    yield exact("margin calls in the engine", 1, called)


@FACTS.vector("K19", "5,000 USD, 15,000 long at 5x", SPOT)
def k19():
    used = spot.used_margin(15_000, 5)
    yield exact("used", 3_000, used)
    yield exact("free", 2_000, spot.free_margin(5_000, used))


@FACTS.vector("K20", "10,000 USD, 1 BTC @ 45,000, reference 50,000", SPOT)
def k20():
    yield exact("equity", 15_000, spot.equity(10_000, 50_000 - 45_000))


@FACTS.vector("K21", "trade balance 392.2264, profit -10.0232, used 7.0354", "row of TradeBalance")
def k21():
    equity = spot.equity(3_922_264, -100_232)
    yield rounded("e", "382.2032", Fraction(equity, 10**4))
    yield rounded("mf", "375.1678", Fraction(spot.free_margin(equity, 70_354), 10**4))
    yield rounded("ml", "5432.57", Fraction(spot.level_ppb(equity, 70_354), 10**7))


FACTS.not_modelled("K23", "a batch of ten orders costs 19", "docs.kraken.com, rate limits",
                   "Request budgets belong to a dialect of the service, which is not written.")


@FACTS.vector("K24", "notional of .0001 @ 81,777 and .0154 @ 81,782", GCT)
def k24():
    made = instrument("kraken", LATEST, "PF_XBTUSD").terms
    yield rounded("first", "8.1777", Fraction(rules.contract.unit_value(made, 8_177_700), USD))
    yield rounded("second", "1259.4428", Fraction(154 * rules.contract.unit_value(made, 8_178_200), USD))


FACTS.not_modelled("K25", "forward of a put from mark and extrinsic value", GCT,
                   "Options of this venue are not in the profile: their margin rule is not public.")
FACTS.not_modelled("K26", "Black-76 price of the same put", GCT,
                   "Option prices are a matter of pricing, not of a venue's rules here.")


@FACTS.vector("K30", "live marks within 1 % of their index", GCT)
def k30():
    made = instrument("kraken", LATEST, "PF_XBTUSD").terms
    for index, mark in ((8_399_576, 8_400_411), (8_177_017, 8_178_043)):
        yield exact(f"mark at an index of {index / 100:,.2f}", mark,
                    rules.mark.within_band(mark, index, made.mark_index_band_ppb))
    yield not_modelled("digits of the mark beyond a cent", "Marks are kept in cents here, the venue prints more.")
