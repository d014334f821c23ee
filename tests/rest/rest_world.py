"""A whole venue for the tests of REST: the real server on a real socket in a thread of its own, and clients for it."""
from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
import numpy as np

from steelyard.api.commands import Advance, PublishPrice, records
from steelyard.engine.engine import Engine
from steelyard.service.app import Application
from steelyard.service.limits import WorkLimits
from steelyard.service.people.signatures import hmac_signature, signed_text
from steelyard.service.settings import Settings

PRICE = "7934.5"
AS_OF = date(2020, 3, 12).isoformat()
OPERATOR_PASSWORD = "an operator of tests"
ROOMY = WorkLimits(address_rate=1e5, address_burst=100_000, key_rate=1e5, key_burst=100_000)
_nonces = itertools.count()


class World:
    """A running venue with its address. What touches its tables goes through ``run``, on its own event loop."""

    def __init__(self, application: Application, loop: asyncio.AbstractEventLoop):
        self.application, self.loop = application, loop
        self.url = f"http://127.0.0.1:{application.port}"

    def run(self, coroutine):
        """Wait for a coroutine on the venue's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def call(self, function, *arguments):
        """Call a function on the venue's loop, between two batches."""
        async def call():
            return function(*arguments)
        return self.run(call())

    def client(self, **options) -> Client:
        """A client without a session."""
        return Client(base_url=self.url + "/api/v1", timeout=60, **options)

    def trader(self) -> Client:
        """A client with a paper account."""
        client = self.client()
        answer = client.post("/paper")
        assert answer.status_code == 201, answer.text
        client.signed_in(answer)
        return client

    def key_client(self, owner: Client, *scopes: str, **wanted) -> Client:
        """A client that signs with a new API key of a session's user."""
        answer = owner.post("/keys", json={"label": "test", "scopes": list(scopes), **wanted})
        assert answer.status_code == 201, answer.text
        made, client = answer.json(), self.client()
        client.key, client.secret, client.account = made["key"], made["secret"], owner.account
        return client

    def operator(self) -> Client:
        """A client signed in as the operator made at start, under a password set here."""
        people = self.application.people
        user = people._users.find("operator")
        people._users.set_password(user.id, people._passwords.hash(OPERATOR_PASSWORD))
        client = self.client()
        client.signed_in(client.post("/session", json={"name": "operator", "password": OPERATOR_PASSWORD}))
        return client

    def publish(self, price: str = PRICE) -> None:
        """Let every source of the index say a price, so that there is a mark."""
        venue = self.application.venue
        instrument = venue.instruments[0]
        index = next(one for one in venue.profile.indices if one.id == int(instrument.terms["index_id"]))
        now = venue.clock.now_ns()
        prices = [PublishPrice(index.id, feed.number, instrument.index_units(price), now) for feed in index.feeds]
        self.run(venue.ask(np.concatenate([records(prices), records([Advance(now)])])))

    def cash_atoms(self) -> list[int]:
        """The sum of all cash places of every asset: zero, always."""
        wallets = self.application.venue.engine.states["wallets"][0]
        return [int(wallets["balance_atoms"].sum())]


class Client(httpx.Client):
    """An HTTP client that does what a page or a bot does: second token and Origin, or a signature."""

    account: int | None = None
    csrf: str | None = None
    key: str | None = None
    secret: str | None = None

    def signed_in(self, answer: httpx.Response) -> dict:
        """Remember a session that just began."""
        assert answer.is_success, answer.text
        said = answer.json()
        self.csrf, self.account = said["csrf"], said["account"]
        return said

    def send(self, request: httpx.Request, **options) -> httpx.Response:
        if self.key is not None:
            wall, nonce = str(time.time_ns() // 1_000_000), f"n-{next(_nonces)}"
            text = signed_text(wall, nonce, request.method, request.url.raw_path.decode(), request.read())
            request.headers.update({"X-Key": self.key, "X-Time": wall, "X-Nonce": nonce,
                                    "X-Signature": hmac_signature(self.secret, text)})
        elif self.csrf is not None and "X-CSRF-Token" not in request.headers:
            request.headers["X-CSRF-Token"] = self.csrf
            request.headers.setdefault("Origin", f"http://{request.headers['host']}")
        return super().send(request, **options)


@contextmanager
def running(folder: Path, feed=None, **settings):
    """A venue that runs until the block ends, driven by ``feed`` or (None) by nobody."""
    settings.setdefault("work", ROOMY)
    Engine()                                 # kernels are loaded once, by the thread that tests run in
    loop, begun, ended, found = asyncio.new_event_loop(), threading.Event(), None, {}

    async def live():
        nonlocal ended
        ended = asyncio.Event()
        try:
            application = Application(Settings(data=Path(folder), port=0, **{"as_of": AS_OF, **settings}), feed)
            await application.start()
            found["world"] = World(application, loop)
        except BaseException as fault:
            found["fault"] = fault
            begun.set()
            raise
        begun.set()
        await ended.wait()
        await application.stop()

    thread = threading.Thread(target=lambda: loop.run_until_complete(live()), daemon=True)
    thread.start()
    begun.wait(240)
    if "fault" in found:
        raise found["fault"]
    try:
        yield found["world"]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(60)


def order(**fields) -> dict:
    """A limit order to buy far from the market."""
    return {"symbol": "XBTUSD", "side": "buy", "size": "100", "price": "7000.0", **fields}


def error_of(answer: httpx.Response) -> dict:
    """The error of an answer, in the form of SERV-002."""
    error = json.loads(answer.content)["error"]
    assert set(error) == {"code", "message", "field", "rule", "do"} and error["code"] and error["message"]
    return error
