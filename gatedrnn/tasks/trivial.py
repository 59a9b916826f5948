"""What whoever looks at nothing reaches on each task that comes along: the least that a network has to beat."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from gatedrnn.tasks.metrics import METRICS

if TYPE_CHECKING:
    from gatedrnn.tasks.task import VisibleTask


class Trivial(NamedTuple):
    """The simplest model of a task, on the validation part of split 0.

    Attributes:
        model: the simplest of the task's simple models, which reads nothing.
        nats: the negative log-likelihood that it reaches, in the unit of the task.
        rmse: the root mean squared error where targets are numbers: of one in its units, of several in deviations.
    """

    model: str
    nats: float
    rmse: float | None = None


CLASSES, TOKENS, MARGINAL = "class frequencies", "token frequencies", "marginal"
GAUSSIAN, MEAN = "unconditional Gaussian", "always the mean"
TRIVIAL: Mapping[str, Trivial] = MappingProxyType(
    {
        "japanese-vowels-forecast": Trivial(GAUSSIAN, 17.0, 0.996),
        "japanese-vowels-speaker": Trivial(CLASSES, 2.2),
        "jsb-chorales": Trivial(MARGINAL, 10.99),
        "nottingham": Trivial(MARGINAL, 10.01),
        "musedata": Trivial(MARGINAL, 11.85),
        "piano-midi": Trivial(MARGINAL, 11.5),
        "tiny-shakespeare": Trivial(TOKENS, 3.333),
        "sequential-mnist": Trivial(CLASSES, 2.301),
        "permuted-mnist": Trivial(CLASSES, 2.301),
        "etth1": Trivial(GAUSSIAN, 0.862, 5.21),
        "adding-50": Trivial(MEAN, 1.42, 0.41),
        "adding-100": Trivial(MEAN, 1.44, 0.416),
        "adding-200": Trivial(MEAN, 1.43, 0.411),
        "adding-400": Trivial(MEAN, 1.39, 0.395),
        "adding-600": Trivial(MEAN, 1.42, 0.409),
        "copy-memory-50": Trivial(CLASSES, 0.707),
        "copy-memory-100": Trivial(CLASSES, 0.46),
        "copy-memory-1000": Trivial(CLASSES, 0.0755),
        "selective-copying-100": Trivial(CLASSES, 2.08),
        "parity-32": Trivial(CLASSES, 0.693),
        "flip-flop-100": Trivial(CLASSES, 0.693),
        "dyck-100": Trivial(CLASSES, 0.903),
        "anbn-50": Trivial(TOKENS, 48.1),
        "anbncn-50": Trivial(TOKENS, 143.3),
    }
)
"""By the names of ``gatedrnn.tasks.registry``, rounded; a test reckons them again."""


def words(task: VisibleTask) -> str | None:
    """Return in words what whoever looks at nothing reaches; None of a task that does not come along.

    Example:
        >>> from gatedrnn.tasks.registry import load
        >>> words(load("parity"))
        'class frequencies: 0.693 nats per step'
        >>> words(load("adding"))
        'always the mean: root mean squared error 0.41, and 1.42 nats per sequence'
    """
    known = TRIVIAL.get(task.name)
    if known is None:
        return None
    nats = f"{known.nats:g} {task.unit}"
    if known.rmse is None:
        return f"{known.model}: {nats}"
    return f"{known.model}: {METRICS['rmse'].words} {known.rmse:g}, and {nats}"
