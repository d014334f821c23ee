"""On which line of a profile's text a figure stands. The parser of the standard library keeps no positions, so a small
scanner walks the text again; it knows tables, keys and the entries of a figure, and reads no value.  PROF-013
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|[\[\]{}]|[^\[\]{}"\'#]+')
HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(?:#.*)?$")
KEY = re.compile(r'\s*("[^"]*"|\'[^\']*\'|[\w-]+)\s*=')
NAMES = ("symbol", "name")


@dataclass
class Table:
    """One header of the file with what stands under it, up to the next header."""

    path: tuple[str, ...]
    line: int
    keys: dict[str, int] = field(default_factory=dict)
    entries: dict[str, list[int]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return next((self.values[key].strip("\"'") for key in NAMES if key in self.values), "")


def scan(text: str) -> list[Table]:
    """The tables of a file in its order; the first one is what stands before any header."""
    tables = [Table((), 1)]
    lines, number, depth = text.split("\n"), 0, 0
    key = ""
    while number < len(lines):
        line = lines[number]
        number += 1
        if depth == 0:
            header, pair = HEADER.match(line), KEY.match(line)
            if header and "=" not in header.group(2):
                tables.append(Table(tuple(part.strip(" \"'") for part in header.group(2).split(".")), number))
                continue
            if pair:
                key = pair.group(1).strip("\"'")
                tables[-1].keys[key] = number
                tables[-1].values[key] = line[pair.end():].strip()
                line = line[pair.end():]
        for token in TOKEN.findall(line):
            if token in "[{":
                depth += 1
                if token == "{" and depth == 2 and key:
                    tables[-1].entries.setdefault(key, []).append(number)
            elif token in "]}":
                depth -= 1
    return tables


def line_of(text: str, owner: str, key: str = "", entry: int = -1, word: str = "") -> int:
    """The line to mend: that of the figure's entry, of the figure, of its section, of its owner, or 1.

    owner  symbol or name of a block, ``fee class NAME`` and the like, ``defaults``, or the kind of block
    key    ``section.figure``, a plain key of the owner, or a section
    entry  which dated entry, counted from 0
    word   a key or name inside that place, such as an unknown one
    """
    tables = scan(text)
    blocks = block_of(tables, owner)
    defaults = [table for table in tables if table.path[:1] == ("defaults",)]
    if owner and not blocks:
        twice = [table for table in tables if table.path == (owner,) and table.name == word]
        return (twice or [table for table in tables if table.path == (owner,)] or tables)[-1].line
    section, _, name = key.rpartition(".")
    for group in (blocks, defaults):
        for table in group:
            inside = table.path[-1:] == (section,) or (not section and table.path[-1:] != (section,))
            for wanted in (word, name):
                if wanted and wanted in table.keys and (inside or table.path[-1:] == (key,)):
                    lines = table.entries.get(wanted, [])
                    return lines[entry] if 0 <= entry < len(lines) else table.keys[wanted]
    for wanted in (word, key, section):
        for table in blocks + defaults:
            if wanted and (table.path[-1:] == (wanted,) or (table.name and wanted.endswith(f" {table.name}"))):
                return next((table.keys[one] for one in (word,) if one in table.keys), table.line)
    return blocks[0].line if blocks else 1


def block_of(tables: list[Table], owner: str) -> list[Table]:
    """The table of an owner and those under it: ``[[instrument]]`` with ``[instrument.margin]`` and the rest."""
    if not owner:
        return tables[:1]
    if (owner,) in [table.path for table in tables if not table.name]:
        return [table for table in tables if table.path[:1] == (owner,)]
    for number, table in enumerate(tables):
        if len(table.path) == 1 and table.name and (table.name == owner or owner.endswith(f" {table.name}")):
            block = [table]
            for below in tables[number + 1:]:
                if below.path[:1] != table.path or len(below.path) < 2:
                    break
                block.append(below)
            return block
    if (owner,) in [table.path for table in tables]:
        return []
    return [table for table in tables if table.path[:1] == (owner,)]
