"""A margin call on a real venue that gives time: the banner above the positions."""
from __future__ import annotations

import re

import pytest
from terminal_world import DESK, PAGES, Screen, Served, figure, until

from steelyard.venues.profile import profile_paths

CALLS = """[defaults.liquidation]
margin_call_cure = [{from = 2017-01-01, value = "12 h", source = "assumed: a venue that calls, for this test"}]
close_out = [{from = 2017-01-01, value = "10 %", source = "assumed: a venue that calls, for this test"}]
call_at_initial = [{from = 2017-01-01, value = "80 %", source = "assumed: a venue that calls early, for this test"}]
"""
FALL = """title = "Two prices"
symbol = "XBTUSD"
contract = "inverse"
as_of = "2020-03-11"
build_up_minutes = 60
focus = ["2020-03-11T09:00Z", "2020-03-11T14:00Z"]
bridge = { base_bp_per_root_minute = "0", move_share = "0" }
path = { source = "made up for this test", points = [
  { time = "2020-03-11T00:00Z", price = "8000", what = "close" },
  { time = "2020-03-11T12:00Z", price = "8000", what = "close" },
  { time = "2020-03-11T13:00Z", price = "6900", what = "close" },
  { time = "2020-03-11T14:00Z", price = "6900", what = "close" },
] }
"""
"""A long of 300,000 at 5x on 10 XBT, opened at 8,000, is called below 7,326, given 12 h, and closed out below 6,330: at
6,900, where the path ends and time stands, it is called, however fast or slow this machine walked there."""


@pytest.fixture(scope="module")
def calling(tmp_path_factory):
    """The rules of BitMEX, but a wallet is called early and given twelve hours; a path that falls once and stays."""
    if not PAGES.exists():
        pytest.skip("the terminal is not built: make terminal")
    folder = tmp_path_factory.mktemp("calling")
    text = profile_paths()["bitmex"].read_text("utf-8")
    assert text.count("[defaults.liquidation]") == 1
    (folder / "calling.toml").write_text(text.replace("[defaults.liquidation]\n", CALLS), "utf-8")
    (folder / "two-prices.toml").write_text(FALL, "utf-8")
    server = Served(folder, "--venue", str(folder / "calling.toml"),
                    feed=f"{folder / 'two-prices.toml'},loop=no,speed=1")
    yield server
    server.close()


def test_a_call_stands_above_the_positions(browser, calling):
    """VIEW-022: what to deposit, until when, and where it is not waited for; the deposit it asks for ends it."""
    screen = Screen(browser, calling, "call", size=DESK, theme="dark")
    page = screen.page
    screen.open_account()
    page.get_by_role("radio", name="Cross").check()
    screen.by_size("300000", "5")
    screen.send()
    screen.position().wait_for()
    banner = page.get_by_role("alert", name="Margin call on your XBT wallet")
    assert banner.count() == 0
    calling.replay(speed=600)
    banner.wait_for(timeout=180_000)
    until(screen, lambda: calling.call("POST", "/replay", {"speed": 600})["paused"], within_s=180)
    screen.picture("called")
    text = banner.inner_text()
    assert "UTC" in text and "closed out without waiting" in text
    due = figure(re.search(r"Deposit ([\d.,]+) XBT", text).group(1))
    assert 3 < due < 6, "at 6,900 initial margin is a fifth of 43.5 XBT, and about 4 XBT are left of 10"
    banner.get_by_role("button", name="Wallet").click()
    page.get_by_label("Add paper money").fill(f"{due + 0.1:.2f}")
    page.get_by_role("button", name="Add", exact=True).click()
    banner.wait_for(state="detached")
    page.get_by_role("tab", name="Positions").click()
    screen.position().wait_for()
    assert screen.errors == []
    screen.close()
