"""Checkpoints: a thin module over Orbax's v1 interface, the only one that imports it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import orbax.checkpoint.experimental.v1 as ocp


class Checkpoints:
    """States of one run in a directory, written in the background, atomically, the newest two kept.

    Use it as a context manager, or call ``close``: a save that is still under way is finished there.

    Args:
        directory: made where it does not exist.
        every: seconds that lie between two saves at least; 0 saves whenever asked.
    """

    def __init__(self, directory: str | Path, *, every: float = 0.0) -> None:
        self._every = every
        self._saved = time.monotonic()
        newest_two: Any = ocp.training.preservation_policies.LatestN(2)
        self._orbax = ocp.training.Checkpointer(str(Path(directory).resolve()), preservation_policy=newest_two)

    def save(self, step: int, state: Any) -> None:
        """Save a pytree of arrays as ``step``, unless the last save is less than ``every`` seconds ago."""
        if time.monotonic() - self._saved < self._every:
            return
        # Orbax skips a save, without a word, while another is under way.
        self._orbax.wait()
        self._orbax.save_async(step, state, force=True)
        self._saved = time.monotonic()

    def restore(self, like: Any) -> tuple[int, Any] | None:
        """Return the newest step and its state; None where nothing has been saved.

        Args:
            like: a state of the same structure, shapes, types and shardings.
        """
        newest = self._orbax.latest
        return None if newest is None else (newest.step, self._orbax.load(newest, like))

    def close(self) -> None:
        """Wait for the save under way."""
        self._orbax.close()

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
