"""Simple models of the next token: how often each is, and n-grams with smoothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, steps
from gatedrnn.tasks.baselines.steps import frequencies
from gatedrnn.tasks.parts import Batch
from gatedrnn.tasks.simple_models import FittedBaseline

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    from gatedrnn.tasks.parts import Part, Visible
    from gatedrnn.tasks.simple_models import Scores

LONGEST = 6
"""Tokens of the longest n-gram: five that are read, and the one that follows."""
COUNTED = 2_000_000
"""Tokens that n-grams are counted in at most."""


class Counts:
    """How often each n-gram of one order was seen: sorted codes, counts, and what followed ``size`` contexts."""

    def __init__(self, contexts: Int[np.ndarray, "N"], after: Int[np.ndarray, "N"], tokens: int, size: int) -> None:
        self.tokens = tokens
        self.codes, counts = np.unique(contexts * tokens + after, return_counts=True)
        self.counts = counts.astype(np.float64)
        self.contexts, self.after = self.codes // tokens, self.codes % tokens
        self.total = np.bincount(self.contexts, self.counts, minlength=size)
        self.kinds = np.bincount(self.contexts, minlength=size).astype(np.float64)

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
        >>> from gatedrnn.tasks.parts import Batch
        >>> text = np.array([0, 1, 0, 1, 0])[:, None]
        >>> model = NGrams(Batch(text[:-1], np.array([4]), text[1:]), tokens=2)
        >>> nats = model.nats(Batch(text[:-1], np.array([4]), text[1:]))  # [orders, T, B]
        >>> np.exp(-nats[1, :, 0]).round(3).tolist()  # p(1 | 0) = (2 + p(1)) / (2 + 1)
        [0.81, 0.857, 0.81, 0.857]
    """

    def __init__(self, train: Batch, tokens: int) -> None:
        self.tokens = tokens
        self.levels: list[Counts] = []
        size = 1
        text, there = _columns(train, COUNTED)
        contexts = np.where(there, 0, -1)
        for _ in range(LONGEST):
            # A window's first token is nobody's target, but contexts start with it.
            seen = there & (contexts >= 0)
            if not seen.any():
                break
            self.levels.append(Counts(contexts[seen], text[seen], tokens, size))
            size = len(self.levels[-1].codes)
            contexts = self._longer(self.levels[-1], contexts, text, there)
        self.likeliest = self._likeliest()

    def _likeliest(self) -> list[Int[np.ndarray, "C"]]:
        """Return for each order the likeliest token after each context, of equal ones the first.

        Tokens that never followed a context keep the order that they have after one token less. So it is one of those
        that did, or the likeliest after the shorter context.
        """
        found, below = [], None
        shorter = guess = np.zeros(1, int)  # of each context, the one without its oldest token, and what follows that
        chance, p = np.full(1, 1.0 / self.tokens), np.empty(0)
        for level in self.levels:
            weight = 1.0 / np.maximum(level.total + level.kinds, 1.0)
            if below is None:
                p = np.full(len(level.codes), 1.0 / self.tokens)
            else:
                guess, chance = guess[shorter], chance[shorter]
                p = p[below.find(shorter[level.contexts], level.after)]
            p = (level.counts + level.kinds[level.contexts] * p) * weight[level.contexts]
            chance = np.where(level.total > 0, level.kinds * weight, 1.0) * chance
            guess, chance = _better(level, p, guess, chance)
            found.append(guess)
            grams = shorter[level.contexts], level.after
            shorter = np.zeros(len(level.codes), int) if below is None else below.find(*grams)
            below = level
        return found

    @staticmethod
    def _longer(level: Counts, contexts: np.ndarray, text: np.ndarray, there: np.ndarray) -> np.ndarray:
        """Return the numbers of the contexts one token longer: of the n-grams that end one token earlier."""
        found = np.full(contexts.shape, -1)
        grams = level.find(contexts.ravel(), text.ravel()).reshape(contexts.shape)
        found[1:] = np.where(there[1:], grams[:-1], -1)
        return found

    def nats(self, part: Batch) -> Float[np.ndarray, "O T B"]:
        """Return the nats of each token after the first of a window, by models of order 1 and more."""
        return self.read(part)[0]

    def read(self, part: Batch) -> tuple[Float[np.ndarray, "O T B"], Int[np.ndarray, "O T B"]]:
        """Return the nats of each token after the first of a window, and which was the likeliest there."""
        text, there = _columns(part)
        contexts, probability, nats = np.where(there, 0, -1), np.full(text.shape, 1.0 / self.tokens), []
        guess, guesses = np.zeros(text.shape, int), []
        for level, likeliest in zip(self.levels, self.likeliest, strict=True):
            grams = level.find(contexts.ravel(), text.ravel()).reshape(text.shape)
            known = contexts >= 0
            count = np.where(grams >= 0, level.counts[grams], 0.0)
            total, kinds = (np.where(known, a[contexts], 0.0) for a in (level.total, level.kinds))
            smoothed = (count + kinds * probability) / np.maximum(total + kinds, 1.0)
            probability = np.where(known & (total > 0), smoothed, probability)
            guess = np.where(known, likeliest[contexts], guess)
            nats.append(-np.log(probability[1:]))
            guesses.append(guess[1:])
            contexts = self._longer(level, contexts, text, there)
        return np.stack(nats), np.stack(guesses)


def _better(level: Counts, p: np.ndarray, guess: np.ndarray, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each context the likelier of the best token that followed it, and of a guess with its probability."""
    order = np.lexsort((-level.after, p, level.contexts))
    last = order[np.flatnonzero(np.diff(level.contexts[order], append=-1))]
    at, token, best = level.contexts[last], level.after[last], p[last]
    likelier = (best > chance[at]) | ((best == chance[at]) & (token < guess[at]))
    guess, chance = guess.copy(), chance.copy()
    guess[at], chance[at] = np.where(likelier, token, guess[at]), np.where(likelier, best, chance[at])
    return guess, chance


def next_token(visible: Visible, tokens: int) -> list[FittedBaseline]:
    """Return token frequencies and smoothed n-grams, their order chosen, the strongest on validation first."""
    model = NGrams(visible.train, tokens)

    def scores(part: Batch) -> Float[np.ndarray, "2 O"]:
        total = np.zeros((2, len(model.levels)))
        each = max(1, COUNTED // (4 * len(part.x)))
        for first in range(0, part.x.shape[1], each):
            piece = part.take(slice(first, first + each))
            nats, guesses = model.read(piece)
            total += np.where(steps(piece), np.stack([nats, guesses == piece.y]), 0.0).sum((2, 3))
        return total / part.scored().sum()

    validation, _ = scores(visible.validation)
    order = int(validation.argmin())

    def score(part: Part) -> Scores:
        nats, right = scores(part.batch)
        return with_bits({"nats": float(nats[order]), "accuracy": float(right[order])})

    n_gram = FittedBaseline("n-gram, Witten-Bell", score(visible.validated()), score, f"n = {order + 1}")
    single = frequencies(visible, tokens, "token frequencies")

    def score_single(part: Part) -> Scores:
        found = single.score(part)
        return with_bits({"nats": found["nats"], "accuracy": found["accuracy"]})

    return by_validation([FittedBaseline(single.name, score_single(visible.validated()), score_single), n_gram])


def with_bits(scores: Scores) -> Scores:
    """Return what a model of tokens is worth in bits too, which is what texts are held against.

    Example:
        >>> round(with_bits({"nats": math.log(4)})["bits"], 3)
        2.0
    """
    return {**scores, "bits": scores["nats"] / math.log(2)}
