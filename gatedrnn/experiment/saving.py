"""A trained network in two files: its arrays as safetensors, and what it needs to be used, as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.cells.configuration import as_data
from gatedrnn.errors import InputError, needed
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.described import architecture_of, cell_of, refuse_undescribed
from gatedrnn.experiment.network import network
from gatedrnn.files import Writer, parsed, write_json, written
from gatedrnn.tasks.task import as_it_is

if TYPE_CHECKING:
    from gatedrnn.tasks.task import Reading, VisibleTask
    from gatedrnn.types import Cell, Params

MODEL = "model"
"""What the network of a training run is called in its folder, before the endings of its files."""
FORMAT = 5
"""5: the last array holds the sizes of changes; 4: ``architecture`` says what stands around the cell, ``tokens`` what
it reads; 3: ``anchor`` says from which features a change may be forecast, and the last array whether it is; 2:
`cell_configuration` holds all of the cell; 1 held its name and units alone."""


def can_be_saved(task: VisibleTask) -> bool:
    """Return whether a network can be used without its task: not where that encodes inputs in a way of its own."""
    return task.encode is as_it_is or task.kind == "next-token" or bool(task.reading(0).tokens)


def description(
    task: VisibleTask, name: str, cell: Cell, reading: Reading, architecture: Architecture = Architecture()
) -> dict[str, Any]:
    """Return what a saved network needs besides its arrays, as JSON has it."""

    def moments(pair: tuple[Any, Any] | None) -> dict[str, list[float]] | None:
        if pair is None:
            return None
        return {key: np.asarray(v, float).tolist() for key, v in zip(("mean", "deviation"), pair, strict=True)}

    return {
        "format": FORMAT,
        **{key: getattr(task, key) for key in ("name", "title", "kind", "unit", "in_dim", "out_dim", "data_sha256")},
        "cell": name,
        "hidden": getattr(cell, "hidden", cell.out_dim),
        "cell_configuration": as_data(cell),
        "config": repr(cell),
        "architecture": architecture.entry(),
        "features": list(reading.features),
        "targets": list(reading.targets),
        "classes": list(reading.classes),
        "tokens": list(reading.tokens),
        "inputs": moments(reading.inputs),
        "outputs": moments(reading.outputs),
        "window": reading.window,
        "horizon": reading.horizon,
        "read": dict(reading.read),
        "anchor": None if task.anchor is None else list(task.anchor.columns),
    }


def save(path: Path, params: Params, config: dict[str, Any], *, writer: Writer = written) -> None:
    """Write ``path.safetensors``, and then ``path.json`` with its digest, each atomically."""
    numpy = _safetensors()
    arrays = {_name(where): np.asarray(leaf) for where, leaf in jax.tree_util.tree_leaves_with_path(params)}
    held = numpy.save(arrays)
    with writer(_beside(path, "safetensors")) as file:
        file.write(held)
    write_json(_beside(path, "json"), {**config, "sha256": hashlib.sha256(held).hexdigest()}, writer=writer)


def restore(
    path: Path, *, own: str | None = None, read: Callable[[Path], bytes] = Path.read_bytes
) -> tuple[dict[str, Any], Cell, Params]:
    """Return the configuration, cell and parameters of a network that `save` wrote.

    Args:
        path: what `save` was told.
        own: the name of the cell where the user gave one; only then is a class imported that is not the library's.
        read: how a file is read, such as held to the digest that its run has of it.

    Raises:
        InputError: where a file is missing, of another format, or damaged.
    """
    described, arrays_file = _beside(path, "json"), _beside(path, "safetensors")
    if not described.is_file():
        raise InputError(f"model: expected one at {described}, got none")
    config = parsed(described, read(described))
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        got = config.get("format") if isinstance(config, dict) else config
        raise InputError(
            f"{described}: expected format {FORMAT}, got {got!r}, as other versions write it; train again with this one"
        )
    if not arrays_file.is_file():
        raise InputError(f"model: expected its arrays at {arrays_file}, got none")
    held = read(arrays_file)
    try:
        refuse_undescribed(config)
        if hashlib.sha256(held).hexdigest() != config["sha256"]:
            raise InputError(f"{arrays_file.name}: expected sha256 {config['sha256']}, got another; it is damaged")
        return config, *_built(config, held, own)
    except InputError as error:
        raise InputError(f"{described}: {error}") from error


def _built(config: dict[str, Any], held: bytes, own: str | None) -> tuple[Cell, Params]:
    """Return the cell and the parameters of a network whose entries are of their kinds."""
    safetensors = _safetensors()
    try:
        arrays = safetensors.load(held)
    except Exception as error:  # of its own classes, which it has not said
        raise InputError(f"arrays: expected safetensors, got something else ({error})") from error
    architecture = architecture_of(config, len(arrays))
    cell = cell_of(config, own)
    net = network(cell, config["out_dim"], 0.0, architecture, kind=config["kind"])
    try:
        shapes: Any = jax.eval_shape(lambda key: net.init(key, config["in_dim"]), jax.random.key(0))
    except (ArithmeticError, TypeError, ValueError) as error:  # such as of more units than an array can have
        raise InputError(f"cell_configuration: expected one that makes a network, got {cell!r} ({error})") from error
    if config["anchor"] is not None:
        shapes = (*shapes, jax.ShapeDtypeStruct((2, len(config["anchor"])), np.float32))
    wanted = {_name(where): leaf for where, leaf in jax.tree_util.tree_leaves_with_path(shapes)}
    for name in (*wanted, *arrays):
        if name not in arrays or name not in wanted or arrays[name].shape != wanted[name].shape:
            expected = list(wanted[name].shape) if name in wanted else "none"
            raise InputError(f"arrays: expected {name} {expected} of this network, got another")
        if arrays[name].dtype != wanted[name].dtype or not np.isfinite(np.asarray(arrays[name], np.float64)).all():
            raise InputError(f"arrays: expected {name} to be finite numbers of {wanted[name].dtype}, got others")
    return cell, jax.tree_util.tree_map_with_path(lambda where, _: jnp.asarray(arrays[_name(where)]), shapes)


def _name(where: Any) -> str:
    """Return the name of an array: the path to it, such as ``0.w_x``."""
    return jax.tree_util.keystr(where, simple=True, separator=".")


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name}.{ending}")


def _safetensors() -> Any:
    with needed("saved networks need safetensors", "safetensors", "gatedrnn[compare]"):
        from safetensors import numpy
    return numpy
