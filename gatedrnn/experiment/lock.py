"""One command at a time in a folder, or at a file: locks that the system lets go of when a process ends, however."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gatedrnn.errors import InputError

NAME = ".lock"


class Lock:
    """A lock on a folder, which is made where it does not exist; whoever holds it says so in a file.

    Args:
        folder: what other commands are kept out of.

    Raises:
        InputError: where another command holds it; says which.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / NAME
        self._file: BinaryIO | None = None
        while self._file is None:
            file = _opened(self._path)
            try:
                _take(file)
            except BlockingIOError as error:
                file.seek(0)
                holder = file.read().decode(errors="replace").strip() or "another process"
                file.close()
                raise InputError(
                    f"out: expected a folder in which no other command is at work, got {folder}, which {holder} holds. "
                    "Wait for its end, or name another folder."
                ) from error
            if _is_there(file, self._path):
                self._file = file
            else:  # its holder has just removed it: it locks nothing any more
                file.close()
        self._file.truncate(0)
        self._file.write(f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        self._file.flush()

    def release(self) -> None:
        """Let go of the folder; nothing stays in it."""
        file, self._file = self._file, None
        if file is not None:
            self._path.unlink(missing_ok=True)
            file.close()

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self.release()


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until nobody else is at a file that is read and written again, and keep others waiting; nothing stays.

    Args:
        path: the file, which may not exist; all who change it do so in here.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    place = path.with_name(f".{path.name}{NAME}")
    while True:
        file = _opened(place)
        fcntl.flock(file, fcntl.LOCK_EX)
        if _is_there(file, place):
            break
        file.close()  # who had it has just removed it: it locks nothing any more
    try:
        yield
    finally:
        place.unlink(missing_ok=True)
        file.close()


def _is_there(file: BinaryIO, path: Path) -> bool:
    """Return whether a file that was opened is still the one at its path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _take(file: BinaryIO) -> None:
    """Lock a file; who only looks whether it is locked (``held``) has it for a moment, which is waited for."""
    for pause in (0.05, 0.05, None):
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if pause is None:
                raise
            time.sleep(pause)


def held(folder: Path) -> bool:
    """Return whether a command is at work in a folder.

    Args:
        folder: the folder that its lock keeps others out of; it may not exist.
    """
    path = folder / NAME
    if path.is_symlink() or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:  # let go of just now
        return False
    return False


def _opened(path: Path) -> BinaryIO:
    """Open the file of a lock, which is made where there is none; a link would lead to a file of somebody else's."""
    try:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o666)
    except OSError as error:
        if not path.is_symlink() and not path.is_dir():
            raise
        raise InputError(f"{path}: expected a file that locks the folder, got something else. Remove it.") from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise InputError(f"{path}: expected a file that locks the folder, got something else. Remove it.")
    return os.fdopen(number, "a+b")
