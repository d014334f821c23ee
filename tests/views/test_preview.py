"""Previews in words: sizes from money at risk, estimates at stop and targets, errors that name the field."""
import pytest
from view_world import ANN, BOB, CAT, ViewWorld

from steelyard.api.commands import SetLeverage, SetMarginMode, Side
from steelyard.kernel import COMPILED
from steelyard.node.tables import state_digest
from steelyard.views.accounts import AccountsView
from steelyard.views.order import average_price
from steelyard.views.orders import OrdersView
from steelyard.views.preview import Previews

pytestmark = pytest.mark.skipif(not COMPILED, reason="read models look at the tables of the compiled engine")

MARKET = dict(symbol="XBTUSD", side="buy", type="market", size="12000")


@pytest.fixture(scope="module")
def world():
    """A book of ten levels a side around 8,000, 5,000 contracts each."""
    world = ViewWorld(lambda world: OrdersView(world.engine, world.scales),
                      lambda world: AccountsView(world.engine, world.scales, lambda: 0))
    for level in range(10):
        world.order(BOB, Side.SELL, 5_000, 8_001 + level)
        world.order(BOB, Side.BUY, 5_000, 7_999 - level)
    world.previews = Previews(world.engine, world.scales, world.views[1].costs)
    return world


def ask(world, **fields):
    """A preview for Ann."""
    before = state_digest(world.engine.states)
    answer = world.previews.preview(ANN, fields)
    assert state_digest(world.engine.states) == before
    return answer


def test_an_answer_has_every_field(world):
    """VIEW-012"""
    answer = ask(world, **MARKET, stop_price="7900", targets=[{"price": "8200", "share": "0.5"}])
    assert answer["accepted"] and answer["error"] is None
    assert None not in [answer[name] for name in answer if name != "error"]
    assert (answer["filled_now"], answer["resting"], answer["average_price"], answer["worst_price"]) == (
        "12000", "0", "8001.75", "8003.0")


def test_leverage_and_mode_come_first(world):
    """VIEW-012"""
    answer = ask(world, **MARKET, leverage="20", margin_mode="isolated")
    assert answer["position_after"]["leverage"] == "20"
    assert float(answer["position_after"]["collateral"]) == pytest.approx(12_000 / 8001.75 * 0.0508, rel=0.01)
    wide = ask(world, **MARKET, leverage="2", margin_mode="isolated")
    assert float(wide["liquidation_price"]) < float(answer["liquidation_price"]) < 8000


def test_refusals_are_the_engines(world):
    """VIEW-012"""
    for fields, code in (
            (dict(MARKET, size="2000000"), "initial_margin_must_be_covered"),
            (dict(MARKET, stop_price="8100"), "stop_must_lie_beyond_entry"),
            (dict(MARKET, reduce_only=True), "reduce_only_must_reduce"),
            (dict(MARKET, type="limit", price="8005", post_only=True), "post_only_must_not_trade"),
            (dict(MARKET, type="stop_market", trigger_price="7900"), "trigger_must_not_be_met")):
        answer = ask(world, **fields)
        assert (answer["accepted"], answer["error"]["code"]) == (False, code)


def test_what_cannot_be_read_names_its_field(world):
    """VIEW-012"""
    for fields, field in (
            (dict(MARKET, symbol="XYZ"), "symbol"), (dict(MARKET, side="long"), "side"),
            (dict(MARKET, size="1.5"), "size"), (dict(MARKET, size=None), "size"), (dict(MARKET, size="-5"), "size"),
            (dict(MARKET, size="nan"), "size"), (dict(MARKET, size="1e400"), "size"),
            (dict(MARKET, type="limit"), "price"), (dict(MARKET, type="limit", price="8000.3"), "price"),
            (dict(MARKET, stop_price="9" * 30), "stop_price"), (dict(MARKET, leverage="0.5"), "leverage"),
            (dict(MARKET, size=None, risk="0.01"), "stop_price"),
            (dict(MARKET, targets=[{"price": "8100"}]), "targets"),
            (dict(MARKET, targets=[{"price": "8100", "share": "2"}]), "targets")):
        answer = ask(world, **fields)
        assert not answer["accepted"] and answer["error"]["field"] == field, (fields, answer["error"])
        assert answer["error"]["do"]


def test_a_resting_order_is_supposed_to_fill(world):
    """VIEW-013"""
    answer = ask(world, **dict(MARKET, type="limit", price="7990", size="1000"))
    assert (answer["filled_now"], answer["resting"], answer["average_price"]) == ("0", "1000", "7990.00")
    assert answer["fee"] == "-0.00003129" and answer["position_after"]["size"] == "1000"
    assert float(answer["cost"]) > 0
    trigger = ask(world, **dict(MARKET, type="stop_limit", trigger_price="8050", price="8060", size="1000"))
    assert (trigger["filled_now"], trigger["average_price"]) == ("0", "8060.00")


def test_an_order_that_ends_says_why(world):
    """VIEW-012"""
    answer = ask(world, **dict(MARKET, type="limit", price="8001", size="9000", time_in_force="ioc"))
    assert answer["accepted"] and answer["filled_now"] == "5000"
    assert answer["error"]["code"] == "canceled_immediate_remainder"


def test_a_stop_is_closed_with_todays_slippage(world):
    """VIEW-013"""
    question = world.previews.read(ANN, dict(MARKET, stop_price="7900"))
    world.previews._look(question)
    assert world.previews.exit_units(question, 5_000) == pytest.approx(790_000 * 7_999 / 8_000, rel=5e-5)
    assert world.previews.exit_units(question, 10_000) == pytest.approx(790_000 * 7_998.5 / 8_000, rel=5e-5)
    deep = world.previews.exit_units(question, 60_000)
    assert world.previews.exit_units(question, 120_000) < deep < world.previews.exit_units(question, 50_000)


@pytest.mark.parametrize("fields", [
    dict(type="market", side="buy", stop_price="7900"), dict(type="market", side="sell", stop_price="8100"),
    dict(type="limit", side="buy", price="7990", stop_price="7900"),
    dict(type="limit", side="buy", price="8004", stop_price="7950", leverage="50"),
    dict(type="stop_market", side="buy", trigger_price="8050", stop_price="7990")])
@pytest.mark.parametrize("risk", ["0.0001", "0.003", "0.02"])
def test_money_at_risk_is_never_exceeded_and_used_to_the_lot(world, fields, risk):
    """VIEW-014"""
    answer = ask(world, symbol="XBTUSD", risk=risk, **fields)
    assert answer["accepted"], answer["error"]
    assert float(answer["loss_at_stop"]) <= float(risk)
    more = ask(world, symbol="XBTUSD", size=str(int(answer["size"]) + 1), **fields)
    assert float(more["loss_at_stop"]) > float(risk)


def test_a_risk_below_one_lot_says_what_one_lot_loses(world):
    """VIEW-014"""
    answer = ask(world, symbol="XBTUSD", side="buy", type="market", risk="0.00000001", stop_price="7900")
    assert answer["error"]["field"] == "risk" and "one lot loses 0.0000" in answer["error"]["message"]


def test_a_stop_beyond_liquidation_is_said_and_a_safe_one_given(world):
    """VIEW-015"""
    fields = dict(MARKET, leverage="20", margin_mode="isolated")
    answer = ask(world, **fields, stop_price="7600")
    assert answer["stop_beyond_liquidation"]
    liquidation, safe = float(answer["liquidation_price"]), float(answer["safe_stop_price"])
    assert liquidation + (8_000 - liquidation) / 10 <= safe < liquidation + (8_000 - liquidation) / 10 + 0.5
    assert not ask(world, **fields, stop_price=answer["safe_stop_price"])["stop_beyond_liquidation"]
    short = ask(world, **dict(fields, side="sell"), stop_price="8700")
    assert short["stop_beyond_liquidation"] and float(short["safe_stop_price"]) < float(short["liquidation_price"])


def test_funding_per_day(world):
    """VIEW-016"""
    state = world.engine.states["instruments"][0]
    state["funding_rate_ppb"][world.swap.id] = 100_000
    try:
        long, short = (world.previews.preview(ANN, dict(MARKET, side=side)) for side in ("buy", "sell"))
    finally:
        state["funding_rate_ppb"][world.swap.id] = 0
    assert (long["funding_per_day"], short["funding_per_day"]) == ("0.00045000", "-0.00045000")


def test_targets_earn_what_they_say():
    """VIEW-013: what the preview says is what the fills then bring."""
    world = ViewWorld(lambda world: OrdersView(world.engine, world.scales))
    previews = Previews(world.engine, world.scales)
    world.order(BOB, Side.SELL, 10_000, 8_000)
    world.send(SetLeverage.times(ANN, world.swap.id, 20), SetMarginMode(ANN, world.swap.id, True))
    answer = previews.preview(ANN, dict(symbol="XBTUSD", side="buy", type="market", size="10000", stop_price="7900",
                                        targets=[{"price": "8100", "share": "0.5"}, {"price": "8200", "share": "0.5"}]))
    entry = world.order(ANN, Side.BUY, 10_000)
    for price in (8_100, 8_200):
        world.price(price)
        world.order(ANN, Side.SELL, 5_000, price)
        world.order(CAT, Side.BUY, 5_000, price)
    fills = world.views[0].fills(ANN)
    assert [one.order_id for one in fills][0] == entry
    earned = sum(one.realized_atoms - one.fee_atoms for one in fills)
    assert sum(round(float(one) * 1e8) for one in answer["profit_at_targets"]) == pytest.approx(earned, abs=2)
    scale = world.scales.by_symbol["XBTUSD"]
    order = world.views[0].get(entry)
    assert answer["average_price"] == average_price(scale, 10_000, order.price_sum)
