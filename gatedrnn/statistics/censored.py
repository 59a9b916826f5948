"""Times to an event that some runs never reach: how many, who is first, and by how much up to the cap."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.statistics.paired import Estimate, paired_difference
from gatedrnn.statistics.superiority import Superiority, superiority

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Censored(NamedTuple):
    """Two cells' times to an event, compared.

    Attributes:
        difference: A - B of restricted times, paired; below 0, A is the faster.
        superiority: P(A reaches the event before B).
        reached: how many runs of A, and how many of B, reached the event.
    """

    difference: Estimate
    superiority: Superiority
    reached: tuple[int, int]


def censored_difference(a: ArrayLike, b: ArrayLike, cap: float, level: float = 0.95) -> Censored:
    """Compare paired times to an event; a run that had not reached it by the cap is censored there, and not left out.

    .. code-block:: text

        difference = mean over pairs of min(a, cap) - min(b, cap)

    Of a run that was censored all that is known is that it takes longer than the cap, so a mean of whole times cannot
    be had, and restricted to the cap it can. It errs towards no difference. Who is first is known wherever one of two
    reached it, be it at the cap; two that did not are a tie.

    Args:
        a: one time for each replicate of A, ``[n]``; infinity where the event was not reached.
        b: the times of B, its replicates in the same order.
        cap: the time at which all runs are stopped, in the unit of the times.
        level: nominal coverage, in (0, 1).

    Raises:
        InputError: where a time is neither in (0, cap] nor infinity, and as ``paired_difference``.

    Source: Royston and Parmar 2013, BMC Medical Research Methodology 13, on the restricted mean.

    Example:
        >>> found = censored_difference([10, 30, 20], [20, float("inf"), 40], cap=40)
        >>> found.difference.mean, found.superiority.wins, found.reached
        (-13.333333333333334, 3, (3, 2))
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    for name, each in (("a", a), ("b", b)):
        wrong = ~((each > 0) & (each <= cap)) & ~np.isposinf(each)
        if wrong.any():
            raise InputError(f"{name}: expected times in (0, {cap:g}], or infinity, got {each[wrong][0]:g}")
    later = 2 * cap  # than all that reached it
    return Censored(
        paired_difference(np.minimum(a, cap), np.minimum(b, cap), level),
        superiority(np.minimum(a, later), np.minimum(b, later), level),
        (int(np.isfinite(a).sum()), int(np.isfinite(b).sum())),
    )
