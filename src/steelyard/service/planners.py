"""Plans for the doors: one worker process, a short queue before it, and an end to waiting.  SERV-031"""
from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from ..plan.worker import answer, begin
from .errors import ServiceError

WAITING_MAX = 8
"""Plans asked for and not answered yet; one more is refused."""
SECONDS_MAX = 20.0


class Planners:
    """Asks the planner in a process that is started with the first question."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._waiting = 0

    async def ask(self, kind: str, body: dict) -> bytes:
        """The answer as JSON; a ServiceError says what is wrong with the question, or that there are too many."""
        if self._waiting >= WAITING_MAX:
            raise ServiceError("overloaded", f"{WAITING_MAX} plans are waiting", None, "SERV-031",
                               "ask again in a moment", retry_after_s=2)
        self._waiting += 1
        try:
            found, refused = await self._run(kind, body)
        finally:
            self._waiting -= 1
        if refused is not None:
            raise ServiceError(**refused)
        return found

    async def _run(self, kind: str, body: dict) -> tuple[bytes, dict | None]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), begin)
        try:
            async with asyncio.timeout(SECONDS_MAX):
                return await asyncio.get_running_loop().run_in_executor(self._pool, answer, kind, body)
        except TimeoutError:
            self.close(end=True)
            raise ServiceError("too_slow", f"The plan took more than {SECONDS_MAX:g} s.", None, "SERV-031",
                               "ask for less: fewer paths, stamps or venues") from None
        except BrokenProcessPool:
            self.close()
            raise ServiceError("not_available", "The planner had to be started anew.", None, "SERV-031",
                               "ask again", retry_after_s=1) from None

    def close(self, end: bool = False) -> None:
        """Let the process go; ``end``: also where it is busy."""
        pool, self._pool = self._pool, None
        if pool is not None:
            workers = list((pool._processes or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in workers if end else ():
                worker.terminate()
