"""Simple models of the classes of tokens, of a whole sequence or of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, linear_models, steps
from gatedrnn.tasks.baselines.steps import frequencies
from gatedrnn.tasks.metrics import class_scores
from gatedrnn.tasks.simple_models import FittedBaseline

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.tasks.parts import Batch, Part, Visible
    from gatedrnn.tasks.simple_models import Scores

STRENGTHS = tuple(10.0**k for k in range(-3, 3))
"""Values of scikit-learn's C, the inverse strength of the penalty."""


def shares(batch: Batch, tokens: int) -> Any:
    """Return which part of each sequence every token is, ``[B, V]``, as SciPy's sparse matrix.

    Example:
        >>> from gatedrnn.tasks.parts import Batch
        >>> batch = Batch(np.array([[0, 2], [2, 1]]), np.array([2, 1]), np.array([0, 1]))
        >>> shares(batch, tokens=3).toarray().tolist()
        [[0.5, 0.0, 0.5], [0.0, 0.0, 1.0]]
    """
    from scipy.sparse import csr_matrix

    there = np.arange(len(batch.x))[:, None] < batch.lengths
    _, sequences = np.nonzero(there)
    parts = 1.0 / np.asarray(batch.lengths, np.float64)[sequences]
    return csr_matrix((parts, (sequences, np.asarray(batch.x)[there])), shape=(len(batch.lengths), tokens))


def _scores(log_probabilities: Float[np.ndarray, "N K"], y: np.ndarray) -> Scores:
    return class_scores(log_probabilities, y)


def _frequencies(visible: Visible) -> FittedBaseline:
    counts = np.bincount(visible.train.y)
    log_probabilities = np.log(counts / counts.sum())

    def score(part: Part) -> Scores:
        return _scores(np.tile(log_probabilities, (len(part.batch.y), 1)), part.batch.y)

    return FittedBaseline("class frequencies", score(visible.validated()), score)


def _bag_of_tokens(visible: Visible, tokens: int) -> FittedBaseline:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler

    train, validation = shares(visible.train, tokens), shares(visible.validation, tokens)

    def fit(c: float) -> Any:
        model = linear_models().LogisticRegression(C=c, tol=1e-6, max_iter=10_000)
        return make_pipeline(MaxAbsScaler(), model).fit(train, visible.train.y)

    models = {c: fit(c) for c in STRENGTHS}
    _, c = min((_scores(models[c].predict_log_proba(validation), visible.validation.y)["nats"], c) for c in models)

    def score(part: Part) -> Scores:
        return _scores(models[c].predict_log_proba(shares(part.batch, tokens)), part.batch.y)

    return FittedBaseline("logistic regression on a bag of tokens", score(visible.validated()), score, f"C = {c:g}")


def token_classification(visible: Visible, tokens: int) -> list[FittedBaseline]:
    """Return class frequencies and logistic regression on a bag of tokens, the strongest on validation first.

    Every class must be among the training part's.

    Args:
        visible: what may be seen of a split.
        tokens: how many different tokens there are, V.

    Raises:
        MissingPackageError: where scikit-learn is missing.
    """
    return by_validation([_frequencies(visible), _bag_of_tokens(visible, tokens)])


def token_step_classification(visible: Visible, tokens: int, classes: int) -> list[FittedBaseline]:
    """Return frequencies of classes, of all steps and of those with the same token, the strongest first.

    .. code-block:: text

        p(k | v) = (count(v k) + K p(k)) / (count(v) + K)

    so that a token which training lacks has the classes of all steps.

    Args:
        visible: what may be seen of a split.
        tokens: how many different tokens there are, V.
        classes: how many different classes there are, K.
    """
    there = steps(visible.train)
    x, y = (np.asarray(a)[there].astype(int) for a in (visible.train.x, visible.train.y))
    counts = np.zeros((tokens, classes))
    np.add.at(counts, (x, y), 1.0)
    prior = (np.bincount(y, minlength=classes) + 1.0) / (len(y) + classes)
    log_probabilities = np.log((counts + classes * prior) / (counts.sum(1, keepdims=True) + classes))

    def score(part: Part) -> Scores:
        scored = steps(part.batch)
        return _scores(log_probabilities[np.asarray(part.batch.x)[scored]], np.asarray(part.batch.y)[scored])

    of_tokens = FittedBaseline("class frequencies of each token", score(visible.validated()), score)
    return by_validation([frequencies(visible, classes, "class frequencies"), of_tokens])
