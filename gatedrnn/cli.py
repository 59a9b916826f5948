"""The subcommands of ``gatedrnn``: a thin face over functions that Python can call as well."""

from __future__ import annotations

import dataclasses
import io
import shlex
import sys
from collections.abc import Callable
from json import dumps
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

from gatedrnn.comparison import protocol
from gatedrnn.comparison.costs.describe import SHOWN
from gatedrnn.comparison.costs.describe import describe as describe_cells
from gatedrnn.comparison.costs.table import render_description
from gatedrnn.comparison.estimate import estimate
from gatedrnn.comparison.estimate_table import render_estimate
from gatedrnn.comparison.predict import load
from gatedrnn.comparison.predict.file import predict_file
from gatedrnn.comparison.report.page import write_report
from gatedrnn.comparison.report.summary import render_summary
from gatedrnn.comparison.search import single
from gatedrnn.comparison.search.files import Folder, claimed, write_json, write_text
from gatedrnn.comparison.search.settings import Settings
from gatedrnn.console import CompareDisplay, note, print_segment
from gatedrnn.devices import ask_for_devices, join_processes, refuse_processes
from gatedrnn.exit_code import exit_code
from gatedrnn.sweep.command import sweep
from gatedrnn.tasks import registry
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.task import Task
from gatedrnn.training.early_stopping import State
from gatedrnn.training.hosts import is_first
from gatedrnn.training.termination import Termination

ARGUMENTS = tyro.constructors.ConstructorRegistry()


@ARGUMENTS.primitive_rule
def _task_by_name(info: Any) -> Any:
    """Read a task's name where a task may stand as well: only Python can give one."""
    if info.type != str | Task:
        return None
    return tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="STR",
        instance_from_str=lambda arguments: arguments[0],
        is_instance=lambda value: isinstance(value, str | Task),
        str_from_instance=lambda value: [str(value)],
    )


def describe(
    in_dim: int,
    hidden: int,
    out_dim: int | None = None,
    *,
    batch: int = 16,
    length: int = 128,
    time: bool = False,
    cells: tuple[str, ...] = SHOWN,
    json: bool = False,
) -> None:
    """Show what cells cost: gates, states, parameters, FLOPs, memory, and sizes of equal cost.

    Args:
        in_dim: features of the input.
        hidden: units of every cell.
        out_dim: features of a dense head, which counts in equal sizes; none unless given.
        batch: examples, for memory and time.
        length: time steps, for memory and time.
        time: measure the time per step on this device.
        cells: LSTM, GRU, GRU-before (reset gate before the product), MinGRU, SimpleRNN, or package.module:Class.
        json: print JSON instead of a table.
    """
    description = describe_cells(in_dim, hidden, out_dim, batch=batch, length=length, time=time, cells=cells)
    if json:
        print(dumps(description.as_dict(), indent=1))
    else:
        Console().print(render_description(description))


def compare(
    file: tyro.conf.Positional[Path | None] = None,
    question: Annotated[Question, tyro.conf.OmitArgPrefixes] = Question(),
    settings: Annotated[Settings, tyro.conf.OmitArgPrefixes] = Settings(),
    out: Path = Path("runs/compare"),
    devices: int | None = None,
    dry_run: bool = False,
    resume: bool = False,
) -> None:
    """Train both cells on a file of your own, or on each task, and answer: LSTM or GRU?

    Interrupted, the same command resumes. Writes results.json, report.html, report.md and the tuned networks.

    Args:
        file: your data: .csv or .parquet with a row for each step, .npz, or .txt; none: the tasks.
        question: what is asked of the file, and which columns say it.
        settings: budget and protocol.
        out: folder for results; it holds one comparison.
        devices: CPU devices to ask JAX for, which share the trials; results do not depend on it.
        dry_run: say what it would cost, by a few trials of each cell, and stop; nothing is written.
        resume: go on where an interrupted comparison in OUT stopped. The same command does so by itself; with this, it
            fails where there is none.
    """
    refuse_processes("gatedrnn compare")
    ask_for_devices(devices)
    console = Console()
    if file is not None:
        settings = dataclasses.replace(settings, tasks=(task_from_file(file, question),))
    elif question != Question():
        raise ValueError(f"file: expected one, as {', '.join(question.said())} is asked of it; got none")
    if dry_run:
        return console.print(render_estimate(estimate(settings), settings))
    if resume and not claimed(out):
        raise ValueError(f"resume: expected an interrupted comparison in {out}, got none")
    with Termination() as termination, CompareDisplay(console, settings) as display:

        def on_progress(progress: protocol.Progress) -> None:
            display(progress)
            termination.check()

        results = protocol.compare(settings, Folder(out, settings), command=_command(), on_progress=on_progress)
    write_json(out / "results.json", results)
    write_report(results, out / "report.html")
    console.print(render_summary(results))
    note(console, f"results: {out / 'results.json'}", f"report:  {out / 'report.html'}")
    note(console, f"predict: gatedrnn predict {shlex.quote(str(out))} FILE")


def train(
    settings: Annotated[single.TrainSettings, tyro.conf.OmitArgPrefixes] = single.TrainSettings(),
    out: Path = Path("runs/train"),
) -> None:
    """Train one network on a task, with checkpoints; the same command resumes.

    Args:
        settings: the network and how it is trained.
        out: folder for checkpoints and result.json; it holds one run.
    """
    ask_for_devices(settings.devices)
    join_processes()
    console = Console(quiet=not is_first())
    with Termination() as termination:

        def on_segment(state: State, offset: float) -> None:
            print_segment(console, state, offset)
            termination.check()

        result = single.train(settings, out, on_segment=on_segment)
    accuracy = result["test"]["accuracy"]
    note(
        console,
        f"test: {result['test']['nats']:.4f} {result['unit']}"
        + ("" if accuracy is None else f", accuracy {accuracy:.3f}"),
        f"result: {out / 'result.json'}",
    )


def predict(
    run: tyro.conf.Positional[Path],
    file: tyro.conf.Positional[Path],
    task: str | None = None,
    cell: str | None = None,
    group: str | None = None,
    time: str | None = None,
    to: Path | None = None,
) -> None:
    """Use the tuned network of a comparison on a file: a table of predictions, as CSV.

    Args:
        run: folder of the comparison.
        file: .csv, .parquet, .npz or .txt with the features that the network was trained on.
        task: which one, where the comparison had several.
        cell: which one; none: the winner, or where there is none the cell of the best mean validation score.
        group: column that says which sequence a row belongs to.
        time: column that ascends within each group.
        to: where the table goes; none: the terminal.
    """
    model = load(run, task=task, cell=cell)
    if to is None:
        return predict_file(model, file, sys.stdout, group=group, time=time)
    table = io.StringIO()
    predict_file(model, file, table, group=group, time=time)
    write_text(to, table.getvalue())


def tasks() -> None:
    """List the tasks that compare and train know."""
    console = Console()
    for name in registry.TASKS:
        task = registry.load(name)
        console.print(f"[bold]{name}[/]\n  {task.title}; {task.unit}\n  [dim]{task.source}[/]", highlight=False)


COMMANDS: dict[str, Callable[..., Any]] = {
    "describe": describe,
    "compare": compare,
    "predict": predict,
    "train": train,
    "sweep": sweep,
    "tasks": tasks,
}


def run(arguments: list[str] | None = None) -> int:
    """Run a command line and return its exit code, as ``exit_code`` has it."""
    return exit_code(
        lambda: tyro.extras.subcommand_cli_from_dict(
            COMMANDS,
            prog="gatedrnn",
            description="LSTM or GRU? Measured, on your problem.",
            args=arguments,
            registry=ARGUMENTS,
        ),
        _command(),
    )


def _command() -> str:
    return shlex.join(["gatedrnn", *sys.argv[1:]])
