"""What REST asks of the history. Lists are newest first and go page by page; items are as they go on the wire.

A person's own lists show what it did up to now: where rows of the account still wait to be written, they are written
first. All methods may be called from any thread.
"""
from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from ...codes import INSURANCE_INSTRUMENT
from ..scales import InstrumentScale
from . import schema, wire
from .codes import OrderState
from .cursors import cursor_key, cursor_text
from .store import History

LIMIT_MAX = 1_500
INTERVALS = {"1m": 1, "5m": 5, "15m": 15, "1h": 60}
"""Minutes of every candle interval."""
PAGE_OF_EXPORT = 5_000



class Page(NamedTuple):
    """A page of a list. ``next`` is the cursor of the page after it, None at the end."""

    items: list[dict]
    next: str | None


class UnknownValue(ValueError):
    """A filter names something that is not there; ``field`` is which, ``do`` what would pass."""

    rule = "HIST-007"

    def __init__(self, field: str, value, known):
        super().__init__(f"{field}: {value!r} is not known; one of {', '.join(map(str, known))}")
        self.field, self.do = field, f"one of {', '.join(map(str, known))}"


class Queries:
    """Reads one history."""

    def __init__(self, history: History):
        self.history, self.scales = history, history.scales

    # ------------------------------------------------------------ parts
    def scale(self, symbol: str) -> InstrumentScale:
        """The scale of a symbol; UnknownValue where there is none."""
        if symbol not in self.scales.by_symbol:
            raise UnknownValue("symbol", symbol, self.scales.by_symbol)
        return self.scales.by_symbol[symbol]

    def rows(self, statement) -> list[dict]:
        """All rows of a statement."""
        with self.history.database.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def _page(self, table: sa.Table, make, where: list, cursor: str | None, limit: int) -> Page:
        """The newest ``limit`` rows before the cursor."""
        if not 1 <= limit <= LIMIT_MAX:
            raise UnknownValue("limit", limit, [f"1 to {LIMIT_MAX}"])
        key, before = table.c.number if table is schema.ORDERS else table.c.id, cursor_key(table.name, cursor)
        if before is not None:
            where = [*where, key < before]
        found = self.rows(sa.select(table).where(*where).order_by(key.desc()).limit(limit + 1))
        items = [make(self.scales, row) for row in found[:limit]]
        return Page(items, cursor_text(table.name, found[limit - 1][key.name]) if len(found) > limit else None)

    def _own(self, table: sa.Table, make, account: int, symbol: str | None, cursor: str | None, limit: int,
             *where) -> Page:
        if cursor is None:
            self.history.refresh(account)
        chosen = [table.c.account == account, *where]
        if symbol is not None:
            chosen.append(table.c.instrument == self.scale(symbol).id)
        return self._page(table, make, chosen, cursor, limit)

    # ------------------------------------------------------------ a person's own
    def orders(self, account: int, state: str | None = None, symbol: str | None = None, cursor: str | None = None,
               limit: int = 100) -> Page:
        """Orders, newest first. ``state``: a name of Order.state, or ``live`` (open and waiting)."""
        where = []
        if state == "live":
            where.append(schema.OPEN)
        elif state is not None:
            if state not in OrderState.__members__:
                raise UnknownValue("state", state, [*OrderState.__members__, "live"])
            where.append(schema.ORDERS.c.state == int(OrderState[state]))
        return self._own(schema.ORDERS, wire.order, account, symbol, cursor, limit, *where)

    def order(self, account: int, order_id: int | None = None, client_order_id: str | None = None) -> dict | None:
        """One order by its id, or the newest of that name; None where the account has none."""
        self.history.refresh(account)
        columns = schema.ORDERS.c
        named = columns.order_id == order_id if order_id is not None else sa.and_(
            columns.client_order_id == client_order_id, schema.NAMED)
        found = self.rows(sa.select(schema.ORDERS).where(columns.account == account, named)
                          .order_by(columns.number.desc()).limit(1))
        return wire.order(self.scales, found[0]) if found else None

    def names(self, account: int, count: int = 10_000) -> dict[str, int]:
        """Order ids by client order id, of the account's last ``count`` orders: what SERV-008 remembers."""
        self.history.refresh(account)
        columns = schema.ORDERS.c
        found = self.rows(sa.select(columns.client_order_id, columns.order_id).where(columns.account == account)
                          .order_by(columns.number.desc()).limit(count))
        return {row["client_order_id"]: row["order_id"] for row in reversed(found) if row["client_order_id"]}

    def fills(self, account: int, symbol: str | None = None, cursor: str | None = None, limit: int = 100,
              order_id: int | None = None) -> Page:
        """Fills, of one order where asked."""
        where = [] if order_id is None else [schema.FILLS.c.order_id == order_id]
        return self._own(schema.FILLS, wire.fill, account, symbol, cursor, limit, *where)

    def funding_payments(self, account: int, symbol: str | None = None, cursor: str | None = None,
                         limit: int = 100) -> Page:
        """What positions paid and received at funding stamps."""
        return self._own(schema.FUNDING_PAYMENTS, wire.funding_payment, account, symbol, cursor, limit)

    def ledger(self, account: int, symbol: str | None = None, cursor: str | None = None, limit: int = 100) -> Page:
        """Every change of the account's cash."""
        return self._own(schema.LEDGER, wire.ledger_entry, account, symbol, cursor, limit)

    def ledger_export(self, account: int) -> Iterator[dict]:
        """The whole ledger, oldest first, read piece by piece: for a file."""
        self.history.refresh(account)
        table, after = schema.LEDGER, -1
        while True:
            found = self.rows(sa.select(table).where(table.c.account == account, table.c.id > after)
                              .order_by(table.c.id).limit(PAGE_OF_EXPORT))
            for row in found:
                yield wire.ledger_entry(self.scales, row)
            if len(found) < PAGE_OF_EXPORT:
                return
            after = found[-1]["id"]

    def liquidations(self, account: int, symbol: str | None = None, cursor: str | None = None,
                     limit: int = 100) -> Page:
        """The account's own liquidations, in short; :func:`steelyard.views.story.liquidation_story` tells one."""
        return self._own(schema.LIQUIDATIONS, wire.liquidation, account, symbol, cursor, limit)

    def liquidation_row(self, account: int, liquidation_id: int) -> dict | None:
        """All that is kept of one liquidation of the account; None where it has no such one."""
        self.history.refresh(account)
        columns = schema.LIQUIDATIONS.c
        found = self.rows(sa.select(schema.LIQUIDATIONS)
                          .where(columns.account == account, columns.id == liquidation_id))
        return found[0] if found else None

    # ------------------------------------------------------------ everybody's
    def _of_symbol(self, table: sa.Table, make, symbol: str, cursor: str | None, limit: int) -> Page:
        return self._page(table, make, [table.c.instrument == self.scale(symbol).id], cursor, limit)

    def public_liquidations(self, symbol: str, cursor: str | None = None, limit: int = 100) -> Page:
        """Positions closed by force; nobody is named."""
        return self._of_symbol(schema.FORCED_CLOSINGS, wire.public_liquidation, symbol, cursor, limit)

    def trades(self, symbol: str, cursor: str | None = None, limit: int = 100) -> Page:
        """Trades, as far back as they are kept."""
        return self._of_symbol(schema.TRADES, wire.trade, symbol, cursor, limit)

    def funding_rates(self, symbol: str, cursor: str | None = None, limit: int = 100) -> Page:
        """Funding stamps."""
        return self._of_symbol(schema.FUNDING_RATES, wire.funding_rate, symbol, cursor, limit)

    def state_changes(self, symbol: str, cursor: str | None = None, limit: int = 100) -> Page:
        """When the market was halted, opened, settled."""
        return self._of_symbol(schema.STATES, wire.state_change, symbol, cursor, limit)

    def insurance_fund(self, symbol: str, limit: int = 500) -> list[dict]:
        """The fund that answers for an instrument, oldest first: the last ``limit`` minutes in which it changed."""
        scale, columns = self.scale(symbol), schema.INSURANCE.c
        own = int(scale.instrument.terms["insurance_scope"]) == INSURANCE_INSTRUMENT
        found = self.rows(sa.select(schema.INSURANCE).where(
            columns.asset == scale.asset_id, columns.instrument == (scale.id if own else 0))
            .order_by(columns.minute.desc()).limit(max(1, min(limit, LIMIT_MAX))))
        return [wire.insurance_point(self.scales, row) for row in reversed(found)]

    def candles(self, symbol: str, interval: str = "1m", start_ms: int | None = None, end_ms: int | None = None,
                limit: int = 500) -> list[dict]:
        """Candles that begin from ``start_ms`` on and before ``end_ms``, oldest first: the last ``limit`` of them, or
        where only ``start_ms`` is given the first. Minutes in which nothing happened have none.
        """
        if interval not in INTERVALS:
            raise UnknownValue("interval", interval, INTERVALS)
        scale, minutes, limit = self.scale(symbol), INTERVALS[interval], max(1, min(limit, LIMIT_MAX))
        where = [schema.CANDLES.c.instrument == scale.id, schema.CANDLES.c.close_ticks > 0]
        if start_ms is not None:
            where.append(schema.CANDLES.c.minute >= -(-start_ms // (minutes * 60_000)) * minutes)
        if end_ms is not None:
            where.append(schema.CANDLES.c.minute < -(-end_ms // (minutes * 60_000)) * minutes)
        forward = start_ms is not None and end_ms is None
        found = self.rows(candle_statement(scale.id, minutes, where, limit, forward))
        return [wire.candle(scale, row, minutes) for row in (found if forward else reversed(found))]


def candle_statement(instrument: int, minutes: int, where: list, limit: int, forward: bool):
    """Candles of ``minutes`` minutes from those of one: the first's open, the last's close, mark and index."""
    table = schema.CANDLES
    bucket = (table.c.minute // minutes).label("bucket")
    buckets = sa.select(
        bucket, sa.func.min(table.c.minute).label("first"), sa.func.max(table.c.minute).label("last"),
        sa.func.max(table.c.high_ticks).label("high_ticks"), sa.func.min(table.c.low_ticks).label("low_ticks"),
        sa.func.sum(table.c.volume_lots).label("volume_lots"),
    ).where(*where).group_by(bucket).order_by(bucket.asc() if forward else bucket.desc()).limit(limit).subquery()
    first, last = table.alias("first_minute"), table.alias("last_minute")
    order = buckets.c.bucket.asc() if forward else buckets.c.bucket.desc()
    return sa.select(
        buckets.c.bucket, buckets.c.high_ticks, buckets.c.low_ticks, buckets.c.volume_lots, first.c.open_ticks,
        last.c.close_ticks, last.c.mark_units, last.c.index_units,
    ).join(first, sa.and_(first.c.instrument == instrument, first.c.minute == buckets.c.first)).join(
        last, sa.and_(last.c.instrument == instrument, last.c.minute == buckets.c.last)).order_by(order)


