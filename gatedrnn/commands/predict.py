"""``gatedrnn predict``: a tuned network on a file."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import tyro

from gatedrnn.files import write_text
from gatedrnn.predict import load
from gatedrnn.predict.file import predict_file
from gatedrnn.predict.place import refuse_place


def predict(
    run: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")],
    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")],
    task: str | None = None,
    cell: str | None = None,
    group: str | None = None,
    time: str | None = None,
    horizon: int | None = None,
    to: Path | None = None,
) -> None:
    """Use the network of a comparison or a training run on a file: a table of predictions, as CSV.

    Args:
        run: folder of `gatedrnn compare`, of which the tuned network is used, or of `gatedrnn train`.
        file: one of the kind that was compared or trained on, with the features that the network was trained on.
        task: the name of the task, where the comparison had several.
        cell: the name of the cell; none: the winner, or where there is none the cell of the best mean validation score.
            A class of your own, package.module:Class, has to be named: its module is imported.
        group: column that says which sequence a row belongs to; none: that of the run.
        time: column that ascends within each group; none: that of the run.
        horizon: steps after the last row that are forecast; none: each row's own forecast. Of a network that forecasts
            all its features one step ahead, by 200 paths of which each step is drawn and read for the next.
        to: where the table goes; none: the terminal.
    """
    if to is not None:
        refuse_place(to, run, file)
    model = load(run, task=task, cell=cell)
    if to is None:
        return predict_file(model, file, sys.stdout, group=group, time=time, horizon=horizon)
    table = io.StringIO()
    predict_file(model, file, table, group=group, time=time, horizon=horizon)
    write_text(to, table.getvalue())
