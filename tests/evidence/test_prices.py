"""Made-up prices: that nothing foretells them but how far they move, and what the claim is made of."""

from __future__ import annotations

import numpy as np
import pytest

from gatedrnn.errors import InputError
from gatedrnn.evidence import prices
from gatedrnn.evidence.claims import CLAIMS


def test_returns_are_uncorrelated_and_their_squares_are_not() -> None:
    """Of 200,000 days: a correlation without cause has a deviation of about 1/sqrt(n), twice that with such tails."""
    drawn = prices.martingale(2000, 100, seed=3)
    returns = drawn[1:] / drawn[:-1] - 1
    n = returns[1:].size

    def correlation(values):
        return np.corrcoef(values[1:].ravel(), values[:-1].ravel())[0, 1]

    assert abs(correlation(returns)) < 5 * 2 / np.sqrt(n)
    assert correlation(returns**2) > 0.05
    # The variance of a return in the long run is BASE / (1 - SHOCK - KEPT) = 1e-4.
    assert returns.var() == pytest.approx(1e-4, rel=0.15)
    assert abs(returns.mean()) < 5 * 1e-2 / np.sqrt(n)


def test_a_day_follows_from_the_days_before_as_the_formula_says() -> None:
    noise = np.random.default_rng(1).standard_normal((4, 1))[:, 0]
    price, variance, wanted = 100.0, 1e-6 / 0.01, []
    for shock in noise:
        change = variance**0.5 * shock
        price *= 1 + change
        variance = 1e-6 + 0.08 * change**2 + 0.91 * variance
        wanted.append(price)
    np.testing.assert_allclose(prices.martingale(4, 1, seed=1)[:, 0], wanted, rtol=1e-12)


def test_the_test_is_of_later_days_and_its_best_forecast_is_known() -> None:
    task = prices.task(200, 4)
    best = {one.name: one.validation["rmse"] for one in task.baselines(task.split(0))}
    assert best[prices.NAIVE] < 1.05 * min(best.values())
    assert "last days" in str(task.facts) or "time" in str(task.facts).lower()


def found(lstm, gru, naive):
    interval = {"mean": 1.0, "low": 0.0, "high": 2.0, "level": 0.95}
    apart = 0.01 * np.arange(5.0)
    tests = {"LSTM": lstm + apart, "GRU": gru + apart}
    return {
        "name": "martingale",
        "unit": "nats per step",
        "metric": {"name": "rmse", "words": "root mean squared error", "unit": ""},
        "baselines": [{"name": prices.NAIVE, "test": naive, "tests": [naive] * 5, "strongest": True}] if naive else [],
        "replicates": [
            {"cells": {cell: {"test": {"scores": {"rmse": each[k]}}} for cell, each in tests.items()}} for k in range(5)
        ],
        "pairs": [{"names": list(tests), "statistics": {"cells": {cell: {"test": interval} for cell in tests}}}],
    }


@pytest.mark.parametrize(
    ("lstm", "gru", "words"),
    [
        (1.2, 1.2, "none was shown to be better"),
        (0.98, 0.98, "none was shown to be better"),
        (1.2, 0.5, "GRU was, which is chance or a leak"),
    ],
)
def test_made_up_prices_say_nothing_of_real_ones(lstm, gru, words) -> None:
    got = prices.findings(found(lstm, gru, 1.0))
    [answer] = got.answers
    assert (answer.claim, answer.label) == (11, "not resolved")
    assert words in answer.why
    assert [pair.b for pair in got.compared] == [prices.NAIVE] * 2
    assert "neither beats the naive forecast" in CLAIMS[10].said


def test_without_the_last_price_there_is_no_answer() -> None:
    with pytest.raises(InputError, match="expected persistence"):
        prices.findings(found(1.0, 1.0, 0.0))
