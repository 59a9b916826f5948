"""A network of changes: what it reads and forecasts are differences from the last values, in the size of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float

    from gatedrnn.tasks.anchor import Anchor

DIFFERENCES = ("no", "yes", "both")
"""no: values are read and forecast; yes: the change from the last value is forecast; both: changes are read as well."""


def change_scales(anchor: Anchor, difference: Any) -> Float[Array, "2 D"]:
    """Return what a network needs to know of its choice: the sizes of the changes that it reads, and that it forecasts.

    Zeros stand where values are read, or forecast, as they are.

    Args:
        anchor: how large changes are in training.
        difference: index into ``DIFFERENCES``; may be traced.
    """
    chosen = jnp.stack([difference == DIFFERENCES.index("both"), difference != DIFFERENCES.index("no")])
    return chosen[:, None] * jnp.asarray(np.stack([anchor.step, anchor.ahead]), jnp.float32)


def as_changes(x: Float[Array, "T B I"], columns: tuple[int, ...], step: Float[Array, "D"]) -> Float[Array, "T B I"]:
    """Return inputs in which the targets are their changes from the step before, 0 in the first step.

    .. code-block:: text

        x'[t] = (x[t] - x[t - 1]) / step        x'[0] = 0

    Args:
        x: what a network would read of values.
        columns: the places of the targets among them.
        step: the size of a change; where it is 0, values stay as they are. It is a constant, of which nothing is
            learnt.

    Example:
        >>> x = jnp.array([[[5.0, 1.0]], [[6.0, 1.0]], [[9.0, 1.0]]])
        >>> as_changes(x, (0,), jnp.array([2.0]))[:, 0].tolist()
        [[0.0, 1.0], [0.5, 1.0], [1.5, 1.0]]
    """
    step, at = jax.lax.stop_gradient(step), jnp.array(columns)
    values = x[..., at]
    moved = jnp.diff(values, axis=0, prepend=values[:1]) / jnp.where(step > 0, step, 1.0)
    return x.at[..., at].set(jnp.where(step > 0, moved, values))


def from_last(
    outputs: Float[Array, "T B 2D"], last: Float[Array, "T B D"], ahead: Float[Array, "D"]
) -> Float[Array, "T B 2D"]:
    """Return means and log deviations of values, where the head's are those of changes from the last values.

    .. code-block:: text

        mean' = last + ahead mean        raw' = raw + log(ahead)

    So a head that says about 0, as it does at first, forecasts about the last value, and is as sure of it as changes
    are small.

    Args:
        outputs: means, then log standard deviations.
        last: the last value of each target.
        ahead: the size of a change; where it is 0, outputs stay as they are. It is a constant, of which nothing is
            learnt.

    Example:
        >>> outputs, last = jnp.array([[[0.5, 0.0]]]), jnp.array([[[2.0]]])
        >>> for ahead in (0.0, 0.1):
        ...     print(*(f"{number:.2f}" for number in from_last(outputs, last, jnp.array([ahead])).ravel()))
        0.50 0.00
        2.05 -2.30
    """
    ahead, (mean, raw) = jax.lax.stop_gradient(ahead), jnp.split(outputs, 2, axis=-1)
    size = jnp.where(ahead > 0, ahead, 1.0)
    return jnp.concatenate([jnp.where(ahead > 0, last, 0.0) + size * mean, raw + jnp.log(size)], axis=-1)
