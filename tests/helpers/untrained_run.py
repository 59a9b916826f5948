"""The folder of a comparison that nobody ran: what of it is read, doctored and refused needs no training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jax
import numpy as np

import gatedrnn as gr
from gatedrnn.cells.registry import make_cell
from gatedrnn.experiment.changes import DIFFERENCES, change_scales
from gatedrnn.experiment.network import network
from gatedrnn.experiment.saving import description, save
from gatedrnn.tasks.files import task_from_arrays
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.task import Task
from tests.helpers.doctored import redo
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import judged


def untrained(arrays: dict[str, np.ndarray], own: str, folder: Path) -> Path:
    """Return what a run leaves that was never made: made-up results, and networks as they were drawn.

    ``tests/predict/test_predict.py`` has the folder of a real one.
    """
    task = task_from_arrays(arrays, Question())
    assert task.anchor is not None
    for cell in (make_cell("GRU", 3), make_cell(own, 3)):
        name = "GRU" if isinstance(cell, gr.GRUResetAfter) else own
        params: Any = network(cell, task.out_dim, 0.0).init(jax.random.key(0), task.in_dim)
        params = (*params, change_scales(task.anchor, DIFFERENCES.index("both")))
        save(folder / "models" / task.name / name.replace(":", "."), params, described(task, name, cell))
    made = json.dumps(judged({**make_task("forecast", replicates=2, trials=2), "name": task.name}))
    made = made.replace('"GRU"', f'"{own}"').replace('"LSTM"', '"GRU"')
    (folder / "results.json").write_text(made, encoding="utf-8")
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        redo(folder, path.relative_to(folder).as_posix())
    return folder


def described(task: Task, name: str, cell: Any) -> dict[str, Any]:
    """Return what a comparison writes beside a network."""
    chosen = {"learning_rate": 0.01, "clip_norm": 1.0, "dropout": 0.0, "gate_bias": "1"}
    found = {"replicate": 1, "seed": 1, "configuration": chosen, "validation": 0.5}
    return description(task, name, cell, task.reading(0)) | found
