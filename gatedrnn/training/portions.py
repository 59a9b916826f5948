"""Parts of a segment between two looks at whether to stop: so long that looks cost little, so short that none waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from gatedrnn.training.hosts import of_each
from gatedrnn.training.member import Span
from gatedrnn.training.termination import asked

if TYPE_CHECKING:
    from gatedrnn.training.run import Run

SECONDS = 0.5
"""How long a portion takes, about; a look takes less than a millisecond."""
GROWTH = 16
"""A portion has at most so many times the steps of the one before it."""
NO_STEPS = Span(*map(np.int32, (0, 0, 0)))


class Portions:
    """Where a training stands, and how far it goes before the next look.

    A run that can be divided (``gatedrnn.training.Divisible``) counts optimiser steps, and goes on from where it was
    cut to the same bits: how long portions are is nothing that has to be kept. Others count segments.

    Args:
        run: the run that is trained.
        whole: whether segments are not to be divided, as where each has data of its own.

    Attributes:
        position: how far training has come, of ``whole`` in segments.
    """

    def __init__(self, run: Run, *, whole: bool = False) -> None:
        self.position, self._run = 0, run
        self._segment_steps = getattr(run, "segment_steps", 1)
        self._unit = self._segment_steps if whole else 1
        self._steps = 1

    @property
    def segments(self) -> int:
        """How many segments are over."""
        return self.position * self._unit // self._segment_steps

    @property
    def over(self) -> bool:
        """Whether all segments are."""
        return self.segments >= self._run.segments

    @property
    def between(self) -> bool:
        """Whether no segment is at work."""
        return self.position * self._unit % self._segment_steps == 0

    def span(self) -> Span:
        """Return what is trained next."""
        first = self.position * self._unit % self._segment_steps
        count = max(self._unit, min(self._steps, self._segment_steps - first))
        return Span(*map(np.int32, (self.segments, first, count)))

    def took(self, seconds: float) -> bool:
        """Go beyond the span, and return whether to look: where a segment is over, or a signal has come."""
        count = int(self.span().count)
        self.position += count // self._unit
        # All processes take as many steps: the slowest says how long these were.
        slowest = max(float(of_each(np.float32(seconds)).max()), 1e-6)
        self._steps = max(1, min(int(count * SECONDS / slowest), GROWTH * count))
        return self.between or bool(of_each(asked()).any())


def ended(placement: Any, status: Any) -> bool:
    """Return whether no member trains any more, after waiting for what is under way."""
    return bool(np.all(placement.here(placement.gather(status.stopped))))


def advance_of(run: Run) -> Callable[..., Any]:
    """Return what takes the steps of a span, of a run that can be divided and of one that takes a segment at a time."""
    part = getattr(run, "advance_part", None)
    if part is None:
        return jax.jit(lambda hyper, state, data, span: run.advance(hyper, state, data))
    return jax.jit(lambda hyper, state, data, span: (part(hyper, state, data, span.first, span.count), ()))
