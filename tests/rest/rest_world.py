"""A whole venue for the tests of REST: the real server on a real socket, in a temporary folder, and clients for it."""
from __future__ import annotations

import asyncio
import itertools
import json
import time
from contextlib import asynccontextmanager

import httpx

from steelyard.service.app import Application
from steelyard.service.limits import WorkLimits
from steelyard.service.people.signatures import hmac_signature, signed_text
from steelyard.service.settings import Settings

PRICE = "7934.5"
ROOMY = WorkLimits(address_rate=1e5, address_burst=100_000, key_rate=1e5, key_burst=100_000)
_nonces = itertools.count()


class World:
    """A running venue with its address."""

    def __init__(self, application: Application):
        self.application = application
        self.url = f"http://127.0.0.1:{application.port}"

    @property
    def venue(self):
        return self.application.venue

    @property
    def people(self):
        return self.application.people

    def client(self, **options) -> Client:
        """A client without a session."""
        return Client(base_url=self.url + "/api/v1", timeout=30, **options)

    async def trader(self) -> Client:
        """A client with a paper account."""
        client = self.client()
        answer = await client.post("/paper")
        assert answer.status_code == 201, answer.text
        client.signed_in(answer)
        return client

    async def key_client(self, owner: Client, *scopes: str, **wanted) -> Client:
        """A client that signs with a new API key of a session's user."""
        answer = await owner.post("/keys", json={"label": "test", "scopes": list(scopes), **wanted})
        assert answer.status_code == 201, answer.text
        made = answer.json()
        client = self.client()
        client.key, client.secret = made["key"], made["secret"]
        client.account = owner.account
        return client

    async def operator(self) -> Client:
        """A client signed in as the operator made at start, under a password set here."""
        people = self.people
        user = people._users.find("operator")
        people._users.set_password(user.id, people._passwords.hash("an operator of tests"))
        client = self.client()
        client.signed_in(await client.post("/session", json={"name": "operator", "password": "an operator of tests"}))
        return client

    async def publish(self, price: str = PRICE) -> None:
        """Let every source of the index say a price, so that there is a mark."""
        import numpy as np

        from steelyard.api.commands import Advance, PublishPrice, records
        instrument = self.venue.instruments[0]
        index = next(one for one in self.venue.profile.indices if one.id == int(instrument.terms["index_id"]))
        units = instrument.index_units(price)
        now = self.venue.clock.now_ns()
        commands = [PublishPrice(index.id, feed.number, units, now) for feed in index.feeds]
        await self.venue.ask(np.concatenate([records(commands), records([Advance(now)])]))


class Client(httpx.AsyncClient):
    """An HTTP client that does what a page or a bot does: second token and Origin, or a signature."""

    account = 0
    csrf: str | None = None
    key: str | None = None
    secret: str | None = None

    def signed_in(self, answer: httpx.Response) -> dict:
        """Remember a session that just began."""
        said = answer.json()
        self.csrf, self.account = said["csrf"], said["account"]
        return said

    async def send(self, request: httpx.Request, **options) -> httpx.Response:
        if self.key is not None:
            wall, nonce = str(time.time_ns() // 1_000_000), f"n-{next(_nonces)}"
            text = signed_text(wall, nonce, request.method, request.url.raw_path.decode(), request.content)
            request.headers.update({"X-Key": self.key, "X-Time": wall, "X-Nonce": nonce,
                                    "X-Signature": hmac_signature(self.secret, text)})
        elif self.csrf is not None and "X-CSRF-Token" not in request.headers:
            request.headers["X-CSRF-Token"] = self.csrf
            request.headers.setdefault("Origin", str(self.base_url.copy_with(raw_path=b"")).rstrip("/"))
        return await super().send(request, **options)


@asynccontextmanager
async def running(folder, **settings):
    """A venue that runs until the block ends."""
    settings.setdefault("work", ROOMY)
    application = Application(Settings(data=folder, port=0, as_of="2020-03-12", **settings))
    await application.start()
    try:
        yield World(application)
    finally:
        await application.stop()


def play(folder, story, **settings):
    """Run ``story(world)`` against a venue."""
    async def run():
        async with running(folder, **settings) as world:
            return await story(world)
    return asyncio.run(run())


def order(**fields) -> dict:
    """A limit order to buy far from the market."""
    return {"symbol": "XBTUSD", "side": "buy", "size": "100", "price": "7000.0", **fields}


def error_of(answer: httpx.Response) -> dict:
    """The error of an answer, in the form of SERV-002."""
    error = json.loads(answer.content)["error"]
    assert set(error) == {"code", "message", "field", "rule", "do"} and error["code"] and error["message"]
    return error
