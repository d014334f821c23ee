"""Truths about books, resting orders and the order index that hold after every command: part of ``invariants.py``."""
from __future__ import annotations

import numpy as np

from ..codes import FLAG_HIDDEN, FLAG_REDUCE_ONLY
from .invariants_tables import Tables, home_slot
from .records import ORDERS_MAX, PAGE_TICKS

WORD_BITS = 64


def _all_books(tables: Tables):
    return [(number, tables.book(number)) for number, _row in tables.instruments()]


def _as_signed(word: int) -> int:
    """A 64-bit pattern as the signed integer that the tables hold."""
    return word - (1 << WORD_BITS) if word >= 1 << (WORD_BITS - 1) else word


def resting(tables: Tables) -> np.ndarray:
    """Rows of orders that rest."""
    return tables.live("orders", "order_id")


def books_are_uncrossed(tables: Tables) -> list[str]:
    """The best bid is below the best ask, so no order rests that could trade."""
    return [f"instrument {number}: bid {book.best_bid} meets ask {book.best_ask}" for number, book in _all_books(tables)
            if book.best_bid and book.best_ask and book.best_bid >= book.best_ask]


def best_prices_are_the_best(tables: Tables) -> list[str]:
    """Best bid and ask of each book are the highest and lowest price among its orders, 0 where there is none."""
    rows = resting(tables)
    instruments, sides, prices = (tables.column("orders", name)[rows] for name in ("instrument", "side", "price_ticks"))
    broken = []
    for number, book in _all_books(tables):
        bids = prices[(instruments == number) & (sides > 0)]
        asks = prices[(instruments == number) & (sides < 0)]
        best = int(bids.max()) if len(bids) else 0, int(asks.min()) if len(asks) else 0
        if best != (book.best_bid, book.best_ask):
            broken.append(f"instrument {number} says {book.best_bid}/{book.best_ask}, its orders {best[0]}/{best[1]}")
    return broken


def levels_hold_their_orders(tables: Tables) -> list[str]:
    """Each level's list holds exactly the orders of its price, linked both ways, and its sums are theirs.  MTCH-001"""
    names = ("order_id", "remaining_lots", "displayed_lots", "price_ticks", "instrument", "side", "previous", "next",
             "flags")
    column = {name: tables.column("orders", name).tolist() for name in names}
    broken, found = [], 0
    for number, book in _all_books(tables):
        for page_number, page_row in book.pages.items():
            for slot, (displayed, total, head, tail) in tables.page_levels(page_row).items():
                ticks = page_number * PAGE_TICKS + slot
                rows, before, at = [], 0, head
                while at and len(rows) <= len(column["order_id"]):
                    if column["previous"][at] != before:
                        broken.append(f"order row {at} at {ticks} does not point back to {before}")
                        break
                    rows.append(at)
                    before, at = at, column["next"][at]
                found += len(rows)
                if before != tail or not rows:
                    broken.append(f"level {ticks} of instrument {number} ends at {before}, not at {tail}")
                if len({column["side"][row] for row in rows}) > 1 or any(
                        column["price_ticks"][row] != ticks or column["instrument"][row] != number
                        or column["order_id"][row] == 0 or column["remaining_lots"][row] <= 0 for row in rows):
                    broken.append(f"level {ticks} of instrument {number} lists rows {rows} that are not its orders")
                lots = sum(column["remaining_lots"][row] for row in rows)
                shown = sum(0 if column["flags"][row] & FLAG_HIDDEN else column["displayed_lots"][row] for row in rows)
                if (shown, lots) != (displayed, total):
                    broken.append(f"level {ticks} of instrument {number} counts {displayed}/{total} lots, "
                                  f"its orders {shown}/{lots}")
    if found != len(resting(tables)):
        broken.append(f"{len(resting(tables))} orders rest, {found} are in levels")
    return broken


def bitmaps_mark_the_levels(tables: Tables) -> list[str]:
    """The bits of pages and directories are set for levels with orders and for nothing else; empty pages are given
    back.
    """
    rows = resting(tables)
    columns = [tables.column("orders", name)[rows] for name in ("instrument", "side", "price_ticks")]
    levels: dict = {}
    for instrument, side, ticks in zip(*(column.tolist() for column in columns)):
        levels.setdefault(instrument, set()).add((0 if side > 0 else 1, ticks))
    broken = []
    for number, book in _all_books(tables):
        page_bits, page_summary, bits, summary = {}, {}, {}, {}
        for side, ticks in levels.get(number, ()):
            page, slot = divmod(ticks, PAGE_TICKS)
            key = page, side, slot >> 6
            page_bits[key] = page_bits.get(key, 0) | 1 << (slot & 63)
            page_summary[page, side] = page_summary.get((page, side), 0) | 1 << (slot >> 6)
            bits[side, page >> 6] = bits.get((side, page >> 6), 0) | 1 << (page & 63)
            summary[side, page >> 12] = summary.get((side, page >> 12), 0) | 1 << ((page >> 6) & 63)
        found_bits, found_summary = {}, {}
        for page, row in book.pages.items():
            words, sums, instrument, where = tables.page_bits(row)
            found_bits |= {(page, *key): word for key, word in words.items()}
            found_summary |= {(page, side): word for side, word in sums.items()}
            if (instrument, where) != (number, page):
                broken.append(f"page {page} of instrument {number} is row {row}, which says {instrument}, {where}")
        for name, wanted, seen in (("bits of pages", page_bits, found_bits), ("summaries", page_summary, found_summary),
                                   ("directory", bits, book.bits), ("directory's summary", summary, book.summary)):
            if {key: _as_signed(word) for key, word in wanted.items()} != seen:
                broken.append(f"instrument {number}: its {name} differ from the levels of its orders")
    return broken


def pages_belong_to_one_book(tables: Tables) -> list[str]:
    """Every page taken from the pool is named by one book, and page 0 stays empty."""
    owned = [row for _number, book in _all_books(tables) for row in book.pages.values()]
    pool, broken = tables.pool("level_pages"), []
    if len(owned) != len(set(owned)) or len(owned) != pool.live:
        broken.append(f"{pool.live} pages are taken, books name {len(owned)} ({len(set(owned))} different)")
    if tables.page_levels(0) or tables.page_bits(0)[0]:
        broken.append("page 0 is not empty")
    return broken


def own_orders_are_listed(tables: Tables) -> list[str]:
    """A position lists exactly its resting orders; positions, accounts and instruments count them right."""
    ids, position, owner, instrument, after, before = (tables.column("orders", name).tolist() for name in (
        "order_id", "position", "account", "instrument", "own_next", "own_previous"))
    broken, listed = [], 0
    by_position, by_account, by_instrument = {}, {}, {}
    for row in resting(tables).tolist():
        by_instrument[instrument[row]] = by_instrument.get(instrument[row], 0) + 1
        if position[row]:
            by_position[position[row]] = by_position.get(position[row], 0) + 1
            by_account[owner[row]] = by_account.get(owner[row], 0) + 1
    firsts, counts = tables.column("positions", "first_order").tolist(), tables.column("positions",
            "order_count").tolist()
    for row in range(1, len(firsts)):
        at, back, seen = firsts[row], 0, 0
        while at and seen <= len(ids):
            if position[at] != row or before[at] != back or ids[at] == 0:
                broken.append(f"position {row} lists order row {at} of position {position[at]}")
                break
            seen += 1
            back, at = at, after[at]
        listed += seen
        if seen != counts[row] or seen != by_position.get(row, 0):
            broken.append(f"position {row} counts {counts[row]} orders, lists {seen}, has {by_position.get(row, 0)}")
    counted = tables.column("accounts", "order_count")
    for row in np.flatnonzero(counted).tolist() + list(by_account):
        if counted[row] != by_account.get(row, 0):
            broken.append(f"account {row} counts {counted[row]} orders, has {by_account.get(row, 0)}")
    broken += [f"instrument {number} counts {row.order_count} orders, has {by_instrument.get(number, 0)}"
               for number, row in tables.instruments() if row.order_count != by_instrument.get(number, 0)]
    return broken


def open_order_totals_are_what_rests(tables: Tables) -> list[str]:
    """Open lots and values of each side, and reduce-only lots, of a position are the sums over its orders.  MARG-006"""
    rows = resting(tables)
    rows = rows[tables.column("orders", "position")[rows] != 0]
    names = ("position", "side", "flags", "remaining_lots", "unit_value_atoms")
    totals: dict = {}
    for position, side, flags, lots, unit in zip(*(tables.column("orders", name)[rows].tolist() for name in names)):
        total = totals.setdefault(position, [0, 0, 0, 0, 0])
        if flags & FLAG_REDUCE_ONLY:
            total[4] += lots
        else:
            total[0 if side > 0 else 1] += lots
            total[2 if side > 0 else 3] += lots * unit
    held = [tables.column("positions", name).tolist() for name in (
        "open_buy_lots", "open_sell_lots", "open_buy_value_atoms", "open_sell_value_atoms", "reduce_only_lots")]
    return [f"position {row} counts open lots and values {list(found)}, its orders have {totals.get(row, [0] * 5)}"
            for row, found in enumerate(zip(*held)) if list(found) != totals.get(row, [0] * 5)]


def reduce_only_orders_never_increase(tables: Tables) -> list[str]:
    """All reduce-only orders of a position together are no larger than it, and stand on the closing side.  ORDR-006"""
    size = tables.column("positions", "size_lots")
    lots = tables.column("positions", "reduce_only_lots")
    broken = [f"position {row} of {size[row]} lots has {lots[row]} reduce-only lots"
              for row in np.flatnonzero(lots > np.abs(size)).tolist()]
    rows = resting(tables)
    rows = rows[(tables.column("orders", "flags")[rows] & FLAG_REDUCE_ONLY) != 0]
    sides = tables.column("orders", "side")[rows] * size[tables.column("orders", "position")[rows]]
    return broken + [f"reduce-only order row {row} would add to its position" for row in rows[sides >= 0].tolist()]


def order_index_is_consistent(tables: Tables) -> list[str]:
    """Every live order and listed trigger is in the chain of its id, and nothing else is."""
    ids, codes, slots = tables.order_slots()
    broken = [] if len(set(ids)) == len(ids) else ["an order id is in the index twice"]
    broken += [f"order {order_id} is in the chain of slot {slot}, not of {home_slot(order_id)}"
               for order_id, slot in zip(ids, slots) if slot != home_slot(order_id)]
    order_ids = tables.column("orders", "order_id")
    wanted = {int(order_ids[row]): int(row) for row in resting(tables)}
    triggers = tables.column("triggers", "order_id")
    wanted |= {int(triggers[row]): ORDERS_MAX + int(row) for row in tables.live("triggers", "position")}
    if wanted != dict(zip(ids, codes)):
        odd = sorted(set(wanted.items()) ^ set(zip(ids, codes)))[:4]
        broken.append(f"the order index differs from orders and triggers at {odd}")
    return broken


def orders_are_in_shape(tables: Tables) -> list[str]:
    """A resting order shows between one lot and what remains, at a price of its instrument, valued at that price."""
    rows = resting(tables)
    remaining, shown, clip, prices = (tables.column("orders", name)[rows] for name in (
        "remaining_lots", "displayed_lots", "display_size_lots", "price_ticks"))
    bad = (shown <= 0) | (shown > remaining) | ((clip > 0) & (shown > clip)) | (prices <= 0)
    return [f"order row {row} shows {shown[at]} of {remaining[at]} (clip {clip[at]}) at {prices[at]}"
            for at, row in enumerate(rows.tolist()) if bad[at]]


INVARIANTS = [books_are_uncrossed, best_prices_are_the_best, levels_hold_their_orders, bitmaps_mark_the_levels,
              pages_belong_to_one_book, own_orders_are_listed, open_order_totals_are_what_rests,
              reduce_only_orders_never_increase, order_index_is_consistent, orders_are_in_shape]
