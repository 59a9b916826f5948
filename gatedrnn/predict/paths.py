"""Forecasts of several steps by a network of one: drawn paths, each step of which the network reads for the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from gatedrnn.errors import InputError, needed
from gatedrnn.predict.context import NUMBERS

with needed("predictions need SciPy", "scipy", "gatedrnn[compare]"):
    from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    from typing import Any

    from jaxtyping import Float, Int

    from gatedrnn.predict.model import Prediction

PATHS, HALVINGS = 200, 50
"""Paths that are drawn of each sequence, and steps of the search for a quantile."""


class Forecaster(Protocol):
    """What paths are drawn from: a network with what stands beside it."""

    @property
    def config(self) -> dict[str, Any]:
        """Return its kind, features, targets, window and horizon."""
        ...

    def predict(self, x: Any, lengths: Any = None) -> Prediction:
        """Return means and deviations of what comes after each step."""
        ...


class Ahead(NamedTuple):
    """What is forecast of each sequence for the H steps after its last one, in the user's units.

    Attributes:
        mean: what is expected, ``[H, B, D]``.
        deviation: the standard deviation around the mean, ``[H, B, D]``.
        quantiles: what is undercut with the probability of each level, ``[Q, H, B, D]``.
    """

    mean: Float[np.ndarray, "H B D"]
    deviation: Float[np.ndarray, "H B D"]
    quantiles: Float[np.ndarray, "Q H B D"]


def ahead(
    model: Forecaster,
    x: Float[np.ndarray, "T B I"],
    lengths: Int[np.ndarray, "B"],
    horizon: int,
    levels: tuple[float, ...],
) -> Ahead:
    """Return what comes 1 to ``horizon`` steps after each sequence, by 200 paths of a fixed seed.

    Given its path p so far, a step is Gaussian, so that what is forecast is a mixture; of one step it is exact:

    .. code-block:: text

        y[h] of p ~ N(m[h, p], s[h, p]^2)                       targets of a step are drawn independently
        mean      = mean over p of m
        variance  = mean over p of s^2 + variance over p of m
        quantile  : mean over p of Phi((q - m) / s) = level

    Args:
        model: a network that forecasts all its features one step ahead.
        x: the sequences in their own units, padded.
        lengths: steps of each sequence.
        horizon: steps that are forecast.
        levels: the probabilities of the quantiles, between 0 and 1.

    Raises:
        InputError: where the network forecasts something else, so that it cannot read its own forecasts, or no step is
            asked for.
    """
    features, targets = model.config["features"], model.config["targets"]
    if model.config["kind"] != "forecast" or model.config["horizon"] != 1 or sorted(features) != sorted(targets):
        raise InputError(
            "horizon: expected a network that forecasts all its features one step ahead, as it reads its forecasts; "
            f"got one of kind {model.config['kind']}, features {', '.join(features)}, targets {', '.join(targets)}, "
            f"horizon {model.config['horizon']}; leave horizon out"
        )
    if isinstance(horizon, bool) or not isinstance(horizon, int) or horizon < 1:
        raise InputError(f"horizon: expected a positive int, got {horizon!r}")
    window = min(model.config["window"] or len(x) + horizon, len(x) + horizon)
    each = max(1, NUMBERS // (PATHS * window * x.shape[2]))
    found = [
        _mixtures(model, _latest(x[:, k : k + each], lengths[k : k + each], window), horizon)
        for k in range(0, x.shape[1], each)
    ]
    mean, deviation = (np.concatenate(one, axis=1) for one in zip(*found, strict=True))  # [H, B, P, D]
    quantiles = np.stack([_quantile(mean, deviation, level) for level in levels])
    spread = np.sqrt((deviation**2).mean(2) + mean.var(2))
    return Ahead(mean.mean(2), spread, quantiles)


def _latest(
    x: Float[np.ndarray, "T B I"], lengths: Int[np.ndarray, "B"], window: int
) -> tuple[Float[np.ndarray, "W B I"], Int[np.ndarray, "B"]]:
    """Return the last steps of each sequence, and how many there are."""
    there = np.minimum(lengths, window)
    rows = np.zeros((window, *x.shape[1:]))
    for k, (length, last) in enumerate(zip(lengths, there, strict=True)):
        rows[:last, k] = x[length - last : length, k]
    return rows, there


def _mixtures(
    model: Forecaster, latest: tuple[Float[np.ndarray, "W B I"], Int[np.ndarray, "B"]], horizon: int
) -> tuple[Float[np.ndarray, "H B P D"], Float[np.ndarray, "H B P D"]]:
    """Return what the network says of each step, given each path so far.

    Paths are drawn from the same numbers for all sequences, so that what is forecast of one does not depend on others.
    """
    features, targets = model.config["features"], model.config["targets"]
    order = [targets.index(name) for name in features]
    window, batch, width = latest[0].shape
    rows = np.concatenate([latest[0], np.zeros((horizon, batch, width))]).repeat(PATHS, axis=1)
    ends, every = latest[1].repeat(PATHS), np.arange(batch * PATHS)
    noise = np.random.default_rng(0).standard_normal((horizon, PATHS, width))
    found = []
    for drawn in noise:
        length = np.minimum(ends, window)
        said = model.predict(rows[ends - length + np.arange(window)[:, None], every], length)
        assert said.mean is not None
        assert said.deviation is not None
        mean, deviation = (a[length - 1, every].reshape(batch, PATHS, width) for a in (said.mean, said.deviation))
        rows[ends, every] = (mean + deviation * drawn)[..., order].reshape(-1, width)
        ends = ends + 1
        found.append((mean, deviation))
    means, deviations = (np.stack(one) for one in zip(*found, strict=True))
    return means, deviations


def _quantile(
    mean: Float[np.ndarray, "H B P D"], deviation: Float[np.ndarray, "H B P D"], level: float
) -> Float[np.ndarray, "H B D"]:
    """Return where the mixture of Gaussians reaches a level: between the least and the largest of their own quantiles.

    Example:
        >>> mean, one = np.array([-1.0, 1.0]).reshape(1, 1, 2, 1), np.ones((1, 1, 2, 1))
        >>> [round(_quantile(m, one, level).item(), 4) for m, level in ((mean + 2, 0.5), (0 * mean, 0.95))]
        [2.0, 1.6449]
    """
    each = mean + ndtri(level) * deviation
    low, high = each.min(2), each.max(2)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = ndtr((middle[:, :, None] - mean) / deviation).mean(2) < level
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2
