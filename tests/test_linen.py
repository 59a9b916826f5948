"""``gr.linen.RNN`` does what the layer does, as flax.linen wants it; in float64, so that "equal" means rounding."""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen as nn

import gatedrnn as gr
from tests.helpers.proofs import quick_rows

WIDE = gr.Policy(params="float64")
PLAIN = gr.scan(gr.LSTM(4, policy=WIDE))
NET = gr.chain(gr.bidirectional(gr.GRU(4, policy=WIDE)), gr.dropout(0.5), gr.dense(2, policy=WIDE))
# Twenty steps of Adam repeat every rounding of one pass; one pass stays within 1e-15.
TOLERANCE = {"rtol": 1e-10, "atol": 1e-12}


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def draw(seed: int, *shape: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape))


def net_params(variables) -> gr.types.Params:
    """Return the layer's own pytree of what linen keeps by name."""
    kept = variables["params"]
    both = gr.BidirectionalParams(*(gr.GRUParams(**kept["0"][side]) for side in ("forward", "backward")))
    return (both, (), gr.DenseParams(**kept["2"]))


def functional(variables, inputs, key=None) -> jax.Array:
    return jnp.moveaxis(jax.jit(NET.apply)(net_params(variables), jnp.moveaxis(inputs, 1, 0), key=key)[1], 0, 1)


@pytest.fixture(scope="module")
def variables():
    with jax.enable_x64(True):
        rngs = {"params": jax.random.key(0), "dropout": jax.random.key(1)}
        return jax.jit(gr.linen.RNN(NET, deterministic=False).init)(rngs, jnp.ones((2, 6, 5)))


def test_parameters_are_kept_by_name(variables):
    gru = {"w_x": (5, 12), "w_h": (4, 12), "b": (12,), "b_h": (4,)}
    expected = {"params": {"0": {"forward": gru, "backward": gru}, "2": {"w": (8, 2), "b": (2,)}}}
    assert jax.tree.map(jnp.shape, variables) == expected
    w_h = variables["params"]["0"]["forward"]["w_h"]
    np.testing.assert_allclose(w_h[:, :4] @ w_h[:, :4].T, np.eye(4), atol=1e-12)  # as the cell draws it: per gate


def test_params_of_one_array_have_a_name_too():
    @gr.config.config
    class Scale:
        out_dim: int = 5

        def init(self, key, in_dim):
            return jnp.full(in_dim, 2.0)

        def initial_carry(self, params, x):
            return jnp.zeros_like(x)

        def step(self, params, carry, x):
            return carry + params * x, carry + params * x

    rnn, inputs = gr.linen.RNN(Scale()), draw(1, 2, 6, 5)
    variables = rnn.init(jax.random.key(0), inputs)
    assert list(variables["params"]) == ["w"]
    np.testing.assert_allclose(rnn.apply(variables, inputs), 2 * inputs.cumsum(1), **TOLERANCE)


@pytest.mark.parametrize(
    ("batch", "time_major"), quick_rows([((), False), ((2, 3), False), ((3,), True)], [((2, 3), False), ((3,), True)])
)
def test_values_are_the_layers(batch, time_major):
    rnn = gr.linen.RNN(PLAIN, return_carry=True, time_major=time_major)
    xs = draw(1, 6, *batch, 5)
    lengths = jnp.asarray(np.random.default_rng(2).integers(0, 7, batch))
    mask, resets = (jnp.asarray(np.random.default_rng(s).random((6, *batch)) < 0.8) for s in (3, 4))

    def flax_axes(a: jax.Array) -> jax.Array:
        return a if time_major else jnp.moveaxis(a, 0, len(batch))

    params = PLAIN.init(jax.random.key(0), 5)
    start = jax.tree.map(lambda c: c + 0.5, PLAIN.initial_carry(params, xs[0]))
    carry, ys = jax.jit(PLAIN.apply)(params, xs, carry=start, lengths=lengths, mask=mask, resets=~resets)
    steps = {"seq_lengths": lengths, "mask": flax_axes(mask), "resets": flax_axes(~resets)}
    got_carry, got = jax.jit(rnn.apply)({"params": params._asdict()}, flax_axes(xs), initial_carry=start, **steps)
    np.testing.assert_allclose(got, flax_axes(ys), **TOLERANCE)
    chex.assert_trees_all_close(got_carry, carry, **TOLERANCE)


def test_takes_tokens():
    layer = gr.chain(gr.embed(4, policy=WIDE), PLAIN)
    tokens = jnp.asarray(np.random.default_rng(0).integers(0, 7, (2, 6)))
    rnn = gr.linen.RNN(layer, in_features=7)
    variables = jax.jit(rnn.init)(jax.random.key(0), tokens)
    kept = variables["params"]
    ys = jax.jit(layer.apply)((gr.EmbedParams(**kept["0"]), gr.LSTMParams(**kept["1"])), tokens.T)[1]
    np.testing.assert_allclose(jax.jit(rnn.apply)(variables, tokens), jnp.moveaxis(ys, 0, 1), **TOLERANCE)
    with pytest.raises(ValueError, match="in_features: expected the number of tokens"):
        gr.linen.RNN(layer).init(jax.random.key(0), tokens)


def test_training_run_equals_the_functional_one(variables):
    """Gradients too, then: each step's are the next one's parameters. ``key`` stands for linen's ``make_rng``."""
    rnn, optimizer, inputs = gr.linen.RNN(NET, deterministic=True), optax.adam(0.05), draw(1, 8, 6, 5)
    targets = jnp.stack([inputs[..., 0].cumsum(1), inputs[..., 1]], axis=-1)

    def run(forward):
        chex.clear_trace_counter()

        @jax.jit
        @chex.assert_max_traces(n=1)
        def step(variables, state):
            loss, grads = jax.value_and_grad(lambda v: jnp.square(forward(v) - targets).mean())(variables)
            updates, state = optimizer.update(grads, state)
            return optax.apply_updates(variables, updates), state, loss, grads

        trained, state, losses, first = variables, optimizer.init(variables), [], None
        for _ in range(20):
            trained, state, loss, grads = step(trained, state)
            losses.append(loss)
            first = grads if first is None else first
        return losses, first

    losses, grads = run(lambda v: rnn.apply(v, inputs))
    expected, expected_grads = run(lambda v: functional(v, inputs))
    chex.assert_trees_all_close(grads, expected_grads, **TOLERANCE)
    np.testing.assert_allclose(losses, expected, **TOLERANCE)
    assert losses[-1] < 0.5 * losses[0]


def test_dropout_by_make_rng(variables):
    rnn, inputs, key = gr.linen.RNN(NET), draw(1, 2, 6, 5), jax.random.key(7)

    class Key(nn.Module):  # what make_rng gives to a module at the same place
        def __call__(self):
            return self.make_rng("dropout")

    apply = jax.jit(rnn.apply, static_argnames="deterministic")
    drawn = Key().apply({}, rngs={"dropout": key})
    got = apply(variables, inputs, deterministic=False, rngs={"dropout": key})
    np.testing.assert_allclose(got, functional(variables, inputs, drawn), **TOLERANCE)
    evaluated = apply(variables, inputs, deterministic=True)
    np.testing.assert_allclose(evaluated, functional(variables, inputs), **TOLERANCE)
    with pytest.raises(ValueError, match="deterministic: expected True or False"):
        rnn.apply(variables, inputs)


@pytest.mark.parametrize("lifted", [False, True])
def test_vmap_over_parameters(lifted):
    inputs = draw(1, 3, 2, 6, 5)
    if lifted:
        many = nn.vmap(gr.linen.RNN, variable_axes={"params": 0}, split_rngs={"params": True})(PLAIN)
        variables = jax.jit(many.init)(jax.random.key(0), inputs)
        assert jnp.abs(jnp.diff(variables["params"]["w_h"], axis=0)).min() > 1e-6  # each member draws its own
        together = jax.jit(many.apply)(variables, inputs)
    else:
        drawn = PLAIN.init(jax.random.key(0), 5)._asdict()
        variables = {"params": jax.tree.map(lambda w: jnp.stack([w, 2 * w, -w]), drawn)}
        together = jax.jit(jax.vmap(gr.linen.RNN(PLAIN).apply))(variables, inputs)
    alone = jax.jit(PLAIN.apply)
    for k in range(3):
        params = gr.LSTMParams(**jax.tree.map(lambda leaf, k=k: leaf[k], variables["params"]))
        expected = jnp.moveaxis(alone(params, jnp.moveaxis(inputs[k], 1, 0))[1], 0, 1)
        np.testing.assert_allclose(together[k], expected, **TOLERANCE)


@pytest.mark.skipif(jax.device_count() < 4, reason="needs 4 devices: --xla_force_host_platform_device_count=4")
def test_explicit_mesh_changes_nothing(variables):
    rnn, inputs, lengths = gr.linen.RNN(NET, deterministic=True), draw(1, 8, 6, 5), jnp.arange(8) % 7
    loss = jax.jit(jax.value_and_grad(lambda v, xs: jnp.square(rnn.apply(v, xs, seq_lengths=lengths)).sum()))
    value, grads = loss(variables, inputs)
    mesh = jax.make_mesh((4,), ("data",), axis_types=(jax.sharding.AxisType.Explicit,))
    with jax.set_mesh(mesh):
        on_mesh = jax.device_put(inputs, jax.NamedSharding(mesh, jax.P("data")))
        got, got_grads = loss(variables, on_mesh)
    np.testing.assert_allclose(got, value, **TOLERANCE)
    chex.assert_trees_all_close(got_grads, grads, **TOLERANCE)


@pytest.mark.parametrize(
    "layer",
    [
        gr.chain(gr.scan(gr.learned_start(gr.GRU(3, policy=WIDE))), gr.dropout(0.5), gr.dense(2, policy=WIDE)),
        pytest.param(
            gr.residual(gr.scan(gr.stack(gr.LSTM(5, policy=WIDE), gr.MinGRU(5, policy=WIDE)))),
            marks=pytest.mark.verify,
        ),
    ],
    ids=["chain", "residual"],
)
def test_a_rollout_by_step_equals_apply(layer):
    rnn, inputs, resets = (
        gr.linen.RNN(layer, deterministic=True, return_carry=True),
        draw(1, 2, 6, 5),
        draw(2, 2, 6) > 0,
    )
    variables = jax.jit(rnn.init)(jax.random.key(0), inputs)
    variables = jax.tree.map(lambda w: w + 0.1, variables)  # a learned start is not zero
    expected = jax.jit(rnn.apply)(variables, inputs, resets=resets)
    carry = rnn.apply(variables, inputs[:, 0], method="initial_carry")
    step = jax.jit(lambda carry, x, starts: rnn.apply(variables, carry, x, resets=starts, method="step"))
    outputs = []
    for t in range(6):
        carry, y = step(carry, inputs[:, t], resets[:, t])
        outputs.append(y)
    chex.assert_trees_all_close((carry, jnp.stack(outputs, axis=1)), expected, **TOLERANCE)
    # The layer's own parameters, out and back.
    params = rnn.params_of(variables)
    got = jnp.moveaxis(jax.jit(layer.apply)(params, jnp.moveaxis(inputs, 1, 0), resets=resets.T)[1], 0, 1)
    np.testing.assert_allclose(got, expected[1], **TOLERANCE)
    chex.assert_trees_all_equal(rnn.variables_of(params), variables)


def test_parameters_lead_out_and_back(variables):
    rnn = gr.linen.RNN(NET)
    params = rnn.params_of(variables)
    chex.assert_trees_all_equal(params, net_params(variables))
    assert jax.tree.structure(params) == jax.tree.structure(NET.init(jax.random.key(0), 5))
    chex.assert_trees_all_equal(rnn.variables_of(params), variables)
    # Of many members at once, as vmap over parameters keeps them.
    many = jax.tree.map(lambda w: jnp.stack([w, -w]), variables)
    chex.assert_trees_all_equal(jax.tree.map(lambda w: w[1], rnn.params_of(many)), jax.tree.map(jnp.negative, params))
    tokens = gr.linen.RNN(gr.chain(gr.embed(4), PLAIN), in_features=7)
    drawn = tokens.layer.init(jax.random.key(0), 7)
    chex.assert_trees_all_equal(tokens.params_of(tokens.variables_of(drawn)), drawn)
    assert gr.linen.RNN(gr.dropout(0.5)).params_of({}) == ()
