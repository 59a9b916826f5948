"""Networks of several widths as one program: the narrower ones are the widest one with units that do nothing.

A unit whose parameters are all 0 puts out 0, hands nothing on, and gets no gradient, so it stays as it is. A narrow
network in the arrays of a wide one is therefore the narrow network, in values and in gradients, and members of a
population may differ in their number of units. It costs what the widest costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.errors import InputError
from gatedrnn.layers.scan import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jax import Array
    from jaxtyping import Key, Shaped

    from gatedrnn.training.early_stopping import Hyper
    from gatedrnn.types import Cell, Params


def widened(params: Params, wide: Any, units: tuple[int, int]) -> Params:
    """Return a narrow network's parameters in the shapes of a wide one, 0 where the narrow one has no unit.

    An axis that is longer in the wide network holds blocks of units, such as the gates of ``w_x [I, 4H]``, the same
    number of blocks in both.

    Args:
        params: the parameters of the narrow network.
        wide: the parameters of the wide network, or their shapes.
        units: units of the narrow cell and of the wide one.

    Raises:
        InputError: where an axis does not grow with the units.

    Example:
        >>> narrow = {"w_h": jnp.arange(1.0, 9.0).reshape(2, 4)}  # H = 2, two gates
        >>> widened(narrow, {"w_h": jnp.zeros((3, 6))}, (2, 3))["w_h"].tolist()
        [[1.0, 2.0, 0.0, 3.0, 4.0, 0.0], [5.0, 6.0, 0.0, 7.0, 8.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    """

    def one(leaf: Array, shape: Any) -> Array:
        for axis, (n, m) in enumerate(zip(leaf.shape, shape.shape, strict=True)):
            if n != m:
                leaf = _blocks(leaf, axis, _count(n, m, units), units[0])
                more = units[1] - units[0]
                leaf = jnp.pad(leaf, [(0, more if a == axis + 1 else 0) for a in range(leaf.ndim)])
                leaf = leaf.reshape(*leaf.shape[:axis], m, *leaf.shape[axis + 2 :])
        return leaf

    return jax.tree.map(one, params, wide)


def narrowed(params: Params, narrow: Any, units: tuple[int, int]) -> Params:
    """Return of a wide network's parameters those of the narrow one within: what ``widened`` undoes.

    Args:
        params: the parameters of the wide network.
        narrow: the parameters of the narrow network, or their shapes.
        units: units of the narrow cell and of the wide one.

    Raises:
        InputError: where an axis does not grow with the units.

    Example:
        >>> wide = {"b": jnp.array([1.0, 2.0, 0.0, 3.0, 4.0, 0.0])}
        >>> narrowed(wide, {"b": jnp.zeros(4)}, (2, 3))["b"].tolist()
        [1.0, 2.0, 3.0, 4.0]
    """

    def one(leaf: Array, shape: Any) -> Array:
        for axis, (m, n) in enumerate(zip(leaf.shape, shape.shape, strict=True)):
            if n != m:
                blocks = _blocks(leaf, axis, _count(n, m, units), units[1])
                leaf = jax.lax.slice_in_dim(blocks, 0, units[0], axis=axis + 1)
                leaf = leaf.reshape(*leaf.shape[:axis], n, *leaf.shape[axis + 2 :])
        return leaf

    return jax.tree.map(one, params, narrow)


def init_of_width(
    cells: Mapping[int, Cell], init: Callable[[Cell, Hyper, Key[Array, ""]], Params]
) -> Callable[[Hyper, Key[Array, ""]], Params]:
    """Return what draws the parameters of the network whose width a hyperparameter says, in the widest one's shapes.

    Each is drawn as it would be alone.

    Args:
        cells: the cell of each width by the units that are asked for, the widest last.
        init: the cell, hyperparameters and a key to the parameters of a network.
    """
    widest = [*cells.values()][-1]
    asked = jnp.array([*cells], jnp.float32)

    def of_width(hyper: Hyper, key: Key[Array, ""]) -> Params:
        if len(cells) == 1:
            return init(widest, hyper, key)
        wide = jax.eval_shape(lambda: init(widest, hyper, key))
        each = [widened(init(cell, hyper, key), wide, (units_of(cell), units_of(widest))) for cell in cells.values()]
        chosen = jnp.argmin(jnp.abs(asked - hyper.hidden))
        return jax.tree.map(lambda *leaves: jnp.stack(leaves)[chosen], *each)

    return of_width


def check_widths(cells: Mapping[int, Cell]) -> None:
    """Refuse cells of which a narrow one is not the same in a wide one's arrays, by running each on a few steps.

    Args:
        cells: the cell of each width by the units that are asked for, the widest last.

    Raises:
        InputError: where a unit whose parameters are all 0 does something or learns, or an axis does not grow with the
            units.
    """
    *narrower, widest = cells.values()
    xs = jax.random.normal(jax.random.key(0), (3, 2, 4))

    @jax.jit
    def outputs_and_gradient(held: Params, cotangent: Array) -> tuple[Array, Params]:
        outputs, pull = jax.vjp(lambda held: scan(widest).apply(held, xs)[1], held)
        return outputs, pull(cotangent)[0]

    for cell in narrower:
        params = cell.init(jax.random.key(1), 4)
        wide = jax.eval_shape(lambda: widest.init(jax.random.key(1), 4))
        alone = jax.jit(lambda params, cell=cell: scan(cell).apply(params, xs)[1])(params)
        units = units_of(cell), units_of(widest)
        missing = [(0, 0), (0, 0), (0, widest.out_dim - cell.out_dim)]
        inside, gradient = outputs_and_gradient(widened(params, wide, units), jnp.pad(jnp.ones_like(alone), missing))
        within = widened(narrowed(gradient, params, units), wide, units)
        still = all(map(jnp.array_equal, jax.tree.leaves(gradient), jax.tree.leaves(within)))
        if not still or not jnp.allclose(inside, jnp.pad(alone, missing), rtol=1e-4, atol=1e-5):
            raise InputError(
                "hidden: expected a cell of which a unit without parameters puts out 0 and gets no gradient, as "
                f"several widths are tried together; got {cell!r}; give one width"
            )


def units_of(cell: Any) -> int:
    """Return the number of a cell's units, those that it puts out where it does not say."""
    return getattr(cell, "hidden", cell.out_dim)


def _count(narrow: int, wide: int, units: tuple[int, int]) -> int:
    """Return how many blocks of units an axis has, which is as long as these in the two networks."""
    blocks = narrow // units[0]
    if (narrow, wide) != (blocks * units[0], blocks * units[1]):
        raise InputError(
            "hidden: expected axes that grow with the units, as several widths are tried together; got one of "
            f"{narrow} with {units[0]} units and of {wide} with {units[1]}"
        )
    return blocks


def _blocks(leaf: Array, axis: int, count: int, units: int) -> Shaped[Array, "..."]:
    return leaf.reshape(*leaf.shape[:axis], count, units, *leaf.shape[axis + 1 :])
