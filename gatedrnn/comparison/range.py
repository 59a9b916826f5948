"""Whether the test leaves the range of training: what was learnt in it need not hold outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.comparison.schema.measures import RangeEntry
    from gatedrnn.tasks.parts import Batch, FinalTest, Recording, Scale, Visible


def ranges(visible: Visible, test: FinalTest, targets: tuple[str, ...]) -> list[RangeEntry]:
    """Return for each target where training was, where the test is, and which part of it lies outside.

    Args:
        visible: the parts of a split that may be seen.
        test: the test of the same split.
        targets: names of the targets; an empty list is returned where these are no numbers in known units.

    Example:
        >>> from gatedrnn.tasks.parts import Batch, FinalTest, Scale, Visible
        >>> one = np.ones(1)
        >>> values = ([1, 2, 3, 4], [4, 5, 6, 2])
        >>> train, test = (Batch(np.ones((4, 1)), np.array([4]), np.reshape(v, (4, 1, 1))) for v in values)
        >>> scale = Scale(0 * one, 10 * one, one, one)
        >>> ranges(Visible(train, train, 0.0, scale), FinalTest(test, 0.0, scale), ("price",))[0]["outside"]
        0.5
    """
    if visible.scale is None or test.scale is None:
        return []
    known = _values(visible.train, None if visible.past is None else visible.past.train, visible.scale)
    found = _values(test.batch, test.recordings, test.scale)
    low, high = known.min(0), known.max(0)
    outside = ((found < low) | (found > high)).mean(0)
    return [
        {
            "target": name,
            "low": float(low[d]),
            "high": float(high[d]),
            "test_low": float(found[:, d].min()),
            "test_high": float(found[:, d].max()),
            "outside": float(outside[d]),
        }
        for d, name in enumerate(targets)
    ]


def _values(batch: Batch, recordings: tuple[Recording, ...] | None, scale: Scale) -> Float[np.ndarray, "N D"]:
    """Return all targets of a part in the user's units: from its recordings, which are exact, where there are such."""
    if recordings:
        return np.concatenate([one.y[one.first + one.ahead :] for one in recordings])
    return np.asarray(batch.y, np.float64)[batch.scored()] * scale.deviation + scale.mean
