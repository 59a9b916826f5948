"""Parameters by name, however a cell holds them: in a dictionary, a named tuple or a dataclass."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

import jax.numpy as jnp
import numpy as np

from gatedrnn.arguments import is_number
from gatedrnn.cells import checks
from gatedrnn.cells.gates import gates_of_params
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jax import Array

P = TypeVar("P")


def held(params: Any, name: str) -> Any:
    """Return the parameter of that name, or None."""
    return params.get(name) if isinstance(params, dict) else getattr(params, name, None)


def with_held(params: P, **leaves: Array) -> P:
    """Return parameters with these in the place of those of the same names."""
    changed: Any = params
    if isinstance(changed, dict):
        changed = {**changed, **leaves}
        return changed
    return changed._replace(**leaves) if hasattr(changed, "_replace") else dataclasses.replace(changed, **leaves)


def units(params: Any) -> int | None:
    """Return H, where the parameters' own class names the blocks of which their bias has H columns each."""
    gates, b = gates_of_params(params), held(params, "b")
    return None if gates is None or b is None else jnp.size(b) // len(gates.blocks)


def real(name: str, value: Any, *shapes: tuple[int, ...]) -> None:
    """Raise ``InputError`` unless it is a real number, or an array of them of one of these shapes; it may be traced."""
    dtype = getattr(value, "dtype", None)
    is_real = (
        is_number(value) and np.isfinite(value)
        if dtype is None
        else any(jnp.issubdtype(dtype, kind) for kind in (jnp.floating, jnp.integer))
    )
    if not is_real or jnp.shape(value) not in ((), *shapes):
        also = "".join(f" or {list(shape)}" for shape in shapes)
        raise InputError(f"{name}: expected a number{also}, got {checks.shown(value)}")
