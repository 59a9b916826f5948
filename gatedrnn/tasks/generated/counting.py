"""Counting: a^n b^n and a^n b^n c^n, trained on short words and tested on longer ones."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.tasks.baselines.words_of_tokens import word_models
from gatedrnn.tasks.generated.draws import check_length, digest, one_hot, stream
from gatedrnn.tasks.parts import Batch, FinalTest, Score, Visible
from gatedrnn.tasks.task import Reading, Task

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float

LETTERS = "abc"
THRESHOLD = math.log(2)
"""Nats of a word of which the letters that follow have, all together, a probability of 1/2."""
ASKED = 4
"""Words are asked for up to so many times the longest n in training: twice as far as the test."""
REPEATS = 20
"""How often each word is in the training part: an epoch is then many steps of the optimiser."""
SOURCE = "made; G. Weiss, Y. Goldberg and E. Yahav 2018, arXiv 1805.04908v1, with scores of the decided letters alone"


def words(letters: int, least: int, most: int, longest: int) -> Batch:
    """Return the words ``a^n b^n`` or ``a^n b^n c^n`` for n from ``least`` to ``most``.

    .. code-block:: text

        x = a (n times), b (n times), ...                      letters 0, 1, ..., one word a column
        y = what follows; after the last letter, the end       token ``letters``

    Scored is what follows the first b and all after it: the letters that follow from the a's. What follows an a is
    open, and its nats would grow with n.

    Args:
        letters: kinds of letters, 2 or 3.
        least: n of the first word.
        most: n of the last word.
        longest: n for which there is room, so that parts have shapes of their own.

    Example:
        >>> batch = words(2, least=1, most=2, longest=2)
        >>> batch.x[:, 1].tolist(), batch.y[:, 1].tolist(), batch.scored()[:, 1].astype(int).tolist()
        ([0, 0, 1, 1], [0, 1, 1, 2], [0, 0, 1, 1])
    """
    n = np.arange(least, most + 1)
    tokens = np.minimum(np.arange(letters * longest + 1)[:, None] // n, letters).astype(np.uint8)
    return Batch(tokens[:-1], letters * n, tokens[1:], warm=n)


def per_word(outputs: Float[Array, "T B K"], batch: Batch) -> Score:
    """Score words: nats are summed over the letters of each, and a word is right where all of them are the likeliest.

    .. code-block:: text

        nats = sum over words and their scored steps of -log softmax(logits)[y];     count: words

    A mean over letters would hardly feel the one letter, the last, that says whether a long word was counted.

    Args:
        outputs: the head's logits, ``[T, B, K]``.
        batch: words, as the function of that name has them.

    Example:
        >>> batch = words(2, least=2, most=2, longest=2)
        >>> nats, correct, count = per_word(jnp.zeros((4, 1, 3)), batch)
        >>> round(float(nats / count), 3), float(count)  # 2 log(3)
        (2.197, 1.0)
    """
    valid = jnp.asarray(batch.scored())
    logits = jnp.where(valid[..., None], outputs.astype(jnp.float32), 0.0)
    y = jnp.where(valid, batch.y, 0).astype(jnp.int32)
    logp = jnp.take_along_axis(jax.nn.log_softmax(logits), y[..., None], axis=-1)[..., 0]
    there = valid.any(0)
    right = there & (~valid | (logits.argmax(-1) == y)).all(0)
    return Score(-jnp.where(valid, logp, 0.0).sum(), right.sum(dtype=jnp.float32), there.sum(dtype=jnp.float32))


def _split(letters: int, largest: int, seed: int) -> Visible:
    stream(seed, 0)
    train = words(letters, 1, largest, largest).take(np.tile(np.arange(largest), REPEATS))
    return Visible(train, words(letters, largest + 1, 3 * largest // 2, 3 * largest // 2), 0.0)


def _final(letters: int, largest: int, seed: int) -> FinalTest:
    stream(seed, 0)
    return FinalTest(words(letters, 3 * largest // 2 + 1, 2 * largest, 2 * largest), 0.0)


def _lengths(letters: int, largest: int, seed: int) -> FinalTest:
    stream(seed, 0)
    return FinalTest(words(letters, 1, ASKED * largest, ASKED * largest), 0.0)


def _reading(letters: int, seed: int) -> Reading:
    del seed
    return Reading(classes=(*LETTERS[:letters], "end"))


def counting(letters: int, largest: int) -> Task:
    """Return the task of the letters that follow, in words longer than those of training.

    Words up to n = N train, up to 3 N / 2 validate, and up to 2 N test, the same for every seed. How far a network
    counts is asked up to n = 4 N, of each n one word.

    Args:
        letters: 2: a^n b^n; 3: a^n b^n c^n.
        largest: N, the n of the longest word in training.

    Raises:
        InputError: where there are other letters, or N is no int of 2 or more.

    Example:
        >>> task = counting(2, 20)
        >>> task.name, task.split(0).train.x.shape, task.read_test(0).batch.lengths.tolist()[-1]
        ('anbn-20', (40, 400), 80)
    """
    check_length("letters", letters, 2)
    check_length("largest", largest, 2)
    named = LETTERS[:letters]
    split, final = functools.partial(_split, letters, largest), functools.partial(_final, letters, largest)
    return Task(
        name=f"{''.join(f'{letter}n' for letter in named)}-{largest}",
        title=f"counting: {' '.join(f'{letter}^n' for letter in named)}, trained up to n = {largest}",
        kind="next-token",
        unit="nats per word",
        in_dim=letters + 1,
        out_dim=letters + 1,
        source=SOURCE,
        data_sha256=digest(final(0).batch),
        split=split,
        read_test=final,
        score=per_word,
        baselines=functools.partial(word_models, tokens=letters + 1),
        tokens=True,
        encode=one_hot(letters + 1),
        reading=functools.partial(_reading, letters),
        threshold=THRESHOLD,
        read_lengths=functools.partial(_lengths, letters, largest),
    )
