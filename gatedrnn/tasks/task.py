"""What a task is: data that may be seen, a test for the end, an objective, and how well simple models do on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from jax import Array
    from jaxtyping import Float, Int

Kind = Literal["classification", "step-classification", "step-regression", "forecast", "next-token", "multi-label"]
CLASSES = ("classification", "step-classification", "next-token")
"""Kinds whose targets are classes, one of which is right."""


class Batch(NamedTuple):
    """Sequences beside each other, padded at their ends; T is the same for a part in all splits of a task.

    A sequence of length 0 counts for nothing, so that a batch may be filled up with such.

    Attributes:
        x: inputs ``[T, B, I]``, or what ``Task.encode`` makes such of: tokens ``[T, B]``.
        lengths: steps that exist, ``[B]``.
        y: targets: numbers ``[T, B, D]`` or classes ``[T, B]`` of the steps, or classes ``[B]`` of the sequences.
    """

    x: Float[Array | np.ndarray, "T B I"] | Int[Array | np.ndarray, "T B *I"]
    lengths: Int[Array | np.ndarray, "B"]
    y: Any


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


class Visible(NamedTuple):
    """The parts of a split that may be seen at any time, normalised with statistics of the training part alone.

    Attributes:
        train: what models are fitted to.
        validation: what choices are made on; no sequence of it is in ``train``.
        offset: nats to add to a mean in this split's normalised units, so that all splits share one unit.
    """

    train: Batch
    validation: Batch
    offset: float


class FinalTest(NamedTuple):
    """The part of a split that nobody reads before all choices are made.

    Attributes:
        batch: the same sequences in every split, none of which is in its ``Visible``, whose normalisation they have.
        offset: nats to add to a mean, the same as in the ``Visible`` of this split.
    """

    batch: Batch
    offset: float


class ValidatedBaseline(NamedTuple):
    """What is known of a simple model on one split before the test.

    Attributes:
        name: the model, the same on every split.
        validation: nats per unit of the task on the validation part, in the unit that all splits share.
        choice: what was chosen on this split's validation part, such as ``order 3``.
    """

    name: str
    validation: float
    choice: str


class FittedBaseline(NamedTuple):
    """A simple model that was fitted and chosen on what may be seen of one split.

    Attributes:
        name: the model, the same on every split.
        validation: nats per unit of the task on the validation part, in the unit that all splits share.
        score: sequences of this split to the same nats on them, and the part of classes named right, None where there
            are none.
        choice: what was chosen on this split's validation part.
    """

    name: str
    validation: float
    score: Callable[[Batch], tuple[float, float | None]]
    choice: str = ""

    def validated(self) -> ValidatedBaseline:
        """Return what is known before the test, without the model, which may be large."""
        return ValidatedBaseline(self.name, self.validation, self.choice)

    def tested(self, test: FinalTest) -> Baseline:
        """Return what the model reaches on the test of the split that it was fitted on."""
        nats, accuracy = self.score(test.batch)
        return Baseline(self.name, self.validation, nats, accuracy, self.choice)


class Baseline(NamedTuple):
    """What a simple model reaches on one split, after the test.

    Attributes:
        name: the model, the same on every split.
        validation: nats per unit of the task on the validation part, in the unit that all splits share.
        test: nats per unit of the task in the test, in the same unit.
        accuracy: part of the test classes named right, None where there are none.
        choice: what was chosen on this split's validation part.
    """

    name: str
    validation: float
    test: float
    accuracy: float | None
    choice: str = ""


class Reading(NamedTuple):
    """How raw data became the inputs and targets of one split: what a network needs to read more of them.

    Attributes:
        features: names of the inputs.
        targets: names of the targets, where these are numbers.
        classes: names of the classes, where the targets are such, or of the tokens.
        inputs: mean and deviation of each feature in the training part, ``[I]`` each; None: nothing is normalised.
        outputs: mean and deviation of each target in the training part, ``[D]`` each; None: nothing is normalised.
        window: steps that are read from the initial state on; None: all.
    """

    features: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    inputs: tuple[Any, Any] | None = None
    outputs: tuple[Any, Any] | None = None
    window: int | None = None


def as_it_was_given(seed: int) -> Reading:
    """Return that nothing was done to raw data."""
    del seed
    return Reading()


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
        encode: a batch's ``x`` to the features ``[T, B, in_dim]`` that the network reads, such as one-hot tokens; pure,
            and called inside the program, so that data lie in memory as they were given.
        reading: a seed to what its split did to raw data.
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
    encode: Callable[[Array | np.ndarray], Array | np.ndarray] = as_it_is
    reading: Callable[[int], Reading] = as_it_was_given

    @property
    def classes(self) -> bool:
        """Whether targets are classes, so that accuracy says something."""
        return self.kind in CLASSES

    def identity(self) -> dict[str, str]:
        """Return what tells this task from another one of the same name."""
        return {"name": self.name, "kind": self.kind, "source": self.source, "data_sha256": self.data_sha256}


@dataclass(frozen=True, eq=False, kw_only=True)
class Task(VisibleTask):
    """A task with its test, for the one function of a command that reads it, after all choices are made.

    Attributes:
        read_test: the seed of a split to its test.
    """

    read_test: Callable[[int], FinalTest]
