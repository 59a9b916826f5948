"""One training run of one cell on one task: what ``gatedrnn train`` does."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import jax
import tyro

from gatedrnn.arguments import instance
from gatedrnn.cells.registry import HELP, cell_maker, make_cell
from gatedrnn.errors import InputError
from gatedrnn.experiment import limits, provenance
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.folder import RunFolder
from gatedrnn.experiment.initial_weights import refuse_initial_weights
from gatedrnn.experiment.measure import Measure
from gatedrnn.experiment.memory import Sizes, needed, refuse_too_large
from gatedrnn.experiment.network import RunSizes, make_loss, make_run
from gatedrnn.experiment.reckoning import reckoning
from gatedrnn.experiment.result import TrainResult, strongest, tested_entry
from gatedrnn.experiment.saving import MODEL, can_be_saved, description, save
from gatedrnn.experiment.space import as_hypers, refuse_difference
from gatedrnn.experiment.trials import trial_entry
from gatedrnn.files import write_json
from gatedrnn.tasks import registry
from gatedrnn.tasks.metrics import Deciding
from gatedrnn.tasks.task import Task
from gatedrnn.training.checkpoint import Checkpoints
from gatedrnn.training.early_stopping import Data
from gatedrnn.training.hosts import is_first
from gatedrnn.training.member import member
from gatedrnn.training.plan import Plan
from gatedrnn.training.population import population

if TYPE_CHECKING:
    from gatedrnn.experiment.trials import RunEntry
    from gatedrnn.tasks.parts import Batch
    from gatedrnn.training.early_stopping import EarlyStopping, EarlyStoppingState
    from gatedrnn.types import Cell, Params

FILES = ("result.json", f"{MODEL}.json", f"{MODEL}.safetensors")
STORES = ("checkpoints/",)
CONFIGURATION = ("learning_rate", "clip_norm", "dropout", "gate_bias", "initial_weights", "difference")


@dataclasses.dataclass(frozen=True)
class TrainSettings:
    """One network and how it is trained.

    Raises:
        InputError: where no network can be trained so, or there is no task of that name.
    """

    task: str | Task = "japanese-vowels-forecast"
    """Name of the task, as `gatedrnn tasks` lists it; from Python also a task itself."""
    cell: Annotated[str, tyro.conf.arg(help=HELP)] = "GRU"
    hidden: int = 32
    """Units of the recurrent layer."""
    learning_rate: float = 1e-2
    """Adam's step size."""
    clip_norm: float = 1.0
    """Largest global gradient norm."""
    dropout: float = 0.0
    """Dropout on the recurrent outputs."""
    gate_bias: Literal["0", "1", "chrono"] = "1"
    """Start of the bias of the gate that keeps memory: an LSTM's forget gate, a GRU's update gate."""
    initial_weights: Literal["own", "orthogonal", "identity", "uniform"] = "own"
    """Where the weights of recurrent layers start: as their cell draws them; recurrent matrices orthogonal for each
    gate, or the identity; or all uniform as PyTorch's, but the bias above."""
    difference: Literal["no", "yes", "both"] = "no"
    """Whether a forecast is the change from the last value."""
    metric: Deciding | None = None
    """What the strongest simple baseline is chosen by, and the test score told in; none: the root mean squared error of
    recorded numbers, nats of classes, tokens and labels, unless a task says another."""
    batch_size: int = 36
    """Sequences in an optimiser step."""
    max_epochs: int = 300
    """Cap on epochs."""
    patience: int = 20
    """Epochs without a better validation loss after which training stops."""
    seed: int = 0
    """Split, initial parameters, order and dropout follow from it."""
    segment: int = 25
    """Epochs between two checkpoints."""
    devices: int = 1
    """Devices that share each batch; on CPU the command asks JAX for so many. Other numbers round differently.
    Several processes have them together, or with 1 train the same network each."""
    architecture: Architecture = dataclasses.field(default_factory=Architecture)
    """What stands around the cell."""

    def __post_init__(self) -> None:
        """Refuse what no network can be trained with."""
        limits.check_fields(self)
        if not isinstance(self.architecture, Architecture):
            raise InputError(f"architecture: expected Architecture, got {self.architecture!r}")
        registry.refuse_unknown(self.task)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON has them; of a task that is not registered, what tells its data from others."""
        return {**vars(self), "task": registry.identity(self.task), "architecture": self.architecture.entry()}


def train(
    settings: TrainSettings,
    out: Path,
    *,
    on_segment: Callable[[EarlyStoppingState, float], None] | None = None,
    on_baselines: Callable[[], None] | None = None,
) -> TrainResult:
    """Train one network, with a checkpoint after each segment, and test its best parameters once.

    Called again with the same folder, it goes on from the newest checkpoint, to the same parameters bit for bit. Beside
    the network stands the simple baseline that is the strongest in validation.

    Args:
        settings: the cell, the task and how to train.
        out: folder of checkpoints, of result.json, and of the network's files.
        on_segment: called with the state and the split's offset in nats after each segment.
        on_baselines: called before simple baselines are fitted, which follows training.

    Returns:
        What result.json holds.

    Raises:
        InputError: where a name is unknown, the task has no such metric or no last value to change from, the network is
            not for it or does not fit into memory, there are fewer devices than asked for, or the folder holds a run
            with other settings.
    """
    instance("settings", settings, TrainSettings)
    task = registry.load(settings.task)
    cell = _cell_for(task, settings)
    visible = task.split(settings.seed)
    refuse_too_large_for(task, settings, visible.train)
    reckoned = reckoning(task, settings.metric, visible, settings.seed)
    run = _run(cell, task, visible.train, settings)
    data = Data(visible.train, visible.validation)
    with RunFolder(out, settings.as_dict(), FILES, STORES) as folder:
        state = _trained(run, settings, data, folder.path, visible.offset, on_segment)
        if on_baselines is not None:
            on_baselines()
        fitted = strongest(task.baselines(visible), reckoned.metric)
        # Parameters and baseline are chosen. Only now is the test part read.
        test = task.read_test(settings.seed)
        measure, params = Measure(cell, task, settings.metric, settings.architecture), state.best_params
        result: TrainResult = {
            "settings": settings.as_dict(),
            "device": provenance.device(),
            "title": task.title,
            "unit": task.unit,
            "facts": dict(task.facts),
            "metric": reckoned.entry(reckoned.metric),
            "trial": trial_entry(state, visible.offset),
            "validation": dict(measure.scores(params, visible.validated())),
            "test": dict(measure.scores(params, test.part())),
            "baseline": None if fitted is None else tested_entry(fitted.tested(test)),
        }
        if is_first():
            save_network(task, settings, cell, params, result["trial"], folder)
            write_json(folder.path / "result.json", result, writer=folder.written)
    return result


def _cell_for(task: Task, settings: TrainSettings) -> Cell:
    """Return the cell, after what does not fit the task or the cell is refused."""
    settings.architecture.refuse_for(task)
    cell = make_cell(settings.cell, settings.hidden, "cell")
    refuse_difference(task, (settings.difference,))
    refuse_initial_weights(cell, settings.architecture.width(task.in_dim), (settings.initial_weights,))
    return cell


def refuse_too_large_for(task: Task, settings: TrainSettings, train: Batch) -> None:
    """Refuse a network that does not fit into memory, before any of it is made.

    Args:
        task: the task that a network would be trained on.
        settings: the sizes of the network and of its training.
        train: the training part, for its shapes.

    Raises:
        InputError: where it does not fit; names what makes it so large.
    """
    around, make = settings.architecture, cell_maker(settings.cell)
    asked = Sizes(settings.hidden, around.layers, around.embed, settings.batch_size, settings.max_epochs)
    refuse_too_large(asked, lambda sizes: needed(sizes, make, task, train, bidirectional=around.bidirectional))


def _run(cell: Cell, task: Task, train: Batch, settings: TrainSettings) -> EarlyStopping:
    sizes = RunSizes(settings.batch_size, settings.max_epochs, settings.patience)
    return dataclasses.replace(
        make_run(cell, task, train, sizes, architecture=settings.architecture, weights=(settings.initial_weights,)),
        loss=make_loss(cell, task, settings.architecture, spread=settings.devices > 1),
        segment=settings.segment,
    )


def _trained(
    run: EarlyStopping,
    settings: TrainSettings,
    data: Data,
    out: Path,
    offset: float,
    on_segment: Callable[[EarlyStoppingState, float], None] | None,
) -> EarlyStoppingState:
    """Return the state at the end of training, from the newest checkpoint on."""
    with Checkpoints(out / "checkpoints") as store:
        members = population(
            run,
            as_hypers([vars(settings)]),
            jax.random.split(jax.random.key(settings.seed), 1),
            data,
            Plan(batch=settings.devices),
            store=store,
            on_segment=None if on_segment is None else lambda m: on_segment(member(m.states, 0), offset),
        )
    return member(members.states, 0)


def save_network(
    task: Task, settings: TrainSettings, cell: Cell, params: Params, trial: RunEntry, folder: RunFolder
) -> None:
    """Save a trained network in a run's folder, from where ``gatedrnn predict`` takes it.

    A task that encodes its inputs in a way of its own cannot be saved, and is left out; so is a cell whose
    configuration is no plain data, with a warning.
    """
    if not can_be_saved(task):
        return
    try:
        described = description(task, settings.cell, cell, task.reading(settings.seed), settings.architecture)
    except InputError as error:  # a training of hours does not fail because of what it cannot save
        warnings.warn(f"the network is not saved: {error}", stacklevel=2)
        return
    choice = {
        "seed": settings.seed,
        "configuration": {name: getattr(settings, name) for name in CONFIGURATION},
        "validation": trial["validation"],
    }
    save(folder.path / MODEL, params, {**described, **choice}, writer=folder.written)
