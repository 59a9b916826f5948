"""What simple models share: where they come from, how much they are fitted to, what is chosen among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.errors import needed
from gatedrnn.tasks.parts import Batch
from gatedrnn.tasks.simple_models import FittedBaseline

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = 4_000_000
"""Numbers in a matrix of features: what is more is fitted to evenly spaced sequences, and scored in pieces."""


def linear_models() -> Any:
    """Return scikit-learn's linear models.

    Raises:
        MissingPackageError: where scikit-learn is missing.
    """
    with needed("baselines need scikit-learn", "sklearn", "gatedrnn[compare]"):
        import sklearn.linear_model
    return sklearn.linear_model


def forest(leaf: int) -> Any:
    """Return a random forest of scikit-learn's that tells classes apart, of a fixed seed and one thread.

    Args:
        leaf: examples in a leaf at least.

    Raises:
        MissingPackageError: where scikit-learn is missing.
    """
    with needed("baselines need scikit-learn", "sklearn", "gatedrnn[compare]"):
        from sklearn.ensemble import RandomForestClassifier
    return RandomForestClassifier(n_estimators=100, min_samples_leaf=leaf, random_state=0, n_jobs=1)


def boosted_trees() -> Any:
    """Return scikit-learn's regression by gradient-boosted trees on histograms.

    Raises:
        MissingPackageError: where scikit-learn is missing.
    """
    with needed("baselines need scikit-learn", "sklearn", "gatedrnn[compare]"):
        from sklearn.ensemble import HistGradientBoostingRegressor
    return HistGradientBoostingRegressor


def one_thread() -> Any:
    """Return a context in which linear algebra and trees take one thread.

    Problems are small, and threads that wait for each other on a machine with other work took 19 seconds where one
    takes a tenth.

    Raises:
        MissingPackageError: where scikit-learn, which brings threadpoolctl, is missing.
    """
    with needed("baselines need scikit-learn", "threadpoolctl", "gatedrnn[compare]"):
        from threadpoolctl import threadpool_limits
    return threadpool_limits(1)


def by_validation(baselines: list[FittedBaseline]) -> list[FittedBaseline]:
    """Return the strongest on validation first."""
    return sorted(baselines, key=lambda baseline: baseline.validation["nats"])


def thinned(part: Batch, width: int) -> Batch:
    """Return evenly spaced sequences, so many that features of this width fit into ``NUMBERS``.

    Example:
        >>> part = Batch(np.zeros((1000, 100, 1)), np.full(100, 1000), np.zeros((1000, 100)))
        >>> thinned(part, width=400).x.shape
        (1000, 10, 1)
    """
    every = max(1, -(-int(part.lengths.sum()) * width // NUMBERS))
    return part.take(slice(None, None, every))


def pieces(part: Batch, width: int) -> Iterator[Batch]:
    """Yield a part's sequences in pieces, each of them with features of this width within ``NUMBERS``."""
    each = max(1, NUMBERS // (len(part.x) * width))
    for first in range(0, part.x.shape[1], each):
        yield part.take(slice(first, first + each))


def steps(part: Batch) -> np.ndarray:
    """Return which steps are scored, ``[T, B]``."""
    return np.asarray(part.scored())
