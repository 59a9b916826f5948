"""The cuDNN engine: its glue against JAX's own reference of cuDNN's LSTM everywhere, cuDNN itself where a GPU is."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import rnn

import gatedrnn as gr
from gatedrnn.layers.engines import cudnn as engine
from gatedrnn.testing import compare
from tests.helpers.proofs import quick_rows

needs_gpu = pytest.mark.skipif(not engine.available(), reason="needs an NVIDIA GPU as JAX's default backend")
CELL, IN_DIM, LENGTH = gr.LSTM(5), 3, 6
RTOL = compare.tolerance(2.0**-23, LENGTH * (IN_DIM + CELL.hidden))


def run(params, start, xs, *, cell=CELL, reverse=False, **given):
    return gr.scan(cell, reverse=reverse, engine="cudnn").apply(params, xs, carry=start, **given)


def reference(params, start, xs, *, reverse=False):
    return gr.scan(CELL, reverse=reverse, engine="reference").apply(params, xs, carry=start)


def numbers(batch=(4,), cell=CELL, in_dim=IN_DIM, length=LENGTH):
    """Return parameters with a bias that is not zero, a carry and a sequence."""
    rng, params = np.random.default_rng(3), cell.init(jax.random.key(3), in_dim)

    def normal(*shape):
        return jnp.asarray(rng.normal(size=shape), jnp.float32)

    params = params._replace(b=normal(*params.b.shape))
    start = gr.LSTMCarry(normal(*batch, cell.hidden), normal(*batch, cell.hidden))
    return params, start, normal(length, *batch, in_dim)


def loss(run, **options):
    """Return a function of every output with weights that tell them apart."""

    def of(params, start, xs):
        leaves = jax.tree.leaves(run(params, start, xs, **options))
        return sum((leaf * np.cos(np.arange(leaf.size)).reshape(leaf.shape)).sum() for leaf in leaves)

    return of


def lstm_ref(precision, xs, h, c, weights, lengths):
    """JAX's own description of what cuDNN computes, from weights packed as cuDNN takes them."""
    sizes = (xs.shape[-1], h.shape[-1], 1)
    unpacked = rnn.unpack_lstm_weights(weights, *sizes, False)
    return rnn.lstm_ref(xs, h, c, *unpacked, lengths, *sizes, 0.0, False)


@pytest.fixture
def on_paper(monkeypatch):
    """Put JAX's reference in cuDNN's place, with the signatures that the engine calls; return what it was asked."""
    asked = []

    def forward(xs, h, c, weights, lengths, in_dim, hidden, layers, dropout, bidirectional, precision):
        assert (in_dim, hidden, layers, dropout, bidirectional) == (xs.shape[-1], h.shape[-1], 1, 0.0, False)
        assert weights.shape == (rnn.get_num_params_in_lstm(in_dim, hidden, layers, bidirectional),)
        asked.append(precision)
        out = lstm_ref(precision, xs, h, c, weights, lengths)
        return out, (xs, h, c, weights, lengths, out[0], jnp.zeros(1))

    def backward(in_dim, hidden, layers, dropout, bidirectional, precision, saved, cotangents):
        asked.append(precision)
        xs, h, c, weights, lengths = saved[:5]
        pulled = jax.vjp(lambda *a: lstm_ref(precision, *a, lengths), xs, h, c, weights)[1](cotangents)
        return (*pulled, jnp.zeros_like(lengths))

    monkeypatch.setattr(rnn, "lstm_fwd", forward)
    monkeypatch.setattr(rnn, "lstm_bwd", backward)
    monkeypatch.setattr(engine, "available", lambda: True)
    return asked


@pytest.mark.parametrize(
    ("batch", "reverse"),
    quick_rows([((), False), ((), True), ((2, 3), False), ((2, 3), True)], (((), False), ((2, 3), True))),
)
def test_values_and_gradients_are_those_of_the_reference_engine(on_paper, batch, reverse):
    given = numbers(batch)
    values = [jax.jit(one, static_argnames="reverse")(*given, reverse=reverse) for one in (run, reference)]
    compare.assert_close(*values, "values", rtol=RTOL)
    gradients = [jax.jit(jax.grad(loss(one, reverse=reverse), (0, 1, 2)))(*given) for one in (run, reference)]
    compare.assert_close(*gradients, "gradients", rtol=RTOL)


def test_weights_are_packed_as_the_documented_layout():
    """Block by block, rows of one output: W_ih, W_hh, b_ih, b_hh, each i, f, g, o."""
    params = numbers()[0]
    w_ih, w_hh, b_ih, b_hh = rnn.unpack_lstm_weights(engine.packed(params), IN_DIM, CELL.hidden, 1, False)
    for block in range(4):
        rows = slice(block * CELL.hidden, (block + 1) * CELL.hidden)
        np.testing.assert_array_equal(w_ih[0][rows], params.w_x[:, rows].T)
        np.testing.assert_array_equal(w_hh[0][rows], params.w_h[:, rows].T)
        np.testing.assert_array_equal(b_ih[0][rows] + b_hh[0][rows], params.b[rows])


@pytest.mark.parametrize(
    ("setting", "precision"),
    [
        pytest.param(None, "HIGH", marks=pytest.mark.verify),
        ("F32_F32_F32", "HIGHEST"),
        pytest.param("highest", "HIGHEST", marks=pytest.mark.verify),
    ],
)
def test_the_backward_pass_keeps_the_forward_pass_precision(on_paper, setting, precision):
    given = numbers()
    with jax.default_matmul_precision(setting):
        pullback = jax.vjp(loss(run), *given)[1]
    with jax.default_matmul_precision("highest" if precision == "HIGH" else "tensorfloat32"):
        pullback(jnp.ones(()))
    assert on_paper == [jax.lax.Precision[precision]] * 2


@pytest.mark.parametrize("shape", [(0, 4), (6, 0)], ids=str)
def test_nothing_to_scan(on_paper, shape):
    params, start, xs = numbers(shape[1:], length=shape[0])
    compare.assert_equal(run(params, start, xs), (start, jnp.zeros((*shape, CELL.hidden))), "empty")
    assert not on_paper, "cuDNN was called for nothing"


def of_type(dtype):
    return gr.LSTM(5, policy=gr.Policy(params=dtype))


@pytest.mark.parametrize(
    ("cell", "expected", "got"),
    [
        (gr.GRU(5), "gr.LSTM with tanh", "GRUResetAfter"),
        (gr.LSTM(5, activation=jax.nn.relu), "gr.LSTM with tanh", "activation=relu"),
        (gr.residual(gr.LSTM(5)), "gr.LSTM with tanh", "Residual"),
        (gr.LSTM(5, policy=gr.Policy(compute="bfloat16")), "float32 alone", "compute bfloat16"),
        (gr.LSTM(5, policy=gr.Policy(carry="float64")), "float32 alone", "carry float64"),
    ],
    ids=repr,
)
def test_cells_that_cudnn_lacks_are_refused_before_anything_runs(cell, expected, got):
    with pytest.raises(ValueError, match=f'engine: "cudnn" expects .*{expected}, got .*{got}'):
        gr.scan(cell, engine="cudnn")


def test_lstms_of_float32_are_not_refused():
    for cell in (CELL, gr.LSTM(5, policy=gr.Policy("bfloat16", compute="float32", carry="float32"))):
        assert engine.CUDNN.refuses(cell) is None
        assert gr.scan(cell, engine="cudnn").engine == "cudnn"


def test_padding_and_resets_are_refused(on_paper):
    given, flags = numbers(), jnp.ones((LENGTH, 4), bool)
    for padding in ({"mask": flags}, {"lengths": jnp.full(4, LENGTH)}):
        with pytest.raises(ValueError, match=r'engine: "cudnn" expects whole sequences, got lengths or a mask'):
            run(*given, **padding)
    with pytest.raises(ValueError, match=r'engine: "cudnn" expects one segment a sequence, got resets'):
        run(*given, resets=flags)


def test_parameters_of_another_type_are_refused(on_paper):
    cell = of_type("bfloat16")
    params, _, xs = numbers(cell=cell)
    start = gr.LSTMCarry(*(leaf[0] for leaf in (cell.initial_carry(params, xs))))
    with pytest.raises(
        ValueError, match=r'engine: "cudnn" expects float32 parameters and carry, got bfloat16, float32'
    ):
        run(params, start, xs, cell=cell)


@pytest.mark.skipif(engine.available(), reason="this machine has what the error asks for")
def test_a_machine_without_gpu_is_refused():
    with pytest.raises(ValueError, match=r'engine: "cudnn" expects an NVIDIA GPU as the default backend, got cpu'):
        run(*numbers())


@pytest.mark.parametrize("wrap", [lambda f: f, jax.jit, lambda f: jax.grad(f, (0, 1, 2))], ids=["plain", "jit", "grad"])
@pytest.mark.parametrize("axes", [(0, None, None), (None, None, 1)], ids=["parameters", "inputs"])
def test_vmap_is_refused_readably(on_paper, wrap, axes):
    params, start, xs = numbers()
    if axes[0] == 0:
        params = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), params)
    else:
        xs = jnp.stack([xs, xs], 1)
    with pytest.raises(ValueError, match=r'engine: "cudnn" expects to run outside jax.vmap, got a vmap over 2 members'):
        jax.vmap(wrap(loss(run)), axes)(params, start, xs)


@pytest.mark.parametrize("wrap", [pytest.param(lambda f: f, marks=pytest.mark.verify), jax.jit], ids=["plain", "jit"])
def test_devices_of_a_mesh_are_refused(on_paper, wrap):
    """On explicit and manual axes outputs need types that cuDNN's primitives in JAX don't give."""
    mesh = jax.make_mesh((1,), ("data",), axis_types=(jax.sharding.AxisType.Explicit,))
    given = numbers()
    sharded = jax.shard_map(run, mesh=mesh, in_specs=jax.P(), out_specs=jax.P())
    with pytest.raises(ValueError, match=r'engine: "cudnn" expects one device, got axes of shard_map'):
        wrap(sharded)(*given)
    with jax.set_mesh(mesh), pytest.raises(ValueError, match=r'engine: "cudnn" expects one device'):
        jax.jit(run)(*numbers())


@needs_gpu
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("batch", [(), (4,), (2, 3)], ids=str)
def test_cudnn_itself_agrees_with_the_reference_engine(batch, reverse):
    given = numbers(batch)
    with jax.default_matmul_precision("highest"):
        values = [jax.jit(one, static_argnames="reverse")(*given, reverse=reverse) for one in (run, reference)]
        gradients = [jax.jit(jax.grad(loss(one, reverse=reverse), (0, 1, 2)))(*given) for one in (run, reference)]
    compare.assert_close(*values, "values", rtol=RTOL)
    compare.assert_close(*gradients, "gradients", rtol=RTOL)


@needs_gpu
def test_cudnn_itself_in_tf32():
    """A width at which tensor cores are used: eps of TF32 is 2^-10, and far from that of float32."""
    cell = gr.LSTM(128)
    params, start, xs = numbers((32,), cell, in_dim=64, length=16)
    with jax.default_matmul_precision("highest"):
        exact = run(params, start, xs, cell=cell)
        gradient = jax.grad(loss(run, cell=cell))(params, start, xs)
    with jax.default_matmul_precision("tensorfloat32"):
        coarse = run(params, start, xs, cell=cell)
        pullback = jax.vjp(lambda p: loss(run, cell=cell)(p, start, xs), params)[1]
    compare.assert_close(coarse, exact, "values", rtol=compare.tolerance(2.0**-10, 16))
    (coarse_gradient,) = pullback(jnp.ones(()))
    compare.assert_close(coarse_gradient, gradient, "gradients", rtol=compare.tolerance(2.0**-10, 16))


@needs_gpu
def test_cudnn_itself_refuses_vmap():
    params, start, xs = numbers()
    with pytest.raises(ValueError, match="vmap over 2 members"):
        jax.vmap(loss(run), (None, None, 1))(params, start, jnp.stack([xs, xs], 1))
