"""A profile as the configuration commands that make the engine a venue: fees, indices, instruments.  PROF-011"""
from __future__ import annotations

import numpy as np

from ..codes import (
    BUY,
    FUND_INSURANCE,
    INDEX_CLAMP_PPB,
    INDEX_OUTLIER_PPB,
    INDEX_READMIT_AFTER_NS,
    INDEX_READMIT_PPB,
    INDEX_SOURCES_MIN,
    INDEX_STALE_AFTER_NS,
    LIST_INSTRUMENT,
    SELL,
    SET_COLLATERAL,
    SET_FEE_CLASS,
    SET_INDEX,
    SET_INDEX_SOURCE,
    SET_INSTRUMENT_STATE,
    SET_TERM,
    SET_TIER,
    SET_WINDOW_RATE,
    STATE_TRADING,
)
from ..engine.records import TERMS, new_commands
from ..units import SECOND
from .collateral import Collateral
from .profile import FeeClass, Index, Instrument, Profile
from .waterfall import Layer


def profile_commands(profile: Profile, time_ns: int, symbols: tuple[str, ...] | None = None) -> np.ndarray:
    """Command records, all stamped ``time_ns``, that configure an empty engine.

    ``symbols`` keeps only those instruments (a product's name: the one that expires next); their ids do not change by
    it. A contract that has expired by then is left
    out: nothing could be traded.
    """
    chosen = None if symbols is None else {profile.instrument(name).symbol for name in symbols}
    instruments = [one for one in profile.instruments if (chosen is None or one.symbol in chosen)
                   and not 0 < one.terms["expiry_s"] <= time_ns // SECOND]
    rows: list[dict[str, int]] = [fee_class_row(fee_class) for fee_class in profile.fee_classes]
    for index in profile.indices:
        rows.extend(index_rows(index))
    rows.extend(collateral_row(one) for one in profile.collateral)
    rows.extend(layer_row(one) for one in profile.waterfall.layers)
    for instrument in instruments:
        rows.extend(instrument_rows(instrument))
    commands = new_commands(len(rows))
    commands["time_ns"] = time_ns
    for command, row in zip(commands, rows):
        for name, value in row.items():
            command[name] = value
    return commands


def fee_class_row(fee_class: FeeClass) -> dict[str, int]:
    """Fees of a class."""
    return dict(kind=SET_FEE_CLASS, parameter=fee_class.id, value=fee_class.taker_ppb, amount_atoms=fee_class.maker_ppb)


def collateral_row(one: Collateral) -> dict[str, int]:
    """An asset that counts for another."""
    return dict(kind=SET_COLLATERAL, asset=one.hub.id, parameter=one.slot, flags=one.asset.id,
                other_account=one.index_id, value=one.haircut_ppb, amount_atoms=one.conversion_fee_ppb,
                size_lots=one.numerator, display_lots=one.denominator)


def layer_row(layer: Layer) -> dict[str, int]:
    """What a layer of the waterfall holds when the venue opens.  PROF-040"""
    return dict(kind=FUND_INSURANCE, asset=layer.asset.id, parameter=layer.number, amount_atoms=layer.amount_atoms)


def index_rows(index: Index) -> list[dict[str, int]]:
    """Rules and sources of an index."""
    fields = ((INDEX_STALE_AFTER_NS, index.stale_after_ns), (INDEX_OUTLIER_PPB, index.outlier_ppb),
              (INDEX_READMIT_PPB, index.readmit_ppb), (INDEX_READMIT_AFTER_NS, index.readmit_after_ns),
              (INDEX_SOURCES_MIN, index.sources_min))
    if index.clamp_ppb:
        fields += ((INDEX_CLAMP_PPB, index.clamp_ppb),)
    rows = [dict(kind=SET_INDEX, parameter=index.id, flags=field, value=value) for field, value in fields]
    rows.extend(dict(kind=SET_INDEX_SOURCE, parameter=index.id, flags=feed.number, value=feed.weight_ppb)
                for feed in index.feeds)
    return rows


def instrument_rows(instrument: Instrument) -> list[dict[str, int]]:
    """Terms, tiers, the listing, and its state where it is not trading."""
    rows = [dict(kind=SET_TERM, instrument=instrument.id, parameter=number, value=instrument.terms[name])
            for number, name in enumerate(TERMS.names)]
    rows.extend(dict(kind=SET_TIER, instrument=instrument.id, parameter=number, amount_atoms=tier.value_max_atoms,
                     value=tier.initial_ppb, size_lots=tier.maintenance_ppb)
                for number, tier in enumerate(instrument.tiers))
    for number, window in enumerate(instrument.windows):
        for side in (BUY, SELL):
            initial, maintenance = window.rates(side)
            rows.append(dict(kind=SET_WINDOW_RATE, instrument=instrument.id, parameter=number, side=side,
                             value=initial, size_lots=maintenance))
    rows.append(dict(kind=LIST_INSTRUMENT, instrument=instrument.id))
    if instrument.state != STATE_TRADING:
        rows.append(dict(kind=SET_INSTRUMENT_STATE, instrument=instrument.id, value=instrument.state))
    return rows
