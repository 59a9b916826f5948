"""What a simple model is worth on one split: before the test, fitted, and after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float

    from gatedrnn.tasks.parts import FinalTest, Part, Recording

Scores = Mapping[str, float]
"""What a forecast is worth by each metric, by the names of ``gatedrnn.tasks.metrics``."""


class Forecasts(NamedTuple):
    """What a model forecasts of one recording, for each step that is scored, in the user's units.

    Attributes:
        mean: what is expected of each target, ``[N, D]``.
        deviation: the standard deviation around the mean, ``[N, D]``.
    """

    mean: Float[np.ndarray, "N D"]
    deviation: Float[np.ndarray, "N D"]


class ValidatedBaseline(NamedTuple):
    """What is known of a simple model on one split before the test.

    Attributes:
        name: the model, the same on every split.
        validation: the model's scores on the validation part, in the units that all splits share.
        choice: what was chosen on this split's validation part, such as ``order 3``.
    """

    name: str
    validation: Scores
    choice: str


class FittedBaseline(NamedTuple):
    """A simple model that was fitted and chosen on what may be seen of one split.

    Attributes:
        name: the model, the same on every split.
        validation: the model's scores on the validation part, in the units that all splits share.
        score: a part of this split to what the model is worth on it.
        choice: what was chosen on this split's validation part.
        forecast: a part's recordings to the model's forecasts of each; None where it forecasts no numbers from them.
    """

    name: str
    validation: Scores
    score: Callable[[Part], Scores]
    choice: str = ""
    forecast: Callable[[tuple[Recording, ...]], list[Forecasts]] | None = None

    def validated(self) -> ValidatedBaseline:
        """Return what is known before the test, without the model, which may be large."""
        return ValidatedBaseline(self.name, self.validation, self.choice)

    def tested(self, test: FinalTest) -> Baseline:
        """Return what the model reaches on the test of the split that it was fitted on."""
        return Baseline(self.name, self.validation, self.score(test.part()), self.choice)


class Baseline(NamedTuple):
    """What a simple model reaches on one split, after the test.

    Attributes:
        name: the model, the same on every split.
        validation: the model's scores on the validation part, in the units that all splits share.
        test: the model's scores in the test, in the same units.
        choice: what was chosen on this split's validation part.
    """

    name: str
    validation: Scores
    test: Scores
    choice: str = ""
