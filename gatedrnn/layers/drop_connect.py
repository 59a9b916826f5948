"""``gr.drop_connect``: in training, some recurrent weights of a cell are zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax

from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers.engines.fast.engine import is_gated
from gatedrnn.layers.scan import prepare
from gatedrnn.layers.wrapper import GatedParts, Wrapper, check_rate, kept

if TYPE_CHECKING:
    from gatedrnn.types import Cell, Params


@config
class DropConnect(Wrapper):
    """A cell with some recurrent weights dropped in training; made by ``gr.drop_connect``."""

    rate: Any

    def __post_init__(self) -> None:
        """Refuse what is no cell or no probability."""
        super().__post_init__()
        check_rate("rate", self.rate)

    def prepare(self, params: Params, xs: Any, key: Any) -> tuple[Params, Any]:
        """Drop weights once for all steps and sequences, then prepare the inner cell."""
        if key is None:
            return prepare(self.inner, params, xs, None)
        own, inner = jax.random.split(key)
        return prepare(self.inner, self._dropped(params, own), xs, inner)

    def _dropped(self, params: Params, key: Any) -> Params:
        paths, tree = jax.tree_util.tree_flatten_with_path(params)
        chosen = [_name(path) == "w_h" for path, _ in paths]
        if not any(chosen):
            raise InputError(f"params: expected some with a recurrent map w_h, got {type(params).__name__}")
        keys = jax.random.split(key, len(paths))
        leaves = [
            leaf * kept(k, self.rate, leaf.shape, leaf.dtype) if drop else leaf
            for (_, leaf), drop, k in zip(paths, chosen, keys, strict=True)
        ]
        return jax.tree.unflatten(tree, leaves)


@config
class GatedDropConnect(GatedParts, DropConnect):
    """The same around a gated cell."""


def _name(path: tuple[Any, ...]) -> Any:
    """Return the name of a leaf: that of its field, or its key in a dictionary."""
    last = path[-1] if path else None
    return getattr(last, "name", getattr(last, "key", None))


def drop_connect(cell: Cell, rate: Any) -> DropConnect:
    """Drop recurrent weights of a cell in training, the same ones in all steps.

    .. code-block:: text

        w_h * m / (1 - rate),    m[i, j] = 0 with probability rate, else 1

    Each call of ``apply`` with a key draws once, for all steps and sequences; without a key the cell is as it was.
    The fast engine takes it where it takes the inner cell.

    Args:
        cell: the cell whose parameters named ``w_h`` are dropped, those of cells inside it too.
        rate: the probability with which a weight is zero; may be traced.

    Raises:
        InputError: where ``cell`` is no cell or ``rate`` no probability; in training, where there is no ``w_h``.

    Source: Merity, Keskar and Socher 2017, arXiv 1708.02182v1; Wan et al. 2013 for weights of other maps.

    Example:
        >>> import jax, jax.numpy as jnp, gatedrnn as gr
        >>> cell = gr.drop_connect(gr.LSTM(4), 0.5)
        >>> params = cell.init(jax.random.key(0), in_dim=3)
        >>> dropped, _ = cell.prepare(params, jnp.zeros((5, 3)), jax.random.key(1))
        >>> bool(((dropped.w_h == 0) | (dropped.w_h == 2 * params.w_h)).all())
        True
    """
    return (GatedDropConnect if is_gated(cell) else DropConnect)(cell, rate)
