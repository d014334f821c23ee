"""One node per folder: an advisory lock that the system releases when the process ends, however it ends."""
from __future__ import annotations

import fcntl
import os
from pathlib import Path

from ..journal.faults import FolderInUse


class FolderLock:
    """Held from construction until :meth:`release`."""

    def __init__(self, folder: Path):
        path = Path(folder) / "lock"
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self.descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self.descriptor)
            raise FolderInUse(f"{folder} is open in process {holder}. To do: stop that node, "
                              "or give another folder") from None
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let another node in. In a forked child this only drops the child's share; the parent keeps the lock."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
