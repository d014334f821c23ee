"""Margin calls, conversions, assignments and windows that ask for more: what their holders are told (VIEW-022)."""
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from call_world import CallWorld
from view_world import ANN, BOB, CAT

from steelyard import codes
from steelyard.api.commands import Advance, PublishPrice, SetAssignee, SetMarginWindow
from steelyard.kernel import COMPILED
from steelyard.service.rest.instruments import Instruments
from steelyard.units import HOUR, SECOND
from steelyard.venues.profile import load_profile
from steelyard.views.accounts import AccountsView
from steelyard.views.risk import RiskView

pytestmark = pytest.mark.skipif(not COMPILED, reason="a view is folded by compiled kernels")


@pytest.fixture
def world():
    """Ann is long one contract at a venue that calls; Bob is short."""
    return called_world()


def called_world(**terms) -> CallWorld:
    """A contract with a day to cure and a close-out level of half of the maintenance margin."""
    symbol = load_profile("cme").instruments[0].symbol
    world = CallWorld("cme", symbol, 60_000, **{"margin_call_cure_ns": 24 * HOUR, "close_out_ppb": 500_000_000} | terms)
    world.deposit(BOB, 10_000_000)
    world.deposit(ANN, 200_000)
    world.trade(ANN, BOB, 1, 60_000)
    assert world.told(ANN) == []
    return world


def due(notice: dict) -> float:
    """What a call's notice asks for."""
    return float(notice["text"].split("Deposit ")[1].split()[0])


def call_mark(world) -> int:
    """Lower the mark until Ann is called; the mark."""
    for price in range(60_000, 1_000, -500):
        world.mark(price)
        if "MARGIN_CALLED" in world.kinds():
            return price
    raise AssertionError("nobody was called")


def test_a_call_says_what_is_due_until_when(world):
    """VIEW-022, CALL-001."""
    call_mark(world)
    told = [one for one in world.told(ANN) if one["kind"] == "margin_call"]
    assert len(told) == 1 and told[0]["level"] == "danger" and due(told[0]) > 0
    until = datetime.fromtimestamp(world.now / SECOND + 24 * 3_600, UTC).strftime("%d %b %Y %H:%M:%S UTC").lstrip("0")
    assert f"USD, or make positions smaller, by {until}; else the wallet is liquidated" in told[0]["text"]


def test_a_wallet_says_what_it_is_called_for(world):
    """VIEW-022: as long as the call stands, with what would meet it now; its beginning and end are changes."""
    accounts = AccountsView(world.engine, world.scales, lambda: 0)
    world.views.append(accounts)
    accounts.watch("wallet", ANN, True)
    assert accounts.snapshot("wallet", ANN)[0]["margin_call"] is None
    call_mark(world)
    called_at, asked = world.now, due(next(one for one in world.told(ANN) if one["kind"] == "margin_call"))

    def wallet(_world):
        told = [one for change in accounts.changes() for one in change.data] or accounts.snapshot("wallet", ANN)
        return told[-1]
    call = wallet(world)["margin_call"]
    assert float(call["due"]) == asked
    assert call["due"] == call["asked"] and float(call["due"]) == -float(wallet(world)["available"]) > 0
    assert call["deadline"] - call["called"] == 24 * 3_600_000 and call["called"] == called_at // 10**6
    assert float(call["close_out_equity"]) == pytest.approx(float(wallet(world)["maintenance_margin"]) / 2, rel=1e-6)


def test_its_cure_is_told(world):
    """VIEW-022, CALL-003: what was asked for is paid in."""
    call_mark(world)
    world.deposit(ANN, due(world.told(ANN)[-1]))
    told = world.told(ANN)
    assert [(one["kind"], one["level"]) for one in told] == [("margin_call", "info")] and "is met" in told[0]["text"]


def test_a_missed_call_and_the_liquidation_after_it(world):
    """VIEW-022: the deadline passes."""
    call_mark(world)
    world.told(ANN)
    world.send(Advance(), seconds=24 * 3_600)
    told = world.told(ANN)
    assert [one["kind"] for one in told[:2]] == ["margin_call", "liquidation"]
    assert "was not met in time" in told[0]["text"] and told[1]["liquidation_id"] is not None


def test_a_close_out_before_the_deadline(world):
    """VIEW-022, CALL-002: equity falls to half of maintenance."""
    price = call_mark(world)
    world.told(ANN)
    for lower in range(price, 1_000, -500):
        world.mark(lower)
        if "LIQUIDATION_STARTED" in world.kinds():
            break
    told = world.told(ANN)
    assert [one["kind"] for one in told[:2]] == ["margin_call", "liquidation"]
    assert "close-out level before the deadline" in told[0]["text"]


def test_a_window_that_asks_for_more_is_told_to_those_it_concerns():
    """VIEW-022, MARG-041: intraday to overnight; the longs are told their rate, the shorts theirs, and nobody twice.
    The way back asks for less and is not told."""
    world = CallWorld("coinbase", "BIP-20DEC30", 60_000)
    names = [one.name for one in world.contract.windows]
    world.send(SetMarginWindow(world.contract.id, names.index("intraday")))
    for account in (ANN, BOB):
        world.deposit(account, 100_000)
    world.trade(ANN, BOB, 10, 60_000)
    world.told(ANN)
    world.send(SetMarginWindow(world.contract.id, names.index("overnight")))
    told = {account: [] for account in (ANN, BOB, CAT)}
    for change in world.notices.changes():
        told[change.account] += change.data
    assert [one["kind"] for one in told[ANN]] == ["margin_window"] and told[CAT] == []
    assert "a long position must keep at least 22.3295 % (before 9.0926 %), 24.5625 % to open" in told[ANN][0]["text"]
    assert "a short position must keep at least 27.8523 % (before 9.091 %)" in told[BOB][0]["text"]
    world.send(SetMarginWindow(world.contract.id, names.index("overnight")))
    world.send(SetMarginWindow(world.contract.id, names.index("intraday")))
    assert world.told(ANN) == []


def hub_world(bitcoin: float, **terms) -> CallWorld:
    """Ann has bitcoin, which counts for the dollars of the contract; Bob has dollars."""
    world = CallWorld("kraken", "PF_XBTUSD", 60_000, **terms)
    index = world.profile.index(next(one.index for one in world.profile.collateral if one.asset.name == "XBT"))
    world.say = lambda price: world.send(*(PublishPrice(index.id, feed.number, int(price / float(index.unit)))
                                           for feed in index.feeds))
    world.say(60_000)
    world.deposit(BOB, 10_000_000)
    world.deposit(ANN, bitcoin, "XBT")
    return world


def test_a_conversion_is_told():
    """VIEW-022, COLL-005: the fee of the first fill is paid by selling bitcoin."""
    world = hub_world(0.5)
    world.trade(ANN, BOB, 1_000, 60_000)
    assert "COLLATERAL_CONVERTED" in world.kinds()
    told = [one for one in world.told(ANN) if one["kind"] == "conversion"]
    assert len(told) == 1 and "XBT of your collateral were sold for" in told[0]["text"]
    assert "because your USD wallet was below zero" in told[0]["text"]


def test_a_hub_wallet_is_called_and_cured_with_what_counts_for_it():
    """VIEW-022, CALL-001, COLL-003: a fall of the collateral's price calls the dollars' wallet; more of it cures."""
    world = hub_world(0.1, margin_call_cure_ns=24 * HOUR, close_out_ppb=500_000_000)
    world.deposit(ANN, 100)
    world.trade(ANN, BOB, 10_000, 60_000)
    world.told(ANN)
    for price in range(60_000, 1_000, -250):
        world.mark(price)
        world.say(price)
        called = [one for one in world.told(ANN) if one["kind"] == "margin_call"]
        if called:
            break
    assert called and "Margin call on your USD wallet" in called[0]["text"] and due(called[0]) > 0
    assert world.engine.state.call_count == 1
    world.deposit(ANN, 0.1, "XBT")
    told = world.told(ANN)
    assert [one["kind"] for one in told] == ["margin_call"] and "is met" in told[0]["text"]
    assert world.engine.state.call_count == 0


def test_an_assignment_is_told_to_who_took_it():
    """VIEW-022, LIQD-032: Cat opted in and takes what Ann is liquidated with."""
    world = CallWorld("kraken", "PF_XBTUSD", 60_000)
    for account, amount in ((ANN, 300_000), (BOB, 50_000_000), (CAT, 50_000_000)):
        world.deposit(account, amount)
    world.send(SetAssignee(CAT, world.contract.id, 10**7, 10**7, codes.ASSIGN_LONG | codes.ASSIGN_SHORT))
    world.trade(ANN, BOB, 1_000_000, 60_000)
    assert "TRADED" in world.kinds(), world.kinds()
    world.told(CAT)
    for price in range(60_000, 50_000, -50):
        world.mark(price)
        if "LIQUIDATION_STARTED" in world.kinds():
            break
    assert "ASSIGNED" in world.kinds(), world.kinds()
    told = [one for one in world.told(CAT) if one["kind"] == "assigned"]
    assert len(told) >= 1 and "of a liquidated account: bought at" in told[0]["text"]


def test_the_desk_counts_calls(world):
    """MKTV-019: one wallet, what it was asked for, its deadline; nothing before and nothing after."""
    desk = SimpleNamespace(market=SimpleNamespace(engine=world.engine, scale=world.scales.by_symbol.get))
    symbol = world.contract.symbol
    assert RiskView._calls(desk, symbol) == {"count": 0, "asked": world.scales.cash(0, 1), "next_deadline": None}
    call_mark(world)
    asked = due(world.told(ANN)[-1])
    found = RiskView._calls(desk, symbol)
    assert (found["count"], float(found["asked"])) == (1, asked)
    assert found["next_deadline"] == (world.now + 24 * HOUR) // 10**6
    world.deposit(ANN, asked)
    assert RiskView._calls(desk, symbol)["count"] == 0


def test_the_leverage_of_the_window_that_holds_is_listed():
    """MARG-040: GET /instruments says what the friendlier side may have now."""
    world = CallWorld("coinbase", "BIP-20DEC30", 60_000)
    listed = Instruments(SimpleNamespace(profile=world.profile, instruments=(world.contract,), engine=world.engine))
    names = [one.name for one in world.contract.windows]
    most = {}
    for name in names:
        world.send(SetMarginWindow(world.contract.id, names.index(name)))
        most[name] = listed.one(world.contract.symbol)["leverage_max"]
    assert most == {"overnight": "4.07", "intraday": "10"}
