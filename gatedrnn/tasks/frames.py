"""Tables that others hold or keep: data frames of pandas and polars, datasets of xarray, sheets of Excel."""

from __future__ import annotations

import hashlib
import importlib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatedrnn.archives import check_room
from gatedrnn.errors import InputError, needed
from gatedrnn.tasks.dates import pandas
from gatedrnn.tasks.plain import plain
from gatedrnn.tasks.source import Held, arrow
from gatedrnn.tasks.tables import read_source

if TYPE_CHECKING:
    from gatedrnn.tasks.question import Question
    from gatedrnn.tasks.sequences import Sequences
    from gatedrnn.tasks.task import Kind

PER_BYTE = 4
"""Bytes of memory that a byte of an unpacked sheet takes at least."""
PACKAGES = ("pandas", "polars", "xarray", "pyarrow")


def is_frame(data: Any) -> bool:
    """Return whether these are a table of another package, without importing it.

    Example:
        >>> is_frame({"x": [1, 2]})
        False
    """
    return type(data).__module__.partition(".")[0] in PACKAGES


def held(frame: Any) -> Held:
    """Return a table of another package as one of pyarrow's; an index with a name becomes a column.

    Args:
        frame: a data frame or series of pandas or polars, an array or dataset of xarray, or a table of pyarrow.

    Raises:
        InputError: where it is something else, or a column holds values of several types.
        MissingPackageError: where pyarrow is missing.
    """
    pa, package = arrow(), type(frame).__module__.partition(".")[0]
    try:
        if package == "polars":
            frame = frame.collect() if hasattr(frame, "collect") else frame
            table = (frame.to_frame() if not hasattr(frame, "columns") else frame).to_arrow()
        elif package == "pyarrow":
            table = pa.table(frame)
        else:
            table = _of_pandas(_of_xarray(frame) if package == "xarray" else frame)
    except (pa.ArrowException, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"data: expected a table whose columns have different names and one type each, got another ({error})"
        ) from error
    return Held(_plain(table))


def _of_xarray(data: Any) -> Any:
    if hasattr(data, "data_vars"):
        return data.to_dataframe()
    return data.to_dataframe(name=data.name or "value")


def _of_pandas(frame: Any) -> Any:
    """Return pyarrow's table; an index that only counts rows is left out."""
    frame = frame.to_frame() if not hasattr(frame, "columns") else frame
    counts_rows = type(frame.index).__name__ == "RangeIndex" and frame.index.name is None
    frame = frame if counts_rows else frame.reset_index()
    frame = frame.set_axis([str(name) for name in frame.columns], axis="columns")
    periods = [name for name in frame.columns if str(frame.dtypes[name]).startswith("period")]
    frame = frame.assign(**{name: frame[name].dt.to_timestamp() for name in periods})
    return arrow().Table.from_pandas(frame, preserve_index=False)


def _plain(table: Any) -> Any:
    """Return the table with all kinds of text as one, and without what others noted in its schema."""
    pa = arrow()
    columns = []
    for column in table.columns:
        is_text = pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type)
        is_text = is_text or pa.types.is_dictionary(column.type)
        columns.append(column.cast(pa.string()) if is_text else column)
    return pa.Table.from_arrays(columns, names=[plain(name) for name in table.column_names])


def digest(table: Any) -> str:
    """Return the SHA-256 of a table of pyarrow's."""
    sink = arrow().BufferOutputStream()
    with arrow().ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()


def read_excel(path: Path, question: Question) -> tuple[Sequences, Kind]:
    """Read the first sheet of an .xlsx file, whose first row holds the names of the columns.

    Raises:
        InputError: where it is none, or unfit; says what to do.
        MissingPackageError: where openpyxl is missing.
    """
    return read_source(open_excel(path), question)


def open_excel(path: Path) -> Held:
    """Return the first sheet of an .xlsx file as a table.

    Raises:
        InputError: where it is none.
        MissingPackageError: where openpyxl is missing.
    """
    with needed(".xlsx files need openpyxl", "openpyxl", "gatedrnn[excel]"):
        importlib.import_module("openpyxl")
    try:
        with zipfile.ZipFile(path) as file:
            check_room(PER_BYTE * sum(entry.file_size for entry in file.infolist()), "sheet")
        frame = pandas().read_excel(path, engine="openpyxl")
    except (InputError, MemoryError):
        raise
    except Exception as error:  # what is damaged in a sheet, openpyxl meets with whatever it is doing there
        raise InputError(f"expected a sheet of Excel, names first, got another file ({error})") from error
    return Held(held(_of_one_type(frame)).table, first=2)


def _of_one_type(frame: Any) -> Any:
    """Return a sheet whose columns of several types are text, so that a stray cell is found among numbers."""
    mixed = [name for name in frame.columns if frame[name].dtype == object]
    texts = {name: frame[name].map(str, na_action="ignore").astype("string") for name in mixed}
    return frame.assign(**{str(name): column for name, column in texts.items()})
