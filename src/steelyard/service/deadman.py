"""The dead man's switch and cancel on disconnect: whoever falls silent leaves no orders behind.  SERV-017

Deadlines are wall time: it is the person who falls silent, not the crash. They are looked at by a timer and after every
batch, so that a busy loop does not put them off. Who is guarded is kept in a file: after a restart the guard stands.
"""
from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

RESTART_GRACE_MS = 15_000
"""After a restart, accounts that had asked to be canceled on disconnect have so long to come back."""


class DeadMan:
    """Who must be heard from, and by when. ``cancel`` takes all orders of an account back."""

    def __init__(self, path: Path, cancel: Callable[[int], None], wall_ms: Callable[[], int] | None = None):
        self.path, self.cancel = path, cancel
        self.wall_ms = wall_ms or (lambda: time.time_ns() // 1_000_000)
        self._timeouts: dict[int, int] = {}
        self._guarded: dict[int, int] = {}
        """Accounts to be canceled when a connection ends -> how many connections asked for it."""
        self._returning: dict[int, None] = {}
        """Accounts that were guarded before a restart and have not come back yet."""
        self._deadlines: dict[int, int] = {}
        self._next_ms: int | None = None
        self.fired = 0
        self._read()

    def renew(self, account: int, timeout_ms: int) -> int | None:
        """All orders of the account are canceled in ``timeout_ms`` unless renewed; 0 switches it off. Returns when."""
        if timeout_ms == 0:
            self._deadlines.pop(account, None)
            if self._timeouts.pop(account, None) is not None:
                self._write()
            return None
        at = self._deadlines[account] = self.wall_ms() + timeout_ms
        if self._timeouts.get(account) != timeout_ms:
            self._timeouts[account] = timeout_ms
            self._write()
        self._next_ms = at if self._next_ms is None else min(self._next_ms, at)
        return at

    def guard(self, account: int, on: bool) -> None:
        """A connection of the account asks for its orders to be canceled when it ends, or no longer."""
        count = self._guarded.get(account, 0) + (1 if on else -1)
        before = account in self._guarded
        if count > 0:
            self._guarded[account] = count
        else:
            self._guarded.pop(account, None)
        if on:
            self._forgive(account)
        if before != (account in self._guarded):
            self._write()

    def disconnected(self, account: int) -> None:
        """Such a connection ended."""
        self.guard(account, False)
        self.fired += 1
        self.cancel(account)

    def check(self, batch=None) -> None:
        """Fire what is due."""
        if self._next_ms is None or self.wall_ms() < self._next_ms:
            return
        now = self.wall_ms()
        due = [account for account, at in self._deadlines.items() if at <= now]
        for account in due:
            del self._deadlines[account]
            self._timeouts.pop(account, None)
            self._returning.pop(account, None)
            self.fired += 1
            self.cancel(account)
        self._next_ms = min(self._deadlines.values(), default=None)
        if due:
            self._write()

    async def run(self) -> None:
        """Look every 50 ms."""
        while True:
            await asyncio.sleep(0.05)
            self.check()

    def _forgive(self, account: int) -> None:
        """One who came back after a restart is not canceled for it."""
        if account not in self._returning:
            return
        del self._returning[account]
        timeout = self._timeouts.get(account)
        if timeout is None:
            del self._deadlines[account]
        else:
            self._deadlines[account] = self.wall_ms() + timeout

    def _read(self) -> None:
        if not self.path.exists():
            return
        kept, now = json.loads(self.path.read_text("utf-8")), self.wall_ms()
        self._timeouts = {int(account): timeout for account, timeout in kept["timeouts"].items()}
        self._deadlines = {account: now + timeout for account, timeout in self._timeouts.items()}
        for account in kept["disconnect"]:
            self._returning[account] = None
            self._deadlines[account] = min(self._deadlines.get(account, 1 << 62), now + RESTART_GRACE_MS)
        self._next_ms = min(self._deadlines.values(), default=None)

    def _write(self) -> None:
        text = json.dumps({"timeouts": self._timeouts,
                           "disconnect": sorted(self._guarded | self._returning)})
        fresh = self.path.with_suffix(".new")
        fresh.write_text(text, "utf-8")
        os.replace(fresh, self.path)
