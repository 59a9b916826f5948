"""The configurations of a sweep: a grid, or random draws."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gatedrnn.sweep.settings import HYPERPARAMETERS, RANGES, SweepSettings

if TYPE_CHECKING:
    from gatedrnn.sweep.schema import SweepConfiguration


def configurations(settings: SweepSettings) -> list[SweepConfiguration]:
    """Return one configuration for each member, seeds of the same one beside each other.

    Random draws are far better than a grid of as many points where few of the hyperparameters matter (Bergstra and
    Bengio 2012, JMLR 13): each draw has another value of those.

    Example:
        >>> settings = SweepSettings(sampling="grid", cell=("GRU",), learning_rate=(0.001, 0.01), seeds=2)
        >>> [(c["learning_rate"], c["seed"]) for c in configurations(settings)]
        [(0.001, 0), (0.001, 1), (0.01, 0), (0.01, 1)]
    """
    drawn = grid(settings) if settings.sampling == "grid" else random(settings)
    seeds = range(settings.seed, settings.seed + settings.seeds)
    # A hyperparameter's name is its field in the settings and its key here, which no type checker follows.
    return [cast("SweepConfiguration", {**one, "seed": seed}) for one in drawn for seed in seeds]


def static_of(configuration: SweepConfiguration) -> dict[str, str | int]:
    """Return what changes a shape or the program."""
    return {"cell": configuration["cell"], "hidden": configuration["hidden"]}


def grid(settings: SweepSettings) -> list[dict[str, float | str]]:
    """Return all combinations of the values given."""
    values = [getattr(settings, name) for name in HYPERPARAMETERS]
    return [dict(zip(HYPERPARAMETERS, chosen, strict=True)) for chosen in itertools.product(*values)]


def random(settings: SweepSettings) -> list[dict[str, float | str]]:
    """Return independent draws: log-uniform between the ends of a range, else one of the values given."""
    rng = np.random.default_rng(settings.seed)

    def draw(name: str) -> float | str:
        values = getattr(settings, name)
        if name in RANGES:
            return float(np.exp(rng.uniform(np.log(min(values)), np.log(max(values)))))
        return values[rng.integers(len(values))]

    return [{name: draw(name) for name in HYPERPARAMETERS} for _ in range(settings.draws)]


def varied(settings: Mapping[str, Any]) -> list[str]:
    """Return the names of the hyperparameters of which more than one value is tried.

    Args:
        settings: the settings of a sweep, as results.json has them.

    Example:
        >>> varied(SweepSettings(hidden=(16, 32), learning_rate=(0.01,)).as_dict())
        ['cell', 'hidden']
    """
    return [name for name in HYPERPARAMETERS if len(settings[name]) > 1]
