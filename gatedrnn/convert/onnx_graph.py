"""The LSTM and GRU operators in the graph of an ONNX model: their constants, and which follow each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gatedrnn.errors import InputError, needed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np

GATES = {"LSTM": 4, "GRU": 3}
WEIGHTS = ("W", "R", "B")
"""What the operators' inputs are called that come after the sequence."""
PASSED = ("Transpose", "Reshape", "Squeeze", "Identity", "Dropout", "Cast")
"""What may stand between an operator's output and the next one's input."""
SPREAD = (*PASSED, "Expand", "Tile", "Slice", "Unsqueeze")
"""What may stand between a constant and the initial states that are made of it."""
OUTPUTS, INPUTS = ("TDBH", "BTDH"), ("TBH", "BTH")
"""The axes of what operators put out and take, by their attribute ``layout``; D counts directions."""


class Operator(NamedTuple):
    """One LSTM or GRU of a model."""

    name: str
    node: Any
    arrays: dict[str, np.ndarray]
    """``W [D, G*H, I]``, ``R [D, G*H, H]`` and ``B [D, 2*G*H]``, as far as they are constants."""
    follows: str | None
    """The output that it reads, where that is another operator's, both directions side by side."""
    is_started: bool
    """Whether constants that are not zeros are its initial states."""
    start_widths: list[int | None]
    """How many units its initial states have, None where constants don't tell it."""


def package() -> Any:
    """Return the package onnx.

    Raises:
        MissingPackageError: where it is missing.
    """
    with needed("models of ONNX need onnx", "onnx", "gatedrnn[convert-onnx]"):
        import onnx
    return onnx


def graph_of(model: Path | str | bytes) -> Any:
    """Return the graph of a model.

    Raises:
        InputError: where it is no model of ONNX.
        MissingPackageError: where onnx is missing.
    """
    onnx = package()
    where = "" if isinstance(model, bytes) else f" in {model}"
    try:
        graph = (onnx.load_model_from_string(model) if isinstance(model, bytes) else onnx.load_model(model)).graph
    except OSError as error:
        raise InputError(f"model: expected a file, got {model!s} ({error.strerror})") from error
    except Exception as error:  # of protobuf's own classes
        raise InputError(f"model: expected a model of ONNX, got something else{where} ({error})") from error
    for name in _names(graph):
        if not isinstance(name, str):  # protobuf hands on what is no UTF-8 as bytes
            raise InputError(f"model: expected names that are text, got {name!r}{where}")
    for tensor in _tensors(graph):
        try:
            onnx.numpy_helper.to_array(tensor)
        except Exception as error:  # of any class: sizes and types that do not fit each other are not foreseen
            raise InputError(
                f"model: expected arrays of numbers, got something else as {tensor.name!r}{where} ({error})"
            ) from error
    return graph


def _tensors(graph: Any) -> Iterator[Any]:
    """Yield all arrays in a graph and in those inside it."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            yield from [attribute.t] if attribute.HasField("t") else []
            yield from _tensors(attribute.g)


def _names(graph: Any) -> Iterator[Any]:
    """Yield all names in a graph and in those inside it."""
    yield graph.name
    yield from (one.name for one in graph.initializer)
    for node in graph.node:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        for attribute in node.attribute:
            yield attribute.name
            yield from _names(attribute.g)


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
        if node.op_type in ("Constant", "ConstantOfShape") and node.attribute and node.attribute[0].HasField("t"):
            constants[node.output[0]] = node.attribute[0].t
        if node.op_type == "Identity" and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
        if node.op_type in GATES and node.domain in ("", "ai.onnx"):
            held = zip(WEIGHTS, node.input[1:], strict=False)
            arrays = {key: onnx.numpy_helper.to_array(constants[name]) for key, name in held if name in constants}
            starts = [constants.get(_spread(name, makers)) for name in node.input[5:7]]
            is_started = any(one is not None and onnx.numpy_helper.to_array(one).any() for one in starts)
            widths = [_width(name, makers, constants) for name in node.input[5:7]]
            yield Operator(node.name or node.output[0], node, arrays, _followed(node, makers), is_started, widths)
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _operators(attribute.g, constants, onnx)


def _spread(name: str, makers: Mapping[str, Any]) -> str:
    """Return what initial states are made of, by the name of their first source."""
    while name in makers and makers[name].op_type in SPREAD:
        name = makers[name].input[0]
    return name


def _width(name: str, makers: Mapping[str, Any], constants: Mapping[str, Any]) -> int | None:
    """Return the size of the last axis of initial states, where constants tell it."""
    while name in makers and makers[name].op_type in ("Identity", "Cast", "Slice"):
        node = makers[name]
        if node.op_type == "Slice" and _numbers(node.input[3:4], constants) != [0]:
            return None  # perhaps of the last axis
        name = node.input[0]
    node = makers.get(name)
    if node is None or node.op_type == "Constant":
        return (list(constants[name].dims) or [None])[-1] if name in constants else None
    sized = {"Expand": 1, "ConstantOfShape": 0}.get(node.op_type)
    if sized is None:
        return None
    shape = node.input[sized : sized + 1]
    while shape and shape[0] in makers and makers[shape[0]].op_type == "Concat":
        shape = makers[shape[0]].input[-1:]
    last = _numbers(shape, constants)[-1:]
    return last[0] if last and (last[0] > 1 or sized == 0) else None  # one of 1 leaves what Expand is given


def _numbers(names: Sequence[str], constants: Mapping[str, Any]) -> list[int]:
    """Return the whole numbers of the first of these constants; none where it is no constant."""
    if not names or names[0] not in constants:
        return []
    return [int(one) for one in package().numpy_helper.to_array(constants[names[0]]).ravel()]


def _followed(node: Any, makers: Mapping[str, Any]) -> str | None:
    """Return the output of another operator that a node reads, in shape alone changed on the way.

    Where time and batch are exchanged on the way, it reads something else: other sequences.
    """
    name, passed = node.input[0], []
    while name in makers and makers[name].op_type in PASSED:
        passed.append(makers[name])
        name = makers[name].input[0]
    if name not in makers or makers[name].op_type not in GATES or makers[name].output[0] != name:
        return None
    given = attributes(makers[name])
    axes = list(OUTPUTS[given.get("layout", 0)])
    for one in reversed(passed):
        if one.op_type == "Transpose":
            order = attributes(one).get("perm") or [*reversed(range(len(axes)))]
            if len(order) != len(axes):
                return None
            axes = [axes[k] for k in order]
        elif one.op_type in ("Reshape", "Squeeze") and "D" in axes:
            if given.get("direction") == "bidirectional" and axes[-2:] != ["D", "H"]:
                return None  # directions of one step do not lie side by side
            axes.remove("D")
    return name if axes == list(INPUTS[attributes(node).get("layout", 0)]) else None


def attributes(node: Any) -> dict[str, Any]:
    """Return the attributes of a node by name, texts as texts."""
    found: dict[str, Any] = {}
    for one in node.attribute:
        value = {1: one.f, 2: one.i, 3: one.s.decode(errors="replace"), 6: list(one.floats), 7: list(one.ints)}
        found[one.name] = [text.decode(errors="replace") for text in one.strings] or value.get(one.type)
    return found
