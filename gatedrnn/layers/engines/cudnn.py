"""The cuDNN engine: a whole LSTM layer in NVIDIA's own kernels, through ``jax.experimental.rnn``.

It serves float32 LSTMs on NVIDIA GPUs over whole sequences, and refuses everything else by name. It is opt-in: "auto"
never chooses it, because it can't be batched by ``jax.vmap``, which no engine can foresee inside ``jax.jit``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap

from gatedrnn.cells.lstm import LSTM, LSTMCarry, LSTMParams
from gatedrnn.config import config
from gatedrnn.layers.engines.base import EngineRefusal, ScanPlan
from gatedrnn.layers.engines.forward_mode import refuse_forward_mode
from gatedrnn.layers.engines.reference import REFERENCE

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float

    from gatedrnn.layers.sequence import Steps
    from gatedrnn.types import Carry

TF32_SETTINGS = (None, "default", "high", "tensorfloat32", "bfloat16")
"""Values of ``jax_default_matmul_precision`` under which XLA too multiplies float32 in TF32 on these GPUs."""


@config
class Cudnn:
    """Serves ``gr.LSTM`` with tanh in float32, over whole sequences on one NVIDIA GPU.

    There is no forward mode, no second derivative and no ``vmap``.
    """

    name: ClassVar[str] = "cudnn"
    automatic: ClassVar[bool] = False

    def refuses(self, cell: Any) -> str | None:
        """Refuse every cell but an LSTM with tanh and a policy of float32.

        Example:
            >>> import gatedrnn as gr
            >>> CUDNN.refuses(gr.GRU(4))
            '"cudnn" expects gr.LSTM with tanh, got GRUResetAfter(hidden=4)'
        """
        if type(cell) is not LSTM or cell.activation is not jnp.tanh:
            return f'"cudnn" expects gr.LSTM with tanh, got {cell!r}'
        types = {f"compute {cell.policy.compute}": cell.policy.compute, f"carry {cell.policy.carry}": cell.policy.carry}
        wrong = [name for name, dtype in types.items() if dtype not in (None, "float32")]
        return f'"cudnn" expects a policy of float32 alone, got {wrong[0]}' if wrong else None

    def refuses_call(self, start: Carry, steps: Steps) -> str | None:
        """Refuse other types, padding, resets, several devices, and machines without an NVIDIA GPU.

        Lengths are refused with masks: cuDNN returns no cell state but the last one, and what it does at length 0 is
        not documented.
        """
        # The carry has the types that one step gives it, so it also tells those of parameters and where they live.
        dtypes = {leaf.dtype.name for leaf in jax.tree.leaves(start)}
        if dtypes != {"float32"}:
            return f'"cudnn" expects float32 parameters and carry, got {", ".join(sorted(dtypes))}'
        if steps.valid is not None:
            return '"cudnn" expects whole sequences, got lengths or a mask'
        if steps.reset is not None:
            return '"cudnn" expects one segment a sequence, got resets'
        kinds = {kind for leaf in jax.tree.leaves(start) for kind in jax.typeof(leaf).sharding.mesh.axis_types}
        if kinds - {jax.sharding.AxisType.Auto}:
            return '"cudnn" expects one device, got axes of shard_map or of an explicit mesh'
        if not available():
            return f'"cudnn" expects an NVIDIA GPU as the default backend, got {jax.default_backend()}'
        return None

    def variants(self, cell: Any) -> tuple[()]:
        """Return nothing: there is one way to run it."""
        del cell
        return ()

    def run(
        self, plan: ScanPlan, params: LSTMParams, start: Carry, initial: Carry, steps: Steps
    ) -> tuple[Carry, Array]:
        """Scan an LSTM over ``steps`` from ``start`` in cuDNN.

        Products are in TF32 unless ``jax.default_matmul_precision("highest")`` says otherwise, as XLA's are. A reverse
        scan is the scan of the flipped sequence.
        """
        refuse_forward_mode(self.name, params, start, steps)
        length, *batch, in_dim = steps.x.shape
        if length * math.prod(batch) == 0:
            return REFERENCE.run(plan, params, start, initial, steps)

        def turned(xs: Array) -> Array:
            return jnp.flip(xs, 0) if plan.reverse else xs

        hidden = plan.cell.hidden
        xs = turned(steps.x.astype(jnp.float32)).reshape(length, -1, in_dim).swapaxes(0, 1)
        h, c = (leaf.reshape(1, -1, hidden) for leaf in start)
        out: Any = _lstm(_precision(), xs, h, c, packed(params))
        ys, h, c = out
        ys = turned(ys.swapaxes(0, 1).reshape(length, *batch, hidden))
        return LSTMCarry(*(leaf.reshape(*batch, hidden) for leaf in (h, c))), ys


CUDNN = Cudnn()


def available() -> bool:
    """Whether the default backend has cuDNN: JAX calls AMD's GPUs "gpu" too."""
    from jax.extend import backend  # At first use: it takes as long to import as all of this package.

    return jax.default_backend() == "gpu" and "rocm" not in backend.get_backend().platform_version


def packed(params: LSTMParams) -> Float[Array, "N"]:
    """Return the weights as cuDNN wants them: ``W_x^T, W_h^T``, then two biases, of which the second is zero.

    Each has its blocks of rows in the order i, f, g, o, as the columns are here.
    """
    matrices = [w.T.ravel() for w in (params.w_x, params.w_h)]
    return jnp.concatenate([*matrices, params.b, jnp.zeros_like(params.b)])


def _precision() -> jax.lax.Precision:
    """Return what products are computed in.

    It is read once, in the forward pass, since the backward pass reads what that one reserved.
    """
    tf32 = jax.default_matmul_precision.value in TF32_SETTINGS
    return jax.lax.Precision.HIGH if tf32 else jax.lax.Precision.HIGHEST


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _lstm(precision: Any, xs: Array, h: Array, c: Array, weights: Array) -> tuple[Array, Array, Array]:
    return _forward(precision, xs, h, c, weights)[0]


def _forward(precision: Any, xs: Array, h: Array, c: Array, weights: Array) -> tuple[tuple[Array, Array, Array], Any]:
    from jax.experimental import rnn

    batch, length, in_dim = xs.shape
    lengths = jnp.full(batch, length, jnp.int32)
    # input_size, hidden_size, num_layers, dropout, bidirectional, precision
    sizes = (in_dim, h.shape[-1], 1, 0.0, False, precision)
    return _never_batched(lambda x, h, c, w, n: rnn.lstm_fwd(x, h, c, w, n, *sizes))(xs, h, c, weights, lengths)


def _backward(precision: Any, saved: Any, cotangents: tuple[Array, Array, Array]) -> tuple[Array, ...]:
    from jax.experimental import rnn

    sizes = (saved[0].shape[-1], saved[1].shape[-1], 1, 0.0, False, precision)
    return _never_batched(lambda saved, d: rnn.lstm_bwd(*sizes, saved, d)[:4])(saved, cotangents)


def _never_batched(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give ``function`` a readable error under ``vmap``, which would else end inside JAX."""
    guarded = custom_vmap(function)

    @guarded.def_vmap
    def refuse(axis_size: int, in_batched: Any, *arrays: Any) -> Any:
        raise EngineRefusal(f'engine: "cudnn" expects to run outside jax.vmap, got a vmap over {axis_size} members')

    return guarded


_lstm.defvjp(_forward, _backward)
