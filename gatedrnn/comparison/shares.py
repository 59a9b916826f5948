"""Whether classes come as often in the test as in training: where they do not, what was learnt need not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.tasks.task import CLASSES

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.measures import SharesEntry
    from gatedrnn.tasks.parts import Batch
    from gatedrnn.tasks.task import Kind


def shares(kind: Kind, names: tuple[str, ...], train: Batch, test: Batch) -> SharesEntry | None:
    """Return how often each class comes in training and in the test, and how far apart that is.

    .. code-block:: text

        apart  = sum_k |p_k - q_k| / 2                                      the total variation distance
        chance = sum_k sqrt(2 p_k (1 - p_k) (1/n + 1/m) / pi) / 2           its mean, were both drawn alike

    Args:
        kind: what is asked of the data; tokens that follow each other have no such classes.
        names: the names of the classes.
        train: the training part of a split.
        test: the test of the same split.

    Example:
        >>> from gatedrnn.tasks.parts import Batch
        >>> train, test = (Batch(np.ones((1, 100, 1)), np.ones(100, int), np.arange(100) < n) for n in (50, 20))
        >>> found = shares("classification", ("dry", "wet"), train, test)
        >>> found["known"], found["test"], round(found["apart"], 2), round(found["chance"], 3)
        ([0.5, 0.5], [0.8, 0.2], 0.3, 0.054)
    """
    if kind not in CLASSES or kind == "next-token":
        return None
    of_parts = [_classes(part) for part in (train, test)]
    count = max(len(names), *(int(y.max()) + 1 for y in of_parts))
    known, came = (np.bincount(y, minlength=count) / len(y) for y in of_parts)
    pooled = np.bincount(np.concatenate(of_parts), minlength=count) / sum(map(len, of_parts))
    noise = np.sqrt(2 * pooled * (1 - pooled) * sum(1 / len(y) for y in of_parts) / np.pi)
    return {
        "classes": [*names, *map(str, range(len(names), count))],
        "known": known.tolist(),
        "test": came.tolist(),
        "apart": float(np.abs(known - came).sum() / 2),
        "chance": float(noise.sum() / 2),
    }


def _classes(part: Batch) -> np.ndarray:
    """Return the classes that are scored, one for each sequence or for each step."""
    y = np.asarray(part.y)
    return (y[np.asarray(part.lengths) > 0] if y.ndim == 1 else y[np.asarray(part.scored())]).astype(int)
