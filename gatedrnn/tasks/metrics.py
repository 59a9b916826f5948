"""What forecasts are worth by the measures that people mean: errors in the user's units, and coverage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.tasks.task import Scale, Scores

COVERAGES = {"coverage-50": 0.6744897501960817, "coverage-90": 1.6448536269514722}
"""Central intervals of a Gaussian: half-widths in deviations (SciPy's norm.ppf of 0.75 and 0.95)."""


def number_scores(
    mean: Float[np.ndarray, "N D"], deviation: Float[np.ndarray, "N D"], y: Float[np.ndarray, "N D"], scale: Scale
) -> Scores:
    """Return what Gaussian forecasts of numbers are worth, all given in the user's units.

    .. code-block:: text

        nats         mean over N of sum over d of ((y - mean) / deviation)^2 / 2 + log(deviation / unit) + log(2 pi) / 2
        rmse, mae    of one target in its units; of several the mean over d of RMSE_d / unit_d, MAE_d / unit_d
        mase         mean over d of MAE_d / naive_d
        coverage-50, coverage-90    the part of all y in the central intervals of that probability

    ``unit`` and ``naive`` are those of ``scale``. The mean absolute scaled error is Hyndman and Koehler's (2006,
    International Journal of Forecasting 22).

    Example:
        >>> from gatedrnn.tasks.task import Scale
        >>> one = np.ones(1)
        >>> y = np.array([[3.0], [5.0]])
        >>> found = number_scores(np.array([[0.0], [1.0]]), np.full((2, 1), 4.0), y, Scale(0 * one, one, one, 2 * one))
        >>> {name: round(value, 3) for name, value in found.items()}
        {'nats': 2.696, 'rmse': 3.536, 'mae': 3.5, 'mase': 1.75, 'coverage-50': 0.0, 'coverage-90': 1.0}
    """
    z = (y - mean) / deviation
    nats = (0.5 * z**2 + np.log(deviation / scale.unit) + 0.5 * math.log(2 * math.pi)).sum(-1).mean()
    rmse, mae = np.sqrt(np.mean((y - mean) ** 2, axis=0)), np.mean(np.abs(y - mean), axis=0)
    by = scale.unit if y.shape[-1] > 1 else 1.0
    return {
        "nats": float(nats),
        "rmse": float(np.mean(rmse / by)),
        "mae": float(np.mean(mae / by)),
        "mase": float(np.mean(mae / scale.naive)),
        **{name: float(np.mean(np.abs(z) <= half)) for name, half in COVERAGES.items()},
    }
