"""The tables of the history, and how their database is opened: SQLite in the venue's folder, or PostgreSQL by URL.

Every column is an integer of the engine (atoms, lots, ticks, units, ppb, ns) or a short text; texts of the wire are
made when they are asked for. Keys are numbers of events and commands: folding a batch again gives the same rows.
"""
from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

METADATA = MetaData()

LAYOUT = 3
"""Changes with the tables. A database of another layout is emptied and made anew from the journal."""


def _number(name: str, **options) -> Column:
    return Column(name, BigInteger, nullable=False, **options)


def _numbers(names: str) -> list[Column]:
    return [_number(name) for name in names.split()]


def _key(*names: str) -> list[Column]:
    """The key. A single number is the row's own number in SQLite, which else would keep an index of its own for it."""
    kind = BigInteger().with_variant(Integer, "sqlite") if len(names) == 1 else BigInteger()
    return [Column(name, kind, nullable=False, primary_key=True, autoincrement=False) for name in names]


def _some(name: str, *columns: str, where: str) -> Index:
    """An index of the rows of which ``where`` holds: a question has to say the same words to be answered from it."""
    return Index(name, *columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


POSITION = Table(
    "history_position", METADATA, *_key("id"), *_numbers("layout sequence"),
    Column("journal", Text, nullable=False), Column("notes", Text, nullable=False))
"""One row: the command through which history is complete (``sequence`` is the next one), and whose journal it is of."""

ORDERS = Table(
    "orders", METADATA, *_key("order_id"),
    *_numbers("""account instrument side order_type size_lots remaining_lots filled_lots filled_value_atoms fee_atoms
                 price_ticks trigger_units trigger_source trail_offset_ticks time_in_force expires_ns flags display_lots
                 state reason role parent_order_id created_ns updated_ns ended number"""),
    Column("client_order_id", Text, nullable=False), Column("bracket", Text, nullable=False),
    Column("price_sum", Text, nullable=False),
    Index("orders_by_account", "account", "number"),
    _some("orders_by_name", "account", "client_order_id", where="client_order_id != ''"),
    _some("orders_open", "account", "number", where="ended = 0"))
OPEN = ORDERS.c.ended == sa.literal_column("0")
"""Orders that may still change."""
NAMED = ORDERS.c.client_order_id != sa.literal_column("''")
"""``number`` grows with every order that came to be, the engine's own too: event sequence x 2.
``price_sum`` is what the average price is made from (VIEW-003): too large for a column of 64 bits."""

FILLS = Table(
    "fills", METADATA, *_key("id"),
    *_numbers("""account instrument order_id side price_ticks size_lots value_atoms fee_atoms fee_rate_ppb
                 realized_atoms maker role liquidation_id time_ns"""),
    Column("client_order_id", Text, nullable=False),
    Index("fills_by_account", "account", "id"))

FUNDING_PAYMENTS = Table(
    "funding_payments", METADATA, *_key("id"),
    *_numbers("account instrument asset size_lots cash_atoms rate_ppb mark_units time_ns"),
    Index("funding_payments_by_account", "account", "id"))

LEDGER = Table(
    "ledger", METADATA, *_key("id"),
    *_numbers("""account asset instrument collateral atoms balance_atoms reason counterpart counterpart_account order_id
                 fill_id liquidation_id time_ns"""),
    Index("ledger_by_account", "account", "id"))

LIQUIDATIONS = Table(
    "liquidations", METADATA, *_key("id"),
    *_numbers("""account asset instrument size_lots mark_units equity_atoms maintenance_atoms outcome open started_ns
                 ended_ns"""),
    Column("story", Text, nullable=False),
    Index("liquidations_by_account", "account", "id"), Index("liquidations_open", "open"))
"""Liquidations of people, each with all that explains it; ``open`` while anything of it is still to come."""

FORCED_CLOSINGS = Table(
    "forced_closings", METADATA, *_key("id"),
    *_numbers("""account instrument number crowd isolated side size_lots price_units value_atoms leverage_hundredths
                 stage surplus_atoms reduced_lots reduced_atoms takeover liquidation_id open time_ns updated_ns"""),
    Index("forced_closings_by_instrument", "instrument", "id"),
    Index("forced_closings_by_number", "crowd", "instrument", "number"),
    Index("forced_closings_open", "open"))
"""Positions closed by force, of everybody: what the public sees of a liquidation. The account is for folding only."""

TRADES = Table(
    "trades", METADATA, *_key("id"), *_numbers("instrument number price_ticks size_lots side liquidation time_ns"),
    Index("trades_by_number", "instrument", "number"))

CANDLES = Table(
    "candles", METADATA, *_key("instrument", "minute"),
    *_numbers("""open_ticks high_ticks low_ticks close_ticks volume_lots turnover_atoms trades mark_units mark_low_units
                 mark_high_units index_units"""))

FUNDING_RATES = Table(
    "funding_rates", METADATA, *_key("id"), *_numbers("instrument rate_ppb exchanged_ppb mark_units outcome time_ns"),
    Index("funding_rates_by_instrument", "instrument", "id"))
"""Funding stamps: the rate from then on, and the one that was exchanged."""

INSURANCE = Table(
    "insurance_minutes", METADATA, *_key("asset", "instrument", "minute"),
    *_numbers("received_atoms paid_atoms balance_atoms changes"))
"""Of each fund (instrument 0: the asset's) and minute: what came, what went, what it held at the end."""

STATES = Table(
    "instrument_states", METADATA, *_key("id"), *_numbers("instrument state reason time_ns"),
    Index("instrument_states_by_instrument", "instrument", "id"))


class HistoryUnreadable(RuntimeError):
    """The database cannot be used; the message says what to do."""


def open_database(url: str) -> sa.Engine:
    """An engine for ``sqlite:///FILE`` or ``postgresql+psycopg://…``; SQLite in WAL mode: readers never wait."""
    if not url.startswith(("sqlite", "postgresql")):
        raise HistoryUnreadable(f"database {url.split(':')[0]!r}: history is kept in sqlite:///FILE or "
                                "postgresql+psycopg://USER@HOST/NAME")
    if url.startswith("postgresql"):
        return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), pool_pre_ping=True)
    engine = sa.create_engine(url, connect_args={"check_same_thread": False, "timeout": 30})

    @sa.event.listens_for(engine, "connect")
    def configure(connection, _record):
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "temp_store=MEMORY", "cache_size=-16000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
    return engine


def make_tables(engine: sa.Engine) -> None:
    """Make what is missing; tables of another layout are dropped first, for the journal has it all."""
    known = set(sa.inspect(engine).get_table_names())
    if POSITION.name in known:
        with engine.connect() as connection:
            layout = connection.execute(sa.text(f"SELECT max(layout) FROM {POSITION.name}")).scalar()
        if layout not in (None, LAYOUT):
            METADATA.drop_all(engine)
    METADATA.create_all(engine)
