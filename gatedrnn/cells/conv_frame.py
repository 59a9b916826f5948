"""What the convolutional cells share: channels at each place, and kernels whose blocks stand side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks
from gatedrnn.cells.convolution import check_kernel, kernels
from gatedrnn.config import config
from gatedrnn.policy import Policy

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@config
class ConvFrame:
    """All of a plain cell but its carry and its equations, for parameters ``w_x [*size, I, G*H]``, ``w_h`` and ``b``.

    A cell that stands in it has ``_kind``, the class of its parameters, ``gates``, ``initial_carry``, ``output`` and
    ``step``; a bias that does not start at zero stands in ``_first_bias``.

    Attributes:
        hidden: H, the number of channels.
        activation: the function that is applied to the candidate.
        policy: types; ``policy.carry`` is that of the state.
        space: the number of axes of space: 1 for signals, 2 for images.
        size: the length of a kernel along each axis of space, an odd number.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()
    space: int = 2
    size: int = 3

    gates: ClassVar[Any]
    _kind: ClassVar[Any]

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        checks.configuration(self.hidden, self.activation, self.policy)
        check_kernel(self.space, self.size)

    @property
    def out_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key[Array, ""], in_dim: int) -> Any:
        """Draw parameters for inputs of ``in_dim`` channels; recurrent kernels have orthonormal columns."""
        checks.key("key", key)
        checks.positive("in_dim", in_dim)
        key_x, key_h = jax.random.split(key)
        places, blocks, dtype = (self.size,) * self.space, len(self.gates.blocks), self.policy.params
        glorot, orthogonal = jax.nn.initializers.glorot_uniform(), jax.nn.initializers.orthogonal()
        return self._kind(
            w_x=kernels(glorot, key_x, (*places, in_dim, self.hidden), blocks, dtype),
            w_h=kernels(orthogonal, key_h, (*places, self.hidden, self.hidden), blocks, dtype),
            b=self._first_bias(),
        )

    def prepare(self, params: Any, xs: Any, key: Any = None) -> tuple[Any, Any]:
        """Cast the parameters once, outside the scan."""
        del key
        self._check(params)
        dtype = self.policy.compute_dtype(params.w_h)
        return self._kind(*(p.astype(dtype) for p in params)), xs

    def _first_bias(self) -> Float[Array, "GH"]:
        """Return zeros."""
        return jnp.zeros(len(self.gates.blocks) * self.hidden, self.policy.params)

    def _check(self, params: Any) -> None:
        places, columns = (self.size,) * self.space, len(self.gates.blocks) * self.hidden
        shapes = {"w_h": (*places, self.hidden, columns), "b": (columns,), "w_x": (*places, None, columns)}
        checks.params(params, self._kind, **shapes)
