"""The engine's tables as bytes, seen from the node: digest, layout, conservation. Reads only."""
from __future__ import annotations

import numpy as np
from blake3 import blake3

from ..journal.snapshots import image_digest


def layout_digest(dtype: np.dtype) -> bytes:
    """32 bytes that change with any field's name, type, place or count, and with nothing else."""
    return blake3(_layout_text(dtype).encode()).digest()


def _layout_text(dtype: np.dtype) -> str:
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return f"{_layout_text(base)}{list(shape)}"
    if dtype.names is None:
        return dtype.newbyteorder("<").str
    fields = (f"{name}@{dtype.fields[name][1]}:{_layout_text(dtype.fields[name][0])}" for name in dtype.names)
    return f"{{{','.join(fields)}}}{dtype.itemsize}"


def image_of(states: np.ndarray) -> np.ndarray:
    """The memory of ``Engine.states`` (an array of one record) as bytes; no copy."""
    return np.ndarray((states.nbytes,), np.uint8, buffer=states)


def state_digest(states: np.ndarray) -> str:
    """Digest of everything the tables hold: equal for equal states, however they came about (JRNL-021). Hexadecimal."""
    return image_digest(image_of(states)).hex()


def conservation(states: np.ndarray) -> dict[int, int]:
    """Sum of all cash places per asset: wallets, isolated collateral, clearing and insurance. Every sum must be zero.

    An asset that no place of which was ever used is left out. Exact for any 64-bit amounts.
    """
    tables = states.view(np.ndarray)[0]
    instruments, wallets, positions = tables["instruments"], tables["wallets"], tables["positions"]
    asset_of = instruments["terms"]["settlement_asset"].astype(np.int64)
    held = np.flatnonzero(positions["account"])
    wallet_rows = np.flatnonzero(wallets["account"])
    assets = np.concatenate([wallets["asset"][wallet_rows].astype(np.int64), asset_of[positions["instrument"][held]],
                             asset_of, asset_of])
    atoms = np.concatenate([wallets["balance_atoms"][wallet_rows], positions["collateral_atoms"][held],
                            instruments["clearing_atoms"], instruments["insurance_atoms"]])
    used = np.union1d(np.unique(wallets["asset"][wallet_rows]), np.unique(assets[atoms != 0]))
    return {int(asset): _exact_sum(atoms[assets == asset]) for asset in used}


def _exact_sum(atoms: np.ndarray) -> int:
    """Sum in unbounded integers: the upper and lower halves are summed apart and cannot overflow."""
    return (int((atoms >> 32).sum()) << 32) + int((atoms & 0xFFFFFFFF).sum())
