"""Layers as models of ONNX: the operators LSTM and GRU, one for each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.cells.gru import GRUResetAfter
from gatedrnn.cells.gru_reset_before import GRUResetBefore
from gatedrnn.cells.lstm import LSTM
from gatedrnn.convert.directions import two_biases
from gatedrnn.convert.onnx_graph import package
from gatedrnn.convert.orders import ORDERS, reordered
from gatedrnn.convert.recurrent import Depth, taken_apart, with_activation
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from gatedrnn.types import Layer, Params

OPSET, IR_VERSION = 14, 8
"""The operators' set of ONNX 1.9, of 2021, whose LSTM and GRU are those of today."""
MERGED = [0, 2, 1, 3]
"""The transposition after which both directions of a step lie side by side."""
OURS, THEIRS = ORDERS["gatedrnn"], ORDERS["onnx"]


def to_onnx(layer: Layer, params: Params) -> bytes:
    """Return a model of ONNX, opset 14, that computes what the layer does, as its file has it.

    Its input is ``xs [T, B, I]``, with T and B of any size; its outputs are ``ys [T, B, O]`` and the final states of
    each layer, ``h_0 [D, B, H]`` and, of an LSTM, ``c_0``, where D counts directions. States start as zeros. Each layer
    is one operator LSTM or GRU; a GRU says by ``linear_before_reset`` that its reset gate is after the product.

    Args:
        layer: LSTM and GRU layers on top of each other, each in one direction or both.
        params: the parameters of the layer, whose type is the model's: ONNX Runtime has float32 alone.

    Raises:
        InputError: where ONNX has no such operator, or both directions of a layer are not of one cell and size.
        MissingPackageError: where onnx is missing.

    Source: the operators LSTM 14 and GRU 14 of ONNX.

    Example:
        >>> import jax, gatedrnn as gr
        >>> layer = gr.bidirectional(gr.GRU(3))
        >>> model = to_onnx(layer, layer.init(jax.random.key(0), in_dim=2))
        >>> type(model).__name__
        'bytes'
    """
    onnx = package()
    depths = taken_apart(layer, params, "ONNX")
    for depth in depths:
        _refuse_unlike(depth)
    first: Any = depths[0][0].params
    kind = onnx.helper.np_dtype_to_tensor_dtype(first.w_x.dtype)
    if kind not in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16):
        raise InputError(f"params: expected float16, float32 or float64, which ONNX's LSTM has; got {first.w_x.dtype}")
    nodes, constants, states = [], [], []
    for k, depth in enumerate(depths):
        made, held, ends = _layer(depth, k, last=k == len(depths) - 1)
        nodes, constants = nodes + made, constants + held
        shape = [len(depth), "B", depth[0].cell.out_dim]
        states += [onnx.helper.make_tensor_value_info(end, kind, shape) for end in ends]
    width = sum(one.cell.out_dim for one in depths[-1])
    xs, ys = (
        onnx.helper.make_tensor_value_info(name, kind, ["T", "B", size])
        for name, size in (("xs", first.w_x.shape[0]), ("ys", width))
    )
    graph = onnx.helper.make_graph(nodes, "gatedrnn", [xs], [ys, *states], constants)
    opset = [onnx.helper.make_opsetid("", OPSET)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="gatedrnn")
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def _layer(depth: Depth, k: int, *, last: bool) -> tuple[list[Any], list[Any], list[str]]:
    """Return the nodes of the k-th layer, their constants, and the names of its final states."""
    onnx = package()
    arrays, options, states = _operator(depth, k)
    operator = "LSTM" if isinstance(depth[0].cell, LSTM) else "GRU"
    given, made = "xs" if k == 0 else f"x_{k}", "ys" if last else f"x_{k + 1}"
    # [T, D, B, H] to [T, B, D*H]; a zero keeps an axis.
    arrays[f"shape_{k}"] = np.array([0, 0, depth[0].cell.out_dim * len(depth)])
    *weights, shape = arrays
    nodes = [
        onnx.helper.make_node(operator, [given, *weights], [f"y_{k}", *states], name=f"layer_{k}", **options),
        onnx.helper.make_node("Transpose", [f"y_{k}"], [f"by_batch_{k}"], perm=MERGED),
        onnx.helper.make_node("Reshape", [f"by_batch_{k}", shape], [made]),
    ]
    return nodes, [onnx.numpy_helper.from_array(array, name) for name, array in arrays.items()], states


def _refuse_unlike(depth: Depth) -> None:
    """Refuse cells that ONNX has not, and directions that one operator can't hold together."""
    for one in depth:
        with_activation(one.cell, (LSTM, GRUResetAfter, GRUResetBefore), ("tanh",), "ONNX")
    cells = [(type(one.cell), one.cell.out_dim) for one in depth]
    if len(set(cells)) > 1:
        raise InputError(
            f"layer: expected the same cell in both directions, as in one operator of ONNX; got "
            f"{depth[0].cell!r} and {depth[1].cell!r}"
        )


def _operator(depth: Depth, k: int) -> tuple[dict[str, np.ndarray], dict[str, Any], list[str]]:
    """Return the weights of a layer's operator by name, its attributes, and the names of its final states."""
    cell, is_lstm = depth[0].cell, isinstance(depth[0].cell, LSTM)
    given, wanted = (OURS.lstm, THEIRS.lstm) if is_lstm else (OURS.gru, THEIRS.gru)

    def stacked(arrays: list[np.ndarray]) -> np.ndarray:
        return np.ascontiguousarray(np.stack([reordered(array, given, wanted).T for array in arrays]))

    params: list[Any] = [one.params for one in depth]
    arrays = {
        f"W_{k}": stacked([p.w_x for p in params]),
        f"R_{k}": stacked([p.w_h for p in params]),
        f"B_{k}": np.stack([reordered(two_biases(one), given, wanted).ravel() for one in depth]),
    }
    options = {"hidden_size": cell.out_dim, "direction": "bidirectional" if len(depth) > 1 else "forward"}
    if not is_lstm:
        options["linear_before_reset"] = int(isinstance(cell, GRUResetAfter))
    return arrays, options, [f"h_{k}", f"c_{k}"] if is_lstm else [f"h_{k}"]
