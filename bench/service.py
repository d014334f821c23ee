"""WebSocket orders, durable and acknowledged, against the same server's raw echo; latency; depth to many readers.

CPU is the server's own, user and system, over all its threads: ratios hold on a busy machine too.
"""
from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

CLIENTS = 50
WINDOWS = (1, 4, 16)
"""Requests a client has under way: one who waits for each answer, and those who do not."""
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU seconds a process has used, with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


class Server:
    """A server process and what it says of itself."""

    def __init__(self, *arguments: str):
        self.process = subprocess.Popen([sys.executable, "-m", "bench.service_server", *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        while True:
            line = self.process.stdout.readline()
            if line.startswith("{\"port\""):
                break
        about = json.loads(line)
        self.url, self.headers = f"ws://127.0.0.1:{about['port']}/ws/v1", about["headers"]

    def load(self, kind: str, seconds: float, clients: int = CLIENTS, window: int = 1, rate: float = 0.0) -> dict:
        """Load it; adds the CPU seconds it took."""
        asked = {"kind": kind, "clients": clients, "window": window, "rate": rate, "url": self.url,
                 "headers": self.headers, "seconds": seconds, "warm": 1.0}
        process = subprocess.Popen([sys.executable, "-m", "bench.service_load", json.dumps(asked)],
                                   stdout=subprocess.PIPE, text=True)
        before = after = 0.0
        for line in process.stdout:
            if line.startswith("BEGIN"):
                before = cpu_s(self.process.pid)
            elif line.startswith("END"):
                after = cpu_s(self.process.pid)
            elif line.startswith("{"):
                found = json.loads(line)
        process.wait()
        found["cpu_s"] = after - before
        found["per_cpu_s"] = found["count"] / max(found["cpu_s"], 1e-9)
        found["per_s"] = found["count"] / found["seconds"]
        return found

    def close(self) -> None:
        """End it."""
        self.process.stdin.close()
        self.process.wait(30)


def fan_out(venue: Server, seconds: float, readers: int = 1000, rounds: int = 7) -> None:
    """Orders per CPU second of the server with and without many readers of the book: each round with readers against
    the mean of those without before and after it, so that what the machine does meanwhile falls out."""
    shares, alone = [], venue.load("order", seconds)
    for _ in range(rounds):
        crowd = subprocess.Popen([sys.executable, "-m", "bench.service_load", "read", venue.url, str(readers)],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        while not crowd.stdout.readline().startswith("READING"):
            pass
        begun = time.perf_counter()
        read = venue.load("order", seconds)
        told = crowd.communicate("\n", timeout=30)[0]
        elapsed = time.perf_counter() - begun
        before, alone = alone, venue.load("order", seconds)
        shares.append(2 * read["per_cpu_s"] / (before["per_cpu_s"] + alone["per_cpu_s"]))
        print(f"{readers} readers of the book ({json.loads(told)['messages'] / elapsed:,.0f} messages/s): orders "
              f"{read['per_cpu_s']:,.0f} per CPU s ({read['per_s']:,.0f}/s, p99 {read['p99_ms']} ms), alone "
              f"{alone['per_cpu_s']:,.0f} ({alone['per_s']:,.0f}/s): {shares[-1]:.2f}", flush=True)
    print(f"orders with {readers} readers against none: {statistics.median(shares):.2f}, the median of {rounds}, "
          f"{min(shares):.2f} to {max(shares):.2f} (asked: 0.80)", flush=True)


def main(seconds: float = 5.0) -> None:
    """Print the figures as ratios."""
    echo, venue, rate = Server("echo"), Server(str(CLIENTS)), 0.0
    try:
        for window in WINDOWS:
            ratios = []
            for _ in range(3):
                raw, orders = echo.load("echo", seconds, window=window), venue.load("order", seconds, window=window)
                ratios.append(orders["per_cpu_s"] / raw["per_cpu_s"])
                print(f"{window} under way: echo {raw['per_cpu_s']:,.0f} per CPU s ({raw['per_s']:,.0f}/s), orders "
                      f"{orders['per_cpu_s']:,.0f} ({orders['per_s']:,.0f}/s, p50 {orders['p50_ms']} ms, p99 "
                      f"{orders['p99_ms']} ms, refused {orders['refused']} {orders['refusal']}): {ratios[-1]:.2f}",
                      flush=True)
                time.sleep(0.2)
            print(f"orders against raw echo, per CPU second of the server, {CLIENTS} clients with {window} under way: "
                  f"{sorted(ratios)[1]:.2f} (asked: 0.50)", flush=True)
            rate = rate or orders["per_s"]
        for _ in range(3):
            half = venue.load("order", 2 * seconds, rate=rate / 2)
            print(f"at half of saturation ({half['per_s']:,.0f}/s): p50 {half['p50_ms']} ms, p99 {half['p99_ms']} ms, "
                  f"longest {half['max_ms']} ms (asked: p99 below 20 ms)", flush=True)
        fan_out(venue, seconds / 2)
    finally:
        echo.close()
        venue.close()


if __name__ == "__main__":
    main(*(float(one) for one in sys.argv[1:2]))
