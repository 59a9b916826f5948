"""Regressions on the last steps of all features: ridge regression and boosted trees."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatedrnn.tasks.baselines.fitting import boosted_trees, linear_models
from gatedrnn.tasks.baselines.naive import season_back
from gatedrnn.tasks.baselines.points import Point, best, known

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float, Int

    from gatedrnn.tasks.baselines.points import Known
    from gatedrnn.tasks.baselines.stack import Stack
    from gatedrnn.tasks.parts import Visible
    from gatedrnn.tasks.simple_models import FittedBaseline

ORDERS, PENALTIES = (1, 2, 5, 10, 24), (0.01, 1.0, 100.0)
"""Steps that a regression reads, and penalties of ridge regression, on standardised inputs."""
WIDEST, LONGEST = 512, 48
"""Numbers that a regression reads for a step at most, and steps where there is a season."""
TREES, ALL_TREES, READ = 100, 200, 64
"""Boosted trees of a target, of all targets together, and numbers of the last steps that they read at most."""


class Lags(NamedTuple):
    """What a regression reads at a step: the last steps, and the target's time of the last two seasons.

    Attributes:
        order: how many of the last steps are read.
        season: the period; None: no season is read.
        columns: which features are the targets; none where these aren't known when a forecast is made.
        changes: whether the change from the last value is forecast, from values less the last ones.
    """

    order: int
    season: int | None
    columns: tuple[int, ...]
    changes: bool = False

    def __str__(self) -> str:
        words = f"order {self.order}" + (f", season {self.season}" if self.season else "")
        return f"{words}, of changes" if self.changes else words

    def read(self, stack: Stack, rows: Int[np.ndarray, "S"]) -> Float[np.ndarray, "S F"]:
        """Return the inputs of a regression at these steps; before the first step all were as they were there."""
        lagged = [stack.x[stack.at(rows, back)] for back in range(self.order)]
        seasonal = [stack.y[stack.at(rows, back)] for back in self._seasons(stack)]
        if self.changes:
            # The level is forgotten, as trees know none that they have not seen; other features keep theirs.
            others = np.delete(lagged[0], self.columns, axis=1)
            lagged = [others, *(now - before for now, before in itertools.pairwise(lagged))]
            seasonal = [value - stack.y[rows] for value in seasonal]
        return np.concatenate([*lagged, *seasonal, self._so_far(stack, rows)], axis=-1)

    def fitted_to(self, data: Known) -> tuple[Float[np.ndarray, "S F"], Float[np.ndarray, "S D"]]:
        """Return inputs and targets at the steps that a regression is fitted to."""
        rows = data.fitted_to()
        targets = data.train.targets(rows)
        return self.read(data.train, rows), targets - data.train.y[rows] if self.changes else targets

    def _seasons(self, stack: Stack) -> tuple[int, ...]:
        if not self.season or not self.columns:
            return ()
        back = season_back(stack, self.season)
        return (back, back + self.season)

    def _so_far(self, stack: Stack, rows: Int[np.ndarray, "S"]) -> Float[np.ndarray, "S F"]:
        """Return the mean of all steps so far where no target is known: what a recording is like."""
        if self.columns:
            return np.empty((len(rows), 0))
        total = np.concatenate([np.zeros((1, stack.x.shape[1])), np.cumsum(stack.x - stack.x[0], axis=0)])
        first = stack.starts[rows]
        return (total[rows + 1] - total[first]) / (rows + 1 - first)[:, None] + stack.x[0]


def ridge(visible: Visible, season: int | None, columns: tuple[int, ...]) -> FittedBaseline:
    """Regress the targets linearly on the last steps; order, penalty, level or change as validation decides.

    Args:
        visible: a split with recordings.
        season: the period of the data, whose last two are read too.
        columns: which features are the targets; none where these aren't known when a forecast is made.

    Raises:
        MissingPackageError: where scikit-learn is missing.
    """
    data = known(visible)
    points = [point for lags in _tried(data, season, columns) for point in _ridges(data, lags)]
    return best("ridge regression on the last steps", points, visible)


def _tried(data: Known, season: int | None, columns: tuple[int, ...]) -> list[Lags]:
    most = int(np.bincount(np.unique(data.train.starts, return_inverse=True)[1]).max())
    widest = min(WIDEST, max(1, len(data.fitted_to()) // 3))
    whole = (season + 1,) if season and season < LONGEST else ()
    orders = [n for n in sorted({*ORDERS, *whole}) if n == 1 or (n <= most and n * data.train.x.shape[1] <= widest)]
    changes = [Lags(n, season, columns, changes=True) for n in orders if columns and n > 1]
    return [*(Lags(n, season, columns) for n in orders), *changes]


def _ridges(data: Known, lags: Lags) -> list[Point]:
    inputs, targets = lags.fitted_to(data)
    middle, spread = inputs.mean(0), inputs.std(0)
    spread = np.where(spread > 1e-12 * abs(middle), spread, np.inf)  # what does not vary is not read
    points = []
    for penalty in PENALTIES:
        model = linear_models().Ridge(alpha=penalty).fit((inputs - middle) / spread, targets)
        points.append(
            _point(f"{lags}, penalty {penalty:g}", lags, _after(model.predict, middle, spread), inputs.shape[1])
        )
    return points


def _after(predict: Callable[[Any], Any], middle: np.ndarray, spread: np.ndarray) -> Callable[[Any], Any]:
    return lambda inputs: predict((inputs - middle) / spread)


def _point(
    choice: str,
    lags: Lags,
    predict: Callable[[Any], Any],
    width: int,
    held_out: Callable[[], Float[np.ndarray, "S D"]] | None = None,
) -> Point:
    def means(stack: Stack, rows: Int[np.ndarray, "S"]) -> Float[np.ndarray, "S D"]:
        found = predict(lags.read(stack, rows)).reshape(len(rows), -1)
        return found + stack.y[rows] if lags.changes else found

    return Point(choice, means, width, held_out)


def boosting(visible: Visible, season: int | None, columns: tuple[int, ...]) -> FittedBaseline:
    """Regress each target on the last steps by gradient-boosted trees; level or change as validation decides.

    The deviation is that of the last fifth of the training steps, forecast by trees that were fitted to the others:
    trees come too close to what they were fitted to.

    Args:
        visible: a split with recordings.
        season: the period of the data, whose last two are read too.
        columns: which features are the targets; none where these aren't known when a forecast is made.

    Raises:
        MissingPackageError: where scikit-learn is missing.
    """
    data = known(visible)
    most = READ // data.train.x.shape[1]
    tried = [lags for lags in _tried(data, season, columns) if lags.order <= min(10, max(most, 2))]
    deepest = max(lags.order for lags in tried)
    points = [_boosted(data, lags) for lags in tried if lags.order == deepest]
    return best("gradient boosting on the last steps", points, visible)


def _boosted(data: Known, lags: Lags) -> Point:
    inputs, targets = lags.fitted_to(data)
    cut = len(targets) - max(1, len(targets) // 5)

    def held_out() -> Float[np.ndarray, "S D"]:
        return targets[cut:] - _trees(inputs[:cut], targets[:cut])(inputs[cut:])

    return _point(str(lags), lags, _trees(inputs, targets), inputs.shape[1], held_out)


def _trees(inputs: Float[np.ndarray, "S F"], targets: Float[np.ndarray, "S D"]) -> Callable[[Any], Any]:
    each = max(10, min(TREES, ALL_TREES // targets.shape[1]))
    options = {"max_iter": each, "max_leaf_nodes": 15, "early_stopping": False, "random_state": 0}
    models = [boosted_trees()(**options).fit(inputs, column) for column in targets.T]
    return lambda x: np.stack([model.predict(x) for model in models], axis=-1)
