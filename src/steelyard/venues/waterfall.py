"""The layers of a venue's waterfall by name, with their amounts on a date: who pays a loss after the fund, and what the
rest that nobody pays is called.  PROF-040"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..engine.records import FIRST_LAYER_ACCOUNT, LAYERS_MAX
from ..rules.waterfall import assessment_cap
from ..units import UnitError, rate_ppb, to_steps
from . import values
from .dated import Entry, Place, entry_at, nearest, only_known, read_entries, show, unverified
from .values import Asset

KEYS = ("fund", "residual", "layer")
LAYER_KEYS = ("name", "asset", "amount")
NOBODY = "bad debt"
"""What no layer pays, where a profile has no name for it."""
FUND = "insurance fund"


@dataclass(frozen=True)
class Layer:
    """One layer: ``number`` counts from 1, per asset, in the order in which they pay. ``unverified`` as for figures."""

    number: int
    name: str
    asset: Asset
    amount_atoms: int
    text: str
    unverified: str

    @property
    def account(self) -> int:
        """The system account that is the layer."""
        return FIRST_LAYER_ACCOUNT + self.number - 1


@dataclass(frozen=True)
class Waterfall:
    """Everything that pays a loss, in order: the fund under its name, the layers, the residual."""

    fund: str = FUND
    layers: tuple[Layer, ...] = ()
    residual: str = NOBODY

    def of_asset(self, asset_id: int, count: int = LAYERS_MAX) -> tuple[Layer, ...]:
        """The first ``count`` layers of an asset."""
        return tuple(layer for layer in self.layers if layer.asset.id == asset_id and layer.number <= count)


def read_waterfall(raw: dict, sources: dict, moment: datetime, path: Path, assets: dict[str, Asset]) -> Waterfall:
    """The waterfall of a profile at a moment; a layer without an amount yet is not there."""
    table, place = raw.get("waterfall", {}), Place(path.name, "waterfall")
    only_known(table, KEYS, place)
    for key in ("fund", "residual"):
        if not isinstance(table.get(key, ""), str):
            raise place.at(key).error("PROF-040", f"must be a name, not {table[key]!r}")
    rows = table.get("layer", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise place.at("layer").error("PROF-003", "must be blocks [[waterfall.layer]]", "layer")
    found: list[Layer] = []
    for row in rows:
        owner = place.at(f"layer {row.get('name', '')}")
        only_known(row, LAYER_KEYS, owner)
        if not isinstance(row.get("name"), str) or any(one.name == row["name"] for one in found):
            raise owner.error("PROF-040", "every layer needs a name of its own")
        if row.get("asset") not in assets:
            name = str(row.get("asset"))
            raise owner.at("asset").error("PROF-004", f"unknown {name!r}{nearest(name, assets)}")
        held = entry_at(read_entries(row.get("amount"), sources, owner.at("amount")), moment)
        if held is not None:
            found.append(_layer(row["name"], assets[row["asset"]], held, found, owner.at("amount")))
    return Waterfall(table.get("fund", FUND), tuple(found), table.get("residual", NOBODY))


def _layer(name: str, asset: Asset, held: Entry, before: list[Layer], place: Place) -> Layer:
    number = 1 + sum(one.asset is asset for one in before)
    if number > LAYERS_MAX:
        raise place.error("PROF-040", f"{asset.name} has {number} layers; the engine holds {LAYERS_MAX}")
    try:
        atoms = _amount(held.value, asset, before, f"from {show(held.since)}")
    except UnitError as error:
        raise place.error("PROF-040", str(error)) from None
    return Layer(number, name, asset, atoms, str(held.value), unverified(held.source, held.doubt))


def _amount(text, asset: Asset, before: list[Layer], what: str) -> int:
    """An amount of the asset, or a multiple of a layer above such as \"275 % of guaranty fund\", rounded half up to an
    atom (LOSS-011)."""
    share, of, name = text.partition(" % of ") if isinstance(text, str) else ("", "", "")
    if not of:
        return values.positive(to_steps(values.quantity(text, asset.name, what), asset.atom, what), what)
    base = next((layer for layer in before if layer.name == name and layer.asset is asset), None)
    if base is None:
        raise UnitError(f"{what}: {name!r} is no layer above this one{nearest(name, [one.name for one in before])}")
    return assessment_cap(base.amount_atoms, rate_ppb(f"{share} %", what))


def check_layers(terms, waterfall: Waterfall, place: Place) -> None:
    """Refuse an instrument that counts on more layers than its asset has."""
    has = len(waterfall.of_asset(terms["settlement_asset"]))
    if terms["loss_layers"] > has:
        message = f"{terms['loss_layers']} layers are asked for; [waterfall] has {has} of the settlement asset"
        raise place.at("losses.layers").error("PROF-040", message)


def waterfall_lines(waterfall: Waterfall) -> list[str]:
    """Who pays a loss, in order, in words; nothing where there is no waterfall."""
    if not waterfall.layers:
        return []
    lines = [f"  waterfall: first {waterfall.fund}"]
    lines += [f"    then {layer.name}: {layer.text}" + (f" (not verified: {layer.unverified})" if layer.unverified
                                                        else "") for layer in waterfall.layers]
    return [*lines, f"    what is left is {waterfall.residual}"]
