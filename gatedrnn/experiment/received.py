"""What is checked of finished runs that are read back from a folder, besides the types of their entries."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.files import DAMAGED_ARRAYS

if TYPE_CHECKING:
    from gatedrnn.experiment.trials import RunEntry

HEADER = 1024
"""Bytes that an array in a file takes besides its numbers, at most."""


def refuse_run(run: RunEntry, max_epochs: int) -> None:
    """Refuse what no training run can have come to.

    Args:
        run: an entry of the run's type.
        max_epochs: the cap on epochs.

    Raises:
        InputError: where its numbers contradict each other, or the cap; names the entry.

    Example:
        >>> run = {"validation": 0.5, "best_epoch": 2, "epochs": 2, "diverged_at": None, "curve": [0.7, 0.5]}
        >>> refuse_run(run, 10)
        >>> refuse_run({**run, "epochs": 3}, 10)
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: curve: expected a number for each of 3 epochs, got 2
    """
    epochs, best, diverged, curve = run["epochs"], run["best_epoch"], run["diverged_at"], run["curve"]
    if not 0 <= epochs <= max_epochs:
        raise InputError(f"epochs: expected 0 to {max_epochs}, got {epochs}")
    refuse_length("curve", curve, epochs, "a number for each of {} epochs")
    if not 0 <= best <= epochs:
        raise InputError(f"best_epoch: expected 0 to {epochs}, got {best}")
    if diverged is not None and not 0 <= diverged <= epochs:
        raise InputError(f"diverged_at: expected null or 0 to {epochs}, got {diverged}")
    reached = curve[best - 1] if best else None
    if (run["validation"] is None) != (reached is None):
        raise InputError(f"validation: expected the curve's value at epoch {best}, {reached}, got {run['validation']}")
    if reached is not None and not math.isclose(run["validation"] or 0.0, reached, rel_tol=1e-6, abs_tol=1e-5):
        raise InputError(f"validation: expected the curve's value at epoch {best}, {reached}, got {run['validation']}")


def refuse_length(name: str, values: Sequence[Any], count: int, expected: str = "{} of them") -> None:
    """Refuse a list of another length.

    Args:
        name: the entry that the message names.
        values: the list that was read.
        count: the length that the list has to have.
        expected: what the message says of the length, with {} for the number.

    Raises:
        InputError: where it is of another length.
    """
    if len(values) != count:
        raise InputError(f"{name}: expected {expected.format(count)}, got {len(values)}")


def refuse_names(name: str, values: Any, expected: Sequence[str]) -> None:
    """Refuse entries by other names than these.

    Raises:
        InputError: where one lacks, or is too many.

    Example:
        >>> refuse_names("cells", {"LSTM": 1}, ["LSTM", "GRU"])
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: cells: expected entries of LSTM, GRU; got LSTM
    """
    if set(values) != set(expected):
        shown = ", ".join(str(value) if str(value).isprintable() else repr(value) for value in values)
        raise InputError(f"{name}: expected entries of {', '.join(expected)}; got {shown[:100] or 'none'}")


def read_leaves(held: bytes, like: Sequence[Any]) -> list[np.ndarray]:
    """Return the arrays of a file that ``gatedrnn.files.write_arrays`` wrote; none is read that is not as it should be.

    Args:
        held: what the file holds.
        like: the shapes and types that the arrays have to have, in order.

    Raises:
        InputError: where there are others, or numbers that are not finite.
    """
    names = [f"leaf_{k}.npy" for k in range(len(like))]
    try:
        with zipfile.ZipFile(io.BytesIO(held)) as file:
            if file.namelist() != names:
                raise InputError(f"expected the {len(like)} arrays of this network, got {len(file.namelist())} others")
            return [_read(file, entry, one) for entry, one in zip(file.infolist(), like, strict=True)]
    except DAMAGED_ARRAYS as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"expected arrays as NumPy writes them, got another file ({error})") from error


def _read(file: zipfile.ZipFile, entry: zipfile.ZipInfo, like: Any) -> np.ndarray:
    """Return an array, whose shape and type are looked at before any number is."""
    wanted, dtype = tuple(like.shape), np.dtype(like.dtype)
    size = math.prod(wanted) * dtype.itemsize
    with file.open(entry) as held:
        major, _ = np.lib.format.read_magic(held)
        header = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
        shape, fortran, came = header(held)
        if shape != wanted or came != dtype or fortran or not size < entry.file_size <= size + HEADER:
            raise InputError(
                f"{entry.filename}: expected {dtype} {list(wanted)} of this network, got {came} {list(shape)}"
            )
        array = np.frombuffer(held.read(size), dtype).reshape(wanted).copy()
    if not np.isfinite(np.asarray(array, np.float64)).all():
        raise InputError(f"{entry.filename}: expected finite numbers, got others")
    return array
