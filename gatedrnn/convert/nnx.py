"""flax.nnx's LSTMCell, OptimizedLSTMCell, GRUCell and SimpleCell, by the tree of their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gatedrnn.arguments import choice
from gatedrnn.cells.gru import GRUResetAfter
from gatedrnn.cells.lstm import LSTM
from gatedrnn.convert import directions, linen
from gatedrnn.convert.flax_trees import Dense, around, cells_in, dense_of
from gatedrnn.convert.recurrent import Direction, built
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatedrnn.types import Layer, Params

LSTMName = Literal["OptimizedLSTMCell", "LSTMCell"]


def from_nnx(params: Mapping[str, Any]) -> tuple[Layer, Params]:
    """Return the layer and the parameters of a cell of flax.nnx's, or of ``RNN`` or ``Bidirectional`` around cells.

    LSTMCell has a kernel for each gate, as flax.linen has; OptimizedLSTMCell and GRUCell have gates side by side in
    ``dense_i`` and ``dense_h``. The reset gate of GRUCell is after the product, with no bias inside, so that ``b_h`` is
    zero. That a SimpleCell is residual or has another activation, its weights do not say: it is taken to be neither.

    Args:
        params: the state of one layer, ``nnx.state(layer, nnx.Param)``, as it is or as plain mappings.

    Raises:
        InputError: where it is another cell's tree, a weight lacks, or a shape does not fit.

    Source: flax 0.12.8, ``flax.nnx.nn.recurrent``.

    Example:
        >>> import numpy as np
        >>> shapes = {"dense_i": {"kernel": (2, 9), "bias": (9,)}, "dense_h": {"kernel": (3, 9)}}
        >>> cell = {name: {leaf: np.ones(shape) for leaf, shape in leaves.items()} for name, leaves in shapes.items()}
        >>> layer, params = from_nnx({"cell": cell})
        >>> layer.cell, params.b_h.tolist()
        (GRUResetAfter(hidden=3, policy=Policy(params='float64')), [0.0, 0.0, 0.0])
    """
    return built([tuple(map(_direction, cells_in(params)))])


def _direction(cell: Mapping[str, Any]) -> Direction:
    if "dense_h.kernel" not in cell:
        return linen.direction({name.replace("if_.", "if."): value for name, value in cell.items()})
    hidden, columns = dense_of("dense_h", cell, None, bias="dense_h.bias" in cell).kernel.shape
    gates, rest = divmod(columns, max(hidden, 1))
    if rest or gates not in (1, 3, 4):
        raise InputError(
            f"weights: expected dense_h.kernel of 1, 3 or 4 blocks of {hidden} columns, got {columns} columns"
        )
    is_lstm = gates == 4
    inputs = dense_of("dense_i", cell, columns, bias=not is_lstm)
    state = dense_of("dense_h", cell, columns, bias=is_lstm)
    b: Any = state.bias if is_lstm else inputs.bias
    names = ("dense_i.kernel", "dense_h.kernel", "bias", "b_h")
    if is_lstm:
        return directions.lstm(inputs.kernel, state.kernel, b, names)
    if gates == 1:
        return directions.simple_rnn(inputs.kernel, state.kernel, b, names)
    return directions.gru(inputs.kernel, state.kernel, b, 0 * b[:hidden], names)


def to_nnx(layer: Layer, params: Params, *, lstm: LSTMName = "OptimizedLSTMCell") -> dict[str, Any]:
    """Return the parameters of ``nnx.RNN`` around flax.nnx's cell, or of ``nnx.Bidirectional`` around two.

    ``nnx.update(rnn, to_nnx(layer, params))`` sets them; below "cell" is what the cell alone takes.

    Args:
        layer: one recurrent layer; Flax has an object for each depth.
        params: the parameters of the layer.
        lstm: which of Flax's two cells an LSTM becomes; they compute the same from other trees.

    Raises:
        InputError: where flax.nnx has no such layer, there are several, or a GRU's ``b_h`` is not zero: GRUCell lacks
            that bias.

    Example:
        >>> import jax, gatedrnn as gr
        >>> layer = gr.scan(gr.LSTM(3))
        >>> params = layer.init(jax.random.key(0), in_dim=2)
        >>> sorted(to_nnx(layer, params)["cell"]), sorted(to_nnx(layer, params, lstm="LSTMCell")["cell"])[:4]
        (['dense_h', 'dense_i'], ['hf', 'hg', 'hi', 'ho'])
    """
    choice("lstm", lstm, ("OptimizedLSTMCell", "LSTMCell"))
    return around(layer, params, _by_gate if lstm == "LSTMCell" else _side_by_side, "flax.nnx")


def _by_gate(one: Direction) -> dict[str, Dense]:
    if not isinstance(one.cell, LSTM):
        return _side_by_side(one)
    return {{"if": "if_"}.get(name, name): dense for name, dense in linen.maps(one).items()}


def _side_by_side(one: Direction) -> dict[str, Dense]:
    p: Any = one.params
    if isinstance(one.cell, GRUResetAfter) and p.b_h.any():
        raise InputError(
            "params: expected zeros as b_h, as flax.nnx's GRUCell has no bias inside the reset gate's product; "
            f"got up to {abs(p.b_h).max():g}"
        )
    if isinstance(one.cell, LSTM):
        return {"dense_i": Dense(p.w_x), "dense_h": Dense(p.w_h, p.b)}
    return {"dense_i": Dense(p.w_x, p.b), "dense_h": Dense(p.w_h)}
