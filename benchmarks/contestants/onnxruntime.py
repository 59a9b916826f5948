"""ONNX Runtime on all cores: a graph of the operator LSTM or GRU with its weights as constants; forward only."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from shapes import Pass
from timing import cores

from contestants.contestant import Contestant, Problem, Program
from gatedrnn.convert.orders import ORDERS

OPSET, IR_VERSION = 14, 8


def graph(problem: Problem) -> bytes:
    """Return the model: weights ``[1, G*H, I]``, two biases, reset after the product."""
    from onnx import TensorProto, helper, numpy_helper

    params = problem.blocks(ORDERS["onnx"].lstm if problem.cell == "LSTM" else ORDERS["onnx"].gru)
    weights = {
        "W": params.w_x.T[None],
        "R": params.w_h.T[None],
        "B": np.concatenate([params.b, np.zeros_like(params.b)])[None],
    }
    options: dict[str, Any] = {} if problem.cell == "LSTM" else {"linear_before_reset": 1}
    batch, length, in_dim, hidden = problem.shape
    node = helper.make_node(problem.cell, ["X", *weights], ["Y"], hidden_size=hidden, **options)
    built = helper.make_graph(
        [node],
        problem.cell,
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [length, batch, in_dim])],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, [length, 1, batch, hidden])],
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in weights.items()],
    )
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(built, opset_imports=opset, ir_version=IR_VERSION).SerializeToString()


def program(problem: Problem, which: Pass) -> Program:
    """Return the forward pass."""
    import onnxruntime

    assert which == "forward"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    model = graph(problem)
    started = time.perf_counter()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def call() -> Any:
        return session.run(None, {"X": problem.xs})[0]

    call()
    return Program(call, time.perf_counter() - started, None, lambda ys: ys[:, 0])


CONTESTANT = Contestant("onnxruntime", program, passes=("forward",))
