"""Text files with a row a line: what parts the columns, how decimals are written, and whether names come first."""

from __future__ import annotations

import codecs
import csv
import gzip
import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gatedrnn.errors import InputError
from gatedrnn.tasks.source import arrow, renamed

BLOCK, START, LINES = 1 << 22, 1 << 20, 50
"""Bytes that are read at once, and the first bytes and lines from which the way of writing is guessed."""
UTF8 = "utf-8-sig"
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
NUMBER, COMMA, POINT = re.compile(r"[-+]?\d+([.,]\d+)?"), re.compile(r"[-+]?\d+,\d+"), re.compile(r"[-+]?\d+\.\d+")


class Dialect(NamedTuple):
    """How a file is written.

    Attributes:
        delimiter: what stands between columns.
        decimal: what stands before decimals.
        names: the names of the columns where the file has none; empty: they stand in its first line.
    """

    delimiter: str
    decimal: str
    names: tuple[str, ...]


def sniff(lines: list[str], delimiter: str | None = None) -> Dialect:
    """Guess how a file is written from its first lines.

    Columns are parted by a sign that gives all lines the same number of columns, of several by that which gives most
    numbers.

    Args:
        lines: the first lines, names included.
        delimiter: what stands between columns where it is known.

    Example:
        >>> sniff(["day;load", "1;2,5", "2;3,5"])
        Dialect(delimiter=';', decimal=',', names=())
        >>> sniff(["1,2.5", "2,3.5"]).names
        ('c0', 'c1')
    """
    if delimiter is None:
        alike = {sign: share for sign in NAMES if (share := _numbers(lines, sign)) is not None}
        delimiter = max(alike, key=lambda sign: alike[sign], default=",")  # the first of equal ones
    rows = list(csv.reader(lines, delimiter=delimiter))
    cells = [cell.strip() for row in rows for cell in row]
    commas = delimiter != "," and any(map(COMMA.fullmatch, cells)) and not any(map(POINT.fullmatch, cells))
    head = rows[0] if rows else []
    names = tuple(f"c{k}" for k in range(len(head))) if _are_values(head, "," if commas else ".") else ()
    return Dialect(delimiter, "," if commas else ".", names)


def _numbers(lines: list[str], sign: str) -> float | None:
    """Return the part of the last line's cells that are numbers, None where the sign doesn't part lines alike."""
    try:
        rows = list(csv.reader(lines, delimiter=sign))
    except csv.Error:  # a line of many columns would be one cell, longer than the reader takes
        return None
    if len({len(row) for row in rows}) != 1 or len(rows[0]) < 2:
        return None
    return sum(NUMBER.fullmatch(cell.strip()) is not None for cell in rows[-1]) / len(rows[-1])


def _are_values(head: list[str], decimal: str) -> bool:
    """Return whether the first line holds numbers rather than names; counted columns, 0, 1, 2, ..., are names."""
    try:
        numbers = [float(cell.replace(decimal, ".")) for cell in head]
    except ValueError:
        return False
    counted = len(numbers) > 1 and all(b - a == 1 for a, b in itertools.pairwise(numbers))
    return bool(numbers) and not counted


def _encoding(start: bytes) -> str:
    """Return how a file's text is written, by its first bytes: UTF-8, or as Excel saves it in western Europe."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # the last letter may be cut
    except UnicodeDecodeError:
        return "cp1252"
    return UTF8


class Delimited:
    """A .csv or .tsv file, or one of these in a .gz, read in blocks.

    Args:
        path: the file to be read.
    """

    at_once = True

    def __init__(self, path: Path) -> None:
        self.path = path
        with (gzip.open if path.suffix.lower() == ".gz" else open)(path, "rb") as file:
            start = file.read(START)
        if b"\0" in start:
            raise InputError(
                "expected text, got bytes of 0, as UTF-16 and files that are no text have them; save it as UTF-8 (in a "
                "spreadsheet: CSV UTF-8)"
            )
        self.encoding = _encoding(start)
        # Never a line at once: one that does not end may be longer than memory.
        text = codecs.getincrementaldecoder(self.encoding)().decode(start)
        whole = text if len(start) < START else text[: text.rfind("\n") + 1]
        lines = [line for line in whole.splitlines(keepends=True)[:LINES] if line.strip("\r\n")]
        tabs = ".tsv" in (suffix.lower() for suffix in path.suffixes)
        self.dialect = sniff(lines, "\t" if tabs else None)
        self._schema = self._open().schema
        self.schema = renamed(self._schema)
        said = [] if self.encoding == UTF8 else ["text is no UTF-8: read as Windows-1252"]
        if self.dialect.delimiter != "," and not tabs:
            said.append(f"columns are parted by {NAMES[self.dialect.delimiter]}")
        if self.dialect.decimal == ",":
            said.append("decimals stand after commas")
        if self.dialect.names:
            said.append(f"the first line holds numbers: columns are called c0 to c{len(self.dialect.names) - 1}")
        self.notes = tuple(said)

    def batches(self, names: tuple[str, ...], types: Mapping[str, Any]) -> Iterator[Any]:
        """Yield these columns as record batches, some read as another type than the first block's."""
        written = dict(zip(self.schema.names, self._schema.names, strict=True))
        held = {written[name]: types.get(name, self.schema.field(name).type) for name in names}
        for batch in self._open(include_columns=list(held), column_types=held):
            yield batch.rename_columns(list(names))

    def place(self, row: int) -> str:
        """Return in words where a row stands, counted from 0."""
        wanted = row + (0 if self.dialect.names else 1)
        with self._text() as file:
            there = (
                number for number, line in enumerate(file, start=1) if line.strip("\r\n")
            )  # empty ones are no rows
            return f"line {next(itertools.islice(there, wanted, None), wanted + 1):,} of the file"

    def _text(self) -> Any:
        opened = gzip.open if self.path.suffix.lower() == ".gz" else open
        return opened(self.path, "rt", encoding=self.encoding)

    def _open(self, **convert: Any) -> Any:
        module = arrow().csv
        # One thread: the memory of several would depend on how many cores there are.
        return module.open_csv(
            self.path,
            read_options=module.ReadOptions(
                block_size=BLOCK,
                use_threads=False,
                column_names=list(self.dialect.names) or None,
                encoding=self.encoding.removesuffix("-sig"),  # pyarrow knows of the mark itself
            ),
            parse_options=module.ParseOptions(delimiter=self.dialect.delimiter),
            convert_options=module.ConvertOptions(
                strings_can_be_null=True, decimal_point=self.dialect.decimal, **convert
            ),
        )
