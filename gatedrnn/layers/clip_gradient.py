"""``gr.clip_gradient``: a cell whose carry's gradient is clipped at each step, on its way back in time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import jax
import jax.numpy as jnp
from jax.core import Tracer

from gatedrnn.arguments import choice, number
from gatedrnn.cells.cotangents import differentiable
from gatedrnn.cells.gated import mixes_units
from gatedrnn.cells.gates import Gates, gates_of
from gatedrnn.cells.optional import optional_method
from gatedrnn.config import config
from gatedrnn.layers.engines.fast.engine import is_gated
from gatedrnn.layers.output import output_in
from gatedrnn.layers.wrapper import GatedParts, Wrapper

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Shaped

    from gatedrnn.types import Carry, Cell, Params

By: TypeAlias = Literal["value", "norm"]


@config
class ClipGradient(Wrapper):
    """A cell whose carry's gradient is clipped; made by ``gr.clip_gradient``."""

    limit: Any
    by: By = "value"

    def __post_init__(self) -> None:
        """Refuse what is no cell, no limit or no way to clip."""
        super().__post_init__()
        if not isinstance(self.limit, Tracer):
            number("limit", self.limit, above=0.0)
        choice("by", self.by, get_args(By))

    def step(self, params: Params, carry: Carry, x: Any) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Consume one input as the inner cell does."""
        new, y = super().step(params, carry, x)
        return self._watched(new), y

    def output(self, carry: Carry) -> Shaped[Array, "*B O"]:
        """Return the output of the step that left this carry."""
        return output_in(self.inner, carry)

    def _watched(self, carry: Carry) -> Carry:
        """Return the carry as it is; its gradient will be clipped."""

        def one(leaf: Array) -> Array:
            return _watched(self.by, jnp.asarray(self.limit, leaf.dtype), leaf) if differentiable(leaf) else leaf

        return jax.tree.map(one, carry)


@config
class GatedClipGradient(GatedParts, ClipGradient):
    """The same around a gated cell."""

    @property
    def mixes_units(self) -> bool:
        """Whether the derivative of one unit depends on another: a norm is of all of them."""
        return self.by == "norm" or mixes_units(self.inner)

    @property
    def clips_gradient(self) -> bool:
        """Say that it does, so that no engine takes the way back for a linear recurrence."""
        return True

    @property
    def gates(self) -> Gates | None:
        """What the inner cell says of its gates."""
        return gates_of(self.inner)

    @property
    def joint(self) -> Any:
        """The inner cell's one product, or None."""
        return optional_method(self.inner, "joint")

    @property
    def gate_derivative(self) -> ClippedDerivative | None:
        """What the inner cell has written by hand, clipped before; None where it has nothing."""
        inner = optional_method(self.inner, "gate_derivative")
        return None if inner is None else ClippedDerivative(inner, self.by, self.limit)

    def gate(self, params: Params, z: Any, u: Any, carry: Carry) -> tuple[Carry, Shaped[Array, "*B O"]]:
        """Combine both as the inner cell does."""
        new, y = super().gate(params, z, u, carry)
        return self._watched(new), y

    def output(self, carry: Carry) -> Shaped[Array, "*B O"]:
        """Return the same as without the gated parts; said again, as it has to stand beside ``gate``."""
        return super().output(carry)


class ClippedDerivative:
    """The derivative of a gate that gets the carry's cotangent clipped."""

    def __init__(self, inner: Any, by: By, limit: Any) -> None:
        self._inner, self._limit = inner, limit
        self._by: By = by
        self.save, self.of_z, self.of_u = inner.save, inner.of_z, inner.of_u

    def transpose(self, saved: Any, carry: Carry, d_carry: Carry, d_y: Array) -> tuple[Any, Carry]:
        """Return what the inner derivative makes of the clipped cotangent; None stands where there is none."""
        d_carry = jax.tree.map(lambda d: _clipped(self._by, jnp.asarray(self._limit, d.dtype), d), d_carry)
        return self._inner.transpose(saved, carry, d_carry, d_y)


def _clipped(by: By, limit: Any, d: Array) -> Array:
    if by == "value":
        return jnp.clip(d, -limit, limit)
    # The largest part is taken out first: squares of a gradient that explodes would be infinite before it is.
    largest = jnp.maximum(jnp.abs(d).max(-1, keepdims=True), limit)
    norm = largest * jnp.sqrt(((d / largest) ** 2).sum(-1, keepdims=True))
    return jnp.where(norm > limit, d * (limit / jnp.maximum(norm, limit)), d)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _watched(by: By, limit: Any, leaf: Array) -> Array:
    del by, limit
    return leaf


def _forward(by: By, limit: Any, leaf: Array) -> tuple[Array, Any]:
    del by
    return leaf, limit


def _backward(by: By, limit: Any, d: Array) -> tuple[Any, Array]:
    return jnp.zeros_like(limit), _clipped(by, limit, d)


_watched.defvjp(_forward, _backward)


def clip_gradient(cell: Cell, limit: Any, by: By = "value") -> ClipGradient:
    """Clip the gradient that a cell's carry brings back in time, at each step; nothing changes forward.

    .. code-block:: text

        carry[t], y[t] = cell(carry[t - 1], x[t])
        d carry[t] <- clip(d carry[t], -limit, limit)                      by "value"
        d carry[t] <- d carry[t] * min(1, limit / norm(d carry[t]))        by "norm"

    There ``d carry[t]`` is the derivative of the loss by the carry that step t hands on: it holds what all later steps
    have sent back, and not yet what ``y[t]`` brings, which is added unclipped. A norm is that of the last axis: of each
    row of the batch and each state on its own, as an LSTM's h and c. Where the limit bites, the result is no gradient
    of any loss; clip the gradient of the parameters, as an optimizer does, where that is meant. The fast engine takes
    it where it takes the inner cell, unless that has an output map. Forward mode (``jax.jvp``) does not, and neither do
    the engines that solve cotangents as a linear recurrence, as clipped ones are none.

    Args:
        cell: the cell whose carry's gradient is clipped.
        limit: the largest absolute value, or the largest norm, above 0; may be traced.
        by: what is limited: "value" each number by itself, "norm" all units of a state together.

    Raises:
        InputError: where ``cell`` is no cell, ``limit`` is not above 0, or ``by`` is none of these.

    Source: Graves 2013, arXiv 1308.0850v5, who clips the derivatives by the gates' inputs, by value; the norm: Pascanu,
    Mikolov and Bengio 2013, arXiv 1211.5063v2, of the gradient of the parameters.

    Example:
        >>> import jax, jax.numpy as jnp, gatedrnn as gr
        >>> cell = gr.clip_gradient(gr.SimpleRNN(1, jax.nn.identity), limit=0.1)
        >>> params = gr.SimpleRNNParams(jnp.ones((1, 1)), jnp.full((1, 1), 2.0), jnp.zeros(1))  # h' = x + 2 h
        >>> def end(xs):
        ...     return gr.scan(cell).apply(params, xs)[1][-1, 0]
        >>> jax.grad(end)(jnp.ones((4, 1))).ravel()  # without a limit: 8, 4, 2, 1
        Array([0.1, 0.1, 0.1, 1. ], dtype=float32)
    """
    return (GatedClipGradient if is_gated(cell) and not hasattr(cell, "emit") else ClipGradient)(cell, limit, by)
