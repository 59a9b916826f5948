"""Models of ONNX against what ONNX Runtime and the standard's own reference compute with them, there and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.convert import from_onnx, to_onnx
from gatedrnn.convert.onnx_export import OPSET
from gatedrnn.convert.onnx_graph import chains, graph_of
from gatedrnn.errors import InputError
from tests.helpers.drawn import drawn

onnx = pytest.importorskip("onnx")

T, B, I, H = 5, 3, 2, 4  # noqa: E741
LAYERS = {
    "LSTM": gr.scan(gr.LSTM(H)),
    "LSTM, both directions": gr.bidirectional(gr.LSTM(H)),
    "GRU": gr.scan(gr.GRU(H)),
    "GRU, reset before, both directions": gr.bidirectional(gr.GRU(H, reset="before")),
    "LSTM on GRU on GRU": gr.chain(gr.bidirectional(gr.GRU(3)), gr.bidirectional(gr.GRU(H)), gr.scan(gr.LSTM(2))),
}


@pytest.mark.parametrize("name", LAYERS)
def test_onnx_runtime_computes_the_same(name: str) -> None:
    runtime = pytest.importorskip("onnxruntime")
    layer, xs = LAYERS[name], np.random.default_rng(1).normal(size=(T, B, I)).astype(np.float32)
    params = drawn(layer, I)
    model = to_onnx(layer, params)
    session = runtime.InferenceSession(model, providers=["CPUExecutionProvider"])
    ys, *states = session.run(None, {"xs": xs})
    carry, expected = jax.jit(layer.apply)(params, jnp.asarray(xs))
    # Five steps of ten products in up to three layers, in another order, by functions of their own: 1e-7 each.
    np.testing.assert_allclose(ys, expected, rtol=1e-5, atol=1e-5)
    carries = jax.tree.leaves(carry, is_leaf=lambda one: isinstance(one, gr.LSTMCarry))
    of_h = [one.h if isinstance(one, gr.LSTMCarry) else one for one in carries]
    of_c = [one.c for one in carries if isinstance(one, gr.LSTMCarry)]
    named = dict(zip([one.name for one in session.get_outputs()[1:]], states, strict=True))
    for start, leaves in (("h", of_h), ("c", of_c)):
        found = [row for key, state in named.items() if key.startswith(start) for row in state]
        for one, other in zip(found, leaves, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_the_standards_reference_computes_the_same_in_float64(name: str) -> None:
    from onnx.reference import ReferenceEvaluator

    with jax.enable_x64(True):
        layer, xs = LAYERS[name], np.random.default_rng(1).normal(size=(T, B, I))
        params = drawn(layer, I, "float64")
        found = ReferenceEvaluator(to_onnx(layer, params)).run(None, {"xs": xs})[0]
        # Five steps of ten products, in another order: some fifty roundings of 1e-16.
        np.testing.assert_allclose(found, layer.apply(params, jnp.asarray(xs))[1], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", LAYERS)
def test_there_and_back_is_exact(name: str, tmp_path: Path) -> None:
    layer = LAYERS[name]
    params = drawn(layer, I)
    (tmp_path / "model.onnx").write_bytes(to_onnx(layer, params))
    again, restored = from_onnx(tmp_path / "model.onnx")
    assert again == layer
    chex.assert_trees_all_equal(params, restored)


def model_of(nodes: list[Any], arrays: dict[str, np.ndarray]) -> bytes:
    """Return a model of these nodes, unchecked."""
    info = onnx.helper.make_tensor_value_info("xs", onnx.TensorProto.FLOAT, None)
    constants = [onnx.numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()]
    graph = onnx.helper.make_graph(nodes, "model", [info], [], constants)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)]).SerializeToString()


def lstm(name: str, given: str = "xs", more: tuple[str, ...] = (), **options: Any) -> Any:
    return onnx.helper.make_node("LSTM", [given, "W", "R", "B", *more], [f"{name}_y"], name=name, **options)


ARRAYS = {"W": np.zeros((1, 12, 2)), "R": np.zeros((1, 12, 3)), "B": np.ones((1, 24))}


def test_operators_are_found_in_graphs_inside_and_by_name() -> None:
    inside = onnx.helper.make_graph([lstm("inner")], "then", [], [])
    branch = onnx.helper.make_node("If", ["xs"], [], then_branch=inside, else_branch=inside)
    layer, params = from_onnx(model_of([branch, lstm("first"), lstm("second")], ARRAYS), name="first")
    assert layer == gr.scan(gr.LSTM(3))
    np.testing.assert_array_equal(params.b, np.full(12, 2.0))
    with pytest.raises(InputError, match="name: expected one of 'inner', 'inner', 'first', 'second', got None"):
        from_onnx(model_of([branch, lstm("first"), lstm("second")], ARRAYS))
    with pytest.raises(InputError, match="name: expected one of 'first', got 'last'"):
        from_onnx(model_of([lstm("first")], ARRAYS), name="last")


def test_layers_follow_each_other_where_directions_lie_side_by_side_alone() -> None:
    """Without the transposition a step's outputs in both directions would be other steps' of the next layer."""
    arrays = {name: np.concatenate([array, array]) for name, array in {**ARRAYS, "W": np.zeros((1, 12, 6))}.items()}
    ways = {"direction": "bidirectional"}
    flat = onnx.helper.make_node("Reshape", ["first_y", "B"], ["x"])
    turned = onnx.helper.make_node("Transpose", ["first_y"], ["turned"], perm=[0, 2, 1, 3])
    after = onnx.helper.make_node("Reshape", ["turned", "B"], ["x"])
    nodes = [lstm("first", **ways), lstm("second", "x", **ways)]
    assert len(from_onnx(model_of([nodes[0], turned, after, nodes[1]], arrays))[0].layers) == 2
    with pytest.raises(InputError, match="expected one of 'first', 'second'"):
        from_onnx(model_of([nodes[0], flat, nodes[1]], arrays))


@pytest.mark.parametrize(
    ("order", "layouts", "is_one"),
    [
        ([1, 0, 2], (0, 0), False),  # time and batch exchanged: the second reads along the batch
        ([1, 0, 2], (0, 1), True),
        ([0, 1, 2], (0, 0), True),
        ([0, 1, 2], (1, 1), True),
        ([0, 1, 2], (1, 0), False),
    ],
)
def test_layers_follow_each_other_where_time_stays_time_alone(order: Any, layouts: Any, is_one: bool) -> None:
    given = {**ARRAYS, "W": np.zeros((1, 12, 3)), "axis": np.array([1 + layouts[0]])}
    first, second = lstm("first", layout=layouts[0]), lstm("second", "x", layout=layouts[1])
    squeezed = onnx.helper.make_node("Squeeze", ["first_y", "axis"], ["squeezed"])
    turned = onnx.helper.make_node("Transpose", ["squeezed"], ["x"], perm=order)
    found = chains(graph_of(model_of([first, squeezed, turned, second], given)))
    assert [[one.name for one in chain] for chain in found] == (
        [["first", "second"]] if is_one else [["first"], ["second"]]
    )


def test_states_that_a_model_starts_from_are_not_left_out() -> None:
    """Zeros, and what a model is given, are a carry; numbers of its own are none of the weights."""
    started = {**ARRAYS, "start": np.ones((1, 1, 3)), "zeros": np.zeros((1, 1, 3)), "shape": np.array([1, 5, 3])}
    spread = onnx.helper.make_node("Expand", ["start", "shape"], ["h"])
    filled = onnx.helper.make_node(
        "ConstantOfShape", ["shape"], ["h"], value=onnx.numpy_helper.from_array(np.ones(1, np.float32))
    )
    for nodes in ([lstm("rnn", more=("", "start"))], [spread, lstm("rnn", more=("", "", "h"))],
                  [filled, lstm("rnn", more=("", "h"))]):  # fmt: skip
        with pytest.raises(InputError, match="rnn: expected initial states of zeros or given as inputs, got constants"):
            from_onnx(model_of(nodes, started))
    for more in (("", "zeros", "zeros"), ("", "xs"), ()):
        assert from_onnx(model_of([lstm("rnn", more=more)], started))[0] == gr.scan(gr.LSTM(3))


@pytest.mark.parametrize("width", [3, 4])
def test_states_of_another_width_than_the_weights_are_refused(width: int) -> None:
    """As PyTorch writes an LSTM with proj_size: of four units and two features it has the matrices of two units.

    Its c is constant, or made of a batch that the model is given.
    """
    arrays = {**ARRAYS, "c": np.zeros((1, 1, width)), "zero": np.zeros(()), "first": np.zeros(1, int),
              "one": np.ones(1, int), "shape": np.array([1, 1, width]), "units": np.array([width])}  # fmt: skip

    def node(kind: str, *given: str, **options: Any) -> Any:
        return onnx.helper.make_node(kind, given[:-1], given[-1:], **options)

    of_batch = [node("Shape", "xs", "batch"), node("Concat", "one", "batch", "units", "size", axis=0)]
    ways: tuple[list[Any], ...] = (
        [node("Identity", "c", "states")],
        [node("ConstantOfShape", "shape", "states")],
        [node("Expand", "zero", "shape", "all"), node("Cast", "all", "states", to=1)],
        [*of_batch, node("Expand", "zero", "size", "all"), node("Slice", "all", "first", "one", "first", "states")],
    )
    for way in ways:
        model = model_of([*way, lstm("rnn", more=("", "", "states"))], arrays)
        if width == 3:
            assert from_onnx(model)[0] == gr.scan(gr.LSTM(3))
            continue
        with pytest.raises(InputError, match="rnn: expected initial states of 3 units, as R has, got None, 4"):
            from_onnx(model)


@pytest.mark.parametrize(
    ("node", "changes", "said"),
    [
        (
            lstm("rnn", direction="reverse"),
            {},
            "rnn: expected a direction that is forward or bidir.*, got reverse",
        ),
        (lstm("rnn", activations=["Sigmoid", "Relu", "Tanh"]), {}, r"rnn: expected activations .*'relu'"),
        (lstm("rnn", clip=3.0), {}, r"rnn: expected no clip, got 3\.0"),
        (lstm("rnn", input_forget=1), {}, "rnn: expected an input gate of its own"),
        (lstm("rnn", more=("", "", "", "B")), {}, "rnn: expected no peepholes, got P"),
        (lstm("rnn"), {"R": None}, "rnn: expected constants as R, got what the model computes"),
        (lstm("rnn"), {"W": np.zeros((1, 11, 2))}, r"weights: expected W \[1, 12, any\], got \[1, 11, 2\]"),
        (lstm("rnn"), {"B": np.zeros((1, 12))}, r"weights: expected B \[1, 24\], got \[1, 12\]"),
    ],
)
def test_what_our_cells_have_not_is_refused(node: Any, changes: dict[str, Any], said: str) -> None:
    arrays = {name: array for name, array in {**ARRAYS, **changes}.items() if array is not None}
    with pytest.raises(InputError, match=said):
        from_onnx(model_of([node], arrays))


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model: expected a file, got .*none\.onnx"):
        from_onnx(tmp_path / "none.onnx")
    with pytest.raises(InputError, match="model: expected a model of ONNX, got something else"):
        from_onnx(b"no model")
    with pytest.raises(InputError, match="model: expected one with an operator LSTM or GRU, got operators none"):
        from_onnx(model_of([], {}))
    others = [onnx.helper.make_node(kind, ["xs"], [kind]) for kind in ("Tanh", "Relu", "Tanh")]
    with pytest.raises(InputError, match=r"model: expected one with .*, got operators Relu, Tanh$"):
        from_onnx(model_of(others, {}), name="rnn")


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (gr.scan(gr.SimpleRNN(3)), "expected LSTM, GRU or GRU with .* with tanh, which ONNX has"),
        (gr.scan(gr.LSTM(3, activation=jnp.sin)), "expected LSTM, GRU or GRU with .* with tanh, which ONNX has"),
        (gr.bidirectional(gr.GRU(3), gr.GRU(3, reset="before")), "expected the same cell in both directions"),
    ],
)
def test_what_onnx_has_not_is_refused(layer: Any, said: str) -> None:
    with pytest.raises(InputError, match=f"layer: {said}"):
        to_onnx(layer, drawn(layer, I))


def test_a_type_that_the_operators_have_not_is_refused() -> None:
    with pytest.raises(InputError, match=r"params: expected float16, float32 or float64, .* got bfloat16"):
        to_onnx(LAYERS["GRU"], drawn(LAYERS["GRU"], I, "bfloat16"))


def test_another_models_arrays_are_described(tmp_path: Path) -> None:
    from gatedrnn.convert.contents import contents

    layer = LAYERS["LSTM on GRU on GRU"]
    (tmp_path / "model.onnx").write_bytes(to_onnx(layer, drawn(layer, I)))
    found = contents(tmp_path / "model.onnx")
    assert [(one.name, one.convention.name, one.layer) for one in found.recurrent] == [("layer_0", "ONNX", layer)]
    assert len(found.recurrent[0].weights) == 9
    assert len(found.shapes) == 9 + 3  # and the shapes after Reshape
    (tmp_path / "clip.onnx").write_bytes(model_of([lstm("rnn", clip=3.0)], ARRAYS))
    assert contents(tmp_path / "clip.onnx").refused == {"rnn": "rnn: expected no clip, got 3.0"}
