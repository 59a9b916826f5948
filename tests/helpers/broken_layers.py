"""Broken layers, one for every law of layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

import gatedrnn as gr
from gatedrnn.testing import batch_laws, padding_laws, program_laws, reset_laws, time_laws

SOUND = gr.scan(gr.SimpleRNN(2))


@dataclasses.dataclass(frozen=True)
class Broken:
    """A sound layer whose ``apply`` is replaced by ``run(inner, params, xs, **rest)``."""

    run: Callable[..., Any]
    inner: Any = SOUND

    @property
    def out_dim(self):
        return self.inner.out_dim

    @property
    def causal(self):
        return self.inner.causal

    def init(self, key, in_dim):
        return self.inner.init(key, in_dim)

    def initial_carry(self, params, x):
        return self.inner.initial_carry(params, x)

    def step(self, params, carry, x):
        return self.inner.step(params, carry, x)

    def apply(self, params, xs, *, carry=None, lengths=None, mask=None, resets=None, key=None):
        rest = {"carry": carry, "lengths": lengths, "mask": mask, "resets": resets, "key": key}
        return self.run(self.inner, params, xs, **rest)


def changed(**changes):
    """Break a layer by other arguments: each change is a function of all that ``apply`` got."""

    def run(inner, params, xs, **rest):
        return inner.apply(params, xs, **rest | {name: f(xs=xs, **rest) for name, f in changes.items()})

    return Broken(run)


def outputs(change):
    """Break a layer by other outputs: ``change(end, ys, xs=..., carry=..., ...)`` returns both."""

    def run(inner, params, xs, **rest):
        return change(*inner.apply(params, xs, **rest), xs=xs, **rest)

    return Broken(run)


def masked_by_multiplying(inner, params, xs, *, lengths, mask, **rest):
    carry, ys = inner.apply(params, xs, **rest)
    return carry, ys if mask is None else ys * mask[..., None]


def given(**needed):
    """Whether all that a mistake needs came."""
    return all(value is not None for value in needed.values())


def either(xs, lengths, mask, **_):
    if not given(lengths=lengths, mask=mask):
        return mask
    return mask | (jnp.arange(len(xs)).reshape(-1, *[1] * lengths.ndim) < lengths)


def wrapped(xs, lengths, **_):
    return None if lengths is None else lengths % (len(xs) + 1)


def late(xs, resets, **_):
    """Mark a segment one step late."""
    return None if resets is None else jnp.roll(resets, 1, axis=0)


def moved_out_of_holes(xs, resets, mask, **_):
    if not given(resets=resets, mask=mask):
        return resets
    return resets | jnp.roll(resets & ~mask, 1, axis=0)


def first_reset(reset):
    """Break the reset at step 0: ``reset(flag, carry)`` makes its carry, leaf by leaf."""

    def run(inner, params, xs, *, carry, resets, **rest):
        if given(carry=carry, resets=resets):
            carry = jax.tree.map(lambda leaf: reset(resets[0][..., None], leaf), carry)
            resets = resets.at[0].set(False)
        return inner.apply(params, xs, carry=carry, resets=resets, **rest)

    return Broken(run)


def gradient_leaks(end, ys, xs, **_):
    leak = (xs.sum() - jax.lax.stop_gradient(xs.sum())).astype(ys.dtype)
    return end, ys + leak


def padding_keeps_its_gradient(end, ys, xs, mask, **_):
    return end, ys if mask is None else ys + jnp.where(mask, 0, xs[..., 0] * 0.1)[..., None]


def mean_over_the_batch(end, ys, xs, **_):
    return end, ys - 0.1 * ys.mean(1, keepdims=True) if ys.ndim > 2 else ys


def end_of_the_lengths(end, ys, lengths, **_):
    """Return another carry for sequences of length 0."""
    return end if lengths is None else end + (lengths == 0)[..., None], ys


def noise_everywhere(end, ys, key, **_):
    return end, ys if key is None else ys + jax.random.normal(key, ys.shape)


def own_scan(start):
    """A scan of one's own, from a carry that ``start(xs, hidden)`` makes."""

    def run(inner, params, xs, **_):
        return jax.lax.scan(lambda carry, x: inner.step(params, carry, x), start(xs, inner.out_dim), xs)

    return Broken(run)


@dataclasses.dataclass(frozen=True)
class Stepping:
    """A layer that is not causal, and yet has a step."""

    inner: Any = dataclasses.field(default_factory=lambda: gr.bidirectional(gr.SimpleRNN(2)))
    causal = False

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def step(self, params, carry, x):
        return carry, x


class Unequal(Broken):
    """A configuration that equals itself alone."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__


class Lookup(type(gr.embed(2))):
    """An embedding that does not say how its output is spread over devices."""

    def _map(self, params, xs, key):
        return params.table[xs]


LAYERS = {
    time_laws.outputs_have_the_shape_that_is_promised: outputs(lambda end, ys, **_: (end, ys[..., :-1])),
    time_laws.nothing_given_means_the_defaults: outputs(lambda end, ys, carry, **_: (end, ys + (carry is None))),
    time_laws.no_steps_return_the_carry: outputs(lambda end, ys, **_: (end + (len(ys) == 0), ys)),
    time_laws.chunks_equal_one_run: changed(carry=lambda **_: None),
    time_laws.rollout_equals_replay: changed(resets=late),
    time_laws.what_reads_the_future_has_no_step: Stepping(),
    padding_laws.padding_never_leaks: Broken(masked_by_multiplying),
    padding_laws.padding_gets_no_gradient: outputs(padding_keeps_its_gradient),
    padding_laws.padded_outputs_are_zero: outputs(lambda end, ys, **_: (end, ys + 1)),
    padding_laws.length_zero_returns_the_carry_that_came: outputs(end_of_the_lengths),
    padding_laws.lengths_and_mask_combine: changed(mask=either, lengths=lambda **_: None),
    padding_laws.lengths_are_clipped: changed(lengths=wrapped),
    padding_laws.a_length_cuts: changed(lengths=lambda **_: None),
    padding_laws.holes_vanish: changed(resets=moved_out_of_holes),
    padding_laws.training_hides_padding_too: outputs(noise_everywhere),
    reset_laws.a_reset_forgets_whatever_came: first_reset(lambda flag, leaf: leaf * ~flag),
    reset_laws.a_reset_is_the_initial_carry: first_reset(lambda flag, leaf: jnp.where(flag, 1, leaf)),
    reset_laws.segments_are_apart: changed(resets=late),
    reset_laws.packed_equals_separate: changed(resets=lambda **_: None),
    reset_laws.a_reset_in_padding_is_ignored: changed(resets=moved_out_of_holes),
    reset_laws.no_gradient_crosses_a_reset: outputs(gradient_leaks),
    batch_laws.a_batch_equals_its_members: outputs(mean_over_the_batch),
    batch_laws.two_batch_axes_equal_one: outputs(mean_over_the_batch),
    program_laws.types_follow_the_policy: outputs(lambda end, ys, xs, **_: (end, ys.astype(xs.dtype))),
    program_laws.equal_configs_trace_once: Unequal(lambda inner, *args, **rest: inner.apply(*args, **rest)),
    program_laws.runs_inside_shard_map: own_scan(lambda xs, hidden: jnp.zeros((*xs.shape[1:-1], hidden))),
    program_laws.runs_where_only_params_vary: own_scan(lambda xs, hidden: xs[0, ..., :1] * jnp.zeros(hidden)),
    program_laws.runs_on_explicit_meshes: Lookup(2),
}
