"""The layout of ``CuDNNLSTM`` and ``CuDNNGRU``, which Keras had until its version 2.

Each gate's kernel lies in memory as cuDNN reads it, ``[H, I]`` in rows, though its array has the shape ``[I, H]``;
recurrent kernels are transposed likewise. Biases of both products stand one after another, ``[2*G*H]``. The order of
gates is that of Keras's other layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def plain(w_x: np.ndarray, w_h: np.ndarray, b: np.ndarray, gates: int) -> list[np.ndarray]:
    """Return kernel ``[I, G*H]``, recurrent kernel ``[H, G*H]`` and biases ``[2, G*H]`` as Keras's LSTM and GRU have.

    Example:
        >>> kernel = np.array([[1, 2, 3], [4, 5, 6]])  # one gate, [I, H]: in memory W_ih = [[1, 2], [3, 4], [5, 6]]
        >>> plain(kernel, np.eye(3), np.zeros(6), 1)[0]
        array([[1, 3, 5],
               [2, 4, 6]])
    """
    return [
        _each(w_x, gates, lambda kernel: kernel.reshape(kernel.shape[::-1]).T),
        _each(w_h, gates, lambda kernel: kernel.T),
        b.reshape(2, -1),
    ]


def laid_out(w_x: np.ndarray, w_h: np.ndarray, b: np.ndarray, gates: int) -> list[np.ndarray]:
    """Return arrays of ``plain``, biases ``[2, G*H]``, as ``CuDNNLSTM`` and ``CuDNNGRU`` have them."""
    return [
        _each(w_x, gates, lambda kernel: np.ascontiguousarray(kernel.T).reshape(kernel.shape)),
        _each(w_h, gates, lambda kernel: kernel.T),
        b.reshape(-1),
    ]


def _each(kernel: np.ndarray, gates: int, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    return np.concatenate([change(np.ascontiguousarray(part)) for part in np.split(kernel, gates, axis=1)], axis=1)
