"""Wrong weights, in tables: of each framework one that lacks, or is of another shape or type; and files of layers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

import gatedrnn as gr
from gatedrnn import convert
from tests.helpers.wrong_cells import KEY, Row
from tests.helpers.wrong_faces import NO_FLAGS


def of_weights() -> Iterator[Row]:
    """Weights of which one lacks or is another, of each framework; and how they are read and written."""
    any_of: Any = convert
    layer = gr.scan(gr.LSTM(4))
    params = layer.init(KEY, 3)
    before = gr.scan(gr.GRU(4, reset="before"))
    whole = {name: getattr(any_of, f"to_{name}")(layer, params) for name in ("torch", "equinox")}
    whole["haiku"] = any_of.to_haiku(layer, params)["lstm/linear"]
    for name, held in whole.items():
        read = getattr(any_of, f"from_{name}")
        if name == "haiku":
            read = lambda arrays, read=read: read({"lstm/linear": arrays})  # noqa: E731
        for one in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "weight_ih", "weight_hh", "bias", "w", "b"):
            if one not in held:
                continue
            lacks = {key: value for key, value in held.items() if key != one}
            if (name, one) != ("equinox", "bias"):  # a cell without biases
                yield "weights", lambda read=read, lacks=lacks: read(lacks)
            array = np.asarray(held[one])
            for wrong in (
                *(array[:0], array[None], array.astype(int), array.astype(complex), array.astype(object)),
                *(array.astype(str), array > 0, None, "weights", 3.0, [[1.0], [1.0, 2.0]]),
            ):
                if (name, one, wrong is None) != ("equinox", "bias", True):
                    yield "weights", lambda read=read, held=held, one=one, wrong=wrong: read({**held, one: wrong})
    kernels = any_of.to_keras(layer, params)
    for wrong in (None, 3, "weights", [], kernels[:1], [*kernels, *kernels[:2]], kernels[::-1], {"kernel": kernels[0]}):
        yield "weights", lambda wrong=wrong: any_of.from_keras(wrong, "LSTM")
    yield "weights", lambda: any_of.from_keras([kernels[0].astype(int), *kernels[1:]], "LSTM")
    for wrong in ("lstm", None, 3, "MGU"):
        yield "kind", lambda wrong=wrong: any_of.from_keras(kernels, wrong)
    yield "activation", lambda: any_of.from_keras(kernels, "LSTM", activation="gelu")
    flat = any_of.to_jax_rnn(layer, params)
    for wrong in (None, flat[:-1], flat[None], flat.astype(int), "weights"):
        yield "weights", lambda wrong=wrong: any_of.from_jax_rnn(wrong, 3, 4, 1, bidirectional=False)
    for k, name in enumerate(("input_size", "hidden_size", "num_layers")):
        for wrong in (0, 2.0, "3", None):
            sizes = [wrong if n == k else size for n, size in enumerate((3, 4, 1))]
            yield name, lambda sizes=sizes: any_of.from_jax_rnn(flat, *sizes, bidirectional=False)
    yield "bidirectional", lambda: any_of.from_jax_rnn(flat, 3, 4, 1, bidirectional="no")
    for wrong in (3, ("a",), "net."):
        yield "prefix", lambda wrong=wrong: any_of.from_torch(whole["torch"], prefix=wrong)
    for wrong in ("gelu", None, 3):
        yield "nonlinearity", lambda wrong=wrong: any_of.from_torch(whole["torch"], nonlinearity=wrong)
    for wrong in (3, ("a",)):
        yield "prefix", lambda wrong=wrong: any_of.from_haiku(any_of.to_haiku(layer, params), prefix=wrong)
    for wrong in NO_FLAGS:
        for writes in (any_of.to_torch, any_of.to_keras, any_of.to_equinox):
            yield "bias", lambda writes=writes, wrong=wrong: writes(layer, params, bias=wrong)
        yield "cudnn", lambda wrong=wrong: any_of.to_keras(layer, params, cudnn=wrong)
    for wrong in ("LSTM", None, 3):
        yield "lstm", lambda wrong=wrong: any_of.to_nnx(layer, params, lstm=wrong)
    for writes in (any_of.to_torch, any_of.to_equinox, any_of.to_jax_rnn):
        yield "layer", lambda writes=writes: writes(before, before.init(KEY, 3))
    yield "layer", lambda: any_of.to_haiku(gr.scan(gr.GRU(4)), gr.GRU(4).init(KEY, 3))


def of_weights_of_flax() -> Iterator[Row]:
    """The same of the parameters of Flax's modules, each kernel and bias of each gate."""
    any_of: Any = convert
    layer = gr.scan(gr.GRU(4))
    params = layer.init(KEY, 3)
    for name in ("linen", "nnx"):
        read, held = getattr(any_of, f"from_{name}"), getattr(any_of, f"to_{name}")(layer, params)
        leaves, structure = jax.tree.flatten_with_path(held)
        for k, (path, leaf) in enumerate(leaves):
            array = np.asarray(leaf)
            for wrong in (array[:0], array[None], array.astype(int), array.astype(complex), array.astype(str)):
                given = [wrong if n == k else each for n, (_, each) in enumerate(leaves)]
                yield "weights", lambda read=read, given=given, structure=structure: read(structure.unflatten(given))
            lacks = _without(held, [part.key for part in path])
            if [part.key for part in path][-1] == "kernel":
                yield "", lambda read=read, lacks=lacks: read(lacks)


def of_files(folder: Path) -> Iterator[Row]:
    """Layers that no file holds, and places of none."""
    any_of: Any = convert
    layer = gr.scan(gr.LSTM(4))
    params = layer.init(KEY, 3)
    for wrong in (None, gr.LSTM(4), gr.dense(3), "layer", gr.scan(gr.LSTM(4), reverse=True)):
        yield "layer", lambda wrong=wrong: any_of.save(folder / "x.safetensors", wrong, params)
    for wrong in (None, "params", (), params._asdict(), params._replace(b=params.b.astype(int))):
        yield "params", lambda wrong=wrong: any_of.save(folder / "x.safetensors", layer, wrong)
    for wrong in (b"model", np.ones(3), ["a"], 3, folder, folder / "none.onnx"):
        yield "model", lambda wrong=wrong: any_of.from_onnx(wrong)
    for wrong in (3, "other", ("a",)):
        yield "name", lambda wrong=wrong: any_of.from_onnx(any_of.to_onnx(layer, params), name=wrong)


def _without(tree: dict[str, Any], path: list[str]) -> dict[str, Any]:
    first, *rest = path
    if rest:
        return {**tree, first: _without(tree[first], rest)}
    return {name: value for name, value in tree.items() if name != first}
