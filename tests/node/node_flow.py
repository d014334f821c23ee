"""A seeded stream of commands for tests of the node: a linear perpetual, orders, cancels, a walking mark."""
from __future__ import annotations

import numpy as np

from steelyard import codes
from steelyard.engine.records import FIRST_TRADER_ACCOUNT, TERMS, new_commands
from steelyard.units import PPB

INSTRUMENT, ASSET, ACCOUNTS = 1, 1, 64
TERM_VALUES = dict(
    kind=codes.LINEAR, settlement_asset=ASSET, mark_units_per_tick=1, lot_value_numerator=10, price_ticks_min=1,
    price_ticks_max=1 << 20, order_lots_max=1_000_000, position_lots_max=1_000_000_000, open_orders_max=500,
    triggers_max=500, maker_fee_ppb=-100_000, taker_fee_ppb=500_000, mark_method=codes.MARK_ORACLE_ONLY,
    initial_basis=codes.BASIS_MARK, maintenance_basis=codes.BASIS_MARK, adl_policy=codes.ADL_QUEUE)
START_NS = 1_600_000_000_000_000_000


def setup() -> np.ndarray:
    """Commands that list the instrument and fund the accounts."""
    rows = new_commands(len(TERM_VALUES) + 2 + 2 * ACCOUNTS + 1)
    rows["time_ns"], rows["instrument"] = START_NS, INSTRUMENT
    at = len(TERM_VALUES)
    rows["kind"][:at] = codes.SET_TERM
    rows["parameter"][:at] = [TERMS.names.index(name) for name in TERM_VALUES]
    rows["value"][:at] = list(TERM_VALUES.values())
    tier = rows[at:at + 1]
    tier["kind"], tier["amount_atoms"] = codes.SET_TIER, 1 << 50
    tier["value"], tier["size_lots"] = PPB // 50, PPB // 100
    rows["kind"][at + 1] = codes.LIST_INSTRUMENT
    accounts = np.arange(FIRST_TRADER_ACCOUNT, FIRST_TRADER_ACCOUNT + ACCOUNTS)
    opened, funded = rows[at + 2:at + 2 + ACCOUNTS], rows[at + 2 + ACCOUNTS:-1]
    opened["kind"], opened["account"], opened["instrument"] = codes.SET_ACCOUNT, accounts, 0
    funded["kind"], funded["account"], funded["asset"] = codes.DEPOSIT, accounts, ASSET
    funded["instrument"], funded["amount_atoms"] = 0, 3_000_000
    rows["kind"][-1], rows["value"][-1] = codes.PUBLISH_MARK, 10_000
    return rows


def flow(count: int, seed: int) -> np.ndarray:
    """``count`` commands, the first of which are :func:`setup`."""
    draw = np.random.default_rng(seed)
    first = setup()
    rows = new_commands(max(0, count - len(first)))
    size = len(rows)
    marks = np.maximum(500, 10_000 + np.cumsum(draw.integers(-6, 7, size)))
    rows["time_ns"] = START_NS + 1 + np.arange(size) * 1_000_000
    rows["instrument"] = INSTRUMENT
    rows["account"] = draw.integers(FIRST_TRADER_ACCOUNT, FIRST_TRADER_ACCOUNT + ACCOUNTS, size)
    choice = draw.random(size)
    rows["kind"] = np.select([choice < 0.70, choice < 0.85, choice < 0.97],
                             [codes.PLACE_ORDER, codes.CANCEL_ORDER, codes.PUBLISH_MARK], codes.DEPOSIT)
    places = rows["kind"] == codes.PLACE_ORDER
    rows["order_id"] = np.where(places, np.arange(1, size + 1), draw.integers(1, np.arange(size) + 2))
    rows["side"] = draw.choice([codes.BUY, codes.SELL], size)
    rows["order_type"] = codes.ORDER_LIMIT
    rows["size_lots"] = draw.integers(1, 400, size)
    rows["price_ticks"] = marks + draw.integers(-40, 41, size)
    rows["value"] = np.where(rows["kind"] == codes.PUBLISH_MARK, marks, 0)
    deposits = rows["kind"] == codes.DEPOSIT
    rows["asset"] = np.where(deposits, ASSET, 0)
    rows["amount_atoms"] = np.where(deposits, 50_000, 0)
    return np.concatenate([first, rows])[:count]
