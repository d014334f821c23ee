"""People on a database of each kind, with a clock that tests move and a password hash that does not take long."""
from __future__ import annotations

import itertools

from argon2 import PasswordHasher

from steelyard.service.people import Arrived, People, PeopleSettings, create_engine
from steelyard.service.people.signatures import hmac_signature, signed_text

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "four plain words here"
HERE = "192.0.2.7"
_nonces = itertools.count()


class WallClock:
    """Milliseconds that stand until they are moved."""

    def __init__(self, now_ms=1_000_000_000_000):
        self.now_ms = now_ms

    def __call__(self):
        return self.now_ms


def open_people(url, folder, clock=None, is_taken=lambda account: False, **settings):
    """People on a database; the clock begins a little after the node's start."""
    clock = clock or WallClock()
    people = People(create_engine(url), folder, PeopleSettings(grant_atoms=10**9, **settings), is_taken, clock, QUICK)
    people._throttle._clock = people._recent._clock = lambda: clock.now_ms / 1000
    clock.now_ms += 10_000
    return people


def signed(key, secret, now_ms, method="GET", target="/api/v1/orders", body=b"", address=HERE, nonce=None, **changed):
    """A signed request; ``changed`` replaces headers after signing."""
    nonce = nonce or f"n{next(_nonces)}"
    headers = {"x-key": key, "x-time": str(now_ms), "x-nonce": nonce,
               "x-signature": hmac_signature(secret, signed_text(now_ms, nonce, method, target, body))}
    headers.update({name.replace("_", "-"): value for name, value in changed.items()})
    return Arrived(method, target, headers, body, address)


def with_cookie(begun, method="GET", **headers):
    """A request of a browser with the session that just began."""
    named = {"host": "venue.test", "cookie": f"steelyard_session={begun.token}"}
    named.update({name.replace("_", "-"): value for name, value in headers.items()})
    return Arrived(method, "/api/v1/orders", named, b"", HERE)
