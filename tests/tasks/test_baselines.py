"""Baselines against least squares in NumPy and what the literature and closed forms say."""

from __future__ import annotations

import jax
import numpy as np
import pytest
import scipy.optimize
import scipy.special
import scipy.stats

from gatedrnn.tasks import baselines, japanese_vowels, registry
from gatedrnn.tasks.parts import Batch, FinalTest, Scale, Visible
from gatedrnn.tasks.simple_models import Baseline


@pytest.fixture(scope="module")
def vowels() -> Visible:
    return registry.load("japanese-vowels-forecast").split(0)


@pytest.fixture(scope="module")
def vowels_test() -> FinalTest:
    return registry.load("japanese-vowels-forecast").read_test(0)


@pytest.fixture(scope="module")
def speakers() -> Visible:
    return registry.load("japanese-vowels-speaker").split(0)


@pytest.fixture(scope="module")
def speakers_test() -> FinalTest:
    return registry.load("japanese-vowels-speaker").read_test(0)


@pytest.fixture(scope="module")
def of_vowels(vowels: Visible, vowels_test: FinalTest) -> list[Baseline]:
    return [fitted.tested(vowels_test) for fitted in baselines.forecast(vowels)]


@pytest.fixture(scope="module")
def of_speakers(speakers: Visible, speakers_test: FinalTest) -> list[Baseline]:
    return [fitted.tested(speakers_test) for fitted in baselines.classification(speakers)]


def sequences(part: Batch) -> list[np.ndarray]:
    """Whole utterances, the frames before and the last target."""
    return [
        np.concatenate([part.x[:n, b], part.y[n - 1 : n, b]]).astype(np.float64) for b, n in enumerate(part.lengths)
    ]


def var_sequences(rng: np.random.Generator, count: int, steps: int, noise: float) -> Batch:
    """A stationary process of order 2 with two channels that read each other."""
    first, second = np.array([[0.9, 0.3], [-0.3, 0.5]]), np.array([[-0.4, 0.0], [0.2, -0.3]])
    frames = np.zeros((steps + 50, count, 2))
    for t in range(2, len(frames)):
        frames[t] = frames[t - 1] @ first + frames[t - 2] @ second + noise * rng.normal(size=(count, 2))
    frames = frames[50:].astype(np.float32)
    return Batch(frames[:-1], np.full(count, steps - 1, np.int32), frames[1:])


def test_autoregression_reaches_the_entropy_of_its_own_process() -> None:
    rng = np.random.default_rng(0)
    train, validation, test = (var_sequences(rng, 100, 60, 0.1) for _ in range(3))
    scale = Scale(np.zeros(2), np.ones(2), np.exp([-0.125, -0.125]), np.ones(2))
    strongest = baselines.forecast(Visible(train, validation, 0.25, scale))[0].tested(FinalTest(test, 0.25, scale))
    assert strongest.name == "autoregression"
    # Differential entropy of the noise, 2 channels, and the split's offset. Beyond it: the first of 59 targets,
    # forecast without its second lag (under 0.02 a frame), and sampling, sqrt(1 / 5900) = 0.013 a frame.
    entropy = 2 * scipy.stats.norm(0, 0.1).entropy() + 0.25
    assert entropy - 0.04 < strongest.test["nats"] < entropy + 0.06
    assert "accuracy" not in strongest.test


def test_autoregression_equals_least_squares_by_hand(
    vowels: Visible, vowels_test: FinalTest, of_vowels: list[Baseline]
) -> None:
    fits = {}
    for k in baselines.ORDERS:
        pairs = [(s[t - k : t][::-1].ravel(), s[t]) for s in sequences(vowels.train) for t in range(k, len(s))]
        past = np.array([[1.0, *p] for p, _ in pairs])
        target = np.array([y for _, y in pairs])
        weights = np.linalg.lstsq(past, target)[0]
        fits[k] = weights, (target - past @ weights).std(0)

    def nats(part: Batch, order: int) -> float:
        total = []
        for s in sequences(part):
            for t in range(1, len(s)):
                k = min(t, order)
                weights, deviation = fits[k]
                mean = np.array([1.0, *s[t - k : t][::-1].ravel()]) @ weights
                total.append(-scipy.stats.norm.logpdf(s[t], mean, deviation).sum())
        return float(np.mean(total)) + vowels.offset

    validation = {order: nats(vowels.validation, order) for order in baselines.ORDERS}
    order = min(validation, key=validation.__getitem__)
    strongest = of_vowels[0]
    assert strongest.choice == f"order {order}"
    # float64 both, two algorithms for one well-conditioned system.
    np.testing.assert_allclose(strongest.validation["nats"], validation[order], rtol=1e-8)
    np.testing.assert_allclose(strongest.test["nats"], nats(vowels_test.batch, order), rtol=1e-8)


def test_unconditional_and_persistence_by_hand(
    vowels: Visible, vowels_test: FinalTest, of_vowels: list[Baseline]
) -> None:
    results = {b.name: b for b in of_vowels}
    train, test = (
        [np.concatenate(a) for a in zip(*((s[1:], s[1:] - s[:-1]) for s in sequences(part)), strict=True)]
        for part in (vowels.train, vowels_test.batch)
    )
    marginal = -scipy.stats.norm.logpdf(test[0], train[0].mean(0), train[0].std(0)).sum(-1).mean()
    change = -scipy.stats.norm.logpdf(test[1], 0, np.sqrt((train[1] ** 2).mean(0))).sum(-1).mean()
    np.testing.assert_allclose(results["unconditional Gaussian"].test["nats"], marginal + vowels.offset, rtol=1e-9)
    np.testing.assert_allclose(results["persistence"].test["nats"], change + vowels.offset, rtol=1e-9)
    # In the units that were recorded: a coefficient's error by its deviation in all that is known, their mean.
    known, final = japanese_vowels.load()
    unit = known.flat().astype(np.float64).std(0)
    changes, naive = (
        np.concatenate([np.diff(u.frames[:n, b].astype(np.float64), axis=0) for b, n in enumerate(u.lengths)])
        for u in (final, known)
    )
    found = results["persistence"].test
    np.testing.assert_allclose(found["rmse"], (np.sqrt((changes**2).mean(0)) / unit).mean(), rtol=1e-5)
    np.testing.assert_allclose(found["mae"], (np.abs(changes).mean(0) / unit).mean(), rtol=1e-5)
    np.testing.assert_allclose(found["mase"], (np.abs(changes).mean(0) / np.abs(naive).mean(0)).mean(), rtol=1e-5)
    inside = np.abs(test[1]) <= scipy.stats.norm.ppf(0.95) * np.sqrt((train[1] ** 2).mean(0))
    np.testing.assert_allclose(found["coverage-90"], inside.mean(), rtol=1e-5)
    # A network whose head gives the marginal is scored alike by the task's own objective.
    raw = np.log(1000) * np.arctanh(np.log(train[0].std(0)) / np.log(1000))
    head = np.broadcast_to(np.concatenate([train[0].mean(0), raw]), (28, 370, 24)).astype(np.float32)
    nats, _, count = jax.jit(registry.load("japanese-vowels-forecast").score)(head, vowels_test.batch)
    np.testing.assert_allclose(
        float(nats / count) + vowels.offset, results["unconditional Gaussian"].test["nats"], rtol=1e-5
    )


def test_figures_on_japanese_vowels(of_vowels: list[Baseline], of_speakers: list[Baseline]) -> None:
    """What a pilot with code of its own found: 16.95 and, at order 3, -1.92 nats per frame; 0.954 at C = 1."""
    forecast = {b.name: b for b in of_vowels}
    assert abs(forecast["unconditional Gaussian"].test["nats"] - 16.95) < 0.05
    assert abs(forecast["autoregression"].test["nats"] + 1.92) < 0.05
    strongest = of_speakers[0]
    assert "accuracy" in strongest.test
    assert strongest.test["accuracy"] > 0.94


def test_the_validation_score_is_that_of_the_fitted_model(vowels: Visible, speakers: Visible) -> None:
    for fit, visible in ((baselines.forecast, vowels), (baselines.classification, speakers)):
        for fitted in fit(visible):
            assert fitted.score(visible.validated()) == fitted.validation
            assert fitted.validated() == (fitted.name, fitted.validation, fitted.choice)


def test_strongest_on_validation_comes_first(of_vowels: list[Baseline], of_speakers: list[Baseline]) -> None:
    for results in (of_vowels, of_speakers):
        validation = [b.validation["nats"] for b in results]
        assert validation == sorted(validation)


def test_class_frequencies() -> None:
    def part(y: list[int]) -> Batch:
        rng = np.random.default_rng(len(y))
        x = rng.normal(size=(4, len(y), 2)).astype(np.float32)
        return Batch(x, np.full(len(y), 4, np.int32), np.array(y, np.int32))

    visible, test = Visible(part([0, 0, 0, 1]), part([0, 1]), 0.0), FinalTest(part([0, 0, 1, 1, 1]), 0.0)
    [result] = [b.tested(test) for b in baselines.classification(visible) if b.name == "class frequencies"]
    np.testing.assert_allclose(result.validation["nats"], -(np.log(0.75) + np.log(0.25)) / 2)
    np.testing.assert_allclose(result.test["nats"], -(2 * np.log(0.75) + 3 * np.log(0.25)) / 5)
    assert result.test["accuracy"] == 2 / 5
    # F1 of class 0: precision 2 / 5, recall 1; of class 1, never named, 0.
    np.testing.assert_allclose(result.test["macro-f1"], (2 * 0.4 / 1.4) / 2)


def test_summaries_ignore_padding(speakers: Visible) -> None:
    part = speakers.validation
    dirty = part._replace(x=np.where((np.arange(29)[:, None] < part.lengths)[..., None], part.x, np.nan))
    rows = baselines.summaries(dirty)
    np.testing.assert_array_equal(rows, baselines.summaries(part))
    frames = part.x[: part.lengths[7], 7].astype(np.float64)
    middle = frames[len(frames) // 2]
    expected = np.concatenate([np.mean(frames, 0), np.std(frames, 0), frames[0], middle, frames[-1]])
    np.testing.assert_allclose(rows[7], expected, rtol=1e-12)


def test_logistic_regression_minimises_its_penalised_likelihood(
    speakers: Visible, speakers_test: FinalTest, of_speakers: list[Baseline]
) -> None:
    """The same convex problem, solved by another optimiser on the features standardised by hand."""
    features = [baselines.summaries(part) for part in (*speakers[:2], speakers_test.batch)]
    mean, deviation = features[0].mean(0), features[0].std(0)
    train, _, test = ((f - mean) / deviation for f in features)
    strongest = next(one for one in of_speakers if "three frames" in one.name)
    c = float(strongest.choice.removeprefix("C = "))
    onehot = np.eye(9)[speakers.train.y]

    def objective(theta: np.ndarray) -> tuple[float, np.ndarray]:
        w, b = theta[:-9].reshape(-1, 9), theta[-9:]
        logp = scipy.special.log_softmax(train @ w + b, axis=1)
        error = np.exp(logp) - onehot
        gradient = np.concatenate([(c * train.T @ error + w).ravel(), c * error.sum(0)])
        return float(-c * (logp * onehot).sum() + (w**2).sum() / 2), gradient

    theta = scipy.optimize.minimize(
        objective, np.zeros(61 * 9), jac=True, method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-14, "gtol": 1e-8}
    ).x
    logp = scipy.special.log_softmax(test @ theta[:-9].reshape(-1, 9) + theta[-9:], axis=1)
    nats = -logp[np.arange(370), speakers_test.batch.y].mean()
    # scikit-learn stops at a gradient of 1e-6: its optimum is known to about that, times C for the flattest weights.
    np.testing.assert_allclose(strongest.test["nats"], nats, atol=1e-6 * c)
    assert strongest.test["accuracy"] == (logp.argmax(1) == speakers_test.batch.y).mean()
    of_classes = []
    for k in range(9):
        right = np.sum((logp.argmax(1) == k) & (speakers_test.batch.y == k))
        of_classes.append(2 * right / (np.sum(logp.argmax(1) == k) + np.sum(speakers_test.batch.y == k)))
    np.testing.assert_allclose(strongest.test["macro-f1"], np.mean(of_classes))
