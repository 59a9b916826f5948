"""``gr.nnx.RNN`` does what the layer does, as flax.nnx wants it done; in float64, so that "equal" means rounding."""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import gatedrnn as gr
from tests.helpers.proofs import quick_rows

WIDE = gr.Policy(params="float64")
PLAIN = gr.scan(gr.LSTM(4, policy=WIDE))
NET = gr.chain(gr.bidirectional(gr.GRU(4, policy=WIDE)), gr.dropout(0.5), gr.dense(2, policy=WIDE))
apply_net = jax.jit(NET.apply)
# Twenty steps of Adam repeat every rounding of one pass; one pass stays within 1e-15.
TOLERANCE = {"rtol": 1e-10, "atol": 1e-12}


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def draw(seed: int, *shape: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape))


def build(layer: gr.Layer = NET, in_features: int = 5, **options) -> tuple[gr.nnx.RNN, gr.types.Params]:
    """Return the module, and the params that the layer itself draws from the same key."""
    rngs = nnx.Rngs(params=0, dropout=1)
    return gr.nnx.RNN(layer, in_features, rngs=rngs, **options), layer.init(nnx.Rngs(params=0).params(), in_features)


@nnx.jit
def call(rnn: gr.nnx.RNN, inputs: jax.Array) -> jax.Array:
    return rnn(inputs)


@pytest.mark.parametrize(
    ("batch", "time_major"), quick_rows([((), False), ((2, 3), False), ((3,), True)], [((2, 3), False), ((3,), True)])
)
def test_values_are_the_layers(batch, time_major):
    rnn, params = build(PLAIN, time_major=time_major, return_carry=True, deterministic=True)
    xs = draw(1, 6, *batch, 5)
    lengths = jnp.asarray(np.random.default_rng(2).integers(0, 7, batch))
    mask, resets = (jnp.asarray(np.random.default_rng(s).random((6, *batch)) < 0.8) for s in (3, 4))
    start = jax.tree.map(lambda c: c + 0.5, PLAIN.initial_carry(params, xs[0]))
    carry, ys = jax.jit(PLAIN.apply)(params, xs, carry=start, lengths=lengths, mask=mask, resets=~resets)

    def flax_axes(a: jax.Array) -> jax.Array:
        return a if time_major else jnp.moveaxis(a, 0, len(batch))

    got_carry, got = nnx.jit(type(rnn).__call__)(
        rnn, flax_axes(xs), initial_carry=start, seq_lengths=lengths, mask=flax_axes(mask), resets=flax_axes(~resets)
    )
    np.testing.assert_allclose(got, flax_axes(ys), **TOLERANCE)
    chex.assert_trees_all_close(got_carry, carry, **TOLERANCE)


def test_call_overrides_attributes():
    rnn, params = build(PLAIN)
    xs = draw(1, 6, 2, 5)
    overridden = nnx.jit(lambda m, xs: m(xs, time_major=True, return_carry=True))
    chex.assert_trees_all_close(overridden(rnn, xs), jax.jit(PLAIN.apply)(params, xs), **TOLERANCE)


def test_streams_one_step_at_a_time():
    rnn, _ = build(PLAIN, return_carry=True)
    inputs = draw(1, 2, 6, 5)
    whole, step = call(rnn, inputs), nnx.jit(lambda m, x, carry: m(x, initial_carry=carry))
    carry, steps = None, []
    for t in range(6):
        carry, y = step(rnn, inputs[:, t : t + 1], carry)
        steps.append(y)
    np.testing.assert_allclose(jnp.concatenate(steps, axis=1), whole[1], **TOLERANCE)


@pytest.mark.parametrize(
    "layer",
    [
        gr.chain(gr.scan(gr.learned_start(gr.GRU(3, policy=WIDE))), gr.dropout(0.5), gr.dense(2, policy=WIDE)),
        gr.residual(gr.scan(gr.stack(gr.LSTM(5, policy=WIDE), gr.MinGRU(5, policy=WIDE)))),
    ],
    ids=["chain", "residual"],
)
def test_a_rollout_by_step_equals_apply(layer):
    rnn, params = build(layer, return_carry=True, deterministic=True)
    params = jax.tree.map(lambda w: w + 0.1, params)  # a learned start is not zero
    rnn.set_layer_params(params)
    inputs, resets = draw(1, 2, 6, 5), draw(2, 2, 6) > 0
    expected = nnx.jit(lambda rnn, inputs: rnn(inputs, resets=resets))(rnn, inputs)
    ys = jnp.moveaxis(layer.apply(params, jnp.moveaxis(inputs, 1, 0), resets=resets.T)[1], 0, 1)
    np.testing.assert_allclose(expected[1], ys, **TOLERANCE)
    carry, outputs = rnn.initial_carry(inputs[:, 0]), []
    step = nnx.jit(lambda rnn, carry, x, starts: rnn.step(carry, x, resets=starts))
    for t in range(6):
        carry, y = step(rnn, carry, inputs[:, t], resets[:, t])
        outputs.append(y)
    chex.assert_trees_all_close((carry, jnp.stack(outputs, axis=1)), expected, **TOLERANCE)


def test_the_layers_own_parameters_out_and_in():
    rnn, params = build(NET)
    chex.assert_trees_all_equal(rnn.layer_params(), params)
    w_h = rnn.params[0].forward.w_h
    rnn.set_layer_params(jax.tree.map(jnp.negative, params))
    assert rnn.params[0].forward.w_h is w_h
    chex.assert_trees_all_equal(rnn.layer_params(), jax.tree.map(jnp.negative, params))
    for wrong in (params[:2], jax.tree.map(lambda w: w[:1], params)):
        with pytest.raises(ValueError, match=r"^params: expected those of Chain"):
            rnn.set_layer_params(wrong)


def test_takes_tokens():
    layer = gr.chain(gr.embed(4, policy=WIDE), PLAIN)
    rnn, params = build(layer, in_features=7)
    tokens = jnp.asarray(np.random.default_rng(0).integers(0, 7, (2, 6)))
    ys = jax.jit(layer.apply)(params, tokens.T)[1]
    np.testing.assert_allclose(call(rnn, tokens), jnp.moveaxis(ys, 0, 1), **TOLERANCE)


def sorted_leaves(tree) -> list[jax.Array]:
    """Leaves in the order of their names, which is the order of nnx's state."""
    leaves = jax.tree.leaves_with_path(tree)
    return [leaf for _, leaf in sorted(leaves, key=lambda item: jax.tree_util.keystr(item[0]))]


def test_gradients_are_the_layers():
    rnn, params = build(deterministic=True)
    inputs, lengths = draw(1, 3, 6, 5), jnp.array([6, 0, 4])

    def loss(params, xs):
        return jnp.square(NET.apply(params, xs, lengths=lengths)[1]).sum()

    expected, expected_xs = jax.jit(jax.grad(loss, argnums=(0, 1)))(params, jnp.moveaxis(inputs, 1, 0))

    @nnx.jit
    def grad(rnn, inputs):
        wrt = (nnx.DiffState(0, nnx.Param), 1)
        return nnx.grad(lambda m, xs: jnp.square(m(xs, seq_lengths=lengths)).sum(), argnums=wrt)(rnn, inputs)

    got, got_inputs = grad(rnn, inputs)
    got = nnx.to_pure_dict(got)["params"]
    for field in gr.GRUParams._fields:
        np.testing.assert_allclose(got[0]["backward"][field], getattr(expected[0].backward, field), **TOLERANCE)
    chex.assert_trees_all_close(jax.tree.leaves(got), sorted_leaves(expected), **TOLERANCE)
    np.testing.assert_allclose(got_inputs, jnp.moveaxis(expected_xs, 0, 1), **TOLERANCE)


def test_dropout_follows_train_eval_view_and_call():
    rnn, params = build()
    inputs, key = draw(1, 2, 6, 5), jax.random.key(7)

    def functional(key=None):
        return jnp.moveaxis(apply_net(params, jnp.moveaxis(inputs, 1, 0), key=key)[1], 0, 1)

    stream = nnx.Rngs(dropout=1).dropout.fork()
    for _ in range(2):
        np.testing.assert_allclose(call(rnn, inputs), functional(stream()), **TOLERANCE)
    call_with = nnx.jit(lambda m, xs, rngs: m(xs, rngs=rngs))
    np.testing.assert_allclose(call_with(rnn, inputs, key), functional(key), **TOLERANCE)
    np.testing.assert_allclose(call_with(rnn, inputs, nnx.Rngs(3)), functional(nnx.Rngs(3).dropout()), **TOLERANCE)
    np.testing.assert_allclose(call(nnx.view(rnn, deterministic=True), inputs), functional(), **TOLERANCE)
    rnn.eval()
    np.testing.assert_allclose(call(rnn, inputs), functional(), **TOLERANCE)
    rnn.train()
    np.testing.assert_allclose(call(rnn, inputs), functional(stream()), **TOLERANCE)


def test_a_layer_without_noise_leaves_its_stream_alone():
    """So it can be closed over by jax.grad, where flax.nnx.RNN raises, and needs no stream at all."""
    rnn = gr.nnx.RNN(PLAIN, 5, rngs=nnx.Rngs(0))
    inputs = draw(1, 2, 6, 5)
    grads = jax.jit(jax.grad(lambda xs: rnn(xs).sum()))(inputs)
    assert rnn.rngs.count[...] == 0
    without = gr.nnx.RNN(PLAIN, 5, rngs=nnx.Rngs(params=nnx.Rngs(0).params()))
    assert without.rngs is None
    _, state = nnx.split(without, nnx.Param)  # parameters are all there is
    assert len(jax.tree.leaves(state)) == 3
    rnn.eval()
    np.testing.assert_allclose(grads, jax.jit(jax.grad(lambda xs: rnn(xs).sum()))(inputs), **TOLERANCE)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"seq_lengths": jnp.ones(3, int)}, r"seq_lengths: expected integers \(2,\), got .* \(3,\)"),
        ({"seq_lengths": jnp.ones(2)}, r"seq_lengths: expected integers \(2,\), got float"),
        ({"mask": jnp.ones((6, 2), bool)}, r"mask: expected bool \(2, 6\), got bool \(6, 2\)"),
        ({"resets": jnp.ones((2, 6))}, r"resets: expected bool \(2, 6\), got float"),
        ({"initial_carry": jnp.zeros((2, 9))}, "carry: expected"),
        ({"inputs": jnp.ones((2, 6, 9))}, r"x: expected \[\.\.\., 5\]"),
        ({"inputs": jnp.ones(6)}, "inputs: expected 2 axes or more"),
    ],
)
def test_bad_input_is_named(bad, message):
    rnn, _ = build(PLAIN)
    with pytest.raises(ValueError, match=message):
        rnn(**{"inputs": jnp.ones((2, 6, 5)), **bad})


def test_bad_construction_is_named():
    with pytest.raises(ValueError, match="layer: expected a layer or a cell of gatedrnn"):
        gr.nnx.RNN(nnx.LSTMCell(5, 4, rngs=nnx.Rngs(0)), 5, rngs=nnx.Rngs(0))
    with pytest.raises(ValueError, match="in_dim: expected a positive int"):
        gr.nnx.RNN(gr.LSTM(4), 0, rngs=nnx.Rngs(0))
    silent = gr.nnx.RNN(NET, 5, rngs=nnx.Rngs(params=0))
    with pytest.raises(ValueError, match="rngs: expected a stream named dropout"):
        silent(jnp.ones((2, 6, 5)))
