"""``gatedrnn compare``: LSTM or GRU, on a file or on tasks."""

from __future__ import annotations

import dataclasses
import shlex
from functools import partial
from pathlib import Path
from typing import Annotated

import tyro

from gatedrnn.commands.console import CompareDisplay, make_console, note, print_preparing
from gatedrnn.commands.devices import ask_for_devices, team_launched
from gatedrnn.commands.exit_code import command_line
from gatedrnn.commands.reading import task_asked
from gatedrnn.commands.signals import stoppable
from gatedrnn.comparison import protocol
from gatedrnn.comparison.estimate import estimate
from gatedrnn.comparison.folder import Folder
from gatedrnn.comparison.search.of_task import CompareProgress
from gatedrnn.comparison.searched import help_compare
from gatedrnn.comparison.settings import Settings
from gatedrnn.errors import InputError
from gatedrnn.experiment.folder import claimed
from gatedrnn.files import write_json
from gatedrnn.report.estimate_table import render_estimate
from gatedrnn.report.page import write_report
from gatedrnn.report.summary import render_summary
from gatedrnn.tasks.question import Question


def compare(
    file: Annotated[tyro.conf.Positional[Path | None], tyro.conf.arg(metavar="FILE")] = None,
    question: Annotated[Question, tyro.conf.OmitArgPrefixes] = Question(),
    settings: Annotated[Settings, tyro.conf.OmitArgPrefixes] = Settings(),
    out: Path = Path("runs/compare"),
    devices: int | None = None,
    dry_run: bool = False,
    resume: bool = False,
) -> None:
    """Train both cells on a file of your own, or on each task, and answer: LSTM or GRU?

    What was understood of a file is shown first. Interrupted, the same command resumes. Started as several processes,
    each searches some of the replicates; they share OUT. Writes results.json,
    report.html, report.md and the tuned networks.

    Args:
        file: your data, such as a .csv with a row for each step; docs/data.md has all forms. None: the tasks.
        question: what is asked of the file, and which columns say it.
        settings: the budget and the protocol of the comparison.
        out: folder for results; it holds one comparison.
        devices: CPU devices to ask JAX for, of all processes together, which share the trials; results do not depend
            on it.
        dry_run: say what it would cost, by a few trials of each cell, and stop; nothing is written.
        resume: go on where an interrupted comparison in OUT stopped. The same command does so by itself; with this, it
            fails where there is none.
    """
    team = team_launched()
    ask_for_devices(devices)
    console = make_console(quiet=not team.first)
    task = task_asked(console, file, question, settings.architecture.words, tasks=settings.tasks)
    if task is not None:
        settings = dataclasses.replace(settings, tasks=(task,))
    settings.refuse_unfit()
    team.refuse(settings)
    if dry_run and not team.first:
        return None
    if dry_run:
        return console.print(render_estimate(estimate(settings, partial(print_preparing, console)), settings))
    if resume and team.first and not claimed(out):
        raise InputError(f"resume: expected an interrupted comparison in {out}, got none")
    with Folder(out, settings, team) as folder:
        with stoppable() as termination, CompareDisplay(console, settings) as display:

            def on_progress(progress: CompareProgress) -> None:
                display(progress)
                termination.check()

            if not team.first:
                return help_compare(settings, folder, on_progress)
            results = protocol.compare(settings, folder, command=command_line(), on_progress=on_progress)
        write_json(out / "results.json", results, writer=folder.written)
        write_report(results, out / "report.html", writer=folder.written)
    console.print(render_summary(results))
    note(console, f"results: {out / 'results.json'}", f"report:  {out / 'report.html'}")
    note(console, f"predict: gatedrnn predict {shlex.quote(str(out))} FILE")
