"""Trees of Flax's and Haiku's in files, by their joined names: each cell is found, with what stands beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import chex
import jax
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.convert import to_haiku, to_linen, to_nnx
from gatedrnn.convert.contents import contents
from gatedrnn.convert.table import rows
from tests.helpers.drawn import drawn

LSTM, GRU, RNN = gr.scan(gr.LSTM(3)), gr.scan(gr.GRU(3)), gr.scan(gr.SimpleRNN(3))
BOTH = gr.bidirectional(gr.GRU(3))
BEFORE, RELU = gr.scan(gr.GRU(3, reset="before")), gr.scan(gr.SimpleRNN(3, activation=jax.nn.relu))


def without_inside(layer: Any) -> Any:
    """Return parameters that nnx can hold: its GRU has no bias inside."""
    return jax.tree.map_with_path(lambda path, leaf: leaf * (path[-1].name != "b_h"), drawn(layer, 2))


def joined(tree: Any, mark: str) -> dict[str, Any]:
    """Return the arrays of a tree by their names joined with ``mark``."""
    if not isinstance(tree, dict):
        return {"": tree}
    inner = [(name, joined(value, mark)) for name, value in tree.items()]
    return {f"{name}{mark if rest else ''}{rest}": leaf for name, leaves in inner for rest, leaf in leaves.items()}


@pytest.mark.parametrize("mark", [".", "/"])
def test_cells_are_found_and_what_their_weights_leave_open_is_said(mark: str, tmp_path: Path) -> None:
    cases = {
        "flax.linen": [(layer, to_linen(layer, drawn(layer, 2))) for layer in (LSTM, GRU, RNN, BOTH)],
        "flax.nnx": [(layer, to_nnx(layer, without_inside(layer))) for layer in (LSTM, GRU, RNN, BOTH)],
        "Haiku": [(layer, to_haiku(layer, drawn(layer, 2))) for layer in (LSTM, BEFORE, RELU)],
    }
    for whose, trees in cases.items():
        tree = {"params": {f"encoder_{k}": tree for k, (_, tree) in enumerate(trees)}}
        head = {"params": {"head": {"kernel": np.ones((3, 2), np.float32), "bias": np.ones(2, np.float32)}}}
        np.savez(tmp_path / "net.npz", **joined(tree, mark), **joined(head, mark))
        found = contents(tmp_path / "net.npz")
        assert not found.refused
        assert [one.layer for one in found.recurrent] == [layer for layer, _ in trees]
        for one, (layer, _) in zip(found.recurrent, trees, strict=True):
            said = dict(rows(one))
            assert said["written by"] == whose
            if whose == "Haiku":  # its users choose none: the VanillaRNN has ReLU, the others tanh
                assert said["activation"] == layer.cell.activation.__name__
            else:
                assert said["activation"].startswith("tanh is assumed")
            kept = drawn(layer, 2) if whose != "flax.nnx" else without_inside(layer)
            if whose != "Haiku":
                chex.assert_trees_all_equal(one.params, kept)
