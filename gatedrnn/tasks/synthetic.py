"""Made-up problems whose answer is known: counting, adding two numbers far apart, and copying after a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from gatedrnn.tasks.parts import Batch

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Float, Key

A, B, END = 0, 1, 2
"""Tokens of the counting problem."""
SYMBOLS, COPIED = 8, 10
"""Kinds of symbols to be copied, and how many of them a sequence has."""


def counting(largest: int) -> Batch:
    """Return the words ``a^n b^n`` for n from 1 to ``largest``, the next token to be predicted at each step.

    ``x [2 largest, largest, 3]`` are one-hot tokens, ``y [2 largest, largest]`` the tokens after them, ``END`` after
    the last b. From the first b on, all of them follow from the a's; before, nobody can know.

    Source: Weiss, Goldberg and Yahav 2018, arXiv 1805.04908v1.

    Example:
        >>> words = counting(2)
        >>> words.x[:, 1].argmax(-1).tolist(), words.y[:, 1].tolist(), words.lengths.tolist()
        ([0, 0, 1, 1], [0, 1, 1, 2], [2, 4])
    """
    n = jnp.arange(1, largest + 1)
    steps = jnp.arange(2 * largest + 1)[:, None]
    tokens = jnp.where(steps < n, A, jnp.where(steps < 2 * n, B, END))
    return Batch(jax.nn.one_hot(tokens[:-1], 3), 2 * n, tokens[1:])


def counting_nats(outputs: Float[Array, "T N 3"], words: Batch) -> Array:
    """Return each word's negative log-likelihood, ``[N]``: summed over its tokens, not averaged.

    Averaged over tokens, long words would hardly gain from the one token that says whether they were counted.

    Example:
        >>> nats = counting_nats(jnp.zeros((2, 1, 3)), counting(1))
        >>> round(float(nats[0]), 3)  # 2 log 3
        2.197
    """
    logp = jnp.take_along_axis(jax.nn.log_softmax(outputs), words.y[..., None], axis=-1)[..., 0]
    return -jnp.where(_exists(words), logp, 0.0).sum(0)


def accepted(outputs: Float[Array, "T N 3"], words: Batch) -> Bool[Array, "N"]:
    """Return for each word whether all tokens from the first b on are predicted as the likeliest.

    Example:
        >>> words = counting(3)
        >>> accepted(jax.nn.one_hot(words.y, 3).at[5, 2].set(0.0), words).tolist()
        [True, True, False]
    """
    right = outputs.argmax(-1) == words.y
    known = _exists(words) & (words.x[..., B] > 0)
    return (right | ~known).all(0)


def adding(key: Key[Array, ""], size: int, length: int) -> Batch:
    """Draw sequences of numbers of which two are marked, one in each half; their sum is the target.

    ``x [length, size, 2]`` are numbers from U(0, 1) and marks, ``y [size]`` the sums. Guessing 1 errs by 1/6 (mean
    square).

    Source: Hochreiter and Schmidhuber 1997, in the form of Le, Jaitly and Hinton 2015, arXiv 1504.00941v2.

    Example:
        >>> batch = adding(jax.random.key(0), size=3, length=10)
        >>> batch.x[..., 1].sum(0).tolist(), bool(jnp.allclose((batch.x[..., 0] * batch.x[..., 1]).sum(0), batch.y))
        ([2.0, 2.0, 2.0], True)
    """
    key_values, key_first, key_second = jax.random.split(key, 3)
    values = jax.random.uniform(key_values, (length, size))
    first = jax.random.randint(key_first, (size,), 0, length // 2)
    second = jax.random.randint(key_second, (size,), length // 2, length)
    steps = jnp.arange(length)[:, None]
    marks = ((steps == first) | (steps == second)).astype(values.dtype)
    return Batch(jnp.stack([values, marks], axis=-1), jnp.full(size, length), (values * marks).sum(0))


def copying(key: Key[Array, ""], size: int, pause: int) -> Batch:
    """Draw sequences whose first ten symbols are to be repeated ``pause`` steps after the last of them.

    .. code-block:: text

        x = s_1 .. s_10, 0 (T - 1 times), 9 (11 times)
        y = 0 (T + 10 times), s_1 .. s_10           symbols are 1 to 8

    ``x [pause + 20, size]`` and ``y`` are tokens; T is ``pause``.

    Source: Hochreiter and Schmidhuber 1997, as in Bai, Kolter and Koltun 2018, arXiv 1803.01271v2.

    Example:
        >>> batch = copying(jax.random.key(0), size=1, pause=3)
        >>> bool((batch.x[:10] == batch.y[-10:]).all()), batch.x[10:, 0].tolist()
        (True, [0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9])
    """
    symbols = jax.random.randint(key, (COPIED, size), 1, SYMBOLS + 1)
    blank = jnp.zeros((pause + COPIED, size), symbols.dtype)
    marks = jnp.full((COPIED + 1, size), SYMBOLS + 1, symbols.dtype)
    x, y = jnp.concatenate([symbols, blank[: pause - 1], marks]), jnp.concatenate([blank, symbols])
    return Batch(x, jnp.full(size, pause + 2 * COPIED), y)


def _exists(words: Batch) -> Bool[Array, "T N"]:
    return jnp.arange(words.x.shape[0])[:, None] < words.lengths
