"""Recorded sequences become a task: what is asked of them, an objective in nats, and simple models."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, get_args

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks import baselines, objectives
from gatedrnn.tasks.anchor import Anchor, change
from gatedrnn.tasks.facts import facts
from gatedrnn.tasks.framing import Framing
from gatedrnn.tasks.parts import Visible
from gatedrnn.tasks.sequences import Sequences, check
from gatedrnn.tasks.splitter import Splitter
from gatedrnn.tasks.task import Kind, Task, as_it_is

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array

    from gatedrnn.tasks.simple_models import FittedBaseline

KINDS: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind != "multi-label")
"""Kinds that recorded data can be asked for."""
OBJECTIVES = {
    "classification": objectives.categorical,
    "step-classification": objectives.categorical_steps,
    "step-regression": objectives.gaussian,
    "forecast": objectives.gaussian,
    "next-token": objectives.categorical_steps,
}


def task_from(
    data: Sequences, kind: Kind, *, name: str, source: str, sha256: str, framing: Framing = Framing()
) -> Task:
    """Return the task of finding ``data.y``, the frame ``horizon`` steps ahead, or the next token.

    Forecasts of sequences with times are split in time, a single series too; others by group. Where each step is
    scored, long sequences are read in windows, and what is scored in validation and test has real history before it.

    Args:
        data: the recorded sequences; ``targets`` names what is forecast, all features where it is empty.
        kind: what is asked of the sequences; not multi-label.
        name: the name of the task.
        source: where the data come from, and how they were read.
        sha256: the digest of the data.
        framing: how far ahead, what is read at once, and what the test is set apart by.

    Raises:
        InputError: where data or arguments are unfit; says what to do.

    Example:
        >>> x = np.sin(np.arange(1000.0, dtype=np.float32))[:, None]
        >>> data = Sequences(x, np.array([1000]), features=("load",))
        >>> task = task_from(data, "forecast", name="sine", source="", sha256="", framing=Framing(horizon=5))
        >>> task.title, task.split(0).train.x.shape  # [T, B, I]
        ('sine: load, 5 steps ahead', (32, 150, 1))
    """
    if kind not in KINDS:
        raise InputError(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
    check(data)
    data, outputs = _outputs(data, kind)
    density = kind in ("forecast", "step-regression")
    classes, tokens = len(data.classes), _tokens(data, kind)
    splitter = Splitter(data, outputs, kind, framing)
    fit = _baselines(data, kind, classes, splitter.season)
    again = partial(task_from, data, kind, name=name, source=source, sha256=sha256)
    return Task(
        name=name,
        title=f"{name}: {_asked(data, kind, framing.horizon)}",
        kind=kind,
        unit="nats per sequence" if kind == "classification" else "nats per step",
        in_dim=tokens or data.x.shape[-1],
        out_dim=2 * outputs.shape[-1] if density and outputs is not None else classes,
        source=source,
        data_sha256=sha256,
        split=splitter,
        read_test=splitter.read_test,
        score=OBJECTIVES[kind],
        baselines=lambda visible: fit(_existing(visible)),
        tokens=tokens > 0,
        encode=partial(_one_hot, tokens) if tokens else as_it_is,
        reading=splitter.reading,
        anchor=None if kind != "forecast" or outputs is None else _anchor(data, outputs, splitter),
        facts=facts(data, kind, splitter),
        with_window=lambda window: again(framing=dataclasses.replace(framing, window=window, season=splitter.season)),
    )


def _outputs(data: Sequences, kind: Kind) -> tuple[Sequences, np.ndarray | None]:
    """Return what is to be found for each step; forecasts get names for it."""
    if kind == "classification":
        if data.y is None or data.y.shape != data.lengths.shape:
            raise InputError("target: expected a class for each sequence, got none; name one, or another kind")
        return data, None
    if kind == "next-token":
        return data, data.x
    if kind == "forecast":
        targets = data.targets or data.features
        unknown = [target for target in targets if target not in data.features]
        if unknown:
            raise InputError(f"target: expected some of the features, got {', '.join(unknown)}")
        columns = [data.features.index(target) for target in targets]
        outputs = data.x if targets == data.features else np.ascontiguousarray(data.x[:, columns])
        return data.renamed(targets), outputs
    if data.y is None or len(data.y) != len(data.x):
        raise InputError("target: expected one for each step, got none; name one, or another kind")
    return data, data.y


def _baselines(
    data: Sequences, kind: Kind, classes: int, season: int | None
) -> Callable[[Visible], list[FittedBaseline]]:
    if data.tokens and kind == "classification":
        return partial(baselines.token_classification, tokens=len(data.tokens))
    if data.tokens and kind == "step-classification":
        return partial(baselines.token_step_classification, tokens=len(data.tokens), classes=classes)
    if kind == "forecast":
        return partial(baselines.forecast_recordings, season=season, columns=_columns(data))
    if kind == "step-classification":
        return partial(baselines.step_classification, classes=classes)
    if kind == "next-token":
        return partial(baselines.next_token, tokens=classes)
    return baselines.classification if kind == "classification" else baselines.step_regression


def _columns(data: Sequences) -> tuple[int, ...]:
    return tuple(data.features.index(target) for target in data.targets)


def _anchor(data: Sequences, outputs: np.ndarray, splitter: Splitter) -> Anchor:
    """Return which inputs are the targets, with the sizes of their changes in what the first seed trains on.

    These are taken from ``outputs``, the targets of each step: their columns of ``data.x`` would be another copy.
    """
    columns, (train, _, _), of_outputs = _columns(data), splitter.parts(0), splitter.reading(0).outputs
    assert of_outputs is not None
    unit = np.where(of_outputs[1] > 0, of_outputs[1], 1.0)
    step, ahead = (change(outputs, train, steps, unit) for steps in (1, splitter.ahead))
    return Anchor(columns, step, ahead)


def _asked(data: Sequences, kind: Kind, horizon: int) -> str:
    if kind == "next-token":
        return "the next token"
    shown = ", ".join(data.targets[:3]) + (f" and {len(data.targets) - 3} more" if len(data.targets) > 3 else "")
    if kind == "forecast":
        return f"{shown}, {horizon} step{'s' if horizon > 1 else ''} ahead"
    return f"{shown or 'the class'} of each {'sequence' if kind == 'classification' else 'step'}"


def _tokens(data: Sequences, kind: Kind) -> int:
    """Return how many different tokens a network reads one-hot; 0: it reads numbers."""
    return len(data.classes) if kind == "next-token" else len(data.tokens)


def _one_hot(tokens: int, x: Array | np.ndarray) -> Array:
    return jax.nn.one_hot(x, tokens, dtype=jnp.float32)


def _existing(visible: Visible) -> Visible:
    """Leave out the empty windows that fill up a validation part: simple models know no sequences without a step."""
    there = visible.validation.lengths > 0
    return visible if there.all() else visible._replace(validation=visible.validation.take(there))
