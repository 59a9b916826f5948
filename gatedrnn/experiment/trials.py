"""What is written down of a training run: its score, its epochs, its curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.training.early_stopping import EarlyStoppingState


class RunEntry(TypedDict):
    """A training run; scores in the task's unit, lower is better."""

    validation: float | None
    """Best score on the validation part; None where no epoch had a finite one."""
    best_epoch: int
    """Epoch of that score, from 1; 0 where there is none."""
    epochs: int
    """How many were trained."""
    diverged_at: int | None
    """Epoch with a loss that was not finite; None where there is none."""
    curve: list[float | None]
    """Validation score of each epoch; None where it was not finite."""


def trial_entry(state: EarlyStoppingState, offset: float) -> RunEntry:
    """Return one trial as results.json has it."""
    diverged_at = int(state.diverged_at)
    best = float(state.best_validation)
    return {
        "validation": best + offset if np.isfinite(best) else None,
        "best_epoch": int(state.best_epoch),
        "epochs": int(state.epoch),
        "diverged_at": None if diverged_at < 0 else diverged_at,
        "curve": curve_entry(state.validation_curve, int(state.epoch), offset),
    }


def curve_entry(curve: Array, epochs: int, offset: float) -> list[float | None]:
    """Return the epochs that were trained, to five digits; None where the loss was not finite."""
    values = np.asarray(curve[:epochs], np.float64) + offset
    return [round(float(v), 5) if np.isfinite(v) else None for v in values]
