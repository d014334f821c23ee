"""Contract families: one row of a file that stands for several expiries of the same contract.  PROF-014

``[[instrument]]`` with ``expiries`` is a template. Each expiry becomes an instrument of its own, with a symbol of its
own and a number of its own, whatever the date.
"""
from __future__ import annotations

from datetime import date, datetime

from ..engine.records import INSTRUMENTS_MAX
from .dated import Place, instant, only_known

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
MONTH_CODES = "FGHJKMNQUVXZ"
EXPIRY_KEYS = ("at", "listed")
EXPIRIES_PER_FAMILY_MAX = 200


def expiry_symbol(template: str, moment: datetime) -> str:
    """The symbol of one expiry. ``{d}`` day, ``{dd}`` with a zero, ``{mm}`` month, ``{MMM}`` its name, ``{F}`` its code
    letter, ``{y}`` last digit of the year, ``{yy}`` the last two.

    >>> expiry_symbol("BTC-{d}{MMM}{yy}", datetime(2021, 9, 3, 8))
    'BTC-3SEP21'
    >>> expiry_symbol("XBT{F}{yy}", datetime(2020, 12, 25, 12))
    'XBTZ20'
    """
    return template.format(d=moment.day, dd=f"{moment.day:02d}", mm=f"{moment.month:02d}", MMM=MONTHS[moment.month - 1],
                           F=MONTH_CODES[moment.month - 1], y=moment.year % 10, yy=f"{moment.year % 100:02d}")


def _expiry_row(family: dict, number: int, entry: dict, place: Place) -> dict:
    """One expiry as an instrument row: as if it had been written out."""
    place = place.at("expiries")
    only_known(entry, EXPIRY_KEYS, place)
    for key in EXPIRY_KEYS:
        if not isinstance(entry.get(key), date):
            raise place.error("PROF-014", f"expiry {number + 1} needs {key} = a UTC time such as 2026-12-25T08:00:00Z")
    at = instant(entry["at"])
    if instant(entry["listed"]) >= at or at.microsecond:
        raise place.error("PROF-014", f"expiry {number + 1} must be listed before it expires, at a whole second")
    try:
        symbol = expiry_symbol(family["symbol"], at)
    except (KeyError, IndexError, ValueError) as error:
        message = f"{family['symbol']!r} has an unknown placeholder: {error}"
        raise place.at("symbol").error("PROF-014", message) from None
    own = {key: value for key, value in family.items() if key not in ("expiries", "ids_from")}
    return own | {"symbol": symbol, "family": family["symbol"], "listed": entry["listed"], "delisted": at,
                  "expires": at, "id": family["ids_from"] + number}


def expand(rows: list[dict], place: Place) -> list[dict]:
    """Every instrument of a file: rows numbered from 1 in order, families after them with the numbers they ask for."""
    single = [row for row in rows if "expiries" not in row]
    expanded = [row | {"id": number} for number, row in enumerate(single, 1)]
    taken = {row["id"]: row.get("symbol") for row in expanded}
    for family in rows:
        if "expiries" not in family:
            continue
        owner = Place(place.file, str(family.get("symbol", "instrument")))
        entries, first = family["expiries"], family.get("ids_from")
        if type(first) is not int or first < 1 or not isinstance(family.get("symbol"), str):
            raise owner.at("ids_from").error("PROF-014", "a family needs a symbol and ids_from, the number of its "
                                                         "first expiry, beyond all other instruments")
        if not isinstance(entries, list) or not 0 < len(entries) <= EXPIRIES_PER_FAMILY_MAX or (
                first + len(entries) > INSTRUMENTS_MAX):
            raise owner.at("expiries").error("PROF-014", f"must list 1 to {EXPIRIES_PER_FAMILY_MAX} expiries with "
                                                         f"numbers below {INSTRUMENTS_MAX}")
        for number, entry in enumerate(entries):
            row = _expiry_row(family, number, entry, owner)
            if row["id"] in taken:
                message = f"number {row['id']} belongs to {taken[row['id']]!r} already"
                raise owner.at("ids_from").error("PROF-014", message)
            taken[row["id"]] = row["symbol"]
            expanded.append(row)
    return expanded
