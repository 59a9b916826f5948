"""What a command line may not ask for is one line on the error stream, by the option's name, and exit code 2."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")
pytest.importorskip("matplotlib")

import tyro

from gatedrnn.commands import cli
from gatedrnn.commands.options import options

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
        "--trails: expected an option of gatedrnn compare (is --trials meant?), got another, with 3 behind it; "
        "gatedrnn compare --help shows all"
    ),
    # Another command's, with its value; tyro has a box of another form for these.
    "train --cells os:system": (
        "--cells: expected an option of gatedrnn train (is --cell meant?), got one of gatedrnn describe, compare, with "
        "os:system behind it; gatedrnn train --help shows all"
    ),
    "train --cells=os:system": (
        "--cells: expected an option of gatedrnn train (is --cell meant?), got one of gatedrnn describe, compare, with "
        "os:system behind it; gatedrnn train --help shows all"
    ),
    "predict --replicates": (
        "--replicates: expected an option of gatedrnn predict, got one of gatedrnn compare; "
        "gatedrnn predict --help shows all"
    ),
    "tasks now": "now: expected no option or file there, got one; gatedrnn tasks --help shows all",
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


def test_the_options_of_each_command_are_those_that_tyro_reads():
    for name, command in cli.COMMANDS.items():
        with warnings.catch_warnings(action="ignore"):  # deprecated, and nothing else says what it reads
            parser = tyro.extras.get_parser(command, registry=cli.ARGUMENTS)
        read = {word for action in parser._actions for word in action.option_strings if word.startswith("--")}
        assert {*options(command), "--help"} == read, name


@pytest.mark.parametrize("command", cli.COMMANDS)
@pytest.mark.parametrize("words", ["{}", "{} 3", "{}=3", "a b {} 3 --seed 1", "{} --hidden x", "--hidden 4 {} c d"])
def test_an_option_that_a_command_lacks_is_named_whatever_stands_around_it(command, words, capsys):
    """Of no command, of another one, and one that is only nearly right."""
    own = options(cli.COMMANDS[command])
    others = [one for other in cli.COMMANDS.values() for one in options(other) if one not in own]
    for option in ("--nonsense", "--hiden_", *others[:3]):
        assert cli.run([command, *words.format(option).split()]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        first = next(word for word in words.format(option).split() if word.startswith("--"))
        named = {option, first}  # the first of two, where the command lacks both
        assert said.err.startswith(tuple(f"gatedrnn: {one}: expected an option of gatedrnn {command}" for one in named))
        assert said.err.count("\n") == 1


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
