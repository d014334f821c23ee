"""What can be wrong with a folder, by name. Each message says where, what, and what to do about it."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class JournalFault(Exception):
    """Base of every fault of the journal: the node does not start, or stops."""


@dataclass(eq=False)
class JournalDamage(JournalFault):
    """Bytes that were once durable are not what was written. Nothing is changed on disk; see JRNL-010 and after."""

    file: Path
    frame_number: int | None
    offset_bytes: int | None
    what: str
    advice: str = ("restore this file from a copy and start again; nothing was changed on disk. "
                   "`steelyard audit` shows what still replays")

    def __str__(self) -> str:
        frame = "" if self.frame_number is None else f", frame {self.frame_number}"
        offset = "" if self.offset_bytes is None else f", offset {self.offset_bytes}"
        return f"damaged: {self.file.name}{frame}{offset}: {self.what}. To do: {self.advice}"


class LayoutDiffers(JournalFault):
    """The folder was written with another record layout or format version than this build knows."""


class FolderInUse(JournalFault):
    """Another node has this folder open."""


class JournalFull(JournalFault):
    """No room for the next segment. Nothing of the batch was written; it may be offered again once there is room."""


class JournalStopped(JournalFault):
    """A write or a sync failed, so what is on the disk is unknown. Only a new start, which reads it back, may go on."""
