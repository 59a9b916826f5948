"""What is refused by the name of a path: what a file holds, and names that would lead elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TypeVar

from gatedrnn.errors import InputError

T = TypeVar("T")


def named(path: Path, read: Callable[[], T]) -> T:
    """Return what ``read`` returns; what it refuses is refused by the name of the file.

    Raises:
        InputError: where it does so.
    """
    try:
        return read()
    except InputError as error:
        raise InputError(f"{path}: {error}. Restore it from a copy, or name another folder.") from error


def refuse_path(name: str, part: str) -> None:
    """Refuse a name that cannot be that of one file or folder: it would lead elsewhere.

    Args:
        name: what is named so.
        part: what may become the name of a file.

    Raises:
        InputError: where it has separators or control characters, or is a way up.

    Example:
        >>> refuse_path("task", "../../etc")
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: task: expected a name without separators that a file can have, got '../../etc'
    """
    fits = isinstance(part, str) and part.isprintable() and part not in ("", ".", "..")
    if not fits or PurePosixPath(part).name != part or "\\" in part:
        raise InputError(f"{name}: expected a name without separators that a file can have, got {part!r}")
