"""Accounts and cash: SET_ACCOUNT, DEPOSIT, WITHDRAW, TRANSFER, FUND_INSURANCE: refusals in order, then each path."""
import pytest
from order_world import ANN, BOB, BUY, CAT, COIN, CONTRACT, DAN, PPB, SELL, OrderWorld

CASH_MAX = 1 << 60


# ---------------------------------------------------------------- SET_ACCOUNT
def test_account_refusals():
    """ORDR-001: numbers below 16 are the engine's; a parent is open and has no parent; known fields only."""
    world = OrderWorld()
    send = world.send
    for account in (0, 1, 15, -1, 1 << 20):
        assert world.refusal(send("SET_ACCOUNT", account=account)) == "account_must_be_open"
    for parent in (99, 3, 40, -1, 1 << 20):
        assert world.refusal(send("SET_ACCOUNT", account=40, other_account=parent)) == "parent_must_be_open"
    for fields in (dict(parameter=64), dict(parameter=-1), dict(flags=8), dict(flags=-1), dict(self_trade_mode=5)):
        assert world.refusal(send("SET_ACCOUNT", account=40, **fields)) == "value_must_be_in_range"
    assert world.kinds(send("SET_ACCOUNT", account=40, other_account=ANN)) == ["ACCOUNT_SET"]
    assert world.refusal(send("SET_ACCOUNT", account=41, other_account=40)) == "parent_must_be_open"
    assert world.refusal(send("SET_ACCOUNT", account=40)) == "parent_must_be_open"          # a child stays a child
    assert world.refusal(send("SET_ACCOUNT", account=ANN, other_account=BOB)) == "parent_must_be_open"


def test_a_fee_class_holds_from_the_next_fill():
    """FEES-002 TERM-002: the class of the account comes before the instrument's rates."""
    world = OrderWorld(taker_fee_ppb=PPB // 1_000)
    world.send("SET_FEE_CLASS", parameter=3, value=PPB // 500, amount_atoms=-PPB // 2_000)
    world.send("SET_ACCOUNT", account=ANN, parameter=3)
    world.place(BOB, SELL, 10, price_ticks=1_000)
    assert int(world.of(world.place(ANN, BUY, 10, price_ticks=1_000), "TRADED")[0]["fee_atoms"]) == 20
    world.place(ANN, SELL, 10, price_ticks=1_000)
    event = world.of(world.place(BOB, BUY, 10, price_ticks=1_000), "TRADED")[0]
    assert (int(event["fee_atoms"]), int(event["maker_fee_atoms"])) == (10, -5)


# ---------------------------------------------------------------- deposits
CASH_FAULTS = [("account_must_be_open", dict(account=99), dict(account=ANN)),
               ("asset_must_exist", dict(asset=64), dict(asset=COIN)),
               ("amount_must_be_positive", dict(amount_atoms=0), dict(amount_atoms=5))]


@pytest.mark.parametrize("kind", ["DEPOSIT", "WITHDRAW", "TRANSFER"])
@pytest.mark.parametrize("fault,reason", [
    (dict(account=0), "account_must_be_open"), (dict(account=-3), "account_must_be_open"),
    (dict(account=2), "account_must_be_open"), (dict(asset=0), "asset_must_exist"),
    (dict(asset=-1), "asset_must_exist"),
    (dict(amount_atoms=-5), "amount_must_be_positive"), (dict(amount_atoms=CASH_MAX + 1), "amount_must_be_positive"),
    (dict(amount_atoms=-(1 << 63)), "amount_must_be_positive")])
def test_what_every_movement_of_cash_asks(kind, fault, reason):
    """LEDG-003: an open account, an asset, an amount within the bound; the direction is in the kind."""
    world = OrderWorld()
    world.send("SET_ACCOUNT", account=30, other_account=ANN)
    fields = dict(account=ANN, asset=COIN, amount_atoms=5, other_account=30 if kind == "TRANSFER" else BOB)
    fields.update(fault)
    before = world.tables()
    assert world.refusal(world.send(kind, **fields)) == reason
    assert world.tables() == before


def test_deposits_come_in_order_and_have_an_end():
    """LEDG-001 LEDG-003: what the world outside has given stays within 2**60 atoms, funds included."""
    world = OrderWorld(atoms=0)
    events = world.refuse_all(lambda **f: world.send("DEPOSIT", **f), CASH_FAULTS)
    assert int(events[0]["cash_atoms"]) == 5
    world.send("DEPOSIT", account=ANN, asset=COIN, amount_atoms=CASH_MAX - 10)
    assert world.refusal(world.send("DEPOSIT", account=ANN, asset=COIN, amount_atoms=6)) == "value_must_be_in_range"
    assert world.refusal(world.fund(6)) == "value_must_be_in_range"
    assert world.kinds(world.fund(5)) == ["INSURANCE_CHANGED"]
    assert world.refusal(world.send("DEPOSIT", account=ANN, asset=COIN, amount_atoms=1)) == "value_must_be_in_range"
    world.check()


# ---------------------------------------------------------------- withdrawals
def test_withdrawals_in_order():
    """MARG-014: open, asset, amount, no restriction, not in liquidation, enough that is free."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=100, bob=100)
    world.restrict(ANN, 4)
    world.wallet(ANN).liquidation = 1

    def heal():
        world.wallet(ANN).liquidation = 0
    faults = [*CASH_FAULTS[:2], ("amount_must_be_positive", dict(amount_atoms=0), dict(amount_atoms=101)),
              ("account_must_not_be_restricted", dict(), lambda: world.restrict(ANN, 0)),
              ("account_must_not_be_in_liquidation", dict(), heal),
              ("available_balance_must_cover", dict(), dict(amount_atoms=100))]
    assert world.kinds(world.refuse_all(lambda **f: world.send("WITHDRAW", **f), faults)) == ["WITHDRAWN"]
    assert world.balance(ANN) == 0
    assert world.refusal(world.send("WITHDRAW", account=ANN, asset=2, amount_atoms=1)) == "available_balance_must_cover"


@pytest.mark.parametrize("mark,most", [(1_000, 900), (1_050, 900), (960, 500), (911, 10)])
def test_nothing_leaves_that_is_held_or_only_hoped_for(mark, most):
    """MARG-013 MARG-014: 1,900 of cash, initial margin 1,000; profits never leave, losses are held back."""
    world = OrderWorld(atoms=0, unrealized_profit_opens=1)
    world.deposit(ann=1_900, bob=100_000)
    world.hold(ANN, 10, other=BOB)
    world.mark(mark)
    take = dict(account=ANN, asset=COIN)
    assert world.refusal(world.send("WITHDRAW", amount_atoms=most + 1, **take)) == "available_balance_must_cover"
    assert world.kinds(world.send("WITHDRAW", amount_atoms=most, **take)) == ["WITHDRAWN"]
    world.check()


def test_open_orders_are_held_too():
    """MARG-012 MARG-014"""
    world = OrderWorld(atoms=0)
    world.deposit(ann=1_000)
    world.place(ANN, BUY, 5, price_ticks=1_000)
    take = dict(account=ANN, asset=COIN)
    assert world.refusal(world.send("WITHDRAW", amount_atoms=501, **take)) == "available_balance_must_cover"
    assert world.kinds(world.send("WITHDRAW", amount_atoms=500, **take)) == ["WITHDRAWN"]


# ---------------------------------------------------------------- in order
@pytest.mark.parametrize("kind,fields,reason", [
    ("SET_ACCOUNT", dict(account=1, other_account=99, parameter=64), "value_must_be_in_range"),
    ("SET_ACCOUNT", dict(account=1, other_account=99), "account_must_be_open"),
    ("TRANSFER", dict(account=99, other_account=BOB, asset=64), "account_must_be_open"),
    ("TRANSFER", dict(account=ANN, other_account=BOB, asset=64), "parent_must_be_open"),
    ("TRANSFER", dict(account=ANN, other_account=BOB, asset=COIN, amount_atoms=1 << 59), "parent_must_be_open"),
    ("FUND_INSURANCE", dict(instrument=600, asset=0), "instrument_must_exist"),
    ("FUND_INSURANCE", dict(asset=0, amount_atoms=0), "asset_must_exist")])
def test_the_first_refusal_of_the_list_counts(kind, fields, reason):
    """ORDR-001: a command with several faults is refused for the one with the lowest number."""
    assert OrderWorld().refusal(OrderWorld().send(kind, **fields)) == reason


# ---------------------------------------------------------------- transfers
@pytest.mark.parametrize("sender,receiver,allowed",
                         [(ANN, 30, True), (30, ANN, True), (30, 31, True), (ANN, BOB, False),
                                                     (30, BOB, False), (ANN, ANN, False), (ANN, 0, False),
                                                     (ANN, 99, False), (ANN, 2, False), (30, 32, False)])
def test_transfers_stay_in_the_family(sender, receiver, allowed):
    """LEDG-001: parent and child either way, children of one parent; nobody else."""
    world = OrderWorld()
    world.send("SET_ACCOUNT", account=30, other_account=ANN)
    world.send("SET_ACCOUNT", account=31, other_account=ANN)
    world.send("SET_ACCOUNT", account=32, other_account=BOB)
    world.send("DEPOSIT", account=30, asset=COIN, amount_atoms=50)
    move = dict(account=sender, other_account=receiver, asset=COIN, amount_atoms=50)
    events = world.send("TRANSFER", **move)
    if allowed:
        assert world.kinds(events) == ["TRANSFERRED"] and world.balance(receiver) >= 50
        assert int(events[0]["value_atoms"]) == world.balance(sender)
    else:
        assert world.refusal(events) == "parent_must_be_open"
    world.check()


def test_a_transfer_is_a_withdrawal_for_whoever_sends():
    """MARG-014: restriction, liquidation and what is free count as for withdrawals."""
    world = OrderWorld(atoms=0)
    world.deposit(ann=100)
    world.send("SET_ACCOUNT", account=30, other_account=ANN)
    move = dict(account=ANN, other_account=30, asset=COIN)
    assert world.refusal(world.send("TRANSFER", amount_atoms=101, **move)) == "available_balance_must_cover"
    world.restrict(ANN, 4)
    assert world.refusal(world.send("TRANSFER", amount_atoms=1, **move)) == "account_must_not_be_restricted"


# ---------------------------------------------------------------- the fund
@pytest.mark.parametrize("fields,reason", [
    (dict(asset=0), "asset_must_exist"), (dict(amount_atoms=0), "amount_must_be_positive"),
    (dict(amount_atoms=CASH_MAX + 1), "amount_must_be_positive"), (dict(instrument=600), "instrument_must_exist"),
    (dict(instrument=2), "instrument_must_be_listed"), (dict(asset=2), "instrument_must_exist")])
def test_fund_refusals(fields, reason):
    """LEDG-002 LOSS-001: the fund of an asset, or of an instrument that settles in it."""
    world = OrderWorld()
    chosen = dict(instrument=CONTRACT, asset=COIN, amount_atoms=5)
    chosen.update(fields)
    assert world.refusal(world.send("FUND_INSURANCE", **chosen)) == reason


def test_the_fund_is_the_assets_or_the_instruments_own():
    """LEDG-002 LOSS-005"""
    world = OrderWorld(instruments=2)
    world.term("insurance_scope", world.codes.INSURANCE_INSTRUMENT, 2)
    world.fund(5)
    world.send("FUND_INSURANCE", instrument=2, asset=COIN, amount_atoms=7)
    world.send("FUND_INSURANCE", asset=COIN, amount_atoms=11)
    assert world.insurance == 16 and world.state.instruments[2].insurance_atoms == 7
    assert world.balance(CAT) == 1_000_000 and DAN
    world.check()
