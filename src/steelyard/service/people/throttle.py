"""Guessing slowed down: tries of sign-in counted by name and by address, and new users counted by address.  PEOP-004"""
from __future__ import annotations

import threading
import time
from collections import OrderedDict

from ..errors import ServiceError

FREE = {"pair": 5, "name": 50, "address": 30}
"""Failed tries that cost nothing: of one name from one address, of one name, from one address."""
FORGOTTEN_AFTER_S = 900.0
WAIT_S_MAX = 900.0
ENTRIES_MAX = 20_000


class Throttle:
    """Every failed try beyond the free ones doubles the wait, from 1 s to 15 min; a quarter of an hour of peace
    forgets."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, name: str, address: str) -> None:
        """Count a try as failed until :meth:`succeeded` says otherwise, so that many at once are counted too. Refuses
        while a wait is on."""
        places = self._places(name, address)
        with self._lock:
            now = self._clock()
            wait = max(self._wait_s(place, now) for place in places)
            if wait > 0:
                raise ServiceError("rate_limited", "Too many failed sign-ins.", rule="PEOP-004",
                                   do=f"Wait {wait:.0f} s.", retry_after_s=max(1.0, wait))
            for place in places:
                count, _last = self._held(place, now)
                self._failures[place] = (count + 1, now)
                self._failures.move_to_end(place)
            while len(self._failures) > ENTRIES_MAX:
                self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the tries of this name; the address gets the last one back."""
        with self._lock:
            pair, whole_name, whole_address = self._places(name, address)
            self._failures.pop(pair, None)
            self._failures.pop(whole_name, None)
            count, last = self._failures.get(whole_address, (1, 0.0))
            self._failures[whole_address] = (count - 1, last)

    @staticmethod
    def _places(name: str, address: str) -> list[tuple[str, str]]:
        return [("pair", f"{name.lower()} {address}"), ("name", name.lower()), ("address", address)]

    def _held(self, place: tuple[str, str], now: float) -> tuple[int, float]:
        count, last = self._failures.get(place, (0, now))
        return (0, now) if now - last > FORGOTTEN_AFTER_S else (count, last)

    def _wait_s(self, place: tuple[str, str], now: float) -> float:
        count, last = self._held(place, now)
        beyond = count - FREE[place[0]]
        return 0.0 if beyond < 0 else last + min(WAIT_S_MAX, 2.0 ** min(beyond, 20)) - now


class NewUsers:
    """At most so many new users an hour from one address, refilled evenly."""

    def __init__(self, per_hour: int, clock=time.monotonic):
        self._per_hour, self._clock = per_hour, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, address: str) -> None:
        """Count one more, or refuse and say when the next is free."""
        with self._lock:
            now = self._clock()
            left, last = self._left.get(address, (float(self._per_hour), now))
            left = min(float(self._per_hour), left + (now - last) * self._per_hour / 3600)
            if left < 1:
                wait = (1 - left) * 3600 / self._per_hour
                raise ServiceError("rate_limited", "Too many new users from this address.", rule="PEOP-004",
                                   do=f"Wait {wait:.0f} s, or sign in with a user you have.", retry_after_s=wait)
            self._left[address] = (left - 1, now)
            self._left.move_to_end(address)
            while len(self._left) > ENTRIES_MAX:
                self._left.popitem(last=False)
