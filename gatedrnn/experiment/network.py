"""The network that stands around a cell in a comparison, the same for every cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

import gatedrnn as gr
from gatedrnn.cells.gates import gates_of_params
from gatedrnn.experiment.widths import init_of_width
from gatedrnn.training.early_stopping import EarlyStopping, Hyper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jax import Array
    from jaxtyping import Float, Key

    from gatedrnn.layers.chain import Chain
    from gatedrnn.tasks.task import Batch, Score, VisibleTask
    from gatedrnn.types import Cell, Params

GATE_BIASES = ("0", "1", "chrono")
"""Where the forget or update bias starts: a constant, or drawn for time constants up to the longest sequence."""


def network(cell: Cell, out_dim: int, dropout: Any, spread: bool = False) -> Chain:
    """Return one recurrent layer, dropout on its outputs, and an affine head.

    With ``spread``, devices share the layer's batch; dropout is outside, so that its noise does not depend on them.
    """
    layer = gr.scan(cell)
    return gr.chain(gr.data_parallel(layer) if spread else layer, gr.dropout(dropout), gr.dense(out_dim))


def init_params(cell: Cell, task: VisibleTask, longest: int, hyper: Hyper, key: Key[Array, ""]) -> Params:
    """Draw parameters and set the bias of the gate that keeps memory, where the cell names one.

    Of a task with an anchor, the last of the parameters is no weight: it says whether the change from the last value is
    forecast. So whoever has the parameters, in a file or in memory, knows it.
    """
    key_params, key_bias = jax.random.split(key)
    params: Any = network(cell, task.out_dim, hyper.dropout).init(key_params, task.in_dim)
    recurrent, *rest = params
    if task.anchor is not None:
        rest.append(jnp.asarray(hyper.difference, jnp.float32))
    if gates_of_params(recurrent, cell) is None:
        return (recurrent, *rest)
    choices = (
        gr.memory_bias(recurrent, 0.0, cell=cell),
        gr.memory_bias(recurrent, 1.0, cell=cell),
        gr.chrono_bias(recurrent, key_bias, longest, cell=cell),
    )
    return (jax.tree.map(lambda *each: jnp.stack(each)[hyper.gate_bias], *choices), *rest)


def loss(
    cell: Cell, task: VisibleTask, params: Params, hyper: Hyper, batch: Batch, key: Any, spread: bool = False
) -> tuple[Array, Array]:
    """Return the batch's negative log-likelihood in nats, summed, and the number of its targets.

    With ``spread``, devices of the mesh axis "batch" share the batch.
    """
    net = network(cell, task.out_dim, hyper.dropout, spread)
    score = task.score(_outputs(net, task, params, batch, key), batch)
    return score.nats, score.count


def _outputs(net: Chain, task: VisibleTask, params: Any, batch: Batch, key: Any = None) -> Array:
    """Return what the network says, a forecast of changes with the last values added."""
    weights = params if task.anchor is None else params[:-1]
    outputs = net.apply(weights, task.encode(batch.x), lengths=batch.lengths, key=key)[1]
    return outputs if task.anchor is None else from_last(outputs, task.anchor(jnp.asarray(batch.x)), params[-1])


def from_last(
    outputs: Float[Array, "T B 2D"], last: Float[Array, "T B D"], difference: Float[Array, ""]
) -> Float[Array, "T B 2D"]:
    """Return means and log deviations in which the means are changes from the last values, or stay as they are.

    .. code-block:: text

        mean' = mean + difference last

    Args:
        outputs: means, then log standard deviations.
        last: the last value of each target.
        difference: 1 or 0; it is a constant, of which nothing is learnt.

    Example:
        >>> outputs, last = jnp.array([[[0.5, -1.0]]]), jnp.array([[[2.0]]])
        >>> [from_last(outputs, last, jnp.float32(d)).ravel().tolist() for d in (0, 1)]
        [[0.5, -1.0], [2.5, -1.0]]
    """
    mean, raw = jnp.split(outputs, 2, axis=-1)
    return jnp.concatenate([mean + jax.lax.stop_gradient(difference) * last, raw], axis=-1)


def evaluate(cell: Cell, task: VisibleTask, params: Params, batch: Batch) -> Score:
    """Return the sums of ``task.score`` over a batch, in evaluation mode."""
    return task.score(_outputs(network(cell, task.out_dim, 0.0), task, params, batch), batch)


def evaluate_each(cell: Cell, task: VisibleTask, params: Params, batch: Batch) -> Score:
    """Return the sums of ``task.score`` for each sequence of a batch, ``[B]``, in evaluation mode."""
    outputs = _outputs(network(cell, task.out_dim, 0.0), task, params, batch)

    def one(index: Array) -> Score:
        return task.score(jnp.take(outputs, index[None], axis=1), batch.take(index[None]))

    return jax.vmap(one)(jnp.arange(len(batch.lengths)))


def make_run(
    cell: Cell,
    task: VisibleTask,
    train: Batch,
    *,
    batch_size: int,
    max_epochs: int,
    patience: int,
    spread: bool = False,
    widths: Mapping[int, Cell] | None = None,
) -> EarlyStopping:
    """Return the training run of this cell on this task.

    With ``spread``, devices share each batch. With ``widths``, the cell of each width that is asked for, of which this
    one is the widest and the last, runs differ in their number of units.
    """
    longest = train.x.shape[0]
    return EarlyStopping(
        init_params=init_of_width(
            widths or {0: cell}, lambda one, hyper, key: init_params(one, task, longest, hyper, key)
        ),
        loss=lambda params, hyper, batch, key: loss(cell, task, params, hyper, batch, key, spread),
        take=lambda part, indices: part.take(indices),
        examples=train.x.shape[1],
        batch_size=min(batch_size, train.x.shape[1]),
        max_epochs=max_epochs,
        patience=patience,
    )
