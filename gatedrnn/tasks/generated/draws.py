"""How the parts of a made-up problem are drawn: training and validation by the seed of a split, the test once."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.parts import FinalTest, Visible

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.tasks.parts import Batch, Scale

TRAIN, VALIDATION, TEST = 5_000, 1_000, 2_000
"""Sequences of each part, unless a problem says otherwise."""
OF_TRAIN, OF_VALIDATION, OF_TEST = range(3)
"""Streams of random numbers that never meet (NumPy's ``SeedSequence.spawn_key``)."""


@dataclasses.dataclass(frozen=True)
class Draws:
    """The parts of a problem whose sequences are drawn independently of each other.

    Attributes:
        draw: a generator of random numbers, and how many sequences, to these.
        train: sequences of the training part.
        validation: sequences of the validation part.
        test: sequences of the test, the same for every seed.
        scale: the units of the targets, where these are numbers.

    Example:
        >>> import numpy as np
        >>> from gatedrnn.tasks.parts import Batch
        >>> def coins(rng, count):
        ...     x = rng.integers(2, size=(3, count))
        ...     return Batch(x, np.full(count, 3), x)
        >>> parts = Draws(coins, train=5, validation=2).split(seed=0)
        >>> parts.train.x.shape, parts.validation.x.shape
        ((3, 5), (3, 2))
    """

    draw: Callable[[np.random.Generator, int], Batch]
    train: int = TRAIN
    validation: int = VALIDATION
    test: int = TEST
    scale: Scale | None = None

    def split(self, seed: int) -> Visible:
        """Draw a training and a validation part.

        Raises:
            InputError: where the seed is no int of 0 or more.
        """
        train = self.draw(stream(seed, OF_TRAIN), self.train)
        return Visible(train, self.draw(stream(seed, OF_VALIDATION), self.validation), 0.0, self.scale)

    def final(self, seed: int) -> FinalTest:
        """Return the test, the same for every seed.

        Raises:
            InputError: where the seed is no int of 0 or more.
        """
        stream(seed, OF_TEST)
        return FinalTest(self.draw(stream(0, OF_TEST), self.test), 0.0, self.scale)

    def sha256(self) -> str:
        """Return the digest of the test as it is drawn here, which tells one way of drawing from another."""
        return digest(self.final(0).batch)


def stream(seed: int, part: int) -> np.random.Generator:
    """Return the random numbers of a part of a split.

    Raises:
        InputError: where the seed is no int of 0 or more.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError(f"seed: expected an int of 0 or more, got {seed!r}")
    return np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=(part,)))


def digest(batch: Batch) -> str:
    """Return the SHA-256 of a batch's arrays, one after another."""
    found = hashlib.sha256()
    for array in (batch.x, batch.lengths, batch.y):
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def check_length(name: str, length: int, least: int) -> None:
    """Refuse a length that is no whole number, or with which a problem is none.

    Raises:
        InputError: where it is too small, or no int.
    """
    if isinstance(length, bool) or not isinstance(length, int) or length < least:
        raise InputError(f"{name}: expected an int of {least} or more, got {length!r}")


def one_hot(tokens: int) -> Callable[[Array | np.ndarray], Array]:
    """Return the function from tokens ``[T, B]`` to features ``[T, B, tokens]``.

    Example:
        >>> one_hot(3)(np.array([[2], [0]])).tolist()
        [[[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]]]
    """
    return functools.partial(_encode, tokens)


def _encode(tokens: int, x: Array | np.ndarray) -> Array:
    return jax.nn.one_hot(x, tokens, dtype=jnp.float32)
