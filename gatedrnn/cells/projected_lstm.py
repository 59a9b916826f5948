"""Long short-term memory whose output is projected to fewer units before it is fed back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells import checks, initializers
from gatedrnn.cells.lstm import LSTMCarry, LSTMDerivative, LSTMParams, equations
from gatedrnn.config import config
from gatedrnn.policy import Policy
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key


@exportable
class ProjectedLSTMParams(NamedTuple):
    """Blocks of H columns in the order i, f, g, o, and the output map."""

    w_x: Float[Array, "I 4*H"]
    w_h: Float[Array, "P 4*H"]
    b: Float[Array, "4*H"]
    w_p: Float[Array, "H P"]

    gates = LSTMParams.gates


@config
class ProjectedLSTM:
    r"""Long short-term memory with a linear output map, so that more units remember than are fed back.

    .. code-block:: text

        i = sigmoid(x W_xi + h W_hi + b_i)        input gate
        f = sigmoid(x W_xf + h W_hf + b_f)        forget gate
        g = activation(x W_xg + h W_hg + b_g)     candidate
        o = sigmoid(x W_xo + h W_ho + b_o)        output gate
        c' = f * c + i * g
        h' = (o * activation(c')) W_p             also the output, of P features

    PyTorch's ``proj_size``. The map is the cell's ``emit``: it follows a ``gate`` that is elementwise over the H units.

    Attributes:
        hidden: H, the number of units.
        projection: P, the number of features that are put out and fed back.
        activation: the function that is applied to the candidate, and to the cell state where it leaves the cell.
        policy: types; the cell state is at least float32 unless ``policy.carry`` says otherwise.

    Raises:
        InputError: where a field is of another kind, or parameters, an input or a carry do not fit.

    Source: Sak, Senior and Beaufays 2014, arXiv 1402.1128v1, its recurrent projection without peepholes.

    Example:
        >>> cell = ProjectedLSTM(8, projection=3)
        >>> params = cell.init(jax.random.key(0), in_dim=2)
        >>> carry, y = cell.step(params, cell.initial_carry(params, jnp.ones((5, 2))), jnp.ones((5, 2)))
        >>> y.shape, carry.c.shape
        ((5, 3), (5, 8))
    """

    hidden: int
    projection: int
    activation: Callable[[Array], Array] = jnp.tanh
    policy: Policy = Policy()

    gates = LSTMParams.gates

    def __post_init__(self) -> None:
        """Refuse what no cell is made of."""
        checks.configuration(self.hidden, self.activation, self.policy)
        checks.positive("projection", self.projection)

    @property
    def out_dim(self) -> int:
        """P."""
        return self.projection

    def init(self, key: Key[Array, ""], in_dim: int) -> ProjectedLSTMParams:
        """Draw parameters for inputs of ``in_dim`` features; each map to gates for each gate on its own."""
        checks.key("key", key)
        checks.positive("in_dim", in_dim)
        key_x, key_h, key_p = jax.random.split(key, 3)
        dtype = self.policy.params
        b = jnp.zeros(4 * self.hidden, dtype).at[self.hidden : 2 * self.hidden].set(1.0)
        return ProjectedLSTMParams(
            w_x=initializers.glorot(key_x, in_dim, self.hidden, 4, dtype),
            w_h=initializers.glorot(key_h, self.projection, self.hidden, 4, dtype),
            b=b,
            w_p=initializers.glorot(key_p, self.hidden, self.projection, 1, dtype),
        )

    def initial_carry(self, params: ProjectedLSTMParams, x: Any) -> LSTMCarry:
        """Return zeros, h ``[*B, P]`` and c ``[*B, H]``, for an input ``[*B, I]``."""
        self._check(params)
        batch, compute = jnp.shape(x)[:-1], self.policy.compute_dtype(params.w_h)
        return LSTMCarry(
            jnp.zeros((*batch, self.projection), compute), jnp.zeros((*batch, self.hidden), self._cell_dtype(compute))
        )

    def prepare(self, params: ProjectedLSTMParams, xs: Any, key: Any = None) -> tuple[ProjectedLSTMParams, Any]:
        """Cast the parameters once, outside the scan."""
        del key
        self._check(params)
        dtype = self.policy.compute_dtype(params.w_h)
        return ProjectedLSTMParams(*(p.astype(dtype) for p in params)), xs

    def project(self, params: ProjectedLSTMParams, x: Array) -> Float[Array, "... 4*{self.hidden}"]:
        """Return ``x W_x + b``."""
        checks.features(x, params.w_x)
        dtype = self.policy.compute_dtype(params.w_x)
        return x.astype(dtype) @ params.w_x.astype(dtype) + params.b.astype(dtype)

    def recur(self, params: ProjectedLSTMParams, carry: LSTMCarry) -> Float[Array, "... 4*{self.hidden}"]:
        """Return ``h W_h``."""
        dtype = self.policy.compute_dtype(params.w_h)
        return carry.h.astype(dtype) @ params.w_h.astype(dtype)

    def gate(
        self, params: ProjectedLSTMParams, z: Array, u: Array, carry: LSTMCarry
    ) -> tuple[LSTMCarry, Float[Array, "... {self.hidden}"]]:
        """Do what an LSTM of H units does, elementwise: ``o * activation(c')`` stands in the place of h'."""
        del params
        c, y, _ = equations(z, u, carry.c, self.activation, self._cell_dtype)
        return LSTMCarry(y, c), y

    def emit(
        self, params: ProjectedLSTMParams, carry: LSTMCarry, y: Array
    ) -> tuple[LSTMCarry, Float[Array, "... {self.projection}"]]:
        """Map what the units put out, ``y W_p``, which is fed back too."""
        dtype = self.policy.compute_dtype(params.w_p)
        h = y.astype(dtype) @ params.w_p.astype(dtype)
        return LSTMCarry(h, carry.c), h

    def step(
        self, params: ProjectedLSTMParams, carry: LSTMCarry, x: Array
    ) -> tuple[LSTMCarry, Float[Array, "*B {self.projection}"]]:
        """Consume one input ``[*B, I]``."""
        checks.state(carry, x, (self.projection, self.hidden), LSTMCarry)
        return self.emit(params, *self.gate(params, self.project(params, x), self.recur(params, carry), carry))

    def _check(self, params: ProjectedLSTMParams) -> None:
        units, features = self.hidden, self.projection
        checks.params(
            params,
            ProjectedLSTMParams,
            w_h=(features, 4 * units),
            b=(4 * units,),
            w_p=(units, features),
            w_x=(None, 4 * units),
        )

    @property
    def gate_derivative(self) -> ProjectedLSTMDerivative | None:
        """The derivative of ``gate`` written by hand, for the fast engine; None for another activation than tanh."""
        return ProjectedLSTMDerivative(self._cell_dtype) if self.activation is jnp.tanh else None

    def _cell_dtype(self, compute: Any) -> Any:
        return self.policy.carry_dtype(compute, at_least="float32")


class ProjectedLSTMDerivative(LSTMDerivative):
    """The LSTM's, but that the h that was consumed has P features."""

    def transpose(self, saved: Any, carry: LSTMCarry, d_carry: LSTMCarry, d_y: Array) -> tuple[Array, LSTMCarry]:
        """Return one array for ``z`` and ``u``, and zeros for the h that was consumed."""
        d_linear, d_consumed = super().transpose(saved, carry, d_carry, d_y)
        return d_linear, LSTMCarry(jnp.zeros_like(carry.h), d_consumed.c)
