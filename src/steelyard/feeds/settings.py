"""What a feed is asked for, in one line of text: ``covid-2020-03,speed=60,accounts=10000``.  FEED-006"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from ..lab.path import preset_names
from ..units import SECOND

SPEED_MIN, SPEED_MAX = 1.0, 600.0
ACCOUNTS_MAX = 200_000
SPECIAL = ("synthetic", "live", "none")


class FeedError(ValueError):
    """A feed that cannot be had. The message names the field, the rule and what would do."""


@dataclass(frozen=True)
class FeedSettings:
    """Everything that can be said about a feed; what is left out has a good value for the feed's kind."""

    name: str = "covid-2020-03"
    speed: float | None = None
    """Venue seconds a second; 60 for a crash, 1 for a synthetic market."""
    accounts: int | None = None
    """Leveraged traders of the population."""
    seed: int = 7
    begin_ns: int | None = None
    """Time on the path at which people begin to watch (``from=``)."""
    loop: bool = True
    """Whether a round follows when the path ends; else time stands at its end."""
    outlier: bool = False
    """Now and then one source of the index prints a price far off, to show the rule that drops it."""
    stale: bool = False
    """Now and then one source falls silent, to show the rule that drops it."""
    apart_bp: float = 1.0
    """How far the sources of the index are from each other, in basis points."""
    symbol: str | None = None
    """The contract the feed drives; the path's own by default."""
    volatility: float = 0.8
    """Synthetic: standard deviation of a year's log return that the volatility reverts to."""
    jumps: float = 4.0
    """Synthetic: jumps a day."""
    price: float | None = None
    """Synthetic and live: price in quote coins at the very start."""
    exchanges: tuple[str, ...] = ()
    """Live: exchanges whose prices are the sources of the index, in the order of its sources."""
    pair: str | None = None
    """Live: the pair asked of every exchange, such as ``BTC/USD``."""


def known_names() -> list[str]:
    """What a feed can be named besides a file."""
    return [*preset_names(), *SPECIAL]


def parse(spec: str) -> FeedSettings:
    """The settings a text stands for.

    >>> settings = parse("synthetic,speed=10x,volatility=120%")
    >>> settings.name, settings.speed, settings.volatility
    ('synthetic', 10.0, 1.2)
    """
    name, *pairs = _parts(spec)
    if name not in known_names() and not Path(name).is_file():
        raise FeedError(f"feed: no preset and no file {name!r} (FEED-006); give one of {', '.join(known_names())}, "
                        "or a .parquet, .csv or .toml file")
    settings = FeedSettings(name)
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or key not in READERS:
            raise FeedError(f"feed: {pair!r} is no option (FEED-006); options are "
                            + ", ".join(f"{key}=" for key in READERS))
        field, read = READERS[key]
        settings = replace(settings, **{field: read(key, text)})
    return settings


def _parts(spec: str) -> list[str]:
    """Name and options; a file whose own name has a comma in it is taken whole."""
    return [spec] if Path(spec).is_file() else [part.strip() for part in spec.split(",") if part.strip()] or [""]


def speed_of(text: str | float) -> float:
    """A speed within 1 … 600; ``"60"`` and ``"60x"`` are the same."""
    return _number(SPEED_MIN, SPEED_MAX)("speed", str(text).removesuffix("x"))


def _number(low: float, high: float, kind: type = float) -> Callable[[str, str], float]:
    def read(key: str, text: str):
        share = kind is float and text.endswith("%")
        try:
            value = kind(text.removesuffix("%")) if share else kind(text)
        except ValueError:
            raise FeedError(f"feed: {key} is {text!r}, not a number (FEED-006); give {low:g} to {high:g}") from None
        value = value / 100 if share else value
        if not low <= value <= high:
            raise FeedError(f"feed: {key} is {text} (FEED-006); it must be from {low:g} to {high:g}")
        return value
    return read


def _switch(key: str, text: str) -> bool:
    if text not in ("yes", "no"):
        raise FeedError(f"feed: {key} is {text!r} (FEED-006); give yes or no")
    return text == "yes"


def _moment(key: str, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise FeedError(f"feed: {key} is {text!r} (FEED-006); give a time such as 2020-03-12T09:00Z") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * SECOND


def _speed(key: str, text: str) -> float:
    return speed_of(text)


def _word(key: str, text: str) -> str:
    if not text:
        raise FeedError(f"feed: {key} is empty (FEED-006); leave it out or give a value")
    return text


def _words(key: str, text: str) -> tuple[str, ...]:
    return tuple(word for word in _word(key, text).split("+") if word)


READERS: dict[str, tuple[str, Callable]] = {
    "speed": ("speed", _speed), "accounts": ("accounts", _number(1, ACCOUNTS_MAX, int)),
    "seed": ("seed", _number(0, 2**62, int)), "from": ("begin_ns", _moment), "loop": ("loop", _switch),
    "outlier": ("outlier", _switch), "stale": ("stale", _switch), "apart": ("apart_bp", _number(0, 50)),
    "symbol": ("symbol", _word), "volatility": ("volatility", _number(0, 5)), "jumps": ("jumps", _number(0, 200)),
    "price": ("price", _number(0.01, 10_000_000)), "exchanges": ("exchanges", _words), "pair": ("pair", _word),
}
"""Option -> the field it sets and how its text is read."""
assert {field for field, _read in READERS.values()} | {"name"} == {field.name for field in fields(FeedSettings)}
