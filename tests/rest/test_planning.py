"""POST /plan/...: the planner over REST, in a process of its own, bounded."""
from __future__ import annotations

import asyncio
import os

import msgspec
import pytest
from rest_world import error_of

from steelyard import plan
from steelyard.plan.worker import answer
from steelyard.service.errors import ServiceError
from steelyard.service.planners import WAITING_MAX, Planners

XBT = dict(venue="bitmex", as_of="2020-03-12", entry="7900", leverage="10")
ASKED = {
    "size": {**XBT, "stop": "7700", "risk": "0.05"}, "liq": {**XBT, "size": "10000"},
    "compare": dict(entry="60000", amount="1.5", venues="bitmex,example"), "funding": {**XBT, "size": "10000"},
    "ladder": {**XBT, "size": "10000", "stop": "7700", "steps": [{"price": "8100", "share": "0.5"}]},
    "hedge": {**XBT, "amount": "1.5", "spot": "7850"}, "decay": dict(multiple="3", volatility="80 %"),
    "survive": {**XBT, "size": "10000", "volatility": "80 %", "paths": "1000"},
}


@pytest.mark.parametrize("kind", plan.KINDS)
def test_the_answer_is_the_planners(world, kind):
    """SERV-031: the same answer as from Python, for somebody without a session."""
    got = world.client().post(f"/plan/{kind}", json=ASKED[kind])
    assert got.status_code == 200, got.text
    assert got.json() == msgspec.to_builtins(plan.ask(kind, ASKED[kind]))


@pytest.mark.parametrize(("kind", "change"), [
    ("liq", {"entry": "7900.2"}), ("liq", {"size": None}), ("liq", {"size": 5}), ("liq", {"symbool": "X"}),
    ("liq", {"leverage": "0"}), ("size", {"stop": "7100", "leverage": "25"}), ("survive", {"paths": "1"}),
    ("funding", {"history": "rates.csv"}), ("liq", {"venue": "somewhere/else.toml"}),
    ("compare", {"venues": "somewhere/else.toml"}), ("decay", {"volatility": None}), ("liq", {"orders": [{}]})])
def test_errors_are_the_planners_words(world, kind, change):
    """SERV-031, PLAN-002: field, message, rule and remedy are those of the command line."""
    body = {name: value for name, value in {**ASKED[kind], **change}.items() if value is not None}
    got = world.client().post(f"/plan/{kind}", json=body)
    with pytest.raises(plan.PlanError) as refused:
        plan.ask(kind, body)
    error = error_of(got)
    assert got.status_code in (400, 404, 409), got.text
    assert (error["field"], error["message"], error["rule"], error["do"]) == (
        refused.value.field, refused.value.message, refused.value.rule, refused.value.do)


def test_the_list_of_venues(world):
    """PLAN-001: every profile with its instruments."""
    got = world.client().get("/plan/venues").json()["venues"]
    assert {one["name"] for one in got} >= {"bitmex", "example"}
    assert "XBTUSD" in next(one for one in got if one["name"] == "bitmex")["symbols"]


def test_what_is_no_object_is_refused(world):
    """SERV-003."""
    for raw in (b"[]", b"1", b"{", b""):
        got = world.client().post("/plan/liq", content=raw, headers={"content-type": "application/json"})
        assert got.status_code == 400, got.text


def test_more_than_wait_are_refused():
    """SERV-031: the queue is short, and what waited is answered."""
    async def crowd():
        planners = Planners()
        asked = [asyncio.ensure_future(planners.ask("decay", ASKED["decay"])) for _ in range(WAITING_MAX + 3)]
        done = await asyncio.gather(*asked, return_exceptions=True)
        planners.close()
        return done
    done = asyncio.run(crowd())
    refused = [one for one in done if isinstance(one, ServiceError)]
    assert len(refused) == 3 and {one.code for one in refused} == {"overloaded"}
    assert all(isinstance(one, bytes) for one in done if one not in refused)


def test_a_plan_that_takes_too_long_ends_with_its_process(monkeypatch):
    """SERV-031: and the next question gets a new one."""
    async def slow():
        planners = Planners()
        await planners.ask("decay", ASKED["decay"])
        pid = next(iter(planners._pool._processes))
        monkeypatch.setattr("steelyard.service.planners.SECONDS_MAX", 0.001)
        with pytest.raises(ServiceError) as late:
            await planners.ask("compare", ASKED["compare"])
        monkeypatch.setattr("steelyard.service.planners.SECONDS_MAX", 20.0)
        again = await planners.ask("decay", ASKED["decay"])
        planners.close(end=True)
        return pid, late.value.code, again
    pid, code, again = asyncio.run(slow())
    assert code == "too_slow" and again.startswith(b"{")
    with pytest.raises(OSError):
        for _ in range(100):
            os.kill(pid, 0)
            if open(f"/proc/{pid}/stat").read().split()[2] == "Z":
                raise ProcessLookupError


def test_the_worker_answers_or_says_what_is_wrong():
    """SERV-031: bytes and None, or nothing and the error's fields."""
    found, refused = answer("liq", ASKED["liq"])
    assert refused is None and b'"liquidation_price"' in found
    found, refused = answer("liq", {"entry": "1"})
    assert found == b"" and refused["field"] == "size" and refused["code"] == "missing_field"
