"""Recurrences whose trajectories are known to come together or to part."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


def wide(tree: Any) -> Any:
    """Return the tree in float64."""
    return jax.tree.map(lambda leaf: leaf.astype(float) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf, tree)


def scaled(cell: Any, rho: float, length: int, batch: int = 1) -> tuple[Any, Any]:
    """Return parameters whose recurrent map is ``rho`` times orthogonal, and inputs ``[length, batch, 4]``."""
    params = cell.init(jax.random.key(0), 4)
    return params._replace(w_h=params.w_h * rho), jax.random.normal(jax.random.key(1), (length, batch, 4))
