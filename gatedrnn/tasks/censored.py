"""Metrics of which only a part is seen: updates to a threshold, up to the cap; the longest word, of those tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, assert_never

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Bool, Int

    from gatedrnn.tasks.metrics import Deciding

CensoredName = Literal["steps-to-threshold", "longest-length"]
CENSORED_NAMES: tuple[CensoredName, ...] = ("steps-to-threshold", "longest-length")


class CensoredMetric(NamedTuple):
    """What is counted.

    Attributes:
        words: the name in words.
        unit: what is counted, in the plural.
        higher: whether more is better.
    """

    words: str
    unit: str
    higher: bool


CENSORED: Mapping[CensoredName, CensoredMetric] = MappingProxyType(
    {
        "steps-to-threshold": CensoredMetric("steps to the threshold", "updates", higher=False),
        "longest-length": CensoredMetric("longest length accepted", "as n of the longest word", higher=True),
    }
)
"""All of them by their names."""


def scored_metric(asked: Deciding | CensoredName | None) -> Deciding | None:
    """Return what scores are reckoned in: what was asked for, where that is a score; else None, the task's default.

    Example:
        >>> scored_metric("mae"), scored_metric("longest-length")
        ('mae', None)
    """
    match asked:
        case "steps-to-threshold" | "longest-length" | None:
            return None
        case _:
            return asked


def censored_metric(asked: Deciding | CensoredName | None) -> CensoredName | None:
    """Return the censored metric that was asked for; None where a score was, or nothing.

    Example:
        >>> censored_metric("mae"), censored_metric("longest-length")
        (None, 'longest-length')
    """
    match asked:
        case "steps-to-threshold" | "longest-length":
            return asked
        case "nats" | "rmse" | "mae" | "mase" | "accuracy" | "macro-f1" | None:
            return None
        case _:
            assert_never(asked)


def first_reached(curve: Sequence[float | None], threshold: float) -> int | None:
    """Return the first epoch, from 1, whose validation loss is the threshold or lower; None where none is.

    Example:
        >>> first_reached([2.0, None, 0.5, 0.1], 0.5), first_reached([2.0], 0.5)
        (3, None)
    """
    return next((k for k, loss in enumerate(curve, 1) if loss is not None and loss <= threshold), None)


def accepted_up_to(accepted: Bool[np.ndarray, "*K N"]) -> Int[np.ndarray, "*K"]:
    """Return the largest n such that the words of 1 to n are all accepted; 0 where the first is not.

    Args:
        accepted: whether each word is accepted, from the shortest on.

    Example:
        >>> accepted_up_to(np.array([[True, True, False, True], [False, True, True, True]])).tolist()
        [2, 0]
    """
    return np.cumprod(accepted, axis=-1).sum(-1)
