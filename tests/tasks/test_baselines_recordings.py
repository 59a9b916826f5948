"""Simple models of recorded numbers against statsmodels, scikit-learn, least squares by hand and closed forms."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import scipy.stats

from gatedrnn.errors import InputError
from gatedrnn.tasks.baselines.recordings import forecast_recordings, step_regression
from gatedrnn.tasks.baselines.scales import adapted
from gatedrnn.tasks.parts import Part, Visible
from gatedrnn.tasks.season import find_season
from gatedrnn.tasks.simple_models import FittedBaseline
from tests.helpers.series import NOTHING, parts_of_sequences, parts_of_series

ENTROPY = 0.5 * math.log(2 * math.pi * math.e)


def growth() -> np.ndarray:
    """Case 1 of the failing inputs: a price that grows by 1.2 % a step."""
    r, price, prices = random.Random(1), 10.0, []
    for _ in range(400):
        price *= math.exp(0.012 + r.gauss(0, 0.05))
        prices.append(price)
    return np.array(prices)[:, None]


def hours(n: int = 300) -> np.ndarray:
    """Case 2 of the failing inputs: hours of days, and a column of noise."""
    rng = np.random.default_rng(0)
    load = 10 + 3 * np.sin(2 * np.pi * np.arange(n) / 24) + 0.3 * rng.normal(size=n)
    return np.stack([load, rng.normal(size=n)], axis=1)


@pytest.fixture(scope="module")
def of_hours() -> tuple[Visible, Part, dict[str, FittedBaseline]]:
    visible, test = parts_of_series(hours())
    assert visible.past is not None
    season = find_season([one.y for one in visible.past.train])
    return visible, test, {b.name: b for b in forecast_recordings(visible, season=season, columns=(0,))}


def scored(part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Return the only recording's targets and the steps at which they are forecast."""
    assert part.recordings is not None
    [one] = part.recordings
    steps = np.arange(one.first, len(one.y) - one.ahead)
    return one.y[steps + one.ahead], steps


def test_a_deviation_is_the_weighted_mean_of_known_errors() -> None:
    """Closed form: weights of a geometric series, and what is left of them for the training part's variance."""
    errors, start, a = np.random.default_rng(0).normal(size=(30, 2)), np.array([0.5, 2.0]), 0.5 ** (1 / 8)
    for ahead in (1, 4):
        found = adapted(errors, start, 8.0, ahead)
        for t in range(30):
            known = errors[: max(0, t - ahead + 1)][::-1] ** 2
            weights = (1 - a) * a ** np.arange(len(known))[:, None]
            np.testing.assert_allclose(found[t] ** 2, (weights * known).sum(0) + a ** len(known) * start**2)
        late = errors.copy()
        late[20:] = 1e6  # known from 20 + ahead on
        np.testing.assert_array_equal(adapted(late, start, 8.0, ahead)[: 20 + ahead], found[: 20 + ahead])
        assert (adapted(late, start, 8.0, ahead)[20 + ahead :] > 1e3).all()
    np.testing.assert_array_equal(adapted(errors, start, math.inf, 1), np.tile(start, (30, 1)))
    np.testing.assert_array_equal(adapted(errors, start, 8.0, 0), np.tile(start, (30, 1)))


@pytest.mark.parametrize("ahead", [1, 5])
def test_no_forecast_reads_what_comes_later(ahead: int) -> None:
    visible, test = parts_of_series(hours(), ahead=ahead)
    assert test.recordings is not None
    [one] = test.recordings
    other = one._replace(x=one.x.copy(), y=one.y.copy())
    now = one.first + 20
    other.x[now + 1 :] += 7.0
    other.y[now + 1 :] += 7.0
    for baseline in forecast_recordings(visible, season=24, columns=(0,)):
        assert baseline.forecast is not None
        (before,), (after,) = baseline.forecast((one,)), baseline.forecast((other,))
        assert len(before.mean) == len(before.deviation) == len(one.y) - ahead - one.first
        for a, b in zip(before, after, strict=True):
            np.testing.assert_array_equal(a[:21], b[:21], err_msg=baseline.name)


def test_naive_forecasts_by_hand() -> None:
    visible, test = parts_of_series(hours(), ahead=30)
    assert visible.past is not None
    assert test.recordings is not None
    y, steps = test.recordings[0].y, scored(test)[1]
    train = visible.past.train[0].y
    found = {}
    for baseline in forecast_recordings(visible, season=24, columns=(0,)):
        assert baseline.forecast is not None
        found[baseline.name] = baseline.forecast(test.recordings)[0].mean, baseline.choice
    np.testing.assert_allclose(found["unconditional Gaussian"][0], np.tile(train[30:].mean(0), (len(steps), 1)))
    np.testing.assert_array_equal(found["persistence"][0], y[steps])
    # 30 hours on, the same hour was seen last 18 hours ago.
    np.testing.assert_array_equal(found["seasonal-naive"][0], y[steps - 18])
    if found["drift"][1].startswith("change so far"):
        slope = 30 * (y[steps] - y[0]) / steps[:, None]
    else:
        slope = (train[30:] - train[:-30]).mean(0)
    np.testing.assert_allclose(found["drift"][0], y[steps] + slope, rtol=1e-12)


def test_hours_of_a_day_are_forecast_as_well_as_by_models_of_ones_own(of_hours) -> None:
    """Case 2. By hand, with constant deviations: AR(25) by least squares, and the value of a day ago."""
    visible, test, found = of_hours
    y, steps = test.recordings[0].y[:, 0], scored(test)[1]
    train = visible.past.train[0].y[:, 0]
    unit = visible.scale.unit[0]

    def nats(errors: np.ndarray, deviation: float) -> float:
        return float(-scipy.stats.norm.logpdf(errors / unit, 0, deviation / unit).mean())

    ago = nats(y[steps + 1] - y[steps - 23], float(np.sqrt(np.mean((train[24:] - train[:-24]) ** 2))))
    lags = np.array([[1.0, *train[t - 25 : t][::-1]] for t in range(25, len(train))])
    weights = np.linalg.lstsq(lags, train[25:])[0]
    deviation = float(np.sqrt(np.mean((train[25:] - lags @ weights) ** 2)))
    by_hand = nats(y[steps + 1] - np.array([[1.0, *y[t - 24 : t + 1][::-1]] for t in steps]) @ weights, deviation)
    # 60 forecasts: half a nat of variance each, so 0.09 for one standard error; errors are nearly the same ones.
    assert abs(found["seasonal-naive"].score(test)["nats"] - ago) < 0.1
    assert found["autoregression"].score(test)["nats"] < by_hand + 0.1
    assert found["seasonal-naive"].choice.startswith("season 24")
    strongest = min(found.values(), key=lambda b: b.validation["nats"])
    assert strongest.score(test)["nats"] < by_hand + 0.1
    assert strongest.score(test)["rmse"] < 0.4  # noise of 0.3


def test_a_growing_price_is_its_last_value() -> None:
    """Case 1. No deviation is the training part's, which is a tenth of what the test needs."""
    visible, test = parts_of_series(growth())
    fitted = forecast_recordings(visible, season=None, columns=(0,))
    found = {b.name: b.score(test) for b in fitted}
    assert min(found["persistence"]["rmse"], found["drift"]["rmse"]) < 1.02 * min(s["rmse"] for s in found.values())
    assert found["persistence"]["rmse"] < 200  # what the issue gives is 194
    assert fitted[0].score(test)["rmse"] < 1.1 * found["persistence"]["rmse"]
    assert all("half-life" in b.choice for b in fitted)
    for name in ("persistence", "drift"):
        assert 0.4 < found[name]["coverage-50"] < 0.6
        assert 0.8 < found[name]["coverage-90"] < 0.98


def test_nobody_forecasts_noise() -> None:
    """200 draws of validation choose among many models, so that a little is lost; nothing can be won."""
    visible, test = parts_of_series(np.random.default_rng(0).normal(size=(1000, 2)), columns=(0, 1))
    nats = {b.name: b.score(test)["nats"] for b in forecast_recordings(visible, season=None, columns=(0, 1))}
    assert abs(nats["unconditional Gaussian"] - 2 * ENTROPY) < 4 * math.sqrt(2 * 0.5 / 200)
    assert min(nats.values()) > nats["unconditional Gaussian"] - 0.02


def test_a_far_zero_changes_nothing() -> None:
    """A hundred million more in every value: the same nats, to the digits that are left of them."""
    near, far = hours(), hours() + 1e8
    for one, other in zip(*(_nats_of(x) for x in (near, far)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


def _nats_of(x: np.ndarray) -> list[float]:
    visible, test = parts_of_series(x)
    fitted = forecast_recordings(visible, season=24, columns=(0,))
    # A season that is multiplied with a level of a hundred million is one that is added.
    return [b.score(test)["nats"] for b in sorted(fitted) if not b.name.startswith("exponential")]


def test_many_short_sequences_share_their_models() -> None:
    """Weeks of 40 shops, three days ahead, some of which the shops' own past doesn't hold yet."""
    rng = np.random.default_rng(0)
    level, week = rng.normal(size=(40, 1)), rng.normal(size=7)
    y = (level + week[np.arange(60) % 7] + 0.1 * rng.normal(size=(40, 60)))[..., None]
    visible, test = parts_of_sequences(y, y, ahead=3)
    found = {b.name: b.score(test) for b in forecast_recordings(visible, season=7, columns=(0,))}
    # The last week is as noisy as this one; more weeks than one are better, also where shops have few days yet.
    assert found["seasonal-naive"]["rmse"] < 0.6 * found["persistence"]["rmse"]
    assert found["autoregression"]["rmse"] < found["seasonal-naive"]["rmse"]
    assert found["gradient boosting on the last steps"]["rmse"] < found["persistence"]["rmse"]


def test_numbers_of_steps_by_a_linear_rule() -> None:
    """``y[t] = 2 x[t] - z[t - 1]`` and noise of 0.1; the truth is never told, so deviations stay the same."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 50, 2))
    y = 2 * x[..., :1] + 0.1 * rng.normal(size=(60, 50, 1))
    y[:, 1:] -= x[:, :-1, 1:]
    visible, test = parts_of_sequences(x, y, first=1, ahead=0)
    fitted = {b.name: b for b in step_regression(visible)}
    unit = math.log(test.scale.unit[0])  # pyright: ignore[reportOptionalMemberAccess]
    ridge = fitted["ridge regression on the last steps"]
    # 588 errors: 0.03 for one standard error; four of them.
    assert abs(ridge.score(test)["nats"] - (ENTROPY + math.log(0.1) - unit)) < 0.12
    assert ridge.choice.startswith(("order 2", "order 5"))
    nothing = fitted["unconditional Gaussian"].score(test)
    assert abs(nothing["nats"] - (ENTROPY + 0.5 * math.log(5.01) - unit)) < 0.12
    assert fitted["gradient boosting on the last steps"].score(test)["rmse"] < 0.5 * nothing["rmse"]
    for baseline in fitted.values():
        assert baseline.forecast is not None
        assert (
            len({float(one.deviation[t, 0]) for one in baseline.forecast(test.recordings or ()) for t in (0, 9)}) == 1
        )


def test_validation_comes_first_and_is_what_the_model_scores() -> None:
    visible, _ = parts_of_series(hours())
    fitted = forecast_recordings(visible, season=24, columns=(0,))
    nats = [b.validation["nats"] for b in fitted]
    assert nats == sorted(nats)
    for baseline in fitted:
        assert baseline.score(visible.validated()) == baseline.validation


def test_a_split_without_recordings_is_refused() -> None:
    with pytest.raises(InputError, match="visible: expected recordings"):
        forecast_recordings(Visible(NOTHING, NOTHING, 0.0), season=None, columns=(0,))
