"""Tables of all forms: where they come from, and which form a row has."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from gatedrnn.errors import InputError
from gatedrnn.tasks import columns
from gatedrnn.tasks.delimited import Delimited
from gatedrnn.tasks.profile import profile
from gatedrnn.tasks.sentences import read_sentences, text_column
from gatedrnn.tasks.source import Parquet, Source, arrow
from gatedrnn.tasks.table import read_long
from gatedrnn.tasks.wide import read_wide, refuse_wide

if TYPE_CHECKING:
    from gatedrnn.tasks.question import Question
    from gatedrnn.tasks.sequences import Sequences
    from gatedrnn.tasks.task import Kind


def read_table(path: Path, question: Question) -> tuple[Sequences, Kind]:
    """Read a .csv, .tsv or .parquet file, or a .gz of the first two.

    Raises:
        InputError: where it is no table, or unfit; says what to do.
        MissingPackageError: where pyarrow is missing.
    """
    return read_source(open_table(path), question)


def open_table(path: Path) -> Source:
    """Return a .csv, .tsv or .parquet file, or a .gz of the first two, as a table whose columns can be read.

    Raises:
        InputError: where it is no table.
        MissingPackageError: where pyarrow is missing.
    """
    pa = arrow()
    try:
        return Parquet(path) if path.suffix.lower() == ".parquet" else Delimited(path)
    except (pa.ArrowException, UnicodeDecodeError, EOFError, csv.Error) as error:
        raise columns.another(error) from error


def read_source(source: Source, question: Question) -> tuple[Sequences, Kind]:
    """Read a table, wherever it comes from.

    Raises:
        InputError: where it is unfit; says what to do.
    """
    looks = profile(source)
    if question.wide is not None:
        return read_wide(source, looks, question)
    refuse_wide(looks, question)
    texts = text_column(looks, question)
    if texts is not None:
        return read_sentences(source, looks, question, texts)
    if question.tokens is not None:
        raise InputError(
            "tokens: expected a column of text beside that of its class, target, got none; name it with features"
        )
    return read_long(source, looks, question)
