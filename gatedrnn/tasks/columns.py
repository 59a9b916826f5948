"""Columns of tables, read in pieces by pyarrow, so that little more than their numbers is ever held."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.tasks.plain import plain
from gatedrnn.tasks.source import arrow

if TYPE_CHECKING:
    from gatedrnn.tasks.source import Source

MISSING = "missing"
"""What a text that is missing is called among the values of a column."""


class Labels(NamedTuple):
    """A column of text: a number for each row, and the values in order of appearance."""

    codes: np.ndarray
    values: tuple[str, ...]


class Columns(NamedTuple):
    """What was read: how many rows, columns of text, times as numbers, and columns of floats, one at a time.

    ``take`` returns a column of numbers, NaN where one is missing, and forgets it: two copies of all of them are never
    held.
    """

    rows: int
    labels: dict[str, Labels]
    times: np.ndarray
    take: Callable[[str], np.ndarray]


def types(source: Source) -> dict[str, str]:
    """Return each column's type: ``number``, ``whole`` (integers, truth values), ``text`` or ``time``.

    Raises:
        InputError: where two columns have one name, or names that look the same: whoever names one of them, or reads of
            it, could not tell which it is.
    """
    names = source.schema.names
    double = sorted(name for name, count in Counter(names).items() if count > 1)
    if double:
        raise InputError(f"columns: expected different names, got {', '.join(double)} more than once")
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(_looks(name), []).append(name)
    for same in alike.values():
        if len(same) > 1:
            spelled = ", ".join(ascii(name) for name in same)
            raise InputError(f"columns: expected names that look different, got {spelled}; rename or remove one")
    return {field.name: _type(field.type) for field in source.schema}


def _looks(name: str) -> str:
    """Return what a reader sees of a name: letters composed, without signs of no width and spaces around it."""
    seen = "".join(sign for sign in unicodedata.normalize("NFC", name) if unicodedata.category(sign) != "Cf")
    return " ".join(seen.split())


def _type(type_: Any) -> str:
    is_ = arrow().types
    if is_.is_boolean(type_) or is_.is_integer(type_):
        return "whole"
    if is_.is_floating(type_) or is_.is_decimal(type_) or is_.is_null(type_):
        return "number"
    return "time" if is_.is_temporal(type_) else "text"


def read(
    source: Source, *, numbers: tuple[str, ...], labels: tuple[str, ...], gaps: tuple[str, ...], time: str | None
) -> Columns:
    """Read some columns of a table.

    Args:
        source: the table to be read.
        numbers: columns of numbers, which are kept until they are taken.
        labels: columns of values that are counted; whole numbers among them keep their digits.
        gaps: the labels in which a value may be missing, which is one value more then.
        time: a column of numbers or dates; None: rows are counted.

    Raises:
        InputError: where a value is of another type than its column, or a label or time is missing.
    """
    # Rows of text files are read at once; columns that lie apart are read when they are taken.
    at_once = numbers if source.at_once else ()
    held: dict[str, list[np.ndarray]] = {name: [] for name in at_once}
    known: dict[str, dict[str, int]] = {name: {} for name in labels}
    codes: dict[str, list[np.ndarray]] = {name: [] for name in labels}
    times, rows = [], 0
    wanted: list[str] = [*at_once, *labels, *([time] if time is not None else [])]
    with explained(source):
        for batch in source.batches(
            tuple(dict.fromkeys(wanted or source.schema.names[:1])), _wanted_types(source, at_once, labels)
        ):
            for name in at_once:
                held[name].append(_as_floats(batch[name]))
            for name in labels:
                column = batch[name] if name in gaps else _whole(source, batch[name], name, rows)
                codes[name].append(_codes(column, known[name], decimal=types(source)[name] == "number"))
            if time is not None:
                times.append(as_times(_whole(source, batch[time], time, rows)).copy())  # a view would keep the batch
            rows += batch.num_rows
    if not rows:
        raise InputError("expected rows, got none below the names of columns")
    found = {name: Labels(np.concatenate(codes[name]), tuple(known[name])) for name in labels}

    def take(name: str) -> np.ndarray:
        with explained(source):
            batches = () if at_once else source.batches((name,), _wanted_types(source, (name,), ()))
            return np.concatenate(held.pop(name) if at_once else [_as_floats(batch[name]) for batch in batches])

    return Columns(rows, found, np.concatenate(times) if times else np.arange(rows), take)


def _wanted_types(source: Source, numbers: tuple[str, ...], labels: tuple[str, ...]) -> dict[str, Any]:
    """Return what a text file's columns are read as: its first block does not say whether all numbers are whole."""
    pa = arrow()
    schema = source.schema
    as_numbers = {n: pa.bool_() if pa.types.is_boolean(schema.field(n).type) else pa.float64() for n in numbers}
    return {**as_numbers, **{name: pa.string() for name in labels}}


def exact(source: Source, names: list[str]) -> type[np.floating]:
    """Return the float that holds these columns as they are: float64, unless the table has float32 itself.

    float32 takes 100,000,001 for 100,000,000.
    """
    is_ = arrow().types
    found = [source.schema.field(name).type for name in names]
    return np.float32 if all(is_.is_float32(one) or is_.is_float16(one) for one in found) else np.float64


def _as_floats(column: Any) -> np.ndarray:
    # A copy: a view would keep the batch that it was read in.
    single = arrow().types.is_float32(column.type)
    # Unsafe: whole numbers above 2^53, such as nanoseconds, are rounded to the nearest, not refused.
    return (column if single else column.cast(arrow().float64(), safe=False)).to_numpy(zero_copy_only=False).copy()


def _whole(source: Source, column: Any, name: str, rows: int) -> Any:
    if column.null_count:
        row = rows + int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise InputError(
            f"column {name!r}: expected a value in each row, got none in {source.place(row)}; fill it in, or leave out "
            "that row"
        )
    return column


def _codes(column: Any, known: dict[str, int], *, decimal: bool) -> np.ndarray:
    pa = arrow()
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    texts = column.cast(pa.string())
    encoded = (texts.fill_null(MISSING) if texts.null_count else texts).dictionary_encode()
    values = [plain(value).removesuffix(".0" if decimal else "") for value in encoded.dictionary.to_pylist()]
    numbers = [known.setdefault(value, len(known)) for value in values]
    return np.array(numbers, np.int32)[encoded.indices.to_numpy()]


def as_times(column: Any) -> np.ndarray:
    """Return a column of dates in datetime64[ns], of numbers as they are."""
    pa = arrow()
    if pa.types.is_time(column.type):
        column = column.cast(pa.int32() if pa.types.is_time32(column.type) else pa.int64())
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("ns"))  # those of a time zone are in UTC
    return column.to_numpy(zero_copy_only=False)


def another(error: Exception) -> InputError:
    """Return that a file is no table, with what its reader says of the first place where it is none."""
    said = str(error).strip()
    uneven = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", said)
    if uneven is None:
        first = said.splitlines()[0] if said else type(error).__name__
        return InputError(f"expected a table, names first and all rows alike, got another file ({first})")
    quote = "; a quote in it is not closed" if said[uneven.end() :].count('"') % 2 else ""
    return InputError(
        f"expected a table, names first and all rows alike: {uneven[2]} columns, got {uneven[3]} in line "
        f"{int(uneven[1]):,} of the file{quote}; mend that line"
    )


@contextlib.contextmanager
def explained(source: Source) -> Iterator[None]:
    """Say what pyarrow says of a value of the wrong type, with the column's name instead of its number.

    Raises:
        InputError: where pyarrow raises.
    """
    try:
        yield
    except (arrow().ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # it is about the disk, not about what the file holds
        found = re.search(r"column #(\d+): (?:Row #(\d+): )?.*invalid value '(.*)'", str(error), re.DOTALL)
        if found is None:
            raise another(error) from error
        name = source.schema.names[int(found[1])]
        row = f" in line {int(found[2]):,} of the file" if found[2] else ""
        expected = "dates as above it" if _type(source.schema.field(name).type) == "time" else "numbers"
        raise InputError(
            f"column {name!r}: expected {expected}, got {found[3]!r}{row}; clean it, leave out that row, or name other "
            "columns with features"
        ) from error
