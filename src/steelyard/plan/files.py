"""Files a planner reads on its owner's machine: funding rates and bars. Nothing here is reached over REST."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from ..units import PPB
from .errors import PlanError


def frame_of(path: str, field: str, wanted: tuple[str, ...]):
    """A Parquet or CSV file as a frame sorted by time; a PlanError says what is missing."""
    import polars
    file = Path(path)
    if not file.is_file():
        raise PlanError(field, f"no file {path!r}", "a Parquet or CSV file")
    try:
        frame = polars.read_csv(file, try_parse_dates=True) if file.suffix == ".csv" else polars.read_parquet(file)
    except (polars.exceptions.PolarsError, OSError) as error:
        raise PlanError(field, f"{file.name} cannot be read: {str(error).splitlines()[0]}",
                        "a Parquet or CSV file") from None
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise PlanError(field, f"{file.name} has no column {', '.join(missing)}; it has {', '.join(frame.columns)}",
                        f"columns {', '.join(wanted)}")
    return frame.sort("time")


def moment_of(text: str, field: str) -> datetime:
    """A date or time in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PlanError(field, f"{text!r} is not a date", "such as 2021-05-19") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def history_rates(question) -> list[int]:
    """Rates of a history file in ppb, rounded half up, from ``start`` on and within ``hours``.  PLAN-018"""
    import polars
    frame = frame_of(question.history, "history", ("time", "rate"))
    for name, value in (("symbol", question.history_symbol), ("venue", question.history_venue)):
        if name not in frame.columns:
            continue
        known = sorted(frame[name].unique().to_list())
        if value is None and len(known) > 1:
            raise PlanError(f"history_{name}", "is missing: the file has more than one", f"one of {', '.join(known)}",
                            "PLAN-018", "missing_field")
        if value is not None and value not in known:
            raise PlanError(f"history_{name}", f"{value!r} is not in the file", f"one of {', '.join(known)}",
                            "PLAN-018")
        if value is not None:
            frame = frame.filter(polars.col(name) == value)
    frame = between(frame, question.start, None)
    if frame.is_empty():
        raise PlanError("start", "the file has no rates from there on", "an earlier start", "PLAN-018")
    end = frame["time"][0] + time_of_hours(question.hours)
    return [int(round(rate * PPB)) for rate in frame.filter(polars.col("time") < end)["rate"].to_list()]


def time_of_hours(text: str):
    """Hours as a time difference."""
    from .sizing import hours_of
    return timedelta(hours=float(hours_of(text)))


@dataclass
class Bars:
    """A stretch of bars; ``hours`` is the length of one."""

    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    hours: float


def between(frame, start: str | None, end: str | None):
    """Rows from ``start`` to ``end``, both included."""
    import polars
    zone = frame["time"].dtype.time_zone
    for field, text in (("start", start), ("end", end)):
        if text is not None:
            moment = moment_of(text, field)
            moment = moment if zone else moment.replace(tzinfo=None)
            frame = frame.filter(polars.col("time") >= moment if field == "start" else polars.col("time") <= moment)
    return frame


def bar_hours(frame) -> float:
    """Hours between two bars: the shortest distance in the file."""
    return float(frame["time"].diff().drop_nulls().min().total_seconds()) / 3600


def bars_of(question) -> Bars:
    """High, low and close of a file between start and end.  PLAN-024"""
    frame = between(frame_of(question.bars, "bars", ("time", "high", "low", "close")), question.start, question.end)
    frame = frame.drop_nulls(["high", "low", "close"])
    if len(frame) < 3:
        raise PlanError("bars", "hold fewer than three bars in that stretch", "an earlier start or a later end",
                        "PLAN-024")
    return Bars(*(frame[name].to_numpy().astype(np.float64) for name in ("high", "low", "close")), bar_hours(frame))


def closes(question, days: float, every_hours: float) -> tuple[list[float], float]:
    """Closes of a file, one per rebalancing, for at most so many days; and the days there are.  PLAN-021"""
    frame = between(frame_of(question.bars, "bars", ("time", "close")), question.start, None).drop_nulls(["close"])
    if len(frame) < 2:
        raise PlanError("bars", "hold fewer than two bars from there on", "an earlier start", "PLAN-021")
    begun = frame["time"][0]
    frame = frame.filter(frame["time"] <= begun + timedelta(days=days))
    step = max(1, round(every_hours / bar_hours(frame)))
    prices = frame["close"].to_list()[::step]
    return prices, step * bar_hours(frame) * (len(prices) - 1) / 24
