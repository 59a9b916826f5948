"""Trees in which flax.linen and flax.nnx hold weights: a cell's own, below the names of what stands around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from gatedrnn.cells.gru import GRUResetAfter
from gatedrnn.cells.lstm import LSTM
from gatedrnn.cells.simple_rnn import SimpleRNN
from gatedrnn.convert.recurrent import array_of, of_shape, single, with_activation
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from gatedrnn.convert.recurrent import Direction
    from gatedrnn.types import Layer, Params

ENDS = ("forward_rnn", "backward_rnn")
"""What both directions are called in ``Bidirectional``."""


class Dense(NamedTuple):
    """Weights of one linear map: ``kernel [I, O]`` and ``bias [O]``."""

    kernel: np.ndarray
    bias: np.ndarray | None = None

    def tree(self) -> dict[str, np.ndarray]:
        """Return it by the names that Flax has."""
        return {"kernel": self.kernel} if self.bias is None else {"kernel": self.kernel, "bias": self.bias}


def cells_in(tree: Any) -> list[dict[str, Any]]:
    """Return what one cell, or both cells of ``Bidirectional``, hold, by names such as ``hi.kernel``.

    Args:
        tree: nested mappings; names that stand alone on their level, such as "params" or "cell", are passed over.

    Raises:
        InputError: where it is no tree, or several layers stand side by side in it.
    """
    while isinstance(tree, Mapping) and len(tree) == 1:
        (tree,) = tree.values()
    if not isinstance(tree, Mapping) or not tree:
        raise InputError(f"params: expected nested mappings by name, got {type(tree).__name__}")
    if tree.keys() == set(ENDS):
        found = [cells_in(tree[end]) for end in ENDS]
        if any(len(one) != 1 for one in found):
            raise InputError("params: expected one cell in each direction, got both directions in one of them")
        return [one[0] for one in found]
    return [{f"{name}.{leaf}": value for name, leaves in tree.items() for leaf, value in _leaves(name, leaves)}]


def _leaves(name: str, leaves: Any) -> list[tuple[str, Any]]:
    if not isinstance(leaves, Mapping) or any(isinstance(value, Mapping) for value in leaves.values()):
        raise InputError(
            f"params: expected the tree of one cell, or of one RNN or Bidirectional around it; got more below {name}"
        )
    return list(leaves.items())


def dense_of(name: str, cell: Mapping[str, Any], outputs: int | None, *, bias: bool) -> Dense:
    """Return one linear map of a cell, its columns as many as said.

    Raises:
        InputError: where a weight lacks, is of another shape, or there is a bias which the cell of that name hasn't.
    """
    kernel = of_shape(f"{name}.kernel", array_of(f"{name}.kernel", cell), None, outputs)
    if not bias and f"{name}.bias" in cell:
        raise InputError(f"weights: expected no {name}.bias, as in the cells of flax 0.12.8; got one")
    return Dense(kernel, of_shape(f"{name}.bias", array_of(f"{name}.bias", cell), kernel.shape[1]) if bias else None)


def around(layer: Layer, params: Params, tree: Callable[[Direction], dict[str, Dense]], whose: str) -> dict[str, Any]:
    """Return the tree of ``RNN``, or of ``Bidirectional`` around two, from that of each cell.

    Args:
        layer: one recurrent layer; Flax has an object for each depth.
        params: the parameters of the layer.
        tree: what returns the linear maps of one cell.
        whose: the framework's name, for messages.

    Raises:
        InputError: where the framework has no such layer.
    """
    directions = single(layer, params, whose)
    for one in directions:
        with_activation(one.cell, (LSTM, GRUResetAfter, SimpleRNN), ("tanh",), whose)
    trees = [{"cell": {name: dense.tree() for name, dense in tree(one).items()}} for one in directions]
    return trees[0] if len(trees) == 1 else dict(zip(ENDS, trees, strict=True))
