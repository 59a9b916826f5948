"""The tuned network of a comparison, or that of a training run, put to use on raw data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.manifest import NAME as DIGESTS
from gatedrnn.experiment.manifest import checked, is_run
from gatedrnn.experiment.network import network, outputs_of
from gatedrnn.experiment.saving import MODEL, restore
from gatedrnn.files import parsed
from gatedrnn.layers.last import last
from gatedrnn.predict.context import from_latest, in_halves
from gatedrnn.predict.results import tasks_of, tuned
from gatedrnn.tasks.objectives import bounded_log_scale

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Int

    from gatedrnn.layers.chain import Chain
    from gatedrnn.types import Cell, Params


class Prediction(NamedTuple):
    """What a network says of sequences; what a kind of task lacks is None.

    Attributes:
        probabilities: the probability of each class, for sequences ``[B, K]`` or steps ``[T, B, K]``, or of each label
            ``[T, B, D]``; None where numbers are predicted.
        mean: mean of each number, in its own unit, ``[T, B, D]``; None where classes or labels are predicted.
        deviation: standard deviation of each number, in its own unit, ``[T, B, D]``; else None.
    """

    probabilities: Float[np.ndarray, "*B K"] | None
    mean: Float[np.ndarray, "T B D"] | None
    deviation: Float[np.ndarray, "T B D"] | None


@dataclasses.dataclass(frozen=True, eq=False)
class Model:
    """A tuned network with what it needs to read raw data.

    Attributes:
        config: what stands beside the parameters in JSON: kind of task, names, normalisation, and how the network was
            found.
        cell: the cell of the network's recurrent layers.
        params: the parameters of recurrent layers and head.
    """

    config: dict[str, Any]
    cell: Cell
    params: Params

    @property
    def architecture(self) -> Architecture:
        """Return what stands around the cell."""
        return Architecture(**self.config["architecture"])

    @property
    def tokens(self) -> list[str]:
        """Return the names of the tokens that are read, in the order of their numbers; none where numbers are read."""
        return self.config["classes"] if self.config["kind"] == "next-token" else self.config["tokens"]

    def predict(self, x: Any, lengths: Any = None) -> Prediction:
        """Return what the network says of raw, padded sequences.

        Args:
            x: numbers ``[T, B, I]`` in their own units, or tokens ``[T, B]`` as ``tokens`` counts them.
            lengths: steps of each sequence, ``[B]``; all T without them.

        Raises:
            InputError: where shapes do not fit.
        """
        x = np.asarray(x)
        tokens, wanted = bool(self.tokens), self.config["in_dim"]
        if x.ndim != (2 if tokens else 3) or (not tokens and x.shape[-1] != wanted):
            raise InputError(f"x: expected {'tokens [T, B]' if tokens else f'[T, B, {wanted}]'}, got {list(x.shape)}")
        lengths = np.full(x.shape[1], len(x)) if lengths is None else np.asarray(lengths)
        if lengths.shape != x.shape[1:2]:
            raise InputError(f"lengths: expected one for each of {x.shape[1]} sequences, got {list(lengths.shape)}")
        window = min(self.config["window"] or len(x), len(x))
        # A bidirectional network sees the steps after a row, as many as in the windows of the comparison's test.
        read = in_halves if tokens or self.architecture.bidirectional else from_latest
        if not tokens:
            x = _normalised(x, lengths, self.config["inputs"])
        return self._read(read(self._outputs, x, lengths, window), lengths)

    def _outputs(self, x: Any, lengths: Any) -> Array:
        one_hot = self.tokens and not self.architecture.embed
        read = jax.nn.one_hot(x, self.config["in_dim"]) if one_hot else jnp.asarray(x)
        anchor = None if self.config["anchor"] is None else tuple(self.config["anchor"])
        net = network(self.cell, self.config["out_dim"], 0.0, self.architecture, kind=self.config["kind"])
        return _apply(net, anchor, self.params, read, jnp.asarray(lengths))

    def _read(self, outputs: Array, lengths: Int[np.ndarray, "B"]) -> Prediction:
        """Return outputs as probabilities or as numbers in their own units."""
        kind = self.config["kind"]
        if kind == "classification":
            return Prediction(np.asarray(jax.nn.softmax(last(outputs, jnp.asarray(lengths)))), None, None)
        if kind in ("step-classification", "next-token"):
            return Prediction(np.asarray(jax.nn.softmax(outputs)), None, None)
        if kind == "multi-label":
            return Prediction(np.asarray(jax.nn.sigmoid(outputs)), None, None)
        mean, raw = (np.asarray(part, np.float64) for part in jnp.split(outputs, 2, axis=-1))
        deviation = np.exp(np.asarray(bounded_log_scale(jnp.asarray(raw)), np.float64))
        if self.config["outputs"] is not None:
            centre, scale = (np.array(self.config["outputs"][key]) for key in ("mean", "deviation"))
            mean, deviation = mean * scale + centre, deviation * scale
        return Prediction(None, mean, deviation)


def load(run: str | Path, *, task: str | None = None, cell: str | None = None) -> Model:
    """Return a tuned network of a comparison, or the network of a training run.

    The folder may come from anybody: its files are held to its digests and checked, and nothing is imported because
    they name it.

    Args:
        run: the folder of the comparison, or of ``gatedrnn train``.
        task: the name of a task; may be left out where the comparison had one.
        cell: the name of a cell; unless given, the winner, or where there is none the cell of the best mean validation
            score. A cell of one's own, "package.module:Class", has to be named, since its module is imported.

    Raises:
        InputError: where the folder holds no finished comparison or training run, or not that task or cell; or a file
            in it is not as it was written, or a cell of one's own is not named.

    Example:
        >>> load("runs/none")
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: run: expected the folder of a finished comparison or training run, got 'runs/none'
    """
    folder = Path(run)
    try:
        compared, trained = ((folder / name).is_file() for name in ("results.json", "result.json"))
    except OSError as error:  # such as of a name that is too long, or a folder that may not be looked into
        raise InputError(f"run: expected a folder that can be read, got {str(run)!r} ({error.strerror})") from error
    if not compared and not trained:
        raise InputError(f"run: expected the folder of a finished comparison or training run, got {str(run)!r}")
    if not is_run(folder):
        raise InputError(
            f"run: expected a folder with the digests of its files, {DIGESTS}, got {folder}, an older version's or one "
            "without it; make the run again in another folder"
        )
    read = partial(checked, folder)
    if not compared:
        return _trained(folder, task, cell, read)
    held = folder / "results.json"
    entries = tasks_of(held, parsed(held, read(held)))
    name = task or next(iter(entries))
    if name not in entries or (task is None and len(entries) > 1):
        raise InputError(f"task: expected one of {', '.join(entries)}, got {task!r}")
    which = cell or tuned(entries[name])
    if which not in entries[name]["cells"]:
        raise InputError(f"cell: expected one of {', '.join(entries[name]['cells'])}, got {which!r}")
    config, built, params = restore(folder / "models" / name / which.replace(":", "."), own=cell, read=read)
    if config["cell"] != which:
        raise InputError(f"{held}: expected the network of {which} under models/{name}, got one of {config['cell']}")
    return Model(config, built, params)


def _trained(run: Path, task: str | None, cell: str | None, read: Callable[[Path], bytes]) -> Model:
    """Return the network of a training run; a task or cell that is named has to be its own."""
    config, built, params = restore(run / MODEL, own=cell, read=read)
    for argument, asked, own in (("task", task, config["name"]), ("cell", cell, config["cell"])):
        if asked not in (None, own):
            raise InputError(f"{argument}: expected {own}, which was trained, got {asked!r}")
    return Model(config, built, params)


@partial(jax.jit, static_argnums=(0, 1))
def _apply(net: Chain, anchor: tuple[int, ...] | None, params: Any, x: Array, lengths: Array) -> Array:
    return outputs_of(net, params, x, lengths, anchor)


def _normalised(x: np.ndarray, lengths: np.ndarray, moments: dict[str, list[float]] | None) -> np.ndarray:
    """Return inputs as in training, and zeros after the ends of sequences."""
    if moments is not None:
        deviation = np.array(moments["deviation"])
        x = (x - np.array(moments["mean"])) / np.where(deviation > 0, deviation, 1.0)
    there = np.arange(len(x))[:, None, None] < lengths[:, None]
    return np.where(there, x, 0.0).astype(np.float32)
