"""Named tuples of arrays that are known to ``jax.export``."""

from __future__ import annotations

from typing import TypeVar

import jax.export

T = TypeVar("T")


def exportable(cls: type[T]) -> type[T]:
    """Register a named tuple, so that an exported program that takes or gives it can be written down.

    Its name in such a program is ``gatedrnn`` and the class's own, whatever file it stands in. Where a program is read
    in another process, its classes have to be imported before: the rarer cells' are at first use, as ``gr.MGUParams``.

    Example:
        >>> import gatedrnn as gr
        >>> layer = gr.scan(gr.SimpleRNN(2))
        >>> params = layer.init(jax.random.key(0), in_dim=3)
        >>> program = jax.export.export(jax.jit(layer.apply))(params, jax.numpy.ones((5, 3)))
        >>> carry, ys = jax.export.deserialize(program.serialize()).call(params, jax.numpy.ones((5, 3)))
        >>> ys.shape
        (5, 2)
    """
    jax.export.register_namedtuple_serialization(cls, serialized_name=f"gatedrnn.{cls.__name__}")
    return cls
