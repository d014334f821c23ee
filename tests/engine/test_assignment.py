"""Equity protection: close in the book, what a takeover takes at most, assignment to who opted in, the rest at once."""
import pytest
from risk_world import ANN, BOB, BUY, CAT, DAN, EVE, PPB, SELL, RiskWorld

from steelyard.kernel import load_plain

rules = load_plain("rules.assignment")
broken = load_plain("engine.invariants").broken
LADDER = dict(close_first=1, assigns=1, adl_at_once=1, disposal_limit_ppb=0, fund_share_ppb=0)


class Ladder(RiskWorld):
    """A venue whose ladder is: book, assignment, winners."""

    def __init__(self, **terms):
        super().__init__(**{**LADDER, **terms})

    def opt_in(self, account, size=10**6, position=10**6, sides=3, instrument=1):
        """A standing preference of an account."""
        return self.send("SET_ASSIGNEE", account=account, instrument=instrument, size_lots=size, display_lots=position,
                         flags=sides)

    def ann_long(self, lots=10, cash=1_000):
        """Ann long at 1,000, Bob short; she is at her maintenance margin at a mark of 947."""
        self.deposit(ann=cash, bob=100_000, cat=100_000, dan=100_000, eve=100_000)
        self.trade(ANN, BOB, lots, 1_000)
        return self

    def assigned(self, events):
        """(account, lots, value) of every assignment."""
        return [(int(event["account"]), int(event["side"]) * int(event["size_lots"]), int(event["value_atoms"]))
                for event in self.of(events, "ASSIGNED")]

    def check_all(self):
        """Every invariant."""
        self.check()
        assert broken(self.state) == []


# ---------------------------------------------------------------- close in the book
def test_LIQD_028_what_the_book_pays_beyond_the_limit_stays_with_the_owner():
    """LIQD-028 Ten long with 1,000: offered at 900 or better; Cat bids 945 for all, so 450 stay."""
    world = Ladder().ann_long()
    world.order(CAT, BUY, 10, 945)
    events = world.mark(947)
    stepped = world.of(events, "LIQUIDATION_STEPPED")
    assert [(world.reason(event), int(event["size_lots"]), int(event["price_ticks"])) for event in stepped] == [
        ("closed_in_book", 10, 900)]
    assert (world.size(ANN), world.balance(ANN), world.size(CAT)) == (0, 450, 10)
    assert world.reason(world.of(events, "LIQUIDATION_ENDED")[0]) == "position_gone"
    world.check_all()


def test_LIQD_028_what_is_unfilled_goes_on_though_the_rest_would_be_sound():
    """LIQD-028 LIQD-029 Six of ten sold at 945; four with 458 of equity are taken over, at 2.5 % of 3,788: 364 stay."""
    world = Ladder(equity_taken_max_ppb=PPB // 40).ann_long()
    world.order(CAT, BUY, 6, 945)
    events = world.mark(947)
    taken = world.of(events, "POSITION_TAKEN_OVER")
    assert [(int(event["size_lots"]), int(event["equity_atoms"])) for event in taken] == [(4, 94)]
    assert (world.size(ANN), world.balance(ANN)) == (0, 458 - 94)
    world.check_all()


def test_LIQD_028_off_the_position_goes_whole_as_before():
    """LIQD-028 LIQD-005 Without the term nothing is offered in her name."""
    world = Ladder(close_first=0, assigns=0, adl_at_once=0).ann_long()
    world.order(CAT, BUY, 10, 945)
    events = world.mark(947)
    assert "POSITION_TAKEN_OVER" in world.kinds(events) and world.balance(ANN) == 0
    world.check_all()


# ---------------------------------------------------------------- what is taken at most
def test_LIQD_029_a_takeover_takes_at_most_a_part_of_the_value():
    """LIQD-029 Worth 9,470 with 470 of equity: 2.5 % are 236, 234 stay with her; the bankruptcy price is 923.4."""
    world = Ladder(equity_taken_max_ppb=PPB // 40, adl_at_once=0).ann_long()
    events = world.mark(947)
    taken = world.of(events, "POSITION_TAKEN_OVER")[0]
    assert (int(taken["equity_atoms"]), world.balance(ANN), int(taken["value_atoms"])) == (236, 234, 9_470 - 236)
    world.check_all()


# ---------------------------------------------------------------- assignment
def test_LIQD_030_LIQD_032_even_parts_at_the_price_where_equity_is_gone():
    """LIQD-030 LIQD-031 LIQD-032 Ten lots for three who take 2, 10 and 10: 2, 4 and 4, at 900 each, mark 947."""
    world = Ladder().ann_long()
    for account, size in ((CAT, 2), (DAN, 10), (EVE, 10)):
        world.opt_in(account, size)
    events = world.mark(947)
    assert world.assigned(events) == [(CAT, 2, 1_800), (DAN, 4, 3_600), (EVE, 4, 3_600)]
    assert sum(int(event["requirement_atoms"]) for event in world.of(events, "ASSIGNED")) == 470
    assert world.takeovers() == [] and world.balance(ANN) == 0 and world.insurance == 0
    assert [world.reason(event) for event in world.of(events, "TAKEOVER_CLOSED")] == ["assignment"]
    assert "DELEVERAGED" not in world.kinds(events)
    world.check_all()


def test_LIQD_032_what_is_left_after_equal_parts_goes_round_once_more():
    """LIQD-032 Ten lots for two who take 2 and 20 at one time: 2 and 5, then 3 more."""
    world = Ladder().ann_long()
    world.opt_in(CAT, 2)
    world.opt_in(DAN, 20)
    events = world.mark(947)
    assert world.assigned(events) == [(CAT, 2, 1_800), (DAN, 5, 4_500), (DAN, 3, 2_700)]
    assert world.size(CAT) + world.size(DAN) == 10 and world.takeovers() == []
    world.check_all()


@pytest.mark.parametrize(("edge", "assigned"), [(0, True), (49_000_000, True), (50_000_000, False)])
def test_LIQD_030_only_while_the_price_is_good_enough(edge, assigned):
    """LIQD-030 470 of 9,470 is 4.96 %: assigned at an edge of 4.9 %, not at 5 %."""
    world = Ladder(assignment_edge_ppb=edge, adl_at_once=0).ann_long()
    world.opt_in(DAN)
    assert bool(world.assigned(world.mark(947))) is assigned
    world.check_all()


@pytest.mark.parametrize("hinder", [
    lambda world: world.opt_in(DAN, sides=2), lambda world: world.opt_in(DAN, size=0), lambda world: world.isolate(DAN),
    lambda world: world.send("SET_ACCOUNT", account=DAN, flags=2),
    lambda world: world.send("WITHDRAW", account=DAN, asset=1, amount_atoms=100_000),
    lambda world: world.opt_in(DAN, position=0)])
def test_LIQD_031_who_does_not_take_part(hinder):
    """LIQD-031 LIQD-032 Other side, no size, isolated, barred, no margin, position full: the next step."""
    world = Ladder().ann_long()
    world.opt_in(DAN)
    hinder(world)
    events = world.mark(947)
    assert world.assigned(events) == [] and world.of(events, "DELEVERAGED")
    assert (world.size(BOB), world.takeovers()) == (0, [])
    world.check_all()


def test_LIQD_032_a_margin_bears_what_it_bears():
    """LIQD-032 Dan has 300: at 10 % of 947 and one atom a lot, three lots; the rest is deleveraged at once."""
    world = Ladder()
    world.deposit(ann=1_000, bob=100_000, dan=300)
    world.trade(ANN, BOB, 10, 1_000)
    world.opt_in(DAN)
    events = world.mark(947)
    assert world.assigned(events) == [(DAN, 3, 2_700)] and world.size(BOB) == -3
    world.check_all()


def test_LIQD_032_an_opposite_position_is_closed_without_margin():
    """LIQD-032 Bob is short ten himself and takes the long at 900: both are flat."""
    world = Ladder().ann_long()
    world.opt_in(BOB)
    events = world.mark(947)
    assert world.assigned(events) == [(BOB, 10, 9_000)] and world.size(BOB) == 0
    assert world.balance(BOB) == 101_000
    world.check_all()


def test_a_short_is_assigned_the_other_way_round():
    """LIQD-030 LIQD-032 Ann short at 1,000 with 1,000: taken over at 1,100 while the mark is 1,050."""
    world = Ladder()
    world.deposit(ann=1_000, bob=100_000, dan=100_000)
    world.trade(BOB, ANN, 10, 1_000)
    world.opt_in(DAN, sides=2)
    assert world.assigned(world.mark(1_050)) == [(DAN, -10, -11_000)]
    world.check_all()


# ---------------------------------------------------------------- at once
def test_ADLV_020_what_nobody_takes_is_unwound_at_once():
    """ADLV-020 Nobody bids, nobody opted in: Bob's short is closed at 900 though the mark is 947."""
    world = Ladder().ann_long()
    events = world.mark(947)
    assert world.kinds(events).count("DELEVERAGED") == 1 and world.size(BOB) == 0 and world.takeovers() == []
    world.check_all()
    world = Ladder(adl_at_once=0).ann_long()
    assert "DELEVERAGED" not in world.kinds(world.mark(947)) and len(world.takeovers()) == 1
    world.check_all()


# ---------------------------------------------------------------- refusals
@pytest.mark.parametrize(("change", "reason"), [
    (dict(instrument=0), "instrument_must_exist"), (dict(instrument=9), "instrument_must_be_listed"),
    (dict(account=60), "account_must_be_open"), (dict(size_lots=-1), "value_must_be_in_range"),
    (dict(display_lots=1 << 40), "value_must_be_in_range"), (dict(flags=0), "flags_must_be_compatible"),
    (dict(flags=4), "flags_must_be_compatible")])
def test_LIQD_031_a_preference_that_does_not_fit_is_refused(change, reason):
    """LIQD-031"""
    world = Ladder().ann_long()
    fields = dict(account=DAN, instrument=1, size_lots=5, display_lots=5, flags=1)
    assert world.refusal(world.send("SET_ASSIGNEE", **{**fields, **change})) == reason


def test_LIQD_031_thirty_two_at_most():
    """LIQD-031 A place that was given up can be taken again."""
    world = Ladder()
    for account in range(16, 50):
        world.open_accounts(account, atoms=1)
    for account in range(16, 48):
        world.opt_in(account)
    assert world.refusal(world.opt_in(48)) == "accounts_table_must_have_room"
    world.opt_in(20, size=0)
    assert world.kinds(world.opt_in(48)) == ["CONFIGURED"]


def test_even_parts():
    """LIQD-030 LIQD-032"""
    assert [rules.even_share(lots, takers) for lots, takers in ((10, 3), (9, 3), (1, 5))] == [4, 3, 1]
    assert rules.has_edge(75, 10_000, 7_500_000) and not rules.has_edge(74, 10_000, 7_500_000)
    assert (rules.lots_borne(5, 100, 30), rules.lots_borne(5, -1, 30)) == (8, 5)
    assert SELL == -BUY


@pytest.mark.parametrize("parameter", [(1 << 31) - 1, -(1 << 31), 1 << 15])
def test_a_parameter_that_nobody_looks_at_is_told_as_zero(parameter):
    """EVNT-001: an event has 16 bits for it, a command 32; found by random commands."""
    world = Ladder().ann_long()
    events = world.send("SET_ASSIGNEE", account=DAN, instrument=1, size_lots=5, display_lots=5, flags=1,
                        parameter=parameter)
    assert world.kinds(events) == ["CONFIGURED"] and int(events[0]["flags"]) == 0
