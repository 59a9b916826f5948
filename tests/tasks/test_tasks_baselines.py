"""Simple models of steps and tokens, against counting by hand."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from gatedrnn.tasks import baselines
from gatedrnn.tasks.baselines.tokens import LONGEST, NGrams
from gatedrnn.tasks.parts import Batch, FinalTest, Visible


def scored(fit, train, validation, test, **options):
    """Return by name what the simple models of ``fit`` reach."""
    fitted = fit(Visible(train, validation, 0.0), **options)
    order = [b.validation["nats"] for b in fitted]
    assert order == sorted(order)
    return {b.name: b.tested(FinalTest(test, 0.0)) for b in fitted}


def parts_of(make):
    return [make(np.random.default_rng(seed)) for seed in range(3)]


def test_logistic_regression_names_the_steps_that_are_above_zero():
    def make(rng):
        x = rng.normal(size=(40, 60, 1))
        return Batch(x, np.full(60, 40, np.int32), (x[..., 0] > 0).astype(np.int32))

    found = scored(baselines.step_classification, *parts_of(make), classes=3)
    assert found["logistic regression on the last steps"].test["accuracy"] > 0.98
    assert found["logistic regression on the last steps"].test["macro-f1"] > 0.98
    # Two classes of a half, and a third that never was, by the rule of succession.
    assert abs(found["class frequencies"].test["nats"] - np.log(2)) < 0.01


@pytest.fixture(scope="module")
def text():
    rng = np.random.default_rng(0)
    steps = rng.choice(5, p=[0.5, 0.2, 0.15, 0.1, 0.05], size=(33, 30)).cumsum(0) % 6
    lengths = rng.integers(2, 33, 30).astype(np.int32)
    return Batch(steps[:-1].astype(np.uint8), lengths, steps[1:].astype(np.uint8))


def by_hand(train, tokens):
    """Witten-Bell's recursion, with counters of every context."""
    counts = defaultdict(Counter)
    for b, length in enumerate(train.lengths):
        sequence = [int(train.x[0, b]), *map(int, train.y[:length, b])]
        for t, token in enumerate(sequence):
            for order in range(min(t, LONGEST - 1) + 1):
                counts[tuple(sequence[t - order : t])][token] += 1

    def probability(context, token):
        below = 1 / tokens if not context else probability(context[1:], token)
        seen = counts.get(context)
        return below if not seen else (seen[token] + len(seen) * below) / (sum(seen.values()) + len(seen))

    return probability


def test_n_grams_are_those_counted_by_hand(text):
    train = Batch(text.x[:, :20], text.lengths[:20], text.y[:, :20])
    test = Batch(text.x[:, 20:], text.lengths[20:], text.y[:, 20:])
    probability = by_hand(train, 6)
    nats, guesses = NGrams(train, 6).read(test)
    for b, length in enumerate(test.lengths):
        sequence = [int(test.x[0, b]), *map(int, test.y[:length, b])]
        for t in range(1, length + 1):
            for order in range(len(nats)):
                context = tuple(sequence[max(0, t - order) : t])
                each = [probability(context, token) for token in range(6)]
                np.testing.assert_allclose(nats[order, t - 1, b], -np.log(each[sequence[t]]), rtol=1e-12)
                # The likeliest of all, up to the rounding of equal ones.
                assert each[guesses[order, t - 1, b]] >= max(each) * (1 - 1e-12)
    assert abs(sum(probability((1, 2), w) for w in range(6)) - 1) < 1e-12


def column(*tokens):
    text = np.array(tokens)[:, None]
    return Batch(text[:-1], np.array([len(tokens) - 1]), text[1:])


def test_the_accuracy_of_n_grams_is_counted_by_hand():
    """In 0 1 0 1 0 2 0, 0 follows 1 and 2 always, 1 follows 0 twice and 2 once: bigrams name 1 after 0, else 0.

    Longer ones saw nothing that speaks against it. Of the test's 0 1 0 2 0 1, they name four tokens right of the five
    after the first, all but the 2. Single tokens name 0 always, the most frequent: two of five.
    """
    train, held, test = column(0, 1, 0, 1, 0, 2, 0), column(0, 1, 0, 1, 0, 1), column(0, 1, 0, 2, 0, 1)
    guesses = NGrams(train, 3).read(test)[1]
    assert guesses[..., 0].tolist() == [[0, 0, 0, 0, 0], *[[1, 0, 1, 0, 1]] * (LONGEST - 1)]
    found = scored(baselines.next_token, train, held, test, tokens=3)
    assert found["n-gram, Witten-Bell"].choice != "n = 1"
    assert found["n-gram, Witten-Bell"].test["accuracy"] == 0.8
    assert found["token frequencies"].test["accuracy"] == 0.4


def test_a_context_that_ended_its_text_is_one_that_nothing_followed():
    """0 0 1: nothing followed 1, so that a 0 after it has the probability of a single 0, (2 + 2 / 2) / (3 + 2)."""
    nats, guesses = NGrams(column(0, 0, 1), 2).read(column(1, 0))
    np.testing.assert_allclose(np.exp(-nats[:, 0, 0]), 0.6)
    assert (guesses == 0).all()


def test_n_grams_beat_frequencies_where_tokens_follow_each_other(text):
    found = scored(baselines.next_token, text, text, text, tokens=6)
    assert found["n-gram, Witten-Bell"].test["nats"] < found["token frequencies"].test["nats"] - 0.3
    counts = np.bincount(text.y[np.arange(32)[:, None] < text.lengths], minlength=6) + 1
    expected = -(np.log(counts / counts.sum()) * (counts - 1)).sum() / (counts - 1).sum()
    np.testing.assert_allclose(found["token frequencies"].test["nats"], expected, rtol=1e-12)
    for baseline in found.values():
        np.testing.assert_allclose(2 ** baseline.test["bits"], np.exp(baseline.test["nats"]))
