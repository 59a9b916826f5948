"""A batch split over devices: the unsplit layer's values and gradients, and one sum of gradients."""

from __future__ import annotations

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec

import gatedrnn as gr
from gatedrnn.testing import compare
from tests.helpers.cell_table import tokens

T, I = 6, 3  # noqa: E741
NET = gr.chain(gr.embed(3), gr.bidirectional(gr.LSTM(3)), gr.scan(gr.GRU(2)))
RTOL = compare.tolerance(2.0**-52, operations=T * 16 * 30)
"""Rounding of float64: steps, times the largest batch, times the rows of all maps and the gates' operations."""


def draw(batch, dtype=jnp.float64):
    """A net's parameters, and tokens, carry, lengths and resets of a batch."""
    keys = jax.random.split(jax.random.key(batch), 5)
    params = jax.tree.map(lambda p: p.astype(dtype), NET.init(keys[0], 5))
    xs = tokens(keys[1], (T, batch))
    carry = jax.tree.map(
        lambda leaf: jax.random.normal(keys[2], leaf.shape, leaf.dtype), NET.initial_carry(params, xs[0])
    )
    lengths = jax.random.randint(keys[3], (batch,), 0, T + 1)
    return params, xs, carry, lengths, jax.random.bernoulli(keys[4], 0.3, (T, batch))


def gradients(layer):
    """Gradients of something nonlinear of all that comes out, and what comes out."""

    def loss(params, carry, xs, lengths, resets):
        out = layer.apply(params, xs, carry=carry, lengths=lengths, resets=resets)
        return sum(
            jnp.sin(leaf * jnp.arange(1, 1 + leaf.size).reshape(leaf.shape)).sum() for leaf in jax.tree.leaves(out)
        ), out

    return jax.jit(jax.grad(loss, argnums=(0, 1), has_aux=True))


@pytest.mark.parametrize(
    "batch",
    [pytest.param(3, marks=pytest.mark.verify), pytest.param(8, marks=pytest.mark.verify), 9],
    ids="batch {}".format,
)
def test_it_equals_the_unsplit_layer_in_float64(batch):
    """On four devices: fewer sequences than devices, a number that they divide, and one that they don't."""
    with jax.enable_x64(True):
        params, xs, carry, lengths, resets = draw(batch)
        expected = gradients(NET)(params, carry, xs, lengths, resets)
        got = gradients(gr.data_parallel(NET))(params, carry, xs, lengths, resets)
        compare.assert_close(got, expected, "(gradients, (carry, ys))", rtol=RTOL)


@pytest.mark.usefixtures("optimised")
def test_every_device_has_its_part_and_gradients_are_summed_once():
    layer = gr.data_parallel(gr.chain(gr.scan(gr.LSTM(3)), gr.scan(gr.LSTM(3))))
    params, xs = layer.init(jax.random.key(0), I), jnp.ones((T, 8, I))
    ys = jax.jit(layer.apply)(params, xs)[1]
    assert {shard.data.shape for shard in ys.addressable_shards} == {(T, 2, 3)}
    assert len({shard.device for shard in ys.addressable_shards}) == 4
    loss = jax.jit(jax.grad(lambda params: (layer.apply(params, xs)[1] ** 2).sum()))
    assert len(re.findall(r" all-reduce\(", loss.lower(params).compile().as_text())) == 1


def test_a_set_mesh_says_over_which_devices():
    layer = gr.data_parallel(gr.scan(gr.GRU(2)))
    params, xs = layer.init(jax.random.key(0), I), jax.random.normal(jax.random.key(1), (T, 4, I))
    apply = lambda layer: jax.jit(lambda params, xs: layer.apply(params, xs)[1])  # noqa: E731
    expected = apply(layer.inner)(params, xs)
    auto = jax.sharding.AxisType.Auto
    for shape, names, parts in (((2, 2), ("model", "batch"), 2), ((2,), ("model",), 1)):
        mesh = jax.make_mesh(shape, names, (auto,) * len(names), devices=jax.devices()[: np.prod(shape)])
        with jax.set_mesh(mesh):
            ys = apply(layer)(params, xs)
        np.testing.assert_allclose(ys, expected, rtol=1e-6)  # about 10 roundings of float32
        assert {shard.data.shape for shard in ys.addressable_shards} == {(T, 4 // parts, 2)}


def test_each_device_draws_noise_of_its_own():
    """Four equal sequences, one to a device, are dropped differently; the noise is that of the folded keys."""
    dropout = gr.dropout(0.5)
    xs, key = jnp.ones((T, 4, 16)), jax.random.key(3)
    ys = jax.jit(gr.data_parallel(dropout).apply)((), xs, key=key)[1]
    for device in range(4):
        alone = dropout.apply((), xs[:, :1], key=jax.random.fold_in(key, device))[1]
        np.testing.assert_array_equal(ys[:, device : device + 1], alone)
    assert len({np.asarray(ys[:, device]).tobytes() for device in range(4)}) == 4


def test_a_traced_rate_reaches_the_parts_of_each_member():
    """On a mesh of 2 rows of 2 devices: gradients of parameters and rate are those of parts put together by hand."""
    net = lambda rate: gr.chain(gr.dropout(rate), gr.scan(gr.GRU(2)))  # noqa: E731
    params, xs = net(0.5).init(jax.random.key(0), I), jax.random.normal(jax.random.key(1), (T, 4, I))
    key, rates = jax.random.key(2), jnp.array([0.1, 0.2, 0.4, 0.8])

    def split(params, rate):
        return (gr.data_parallel(net(rate)).apply(params, xs, key=key)[1] ** 2).sum()

    def by_hand(params, rate):
        parts = [net(rate).apply(params, xs[:, 2 * d : 2 * d + 2], key=jax.random.fold_in(key, d))[1] for d in range(2)]
        return sum((ys**2).sum() for ys in parts)

    def of_all(loss):
        return lambda rates: jax.lax.map(lambda rate: jax.grad(loss, argnums=(0, 1))(params, rate), rates)

    mesh, rows = jax.sharding.Mesh(np.array(jax.devices()).reshape(2, 2), ("rows", "batch")), PartitionSpec("rows")
    options = {"axis_names": {"rows"}, "in_specs": rows, "out_specs": rows, "check_vma": False}
    found = jax.jit(jax.shard_map(of_all(split), mesh=mesh, **options))(rates)
    # T steps of some 10 roundings of float32, there and back; sums in another order cancel.
    compare.assert_close(found, jax.jit(of_all(by_hand))(rates), "(params, rate)", rtol=1e-5)


def test_noise_outside_is_that_of_one_device():
    nets = [gr.chain(wrap(gr.scan(gr.GRU(4))), gr.dropout(0.5)) for wrap in (gr.data_parallel, lambda layer: layer)]
    params, xs = nets[0].init(jax.random.key(0), I), jax.random.normal(jax.random.key(1), (T, 8, I))
    split, whole = (
        jax.jit(lambda p, xs, net=net: net.apply(p, xs, key=jax.random.key(2))[1])(params, xs) for net in nets
    )
    np.testing.assert_array_equal(split == 0, whole == 0)
    np.testing.assert_allclose(split, whole, rtol=1e-5)  # T steps of some 10 roundings of float32


def test_inside_shard_map_the_program_splits():
    layer = gr.data_parallel(gr.scan(gr.GRU(2)))
    params, xs = layer.init(jax.random.key(0), I), jax.random.normal(jax.random.key(1), (T, 4, I))
    mesh = jax.make_mesh((2,), ("batch",), (jax.sharding.AxisType.Auto,), devices=jax.devices()[:2])
    spec = PartitionSpec(None, "batch")
    apply = lambda params, xs: layer.apply(params, xs)[1]  # noqa: E731
    split = jax.shard_map(apply, mesh=mesh, in_specs=(PartitionSpec(), spec), out_specs=spec)
    expected = layer.inner.apply(params, xs)[1]
    np.testing.assert_allclose(jax.jit(split)(params, xs), expected, rtol=1e-6)  # as above


@pytest.mark.usefixtures("unchecked_annotations")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"carry": jnp.ones((5, 2))}, r"carry: expected leaves \[4, ...\], got shape \(5, 2\)"),
        ({"carry": jnp.ones((4, 3))}, r"carry: expected shapes"),
        ({"lengths": jnp.ones(4)}, "lengths: expected integers, got float32"),
        ({"lengths": jnp.ones(3, int)}, "lengths: expected the leading axes"),
        ({"mask": jnp.ones((T, 3), bool)}, "mask: expected the leading axes"),
        ({"resets": jnp.ones((T, 4))}, "resets: expected bool, got float32"),
    ],
)
def test_what_does_not_fit_is_named(given, message):
    layer = gr.data_parallel(gr.scan(gr.GRU(2)))
    params = layer.init(jax.random.key(0), I)
    with pytest.raises(ValueError, match=message):
        layer.apply(params, jnp.ones((T, 4, I)), **given)


@pytest.mark.usefixtures("unchecked_annotations")
def test_a_bare_cell_is_refused():
    with pytest.raises(ValueError, match="layer: expected a layer, got GRU"):
        gr.data_parallel(gr.GRU(2))
