"""Laws of time: a layer is the same in one run, in chunks and step by step."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from gatedrnn.layers.inputs import is_one_array
from gatedrnn.layers.sequence import select
from gatedrnn.testing.compare import assert_equal
from gatedrnn.testing.probe import BATCH, STEPS, at, lengths_of

if TYPE_CHECKING:
    from gatedrnn.testing.probe import Probe


def outputs_have_the_shape_that_is_promised(probe: Probe) -> None:
    """``ys`` is ``[T, *B, out_dim]``; the carry's leaves lead with ``[*B]`` and keep their types.

    Axes of space, which stand between the input's batch and its features, stand there in the output too.
    """
    carry, ys = probe.apply(probe.params, probe.whole)
    width = probe.in_dim if probe.layer.out_dim is None else probe.layer.out_dim
    space = probe.whole.xs.shape[2:-1] if is_one_array(probe.whole.xs) else ()
    if ys.shape != (STEPS, BATCH, *space, width):
        raise AssertionError(f"ys: expected {(STEPS, BATCH, *space, width)}, got {ys.shape}")
    for leaf in jax.tree.leaves(carry):
        if leaf.shape[:1] != (BATCH,):
            raise AssertionError(f"carry: expected leaves [{BATCH}, ...], got {leaf.shape}")
    shapes = jax.eval_shape(lambda c: c, (probe.initial_carry, probe.initial_carry))
    if (got := jax.eval_shape(lambda c: c, (carry, probe.whole.carry))) != shapes:
        raise AssertionError(f"carry: expected that of initial_carry, {shapes[0]}, got {got[0]}")


def nothing_given_means_the_defaults(probe: Probe) -> None:
    """No carry, lengths, mask or resets: the initial carry, all steps, one segment."""
    got = probe.apply(probe.params, probe.whole._replace(carry=None, lengths=None, mask=None, resets=None))
    expected = probe.apply(probe.params, probe.whole._replace(carry=probe.initial_carry))
    probe.assert_close(got, expected, "(carry, ys)")


def no_steps_return_the_carry(probe: Probe) -> None:
    """T = 0 works: no outputs, and the carry that came, or the initial one."""
    expected = probe.apply(probe.params, probe.whole)[1][:0]
    whole = probe.whole
    none = whole._replace(xs=at(whole.xs, slice(0)), mask=whole.mask[:0], resets=whole.resets[:0])
    assert_equal(probe.apply(probe.params, none), (none.carry, expected), "(carry, ys)")
    got = jax.jit(probe.layer.apply)(probe.params, none.xs)
    assert_equal(got, (probe.initial_carry, expected), "(carry, ys), no carry given")


def chunks_equal_one_run(probe: Probe) -> None:
    """Causal layers: two chunks, the carry passed on, equal one run; padding and resets included."""
    if not probe.layer.causal:
        return
    half = STEPS // 2
    batch = probe.padded
    parts = [
        batch._replace(xs=at(batch.xs, s), lengths=lengths_of(half), mask=batch.valid[s], resets=batch.resets[s])
        for s in (slice(half), slice(half, None))
    ]
    carry, first = probe.apply(probe.params, parts[0])
    carry, second = probe.apply(probe.params, parts[1]._replace(carry=carry))
    expected = probe.apply(probe.params, batch)
    probe.assert_close((carry, jnp.concatenate([first, second])), expected, "(carry, ys)")


def rollout_equals_replay(probe: Probe) -> None:
    """Causal layers: ``step`` by ``step``, told where a segment starts, equals ``apply``.

    Where ``step`` takes no ``resets``, the initial carry is put in.
    """
    if not probe.layer.causal:
        return
    takes_resets = "resets" in inspect.signature(probe.layer.step).parameters

    @jax.jit
    def step(params, carry, x, fresh):
        if takes_resets:
            return probe.layer.step(params, carry, x, resets=fresh)
        return probe.layer.step(params, select(fresh, probe.layer.initial_carry(params, x), carry), x)

    batch = probe.whole._replace(resets=probe.padded.resets)
    carry, ys = batch.carry, []
    for t in range(STEPS):
        carry, y = step(probe.params, carry, at(batch.xs, t), batch.resets[t])
        ys.append(y)
    probe.assert_close((carry, jnp.stack(ys)), probe.apply(probe.params, batch), "(carry, ys)")


def what_reads_the_future_has_no_step(probe: Probe) -> None:
    """A layer that is not causal raises ``ValueError`` from ``step``."""
    if probe.layer.causal:
        return
    try:
        probe.layer.step(probe.params, probe.whole.carry, at(probe.whole.xs, 0))
    except ValueError:
        return
    raise AssertionError("step: expected a ValueError, as the layer is not causal; it returned")


LAWS = (
    outputs_have_the_shape_that_is_promised,
    nothing_given_means_the_defaults,
    no_steps_return_the_carry,
    chunks_equal_one_run,
    rollout_equals_replay,
    what_reads_the_future_has_no_step,
)
