"""The native engine against the reference engine in float64, under every transformation, and what it refuses."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType

import gatedrnn as gr
from gatedrnn.cells.simple_rnn import SimpleRNNParams
from gatedrnn.layers.engines import native, native_call
from gatedrnn.testing import compare, program_laws
from gatedrnn.testing.probe import Probe

built = pytest.mark.skipif(not native.available(), reason="gatedrnn-cpu is not installed: `make native`")
KINDS = [gr.LSTM, gr.GRU, gr.GRUResetBefore, gr.SimpleRNN, gr.MinGRU]
EPS = 2.0**-23


@pytest.fixture(params=native_call.INSTRUCTION_SETS)
def instruction_set(request, monkeypatch):
    """Trace the test's programs for each instruction set that this machine has."""
    if not native_call.library().gatedrnn_has(native_call.INSTRUCTION_SETS.index(request.param)):
        pytest.skip(f"this machine lacks {request.param}")
    monkeypatch.setenv(native_call.SET_SETTING, request.param)


def numbers(cell, length, batch, in_dim):
    """Return parameters with biases that are not zero, a carry, inputs, and flags that leave holes and end segments."""
    keys = iter(jax.random.split(jax.random.key(length + batch), 20))
    params = cell.init(next(keys), in_dim)
    params = jax.tree.map(lambda leaf: leaf + 0.1 * jax.random.normal(next(keys), leaf.shape), params)
    xs = jax.random.normal(next(keys), (length, batch, in_dim))
    start = cell.initial_carry(params, jnp.zeros((batch, in_dim)))
    start = jax.tree.map(lambda leaf: jax.random.normal(next(keys), leaf.shape), start)
    mask = jax.random.bernoulli(next(keys), 0.7, (length, batch))
    return params, start, xs, {"mask": mask, "resets": jax.random.bernoulli(next(keys), 0.3, (length, batch))}


def outcome(layer, params, start, xs, flags):
    """Return gradients of a weighted sum of all outputs, and the outputs."""

    def loss(params, start, xs):
        out = layer.apply(params, xs, carry=start, **flags)
        weighted = [(jnp.cos(1.0 + jnp.arange(leaf.size)).reshape(leaf.shape) * leaf) for leaf in jax.tree.leaves(out)]
        return sum(leaf.sum() for leaf in weighted), out

    return jax.grad(loss, (0, 1, 2), has_aux=True)(params, start, xs)


def in_float64(cell, reverse, params, start, xs, flags):
    with jax.enable_x64(True):
        wide = type(cell)(cell.hidden, policy=gr.Policy(params="float64"))
        args = jax.tree.map(lambda leaf: jnp.asarray(leaf, "float64"), (params, start, xs))
        out = jax.jit(partial(outcome, gr.scan(wide, reverse=reverse, engine="reference")))(*args, flags)
        return jax.tree.map(lambda leaf: np.asarray(leaf, "float32"), out)


def assert_right(cell, sizes, *, reverse=False, flagged=True):
    length, batch, in_dim = sizes
    params, start, xs, flags = numbers(cell, length, batch, in_dim)
    flags = flags if flagged else {}
    got = jax.jit(partial(outcome, gr.scan(cell, reverse=reverse, engine="native")))(params, start, xs, flags)
    expected = in_float64(cell, reverse, params, start, xs, flags)
    # Without a step there still is the rounding of the loss's weights.
    rtol = compare.tolerance(EPS, max(1, length * batch) * (in_dim + cell.hidden + 16))
    compare.assert_close(got, expected, f"{cell!r} {sizes}", rtol=rtol)


@built
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("reverse", [False, True])
def test_values_and_gradients_are_those_in_float64(kind, reverse):
    """More rows than one tile, units that fill no vector, and more steps than one block."""
    assert_right(kind(11), (41, 13, 9), reverse=reverse)


@built
def test_one_of_everything():
    assert_right(gr.LSTM(1), (1, 1, 1), flagged=False)


@built
@pytest.mark.parametrize("kind", [gr.LSTM, pytest.param(gr.GRUResetBefore, marks=pytest.mark.verify)])
def test_one_sequence_whose_units_threads_share(kind):
    """Enough units for two threads, the last in a vector of its own; the fuzz in C++ holds the bits to one thread's."""
    assert_right(kind(257), (5, 1, 3))


@built
def test_an_unknown_instruction_set_is_refused(monkeypatch):
    monkeypatch.setenv(native_call.SET_SETTING, "sse9")
    layer = gr.scan(gr.LSTM(3), engine="native")
    params, _, xs, _ = numbers(gr.LSTM(3), 2, 2, 2)
    with pytest.raises(ValueError, match=r"GATEDRNN_NATIVE_SET: expected one of portable.*, got 'sse9'"):
        layer.apply(params, xs)


@built
@pytest.mark.verify
@pytest.mark.usefixtures("instruction_set")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_many_sizes(kind):
    rng = np.random.default_rng(0)
    for _ in range(12):
        length, batch, in_dim, hidden = (int(size) for size in rng.integers((0, 0, 1, 1), 71))
        assert_right(
            kind(hidden), (length, batch, in_dim), reverse=bool(rng.integers(2)), flagged=bool(rng.integers(2))
        )


@built
@pytest.mark.usefixtures("instruction_set")
def test_tanh_is_accurate_to_two_units_in_the_last_place():
    """A simple recurrent unit of weight 1 that sees nothing of before is tanh."""
    x = np.concatenate([np.linspace(-12, 12, 40_001), np.geomspace(1e-30, 1, 1_000), [np.inf, -np.inf]]).astype(
        "float32"
    )
    params = SimpleRNNParams(jnp.ones((1, 1)), jnp.zeros((1, 1)), jnp.zeros(1))
    ys = gr.scan(gr.SimpleRNN(1), engine="native").apply(params, jnp.asarray(x)[None, :, None])[1]
    exact = np.tanh(x.astype("float64"))
    units = np.abs(np.asarray(ys, "float64").ravel() - exact) / np.spacing(np.abs(exact.astype("float32")))
    assert units.max() <= 2


@built
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_nan_stays_and_padding_does_not_leak(kind):
    cell = kind(5)
    layer = gr.scan(cell, engine="native")
    params, start, xs, _ = numbers(cell, 4, 3, 2)
    poisoned = xs.at[1, 0].set(jnp.nan)
    ys = layer.apply(params, poisoned, carry=start)[1]
    assert jnp.isnan(ys[1:, 0]).all()
    np.testing.assert_array_equal(ys[:, 1:], layer.apply(params, xs, carry=start)[1][:, 1:])
    mask = jnp.ones((4, 3), bool).at[1, 0].set(False)
    got, expected = (outcome(layer, params, start, x, {"mask": mask}) for x in (poisoned, xs))
    compare.assert_equal(got, expected, "padding")


@built
@pytest.mark.parametrize("kind", [gr.LSTM, gr.GRU], ids=lambda kind: kind.__name__)
def test_second_derivatives_are_those_of_the_reference_engine(kind):
    cell = kind(3)
    params, start, xs, flags = numbers(cell, 4, 2, 2)

    def slope(engine, params, xs):
        gradients, _ = outcome(gr.scan(cell, engine=engine), params, start, xs, flags)
        return sum((leaf**2).sum() for leaf in jax.tree.leaves(gradients))

    for twice in (jax.grad, jax.jacfwd):
        got, expected = (
            jax.jit(twice(partial(slope, engine), (0, 1)))(params, xs) for engine in ("native", "reference")
        )
        compare.assert_close(got, expected, f"{kind.__name__} {twice.__name__}", rtol=compare.tolerance(EPS, 8 * 100))


@built
@pytest.mark.parametrize("axes", [(0, None, None), (None, 0, 0), (0, 0, 0)], ids=["parameters", "data", "both"])
def test_vmap_is_a_loop_over_members(axes):
    cell, members = gr.LSTM(5), 3
    params, start, xs, flags = numbers(cell, 6, 4, 2)
    args = tuple(
        arg
        if axis is None
        else jax.tree.map(lambda leaf: jnp.stack([leaf * (1 - 0.1 * i) for i in range(members)]), arg)
        for arg, axis in zip((params, start, xs), axes, strict=True)
    )
    layer = gr.scan(cell, engine="native")
    run = jax.jit(lambda params, start, xs: outcome(layer, params, start, xs, flags))
    got = jax.jit(jax.vmap(run, axes))(*args)
    for i in range(members):
        own = [
            a if axis is None else jax.tree.map(lambda leaf, i=i: leaf[i], a)
            for a, axis in zip(args, axes, strict=True)
        ]
        one = jax.tree.map(lambda leaf, i=i: leaf[i], got)
        compare.assert_close(one, run(*own), f"member {i}", rtol=compare.tolerance(EPS, 6 * 4 * 23))


@built
def test_segments_that_are_computed_again_and_equal_runs_give_equal_bits():
    cell = gr.GRU(5)
    given = numbers(cell, 6, 4, 2)
    plain, again = (jax.jit(partial(outcome, gr.scan(cell, engine="native", remat=remat))) for remat in (None, 3))
    compare.assert_equal(plain(*given), plain(*given), "twice")
    compare.assert_close(again(*given), plain(*given), "remat", rtol=compare.tolerance(EPS, 6 * 4 * 23))


@built
@pytest.mark.parametrize("kind", [gr.LSTM, gr.GRUResetBefore], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "law",
    [
        program_laws.runs_inside_shard_map,
        program_laws.runs_where_only_params_vary,
        program_laws.runs_on_explicit_meshes,
    ],
)
def test_it_runs_where_devices_have_their_own_shares(law, kind):
    law(Probe(gr.scan(kind(5), engine="native"), 3, jax.random.key(0)))


@built
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_inputs_of_bfloat16_are_widened(kind):
    """Outputs are those of the same numbers in float32; only the cotangent of the inputs is rounded to their type."""
    cell = kind(5)
    params, start, xs, flags = numbers(cell, 6, 4, 2)
    low = xs.astype("bfloat16")
    run = jax.jit(partial(outcome, gr.scan(cell, engine="native")))
    got, expected = (run(params, start, x, flags) for x in (low, low.astype("float32")))
    assert got[0][2].dtype == "bfloat16"
    rounded = expected[0][2].astype("bfloat16")
    compare.assert_equal(got, ((*expected[0][:2], rounded), expected[1]), kind.__name__)


@built
def test_nothing_to_scan():
    cell = gr.LSTM(3)
    params, start, xs, _ = numbers(cell, 2, 2, 2)
    end, ys = gr.scan(cell, engine="native").apply(params, xs[:0], carry=start)
    compare.assert_equal((end, ys), (start, jnp.zeros((0, 2, 3))), "empty")


@built
@pytest.mark.parametrize(
    ("cell", "batch", "taken"),
    [
        (gr.LSTM(32), 16, True),
        (gr.GRU(32), 16, True),
        (gr.LSTM(32), 8, False),
        (gr.LSTM(16), 16, False),
        (gr.MinGRU(32), 16, False),
        (gr.LSTM(32, policy=gr.Policy(compute="bfloat16")), 16, False),
    ],
    ids=str,
)
def test_auto_takes_it_where_it_is_installed_and_was_faster(cell, batch, taken, monkeypatch):
    params, xs = jax.eval_shape(lambda: (cell.init(jax.random.key(0), 3), jnp.zeros((4, batch, 3))))

    def takes_it():
        return "gatedrnn_forward" in str(jax.make_jaxpr(gr.scan(cell).apply)(params, xs))

    monkeypatch.setattr(jax, "device_count", lambda: 1)
    monkeypatch.delenv(native.SETTING, raising=False)
    assert takes_it() == taken
    monkeypatch.setenv(native.SETTING, "0")
    assert not takes_it()
    monkeypatch.setenv(native.SETTING, "1")
    assert takes_it() == taken
    monkeypatch.setattr(native, "available", lambda: False)
    assert not takes_it()


def test_the_setting_is_0_or_1(monkeypatch):
    monkeypatch.setenv(native.SETTING, "yes")
    with pytest.raises(ValueError, match="GATEDRNN_NATIVE: expected 0 or 1, got 'yes'"):
        native.for_auto()


@built
def test_auto_leaves_arrays_that_the_compiler_may_spread_to_the_others(monkeypatch):
    """It would gather them for a foreign call; within shard_map every device has its own."""
    monkeypatch.delenv(native.SETTING, raising=False)
    layer = gr.scan(gr.LSTM(32))
    params, xs = jax.eval_shape(lambda: (layer.init(jax.random.key(0), 3), jnp.zeros((4, 16, 3))))
    mesh, whole = jax.make_mesh((1,), ("data",), axis_types=(AxisType.Auto,)), jax.P()
    shared = jax.shard_map(layer.apply, mesh=mesh, in_specs=(whole, whole), out_specs=whole)
    monkeypatch.setattr(jax, "device_count", lambda: 2)
    assert "gatedrnn_forward" not in str(jax.make_jaxpr(layer.apply)(params, xs))
    assert "gatedrnn_forward" in str(jax.make_jaxpr(shared)(params, xs))
    monkeypatch.setenv(native.SETTING, "1")
    assert "gatedrnn_forward" in str(jax.make_jaxpr(layer.apply)(params, xs))


@built
def test_auto_leaves_forward_mode_and_explicit_meshes_to_the_others(monkeypatch):
    monkeypatch.setenv(native.SETTING, "1")
    cell = gr.LSTM(32)
    params, start, xs, _ = numbers(cell, 2, 16, 2)
    with pytest.raises(ValueError, match='got "fast"'):
        jax.jvp(lambda xs: gr.scan(cell).apply(params, xs, carry=start)[1], (xs,), (xs,))
    mesh = jax.make_mesh((1,), ("data",), axis_types=(AxisType.Explicit,))
    with jax.set_mesh(mesh):
        assert "gatedrnn_forward" not in str(jax.make_jaxpr(gr.scan(cell).apply)(params, xs))


@built
def test_a_program_with_it_is_exported_only_for_machines_that_have_it():
    layer = gr.scan(gr.LSTM(3), engine="native")
    params, _, xs, _ = numbers(gr.LSTM(3), 2, 2, 2)
    apply = jax.jit(layer.apply)
    with pytest.raises(ValueError, match=r"(?s)custom calls .*gatedrnn_forward"):
        jax.export.export(apply)(params, xs)
    known = jax.export.DisabledSafetyCheck.custom_call("gatedrnn_forward")
    exported = jax.export.export(apply, disabled_checks=[known])(params, xs)
    loaded = jax.export.deserialize(exported.serialize())
    compare.assert_equal(loaded.call(params, xs), apply(params, xs), "loaded")


@built
@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (gr.JANET(3), "one of LSTM, GRUResetAfter, GRUResetBefore, SimpleRNN, MinGRU, got JANET"),
        (gr.LSTM(3, activation=jax.nn.relu), "the activation tanh, got LSTM"),
        (gr.GRU(3, policy=gr.Policy(compute="bfloat16")), "float32 alone, got compute bfloat16"),
    ],
    ids=repr,
)
def test_other_cells_are_refused(cell, expected):
    with pytest.raises(ValueError, match=f'engine: "native" expects .*{expected}'):
        gr.scan(cell, engine="native")


@built
def test_other_calls_are_refused():
    layer = gr.scan(gr.LSTM(3), engine="native")
    params, start, xs, _ = numbers(gr.LSTM(3), 2, 2, 2)
    low = jax.tree.map(lambda leaf: leaf.astype("bfloat16"), params)
    with pytest.raises(ValueError, match='"native" expects float32 parameters and carry, got bfloat16'):
        layer.apply(low, xs)
    with pytest.raises(ValueError, match='expected "reference" for forward mode'):
        jax.jvp(lambda xs: layer.apply(params, xs, carry=start)[1], (xs,), (xs,))
    mesh = jax.make_mesh((1,), ("data",), axis_types=(AxisType.Explicit,))
    with jax.set_mesh(mesh):
        spread = jax.tree.map(lambda leaf: jax.device_put(leaf, jax.P(None, "data")), start)
        with pytest.raises(ValueError, match="expects all units on each device, got a carry spread as"):
            jax.jit(layer.apply)(params, xs, carry=spread)
    mesh = jax.make_mesh((1, 1), ("data", "other"), axis_types=(AxisType.Explicit, AxisType.Auto))
    with jax.set_mesh(mesh), pytest.raises(ValueError, match="expects a mesh with explicit axes alone, got"):
        jax.jit(layer.apply)(params, xs)


def test_without_its_package_it_refuses_every_cell(monkeypatch):
    monkeypatch.setattr(native, "available", lambda: False)
    with pytest.raises(ValueError, match=r"engine: .*gatedrnn-cpu is not installed"):
        gr.scan(gr.LSTM(3), engine="native")
