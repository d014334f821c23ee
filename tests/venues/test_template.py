"""Somebody else's venue: the template filled in as text, checked, loaded, traded, funded, liquidated and audited."""
import re
import tomllib
from datetime import date

import numpy as np
import pytest
from typer.testing import CliRunner

from steelyard import codes
from steelyard.cli import app
from steelyard.engine.records import new_commands
from steelyard.kernel import COMPILED, load_plain
from steelyard.units import HOUR, MINUTE, PPB, SECOND
from steelyard.venues.commands import profile_commands
from steelyard.venues.fields import KEYS
from steelyard.venues.profile import load_profile
from steelyard.venues.template import template_path, template_text, unmentioned

RUN = CliRunner()
ANN, BOB, CAT = 16, 17, 18
START = 1_740_787_200 * SECOND                          # 2025-03-01 00:00 UTC

HARBOR = [                                              # what the owner of Harbor changes, line by line
    ('title = "My venue"', 'title = "Harbor"'),
    ('mine = "my own rules"', 'mine = "Harbor rulebook of March 2025"'),
    ("2024-01-01", "2025-03-01"),
    ('name = "USDT"\ndecimals = 6', 'name = "COIN"\ndecimals = 8'),
    ('name = "BTC/USDT"\nquote = "USDT"\nunit = "0.01 USDT"', 'name = "COIN/EUR"\nquote = "EUR"\nunit = "0.01 EUR"'),
    ('symbol = "BTCUSDT"', 'symbol = "COINEUR"'), ('kind = "linear"', 'kind = "inverse"'),
    ('base = "BTC"', 'base = "COIN"'), ('quote = "USDT"                ', 'quote = "EUR"                 '),
    ('settles = "USDT"', 'settles = "COIN"'), ('index = "BTC/USDT"', 'index = "COIN/EUR"'),
    ('value = "0.001 BTC"', 'value = "5 EUR"'), ("# rounded_per =", "rounded_per ="),
    ('{up_to = "50_000 USDT", initial = "1 %", maintenance = "0.5 %"}',
     '{up_to = "25 COIN", initial = "4 %", maintenance = "2 %"}'),
    ('{up_to = "500_000 USDT", initial = "2 %", maintenance = "1 %"}',
     '{up_to = "250 COIN", initial = "8 %", maintenance = "4 %"}'),
    ('    {up_to = "5_000_000 USDT", initial = "5 %", maintenance = "2.5 %"},\n', ""),
    ('    {up_to = "50_000_000 USDT", initial = "10 %", maintenance = "5 %"},\n', ""),
    ('value = "10_000 USDT"', 'value = "1 COIN"'), ('value = "0.1 USDT"', 'value = "0.5 EUR"'),
    ('value = "0.01 USDT"', 'value = "0.01 EUR"'), ('value = "1 USDT"', 'value = "10 EUR"'),
    ('value = "1_000_000 USDT"', 'value = "1_000_000 EUR"'), ('value = "median of three"', 'value = "funding basis"'),
    ('interval = [{from = 2025-03-01, value = "8 h"', 'interval = [{from = 2025-03-01, value = "4 h"'),
    ('interest = [{from = 2025-03-01, value = "0.01 %"', 'interest = [{from = 2025-03-01, value = "0.03 %"'),
    ('value = "queue"', 'value = "capped pro rata"'), ("# adl_cap =", "adl_cap ="),
    ('taker = [{from = 2025-03-01, value = "0.05 %", source = "mine"}]',
     'taker = [{from = 2025-03-01, value = "0.06 %", source = "assumed: the rulebook names a range"}]'),
]


def filled() -> str:
    """The template with Harbor's figures. Every line that is changed must be there."""
    text = template_path().read_text("utf-8")
    for before, after in HARBOR:
        assert before in text, before
        text = text.replace(before, after)
    return text


@pytest.fixture
def harbor(tmp_path):
    path = tmp_path / "harbor.toml"
    path.write_text(filled(), "utf-8")
    return path


class Story:
    """Commands of one story, in order, and the engine they are told to."""

    def __init__(self, engine, profile):
        self.engine, self.time_ns, self.sent, self.orders = engine, START, [], 0
        self.profile, self.contract = profile, profile.instruments[0]
        self.tell(profile_commands(profile, START))

    def tell(self, commands):
        self.sent.append(commands)
        events = self.engine.apply(commands)
        assert [codes.Reason(int(e["reason"])).name for e in events if e["kind"] == codes.REJECTED] == []
        return list(events)

    def send(self, kind, **fields):
        command = new_commands(1)
        command["kind"], command["time_ns"], command["instrument"] = codes.CommandKind[kind], self.time_ns, 1
        for name, value in fields.items():
            command[name] = value
        return self.tell(command)

    def price(self, euros):
        """All sources print; what follows is drained for a minute."""
        events = []
        for feed in self.profile.indices[0].feeds:
            events += self.send("PUBLISH_PRICE", instrument=0, parameter=1, flags=feed.number, value=euros * 100)
        for _ in range(6):
            self.time_ns += 10 * SECOND
            events += self.send("ADVANCE", instrument=0)
        return events

    def order(self, account, side, lots, euros):
        self.orders += 1
        return self.send("PLACE_ORDER", account=account, side=side, size_lots=lots, price_ticks=euros * 2,
                         order_type=codes.ORDER_LIMIT, order_id=self.orders)


def count(events, kind):
    return sum(event["kind"] == codes.EventKind[kind] for event in events)


def play(engine, profile) -> Story:
    """Ann goes long at 20x against Bob, pays funding, and is liquidated into Cat's bid when the price falls."""
    story = Story(engine, profile)
    for account in (ANN, BOB, CAT):
        story.send("SET_ACCOUNT", account=account)
        story.send("DEPOSIT", account=account, asset=1, amount_atoms=10 * 10**8)
    story.price(2_000)
    story.send("SET_MARGIN_MODE", account=ANN, value=1)
    story.send("SET_LEVERAGE", account=ANN, value=PPB // 20)
    story.order(BOB, -1, 4_000, 2_000)
    assert count(story.order(ANN, 1, 4_000, 2_000), "TRADED") == 1              # 20,000 EUR at 2,000: 10 COIN
    story.time_ns = START + 4 * HOUR - MINUTE
    story.price(2_000)                                                          # passes the first stamp: a rate is set
    story.time_ns = START + 8 * HOUR - MINUTE
    funding = [event for event in story.price(2_000) if event["kind"] == codes.FUNDING_SETTLED]
    assert [(int(event["account"]), int(event["cash_atoms"])) for event in funding] == [(ANN, -300_000), (BOB, 300_000)]
    story.order(CAT, 1, 3_000, 1_920)
    events = story.price(1_930) + story.price(1_900)
    assert count(events, "POSITION_TAKEN_OVER") == 1
    assert count(events, "TRADED") == 3 and count(events, "INSURANCE_CHANGED") >= 1     # a slice at a time to Cat's bid
    assert all(engine.state.positions[n].size_lots == 0 for n in range(1, engine.state.positions_pool.high_water + 1)
               if engine.state.positions[n].account == ANN)
    return story


def test_the_template_loads_as_it_stands_and_mentions_every_figure(tmp_path):
    """PROF-003 PROF-005 What it does without is listed at its end."""
    path = tmp_path / "my.toml"
    result = RUN.invoke(app, ["venues", "new", str(path)])
    assert result.exit_code == 0 and path.read_text("utf-8") == template_text()
    assert RUN.invoke(app, ["venues", "check", str(path)]).stdout.splitlines()[-1] == "nothing is wrong"
    text = template_text()
    assert [key for key in unmentioned(text) if key not in text] == [] and len(KEYS) > 50
    assert RUN.invoke(app, ["venues", "new", str(path)]).exit_code == 1
    assert RUN.invoke(app, ["venues", "new", str(tmp_path / "my.txt")]).exit_code == 1


def test_every_commented_alternative_is_one_that_loads():
    """PROF-003 A figure that is commented out is written as it must be when it is not."""
    text = template_path().read_text("utf-8")
    lines = [line for line in text.split("\n") if re.match(r"# \w+ = ", line)]
    assert len(lines) >= 8
    for line in lines:
        tomllib.loads(line[2:])


def test_another_venue_is_checked_and_read(harbor):
    """PROF-006 PROF-011 PROF-012"""
    result = RUN.invoke(app, ["venues", "check", str(harbor)])
    assert result.exit_code == 0, result.output
    text = RUN.invoke(app, ["venues", "show", str(harbor)]).stdout
    for says in ("Harbor as of 2025-03-01", "COINEUR: inverse on COIN in EUR", "1 contract is 5 EUR of COIN",
                 "tier 1: up to 250 COIN: initial 8 % (12.5x), maintenance 4 %", "taker 0.06 % (?)", "paid every 4 h",
                 "deleveraging: capped pro rata"):
        assert says in text


def test_another_venue_trades_funds_and_liquidates(harbor):
    """PROF-011 The engine needs no line of Python for it; every invariant holds."""
    profile = load_profile(harbor, date(2025, 3, 1))
    engine = load_plain("engine.engine").Engine()
    story = play(engine, profile)
    assert load_plain("engine.invariants").broken(engine.state) == []
    assert story.contract.symbol == "COINEUR" and story.contract.terms["funding_interval_ns"] == 4 * HOUR


@pytest.mark.skipif(not COMPILED, reason="the node keeps the tables of the compiled engine")
def test_another_venue_is_audited(harbor, tmp_path):
    """PROF-011 The same story through a journal: replayed to the same digest."""
    from steelyard.node.audit import audit
    from steelyard.node.replica import Replica
    story = play(load_plain("engine.engine").Engine(), load_profile(harbor, date(2025, 3, 1)))
    node = Replica(tmp_path / "node")
    node.submit(np.concatenate(story.sent))
    node.close()
    report = audit(tmp_path / "node")
    assert report.passed, report.finding
    assert set(report.conservation.values()) == {0}
