"""Figures of regulators' texts and of examples derived from them: caps, multipliers, bans by date, withdrawals."""
from datetime import UTC, datetime
from fractions import Fraction

from steelyard.kernel import load_plain
from steelyard.lab import margin_models
from steelyard.units import PPB
from steelyard.venues.eligibility import Question, load_rulebook

from .form import Facts, exact, rounded

FACTS = Facts("regulation", "Regulation",
              "Rule texts and examples of regulators and of reporters; rows derived from them (D).")
clients = load_plain("rules.clients")
BOOK = load_rulebook()


def decide(jurisdiction, client, product, day, venue="offshore", underlying="crypto"):
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return BOOK.decide(Question(jurisdiction, client, product, venue, moment, underlying))


def exposure(decision):
    """What a deposit of 1 may hold under a decision, as the leverage of its floor."""
    return Fraction(PPB, decision.floor_ppb).limit_denominator(1_000)


def margin(decision, notional, venue_percent):
    """Initial margin of a notional under a decision, of a venue's own rate."""
    return clients.initial_for_class(notional * venue_percent // 100, notional, decision.multiplier_ppb,
                                     decision.floor_ppb)


SG = BOOK.sources["r32"]


@FACTS.vector("R1", "Singapore, contract of S$10,000, exchange margin 40 %, institutional", SG)
def r1():
    yield exact("margin", 4_000, margin(decide("SG", "institutional", "future", "2020-06-01", "licensed"), 10_000, 40))


@FACTS.vector("R2", "the same, retail: one and a half times", SG)
def r2():
    yield exact("margin", 6_000, margin(decide("SG", "retail", "future", "2020-06-01", "licensed"), 10_000, 40))


CAPS = (("major currency pair", 30), ("minor currency pair", 20), ("gold", 20), ("major index", 20),
        ("other commodity", 10), ("minor index", 10), ("share", 5), ("crypto", 2))


def caps(jurisdiction, day):
    for underlying, most in CAPS:
        yield exact(underlying, most, exposure(decide(jurisdiction, "retail", "cfd", day, underlying=underlying)))


@FACTS.vector("R3", "EU, leverage caps of retail contracts for differences; a deposit of EUR 1 in crypto holds EUR 2",
              BOOK.sources["r21"])
def r3():
    yield from caps("DE", "2018-08-01")


@FACTS.vector("R4", "Australia, the same caps", BOOK.sources["r27"])
def r4():
    yield from caps("AU", "2021-03-29")


@FACTS.vector("R5", "Dubai, retail derivative, notional 100", BOOK.sources["r41"])
def r5():
    decision = decide("AE-DU", "retail", "perpetual", "2026-03-31", "licensed")
    yield exact("least initial margin", 20, margin(decision, 100, 5))
    yield exact("most leverage", 5, exposure(decision))


@FACTS.vector("R10", "UK retail client buys a crypto future on 2021-01-05, on 2021-01-06", BOOK.sources["r15"])
def r10():
    yield exact("2021-01-05", True, decide("GB", "retail", "future", "2021-01-05").allowed)
    yield exact("2021-01-06", False, decide("GB", "retail", "future", "2021-01-06").allowed)


@FACTS.vector("R11", "UK retail client buys a crypto exchange-traded note on 2025-10-07, on 2025-10-08",
              BOOK.sources["r17"])
def r11():
    for day, allowed in (("2025-10-07", False), ("2025-10-08", True)):
        yield exact(day, allowed, decide("GB", "retail", "exchange-traded note", day, "licensed").allowed)


def singapore_rate(percent):
    decision = decide("SG", "retail", "perpetual", "2024-01-01", "licensed")
    return Fraction(decision.initial_rate(percent * PPB // 100), PPB // 100)


@FACTS.vector("D1", "Singapore retail, exchange margin 30 %: the floor holds", SG)
def d1():
    yield exact("rate, %", 50, singapore_rate(30))


@FACTS.vector("D2", "Singapore retail, exchange margin 35 %: the multiplier holds", SG)
def d2():
    yield exact("rate, %", Fraction(105, 2), singapore_rate(35))


@FACTS.vector("D7", "CFTC 1.44: net liquidating value 10,000, initial margin 7,000", BOOK.sources["r50"])
def d7():
    yield exact("withdrawal of 3,500", False, clients.withdrawal_leaves_initial(10_000, 7_000, 3_500))
    yield exact("withdrawal of 3,000", True, clients.withdrawal_leaves_initial(10_000, 7_000, 3_000))


# ---------------------------------------------------------------- clearing houses
clearing = load_plain("rules.clearing")


@FACTS.vector("R7", "filtered historical simulation: -2.0 % at a volatility of 10 %, now 20 %",
              "gaodun.com, volatility-weighted historical simulation")
def r7():
    yield rounded("return, %", "-4.0", Fraction(margin_models.filtered_return(-2.0, 10, 20)))


@FACTS.vector("R9", "Bitnomial: 6.5 m above the defaulter's assets", "bitnomial.com, margin methodology 2025-07-17")
def r9():
    loss, fund, assessments = 6_500, 5_000, 1_000
    yield exact("fund, thousands", 5_000, clearing.layer_pays(loss, 0, fund))
    yield exact("assessments", 1_000, clearing.layer_pays(loss, fund, assessments))
    yield exact("tear-up", 500, clearing.layer_pays(loss, fund + assessments, loss))


@FACTS.vector("D5", "stressed weight of a quarter: current 8, stressed 20", "derived from EU 153/2013 Art 28")
def d5():
    yield rounded("margin", "11.0", Fraction(margin_models.stressed_margin(8, 20)))


@FACTS.vector("D6", "margins of 10, 12, 9, 30, 27", "derived from the measures of the Bank of England")
def d6():
    path = (10, 12, 9, 30, 27)
    yield rounded("peak to trough", "3.33", Fraction(margin_models.peak_to_trough(path)))
    yield rounded("worst step, %", "233", Fraction(margin_models.worst_rise(path) * 100))


@FACTS.vector("D8", "EU 153/2013 Art 26: requirement against collateral of 100", "derived from Art 26")
def d8():
    yield exact("115: call within an hour", True, clearing.is_call_due(115, 100))
    yield exact("108: none", False, clearing.is_call_due(108, 100))
