"""What a weight file holds: recurrent layers by the names of their weights, whichever framework wrote it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gatedrnn.arguments import as_path
from gatedrnn.convert import keras, onnx, onnx_graph, saved
from gatedrnn.convert.equinox import NAMES, from_equinox
from gatedrnn.convert.found import Found
from gatedrnn.convert.keras_settings import Settings, activation_of, settings
from gatedrnn.convert.named_trees import of_flax, of_haiku
from gatedrnn.convert.orders import ORDERS, Convention
from gatedrnn.convert.read import read_weights
from gatedrnn.convert.safetensors import opened
from gatedrnn.convert.torch import NAME, from_torch
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np

    from gatedrnn.types import Layer, Params

KERAS = re.compile(r"(?P<start>.*?)(?P<kernel>vars/0|kernel(:0)?)")
"""The name of a kernel of Keras's, which a recurrent kernel stands beside."""
BESIDE = {
    "vars/0": ("vars/1", "vars/2"),
    "kernel": ("recurrent_kernel", "bias"),
    "kernel:0": ("recurrent_kernel:0", "bias:0"),
}
KINDS = {1: "SimpleRNN", 3: "GRU", 4: "LSTM"}
SHORTENED = re.compile(r"(?P<start>.*?)w_ih")
NUMBERED = re.compile(r"_cell_\d+(?=/)")
"""Keras 2 numbers the cells of a model through, those of both directions apart: the number does not pair them."""


class Recurrent(NamedTuple):
    """One recurrent layer, or several on top of each other, as a file has it."""

    name: str
    """What stands before the names of its weights."""
    convention: Convention
    layer: Layer
    params: Params
    weights: dict[str, tuple[int, ...]]
    """The shapes of its arrays in the file."""
    has_bias: bool
    says_activation: bool
    """Whether the file says what the convention leaves open."""


class Contents(NamedTuple):
    """A file's arrays and what was made of them."""

    path: Path
    shapes: dict[str, tuple[int, ...]]
    dtypes: tuple[str, ...]
    recurrent: list[Recurrent]
    refused: dict[str, str]
    """Why weights that look recurrent are none that we have, by what stands before their names."""


def contents(path: Path | str) -> Contents:
    """Return what a file of weights holds.

    Args:
        path: a file that ``read_weights`` takes.

    Raises:
        InputError: where there is no such file, or it is damaged.
        MissingPackageError: where the package that reads it is missing.

    Example:
        >>> import tempfile, numpy as np
        >>> shapes = {"weight_ih_l0": (12, 2), "weight_hh_l0": (12, 3)}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(f"{folder}/weights.npz", **{f"rnn.{name}": np.zeros(shape) for name, shape in shapes.items()})
        ...     found = contents(f"{folder}/weights.npz")
        >>> [(one.name, one.layer.cell.hidden) for one in found.recurrent]
        [('rnn.', 3)]
    """
    path = as_path("path", path)
    arrays = read_weights(path)
    recurrent, refused = [], {}
    ending = path.suffix.lower()
    if ending == ".safetensors" and "gatedrnn" in _metadata(path):
        layer, params = saved.load(path)
        has_bias = any(name.endswith(".b") for name in arrays)
        recurrent.append(Recurrent("", ORDERS["gatedrnn"], layer, params, _shapes(arrays), has_bias, True))
    else:
        said = settings(path) if ending in (".keras", ".h5", ".hdf5") else Settings({}, {})
        named = (
            *_of_torch(arrays),
            *_of_shortened(arrays),
            *_of_keras(arrays, said),
            *of_flax(arrays),
            *of_haiku(arrays),
        )
        for one in _of_onnx(path) if ending == ".onnx" else named:
            try:
                layer, params = one.build()
            except InputError as error:
                refused[one.name] = str(error)
            else:
                shapes = _shapes(one.weights)
                known = one.has_bias, one.says_activation
                recurrent.append(Recurrent(one.name, one.convention, layer, params, shapes, *known))
    dtypes = sorted({str(array.dtype) for array in arrays.values()})
    return Contents(path, _shapes(arrays), tuple(dtypes), recurrent, refused)


def _metadata(path: Path) -> Mapping[str, str]:
    with opened(path) as file:
        return file.metadata() or {}


def _shapes(arrays: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(array.shape) for name, array in arrays.items()}


def _of_torch(arrays: Mapping[str, np.ndarray]) -> Iterator[Found]:
    """Yield the modules of PyTorch's, and Equinox's cells, whose weights have the same names but for the bias."""
    prefixes = dict.fromkeys(match["prefix"] for name in arrays if (match := NAME.fullmatch(name)))
    for prefix in prefixes:
        if f"{prefix}bias" in arrays:
            fields = {name: arrays[f"{prefix}{name}"] for name in NAMES if f"{prefix}{name}" in arrays}
            named = {f"{prefix}{name}": array for name, array in fields.items()}
            yield Found(prefix, ORDERS["equinox"], named, True, partial(from_equinox, fields))
            continue
        part = re.compile(re.escape(prefix) + r"(weight|bias)_(ih|hh|hr)(_l\d+(_reverse)?)?")
        weights = {name: array for name, array in arrays.items() if part.fullmatch(name)}
        has_bias = any("bias_" in name for name in weights)
        yield Found(prefix, ORDERS["torch"], weights, has_bias, partial(from_torch, weights, prefix=prefix))


def _of_shortened(arrays: Mapping[str, np.ndarray]) -> Iterator[Found]:
    """Yield weights under names of PyTorch's that somebody shortened: whether gates are PyTorch's, no name says."""
    for name in arrays:
        match = SHORTENED.fullmatch(name)
        names = [f"{match['start']}{one}" for one in ("w_ih", "w_hh", "b_ih", "b_hh")] if match else []
        weights = {one: arrays[one] for one in names if one in arrays}
        if names[:2] == [*weights][:2] != []:
            yield Found(
                names[0].removesuffix("w_ih"), ORDERS["torch"], weights, len(weights) > 2, partial(_ask, weights)
            )


def _ask(weights: Mapping[str, Any]) -> tuple[Layer, Params]:
    raise InputError(
        f"weights: expected names that say whose they are, got {', '.join(weights)}; "
        "if they are PyTorch's, from_torch takes them as weight_ih, weight_hh, bias_ih and bias_hh"
    )


def _of_onnx(path: Path) -> Iterator[Found]:
    """Yield operators, those together that follow each other."""
    for chain in onnx_graph.chains(onnx_graph.graph_of(path)):
        weights = {
            name: one.arrays[key]
            for one in chain
            for key, name in zip(onnx_graph.WEIGHTS, one.node.input[1:], strict=False)
            if key in one.arrays
        }
        has_bias = any("B" in one.arrays for one in chain)
        yield Found(chain[0].name, ORDERS["onnx"], weights, has_bias, partial(onnx.layer_of, chain))


def _of_keras(arrays: Mapping[str, np.ndarray], said: Settings) -> Iterator[Found]:
    """Yield the recurrent layers of Keras's, both directions together."""
    ends = {match["start"]: match["kernel"] for name in arrays if (match := KERAS.fullmatch(name))}
    pairs = _pairs(list(ends))
    for start, kernel in ends.items():
        if start.startswith("optimizer") or start in pairs.values():
            continue
        starts = [start, pairs[start]] if start in pairs else [start]
        names = [f"{one}{part}" for one in starts for part in (kernel, *BESIDE[kernel])]
        weights = {name: arrays[name] for name in names if name in arrays}
        shapes = [weights[name].shape for name in names[:2] if name in weights]
        if len(shapes) < 2 or [len(shape) for shape in shapes] != [2, 2] or shapes[0][1] != shapes[1][1]:
            continue
        gates, rest = divmod(shapes[1][1], max(shapes[1][0], 1))
        if rest or gates not in KINDS:
            continue
        bias = weights.get(names[2])
        is_cudnn = gates > 1 and bias is not None and bias.shape == (2 * shapes[1][1],)
        convention = ORDERS["keras_cudnn" if is_cudnn else "keras"]
        given = said.of(start)
        build = partial(_from_keras, list(weights.values()), KINDS[gates], given or {})
        yield Found(start, convention, weights, bias is not None, build, given is not None)


def _pairs(starts: Sequence[str]) -> dict[str, str]:
    """Return the backward cell of each forward one; of several in one layer, in the order of their numbers."""
    layers: dict[str, list[str]] = {}
    for start in sorted(starts, key=_number):
        layers.setdefault(NUMBERED.sub("_cell", start), []).append(start)
    found = {}
    for layer, forward in layers.items():
        backward = layers.get(layer.replace("forward_", "backward_"), []) if "forward_" in layer else []
        found |= dict(zip(forward, backward, strict=False))
    return found


def _number(start: str) -> int:
    numbers = NUMBERED.findall(start)
    return int(numbers[-1].rpartition("_")[2]) if numbers else -1


def _from_keras(weights: list[np.ndarray], kind: Any, given: Mapping[str, Any]) -> tuple[Layer, Params]:
    return keras.from_keras(weights, kind, activation=activation_of(given))
