"""Several comparisons at once: p-values that hold for all of them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def holm(p: ArrayLike) -> NDArray:
    """Return Holm's adjusted p-values: rejecting those below 5 % errs anywhere in at most 5 of 100.

    .. code-block:: text

        adjusted of the k-th smallest of m = max over j <= k of min(1, (m - j + 1) p of the j-th smallest)

    Args:
        p: one p-value for each comparison, ``[m]``, in any order.

    Raises:
        InputError: where they are not numbers from 0 to 1.

    Source: Holm 1979, Scandinavian Journal of Statistics 6.

    Example:
        >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
        [0.03, 0.06, 0.06]
        >>> holm([0.02]).tolist()
        [0.02]
    """
    p = np.asarray(p, float)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise InputError(f"p: expected numbers from 0 to 1, got {p}")
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return adjusted
