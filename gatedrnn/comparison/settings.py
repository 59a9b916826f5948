"""What a comparison is asked to do."""

from __future__ import annotations

import dataclasses
import json
from functools import partial
from typing import Annotated, Any, Literal

import tyro

from gatedrnn.arguments import choice
from gatedrnn.cells.registry import HELP, cell_maker, make_cell
from gatedrnn.costs.matching import BUDGETS
from gatedrnn.errors import InputError
from gatedrnn.experiment import limits
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.initial_weights import refuse_initial_weights
from gatedrnn.experiment.memory import Sizes, needed, refuse_too_large
from gatedrnn.experiment.space import Space
from gatedrnn.tasks import registry
from gatedrnn.tasks.censored import CENSORED_NAMES, CensoredName, scored_metric
from gatedrnn.tasks.metrics import DECIDING, Deciding, deciding
from gatedrnn.tasks.task import Task, VisibleTask


@dataclasses.dataclass(frozen=True)
class Settings:
    """Budget and protocol of ``gatedrnn compare``.

    Raises:
        InputError: where a number makes no comparison.
    """

    tasks: tuple[str | Task, ...] = ("japanese-vowels-forecast", "japanese-vowels-speaker")
    """Names of the tasks, as `gatedrnn tasks` lists them; from Python also tasks themselves."""
    cells: Annotated[tuple[str, ...], tyro.conf.arg(help=f"Two or more of {HELP}")] = ("LSTM", "GRU")
    hidden: tuple[int, ...] = (32,)
    """Units of the first cell, near which equal sizes are sought; of several, each configuration draws one."""
    matching: Literal["parameters", "width", "flops", "time"] = "parameters"
    """What is made equal, recurrent layers and head counted: parameters, units, FLOPs or measured time of a step."""
    sizes: tuple[int, ...] | None = None
    """Units of each cell, instead of matching."""
    replicates: int = 8
    """Repetitions of the whole procedure, each with its own split, configurations and seed."""
    trials: int | None = 16
    """Random configurations in a replicate, shared by all cells; None where minutes alone are the budget."""
    minutes: float | None = None
    """Minutes of training on each task, split evenly between replicates; all cells train at the same time, and try
    the same configurations, as many as the slowest has time for."""
    max_epochs: int = 300
    """Cap on the epochs of one training run."""
    patience: int = 20
    """Epochs without a better validation loss after which a run stops."""
    batch_size: int = 36
    """Sequences in an optimiser step; all of the training part where it has fewer."""
    extend: bool = True
    """Whether a range or a cap on which the best runs lie is extended once, for all cells."""
    equivalence: float = 0.02
    """Region of practical equivalence: this part of what the best cell gains over the strongest simple baseline."""
    metric: Deciding | CensoredName | None = None
    """What the verdict rests on; none: the root mean squared error of recorded numbers, nats of classes, tokens and
    labels, unless a task says another. With steps-to-threshold or longest-length these still select among trials."""
    threshold: float | None = None
    """Validation loss, in nats, that steps-to-threshold asks for; none: the task's own."""
    full: bool = False
    """Whether scores on 10 and 30 % of the training data are added, what the gates do before and after training, and
    whether half the window or twice as much would give another verdict."""
    seed: int = 0
    """Everything random follows from it."""
    space: Space = dataclasses.field(default_factory=Space)
    """Where configurations are drawn from, the same for all cells."""
    architecture: Architecture = dataclasses.field(default_factory=Architecture)
    """What stands around the cell, the same for all cells."""

    def __post_init__(self) -> None:
        """Refuse what makes no comparison."""
        limits.check_fields(self, {"metric": partial(choice, choices=(*DECIDING, *CENSORED_NAMES))})
        limits.refuse_too_many("trials", self.replicates * (self.trials or 1))
        if self.trials is None and self.minutes is None:
            raise InputError("trials, minutes: expected at least one budget, got none")
        self._check_threshold()
        for name, kind in (("space", Space), ("architecture", Architecture)):
            if not isinstance(getattr(self, name), kind):
                raise InputError(f"{name}: expected {kind.__name__}, got {getattr(self, name)!r}")
        self._check_tasks()
        self._check_cells()

    def refuse_unfit(self) -> None:
        """Refuse tasks that lack the metric asked for, that the networks are not for, or that take too much memory.

        Not at construction: a command line is read before its file, which then takes the place of the tasks.

        Raises:
            InputError: where a task is unfit.
        """
        for task in map(registry.load, self.tasks):
            self.architecture.refuse_for(task)
            self._refuse_metric(task)
            self._refuse_initial_weights(task)
            self._refuse_too_large(task)

    @property
    def scored(self) -> Deciding | None:
        """What scores are reckoned in, which select among trials; None: the task's default."""
        return scored_metric(self.metric)

    def threshold_of(self, task: VisibleTask) -> float | None:
        """Return the validation loss that steps are counted to; None where neither settings nor task say one."""
        return task.threshold if self.threshold is None else self.threshold

    def _refuse_metric(self, task: Task) -> None:
        """Refuse a metric that a task does not have."""
        if self.metric == "steps-to-threshold" and self.threshold_of(task) is None:
            raise InputError(
                f"threshold: expected a validation loss in {task.unit}, as {task.name} has none of its own; got none"
            )
        if self.metric == "longest-length" and task.read_lengths is None:
            raise InputError(
                f"metric: expected another for {task.name}, of which there is no word of each length; got "
                f"{self.metric!r}"
            )
        if self.scored is not None and self.scored not in (known := deciding(task.kind)):
            raise InputError(f"metric: expected one of {', '.join(known)} for {task.name}, got {self.metric!r}")

    def _refuse_initial_weights(self, task: VisibleTask) -> None:
        """Refuse weights that a cell cannot start with."""
        for name in self.cells:
            cell = make_cell(name, max(self.sizes or self.hidden))
            refuse_initial_weights(cell, self.architecture.width(task.in_dim), self.space.initial_weights)

    def _check_threshold(self) -> None:
        if self.threshold is not None and self.metric != "steps-to-threshold":
            raise InputError(f"threshold: expected none unless the metric is steps-to-threshold, got {self.threshold}")
        if self.minutes is not None and self.metric == "steps-to-threshold":
            raise InputError(
                "minutes: expected none with steps-to-threshold, as a clock ends runs after different numbers of "
                f"steps; got {self.minutes!r}. Give trials"
            )

    def space_of(self, task: VisibleTask) -> Space:
        """Return where a task's configurations are drawn from."""
        return dataclasses.replace(self.space.of_task(task), hidden=tuple(sorted(self.hidden)))

    def _refuse_too_large(self, task: VisibleTask) -> None:
        """Refuse networks that do not fit into memory: all cells train at the same time."""
        train, around = task.split(self.seed).train, self.architecture
        makers = [cell_maker(name) for name in self.cells]

        def estimate(sizes: Sizes) -> int:
            return sum(needed(sizes, make, task, train, bidirectional=around.bidirectional) for make in makers)

        asked = Sizes(
            max(self.sizes or self.hidden),
            around.layers,
            around.embed,
            self.batch_size,
            self.max_epochs,
            self.trials or 1,
        )
        units = ("sizes", self.sizes) if self.sizes else ("hidden", asked.hidden)
        refuse_too_large(asked, estimate, said={"hidden": units, "members": ("trials", self.trials)})

    def _check_tasks(self) -> None:
        if not isinstance(self.tasks, tuple) or not all(isinstance(task, str | VisibleTask) for task in self.tasks):
            raise InputError(f"tasks: expected names of tasks or tasks, got {self.tasks!r}")
        if not self.tasks:
            raise InputError("tasks: expected at least one, got none")
        registry.refuse_unknown(*self.tasks, argument="tasks")
        if len(set(self.task_names)) != len(self.tasks):
            raise InputError(f"tasks: expected different names, got {', '.join(self.task_names)}")

    def _check_cells(self) -> None:
        if not isinstance(self.cells, tuple) or not all(isinstance(name, str) for name in self.cells):
            raise InputError(f"cells: expected names of cells, got {self.cells!r}")
        if len(self.cells) < 2 or len(set(self.cells)) < len(self.cells):
            raise InputError(f"cells: expected two or more different ones, got {', '.join(self.cells)}")
        for name in self.cells:
            cell_maker(name)
        if self.matching not in BUDGETS:
            raise InputError(f"matching: expected one of {', '.join(BUDGETS)}; got {self.matching!r}")
        if self.sizes is not None and len(self.sizes) != len(self.cells):
            raise InputError(f"sizes: expected one for each of {len(self.cells)} cells, got {self.sizes!r}")
        if not self.hidden or len(set(self.hidden)) < len(self.hidden):
            raise InputError(f"hidden: expected one or more different numbers, got {self.hidden!r}")
        if self.sizes is not None and len(self.hidden) > 1:
            raise InputError(f"sizes: expected none where several hidden sizes are tried, got {self.sizes!r}")

    @property
    def task_names(self) -> tuple[str, ...]:
        """What the tasks are called."""
        return tuple(map(registry.name_of, self.tasks))

    def _space(self) -> dict[str, Any]:
        """Return the space without what other settings say."""
        return {name: value for name, value in dataclasses.asdict(self.space).items() if name != "hidden"}

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON has them; of a task that is not registered, what tells its data from others."""
        tasks = [registry.identity(task) for task in self.tasks]
        inner = {"space": self._space(), "architecture": self.architecture.entry()}
        return json.loads(json.dumps({**vars(self), **inner, "tasks": tasks}))
