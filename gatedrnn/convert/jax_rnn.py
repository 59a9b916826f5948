"""The flat vector of weights that ``jax.experimental.rnn.lstm`` takes, as cuDNN has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.arguments import flag, whole
from gatedrnn.cells.lstm import LSTM
from gatedrnn.convert.recurrent import array_of, of_shape, taken_apart, with_activation
from gatedrnn.convert.torch import from_torch, to_torch

if TYPE_CHECKING:
    from gatedrnn.types import Layer, Params

KINDS = ("ih", "hh")


def from_jax_rnn(
    weights: Any, input_size: int, hidden_size: int, num_layers: int, *, bidirectional: bool
) -> tuple[Layer, Params]:
    """Return the layer and the parameters of an LSTM of ``jax.experimental.rnn``.

    Names and order of the arguments are those of ``jax.experimental.rnn.lstm``. The vector holds ``W_ih`` and ``W_hh``
    of each layer and direction, and after all of these ``b_ih`` and ``b_hh`` of each, as PyTorch has them.

    Args:
        weights: the vector, one number after another.
        input_size: I, features of the input.
        hidden_size: H, units of every layer in every direction.
        num_layers: how many layers there are on top of each other.
        bidirectional: whether each layer has both directions.

    Raises:
        InputError: where the vector has another length.

    Source: JAX 0.10.2, ``jax.experimental.rnn``.

    Example:
        >>> layer, params = from_jax_rnn(np.zeros(4 * 3 * (2 + 3 + 2)), 2, 3, 1, bidirectional=False)
        >>> layer.cell
        LSTM(hidden=3, policy=Policy(params='float64'))
    """
    for name, size in [("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)]:
        whole(name, size)
    flag("bidirectional", bidirectional)
    flat = array_of("weights", {"weights": weights})
    shapes = _shapes(input_size, hidden_size, num_layers, bidirectional)
    of_shape("weights", flat, sum(int(np.prod(shape)) for shape in shapes.values()))
    ends = np.cumsum([np.prod(shape) for shape in shapes.values()])[:-1]
    parts = zip(shapes, np.split(flat, ends), strict=True)
    return from_torch({name: part.reshape(shapes[name]) for name, part in parts})


def _shapes(inputs: int, hidden: int, depths: int, both: bool) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the vector's parts by PyTorch's names for them, in the vector's order."""
    ends = [f"_l{depth}{end}" for depth in range(depths) for end in (("", "_reverse") if both else ("",))]
    widths = {end: inputs if end.startswith("_l0") else hidden * (1 + both) for end in ends}
    rows = 4 * hidden
    kernels = {f"weight_{kind}{end}": (rows, widths[end] if kind == "ih" else hidden) for end in ends for kind in KINDS}
    return {**kernels, **{f"bias_{kind}{end}": (rows,) for end in ends for kind in KINDS}}


def to_jax_rnn(layer: Layer, params: Params) -> np.ndarray:
    """Return the vector of weights that ``jax.experimental.rnn.lstm`` takes; its second biases are zero.

    Args:
        layer: LSTM layers of one width on top of each other, in one direction or both.
        params: the parameters of the layer.

    Raises:
        InputError: where it is no LSTM with tanh, or one such as PyTorch has not.

    Example:
        >>> import jax, gatedrnn as gr
        >>> layer = gr.scan(gr.LSTM(3))
        >>> to_jax_rnn(layer, layer.init(jax.random.key(0), in_dim=2)).shape
        (84,)
    """
    for depth in taken_apart(layer, params, "jax.experimental.rnn"):
        for one in depth:
            with_activation(one.cell, (LSTM,), ("tanh",), "jax.experimental.rnn")
    named = to_torch(layer, params)
    # PyTorch names first what the vector holds first: weights of every layer and direction, then their biases.
    order = [name for start in ("weight", "bias") for name in named if name.startswith(start)]
    return np.concatenate([named[name].ravel() for name in order])
