"""Texts as tokens: their characters or their words, those that are rare as one."""

from __future__ import annotations

import collections
import re
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from gatedrnn.errors import InputError

Tokens = Literal["characters", "words"]
MOST, ONCE = 2000, 1
"""Kinds of tokens that are told apart at most, and how often a rare word occurs."""
RARE = "<rare>"
WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def split(text: str, tokens: Tokens) -> Sequence[str]:
    """Return the tokens of a text: characters, or words in small letters and signs.

    Example:
        >>> split("Don't stop!", "words"), split("Ada", "characters")
        (["don't", 'stop', '!'], 'Ada')
    """
    return text if tokens == "characters" else WORD.findall(text.lower())


def vocabulary(texts: Iterable[str], tokens: Tokens) -> tuple[str, ...]:
    """Return the kinds of tokens that are told apart, ``RARE`` for the others first where there are such.

    Kinds are what is known of all texts before any split; how often each occurs is not passed on.

    Raises:
        InputError: where there are fewer than two.
    """
    counts = collections.Counter(token for text in texts for token in split(text, tokens))
    frequent = [token for token, count in counts.items() if tokens == "characters" or count > ONCE]
    kept = sorted(frequent, key=lambda token: (-counts[token], token))[:MOST]
    names = (*((RARE,) if len(kept) < len(counts) else ()), *sorted(kept))
    if len(names) < 2:
        raise InputError(f"text: expected at least two different {tokens} more than once, got {len(kept)}")
    return names


def encode(texts: Iterable[str], tokens: Tokens, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the tokens of texts one after another, ``[N]``, and how many each text has, ``[B]``.

    Args:
        texts: what is to be read.
        tokens: what the texts are read as.
        names: the kinds of tokens, as ``vocabulary`` gives them; others are the first.

    Example:
        >>> encode(["a cat", "a dog"], "words", ("<rare>", "a", "cat"))
        (array([1, 2, 1, 0], dtype=uint8), array([2, 2]))
    """
    numbers = {name: k for k, name in enumerate(names)}
    pieces = [[numbers.get(token, 0) for token in split(text, tokens)] for text in texts]
    flat = np.array([number for piece in pieces for number in piece], np.min_scalar_type(len(names) - 1))
    return flat, np.array([len(piece) for piece in pieces])
