"""A trained network in two files: its arrays as safetensors, and what it needs to be used, as JSON."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.cells.configuration import as_data, from_data
from gatedrnn.errors import InputError, MissingPackageError
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.network import network
from gatedrnn.files import read_json, write_json, written
from gatedrnn.tasks.task import as_it_is

if TYPE_CHECKING:
    from gatedrnn.comparison.folder import Folder
    from gatedrnn.comparison.schema.results import Found
    from gatedrnn.comparison.search.replicate import Search
    from gatedrnn.tasks.task import Reading, Task
    from gatedrnn.types import Cell, Params

FORMAT = 4
"""4: ``architecture`` says what stands around the cell; 3: ``anchor`` says from which features a change may be
forecast, and the last array whether it is; 2: `cell_configuration` holds all of the cell; 1 held its name and
units alone."""


def save_tuned(
    task: Task, found: Found, searches: dict[str, Search], stages: dict[str, list[str]], folder: Folder
) -> None:
    """Save the best network of each cell under ``models/TASK`` in a comparison's folder.

    The best is that of the replicate with the best validation score; the test part has no say. A task that encodes its
    inputs in a way of its own cannot be saved, and is left out; so is a cell whose configuration is no plain data, with
    a warning.

    Args:
        task: the task that the networks were trained on.
        found: what the searches of the task found.
        searches: the search of each cell, by the cell's name.
        stages: the stage in which each replicate's winner was found, by cell.
        folder: the folder of the comparison.
    """
    if task.encode is not as_it_is and task.kind != "next-token":
        return
    for name, one in searches.items():
        entries = [replicate["cells"][name] for replicate in found["replicates"]]
        trials = [entry["trials"][entry["selected"]] for entry in entries]
        best = min(range(len(trials)), key=lambda k: (trials[k]["score"] is None, trials[k]["score"]))
        replicate = found["replicates"][best]
        params = one.restore(folder.winner(task.name, name, best, stages[name][best]))
        choice = {
            "replicate": best,
            "seed": replicate["seed"],
            "configuration": replicate["configurations"][entries[best]["selected"]],
            "validation": trials[best]["validation"],
        }
        path = folder.path / "models" / task.name / name.replace(":", ".")
        try:
            described = description(task, name, one.cell, task.reading(replicate["seed"]), one.architecture)
        except InputError as error:  # a comparison of hours does not fail because of what it cannot save
            warnings.warn(f"the network of {name} is not saved: {error}", stacklevel=2)
            continue
        save(path, params, {**described, **choice})


def description(
    task: Task, name: str, cell: Cell, reading: Reading, architecture: Architecture = Architecture()
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
        "inputs": moments(reading.inputs),
        "outputs": moments(reading.outputs),
        "window": reading.window,
        "horizon": reading.horizon,
        "read": dict(reading.read),
        "anchor": None if task.anchor is None else [reading.features.index(name) for name in reading.targets],
    }


def save(path: Path, params: Params, config: dict[str, Any]) -> None:
    """Write ``path.safetensors``, and then ``path.json`` with its digest, each atomically."""
    numpy = _safetensors()
    arrays = {_name(where): np.asarray(leaf) for where, leaf in jax.tree_util.tree_leaves_with_path(params)}
    held = numpy.save(arrays)
    with written(_beside(path, "safetensors")) as file:
        file.write(held)
    write_json(_beside(path, "json"), {**config, "sha256": hashlib.sha256(held).hexdigest()})


def restore(path: Path) -> tuple[dict[str, Any], Cell, Params]:
    """Return the configuration, cell and parameters of a network that `save` wrote.

    Raises:
        InputError: where a file is missing, of another format, or damaged.
    """
    described = _beside(path, "json")
    if not described.is_file():
        raise InputError(f"model: expected one at {described}, got none")
    config = read_json(described)
    if config.get("format") != FORMAT:
        raise InputError(f"{described.name}: expected format {FORMAT}, got {config.get('format')!r}")
    held = _beside(path, "safetensors").read_bytes()
    if hashlib.sha256(held).hexdigest() != config["sha256"]:
        raise InputError(f"{path.name}.safetensors: expected sha256 {config['sha256']}, got another; it is damaged")
    arrays = _safetensors().load(held)
    cell = from_data(config["cell_configuration"])
    net = network(cell, config["out_dim"], 0.0, Architecture(**config["architecture"]), kind=config["kind"])
    shapes: Any = jax.eval_shape(lambda key: net.init(key, config["in_dim"]), jax.random.key(0))
    if config["anchor"] is not None:
        shapes = (*shapes, jax.ShapeDtypeStruct((), np.float32))
    return config, cell, jax.tree_util.tree_map_with_path(lambda where, _: jnp.asarray(arrays[_name(where)]), shapes)


def _name(where: Any) -> str:
    """Return the name of an array: the path to it, such as ``0.w_x``."""
    return jax.tree_util.keystr(where, simple=True, separator=".")


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name}.{ending}")


def _safetensors() -> Any:
    try:
        from safetensors import numpy
    except ImportError as error:
        raise MissingPackageError("saved networks need safetensors: pip install 'gatedrnn[compare]'") from error
    return numpy
