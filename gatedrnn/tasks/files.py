"""A file of one's own becomes a task: arrays, tables in long form, or text."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.errors import InputError
from gatedrnn.files import refuse_no_file
from gatedrnn.tasks.arrays import from_arrays, read_npz
from gatedrnn.tasks.damage import named
from gatedrnn.tasks.frames import digest, held, read_excel
from gatedrnn.tasks.framing import Framing
from gatedrnn.tasks.plain import plain
from gatedrnn.tasks.recorded import task_from
from gatedrnn.tasks.tables import read_source, read_table
from gatedrnn.tasks.text import read_text
from gatedrnn.tasks.ucr import read_ts

if TYPE_CHECKING:
    from gatedrnn.tasks.question import Question
    from gatedrnn.tasks.sequences import Sequences
    from gatedrnn.tasks.task import Kind, Reading, Task

Reader = Callable[[Path, "Question"], tuple["Sequences", "Kind"]]
READERS: Mapping[str, Reader] = MappingProxyType(
    {
        ".npz": read_npz,
        ".csv": read_table,
        ".csv.gz": read_table,
        ".tsv": read_table,
        ".tsv.gz": read_table,
        ".parquet": read_table,
        ".xlsx": read_excel,
        ".ts": read_ts,
        ".txt": read_text,
    }
)
"""Endings to functions that read such a file."""


def ending(path: Path) -> str:
    """Return the ending of a file's name that says how it is read; empty where it is none of ``READERS``.

    Example:
        >>> ending(Path("sales.2024.CSV.gz")), ending(Path("sales.pdf"))
        ('.csv.gz', '')
    """
    return next((known for known in READERS if path.name.lower().endswith(known)), "")


def task_from_file(path: str | Path, question: Question) -> Task:
    """Return the task that a file holds.

    Args:
        path: a file whose name ends in one of ``READERS``.
        question: what is asked of the file, and where it stands.

    Raises:
        InputError: where the file is missing, of another ending, or unfit; says what to do.
        MissingPackageError: where a table is to be read without pyarrow.
    """
    path = Path(path)
    known = ending(path)
    if not known:
        raise InputError(f"file: expected one that ends in {', '.join(READERS)}, got {path.name!r}")
    refuse_no_file("file", path)
    with named(path):
        data, kind = READERS[known](path, question)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return _task(data, kind, question, path.name[: -len(known)], plain(path.name), digest)


def task_from_arrays(arrays: Mapping[str, Any], question: Question, *, name: str = "data") -> Task:
    """Return the task that arrays hold: the keys are those of an .npz file.

    Raises:
        InputError: where arrays are unfit; says what to do.

    Example:
        >>> from gatedrnn.tasks.question import Question
        >>> rng = np.random.default_rng(0)
        >>> walks = rng.normal(size=(12, 30, 2)).cumsum(0)  # [T, B, I]
        >>> task_from_arrays({"x": walks}, Question(horizon=2), name="walks").title
        'walks: x0, x1, 2 steps ahead'
    """
    held = {key: np.asarray(value) for key, value in arrays.items()}
    digest = hashlib.sha256()
    for key in sorted(held):
        digest.update(f"{key} {held[key].dtype} {held[key].shape}".encode())
        digest.update(np.ascontiguousarray(held[key]).data if held[key].dtype != object else b"")
    data, kind = from_arrays(held, question)
    return _task(data, kind, question, name, "arrays", digest.hexdigest())


def task_from_frame(frame: Any, question: Question, *, name: str = "data") -> Task:
    """Return the task that a table of another package holds: it is read as one from a file.

    Args:
        frame: a data frame or series of pandas or polars, or an array or dataset of xarray.
        question: what is asked of the frame, and where it stands.
        name: the name of the task.

    Raises:
        InputError: where it is unfit; says what to do.
        MissingPackageError: where pyarrow is missing.
    """
    source = held(frame)
    data, kind = read_source(source, question)
    return _task(data, kind, question, name, type(frame).__name__, digest(source.table))


def _task(data: Sequences, kind: Kind, question: Question, name: str, source: str, digest: str) -> Task:
    asked = ", ".join(f"{key} {value}" for key, value in question.said().items() if key not in ("kind", "horizon"))
    if question.horizon is not None and kind != "forecast":
        raise InputError(f"horizon: expected none where the kind is {kind}, got {question.horizon}; ask for a forecast")
    steps = f"{len(data.lengths):,} sequence{'s' if len(data.lengths) > 1 else ''}, {len(data.x):,} steps"
    task = task_from(
        data,
        kind,
        name="".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name).strip(".") or "data",
        source=f"{source}: {steps}" + (f"; {asked}" if asked else ""),
        sha256=digest,
        framing=_framing(question),
    )
    found = {"time": data.time_name, "day_first": data.day_first}
    read = {**question.read(), **{name: value for name, value in found.items() if value is not None}}
    return dataclasses.replace(task, reading=partial(_reading, task, read))


def _reading(task: Task, read: Mapping[str, Any], seed: int) -> Reading:
    """Return what the split that the seed draws did to raw data, and how their file was read."""
    return task.reading(seed)._replace(read=read)


def _framing(question: Question) -> Framing:
    horizon = 1 if question.horizon is None else question.horizon
    return Framing(horizon, question.window, question.season, question.split_by, question.test_from)
