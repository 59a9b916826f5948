"""What a sweep's results.json holds, as types."""

from __future__ import annotations

from typing import Any, TypedDict

from gatedrnn.experiment.provenance import Device
from gatedrnn.experiment.reckoning import MetricEntry
from gatedrnn.experiment.trials import RunEntry


class SweepConfiguration(TypedDict):
    """One value of each hyperparameter, by the names of ``SweepSettings``, and the seed of one member."""

    cell: str
    hidden: int
    learning_rate: float
    clip_norm: float
    recurrent_scale: float
    weight_decay: float
    dropout: float
    gate_bias: str
    initial_weights: str
    difference: str
    seed: int


class OutcomeEntry(RunEntry):
    """What a member came to, so far or in the end."""

    score: float | None
    """Validation score in the deciding metric; None where there is none, and before its group is finished."""
    train_curve: list[float | None]
    """Training loss by epoch."""
    ended: bool
    """Whether it is trained to its end."""


class MemberEntry(SweepConfiguration, OutcomeEntry):
    """A member: its configuration, and what it came to."""


class NumberedMember(MemberEntry):
    """A member of results.json."""

    member: int
    """Its place in the sweep, from 0."""


class SweepResults(TypedDict):
    """The whole of results.json."""

    schema: int
    """Changes when a key changes its meaning or goes."""
    started: str
    """ISO 8601 with time zone."""
    versions: dict[str, str]
    """Of Python and of what computes, by package."""
    device: Device
    settings: dict[str, Any]
    """What was asked for, by the names of ``SweepSettings``."""
    title: str
    """The question in a few words."""
    unit: str
    """Of nats."""
    metric: MetricEntry
    """What members are scored by."""
    facts: dict[str, str]
    """What was understood of a file."""
    members: list[NumberedMember]
