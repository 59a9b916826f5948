"""Keras's files: the arrays of ``.h5``, ``.weights.h5`` and ``.keras`` by the path to each."""

from __future__ import annotations

import contextlib
import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.archives import check_room, content
from gatedrnn.errors import InputError, needed
from gatedrnn.files import DAMAGED_ZIP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INSIDE = "model.weights.h5"
"""What a ``.keras`` file has its arrays in."""


def of_hdf5(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a file by their paths in it, such as ``layers/lstm/cell/vars/0``.

    Args:
        path: where the file is.

    Raises:
        InputError: where it is no such file, or an array of it lies in another file.
        MissingPackageError: where h5py is missing.
    """
    with opened(path) as file:
        return _arrays(file, _package(path))


DAMAGE = (*DAMAGED_ZIP, OSError, ValueError, MemoryError)
"""What h5py and zipfile raise where bytes are not what they should be, when a file is opened or later."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a file of Keras's, or what holds the arrays in it; errors as in `of_hdf5`."""
    h5py = _package(path)
    try:
        if path.suffix.lower() == ".keras":
            with zipfile.ZipFile(path) as archive:
                held: Any = io.BytesIO(content(archive, INSIDE))
        else:
            held = path
        with h5py.File(held, "r") as file:
            yield file
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except DAMAGE as error:
        raise InputError(f"{path}: expected weights of Keras in HDF5, got something else ({error})") from error


def _package(path: Path) -> Any:
    with needed(f"{path.suffix} files need h5py", "h5py", "h5py"):
        import h5py
    return h5py


def _arrays(file: Any, h5py: Any) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}

    def take(name: str, item: Any) -> None:
        if not isinstance(item, h5py.Dataset) or item.dtype.kind not in "fiub":
            return
        if item.external or item.is_virtual:
            raise InputError(f"{name}: expected an array in the file itself, got one that lies in another")
        check_room(item.nbytes, name)
        found[name] = np.asarray(item)

    file.visititems(take)  # follows no links
    return found
