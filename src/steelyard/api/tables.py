"""The state as Polars frames: live rows only, names joined, and what positions and wallets come to at the marks.

The figures in mark, value, margin, equity and price columns come from the engine's own functions, not from formulas
here. Frames are copies: they stay as they are when the engine goes on.
"""
from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl

from ..codes import ContractKind, Flag, InstrumentState, OrderType, PriceSource, TimeInForce
from ..engine import records
from ..engine.measures import POSITION_MEASURE, WALLET_MEASURE, measure
from ..kernel import COMPILED

SYSTEM_ACCOUNTS = {records.EXTERNAL_ACCOUNT: "external", records.FEES_ACCOUNT: "fees",
                   records.INSURANCE_ACCOUNT: "insurance", records.DUST_ACCOUNT: "dust",
                   records.DEFICIT_ACCOUNT: "deficit", records.LIQUIDATOR_ACCOUNT: "liquidator"}


# ---------------------------------------------------------------- rows of either form
def rows_of(engine, name: str, high: int) -> np.ndarray:
    """Rows 0 .. ``high`` of a table as plain records, whichever form the engine has."""
    table = getattr(engine.state, name)
    dtype = records.STATE.fields[name][0].base
    if COMPILED:
        return np.asarray(table)[:high + 1].view(np.uint8).view(dtype)
    rows = np.zeros(high + 1, dtype)
    for index in sorted(index for index in table if index <= high):
        _copy(rows[index], table[index], dtype)
    return rows


def _copy(record, row, dtype) -> None:
    """Scalar fields of a plain row, and the rows of records inside it, into a record."""
    for name in dtype.names:
        field = dtype.fields[name][0]
        value = getattr(row, name)
        if field.names:
            _copy(record[name], value, field)
        elif field.subdtype is None:
            record[name] = value
        elif field.subdtype[0].names is None and len(field.shape) == 1:
            for index, item in value.items():
                record[name][index] = item


def frame(rows: np.ndarray, names: tuple[str, ...], numbers: np.ndarray) -> pl.DataFrame:
    """Some fields of some rows as a frame; ``row`` is the row's number in its table."""
    columns = {"row": numbers.astype(np.int64)}
    columns.update((name, np.ascontiguousarray(rows[name][numbers])) for name in names)
    return pl.DataFrame(columns)


def named(values: np.ndarray, enum) -> list[str]:
    """Numbers as the names of an enum."""
    names = {int(member): member.name.lower() for member in enum}
    return [names.get(int(value), str(value)) for value in values]


def flag_names(values: np.ndarray) -> list[str]:
    """Bits of an order's flags as words."""
    return [" ".join(flag.name.lower() for flag in Flag if int(value) & flag) for value in values]


class Names:
    """Symbols of instruments, assets and indices from a profile; numbers where there is none."""

    def __init__(self, profile):
        self.instruments = {} if profile is None else {one.id: one.symbol for one in profile.instruments}
        self.assets = {} if profile is None else {one.id: one.name for one in profile.assets}
        self.indices = {} if profile is None else {one.id: one.name for one in profile.indices}

    def instrument(self, values) -> list[str]:
        return [self.instruments.get(int(value), f"instrument {value}") for value in values]

    def asset(self, values) -> list[str]:
        return [self.assets.get(int(value), f"asset {value}") for value in values]

    def index(self, values) -> list[str]:
        return [self.indices.get(int(value), f"index {value}") for value in values]


# ---------------------------------------------------------------- measures
def measures(engine, position_rows: np.ndarray, wallet_rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the engine makes of some positions and wallets, as POSITION_MEASURE and WALLET_MEASURE rows."""
    filled = []
    for numbers, dtype in ((position_rows, POSITION_MEASURE), (wallet_rows, WALLET_MEASURE)):
        rows = np.zeros(len(numbers), dtype)
        rows["row"] = numbers
        filled.append(rows)
    if COMPILED:
        measure(engine.states, *(records.as_record(rows) for rows in filled))
        return filled[0], filled[1]
    plain = [[SimpleNamespace(row=int(row)) for row in rows["row"]] for rows in filled]
    measure(engine.states, *plain)
    for rows, objects in zip(filled, plain):
        for row, one in zip(rows, objects):
            for name in rows.dtype.names:
                row[name] = getattr(one, name)
    return filled[0], filled[1]


# ---------------------------------------------------------------- the tables
def accounts(engine) -> pl.DataFrame:
    """Open accounts of traders. ``restrictions`` are bits of ``Restriction``."""
    rows = rows_of(engine, "accounts", records.ACCOUNTS_MAX - 1 if COMPILED else max(engine.state.accounts, default=0))
    live = np.flatnonzero(rows["is_open"])
    found = frame(rows, ("parent_account", "fee_class", "restrictions", "order_count"), live)
    return found.rename({"row": "account"})


def wallets(engine, names: Names, wallet_measures: np.ndarray, numbers: np.ndarray) -> pl.DataFrame:
    """Cash of every account and asset, system accounts by name.

    Of traders also the cross group's equity and requirements at the marks, what is available for orders, and what may
    be withdrawn. Requirements are of the whole wallet: initial ones with open orders.
    """
    rows = rows_of(engine, "wallets", max(int(engine.state.wallets_pool.high_water), records.SYSTEM_WALLETS))
    live = np.flatnonzero(rows["account"])
    system = live[live <= records.SYSTEM_WALLETS]
    system = system[rows["balance_atoms"][system] != 0]
    chosen = np.concatenate([system, numbers])
    found = frame(rows, ("account", "asset", "balance_atoms", "initial_requirement_atoms", "liquidation"), chosen)
    holder = [SYSTEM_ACCOUNTS.get(int(account), f"account {account}") for account in found["account"]]
    extra = {name: [None] * len(system) + wallet_measures[name].tolist() for name in WALLET_MEASURE.names[1:]}
    return found.with_columns(pl.Series("holder", holder, pl.String),
                              pl.Series("asset", names.asset(found["asset"]), pl.String),
                              pl.col("liquidation") != 0,
                              *(pl.Series(name, values, pl.Int64) for name, values in extra.items()))


def positions(engine, names: Names, position_measures: np.ndarray) -> pl.DataFrame:
    """Positions with a size: signed lots and entry value, collateral where isolated, and what they come to at the mark.

    ``liquidation_units`` is the mark at which the group would reach its maintenance margin if no other mark moved,
    0 where there is none; ``bankruptcy_units`` the one at which the group's equity would be gone.
    """
    high = int(engine.state.positions_pool.high_water)
    rows = rows_of(engine, "positions", high)
    numbers = position_measures["row"]
    found = frame(rows, ("account", "instrument", "size_lots", "entry_value_atoms", "isolated", "collateral_atoms",
                         "leverage_rate_ppb", "requirement_atoms", "realized_atoms", "liquidation"), numbers)
    return found.with_columns(
        pl.Series("instrument", names.instrument(found["instrument"]), pl.String), pl.col("isolated") != 0,
        pl.col("liquidation") != 0,
        *(pl.Series(name, position_measures[name]) for name in POSITION_MEASURE.names[1:]))


def orders(engine, names: Names) -> pl.DataFrame:
    """Resting orders. Account 6 is the liquidation engine."""
    rows = rows_of(engine, "orders", int(engine.state.orders_pool.high_water))
    live = np.flatnonzero((rows["order_id"] != 0) & (rows["remaining_lots"] > 0))
    found = frame(rows, ("order_id", "account", "instrument", "side", "price_ticks", "remaining_lots",
                         "displayed_lots", "time_in_force", "expires_ns", "oco_order_id", "flags", "placed_ns"), live)
    return found.with_columns(
        pl.Series("instrument", names.instrument(found["instrument"]), pl.String),
        pl.Series("time_in_force", named(found["time_in_force"], TimeInForce), pl.String),
        pl.Series("flags", flag_names(found["flags"]), pl.String))


def triggers(engine, names: Names) -> pl.DataFrame:
    """Orders that wait for a price, in mark units, stops of brackets among them."""
    rows = rows_of(engine, "triggers", int(engine.state.triggers_pool.high_water))
    live = np.flatnonzero((rows["order_id"] != 0) & (rows["position"] != 0) & (rows["fired"] <= 1))
    found = frame(rows, ("order_id", "account", "instrument", "order_type", "side", "source", "trigger_units",
                         "trail_offset_units", "limit_ticks", "size_lots", "flags", "oco_order_id", "expires_ns"), live)
    return found.with_columns(
        pl.Series("instrument", names.instrument(found["instrument"]), pl.String),
        pl.Series("order_type", named(found["order_type"], OrderType), pl.String),
        pl.Series("source", named(found["source"], PriceSource), pl.String),
        pl.Series("flags", flag_names(found["flags"]), pl.String))


def takeovers(engine, names: Names) -> pl.DataFrame:
    """Positions the liquidation engine holds: whose they were, signed size and value, bankruptcy price, result so far.
    """
    rows = rows_of(engine, "takeovers", int(engine.state.takeovers_pool.high_water))
    live = np.flatnonzero(rows["size_lots"])
    found = frame(rows, ("account", "instrument", "size_lots", "taken_lots", "entry_value_atoms", "bankruptcy_ticks",
                         "bankruptcy_units", "surplus_atoms", "order_id", "opened_ns"), live)
    return found.with_columns(pl.Series("instrument", names.instrument(found["instrument"]), pl.String))


def instruments(engine, names: Names) -> pl.DataFrame:
    """Listed instruments: state, prices, open interest, funding, the insurance fund of those that have their own."""
    rows = rows_of(engine, "instruments", int(engine.state.instrument_last))
    live = np.flatnonzero(rows["state"])
    found = frame(rows, ("state", "mark_price_units", "mark_unit_value_atoms", "index_price_units",
                         "last_price_ticks", "open_interest_lots", "funding_rate_ppb", "funding_next_ns",
                         "clearing_atoms", "insurance_atoms", "socialized_atoms", "order_count"), live)
    terms = rows["terms"][live]
    return found.rename({"row": "instrument"}).with_columns(
        pl.Series("symbol", names.instrument(live), pl.String),
        pl.Series("state", named(found["state"], InstrumentState), pl.String),
        pl.Series("kind", named(terms["kind"], ContractKind), pl.String),
        pl.Series("settles_in", names.asset(terms["settlement_asset"]), pl.String),
        pl.Series("mark_units_per_tick", np.ascontiguousarray(terms["mark_units_per_tick"])))


def indices(engine, names: Names) -> pl.DataFrame:
    """Indices that are set: price in index units, whether frozen, how many sources count."""
    rows = rows_of(engine, "indices", int(engine.state.index_last))
    live = np.flatnonzero(rows["is_set"])
    found = frame(rows, ("price_units", "priced_ns", "frozen", "sources_min"), live)
    active = [sum(1 for number in range(records.INDEX_SOURCES_MAX)
                  if engine.state.indices[int(row)].sources[number].state == 1) for row in live]
    return found.rename({"row": "index"}).with_columns(
        pl.Series("name", names.index(live), pl.String), pl.col("frozen") != 0,
        pl.Series("sources_active", active, pl.Int64))


def tables(engine, profile=None) -> dict[str, pl.DataFrame]:
    """All tables of an engine by name, live rows only. A profile puts its symbols in the place of numbers."""
    names = Names(profile)
    positions_high = int(engine.state.positions_pool.high_water)
    held = np.flatnonzero(rows_of(engine, "positions", positions_high)["size_lots"])
    wallets_high = max(int(engine.state.wallets_pool.high_water), records.SYSTEM_WALLETS)
    owned = np.flatnonzero(rows_of(engine, "wallets", wallets_high)["account"])
    owned = owned[owned > records.SYSTEM_WALLETS]
    position_measures, wallet_measures = measures(engine, held, owned)
    return {"accounts": accounts(engine), "wallets": wallets(engine, names, wallet_measures, owned),
            "positions": positions(engine, names, position_measures), "orders": orders(engine, names),
            "triggers": triggers(engine, names), "takeovers": takeovers(engine, names),
            "instruments": instruments(engine, names), "indices": indices(engine, names)}
