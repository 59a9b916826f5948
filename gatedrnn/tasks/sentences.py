"""A table with a text and its class in each row: texts as sequences of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks import columns, words
from gatedrnn.tasks.guesses import INDEX
from gatedrnn.tasks.sequences import Sequences
from gatedrnn.tasks.table import numbered
from gatedrnn.tasks.time_column import holds_dates

if TYPE_CHECKING:
    from gatedrnn.tasks.profile import Profile
    from gatedrnn.tasks.question import Question
    from gatedrnn.tasks.source import Source
    from gatedrnn.tasks.task import Kind

SENTENCE = 3
"""Words of a text, in the mean, from which on it is read as words."""


def text_column(looks: dict[str, Profile], question: Question) -> str | None:
    """Return the column of texts where a row is a text with its class; None where it is a step.

    That is where a class is asked for, and the only other column holds too many texts to be categories, or tokens are
    asked for by name.
    """
    if question.kind not in (None, "classification") or len(question.target) != 1 or question.horizon is not None:
        return None
    if question.group is not None or question.time is not None or question.target[0] not in looks:
        return None
    left = question.features or tuple(
        name
        for name, one in looks.items()
        if name not in (*question.target, question.split) and not one.constant and not _counts_rows(name, one)
    )
    if len(left) != 1 or left[0] not in looks:
        return None
    one = looks[left[0]]
    many = one.counts is None and one.spelled < one.rows / 2 and not holds_dates(one)
    return left[0] if one.type == "text" and (many or question.tokens is not None) else None


def _counts_rows(name: str, one: Profile) -> bool:
    return one.type == "whole" and one.counted and INDEX.fullmatch(name) is not None


def read_sentences(
    source: Source, looks: dict[str, Profile], question: Question, column: str
) -> tuple[Sequences, Kind]:
    """Read a text and its class from each row.

    Args:
        source: where the table comes from.
        looks: the profiles of the table's columns.
        question: what is asked of the table; its target is the class.
        column: the column of texts.

    Raises:
        InputError: where a text or a class is missing, or a text is empty.
    """
    (target,) = question.target
    one = looks[column]
    of_words = one.words >= SENTENCE * max(1, one.rows - one.missing)
    tokens = question.tokens or ("words" if of_words else "characters")
    wanted = tuple(name for name in (column, target, question.split) if name is not None)
    table = columns.read(source, numbers=(), labels=wanted, gaps=(), time=None)
    texts = _texts(table, column)
    names = words.vocabulary(texts, tokens)
    x, lengths = _encoded(texts, tokens, names, source, column)
    y, classes = numbered(*table.labels[target])
    parts = None
    if question.split is not None:
        split, called = table.labels[question.split]
        parts = np.array(called)[split]
    notes = (*source.notes, f"column {column!r} is read as {tokens}, of {len(names):,} kinds")
    data = Sequences(x, lengths, y, (column,), (target,), classes, parts=parts, notes=notes, tokens=names)
    return data, "classification"


def read_texts(source: Source, column: str, names: tuple[str, ...]) -> Sequences:
    """Read a text from each row as tokens that are known already.

    Args:
        source: where the table comes from.
        column: the column of texts.
        names: the kinds of tokens, as ``words.vocabulary`` gave them; what is none of them counts as rare.

    Raises:
        InputError: where a text is missing or empty, or has a token that is unknown where none is rare.
    """
    tokens = "words" if any(len(name) > 1 and name != words.RARE for name in names) else "characters"
    texts = _texts(columns.read(source, numbers=(), labels=(column,), gaps=(), time=None), column)
    unknown = {token for text in texts for token in words.split(text, tokens)} - {*names}
    if unknown and words.RARE not in names:
        said = ", ".join(map(repr, sorted(unknown)))
        raise InputError(f"tokens: expected those of the training data, got {said} as well")
    x, lengths = _encoded(texts, tokens, names, source, column)
    return Sequences(x, lengths, features=(column,), tokens=names)


def _texts(table: columns.Columns, column: str) -> list[str]:
    codes, values = table.labels[column]
    return [values[code] for code in codes]


def _encoded(
    texts: list[str], tokens: words.Tokens, names: tuple[str, ...], source: Source, column: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the texts as tokens, none of them without any."""
    x, lengths = words.encode(texts, tokens, names)
    if not lengths.all():
        empty = int(np.flatnonzero(lengths == 0)[0])
        raise InputError(f"column {column!r}: expected {tokens} in each row, got none in {source.place(empty)}")
    return x, lengths
