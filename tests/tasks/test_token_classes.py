"""Tokens with a class for each sequence or step: they are read one-hot, and simple models count them."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from gatedrnn.tasks.baselines import token_classification, token_step_classification
from gatedrnn.tasks.files import task_from_arrays, task_from_file
from gatedrnn.tasks.parts import Batch, Visible
from gatedrnn.tasks.question import Question

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(3, 9, 60)
Y = RNG.integers(0, 2, 60)
# Tokens 3, 5, 8 and 13, the last of them in one class more often than in the other.
X = np.concatenate(
    [RNG.choice([3, 5, 8, 13], n, p=[0.3, 0.3, 0.1 + 0.2 * y, 0.3 - 0.2 * y]) for n, y in zip(LENGTHS, Y, strict=True)]
)


def padded(values, fill=0):
    pieces = np.split(values, np.cumsum(LENGTHS)[:-1])
    return np.stack([np.pad(piece, (0, 8 - len(piece)), constant_values=fill) for piece in pieces], axis=1)


@pytest.mark.parametrize("x", [X, padded(X, 3)], ids=["one after another", "padded"])
def test_tokens_with_a_class_of_sequences(tmp_path, x):
    np.savez(tmp_path / "a.npz", x=x, lengths=LENGTHS, y=np.array(["no", "yes"])[Y])
    task = task_from_file(tmp_path / "a.npz", Question())
    assert (task.kind, task.in_dim, task.out_dim) == ("classification", 4, 2)
    split = task.split(0)
    read = np.array([3, 5, 8, 13])[split.train.x]
    pieces = [tuple(piece) for piece in np.split(X, np.cumsum(LENGTHS)[:-1])]
    for k, (length, y) in enumerate(zip(split.train.lengths, split.train.y, strict=True)):
        assert any(tuple(read[:length, k]) == piece and y == one for piece, one in zip(pieces, Y, strict=True))
    np.testing.assert_array_equal(task.encode(split.train.x), jnp.eye(4)[split.train.x])
    assert {one.name for one in task.baselines(split)} == {
        "class frequencies",
        "logistic regression on a bag of tokens",
    }


def test_tokens_with_a_class_of_steps():
    y = (X > 5).astype(int)
    task = task_from_arrays({"x": X, "lengths": LENGTHS, "y": y}, Question())
    assert (task.kind, task.in_dim, task.out_dim) == ("step-classification", 4, 2)
    strongest = task.baselines(task.split(0))[0]
    assert strongest.name == "class frequencies of each token"
    assert strongest.validation["accuracy"] == 1.0


def test_numbers_of_one_feature_are_no_tokens():
    walk = RNG.normal(size=200).cumsum()
    task = task_from_arrays({"x": walk}, Question())
    assert (task.kind, task.in_dim) == ("forecast", 1)
    counted = task_from_arrays({"x": np.arange(200) % 7}, Question(kind="forecast"))
    assert (counted.kind, counted.in_dim) == ("forecast", 1)


def visible():
    first = 40
    x = padded(np.searchsorted([3, 5, 8, 13], X))
    train, validation = (Batch(x[:, part], LENGTHS[part], Y[part]) for part in (slice(first), slice(first, None)))
    return Visible(train, validation, 0.0)


def test_the_bag_of_tokens_is_that_of_scikit_learn():
    split = visible()
    texts = [
        " ".join(f"w{k}" for k in piece)
        for piece in np.split(np.searchsorted([3, 5, 8, 13], X), np.cumsum(LENGTHS)[:-1])
    ]
    counts = CountVectorizer(token_pattern=r"\S+").fit_transform(texts).toarray() / LENGTHS[:, None]
    counts = counts / counts[:40].max(0)
    nats = {}
    for c in (0.001, 0.01, 0.1, 1.0, 10.0, 100.0):
        model = LogisticRegression(C=c, tol=1e-6, max_iter=10_000).fit(counts[:40], Y[:40])
        nats[c] = -model.predict_log_proba(counts[40:])[np.arange(20), Y[40:]].mean()
    found = {one.name: one for one in token_classification(split, tokens=4)}
    bag = found["logistic regression on a bag of tokens"]
    assert bag.validation["nats"] == pytest.approx(min(nats.values()), abs=1e-4)
    assert bag.choice == f"C = {min(nats, key=lambda c: nats[c]):g}"
    share = Y[:40].mean()
    expected = -np.log(np.where(Y[40:] == 1, share, 1 - share)).mean()
    assert found["class frequencies"].validation["nats"] == pytest.approx(expected)


def test_frequencies_of_each_token_by_hand():
    x, y = np.array([[0, 0], [0, 1], [1, 2]]), np.array([[0, 0], [1, 1], [1, 1]])
    part = Batch(x, np.array([3, 2]), y)
    found = {one.name: one for one in token_step_classification(Visible(part, part, 0.0), tokens=3, classes=2)}
    # Steps with token 0: classes 0, 1, 0; with token 1: 1, 1; of all five, 0 comes twice: p(0) = 3 / 7.
    zero, one = (2 + 2 * 3 / 7) / 5, (2 + 2 * 4 / 7) / 4
    expected = -np.log([zero, 1 - zero, one, zero, one]).mean()
    assert found["class frequencies of each token"].validation["nats"] == pytest.approx(expected)
    assert found["class frequencies of each token"].validation["accuracy"] == pytest.approx(4 / 5)
