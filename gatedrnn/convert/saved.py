"""Layers in files of safetensors: arrays, and in the header all that makes the layer again.

The header's metadata hold two texts: ``gatedrnn``, the version of this schema, and ``layer``, JSON of the form

.. code-block:: text

    {"in_dim": 2, "layers": [[{"cell": "LSTM", "configuration": {"class": "LSTM", "fields": {"hidden": 3}}}]]}

where ``layers`` has a list for each layer, lowest first, with one cell, or forward and backward. ``cell`` is the name
of a cell in ``gatedrnn.cells.registry``, and ``configuration`` all of it, as ``gatedrnn.cells.configuration`` has it.
Arrays are named by layer, direction and parameter: ``0.forward.w_x``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.arguments import as_path, whole
from gatedrnn.cells.configuration import as_data, from_data
from gatedrnn.cells.registry import CELLS
from gatedrnn.convert.recurrent import Depth, Direction, array_of, built, taken_apart
from gatedrnn.convert.safetensors import opened, package
from gatedrnn.errors import InputError
from gatedrnn.files import written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatedrnn.types import Cell, Layer, Params

SCHEMA = "1"
"""The version of what a header holds."""
ENDS = ("forward", "backward")
LARGEST = 2**31 - 1
"""No axis of an array is longer."""


def save(path: Path | str, layer: Layer, params: Params) -> None:
    """Write a layer and its parameters to one file of safetensors, whole or not at all.

    What engine runs the layer is not kept, nor which of its layers stood in a chain of their own.

    Args:
        path: where the file is to be, ``.safetensors``.
        layer: recurrent layers of cells that the table of cells has, each in one direction or both.
        params: the parameters of the layer.

    Raises:
        InputError: where the layer holds something else, or a cell's configuration is no plain data.
        MissingPackageError: where safetensors is missing.

    Example:
        >>> import tempfile, gatedrnn as gr
        >>> layer = gr.bidirectional(gr.LSTM(3))
        >>> params = layer.init(jax.random.key(0), in_dim=2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(f"{folder}/encoder.safetensors", layer, params)
        ...     again, restored = load(f"{folder}/encoder.safetensors")
        >>> again == layer, bool((restored.forward.w_x == params.forward.w_x).all())
        (True, True)
    """
    depths = taken_apart(layer, params, "a file", whole=True)
    entries = [[_entry(one.cell) for one in depth] for depth in depths]
    said = {"in_dim": depths[0][0].params.w_x.shape[0], "layers": entries}
    metadata = {"gatedrnn": SCHEMA, "layer": json.dumps(said, allow_nan=False)}
    arrays = {name: np.ascontiguousarray(leaf) for name, leaf in named(depths).items()}
    held = package().save(arrays, metadata=metadata)
    with written(as_path("path", path)) as file:
        file.write(held)


def load(path: Path | str) -> tuple[Layer, Params]:
    """Return the layer and the parameters that `save` wrote.

    The file may come from anybody: nothing in it is run, no array is read before its shape is known to be the layer's.

    Args:
        path: what `save` was told.

    Raises:
        InputError: where there is no such file, it is of another schema, or what its header says does not fit.
        MissingPackageError: where safetensors is missing.
    """
    with opened(as_path("path", path)) as file:
        try:
            names = list(file.keys())
            depths = described(file.metadata() or {}, len(names))
            shapes = {name: leaf.shape for name, leaf in named(depths).items()}
            found = {name: tuple(file.get_slice(name).get_shape()) for name in names}
            for name in {**shapes, **found}:
                if found.get(name) != shapes.get(name):
                    raise InputError(f"arrays: expected {name} {shapes.get(name)}, got {found.get(name)}")
            arrays = {name: jnp.asarray(array_of(name, {name: file.get_tensor(name)})) for name in names}
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
    return built(_filled(depths, arrays))


def described(metadata: Mapping[str, str], arrays: int) -> list[Depth]:
    """Return the layers that a header describes, shapes in the place of arrays.

    Args:
        metadata: the texts of the header.
        arrays: how many arrays the file holds, which no layer has fewer of.

    Raises:
        InputError: where the metadata are of another schema, or do not describe layers.
    """
    if metadata.get("gatedrnn") != SCHEMA:
        raise InputError(f"gatedrnn: expected schema {SCHEMA} in the header, got {metadata.get('gatedrnn')!r}")
    try:
        said = json.loads(metadata.get("layer", ""))
    except (ValueError, RecursionError) as error:
        raise InputError(f"layer: expected JSON in the header, got {metadata.get('layer')!r}") from error
    if not isinstance(said, dict) or said.keys() != {"in_dim", "layers"}:
        raise InputError(f"layer: expected in_dim and layers, got {said!r}")
    width, entries = said["in_dim"], said["layers"]
    whole("in_dim", width, most=LARGEST)
    fits = isinstance(entries, list) and all(isinstance(one, list) and len(one) in (1, 2) for one in entries)
    if not fits or not 0 < len(entries) <= arrays:
        raise InputError(f"layers: expected 1 to {arrays} lists of one or two cells, got {entries!r}")
    depths: list[Depth] = []
    for cells in ([_cell(entry) for entry in depth] for depth in entries):
        depths.append(tuple(Direction(cell, _shapes(cell, width)) for cell in cells))
        width = sum(cell.out_dim for cell in cells)
    return depths


def named(depths: Sequence[Depth]) -> dict[str, Any]:
    """Return all parameters by layer, direction and their own name."""
    return {
        f"{k}.{end}.{name}": leaf
        for k, depth in enumerate(depths)
        for end, one in zip(ENDS, depth, strict=False)
        for name, leaf in one.params._asdict().items()
    }


def _filled(depths: Sequence[Depth], arrays: Mapping[str, Any]) -> list[Depth]:
    """Return layers with arrays in the place of shapes."""
    leaves = iter(arrays[name] for name in named(depths))
    structure = [[one.params for one in depth] for depth in depths]
    filled = jax.tree.map(lambda _: next(leaves), structure)
    return [
        tuple(Direction(one.cell, params) for one, params in zip(depth, given, strict=True))
        for depth, given in zip(depths, filled, strict=True)
    ]


def registry_name(cell: Cell) -> str:
    """Return the name by which the table of cells knows a cell.

    Raises:
        InputError: where it knows none of its class.
    """
    for name, entry in CELLS.items():
        # Variants of one class are rows of their own.
        if type(cell) is entry.kind and getattr(entry.make(4), "variant", None) == getattr(cell, "variant", None):
            return name
    raise InputError(f"cell: expected one of {', '.join(CELLS)}, got {cell!r}")


def _entry(cell: Cell) -> dict[str, Any]:
    return {"cell": registry_name(cell), "configuration": as_data(cell)}


def _cell(entry: Any) -> Cell:
    if not isinstance(entry, dict) or entry.keys() != {"cell", "configuration"}:
        raise InputError(f"layers: expected cell and configuration, got {entry!r}")
    cell = from_data(entry["configuration"])
    if registry_name(cell) != entry["cell"]:
        raise InputError(f"cell: expected {registry_name(cell)}, as its configuration says; got {entry['cell']!r}")
    return cell


def _shapes(cell: Cell, in_dim: int) -> Params:
    """Return the shapes of a cell's parameters, no array made."""
    try:
        return jax.eval_shape(lambda key: cell.init(key, in_dim), jax.random.key(0))
    except (ArithmeticError, TypeError, ValueError) as error:  # such as of more units than an array can have
        raise InputError(f"configuration: expected one that has parameters, got {cell!r} ({error})") from error
