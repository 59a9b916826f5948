"""``gr.nnx.RNN``: a layer as a module of ``flax.nnx``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from flax import nnx

from gatedrnn import adapter
from gatedrnn.cells import checks
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Int

    from gatedrnn.types import Carry, Cell, InDim, Layer, Params


def _is_param(node: Any) -> bool:
    return isinstance(node, nnx.Variable)


class RNN(nnx.Module):
    """A layer applied to sequences ``[*B, T, I]``, giving ``[*B, T, O]``, with its parameters as ``nnx.Param``.

    Axes and names are those of ``flax.nnx.RNN``: batch before time, outputs alone unless ``return_carry``. What
    is computed is ``Layer.apply``: padded outputs are zero, and the carry is that of each sequence's last step. A
    rollout takes ``initial_carry`` and ``step``.

    Attributes:
        layer: the layer; a cell given as ``layer`` is wrapped by ``gr.scan``.
        params: the layer's params, each leaf an ``nnx.Param``, as in ``rnn.params.w_h``.
        in_features: I, by name where inputs are several; the number of tokens for what starts with ``gr.embed``.
        time_major: inputs, masks, resets and outputs are ``[T, *B, ...]``.
        return_carry: calls return ``(carry, outputs)``.
        deterministic: no dropout; set by ``model.train()``, ``model.eval()`` and ``nnx.view``, as in ``nnx.Dropout``.
        rngs: a stream forked from ``rngs.dropout``, or None where ``rngs`` has none; a call takes a key from it
            only in training, and only where the layer draws noise.

    Raises:
        InputError: where ``layer`` is no layer or cell; in a call, where an argument's type or shape doesn't fit, or
            the layer draws noise and there is no stream to take a key from.

    Source: interface of flax 0.12.8 and 0.12.12, ``flax.nnx.RNN`` and ``flax.nnx.Dropout``.

    Example:
        >>> import jax.numpy as jnp, gatedrnn as gr
        >>> rnn = gr.nnx.RNN(gr.chain(gr.scan(gr.LSTM(4)), gr.dropout(0.1)), in_features=3, rngs=nnx.Rngs(0))
        >>> rnn(jnp.ones((2, 5, 3)), seq_lengths=jnp.array([5, 2])).shape
        (2, 5, 4)
        >>> rnn.params[0].w_h.shape
        (4, 16)
        >>> carry = rnn.initial_carry(jnp.ones((2, 3)))
        >>> carry, output = rnn.step(carry, jnp.ones((2, 3)), resets=jnp.array([True, False]))
        >>> output.shape
        (2, 4)
    """

    def __init__(
        self,
        layer: Layer | Cell,
        in_features: InDim,
        *,
        time_major: bool = False,
        return_carry: bool = False,
        deterministic: bool = False,
        rngs: nnx.Rngs,
    ):
        adapter.check_flags(time_major=time_major, return_carry=return_carry, deterministic=deterministic)
        if not isinstance(rngs, nnx.Rngs) or not ("params" in rngs or "default" in rngs):
            raise InputError(f"rngs: expected nnx.Rngs with a stream params or default, got {checks.shown(rngs)}")
        self.layer = adapter.as_layer(layer)
        self.in_features = in_features
        self.time_major = time_major
        self.return_carry = return_carry
        self.deterministic = deterministic
        self.params = nnx.data(jax.tree.map(nnx.Param, self.layer.init(rngs.params(), in_features)))
        has_stream = "dropout" in rngs or "default" in rngs
        self.rngs = nnx.data(rngs["dropout"].fork() if has_stream else None)

    def __call__(
        self,
        inputs: Any,
        *,
        initial_carry: Carry | None = None,
        seq_lengths: Int[Array, "*b"] | None = None,
        mask: Bool[Array, "*b T"] | None = None,
        resets: Bool[Array, "*b T"] | None = None,
        return_carry: bool | None = None,
        time_major: bool | None = None,
        deterministic: bool | None = None,
        rngs: nnx.Rngs | nnx.RngStream | Array | None = None,
    ) -> Any:
        """Return the outputs ``[*B, T, O]``, or ``(carry, outputs)`` where ``return_carry``.

        Args:
            inputs: ``[*B, T, I]``, or tokens ``[*B, T]``; several by name, as in a dict, for a cell that takes them.
            initial_carry: the carry to start from; None is the layer's initial one.
            seq_lengths: how many steps each sequence has, ``[*B]``.
            mask: true at steps that exist, ``[*B, T]``; combined with ``seq_lengths`` by "and".
            resets: true where a new segment starts, ``[*B, T]``: the carry is the initial one before that step.
            return_carry: whether to return the carry too; None is what the attribute says.
            time_major: whether time is the first axis; None is what the attribute says.
            deterministic: whether to draw no noise; None is what the attribute says.
            rngs: a key, or where to take one from; the stream that was forked at construction if None.
        """
        adapter.check_flags(time_major=time_major, return_carry=return_carry, deterministic=deterministic)
        time_major = self.time_major if time_major is None else time_major
        deterministic = self.deterministic if deterministic is None else deterministic
        xs, steps = adapter.to_time_major(
            self.layer, inputs, time_major, seq_lengths=seq_lengths, mask=mask, resets=resets
        )
        params = self.layer_params()
        noisy = not deterministic and adapter.draws_noise(self.layer, params, xs)
        key = self._draw_key(rngs) if noisy else None
        carry, ys = self.layer.apply(params, xs, carry=initial_carry, key=key, **steps)
        outputs = adapter.from_time_major(ys, time_major)
        return (carry, outputs) if (self.return_carry if return_carry is None else return_carry) else outputs

    def initial_carry(self, x: Any) -> Carry:
        """Return the layer's initial carry, for inputs of one step.

        Args:
            x: inputs of one step, ``[*B, I]``, or tokens ``[*B]``.
        """
        return self.layer.initial_carry(self.layer_params(), x)

    def step(self, carry: Carry, x: Any, *, resets: Bool[Array, "*b"] | None = None) -> tuple[Carry, Array]:
        """Consume one input in evaluation mode.

        Args:
            carry: the carry that the step before returned, or ``initial_carry``.
            x: inputs of one step, ``[*B, I]``, or tokens ``[*B]``.
            resets: true for sequences that start anew here, ``[*b]``.
        """
        return self.layer.step(self.layer_params(), carry, x, resets=resets)

    def set_view(self, deterministic: bool | None = None) -> None:
        """Set what ``nnx.view`` sets.

        Args:
            deterministic: whether to draw no noise; None changes nothing.
        """
        adapter.check_flags(deterministic=deterministic)
        if deterministic is not None:
            self.deterministic = deterministic

    def layer_params(self) -> Params:
        """Return the layer's own parameters, as ``layer.apply`` takes them."""
        return jax.tree.map(lambda param: param[...], self.params, is_leaf=_is_param)

    def set_layer_params(self, params: Params) -> None:
        """Put a layer's own parameters in the place of these, such as ``gr.convert`` returns.

        Args:
            params: parameters of the layer, of the same shapes.

        Raises:
            InputError: where they are those of another layer.
        """
        kept, structure = jax.tree.flatten(self.params, is_leaf=_is_param)
        given = jax.tree.leaves(params)
        shapes = [checks.shape_of(leaf) for leaf in given], [param.shape for param in kept]
        if jax.tree.structure(params) != structure or shapes[0] != shapes[1]:
            raise InputError(f"params: expected those of {self.layer!r}, of shapes {shapes[1]}, got {shapes[0]}")
        checks.drawn(params)
        for param, leaf in zip(kept, given, strict=True):
            param[...] = jnp.asarray(leaf)

    def _draw_key(self, rngs: nnx.Rngs | nnx.RngStream | Array | None) -> Array:
        rngs = self.rngs if rngs is None else rngs
        if rngs is None:
            raise InputError(
                f"rngs: expected a stream named dropout, at construction or in this call, as {self.layer!r} "
                "draws noise in training; got none, which deterministic=True takes"
            )
        if isinstance(rngs, nnx.Rngs):
            if "dropout" not in rngs and "default" not in rngs:
                raise InputError(f"rngs: expected a stream dropout or default, got {', '.join(rngs)}")
            return rngs["dropout"]()
        if isinstance(rngs, nnx.RngStream):
            return rngs()
        checks.key("rngs", rngs)
        return rngs
