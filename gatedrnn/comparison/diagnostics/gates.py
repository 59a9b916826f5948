"""What the gates of trained networks do: how long units remember, and how far gates are open, before and after."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

import gatedrnn as gr
from gatedrnn.experiment.network import init_params, inputs_of, network
from gatedrnn.experiment.space import as_hypers
from gatedrnn.inside.gates import gate_values, named_gates, readable
from gatedrnn.inside.timescale import timescales

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float

    from gatedrnn.comparison.schema.further import GatesEntry
    from gatedrnn.comparison.schema.results import Found
    from gatedrnn.comparison.search.replicate import Replicate
    from gatedrnn.experiment.architecture import Architecture
    from gatedrnn.tasks.parts import Batch
    from gatedrnn.tasks.task import VisibleTask
    from gatedrnn.training.early_stopping import Hyper
    from gatedrnn.types import Cell, Params

BINS = 20
"""Of a histogram from 0 to 1."""


@partial(jax.jit, static_argnums=(0, 1, 2))
def _read(cell: Any, task: VisibleTask, architecture: Architecture, params: Any, batch: Batch) -> tuple[Array, Array]:
    """Return time scales ``[H]`` and a histogram of each gate ``[G, BINS]`` of the first scan over a batch."""
    named = named_gates(cell)
    keeps = named.open.index(named.keeps)
    first = params[architecture.first]
    xs = inputs_of(network(cell, task.out_dim, 0.0, architecture), task, batch)
    xs = gr.embed(architecture.embed).apply(params[0], xs)[1] if architecture.embed else jnp.asarray(xs)
    gates = gate_values(gr.scan(cell), first.forward if architecture.bidirectional else first, xs)
    if named.complement:  # so that high is long memory in all cells
        gates = gates.at[:, :, keeps].set(1 - gates[:, :, keeps])
    there = jnp.arange(len(gates))[:, None] < batch.lengths
    place = jnp.clip((gates * BINS).astype(jnp.int32), 0, BINS - 1)
    weight = jnp.broadcast_to(there[:, :, None, None], gates.shape).astype(jnp.float32)
    histogram = jnp.stack(
        [jnp.bincount(place[:, :, g].ravel(), weight[:, :, g].ravel(), length=BINS) for g in range(gates.shape[2])]
    )
    return timescales(gates[:, :, keeps], there), histogram


def gates(
    cells: dict[str, Cell],
    architecture: Architecture,
    replicates: list[Replicate],
    found: Found,
    winners: dict[str, list[tuple[Cell, Params]]],
) -> dict[str, GatesEntry]:
    """Return time scales and histograms of the gates, over the validation part, before and after training.

    Of several layers they are those of the first, and of two directions those of the forward one: they alone read what
    all networks read.

    Args:
        cells: the cells by name; those whose gates cannot be read are left out.
        architecture: what stands around the cells.
        replicates: the replicates of the comparison.
        found: what the searches of the task found.
        winners: the selected network of each cell in each replicate: the cell in its width, and parameters.
    """
    return {
        name: _of_cell(cell, architecture, replicates, found, (name, winners[name]))
        for name, cell in cells.items()
        if readable(cell) is not None
    }


def _of_cell(
    cell: Cell,
    architecture: Architecture,
    replicates: list[Replicate],
    found: Found,
    won: tuple[str, list[tuple[Cell, Params]]],
) -> GatesEntry:
    name, winners = won
    states = {"before": ([], []), "after": ([], [])}
    for replicate, (one, after) in zip(replicates, winners, strict=True):
        visible, task = replicate.visible(), replicate.task
        hyper, key, weights = _start(replicate, found, name)
        before = init_params(one, task, len(visible.train.x), hyper, key, architecture, weights)
        for state, params in (("before", before), ("after", after)):
            scales, histogram = _read(one, task, architecture, params, visible.validation)
            states[state][0].append(np.asarray(scales))
            states[state][1].append(np.asarray(histogram, np.float64))
    named = named_gates(cell)
    scales = {state: np.sort(np.concatenate(found)) for state, (found, _) in states.items()}
    counts = {state: np.sum(found, axis=0) for state, (_, found) in states.items()}
    return {
        "timescales": {"before": _rounded(scales["before"]), "after": _rounded(scales["after"])},
        "histograms": {
            gate: {"before": _parts(counts["before"][g]), "after": _parts(counts["after"][g])}
            for g, gate in enumerate(named.open)
        },
        "keeps": named.keeps,
    }


def _rounded(scales: Float[np.ndarray, "N"]) -> list[float]:
    return [round(float(t), 3) for t in scales]


def _parts(counts: Float[np.ndarray, "BINS"]) -> list[float]:
    return (counts / counts.sum()).round(5).tolist()


def _start(replicate: Replicate, found: Found, name: str) -> tuple[Hyper, Any, tuple[str]]:
    """Return what the selected configuration starts its parameters with; of an extension that is another draw."""
    entry = found["replicates"][replicate.index]
    place = entry["cells"][name]["selected"]
    lot = replicate.lot
    key = lot.keys[place] if place < len(lot.configurations) else jax.random.key(replicate.seed)
    chosen = entry["configurations"][place]
    hyper = jax.tree.map(lambda column: column[0], as_hypers([chosen]))
    return hyper, jax.random.split(key)[1], (chosen["initial_weights"],)
