"""The price path a replay follows: a preset of published points joined by a seeded bridge, or the bars of a file.

A path is integers (hundredths of the quote coin) on a grid of three sub-steps a minute. It owns no market: it is
the outside
world, published to the engine as the index.  LABS-001 … LABS-004
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path as FilePath

import numpy as np

from ..units import MINUTE
from .rng import normals

SUBSTEPS = 3
"""Index prices a minute: the two extremes of a bar and its close."""
STEP_NS = MINUTE // SUBSTEPS
HUNDREDTHS = 100
INTRA_BAR = {
    "extremes": "inside a bar that closes below the previous close: high, low, close; in any other bar: low, high, "
    "close",
    "close": "a straight line from the previous close to the close; highs and lows are not used",
}


@dataclass(frozen=True)
class Path:
    """One outside price path.

    prices       (minutes, SUBSTEPS) int64, hundredths of the quote coin; the last column is the close of the minute
    start_ns     time of the first minute's open, UTC
    build_up     minutes at the start in which the population enters; they are shown, but count for no published figure
    focus        first and last minute of the stretch that the pictures look at closely
    """

    name: str
    title: str
    symbol: str
    as_of: str
    start_ns: int
    prices: np.ndarray
    build_up: int
    focus: tuple[int, int]
    source: str
    order_note: str
    points: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    population: dict = field(default_factory=dict)
    published: tuple = ()
    plays_calendar: bool = False    # what the venue's profile changes during the path happens in the replay  PROF-016

    @property
    def minutes(self) -> int:
        return len(self.prices)

    def times_ns(self) -> np.ndarray:
        """(minutes,) int64: the end of each minute, when its close is known."""
        return self.start_ns + (np.arange(self.minutes, dtype=np.int64) + 1) * MINUTE

    def digest(self) -> str:
        """SHA-256 of start and prices."""
        return hashlib.sha256(str(self.start_ns).encode() + self.prices.astype("<i8").tobytes()).hexdigest()


def preset_names() -> list[str]:
    """Names of the presets in the package."""
    return sorted(p.name[:-5] for p in (resources.files(__package__) / "presets").iterdir() if p.name.endswith(".toml"))


def load_path(preset_or_file: str | FilePath, seed: int = 7, **options) -> Path:
    """The path of a preset by name, of a preset file (.toml), or of a file of bars (.parquet, .csv)."""
    text = str(preset_or_file)
    if text in preset_names():
        return preset_path((resources.files(__package__) / "presets" / f"{text}.toml").read_text("utf-8"), text, seed)
    file = FilePath(text)
    if not file.exists():
        raise FileNotFoundError(f"{text}: neither a file nor a preset; presets are {', '.join(preset_names())}")
    if file.suffix == ".toml":
        return preset_path(file.read_text("utf-8"), file.stem, seed)
    return bars_path(file, **options)


# ---------------------------------------------------------------- presets
def preset_path(text: str, name: str, seed: int) -> Path:
    """A preset's points joined minute by minute by a Brownian bridge that hits each of them exactly.  LABS-002"""
    table = tomllib.loads(text)
    points = sorted((_minute(p["time"]), _hundredths(p["price"])) for p in table["path"]["points"])
    start = points[0][0]
    grid = np.array([(minute - start, price) for minute, price in points], np.int64)
    closes = bridge(grid, seed, float(table["bridge"]["base_bp_per_root_minute"]), float(table["bridge"]["move_share"]))
    focus = tuple(min(max(0, _minute(t) - start), len(closes) - 1) for t in table["focus"])
    return Path(
        name=name,
        title=table["title"],
        symbol=table["symbol"],
        as_of=table["as_of"],
        start_ns=start * MINUTE,
        prices=_spread(closes),
        build_up=int(table["build_up_minutes"]),
        focus=focus,
        source=table["path"]["source"],
        order_note=f"{len(points)} published points; between two of them a seeded Brownian bridge on a one-minute "
        "grid, never beyond the highest and lowest published point; straight lines inside a minute",
        points=grid,
        population=table.get("population", {}),
        published=tuple(table.get("published", ())),
        plays_calendar=bool(table.get("plays_calendar", False)),
    )


def bridge(grid: np.ndarray, seed: int, base_bp: float, move_share: float) -> np.ndarray:
    """Closes (hundredths) for every minute from the first to the last of ``grid`` (k, 2: minute, price).  LABS-002

    Between points i and i+1, n minutes apart: a straight line plus price x s x B, B a Brownian bridge of unit
    variance per
    minute, s = base + move_share x |relative move| / sqrt(n). Rounded to the nearest hundredth.
    """
    minutes, prices = grid[:, 0], grid[:, 1].astype(np.float64)
    closes = np.empty(int(minutes[-1]) + 1, np.int64)
    noise = normals(seed, 1, len(closes))
    for i in range(len(grid) - 1):
        first, last = int(minutes[i]), int(minutes[i + 1])
        n = last - first
        walk = np.concatenate(([0.0], np.cumsum(noise[first + 1 : last + 1])))
        pinned = walk - walk[-1] * np.arange(n + 1) / n
        line = prices[i] + (prices[i + 1] - prices[i]) * np.arange(n + 1) / n
        scale = base_bp / 10_000 + move_share * abs(prices[i + 1] / prices[i] - 1.0) / np.sqrt(float(n))
        closes[first : last + 1] = np.rint(np.clip(line * (1.0 + scale * pinned), prices.min(), prices.max()))
        closes[first], closes[last] = grid[i, 1], grid[i + 1, 1]
    return closes


def _spread(closes: np.ndarray) -> np.ndarray:
    """(minutes, SUBSTEPS): straight lines inside each minute, ending in its close."""
    before = np.concatenate((closes[:1], closes[:-1]))
    parts = np.arange(1, SUBSTEPS + 1)
    return before[:, None] + (closes - before)[:, None] * parts // SUBSTEPS


def _minute(text: str) -> int:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
    if moment.second or moment.microsecond:
        raise ValueError(f"{text}: published points lie on whole minutes")
    return int(moment.timestamp()) // 60


def _hundredths(text: str) -> int:
    from ..units import to_steps

    return to_steps(text, "0.01", "price")


# ---------------------------------------------------------------- files of bars
def bars_path(
    file: FilePath,
    symbol: str | None = None,
    as_of: str | None = None,
    intra_bar: str = "extremes",
    build_up: int | None = None,
) -> Path:
    """The path of a file of bars with columns time (bar open, UTC), high, low and close.  LABS-003

    ``open`` is never read: where a venue stamps it with the previous close it lies outside the bar. A missing bar
    keeps the
    previous close. Bars of several minutes are walked in straight lines through their extremes.
    """
    import polars

    frame = polars.read_csv(file, try_parse_dates=True) if file.suffix == ".csv" else polars.read_parquet(file)
    missing = [c for c in ("time", "high", "low", "close") if c not in frame.columns]
    if missing:
        raise ValueError(f"{file.name}: missing column(s) {', '.join(missing)}; it has {', '.join(frame.columns)}")
    if intra_bar not in INTRA_BAR:
        raise ValueError(f"intra_bar must be one of {', '.join(INTRA_BAR)}")
    frame = frame.sort("time").drop_nulls(["time", "close"]).unique("time", keep="last", maintain_order=True)
    minute = (
        frame["time"].dt.replace_time_zone(None).cast(polars.Datetime("ns")).cast(polars.Int64) // MINUTE
    ).to_numpy()
    if len(minute) < 2:
        raise ValueError(f"{file.name}: fewer than two bars")
    bar_minutes = max(1, int(np.diff(minute).min()))
    high, low, close = (
        np.rint(frame[c].fill_null(frame["close"]).to_numpy().astype(np.float64) * HUNDREDTHS).astype(np.int64)
        for c in ("high", "low", "close")
    )
    bars = int(minute[-1] - minute[0]) // bar_minutes + 1
    waypoints = _fill_gaps((minute - minute[0]) // bar_minutes, high, low, close, bars, intra_bar)
    prices = _walk(waypoints, bar_minutes).reshape(-1, SUBSTEPS)
    start_ns = int(minute[0]) * MINUTE
    entering = build_up if build_up is not None else min(1440, len(prices) // 4)
    day = datetime.fromtimestamp(start_ns // 10**9, UTC).date().isoformat()
    gaps = bars - len(close)
    chosen = symbol or ("XBTUSD" if "xbtusd" in file.stem.lower() else "XBTUSDT")
    known = record_of(chosen, start_ns // MINUTE, start_ns // MINUTE + len(prices))
    return Path(
        name=file.stem,
        title=file.stem.replace("_", " "),
        as_of=as_of or day,
        symbol=chosen,
        population=known.get("population", {}),
        published=tuple(known.get("published", ())),
        start_ns=start_ns,
        prices=prices,
        build_up=entering,
        focus=_focus(prices),
        source=f"bars of {bar_minutes} minute(s) in {file.name}",
        order_note=f"{INTRA_BAR[intra_bar]}; {gaps} missing bar(s) keep the previous close; the traded price of the "
        "file stands for the index",
    )


def record_of(symbol: str, first_minute: int, last_minute: int) -> dict:
    """The preset of the same contract whose points all lie in the window: its published figures apply to the tape
    too."""
    for name in preset_names():
        table = tomllib.loads((resources.files(__package__) / "presets" / f"{name}.toml").read_text("utf-8"))
        minutes = [_minute(point["time"]) for point in table["path"]["points"]]
        if table["symbol"] == symbol and first_minute <= min(minutes) and max(minutes) <= last_minute:
            return table
    return {}


def _fill_gaps(position, high, low, close, bars, intra_bar):
    """(bars, 3) waypoints of every bar in the order LABS-003 states."""
    out = np.zeros((bars, 3), np.int64)
    previous = np.concatenate((close[:1], close[:-1]))
    falling = close < previous
    if intra_bar == "extremes":
        out[position, 0] = np.where(falling, high, low)
        out[position, 1] = np.where(falling, low, high)
    else:
        out[position, 0] = previous + (close - previous) // 3
        out[position, 1] = previous + (close - previous) * 2 // 3
    out[position, 2] = close
    present = np.zeros(bars, bool)
    present[position] = True
    last = np.maximum.accumulate(np.where(present, np.arange(bars), 0))
    out[~present] = out[last, 2][~present][:, None]
    return out


def _walk(waypoints: np.ndarray, bar_minutes: int) -> np.ndarray:
    """Sub-step prices: each of a bar's three waypoints is reached after ``bar_minutes`` sub-steps, in straight
    lines."""
    flat = waypoints.reshape(-1)
    before = np.concatenate((flat[:1], flat[:-1]))
    parts = np.arange(1, bar_minutes + 1)
    return (before[:, None] + (flat - before)[:, None] * parts // bar_minutes).reshape(-1)


def _focus(prices: np.ndarray) -> tuple[int, int]:
    """The stretch around the deepest fall within a day: nine hours before its low, six after."""
    closes = prices[:, -1]
    peak = closes.copy()
    for shift in (2**k for k in range(11)):  # running maximum over the last 2,048 minutes
        peak[shift:] = np.maximum(peak[shift:], peak[:-shift])
    low = int(np.argmin(prices.min(axis=1) / peak))
    return max(0, low - 540), min(len(prices) - 1, low + 360)
