"""A population on disk: records and where the round stands, written whole or not at all.  FEED-008"""
from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

VERSION = 1
TABLES = ("agents", "makers", "crowd")


class PopulationDamage(ValueError):
    """A population file that cannot be used. The venue goes on without it: the engine's tables are the truth."""


def pack(people, facts: dict[str, Any]) -> bytes:
    """Records and facts as one file's bytes."""
    buffer = io.BytesIO()
    head = json.dumps({"version": VERSION, **facts}).encode()
    np.savez(buffer, facts=np.frombuffer(head, np.uint8),
             **{name: getattr(people, name).view(np.ndarray).view(np.dtype(getattr(people, name).dtype.descr))
                for name in TABLES})
    return buffer.getvalue()


def write(path: Path, contents: bytes) -> None:
    """Replace ``path`` by ``contents``, durably: a kill at any moment leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    preparing = path.with_suffix(".preparing")
    with open(preparing, "wb") as file:
        file.write(contents)
        file.flush()
        os.fsync(file.fileno())
    os.replace(preparing, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """(facts, tables by name) of a file; None where there is none. PopulationDamage for any other file."""
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            facts = json.loads(stored["facts"].tobytes())
            tables = {name: stored[name] for name in TABLES}
    except Exception as cause:
        raise PopulationDamage(f"{path.name} cannot be read ({cause}); a fresh population takes its place") from cause
    if facts.get("version") != VERSION:
        raise PopulationDamage(f"{path.name} is of version {facts.get('version')}, not {VERSION}")
    return facts, tables


def put_back(people, tables: dict[str, np.ndarray]) -> None:
    """Write stored records into a population. PopulationDamage where they are of another form."""
    for name in TABLES:
        target, source = getattr(people, name), tables[name]
        if target.dtype.descr != source.dtype.descr or len(target) != len(source):
            raise PopulationDamage(f"the stored {name} are of another form than this build's")
    for name in TABLES:
        target, source = getattr(people, name), tables[name]
        for field in source.dtype.names:
            target[field] = source[field]
