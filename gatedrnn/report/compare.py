"""A comparison from Python: what the command does, on a task, a file or arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatedrnn.arguments import as_path
from gatedrnn.comparison import protocol
from gatedrnn.comparison.folder import Folder
from gatedrnn.comparison.searched import help_compare
from gatedrnn.comparison.settings import Settings
from gatedrnn.comparison.team import Team, refuse_joined
from gatedrnn.errors import InputError
from gatedrnn.files import write_json
from gatedrnn.report.page import write_report
from gatedrnn.tasks.files import task_from_arrays, task_from_file, task_from_frame
from gatedrnn.tasks.frames import is_frame
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.task import Task

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import Results


def compare(
    data: Task | str | Path | Mapping[str, Any] | Any,
    *,
    out: str | Path,
    process: int = 0,
    processes: int = 1,
    **options: Any,
) -> Results:
    """Compare two cells on one's own data; write results.json and report.html, and return the results.

    Called again with the same arguments, it goes on where it was interrupted. Called by several processes, each
    searches some of the replicates, as those of the command do: they share ``out`` and no more, and all of them return
    the results that the first one writes.

    Args:
        data: a task, the path of a file, arrays by the keys of an .npz file (``x``, ``lengths``, ``y``, ...), or a
            table of pandas, polars or xarray.
        out: folder for results; it holds one comparison.
        process: the number of this process, from 0; the first one judges.
        processes: how many processes make the comparison, each by a call of its own and with the devices of its JAX.
        options: fields of ``gatedrnn.tasks.question.Question`` (such as ``group`` and ``target``), which say what is
            asked of a file or arrays, and of ``gatedrnn.comparison.settings.Settings`` (such as ``replicates``).

    Raises:
        InputError: where data or options are unfit, or JAX has joined processes to one program; says what to do.

    Example:
        >>> import gatedrnn as gr
        >>> gr.compare("sales.csv", out="runs/sales", target="demand")
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: file: expected one that exists, got 'sales.csv'
    """
    out = as_path("out", out)
    asked = {name: options.pop(name) for name in _fields(Question) if name in options}
    unknown = [name for name in options if name not in _fields(Settings) or name == "tasks"]
    if unknown:
        known = [name for name in (*_fields(Question), *_fields(Settings)) if name != "tasks"]
        raise InputError(f"options: expected some of {', '.join(known)}; got {', '.join(unknown)}")
    asked: dict[str, Any] = {name: (v,) if _is_one_column(name, v) else v for name, v in asked.items()}
    task = _task_of(data, asked)
    if isinstance(options.get("hidden"), int):
        options["hidden"] = (options["hidden"],)
    settings = Settings(tasks=(task,), **options)
    settings.refuse_unfit()
    team = Team(process, processes)
    team.refuse(settings)
    refuse_joined()
    with Folder(out, settings, team) as folder:
        if not team.first:
            help_compare(settings, folder, lambda _: None)
            return folder.results_of_first()
        results = protocol.compare(settings, folder, command=f"gatedrnn.compare({task.name!r})")
        write_json(folder.path / "results.json", results, writer=folder.written)
        write_report(results, folder.path / "report.html", writer=folder.written)
    return results


def _task_of(data: Task | str | Path | Mapping[str, Any] | Any, asked: dict[str, Any]) -> Task:
    if isinstance(data, Task):
        if asked:
            raise InputError(f"options: expected none, as a task says what is asked; got {', '.join(asked)}")
        return data
    question = Question(**asked)
    if is_frame(data):
        return task_from_frame(data, question)
    if isinstance(data, Mapping):
        if "x" not in data:
            raise InputError(
                f"data: expected arrays by the keys of an .npz file, x among them, got {list(data)!r:.100}"
            )
        return task_from_arrays(data, question)
    if isinstance(data, str | Path):
        return task_from_file(data, question)
    raise InputError(f"data: expected a task, the path of a file, arrays by name or a table, got {data!r:.100}")


def _fields(of: type[Question] | type[Settings]) -> list[str]:
    return [field.name for field in dataclasses.fields(of)]


def _is_one_column(name: str, value: Any) -> bool:
    return name in ("target", "features") and isinstance(value, str)
