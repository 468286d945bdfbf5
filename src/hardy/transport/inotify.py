"""Linux's news of changed files (inotify(7)), through the C library: the standard library has none."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from contextlib import suppress

IN_MODIFY = 0x2
IN_NONBLOCK, IN_CLOEXEC = os.O_NONBLOCK, getattr(os, "O_CLOEXEC", 0)


class FileNews:
    """``fileno`` is readable once one of the files has been written to, until :meth:`read`."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.fileno = int(self._libc.inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
        if self.fileno < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        try:
            for path in paths:
                self._watch(path)
        except OSError:
            self.close()
            raise

    def read(self) -> bool:
        """Return whether there was news since the last call."""
        try:
            return bool(os.read(self.fileno, 65536))
        except BlockingIOError:
            return False

    def close(self) -> None:
        if self.fileno >= 0:
            with suppress(OSError):
                os.close(self.fileno)
            self.fileno = -1

    def _watch(self, path: str) -> None:
        if self._libc.inotify_add_watch(self.fileno, os.fsencode(path), IN_MODIFY) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)

    def __del__(self) -> None:
        self.close()


def news_of(paths: Iterable[str]) -> FileNews | None:
    """Return the news of files, or None where there is none: no Linux, no such file, no watch left to be had."""
    if sys.platform != "linux":
        return None
    try:
        return FileNews(paths)
    except (OSError, AttributeError):
        return None
