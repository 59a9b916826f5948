"""Laws of resets: a segment knows nothing of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from gatedrnn.testing.compare import assert_equal, assert_zero
from gatedrnn.testing.probe import BATCH, STEPS, at, lengths_of, poison

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.testing.probe import Probe

START = 2
"""Where the second segment starts."""


def _starts(*steps: int) -> Array:
    return jnp.zeros((STEPS, BATCH), bool).at[jnp.array(steps)].set(True)


def a_reset_forgets_whatever_came(probe: Probe) -> None:
    """Causal layers: with a segment starting at step 0, a carry of NaN changes neither outputs nor gradients."""
    if not probe.layer.causal:
        return
    fresh = probe.whole._replace(resets=_starts(0))
    expected = probe.gradients(probe.params, fresh._replace(carry=probe.initial_carry), probe.weights)
    got = probe.gradients(probe.params, fresh._replace(carry=poison(fresh.carry)), probe.weights)
    assert_equal(got, expected, "(gradients, (carry, ys))")


def a_reset_is_the_initial_carry(probe: Probe) -> None:
    """Causal layers: a segment starting at step 0 equals starting from the initial carry."""
    if not probe.layer.causal:
        return
    got = probe.apply(probe.params, probe.whole._replace(resets=_starts(0)))
    expected = probe.apply(probe.params, probe.whole._replace(carry=probe.initial_carry))
    assert_equal(got, expected, "(carry, ys)")


def segments_are_apart(probe: Probe) -> None:
    """NaN in one segment never reaches the outputs of another."""
    batch = probe.whole._replace(resets=_starts(START))
    carry, ys = probe.apply(probe.params, batch)
    second = (jnp.arange(STEPS) >= START)[:, None] & batch.mask
    after = probe.apply(probe.params, batch._replace(xs=batch.poisoned(~second).xs))
    assert_equal(after[1][START:], ys[START:], "ys of the second segment, NaN in the first")
    before = probe.apply(probe.params, batch._replace(xs=batch.poisoned(second).xs))
    assert_equal(before[1][:START], ys[:START], "ys of the first segment, NaN in the second")
    if probe.layer.causal:
        assert_equal(after[0], carry, "carry, NaN in the first segment")


def packed_equals_separate(probe: Probe) -> None:
    """Sequences packed into one with ``resets`` equal the same sequences run apart."""
    packed = probe.whole._replace(carry=None, resets=_starts(START))
    carry, ys = probe.apply(probe.params, packed)
    apart = probe.whole._replace(carry=None)
    _, first = probe.apply(probe.params, apart._replace(lengths=lengths_of(START)))
    rolled = at(packed.xs, jnp.roll(jnp.arange(STEPS), -START))
    moved = apart._replace(xs=rolled, lengths=lengths_of(STEPS - START))
    last, second = probe.apply(probe.params, moved)
    probe.assert_close(ys, jnp.concatenate([first[:START], second[: STEPS - START]]), "ys")
    if probe.layer.causal:
        probe.assert_close(carry, last, "carry")


def a_reset_in_padding_is_ignored(probe: Probe) -> None:
    """``resets`` count only where a step exists."""
    batch = probe.padded
    got = probe.apply(probe.params, batch)
    expected = probe.apply(probe.params, batch._replace(resets=batch.resets & batch.valid))
    assert_equal(got, expected, "(carry, ys)")


def no_gradient_crosses_a_reset(probe: Probe) -> None:
    """No gradient crosses from one segment into the other."""
    if 1 not in probe.argnums:
        return
    batch = probe.whole._replace(resets=_starts(START))
    weights = jax.tree.map(jnp.zeros_like, probe.weights)
    only_second = (weights[0], probe.weights[1].at[:START].set(0))
    d_xs = probe.gradients(probe.params, batch, only_second)[0][probe.argnums.index(1)]
    assert_zero(at(d_xs, slice(START)), "d xs of the first segment, for outputs of the second")
    only_first = (weights[0], probe.weights[1].at[START:].set(0))
    d_xs = probe.gradients(probe.params, batch, only_first)[0][probe.argnums.index(1)]
    assert_zero(at(d_xs, slice(START, None)), "d xs of the second segment, for outputs of the first")


LAWS = (
    a_reset_forgets_whatever_came,
    a_reset_is_the_initial_carry,
    segments_are_apart,
    packed_equals_separate,
    a_reset_in_padding_is_ignored,
    no_gradient_crosses_a_reset,
)
