"""Laws of the program: its types, how often it is traced, and the devices that it is spread over."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any

import chex
import jax
import jax.numpy as jnp
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from gatedrnn.testing.probe import ProbeBatch, gradients_of

if TYPE_CHECKING:
    from gatedrnn.testing.probe import Probe

AXIS = "shard"
WHOLE, LEADING, SECOND = PartitionSpec(), PartitionSpec(AXIS), PartitionSpec(None, AXIS)
SPLIT = ProbeBatch(xs=SECOND, carry=LEADING, lengths=LEADING, mask=SECOND, resets=SECOND)
OUT = (LEADING, SECOND)
"""How a batch, and the carry and ys that come of it, are spread over devices."""


def types_follow_the_policy(probe: Probe) -> None:
    """The types of carry and outputs are the same whatever type the input has.

    A layer without an ``out_dim`` of its own hands its input on, type included.
    """
    if probe.layer.out_dim is None:
        return
    expected = jax.eval_shape(probe.apply, probe.params, probe.padded)
    widest = jnp.ones(()).dtype.name  # float64 where it is enabled
    came = probe.padded.xs
    tokens = all(jnp.issubdtype(leaf.dtype, jnp.integer) for leaf in jax.tree.leaves(came))
    for dtype in ("int8", "int32", "uint32") if tokens else ("float16", "bfloat16", "float32", widest, "int8", "int32"):
        xs = jax.tree.map(lambda leaf, dtype=dtype: jax.ShapeDtypeStruct(leaf.shape, dtype), came)
        for carry in (probe.padded.carry, None):
            got = jax.eval_shape(probe.apply, probe.params, probe.padded._replace(xs=xs, carry=carry))
            if got != expected:
                raise AssertionError(f"(carry, ys) for xs of {dtype}: expected {expected}, got {got}")


def equal_configs_trace_once(probe: Probe) -> None:
    """A configuration is hashable, and one that is equal to it shares its compiled program."""
    chex.clear_trace_counter()

    @partial(jax.jit, static_argnums=0)
    @chex.assert_max_traces(n=1)
    def program(layer: Any, params: Any, xs: Any) -> Any:
        return layer.apply(params, xs)

    for layer in (probe.layer, rebuilt(probe.layer)):
        program.eval_shape(layer, probe.params, probe.whole.xs)


def rebuilt(config: Any) -> Any:
    """Return a configuration built anew, part by part, from the same values."""
    if isinstance(config, tuple):
        return tuple(rebuilt(part) for part in config)
    if not dataclasses.is_dataclass(type(config)):
        return config
    fields = (field.name for field in dataclasses.fields(config) if field.init)
    return dataclasses.replace(config, **{name: rebuilt(getattr(config, name)) for name in fields})


def runs_inside_shard_map(probe: Probe) -> None:
    """Inside ``jax.shard_map`` over the batch, values and gradients are those of the whole batch."""
    specs = (WHOLE, SPLIT, OUT)
    gradients = tuple((WHOLE, SECOND, LEADING)[i] for i in probe.argnums)
    program = jax.shard_map(
        partial(gradients_of, probe.layer, probe.argnums),
        mesh=_mesh(AxisType.Auto),
        in_specs=specs,
        out_specs=(gradients, OUT),
    )
    got = jax.jit(program)(probe.params, probe.padded, probe.weights)
    expected = probe.gradients(probe.params, probe.padded, probe.weights)
    probe.assert_close(got, expected, "(gradients, (carry, ys))")


def runs_where_only_params_vary(probe: Probe) -> None:
    """Inside ``jax.shard_map`` where each device has parameters of its own and all have the same batch."""
    if 0 not in probe.argnums:
        return
    mesh = _mesh(AxisType.Auto)
    models = [jax.tree.map(lambda leaf, i=i: leaf * (1 - 0.1 * i), probe.params) for i in range(mesh.size)]

    def run(params: Any, batch: Any) -> Any:
        out = probe.apply(jax.tree.map(lambda leaf: leaf[0], params), batch)
        return jax.tree.map(lambda leaf: leaf[None], out)

    program = jax.shard_map(run, mesh=mesh, in_specs=(LEADING, WHOLE), out_specs=LEADING)
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *models)
    jax.eval_shape(program, stacked, probe.padded)
    batch = probe.padded._replace(carry=None)
    got = jax.jit(program)(stacked, batch)
    expected = jax.tree.map(lambda *leaves: jnp.stack(leaves), *(probe.apply(model, batch) for model in models))
    probe.assert_close(got, expected, "(carry, ys) of each device")


def runs_on_explicit_meshes(probe: Probe) -> None:
    """On a mesh with explicit axes, the batch spread over devices, values and gradients are the same."""
    mesh = _mesh(AxisType.Explicit)
    with jax.set_mesh(mesh):

        def put(tree: Any, specs: Any) -> Any:
            return jax.tree.map(
                lambda spec, part: jax.device_put(part, NamedSharding(mesh, spec)),
                specs,
                tree,
                is_leaf=lambda leaf: isinstance(leaf, PartitionSpec),
            )

        args = put((probe.params, probe.padded, probe.weights), (WHOLE, SPLIT, OUT))
        got = probe.gradients(*args)
        jax.eval_shape(probe.apply, args[0], ProbeBatch(args[1].xs, None, None, None, None), probe.key)
    expected = probe.gradients(probe.params, probe.padded, probe.weights)
    probe.assert_close(got, expected, "(gradients, (carry, ys))")


def _mesh(kind: AxisType) -> Mesh:
    """Return a mesh of two devices, or of one where there is but one: types are the same."""
    devices = jax.devices()[:2]
    return jax.make_mesh((len(devices),), (AXIS,), axis_types=(kind,), devices=devices)


LAWS = (
    types_follow_the_policy,
    equal_configs_trace_once,
    runs_inside_shard_map,
    runs_where_only_params_vary,
    runs_on_explicit_meshes,
)
