"""The space of configurations that both cells are searched over."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np
import tyro

from gatedrnn.errors import InputError
from gatedrnn.experiment import limits
from gatedrnn.experiment.changes import DIFFERENCES
from gatedrnn.experiment.initial_weights import INITIAL_WEIGHTS
from gatedrnn.training.early_stopping import Hyper

if TYPE_CHECKING:
    from gatedrnn.tasks.task import VisibleTask

Hyperparameter = Literal[
    "learning_rate", "clip_norm", "dropout", "gate_bias", "initial_weights", "difference", "hidden"
]


class Configuration(TypedDict):
    """What a trial is trained with."""

    learning_rate: float
    """Adam's step size."""
    clip_norm: float
    """Largest global gradient norm."""
    dropout: float
    """On the recurrent outputs."""
    gate_bias: str
    """Start of the bias of the gate that keeps memory: 0, 1 or chrono."""
    initial_weights: str
    """Where recurrent layers start otherwise: own, orthogonal, identity or uniform."""
    difference: str
    """Whether a forecast is the change from the last value: no, yes, or both, where changes are read as well."""
    hidden: int
    """Units of the first cell that were asked for; each cell has as many as an equal budget gives it near that."""


RANGES: tuple[Hyperparameter, ...] = ("learning_rate", "clip_norm")
"""Hyperparameters drawn from a range, which has edges; the others are chosen from a list."""
REACH = 0.5
"""What lies beyond an edge, as a part of the range on its logarithmic axis."""


@dataclasses.dataclass(frozen=True)
class Space:
    """Independent distributions of the hyperparameters.

    Raises:
        InputError: where a range is empty or not positive, or a list of choices is empty.
    """

    learning_rate: tuple[float, float] = (1e-3, 3e-2)
    """Adam's step size: log-uniform between both."""
    clip_norm: tuple[float, float] = (0.3, 10.0)
    """Largest global gradient norm: log-uniform between both."""
    dropout: tuple[float, ...] = (0.0, 0.05, 0.1, 0.2)
    """Dropout on the recurrent outputs: one of these."""
    gate_bias: tuple[Literal["0", "1", "chrono"], ...] = ("0", "1", "chrono")
    """Start of the bias of the gate that keeps memory (LSTM forget, GRU update): one of these."""
    initial_weights: tuple[Literal["own", "orthogonal", "identity", "uniform"], ...] = ("own",)
    """Where the weights of recurrent layers start, one of these: as their cell draws them; recurrent matrices
    orthogonal for each gate, or the identity; or all uniform as PyTorch's, but the bias above."""
    difference: tuple[Literal["no", "yes", "both"], ...] = ("no", "yes", "both")
    """Whether a forecast is the change from the last value; both: changes are read as well. These take turns, the last
    one first, so that a short search has tried them; of other tasks it is not asked."""
    hidden: tyro.conf.Suppress[tuple[int, ...]] = (32,)
    """Units of the first cell: one of these, as the settings have them."""

    def __post_init__(self) -> None:
        """Refuse ranges that nothing can be drawn from, and values that no run can have."""
        limits.check_fields(self)
        for name in RANGES:
            ends = getattr(self, name)
            if len(ends) != 2 or ends[0] > ends[1]:
                raise InputError(f"{name}: expected 0 < low <= high, got {ends}")
        for name in ("dropout", "gate_bias", "initial_weights", "difference", "hidden"):
            if not getattr(self, name):
                raise InputError(f"{name}: expected at least one choice, got none")

    def sample(self, rng: np.random.Generator, trials: int) -> list[Configuration]:
        """Draw configurations, as results.json has them."""

        def log_uniform(low: float, high: float) -> float:
            return float(np.exp(rng.uniform(np.log(low), np.log(high))))

        def one_of(choices: Sequence[Any]) -> Any:  # a single one takes no draw
            return choices[0] if len(choices) == 1 else choices[rng.choice(len(choices))]

        return [
            {
                "learning_rate": log_uniform(*self.learning_rate),
                "clip_norm": log_uniform(*self.clip_norm),
                "dropout": float(rng.choice(self.dropout)),
                "gate_bias": str(rng.choice(self.gate_bias)),
                "difference": self.difference[-1 - k % len(self.difference)],
                "hidden": one_of(self.hidden),
                "initial_weights": one_of(self.initial_weights),
            }
            for k in range(trials)
        ]

    def beyond(self, name: Hyperparameter, side: str) -> Space:
        """Return the space in which that range is replaced by what lies beyond its "lower" or "upper" edge.

        Example:
            >>> Space(clip_norm=(1.0, 4.0)).beyond("clip_norm", "upper").clip_norm
            (4.0, 8.0)
        """
        low, high = getattr(self, name)
        reach = (high / low) ** REACH
        return dataclasses.replace(self, **{name: (low / reach, low) if side == "lower" else (high, high * reach)})

    def of_task(self, task: VisibleTask) -> Space:
        """Return the space without a choice of what is forecast, where a task has no last value to change from."""
        return self if task.anchor is not None else dataclasses.replace(self, difference=("no",))

    def describe(self) -> dict[Hyperparameter, str]:
        """Return each distribution in words; whether changes are forecast is left out where that is no choice."""
        asked: dict[Hyperparameter, str] = {"difference": ", ".join(reversed(self.difference)) + " by turns"}
        return {
            "learning_rate": "log-uniform from {:g} to {:g}".format(*self.learning_rate),
            "clip_norm": "log-uniform from {:g} to {:g}".format(*self.clip_norm),
            "dropout": "one of " + ", ".join(f"{rate:g}" for rate in self.dropout),
            "gate_bias": "one of " + ", ".join(self.gate_bias),
            **(
                {}
                if self.initial_weights == ("own",)
                else {"initial_weights": "one of " + ", ".join(self.initial_weights)}
            ),
            **(asked if self.difference != ("no",) else {}),
            **({} if len(self.hidden) == 1 else {"hidden": "one of " + ", ".join(map(str, self.hidden))}),
        }


def refuse_difference(task: VisibleTask, asked: Sequence[str]) -> None:
    """Refuse to forecast the change from the last value where a task has none.

    Raises:
        InputError: where it is asked for.
    """
    changes = [choice for choice in asked if choice != "no"]
    if task.anchor is None and changes:
        raise InputError(
            f"difference: expected no, as {task.name} has no last value to change from; got {', '.join(changes)}"
        )


def as_hypers(configurations: Sequence[Configuration | Mapping[str, object]]) -> Hyper:
    """Return configurations, which may say more than that, as arrays ``[K]``, to be traced."""

    def column(name: Hyperparameter) -> np.ndarray:
        return np.array([configuration[name] for configuration in configurations], np.float32)

    biases = [limits.GATE_BIASES.index(str(configuration["gate_bias"])) for configuration in configurations]
    changes = [DIFFERENCES.index(str(configuration.get("difference", "no"))) for configuration in configurations]
    rates = column("learning_rate"), column("clip_norm"), column("dropout")
    units = np.array([configuration.get("hidden", 0) for configuration in configurations], np.float32)
    weights = [
        INITIAL_WEIGHTS.index(str(configuration.get("initial_weights", "own"))) for configuration in configurations
    ]
    return Hyper(
        *rates,
        gate_bias=np.array(biases, np.int32),
        difference=np.array(changes, np.int32),
        hidden=units,
        initial_weights=np.array(weights, np.int32),
    )
