"""What a task is: data that may be seen, a test for the end, an objective, and how well simple models do on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from jax import Array

    from gatedrnn.tasks.anchor import Anchor
    from gatedrnn.tasks.metrics import Deciding
    from gatedrnn.tasks.parts import Batch, FinalTest, Score, Visible
    from gatedrnn.tasks.simple_models import FittedBaseline

Kind = Literal["classification", "step-classification", "step-regression", "forecast", "next-token", "multi-label"]
CLASSES = ("classification", "step-classification", "next-token")
"""Kinds whose targets are classes, one of which is right."""


class Reading(NamedTuple):
    """How raw data became the inputs and targets of one split: what a network needs to read more of them.

    Attributes:
        features: names of the inputs.
        targets: names of the targets, where these are numbers.
        classes: names of the classes, where the targets are such, or of the tokens that are looked for.
        tokens: names of the tokens that are read, where something else is looked for.
        inputs: mean and deviation of each feature in the training part, ``[I]`` each; None: nothing is normalised.
        outputs: mean and deviation of each target in the training part, ``[D]`` each; None: nothing is normalised.
        window: steps that are read from the initial state on; None: all.
        horizon: steps from a forecast to what it is about; None where nothing is forecast.
        read: how a file was read, by fields of ``gatedrnn.tasks.question.Question``: what another one is read with.
    """

    features: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    inputs: tuple[Any, Any] | None = None
    outputs: tuple[Any, Any] | None = None
    window: int | None = None
    horizon: int | None = None
    read: Mapping[str, Any] = MappingProxyType({})


def as_it_was_given(seed: int) -> Reading:
    """Return that nothing was done to raw data."""
    del seed
    return Reading()


def as_it_was_read(window: int) -> None:
    """Return that there is no such task: it is not read in windows."""
    del window


def as_it_is(x: Array | np.ndarray) -> Array | np.ndarray:
    """Return the inputs themselves: features need no encoding."""
    return x


@dataclass(frozen=True, eq=False, kw_only=True)
class VisibleTask:
    """A question about data, with everything that is needed to ask a network, and no way to the test.

    What searches, estimates, diagnostics and sweeps are given has this type, so that a type checker refuses one that
    reads the test.

    Attributes:
        name: the name in the table of ``gatedrnn.tasks.registry``.
        title: the question in a few words.
        kind: what is asked of a sequence: its class (``classification``), the class or number of each step
            (``step-classification``, ``step-regression``), the frame a horizon ahead (``forecast``), the next token
            (``next-token``), or which of many labels the next frame has (``multi-label``).
        unit: what ``nats / count`` is called, such as ``nats per frame``.
        in_dim: features that the network reads, I.
        out_dim: features that the network's head gives, as ``score`` wants them.
        source: where the data come from, and their licence.
        data_sha256: the digest of the file that holds the data.
        split: a seed to the parts that may be seen, as NumPy arrays whose shapes don't depend on the seed.
        score: the head's outputs ``[T, B, out_dim]`` and the batch to sums; pure, to be jitted and differentiated.
        baselines: simple models fitted to a split, the strongest on validation first.
        tokens: whether ``x`` are tokens, of which there are ``in_dim``: a network may embed them instead.
        encode: a batch's ``x`` to the features ``[T, B, in_dim]`` that the network reads, such as one-hot tokens; pure,
            and called inside the program, so that data lie in memory as they were given.
        reading: a seed to what the split of that seed did to raw data.
        anchor: which inputs are the last values of the targets, from which a network may forecast the change. None:
            there are none.
        facts: what was understood of the data, in words by what they are about, such as the season: a table that a
            person checks in ten seconds.
        with_window: steps to the same task read in windows of so many, or to None where it is not read in windows;
            raises an ``InputError`` where it has too few steps for that.
        metric: what a verdict rests on unless one asks otherwise; None: what is usual for the kind
            (``gatedrnn.tasks.metrics.metric_of``).
        threshold: the validation loss, in ``unit``, at which a network counts as having solved it; None: it has none.
    """

    name: str
    title: str
    kind: Kind
    unit: str
    in_dim: int
    out_dim: int
    source: str
    data_sha256: str
    split: Callable[[int], Visible]
    score: Callable[[Array, Batch], Score]
    baselines: Callable[[Visible], list[FittedBaseline]]
    tokens: bool = False
    encode: Callable[[Array | np.ndarray], Array | np.ndarray] = as_it_is
    reading: Callable[[int], Reading] = as_it_was_given
    anchor: Anchor | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    with_window: Callable[[int], VisibleTask | None] = as_it_was_read
    metric: Deciding | None = None
    threshold: float | None = None

    @property
    def classes(self) -> bool:
        """Whether targets are classes, so that accuracy says something."""
        return self.kind in CLASSES

    def identity(self) -> dict[str, str]:
        """Return what tells this task from another one of the same name."""
        return {
            "name": self.name,
            "title": self.title,
            "kind": self.kind,
            "source": self.source,
            "data_sha256": self.data_sha256,
        }


@dataclass(frozen=True, eq=False, kw_only=True)
class Task(VisibleTask):
    """A task with its test, for the one function of a command that reads it, after all choices are made.

    Attributes:
        read_test: the seed of a split to its test.
        read_lengths: the seed of a split to a word of each length, from n = 1 on, those of the test among them; None
            where words have no such length.
    """

    read_test: Callable[[int], FinalTest]
    read_lengths: Callable[[int], FinalTest] | None = None
