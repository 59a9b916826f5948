"""Laws of padding: what stands in a step that does not exist is never seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import numpy as np

from gatedrnn.layers.sequence import zero_padding
from gatedrnn.testing.compare import assert_equal, assert_zero
from gatedrnn.testing.probe import BATCH, LENGTHS, STEPS, at, lengths_of

if TYPE_CHECKING:
    from gatedrnn.testing.probe import Probe


def padding_never_leaks(probe: Probe) -> None:
    """NaN in padded inputs, and other resets there, change neither outputs nor gradients in any bit."""
    batch = probe.padded
    expected = probe.gradients(probe.params, batch, probe.weights)
    for leaf in jax.tree.leaves(expected):
        if not np.isfinite(leaf).all():
            raise AssertionError("outputs and gradients: expected finite numbers, got NaN without any in the input")
    got = probe.gradients(probe.params, batch.poisoned(~batch.valid), probe.weights)
    assert_equal(got, expected, "(gradients, (carry, ys))")


def padding_gets_no_gradient(probe: Probe) -> None:
    """The gradient for padded inputs is zero."""
    if 1 not in probe.argnums:
        return
    gradients, _ = probe.gradients(probe.params, probe.padded, probe.weights)
    d_xs = gradients[probe.argnums.index(1)]
    assert_zero(zero_padding(~probe.padded.valid, d_xs), "d xs in padding")


def padded_outputs_are_zero(probe: Probe) -> None:
    """``ys`` is zero wherever a step does not exist."""
    batch = probe.padded
    _, ys = probe.apply(probe.params, batch.poisoned(~batch.valid))
    assert_zero(zero_padding(~batch.valid, ys), "ys in padding")


def length_zero_returns_the_carry_that_came(probe: Probe) -> None:
    """A sequence of length 0 returns the incoming carry as it is, the initial one if none came."""
    empty = LENGTHS.index(0)
    for carry, came in ((probe.padded.carry, probe.padded.carry), (None, probe.initial_carry)):
        out, _ = probe.apply(probe.params, probe.padded._replace(carry=carry))
        got, expected = (jax.tree.map(lambda leaf: leaf[empty], tree) for tree in (out, came))
        assert_equal(got, expected, "carry of length 0" + (", none came" if carry is None else ""))


def lengths_and_mask_combine(probe: Probe) -> None:
    """``lengths`` and ``mask`` combine by "and"."""
    got = probe.apply(probe.params, probe.padded)
    both = probe.padded._replace(lengths=probe.whole.lengths, mask=probe.padded.valid)
    assert_equal(got, probe.apply(probe.params, both), "(carry, ys)")


def lengths_are_clipped(probe: Probe) -> None:
    """A length below 0 is 0, one above T is T."""
    beyond = probe.padded._replace(lengths=lengths_of(STEPS + 3, -2, STEPS, -STEPS))
    clipped = probe.padded._replace(lengths=lengths_of(STEPS, 0, STEPS, 0))
    assert_equal(probe.apply(probe.params, beyond), probe.apply(probe.params, clipped), "(carry, ys)")


def a_length_cuts(probe: Probe) -> None:
    """``lengths`` equal the same sequences cut there, forward and in reverse."""
    half = STEPS // 2
    batch = probe.whole._replace(lengths=lengths_of(half), resets=probe.padded.resets)
    cut = batch._replace(xs=at(batch.xs, slice(half)), mask=batch.mask[:half], resets=batch.resets[:half])
    carry, ys = probe.apply(probe.params, batch)
    probe.assert_close((carry, ys[:half]), probe.apply(probe.params, cut), "(carry, ys)")


def holes_vanish(probe: Probe) -> None:
    """A mask with holes equals the sequence without those steps; a reset marked on a hole is ignored."""
    batch = probe.padded
    valid = np.asarray(batch.valid)
    # A stable sort of each sequence puts its steps in front, in their order.
    order = np.argsort(~valid, axis=0, kind="stable")
    places = order, np.arange(BATCH)
    dense = batch._replace(
        xs=at(batch.xs, places),
        lengths=lengths_of(*valid.sum(0).tolist()),
        mask=probe.whole.mask,
        resets=(batch.resets & batch.valid)[places],
    )
    carry, ys = probe.apply(probe.params, batch)
    probe.assert_close((carry, ys[places]), probe.apply(probe.params, dense), "(carry, ys)")


def training_hides_padding_too(probe: Probe) -> None:
    """With a key: the same key draws the same noise, padded outputs are zero, padding never leaks."""
    batch = probe.padded
    got = probe.apply(probe.params, batch.poisoned(~batch.valid), probe.key)
    assert_equal(got, probe.apply(probe.params, batch, probe.key), "(carry, ys)")
    assert_zero(zero_padding(~batch.valid, got[1]), "ys in padding")


LAWS = (
    padding_never_leaks,
    padding_gets_no_gradient,
    padded_outputs_are_zero,
    length_zero_returns_the_carry_that_came,
    lengths_and_mask_combine,
    lengths_are_clipped,
    a_length_cuts,
    holes_vanish,
    training_hides_padding_too,
)
