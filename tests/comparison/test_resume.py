"""A run killed with SIGKILL between two checkpoints ends as if nothing had happened, bit for bit."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import orbax.checkpoint.experimental.v1 as ocp
import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")

from gatedrnn.experiment.folder import RunFolder
from tests.helpers.compiling import quick_flags

TRAIN = ("train", "--cell", "LSTM", "--hidden", "5", "--max-epochs", "30", "--segment", "2", "--patience", "30")
COMPARE = ("compare", "--tasks", "japanese-vowels-speaker", "--replicates", "5", "--trials", "2", "--hidden", "4")
COMPARE += ("--max-epochs", "4")
PIECE = re.compile(r"epoch +\d|\S+ \S+: replicate \d+ done")
"""A line that `train` or `compare` prints at the end of a piece of work."""


def _start(arguments: tuple[str, ...], out: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "XLA_FLAGS": quick_flags(), "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-m", "gatedrnn", *arguments, "--out", str(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def _finish(arguments: tuple[str, ...], out: Path) -> None:
    process = _start(arguments, out)
    output = process.communicate(timeout=300)[0]
    assert process.returncode == 0, output


def _signal_after(arguments: tuple[str, ...], out: Path, lines: int, what: signal.Signals = signal.SIGKILL) -> str:
    """Send a signal as soon as the process has printed so many lines of ours, each the end of a piece of work.

    Libraries below print into the same stream, when and what they like.
    """
    process = _start(arguments, out)
    assert process.stdout is not None
    while lines:
        line = process.stdout.readline()
        assert line, "it ended before it was told to"
        lines -= bool(PIECE.match(line))
    process.send_signal(what)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == (-what if what == signal.SIGKILL else 128 + what), output
    return output


def _final_state(out: Path) -> dict:
    steps = [path for path in (out / "checkpoints").iterdir() if path.name.isdigit()]
    newest = max(steps, key=lambda path: int(path.name))
    return ocp.load(str(newest.resolve()))["states"]


def _newest_step(out: Path) -> int:
    return max((int(path.name) for path in (out / "checkpoints").iterdir() if path.name.isdigit()), default=0)


@pytest.mark.verify
def test_killed_and_terminated_a_training_run_ends_with_the_same_parameters(tmp_path):
    """First by SIGKILL; then by SIGTERM, which saves after the segment and says how to go on."""
    killed = tmp_path / "killed"
    _finish(TRAIN, tmp_path / "whole")
    _signal_after(TRAIN, killed, lines=3)
    reached = _newest_step(killed)
    assert reached, "killed before the first checkpoint, which proves nothing"
    output = _signal_after(TRAIN, killed, lines=1, what=signal.SIGTERM)
    assert "gatedrnn: terminated, and saved; to resume: gatedrnn train --cell LSTM" in output
    last = _newest_step(tmp_path / "whole")
    assert reached < _newest_step(killed) < last, "terminated after the last checkpoint, which proves nothing"
    _finish(TRAIN, killed)
    found, expected = _final_state(killed), _final_state(tmp_path / "whole")
    for name in ("w_x", "w_h", "b"):
        np.testing.assert_array_equal(found["params"][0][name], expected["params"][0][name])
        np.testing.assert_array_equal(found["best_params"][0][name], expected["best_params"][0][name])
    results = [json.loads((tmp_path / name / "result.json").read_text()) for name in ("whole", "killed")]
    assert results[0] == results[1]


def _without_clocks(value):
    """Results less what a clock says, and less words, which may say which cell was faster."""
    if isinstance(value, dict):
        measured = {"command", "started", "verdict"}
        return {k: _without_clocks(v) for k, v in value.items() if "seconds" not in k and k not in measured}
    return [_without_clocks(v) for v in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def whole_comparison(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    _finish(COMPARE, out)
    return json.loads((out / "results.json").read_text())


@pytest.mark.verify
@pytest.mark.parametrize("what", [signal.SIGKILL, signal.SIGTERM])
def test_a_comparison_that_was_stopped_ends_with_the_same_results(tmp_path, whole_comparison, what):
    output = _signal_after(COMPARE, tmp_path, lines=1, what=what)
    if what == signal.SIGTERM:
        assert "gatedrnn: terminated, and saved; to resume: gatedrnn compare --tasks japanese" in output
    assert not (tmp_path / "results.json").exists()
    finished = list((tmp_path / "searches").rglob("*-?.json"))
    assert 1 <= len(finished) < 10
    kept = {path: path.stat().st_mtime_ns for path in finished}
    _finish(COMPARE, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in finished} == kept, "a finished search was repeated"
    found = json.loads((tmp_path / "results.json").read_text())
    assert _without_clocks(found) == _without_clocks(whole_comparison)


@pytest.mark.verify
def test_another_run_in_the_folder_is_refused(tmp_path):
    with RunFolder(tmp_path, {"cell": "GRU"}, ()):
        pass  # claimed, and nothing trained
    process = _start(TRAIN, tmp_path)
    output = process.communicate(timeout=120)[0]
    assert process.returncode == 2
    assert "out: expected the settings of the run in" in output
    assert "cell: was 'GRU', now 'LSTM'" in output
    assert "Traceback" not in output
