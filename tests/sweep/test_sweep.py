"""Sweeps: the space, what each member is, tables, logs, the display, and going on after an interruption."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import os
import signal
import subprocess
import sys
from typing import get_type_hints

import numpy as np
import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")

from rich.console import Console

from gatedrnn.commands.console import SweepDisplay
from gatedrnn.experiment import single
from gatedrnn.experiment.schema import misfits
from gatedrnn.sweep.plot import plot, write_plot
from gatedrnn.sweep.schema import SweepConfiguration, SweepResults
from gatedrnn.sweep.settings import HYPERPARAMETERS, SweepSettings
from gatedrnn.sweep.space import configurations
from gatedrnn.sweep.sweep import SweepProgress, sweep
from gatedrnn.sweep.table import COLUMNS, write_table
from gatedrnn.training.store import Interrupted
from tests.helpers.compiling import quick_flags

SETTINGS = SweepSettings(
    sampling="grid",
    cell=("GRU", "SimpleRNN"),
    hidden=(3,),
    learning_rate=(3e-3, 1e-2, 1e30),
    max_epochs=4,
    segment=2,
    patience=4,
)


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def results(tmp_path_factory, told):
    return sweep(SETTINGS, tmp_path_factory.mktemp("sweep"), on_progress=told.append)


def test_a_grid_has_all_combinations_and_random_draws_stay_in_the_space():
    settings = dataclasses.replace(SETTINGS, learning_rate=(1e-3, 1e-1), gate_bias=("0", "1"), seeds=3, seed=5)
    found = configurations(settings)
    assert len(found) == len({tuple(c.values()) for c in found}) == 2 * 2 * 2 * 3
    assert {c["seed"] for c in found} == {5, 6, 7}
    found = configurations(dataclasses.replace(settings, sampling="random", draws=400, seeds=1))
    logs = np.log10([c["learning_rate"] for c in found])
    # Uniform on (-3, -1): mean -2 with standard error 0.577 / sqrt(400) = 0.029; four of them.
    assert logs.mean() == pytest.approx(-2, abs=0.12)
    assert -3 <= logs.min() < -2.9
    assert -1.1 < logs.max() <= -1
    assert {c["gate_bias"] for c in found} == {"0", "1"}
    assert {c["clip_norm"] for c in found} == {1.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": (0.0, 0.1)}, "learning_rate: expected a finite number above 0, got 0.0"),
        ({"dropout": (1.0,)}, "dropout: expected a finite number of at least 0 and below 1, got 1.0"),
        ({"weight_decay": (-1.0,)}, "weight_decay: expected a finite number of at least 0, got -1.0"),
        ({"hidden": ()}, "hidden: expected one or more different values"),
        ({"cell": ("TRU",)}, "cell: expected some of LSTM"),
        ({"metric": "bits"}, "metric: expected one of nats, rmse"),
        ({"task": "nothing"}, "task: expected one of japanese-vowels-forecast"),
        ({"draws": 0}, "draws: expected a positive int"),
        ({"gate_bias": ("2",)}, "gate_bias: expected one of 0, 1, chrono; got '2'"),
        ({"sampling": "sobol"}, "sampling: expected one of random, grid; got 'sobol'"),
    ],
)
def test_what_makes_no_sweep_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        SweepSettings(**change)


def test_results_are_what_the_schema_says(results):
    assert {*get_type_hints(SweepConfiguration)} == {*HYPERPARAMETERS, "seed"}
    assert misfits(json.loads(json.dumps(results)), SweepResults) == []
    assert misfits({**results, "members": [{**results["members"][0], "hidden": "3"}]}, SweepResults) != []


def test_a_member_equals_the_same_network_trained_alone(results, tmp_path):
    """By ``gatedrnn train``, whose Adam has no decay: another program, so 1e-4 for rounding over 24 steps."""
    settings = single.TrainSettings(cell="SimpleRNN", hidden=3, max_epochs=4, segment=4, patience=4)
    alone = single.train(settings, tmp_path)["trial"]
    member = results["members"][4]
    assert (member["cell"], member["learning_rate"]) == (settings.cell, settings.learning_rate)
    assert member["curve"] == pytest.approx(alone["curve"], rel=1e-4)
    assert member["validation"] == pytest.approx(min(alone["curve"]), rel=1e-4)


def test_progress_says_who_is_alive_and_who_diverged(results, told):
    assert [entry["diverged_at"] is not None for entry in results["members"]] == 2 * [False, False, True]
    assert [(report.group, report.alive, report.ended, report.diverged) for report in told] == [
        ("GRU 3", 2, 1, 1),
        ("GRU 3", 0, 3, 1),
        ("SimpleRNN 3", 2, 4, 2),
        ("SimpleRNN 3", 0, 6, 2),
    ]
    assert told[-1].best["validation"] == min(e["validation"] for e in results["members"] if e["validation"])
    assert told[-1].epochs == sum(entry["epochs"] for entry in results["members"])
    assert told[-1].epochs_left == 0


def test_tables_have_a_row_for_each_member_and_say_the_same(results, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")
    paths = write_table(results, tmp_path)
    with paths[0].open(encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    columns = parquet.read_table(paths[1]).to_pylist()
    assert tuple(read[0]) == tuple(columns[0]) == COLUMNS
    for entry, row, typed in zip(results["members"], read, columns, strict=True):
        assert typed == {name: entry[name] for name in COLUMNS}
        assert row == {name: "" if entry[name] is None else str(entry[name]) for name in COLUMNS}


def test_the_plot_shows_each_member_against_what_varies(results, tmp_path):
    figure = plot(results)
    labels = [ax.get_xlabel() for ax in figure.axes if ax.get_visible()]
    assert labels == ["cell", "learning rate", "epoch (validation; the best in bold)"]
    scored = [entry for entry in results["members"] if entry["score"] is not None]
    shown = {line.get_xdata()[0] for line in figure.axes[1].lines}
    assert shown == {entry["learning_rate"] for entry in scored}
    assert write_plot(results, tmp_path / "sweep.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_logs_hold_the_curves(results, told, tmp_path):
    pytest.importorskip("tensorboardX", reason="needs gatedrnn[sweep]")
    from tensorboardX.proto.event_pb2 import Event

    from gatedrnn.sweep.tensorboard import TensorBoardLogs

    with TensorBoardLogs(tmp_path / "logs") as logs:
        for report in told:
            logs(report)
    (path,) = (tmp_path / "logs" / "001-GRU-3").glob("events*")
    data, found = path.read_bytes(), []
    while data:  # a record: its length in 8 bytes, their checksum in 4, the event, its checksum in 4
        length = int.from_bytes(data[:8], "little")
        found += [(v.tag, v.simple_value) for v in Event.FromString(data[12 : 12 + length]).summary.value]
        data = data[16 + length :]
    curve = [value for tag, value in found if tag == "nats/validation"]
    np.testing.assert_allclose(curve, results["members"][1]["curve"], rtol=1e-6)
    assert list((tmp_path / "logs" / "001-GRU-3" / "hparams").glob("events*"))


def test_the_display_says_what_matters():
    best = {"validation": -1.25, "cell": "GRU", "hidden": 32}
    report = SweepProgress(
        "GRU 32", {}, members=9, alive=3, ended=2, diverged=1, best=best, epochs=100, epochs_left=60.0
    )
    shown = io.StringIO()
    with SweepDisplay(Console(file=shown, width=200)) as display:
        display(report)
        display(report._replace(epochs=140, epochs_left=0.0, ended=9, alive=0))
    first, last = shown.getvalue().splitlines()
    assert first == "2 of 9 ended; GRU 32: 3 alive, 1 diverged, best -1.250 (GRU 32)"
    assert last.startswith("9 of 9 ended; GRU 32: 0 alive")
    assert math.isfinite(display._rate)
    assert display._rate > 0


def test_interrupted_it_ends_with_the_same_results_and_repeats_nothing(results, tmp_path):
    settings = dataclasses.replace(SETTINGS, cell=("SimpleRNN",))

    def cut(report):
        raise Interrupted

    with pytest.raises(Interrupted):
        sweep(settings, tmp_path, on_progress=cut)
    for _ in range(2):  # the second segment; then what was found finished
        told = []
        found = sweep(settings, tmp_path, on_progress=told.append)
        assert [{**e, "member": e["member"] + 3} for e in found["members"]] == results["members"][3:]
        assert [(report.alive, report.ended) for report in told] == [(0, 3)]
    with pytest.raises(ValueError, match="patience: was 4, now 5"):
        sweep(dataclasses.replace(settings, patience=5), tmp_path)


@pytest.mark.verify
def test_the_script_survives_sigterm_and_takes_other_devices(tmp_path):
    arguments = [
        "--cell",
        "GRU",
        "--draws",
        "4",
        "--hidden",
        "4",
        "--max-epochs",
        "40",
        "--patience",
        "40",
        "--segment",
        "4",
    ]

    def start(out, devices):
        command = [sys.executable, "experiments/sweep.py", "configs/sweep_vowels.py", *arguments]
        command += ["--devices", str(devices), "--out", str(out)]
        environment = {**os.environ, "XLA_FLAGS": quick_flags(), "JAX_PLATFORMS": "cpu"}
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)

    def finish(out, devices):
        process = start(out, devices)
        output = process.communicate(timeout=300)[0]
        assert process.returncode == 0, output
        return json.loads((out / "results.json").read_text(encoding="utf-8"))

    process = start(tmp_path / "cut", 1)
    while "ended;" not in process.stdout.readline():  # libraries below print into the same stream
        assert process.poll() is None, "it ended before it was told to"
    process.send_signal(signal.SIGTERM)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 143, output
    assert "gatedrnn: terminated, and saved; to resume: python experiments/sweep.py" in output
    cut, whole = finish(tmp_path / "cut", 2), finish(tmp_path / "whole", 1)
    assert cut["members"] == whole["members"]
    assert (cut["device"]["count"], whole["device"]["count"]) == (2, 1)


def test_logs_of_others_stay_and_ours_are_written_anew(told, tmp_path):
    pytest.importorskip("tensorboardX", reason="needs gatedrnn[sweep]")
    from gatedrnn.sweep.tensorboard import TensorBoardLogs

    mine = tmp_path / "000-GRU-3" / "events.out.tfevents.1.host"
    mine.parent.mkdir()
    mine.write_text("mine", encoding="utf-8")
    ours = tmp_path / "900-GRU-3" / "events.out.tfevents.1.host.gatedrnn"
    ours.parent.mkdir()
    ours.write_text("", encoding="utf-8")
    with TensorBoardLogs(tmp_path) as logs:
        assert ours.exists(), "the sweep may be refused yet"
        logs(told[0])
    assert mine.read_text(encoding="utf-8") == "mine"
    assert not ours.parent.exists()
    assert list(tmp_path.glob("*/events*.gatedrnn"))
