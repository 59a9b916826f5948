"""Named arrays in the files that frameworks write, nothing in them run."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.archives import open_npz
from gatedrnn.arguments import as_path
from gatedrnn.convert.hdf5 import of_hdf5
from gatedrnn.convert.onnx_graph import arrays_of, graph_of
from gatedrnn.convert.recurrent import as_numpy
from gatedrnn.convert.safetensors import opened
from gatedrnn.errors import InputError, needed
from gatedrnn.files import refuse_no_file

if TYPE_CHECKING:
    from collections.abc import Callable


def read_weights(path: Path | str) -> dict[str, np.ndarray]:
    """Return the arrays of a file by name, for ``from_torch`` and the others.

    PyTorch's files (``.pt``, ``.pth``, ``.bin``, ``.ckpt``, ``.pth.tar``) are loaded with ``weights_only=True``: what
    is no tensor in a plain container is refused, and no code in them is run. Names in mappings inside are joined by
    dots, as in ``state_dict.rnn.weight_ih_l0``, and so are places in lists.

    Args:
        path: a file that ends in ``.safetensors``, ``.npz``, ``.pt``, ``.pth``, ``.bin``, ``.ckpt``,
            ``.tar``, ``.h5``, ``.hdf5``, ``.keras`` or ``.onnx``.

    Raises:
        InputError: where there is no such file, or it holds something else.
        MissingPackageError: where the package that reads it is missing.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(f"{folder}/weights.npz", w_x=np.zeros((2, 3)))
        ...     read_weights(f"{folder}/weights.npz")["w_x"].shape
        (2, 3)
    """
    path = as_path("path", path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"path: expected a file that ends in {', '.join(READERS)}; got {path.name}")
    refuse_no_file("path", path)
    return reader(path)


def _of_safetensors(path: Path) -> dict[str, np.ndarray]:
    with opened(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def _of_torch(path: Path) -> dict[str, np.ndarray]:
    with needed(f"{path.suffix} files need PyTorch", "torch", "torch"):
        import torch
    if _is_torchscript(path):
        raise InputError(f"{path}: expected tensors alone, got a program of TorchScript; save its state_dict()")
    try:
        with warnings.catch_warnings(action="ignore"):  # such as of a pickle's version
            held = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of any class: what bytes mean to a pickle that is none is not foreseen
        # What PyTorch says here is how to run the file's code.
        raise InputError(
            f"{path}: expected tensors alone, as torch.load(path, weights_only=True) takes them; got a whole module, "
            "another object, or a damaged file"
        ) from error
    found = {name: as_numpy(value) for name, value in _leaves(held, set()) if isinstance(value, torch.Tensor)}
    if not found:
        raise InputError(f"{path}: expected tensors by name, got {type(held).__name__} without any")
    return found


def _is_torchscript(path: Path) -> bool:
    """Say whether a file holds a program besides tensors: PyTorch itself warns, and looks into it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.rpartition("/")[2] == "constants.pkl" for name in archive.namelist())
    except Exception:  # of any class: PyTorch says what is wrong with it
        return False


def _leaves(held: Any, seen: set[int]) -> list[tuple[str, Any]]:
    """Return what nested mappings and lists hold, by names joined with dots; each of them is looked into once."""
    if not isinstance(held, Mapping | list | tuple):
        return [("", held)]
    if id(held) in seen:  # a file may hold a list that holds itself
        return []
    seen.add(id(held))
    items = held.items() if isinstance(held, Mapping) else enumerate(held)
    inner = [(str(key), _leaves(value, seen)) for key, value in items]
    return [(f"{key}.{name}" if name else key, leaf) for key, leaves in inner for name, leaf in leaves]


def _of_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with open_npz(path) as file:
            return {name: file[name] for name in file.files}
    except (InputError, OSError) as error:
        raise InputError(
            f"{path}: expected arrays of numbers, as numpy.savez writes them; got others ({error})"
        ) from error


READERS: dict[str, Callable[[Path], dict[str, np.ndarray]]] = {
    ".safetensors": _of_safetensors,
    **dict.fromkeys((".pt", ".pth", ".bin", ".ckpt", ".tar"), _of_torch),
    ".npz": _of_npz,
    **dict.fromkeys((".h5", ".hdf5", ".keras"), of_hdf5),
    ".onnx": lambda path: arrays_of(graph_of(path)),
}
"""Readers of files by their ending."""
