"""SET_TERM, SET_TIER, SET_FEE_CLASS, LIST_INSTRUMENT, SET_INSTRUMENT_STATE: what a venue may say, and when."""
import pytest
from order_world import ANN, BUY, CONTRACT, PPB, SELL, OrderWorld
from price_world import World


def term(world, name, value, instrument=CONTRACT):
    """SET_TERM by name."""
    return world.send("SET_TERM", instrument=instrument, parameter=world.records.TERMS.names.index(name), value=value)


def test_terms_in_order_of_refusal():
    """TERM-001 TERM-002: instrument, parameter, fixed once listed, bound, consistency."""
    world = OrderWorld()
    last = len(world.records.TERMS.names)
    taker = world.records.TERMS.names.index("taker_fee_ppb")
    events = world.refuse_all(lambda **f: world.send("SET_TERM", **f), [
        ("instrument_must_exist", dict(instrument=0), dict(instrument=CONTRACT)),
        ("parameter_must_exist", dict(parameter=last), dict(parameter=0)),
        ("instrument_must_be_unlisted", dict(), dict(parameter=taker)),
        ("value_must_be_in_range", dict(value=(1 << 60) + 1), dict(value=PPB)),
        ("terms_must_be_consistent", dict(), dict(value=PPB // 1_000)),
    ])
    assert world.kinds(events) == ["CONFIGURED"]
    for value in (-(1 << 63), -(1 << 60) - 1, (1 << 63) - 1):
        assert world.refusal(term(world, "interest_ppb", value, 5)) == "value_must_be_in_range"
    assert world.refusal(world.send("SET_TERM", instrument=CONTRACT, parameter=-1, value=1)) == "parameter_must_exist"


def test_what_gives_numbers_their_meaning_is_fixed():
    """TERM-002 SETL-006 MARG-044: the first nine terms, the expiry and whether positions are only isolated; all others
    may change, from the next command on."""
    world = OrderWorld()
    names = world.records.TERMS.names
    assert names[8] == "price_ticks_max"
    for name in names:
        value = int(getattr(world.contract.terms, name))
        fixed = names.index(name) < 9 or name in ("expiry_s", "isolated_only")
        events = term(world, name, value)
        assert world.kinds(events) == (["REJECTED"] if fixed else ["CONFIGURED"]), name
    term(world, "order_lots_max", 7)
    assert world.refusal(world.place(ANN, BUY, 8, price_ticks=900)) == "size_must_be_in_range"


def test_a_change_of_rates_reaches_positions_that_stand():
    """TERM-002: maintenance up from 5 to 9 %: 1,000 of cash behind 10,000 still stands; 2 % of it more does not."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_000, bob=100_000)
    world.trade(ANN, 17, 10, 1_000)
    world.mark(980)
    assert world.size(ANN) == 10
    world.send("SET_TIER", instrument=CONTRACT, parameter=0, amount_atoms=1 << 57, value=PPB // 10, size_lots=PPB // 10)
    world.advance(60)
    assert "LIQUIDATION_STARTED" in world.kinds(world.events)


INCONSISTENT = [dict(kind=0), dict(kind=3), dict(settlement_asset=0), dict(settlement_asset=64), dict(index_id=128),
                dict(index_id=5), dict(mark_units_per_tick=0), dict(lot_value_numerator=0),
                dict(lot_value_numerator=-1),
                dict(kind=2, inverse_parts_per_lot=0), dict(price_ticks_min=0),
                dict(price_ticks_min=50, price_ticks_max=49),
                dict(price_ticks_max=1 << 24), dict(price_ticks_max=1 << 23, mark_units_per_tick=1 << 18),
                dict(order_lots_max=0), dict(order_lots_max=3 * 10**9 + 1), dict(position_lots_max=0),
                dict(open_orders_max=0), dict(triggers_max=-1), dict(open_interest_lots_max=-1),
                dict(taker_fee_ppb=-1), dict(taker_fee_ppb=500_000, maker_fee_ppb=-600_000), dict(maker_fee_ppb=PPB),
                dict(market_collar_ppb=PPB), dict(limit_collar_ppb=-1), dict(disposal_limit_ppb=PPB + 1),
                dict(fund_share_ppb=-1), dict(adl_cap_ppb=PPB + 1), dict(leverage_default_ppb=PPB + 1),
                dict(liquidation_fee_ppb=PPB), dict(rate_method=2), dict(rate_method=2, linear_initial_ppb=PPB // 10,
                linear_maintenance_ppb=PPB // 5), dict(lot_value_numerator=1 << 40), dict(lot_value_numerator=1 << 57),
                dict(position_lots_max=3 * 10**9, lot_value_numerator=100)]


@pytest.mark.parametrize("terms", INCONSISTENT, ids=lambda terms: "-".join(f"{k}={v}" for k, v in terms.items()))
def test_terms_that_do_not_go_together_are_not_listed(terms):
    """TERM-001: checked together when listed; nothing changes."""
    world = World()
    world.advance(1)
    chosen = dict(index_id=0, mark_method=3)
    chosen.update(terms)
    assert world.refusal(world.list(**chosen)) == "terms_must_be_consistent"
    assert world.contract.state == world.codes.STATE_UNLISTED


def test_an_instrument_without_a_tier_is_not_listed():
    """TERM-001"""
    world = World()
    world.advance(1)
    world.send("LIST_INSTRUMENT", instrument=7)
    assert world.refusal(world.send("LIST_INSTRUMENT", instrument=7)) == "terms_must_be_consistent"
    for instrument in (0, -1, 512):
        assert world.refusal(world.send("LIST_INSTRUMENT", instrument=instrument)) == "instrument_must_exist"


def test_tiers_rise_and_come_in_order():
    """MARG-001 MARG-015 TERM-001"""
    world = OrderWorld()
    tier = dict(instrument=3, amount_atoms=1_000, value=PPB // 10, size_lots=PPB // 20)

    def send(**fields):
        return world.send("SET_TIER", **{**tier, **fields})
    assert world.refusal(send(instrument=0)) == "instrument_must_exist"
    for number in (-1, 1, 24):
        assert world.refusal(send(parameter=number)) == "parameter_must_exist"
    for fields in (dict(amount_atoms=0), dict(amount_atoms=(1 << 58) + 1), dict(value=PPB + 1), dict(size_lots=-1),
                   dict(size_lots=PPB // 5)):
        assert world.refusal(send(parameter=0, **fields)) == "value_must_be_in_range"
    assert world.kinds(send(parameter=0)) == ["CONFIGURED"]
    for fields in (dict(amount_atoms=1_000), dict(amount_atoms=2_000, value=PPB // 11, size_lots=PPB // 20),
                   dict(amount_atoms=2_000, size_lots=PPB // 21)):
        assert world.refusal(send(parameter=1, **fields)) == "value_must_be_in_range"
    assert world.kinds(send(parameter=1, amount_atoms=2_000, value=PPB // 5)) == ["CONFIGURED"]
    assert world.state.instruments[3].tiers[1].initial_deduction_atoms == 100


def test_fee_classes():
    """FEES-002 FEES-003: class 0 is the instrument's own; a rebate never exceeds the taker's fee."""
    world = OrderWorld()
    for number in (0, 64, -1):
        assert world.refusal(world.send("SET_FEE_CLASS", parameter=number)) == "parameter_must_exist"
    for taker, maker in ((PPB, 0), (-1, 0), (5, -6), (0, PPB), (0, -PPB)):
        events = world.send("SET_FEE_CLASS", parameter=1, value=taker, amount_atoms=maker)
        assert world.refusal(events) == "value_must_be_in_range"
    assert world.kinds(world.send("SET_FEE_CLASS", parameter=1, value=5, amount_atoms=-5)) == ["CONFIGURED"]


def test_states_change_as_the_operator_says():
    """ORDR-001: any listed state; settled only by settlement."""
    world = OrderWorld()
    send = world.send
    assert world.refusal(send("SET_INSTRUMENT_STATE", instrument=512, value=1)) == "instrument_must_exist"
    assert world.refusal(send("SET_INSTRUMENT_STATE", instrument=9, value=1)) == "instrument_must_be_listed"
    for value in (0, 6, 7, -1):
        assert world.refusal(send("SET_INSTRUMENT_STATE", instrument=1, value=value)) == "value_must_be_in_range"
    for name in ("HALTED", "POST_ONLY", "REDUCE_ONLY", "CANCEL_ONLY", "TRADING"):
        assert world.kinds(world.set_state(name)) == ["INSTRUMENT_STATE_CHANGED"]


def test_a_settlement_under_way_cannot_be_traded_into():
    """SETL-002 SETL-003: from the stamp on nothing trades, whatever state the operator asks for."""
    world = OrderWorld()
    world.hold(ANN, 10)
    world.send("SCHEDULE_SETTLEMENT", instrument=CONTRACT, value=world.state.now_ns + 1)
    world.state.work_budget = 0
    world.advance(10)
    assert world.refusal(world.set_state("TRADING")) == "instrument_must_be_listed"
    assert world.refusal(world.place(ANN, SELL, 1, price_ticks=1_000)) == "instrument_must_be_trading"
    world.state.work_budget = 256
    world.advance(20)
    assert world.contract.state == world.codes.STATE_SETTLED
    world.check()


def test_commands_without_a_meaning_and_times_that_go_back():
    """ORDR-001 FUND-009: refused by name, and the engine goes on."""
    world = OrderWorld()
    command = world.records.new_commands(1)
    for kind in (0, 1, 127, -1, -128):
        command["kind"] = kind
        assert world.refusal(list(world.engine.apply(command))) == "command_must_be_known"
    assert world.refusal(world.advance(0)) == "time_must_not_go_back"
    assert world.kinds(world.place(ANN, BUY, 1, price_ticks=900)) == ["ORDER_ACCEPTED", "ORDER_RESTED"]
