"""Simple models of words of which every letter has to be right: n-grams, reckoned by the word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, steps
from gatedrnn.tasks.baselines.tokens import NGrams, with_bits
from gatedrnn.tasks.simple_models import FittedBaseline

if TYPE_CHECKING:
    from gatedrnn.tasks.parts import Part, Visible
    from gatedrnn.tasks.simple_models import Scores


def word_models(visible: Visible, tokens: int) -> list[FittedBaseline]:
    """Return token frequencies and smoothed n-grams, their order chosen, the strongest on validation first.

    Nats are summed over the scored letters of a word; accuracy is the part of words whose letters are all right.

    Args:
        visible: what may be seen of a split.
        tokens: kinds of letters, the end among them.

    Example:
        >>> from gatedrnn.tasks.parts import Batch, Visible
        >>> text = np.array([0, 1, 0, 1, 0])[:, None]
        >>> part = Batch(text[:-1], np.array([4]), text[1:])
        >>> strongest, weakest = word_models(Visible(part, part, 0.0), tokens=2)
        >>> strongest.choice, strongest.validation["accuracy"], weakest.validation["accuracy"]
        ('n = 5', 1.0, 0.0)
    """
    model = NGrams(visible.train, tokens)

    def scores(part: Part, order: int) -> Scores:
        nats, guesses = model.read(part.batch)
        scored, count = steps(part.batch), len(part.batch.lengths)
        right = ~scored | (guesses[order] == part.batch.y)
        total = float(np.where(scored, nats[order], 0.0).sum())
        return with_bits({"nats": total / count, "accuracy": float(right.all(0).mean())})

    def fitted(name: str, order: int, choice: str) -> FittedBaseline:
        return FittedBaseline(name, scores(visible.validated(), order), lambda part: scores(part, order), choice)

    worth = [scores(visible.validated(), order)["nats"] for order in range(len(model.levels))]
    best = int(np.argmin(worth))
    return by_validation([fitted("token frequencies", 0, ""), fitted("n-gram, Witten-Bell", best, f"n = {best + 1}")])
