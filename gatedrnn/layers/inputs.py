"""What one step consumes: an array of real numbers, or several by name, as a dict of observations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Shaped


def numbers(name: str, value: Any) -> Array:
    """Return real numbers as one array, or raise ``ValueError``: several arrays would be stacked into an axis."""
    if not hasattr(value, "dtype"):
        parts = jax.tree.leaves(value)
        several = isinstance(value, (tuple, dict)) or any(getattr(part, "ndim", 0) for part in parts)
        if value is None or several or any(isinstance(part, str) for part in parts):
            what = "None" if value is None else f"a {type(value).__name__}"
            raise InputError(f"{name}: expected one array of numbers, got {what}; jnp.stack makes one of several")
        try:
            value = jnp.asarray(value)
        except (TypeError, ValueError) as error:
            raise InputError(f"{name}: expected one array of numbers, got {value!r:.200}") from error
    if not any(jnp.issubdtype(value.dtype, kind) for kind in (jnp.floating, jnp.integer, jnp.bool_)):
        raise InputError(f"{name}: expected real numbers, got {checks.shown(value)}")
    # What is an array stays: a copy of NaN in padding would be seen by jax.debug_nans.
    return value if isinstance(value, jax.Array) else jnp.asarray(value)


def named_numbers(name: str, value: Any) -> Any:
    """Return an input of real numbers: one array, or a tree of arrays that have names, such as a dict.

    A tuple or a list of arrays is refused: nobody would know whether they are steps of time, and which is which. So a
    plain tuple is always what a cell's ``prepare`` makes of an input and its noise.

    Args:
        name: the argument, for the error.
        value: an array, numbers that become one, or arrays in dicts, named tuples and other nodes with names.

    Raises:
        InputError: where it is anything else, or numbers are not real.

    Example:
        >>> jax.tree.map(jnp.shape, named_numbers("xs", {"image": jnp.ones((5, 2, 2)), "action": jnp.zeros(5, int)}))
        {'action': (5,), 'image': (5, 2, 2)}
    """
    if _is_leaf(value):
        return numbers(name, value)
    parts, structure = jax.tree_util.tree_flatten_with_path(value, is_leaf=_is_leaf)
    if not parts:
        raise InputError(f"{name}: expected at least one array of numbers, got {value!r}")
    return structure.unflatten([numbers(name + jax.tree_util.keystr(path), leaf) for path, leaf in parts])


def _is_leaf(value: Any) -> bool:
    """Return whether it has no parts with names."""
    return value is None or type(value) in (tuple, list) or jax.tree_util.all_leaves([value])


def is_one_array(xs: Any) -> bool:
    """Return whether an input is one array, rather than several by name."""
    return hasattr(xs, "dtype")


def is_prepared(x: Any) -> bool:
    """Return whether it is what a cell's ``prepare`` makes of an input and its noise: a plain tuple of both."""
    return type(x) is tuple


def common_axes(xs: Any) -> tuple[Any, ...]:
    """Return the sizes of the axes that all arrays of an input have in common, from the first one on.

    Example:
        >>> common_axes({"image": jnp.ones((5, 2, 8, 8)), "action": jnp.zeros((5, 2), int)})
        (5, 2)
    """
    shapes = [leaf.shape for leaf in jax.tree.leaves(xs)]
    common = []
    for sizes in zip(*shapes, strict=False):
        if any(size != sizes[0] for size in sizes[1:]):
            break
        common.append(sizes[0])
    return tuple(common)


def shared_axes(name: str, xs: Any, axes: int) -> tuple[Any, ...]:
    """Return the sizes of the first ``axes`` axes; raise ``InputError`` unless all arrays have them."""
    shape = max((leaf.shape for leaf in jax.tree.leaves(xs)), key=len)[:axes]
    if common_axes(xs)[:axes] != shape:
        shapes = jax.tree.map(lambda leaf: leaf.shape, xs)
        raise InputError(f"{name}: expected arrays that all lead with {shape}, got {shapes}")
    return shape


def zeros_beside(xs: Any, axes: int, dtype: Any) -> Shaped[Array, "*B"]:
    """Return zeros with the first ``axes`` axes of an input, spread over devices as it is."""
    first, *others = (leaf[(..., *(0,) * (leaf.ndim - axes))] for leaf in jax.tree.leaves(xs))
    zeros = jnp.zeros_like(first, dtype=dtype)
    for other in others:
        zeros = zeros + jnp.zeros_like(other, dtype=dtype)
    return zeros
