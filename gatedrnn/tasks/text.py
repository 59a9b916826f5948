"""A text as a series of characters, or of words."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks import words
from gatedrnn.tasks.sequences import Sequences

if TYPE_CHECKING:
    from gatedrnn.tasks.question import Question
    from gatedrnn.tasks.task import Kind

CHUNK = 1 << 20


def read_text(path: Path, question: Question) -> tuple[Sequences, Kind]:
    """Read a UTF-8 text; the characters that occur are the tokens, or words where ``question.tokens`` says so.

    For characters, the file is read twice in chunks, so that only a byte for each (two, where more than 256 kinds
    occur) is ever held.

    Raises:
        InputError: where it is no UTF-8 or holds bytes of 0, or another kind or a column is asked for.
    """
    question.refuse_columns("a text")
    if question.kind not in (None, "next-token"):
        raise InputError(f"kind: expected next-token for a text, got {question.kind}")
    if question.tokens == "words":
        return _words(path), "next-token"
    seen = np.zeros(0x110000, bool)
    count = 0
    for points in _code_points(path):
        seen[points] = True
        count += len(points)
    kinds = np.flatnonzero(seen)
    if len(kinds) < 2:
        raise InputError(f"text: expected at least two different characters, got {len(kinds)}")
    numbers = np.zeros(len(seen), np.min_scalar_type(len(kinds) - 1))
    numbers[kinds] = np.arange(len(kinds))
    tokens, start = np.empty(count, numbers.dtype), 0
    for points in _code_points(path):
        tokens[start : start + len(points)] = numbers[points]
        start += len(points)
    return Sequences(tokens, np.array([count]), classes=tuple(map(chr, kinds))), "next-token"


def _words(path: Path) -> Sequences:
    lines = [_decoded(path)]
    names = words.vocabulary(lines, "words")
    tokens, lengths = words.encode(lines, "words", names)
    return Sequences(tokens, lengths, classes=names, notes=(f"words of {len(names):,} kinds, in small letters",))


def _decoded(path: Path) -> str:
    return "".join(points.tobytes().decode("utf-32-le") for points in _code_points(path))


def _code_points(path: Path) -> Iterator[np.ndarray]:
    decode = codecs.getincrementaldecoder("utf-8")().decode
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            try:
                text = decode(chunk)
            except UnicodeDecodeError as error:
                raise InputError(
                    f"text: expected UTF-8, got other bytes ({error.reason}); save it as UTF-8, in an editor or by "
                    "iconv -f latin1 -t utf-8"
                ) from error
            if "\0" in text:  # valid UTF-8, but every second sign of UTF-16
                raise InputError(
                    "text: expected text, got bytes of 0, as UTF-16 and files that are no text have them; "
                    "save it as UTF-8"
                )
            yield np.frombuffer(text.encode("utf-32-le"), np.uint32)
