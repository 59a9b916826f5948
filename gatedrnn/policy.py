"""The dtype policy: which types parameters, arithmetic and carried state have."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from gatedrnn.config import config
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jax import Array


@config
class Policy:
    """Types of parameters, of arithmetic and of the carried state; the input's type never matters.

    Attributes:
        params: type in which ``init`` draws parameters.
        compute: type of matrix products, activations and outputs; None is the type the parameters have.
        carry: type of the state that accumulates over time (the cell state of an LSTM, the hidden state of
            other cells); None is the compute type, but at least float32 for an LSTM's cell state.

    Example:
        >>> Policy(compute=jnp.bfloat16)
        Policy(compute='bfloat16')
        >>> Policy(compute=jnp.bfloat16) == Policy(compute="bfloat16")
        True
    """

    params: Any = "float32"
    compute: Any = None
    carry: Any = None

    def __post_init__(self) -> None:
        """Hold types by name, so that equal policies are equal however they were spelled."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None and field.name != "params":
                continue
            try:
                dtype = None if value is None else jnp.dtype(value)  # NumPy takes None for float64
            except TypeError:
                dtype = None
            if dtype is None or not jnp.issubdtype(dtype, jnp.floating):
                raise InputError(f"{field.name}: expected a floating point type, got {value!r}")
            object.__setattr__(self, field.name, dtype.name)

    def compute_dtype(self, weight: Array) -> jnp.dtype:
        """Return the type of arithmetic with ``weight``, one of the cell's parameters."""
        return weight.dtype if self.compute is None else jnp.dtype(self.compute)

    def carry_dtype(self, compute: jnp.dtype, *, at_least: Any = None) -> jnp.dtype:
        """Return the type of the accumulating state beside arithmetic in ``compute``."""
        if self.carry is not None:
            return jnp.dtype(self.carry)
        return compute if at_least is None else jnp.promote_types(compute, at_least)
