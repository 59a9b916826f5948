"""What outputs of a network are worth by every metric: small sums for each sequence, which leave the device."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np

from gatedrnn.layers.last import last
from gatedrnn.tasks.metrics import COVERAGES, METRICS, NAMED, NUMBERS, macro_f1, of_targets
from gatedrnn.tasks.objectives import bounded_log_scale
from gatedrnn.tasks.task import CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jax import Array
    from jaxtyping import Float

    from gatedrnn.tasks.metrics import Deciding
    from gatedrnn.tasks.parts import Batch, Part, Scale
    from gatedrnn.tasks.simple_models import Scores
    from gatedrnn.tasks.task import VisibleTask


class Sums(NamedTuple):
    """Sums over the targets of each sequence, B of them, or over those of all.

    Attributes:
        nats: negative log-likelihood of the targets, ``[B]``.
        count: how many targets there are, ``[B]``.
        of: further sums by name. For numbers ``squared`` and ``absolute`` errors and whether they lie in an interval
            (``coverage-50``, ``coverage-90``), ``[B, D]``; for classes how many are ``correct`` ``[B]``, and for each
            class how often it was named and ``right``, ``named``, and is ``there``, ``[B, K]``.
    """

    nats: Float[Array | np.ndarray, "*B"]
    # tuple.count, which this hides, counts equal fields: nothing that one asks of sums.
    count: Float[Array | np.ndarray, "*B"]  # pyright: ignore[reportIncompatibleMethodOverride]
    of: Mapping[str, Float[Array | np.ndarray, "*B N"]]

    def together(self) -> Sums:
        """Return the sums over all sequences."""
        return Sums(self.nats.sum(0), self.count.sum(0), {name: part.sum(0) for name, part in self.of.items()})


def sums(task: VisibleTask, outputs: Float[Array, "T B F"], batch: Batch) -> Sums:
    """Return the sums over a batch, in the normalised units of its split; pure, to be jitted.

    Args:
        task: the task, whose ``score`` gives the nats.
        outputs: what the head gives, as ``score`` wants it.
        batch: the examples that the outputs are of.
    """
    score = task.score(outputs, batch)
    if task.kind in NUMBERS and outputs.shape[-1] == 2 * batch.y.shape[-1]:
        return Sums(score.nats, score.count, _of_numbers(outputs, batch))
    if task.kind in CLASSES:
        counts = _of_classes(outputs, batch) if task.kind in NAMED else {}
        return Sums(score.nats, score.count, {"correct": score.correct} | counts)
    return Sums(score.nats, score.count, {})


def _of_numbers(outputs: Float[Array, "T B 2D"], batch: Batch) -> dict[str, Float[Array, "D"]]:
    valid = jnp.asarray(batch.scored())[..., None]
    mean, raw = jnp.split(outputs.astype(jnp.float32), 2, axis=-1)
    error = jnp.abs(jnp.where(valid, batch.y - mean, 0.0))
    z = error * jnp.exp(-bounded_log_scale(jnp.where(valid, raw, 0.0)))
    inside = {name: (valid & (z <= half)).sum((0, 1), dtype=jnp.float32) for name, half in COVERAGES.items()}
    return {"squared": (error**2).sum((0, 1)), "absolute": error.sum((0, 1)), **inside}


def _of_classes(outputs: Float[Array, "T B K"], batch: Batch) -> dict[str, Float[Array, "K"]]:
    """Return how often each class was named and right, was named, and is there."""
    if batch.y.ndim == 1:
        lengths = jnp.asarray(batch.lengths)
        logits, valid = last(outputs, lengths), lengths > 0
    else:
        logits, valid = outputs, jnp.asarray(batch.scored())
    guesses, classes = logits.argmax(-1), jnp.arange(outputs.shape[-1])

    def counted(flags: Array) -> Array:
        return flags.reshape(-1, len(classes)).sum(0, dtype=jnp.float32)

    named, there = (valid[..., None] & (each[..., None] == classes) for each in (guesses, batch.y))
    return {"right": counted(named & there), "named": counted(named), "there": counted(there)}


def scores_of(total: Sums, part: Part, tokens: bool = False) -> Scores:
    """Return what sums over a whole part are worth by each metric, in the user's units.

    Args:
        total: the sums over all sequences, on the host.
        part: the part: its offset in nats and its scale, without which numbers are worth nats alone.
        tokens: whether targets are tokens, which are worth bits too.
    """
    count, of = float(total.count), total.of
    scores = {"nats": float(total.nats) / count + part.offset}
    if "squared" in of and part.scale is not None:
        deviation = part.scale.deviation
        rmse, mae = np.sqrt(np.asarray(of["squared"]) / count), np.asarray(of["absolute"]) / count
        inside = {name: np.asarray(of[name]) / count for name in COVERAGES}
        scores |= of_targets(rmse * deviation, mae * deviation, inside, part.scale)
    if "correct" in of:
        scores["accuracy"] = float(of["correct"]) / count
    if "right" in of:
        scores["macro-f1"] = macro_f1(*(np.asarray(of[name]) for name in ("right", "named", "there")))
    return {**scores, "bits": scores["nats"] / np.log(2)} if tokens else scores


def losses(each: Sums, part: Part, metric: Deciding) -> Float[np.ndarray, "B"] | None:
    """Return a loss of each sequence, whose sum over all, by all targets, is the score in the metric.

    Of a root mean squared error it is linearised, so that it varies with sequences as the score itself would:
    ``(count rmse + squared / rmse) / 2`` for each target. None for macro F1, which is no mean over targets.

    Args:
        each: the sums of each sequence, on the host.
        part: the part that the sums are of.
        metric: what the verdict rests on.
    """
    match metric:
        case "nats":
            return np.asarray(each.nats + part.offset * each.count)
        case "accuracy":
            return np.asarray(each.count - each.of["correct"])
        case "macro-f1":
            return None
        case "rmse" | "mae" | "mase":
            assert part.scale is not None
            return _of_errors(each, part.scale, metric)


def _of_errors(each: Sums, scale: Scale, metric: str) -> Float[np.ndarray, "B"]:
    squared, count = np.asarray(each.of["squared"]), np.asarray(each.count)
    targets = squared.shape[-1]
    by = scale.naive if metric == "mase" else scale.unit if targets > 1 else np.ones(1)
    if metric == "rmse":
        rmse = np.sqrt(squared.sum(0) / count.sum())
        found = (count[:, None] * rmse + squared / np.where(rmse > 0, rmse, 1.0)) / 2
    else:
        found = np.asarray(each.of["absolute"])
    return (found * scale.deviation / by).mean(-1)


def no_better(scores: Scores, trivial: Scores) -> dict[str, float]:
    """Return scores of which none is better than the trivial one: those of a run that diverged.

    Example:
        >>> no_better({"nats": 1.0, "accuracy": 0.5}, {"nats": 2.0, "accuracy": 0.3})
        {'nats': 2.0, 'accuracy': 0.3}
    """
    bound = dict(scores)
    for name, metric in METRICS.items():
        if name not in bound or name not in trivial or metric.higher is None:
            continue
        worse = bound[name] <= trivial[name] if metric.higher else bound[name] >= trivial[name]
        bound[name] = bound[name] if worse else trivial[name]
    return bound
