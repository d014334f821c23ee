"""Numbers read off a finished replay: scale of the contract, totals, and each published figure beside the replayed one.

Nothing here feeds back into the engine, so floats are fine. Every measure states what it counts (docs/spec/lab.md,
LABS-006).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from ..units import DAY, MINUTE
from .path import Path
from .tables import TABLES


@dataclass(frozen=True)
class Scale:
    """How the contract's integers read as money. ``lot_size`` is USD a lot (inverse) or coins a lot (linear)."""

    symbol: str
    inverse: bool
    tick: float
    units_per_tick: int
    lot_size: float
    asset: str
    decimals: int

    def price(self, units):
        """Price in quote coin of mark units."""
        return np.asarray(units, np.float64) * (self.tick / self.units_per_tick)

    def tick_price(self, ticks):
        """Price in quote coin of ticks."""
        return np.asarray(ticks, np.float64) * self.tick

    def usd(self, lots, price):
        """Notional in USD of ``lots`` at ``price`` (inverse contracts: their face value)."""
        lots = np.asarray(lots, np.float64) * self.lot_size
        return lots if self.inverse else lots * price

    def cash(self, atoms):
        """Atoms as coins of the settlement asset."""
        return np.asarray(atoms, np.float64) / 10.0**self.decimals

    def cash_usd(self, atoms, price):
        """Atoms in USD at ``price`` (inverse contracts settle in the base coin)."""
        return self.cash(atoms) * (price if self.inverse else 1.0)


@dataclass
class Result:
    """Everything a replay leaves behind: tables, counts, parameters, digests, and where the report was written."""

    path: Path
    scale: Scale
    tables: dict = field(default_factory=lambda: {name: np.zeros(0, row) for name, row in TABLES.items()})
    events_by_kind: dict = field(default_factory=dict)
    refused_by_reason: dict = field(default_factory=dict)
    conservation: list = field(default_factory=list)  # (asset, [(place, atoms), …])
    parameters: dict = field(default_factory=dict)
    digests: dict = field(default_factory=dict)
    seconds: dict = field(default_factory=dict)  # wall time: printed, never part of report or tables
    fund_start_atoms: int = 0
    layers: list = field(default_factory=list)  # (name, atoms paid) of each layer of the waterfall, in order
    residual: str = "bad debt"  # what the venue calls a loss that nobody pays
    report: str = ""

    @property
    def minutes(self) -> np.ndarray:
        return self.tables["minutes"]

    def index(self) -> np.ndarray:
        """(minutes,) index in quote coin."""
        return self.scale.price(self.minutes["index_units"])

    def mark(self) -> np.ndarray:
        """(minutes,) mark in quote coin."""
        return self.scale.price(self.minutes["mark_units"])

    def forced_usd(self) -> np.ndarray:
        """(liquidations,) notional at the mark of the moment."""
        rows = self.tables["liquidations"]
        return self.scale.usd(rows["lots"], self.scale.price(rows["mark_units"]))

    def forced_minute(self) -> np.ndarray:
        """(liquidations,) minute number of each forced row."""
        return (self.tables["liquidations"]["time_ns"] - self.path.start_ns) // MINUTE

    def counted(self) -> np.ndarray:
        """(liquidations,) whether a forced row lies after the build-up."""
        return self.forced_minute() >= self.path.build_up


# ---------------------------------------------------------------- measures
def measure(result: Result, name: str) -> float | None:
    """The replayed value of a measure such as ``liquidated_usd:2020-03-12``; None where the replay cannot say."""
    metric, _, argument = name.partition(":")
    value = MEASURES[metric](result, argument)
    return None if value is None or not np.isfinite(value) else float(value)


def _days(argument: str) -> tuple[int, int]:
    first, _, last = argument.partition("..")
    stamps = [int(datetime.fromisoformat(t).replace(tzinfo=UTC).timestamp()) * 10**9 for t in (first, last or first)]
    return stamps[0], stamps[1] + DAY


def liquidated_usd(result, argument):
    """Notional at mark of contracts forced, on the days named."""
    times, chosen = result.tables["liquidations"]["time_ns"], result.counted()
    if argument:
        begin, end = _days(argument)
        if end <= result.path.start_ns or begin >= result.path.times_ns()[-1]:
            return None
        chosen = (times >= begin) & (times < end)
    return result.forced_usd()[chosen].sum()


def fund_fall_coins(result, _):
    """Start balance of the fund less its lowest balance at a minute's end."""
    return result.scale.cash(result.fund_start_atoms - result.minutes["fund_atoms"].min())


def fund_recovery_coins(result, _):
    """Last balance of the fund less its lowest."""
    fund = result.minutes["fund_atoms"]
    return result.scale.cash(fund[-1] - fund.min())


def deleveraged_usd(result, _):
    rows = result.tables["deleveraged"]
    return result.scale.usd(rows["lots"], result.scale.tick_price(rows["price_ticks"])).sum()


def carried_loss_coins(result, _):
    """Worst loss at mark, against bankruptcy value, of what the liquidation engine held at a minute's end."""
    return result.scale.cash(result.minutes["carried_loss_atoms"].max())


def calm_days(result) -> list[np.ndarray]:
    """Minutes of each whole calm day: UTC days after the build-up whose high is within 10 % of their low."""
    price, day = result.index(), (result.minutes["time_ns"] - 1) // DAY
    days = []
    for number in np.unique(day):
        at = np.flatnonzero(day == number)
        if len(at) == 1440 and at[0] >= result.path.build_up and price[at].max() <= 1.10 * price[at].min():
            days.append(at)
    return days


def calm_leverage(result, _):
    """Mean leverage chosen at entry, one vote per takeover on a calm day."""
    rows, minute = result.tables["liquidations"], result.forced_minute()
    chosen = np.isin(minute, np.concatenate(calm_days(result) or [np.zeros(0, np.int64)])) & (rows["step"] == 0)
    return rows["leverage"][chosen].mean() if chosen.any() else None


def _calm_share(result, column):
    """Median over calm days of forced lots over mean open interest."""
    minutes = result.minutes
    shares = [
        minutes[column][at].sum() / max(1.0, minutes["open_interest_lots"][at].mean()) for at in calm_days(result)
    ]
    return np.median(shares) if shares else None


def bid_depth_min_usd(result, _):
    """Smallest total of resting bids at a minute's end after the build-up."""
    after = result.minutes[result.path.build_up :]
    depth = result.scale.usd(after["bid_depth_lots"], result.scale.price(after["index_units"]))
    return depth.min() if len(depth) else None


def open_interest_fall_share(result, _):
    """One less last open interest over its peak after the build-up (lots: USD for inverse, coins for linear
    contracts)."""
    interest = result.minutes["open_interest_lots"][result.path.build_up :]
    return 1.0 - interest[-1] / max(1, interest.max())


def worst_half_hour(result) -> tuple[int, float]:
    """First minute of the 30 consecutive minutes with most forced notional, and that notional."""
    per_minute = np.bincount(result.forced_minute(), weights=result.forced_usd(), minlength=result.path.minutes)
    per_minute[: result.path.build_up] = 0
    total = np.concatenate(([0.0], np.cumsum(per_minute)))
    if len(per_minute) < 30:
        return 0, float(total[-1])
    window = total[30:] - total[:-30]
    best = int(np.argmax(window))
    return best, float(window[best])


def worst_half_hour_share(result, _):
    """Forced notional of the worst 30 minutes over that of these and the following 12 hours."""
    begin, value = worst_half_hour(result)
    minute = result.forced_minute()
    after = result.forced_usd()[(minute >= begin) & (minute < begin + 750)].sum()
    return value / after if after else None


def forced_long_share(result, _):
    rows, usd, chosen = result.tables["liquidations"], result.forced_usd(), result.counted()
    return usd[chosen & (rows["side"] > 0)].sum() / usd[chosen].sum() if chosen.any() else None


MEASURES = {
    "liquidated_usd": liquidated_usd,
    "fund_fall_coins": fund_fall_coins,
    "fund_recovery_coins": fund_recovery_coins,
    "deleveraged_usd": deleveraged_usd,
    "carried_loss_coins": carried_loss_coins,
    "calm_leverage": calm_leverage,
    "calm_long_share": lambda result, _: _calm_share(result, "forced_long_lots"),
    "calm_short_share": lambda result, _: _calm_share(result, "forced_short_lots"),
    "bid_depth_min_usd": bid_depth_min_usd,
    "open_interest_fall_share": open_interest_fall_share,
    "worst_half_hour_share": worst_half_hour_share,
    "forced_long_share": forced_long_share,
}

KINDS = ("exact", "own recomputation", "published band", "direction only")


def verdict(target: dict, value: float | None) -> str:
    """What the comparison may claim: a figure marked *direction only* never validates a magnitude.  LABS-006"""
    if value is None:
        return "not measured in this window"
    inside = target["low"] <= value <= target["high"]
    if target["kind"] == "direction only":
        return "agrees" if inside else "does not agree"
    return "inside" if inside else ("below" if value < target["low"] else "above")


def comparisons(result: Result) -> list[dict]:
    """Each published figure of the path beside its replayed value and verdict."""
    rows = []
    for target in result.path.published:
        if target["kind"] not in KINDS:
            raise ValueError(f"published figure {target['name']}: kind must be one of {', '.join(KINDS)}")
        value = measure(result, target["metric"])
        rows.append(dict(target, replayed=value, verdict=verdict(target, value)))
    return rows


def ending(result: Result) -> dict | None:
    """How the contract ended, where it was settled during the path: the minute, the mark, what was still open and was
    closed there, and when anybody had last traded. None where it lives on."""
    interest, minutes = result.minutes["open_interest_lots"], result.minutes
    if not result.events_by_kind.get("INSTRUMENT_SETTLED") or not (interest > 0).any():
        return None
    last = int(np.flatnonzero(interest > 0)[-1])
    traded = np.flatnonzero(minutes["trades"] > 0)
    price = float(result.mark()[last])
    return {
        "minute": min(last + 1, len(interest) - 1),
        "price": price,
        "positions": int(result.events_by_kind.get("POSITION_SETTLED", 0)),
        "closed_usd": float(result.scale.usd(interest[last], price)),
        "left_share": float(interest[last] / interest.max()),
        "last_trade": int(traded[-1]) if len(traded) else 0,
    }


def summary(result: Result) -> dict:
    """The headline numbers, as plain values."""
    minutes, rows, scale = result.minutes, result.tables["liquidations"], result.scale
    usd, counted = result.forced_usd(), result.counted()
    per_minute = np.bincount(result.forced_minute()[counted], weights=usd[counted], minlength=result.path.minutes)
    fund, price = minutes["fund_atoms"], result.index()
    takeovers = counted & (rows["step"] == 0)
    disposals = result.tables["disposals"]
    book = disposals["kind"] == 0
    low = int(np.argmin(fund))
    trough = int(np.argmin(price[result.path.build_up :])) + result.path.build_up
    return {
        "accounts": int((result.tables["accounts"]["role"] == 0).sum()),
        "accounts_liquidated": int(len(np.unique(rows["account"][counted]))),
        "liquidations": int(takeovers.sum()),
        "forced_sales": int((counted & ~takeovers).sum()),
        "forced_usd": float(usd[counted].sum()),
        "forced_long_usd": float(usd[counted & (rows["side"] > 0)].sum()),
        "peak_minute": int(np.argmax(per_minute)),
        "peak_usd": float(per_minute.max()),
        "half_hour": worst_half_hour(result),
        "trough": trough,
        "trough_price": float(price[trough]),
        "high_price": float(price[result.path.build_up :].max()),
        "fund_start": float(scale.cash(result.fund_start_atoms)),
        "fund_low": float(scale.cash(fund[low])),
        "fund_low_minute": low,
        "fund_end": float(scale.cash(fund[-1])),
        "fund_paid": float(scale.cash(minutes["fund_paid_atoms"].sum())),
        "fund_received": float(scale.cash(minutes["fund_received_atoms"].sum())),
        "deleveraged_accounts": int(len(np.unique(result.tables["deleveraged"]["account"]))),
        "deleveragings": int(len(result.tables["deleveraged"])),
        "deleveraged_usd": float(deleveraged_usd(result, "")),
        "given_up": float(scale.cash(result.tables["deleveraged"]["given_up_atoms"].sum())),
        "socialized": float(scale.cash(minutes["socialized_atoms"].sum())),
        "bad_debt": float(scale.cash(minutes["bad_debt_atoms"].max())) if len(minutes) else 0.0,
        "interest_start": float(
            scale.usd(minutes["open_interest_lots"][result.path.build_up], price[result.path.build_up])
        ),
        "interest_peak": float(scale.usd(minutes["open_interest_lots"], price).max()),
        "interest_end": float(scale.usd(minutes["open_interest_lots"][-1], price[-1])),
        "bid_depth_min": float(bid_depth_min_usd(result, "") or 0.0),
        "past_bankruptcy_lots": int(disposals["lots"][book & (disposals["result_atoms"] < 0)].sum()),
        "disposed_lots": int(disposals["lots"][book].sum()),
        "lost_margin": float(scale.cash(rows["loss_atoms"][counted].sum())),
        "funding_paid": float(scale.cash(minutes["funding_paid_atoms"].sum())),
        "fees": float(scale.cash(minutes["fees_atoms"].sum())),
        "volume_usd": float(scale.usd(minutes["volume_lots"], price).sum()),
        "trades": int(minutes["trades"].sum()),
        "commands": int(minutes["commands"].sum()),
        "events": int(minutes["events"].sum()),
    }
