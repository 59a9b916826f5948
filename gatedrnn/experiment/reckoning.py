"""What the scores of a task are reckoned in: the verdict's metric, the one beside it, names of the targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypedDict

from gatedrnn.tasks.metrics import METRICS, NUMBERS, Deciding, deciding, metric_of, verdict_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatedrnn.tasks.parts import Scale, Visible
    from gatedrnn.tasks.simple_models import Baseline, Scores, ValidatedBaseline
    from gatedrnn.tasks.task import VisibleTask


class MetricEntry(TypedDict):
    """What scores are reckoned in."""

    name: Deciding
    """As ``--metric`` has it."""
    words: str
    """The name in words."""
    unit: str
    """Of a score: a target's own unit goes by its name; ``deviations`` with several targets."""


class Reckoning(NamedTuple):
    """What scores are reckoned in.

    Attributes:
        metric: what the verdict rests on.
        other: the metric whose verdict stands beside it; None where there is none.
        targets: names of the targets, where these are numbers.
        unit: the task's own, of nats.
    """

    metric: Deciding
    other: Deciding | None
    targets: tuple[str, ...]
    unit: str

    def entry(self, name: Deciding) -> MetricEntry:
        """Return a metric as results.json has it."""
        own = self.unit if name == "nats" else self.targets[0] if len(self.targets) == 1 else "deviations"
        return {"name": name, "words": METRICS[name].words, "unit": METRICS[name].unit or own}


def reckoning(task: VisibleTask, asked: Deciding | None, visible: Visible, seed: int) -> Reckoning:
    """Return what the scores of a task are reckoned in.

    Args:
        task: what is asked of the data.
        asked: the metric that was asked for; None: the task's default.
        visible: the parts of any split.
        seed: the seed of that split.

    Raises:
        InputError: where the task has no such metric.
    """
    targets = ()
    if task.kind in NUMBERS:
        known, count = task.reading(seed).targets, visible.train.y.shape[-1]
        targets = known if len(known) == count else tuple(f"target {k + 1}" for k in range(count))
    metric = metric_of(task, asked, visible.scale)
    return Reckoning(metric, other_metric(task, metric, visible.scale), targets, task.unit)


def other_metric(task: VisibleTask, metric: Deciding, scale: Scale | None) -> Deciding | None:
    """Return what stands beside a verdict: nats beside others; beside nats a point metric, where there is one.

    Args:
        task: what is asked of the data.
        metric: what the verdict rests on.
        scale: how to get back to the user's units; without it numbers have nats alone.
    """
    if metric != "nats":
        return "nats"
    if task.kind in NUMBERS:
        return None if scale is None else "rmse"
    return "accuracy" if "accuracy" in deciding(task.kind) else None


def trivial_validation(baselines: Sequence[ValidatedBaseline], metric: Deciding) -> float | None:
    """Return the validation score of the trivial baseline, the weakest by this metric; None where there is none."""
    scores = [verdict_score(baseline.validation, metric) for baseline in baselines]
    return max((score for score in scores if score is not None), default=None)


def trivial_test(baselines: Sequence[Baseline], metric: Deciding) -> Scores | None:
    """Return the test scores of the simple model that is the weakest in validation; None where there is none."""
    known = [(score, b.test) for b in baselines if (score := verdict_score(b.validation, metric)) is not None]
    return max(known, key=lambda pair: pair[0], default=(None, None))[1]
