"""What the terminal costs: first paint, bytes a second of each page, processor time of the node for every tab.

    python -m bench.terminal [--seconds 20] [--tabs 5] [--speed 60]

A real node plays the crash of March 2020, a real Chromium looks at it. Bytes are the text of the WebSocket's messages,
as the node sends them. The node's processor time without tabs is taken before and after, in the same run.
"""
from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from tests.web.terminal_world import CHROMIUM, CHROMIUM_OPTIONS, Screen, Served

PAGES = ("trade", "risk", "plan")


def processor_seconds(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def share(pid: int, screens: list, seconds: float) -> float:
    """Share of a core a process takes for so long, while the tabs are open."""
    begun, spent = time.perf_counter(), processor_seconds(pid)
    if screens:
        screens[0].page.wait_for_timeout(1000 * seconds)
    else:
        time.sleep(seconds)
    return (processor_seconds(pid) - spent) / (time.perf_counter() - begun)


def listen(screen: Screen) -> list[int]:
    """Sizes of the messages a page is sent from now on."""
    sizes: list[int] = []
    session = screen.context.new_cdp_session(screen.page)
    session.on("Network.webSocketFrameReceived", lambda told: sizes.append(len(told["response"]["payloadData"])))
    session.send("Network.enable")
    return sizes


def first_paint(browser, served: Served) -> float:
    """Seconds to the first content of a page that has nothing in its cache."""
    screen = Screen(browser, served, "paint")
    found = screen.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    screen.context.close()
    return found / 1000


def traffic(browser, served: Served, page: str, seconds: float) -> tuple[float, float]:
    """(kB, messages) a second that a page receives."""
    screen = Screen(browser, served, page)
    screen.go(page)
    screen.page.wait_for_timeout(4_000)                 # what it is sent once, when it asks
    sizes = listen(screen)
    screen.page.wait_for_timeout(1000 * seconds)
    screen.context.close()
    assert not screen.errors, screen.errors
    return sum(sizes) / seconds / 1000, len(sizes) / seconds


def measure(served: Served, seconds: float, tabs: int) -> None:
    """All of it, printed."""
    pid = served.process.pid
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        paints = sorted(first_paint(browser, served) for _ in range(5))
        print(f"first paint, nothing cached  {paints[0]:.2f} to {paints[-1]:.2f} s, median {paints[2]:.2f} (asked: 1)")
        for page in PAGES:
            kilobytes, messages = traffic(browser, served, page, seconds)
            print(f"page {page:<10} {kilobytes:5.1f} kB/s in {messages:4.1f} messages/s (asked: 20 kB/s)")
        before = share(pid, [], seconds)
        screens = [Screen(browser, served, f"tab {number}") for number in range(tabs)]
        screens[0].page.wait_for_timeout(4_000)
        during = share(pid, screens, seconds)
        for screen in screens:
            screen.context.close()
        time.sleep(2)
        after = share(pid, [], seconds)
        idle = (before + after) / 2
        print(f"processor of the node          {before:.1%} and {after:.1%} of a core without tabs, {during:.1%} with "
              f"{tabs}: {(during - idle) / tabs:.2%} a tab (asked: 2 %)")
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="how long each part is looked at")
    parser.add_argument("--tabs", type=int, default=5)
    parser.add_argument("--speed", type=float, default=60, help="of the replay")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        served = Served(Path(scratch))
        try:
            served.replay(speed=given.speed)
            measure(served, given.seconds, given.tabs)
        finally:
            served.close()


if __name__ == "__main__":
    main()
