"""Where training, validation and test lie on one axis of time: a rolling origin, drawn by the seed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.splitting import TEST

TRAIN, VALIDATION = 0.8, 0.15
"""Parts of what is not the test; what is left lets the origin roll."""
SERIES, PANEL = 50, 20
"""Steps that a single series needs, and times that several sequences need."""


class Bounds(NamedTuple):
    """First step and end of training, validation and test on one axis of time."""

    train: tuple[int, int]
    validation: tuple[int, int]
    test: tuple[int, int]


def bounds_in_time(steps: int, gap: int, seed: int | None, *, test: int | None = None, least: int = SERIES) -> Bounds:
    """Return where the parts lie on an axis of ``steps``, with ``gap`` steps before validation and before the test.

    Args:
        steps: the steps of the axis.
        gap: steps between two parts, of which nothing is looked for in either.
        seed: what draws where training starts; None: training is what every seed trains on.
        test: steps of the test; None is a fifth of all.
        least: steps without which there is no comparison.

    Raises:
        InputError: where there are too few steps.

    Example:
        >>> train, validation, test = bounds_in_time(1000, gap=10, seed=0)
        >>> [stop - start for start, stop in (train, validation, test)]
        [632, 118, 200]
    """
    held = round(TEST * steps) if test is None else test
    known = steps - held - gap
    if steps < least or held < 2 or _of_known(known, gap)[0] < max(10, 2 * gap):
        raise InputError(
            f"too few steps: expected {least} or more, and a test of 2 or more after some for training and validation, "
            f"in data that are split in time with gaps of {gap}; got {steps:,}, {held:,} of them for the test; record "
            "more, or forecast less far ahead"
        )
    return Bounds(*rolled(known, gap, seed), (steps - held, steps))


def _of_known(known: int, gap: int) -> tuple[int, int]:
    """Return how many steps train and validate, of so many that are not the test."""
    validation = max(2, int(VALIDATION * known))
    return min(int(TRAIN * known), known - gap - validation), validation


def rolled(known: int, gap: int, seed: int | None) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return where training and validation lie in steps that are not the test.

    Args:
        known: how many steps there are.
        gap: steps between training and validation.
        seed: what draws where training starts; validation moves along. None: training is what every seed trains on.

    Raises:
        InputError: where there are too few steps.

    Example:
        >>> rolled(1000, 10, seed=None)
        ((40, 800), (850, 1000))
    """
    train, validation = _of_known(known, gap)
    if train < max(10, 2 * gap):
        raise InputError(f"too few steps: expected more to train on, as some validate, got {known} with gaps of {gap}")
    latest = known - gap - validation - train
    start = latest if seed is None else int(np.random.default_rng(seed).integers(latest + 1))
    stop = start + train
    return (latest, train) if seed is None else (start, stop), (stop + gap, stop + gap + validation)
