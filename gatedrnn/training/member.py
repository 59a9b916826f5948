"""One segment of one member: it rests once it has stopped, and stops where it diverges."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.training.checks import check_member
from gatedrnn.training.run import Run, Status

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool


class Members(NamedTuple):
    """A population between two segments: what is saved, and what training returns."""

    states: Any
    """Pytree of ``[K, ...]``."""
    status: Status
    """Of each member, ``[K]``."""
    metrics: Any
    """Pytree of ``[K, steps, ...]``; NaN (in integers 0) where a member did not train."""


class MemberState(NamedTuple):
    """A member in the program."""

    hyper: Any
    state: Any
    status: Status


class Span(NamedTuple):
    """What a program is told to train; numbers that all members share, so that there is one program for all."""

    segment: Any
    """How many segments there were before this one."""
    first: Any
    """Step of the segment to begin with, and ..."""
    count: Any
    """... how many of its steps to take, where a run can be divided."""


def starting(run: Run, hyper: Any, key: Any, data: Any) -> tuple[Any, Status]:
    """Return a member before its first step."""
    return run.init(hyper, key, data), Status(jnp.zeros((), bool), jnp.full((), -1, jnp.int32))


def advanced(run: Run, advance: Callable[..., Any], one: MemberState, data: Any, span: Span) -> tuple[Any, Status, Any]:
    """Return state, status and metrics after a segment, or a part of it.

    Args:
        run: the run; its ``status``, where it has one, says whether the member stops.
        advance: what trains a span, under ``jit``, so that it is traced once for all that asks what it returns.
        one: the member before the span.
        data: the data that all members share.
        span: which steps of which segment to take.
    """

    def train() -> tuple[Any, Status, Any]:
        state, metrics = advance(one.hyper, one.state, data, span)
        own = getattr(run, "status", None)
        if own is not None:
            return state, own(state), metrics
        state, status = guarded(one.state, state, metrics, span.segment)
        return state, status, metrics

    def rest() -> tuple[Any, Status, Any]:
        metrics = jax.eval_shape(advance, one.hyper, one.state, data, span)[1]
        return one.state, one.status, jax.tree.map(blank, metrics)

    return jax.lax.cond(one.status.stopped, rest, train)


def guarded(before: Any, after: Any, metrics: Any, segment: Any) -> tuple[Any, Status]:
    """Return the state after a segment, or the one before it where the member diverged, and its status."""
    bad = [~jnp.isfinite(m).reshape(len(m), -1).all(axis=1) for m in jax.tree.leaves(metrics) if is_real(m)]
    steps = len(bad[0]) if bad else 1
    bad_steps = jnp.stack([*bad, jnp.zeros(steps, bool)]).any(axis=0)
    lost = [finite(old) & ~finite(new) for old, new in zip(*map(jax.tree.leaves, (before, after)), strict=True)]
    diverged = bad_steps.any() | jnp.stack([*lost, jnp.zeros((), bool)]).any()
    step = segment * steps + jnp.where(bad_steps.any(), jnp.argmax(bad_steps), steps - 1) + 1
    state = jax.tree.map(lambda new, old: jnp.where(diverged, old, new), after, before)
    return state, Status(diverged, jnp.where(diverged, step, -1).astype(jnp.int32))


def finite(x: Array) -> Bool[Array, ""]:
    """Return whether all numbers are; what is no real number is."""
    return jnp.isfinite(x).all() if is_real(x) else jnp.ones((), bool)


def is_real(x: Any) -> bool:
    """Return whether an array holds floating-point numbers."""
    return jnp.issubdtype(x.dtype, jnp.floating)


def blank(x: Any) -> Array:
    """Return what stands for metrics of steps that were not taken: NaN, in integers 0."""
    return jnp.full(x.shape, jnp.nan if is_real(x) else 0, x.dtype)


def blank_metrics(metrics: Any, members: int, segments: int) -> Any:
    """Return room for the metrics of all segments, ``[K, steps, ...]``, on the host."""

    def room(m: Any) -> Any:
        shape = (members, segments * m.shape[0], *m.shape[1:])
        return np.full(shape, np.nan if is_real(m) else 0, m.dtype)

    for m in jax.tree.leaves(metrics):
        if not m.shape:
            raise InputError("metrics: expected arrays that lead with the steps of a segment, [S, ...], got a scalar")
    return jax.tree.map(room, metrics)


def with_segment(metrics: Any, new: Any, segment: int) -> Any:
    """Return metrics with those of one more segment; the arrays that came may still be on their way to a file."""

    def extended(old: Any, new: Any) -> Any:
        found, steps = np.array(old), new.shape[1]
        found[:, segment * steps : (segment + 1) * steps] = new
        return found

    return jax.tree.map(extended, metrics, new)


def member(tree: Any, k: int) -> Any:
    """Return one member's part of a pytree of ``[K, ...]``; one below 0 counts from the last.

    Raises:
        InputError: where there is no such member.

    Example:
        >>> member({"loss": jnp.array([1.0, 2.0, 3.0])}, 1)["loss"].item()
        2.0
    """
    check_member(tree, k)
    return jax.tree.map(lambda x: x[k], tree)
