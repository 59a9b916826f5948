"""One training run of one cell on one task: what ``gatedrnn train`` does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import jax
import tyro

from gatedrnn.cells.registry import HELP, make_cell
from gatedrnn.experiment import provenance
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.folder import claim
from gatedrnn.experiment.network import evaluate, make_loss, make_run
from gatedrnn.experiment.space import as_hypers
from gatedrnn.experiment.trials import score_entry, trial_entry
from gatedrnn.files import write_json
from gatedrnn.tasks import registry
from gatedrnn.training.checkpoint import Checkpoints
from gatedrnn.training.early_stopping import Data
from gatedrnn.training.hosts import is_first
from gatedrnn.training.plan import Plan
from gatedrnn.training.population import member, population

if TYPE_CHECKING:
    from gatedrnn.training.early_stopping import EarlyStoppingState


@dataclasses.dataclass(frozen=True)
class TrainSettings:
    """One network and how it is trained."""

    task: str = "japanese-vowels-forecast"
    """Name of the task, as `gatedrnn tasks` lists it."""
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


def train(
    settings: TrainSettings, out: Path, *, on_segment: Callable[[EarlyStoppingState, float], None] | None = None
) -> dict[str, Any]:
    """Train one network, with a checkpoint after each segment, and test its best parameters once.

    Called again with the same folder, it goes on from the newest checkpoint, to the same parameters bit for bit.

    Args:
        settings: the cell, the task and how to train.
        out: folder of checkpoints and of result.json.
        on_segment: called with the state and the split's offset in nats after each segment.

    Returns:
        What result.json holds: settings, device, the trial's curve, and the test score in the task's unit.

    Raises:
        InputError: where a name is unknown, there are fewer devices than asked for, the folder holds a run with other
            settings, or the network is not for the task.
    """
    task = registry.load(settings.task)
    settings.architecture.refuse_for(task)
    claim(out, dataclasses.asdict(settings))
    visible = task.split(settings.seed)
    cell = make_cell(settings.cell, settings.hidden)
    sizes = {name: getattr(settings, name) for name in ("batch_size", "max_epochs", "patience")}
    run = dataclasses.replace(
        make_run(cell, task, visible.train, **sizes, architecture=settings.architecture),
        loss=make_loss(cell, task, settings.architecture, spread=settings.devices > 1),
        segment=settings.segment,
    )
    with Checkpoints(out / "checkpoints") as store:
        members = population(
            run,
            as_hypers([dataclasses.asdict(settings)]),
            jax.random.split(jax.random.key(settings.seed), 1),
            Data(visible.train, visible.validation),
            Plan(batch=settings.devices),
            store=store,
            on_segment=None if on_segment is None else lambda m: on_segment(member(m.states, 0), visible.offset),
        )
    state = member(members.states, 0)
    test = task.read_test(settings.seed)
    score = jax.jit(partial(evaluate, cell, task, architecture=settings.architecture))(state.best_params, test.batch)
    result = {
        "settings": dataclasses.asdict(settings),
        "device": provenance.device(),
        "unit": task.unit,
        "trial": trial_entry(state, visible.offset),
        "test": score_entry(score, test.offset, classes=task.classes),
    }
    if is_first():
        write_json(out / "result.json", result)
    return result
