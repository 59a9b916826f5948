"""What cells around a cell share: all of the inner cell passes through, but what the wrapper says again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from jax.core import Tracer

from gatedrnn.arguments import is_number
from gatedrnn.cells import checks
from gatedrnn.cells.gated import clips_gradient, mixes_units
from gatedrnn.cells.optional import optional_method
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers.inputs import is_prepared
from gatedrnn.layers.scan import prepare

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key, Shaped

    from gatedrnn.types import Carry, Cell, InDim, Params


@config
class Wrapper:
    """A cell around a cell."""

    inner: Cell

    def __post_init__(self) -> None:
        """Refuse what is no cell."""
        checks.cell("cell", self.inner)

    @property
    def out_dim(self) -> int:
        """O of the inner cell."""
        return self.inner.out_dim

    def init(self, key: Key[Array, ""], in_dim: InDim) -> Params:
        """Draw the inner cell's parameters."""
        return self.inner.init(key, in_dim)

    def initial_carry(self, params: Params, x: Any) -> Carry:
        """Return the inner cell's."""
        return self.inner.initial_carry(self.inner_params(params), x)

    def prepare(self, params: Params, xs: Any, key: Any) -> tuple[Params, Any]:
        """Prepare the inner cell."""
        return prepare(self.inner, params, xs, key)

    def step(self, params: Params, carry: Carry, x: Any) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Consume one input as the inner cell does."""
        return self.inner.step(self.inner_params(params), carry, x)

    def inner_params(self, params: Any) -> Any:
        """Return the inner cell's parameters, out of the wrapper's own, prepared or not."""
        return params


class GatedParts:
    """What a ``Wrapper`` around a gated cell has besides, so that the fast engine takes it."""

    inner: Any
    inner_params: Any

    @property
    def mixes_units(self) -> bool:
        """Whether the inner cell's gate is not elementwise over units."""
        return mixes_units(self.inner)

    @property
    def clips_gradient(self) -> bool:
        """Whether the inner cell's carry has its gradient clipped."""
        return clips_gradient(self.inner)

    def project(self, params: Params, x: Any) -> Any:
        """Apply the inner cell's input maps."""
        return self.inner.project(self.inner_params(params), x)

    def recur(self, params: Params, carry: Carry) -> Any:
        """Apply the inner cell's recurrent map."""
        return self.inner.recur(self.inner_params(params), carry)

    def gate(self, params: Params, z: Any, u: Any, carry: Carry) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Combine both as the inner cell does."""
        return self.inner.gate(self.inner_params(params), z, u, carry)

    @property
    def gate_derivative(self) -> Any:
        """What the inner cell has written by hand, or None."""
        return optional_method(self.inner, "gate_derivative")

    @property
    def emit(self) -> Any:
        """The inner cell's output map; without one there is none here either."""
        emit = self.inner.emit
        return lambda params, carry, y: emit(self.inner_params(params), carry, y)


def check_rate(name: str, value: Any) -> None:
    """Raise ``InputError`` unless ``value`` is a probability, where it is known: a traced one is taken."""
    if isinstance(value, Tracer):
        return
    one = value.item() if getattr(value, "shape", None) == () else value
    if not is_number(one) or not 0 <= one <= 1:
        raise InputError(f"{name}: expected a probability, got {value!r}")


def kept(key: Key[Array, ""], rate: Any, shape: tuple[Any, ...], dtype: Any) -> Array:
    """Draw what multiplies numbers of which a part ``rate`` is dropped: 0, or 1 / (1 - rate).

    Sizes may be symbols, as ``jax.export`` has them.
    """
    # A draw in less than float32 is too coarse to be compared with a probability.
    keep = 1.0 - jnp.asarray(rate, jnp.promote_types(dtype, jnp.float32))
    scale = jnp.where(keep > 0, 1 / jnp.where(keep > 0, keep, 1), 0)
    return jnp.where(jax.random.bernoulli(key, keep, shape), scale, 0).astype(dtype)


def parted(x: Any) -> tuple[Any, Any]:
    """Return the inner cell's input and the wrapper's own noise, None in evaluation, of what ``beside`` made."""
    if not is_prepared(x):
        return x, None
    first, own, *further = x
    return (first, *further) if further else first, own


def beside(xs: Any, own: Any) -> Any:
    """Put the wrapper's noise beside an inner cell's input, before the inner cell's own; None where there is none."""
    if is_prepared(xs):
        return (xs[0], own, *xs[1:])
    return xs if own is None else (xs, own)
