"""Simple models of frames of labels, such as the notes of a piano roll."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.tasks.baselines.fitting import by_validation, steps
from gatedrnn.tasks.simple_models import FittedBaseline

if TYPE_CHECKING:
    from jaxtyping import Float

    from gatedrnn.tasks.parts import Part, Visible
    from gatedrnn.tasks.simple_models import Scores


def _nats(probabilities: Float[np.ndarray, "N D"], y: np.ndarray) -> float:
    return float(-np.log(np.where(y > 0, probabilities, 1 - probabilities)).sum(-1).mean())


def _marginal(visible: Visible) -> FittedBaseline:
    known = visible.train.y[steps(visible.train)]
    probabilities = (known.sum(0) + 1.0) / (len(known) + 2.0)

    def score(part: Part) -> Scores:
        return {"nats": _nats(probabilities, part.batch.y[steps(part.batch)])}

    return FittedBaseline("marginal", score(visible.validated()), score)


def _markov(visible: Visible) -> FittedBaseline:
    before, after = (np.asarray(a[steps(visible.train)], np.float64) for a in (visible.train.x, visible.train.y))
    on = ((before * after).sum(0) + 1.0) / (before.sum(0) + 2.0)
    off = (((1 - before) * after).sum(0) + 1.0) / ((1 - before).sum(0) + 2.0)

    def score(part: Part) -> Scores:
        batch, there = part.batch, steps(part.batch)
        return {"nats": _nats(np.where(batch.x[there] > 0, on, off), batch.y[there])}

    return FittedBaseline("per-label Markov chain", score(visible.validated()), score)


def multi_label(visible: Visible) -> list[FittedBaseline]:
    """Return marginal frequencies, and a Markov chain of each label alone, the strongest on validation first.

    Counts start at one of either outcome (Laplace): a label that training lacks keeps a probability.

    Example:
        >>> from gatedrnn.tasks.parts import Batch, Visible
        >>> notes = np.array([1, 1, 0, 0, 0, 1, 1, 1]).reshape(8, 1, 1)
        >>> part = Batch(notes[:-1], np.array([7]), notes[1:])
        >>> [b.name for b in multi_label(Visible(part, part, 0.0))]
        ['per-label Markov chain', 'marginal']
    """
    return by_validation([_marginal(visible), _markov(visible)])
