"""What a task is: data that may be seen, a test for the end, an objective, and how well simple models do on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Float, Int, Shaped

    from gatedrnn.tasks.anchor import Anchor
    from gatedrnn.tasks.metrics import Deciding

Kind = Literal["classification", "step-classification", "step-regression", "forecast", "next-token", "multi-label"]
CLASSES = ("classification", "step-classification", "next-token")
"""Kinds whose targets are classes, one of which is right."""
Scores = Mapping[str, float]
"""What a forecast is worth by each metric, by the names of ``gatedrnn.tasks.metrics``."""


class Batch(NamedTuple):
    """Sequences beside each other, padded at their ends; T is the same for a part in all splits of a task.

    A sequence of length 0 counts for nothing, so that a batch may be filled up with such.

    Attributes:
        x: inputs ``[T, B, I]``, or what ``Task.encode`` makes such of: tokens ``[T, B]``.
        lengths: steps that exist, ``[B]``.
        y: targets: numbers ``[T, B, D]`` or classes ``[T, B]`` of the steps, or classes ``[B]`` of the sequences.
        warm: steps at the start of each sequence that are read but not scored, ``[B]``: real history, which a network
            would have before its first forecast. None: every step is scored.
    """

    x: Float[Array | np.ndarray, "T B I"] | Int[Array | np.ndarray, "T B *I"]
    lengths: Int[Array | np.ndarray, "B"]
    y: Any
    warm: Int[Array | np.ndarray, "B"] | None = None

    def scored(self) -> Bool[Array | np.ndarray, "T B"]:
        """Return which steps are scored: those that exist, less those that only warm up.

        Example:
            >>> import numpy as np
            >>> part = Batch(np.zeros((4, 2, 1)), np.array([4, 2]), None, warm=np.array([1, 0]))
            >>> part.scored().astype(int).T.tolist()
            [[0, 1, 1, 1], [1, 1, 0, 0]]
        """
        steps = np.arange(len(self.x))[:, None]
        there = steps < self.lengths
        return there if self.warm is None else there & (steps >= self.warm)

    def take(self, chosen: Any) -> Batch:
        """Return the sequences with these indices, a slice or flags, on the host or traced."""
        y = self.y[chosen] if self.y.ndim == 1 else self.y[:, chosen]
        warm = None if self.warm is None else self.warm[chosen]
        return Batch(self.x[:, chosen], self.lengths[chosen], y, warm)


class Score(NamedTuple):
    """Sums over a batch, so that batches add up; ``nats / count`` is the mean.

    Attributes:
        nats: negative log-likelihood of all targets.
        correct: how many classes were named right; 0 where there are no classes.
        count: how many targets there are: frames or sequences, the task's unit.
    """

    nats: Float[Array, ""]
    correct: Float[Array, ""]
    # tuple.count, which this hides, counts equal fields: nothing that one asks of a score.
    count: Float[Array, ""]  # pyright: ignore[reportIncompatibleMethodOverride]


class Scale(NamedTuple):
    """From the normalised numbers of a split to the user's units, and what errors are held against.

    Attributes:
        mean: the user's value of a normalised 0, ``[D]``.
        deviation: the user's units in a normalised 1, ``[D]``.
        unit: deviation of each target in all that is not the test, ``[D]``: the same for all splits.
        naive: mean absolute error of the seasonal-naive forecast in all that is not the test, ``[D]``, in the user's
            units: what a mean absolute scaled error divides by (Hyndman and Koehler 2006).
    """

    mean: Float[np.ndarray, "D"]
    deviation: Float[np.ndarray, "D"]
    unit: Float[np.ndarray, "D"]
    naive: Float[np.ndarray, "D"]


class Recording(NamedTuple):
    """A sequence as a forecaster has it, in the user's units: all its past, up to the end of a part.

    The number that belongs to step t is forecast ``ahead`` steps before. Scored are the forecasts that are made at the
    steps t with ``first <= t < n - ahead``, of ``y[t + ahead]``, from ``x[:t + 1]`` and ``y[:t + 1]``; where ``ahead``
    is 0, from ``x[:t + 1]`` alone.

    Attributes:
        x: what a forecaster may read, ``[n, I]``.
        y: what is looked for at each step, ``[n, D]``.
        first: the first step at which a forecast is made that counts.
        ahead: steps from a forecast to what it is about.
        times: when each step was, ``[n]``, as dates or numbers; None where that is not known.
        name: what the sequence is called; empty where it has no name.
    """

    x: Float[np.ndarray, "n I"]
    y: Float[np.ndarray, "n D"]
    first: int
    ahead: int
    times: Shaped[np.ndarray, "n"] | None = None
    name: str = ""


class Past(NamedTuple):
    """The sequences of both visible parts with all that came before them; nothing in it is of the test."""

    train: tuple[Recording, ...]
    validation: tuple[Recording, ...]


class Part(NamedTuple):
    """What is scored: sequences that a network reads, and the same ones as forecasters read them.

    Attributes:
        batch: the sequences as a network reads them, normalised.
        offset: nats to add to a mean in this split's normalised units, so that all splits share one unit.
        scale: how to get back to the user's units; None where targets are no numbers.
        recordings: the same sequences with all that came before them; None where a task has no such.
    """

    batch: Batch
    offset: float
    scale: Scale | None = None
    recordings: tuple[Recording, ...] | None = None


class Visible(NamedTuple):
    """The parts of a split that may be seen at any time, normalised with statistics of the training part alone.

    Attributes:
        train: what models are fitted to.
        validation: what choices are made on; no sequence of it is in ``train``.
        offset: nats to add to a mean in this split's normalised units, so that all splits share one unit.
        scale: how to get back to the user's units; None where targets are no numbers.
        past: the sequences of both parts with all that came before them; None where a task has no such.
    """

    train: Batch
    validation: Batch
    offset: float
    scale: Scale | None = None
    past: Past | None = None

    def validated(self) -> Part:
        """Return the validation part as something to be scored."""
        return Part(self.validation, self.offset, self.scale, None if self.past is None else self.past.validation)


class FinalTest(NamedTuple):
    """The part of a split that nobody reads before all choices are made.

    Attributes:
        batch: the same sequences in every split, none of which is in its ``Visible``, whose normalisation they have.
        offset: nats to add to a mean, the same as in the ``Visible`` of this split.
        scale: the same as in the ``Visible`` of this split.
        recordings: the same sequences with all that came before them; None where a task has no such.
    """

    batch: Batch
    offset: float
    scale: Scale | None = None
    recordings: tuple[Recording, ...] | None = None

    def part(self) -> Part:
        """Return the test as something to be scored."""
        return Part(*self)


class Forecasts(NamedTuple):
    """What a model forecasts of one recording, for each step that is scored, in the user's units.

    Attributes:
        mean: what is expected of each target, ``[N, D]``.
        deviation: the standard deviation around it, ``[N, D]``.
    """

    mean: Float[np.ndarray, "N D"]
    deviation: Float[np.ndarray, "N D"]


class ValidatedBaseline(NamedTuple):
    """What is known of a simple model on one split before the test.

    Attributes:
        name: the model, the same on every split.
        validation: what it is worth on the validation part, in the units that all splits share.
        choice: what was chosen on this split's validation part, such as ``order 3``.
    """

    name: str
    validation: Scores
    choice: str


class FittedBaseline(NamedTuple):
    """A simple model that was fitted and chosen on what may be seen of one split.

    Attributes:
        name: the model, the same on every split.
        validation: what it is worth on the validation part, in the units that all splits share.
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
        validation: what it is worth on the validation part, in the units that all splits share.
        test: what it is worth in the test, in the same units.
        choice: what was chosen on this split's validation part.
    """

    name: str
    validation: Scores
    test: Scores
    choice: str = ""


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
        out_dim: features that its head gives, as ``score`` wants them.
        source: where the data come from, and their licence.
        data_sha256: the digest of the file that holds the data.
        split: a seed to the parts that may be seen, as NumPy arrays whose shapes don't depend on the seed.
        score: the head's outputs ``[T, B, out_dim]`` and the batch to sums; pure, to be jitted and differentiated.
        baselines: simple models fitted to a split, the strongest on validation first.
        tokens: whether ``x`` are tokens, of which there are ``in_dim``: a network may embed them instead.
        encode: a batch's ``x`` to the features ``[T, B, in_dim]`` that the network reads, such as one-hot tokens; pure,
            and called inside the program, so that data lie in memory as they were given.
        reading: a seed to what its split did to raw data.
        anchor: which inputs are the last values of the targets, from which a network may forecast the change. None:
            there are none.
        facts: what was understood of the data, in words by what they are about, such as the season: a table that a
            person checks in ten seconds.
        with_window: steps to the same task read in windows of so many, or to None where it is not read in windows;
            raises an ``InputError`` where it has too few steps for that.
        metric: what a verdict rests on unless one asks otherwise; None: what is usual for the kind
            (``gatedrnn.tasks.metrics.metric_of``).
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
    """

    read_test: Callable[[int], FinalTest]
