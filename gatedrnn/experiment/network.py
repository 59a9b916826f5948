"""The network that stands around a cell in a comparison, the same for every cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

import gatedrnn as gr
from gatedrnn.cells.gates import gates_of_params
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.changes import as_changes, change_scales, from_last
from gatedrnn.experiment.initial_weights import with_initial_weights
from gatedrnn.experiment.widths import init_of_width
from gatedrnn.layers.stateless import Embed
from gatedrnn.training.early_stopping import EarlyStopping, Hyper

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from jax import Array
    from jaxtyping import Key

    from gatedrnn.layers.chain import Chain
    from gatedrnn.tasks.parts import Batch, Score
    from gatedrnn.tasks.task import VisibleTask
    from gatedrnn.types import Cell, Layer, Params


MOST_SCANS = 2**16
"""More than a network has: beyond it, keys are those of initial weights, not of biases."""


def network(
    cell: Cell,
    out_dim: int,
    dropout: Any,
    architecture: Architecture = Architecture(),
    *,
    kind: str | None = None,
    spread: bool = False,
) -> Chain:
    """Return recurrent layers, dropout on the outputs of each, and an affine head; before them an embedding, if any.

    With ``spread``, devices share each layer's batch; dropout is outside, so that its noise does not depend on them.

    Args:
        cell: the cell of each layer.
        out_dim: features of the head, O.
        dropout: the part of the outputs that is set to zero in training.
        architecture: how deep, in which directions, and how tokens are read.
        kind: what is asked of a sequence; of a class the last output has to hold what both directions have read.
        spread: whether devices share each batch.
    """
    layers: list[Layer] = [gr.embed(architecture.embed)] if architecture.embed else []
    for layer in architecture.recurrent(cell, spread=spread, whole=kind == "classification"):
        layers += [layer, gr.dropout(dropout)]
    return gr.chain(*layers, gr.dense(out_dim))


def init_params(
    cell: Cell,
    task: VisibleTask,
    longest: int,
    hyper: Hyper,
    key: Key[Array, ""],
    architecture: Architecture = Architecture(),
    weights: Sequence[str] = ("own",),
) -> Params:
    """Draw parameters and set the bias of the gate that keeps memory in each layer, where the cell names one.

    Of several ``weights`` the hyperparameters choose one.

    Of a task with an anchor, the last of the parameters are no weights: they say whether changes are read and forecast,
    and how large these are (``change_scales``). So whoever has the parameters, in a file or in memory, knows it.
    """
    key_params, key_bias = jax.random.split(key)
    net = network(cell, task.out_dim, hyper.dropout, architecture, kind=task.kind)

    def biased(recurrent: Any, number: int) -> Any:
        own = jax.random.fold_in(key_bias, MOST_SCANS + number)
        recurrent = with_initial_weights(recurrent, cell, weights, hyper.initial_weights, own)
        if gates_of_params(recurrent, cell) is None:
            return recurrent
        choices = (
            gr.memory_bias(recurrent, 0.0, cell=cell),
            gr.memory_bias(recurrent, 1.0, cell=cell),
            # The first draws what a network of one layer draws.
            gr.chrono_bias(recurrent, jax.random.fold_in(key_bias, number) if number else key_bias, longest, cell=cell),
        )
        return jax.tree.map(lambda *each: jnp.stack(each)[hyper.gate_bias], *choices)

    params = architecture.map_recurrent(net.init(key_params, task.in_dim), biased)
    return params if task.anchor is None else (*params, change_scales(task.anchor, hyper.difference))


def make_loss(
    cell: Cell, task: VisibleTask, architecture: Architecture = Architecture(), *, spread: bool = False
) -> Callable[[Params, Hyper, Batch, Any], tuple[Array, Array]]:
    """Return the function to a batch's negative log-likelihood in nats, summed, and the number of its targets.

    With ``spread``, devices of the mesh axis "batch" share the batch.
    """

    def loss(params: Params, hyper: Hyper, batch: Batch, key: Any) -> tuple[Array, Array]:
        net = network(cell, task.out_dim, hyper.dropout, architecture, kind=task.kind, spread=spread)
        score = task.score(_outputs(net, task, params, batch, key), batch)
        return score.nats, score.count

    return loss


def inputs_of(net: Chain, task: VisibleTask, batch: Batch) -> Array | np.ndarray:
    """Return what a network reads: tokens where it begins with an embedding, else what the task encodes."""
    return jnp.asarray(batch.x) if isinstance(net.layers[0], Embed) else task.encode(batch.x)


def _outputs(net: Chain, task: VisibleTask, params: Any, batch: Batch, key: Any = None) -> Array:
    """Return what the network says of a batch, in the units of its targets."""
    columns = None if task.anchor is None else task.anchor.columns
    return outputs_of(net, params, inputs_of(net, task, batch), batch.lengths, columns, key=key)


def outputs_of(
    net: Chain,
    params: Any,
    x: Array | np.ndarray,
    lengths: Array | np.ndarray,
    columns: tuple[int, ...] | None,
    *,
    key: Any = None,
) -> Array:
    """Return what a network says, a forecast of changes as one of values.

    Args:
        net: what runs, as ``network`` makes it.
        params: the parameters of all layers, with the sizes of changes behind them where there are columns.
        x: what the network reads, ``[T, B, I]``, or tokens ``[T, B]``.
        lengths: steps of each sequence, ``[B]``.
        columns: the places of the targets among the inputs; None where nothing can be a change.
        key: the key of the dropout; None: there is none.
    """
    if columns is None:
        return net.apply(params, x, lengths=lengths, key=key)[1]
    weights, (step, ahead) = params[:-1], params[-1]
    x = jnp.asarray(x)
    outputs = net.apply(weights, as_changes(x, columns, step), lengths=lengths, key=key)[1]
    return from_last(outputs, x[..., jnp.array(columns)], ahead)


def evaluate(
    cell: Cell, task: VisibleTask, params: Params, batch: Batch, architecture: Architecture = Architecture()
) -> Score:
    """Return the sums of ``task.score`` over a batch, in evaluation mode."""
    net = network(cell, task.out_dim, 0.0, architecture, kind=task.kind)
    return task.score(_outputs(net, task, params, batch), batch)


def evaluate_each(
    cell: Cell, task: VisibleTask, params: Params, batch: Batch, architecture: Architecture = Architecture()
) -> Score:
    """Return the sums of ``task.score`` for each sequence of a batch, ``[B]``, in evaluation mode."""
    outputs = _outputs(network(cell, task.out_dim, 0.0, architecture, kind=task.kind), task, params, batch)

    def one(index: Array) -> Score:
        return task.score(jnp.take(outputs, index[None], axis=1), batch.take(index[None]))

    return jax.vmap(one)(jnp.arange(len(batch.lengths)))


class RunSizes(NamedTuple):
    """How long a run may train, and on how much at once."""

    batch_size: int
    """Sequences in an optimiser step; all of the training part where it has fewer."""
    max_epochs: int
    patience: int
    """Epochs without a better validation loss after which it stops."""


def make_run(
    cell: Cell,
    task: VisibleTask,
    train: Batch,
    sizes: RunSizes,
    *,
    widths: Mapping[int, Cell] | None = None,
    architecture: Architecture = Architecture(),
    weights: Sequence[str] = ("own",),
) -> EarlyStopping:
    """Return the training run of networks of this cell on this task.

    With ``widths``, the cell of each width that is asked for, of which this one is the widest and the last, runs differ
    in their number of units; with several ``weights``, names of ``INITIAL_WEIGHTS``, in where these start.
    """
    longest = train.x.shape[0]

    def init(one: Cell, hyper: Hyper, key: Key[Array, ""]) -> Params:
        return init_params(one, task, longest, hyper, key, architecture, weights)

    return EarlyStopping(
        init_params=init_of_width(widths or {0: cell}, init),
        loss=make_loss(cell, task, architecture),
        take=lambda part, indices: part.take(indices),
        examples=train.x.shape[1],
        batch_size=min(sizes.batch_size, train.x.shape[1]),
        max_epochs=sizes.max_epochs,
        patience=sizes.patience,
    )
