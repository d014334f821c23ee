"""Which assets of a profile count as collateral for which, on a date, at which haircut.  COLL-007"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from ..engine.records import COLLATERALS_PER_HUB
from ..units import UnitError
from . import values
from .dated import Place, entry_at, nearest, only_known, read_entries, show, source_of
from .values import Asset

KEYS = ("hub", "asset", "index", "source", "haircut", "conversion_fee")
SCALE_MAX = 1 << 40


@dataclass(frozen=True)
class Collateral:
    """An asset that counts for a hub from ``slot`` of its list, at the price of an index less haircut and fee.

    One atom of it is worth index units x numerator / denominator atoms of the hub.
    """

    hub: Asset
    asset: Asset
    index: str
    index_id: int
    slot: int
    haircut_ppb: int
    conversion_fee_ppb: int
    numerator: int
    denominator: int


def read_collateral(rows: list, sources: dict, moment: datetime, path: Path, assets: dict, indices: dict,
                    ) -> tuple[Collateral, ...]:
    """The rows in force at the moment, in the order of the file; ``assets`` and ``indices`` by name."""
    found: list[Collateral] = []
    for row in rows:
        place = Place(path.name, f"collateral {row.get('asset', '')}")
        only_known(row, KEYS, place)
        source_of(row, sources, place)
        for key, known in (("hub", assets), ("asset", assets), ("index", indices)):
            if key not in row:
                raise place.at(key).error("PROF-005", "is missing")
            if row[key] not in known:
                raise place.at(key).error("PROF-004", f"unknown {row[key]!r}{nearest(row[key], known)}")
        hub, asset, index = assets[row["hub"]], assets[row["asset"]], indices[row["index"]]
        if index.quote != hub.name or hub is asset:
            raise place.at("index").error("COLL-007", f"{index.name} is in {index.quote}; the price of {asset.name} in "
                                                      f"{hub.name} is needed")
        haircut = _rate(row, "haircut", sources, moment, place)
        fee = _rate(row, "conversion_fee", sources, moment, place) or 0
        if haircut is None:
            continue
        slot = sum(one.hub is hub for one in found)
        if any(one.asset is asset for one in found):
            raise place.error("COLL-007", f"{asset.name} counts for one asset only on {show(moment)}")
        if slot >= COLLATERALS_PER_HUB:
            raise place.error("COLL-007", f"at most {COLLATERALS_PER_HUB} assets count for {hub.name}")
        scale = Fraction(asset.atom) * Fraction(index.unit) / Fraction(hub.atom)
        if max(scale.numerator, scale.denominator) > SCALE_MAX:
            raise place.error("COLL-007", f"an atom of {asset.name} is {scale} atoms of {hub.name} per unit of "
                                          f"{index.name}; decimals nearer to each other would do")
        found.append(Collateral(hub, asset, index.name, index.id, slot, haircut, fee, scale.numerator,
                                scale.denominator))
    return tuple(found)


def _rate(row: dict, key: str, sources: dict, moment: datetime, place: Place) -> int | None:
    """A rate on a date; None where it does not hold yet or says \"none\"."""
    if key not in row:
        raise place.at(key).error("PROF-005", "is missing")
    held = entry_at(read_entries(row[key], sources, place.at(key)), moment)
    if held is None or held.value == "none":
        return None
    try:
        return values.rate(held.value, None, f"from {show(held.since)}")
    except UnitError as error:
        raise place.at(key).error("PROF-004", str(error)) from None
