"""Simple models of images that are read pixel by pixel: what is quick to fit to tens of thousands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, linear_models, one_thread
from gatedrnn.tasks.metrics import class_scores
from gatedrnn.tasks.simple_models import FittedBaseline

if TYPE_CHECKING:
    from gatedrnn.tasks.parts import Batch, Part, Visible
    from gatedrnn.tasks.simple_models import Scores

C, TOLERANCE = 0.1, 1e-3
"""Inverse strength of the penalty, and the gradient at which it ends: less moves validation by under 0.01 nats."""


def pixel_models(visible: Visible) -> list[FittedBaseline]:
    """Return class frequencies and logistic regression on all pixels, the strongest on validation first.

    Raises:
        MissingPackageError: where scikit-learn is missing.

    Example:
        >>> from gatedrnn.tasks.parts import Batch, Visible
        >>> x = np.random.default_rng(0).integers(256, size=(4, 90, 1), dtype=np.uint8)  # [T, B, 1]
        >>> part = Batch(x, np.full(90, 4), (x[0, :, 0] > 127).astype(np.int32))
        >>> strongest, trivial = pixel_models(Visible(part, part, 0.0))
        >>> strongest.name, strongest.validation["accuracy"] > 0.8, trivial.name
        ('logistic regression on all pixels', True, 'class frequencies')
    """
    counts = np.bincount(visible.train.y)
    with one_thread():
        model = linear_models().LogisticRegression(C=C, tol=TOLERANCE, max_iter=1000)
        fitted = model.fit(_flat(visible.train), visible.train.y)

        def frequencies(part: Part) -> Scores:
            return class_scores(np.tile(np.log(counts / counts.sum()), (len(part.batch.y), 1)), part.batch.y)

        def regression(part: Part) -> Scores:
            return class_scores(fitted.predict_log_proba(_flat(part.batch)), part.batch.y)

        validated = visible.validated()
        return by_validation(
            [
                FittedBaseline("class frequencies", frequencies(validated), frequencies),
                FittedBaseline("logistic regression on all pixels", regression(validated), regression, f"C = {C:g}"),
            ]
        )


def _flat(batch: Batch) -> np.ndarray:
    images = np.asarray(batch.x, np.float64).swapaxes(0, 1)
    return images.reshape(len(images), -1) / 255.0
