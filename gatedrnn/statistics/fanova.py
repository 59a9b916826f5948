"""How much of the variance of scores each hyperparameter alone explains: functional ANOVA of a random forest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatedrnn.errors import InputError, needed

if TYPE_CHECKING:
    from jaxtyping import Float

TREES = 64
SMALLEST = 3
"""Scores in a leaf at least, as single ones are mostly noise."""


class Boxes(NamedTuple):
    """A tree as a function that is constant on boxes, which fill the unit cube.

    Attributes:
        low: lower corners, ``[L, D]``.
        high: upper corners, ``[L, D]``.
        value: the tree's value in each box, ``[L]``.
    """

    low: Float[np.ndarray, "L D"]
    high: Float[np.ndarray, "L D"]
    value: Float[np.ndarray, "L"]


def shares(places: Float[np.ndarray, "N D"], scores: Float[np.ndarray, "N"], seed: int = 0) -> Float[np.ndarray, "D"]:
    """Return the part of the variance over the whole space that each hyperparameter explains by itself.

    .. code-block:: text

        f_j(x_j) = E[f(X) | X_j = x_j]
        share_j  = Var[f_j(X_j)] / Var[f(X)]       X uniform on the unit cube; f a tree; the mean over trees

    Both variances of a tree are sums over its boxes, without sampling. What the shares lack to 1 is of interactions.

    Args:
        places: hyperparameters of each run, as they are drawn: scaled so that they are uniform on [0, 1].
        scores: what each run reached.
        seed: what the forest's draws follow from.

    Raises:
        InputError: where there are too few runs, or numbers that are no places or scores.
        MissingPackageError: where scikit-learn is missing.

    Source: Hutter, Hoos and Leyton-Brown 2014, ICML, algorithm 2.

    Example:
        >>> places = np.random.default_rng(0).random((400, 2))
        >>> shares(places, 2.0 * (places[:, 0] > 0.5) + (places[:, 1] > 0.5)).round(1).tolist()  # 4 : 1
        [0.8, 0.2]
    """
    places, scores = np.asarray(places, float), np.asarray(scores, float)
    if places.ndim != 2 or len(places) < 2 * SMALLEST or scores.shape != places.shape[:1]:
        raise InputError(
            f"places: expected [N, D] for N scores, N of {2 * SMALLEST} or more; got {places.shape} for {scores.shape}"
        )
    if not (np.isfinite(scores).all() and (places >= 0).all() and (places <= 1).all()):
        raise InputError("places, scores: expected places from 0 to 1 and finite scores, got others")
    fitted = _forest(seed).fit(places, scores)
    each = [found for tree in fitted.estimators_ if (found := shares_of(boxes(tree.tree_))) is not None]
    return np.mean(each, axis=0) if each else np.zeros(places.shape[1])


def boxes(tree: Any) -> Boxes:
    """Return the boxes of a tree of scikit-learn's on the unit cube.

    Args:
        tree: the ``tree_`` of a fitted regressor.
    """
    found = []
    waiting = [(0, np.zeros(tree.n_features), np.ones(tree.n_features))]
    while waiting:
        node, low, high = waiting.pop()
        if tree.children_left[node] < 0:
            found.append((low, high, tree.value[node].item()))
            continue
        axis, cut = tree.feature[node], tree.threshold[node]
        below, above = high.copy(), low.copy()
        below[axis], above[axis] = cut, cut
        waiting += [(tree.children_left[node], low, below), (tree.children_right[node], above, high)]
    return Boxes(*map(np.array, zip(*found, strict=True)))


def shares_of(tree: Boxes) -> Float[np.ndarray, "D"] | None:
    """Return what each axis explains of a function that is constant on boxes; None of one that is constant.

    Example:
        >>> halves = Boxes(np.array([[0.0, 0.0], [0.5, 0.0]]), np.array([[0.5, 1.0], [1.0, 1.0]]), np.array([1.0, 3.0]))
        >>> shares_of(halves).tolist()
        [1.0, 0.0]
    """
    sides = tree.high - tree.low
    volume = sides.prod(-1)
    centred = tree.value - volume @ tree.value
    total = volume @ centred**2
    if total <= 1e-12 * max(np.abs(tree.value).max() ** 2, 1e-300):
        return None
    explained = []
    for low, high, side in zip(tree.low.T, tree.high.T, sides.T, strict=True):
        edges = np.unique(np.concatenate([low, high]))
        middles = (edges[1:] + edges[:-1]) / 2
        inside = (low <= middles[:, None]) & (middles[:, None] < high)
        marginal = inside @ (volume / side * centred)
        explained.append(np.diff(edges) @ marginal**2)
    return np.array(explained) / total


def _forest(seed: int) -> Any:
    with needed("functional ANOVA needs scikit-learn", "sklearn", "gatedrnn[compare]"):
        from sklearn.ensemble import RandomForestRegressor
    return RandomForestRegressor(n_estimators=TREES, min_samples_leaf=SMALLEST, random_state=seed, n_jobs=1)
