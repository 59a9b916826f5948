"""flax.linen's LSTMCell, OptimizedLSTMCell, GRUCell, MGUCell and SimpleCell, by the tree of their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.cells.gru import GRUResetAfter
from gatedrnn.cells.lstm import LSTM
from gatedrnn.convert import directions
from gatedrnn.convert.flax_trees import Dense, around, cells_in, dense_of
from gatedrnn.convert.orders import ORDERS, by_gate
from gatedrnn.convert.recurrent import Direction, built
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatedrnn.types import Layer, Params

OURS = ORDERS["gatedrnn"]
NAMES = ("input kernels side by side", "recurrent kernels side by side", "biases side by side", "hn.bias")


def from_linen(params: Mapping[str, Any]) -> tuple[Layer, Params]:
    """Return the layer and the parameters of a cell of flax.linen's, or of ``RNN`` or ``Bidirectional`` around cells.

    LSTMCell and OptimizedLSTMCell have the same tree: a kernel for each gate, ``ii`` to ``io`` from the input, and
    ``hi`` to ``ho``, with biases, from the state. The reset gate of GRUCell is after the product. That a SimpleCell is
    residual or has another activation, its weights do not say: it is taken to be neither. MGUCell resets after the
    product and keeps f of the state, as ``gr.MGU`` does not: it becomes the GRU whose two gates have the weights of f.

    Args:
        params: the tree of one layer, as ``init`` returns it; "params", "cell" and other names around it may stay.

    Raises:
        InputError: where it is another cell's tree, a weight lacks, or a shape does not fit.

    Source: flax 0.12.8, ``flax.linen.recurrent``.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> cell = {f"i{gate}": {"kernel": rng.normal(size=(2, 3))} for gate in "ifgo"}
        >>> cell |= {f"h{gate}": {"kernel": rng.normal(size=(3, 3)), "bias": np.zeros(3)} for gate in "ifgo"}
        >>> layer, params = from_linen({"params": {"cell": cell}})
        >>> layer.cell
        LSTM(hidden=3, policy=Policy(params='float64'))
    """
    return built([tuple(map(direction, cells_in(params)))])


def direction(cell: Mapping[str, Any]) -> Direction:
    """Return one direction from a cell's weights, by names such as ``hi.kernel``; errors as in `from_linen`."""
    if "if.kernel" in cell and "ii.kernel" not in cell:
        cell = _with_both_gates(cell)
    if "i.kernel" in cell:
        inputs, state = dense_of("i", cell, None, bias=True), dense_of("h", cell, None, bias=False)
        assert inputs.bias is not None
        return directions.simple_rnn(inputs.kernel, state.kernel, inputs.bias, ("i.kernel", "h.kernel", "i.bias"))
    is_lstm = "ir.kernel" not in cell
    gates = OURS.lstm if is_lstm else OURS.gru
    hidden = dense_of(f"h{gates[0]}", cell, None, bias=is_lstm).kernel.shape[1]
    # The LSTM's biases are of the recurrent maps, the GRU's of the input maps, with one more of the candidate.
    inputs = [dense_of(f"i{gate}", cell, hidden, bias=not is_lstm) for gate in gates]
    state = [dense_of(f"h{gate}", cell, hidden, bias=is_lstm or gate == "n") for gate in gates]
    for name, found in zip("ih", (inputs, state), strict=True):
        _refuse_heights(name, gates, found)
    w_x, w_h = (np.concatenate([dense.kernel for dense in found], axis=-1) for found in (inputs, state))
    b = np.concatenate([dense.bias for dense in (state if is_lstm else inputs) if dense.bias is not None])
    if is_lstm:
        return directions.lstm(w_x, w_h, b, NAMES)
    return directions.gru(w_x, w_h, b, state[-1].bias, NAMES)


def _with_both_gates(cell: Mapping[str, Any]) -> dict[str, Any]:
    """Return an MGUCell's weights as those of the GRU that it is: one gate is its reset and its update gate."""
    if "hn.bias" not in cell:
        raise InputError(
            f"weights: expected hn.bias, as MGUCell(reset_gate=False) is no cell of gatedrnn's; got {', '.join(cell)}"
        )
    both = {f"{name[0]}{gate}.{name[3:]}": leaf for name, leaf in cell.items() if name[1:3] == "f." for gate in "rz"}
    return both | {name: leaf for name, leaf in cell.items() if name[1:3] != "f."}


def _refuse_heights(end: str, gates: str, found: list[Dense]) -> None:
    """Refuse kernels of one input that take different numbers of features."""
    heights = {f"{end}{gate}": dense.kernel.shape[0] for gate, dense in zip(gates, found, strict=True)}
    if len(set(heights.values())) > 1:
        raise InputError(f"weights: expected kernels of as many rows, got {heights}")


def to_linen(layer: Layer, params: Params) -> dict[str, Any]:
    """Return the parameters of ``nn.RNN`` around flax.linen's cell, or of ``nn.Bidirectional`` around two.

    ``{"params": to_linen(layer, params)}`` are its variables; below "cell" is what the cell alone takes, LSTMCell as
    well as OptimizedLSTMCell.

    Args:
        layer: one recurrent layer; Flax has an object for each depth.
        params: the parameters of the layer.

    Raises:
        InputError: where flax.linen has no such layer, or there are several.

    Example:
        >>> import jax, gatedrnn as gr
        >>> layer = gr.scan(gr.GRU(3))
        >>> sorted(to_linen(layer, layer.init(jax.random.key(0), in_dim=2))["cell"])
        ['hn', 'hr', 'hz', 'in', 'ir', 'iz']
    """
    return around(layer, params, maps, "flax.linen")


def maps(one: Direction) -> dict[str, Dense]:
    """Return the linear maps of a cell by the names that flax.linen has for them."""
    p: Any = one.params
    if not isinstance(one.cell, (LSTM, GRUResetAfter)):
        return {"i": Dense(p.w_x, p.b), "h": Dense(p.w_h)}
    gates = OURS.lstm if isinstance(one.cell, LSTM) else OURS.gru
    w_x, w_h, b = (by_gate(part, gates) for part in (p.w_x, p.w_h, p.b))
    if isinstance(one.cell, LSTM):
        return {f"i{g}": Dense(w_x[g]) for g in gates} | {f"h{g}": Dense(w_h[g], b[g]) for g in gates}
    inputs = {f"i{g}": Dense(w_x[g], b[g]) for g in gates}
    return inputs | {f"h{g}": Dense(w_h[g], p.b_h if g == "n" else None) for g in gates}
