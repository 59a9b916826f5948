"""How wide a forecast's Gaussian is: a function of its own past errors, as a network's is of what it has read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.errors import needed

if TYPE_CHECKING:
    from jaxtyping import Float

HALF_LIVES = (8.0, 32.0, 128.0, math.inf)
"""Steps after which an error counts half; an infinite one is the constant deviation of the training part."""
WARM = 1024
"""Steps before the first scored one whose errors are computed: eight half-lives of the longest."""


def adapted(
    errors: Float[np.ndarray, "n D"], start: Float[np.ndarray, "D"], half_life: float, ahead: int
) -> Float[np.ndarray, "n D"]:
    """Return the deviation of each forecast of one recording, from the errors that are known when it is made.

    .. code-block:: text

        v[s] = a v[s - 1] + (1 - a) errors[s]^2         a = 2^(-1 / half_life),  v[-1] = start^2
        deviation[t] = sqrt(v[t - ahead])               start for t < ahead

    The error of the forecast made at s is known from ``s + ahead`` on, so none enters that is of the future. Where
    ``ahead`` is 0, what was looked for is never told, and the deviation stays the same.

    Args:
        errors: what was found less what was forecast, by the step at which the forecast was made.
        start: deviation of errors in the training part.
        half_life: steps after which an error counts half.
        ahead: steps from a forecast to what it is about.

    Raises:
        MissingPackageError: where SciPy is missing.

    Example:
        >>> adapted(np.array([[2.0], [0.0], [0.0]]), np.ones(1), half_life=1, ahead=1).round(3)[:, 0].tolist()
        [1.0, 1.581, 1.118]
    """
    if math.isinf(half_life) or not ahead:
        return np.broadcast_to(start, errors.shape)
    with needed("baselines need scipy", "scipy", "gatedrnn[compare]"):
        from scipy.signal import lfilter
    a = 0.5 ** (1 / half_life)
    variances = np.tile(start**2, (len(errors), 1))
    if len(errors) > ahead:
        old = errors[:-ahead] ** 2
        variances[ahead:] = lfilter([1 - a], [1, -a], old, axis=0, zi=a * start[None] ** 2)[0]
    return np.sqrt(variances)
