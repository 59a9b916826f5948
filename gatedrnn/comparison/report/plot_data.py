"""What the plots show, taken from a task's entry in results.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Trials(NamedTuple):
    """All trials of a cell: learning rate, best validation score (infinite without one), and whether it diverged."""

    rates: NDArray
    scores: NDArray
    diverged: NDArray


def selected_curves(task: dict[str, Any], cell: str) -> list[NDArray]:
    """Return the validation curves of a cell's selected trials; NaN where the loss was not finite."""
    entries = [replicate["cells"][cell] for replicate in task["replicates"]]
    return [np.array(entry["trials"][entry["selected"]]["curve"], float) for entry in entries]


def best_so_far(curve: NDArray, cap: int) -> NDArray:
    """Return the best score up to each epoch; a run that has stopped keeps its best; before any, infinity."""
    padded = np.concatenate([curve, np.full(cap - len(curve), np.inf)])
    return np.minimum.accumulate(np.where(np.isfinite(padded), padded, np.inf))


def trials(task: dict[str, Any], cell: str) -> Trials:
    """Return all trials of a cell in all replicates."""
    pairs = [
        pair for r in task["replicates"] for pair in zip(r["configurations"], r["cells"][cell]["trials"], strict=False)
    ]
    return Trials(
        rates=np.array([configuration["learning_rate"] for configuration, _ in pairs]),
        scores=np.array([np.inf if trial["validation"] is None else trial["validation"] for _, trial in pairs]),
        diverged=np.array([trial["diverged_at"] is not None for _, trial in pairs]),
    )


def binned_median(trials: Trials, low: float, high: float, bins: int = 6) -> tuple[NDArray, NDArray]:
    """Return centres and medians of equal parts of the logarithmic range, those with 3 trials or more."""
    edges = np.geomspace(low, high, bins + 1)
    place = np.clip(np.digitize(trials.rates, edges) - 1, 0, bins - 1)
    filled = [k for k in range(bins) if (place == k).sum() >= 3]
    medians = np.array([np.median(trials.scores[place == k]) for k in filled])
    return np.sqrt(edges[:-1] * edges[1:])[filled], np.where(np.isfinite(medians), medians, np.nan)
