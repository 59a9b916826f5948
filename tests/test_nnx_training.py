"""``gr.nnx.RNN`` in training: steps of an optimizer, ensembles, checkpoints and meshes; in float64."""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint.experimental.v1 as ocp
import pytest
from flax import nnx

import gatedrnn as gr
from tests.test_nnx import NET, PLAIN, TOLERANCE, WIDE, build, call, draw


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def test_training_run_equals_the_functional_one():
    """With dropout: the module's keys are those of its stream."""
    rnn, params = build()
    optimizer, stream = optax.adam(0.05), nnx.Rngs(dropout=1).dropout.fork()
    inputs = draw(1, 8, 6, 5)
    targets = jnp.stack([inputs[..., 0].cumsum(1), inputs[..., 1]], axis=-1)
    trained = nnx.Optimizer(rnn, optimizer, wrt=nnx.Param)
    chex.clear_trace_counter()

    @nnx.jit
    @chex.assert_max_traces(n=1)
    def module_step(rnn, trained):
        loss, grads = nnx.value_and_grad(lambda m: jnp.square(m(inputs) - targets).mean())(rnn)
        trained.update(rnn, grads)
        return loss

    @jax.jit
    def functional_step(params, state, key):
        def loss(params):
            return jnp.square(jnp.moveaxis(NET.apply(params, jnp.moveaxis(inputs, 1, 0), key=key)[1], 0, 1) - targets)

        value, grads = jax.value_and_grad(lambda p: loss(p).mean())(params)
        updates, state = optimizer.update(grads, state)
        return optax.apply_updates(params, updates), state, value

    state, losses, expected = optimizer.init(params), [], []
    for _ in range(20):
        losses.append(module_step(rnn, trained))
        params, state, value = functional_step(params, state, stream())
        expected.append(value)
    np.testing.assert_allclose(losses, expected, **TOLERANCE)
    assert np.mean(losses[-3:]) < 0.7 * np.mean(losses[:3])


def test_equal_modules_trace_once():
    chex.clear_trace_counter()

    @nnx.jit
    @chex.assert_max_traces(n=1)
    def count(rnn, inputs):
        return rnn(inputs)

    for seed in range(3):
        count(gr.nnx.RNN(gr.LSTM(4, policy=WIDE), 5, rngs=nnx.Rngs(seed)), draw(seed, 2, 6, 5))


def test_ensemble_by_vmap_equals_its_members():
    members, inputs = [build()[0] for _ in range(3)], draw(1, 2, 6, 5)
    for k, member in enumerate(members):
        nnx.update(member, jax.tree.map(lambda p, k=k: p * (1 + k), nnx.state(member, nnx.Param)))
    graph, _ = nnx.split(members[0])
    many = nnx.merge(graph, jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(nnx.state, members)))
    together = nnx.jit(nnx.vmap(lambda m, xs: m(xs), in_axes=(0, None)))(many, inputs)
    for outputs, member in zip(together, members, strict=True):
        np.testing.assert_allclose(outputs, call(member, inputs), **TOLERANCE)


@jax.enable_x64(False)  # a context is one thread's, and Orbax has its own
def test_checkpoint_restores_bit_for_bit(tmp_path):
    layer = gr.chain(gr.bidirectional(gr.GRU(4)), gr.dense(2))
    rnn, other = (gr.nnx.RNN(layer, 5, rngs=nnx.Rngs(seed)) for seed in (0, 1))
    ocp.save(tmp_path / "params", nnx.state(rnn, nnx.Param))
    nnx.update(other, ocp.load(tmp_path / "params", nnx.state(other, nnx.Param)))
    chex.assert_trees_all_equal(nnx.state(other, nnx.Param), nnx.state(rnn, nnx.Param))
    inputs = draw(1, 2, 6, 5)
    np.testing.assert_array_equal(call(other, inputs), call(rnn, inputs))


@pytest.mark.skipif(jax.device_count() < 4, reason="needs 4 devices: --xla_force_host_platform_device_count=4")
def test_explicit_mesh_changes_nothing():
    """flax.nnx.RNN fails here: its zeros are made from shapes alone."""
    rnn, _ = build(PLAIN)
    inputs, lengths = draw(1, 8, 6, 5), jnp.arange(8) % 7

    @nnx.jit
    def loss(rnn, xs):
        return nnx.value_and_grad(lambda m: jnp.square(m(xs, seq_lengths=lengths)).sum())(rnn)

    value, grads = loss(rnn, inputs)
    mesh = jax.make_mesh((4,), ("data",), axis_types=(jax.sharding.AxisType.Explicit,))
    with jax.set_mesh(mesh):
        on_mesh = jax.device_put(inputs, jax.NamedSharding(mesh, jax.P("data")))
        got, got_grads = loss(rnn, on_mesh)
        assert jax.typeof(call(rnn, on_mesh)).sharding.spec == jax.P("data", None, None)
    np.testing.assert_allclose(got, value, **TOLERANCE)
    chex.assert_trees_all_close(got_grads, grads, **TOLERANCE)
