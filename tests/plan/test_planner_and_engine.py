"""Planner = engine: what is planned for random positions under every profile is what the running engine then does."""
from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pytest
from plan_world import EVERY_VENUE, OTHER_SIDE, START, TRADER, Venue, cash, codes, mark_text, price, size

from steelyard import plan
from steelyard.kernel import load_plain
from steelyard.plan import flow, market, questions, standing, trade
from steelyard.plan.errors import read
from steelyard.units import HOUR, SECOND, from_steps
from steelyard.venues.profile import load_profile

ROUNDS = 30
PRICES = {"BTC": 60_000, "XBT": 60_000, "ETH": 3_000, "LTC": 80, "ADA": 0.4, "XRP": 1, "DOGE": 0.15}
FUNDED = [name for name in EVERY_VENUE
          if any(one.terms["funding_interval_ns"] for one in load_profile(name).instruments)]

FIRST_BLOW = {"LIQUIDATION_STARTED", "MARGIN_CALLED"}
"""What comes when equity meets maintenance: where a venue gives time, the call (CALL-001)."""


def around(instrument, chance):
    """A price an instrument could trade at, in ticks."""
    base = PRICES.get(instrument.grid.base, 50)
    terms = instrument.terms
    ticks = int(base * chance.uniform(0.5, 1.5) / float(instrument.grid.tick))
    return max(terms["price_ticks_min"] + 10, min(ticks, terms["price_ticks_max"] // 4))


def some_lots(instrument, ticks, chance):
    """A size from one lot to several risk limits."""
    row = market.Market.of(chance.venue, None, instrument.symbol)
    value = max(1, abs(row.value_at_ticks(ticks)))
    cap = instrument.tiers[min(2, len(instrument.tiers) - 1)].value_max_atoms if instrument.tiers else 10**12
    most = min(instrument.terms["order_lots_max"], instrument.terms["position_lots_max"] // 4,
               max(1, min(cap, 1 << 54) // value))
    if instrument.terms["oi_upper_atoms"]:             # what others hold is not the planner's to know (MARG-019)
        most = max(1, min(most, instrument.terms["oi_lower_atoms"] // value // 2))
    return chance.choice((1, chance.randint(1, most), chance.randint(1, max(1, most // 50))))


def question(chance, venue):
    """A random plan: its body without the balance."""
    instrument = chance.choice(list(venue.instruments.values()))
    ticks = around(instrument, chance)
    isolated = chance.random() < 0.5 or instrument.terms["isolated_only"] == 1
    body = dict(venue=venue.name, symbol=instrument.symbol, side=chance.choice(("long", "short")),
                entry=price(instrument, ticks), size=size(instrument, some_lots(instrument, ticks, chance)),
                margin_mode="isolated" if isolated else "cross", liquidity=chance.choice(("taker", "maker")))
    if chance.random() < 0.5:
        units = int(ticks * instrument.terms["mark_units_per_tick"] * chance.uniform(0.99, 1.01))
        body["mark"] = mark_text(instrument, units)
    if chance.random() < 0.7:
        body["leverage"] = str(chance.choice((1, 2, 3, 5, 10, 20, 33, 50, 100)))
    return instrument, body


def with_others(chance, venue, instrument, body):
    """Other positions of the same wallet, in other instruments of the same asset."""
    same = [one for one in venue.instruments.values()
            if one.symbol != instrument.symbol and one.grid.settlement == instrument.grid.settlement
            and one.terms["isolated_only"] == 0]
    chosen = chance.sample(same, min(len(same), chance.randint(0, 2)))
    found = []
    for one in chosen:
        ticks = around(one, chance)
        units = int(ticks * one.terms["mark_units_per_tick"] * chance.uniform(0.97, 1.03))
        found.append(dict(symbol=one.symbol, side=chance.choice(("long", "short")), entry=price(one, ticks),
                          size=size(one, some_lots(one, ticks, chance)), mark=mark_text(one, units)))
    if found and body["margin_mode"] == "cross":
        body["positions"] = found


def with_orders(chance, instrument, body):
    """Open orders of the same instrument that do not meet the entry."""
    ticks = instrument.price_ticks(body["entry"])
    for _number in range(chance.randint(0, 2)):
        side = chance.choice(("buy", "sell"))
        far = ticks * chance.randint(2, 9) // 100 + 1
        at = ticks - far if side == "buy" else ticks + far
        body.setdefault("orders", []).append(dict(
            side=side, size=size(instrument, some_lots(instrument, ticks, chance)), price=price(instrument, at)))


def with_collateral(chance, venue, instrument, body):
    """Other assets that count for the wallet, some of them at a price that moves with the mark."""
    counting = [one for one in venue.profile.collateral if one.hub == instrument.grid.settlement]
    if body["margin_mode"] != "cross" or chance.random() < 0.4:
        return
    for one in chance.sample(counting, min(len(counting), chance.randint(0, 2))):
        unit = venue.profile.index(one.index).unit
        around_ = PRICES.get(one.asset.name, 1) * chance.uniform(0.8, 1.2)
        body.setdefault("collateral", []).append(dict(
            asset=one.asset.name, amount=str(chance.choice((1, 20, 300)) * one.asset.atom * 10**6),
            price=from_steps(max(1, int(around_ / float(unit))), unit), moves=chance.choice(("fixed", "mark"))))


def with_standing(chance, venue, instrument, body):
    """A window of the day, and a jurisdiction whose rules bind the trader."""
    if instrument.windows and chance.random() < 0.6:
        body["window"] = chance.choice(instrument.windows).name
    if chance.random() < 0.4:
        body["jurisdiction"] = chance.choice(("DE", "AU", "SG", "US"))


def ready(venue, body, opened):
    """Bring a venue to where the plan begins: the window of the day, the trader's class, his other assets."""
    venue.enter_window(opened.window)
    if opened.row.client_class:
        venue.join_class(lambda one: standing.decide(body["jurisdiction"], "retail", venue.profile, one, False))
    for one in opened.pledged:
        venue.price_of(one.row.index, one.price_units)
        sold = sum(sale.atoms for sale in opened.sold if sale.row == one.row)
        venue.deposit(TRADER, one.row.asset.id, one.atoms + sold)


def carry_out(venue, instrument, body, opened):
    """Do on the engine what was planned; the events of the trade, and the plan: of a richer wallet where the engine
    lets nobody come to stand on profits alone, because those do not leave it."""
    asset = instrument.grid.settlement.id
    side = 1 if body["side"] == "long" else -1
    balance = market.Market.of(venue.name, None, instrument.symbol).cash(body["balance"], "balance")
    ready(venue, body, opened)
    venue.deposit(TRADER, asset, 1 << 57)
    for one in body.get("positions", ()):
        other = venue.instruments[one["symbol"]]
        ticks = other.price_ticks(one["entry"])
        venue.mark(other, ticks * other.terms["mark_units_per_tick"])
        venue.settings(other, 0, None)
        kinds = venue.trade(other, 1 if one["side"] == "long" else -1, other.size_lots(one["size"]), ticks)
        assert any(kind == "TRADED" for kind, _event in kinds), codes_of(kinds)
    venue.mark(instrument, instrument.mark_units(body.get("mark", body["entry"])))
    venue.settings(instrument, int(opened.isolated), opened.row.leverage_rate_ppb)
    for order in body.get("orders", ()):
        kinds = venue.order(TRADER, instrument, 1 if order["side"] == "buy" else -1,
                            instrument.size_lots(order["size"]), instrument.price_ticks(order["price"]))
        assert kinds[0][0] == "ORDER_ACCEPTED", codes_of(kinds)
    for one in body.get("positions", ()):
        other = venue.instruments[one["symbol"]]
        venue.mark(other, other.mark_units(one["mark"]))
    leave = min(venue.balance(asset) - balance, venue.withdrawable(asset))
    if leave > 0:
        assert venue.send("WITHDRAW", account=TRADER, asset=asset, amount_atoms=leave)[0][0] == "WITHDRAWN"
    body["balance"] = cash(instrument, venue.balance(asset))
    return venue.trade(instrument, side, opened.lots, opened.entry_ticks, body["liquidity"] == "maker"), planned(body)


def codes_of(events):
    """Names of events with their reasons, for a failed assertion."""
    return [(kind, int(event["reason"])) for kind, event in events]


def planned(body):
    """The plan's rows, before they become text."""
    asked = read(questions.Liq, body)
    found = market.Market.of(asked.venue, asked.as_of, asked.symbol)
    return trade.open_trade(asked, found.size(asked.size), found)


def balanced(chance, body):
    """The body with a balance that opens it, and the plan."""
    body["balance"] = "1000000000"
    opened = planned(body)
    spare = chance.choice((0, 0, abs(opened.needed_atoms) // 10, 3 * abs(opened.needed_atoms)))
    needed = max(0, opened.needed_atoms + spare)
    body["balance"] = cash(opened.market.instrument, needed)
    return planned(body)


def random_plan(chance, venue):
    """A plan that a billion of the settlement asset opens: what needs more is drawn again."""
    for _try in range(40):
        instrument, body = question(chance, venue)
        with_others(chance, venue, instrument, body)
        with_orders(chance, instrument, body)
        with_standing(chance, venue, instrument, body)
        with_collateral(chance, venue, instrument, body)
        try:
            return instrument, body, balanced(chance, body)
        except plan.PlanError as error:
            assert error.field == "balance" or error.rule == "MTCH-004", error
    raise AssertionError("no plan in forty tries opens")


def move(venue, instrument, opened, units):
    """The mark moves, and with it the prices of collateral that move as it does; in the order in which the group is
    never worse off than at both ends. Names of the events."""
    before = venue.engine.state.instruments[instrument.id].mark_price_units
    mark = opened.market.row.mark_price_units

    def collateral():
        return {kind for one in opened.pledged if one.moves
                for kind in venue.price_of(one.row.index, max(1, one.price_units * units // mark))}
    first = opened.side > 0 or units > before
    found = collateral() if first else set()
    found |= set(venue.mark(instrument, units))
    return found if first else found | collateral()


@pytest.mark.parametrize("name", EVERY_VENUE, ids=lambda name: Path(name).stem)
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_the_engine_liquidates_exactly_at_the_planned_price(name, seed):
    """PLAN-005: at the planned price and not one mark unit before it. PLAN-003: fee, collateral and tier are the
    engine's. PLAN-004: the balance that is said to be needed is just enough. PLAN-025, PLAN-026, PLAN-027: in the
    window the plan says, with the collateral it counts, under the class of the trader."""
    chance = random.Random(f"{Path(name).stem} {seed}")
    chance.venue = name
    venue = Venue(name)
    instrument, body, opened = random_plan(chance, venue)
    events, opened = carry_out(venue, instrument, body, opened)
    refused = [(kind, event["reason"]) for kind, event in events
               if kind == "ORDER_CANCELED" and event["account"] == OTHER_SIDE]
    assert not refused, refused
    assert any(kind == "TRADED" for kind, _event in events), codes_of(events)
    early = bool(opened.call_units())
    blows = {"LIQUIDATION_STARTED"} if early else FIRST_BLOW         # a call that comes before is looked at below
    started = [kind for kind, event in events if kind in blows]
    units, mark = opened.liquidation_units(), opened.market.row.mark_price_units
    assert bool(started) == (units == mark)
    charged = [event["fee_atoms"] if event["account"] == TRADER else event["maker_fee_atoms"]
               for kind, event in events if kind == "TRADED"]
    assert sum(map(int, charged)) == opened.fee_atoms
    if started:
        return
    held = venue.position(instrument)
    assert (held.size_lots, held.entry_value_atoms, held.collateral_atoms, held.tier) == (
        opened.row.size_lots, opened.row.entry_value_atoms, opened.collateral_atoms, opened.row.tier)
    if units == 0:
        return
    for _step in range(5):
        between = chance.randint(min(units, mark) + 1, max(units, mark)) - (opened.side < 0)
        assert not blows & move(venue, instrument, opened, between)
    move(venue, instrument, opened, mark)
    assert not blows & move(venue, instrument, opened, units + opened.side)
    assert blows & move(venue, instrument, opened, units)


@pytest.mark.parametrize("name", FUNDED, ids=lambda name: Path(name).stem)
@pytest.mark.parametrize("seed", range(4))
def test_planned_funding_is_what_the_engine_charges(name, seed):
    """PLAN-014: stamp by stamp, at each stamp's own mark and rate."""
    chance = random.Random(f"funding {Path(name).stem} {seed}")
    chance.venue = name
    venue = Venue(name)
    funded = [one for one in venue.instruments.values() if one.terms["funding_interval_ns"]]
    instrument = chance.choice(funded)
    interval = instrument.terms["funding_interval_ns"]
    ticks = around(instrument, chance)
    units = ticks * instrument.terms["mark_units_per_tick"]
    side, lots = chance.choice((1, -1)), some_lots(instrument, ticks, chance)
    venue.deposit(TRADER, instrument.grid.settlement.id, 1 << 57)
    venue.mark(instrument, units)
    venue.settings(instrument, 0, None)
    assert any(kind == "TRADED" for kind, _event in venue.trade(instrument, side, lots, ticks))
    one = market.Market.of(name, None, instrument.symbol)
    planned_cash, booked, in_force, mark_before = 0, 0, 0, units
    fixed_before = getattr(one.row.terms, "funding_amount_basis", 0) and instrument.terms["funding_delayed"]
    for _stamp in range(5):
        venue.now_ns += interval
        venue.mark(instrument, units * chance.randint(97, 103) // 100)
        venue.send("ADVANCE")
    for kind, event in venue.events:
        if kind == "FUNDING_RATE_SET" and event["instrument"] == instrument.id:
            charged = in_force if instrument.terms["funding_delayed"] else int(event["rate_ppb"])
            if event["reason"] == codes.funding_exchanged:
                at = mark_before if fixed_before else int(event["price_units"])
                planned_cash += flow.stamp_cash(one, side * lots, at, charged)
            mark_before = int(event["price_units"])
            in_force = int(event["rate_ppb"])
        if kind == "FUNDING_SETTLED" and event["account"] == TRADER:
            booked += int(event["cash_atoms"])
    assert booked == planned_cash and (booked != 0 or instrument.terms["interest_ppb"] == 0 or lots < 10)


ACCRUING = [name for name in FUNDED
            if any(one.terms["funding_accrual_ns"] for one in load_profile(name).instruments)]


@pytest.mark.parametrize("name", ACCRUING, ids=lambda name: Path(name).stem)
@pytest.mark.parametrize("seed", range(6))
def test_planned_funding_that_accrues_is_what_the_engine_charges(name, seed):
    """PLAN-029: over hours that are no whole number of stamps, the rest booked when the position is left."""
    chance = random.Random(f"accruing {Path(name).stem} {seed}")
    chance.venue = name
    venue = Venue(name, indexed=True)
    venue.now_ns = -(-START // HOUR) * HOUR            # opened at a stamp
    venue.send("ADVANCE")
    instrument = chance.choice([one for one in venue.instruments.values() if one.terms["funding_accrual_ns"]])
    venue.one_source(instrument.index)
    ticks = around(instrument, chance)
    units = ticks * instrument.terms["mark_units_per_tick"]
    scale = instrument.terms["mark_units_per_index_unit"]
    venue.price_of(instrument.index, units // scale * chance.randint(991, 1_009) // 1_000)
    side, lots = chance.choice((1, -1)), some_lots(instrument, ticks, chance)
    venue.deposit(TRADER, instrument.grid.settlement.id, 1 << 57)
    venue.mark(instrument, units)
    venue.settings(instrument, 0, None)
    assert any(kind == "TRADED" for kind, _event in venue.trade(instrument, side, lots, ticks))
    row = venue.engine.state.instruments[instrument.id]
    one = market.Market.of(name, None, instrument.symbol)
    one.row.funding_rate_ppb = int(load_plain("engine.accrual").accrual_rate(row))
    minutes = chance.randint(30, 60 * 30)
    venue.now_ns += minutes * 60 * SECOND
    venue.send("ADVANCE")
    venue.trade(instrument, -side, lots, ticks)
    booked = sum(int(event["cash_atoms"]) for kind, event in venue.events
                 if kind == "FUNDING_SETTLED" and event["account"] == TRADER)
    planned_cash = flow.funding_of_hours(one, side * lots, ticks, Decimal(minutes) / 60)
    assert booked == planned_cash and (booked != 0 or one.row.funding_rate_ppb == 0 or lots < 1_000)
