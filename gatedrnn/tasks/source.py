"""Where a table comes from: a file that is read in pieces, or a table that is held."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from gatedrnn.archives import check_room
from gatedrnn.errors import needed
from gatedrnn.tasks.plain import plain

ROWS = 1 << 16
"""Rows that are read at once where a format counts rows."""


def arrow() -> Any:
    """Return pyarrow.

    Raises:
        MissingPackageError: where it is missing.
    """
    with needed("tables need pyarrow", "pyarrow", "gatedrnn[compare]"):
        for module in ("pyarrow.csv", "pyarrow.parquet", "pyarrow.compute"):
            importlib.import_module(module)
    return importlib.import_module("pyarrow")


def renamed(schema: Any) -> Any:
    """Return a schema of pyarrow's whose names are plain text."""
    return arrow().schema([field.with_name(plain(field.name)) for field in schema])


class Source(Protocol):
    """A table whose columns are read in pieces.

    Attributes:
        schema: pyarrow's schema: names and types of the columns.
        at_once: whether rows lie together, so that all columns that are wanted are best read in one pass.
        notes: what was guessed of how the table is written.
    """

    @property
    def schema(self) -> Any:
        """Return pyarrow's schema: names and types of the columns."""
        ...

    at_once: bool
    notes: tuple[str, ...]

    def batches(self, names: tuple[str, ...], types: Mapping[str, Any]) -> Iterator[Any]:
        """Yield these columns as record batches, some read as another type than the schema's."""
        ...

    def place(self, row: int) -> str:
        """Return in words where a row stands, counted from 0."""
        ...


class Parquet:
    """A Parquet file, whose columns lie apart and are read one at a time.

    Args:
        path: the file to be read.
    """

    at_once, notes = False, ()

    def __init__(self, path: Path) -> None:
        held = arrow().parquet.read_metadata(path)
        check_room(8 * held.num_rows, "column")  # columns are read one by one
        self.path, self._schema = path, arrow().parquet.read_schema(path)
        self.schema = renamed(self._schema)

    def batches(self, names: tuple[str, ...], types: Mapping[str, Any]) -> Iterator[Any]:
        """Yield these columns as record batches; types are the file's own."""
        del types
        with arrow().parquet.ParquetFile(self.path) as file:
            written = dict(zip(self.schema.names, self._schema.names, strict=True))
            columns = [written[name] for name in names]
            # One thread: each more keeps memory of its own, as many as there are cores.
            for batch in file.iter_batches(batch_size=ROWS, columns=columns, use_threads=False):
                yield batch.rename_columns([plain(name) for name in batch.schema.names])
        arrow().default_memory_pool().release_unused()

    def place(self, row: int) -> str:
        """Return in words where a row stands, counted from 0."""
        return f"row {row + 1:,}"


class Held:
    """A table that is in memory already, such as a data frame.

    Args:
        table: a table of pyarrow's that is held.
        first: the number that the first row has in the table that it came from.
    """

    at_once, notes = False, ()

    def __init__(self, table: Any, first: int = 1) -> None:
        self.table, self.schema, self.first = table, table.schema, first

    def batches(self, names: tuple[str, ...], types: Mapping[str, Any]) -> Iterator[Any]:
        """Yield these columns as record batches; types are the table's own."""
        del types
        yield from self.table.select(list(names)).to_batches(max_chunksize=ROWS)

    def place(self, row: int) -> str:
        """Return in words where a row stands, counted from 0."""
        return f"row {row + self.first:,}"
