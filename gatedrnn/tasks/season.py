"""The season of recorded series: the period after which they look alike, found by autocorrelation."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jaxtyping import Float

SHORTEST = 12
"""Steps below which no season is looked for."""
CHANCE = 0.01
"""How likely any lag at all may pass in a series without a season."""
ALIKE = 0.7
"""What a period's autocorrelation must reach of the highest one."""
AGAIN, LOW = 0.6, 0.5
"""What must be reached after twice a period of its autocorrelation, and undercut somewhere before and between."""
COLUMNS, LATEST = 64, 1 << 17
"""Columns, of all series together, that are looked at, and steps of each, the last ones."""


def find_season(series: Sequence[Float[np.ndarray, "n D"]]) -> int | None:
    """Return the period of what is known of some series, in steps; None where there is none.

    Each column loses its line and is whitened as an autoregression of order 1, which a random walk is too, so that
    a walk, persistent noise and a trend have no autocorrelation left that could pass for a season:

    .. code-block:: text

        u[t] = v[t] - phi v[t - 1]              v: the column less its line, phi its autocorrelation at lag 1
        r[k] = sum of u[t] u[t - k] / sum of (u[t]^2 + u[t - k]^2) / 2          over all columns
        s[k] = sqrt(sum of u[t]^2 u[t - k]^2) / (the same denominator)          White's (1980), no season

    A period is a local maximum of r, so far above s that noise has one at all in a hundredth of series, and whose
    double is high too, as echoes that fade are no season. Of those near the highest the shortest is the season, as its
    multiples are as high.

    Args:
        series: what is known of each sequence, without the test; up to a third of the longest may be the period.

    Example:
        >>> t = np.arange(200)
        >>> noise = np.random.default_rng(0).normal(size=200)
        >>> find_season([(0.1 * t + 3 * np.sin(2 * np.pi * t / 12) + noise)[:, None]])
        12
        >>> find_season([noise[:, None]]) is None
        True
    """
    whitened = _whitened(series)
    if not whitened:
        return None
    values, deviation = _autocorrelation(whitened)
    lags = np.arange(2, len(values) // 2)
    threshold = NormalDist().inv_cdf(1 - CHANCE / max(1, len(lags)))
    highest = (values[lags] >= values[lags - 1]) & (values[lags] >= values[lags + 1])
    peaks = [int(lag) for lag in lags[highest & (values[lags] > threshold * deviation[lags])] if _returns(values, lag)]
    if not peaks:
        return None
    first = next(peak for peak in peaks if values[peak] >= ALIKE * values[peaks].max())
    near = range(max(2, first - first // 8), first + first // 8 + 1)
    return max(near, key=lambda lag: _strength(values, lag))


def _returns(values: Float[np.ndarray, "L"], lag: int) -> bool:
    """Return whether the autocorrelation is high after this lag and twice it, and low at some lag before and between.

    Twice a period that is no whole number may lie beside the double, so the highest of three counts.
    """
    before, between = values[1:lag].min(), values[lag + 1 : 2 * lag].min()
    return max(before, between) < LOW * values[lag] and values[2 * lag - 1 : 2 * lag + 2].max() > AGAIN * values[lag]


def _strength(values: Float[np.ndarray, "L"], lag: int) -> float:
    """Return the mean autocorrelation at the first multiples of a lag: more exact than at the lag alone."""
    return float(values[lag : 4 * lag + 1 : lag].mean())


def _whitened(series: Sequence[Float[np.ndarray, "n D"]]) -> list[Float[np.ndarray, "n"]]:
    columns = [column for one in series if len(one) >= SHORTEST for column in one[-LATEST:].T]
    every = max(1, -(-len(columns) // COLUMNS))
    whitened = []
    for column in (np.asarray(each, np.float64) for each in columns[::every]):
        spread = column.std()
        v = column - column.mean()
        t = np.arange(len(v)) - (len(v) - 1) / 2
        v = v - t * (t @ v) / (t @ t)
        # What rounding leaves of a straight line is no series.
        if v.std() <= 1e-9 * max(spread, abs(float(column.mean()))):
            continue
        u = v[1:] - (v[1:] @ v[:-1]) / (v @ v) * v[:-1]
        whitened.append((u - u.mean()) / (u.std() + 1e-300))
    return whitened


def _autocorrelation(columns: list[Float[np.ndarray, "n"]]) -> tuple[Float[np.ndarray, "L"], Float[np.ndarray, "L"]]:
    """Return r at the lags 0, 1, ..., two thirds of the longest column, and s there."""
    lags = 2 * (max(map(len, columns)) // 3) + 2
    product, power, fourth = np.zeros(lags), np.zeros(lags), np.zeros(lags)
    for u in columns:
        squares = np.concatenate([[0.0], np.cumsum(u**2)])
        here = np.arange(min(lags, len(u)))
        product[here] += _lagged(u, len(here))
        power[here] += (squares[len(u) - here] + squares[-1] - squares[here]) / 2
        fourth[here] += _lagged(u**2, len(here))
    count = _independent(columns)
    deviation = np.sqrt(np.maximum(fourth, 0.0)) * math.sqrt(len(columns) / count) / np.maximum(power, 1e-300)
    # Of few large values White's formula knows little: the classical deviation is the least.
    least = 1 / np.sqrt(np.maximum(max(map(len, columns)) - np.arange(lags), 1) * count)
    return product / np.maximum(power, 1e-300), np.maximum(deviation, least)


def _lagged(u: Float[np.ndarray, "n"], lags: int) -> Float[np.ndarray, "L"]:
    """Return the sums of ``u[t] u[t - k]`` for k < lags, by the transform of Fourier."""
    size = 1 << (2 * len(u) - 1).bit_length()
    spectrum = np.fft.rfft(u, size)
    return np.fft.irfft(spectrum * spectrum.conj(), size)[:lags]


def _independent(columns: list[Float[np.ndarray, "n"]]) -> float:
    """Return how many independent columns these are worth: shops with one shock in common count as one.

    Autocorrelations of two columns covary by the square of the columns' correlation, here the mean one of all pairs.
    """
    count, shortest = len(columns), min(map(len, columns))
    together = np.mean(np.mean([u[:shortest] for u in columns], axis=0) ** 2)
    correlation = float(np.clip((count * together - 1) / max(1, count - 1), 0, 1))
    return count / (1 + (count - 1) * correlation**2)
