"""How each framework has its weights: orders of gates above all, written down once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

COLUMNS = "[I, G*H]"
ROWS = "[G*H, I]"


class Convention(NamedTuple):
    """What has to be known of a framework's weights. Letters name gates; g of an LSTM and n of a GRU are candidates.

    ``lstm`` and ``gru`` are the orders of the blocks; those of flax.linen, which has an array for each gate, are the
    order in which we take them. A framework without a GRU has "" there.
    """

    name: str
    lstm: str
    gru: str
    kernel: str
    """Shape of the input map, of G gates; the recurrent map's is alike with H in the place of I."""
    lstm_biases: str
    gru_biases: dict[str, str]
    """By where a GRU's reset gate acts: "after" the recurrent product or "before" it; a framework may have either."""
    kept: str = "z"
    """The part of the state that a GRU keeps."""
    forget_offset: float = 0.0
    """What is added to the forget gate's sum in every step, besides the bias."""
    open: tuple[str, ...] = ()
    """Cells whose activation the framework's users choose, and no weight tells: tanh is assumed."""


TWO = "two, end to end"
ALL = ("LSTM", "GRU", "GRU-before", "SimpleRNN")
INSIDE = "one, and the candidate's inside"
ORDERS = {
    "gatedrnn": Convention("gatedrnn", "ifgo", "rzn", COLUMNS, "one", {"after": INSIDE, "before": "one"}),
    "torch": Convention("PyTorch", "ifgo", "rzn", ROWS, "two", {"after": "two"}, open=("SimpleRNN",)),
    "keras": Convention("Keras", "ifgo", "zrn", COLUMNS, "one", {"after": "two rows", "before": "one"}, open=ALL),
    "keras_cudnn": Convention("Keras cuDNN", "ifgo", "zrn", f"{COLUMNS}, but [H, I] in memory", TWO, {"after": TWO}),
    "linen": Convention("flax.linen", "ifgo", "rzn", "[I, H] a gate", "one, recurrent", {"after": INSIDE}, open=ALL),
    "nnx": Convention(
        "flax.nnx",
        "ifgo",
        "rzn",
        f"{COLUMNS}; LSTMCell [I, H] a gate",
        "one, recurrent",
        {"after": "one, none inside"},
        open=ALL,
    ),
    "equinox": Convention("Equinox", "ifgo", "rzn", ROWS, "one", {"after": INSIDE}),
    "haiku": Convention(
        "Haiku", "igfo", "zrn", f"{COLUMNS}; LSTM [I + H, 4*H]", "one", {"before": "one"}, "1 - z", 1.0
    ),
    "jax_rnn": Convention("jax.experimental.rnn", "ifgo", "", f"{ROWS} in one vector", "two", {}),
    "onnx": Convention("ONNX", "iofg", "zrn", f"{ROWS} a direction", TWO, {"after": TWO, "before": TWO}),
}
"""Of PyTorch 2.13.0, Keras 3.15.1 and 2.2, Flax 0.12.8, Equinox 0.13.8, Haiku 0.0.17, JAX 0.10.2 and ONNX's operators
LSTM 14 and GRU 14."""


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
