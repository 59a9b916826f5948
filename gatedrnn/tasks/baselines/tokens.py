"""Simple models of the next token: how often each is, and n-grams with smoothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, steps
from gatedrnn.tasks.baselines.steps import frequencies
from gatedrnn.tasks.task import Baseline, Batch

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    from gatedrnn.tasks.task import Split

LONGEST = 6
"""Tokens of the longest n-gram: five that are read, and the one that follows."""
COUNTED = 2_000_000
"""Tokens that n-grams are counted in at most."""


class Counts:
    """How often each n-gram of one order was seen: sorted codes, counts, and what followed each context."""

    def __init__(self, contexts: Int[np.ndarray, "N"], after: Int[np.ndarray, "N"], tokens: int) -> None:
        self.tokens = tokens
        self.codes, counts = np.unique(contexts * tokens + after, return_counts=True)
        self.counts = counts.astype(np.float64)
        size = int(contexts.max(initial=-1)) + 1
        followed = self.codes // tokens
        self.total = np.bincount(followed, self.counts, minlength=size)
        self.kinds = np.bincount(followed, minlength=size).astype(np.float64)

    def find(self, contexts: Int[np.ndarray, "N"], after: Int[np.ndarray, "N"]) -> Int[np.ndarray, "N"]:
        """Return each n-gram's number, -1 where it was never seen; an unseen context, -1, makes an unseen one."""
        codes = contexts * self.tokens + after
        at = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        return np.where((contexts >= 0) & (self.codes[at] == codes), at, -1)


def _columns(part: Batch, most: int | None = None) -> tuple[Int[np.ndarray, "T B"], np.ndarray]:
    """Return windows of tokens with the one that follows each, ``[T + 1, B]``, and which of them exist."""
    chosen = slice(None) if most is None else slice(None, None, max(1, -(-int(part.lengths.sum()) // most)))
    x, y, lengths = part.x[:, chosen], part.y[:, chosen], part.lengths[chosen]
    tokens = np.concatenate([x[:1], y]).astype(np.int64)
    return tokens, np.arange(len(tokens))[:, None] <= lengths


class NGrams:
    """Interpolated n-grams (Witten and Bell 1991), of all orders up to ``LONGEST``.

    .. code-block:: text

        p(w | c) = (count(c w) + kinds(c) p(w | c without its oldest token)) / (count(c) + kinds(c))

    with kinds(c) the number of different tokens that followed c, and equal probabilities below order 1. A window's
    first tokens have shorter contexts.

    Example:
        >>> from gatedrnn.tasks.task import Batch
        >>> text = np.array([0, 1, 0, 1, 0])[:, None]
        >>> model = NGrams(Batch(text[:-1], np.array([4]), text[1:]), tokens=2)
        >>> nats = model.nats(Batch(text[:-1], np.array([4]), text[1:]))  # [orders, T, B]
        >>> np.exp(-nats[1, :, 0]).round(3).tolist()  # p(1 | 0) = (2 + p(1)) / (2 + 1)
        [0.81, 0.857, 0.81, 0.857]
    """

    def __init__(self, train: Batch, tokens: int) -> None:
        self.tokens = tokens
        self.levels: list[Counts] = []
        text, there = _columns(train, COUNTED)
        contexts = np.where(there, 0, -1)
        for _ in range(LONGEST):
            # A window's first token is nobody's target, but contexts start with it.
            seen = there & (contexts >= 0)
            if not seen.any():
                break
            self.levels.append(Counts(contexts[seen], text[seen], tokens))
            contexts = self._longer(self.levels[-1], contexts, text, there)

    @staticmethod
    def _longer(level: Counts, contexts: np.ndarray, text: np.ndarray, there: np.ndarray) -> np.ndarray:
        """Return the numbers of the contexts one token longer: of the n-grams that end one token earlier."""
        found = np.full(contexts.shape, -1)
        grams = level.find(contexts.ravel(), text.ravel()).reshape(contexts.shape)
        found[1:] = np.where(there[1:], grams[:-1], -1)
        return found

    def nats(self, part: Batch) -> Float[np.ndarray, "O T B"]:
        """Return the nats of each token after the first of a window, by models of order 1 and more."""
        text, there = _columns(part)
        contexts, probability, nats = np.where(there, 0, -1), np.full(text.shape, 1.0 / self.tokens), []
        for level in self.levels:
            grams = level.find(contexts.ravel(), text.ravel()).reshape(text.shape)
            known = contexts >= 0
            count = np.where(grams >= 0, level.counts[grams], 0.0)
            total, kinds = (np.where(known, a[contexts], 0.0) for a in (level.total, level.kinds))
            smoothed = (count + kinds * probability) / np.maximum(total + kinds, 1.0)
            probability = np.where(known & (total > 0), smoothed, probability)
            nats.append(-np.log(probability[1:]))
            contexts = self._longer(level, contexts, text, there)
        return np.stack(nats)


def next_token(split: Split, tokens: int) -> list[Baseline]:
    """Return token frequencies and smoothed n-grams, their order chosen, the strongest on validation first.

    Accuracy is not computed for n-grams: that takes the probabilities of all tokens at each step.
    """
    model = NGrams(split.train, tokens)

    def scores(part: Batch) -> Float[np.ndarray, "O"]:
        total = np.zeros(len(model.levels))
        each = max(1, COUNTED // (4 * len(part.x)))
        for first in range(0, part.x.shape[1], each):
            piece = Batch(*(a[..., first : first + each] for a in part))
            total += np.where(steps(piece), model.nats(piece), 0.0).sum((1, 2))
        return total / part.lengths.sum()

    validation, test = scores(split.validation), scores(split.test)
    order = int(validation.argmin())
    n_gram = Baseline("n-gram, Witten-Bell", float(validation[order]), float(test[order]), None, f"n = {order + 1}")
    return by_validation([frequencies(split, tokens, "token frequencies"), n_gram])
