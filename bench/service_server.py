"""Servers for bench/service.py, in a process of their own: the venue with a market, or a bare echo on the same door."""
from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import uvloop
from picows import WSAutoPingStrategy, WSFrame, WSListener, WSTransport
from picows.api import WSProtocol

from steelyard import codes
from steelyard.service.app import Application
from steelyard.service.limits import WorkLimits
from steelyard.service.mux import Connections, FirstRequest, Http
from steelyard.service.people.opening import open_account
from steelyard.service.settings import Settings
from steelyard.service.terminal import terminal_app
from steelyard.service.websocket import logger

OPEN_LIMITS = WorkLimits(connections_address=4096, key_rate=1e6, key_burst=10**6, address_rate=1e6, address_burst=10**6)


class Echo(WSListener):
    """Sends back what comes."""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        transport.send(frame.msg_type, frame.get_payload_as_bytes())


async def echo() -> None:
    """A bare echo behind the same first protocol, with the same library and loop."""
    async def open_websocket(address, headers):
        return WSProtocol(None, None, False, lambda request: Echo(), logger, True, 5, True, 15, 15,
                          WSAutoPingStrategy.PING_WHEN_IDLE, True, 65_536, None, 4096)
    http, connections = Http(terminal_app(), open_websocket), Connections(4096, 4096)
    server = await asyncio.get_running_loop().create_server(
        lambda: FirstRequest(http, open_websocket, connections), "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1], "headers": []}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def venue(accounts: int) -> None:
    """The venue, with a mark and accounts with paper money."""
    with tempfile.TemporaryDirectory() as folder:
        application = Application(Settings(Path(folder), as_of="2020-03-12", port=0, work=OPEN_LIMITS))
        await application.start()
        one = application.venue.instruments[0]
        index = application.venue.profile.index(one.index)
        await application.venue.ask(np.concatenate([
            application.venue.command(codes.PUBLISH_PRICE, parameter=index.id, flags=feed.number,
                                      value=one.index_units("8000")) for feed in index.feeds]))
        headers = []
        for _ in range(accounts):
            signed_in = application.people.paper("127.0.0.1")
            await open_account(application.venue, signed_in.opening)
            headers.append({"Cookie": f"steelyard_session={signed_in.token}",
                            "Origin": f"http://127.0.0.1:{application.port}"})
        print(json.dumps({"port": application.port, "headers": headers}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        await application.stop()


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[2] == "profile":
        import cProfile
        profile = cProfile.Profile()
        profile.enable()
        uvloop.run(venue(int(sys.argv[1])))
        profile.disable()
        profile.dump_stats(sys.argv[3])
    else:
        uvloop.run(echo() if sys.argv[1] == "echo" else venue(int(sys.argv[1])))
