"""The whole server: venue, views, doors, in the order in which they begin and end."""
from __future__ import annotations

import asyncio
import gc
import signal
import time
from collections.abc import Awaitable
from datetime import datetime
from ipaddress import ip_address
from types import SimpleNamespace
from typing import Any

import structlog
from msgspec import to_builtins

from ..node.rebuild import bring_up
from ..node.venue import Venue
from ..venues.eligibility import load_rulebook
from ..venues.profile import load_profile
from ..views.accounts import AccountsView
from ..views.history.queries import Queries
from ..views.history.store import History
from ..views.notices import NoticesView
from ..views.orders import OrdersView
from ..views.preview import Previews
from ..views.public import open_public_views
from ..views.scales import Scales
from .admission import Admission
from .deadman import DeadMan
from .eligibility import Eligibility
from .errors import refused
from .limits import Limits
from .metrics import Figures
from .mux import Connections, FirstRequest, Http
from .operations import Operations
from .people import People, PeopleSettings, create_engine, default_url
from .people.opening import open_missing
from .planners import Planners
from .recall import recall
from .settings import Settings
from .status import Status
from .streams import Streams
from .websocket import Door

DRAIN_S = 5.0
log = structlog.get_logger("steelyard")


class Application:
    """A venue with its doors. ``start``, then ``wait``, then ``stop``; or ``run``, which does all three."""

    def __init__(self, settings: Settings, feed: Any = None):
        self.settings = settings
        settings.data.mkdir(parents=True, exist_ok=True)
        self.feed = feed
        as_of = getattr(feed, "as_of", None)
        profile = load_profile(settings.venue, datetime.fromisoformat(settings.as_of) if settings.as_of else as_of)
        self.venue = Venue(settings.data, profile, settings.symbols, clock=None if feed is None else feed.clock)
        self.limits = Limits(settings.work)
        self.admission = Admission(settings.work, profile.overload)
        self._open_views()
        self._open_history()
        self._open_doors()
        self._tasks: list[asyncio.Task] = []
        self._server: asyncio.Server | None = None
        self._stopped = asyncio.Event()
        self.planners = Planners()
        self.ready = False
        self.port = settings.port

    def _open_views(self) -> None:
        venue = self.venue
        self.scales = Scales(venue.profile, venue.instruments)
        self.orders = OrdersView(venue.engine, self.scales)
        self.orders.table.warm()
        accounts = AccountsView(venue.engine, self.scales, time.monotonic_ns)
        public = open_public_views(venue, self.scales)
        self.status = Status(venue, self.settings.data / "status.json")
        self.views = SimpleNamespace(
            orders=self.orders, accounts=accounts, depth=public.depth, ticker=public.ticker, trades=public.trades,
            candles=public.candles, liquidations=public.liquidations, market=public.market,
            risk=public.risk, status=self.status, scales=self.scales,
            notices=NoticesView(venue.engine, self.scales, accounts.costs),
            preview=Previews(venue.engine, self.scales, accounts.costs, lambda reason: refused(reason).wire()))
        self.all_views = [self.orders, accounts, self.views.notices, *public, self.status]
        if self.feed is not None:
            self.all_views.append(self.feed)

    def _open_history(self) -> None:
        """History is brought up to the journal, then the views are given what they had."""
        settings = self.settings
        self.history = History(settings.database or f"sqlite:///{settings.data / 'history.sqlite'}", self.scales)
        rebuild = bring_up(self.history, self.venue)
        self.queries = Queries(self.history)
        if self.venue.replica.recovery.commands_replayed or rebuild.commands_folded or self.venue.replica.sequence > 2:
            orders = recall(self.views, self.queries, settings.data)
            log.info("history", folded=rebuild.commands_folded, orders=orders)

    def _open_doors(self) -> None:
        venue, settings = self.venue, self.settings
        self.eligibility = Eligibility(load_rulebook(), venue.profile, venue.instruments)
        self.operations = Operations(venue, self.orders, self.admission, self.status, self.eligibility)
        self.status.operations = self.operations
        self.dead_man = DeadMan(settings.data / "deadman.json", self._cancel_everything)
        self.streams = Streams(lambda: venue.clock.now_ns() // 1_000_000, self.all_views)
        self.status.faults = self.streams.faults
        self.database = create_engine(settings.database or default_url(settings.data))
        accounts = venue.engine.state.accounts
        self.people = People(self.database, settings.data, self._people_settings(),
                             is_taken=lambda account: accounts[account].is_open != 0)
        self.door = Door(venue, self.operations, self.streams, self.limits, self.people, self._preview, self.dead_man,
                         settings.trusted_proxies)
        self.people.on_revoked.append(self._revoked)
        self.figures = Figures(self)
        venue.add_listener(self.streams.fold)
        venue.add_listener(self.operations.fold)
        venue.add_listener(self.dead_man.check)

    def _cancel_everything(self, account: int) -> None:
        self.door.inbox.read()                   # what came before the switch fired is canceled with the rest
        self.operations.cancel_everything(account)

    def _preview(self, account: int, message) -> dict:
        asked = {name: to_builtins(getattr(message, name)) for name in message.__struct_fields__ if name != "id"}
        return self.eligibility.previewed(self.views.preview.preview(account, asked), account, asked.get("symbol"))

    def _people_settings(self) -> PeopleSettings:
        asset, atoms = self.settings.paper_grant(self.venue.profile, self.venue.instruments[0])
        return PeopleSettings(grant_asset=asset.id, grant_atoms=atoms)

    def _revoked(self, name: str) -> None:
        self._loop.call_soon_threadsafe(self.door.revoked, name)

    def services(self):
        """What the REST app is given."""
        from .rest.services import RestSettings, Services
        host = self.settings.host
        alone = host == "localhost" or ip_address(host).is_loopback
        return Services(self.venue, self.operations, self.people, self.views, self.queries, self.feed, self.status,
                        self.limits, self.dead_man, self.figures.text, RestSettings(
                            paper=self.settings.paper, everyone_replays=alone,
                            secure_cookies=self.settings.secure_cookies,
                            trusted_proxies=self.settings.trusted_proxies), self.planners, self.streams.faults,
                        self.eligibility)

    # ------------------------------------------------------------ beginning
    async def start(self) -> None:
        """Begin to commit, tell and listen."""
        self._loop = asyncio.get_running_loop()
        self._begin(self.venue.run(), "venue")
        self._begin(self.streams.run(), "streams")
        self._begin(self.dead_man.run(), "dead man's switch")
        self._begin(self._turn_status(), "status")
        await self._open_accounts()
        if self.feed is not None:
            self._begin(self.feed.run(self.venue), "feed")
        self.http = Http(self._rest(), self.door.open_websocket)
        self.connections = Connections(self.settings.work.connections, self.settings.work.connections_address)
        self._server = await self._loop.create_server(
            lambda: FirstRequest(self.http, self.door.open_websocket, self.connections),
            self.settings.host, self.settings.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        gc.collect()
        gc.freeze()                              # what was there before the first order is not looked at again: a full
        self.ready = True                        # collection stopped everything for a third of a second
        log.info("ready", host=self.settings.host, port=self.port, sequence=self.venue.replica.sequence,
                 recovered=self.venue.replica.recovery.commands_replayed)

    def _rest(self):
        from .terminal import terminal_app
        pages = terminal_app()
        try:
            from .rest.app import create_app
        except ImportError:
            return pages
        app = create_app(self.services())
        app.mount("/", pages)
        return app

    def _begin(self, work: Awaitable, name: str) -> None:
        task = self._loop.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task) -> None:
        """A part of the server that ends by itself ends all of it: nothing goes on with a part missing."""
        if not task.cancelled():
            log.error("stopped", part=task.get_name(), fault=repr(task.exception()))
            self._stopped.set()

    async def _open_accounts(self) -> None:
        """Accounts that were given away before a crash reached the engine or did not: offered again."""
        await open_missing(self.venue, self.people, self.eligibility)
        made = self.people.ensure_operator()
        if made is not None:
            print(f"operator: sign in as {made[0]!r} with password {made[1]} (shown this once)", flush=True)

    async def _turn_status(self) -> None:
        while True:
            await self.status.turn()
            await asyncio.sleep(0.25)

    # ------------------------------------------------------------ ending
    async def stop(self) -> None:
        """End in order: no new orders, answers out, tables kept, journal closed."""
        if self.status.stopping:
            return
        self.ready = False
        self.status.stopping = True
        gc.unfreeze()
        if self._server is not None:
            self._server.close()
        feed = [task for task in self._tasks if task.get_name() == "feed"]
        await _cancel(feed)
        if self.venue.fault is None:
            await self._drain()
        await _cancel([task for task in self._tasks if task not in feed])
        self.door.close()
        self.planners.close(end=True)
        if self.venue.fault is None:
            self.venue.replica.snapshot(wait=True)
        self.venue.close()
        self.history.close()
        self.people.close()
        log.info("closed", sequence=self.venue.replica.next_sequence)

    async def _drain(self) -> None:
        end = self._loop.time() + DRAIN_S
        while (self.admission.waiting or self.venue.waiting) and self._loop.time() < end:
            await asyncio.sleep(0.01)

    async def run(self) -> int:
        """Serve until a signal or a fault; returns the exit status."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stopped.set)
        await self.start()
        await self._stopped.wait()
        await self.stop()
        return 1 if self.venue.fault is not None else 0


async def _cancel(tasks: list[asyncio.Task]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def serve(settings: Settings, feed: Any = None) -> int:
    """Open a venue and serve it until it is told to stop. ``feed`` has ``clock`` and ``run(venue)``."""
    return await Application(settings, feed).run()
