"""One repetition of the whole procedure: its split, its configurations and its keys, which all cells share."""

from __future__ import annotations

import dataclasses
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

if TYPE_CHECKING:
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.experiment.space import Configuration
    from gatedrnn.tasks.parts import Visible
    from gatedrnn.tasks.task import VisibleTask

MOST_TRIALS = 1000
"""Configurations drawn where minutes alone are the budget."""


class Trials(NamedTuple):
    """Trials to be run: a configuration and a key each."""

    configurations: list[Configuration]
    keys: Any

    def part(self, start: int, stop: int) -> Trials:
        """Return some of them."""
        return Trials(self.configurations[start:stop], self.keys[start:stop])


@dataclasses.dataclass(frozen=True, eq=False)
class Replicate:
    """One repetition of the whole procedure: what all cells share in it."""

    index: int
    seed: int
    task: VisibleTask
    configurations: list[Configuration]

    def visible(self) -> Visible:
        """Make the parts of the data that may be seen, and don't keep them: all replicates' may not fit into memory."""
        return self.task.split(self.seed)

    @property
    def lot(self) -> Trials:
        """All configurations with their keys, the same for each cell."""
        return Trials(self.configurations, jax.random.split(jax.random.key(self.seed), len(self.configurations)))


def draw_replicate(task: VisibleTask, settings: Settings, index: int) -> Replicate:
    """Draw the split, the configurations and the seed of one replicate; all follow from ``settings.seed``."""
    rng = np.random.default_rng([settings.seed, zlib.crc32(task.name.encode()), index])
    seed = int(rng.integers(2**31))
    return Replicate(index, seed, task, settings.space_of(task).sample(rng, settings.trials or MOST_TRIALS))
