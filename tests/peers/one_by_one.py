"""For peers that know neither layers nor lengths: each sequence alone, unpadded, through one cell after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from tests.peers.cases import LENGTHS, Case, T


def run_net(sequence: Callable[..., Any], case: Case, params: Any, xs: Any) -> Any:
    """Apply ``sequence(cell, params, xs [T, I], reverse=)`` by depth and direction; pad its outputs with zeros."""

    def alone(ys: Any) -> Any:
        for layer in params:
            directions = zip(layer, (False, True), strict=True) if case.bidirectional else [(layer, False)]
            ys = jnp.concatenate([sequence(case.cell, p, ys, reverse=back) for p, back in directions], axis=-1)
        return ys

    if not case.lengths:
        return jax.vmap(alone, in_axes=1, out_axes=1)(xs)
    outputs = [jnp.pad(alone(xs[:length, b]), ((0, T - length), (0, 0))) for b, length in enumerate(LENGTHS)]
    return jnp.stack(outputs, axis=1)
