"""Columns of CSV and Parquet files, read in pieces by pyarrow, so that little more than their numbers is ever held."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gatedrnn.errors import InputError, MissingPackageError

BLOCK, ROWS = 1 << 22, 1 << 16
"""Bytes of a CSV file, and rows of a Parquet file, that are read at once."""


def arrow() -> Any:
    """Return pyarrow.

    Raises:
        MissingPackageError: where it is missing.
    """
    try:
        for module in ("pyarrow.csv", "pyarrow.parquet"):
            importlib.import_module(module)
    except ImportError as error:
        raise MissingPackageError("tables need pyarrow: pip install 'gatedrnn[compare]'") from error
    return importlib.import_module("pyarrow")


class Labels(NamedTuple):
    """A column of text: a number for each row, and the values in order of appearance."""

    codes: np.ndarray
    values: tuple[str, ...]


class Columns(NamedTuple):
    """What was read: how many rows, columns of text, times as numbers, and columns of float64, one at a time.

    ``take`` returns a column of numbers and forgets it: two copies of all of them are never held.
    """

    rows: int
    labels: dict[str, Labels]
    times: np.ndarray
    take: Callable[[str], np.ndarray]


def types(path: Path) -> dict[str, str]:
    """Return each column's type: ``number``, ``whole`` (integers, truth values), ``text`` or ``time``.

    Raises:
        InputError: where the file is no table, or two columns have one name.
    """
    pa = arrow()
    try:
        schema = _open_csv(path).schema if _is_csv(path) else pa.parquet.read_schema(path)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(f"expected a table, names first and all rows alike, got another file ({error})") from error
    double = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if double:
        raise InputError(f"columns: expected different names, got {', '.join(double)} more than once")
    return {field.name: _type(field.type) for field in schema}


def _type(type_: Any) -> str:
    is_ = arrow().types
    if is_.is_boolean(type_) or is_.is_integer(type_):
        return "whole"
    if is_.is_floating(type_) or is_.is_decimal(type_) or is_.is_null(type_):
        return "number"
    return "time" if is_.is_temporal(type_) else "text"


def read(path: Path, *, numbers: tuple[str, ...], labels: tuple[str, ...], time: str | None) -> Columns:
    """Read some columns of a table.

    Raises:
        InputError: where a value is of another type than its column, or a label or time is missing.
    """
    pa = arrow()
    # Rows of a CSV file are read at once; columns of a Parquet file lie apart in it, and are read when they are taken.
    at_once = numbers if _is_csv(path) else ()
    held: dict[str, list[np.ndarray]] = {name: [] for name in at_once}
    known: dict[str, dict[str, int]] = {name: {} for name in labels}
    codes: dict[str, list[np.ndarray]] = {name: [] for name in labels}
    times, rows = [], 0
    try:
        for batch in _batches(path, at_once, labels, time):
            for name in at_once:
                held[name].append(_as_float64(batch[name]))
            for name in labels:
                codes[name].append(_codes(_whole(batch[name], name, rows), known[name]))
            if time is not None:
                times.append(_as_numbers(_whole(batch[time], time, rows)))
            rows += batch.num_rows
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(_explained(str(error), path)) from error
    if not _is_csv(path):
        rows = pa.parquet.read_metadata(path).num_rows
    if not rows:
        raise InputError("expected rows, got none below the names of columns")
    found = {name: Labels(np.concatenate(codes[name]), tuple(known[name])) for name in labels}

    def take(name: str) -> np.ndarray:
        try:
            pieces = held.pop(name) if at_once else [_as_float64(b[name]) for b in _batches(path, (name,), (), None)]
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise InputError(f"column {name!r}: {_explained(str(error), path)}") from error
        return np.concatenate(pieces)

    return Columns(rows, found, np.concatenate(times) if times else np.arange(rows), take)


def _as_float64(column: Any) -> np.ndarray:
    # Not float32, which takes 100,000,001 for 100,000,000. A copy: a view would keep the batch that it was read in.
    return column.cast(arrow().float64()).to_numpy(zero_copy_only=False).copy()


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _open_csv(path: Path, **convert: Any) -> Any:
    csv = arrow().csv
    # One thread: the memory of several would depend on how many cores there are.
    return csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=BLOCK, use_threads=False),
        convert_options=csv.ConvertOptions(strings_can_be_null=True, **convert),
    )


def _batches(path: Path, numbers: tuple[str, ...], labels: tuple[str, ...], time: str | None) -> Iterator[Any]:
    pa = arrow()
    wanted = list(dict.fromkeys([*numbers, *labels, *([time] if time else [])]))
    if not _is_csv(path):
        with pa.parquet.ParquetFile(path) as file:
            if wanted:
                yield from file.iter_batches(batch_size=ROWS, columns=wanted)
        return
    schema = _open_csv(path).schema
    as_numbers = {n: pa.bool_() if pa.types.is_boolean(schema.field(n).type) else pa.float64() for n in numbers}
    as_text = {name: pa.string() for name in labels}
    as_time = {time: schema.field(time).type} if time else {}
    yield from _open_csv(path, include_columns=wanted, column_types={**as_time, **as_numbers, **as_text})


def _whole(column: Any, name: str, rows: int) -> Any:
    if column.null_count:
        row = rows + int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0]) + 1
        raise InputError(f"column {name!r}: expected a value in each row, got none in row {row:,}; fill it in")
    return column


def _codes(column: Any, known: dict[str, int]) -> np.ndarray:
    pa = arrow()
    encoded = column.cast(pa.string()).dictionary_encode()
    numbers = [known.setdefault(value, len(known)) for value in encoded.dictionary.to_pylist()]
    return np.array(numbers, np.int32)[encoded.indices.to_numpy()]


def _as_numbers(column: Any) -> np.ndarray:
    pa = arrow()
    if pa.types.is_date32(column.type) or pa.types.is_time32(column.type):
        return column.cast(pa.int32()).to_numpy(zero_copy_only=False).astype(np.int64)
    return (column.cast(pa.int64()) if pa.types.is_temporal(column.type) else column).to_numpy(zero_copy_only=False)


def _explained(message: str, path: Path) -> str:
    """Return what pyarrow says of a value of the wrong type, with the column's name instead of its number."""
    found = re.search(r"column #(\d+): (?:Row #(\d+): )?.*invalid value '(.*)'", message, re.DOTALL)
    if found is None:
        return f"expected a table whose rows are all alike, got another ({message.strip().splitlines()[0]})"
    name = list(types(path))[int(found[1])]
    row = f" in line {int(found[2]):,}" if found[2] else ""
    return f"column {name!r}: expected numbers, got {found[3]!r}{row}; clean it, or name other columns with features"
