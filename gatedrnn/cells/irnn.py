"""The IRNN: a simple recurrent network of rectified units that starts as a sum over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from gatedrnn.cells.simple_rnn import SimpleRNN, SimpleRNNParams
from gatedrnn.config import config
from gatedrnn.policy import Policy

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Key


@config
class IRNN(SimpleRNN):
    """Simple recurrent network with ReLU whose recurrent map starts as the identity.

    .. code-block:: text

        h' = activation(x W_x + h W_h + b),    W_h = 1 and b = 0 at the start

    Input maps start Glorot-uniform, as those of all cells here; the paper draws them from narrow normal numbers.

    Attributes:
        hidden: H, the number of units.
        activation: the function that is applied to the sum of both products; ReLU unless said.
        policy: types; ``policy.carry`` is that of h.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Le, Jaitly and Hinton 2015, arXiv 1504.00941v2.

    Example:
        >>> IRNN(2).init(jax.random.key(0), in_dim=3).w_h
        Array([[1., 0.],
               [0., 1.]], dtype=float32)
    """

    hidden: int
    activation: Callable[[Array], Array] = jax.nn.relu
    policy: Policy = Policy()

    def init(self, key: Key[Array, ""], in_dim: int) -> SimpleRNNParams:
        """Draw the input map for inputs of ``in_dim`` features; the recurrent map is the identity, the bias zero."""
        return super().init(key, in_dim)._replace(w_h=jnp.eye(self.hidden, dtype=self.policy.params))
