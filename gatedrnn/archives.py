"""Archives that come from anybody: sizes are looked at before contents, and nothing in them runs."""

from __future__ import annotations

import contextlib
import math
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.files import DAMAGED_ARRAYS

ANOTHER = "expected an .npz file as numpy.savez writes it, got another"


def memory() -> int:
    """Return the bytes of memory that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def check_room(size: int, what: str) -> None:
    """Refuse what doesn't fit into memory before any of it is read.

    Args:
        size: bytes that the file says it has.
        what: the name of what has so many bytes, in words.

    Raises:
        InputError: where that is more than the machine has.

    Example:
        >>> check_room(1 << 53, "x")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: x: expected at most the ... GiB of memory that this machine has, ...
    """
    if size > memory():
        raise InputError(
            f"{what}: expected at most the {memory() / 2**30:,.0f} GiB of memory that this machine has, got "
            f"{size / 2**30:,.0f} GiB by what the file says; take a part of it, or make the file anew"
        )


def content(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return what an archive holds under a name.

    Raises:
        InputError: where that is more than the machine has memory.
        KeyError: where there is nothing of that name.
    """
    check_room(archive.getinfo(name).file_size, name)
    return archive.read(name)


@contextlib.contextmanager
def open_npz(path: Path, instead: str = "") -> Iterator[np.lib.npyio.NpzFile]:
    """Open an .npz file; its arrays are read inside the block, as what is wrong with them shows when they are.

    Args:
        path: where the file is.
        instead: what is to be given in the place of pickled objects, as the end of a sentence.

    Raises:
        InputError: where it is none, is damaged, or holds pickled objects.
    """
    if not zipfile.is_zipfile(path):  # np.load would take it for a pickle, or for a single array
        raise InputError(ANOTHER)
    try:
        _check_sizes(path)
        with np.load(path, allow_pickle=False) as file:
            if len(set(file.files)) < len(file.files):
                raise InputError(f"keys: expected each name once, got {', '.join(file.files)}")
            yield file
    except InputError:
        raise
    except DAMAGED_ARRAYS as error:
        if "allow_pickle" in str(error):
            raise InputError(
                f"expected arrays of numbers or text, got pickled objects, which are never loaded{instead}"
            ) from error
        raise InputError(f"{ANOTHER} ({error})") from error


def _check_sizes(path: Path) -> None:
    """Refuse arrays that are said to be larger than memory, or than what stands in the file, before any is read."""
    with zipfile.ZipFile(path) as file:
        check_room(sum(entry.file_size for entry in file.infolist()), "arrays")
        for entry in file.infolist():
            with file.open(entry) as array:
                if np.lib.format.read_magic(array) == (1, 0):
                    shape, _, dtype = np.lib.format.read_array_header_1_0(array)
                else:
                    shape, _, dtype = np.lib.format.read_array_header_2_0(array)
                size = math.prod(shape) * dtype.itemsize
                if not dtype.hasobject and not 0 <= size <= entry.file_size:
                    raise InputError(
                        f"{entry.filename}: expected {entry.file_size:,} bytes or less, as the file holds no more, got "
                        f"{size:,} by its shape {list(shape)}; the file is damaged"
                    )
