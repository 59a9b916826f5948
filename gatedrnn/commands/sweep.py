"""The subcommand ``gatedrnn sweep``: a thin face over ``gatedrnn.sweep.sweep``."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import tyro

from gatedrnn.commands.console import SweepDisplay, make_console, note
from gatedrnn.commands.devices import ask_for_devices, join_processes
from gatedrnn.commands.reading import task_asked
from gatedrnn.commands.signals import stoppable
from gatedrnn.errors import InputError, MissingPackageError
from gatedrnn.files import Writer, write_json
from gatedrnn.sweep import sweep as sweeps
from gatedrnn.sweep.plot import write_plot
from gatedrnn.sweep.schema import SweepResults
from gatedrnn.sweep.settings import SweepSettings
from gatedrnn.sweep.table import write_table
from gatedrnn.tasks.question import Question
from gatedrnn.training.hosts import is_first


def sweep(
    file: Annotated[tyro.conf.Positional[Path | None], tyro.conf.arg(metavar="FILE")] = None,
    question: Annotated[Question, tyro.conf.OmitArgPrefixes] = Question(),
    settings: Annotated[SweepSettings, tyro.conf.OmitArgPrefixes] = SweepSettings(),
    out: Path = Path("runs/sweep"),
    devices: int | None = None,
    tensorboard: bool = False,
) -> None:
    """Train a population over a space of hyperparameters, on a file of your own or a task; the same command resumes.

    What was understood of a file is shown first. Writes members.csv, members.parquet, results.json and sweep.png.

    Args:
        file: your data, such as a .csv with a row for each step; docs/data.md has all forms. None: the task.
        question: what is asked of the file, and which columns say it.
        settings: the space, and how each member is trained.
        out: folder for results; it holds one sweep.
        devices: CPU devices to ask JAX for, of all processes together, which share the members; results do not
            depend on it.
        tensorboard: whether curves are written for TensorBoard as well.
    """
    ask_for_devices(devices)
    join_processes()
    console = make_console(quiet=not is_first())
    task = task_asked(console, file, question, settings.architecture.words, tasks=(settings.task,))
    if task is not None:
        settings = dataclasses.replace(settings, task=task)
    with contextlib.ExitStack() as stack:
        logs = tensorboard and is_first()
        told: list[Any] = [stack.enter_context(_logs(out / "tensorboard"))] if logs else []
        told.append(stack.enter_context(SweepDisplay(console)))
        termination = stack.enter_context(stoppable())

        def on_progress(report: sweeps.SweepProgress) -> None:
            for tell in told:
                tell(report)
            termination.check()

        paths: list[Path] = []
        sweeps.sweep(settings, out, on_progress=on_progress, on_end=partial(_write, out, paths))
    note(console, *(f"written: {path}" for path in paths))


def _write(out: Path, paths: list[Path], results: SweepResults, writer: Writer) -> None:
    """Write what a sweep found in its folder, and add where to ``paths``; of several processes the first does."""
    if is_first():
        write_json(out / "results.json", results, writer=writer)
        paths += [*write_table(results, out, writer=writer), out / "results.json"]
        paths.append(write_plot(results, out / "sweep.png", writer=writer))


def _logs(folder: Path) -> Any:
    try:
        return importlib.import_module("gatedrnn.sweep.tensorboard").TensorBoardLogs(folder)
    except MissingPackageError as error:
        raise InputError(f"tensorboard: {error}") from error
