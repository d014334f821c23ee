"""One crash under several rule books: the same path and the same people on each venue's contract, and one table.

Each venue is replayed on its own engine, one after the other; nothing is shared but the draw of the population.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path as FilePath

import numpy as np

from ..venues.profile import profile_paths
from . import comparison_report
from .adapting import Stage, base_of, stage
from .metrics import Result, summary, worst_half_hour
from .path import Path, load_path
from .population import Parameters
from .replay import Replay, population_of

FUND_SHARE = 0.01
"""Insurance fund every venue begins with, as a share of the open interest: an assumption, equal for all, because a
profile says how a fund works and not how full it is."""


@dataclass
class Comparison:
    """Rows of measures by venue, curves for the pictures, and what could not be run with the reason."""

    path: Path
    accounts: int
    seed: int
    fund_usd: float
    stages: list[Stage] = field(default_factory=list)
    rows: list[dict] = field(default_factory=list)
    curves: dict[str, np.ndarray] = field(default_factory=dict)     # venue -> cumulative forced USD by minute
    index: np.ndarray = field(default_factory=lambda: np.zeros(0))
    failures: list[tuple[str, str]] = field(default_factory=list)
    report: str = ""


def run_comparison(
    preset_or_file,
    venues: tuple[str, ...] | None = None,
    accounts: int = 2_000,
    seed: int = 7,
    out: str | FilePath | None = None,
    as_of: str | None = None,
    minutes: int | None = None,
    fund_usd: float | None = None,
    progress=None,
) -> Comparison:
    """Replay a path under each venue; write ``report.html``, ``venues.csv``, ``venues.json`` to ``out``.  LABS-008

    venues    profile names or files; all of the package by default
    as_of     date of the rules; the path's own day by default, the nearest a venue knows where it has none
    fund_usd  insurance fund at the start of each; one percent of the open interest by default
    progress  called with (venue, minutes done, minutes in all)
    """
    if accounts < 1:
        raise ValueError("accounts must be at least 1")
    path = shortened(load_path(preset_or_file, seed), minutes)
    parameters = Parameters(**population_of(path))
    fund = FUND_SHARE * parameters.open_interest_usd if fund_usd is None else fund_usd
    found = Comparison(path, accounts, seed, fund)
    base, kind = base_of(path.symbol, "linear" if "USDT" in path.symbol else "inverse")
    for venue in venues or tuple(profile_paths()):
        try:
            chosen = stage(venue, base, kind, date.fromisoformat(as_of or path.as_of), path.symbol,
                           float(path.prices[0, 0]) / 100)
            result = replayed(chosen, path, accounts, seed, fund, parameters, progress)
        except (LookupError, RuntimeError) as cause:
            found.failures.append((str(venue), str(cause)))
            continue
        found.stages.append(chosen)
        found.rows.append(measures(chosen, result))
        found.curves[str(venue)] = cumulative_forced(result)
        found.index = result.index()
    if out is not None:
        write(found, FilePath(out))
    return found


def shortened(path: Path, minutes: int | None) -> Path:
    """The first minutes of a path."""
    if minutes is None:
        return path
    return replace(path, prices=path.prices[:minutes], build_up=min(path.build_up, minutes // 4),
                   focus=(min(path.focus[0], max(0, minutes - 2)), min(path.focus[1], minutes - 1)))


def replayed(chosen: Stage, path: Path, accounts: int, seed: int, fund_usd: float, parameters: Parameters,
             progress) -> Result:
    """The path on one venue's contract."""
    price = float(path.prices[0, 0]) / 100
    coins = fund_usd / price if chosen.kind == "inverse" else fund_usd
    own = replace(path, symbol=chosen.symbol, as_of=chosen.as_of, published=(),
                  population={"fund_coins": f"{coins:.6f}", "fund_source": f"{fund_usd:,.0f} USD, as for every venue"})
    replay = Replay(own, accounts, seed, chosen.venue, parameters)
    replay.run(False, None if progress is None else lambda minute: progress(str(chosen.venue), minute, path.minutes))
    return replay.result()


def cumulative_forced(result: Result) -> np.ndarray:
    """(minutes,) USD at mark forced out from the end of the build-up on."""
    usd = np.where(result.counted(), result.forced_usd(), 0.0)
    return np.cumsum(np.bincount(result.forced_minute(), weights=usd, minlength=result.path.minutes))


def measures(chosen: Stage, result: Result) -> dict:
    """The line of the table: money in USD at the prices of the moment, so that coins and dollars compare."""
    s, scale, price = summary(result), result.scale, result.index()
    minutes, rows = result.minutes, result.tables["liquidations"]

    def usd(column: str) -> float:
        return float(scale.cash_usd(minutes[column], price).sum())
    fund = scale.cash_usd(minutes["fund_atoms"], price)
    first = float(scale.cash_usd(result.fund_start_atoms, price[0]))
    taken = rows[(rows["step"] == 0) & (rows["requirement_atoms"] > 0) & result.counted()]
    ratios = taken["equity_atoms"] / np.maximum(1, taken["requirement_atoms"])
    deleveraged = result.tables["deleveraged"]
    given = scale.cash_usd(deleveraged["given_up_atoms"], scale.price(deleveraged["mark_units"])).sum()
    lost = rows["loss_atoms"][result.counted()]
    lost_usd = scale.cash_usd(lost, scale.price(rows["mark_units"][result.counted()])).sum()
    interest = scale.usd(minutes["open_interest_lots"], price)
    layers = {name: float(scale.cash_usd(paid, price[-1])) for name, paid in result.layers}
    return dict(
        venue=chosen.venue, title=chosen.title, symbol=chosen.symbol, rules_as_of=chosen.as_of, note=chosen.note,
        kind=chosen.kind, leverage_max=chosen.leverage_max,
        accounts=s["accounts"], accounts_liquidated=s["accounts_liquidated"], liquidations=s["liquidations"],
        forced_sales=s["forced_sales"],
        forced_usd=s["forced_usd"], forced_share=s["forced_usd"] / max(1.0, float(interest.max())),
        worst_half_hour_usd=worst_half_hour(result)[1], margin_lost_usd=float(lost_usd),
        fund_start_usd=first, fund_low_usd=float(fund.min()), fund_paid_usd=usd("fund_paid_atoms"),
        fund_received_usd=usd("fund_received_atoms"),
        deleveraged_accounts=s["deleveraged_accounts"], deleveraged_usd=s["deleveraged_usd"],
        layers_paid_usd=float(sum(layers.values())), layers=layers, residual=result.residual,
        given_up_usd=float(given), socialized_usd=usd("socialized_atoms"),
        bad_debt_usd=float(scale.cash_usd(minutes["bad_debt_atoms"], price).max()),
        carried_loss_usd=float(scale.cash_usd(minutes["carried_loss_atoms"], price).max()),
        smallest_margin_ratio=float(ratios.min()) if len(ratios) else None,
        funding_paid_usd=usd("funding_paid_atoms"), fees_usd=usd("fees_atoms"),
        interest_peak_usd=float(interest.max()), interest_end_usd=float(interest[-1]),
        events={name: count for name, count in sorted(result.events_by_kind.items()) if name in WATCHED},
        refused=int(minutes["refused"].sum()), conserved=all(
            sum(atoms for _, atoms in places) == 0 for _, places in result.conservation),
    )


WATCHED = ("MARGIN_CALLED", "MARGIN_CALL_ENDED", "LIQUIDATION_STARTED", "LIQUIDATION_STEPPED",
           "POSITION_TAKEN_OVER", "TAKEOVER_REDUCED", "DELEVERAGED", "LOSS_SOCIALIZED", "INSTRUMENT_HALTED")
"""Kinds of events a row counts, where the engine has them."""


def write(found: Comparison, folder: FilePath) -> None:
    """The three files: the same figures for people, spreadsheets and programs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "venues.csv").write_text(comparison_report.csv_text(found), "utf-8")
    facts = dict(path=found.path.name, accounts=found.accounts, seed=found.seed, fund_usd=found.fund_usd,
                 path_digest=found.path.digest(), rows=found.rows, stages=[asdict(one) for one in found.stages],
                 not_run=[dict(venue=venue, why=why) for venue, why in found.failures])
    (folder / "venues.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    file = folder / "report.html"
    file.write_text(comparison_report.page(found), "utf-8")
    found.report = str(file)
