"""The Plan page on a real venue: forms, answers, links, refusals, keyboard, two sizes and both themes."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
from terminal_world import DESK, PHONE, ROOT, figure, until

from steelyard import plan
from steelyard.plan import KINDS, questions

FIELDS = ROOT / "web" / "src" / "pages" / "plan" / "fields.ts"


def told(screen):
    """The result, once it is there."""
    region = screen.page.get_by_role("region", name="The plan")
    region.wait_for()
    return region


def example(screen, kind):
    """Open a kind of plan and fill in its example."""
    screen.go(f"plan/{kind}")
    screen.page.get_by_role("button", name="Fill in an example").click()
    return told(screen)


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_every_plan_is_answered(screens, kind):
    """PLAN-009: facts, a picture or bars, and the address holds the question."""
    screen = screens()
    region = example(screen, kind)
    assert region.locator("dl").count() >= 1
    assert region.locator("svg, .plan-bars").count() >= 1
    assert re.search(rf"#/plan/{kind}\?\w+=", screen.page.url)
    screen.picture(kind)


def test_the_link_of_the_command_line_opens_the_same_plan(screens):
    """PLAN-009: the page shows the numbers that Python has."""
    found = plan.liq(venue="bitmex", as_of="2020-03-12", entry="7900", size="10000", leverage="25")
    screen = screens()
    screen.page.goto(f"{screen.served.url}/{found.link}")
    region = told(screen)
    shown = region.get_by_role("region", name="At a glance").inner_text()
    assert found.position.liquidation_price in shown.replace(",", "")
    assert screen.page.get_by_label("Entry price *").input_value() == "7900"
    assert "MARG-010" in region.get_by_role("region", name="Every term").first.inner_text()


def test_a_stop_beyond_liquidation_is_refused_with_what_would_be_safe(screens):
    """PLAN-013: in the planner's words, at the field."""
    screen = screens()
    screen.go("plan/size?venue=bitmex&as_of=2020-03-12&entry=7900&stop=7600&risk=0.05&leverage=25")
    note = screen.page.locator(".error-note")
    note.wait_for()
    assert "7632.71" in note.inner_text() and "7659.5" in note.inner_text() and "PLAN-013" in note.inner_text()
    assert screen.page.get_by_label("Stop price *").get_attribute("aria-invalid") == "true"
    screen.page.get_by_label("Stop price *").fill("7660")
    screen.page.keyboard.press("Enter")
    assert "contracts" in told(screen).inner_text()
    assert note.count() == 0


def test_what_cannot_be_read_is_said_at_its_field(screens):
    """PLAN-002: a price off its grid, and a line that is no order."""
    screen = screens()
    screen.go("plan/liq")
    page = screen.page
    page.get_by_text("Nothing planned yet").wait_for()
    assert page.get_by_role("button", name="Plan", exact=True).is_disabled()
    page.get_by_label("Entry price *").fill("7900.03")
    page.get_by_label("Size, contracts *").fill("100")
    page.get_by_role("button", name="Plan", exact=True).click()
    page.get_by_text(re.compile("must be a multiple of")).first.wait_for()
    page.get_by_label("Entry price *").fill("60000")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("textbox", name="Open orders").fill("buy one")
    page.get_by_role("button", name="Plan", exact=True).click()
    page.get_by_text(re.compile("is not of the form")).first.wait_for()


def test_comparing_shows_every_venue_with_who_may_trade_it(screens):
    """PLAN-015: bars, a row each, and the rule that denies."""
    screen = screens()
    region = example(screen, "compare")
    rows = region.get_by_role("region", name="Amounts in the quote currency").locator("tbody tr")
    assert rows.count() >= 4
    assert region.locator(".plan-bars tr").count() == rows.count()
    assert "US-OFFSHORE-RETAIL" in region.get_by_role("list", name="Notes").inner_text()
    assert figure(region.locator(".plan-bars td.n").first.inner_text()) < 60_000


def test_by_keyboard_alone(screens):
    """p opens the page, arrows turn the tabs, Tab reaches the fields, Enter plans."""
    screen = screens()
    page = screen.page
    page.keyboard.press("p")
    page.get_by_role("tab", name="Size", exact=True).wait_for()
    page.get_by_role("tab", name="Size", exact=True).focus()
    page.keyboard.press("ArrowRight")
    until(screen, lambda: "plan/liq" in page.url)
    page.get_by_label("Entry price *").focus()
    page.keyboard.type("60000")
    page.get_by_label("Size, contracts *").focus()
    page.keyboard.type("1000")
    page.keyboard.press("Enter")
    assert "liquidation price" in told(screen).inner_text()


LOOKS = [(kind, size, theme) for kind in KINDS for size in ("desk", "phone") for theme in ("dark", "light")
         if theme == "dark" or kind in ("size", "compare", "survive")]


@pytest.mark.parametrize(("kind", "size", "theme"), LOOKS)
def test_accessible_and_within_its_width(screens, kind, size, theme):
    """axe finds nothing, empty or answered, and nothing stands out at the side."""
    screen = screens(size=PHONE if size == "phone" else DESK, theme=theme)
    screen.go(f"plan/{kind}")
    screen.page.get_by_text("Nothing planned yet").wait_for()
    assert screen.violations() == []
    example(screen, kind)
    assert screen.violations() == []
    wide, seen = screen.page.evaluate("[document.querySelector('.page').scrollWidth, innerWidth]")
    assert wide <= seen
    screen.picture(f"{kind} {theme}")


def test_every_field_of_the_forms_is_one_of_the_questions():
    """PLAN-009: and every field of a question but its files is in a form."""
    text = Path(FIELDS).read_text("utf-8")
    assert re.findall(r'\{ kind: "(\w+)"', text) == list(KINDS)
    named = set(re.findall(r'name: "(\w+)"', text))
    asked = {field for _room, question in KINDS.values() for field in getattr(questions, question).__struct_fields__}
    files = {"bars", "history", "history_symbol", "history_venue", "start", "end", "rebalance_hours"}
    assert named - asked == set() and asked - named == files
