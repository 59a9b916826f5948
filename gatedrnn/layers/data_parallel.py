"""``gr.data_parallel``: the batch of a layer split over devices."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, PartitionSpec

from gatedrnn.cells import checks
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers import sequence
from gatedrnn.layers.inputs import common_axes, is_one_array, named_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jax import Array
    from jaxtyping import Key, Shaped

    from gatedrnn.types import Carry, InDim, Layer, Params


@config
class DataParallel:
    """A layer whose batch is split over devices; made by ``gr.data_parallel``, where everything is said."""

    inner: Layer
    axis: str = "batch"

    def __post_init__(self) -> None:
        """Refuse a bare cell."""
        if not checks.is_made(self.inner, "apply", "init"):
            raise InputError(f"layer: expected a layer, got {checks.said(self.inner)}; gr.scan makes a layer of a cell")
        if not isinstance(self.axis, str):
            raise InputError(f"axis: expected the name of a mesh axis, got {self.axis!r}")

    @property
    def out_dim(self) -> int | None:
        """O of the inner layer."""
        return self.inner.out_dim

    @property
    def causal(self) -> bool:
        """Whether the inner layer is."""
        return self.inner.causal

    def init(self, key: Key[Array, ""], in_dim: InDim) -> Params:
        """Draw the inner layer's parameters."""
        return self.inner.init(key, in_dim)

    def initial_carry(self, params: Params, x: Any) -> Carry:
        """Return the inner layer's."""
        return self.inner.initial_carry(params, x)

    def step(self, params: Params, carry: Carry, x: Any, *, resets: Any = None) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Consume one input in evaluation mode, on one device."""
        return self.inner.step(params, carry, x, **({} if resets is None else {"resets": resets}))

    def apply(
        self,
        params: Params,
        xs: Any,
        *,
        carry: Carry | None = None,
        lengths: Any = None,
        mask: Any = None,
        resets: Any = None,
        key: Any = None,
    ) -> tuple[Carry, Shaped[Array, "T *B O"]]:
        """Map ``xs [T, *B, I]``, each device a part of the first batch axis."""
        xs = named_numbers("xs", xs)
        sequence.check_key(key)
        mesh = mesh_of(self.axis)
        devices = 1 if mesh is None else mesh.shape[self.axis]
        if devices == 1 or has_symbols(xs) or (batch := batch_size(self.inner, params, xs)) < devices:
            return self.inner.apply(params, xs, carry=carry, lengths=lengths, mask=mask, resets=resets, key=key)

        shape = common_axes(xs)
        valid = sequence.valid_steps(shape, lengths, mask)
        resets = None if resets is None else sequence.check_flags("resets", resets, shape)
        check_carry(carry, batch)
        flat, unravel = ravel(params)
        traced = tracers(self.inner)

        def apply_to_part(shared: Any, xs: Any, carry: Any, valid: Any, resets: Any, key: Any) -> Any:
            flat, traced = shared
            # Parameters that vary have gradients of their own on each device; their sum is taken once, at the end.
            varying = [jax.lax.pcast(vector, self.axis, to="varying") for vector in flat]
            inner = with_tracers(self.inner, iter(traced))
            if key is not None:
                key = jax.random.fold_in(key, jax.lax.axis_index(self.axis))
            return inner.apply(unravel(varying), xs, carry=carry, mask=valid, resets=resets, key=key)

        leading, second = PartitionSpec(self.axis), PartitionSpec(None, self.axis)
        whole = PartitionSpec()
        flags = [second if flag is not None and flag.ndim > 1 else whole for flag in (valid, resets)]
        program = jax.shard_map(
            apply_to_part,
            mesh=mesh,
            axis_names={self.axis},
            in_specs=(whole, second, leading, *flags, whole),
            out_specs=(leading, second),
        )
        rows = -batch % devices
        xs, carry, valid, resets = padded((xs, carry, valid, resets), (second, leading, *flags), rows)
        carry, ys = jax.jit(program)((flat, traced), xs, carry, valid, resets, key)
        return (jax.tree.map(lambda leaf: leaf[:batch], carry), ys[:, :batch]) if rows else (carry, ys)


def mesh_of(axis: str) -> Any:
    """Return the mesh to split over: the one that is set, else all devices; None where the program splits by itself."""
    mesh = jax.sharding.get_abstract_mesh()
    if mesh.empty:
        return Mesh(np.array(jax.devices()), (axis,))
    return mesh if axis in mesh.axis_names and axis not in mesh.manual_axes else None


def has_symbols(xs: Any) -> bool:
    """Return whether a size is a symbol, as ``jax.export`` has them.

    How many sequences it stands for is not known, and JAX 0.10.2 crashes where a program over several devices that was
    exported for any number of steps is called.
    """
    return not all(isinstance(size, int) for leaf in jax.tree.leaves(xs) for size in leaf.shape)


def batch_size(layer: Layer, params: Params, xs: Any) -> int:
    """Return the size of the first batch axis, 1 where there is none."""
    if not is_one_array(xs) or xs.ndim == 2:  # [T, I] or tokens [T, B]; outputs are [T, O] or [T, B, O]
        ys = jax.eval_shape(lambda params, xs: layer.apply(params, xs)[1], params, xs)
        return ys.shape[1] if ys.ndim > 2 else 1
    return xs.shape[1] if xs.ndim > 2 else 1


def check_carry(carry: Carry | None, batch: int) -> None:
    """Raise ``ValueError`` unless all leaves lead with the batch."""
    for leaf in jax.tree.leaves(carry):
        if jnp.shape(leaf)[:1] != (batch,):
            raise InputError(f"carry: expected leaves [{batch}, ...], got shape {jnp.shape(leaf)}")


def ravel(params: Params) -> tuple[list[Array], Callable[[list[Array]], Params]]:
    """Return the parameters as one vector for each type, and what makes them parameters again.

    One vector has one gradient to sum over devices: on CPU, each array costs a meeting of all threads.
    """
    leaves, structure = jax.tree.flatten(params)
    dtypes = sorted({jnp.result_type(leaf) for leaf in leaves}, key=str)
    groups = [[i for i, leaf in enumerate(leaves) if jnp.result_type(leaf) == dtype] for dtype in dtypes]
    raveled = [ravel_pytree([leaves[i] for i in group]) for group in groups]

    def unravel(flat: list[Array]) -> Params:
        parts = dict[int, Any]()
        for group, vector, (_, split) in zip(groups, flat, raveled, strict=True):
            parts |= zip(group, split(vector), strict=True)
        return jax.tree.unflatten(structure, [parts[i] for i in range(len(leaves))])

    return [vector for vector, _ in raveled], unravel


def tracers(value: Any) -> list[Tracer]:
    """Return those that a layer holds, such as a traced rate: a part of a mesh can only get them as arguments."""
    found = []
    for leaf in jax.tree.leaves(value):
        if isinstance(leaf, Tracer):
            found.append(leaf)
        elif is_config(leaf):
            found += tracers([getattr(leaf, field.name) for field in dataclasses.fields(leaf)])
    return found


def with_tracers(value: Any, arrays: Iterator[Array]) -> Any:
    """Return the layer with these in place of its ``tracers``."""

    def one(leaf: Any) -> Any:
        if isinstance(leaf, Tracer):
            return next(arrays)
        if not is_config(leaf) or not tracers(leaf):
            return leaf
        fields = {field.name: getattr(leaf, field.name) for field in dataclasses.fields(leaf)}
        return dataclasses.replace(leaf, **{name: with_tracers(field, arrays) for name, field in fields.items()})

    return jax.tree.map(one, value)


def is_config(value: Any) -> bool:
    """Whether this is a dataclass's instance, as layers are."""
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def padded(trees: Any, specs: Any, rows: int) -> Any:
    """Return the arrays with ``rows`` copies of the last sequence where a ``PartitionSpec`` splits them."""
    if rows == 0:
        return trees

    def pad(spec: PartitionSpec, tree: Any) -> Any:
        def one(leaf: Array) -> Array:
            widths = [(0, 0 if name is None else rows) for name in spec]
            return jnp.pad(leaf, widths + [(0, 0)] * (leaf.ndim - len(widths)), mode="edge")

        return jax.tree.map(one, tree)

    return tuple(pad(spec, tree) for spec, tree in zip(specs, trees, strict=True))


def data_parallel(layer: Layer, *, axis: str = "batch") -> DataParallel:
    """Split a layer's batch over devices: each applies the layer to its part, with the same parameters.

    Gradients are those of the whole batch: of parameters they are summed over devices, once for each ``apply``. So
    wrap a whole network, ``gr.data_parallel(gr.chain(...))``, rather than its layers.

    - Devices are those of the mesh that is set, its axis ``axis``; all that JAX shows where no mesh is set. Inside
      ``jax.shard_map``, or under a mesh without that axis, the program spreads the batch itself, and the layer is
      applied as it is. It is so with one device, too.
    - The first batch axis is split. A size that the devices don't divide is padded with copies of the last sequence,
      whose outputs are dropped; a batch with fewer sequences than devices, a call in which a size is a symbol of
      ``jax.export``, and ``step``, are not split.
    - With a key, each device draws noise of its own, by ``jax.random.fold_in(key, device)``: independent of the
      others', not what one device would draw for the whole batch. For the same noise on any number of devices, draw
      it outside: ``gr.chain(gr.data_parallel(gr.scan(cell)), gr.dropout(rate))``. Rates may be traced, such as a
      hyperparameter of a population is.

    Call it inside ``jax.jit``. On CPU a process has one device unless the program asks for more before JAX starts:
    ``jax.config.update("jax_num_cpu_devices", 2)``.

    Args:
        layer: any ``Layer``; parameters, carry and outputs are its own.
        axis: name of the mesh axis.

    Raises:
        InputError: where ``layer`` is none; from ``apply`` for masks, lengths, resets or carries that do not fit.

    Example:
        >>> import gatedrnn as gr
        >>> layer = gr.scan(gr.GRU(4))
        >>> params = layer.init(jax.random.key(0), in_dim=3)
        >>> xs = jax.random.normal(jax.random.key(1), (5, 6, 3))  # [T, B, I]
        >>> carry, ys = jax.jit(data_parallel(layer).apply)(params, xs)
        >>> bool(jnp.allclose(ys, layer.apply(params, xs)[1], atol=1e-6))
        True
    """
    return DataParallel(layer, axis)
