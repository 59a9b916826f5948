"""The simple model of numbers that nothing simple explains: always the mean of the training part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.metrics import number_scores
from gatedrnn.tasks.simple_models import FittedBaseline

if TYPE_CHECKING:
    from gatedrnn.tasks.parts import Part, Visible
    from gatedrnn.tasks.simple_models import Scores


def constant(visible: Visible) -> list[FittedBaseline]:
    """Return a Gaussian with the mean and the deviation of the training part's targets, whatever is read.

    Raises:
        InputError: where the split does not say in which units its targets are.

    Example:
        >>> from gatedrnn.tasks.parts import Batch, Scale, Visible
        >>> one = np.ones(1)
        >>> part = Batch(np.zeros((2, 2, 1)), np.full(2, 2), np.array([1.0, 3.0]).repeat(2).reshape(2, 2, 1))
        >>> [model] = constant(Visible(part, part, 0.0, Scale(0 * one, one, one, one)))
        >>> model.validation["rmse"]
        1.0
    """
    scale = visible.scale
    if scale is None:
        raise InputError("visible: expected the scale of its targets, got none; give Visible(..., scale)")
    known = visible.train.y[np.asarray(visible.train.scored())].astype(np.float64) * scale.deviation + scale.mean
    mean, deviation = known.mean(0), known.std(0)

    def score(part: Part) -> Scores:
        y = part.batch.y[np.asarray(part.batch.scored())].astype(np.float64) * scale.deviation + scale.mean
        return number_scores(np.broadcast_to(mean, y.shape), np.broadcast_to(deviation, y.shape), y, scale)

    return [FittedBaseline("always the mean", score(visible.validated()), score)]
