"""In which order each framework puts the blocks of its gates: written down once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Order(NamedTuple):
    """Blocks of H columns by a letter each: i, f, g, o of an LSTM; r, z, n of a GRU (g and n are the candidates)."""

    lstm: str
    gru: str


ORDERS = {
    "gatedrnn": Order("ifgo", "rzn"),
    "torch": Order("ifgo", "rzn"),
    "keras": Order("ifgo", "zrn"),
    "nnx": Order("ifgo", "rzn"),
    "equinox": Order("ifgo", "rzn"),
    "haiku": Order("igfo", "zrn"),
    "onnx": Order("iofg", "zrn"),
}
"""Of PyTorch 2.13.0, Keras 3.15.1, Flax 0.12.8, Equinox 0.13.8, Haiku 0.0.17 and the operators of ONNX."""


def by_gate(blocks: Any, order: str) -> dict[str, Any]:
    """Return the blocks of an array ``[..., G*H]`` by the letter of their gate; of NumPy's or JAX's."""
    size = blocks.shape[-1] // len(order)
    return {gate: blocks[..., k * size : (k + 1) * size] for k, gate in enumerate(order)}


def reordered(blocks: Any, given: str, wanted: str) -> Any:
    """Return an array ``[..., G*H]`` of NumPy's or JAX's with its blocks, which stand as ``given``, as ``wanted``.

    Example:
        >>> reordered(np.array([1, 1, 2, 2, 3, 3]), "zrn", "rzn")
        array([2, 2, 1, 1, 3, 3])
    """
    columns = by_gate(np.arange(blocks.shape[-1]), given)
    return blocks[..., np.concatenate([columns[gate] for gate in wanted])]
