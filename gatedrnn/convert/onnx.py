"""ONNX's operators LSTM and GRU: found in a model, with their weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatedrnn.convert import directions
from gatedrnn.convert.orders import ORDERS, reordered
from gatedrnn.convert.recurrent import Depth, Direction, array_of, built, of_shape
from gatedrnn.errors import InputError, MissingPackageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gatedrnn.types import Layer, Params

OURS, THEIRS = ORDERS["gatedrnn"], ORDERS["onnx"]
GATES = {"LSTM": 4, "GRU": 3}
WEIGHTS = ("W", "R", "B")
"""What the operators' inputs are called that come after the sequence."""
ACTIVATIONS = {"LSTM": ["sigmoid", "tanh", "tanh"], "GRU": ["sigmoid", "tanh"]}
PASSED = ("Transpose", "Reshape", "Squeeze", "Identity", "Dropout", "Cast")
"""What may stand between an operator's output and the next one's input."""
MERGED = [0, 2, 1, 3]
"""The transposition after which both directions of a step lie side by side."""


class Operator(NamedTuple):
    """One LSTM or GRU of a model."""

    name: str
    node: Any
    arrays: dict[str, np.ndarray]
    """``W [D, G*H, I]``, ``R [D, G*H, H]`` and ``B [D, 2*G*H]``, as far as they are constants."""
    follows: str | None
    """The output that it reads, where that is another operator's, both directions side by side."""


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
            cells have not: peepholes, other activations, ``clip``, ``input_forget``, a reverse direction alone.
        MissingPackageError: where onnx is missing.

    Source: the operators LSTM 1 to 22 and GRU 1 to 22 of ONNX.

    Example:
        >>> import jax, gatedrnn as gr
        >>> from gatedrnn.convert import to_onnx
        >>> layer = gr.chain(gr.bidirectional(gr.GRU(3)), gr.scan(gr.LSTM(2)))
        >>> from_onnx(to_onnx(layer, layer.init(jax.random.key(0), in_dim=2)))[0] == layer
        True
    """
    found = chains(graph_of(model))
    names = [chain[0].name for chain in found]
    if name is None and len(found) != 1:
        raise InputError(f"name: expected one of {', '.join(map(repr, names)) or 'none'}, got None")
    if name is not None and name not in names:
        raise InputError(f"name: expected one of {', '.join(map(repr, names)) or 'none'}, got {name!r}")
    return layer_of(found[0 if name is None else names.index(name)])


def layer_of(chain: Sequence[Operator]) -> tuple[Layer, Params]:
    """Return the layer and the parameters of operators that follow each other; errors as in `from_onnx`."""
    return built([_depth(operator) for operator in chain])


def package() -> Any:
    """Return the package onnx.

    Raises:
        MissingPackageError: where it is missing.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingPackageError("models of ONNX need onnx: pip install 'gatedrnn[convert-onnx]'") from error
    return onnx


def graph_of(model: Path | str | bytes) -> Any:
    """Return the graph of a model.

    Raises:
        InputError: where it is no model of ONNX.
        MissingPackageError: where onnx is missing.
    """
    onnx = package()
    try:
        return (onnx.load_model_from_string(model) if isinstance(model, bytes) else onnx.load_model(model)).graph
    except OSError as error:
        raise InputError(f"model: expected a file, got {model!s} ({error.strerror})") from error
    except Exception as error:  # of protobuf's own classes
        where = "" if isinstance(model, bytes) else f" in {model}"
        raise InputError(f"model: expected a model of ONNX, got something else{where} ({error})") from error


def arrays_of(graph: Any) -> dict[str, np.ndarray]:
    """Return the arrays of a graph by name, those of graphs inside it left out."""
    return {one.name: package().numpy_helper.to_array(one) for one in graph.initializer}


def chains(graph: Any) -> list[list[Operator]]:
    """Return the LSTM and GRU operators of a graph, those together that follow each other."""
    found: list[list[Operator]] = []
    for operator in _operators(graph, {}, package()):
        for chain in found:
            if operator.follows and operator.follows == chain[-1].node.output[0]:
                chain.append(operator)
                break
        else:
            found.append([operator])
    return found


def _operators(graph: Any, outer: Mapping[str, Any], onnx: Any) -> Iterator[Operator]:
    """Yield the operators of a graph and of those inside it, which see its constants."""
    constants = {**outer, **{one.name: one for one in graph.initializer}}
    makers = {output: node for node in graph.node for output in node.output}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].HasField("t"):
            constants[node.output[0]] = node.attribute[0].t
        if node.op_type == "Identity" and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
        if node.op_type in GATES and node.domain in ("", "ai.onnx"):
            held = zip(WEIGHTS, node.input[1:], strict=False)
            arrays = {key: onnx.numpy_helper.to_array(constants[name]) for key, name in held if name in constants}
            yield Operator(node.name or node.output[0], node, arrays, _followed(node.input[0], makers))
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _operators(attribute.g, constants, onnx)


def _followed(name: str, makers: Mapping[str, Any]) -> str | None:
    """Return the output of an operator that comes in by this name, in shape alone changed on the way."""
    merged = False
    while name in makers and makers[name].op_type in PASSED:
        given = _attributes(makers[name])
        merged = merged or given.get("perm") == MERGED
        name = makers[name].input[0]
    if name not in makers or makers[name].op_type not in GATES or makers[name].output[0] != name:
        return None
    both = _attributes(makers[name]).get("direction") == "bidirectional"
    return name if merged or not both else None


def _attributes(node: Any) -> dict[str, Any]:
    """Return the attributes of a node by name, texts as texts."""
    found: dict[str, Any] = {}
    for one in node.attribute:
        value = {1: one.f, 2: one.i, 3: one.s.decode(errors="replace"), 6: list(one.floats), 7: list(one.ints)}
        found[one.name] = [text.decode(errors="replace") for text in one.strings] or value.get(one.type)
    return found


def _depth(operator: Operator) -> Depth:
    kind, given = operator.node.op_type, _attributes(operator.node)
    _refuse_unlike(operator, kind, given)
    w, r = (of_shape(key, array_of(key, operator.arrays), None, None, None) for key in WEIGHTS[:2])
    count = 2 if given.get("direction") == "bidirectional" else 1
    hidden = r.shape[2]
    of_shape("W", w, count, GATES[kind] * hidden, None)
    of_shape("R", r, count, GATES[kind] * hidden, hidden)
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
    ):
        if wrong:
            raise InputError(f"{operator.name}: expected {expected}")
    for key, name in zip(WEIGHTS, operator.node.input[1:], strict=False):
        if name and key not in operator.arrays:
            raise InputError(f"{operator.name}: expected constants as {key}, got what the model computes or is given")
