"""How fast the engine is, as ratios to its peers and to its own twins, all measured in one run.

    python bench/engine.py [--only flow,plain,compile,marks,crash] [--no-peers] [--json FILE]

CPU time (process_time), best of several runs. See README.md for what each line means.
"""
from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import flow  # noqa: E402
import population  # noqa: E402
import sweep_numpy  # noqa: E402

from steelyard import codes  # noqa: E402
from steelyard.engine import dispatch, sweep  # noqa: E402
from steelyard.engine.engine import Engine  # noqa: E402
from steelyard.engine.records import COMMAND, FIRST_TRADER_ACCOUNT, as_record, new_commands  # noqa: E402
from steelyard.engine.warm import compile_kernels  # noqa: E402
from steelyard.kernel import load_plain  # noqa: E402
from steelyard.units import PPB, SECOND  # noqa: E402

RUNS = 5
COMMANDS = 1_000_000
BATCH = 4_096
"""Commands handed over at once: what a node commits together under load."""
PLAIN_COMMANDS = 50_000
MAKER_ACCOUNT = FIRST_TRADER_ACCOUNT
TRADERS_FROM = FIRST_TRADER_ACCOUNT + 1
ENTRY_TICKS = 10_000


# ---------------------------------------------------------------- measuring
def drive(engine, rows):
    """Apply command rows in batches, leaving the events in the outbox; counts commands and events."""
    done = events = 0
    while done < len(rows):
        events += int(dispatch.apply(engine.states, rows[done:done + BATCH], engine.outs))
        done += int(engine.outs[0].consumed)
    return events


def seconds_of(action):
    """CPU seconds of one call, collector off."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    answer = action()
    spent = time.process_time() - start
    gc.enable()
    return spent, answer


def best_of(action):
    """CPU seconds of the fastest of several calls, and its answer."""
    return min((seconds_of(action) for _ in range(RUNS)), key=lambda pair: pair[0])


def machine():
    """The machine, in one line."""
    model, table = platform.processor(), Path("/proc/cpuinfo")
    if table.exists():
        named = [line.split(":")[1].strip() for line in table.read_text("utf-8").splitlines() if "model name" in line]
        model = named[0] if named else model
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} cores{load}, {platform.system()}, Python {platform.python_version()}"


def peer(name, *arguments):
    """The figures of a peer, measured now in its own environment; None (with the reason shown) where it cannot run."""
    done = subprocess.run(["sh", str(HERE / "peers" / "run.sh"), name, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"  ({name} did not run: {done.stderr.strip().splitlines()[-1:]})")
        return None
    return json.loads(done.stdout.splitlines()[-1])


# ---------------------------------------------------------------- order flow
def flow_rate(instruments, live, book_only=False):
    """Commands per CPU-second through a fresh engine, and the events and refusals they caused."""
    commands = as_record(flow.order_flow(instruments, COMMANDS, live))
    best, outcome = float("inf"), {}
    for _ in range(RUNS):
        engine = Engine()
        drive(engine, as_record(flow.set_up(instruments)))
        engine.state.book_only = int(book_only)
        spent, events = seconds_of(lambda engine=engine: drive(engine, commands))
        best = min(best, spent)
        outcome = {"events": events, "live_orders": int(engine.state.orders_pool.live)}
        del engine
    return {"commands_per_second": len(commands) / best, **outcome}


def refusals(instruments, live):
    """What the flow was refused or lost, by reason: a flow that is refused measures nothing."""
    engine = Engine()
    engine.apply(flow.set_up(instruments))
    counts = {}
    for events in engine.slices(flow.order_flow(instruments, COMMANDS, live)):
        ended = events[(events["kind"] == codes.REJECTED) | (events["kind"] == codes.ORDER_CANCELED)]
        for reason, count in zip(*np.unique(ended["reason"], return_counts=True)):
            name = codes.Reason(int(reason)).name
            counts[name] = counts.get(name, 0) + int(count)
    return counts


def plain_rate():
    """Commands per CPU-second of the uncompiled form; command records are turned into objects beforehand."""
    room = load_plain("engine.engine")
    plain_dispatch = load_plain("engine.dispatch")
    make = load_plain("engine.records")._plain_maker(COMMAND)
    commands = flow.order_flow(1, COMMANDS, 10_000)[:PLAIN_COMMANDS]
    rows = [plain_rows(make, row) for row in commands.tolist()]
    best = float("inf")
    for _ in range(4):                       # the form that runs long is written in the second of them
        engine = room.Engine()
        engine.apply(flow.set_up(1))

        def run(engine=engine):
            done = 0
            while done < len(rows):
                plain_dispatch.apply(engine.states, rows[done:done + BATCH], engine.outs)
                done += engine.outs[0].consumed
        best = min(best, seconds_of(run)[0])
    return {"commands_per_second": len(rows) / best}


def plain_rows(make, values):
    """A plain command object from one row's values."""
    row = make()
    for name, value in zip(COMMAND.names, values):
        if isinstance(value, (tuple, list)):
            target = getattr(row, name)
            for index, item in enumerate(value):
                target[index] = item
        else:
            setattr(row, name, value)
    return row


# ---------------------------------------------------------------- compilation
def start_seconds(cache):
    """Wall seconds of an interpreter that imports the engine and applies an empty batch, with this kernel cache."""
    script = "from steelyard.engine.warm import compile_kernels; compile_kernels()"
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True, env={
        **os.environ, "STEELYARD_CACHE_DIR": cache, "PYTHONDONTWRITEBYTECODE": ""})     # as where nobody sets it
    return time.perf_counter() - start


def compile_times():
    """Wall seconds of the first start ever and of the next one."""
    with tempfile.TemporaryDirectory(prefix="bench-kernels-") as cache:
        first = start_seconds(cache)
        return {"first_start_seconds": first, "warm_start_seconds": min(start_seconds(cache) for _ in range(3))}


# ---------------------------------------------------------------- a population with one position each
def as_commands(rows):
    """COMMAND records from dictionaries."""
    commands = new_commands(len(rows))
    for name in {name for row in rows for name in row}:
        commands[name] = [row.get(name, 0) for row in rows]
    return commands


def venue():
    """Commands that list one instrument with the maintenance rate of the peer, and open its market maker."""
    terms = flow.TERMS_OF_FLOW | dict(market_collar_ppb=PPB // 2, limit_collar_ppb=0, taker_fee_ppb=0, maker_fee_ppb=0,
                                      close_fee_reserve=0, leverage_default_ppb=PPB // 50, disposal_limit_ppb=PPB // 10)
    rows = [dict(kind=codes.SET_TERM, instrument=1, parameter=flow.TERMS.names.index(name), value=value)
            for name, value in terms.items()]
    rows.append(dict(kind=codes.SET_TIER, instrument=1, parameter=0, amount_atoms=1 << 57, value=10_000_000,
                     size_lots=5_000_000))
    rows.append(dict(kind=codes.LIST_INSTRUMENT, instrument=1))
    rows.append(dict(kind=codes.PUBLISH_MARK, instrument=1, value=ENTRY_TICKS * flow.UNITS_PER_TICK))
    rows.append(dict(kind=codes.SET_ACCOUNT, account=MAKER_ACCOUNT))
    rows.append(dict(kind=codes.DEPOSIT, account=MAKER_ACCOUNT, asset=1, amount_atoms=1 << 58))
    return as_commands(rows)


def populate(engine, count, isolated_share):
    """Give ``count`` accounts a position each through the book: every pair trades at the entry price."""
    value = ENTRY_TICKS * flow.UNITS_PER_TICK
    lots_total, number, rows = 0, 0, []
    for side, lots, leverage in population.accounts(count):
        account = TRADERS_FROM + number
        rate = -(-PPB // leverage)
        cash = -(-lots * value * rate // PPB)
        rows += [dict(kind=codes.SET_ACCOUNT, account=account),
                 dict(kind=codes.DEPOSIT, account=account, asset=1, amount_atoms=cash),
                 dict(kind=codes.SET_LEVERAGE, account=account, instrument=1, value=rate)]
        if number % 10 < 10 * isolated_share:
            rows.append(dict(kind=codes.SET_MARGIN_MODE, account=account, instrument=1, value=1))
        rows.append(dict(kind=codes.PLACE_ORDER, account=account, instrument=1, order_id=1 + number, side=side,
                         order_type=codes.ORDER_LIMIT, price_ticks=ENTRY_TICKS, size_lots=lots))
        lots_total += lots if side > 0 else 0
        number += 1
        if len(rows) > 100_000:
            drive(engine, as_record(as_commands(rows)))
            rows = []
    if rows:
        drive(engine, as_record(as_commands(rows)))
    held = engine.states["positions"][0]["size_lots"][: int(engine.state.positions_pool.high_water) + 1]
    assert np.count_nonzero(held) == count, f"{np.count_nonzero(held)} of {count} accounts have a position"
    return lots_total


def quiet_marks(engine, marks):
    """CPU seconds per mark that crosses nobody: up and down by one unit."""
    rows = [dict(kind=codes.PUBLISH_MARK, instrument=1, value=ENTRY_TICKS * flow.UNITS_PER_TICK + 1 + number % 2)
            for number in range(marks)]
    commands = as_record(as_commands(rows))
    drive(engine, commands[:2])
    return min(seconds_of(lambda: drive(engine, commands))[0] for _ in range(RUNS)) / marks


def sweep_seconds(engine):
    """CPU seconds of one compiled full sweep over all groups, and how many it found short."""
    results = sweep.new_result()
    sweep.sweep_groups(engine.states, results)
    spent, found = best_of(lambda: sweep.sweep_groups(engine.states, results))
    return spent, int(found)


def mark_costs(count, isolated_share):
    """A quiet mark, the compiled sweep and the NumPy sweep over the same ``count`` positions."""
    engine = Engine()
    drive(engine, as_record(venue()))
    populate(engine, count, isolated_share)
    quiet = quiet_marks(engine, 10_000)
    tables = sweep_numpy.Tables(engine.states[0], 1)
    unit = int(engine.state.instruments[1].mark_unit_value_atoms)
    twin, short = best_of(lambda: sweep_numpy.sweep(tables, unit))
    same_input, _ = best_of(lambda: sweep_numpy.sweep(sweep_numpy.Tables(engine.states[0], 1), unit))
    full, found = sweep_seconds(engine)
    return {"positions": count, "quiet_mark_seconds": quiet, "sweep_seconds": full, "sweep_found": found,
            "numpy_sweep_seconds": same_input, "numpy_gathered_sweep_seconds": twin, "numpy_found": len(short)}


# ---------------------------------------------------------------- the crash
def quotes(ticks, lots, first_id):
    """Commands of the market maker: withdraw everything, then ten levels of each side around a price."""
    rows = [dict(kind=codes.CANCEL_ORDERS, account=MAKER_ACCOUNT)]
    for level in range(10):
        for side in (codes.BUY, codes.SELL):
            price = ticks - side * (1 + level * max(1, ticks // 1000))
            rows.append(dict(kind=codes.PLACE_ORDER, account=MAKER_ACCOUNT, instrument=1, order_id=first_id + len(rows),
                             side=side, order_type=codes.ORDER_LIMIT, price_ticks=price, size_lots=lots))
    return rows


def queues_empty(state):
    """Whether nothing is left to be drained."""
    return state.moved_ring.count == 0 and state.liquidation_ring.count == 0 and state.fired_ring.count == 0 and (
        state.instruments[1].first_takeover == 0)


def crash(count):
    """60 marks of -1 % over ``count`` isolated positions with the book: CPU seconds, and what happened."""
    best, outcome = float("inf"), {}
    for _ in range(3):
        engine = Engine()
        drive(engine, as_record(venue()))
        lots_total = populate(engine, count, 1)
        fund = int(lots_total * ENTRY_TICKS * flow.UNITS_PER_TICK * population.FUND_SHARE)
        gift = dict(kind=codes.FUND_INSURANCE, instrument=1, asset=1, amount_atoms=fund)
        drive(engine, as_record(as_commands([gift])))
        kinds = np.zeros(64, np.int64)
        spent, commands = seconds_of(lambda engine=engine, lots=lots_total, kinds=kinds: fall(engine, lots, kinds))
        best = min(best, spent)
        outcome = {"commands": commands, "events": int(kinds.sum()),
                   "by_kind": {codes.EventKind(kind).name: int(kinds[kind]) for kind in np.flatnonzero(kinds)},
                   "fund_after": int(engine.state.instruments[1].insurance_atoms),
                   "queues_empty": bool(queues_empty(engine.state))}
        del engine
    return {"positions": count, "crash_seconds": best, **outcome}


def fall(engine, lots_total, kinds):
    """Quote, mark, and let time pass until the queues are empty, 60 times; counts events by kind.

    The maker shows a quarter of open interest a side within 1 % of the mark: deep, yet less than the peer, which closes
    any size at the mark.
    """
    price, now, sent, next_id = float(ENTRY_TICKS), int(engine.state.now_ns), 0, 1 << 40
    for _ in range(population.CRASH_TICKS):
        price *= population.CRASH_FACTOR
        now += 60 * SECOND
        rows = quotes(int(price), max(1, lots_total // 40), next_id)
        next_id += len(rows)
        rows.append(dict(kind=codes.PUBLISH_MARK, instrument=1, value=int(price * flow.UNITS_PER_TICK)))
        rows[0]["time_ns"] = now
        sent += apply_counted(engine, rows, kinds)
        for step in range(2_000):
            if queues_empty(engine.state):
                break
            sent += apply_counted(engine, [dict(kind=codes.ADVANCE, time_ns=now + (step + 1) * SECOND // 100)], kinds)
    return sent


def apply_counted(engine, rows, kinds):
    """Apply dictionaries as commands; adds the events' kinds to ``kinds``."""
    commands = as_record(as_commands(rows))
    done = 0
    while done < len(commands):
        count = int(dispatch.apply(engine.states, commands[done:], engine.outs))
        done += int(engine.outs[0].consumed)
        kinds += np.bincount(engine.outs["events"][0]["kind"][:count], minlength=64)
    return len(commands)


# ---------------------------------------------------------------- the report
def ratio(a, b):
    """a / b as text; a dash where one is missing."""
    return f"{a / b:,.1f} x" if a and b else "-"


def report_flow(figures, peers):
    """Commands per second, and how many times the peers'."""
    one, many, book = flow_rate(1, 10_000), flow_rate(16, 40_000), flow_rate(1, 10_000, book_only=True)
    figures.update(flow_1=one, flow_16=many, flow_book_only=book,
                   refusals=refusals(1, 10_000), refusals_16=refusals(16, 40_000))
    print(f"whole engine, 1 instrument    {one['commands_per_second']:>12,.0f} commands/s")
    print(f"whole engine, 16 instruments  {many['commands_per_second']:>12,.0f} commands/s")
    print(f"bare book                     {book['commands_per_second']:>12,.0f} commands/s")
    print(f"  refused or ended, 1 instrument: {figures['refusals']}")
    print(f"  refused or ended, 16 instruments: {figures['refusals_16']}")
    if peers:
        figures["hftbacktest"], figures["nautilus"] = peer("hftbacktest"), peer("nautilus")
        for name, against in (("hftbacktest", figures["hftbacktest"]), ("nautilus_trader", figures["nautilus"])):
            if against:
                rate = against["order_commands_per_second"]
                print(f"  {ratio(one['commands_per_second'], rate)} {name} {against['version']} "
                      f"({rate:,.0f} order commands/s); 16 instruments {ratio(many['commands_per_second'], rate)}")


def report_plain(figures):
    """The uncompiled form."""
    figures["plain"] = plain_rate()
    print(f"uncompiled                    {figures['plain']['commands_per_second']:>12,.0f} commands/s")


def report_compile(figures):
    """First and second start."""
    figures["compile"] = compile_times()
    print(f"first start {figures['compile']['first_start_seconds']:.1f} s, warm start "
          f"{figures['compile']['warm_start_seconds']:.2f} s (wall)")


def report_marks(figures, peers):
    """What a mark that hurts nobody costs, against sweeps and the peer."""
    big = figures["marks_1m"] = mark_costs(1_000_000, 0.2)
    small = figures["marks_100k"] = mark_costs(100_000, 1)
    print(f"quiet mark, 1,000,000 positions {big['quiet_mark_seconds'] * 1e9:,.0f} ns")
    quiet, full, twin = (big[name] for name in ("quiet_mark_seconds", "sweep_seconds", "numpy_sweep_seconds"))
    print(f"  full sweep {full * 1e3:,.1f} ms = {full * 1e9 / big['positions']:.1f} ns per account, "
          f"{ratio(full, quiet)} the quiet mark; found {big['sweep_found']}, NumPy {big['numpy_found']}")
    gathered = big["numpy_gathered_sweep_seconds"]
    print(f"  NumPy sweep of the same tables {twin * 1e3:,.1f} ms, {ratio(twin, full)} the compiled one; "
          f"of columns gathered beforehand {gathered * 1e3:,.1f} ms, {ratio(gathered, full)}")
    print(f"quiet mark, 100,000 positions {small['quiet_mark_seconds'] * 1e9:,.0f} ns")
    if peers:
        lrvx = figures.setdefault("lrvx", peer("lrvx"))
        if lrvx:
            print(f"  lrvx {lrvx['version']} on_mark {lrvx['quiet_mark_seconds'] * 1e6:,.0f} us: "
                  f"{ratio(lrvx['quiet_mark_seconds'], small['quiet_mark_seconds'])} ours")


def report_crash(figures, peers):
    """The crash, with the book, against the peer's without one."""
    ours = figures["crash"] = crash(100_000)
    print(f"60 marks of -1 %, 100,000 positions, with the book: {ours['crash_seconds']:.2f} s, "
          f"{ours['commands']:,} commands, {ours['events']:,} events; queues empty at the end: {ours['queues_empty']}")
    print(f"  {ours['by_kind']}")
    if peers:
        lrvx = figures.setdefault("lrvx", peer("lrvx"))
        if lrvx:
            print(f"  lrvx without a book {lrvx['crash_seconds']:.2f} s, {lrvx['liquidations']:,} liquidations: "
                  f"{ratio(lrvx['crash_seconds'], ours['crash_seconds'])} ours")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--only", default="flow,plain,compile,marks,crash", help="comma-separated parts")
    arguments.add_argument("--no-peers", action="store_true", help="do not set up and measure the peers")
    arguments.add_argument("--json", type=Path, help="also write all figures here")
    given = arguments.parse_args()
    parts, peers, figures = given.only.split(","), not given.no_peers, {"machine": machine()}
    print(figures["machine"])
    compile_kernels()
    reports = {"flow": lambda: report_flow(figures, peers), "plain": lambda: report_plain(figures),
               "compile": lambda: report_compile(figures), "marks": lambda: report_marks(figures, peers),
               "crash": lambda: report_crash(figures, peers)}
    for part in parts:
        reports[part]()
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
