"""What a tab costs: it asks for what is on the screen, and for nothing while it is hidden."""
from __future__ import annotations

import json
import os
import subprocess

from terminal_world import ROOT, until


class Wire:
    """Frames of the page's socket, both ways."""

    def __init__(self, page):
        self.sent: list[dict] = []
        self.received = 0
        page.on("websocket", self._opened)

    def _opened(self, socket) -> None:
        socket.on("framesent", lambda text: self.sent.append(json.loads(text)))
        socket.on("framereceived", self._came)

    def _came(self, text) -> None:
        self.received += len(text)

    def channels(self) -> set[str]:
        """What is subscribed to now."""
        now: set[str] = set()
        for one in self.sent:
            if one["op"] == "subscribe":
                now |= set(one["channels"])
            elif one["op"] == "unsubscribe":
                now -= set(one["channels"])
        return now


def test_only_what_is_on_the_screen_is_asked_for(screens):
    """SERV-004: a page that is left takes its channels with it."""
    screen = screens()
    wire = Wire(screen.page)
    screen.page.reload()
    ours = {f"{kind}.XBTUSD" for kind in ("ticker", "liquidations")} | {"status", "replay"}
    until(screen, lambda: wire.channels() == ours | {"depth.XBTUSD", "trades.XBTUSD", "candles.XBTUSD.1m"})
    screen.go("risk")
    until(screen, lambda: wire.channels() == ours | {"risk.XBTUSD"})
    screen.go("keys")
    until(screen, lambda: wire.channels() <= {"status", "replay", "ticker.XBTUSD"})


def test_a_hidden_tab_asks_for_nothing_public(screens):
    screen = screens()
    wire = Wire(screen.page)
    screen.page.reload()
    until(screen, lambda: "depth.XBTUSD" in wire.channels())
    hide = ("Object.defineProperty(document, 'visibilityState', {value: '%s', configurable: true}); "
            "document.dispatchEvent(new Event('visibilitychange'))")
    screen.page.evaluate(hide % "hidden")
    until(screen, lambda: wire.channels() == set())
    screen.page.evaluate(hide % "visible")
    until(screen, lambda: "depth.XBTUSD" in wire.channels())
    until(screen, lambda: screen.page.locator(".verified").inner_text() == "verified")
    resumed = [one for one in wire.sent if one["op"] == "subscribe" and "resume" in one]
    assert resumed, "streams are taken up after the last sequence that was seen"


def test_logic_of_the_terminal():
    """SERV-005 and the rest of what the page works out itself: books and checksums, exact decimals, formats."""
    path = f"{ROOT / '.venv' / '.steelyard' / 'node'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["npm", "test", "--silent"], cwd=ROOT / "web", capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": path})
    assert done.returncode == 0, done.stdout + done.stderr
