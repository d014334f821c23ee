"""Files a planner reads on its owner's machine: funding rates and bars. Nothing here is reached over REST."""
from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

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
    zone = frame["time"].dtype.time_zone
    if question.start is not None:
        moment = moment_of(question.start, "start")
        frame = frame.filter(polars.col("time") >= (moment if zone else moment.replace(tzinfo=None)))
    if frame.is_empty():
        raise PlanError("start", "the file has no rates from there on", "an earlier start", "PLAN-018")
    end = frame["time"][0] + polars_hours(question.hours)
    return [int(round(rate * PPB)) for rate in frame.filter(polars.col("time") < end)["rate"].to_list()]


def polars_hours(text: str):
    """Hours as a time difference."""
    from datetime import timedelta

    from .sizing import hours_of
    return timedelta(hours=float(hours_of(text)))
