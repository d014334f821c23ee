"""Whatever is asked, a plan answers or raises a PlanError that says what to do: never anything else."""
from __future__ import annotations

import random

import pytest

from steelyard import plan
from steelyard.plan import questions

XBT = dict(venue="bitmex", entry="60000", leverage="10")
SOUND = {
    "size": {**XBT, "stop": "58500", "risk": "0.05"}, "liq": {**XBT, "size": "10000"},
    "compare": dict(entry="60000", amount="1.5", venues="bitmex,example"), "funding": {**XBT, "size": "10000"},
    "ladder": {**XBT, "size": "10000", "stop": "58500", "steps": [{"price": "61000", "share": "0.5"}]},
    "hedge": {**XBT, "amount": "1.5", "spot": "59000"}, "decay": dict(multiple="3", volatility="80 %"),
    "survive": {**XBT, "size": "10000", "volatility": "80 %", "paths": "200"},
}
NASTY = ("", " ", "0", "-1", "1e400", "1e-400", "nan", "inf", "-0", "1_000", "٣", "9" * 40, "0." + "0" * 30 + "1",
         "1.5 %",
         "%", "short", "cross", "maker", "2020-03-12", "1969-01-01", "9999-12-31", "XBTUSDT", "ETHUSD", "../x", "\x00",
         "100000000", "0.00000001", "1e9", "-1e9", "59999.9", "market maker")
LISTS = {"positions": [{"symbol": "XBTUSDT", "side": "long", "size": "1", "entry": "1"}, {"symbol": "ETHUSD"}],
         "orders": [{"side": "buy", "size": "100", "price": "1"}], "steps": [{"price": "1", "share": "1"}],
         "rates": ["1", "x", "-1"], "premiums": ["0.5", "1"], "marks": ["1", "1e9"], "prices": ["1", "0", "1e15"]}


@pytest.mark.parametrize("kind", plan.KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_nasty_fields_are_answered_or_refused(kind, seed):
    """PLAN-002: a hundred questions with one to three fields replaced; a refusal names field, remedy and rule."""
    chance = random.Random(f"{kind} {seed}")
    names = [one for one in getattr(questions, plan.KINDS[kind][1]).__struct_fields__
             if one not in ("bars", "history")]
    answered = 0
    for _round in range(100):
        body = dict(SOUND[kind])
        for name in chance.sample(names, chance.randint(1, 3)):
            if name in LISTS:
                body[name] = chance.choices(LISTS[name], k=chance.randint(1, 3))
            else:
                body[name] = chance.choice((*NASTY, 5, None, ["1"])) if name != "paths" else chance.choice(NASTY[:12])
        try:
            plan.ask(kind, body)
            answered += 1
        except plan.PlanError as refused:
            assert refused.field and refused.do and refused.rule and refused.message, refused
    assert answered > 0
