"""Linear recurrences of positive numbers by their logarithms, all steps at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.layers.sequence import select

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Float

    from gatedrnn.layers.sequence import Steps


def states(
    logs: tuple[Float[Array, "T *B H"], Float[Array, "T *B H"]],
    carries: tuple[Float[Array, "*B H"], Float[Array, "*B H"]],
    steps: Steps,
    *,
    reverse: bool,
) -> Float[Array, "T *B H"]:
    """Return every h of ``h' = a * h + b``, of which ``logs`` has ``log a`` and ``log b``.

    Some steps in a row are one step again: ``log a = log a1 + log a2``, ``log b = logaddexp(log a2 + log b1, log b2)``.
    What has been carried since the start, or since the last reset, comes in once, at the end: not as a logarithm, as it
    may be 0 or a learned parameter of either sign.

    Args:
        logs: ``log a`` and ``log b`` of each step.
        carries: the carry to start from, and the one after a reset.
        steps: which steps exist, and which reset.
        reverse: whether the last step comes first.

    Source: Heinsen 2023, "Efficient parallelization of a ubiquitous sequential computation", arXiv 2311.06281.
    """
    start, initial = carries
    wide = jnp.promote_types(start.dtype, "float32")  # sums of many logarithms leave the range of float16
    log_a, log_b = (part.astype(wide) for part in logs)
    nothing = _nothing(log_b)
    fresh = jnp.zeros(log_a.shape, bool)
    if steps.reset is not None:
        fresh = select(steps.reset, jnp.ones_like(fresh), fresh)
    if steps.valid is not None:
        log_a = select(steps.valid, log_a, jnp.zeros_like(log_a))
        log_b = select(steps.valid, log_b, jnp.full_like(log_b, nothing))
    log_a, log_b, fresh = jax.lax.associative_scan(_joined, (log_a, log_b, fresh), reverse=reverse)
    return (jnp.exp(log_a) * jnp.where(fresh, initial, start) + jnp.exp(log_b)).astype(start.dtype)


def _joined(one: Any, two: Any) -> Any:
    """Return two groups of steps as one; where the second resets, nothing of the first may reach a derivative."""
    (a1, b1, fresh1), (a2, b2, fresh2) = one, two
    before: Bool[Array, "..."] = jnp.where(fresh2, _nothing(b1), a2 + b1)
    return jnp.where(fresh2, a2, a1 + a2), jnp.logaddexp(before, b2), fresh1 | fresh2


def _nothing(log_b: Array) -> float:
    """Return the logarithm that stands for 0: of -inf, the difference to itself would be NaN in derivatives."""
    return float(jnp.finfo(log_b.dtype).min) / 4
