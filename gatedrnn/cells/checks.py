"""Messages for what a cell or a layer can't take, raised when it is made or traced: types and shapes alone are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.arguments import function, whole
from gatedrnn.errors import InputError
from gatedrnn.policy import Policy

if TYPE_CHECKING:
    from jax import Array

LONGEST = 100
"""Characters up to which what came is shown as it prints."""


def positive(name: str, value: Any) -> None:
    """Raise ``ValueError`` unless ``value`` is a whole number above 0."""
    whole(name, value)


def policy(value: Any) -> None:
    """Raise ``ValueError`` unless ``value`` is a ``Policy``."""
    if not isinstance(value, Policy):
        raise InputError(f"policy: expected a Policy, such as gr.Policy(compute='bfloat16'), got {value!r}")


def configuration(hidden: Any, activation: Any, types: Any) -> None:
    """Raise ``ValueError`` unless a cell can have so many units, this activation and this policy."""
    whole("hidden", hidden)
    function("activation", activation)
    policy(types)


def cell(name: str, value: Any) -> None:
    """Raise ``ValueError`` unless ``value`` is a cell: no class of cells, and no layer."""
    if is_made(value, "init", "initial_carry", "step") and not hasattr(value, "apply"):
        return
    raise InputError(f"{name}: expected a cell, with init, initial_carry and step; got {said(value)}")


def is_made(value: Any, *methods: str) -> bool:
    """Return whether it is an object with these methods, and not the class of such objects."""
    return not isinstance(value, type) and all(hasattr(value, method) for method in methods)


def said(value: Any) -> str:
    """Return a cell or a layer as it prints, and what is missing where its class or maker came."""
    unmade = isinstance(value, type) or getattr(value, "__name__", "") == "GRU"
    return f"{value.__name__} itself: give its units, such as {value.__name__}(64)" if unmade else repr(value)


def key(name: str, value: Any) -> None:
    """Raise ``ValueError`` unless ``value`` is one random key of JAX.

    A raw one, as ``jax.random.PRNGKey`` makes them, is taken as JAX takes it: as of the default implementation, which
    says how many numbers it has. Typed keys (``jax.random.key``) say themselves what they are.
    """
    dtype, shape = getattr(value, "dtype", None), jnp.shape(value) if hasattr(value, "dtype") else None
    typed = dtype is not None and jnp.issubdtype(dtype, jax.dtypes.prng_key)
    if typed and shape == ():
        return
    if dtype != jnp.uint32 or shape != raw_key():
        raise InputError(f"{name}: expected one key, such as jax.random.key(0), got {shown(value)}")


def raw_key() -> tuple[int, ...]:
    """Return the shape of a raw key, which is that of the default implementation of JAX's."""
    return jax.eval_shape(jax.random.PRNGKey, 0).shape


def features(x: Array, weight: Array) -> None:
    """Raise ``ValueError`` unless the last axis of ``x`` is what ``weight [I, ...]`` takes."""
    shape = jnp.shape(x)
    if not shape or shape[-1] != weight.shape[0]:
        raise InputError(f"x: expected [..., {weight.shape[0]}] as in init, got shape {shape}")


def one_each(name: str, trees: Any, parts: tuple[Any, ...]) -> None:
    """Raise ``ValueError`` unless ``trees`` is a tuple with one entry for each of ``parts``."""
    if not isinstance(trees, tuple) or len(trees) != len(parts):
        got = f"{len(trees)} in a {type(trees).__name__}" if hasattr(trees, "__len__") else repr(trees)
        raise InputError(f"{name}: expected a tuple of {len(parts)}, one for each of {parts!r}; got {got}")


def of_kind(params: Any, kind: type) -> None:
    """Raise ``ValueError`` unless ``params`` are of this ``kind``."""
    if not isinstance(params, kind):
        raise InputError(f"params: expected {kind.__name__}, got {type(params).__name__}")


def params(params: Any, kind: type, **shapes: tuple[int | None, ...]) -> None:
    """Raise ``ValueError`` unless ``params`` are of this ``kind``, its arrays real, those named here of these shapes.

    Args:
        params: what came as parameters.
        kind: the named tuple that they have to be.
        shapes: the shape of arrays by their names, None for an axis of any length.
    """
    of_kind(params, kind)
    for name, leaf in zip(kind._fields, params, strict=True):  # pyright: ignore[reportAttributeAccessIssue]
        if not is_real(leaf):
            raise InputError(f"params: expected {name} to be floating point numbers, got {shown(leaf)}")
    for name, shape in shapes.items():
        got = jnp.shape(getattr(params, name))
        if len(got) != len(shape) or any(n is not None and n != m for n, m in zip(shape, got, strict=True)):
            expected = ", ".join("I" if n is None else str(n) for n in shape)
            raise InputError(f"params: expected {name} [{expected}], got {list(got)}")


def drawn(params: Any) -> None:
    """Raise ``ValueError`` unless ``params`` are arrays of floating point numbers, in whatever they are held."""
    leaves = jax.tree.leaves(params)
    if not leaves or not all(map(is_real, leaves)):
        raise InputError(f"params: expected arrays of floating point numbers, got {shown(params)}")


def carry(initial: Any, got: Any) -> None:
    """Raise ``ValueError`` unless a carry has the structure, the shapes and the kinds of numbers of the initial one.

    Args:
        initial: the carry to begin with, or its shapes and types.
        got: the carry that came.
    """
    expected, came = jax.tree.leaves(initial), jax.tree.leaves(got)
    same = jax.tree.structure(initial) == jax.tree.structure(got)
    if not same or any(np.shape(a) != shape_of(b) for a, b in zip(expected, came, strict=True)):
        shapes = jax.tree.map(np.shape, initial), jax.tree.map(shape_of, got)
        raise InputError(f"carry: expected shapes {shapes[0]}, got {shapes[1]}")
    for a, b in zip(expected, came, strict=True):
        if is_real(a) != is_real(b) or not hasattr(b, "dtype"):
            raise InputError(f"carry: expected {a.dtype.name}, got {shown(b)}")


def state(carry: Any, x: Any, hidden: int | tuple[int, ...], kind: type | None = None) -> None:
    """Raise ``ValueError`` unless a step's carry has states ``[*B, H]`` beside its input: others would spread.

    Args:
        carry: what came: one state, or a named tuple of them.
        x: the input of the step ``[*B, ...]``, or what was made of it.
        hidden: H, the number of units, or that of each state where they have different ones.
        kind: the named tuple that the carry has to be; None where it is one state.
    """
    if kind is not None and not isinstance(carry, kind):
        raise InputError(f"carry: expected {kind.__name__}, got {shown(carry)}")
    states, batch = (carry,) if kind is None else carry, np.shape(x)[:-1]
    for part, units in zip(states, hidden if isinstance(hidden, tuple) else (hidden,) * len(states), strict=True):
        if not is_real(part) or part.shape != (*batch, units):
            raise InputError(f"carry: expected states of floating point {[*batch, units]}, got {shown(part)}")


def alike(one: Any, other: Any) -> bool:
    """Return whether two carries have the same structure, shapes and kinds of numbers."""
    leaves, others = jax.tree.leaves(one), jax.tree.leaves(other)
    return jax.tree.structure(one) == jax.tree.structure(other) and all(
        shape_of(a) == shape_of(b) and is_real(a) == is_real(b) for a, b in zip(leaves, others, strict=True)
    )


def shape_of(value: Any) -> Any:
    """Return an array's shape, and the name of what is none."""
    return tuple(value.shape) if hasattr(value, "shape") else type(value).__name__


def is_real(value: Any) -> bool:
    """Return whether it is an array of floating point numbers."""
    return hasattr(value, "dtype") and jnp.issubdtype(value.dtype, jnp.floating)


def shown(value: Any) -> str:
    """Return what came in a few words: of an array its type and its shape."""
    if hasattr(value, "dtype"):
        return f"{value.dtype} {list(jnp.shape(value))}"
    said = repr(value)
    return said if len(said) <= LONGEST else f"a {type(value).__name__}"
