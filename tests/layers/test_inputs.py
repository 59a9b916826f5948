"""Inputs of several arrays by name: what a cell makes of them is what it makes of one array that holds them all."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError
from gatedrnn.layers.engines.fast.forms import FastForm
from gatedrnn.layers.inputs import common_axes
from gatedrnn.testing import compare

T, B, H = 6, 3, 4
IN_DIM = {"image": 6, "speed": 2, "action": 3}
I = sum(IN_DIM.values())  # noqa: E741


def joined(x: Any) -> Any:
    """Return one array ``[..., I]`` of an image ``[..., 2, 3]``, a speed ``[..., 2]`` and an action of 3, ``[...]``."""
    image = x["image"].reshape(*x["image"].shape[:-2], 6)
    return jnp.concatenate([image, x["speed"], jax.nn.one_hot(x["action"], 3, dtype=image.dtype)], axis=-1)


class Sees:
    """What makes a cell of one array one of three."""

    def init(self, key, in_dim):
        return super().init(key, sum(in_dim.values()))

    def initial_carry(self, params, x):
        return super().initial_carry(params, joined(x))

    def project(self, params, x):
        return super().project(params, joined(x))


class SeesLSTM(Sees, gr.LSTM):
    pass


class SeesMinGRU(Sees, gr.MinGRU):
    def linear(self, params, z):
        return super().linear(params, z)


class SeesBefore(Sees, gr.GRUResetBefore):
    """No gated cell."""

    def step(self, params, carry, x):
        return super().step(params, carry, joined(x))


def draw(key, leading, real=jnp.float32):
    """Draw what the cells here consume, as ``gr.testing`` wants it drawn."""
    one, two, three = jax.random.split(key, 3)
    action = jax.random.randint(three, leading, 0, 3)
    return {
        "image": jax.random.normal(one, (*leading, 2, 3), real),
        "speed": jax.random.normal(two, (*leading, 2), real),
        "action": action,
    }


def pairs():
    """Return layers of several arrays, each with the same one of one array."""
    for engine in ("reference", "fast", FastForm(project=4, recompute=4), FastForm(project=2)):
        yield gr.scan(SeesLSTM(H), engine=engine), gr.scan(gr.LSTM(H), engine="reference")
    for reverse in (False, True):
        yield (
            gr.scan(SeesMinGRU(H), engine="associative", reverse=reverse),
            gr.scan(gr.MinGRU(H), engine="reference", reverse=reverse),
        )
    yield gr.scan(SeesBefore(H), remat=2), gr.scan(gr.GRU(H, reset="before"))
    yield gr.bidirectional(SeesLSTM(H)), gr.bidirectional(gr.LSTM(H), engine="reference")
    for top in (gr.GRU(3), gr.residual(gr.GRU(H)), gr.learned_start(gr.MinGRU(2))):
        yield gr.scan(gr.stack(SeesLSTM(H), top)), gr.scan(gr.stack(gr.LSTM(H), top))
    yield (
        gr.chain(gr.data_parallel(gr.scan(gr.learned_start(SeesLSTM(H)))), gr.dense(2)),
        gr.chain(gr.scan(gr.learned_start(gr.LSTM(H))), gr.dense(2)),
    )


QUICK = (0, 2, 4, 7, 11)
"""Of these pairs: the plain loop, blocks of the fast engine, in parallel, both directions, and one after another."""


@pytest.mark.parametrize("padded", [pytest.param(False, marks=pytest.mark.verify), True])
@pytest.mark.parametrize(
    ("named", "plain"),
    [
        pytest.param(*pair, id=repr(pair[0]), marks=() if number in QUICK else pytest.mark.verify)
        for number, pair in enumerate(pairs())
    ],
)
def test_several_arrays_are_one_that_holds_them_all(named, plain, padded):
    """Values and gradients of parameters and real inputs, with lengths, masks and resets, and NaN in padding."""
    with jax.enable_x64(True):
        xs = draw(jax.random.key(1), (T, B), jnp.float64)
        params = jax.tree.map(lambda leaf: leaf.astype(float), plain.init(jax.random.key(0), I))
        steps: dict[str, Any] = {}
        garbage = xs
        if padded:
            rng = np.random.default_rng(2)
            lengths, mask, resets = jnp.array([T, 4, 0]), *jnp.asarray(rng.random((2, T, B)) < [[[0.7]], [[0.3]]])
            steps = {"lengths": lengths, "mask": mask, "resets": resets}
            exists = mask & (jnp.arange(T)[:, None] < lengths)
            garbage = dict(xs, speed=jnp.where(exists[..., None], xs["speed"], jnp.nan))

        def loss(layer, params, real, xs):
            carry, ys = layer.apply(params, xs(real), **steps)
            return jnp.sin(ys).sum() + sum(jnp.cos(leaf).sum() for leaf in jax.tree.leaves(carry)), ys

        real = {name: garbage[name] for name in ("image", "speed")}
        gradient = jax.jit(jax.value_and_grad(loss, (1, 2), has_aux=True), static_argnums=(0, 3))
        got = gradient(named, params, real, lambda real: {**xs, **real})
        expected = gradient(plain, params, {name: xs[name] for name in real}, lambda real: joined({**xs, **real}))
        if padded:
            zeroed = jnp.where(exists[..., None], expected[1][1]["speed"], 0)
            assert (zeroed == expected[1][1]["speed"]).all()
    # Each of T steps adds up I + H products and takes about 16 operations more.
    rtol = compare.tolerance(np.finfo(np.float64).eps, T * B * (I + H + 16))
    compare.assert_close(got, expected, "(loss, ys), gradients", rtol=rtol)


@pytest.mark.verify
def test_a_cell_of_several_arrays_keeps_every_law():
    """All arrays real here, so that gradients reach all of them."""

    def together(x):
        return joined(dict(x, action=jnp.zeros_like(x["action"], int))) + x["action"][..., None]

    class Real(gr.LSTM):
        def init(self, key, in_dim):
            return super().init(key, sum(in_dim.values()))

        def initial_carry(self, params, x):
            return super().initial_carry(params, together(x))

        def project(self, params, x):
            return super().project(params, together(x))

    def inputs(key, leading):
        drawn = draw(key, leading)
        return dict(drawn, action=jnp.cos(drawn["action"] + drawn["speed"][..., 0]))

    gr.testing.check_cell(Real(3), in_dim=IN_DIM, inputs=inputs)


@pytest.mark.parametrize(
    "layer",
    [
        pytest.param(gr.scan(SeesLSTM(H)), marks=pytest.mark.verify),
        gr.chain(gr.scan(gr.stack(SeesBefore(H), gr.GRU(H)))),
    ],
)
def test_streaming_takes_them_too(layer):
    params = layer.init(jax.random.key(0), IN_DIM)
    xs = draw(jax.random.key(1), (T, B))
    expected = jax.jit(layer.apply)(params, xs)
    first = jax.tree.map(lambda leaf: leaf[0], xs)
    carry, ys, step = layer.initial_carry(params, first), [], jax.jit(layer.step)
    for t in range(T):
        carry, y = step(params, carry, jax.tree.map(lambda leaf, t=t: leaf[t], xs))
        ys.append(y)
    compare.assert_close((carry, jnp.stack(ys)), expected, "(carry, ys)", rtol=compare.tolerance(2.0**-23, T * 32))


@pytest.mark.parametrize(
    "above",
    [pytest.param((), marks=pytest.mark.verify), (gr.zoneout(gr.GRU(H), 0.3),)],
    ids=["alone", "in a stack"],
)
def test_noise_travels_beside_them(above):
    several, one = (
        gr.scan(gr.stack(gr.zoneout(gr.variational_dropout(cell, 0.5), 0.5), *above))
        for cell in (SeesLSTM(H), gr.LSTM(H))
    )
    params, xs, key = one.init(jax.random.key(0), I), draw(jax.random.key(1), (T, B)), jax.random.key(2)
    got = jax.jit(several.apply)(params, xs, key=key)
    expected = jax.jit(one.apply)(params, joined(xs), key=key)
    compare.assert_close(got, expected, "(carry, ys)", rtol=compare.tolerance(2.0**-23, T * 32))


class Observation(NamedTuple):
    speed: Any
    action: Any


def test_a_named_tuple_is_such_an_input_and_a_tuple_is_none():
    class Sums(gr.SimpleRNN):
        def initial_carry(self, params, x):
            return super().initial_carry(params, x.speed)

        def project(self, params, x):
            return super().project(params, x.speed) + x.action

    layer, both = gr.scan(Sums(2, activation=lambda a: a)), Observation(jnp.ones((3, 2)), jnp.full((3, 2), 10.0))
    params = gr.SimpleRNNParams(jnp.eye(2), jnp.eye(2), jnp.zeros(2))
    assert layer.apply(params, both)[1].tolist() == [[11, 11], [22, 22], [33, 33]]
    assert gr.scan(gr.zoneout(layer.cell, 0.0)).apply(params, both, key=jax.random.key(0))[1][-1].tolist() == [33, 33]
    for wrong in (tuple(both), list(both)):
        with pytest.raises(InputError, match=rf"^xs: expected one array of numbers, got a {type(wrong).__name__}"):
            layer.apply(params, wrong)
        with pytest.raises(InputError, match=rf"^x: expected one array of numbers, got a {type(wrong).__name__}"):
            layer.step(params, jnp.zeros(2), wrong)


XS = {"image": jnp.ones((T, B, 2, 3)), "speed": jnp.ones((T, B, 2)), "action": jnp.zeros((T, B), int)}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"^xs: expected at least one array of numbers, got \{\}"),
        (dict(XS, speed=XS["speed"] * 1j), r"^xs\['speed'\]: expected real numbers, got complex64"),
        (dict(XS, speed=[XS["speed"][0]] * T), r"^xs\['speed'\]: expected one array of numbers, got a list"),
        (dict(XS, speed=tuple(XS["speed"])), r"^xs\['speed'\]: expected one array of numbers, got a tuple"),
        (dict(XS, speed="fast"), r"^xs\['speed'\]: expected one array of numbers, got a str"),
        (dict(XS, speed=XS["speed"][1:]), r"^xs: expected arrays that all lead with \(6, 3\), got .*\(5, 3, 2\)"),
        ({"speed": XS["speed"]}, r"^xs: expected what SeesLSTM\(hidden=4\) takes, got .*'image'"),
    ],
)
def test_other_trees_are_refused(given, message, unchecked_annotations):
    layer = gr.scan(SeesLSTM(H))
    with pytest.raises(InputError, match=message):
        layer.apply(layer.init(jax.random.key(0), IN_DIM), given)


@pytest.mark.parametrize("layer", [gr.dense(3), gr.dropout(0.5), gr.residual(gr.scan(gr.LSTM(H)))], ids=repr)
def test_a_layer_of_one_array_refuses_several(layer, unchecked_annotations):
    with pytest.raises(InputError, match=r"^xs: expected one array of numbers, got a dict"):
        layer.apply(layer.init(jax.random.key(0), H), XS)


def test_flags_fit_the_axes_that_the_output_has():
    layer = gr.scan(SeesLSTM(H))
    params = layer.init(jax.random.key(0), IN_DIM)
    with pytest.raises(InputError, match=r"^mask: expected the leading axes of \(6, 3\), got \(6, 3, 2\)"):
        layer.apply(params, XS, mask=jnp.ones((T, B, 2), bool))
    assert common_axes(XS) == (T, B)
