"""Files of safetensors: opened, header before arrays."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from gatedrnn.errors import InputError, needed
from gatedrnn.files import refuse_no_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def package() -> Any:
    """Return safetensors' functions for NumPy.

    Raises:
        MissingPackageError: where it is missing.
    """
    with needed(".safetensors files need safetensors", "safetensors", "gatedrnn[convert]"):
        from safetensors import numpy
    return numpy


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a file: its names, shapes and metadata are there at once, and no array is read before it is asked for.

    Args:
        path: where the file is.

    Raises:
        InputError: where there is none, or it is no file of safetensors.
        MissingPackageError: where safetensors is missing.
    """
    numpy = package()
    refuse_no_file("path", path)
    try:
        file = numpy.safe_open(path, framework="np")
    except Exception as error:  # of its own classes, which it has not said
        raise InputError(f"{path}: expected safetensors, got something else ({error})") from error
    with file:
        yield file
