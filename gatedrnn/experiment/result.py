"""What result.json holds of one training run, and the simple baseline that stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from gatedrnn.experiment.provenance import Device
from gatedrnn.experiment.reckoning import MetricEntry
from gatedrnn.experiment.trials import RunEntry
from gatedrnn.tasks.metrics import verdict_score

if TYPE_CHECKING:
    from gatedrnn.tasks.metrics import Deciding
    from gatedrnn.tasks.simple_models import Baseline, FittedBaseline, ValidatedBaseline

Known = TypeVar("Known", bound="ValidatedBaseline | FittedBaseline | Baseline")


class TestedBaseline(TypedDict):
    """A simple baseline; scores by every metric that it has, in the user's units."""

    name: str
    choice: str
    """What validation chose, such as ``order 3``."""
    validation: dict[str, float]
    test: dict[str, float]


class TrainResult(TypedDict):
    """One training run; scores by every metric of the task, in the user's units."""

    settings: dict[str, Any]
    device: Device
    title: str
    """The question in a few words."""
    unit: str
    """Of nats."""
    facts: dict[str, str]
    """What was understood of a file."""
    metric: MetricEntry
    """What the strongest baseline is chosen by."""
    trial: RunEntry
    """Epochs and the curve, in nats."""
    validation: dict[str, float]
    """Of the parameters of the best epoch."""
    test: dict[str, float]
    """Likewise."""
    baseline: TestedBaseline | None
    """The strongest in validation; None where none has the metric."""


def strongest(baselines: Sequence[Known], metric: Deciding) -> Known | None:
    """Return the baseline of the best validation score; None where none has the metric.

    Args:
        baselines: what is known of each on one split.
        metric: what scores are reckoned in.

    Example:
        >>> from gatedrnn.tasks.simple_models import ValidatedBaseline
        >>> scores = {"a": {"nats": 1.0, "accuracy": 0.5}, "b": {"nats": 2.0, "accuracy": 0.75}, "c": {"nats": 0.5}}
        >>> known = [ValidatedBaseline(name, found, "") for name, found in scores.items()]
        >>> strongest(known, "accuracy").name, strongest(known, "nats").name
        ('b', 'c')
    """
    scored = [(score, b) for b in baselines if (score := verdict_score(b.validation, metric)) is not None]
    return min(scored, key=lambda pair: pair[0], default=(None, None))[1]


def tested_entry(baseline: Baseline) -> TestedBaseline:
    """Return a tested baseline as result.json has it."""
    return {
        "name": baseline.name,
        "choice": baseline.choice,
        "validation": dict(baseline.validation),
        "test": dict(baseline.test),
    }
