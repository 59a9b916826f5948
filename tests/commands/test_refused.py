"""What a command line may not ask for is one line on the error stream, by the option's name, and exit code 2."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")
pytest.importorskip("matplotlib")

from gatedrnn.commands import cli

REFUSED = {
    "compare --dropout 1": "dropout: expected a finite number of at least 0 and below 1, got 1.0",
    "compare --dropout -0.1": "dropout: expected a finite number of at least 0 and below 1, got -0.1",
    "compare --learning-rate nan 1": "learning_rate: expected a finite number above 0, got nan",
    "compare --cells GRU GRU": "cells: expected two or more different ones, got GRU, GRU",
    "compare --replicates 1": "replicates: expected an int of 2 or more, got 1",
    "compare --devices -1": "devices: expected a positive int, got -1",
    "compare --seed 1000000000000": "seed: expected 4294967295 or less, got 1000000000000",
    "compare no.csv --target a a": "target: expected different columns, got a, a",
    "compare no.csv --tasks japanese-vowels-speaker": (
        "file: expected none where a task is named, got no.csv beside japanese-vowels-speaker"
    ),
    "train --learning-rate 0": "learning_rate: expected a finite number above 0, got 0.0",
    "train --clip-norm 0": "clip_norm: expected a finite number above 0, got 0.0",
    "train --layers 0": "layers: expected a positive int, got 0",
    "train --devices 1000000000000": "devices: expected 1024 or less, got 1000000000000",
    # The default, asked for: it would have been replaced in silence.
    "train no.csv --task japanese-vowels-forecast": (
        "file: expected none where a task is named, got no.csv beside japanese-vowels-forecast"
    ),
    "train --cell os:system": "cell: expected a class of cells, with init, initial_carry, step; got os:system",
    "sweep --cell os:system": "cell: expected a class of cells, with init, initial_carry, step; got os:system",
    "sweep no.csv --task jsb-chorales": "file: expected none where a task is named, got no.csv beside jsb-chorales",
    "sweep --weight-decay -1": "weight_decay: expected a finite number of at least 0, got -1.0",
    "sweep --hidden 8 8": "hidden: expected one or more different values, got 8, 8",
    "describe --hidden 3": "in_dim: expected a number where no file of weights is described, got none",
    "describe --in-dim 3 --hidden 3 --cells GRU GRU": "cells: expected one or more different ones, got GRU, GRU",
}


@pytest.mark.parametrize("line", REFUSED)
def test_a_refused_option_is_one_line(line, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert cli.run(line.split()) == 2
    said = capsys.readouterr()
    assert said.err == f"gatedrnn: {REFUSED[line]}\n"
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "line", ["train", "sweep", "compare --replicates 2 --trials 1", "reproduce weiss-2018 --small"]
)
@pytest.mark.parametrize("place", ["file/x", "file/x/y", "n" * 300])
def test_a_place_where_nothing_can_be_is_refused_before_anything_is_trained(line, place, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    monkeypatch.setattr("gatedrnn.commands.reproduce.measure", lambda *_, **__: pytest.fail("was measured"))
    monkeypatch.setattr("gatedrnn.experiment.single._trained", lambda *_: pytest.fail("was trained"))
    assert cli.run([*line.split(), "--out", place]) == 2
    said = capsys.readouterr().err
    why = (
        "File name too long"
        if len(place) > 200
        else f"below folders alone, got {place}, where {tmp_path / 'file'} is a file"
    )
    assert said.startswith("gatedrnn: out: expected a p")
    assert why in said
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


NAMED = "command: expected one of describe, compare, predict, train, sweep, tasks, reproduce"
UNREAD = {
    "train --hidden x": "--hidden: expected a whole number, got 'x'; gatedrnn train --help shows all",
    "train --dropout much": "--dropout: expected a number, got 'much'; gatedrnn train --help shows all",
    "train --gate-bias 3": "--gate-bias: expected one of '0', '1', 'chrono', got '3'; gatedrnn train --help shows all",
    # Of an option that may be left out tyro has the choices in another order in each process.
    "compare --metric x": (
        "--metric: expected one of 'None', 'accuracy', 'longest-length', 'macro-f1', 'mae', 'mase', 'nats', 'rmse', "
        "'steps-to-threshold', got 'x'; gatedrnn compare --help shows all"
    ),
    "train x.csv --kind y": (
        "--kind: expected one of 'None', 'classification', 'forecast', 'next-token', 'step-classification', "
        "'step-regression', got 'y'; gatedrnn train --help shows all"
    ),
    "compare --trails 3": (
        "--trails: no option or file is expected there (is --trials meant?), with 3 behind it; "
        "gatedrnn compare --help shows all"
    ),
    "sweep --seed": "--seed: expected a value, got none; gatedrnn sweep --help shows all",
    "sweep --out ": (
        "--out: expected a path, got an empty one; the current folder is .; gatedrnn sweep --help shows all"
    ),
    "compare --devices x": "--devices: expected a whole number, got 'x'; gatedrnn compare --help shows all",
    "compare --minutes x": "--minutes: expected a number, got 'x'; gatedrnn compare --help shows all",
    "predict runs x.csv --to ": (
        "--to: expected a path, got an empty one; the current folder is .; gatedrnn predict --help shows all"
    ),
    "predict runs ": (
        "FILE: expected a path, got an empty one; the current folder is .; gatedrnn predict --help shows all"
    ),
    "predict ": "FILE: expected by gatedrnn predict, got none; gatedrnn predict --help shows all",
    "predict": "RUN, FILE: expected by gatedrnn predict, got none; gatedrnn predict --help shows all",
    "trian": f"{NAMED}; got trian; gatedrnn --help shows all",
    None: f"{NAMED}; got none; gatedrnn --help shows all",
}


@pytest.mark.parametrize("columns", ["40", "100"])
@pytest.mark.parametrize("line", UNREAD)
def test_what_cannot_be_read_is_said_in_one_line_by_the_options_name(line, columns, capsys, monkeypatch):
    """However narrow the terminal, in which tyro would have drawn a box."""
    monkeypatch.setenv("COLUMNS", columns)
    assert cli.run([] if line is None else line.split(" ")) == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"gatedrnn: {UNREAD[line]}\n")


def test_help_is_no_refusal(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.run(["train", "--help"])
    assert stop.value.code == 0
    assert "--learning-rate" in capsys.readouterr().out


def test_a_process_ends_so_too(tmp_path):
    command = [sys.executable, "-m", "gatedrnn", "train", "--dropout", "1.5", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "gatedrnn: dropout: expected a finite number of at least 0 and below 1, got 1.5\n"
    assert not (tmp_path / "out").exists()
