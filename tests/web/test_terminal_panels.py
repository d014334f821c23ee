"""Every panel of the terminal, on a real venue: what it shows, what it does, and what it says when there is nothing."""
from __future__ import annotations

import re

import pytest
from terminal_world import DESK, PHONE, figure, until


def test_chart_draws_candles_with_mark_and_index_for_every_interval(screens):
    screen = screens()
    page = screen.page
    frame = page.get_by_role("region", name="Chart")
    frame.locator("canvas").first.wait_for()
    for interval in ("5m", "15m", "1h", "1m"):
        page.get_by_role("radio", name=interval, exact=True).check()
        said = re.compile(rf"candles of {interval}\. Last [\d,.]+, mark [\d,.]+, index [\d,.]+")
        until(screen, lambda said=said: said.search(frame.locator(".chart-box").get_attribute("aria-label")))


def test_ladder_is_verified_and_gives_its_prices_to_the_ticket(screens, served):
    """SERV-005: the page says that the book it shows has the venue's checksum."""
    served.replay(paused=True)
    screen = screens()
    page = screen.page
    screen.open_account()
    ladder = page.get_by_role("listbox", name=re.compile("Levels of the book"))
    until(screen, lambda: page.locator(".verified").inner_text() == "verified")
    drawn = ladder.get_by_role("option").count()
    assert 10 < drawn < 60, "only the levels in sight are drawn"
    prices = [figure(one) for one in ladder.locator(".level-price").all_inner_texts()]
    assert prices == sorted(prices, reverse=True)
    ladder.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    price = figure(ladder.locator(".level.active .level-price").inner_text())
    page.keyboard.press("Enter")
    assert figure(page.get_by_label("Limit price").input_value()) == price
    assert page.get_by_label("Order type").input_value() == "limit"
    page.keyboard.press("s")
    assert page.get_by_role("radio", name="Sell / short").is_checked()
    served.replay(paused=False)


def test_ladder_shows_all_fifty_levels_when_scrolled(screens, served):
    served.replay(paused=True)
    screen = screens()
    ladder = screen.page.get_by_role("listbox")
    until(screen, lambda: ladder.get_by_role("option").count() > 10)
    ladder.hover()
    screen.page.mouse.wheel(0, -5000)
    top = ladder.locator(".level").first.get_attribute("id")
    screen.page.mouse.wheel(0, 9000)
    until(screen, lambda: int(ladder.locator(".level").last.get_attribute("id").split("-")[1]) >= 60)
    assert top == "level-0"
    served.replay(paused=False)


def test_trades_come_with_price_size_and_time_of_the_venue(screens):
    screen = screens()
    rows = screen.page.get_by_role("region", name="Latest trades").locator("tbody tr")
    until(screen, lambda: rows.count() > 5)
    assert re.fullmatch(r"\d\d:\d\d:\d\d", rows.first.locator("td").nth(2).inner_text())


def test_ticket_shows_what_the_node_refuses_and_why(screens, served):
    served.replay(speed=1)
    screen = screens()
    page = screen.page
    screen.open_account()
    page.get_by_label("Order type").select_option("market")
    page.get_by_role("radio", name="By money at risk").check()
    page.get_by_label("Stop price", exact=True).fill("9999.5")
    note = page.locator(".preview .error-note")
    note.wait_for()
    assert "BRKT-001" in note.inner_text() and "below its entry" in note.inner_text()
    assert page.locator(".send").is_disabled()
    page.get_by_label("Stop price", exact=True).fill("7000.3")
    until(screen, lambda: "0.5" in page.locator(".preview .error-note").inner_text())


def test_ticket_warns_of_a_stop_beyond_liquidation_and_offers_the_safe_one(screens, served):
    served.replay(speed=1)
    screen = screens()
    page = screen.page
    screen.open_account()
    screen.by_size("10000", "100")
    page.get_by_role("button", name="5 % away").click()
    warning = page.get_by_text("You would be liquidated before your stop.")
    warning.wait_for()
    page.get_by_role("button", name=re.compile("Move the stop to")).click()
    warning.wait_for(state="detached")


def test_orders_are_placed_amended_and_canceled(screens, served):
    served.replay(paused=True)                                           # in the fall a bid below the mark may be hit
    low = f"{round(figure(served.call('GET', '/tickers')['items'][0]['bid']) * 0.9):.1f}"
    screen = screens()
    page = screen.page
    screen.open_account()
    page.get_by_label("Order type").select_option("limit")
    page.get_by_role("radio", name="By size").check()
    page.get_by_label("Limit price").fill(low)
    page.get_by_label("Size", exact=True).fill("1000")
    page.get_by_label("Leverage number").fill("10")
    screen.send()
    page.get_by_role("tab", name="Orders").click()
    page.get_by_role("button", name=re.compile("^Amend")).click()
    page.get_by_role("dialog").get_by_label("Remaining size", exact=True).fill("600")
    page.get_by_role("button", name="Change the order").click()
    until(screen, lambda: "600" in page.locator("#account-tab tbody tr").inner_text())
    screen.picture("one order")
    page.get_by_role("button", name=re.compile("^Cancel limit")).click()
    page.get_by_text("No open order").wait_for()
    served.replay(paused=False)


def test_wallet_takes_paper_money_and_gives_the_ledger(screens, served):
    screen = screens()
    page = screen.page
    screen.open_account()
    page.get_by_role("tab", name="Wallet").click()
    balance = page.locator(".wallet-lines > div", has_text="Balance").locator("dd")
    assert figure(balance.inner_text()) == 10
    page.get_by_label("Add paper money").fill("2.5")
    page.get_by_role("button", name="Add", exact=True).click()
    until(screen, lambda: figure(balance.inner_text()) == 12.5)
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Download the ledger")).click()
    lines = download.value.path().read_text("utf-8").splitlines()
    assert len(lines) >= 2 and "amount" in lines[0]


@pytest.mark.parametrize(("tab", "words"), [
    ("Positions", "No open position"), ("Orders", "No open order"), ("Fills", "Nothing traded yet"),
    ("Funding", "No funding yet"), ("Liquidations", "You have never been liquidated")])
def test_empty_lists_say_what_would_be_there(screens, tab, words):
    screen = screens()
    screen.open_account()
    screen.page.get_by_role("tab", name=tab).click()
    screen.page.get_by_text(words).wait_for()


def test_a_position_is_protected_scaled_out_of_and_closed(screens, served):
    served.replay(speed=1)
    screen = screens()
    page = screen.page
    screen.open_account()
    screen.by_size("9000", "5")
    screen.send()
    screen.position().get_by_role("button", name="set a stop").click()
    page.get_by_role("dialog").get_by_role("button", name="3 % away").click()
    page.get_by_role("button", name="Set the stop").click()
    page.locator(".line-handle.stop").wait_for()
    screen.position().get_by_role("button", name="Scale out").click()
    page.get_by_role("button", name="Make a plan").click()
    page.get_by_label("Price of step 3").wait_for()
    assert [page.get_by_label(f"Contracts of step {i}").input_value() for i in (1, 2, 3)] == ["3000"] * 3
    screen.picture("plan")
    page.get_by_role("button", name="Place 3 orders").click()
    page.get_by_text("3 closing orders are in the book").wait_for()
    until(screen, lambda: page.locator(".line-handle.movable").count() >= 4)
    screen.position().get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Close position").click()
    page.get_by_text("No open position").wait_for()


def test_risk_desk_has_every_part(screens, served):
    served.replay(speed=60)
    screen = screens()
    page = screen.page
    screen.go("risk")
    for part in ("Insurance fund", "Map of liquidation levels against depth", "Liquidations", "Leverage", "Stress",
                 "Deleveraging queue", "Largest positions"):
        page.get_by_role("region", name=part, exact=True).wait_for()
    assert page.get_by_role("region", name="Stress").locator("tbody tr").count() == 8
    assert page.locator(".queue-lights li").count() == 10
    assert page.get_by_role("region", name="Largest positions").locator("tbody tr").count() == 10
    until(screen, lambda: page.locator(".level-long").count() > 5)
    screen.picture("desk")


def test_replay_is_controlled_by_the_operator_and_seen_by_all(screens, served):
    watcher, operator = screens(), screens()
    page = operator.page
    page.get_by_role("button", name="Sign in").first.click()
    page.get_by_label("Name").fill("operator")
    page.get_by_label("Password").fill(served.password)
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Operator").wait_for()
    page.get_by_role("button", name="300×").click()
    until(watcher, lambda: watcher.page.get_by_role("button", name="300×").get_attribute("aria-pressed") == "true")
    page.get_by_role("button", name="Pause").click()
    watcher.page.get_by_text("paused", exact=True).wait_for()
    page.get_by_role("button", name="Play", exact=True).click()
    watcher.page.get_by_text("paused", exact=True).wait_for(state="detached")
    watcher.page.get_by_role("button", name="10×").click()
    watcher.page.get_by_text("the operator controls it").wait_for()


def test_state_of_the_venue_is_switched_and_shown_to_all(screens, served):
    watcher, operator = screens(), screens()
    page = operator.page
    page.get_by_role("button", name="Sign in").first.click()
    page.get_by_label("Name").fill("operator")
    page.get_by_label("Password").fill(served.password)
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Operator").click()
    page.get_by_role("button", name=re.compile("^Reduce only")).click()
    page.get_by_label("Message to everybody").fill("The book is thin.")
    page.get_by_role("button", name="Switch to reduce only").click()
    banner = watcher.page.get_by_role("alert").filter(has_text="reduce only")
    banner.wait_for()
    assert "The book is thin." in banner.inner_text()
    watcher.picture("reduce only")
    assert operator.violations() == []
    page.get_by_role("button", name=re.compile("^Operating")).click()
    page.get_by_label("Message to everybody").fill("")
    page.get_by_role("button", name="Switch to operating").click()
    banner.wait_for(state="detached")


def test_a_key_is_made_shown_once_and_deleted(screens):
    screen = screens()
    page = screen.page
    screen.open_account()
    screen.go("keys")
    page.get_by_label("Label").fill("my bot")
    page.get_by_role("button", name="Make the key").click()
    secret = page.locator(".secret .mono").nth(1).inner_text()
    assert len(secret) > 20
    page.get_by_role("button", name="I have it").click()
    assert secret not in page.content()
    page.get_by_role("button", name="Delete my bot").click()
    page.get_by_role("button", name="Delete the key").click()
    page.get_by_text("No key yet").wait_for()


def test_proof_says_that_all_cash_adds_up(screens):
    screen = screens()
    screen.go("prove")
    screen.page.get_by_text("not an atom is missing").wait_for()
    assert re.fullmatch("[0-9a-f]{64}", screen.page.locator(".proof .mono").first.inner_text())
    checked = screen.page.get_by_role("region", name="Checked by this page").locator("dd")
    until(screen, lambda: figure(checked.first.inner_text()) > 3)
    assert checked.nth(1).inner_text() == "0"


def test_a_lost_connection_is_said_and_comes_back(screens, served):
    """SERV-003: streams are taken up again where they were."""
    screen = screens()
    page = screen.page
    until(screen, lambda: page.locator(".link-state").inner_text() == "Live")
    screen.context.set_offline(True)
    alert = page.get_by_role("alert").filter(has_text="lost")
    alert.wait_for()
    assert "as of" in alert.inner_text()
    screen.picture("connection lost")
    screen.context.set_offline(False)
    alert.wait_for(state="detached")
    before = page.locator(".clock-time").inner_text()
    until(screen, lambda: page.locator(".clock-time").inner_text() != before)
    until(screen, lambda: page.locator(".verified").inner_text() == "verified")


def test_help_opens_and_closes_by_key_and_gives_focus_back(screens):
    screen = screens()
    page = screen.page
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Help").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.keyboard.press("2")
    page.get_by_role("region", name="Stress").wait_for()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_is_accessible_and_fits(screens, served, size, theme):
    """No axe violation, nothing wider than the screen; pictures of each page are kept."""
    served.replay(speed=60)
    screen = screens(size=size, theme=theme)
    page = screen.page
    found = [f"watching {one}" for one in screen.violations()]
    screen.open_account()
    served.replay(speed=1)
    screen.by_size("5000", "25")
    page.locator(".send:enabled").wait_for()
    found += [f"ticket {one}" for one in screen.violations()]
    screen.picture("ticket")
    screen.send()
    if size is PHONE:
        for part in ("Chart", "Book", "Yours"):
            page.get_by_role("button", name=re.compile(f"^{part}")).click()
            page.wait_for_timeout(600)
            found += [f"{part} {one}" for one in screen.violations()]
            screen.picture(part)
    served.replay(speed=60)
    for name, ready in (("risk", "Stress"), ("prove", "Published by the venue"), ("keys", "Keys"),
                        ("liquidations", None)):
        screen.go(name)
        if ready:
            page.get_by_role("region", name=ready, exact=True).wait_for()
        page.wait_for_timeout(400)
        found += [f"{name} {one}" for one in screen.violations()]
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        screen.picture(name)
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Help").wait_for()
    found += [f"help {one}" for one in screen.violations()]
    assert found == []
