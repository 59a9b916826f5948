"""How files are written, whole or not at all, after a kill and on a full disk too; what those read back may be."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from gatedrnn.errors import InputError

# A string in JSON has no line breaks, so this can only be a list.
NUMBERS = re.compile(r"\[\n\s+(?:[-+.\deE]+|null)(?:,\n\s+(?:[-+.\deE]+|null))*\n\s+\]")


DAMAGED_ZIP = (
    *(RuntimeError, EOFError, KeyError, struct.error, zipfile.BadZipFile, zlib.error),
    *(() if (lzma := getattr(zipfile, "lzma", None)) is None else (lzma.LZMAError,)),
)
"""What zipfile raises where bytes are not what they should be; what is encrypted, or compressed in a way that it does
not know, is a RuntimeError."""
DAMAGED_ARRAYS = (*DAMAGED_ZIP, ValueError, TypeError, SyntaxError, tokenize.TokenError)
"""The same of a file of NumPy's, whose arrays have headers in Python. OSError, which either may be, says besides that a
file is gone."""

Writer: TypeAlias = Callable[[Path], contextlib.AbstractContextManager[BinaryIO]]
"""What opens a file to be written whole or not at all: ``written``, or that of a run's folder, which keeps digests."""


@contextlib.contextmanager
def written(path: Path, *, before: Callable[[Path], None] | None = None, resume: bool = False) -> Iterator[BinaryIO]:
    """Write a file atomically: after a kill, or on a full disk, it is there whole or not at all.

    Args:
        path: where the file is to be.
        before: called with the file that is to take its place, when that is whole.
        resume: whether to append to what an interrupted call has left, and not to begin anew.

    Raises:
        InputError: where no file stands there but a device, a pipe or a folder, which a file would take the place of.
        OSError: where it cannot be written; names the file, which the system does not.
    """
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: expected a place for a file, got a folder, a device or a pipe")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_of(path)
    try:
        with partial.open("ab" if resume else "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if before is not None:
            before(partial)
        partial.replace(path)
    except OSError as error:
        if error.errno is not None:  # not the system's: nothing came from a network, say, which says so itself
            error.filename = str(path)
        raise


def refuse_no_place(name: str, path: Path) -> None:
    """Refuse a path where nothing can be written, before anything takes hours: below a file, or not allowed.

    Args:
        name: the argument that names the path.
        path: where a file or a folder is to be.

    Raises:
        InputError: where a file stands on the way there, or the system does not allow to write there.
    """
    here = path.absolute()
    try:
        within = next((each for each in here.parents if each.exists() and not each.is_dir()), None)
        allowed = within or os.access(next(each for each in (here, *here.parents) if each.is_dir()), os.W_OK | os.X_OK)
    except OSError as error:  # such as of a name that is too long, or a folder that may not be looked into
        raise InputError(f"{name}: expected a place to write, got {str(path)!r} ({error.strerror})") from error
    if within is not None:
        raise InputError(f"{name}: expected a path below folders alone, got {path}, where {within} is a file")
    if not allowed:
        raise InputError(f"{name}: expected a place where the system allows to write, got {path}, which it does not")


def refuse_no_file(name: str, path: Path) -> None:
    """Refuse a path where no file is that can be read; a pipe or a device would be waited for.

    Args:
        name: the argument that names the path.
        path: what is to be read.

    Raises:
        InputError: where it is missing, no file, or the system does not allow to read it.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"{name}: expected one that exists, got {str(path)!r}") from error
    except OSError as error:  # such as of a name that is too long, or links that lead in a circle
        raise InputError(f"{name}: expected one that can be read, got {str(path)!r} ({error.strerror})") from error
    if not stat.S_ISREG(mode):
        raise InputError(f"{name}: expected a file, got {str(path)!r}, a folder, device, pipe or socket")
    if not os.access(path, os.R_OK):
        raise InputError(f"{name}: expected one that the system allows to read, got {str(path)!r}")


def partial_of(path: Path) -> Path:
    """Return what a file is called until it is whole; a kill may leave it behind."""
    return path.with_name(f".{path.name}.partial")


def write_text(path: Path, text: str, *, writer: Writer = written) -> None:
    """Write text atomically."""
    with writer(path) as file:
        file.write(text.encode())


def write_json(path: Path, value: Any, *, writer: Writer = written) -> None:
    """Write JSON atomically, lists of numbers on a line each; NaN and infinities, which JSON lacks, are refused."""
    text = json.dumps(value, indent=1, allow_nan=False)
    write_text(path, NUMBERS.sub(lambda found: re.sub(r"\s+", " ", found[0]), text), writer=writer)


def write_arrays(path: Path, arrays: list[Any], *, writer: Writer = written) -> None:
    """Write arrays atomically, to be loaded without pickle."""
    with writer(path) as file:
        np.savez(file, allow_pickle=False, **{f"leaf_{k}": np.asarray(array) for k, array in enumerate(arrays)})


def _refuse_constant(name: str) -> None:
    raise ValueError(f"JSON has no {name}")


def parsed(path: Path, held: bytes) -> Any:
    """Return what the bytes of a file of JSON say.

    Raises:
        InputError: where they say something else, such as after the file was edited by hand.
    """
    try:
        return json.loads(held.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected JSON as it was written, got another text ({error})") from error
