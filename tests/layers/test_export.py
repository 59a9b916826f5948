"""Programs exported once for any number of steps and sequences, called with two sizes of each."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.cells import registry
from gatedrnn.errors import InputError
from gatedrnn.layers.engines.fast.forms import FastForm
from tests.helpers.proofs import quick_rows

KINDS = gr.chain(
    gr.bidirectional(gr.ProjectedLSTM(4, 3)),
    gr.scan(gr.DreamerGRU(4, heads=2)),
    gr.residual(gr.scan(gr.LayerNormLSTM(4))),
    gr.scan(gr.BlockGRU(4, heads=2)),
    gr.scan(gr.GRU(3, reset="before")),
    gr.scan(gr.learned_start(gr.zoneout(gr.LSTM(3), 0.1, 0.2)), reverse=True),
)
"""A cell of each kind that another program comes of, on top of each other: one program proves all of them."""
LAYERS = {
    "kinds": KINDS,
    "reference": gr.scan(gr.GRU(4), engine="reference"),
    "one product": gr.scan(gr.LSTM(4), engine=FastForm(project=0)),
    "both directions": gr.bidirectional(gr.GRU(3)),
    "deep": gr.chain(gr.scan(gr.stack(gr.LSTM(3), gr.MinGRU(3))), gr.dropout(0.1), gr.dense(2)),
    "sum of directions": gr.bidirectional(gr.LayerNormGRU(3), merge="sum"),
    "zoneout": gr.scan(gr.zoneout(gr.GRU(4), 0.1)),
    "variational dropout": gr.scan(gr.variational_dropout(gr.drop_connect(gr.LSTM(4), 0.1), 0.2)),
    "clipped": gr.scan(gr.clip_gradient(gr.LSTM(4), 0.1)),
    "data parallel": gr.data_parallel(gr.scan(gr.GRU(4))),
    **{name: gr.scan(entry.make(4)) for name, entry in registry.CELLS.items()},
}
NOISY = ("zoneout", "variational dropout", "deep")
"""Those that are exported in training: noise is drawn of a key, in shapes that are symbols."""
SIZES = ((5, 2), (9, 3))


def program(layer: Any, params: Any, key: Any = None) -> Any:
    """Return outputs and gradients of padded sequences with resets, as a function to be compiled."""

    def loss(params: Any, xs: Any, lengths: Any, resets: Any) -> Any:
        carry, ys = layer.apply(params, xs, lengths=lengths, resets=resets, key=key)
        return (ys**2).sum(), (jax.tree.leaves(carry), ys)

    def run(xs: Any, lengths: Any, resets: Any) -> Any:
        return jax.grad(loss, (0, 1), has_aux=True)(params, xs, lengths, resets)

    return jax.jit(lambda *given: jax.tree.leaves(run(*given)))


@pytest.mark.parametrize("name", quick_rows(LAYERS, ("both directions",)))
def test_a_program_for_any_size_gives_what_each_size_gives(name: str) -> None:
    layer = LAYERS[name]
    run = program(layer, layer.init(jax.random.key(0), 3), jax.random.key(1) if name in NOISY else None)
    steps, batch = jax.export.symbolic_shape("steps, batch")
    like = jax.ShapeDtypeStruct
    shapes = like((steps, batch, 3), jnp.float32), like((batch,), jnp.int32), like((steps, batch), jnp.bool_)
    exported = jax.export.deserialize(jax.export.export(run)(*shapes).serialize())
    for length, size in SIZES:
        xs = jax.random.normal(jax.random.key(length), (length, size, 3))
        lengths = length - jnp.arange(size, dtype=jnp.int32)
        resets = (jnp.arange(length)[:, None] + jnp.arange(size)) % 3 == 0
        for got, expected in zip(exported.call(xs, lengths, resets), run(xs, lengths, resets), strict=True):
            # The same arithmetic; where sizes are known, products may be grouped in another way.
            np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


def test_every_kind_of_cell_is_exported_for_any_size() -> None:
    """Outputs alone, which compile quickly; parameters are arguments of the program."""
    params = KINDS.init(jax.random.key(0), 3)
    run = jax.jit(lambda *given: KINDS.apply(given[0], given[1], lengths=given[2])[1])
    steps, batch = jax.export.symbolic_shape("steps, batch")
    shapes = jax.ShapeDtypeStruct((steps, batch, 3), jnp.float32), jax.ShapeDtypeStruct((batch,), jnp.int32)
    exported = jax.export.deserialize(jax.export.export(run)(params, *shapes).serialize())
    xs, lengths = jax.random.normal(jax.random.key(1), (9, 3, 3)), jnp.array([5, 4, 9])
    expected = run(params, xs, lengths)
    for length, size in SIZES:  # the smaller are the first sequences of the larger, which end there
        got = exported.call(params, xs[:length, :size], lengths[:size])
        np.testing.assert_allclose(got, expected[:length, :size], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sizes", ["steps, 8", "4, batch"])
def test_a_batch_of_unknown_size_is_not_split(sizes: str) -> None:
    """The program is one of a single device, whatever made it."""
    layer = gr.data_parallel(gr.scan(gr.SimpleRNN(2)))
    params, xs = layer.init(jax.random.key(0), 3), jax.random.normal(jax.random.key(1), (4, 8, 3))
    shape = jax.ShapeDtypeStruct(jax.export.symbolic_shape(f"{sizes}, 3"), jnp.float32)
    exported = jax.export.export(jax.jit(lambda xs: layer.apply(params, xs)[1]))(shape)
    assert jax.device_count() > 1 == exported.nr_devices
    np.testing.assert_allclose(exported.call(xs), layer.apply(params, xs)[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"engine": FastForm(recompute=4)}, "engine"),
        ({"engine": FastForm(project=4)}, "engine"),
        ({"remat": "sqrt"}, "remat"),
        ({"unroll": 2}, "unroll"),
    ],
)
def test_blocks_of_a_symbol_are_refused(options: dict[str, Any], named: str) -> None:
    layer = gr.scan(gr.LSTM(4), **options)
    params = layer.init(jax.random.key(0), 3)
    (steps,) = jax.export.symbolic_shape("steps")
    with pytest.raises(InputError, match=rf"{named}: expected .* symbol.* steps"):
        jax.export.export(jax.jit(lambda xs: layer.apply(params, xs)[1]))(jax.ShapeDtypeStruct((steps, 3), jnp.float32))


@pytest.mark.parametrize("engine", ["associative", "parallel", "parallel_backward"])
def test_engines_that_group_steps_refuse_a_symbol_of_them_and_take_one_of_sequences(engine: Any) -> None:
    layer = gr.scan(gr.MinGRU(4), engine=engine)
    params = layer.init(jax.random.key(0), 3)
    run = jax.jit(lambda xs: layer.apply(params, xs)[1])
    steps, batch = jax.export.symbolic_shape("steps, batch")
    with pytest.raises(InputError, match=f"engine: expected another than {engine}, as the steps are steps"):
        jax.export.export(run)(jax.ShapeDtypeStruct((steps, batch, 3), jnp.float32))
    exported = jax.export.export(run)(jax.ShapeDtypeStruct((5, batch, 3), jnp.float32))
    for size in (1, 3):
        xs = jax.random.normal(jax.random.key(size), (5, size, 3))
        np.testing.assert_allclose(exported.call(xs), run(xs), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("carried", [gr.LSTM, gr.GRU])
def test_parameters_and_carries_are_arguments_of_an_exported_program(carried: Any) -> None:
    layer = gr.bidirectional(carried(3))
    params, xs = layer.init(jax.random.key(0), 2), jnp.ones((4, 2))
    exported = jax.export.export(jax.jit(layer.apply))(params, xs)
    carry, ys = jax.export.deserialize(exported.serialize()).call(params, xs)
    expected = layer.apply(params, xs)
    assert jax.tree.structure((carry, ys)) == jax.tree.structure(expected)
    np.testing.assert_allclose(ys, expected[1], rtol=1e-5, atol=1e-6)
