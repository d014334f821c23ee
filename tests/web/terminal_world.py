"""A real venue in a temporary folder with its terminal, a real Chromium, and an operator who turns the replay."""
from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
PAGES = ROOT / "src" / "steelyard" / "terminal" / "index.html"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "out" / "terminal"
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
                    "--no-first-run", "--disable-sync"]
READY_WITHIN_S = 600
"""The engine may have to be compiled first."""
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Served:
    """``steelyard serve`` as a process, and its operator."""

    def __init__(self, folder: Path, *options: str, feed: str = "covid-2020-03"):
        self.port, self.log = free_port(), folder / "serve.log"
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "steelyard.cli", "serve", "--data", str(folder / "venue"), "--port", str(self.port),
             "--feed", feed, *options],
            cwd=ROOT, stdout=self.log.open("w"), stderr=subprocess.STDOUT)
        self.web = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.csrf = ""
        self._wait()
        found = re.search(r"password (\S+)", self.log.read_text("utf-8"))
        assert found, self.log.read_text("utf-8")
        self.password = found.group(1)
        self.csrf = self.call("POST", "/session", {"name": "operator", "password": self.password})["csrf"]

    def _wait(self) -> None:
        self._wait_for(lambda: self.call("GET", "/ready")["ok"] and self.call("GET", "/tickers")["items"][0]["bid"])

    def _wait_for(self, good) -> None:
        """Until ``good`` is true and raises nothing: the engine is compiled, the feed opens its market."""
        begun = time.monotonic()
        while time.monotonic() - begun < READY_WITHIN_S:
            assert self.process.poll() is None, self.log.read_text("utf-8")
            try:
                if good():
                    return
            except OSError:
                pass
            time.sleep(0.25)
        raise AssertionError(f"not ready within {READY_WITHIN_S} s: {self.log.read_text('utf-8')}")

    def call(self, method: str, path: str, body: dict | None = None):
        """A REST call of the operator."""
        headers = {"origin": self.url, "x-csrf-token": self.csrf}
        if body is not None:
            headers["content-type"] = "application/json"
        request = urllib.request.Request(f"{self.url}/api/v1{path}", method=method, headers=headers,
                                         data=None if body is None else json.dumps(body).encode())
        try:
            with self.web.open(request, timeout=20) as response:
                return json.load(response)
        except urllib.error.HTTPError as refused:
            raise OSError(f"{method} {path}: {refused.read().decode()}") from None

    def replay(self, **change) -> None:
        """Turn the replay: speed, paused, restart. While the feed opens its market, it takes none of it."""
        self._wait_for(lambda: self.call("POST", "/replay", change))

    def close(self) -> None:
        """Stop it, in order where it lets itself be stopped."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Screen:
    """One browser window on the terminal. Errors of the page fail the test that looks at them."""

    def __init__(self, browser, served: Served, name: str, size=DESK, theme: str = "dark"):
        phone = size is PHONE
        self.served, self.name = served, name
        self.context = browser.new_context(viewport=size, color_scheme=theme, is_mobile=phone, has_touch=phone)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(f"{served.url}/")
        phone_bar = self.page.get_by_role("button", name="Chart", exact=True)
        self.page.get_by_text("verified").or_(phone_bar).first.wait_for()

    def go(self, page: str) -> None:
        """Open a page of the terminal by its address."""
        self.page.goto(f"{self.served.url}/#/{page}")

    def open_account(self) -> None:
        """One click to paper money."""
        if self.page.viewport_size["width"] < 700:
            self.page.get_by_role("button", name="Trade", exact=True).click()
        self.page.get_by_role("button", name="Get a paper account").click()
        self.page.get_by_role("form", name="Order ticket").wait_for()

    def by_size(self, size: str, leverage: str, side: str = "Buy / long") -> None:
        """Fill the ticket with a market order by size."""
        self.page.get_by_role("radio", name=side).check()
        self.page.get_by_label("Order type").select_option("market")
        self.page.get_by_role("radio", name="By size").check()
        self.page.get_by_label("Size", exact=True).fill(size)
        self.page.get_by_label("Leverage number").fill(leverage)

    def send(self) -> None:
        """Press the button once the node has answered with a preview, the first of which may have to be compiled, and
        wait until it is filled."""
        self.page.locator(".send:enabled").click(timeout=120_000)
        self.page.get_by_text(re.compile(r": (filled|open)")).first.wait_for()

    def position(self):
        """The first open position."""
        return self.page.locator(".position").first

    def picture(self, what: str) -> Path:
        """A screenshot among the artefacts."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / (re.sub(r"[^a-z0-9]+", "-", f"{self.name}-{what}".lower()) + ".png")
        self.page.screenshot(path=path)
        return path

    def violations(self) -> list[str]:
        """What axe-core objects to on the page as it is."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]

    def close(self) -> None:
        self.context.close()


def until(screen: Screen, true, within_s: float = 15) -> None:
    """Look again and again until ``true()`` is; it may stumble over what is not there yet."""
    from playwright.sync_api import Error
    begun = time.monotonic()
    while True:
        try:
            if true():
                return
        except (Error, ValueError):
            pass
        assert time.monotonic() - begun < within_s, f"not within {within_s} s"
        screen.page.wait_for_timeout(100)


def figure(text: str) -> float:
    """A number as it is shown."""
    return float(re.sub(r"[^\d.\-−]", "", text).replace("−", "-"))
