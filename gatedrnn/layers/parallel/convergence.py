"""When an iteration is over: an estimate of the error that is left, from how fast its corrections become smaller."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Float, Int

SWEEPS = 4
"""Steps of the cell after each correction: cheap beside it, and they end the errors that so many steps forget."""
SLOWEST = 0.9
"""Ratio of two corrections above which what is left can't be told from them."""


class Progress(NamedTuple):
    """How far an iteration has come."""

    iterations: Int[Array, ""]
    sizes: Float[Array, "3"]
    """The last three corrections, the last first."""
    settled: Bool[Array, ""]
    """Whether the error that is left was below the tolerance before the last correction."""
    converged: Bool[Array, ""]
    """Whether it was, and the correction after it, the polishing one, was so small as well."""

    def after(self, size: Float[Array, ""], tolerance: float, floor: float) -> Progress:
        """Return the progress after a correction of that size.

        Corrections that shrink by a factor q leave an error of ``size * q / (1 - q)``; q is the larger of the last
        two. Corrections of a few roundings do not become smaller: they are what the scan's own errors are.

        Args:
            size: the largest entry of the correction, relative to what is corrected.
            tolerance: the error that may be left.
            floor: a size that is no larger than a few roundings.
        """
        sizes = jnp.concatenate([size[None], self.sizes[:2]])
        q = jnp.max(jnp.where(jnp.isfinite(sizes[:2]), sizes[:2] / sizes[1:], jnp.array([jnp.inf, 0.0], size.dtype)))
        left = jnp.where(q < SLOWEST, size * q / (1 - q), jnp.inf)
        small = jnp.isfinite(size) & ((size <= floor) | (left <= tolerance))
        return Progress(self.iterations + 1, sizes, small, self.settled & small)

    def goes_on(self, budget: int) -> Bool[Array, ""]:
        """Return whether another correction is to be made."""
        return ~self.converged & (self.iterations < budget)


def beginning(like: Float[Array, ""]) -> Progress:
    """Return the progress before the first correction; ``like`` is a zero of the type of sizes."""
    never = jnp.zeros((), bool) & (like > 0)
    return Progress(jnp.int32(0) + like.astype(jnp.int32), jnp.full(3, jnp.inf, like.dtype) + like, never, never)


def size_of(correction: list[Array], beside: list[Array]) -> Float[Array, ""]:
    """Return the largest entry of a correction, each relative to 1 and what it corrects; infinity where one is NaN."""
    dtype = jnp.promote_types(jnp.float32, jnp.result_type(*correction))
    return largest([d.astype(dtype) / (1 + jnp.abs(s.astype(dtype))) for d, s in zip(correction, beside, strict=True)])


def largest(leaves: list[Array]) -> Float[Array, ""]:
    """Return the largest size of all numbers, infinity where one is NaN, which a maximum may pass over."""
    dtype = jnp.promote_types(jnp.float32, jnp.result_type(*leaves))
    each = [jnp.where(jnp.isnan(leaf), jnp.inf, jnp.abs(leaf)).astype(dtype) for leaf in leaves]
    return reduce(jnp.maximum, (jnp.max(leaf, initial=0.0) for leaf in each))


def default_tolerance(leaves: list[Array]) -> float:
    """Return ``eps ** 0.8`` of the coarsest type: 3e-6 for float32, 3e-13 for float64."""
    return rounding(leaves) ** 0.8


def rounding(leaves: list[Array]) -> float:
    """Return the rounding error of the coarsest type."""
    return max(float(jnp.finfo(leaf.dtype).eps) for leaf in leaves)
