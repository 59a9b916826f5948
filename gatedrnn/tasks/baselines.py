"""Simple models of each kind of task, because they decide what a difference between two networks is worth.

Fitted to the training part of a split; whatever is chosen is chosen on its validation part. scikit-learn is
imported where it is used: it comes with ``pip install 'gatedrnn[compare]'``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.tasks.task import Baseline

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.tasks.task import Batch, Split

ORDERS = (1, 2, 3, 4, 5)
REGULARISATIONS = tuple(10.0**k for k in range(-2, 5))
"""Values of scikit-learn's C, the inverse strength of the penalty."""


def _linear_models() -> Any:
    try:
        import sklearn.linear_model
    except ImportError as error:
        raise ImportError("baselines need scikit-learn: pip install 'gatedrnn[compare]'") from error
    return sklearn.linear_model


def _by_validation(baselines: list[Baseline]) -> list[Baseline]:
    return sorted(baselines, key=lambda baseline: baseline.validation)


# Forecasts


def gaussian_nats(errors: Float[np.ndarray, "N D"], deviation: Float[np.ndarray, "D"]) -> Float[np.ndarray, "N"]:
    """Return each frame's negative log-likelihood under independent Gaussians of those deviations."""
    z = errors / deviation
    return (0.5 * z**2 + np.log(deviation) + 0.5 * math.log(2 * math.pi)).sum(-1)


def histories(
    batch: Batch, order: int, *, exactly: bool = False
) -> tuple[Float[np.ndarray, "N O*D"], Float[np.ndarray, "N D"]]:
    """Return the targets that have ``order`` frames before them, and those frames, the latest first.

    Args:
        batch: whose ``x[t]`` is the frame before ``y[t]``.
        order: frames of history.
        exactly: only targets that have no more than that.

    Example:
        >>> from gatedrnn.tasks.task import Batch
        >>> frames = np.arange(1.0, 5.0).reshape(4, 1, 1)
        >>> past, target = histories(Batch(frames[:-1], np.array([3]), frames[1:]), order=2)
        >>> past.tolist(), target.tolist()
        ([[2.0, 1.0], [3.0, 2.0]], [[3.0], [4.0]])
    """
    x, y = (np.asarray(a, np.float64) for a in (batch.x, batch.y))
    steps = np.arange(len(x))[:, None]
    chosen = (steps == order - 1 if exactly else steps >= order - 1) & (steps < batch.lengths)
    lagged = [np.roll(x, lag, axis=0)[chosen] for lag in range(order)]
    return np.concatenate(lagged, axis=-1), y[chosen]


def _unconditional(split: Split) -> Baseline:
    targets = [histories(part, 1)[1] for part in (split.train, split.validation, split.test)]
    mean, deviation = targets[0].mean(0), targets[0].std(0)
    _, validation, test = (gaussian_nats(t - mean, deviation).mean() + split.offset for t in targets)
    return Baseline("unconditional Gaussian", float(validation), float(test), None)


def _persistence(split: Split) -> Baseline:
    errors = [np.subtract(*histories(part, 1)) for part in (split.train, split.validation, split.test)]
    deviation = np.sqrt((errors[0] ** 2).mean(0))
    _, validation, test = (gaussian_nats(e, deviation).mean() + split.offset for e in errors)
    return Baseline("persistence", float(validation), float(test), None)


def _autoregression(split: Split) -> Baseline:
    """Regress each channel on the last frames, all channels of them; Gaussian residuals, the order chosen.

    ``x[t] ~ N(a + sum over k <= order of x[t - k] A_k, diag(s^2))``, by least squares. A model of each order is
    fitted to the frames that have so much history; a frame with less is forecast by the model of the order it has.
    """
    models = {}
    for order in ORDERS:
        past, target = histories(split.train, order)
        model = _linear_models().LinearRegression().fit(past, target)
        models[order] = model, (target - model.predict(past)).std(0)

    def nats(part: Batch, order: int) -> float:
        total, count = 0.0, 0
        for k in ORDERS[:order]:
            model, deviation = models[k]
            past, target = histories(part, k, exactly=k < order)
            if len(target):
                total += gaussian_nats(target - model.predict(past), deviation).sum()
                count += len(target)
        return float(total / count + split.offset)

    validation, order = min((nats(split.validation, order), order) for order in ORDERS)
    return Baseline("autoregression", validation, nats(split.test, order), None, f"order {order}")


def forecast(split: Split) -> list[Baseline]:
    """Return an unconditional Gaussian, persistence and autoregression, the strongest on validation first.

    Persistence takes the frame before as mean; all have one deviation for each channel, from training residuals.

    Raises:
        ImportError: where scikit-learn is missing.

    Example:
        >>> from gatedrnn.tasks import japanese_vowels
        >>> [(b.name, b.choice) for b in forecast(japanese_vowels.split_forecast(0))]
        [('autoregression', 'order 3'), ('persistence', ''), ('unconditional Gaussian', '')]
    """
    return _by_validation([_unconditional(split), _persistence(split), _autoregression(split)])


# Classes


def summaries(batch: Batch) -> Float[np.ndarray, "B 5I"]:
    """Return what a sequence looks like without its order: each channel's mean, deviation, first, middle, last frame.

    Example:
        >>> from gatedrnn.tasks.task import Batch
        >>> frames = np.array([1.0, 2.0, 6.0]).reshape(3, 1, 1)
        >>> summaries(Batch(frames, np.array([3]), np.array([0]))).round(2).tolist()
        [[3.0, 2.16, 1.0, 2.0, 6.0]]
    """
    rows = []
    for b, length in enumerate(batch.lengths):
        frames = np.asarray(batch.x[:length, b], np.float64)
        rows.append(np.concatenate([frames.mean(0), frames.std(0), frames[0], frames[length // 2], frames[-1]]))
    return np.stack(rows)


def _class_scores(log_probabilities: Float[np.ndarray, "B K"], part: Batch) -> tuple[float, float]:
    """Return nats per sequence, and the part of classes named right."""
    nats = -np.take_along_axis(log_probabilities, part.y[:, None].astype(int), axis=1).mean()
    return float(nats), float((log_probabilities.argmax(1) == part.y).mean())


def _frequencies(split: Split) -> Baseline:
    counts = np.bincount(split.train.y)
    log_probabilities = np.log(counts / counts.sum())
    (validation, _), (test, accuracy) = (
        _class_scores(np.tile(log_probabilities, (len(part.y), 1)), part) for part in (split.validation, split.test)
    )
    return Baseline("class frequencies", validation + split.offset, test + split.offset, accuracy)


def _logistic_regression(split: Split) -> Baseline:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    inputs = [summaries(part) for part in (split.train, split.validation, split.test)]

    def fit(c: float) -> Any:
        model = _linear_models().LogisticRegression(C=c, tol=1e-6, max_iter=10_000)
        return make_pipeline(StandardScaler(), model).fit(inputs[0], split.train.y)

    models = {c: fit(c) for c in REGULARISATIONS}
    validation, c = min((_class_scores(models[c].predict_log_proba(inputs[1]), split.validation)[0], c) for c in models)
    test, accuracy = _class_scores(models[c].predict_log_proba(inputs[2]), split.test)
    name = "logistic regression on means, deviations and three frames"
    return Baseline(name, validation + split.offset, test + split.offset, accuracy, f"C = {c:g}")


def classification(split: Split) -> list[Baseline]:
    """Return class frequencies and logistic regression on summaries, the strongest on validation first.

    Every class must be among the training part's.

    Raises:
        ImportError: where scikit-learn is missing.

    Example:
        >>> from gatedrnn.tasks import japanese_vowels
        >>> strongest, trivial = classification(japanese_vowels.split_speaker(0))
        >>> trivial.name, round(trivial.validation, 3)  # log(9)
        ('class frequencies', 2.197)
    """
    return _by_validation([_frequencies(split), _logistic_regression(split)])
