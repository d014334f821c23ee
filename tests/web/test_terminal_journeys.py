"""Three journeys through a real crash, in a real browser on a real venue."""
from __future__ import annotations

import re

from terminal_world import figure, until


def test_first_trade_with_bracket(screens, served):
    """A newcomer: one click to an account, money at risk, a stop, a target; then the stop is moved on the chart."""
    served.replay(speed=1)
    screen = screens()
    page = screen.page
    screen.picture("watching")
    screen.open_account()
    page.get_by_role("radio", name="Buy / long").check()
    page.get_by_label("Order type").select_option("market")
    page.get_by_role("radio", name="By money at risk").check()
    page.get_by_role("button", name="1 %", exact=True).click()
    page.get_by_role("button", name="3 % away").click()
    page.get_by_role("button", name="Add a target").click()
    page.locator(".send:enabled").wait_for()
    loss = page.locator(".preview .figures > div").filter(has_text="Loss at stop").inner_text()
    assert re.search(r"0\.\d+ XBT\s+1\.0 %", loss), loss
    screen.picture("before sending")
    screen.send()
    screen.position().wait_for()
    assert "long 10×" in screen.position().inner_text()
    stop = page.locator(".line-handle.stop")
    stop.wait_for()
    page.locator(".line-handle.target").wait_for()
    assert page.locator(".line-handle.liquidation").count() == 1
    before = figure(stop.locator(".line-price").inner_text())
    stop.focus()
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.get_by_role("alertdialog").get_by_role("button", name="Move it").click()
    page.get_by_text(re.compile("moved to")).wait_for()
    page.get_by_role("tab", name="Orders").click()
    row = page.locator("#account-tab tr", has_text="Stop")
    row.wait_for()
    assert figure(row.locator("td").nth(1).inner_text().replace("mark", "")) == before + 2
    screen.picture("bracket in place")
    page.get_by_role("tab", name="Fills").click()
    page.locator("#account-tab tbody tr").first.wait_for()


def test_surviving_the_crash_by_adding_margin(screens, served):
    """A position that would have been liquidated lives on, because margin was added after a look at what it does.

    The round begins anew: its first fall passes the old price after 107 minutes, the new one is 14 hours away.
    """
    served.replay(restart=True, speed=1)
    screen = screens()
    page = screen.page
    screen.open_account()
    screen.by_size("20000", "50")
    screen.send()
    screen.position().wait_for()
    doomed = figure(screen.position().locator(".kills strong").inner_text())
    screen.position().get_by_role("button", name="Margin").click()
    page.get_by_label("Amount").fill("2.5")
    then = page.locator(".what-if tr", has_text="Liquidation price").locator("td").nth(1)
    until(screen, lambda: figure(then.inner_text()))
    promised = figure(then.inner_text())
    assert promised < doomed * 0.6
    screen.picture("what more margin does")
    page.get_by_role("button", name="Add margin").click()
    page.locator("dialog").wait_for(state="detached")
    kills = screen.position().locator(".kills strong")
    until(screen, lambda: abs(figure(kills.inner_text()) - promised) < promised * 0.01)
    served.replay(speed=300)
    mark = screen.position().locator(".mark-ink")
    until(screen, lambda: figure(mark.inner_text()) < doomed, within_s=150)
    served.replay(speed=1)
    assert screen.position().is_visible(), "the margin carried it past the price at which it would have ended"
    screen.picture("still there below the old liquidation price")
    screen.position().get_by_role("button", name="Close").click()
    page.get_by_role("dialog").get_by_role("button", name="Close position").click()
    page.get_by_text("No open position").wait_for()


def test_being_liquidated_and_understanding_why(screens, served):
    """A position with too much leverage ends; its owner is told, and reads the page that explains it. The round begins
    anew, so the fall is ahead."""
    served.replay(restart=True, speed=1)
    screen = screens()
    page = screen.page
    screen.open_account()
    screen.by_size("50000", "100")
    screen.send()
    screen.position().wait_for()
    served.replay(speed=600)
    why = page.get_by_text("Why was I liquidated?").first
    why.wait_for(timeout=150_000)
    served.replay(speed=1)
    screen.picture("liquidated")
    why.click()
    page.get_by_role("heading", name=re.compile("Your long of 50,000 XBTUSD was liquidated")).wait_for(timeout=30_000)
    for part in ("In plain words", "Where the price came from", "Margin, added up", "What the venue did, step by step",
                 "Who paid", "Timeline"):
        assert page.get_by_role("heading", name=part).is_visible()
    words = page.locator(".sentences").inner_text()
    assert "sources counted: Bitstamp" in words and "50,000 long at 100x needed" in words
    assert page.locator(".price-tables tbody tr").count() == 3
    arithmetic = page.locator(".story-part", has_text="Margin, added up")
    cells = {one.locator("dt").inner_text(): one.locator("dd").inner_text()
             for one in arithmetic.locator(".figures > div").all()}
    had = figure(cells["Collateral"]) + figure(cells["Unrealized profit and loss"])
    assert abs(had - figure(cells["Equity"])) < 2e-5
    assert figure(cells["Equity"]) <= figure(cells["Maintenance margin"])
    assert "would have kept it" in page.get_by_role("region", name="What would have prevented it").inner_text()
    assert screen.violations() == []
    screen.picture("why")
