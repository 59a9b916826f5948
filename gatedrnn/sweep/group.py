"""The members of a sweep that one program trains: one cell of one size, all else traced."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

from gatedrnn.cells.gate_bias import scale_recurrent
from gatedrnn.cells.held import held
from gatedrnn.errors import InputError
from gatedrnn.experiment.changes import DIFFERENCES
from gatedrnn.experiment.initial_weights import INITIAL_WEIGHTS
from gatedrnn.experiment.limits import GATE_BIASES
from gatedrnn.experiment.network import RunSizes, make_run
from gatedrnn.experiment.trials import curve_entry, trial_entry
from gatedrnn.training.member import member
from gatedrnn.training.step import adamw

if TYPE_CHECKING:
    from gatedrnn.experiment.measure import Measure
    from gatedrnn.sweep.schema import MemberEntry, SweepConfiguration
    from gatedrnn.sweep.settings import SweepSettings
    from gatedrnn.tasks.parts import Batch, Visible
    from gatedrnn.tasks.task import VisibleTask
    from gatedrnn.training.early_stopping import EarlyStopping, EarlyStoppingState
    from gatedrnn.types import Cell, Params


class SweepHyper(NamedTuple):
    """Traced hyperparameters, each ``[K]``."""

    learning_rate: Any
    clip_norm: Any
    recurrent_scale: Any
    weight_decay: Any
    dropout: Any
    gate_bias: Any
    """Index into ``GATE_BIASES``."""
    initial_weights: Any
    """Index into ``INITIAL_WEIGHTS``."""
    difference: Any
    """Index into ``DIFFERENCES``."""


def as_hypers(configurations: Sequence[Mapping[str, Any]]) -> SweepHyper:
    """Return configurations as arrays ``[K]``, to be traced."""
    chosen = {"gate_bias": GATE_BIASES, "initial_weights": INITIAL_WEIGHTS, "difference": DIFFERENCES}

    def column(name: str) -> np.ndarray:
        values = [c[name] for c in configurations]
        return (
            np.array([chosen[name].index(v) for v in values], np.int32)
            if name in chosen
            else np.array(values, np.float32)
        )

    return SweepHyper(**{name: column(name) for name in SweepHyper._fields})


def as_keys(configurations: list[SweepConfiguration]) -> Any:
    """Return a key for each seed, that of ``gatedrnn train``: members of one seed begin with the same draws."""
    seeds = np.array([c["seed"] for c in configurations], np.uint32)
    return jax.vmap(lambda seed: jax.random.split(jax.random.key(seed), 1)[0])(seeds)


def sweep_run(cell: Cell, task: VisibleTask, train: Batch, settings: SweepSettings) -> EarlyStopping:
    """Return the run of ``gatedrnn compare`` with weight decay and the initial recurrent scale besides."""
    sizes = RunSizes(settings.batch_size, settings.max_epochs, settings.patience)
    run = make_run(cell, task, train, sizes, architecture=settings.architecture, weights=settings.initial_weights)
    scaled, decaying = settings.recurrent_scale != (1.0,), None if task.anchor is None else weights_alone

    def init_params(hyper: Any, key: Any) -> Any:
        def gained(recurrent: Any, _: int) -> Any:
            if held(recurrent, "w_h") is None:
                raise InputError(f"recurrent_scale: expected a cell with a recurrent matrix w_h, got {cell!r}")
            return scale_recurrent(recurrent, hyper.recurrent_scale)

        params = run.init_params(hyper, key)
        return settings.architecture.map_recurrent(params, gained) if scaled else params

    return dataclasses.replace(
        run,
        init_params=init_params,
        optimizer=lambda hyper: adamw(hyper.learning_rate, hyper.clip_norm, hyper.weight_decay, decaying),
        segment=settings.segment,
    )


def weights_alone(params: Params) -> Params:
    """Return what decays of a network of changes: all but the sizes of these, which are constants."""
    return (*jax.tree.map(lambda _: True, params[:-1]), False)


def entries(states: EarlyStoppingState, configurations: list[SweepConfiguration], offset: float) -> list[MemberEntry]:
    """Return what is known of each member so far: its configuration, best validation loss and curves; no score yet."""
    # Curves and counts alone: parameters stay on the device.
    host = jax.device_get(states._replace(params=(), best_params=(), optimizer=(), key=()))
    found: list[MemberEntry] = []
    for k, configuration in enumerate(configurations):
        state = member(host, k)
        found.append(
            {
                **configuration,
                **trial_entry(state, offset),
                "score": None,
                "train_curve": curve_entry(state.train_curve, int(state.epoch), offset),
                "ended": bool(state.stopped),
            }
        )
    return found


def scored(found: list[MemberEntry], members: Params, measure: Measure, visible: Visible) -> list[MemberEntry]:
    """Return entries with each member's validation score in the deciding metric.

    Args:
        found: the entries of all members.
        members: the best parameters of each, stacked.
        measure: what measures networks of the members' cell.
        visible: the parts that may be seen.
    """
    scores = measure.selection(found, members, visible)
    return [{**entry, "score": score} for entry, score in zip(found, scores, strict=True)]
