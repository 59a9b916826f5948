"""What a sweep is asked to do."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Annotated, Any, Literal

import tyro

from gatedrnn.cells.registry import HELP, cell_maker
from gatedrnn.errors import InputError
from gatedrnn.experiment import limits
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.tasks import registry
from gatedrnn.tasks.metrics import Deciding
from gatedrnn.tasks.task import Task

STATIC = ("cell", "hidden")
"""What changes a shape or the program: one compilation for each combination."""
RANGES = ("learning_rate", "clip_norm", "recurrent_scale")
"""What random sampling draws between the smallest and the largest value given; of the rest it draws one."""
HYPERPARAMETERS = (*STATIC, *RANGES, "weight_decay", "dropout", "gate_bias", "initial_weights", "difference")


@dataclasses.dataclass(frozen=True)
class SweepSettings:
    """Which hyperparameters are tried, and how each member is trained.

    Raises:
        InputError: where a number makes no sweep.
    """

    task: str | Task = "japanese-vowels-forecast"
    """Name of the task, as `gatedrnn tasks` lists it; from Python also a task itself."""
    sampling: Literal["random", "grid"] = "random"
    """Independent draws, or all combinations of the values given."""
    draws: int = 32
    """Configurations of random sampling."""
    seeds: int = 1
    """Members of each configuration, which differ in initial parameters, order and dropout."""
    cell: Annotated[tuple[str, ...], tyro.conf.arg(help=HELP)] = ("LSTM", "GRU")
    hidden: tuple[int, ...] = (32,)
    """Units of the recurrent layer."""
    learning_rate: tuple[float, ...] = (1e-3, 3e-2)
    """Adam's step size. Random: log-uniform between the smallest and the largest."""
    clip_norm: tuple[float, ...] = (1.0,)
    """Largest global gradient norm. Random: log-uniform between the smallest and the largest."""
    recurrent_scale: tuple[float, ...] = (1.0,)
    """Gain of the initial recurrent matrices. Random: log-uniform between the smallest and the largest."""
    weight_decay: tuple[float, ...] = (0.0,)
    """Decoupled: parameters lose this times the learning rate of themselves in a step."""
    dropout: tuple[float, ...] = (0.0,)
    """Dropout on the recurrent outputs."""
    gate_bias: tuple[Literal["0", "1", "chrono"], ...] = ("1",)
    """Start of the bias of the gate that keeps memory: an LSTM's forget gate, a GRU's update gate."""
    initial_weights: tuple[Literal["own", "orthogonal", "identity", "uniform"], ...] = ("own",)
    """Where the weights of recurrent layers start: as their cell draws them; recurrent matrices orthogonal for each
    gate, or the identity; or all uniform as PyTorch's, but the bias above."""
    difference: tuple[Literal["no", "yes", "both"], ...] = ("no",)
    """Whether a forecast is the change from the last value; both: changes are read as well."""
    batch_size: int = 36
    """Sequences in an optimiser step; all of the training part where it has fewer."""
    max_epochs: int = 300
    """Cap on epochs."""
    patience: int = 20
    """Epochs without a better validation loss after which a member stops."""
    segment: int = 25
    """Epochs between two looks at all members."""
    seed: int = 0
    """The split, the draws and the seeds of members follow from it."""
    metric: Deciding | None = None
    """What members are scored by in validation; None: RMSE of recorded numbers, else nats, which always train them."""
    architecture: Architecture = dataclasses.field(default_factory=Architecture)
    """What stands around the cell, the same for all members."""

    def __post_init__(self) -> None:
        """Refuse what makes no sweep."""
        limits.check_fields(self)
        if not isinstance(self.architecture, Architecture):
            raise InputError(f"architecture: expected Architecture, got {self.architecture!r}")
        registry.refuse_unknown(self.task)
        for name in HYPERPARAMETERS:
            limits.refuse_repeated(name, getattr(self, name))
        for name in self.cell:
            cell_maker(name, "cell")
        if self.sampling == "grid":
            combinations = math.prod(len(getattr(self, name)) for name in HYPERPARAMETERS)
            limits.refuse_too_many("sampling", combinations * self.seeds)
        limits.refuse_too_many("draws", self.draws * self.seeds)
        limits.refuse_too_many_seeds(self.seed, self.seeds)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON has them; of a task that is not registered, what tells its data from others."""
        inner = {"task": registry.identity(self.task), "architecture": self.architecture.entry()}
        return json.loads(json.dumps({**vars(self), **inner}))
