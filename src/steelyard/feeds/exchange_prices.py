"""Prices of real exchanges as lines of JSON: a program of its own, in an environment of its own.  FEED-011

    python exchange_prices.py < request        # needs ccxt and nothing of this package

The first line of standard input is the request,
``{"pair": "BTC/USD", "exchanges": [{"id": "kraken", "options": {}}]}``; ``options`` goes to the exchange's constructor.
Every line of output is ``{"source": 0, "price": "97250.5"}`` or
``{"source": 0, "state": "lost", "text": "...", "again_seconds": 4.0}``. It ends when its input is closed, so that it
never outlives the venue.
"""
import asyncio
import json
import random
import sys

BACKOFF_SECONDS = (1.0, 60.0)
"""First wait after a loss, and the longest; each loss doubles it, a price starts it anew."""
SILENCE_SECONDS = 120.0
"""An exchange that says nothing for so long is asked again over a new connection."""
GAP_SECONDS = 0.1
"""At most one price of an exchange in this time."""


def say(**words) -> None:
    """One line of output."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


class Outlet:
    """Says the prices of one source, the newest at most every GAP_SECONDS.

    The exchange itself is watched without a pause: a connection that is lost while nobody watches is noticed late.
    """

    def __init__(self, source: int):
        self.source, self.waiting, self.busy = source, None, False

    def put(self, price: float) -> None:
        if self.busy:
            self.waiting = price
            return
        say(source=self.source, price=repr(price))
        self.busy = True
        asyncio.get_running_loop().call_later(GAP_SECONDS, self._again)

    def _again(self) -> None:
        self.busy, price, self.waiting = False, self.waiting, None
        if price is not None:
            self.put(price)


def price_of(ticker: dict) -> float | None:
    """Middle of bid and ask where both are known and apart the right way, else the last price."""
    bid, ask, last = ticker.get("bid"), ticker.get("ask"), ticker.get("last")
    if bid and ask and 0 < bid <= ask:
        return (bid + ask) / 2
    return last if last and last > 0 else None


async def watch(exchange, pair: str):
    """Prices as the exchange tells them: its ticker, or its trades where it has no ticker to watch."""
    by_ticker = exchange.has.get("watchTicker")
    if not by_ticker and not exchange.has.get("watchTrades"):
        raise RuntimeError(f"{exchange.id} offers neither a ticker nor trades to watch")
    while True:
        if by_ticker:
            price = price_of(await asyncio.wait_for(exchange.watch_ticker(pair), SILENCE_SECONDS))
        else:
            trades = await asyncio.wait_for(exchange.watch_trades(pair), SILENCE_SECONDS)
            price = trades[-1]["price"] if trades else None
        if price:
            yield price


async def follow(source: int, make, pair: str) -> None:
    """One exchange, connected again and again."""
    wait, outlet = BACKOFF_SECONDS[0], Outlet(source)
    while True:
        exchange = make()
        try:
            async for price in watch(exchange, pair):
                if wait:
                    say(source=source, state="connected")
                wait = 0.0
                outlet.put(price)
        except Exception as fault:
            wait = min(BACKOFF_SECONDS[1], max(BACKOFF_SECONDS[0], wait * 2))
            pause = wait * random.uniform(0.75, 1.25)
            text = " ".join(str(fault).split())[:200]
            say(source=source, state="lost", text=f"{type(fault).__name__}: {text}", again_seconds=round(pause, 1))
        finally:
            await close(exchange)
        await asyncio.sleep(pause)


async def close(exchange) -> None:
    """Let go of a connection, whatever state it is in."""
    try:
        await asyncio.wait_for(exchange.close(), 5.0)
    except Exception as fault:
        print(f"{exchange.id}: closing: {fault}", file=sys.stderr)


async def until_input_ends(reader: asyncio.StreamReader) -> None:
    while await reader.readline():
        pass


async def main() -> None:
    import ccxt.pro
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    request = json.loads(await reader.readline())
    tasks = []
    for source, wanted in enumerate(request["exchanges"]):
        kind = getattr(ccxt.pro, wanted["id"], None)
        if kind is None:
            say(source=source, state="unknown", text=f"the library knows no exchange {wanted['id']!r} with a stream")
            continue
        options = {"newUpdates": True, **wanted.get("options", {})}
        tasks.append(asyncio.create_task(follow(source, lambda kind=kind, options=options: kind(options),
                                                request["pair"])))
    await until_input_ends(reader)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    try:
        import ccxt.pro  # noqa: F401
    except ImportError:
        say(source=-1, state="missing", text="this Python has no ccxt")
        sys.exit(3)
    asyncio.run(main())
