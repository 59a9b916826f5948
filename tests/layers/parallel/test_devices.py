"""Steps spread over devices: what XLA does by itself, and where JAX says no."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec

import gatedrnn as gr
from gatedrnn.testing import compare

CELL, STEPS = gr.GRU(3), 128


def spread(kind: AxisType) -> tuple[jax.sharding.Mesh, jax.Array]:
    """Return a mesh of two devices, and inputs whose steps are spread over it."""
    mesh = jax.make_mesh((2,), ("time",), axis_types=(kind,), devices=jax.devices()[:2])
    xs = np.random.default_rng(0).normal(size=(STEPS, 2, 2)).astype(np.float32)
    return mesh, jax.device_put(xs, NamedSharding(mesh, PartitionSpec("time")))


@pytest.mark.verify
def test_steps_that_are_spread_over_devices_stay_so_and_have_the_scans_values_and_gradients() -> None:
    """With one window for all; by ``jax.jit`` alone, where XLA parts the work."""
    mesh, xs = spread(AxisType.Auto)
    layer, params = gr.parallel(CELL, method="gate", window=STEPS), CELL.init(jax.random.key(0), 2)
    here = jnp.asarray(np.asarray(xs))

    def values(layer: gr.Layer) -> jax.stages.Wrapped:
        def loss(params: gr.GRUParams, xs: jax.Array) -> tuple[jax.Array, jax.Array]:
            ys = layer.apply(params, xs)[1]
            return (ys**2).sum(), ys

        return jax.jit(jax.value_and_grad(loss, has_aux=True))

    with jax.set_mesh(mesh):
        (_, ys), gradient = values(layer)(params, xs)
    (_, expected), by_scan = values(gr.scan(CELL))(params, here)
    assert ys.sharding.spec[0] == "time"
    compare.assert_close((ys, gradient), (expected, by_scan), "(ys, gradient)", rtol=1e-5)


def test_explicit_axes_have_no_place_for_time() -> None:
    """As in a scan, which reads one step as well: JAX has no slice of one step of an axis that is spread."""
    mesh, xs = spread(AxisType.Explicit)
    params = CELL.init(jax.random.key(0), 2)
    for layer in (gr.parallel(CELL), gr.scan(CELL)):
        with jax.set_mesh(mesh), pytest.raises(Exception, match="slicing on sharded dims"):
            jax.eval_shape(layer.apply, params, xs)
