"""ONNX's operators LSTM and GRU: found in a model, with their weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.convert import directions
from gatedrnn.convert.onnx_graph import GATES, WEIGHTS, Operator, attributes, chains, graph_of
from gatedrnn.convert.orders import ORDERS, reordered
from gatedrnn.convert.recurrent import Depth, Direction, array_of, built, of_shape
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatedrnn.types import Layer, Params

OURS, THEIRS = ORDERS["gatedrnn"], ORDERS["onnx"]
ACTIVATIONS = {"LSTM": ["sigmoid", "tanh", "tanh"], "GRU": ["sigmoid", "tanh"]}


def from_onnx(model: Path | str | bytes, *, name: str | None = None) -> tuple[Layer, Params]:
    """Return the layer and the parameters of the LSTM and GRU operators of a model that follow each other.

    A GRU's reset gate is after the product where ``linear_before_reset`` is 1. Biases are added up, but for the
    candidate's of such a GRU. Parameters have the types of the weights. Time is axis 0 of the layer, whatever the model
    does before and after its operators.

    Args:
        model: a file, or the bytes of one.
        name: the name of the first operator, where the model has several that do not follow each other.

    Raises:
        InputError: where it is no model, no such operator is in it, its weights are no constants, or it has what our
            cells have not: peepholes, other activations, ``clip``, ``input_forget``, a reverse direction alone, or
            initial states that are constants and not zeros; where those are of another width than the weights.
        MissingPackageError: where onnx is missing.

    Source: the operators LSTM 1 to 22 and GRU 1 to 22 of ONNX.

    Example:
        >>> import jax, gatedrnn as gr
        >>> from gatedrnn.convert import to_onnx
        >>> layer = gr.chain(gr.bidirectional(gr.GRU(3)), gr.scan(gr.LSTM(2)))
        >>> from_onnx(to_onnx(layer, layer.init(jax.random.key(0), in_dim=2)))[0] == layer
        True
    """
    graph = graph_of(model)
    found = chains(graph)
    if not found:
        others = ", ".join(sorted({node.op_type for node in graph.node})) or "none"
        raise InputError(f"model: expected one with an operator LSTM or GRU, got operators {others}")
    names = [chain[0].name for chain in found]
    if name is None and len(found) != 1:
        raise InputError(f"name: expected one of {', '.join(map(repr, names))}, got None")
    if name is not None and name not in names:
        raise InputError(f"name: expected one of {', '.join(map(repr, names))}, got {name!r}")
    return layer_of(found[0 if name is None else names.index(name)])


def layer_of(chain: Sequence[Operator]) -> tuple[Layer, Params]:
    """Return the layer and the parameters of operators that follow each other; errors as in `from_onnx`."""
    return built([_depth(operator) for operator in chain])


def _depth(operator: Operator) -> Depth:
    kind, given = operator.node.op_type, attributes(operator.node)
    _refuse_unlike(operator, kind, given)
    w, r = (of_shape(key, array_of(key, operator.arrays), None, None, None) for key in WEIGHTS[:2])
    count = 2 if given.get("direction") == "bidirectional" else 1
    hidden = r.shape[2]
    of_shape("W", w, count, GATES[kind] * hidden, None)
    of_shape("R", r, count, GATES[kind] * hidden, hidden)
    if any(width not in (None, hidden) for width in operator.start_widths):
        # PyTorch 2.13 writes an LSTM with proj_size so, and leaves out a part of its weights.
        widths = ", ".join(map(str, operator.start_widths))
        raise InputError(f"{operator.name}: expected initial states of {hidden} units, as R has, got {widths}")
    rows = 2 * GATES[kind] * hidden
    has_bias = len(operator.node.input) > 3 and operator.node.input[3]
    b = of_shape("B", array_of("B", operator.arrays), count, rows) if has_bias else np.zeros((count, rows), w.dtype)
    is_after = bool(given.get("linear_before_reset", 0))
    return tuple(_direction(kind, w[k].T, r[k].T, b[k].reshape(2, -1), is_after=is_after) for k in range(count))


def _direction(kind: str, w_x: np.ndarray, w_h: np.ndarray, b: np.ndarray, *, is_after: bool) -> Direction:
    orders = (THEIRS.lstm, OURS.lstm) if kind == "LSTM" else (THEIRS.gru, OURS.gru)
    w_x, w_h, b = (reordered(array, *orders) for array in (w_x, w_h, b))
    if kind == "LSTM":
        return directions.lstm(w_x, w_h, b.sum(axis=0), WEIGHTS)
    if is_after:
        return directions.gru_of_two_biases(w_x, w_h, b[0], b[1], WEIGHTS)
    return directions.gru(w_x, w_h, b.sum(axis=0), None, WEIGHTS)


def _refuse_unlike(operator: Operator, kind: str, given: Mapping[str, Any]) -> None:
    """Refuse what our cells have not."""
    count = 2 if given.get("direction") == "bidirectional" else 1
    activations = [text.lower() for text in given.get("activations") or ACTIVATIONS[kind] * count]
    peepholes = operator.node.input[7:8]
    for wrong, expected in (
        (given.get("direction") == "reverse", "a direction that is forward or bidirectional, got reverse"),
        (activations != ACTIVATIONS[kind] * count, f"activations {ACTIVATIONS[kind]}, got {activations}"),
        ("clip" in given, f"no clip, got {given.get('clip')}"),
        (bool(given.get("input_forget")), "an input gate of its own, got input_forget"),
        (bool(peepholes and peepholes[0]), "no peepholes, got P"),
        (operator.is_started, "initial states of zeros or given as inputs, got constants that are others"),
    ):
        if wrong:
            raise InputError(f"{operator.name}: expected {expected}")
    for key, name in zip(WEIGHTS, operator.node.input[1:], strict=False):
        if name and key not in operator.arrays:
            raise InputError(f"{operator.name}: expected constants as {key}, got what the model computes or is given")
