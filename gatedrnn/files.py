"""How files are written, whole or not at all, after a kill and on a full disk too; and how JSON is read back."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from gatedrnn.errors import InputError

# A string in JSON has no line breaks, so this can only be a list.
NUMBERS = re.compile(r"\[\n\s+(?:[-+.\deE]+|null)(?:,\n\s+(?:[-+.\deE]+|null))*\n\s+\]")


@contextlib.contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """Write a file atomically: after a kill, or on a full disk, it is there whole or not at all.

    Raises:
        OSError: where it cannot be written; names the file, which the system does not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        error.filename = str(path)
        raise


def write_text(path: Path, text: str) -> None:
    """Write text atomically."""
    with written(path) as file:
        file.write(text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, lists of numbers on a line each; NaN and infinities, which JSON lacks, are refused."""
    text = json.dumps(value, indent=1, allow_nan=False)
    write_text(path, NUMBERS.sub(lambda found: re.sub(r"\s+", " ", found[0]), text))


def write_arrays(path: Path, arrays: list[Any]) -> None:
    """Write arrays atomically, to be loaded without pickle."""
    with written(path) as file:
        np.savez(file, allow_pickle=False, **{f"leaf_{k}": np.asarray(array) for k, array in enumerate(arrays)})


def read_json(path: Path) -> Any:
    """Return what a file of JSON holds.

    Raises:
        InputError: where it holds something else, such as after it was edited by hand.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: expected JSON as it was written, got another text ({error})") from error
