"""``gr.linen.RNN``: a layer as a module of ``flax.linen``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax
from flax import linen, traverse_util

from gatedrnn import adapter
from gatedrnn.cells import checks
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Int

    from gatedrnn.types import Carry, Cell, InDim, Layer, Params


class RNN(linen.Module):
    """A layer applied to sequences ``[*B, T, I]``, giving ``[*B, T, O]``, with its parameters in "params".

    Axes and names are those of ``flax.linen.RNN``: batch before time, outputs alone unless ``return_carry``. What
    is computed is ``Layer.apply``: padded outputs are zero, and the carry is that of each sequence's last step. A
    rollout takes ``initial_carry`` and ``step``, by ``method=``.

    Parameters are nested dicts by the fields and places of the layer's own: ``params["w_h"]`` for one cell,
    ``params["0"]["forward"]["w_h"]`` in a chain that starts with ``gr.bidirectional``; ``params_of`` and
    ``variables_of`` lead from one to the other.

    Attributes:
        layer: the layer, or a cell, which is wrapped by ``gr.scan``.
        in_features: I; None takes it from the inputs, by name where they are several. A layer that starts with
            ``gr.embed`` needs it: the number of tokens.
        time_major: inputs, masks, resets and outputs are ``[T, *B, ...]``.
        return_carry: calls return ``(carry, outputs)``.
        deterministic: no dropout. Where the layer draws noise it has to be said, here or in the call, as in
            ``linen.Dropout``; False takes a key from ``make_rng("dropout")``.

    Raises:
        InputError: where ``layer`` is no layer or cell, ``in_features`` or ``deterministic`` is needed but missing, or
            an argument's type or shape doesn't fit.

    Source: interface of flax 0.12.8 and 0.12.12, ``flax.linen.RNN`` and ``flax.linen.Dropout``.

    Example:
        >>> import jax.numpy as jnp, gatedrnn as gr
        >>> rnn = gr.linen.RNN(gr.LSTM(4))
        >>> inputs = jnp.ones((2, 5, 3))
        >>> variables = rnn.init(jax.random.key(0), inputs)
        >>> jax.tree.map(jnp.shape, variables["params"])
        {'b': (16,), 'w_h': (4, 16), 'w_x': (3, 16)}
        >>> rnn.apply(variables, inputs, seq_lengths=jnp.array([5, 2])).shape
        (2, 5, 4)
        >>> carry = rnn.apply(variables, inputs[:, 0], method="initial_carry")
        >>> carry, output = rnn.apply(variables, carry, inputs[:, 0], method="step")
        >>> output.shape
        (2, 4)
        >>> type(rnn.params_of(variables)).__name__
        'LSTMParams'
    """

    layer: Layer | Cell
    in_features: InDim | None = None
    time_major: bool = False
    return_carry: bool = False
    deterministic: bool | None = None

    @linen.compact
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
        """
        layer = adapter.as_layer(self.layer)
        adapter.check_flags(time_major=time_major, return_carry=return_carry, deterministic=deterministic)
        adapter.check_flags(
            time_major=self.time_major, return_carry=self.return_carry, deterministic=self.deterministic
        )
        time_major = self.time_major if time_major is None else time_major
        xs, steps = adapter.to_time_major(layer, inputs, time_major, seq_lengths=seq_lengths, mask=mask, resets=resets)
        if self.in_features is None and adapter.takes_tokens(layer):
            raise InputError("in_features: expected the number of tokens, as the inputs can't tell it; got None")
        params = self._params(layer, adapter.features_of(xs) if self.in_features is None else self.in_features)
        deterministic = self.deterministic if deterministic is None else deterministic
        noisy = not deterministic and adapter.draws_noise(layer, params, xs)
        key = self._draw_key(deterministic) if noisy else None
        carry, ys = layer.apply(params, xs, carry=initial_carry, key=key, **steps)
        outputs = adapter.from_time_major(ys, time_major)
        return (carry, outputs) if (self.return_carry if return_carry is None else return_carry) else outputs

    def initial_carry(self, x: Any) -> Carry:
        """Return the layer's initial carry; by ``rnn.apply(variables, x, method="initial_carry")``.

        Args:
            x: inputs of one step, ``[*B, I]``, or tokens ``[*B]``.
        """
        return adapter.as_layer(self.layer).initial_carry(self.params_of(self.variables), x)

    def step(self, carry: Carry, x: Any, *, resets: Bool[Array, "*b"] | None = None) -> tuple[Carry, Array]:
        """Consume one input in evaluation mode; by ``rnn.apply(variables, carry, x, method="step")``.

        Args:
            carry: the carry that the step before returned, or ``initial_carry``.
            x: inputs of one step, ``[*B, I]``, or tokens ``[*B]``.
            resets: true for sequences that start anew here, ``[*b]``.
        """
        return adapter.as_layer(self.layer).step(self.params_of(self.variables), carry, x, resets=resets)

    @linen.nowrap
    def params_of(self, variables: Any) -> Params:
        """Return the layer's own parameters out of this module's variables, as ``layer.apply`` takes them.

        Args:
            variables: what ``init`` returned; where this module is part of another, ``{"params": its part}``.

        Raises:
            InputError: where they are those of another layer.
        """
        part = variables.get("params", {}) if isinstance(variables, Mapping) else None
        if not isinstance(part, Mapping):
            raise InputError(f"variables: expected params by name, as init returns them; got {checks.shown(variables)}")
        kept = traverse_util.flatten_dict(dict(part))
        names, structure = adapter.structure_of(adapter.as_layer(self.layer), self.in_features, kept)
        return structure.unflatten([kept[name] for name in names])

    @linen.nowrap
    def variables_of(self, params: Params) -> dict[str, Any]:
        """Return variables that hold a layer's own parameters: the inverse of ``params_of``.

        Args:
            params: parameters of the layer, such as ``gr.convert`` returns.

        Raises:
            InputError: where they are no arrays of floating point numbers.
        """
        checks.drawn(params)
        names, leaves, _ = adapter.names_of(params)
        return {"params": traverse_util.unflatten_dict(dict(zip(names, leaves, strict=True)))}

    def _draw_key(self, deterministic: bool | None) -> Array:
        if deterministic is None:
            raise InputError(
                f"deterministic: expected True or False, at construction or in this call, as {self.layer!r} "
                "draws noise in training; got None"
            )
        return self.make_rng("dropout")

    def _params(self, layer: Layer, in_features: InDim) -> Params:
        """Draw all parameters from one key, keep them by name, and return them as the layer's own tree."""
        if self.is_initializing():
            tree = layer.init(self.make_rng("params"), in_features)
        else:
            tree = jax.eval_shape(lambda: layer.init(jax.random.key(0), in_features))
        names, leaves, structure = adapter.names_of(tree)
        drawn = traverse_util.unflatten_dict(dict(zip(names, leaves, strict=True)))
        kept = {name: self.variable("params", name, lambda entry=entry: entry).value for name, entry in drawn.items()}
        values = traverse_util.flatten_dict(kept)
        return structure.unflatten([values[name] for name in names])
