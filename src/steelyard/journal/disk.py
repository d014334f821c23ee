"""The few things the journal asks of a disk. Handed in from outside, so that tests can make each of them fail."""
from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

ZERO_CHUNK = bytes(1 << 20)


class Disk:
    """The real disk. Every method either does all it says or raises OSError."""

    def open(self, path: Path, create: bool = False) -> int:
        """A descriptor for reading and writing."""
        return os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT | os.O_TRUNC if create else 0), 0o644)

    def write_some(self, descriptor: int, parts: Sequence, offset: int) -> int:
        """One system call: how many bytes of ``parts``, in order, were written at ``offset``."""
        if hasattr(os, "pwritev"):
            return os.pwritev(descriptor, parts, offset)
        return os.pwrite(descriptor, b"".join(parts), offset)

    def write(self, descriptor: int, parts: Sequence, offset: int) -> None:
        """Write all of ``parts`` one after the other from ``offset``, going on after a short write."""
        length = sum(memoryview(part).nbytes for part in parts)
        done = self.write_some(descriptor, parts, offset)
        if done == length:
            return
        rest = memoryview(b"".join(parts))
        while done < length:
            step = self.write_some(descriptor, [rest[done:]], offset + done)
            if step <= 0:
                raise OSError(errno.EIO, "the disk took no bytes")
            done += step

    def write_zeros(self, descriptor: int, offset: int, end: int) -> None:
        """Real zero bytes, not a hole: space and block mapping exist before the first frame needs them."""
        while offset < end:
            length = min(len(ZERO_CHUNK), end - offset)
            self.write(descriptor, [memoryview(ZERO_CHUNK)[:length]], offset)
            offset += length

    def sync(self, descriptor: int) -> None:
        """Return once the bytes written are on stable storage."""
        if hasattr(fcntl, "F_FULLFSYNC"):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        elif hasattr(os, "fdatasync"):
            os.fdatasync(descriptor)
        else:
            os.fsync(descriptor)

    def sync_all(self, descriptor: int) -> None:
        """Like :meth:`sync`, and the file's size too."""
        os.fsync(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Make names created, renamed or removed in ``folder`` durable."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Give a finished file its name, in one step."""
        os.replace(source, target)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)
