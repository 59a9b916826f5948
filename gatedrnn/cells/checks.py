"""Messages for input that a cell can't take, raised when a program is traced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jax import Array


def positive(name: str, value: Any) -> None:
    """Raise ``ValueError`` unless ``value`` is a whole number above 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"{name}: expected a positive int, got {value!r}")


def features(x: Array, weight: Array) -> None:
    """Raise ``ValueError`` unless the last axis of ``x`` is what ``weight [I, ...]`` takes."""
    if x.ndim == 0 or x.shape[-1] != weight.shape[0]:
        raise InputError(f"x: expected [..., {weight.shape[0]}] as in init, got shape {x.shape}")


def one_each(name: str, trees: Any, parts: tuple[Any, ...]) -> None:
    """Raise ``ValueError`` unless ``trees`` is a tuple with one entry for each of ``parts``."""
    if not isinstance(trees, tuple) or len(trees) != len(parts):
        got = f"{len(trees)} in a {type(trees).__name__}" if hasattr(trees, "__len__") else repr(trees)
        raise InputError(f"{name}: expected a tuple of {len(parts)}, one for each of {parts!r}; got {got}")


def params(params: Any, kind: type, **shapes: tuple[int, ...]) -> None:
    """Raise ``ValueError`` unless ``params`` are of this ``kind``, the arrays named here of these ``shapes``."""
    if not isinstance(params, kind):
        raise InputError(f"params: expected {kind.__name__}, got {type(params).__name__}")
    for name, shape in shapes.items():
        if jnp.shape(getattr(params, name)) != shape:
            raise InputError(f"params: expected {name} {list(shape)}, got {list(jnp.shape(getattr(params, name)))}")
