"""How long a search has trained, and checkpoints that know it, so that an interruption does not shorten it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from gatedrnn.training.store import Store


T = TypeVar("T")


class Stopwatch:
    """Seconds of training in this process: without compiling, and without what was waited for.

    Args:
        clock: what tells the seconds.
        compiled: tells how many seconds were spent in compiling so far.
    """

    def __init__(self, clock: Callable[[], float], compiled: Callable[[], float]) -> None:
        self._clock, self._compiled = clock, compiled
        self._started, self._compiled_before, self._waited = clock(), compiled(), 0.0

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return self._clock() - self._started - (self._compiled() - self._compiled_before) - self._waited

    def apart(self, wait: Callable[..., T], *arguments: Any) -> T:
        """Return what a function returns that may wait: its seconds do not count."""
        began = self._clock()
        try:
            return wait(*arguments)
        finally:
            self._waited += self._clock() - began


class Timed:
    """A store of states with the seconds of training that led to them.

    What was trained after the last checkpoint, and lost to an interruption, does not count.

    Args:
        store: the store that keeps both the states and their seconds.
        elapsed: seconds of training in this process.

    Attributes:
        before: seconds of training in processes before this one.
    """

    def __init__(self, store: Store, elapsed: Callable[[], float]) -> None:
        self.before = 0.0
        self._store, self._elapsed = store, elapsed

    def save(self, step: int, state: Any, fingerprint: dict[str, Any], *, force: bool = False) -> None:
        """Keep ``state`` and the seconds so far."""
        kept = {"state": state, "seconds": np.array(self.before + self._elapsed())}
        self._store.save(step, kept, fingerprint, force=force)

    def restore(self, like: Any, fingerprint: dict[str, Any]) -> tuple[int, Any] | None:
        """Return the newest step and its state; None where there is none."""
        found = self._store.restore({"state": like, "seconds": np.array(0.0)}, fingerprint)
        if found is None:
            return None
        step, kept = found
        self.before = float(kept["seconds"])
        if not 0.0 <= self.before < math.inf:
            raise InputError(f"checkpoint {step}: expected seconds of training, 0 or more, got {self.before}")
        return step, kept["state"]
