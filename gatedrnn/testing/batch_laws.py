"""Laws of the batch: members do not see each other, however many axes they stand on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.testing.probe import BATCH, ProbeBatch, gradients_of

if TYPE_CHECKING:
    from gatedrnn.testing.probe import Probe

TIME_FIRST = ProbeBatch(xs=1, carry=0, lengths=0, mask=1, resets=1)
"""Where the batch axis of each part is."""


def a_batch_equals_its_members(probe: Probe) -> None:
    """A batch equals ``vmap`` over its members, which have no batch axis; values and gradients."""
    weights_axes = (0, 1)
    split = jax.jit(
        jax.vmap(
            partial(gradients_of, probe.layer, probe.argnums), in_axes=(None, TIME_FIRST, weights_axes), out_axes=0
        )
    )
    gradients, (carry, ys) = split(probe.params, probe.padded, probe.weights)
    summed = {0: lambda g: g.sum(0), 1: lambda g: jnp.moveaxis(g, 0, 1), 2: lambda g: g}
    gradients = tuple(jax.tree.map(summed[i], g) for i, g in zip(probe.argnums, gradients, strict=True))
    got = gradients, (carry, jnp.moveaxis(ys, 0, 1))
    expected = probe.gradients(probe.params, probe.padded, probe.weights)
    probe.assert_close(got, expected, "(gradients, (carry, ys))")


def two_batch_axes_equal_one(probe: Probe) -> None:
    """``[T, B1, B2, I]`` equals ``[T, B1 * B2, I]``."""

    def split(tree: Any, axis: int) -> Any:
        return jax.tree.map(lambda leaf: leaf.reshape(*leaf.shape[:axis], 2, BATCH // 2, *leaf.shape[axis + 1 :]), tree)

    two = ProbeBatch(*(split(part, axis) for part, axis in zip(probe.padded, TIME_FIRST, strict=True)))
    carry, ys = probe.apply(probe.params, probe.padded)
    expected = split(carry, 0), split(ys, 1)
    probe.assert_close(probe.apply(probe.params, two), expected, "(carry, ys)")


LAWS = (a_batch_equals_its_members, two_batch_axes_equal_one)
