"""benchmarks/gpu.py from end to end on small numbers, and what it does when time runs out or a program is wrong."""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from functools import partial

import pytest
from jax.experimental import rnn

from tests.helpers.compiling import quick_flags
from tests.helpers.paths import ROOT

FILES = {f"gpu-{part}-{flags}.json" for part in ("forms", "table") for flags in ("plain", "graphs")}


@pytest.fixture
def benchmarks(monkeypatch):
    """Put the scripts' folder on the path, as running one does."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")


@pytest.mark.verify
def test_everything_runs_on_small_numbers(tmp_path):
    command = [sys.executable, "benchmarks/gpu.py", "--tiny", "--out", tmp_path, "--seconds", "120"]
    environment = os.environ | {"PYTHONPATH": ".", "XLA_FLAGS": quick_flags()}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == FILES, done.stdout + done.stderr
    found = {name: json.loads((tmp_path / name).read_text()) for name in FILES}
    for name, result in found.items():
        assert result["results"], name
        assert all(math.isfinite(record["milliseconds"]["median"]) for record in result["results"])
        assert ("command_buffer" in result["provenance"]["xla_flags"]) == ("graphs" in name)
        assert str(ROOT) not in json.dumps(result)
    forms = {record["contestant"] for record in found["gpu-forms-plain.json"]["results"]}
    assert forms == {"reference", "in scan, unroll 2", "hoisted, unroll 2", "hoisted, recomputed, unroll 2"}
    table = found["gpu-table-plain.json"]
    assert {record["precision"] for record in table["results"]} == {"float32", "tf32", "bfloat16"}
    timed = {record["contestant"] for record in table["results"]}
    assert "ours" in timed
    named = {name.split(": ")[1] for name in table["absent"]}
    assert timed | named >= {"ours, cudnn", "jax.experimental.rnn", "nnx", "equinox", "pytorch"}


def stand_in(x, h, c, weights, lengths, in_dim, hidden, layers, dropout, bidirectional):
    """What cuDNN computes, as JAX's own reference has it."""
    sizes = (in_dim, hidden, layers)
    unpacked = rnn.unpack_lstm_weights(weights, *sizes, bidirectional)
    return rnn.lstm_ref(x, h, c, *unpacked, lengths, *sizes, dropout, bidirectional)


@pytest.mark.parametrize("cell", ["LSTM", pytest.param("GRU", marks=pytest.mark.verify)])
def test_peers_that_need_a_gpu_compute_what_ours_computes(benchmarks, monkeypatch, cell):
    """On a CPU, with what needs a GPU replaced."""
    torch = pytest.importorskip("torch")
    import gpu_entries
    import gpu_races
    from contestants import cudnn, ours, pytorch_cuda

    monkeypatch.setattr(cudnn.cudnn, "available", lambda: True)
    monkeypatch.setattr(rnn, "lstm", stand_in)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    monkeypatch.setattr(pytorch_cuda, "DEVICE", "cpu")
    pytorch = partial(pytorch_cuda.program, dtype="float32", tf32=False)
    builds = {"ours": ours.program, "cudnn": cudnn.program, gpu_entries.PYTORCH: pytorch}
    if cell == "GRU":
        del builds["cudnn"]
    entries = [
        gpu_entries.Entry(cell, which, "float32", name, build)
        for which in ("forward", "training")
        for name, build in builds.items()
    ]
    saved = []
    gpu_races.run_part(("tiny",), entries, 1, 60.0, saved.append)
    assert not saved[-1].absent
    assert len(saved[-1].records) == len(entries)


def test_a_program_that_computes_something_else_is_named_and_not_timed(benchmarks):
    import gpu_entries
    import gpu_races
    from contestants import ours

    def exchanged(problem, which):
        return ours.program(problem._replace(params=problem.blocks("figo")), which)

    entries = [
        gpu_entries.Entry("LSTM", "forward", "tf32", name, build)
        for name, build in {"ours": ours.program, "wrong": exchanged}.items()
    ]
    saved = []
    gpu_races.run_part(("tiny",), entries, 1, 60.0, saved.append)
    assert [record["contestant"] for record in saved[-1].records] == ["ours"]
    assert "relative difference" in saved[-1].absent["tiny LSTM forward tf32: wrong"]


def test_what_there_is_no_time_for_is_named(benchmarks, capsys):
    import gpu_races

    saved = []
    gpu_races.run_part(("tiny", "small"), [], 1, -1.0, saved.append)
    assert saved[-1].skipped == ["tiny", "small"]
    assert "skipped for lack of time: small" in capsys.readouterr().out


def record(size, cell, which, contestant, milliseconds):
    return {
        "shape": size,
        "cell": cell,
        "pass": which,
        "contestant": contestant,
        "milliseconds": {"median": milliseconds},
    }


def test_the_table_has_the_best_form_of_each_size(benchmarks):
    import gpu_entries

    times = {("h128", "a"): 1.0, ("h128", "b"): 2.0, ("h512", "a"): 5.0, ("h512", "b"): 4.0, ("h512", "c"): 6.0}
    records = [record(size, "GRU", "training", form, time) for (size, form), time in times.items()]
    records += [record("h128", "GRU", "forward", "c", 0.1), record("h128", "LSTM", "training", "c", 0.1)]
    assert gpu_entries.best_forms(records, "GRU", "training") == ["a", "b"]
    assert gpu_entries.best_forms([], "GRU", "training") == []


def test_the_faster_flags_come_first_and_the_others_only_if_time_is_left(benchmarks, monkeypatch, tmp_path, capsys):
    import gpu

    now, asked = [0.0], []

    def start(part, flags, seconds, options):
        asked.append((part, flags, seconds))
        now[0] += seconds
        if part == "forms":
            records = [record("h128", "GRU", "training", "a", {"plain": 2.0, "graphs": 1.0}[flags])]
            gpu.results(tmp_path, part, flags).write_text(json.dumps({"results": records}))

    (tmp_path / "gpu-table-plain.json").write_text("of an earlier run")
    monkeypatch.setattr(gpu, "start_part", start)
    monkeypatch.setattr(gpu.time, "monotonic", lambda: now[0])
    gpu.run_all(argparse.Namespace(out=tmp_path, seconds=500.0, tiny=False))
    share = gpu.FORMS_SHARE * 500.0
    left = 500.0 - gpu.LATE - 2 * share
    assert asked == [("forms", "plain", share), ("forms", "graphs", share), ("table", "graphs", pytest.approx(left))]
    assert "skipped for lack of time: table, flags plain" in capsys.readouterr().out
    assert not (tmp_path / "gpu-table-plain.json").exists()


def test_a_part_that_fails_is_named(benchmarks, monkeypatch, tmp_path, capfd):
    import gpu

    monkeypatch.setattr(gpu.sys, "executable", "false")
    gpu.start_part("forms", "plain", 5.0, argparse.Namespace(out=tmp_path, tiny=True))
    assert "failed with exit status 1: forms, flags plain" in capfd.readouterr().out
    monkeypatch.setattr(gpu.subprocess, "run", partial(late, gpu.subprocess.TimeoutExpired))
    gpu.start_part("forms", "plain", 5.0, argparse.Namespace(out=tmp_path, tiny=True))
    assert "stopped 30 s late: forms, flags plain" in capfd.readouterr().out


def late(error, command, timeout, **_):
    raise error(command, timeout)
