"""A margin call on a real venue that gives time: the banner above the positions, the notice, the story afterwards."""
from __future__ import annotations

import re

import pytest
from terminal_world import DESK, PAGES, PHONE, Screen, Served, figure, until

from steelyard.venues.profile import profile_paths

CALLS = """[defaults.liquidation]
margin_call_cure = [{from = 2017-01-01, value = "2 h", source = "assumed: a venue that calls, for this test"}]
close_out = [{from = 2017-01-01, value = "10 %", source = "assumed: a venue that calls, for this test"}]
"""


@pytest.fixture(scope="module")
def calling(tmp_path_factory):
    """The rules of BitMEX, but a wallet is given two hours."""
    if not PAGES.exists():
        pytest.skip("the terminal is not built: make terminal")
    folder = tmp_path_factory.mktemp("calling")
    text = profile_paths()["bitmex"].read_text("utf-8")
    assert text.count("[defaults.liquidation]") == 1
    (folder / "calling.toml").write_text(text.replace("[defaults.liquidation]\n", CALLS), "utf-8")
    server = Served(folder, "--venue", str(folder / "calling.toml"))
    yield server
    server.close()


KEEP = """() => {
  const look = () => {
    const banner = document.querySelector('.margin-calls');
    if (banner && !window.heldBanner) window.heldBanner = banner.outerHTML;
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
"""In a crash a call may last seconds: the banner is kept as it first stood, to be read and looked at in peace."""


@pytest.mark.parametrize(("size", "theme"), [(DESK, "dark"), (PHONE, "light")], ids=["desk", "phone"])
def test_a_call_stands_above_the_positions_and_begins_the_story(browser, calling, size, theme):
    """VIEW-022: what to deposit, until when; axe objects to nothing; afterwards the story begins with the call."""
    calling.replay(restart=True, paused=False, speed=1)
    screen = Screen(browser, calling, f"call-{theme}", size=size, theme=theme)
    page = screen.page
    screen.open_account()
    page.get_by_role("radio", name="Cross").check()
    screen.by_size("380000", "50")
    screen.send()
    if size is PHONE:
        page.get_by_role("button", name="Account", exact=True).click()
    screen.position().wait_for()
    page.evaluate(KEEP)
    calling.replay(speed=300)
    until(screen, lambda: page.evaluate("() => Boolean(window.heldBanner)"), within_s=120)
    until(screen, lambda: page.locator(".margin-calls").count() == 0, within_s=120)
    calling.replay(paused=True)
    page.evaluate("document.querySelector('.account-content').insertAdjacentHTML('beforebegin', window.heldBanner)")
    text = page.locator(".margin-calls").inner_text()
    assert "UTC" in text and "left" in text and "closed out without waiting" in text
    assert figure(re.search(r"Deposit ([\d.,]+) XBT", text).group(1)) > 0
    page.locator(".margin-calls").scroll_into_view_if_needed()
    screen.picture("called")
    assert screen.violations() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.evaluate("document.querySelector('.margin-calls').remove()")
    screen.go("liquidations")
    page.locator("a[href*='liquidations/']").first.click()
    page.get_by_role("heading", name="The call before it").wait_for()
    steps = page.locator(".call-steps").inner_text()
    assert "Margin call:" in steps and "Liquidation began" in steps
    page.get_by_role("heading", name="The call before it").scroll_into_view_if_needed()
    screen.picture("story")
    assert screen.violations() == []
    assert screen.errors == []
    screen.close()
