"""A margin call on a real venue that gives time: the banner above the positions."""
from __future__ import annotations

import re

import pytest
from terminal_world import DESK, PAGES, Screen, Served, figure, until

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


def test_a_call_stands_above_the_positions(browser, calling):
    """VIEW-022: what to deposit, until when, and where it is not waited for."""
    calling.replay(restart=True, paused=False, speed=1)
    screen = Screen(browser, calling, "call", size=DESK, theme="dark")
    page = screen.page
    screen.open_account()
    page.get_by_role("radio", name="Cross").check()
    screen.by_size("380000", "50")
    screen.send()
    screen.position().wait_for()
    page.evaluate(KEEP)
    calling.replay(speed=300)
    until(screen, lambda: page.evaluate("() => Boolean(window.heldBanner)"), within_s=120)
    screen.picture("called")
    text = page.evaluate("() => new DOMParser().parseFromString(window.heldBanner, 'text/html').body.textContent")
    assert "Margin call on your XBT wallet" in text and "UTC" in text and "closed out without waiting" in text
    assert figure(re.search(r"Deposit ([\d.,]+) XBT", text).group(1)) > 0
    assert screen.errors == []
    screen.close()
