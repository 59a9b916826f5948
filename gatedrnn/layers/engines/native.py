"""The native engine: whole layers in C++ on CPUs, by the kernels of the package gatedrnn-cpu (``native/``).

It serves LSTM, both forms of GRU, SimpleRNN and MinGRU in float32 and refuses everything else by name. Where the
package is not installed it refuses all, and "auto" is what it is without it.
"""

from __future__ import annotations

import math
import os
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import jax
import jax.numpy as jnp
from jax.interpreters.ad import JVPTracer

from gatedrnn.cells.gru import GRUResetAfter
from gatedrnn.cells.gru_reset_before import GRUResetBefore
from gatedrnn.cells.lstm import LSTM
from gatedrnn.cells.min_gru import MinGRU
from gatedrnn.cells.simple_rnn import SimpleRNN
from gatedrnn.config import config
from gatedrnn.errors import InputError
from gatedrnn.layers.engines.base import EngineRefusal, ScanPlan
from gatedrnn.layers.engines.explicit_mesh import by_batch, has_explicit_axes, why_not_by_batch
from gatedrnn.layers.engines.native_call import Operands, available, scanned
from gatedrnn.layers.engines.reference import REFERENCE
from gatedrnn.layers.sequence import Steps

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool

    from gatedrnn.types import Carry, Params

ACTIVATIONS = {
    LSTM: jnp.tanh,
    GRUResetAfter: jnp.tanh,
    GRUResetBefore: jnp.tanh,
    SimpleRNN: jnp.tanh,
    MinGRU: jax.nn.identity,
}
"""The cells that it serves, each with the one activation that its kernel has."""

SETTING = "GATEDRNN_NATIVE"
"""The environment variable whose value 0 keeps "auto" from taking the engine where it was measured to be faster; 1 has
it taken on several devices, too."""
MEASURED = ((16, 32), (1, 256))
"""Sequences and units from which both passes of LSTM and GRU were faster than the fast engine's
(``docs/performance.md``); one sequence with fewer units has one thread."""


@config
class Native:
    """Serves LSTM, both forms of GRU and SimpleRNN with tanh, and MinGRU without, in float32 on CPUs.

    There is no forward mode (``jax.jvp``); second derivatives are the reference engine's. ``jax.export`` refuses a
    program that holds it, which would need the same package where it is loaded.
    """

    name: ClassVar[str] = "native"
    automatic: ClassVar[bool] = False

    def refuses(self, cell: Any) -> str | None:
        """Refuse other cells, activations and types, and all where its package is not installed.

        Example:
            >>> import gatedrnn as gr
            >>> NATIVE.refuses(gr.JANET(4)) is None
            False
        """
        if not available():
            return 'expected another than "native", whose package gatedrnn-cpu is not installed'
        if type(cell) not in ACTIVATIONS:
            names = ", ".join(kind.__name__ for kind in ACTIVATIONS)
            return f'"native" expects one of {names}, got {cell!r}'
        if cell.activation is not ACTIVATIONS[type(cell)]:
            return f'"native" expects the activation {ACTIVATIONS[type(cell)].__name__}, got {cell!r}'
        types = {f"compute {cell.policy.compute}": cell.policy.compute, f"carry {cell.policy.carry}": cell.policy.carry}
        wrong = [name for name, dtype in types.items() if dtype not in (None, "float32")]
        return f'"native" expects a policy of float32 alone, got {wrong[0]}' if wrong else None

    def refuses_call(self, start: Carry, steps: Steps) -> str | None:
        """Refuse other types, symbols as sizes, units spread over an explicit mesh, and other backends than CPU."""
        leaves = jax.tree.leaves(start)
        dtypes = {leaf.dtype.name for leaf in leaves}
        if dtypes != {"float32"}:
            return f'"native" expects float32 parameters and carry, got {", ".join(sorted(dtypes))}'
        symbols = [size for size in steps.x.shape if not isinstance(size, int)]
        if symbols:
            return f'"native" expects sizes that are known, got the symbol {symbols[0]}'
        if has_explicit_axes(start) and (reason := why_not_by_batch(start)):
            return f'"native" expects {reason}'
        if jax.default_backend() != "cpu":
            return f'"native" expects a CPU as the default backend, got {jax.default_backend()}'
        return None

    def chosen(self, cell: Any, start: Carry, steps: Steps) -> bool:
        """Whether "auto" takes it for this call: where it is installed, not switched off, and was measured faster.

        On explicit meshes it was not measured. Where an array may be spread over several devices and only the compiler
        knows how, it would be gathered to each of them first, as the compiler can't divide a foreign call: so there it
        has to be asked for.

        Raises:
            InputError: where ``GATEDRNN_NATIVE`` is neither 0 nor 1.
        """
        if type(cell) not in (LSTM, GRUResetAfter) or not for_auto() or has_explicit_axes(start):
            return False
        if self.refuses(cell) or self.refuses_call(start, steps) or _in_forward_mode((start, steps)):
            return False
        divided = jax.device_count() > 1 and not jax.sharding.get_abstract_mesh().are_all_axes_manual
        if divided and os.environ.get(SETTING) != "1":
            return False
        length, *batch, _ = steps.x.shape
        sequences = math.prod(batch)
        return length > 0 and any(sequences >= least and cell.hidden >= units for least, units in MEASURED)

    def variants(self, cell: Any) -> tuple[()]:
        """Return nothing: there is one way to run it."""
        del cell
        return ()

    def run(self, plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
        """Scan ``plan.cell`` over ``steps`` from ``start`` in C++."""
        if _in_forward_mode((params, start, steps)):
            raise EngineRefusal('engine: expected "reference" for forward mode (jax.jvp, jax.jacfwd), got "native"')
        if has_explicit_axes(start):
            return by_batch(partial(self.run, plan), params, start, initial, steps)
        length, *batch, in_dim = steps.x.shape
        if length * math.prod(batch) == 0:
            return REFERENCE.run(plan, params, start, initial, steps)
        hidden = plan.cell.hidden
        # Inside shard_map a gradient is summed over the devices along which a carry varies and a parameter does not:
        # by the transpose of this sum, which is the parameter itself.
        zero = jnp.zeros_like(jax.tree.leaves(start)[0]).sum()
        params, initial = jax.tree.map(lambda leaf: leaf + zero, (params, initial))
        rows = jax.tree.map(lambda leaf: leaf.reshape(-1, hidden), (start, initial))
        flags = tuple(_for_each_step(flag, (length, *batch)) for flag in (steps.valid, steps.reset))
        x = steps.x.astype(jnp.float32).reshape(length, -1, in_dim)
        out: Any = scanned(plan, Operands(params, rows[0], rows[1], x), flags)
        end, ys = out
        end = jax.tree.map(lambda leaf: leaf.reshape(*batch, hidden), end)
        return end, ys.reshape(length, *batch, hidden)


NATIVE = Native()


def for_auto() -> bool:
    """Whether "auto" may take it at all: its package is installed, and the environment does not say otherwise.

    Raises:
        InputError: where ``GATEDRNN_NATIVE`` is neither 0 nor 1.
    """
    asked = os.environ.get(SETTING, "1")
    if asked not in ("0", "1"):
        raise InputError(f"{SETTING}: expected 0 or 1, got {asked!r}")
    return asked == "1" and available()


def _in_forward_mode(arguments: Any) -> bool:
    return any(isinstance(leaf, JVPTracer) for leaf in jax.tree.leaves(arguments))


def _for_each_step(flag: Bool[Array, "..."] | None, shape: tuple[int, ...]) -> Bool[Array, "..."]:
    """Return a flag for each step and sequence ``[T, B]``, which may lack trailing axes; none of them for None."""
    if flag is None:
        return jnp.zeros(0, bool)
    spread = jnp.broadcast_to(flag.reshape(flag.shape + (1,) * (len(shape) - flag.ndim)), shape)
    return spread.reshape(shape[0], -1)
