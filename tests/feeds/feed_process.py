"""A venue with its feed, to be killed: ``python feed_process.py FOLDER SPEC``.

Says ``open`` when the market is open, then the sequence of what is decided, ten times a second."""
import asyncio
import sys

from running_feed import Running


async def main(folder: str, spec: str) -> None:
    pair = Running(folder, spec)
    pair.begin()
    print("began", flush=True)
    await pair.until(lambda: pair.feed.opened, 60)
    print("open", pair.feed.clock.now_ns(), flush=True)
    while True:
        pair.forget()
        await asyncio.sleep(0.1)
        await pair.until(lambda: True)
        print(int(pair.venue.engine.states["command_sequence"][0]), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
