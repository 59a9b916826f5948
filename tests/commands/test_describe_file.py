"""What ``gatedrnn describe FILE`` says of weight files, in terminals of two widths."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

import jax
import numpy as np
import pytest

pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")
pytest.importorskip("safetensors")

import gatedrnn as gr
from gatedrnn.commands import cli
from gatedrnn.convert import save, to_keras, to_torch
from gatedrnn.convert.contents import contents
from gatedrnn.errors import InputError
from gatedrnn.experiment import saving
from gatedrnn.experiment.network import network
from gatedrnn.tasks.files import task_from_arrays
from gatedrnn.tasks.question import Question
from tests.helpers.drawn import drawn

# Parameters: 2 directions of 24 rows, of 5 + 6 weights and two biases, and above them of 12 + 6 and two.
ENCODER = """\
weights.npz
  holds         17 arrays, 1,594 numbers
  types         float32
  besides       1 array, 10 numbers

encoder.
  cells         LSTM
  written by    PyTorch
  inputs        5
  hidden units  6
  layers        2, in both directions
  weights       [G*H, I]
  LSTM gates    i f g o
  LSTM biases   two
  activation    tanh
  parameters    1,584 in 16 arrays
"""


def described(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert cli.run(["describe", str(path), *options]) == 0
    return "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines()) + "\n"


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    layer = gr.chain(gr.bidirectional(gr.LSTM(6)), gr.bidirectional(gr.LSTM(6)))
    weights = {f"encoder.{name}": array for name, array in to_torch(layer, drawn(layer, 5)).items()}
    np.savez(tmp_path / "weights.npz", **weights, **{"head.weight": np.zeros((1, 10), np.float32)})
    return tmp_path / "weights.npz"


def test_a_file_of_pytorchs_names(
    encoder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert described(encoder, capsys) == ENCODER
    monkeypatch.setenv("COLUMNS", "30")
    narrow = described(encoder, capsys)
    assert max(map(len, narrow.splitlines())) <= 30
    assert narrow.split() == ENCODER.split()  # wrapped, nothing cut
    said = json.loads(described(encoder, capsys, "--json"))
    assert said["encoder."]["layers"] == "2, in both directions"


def test_a_layer_of_gatedrnns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layer = gr.chain(gr.bidirectional(gr.LSTM(8)), gr.scan(gr.GRU(4, reset="before")), gr.scan(gr.MGU(3)))
    save(tmp_path / "own.safetensors", layer, drawn(layer, 5))
    said = json.loads(described(tmp_path / "own.safetensors", capsys, "--json"))["recurrent layer"]
    assert said == {
        "cells": "LSTM, GRU-before, MGU",
        "written by": "gatedrnn",
        "inputs": "5",
        "hidden units": "8, 4, 3",
        "layers": "3, both directions, one direction, one direction",
        "weights": "[I, G*H]",
        "LSTM gates": "i f g o",
        "LSTM biases": "one",
        "GRU gates": "r z n",
        "GRU biases": "one",
        "reset gate": "before the product",
        "activation": "tanh",
        "parameters": f"{2 * 4 * 8 * (5 + 8 + 1) + 3 * 4 * (16 + 4 + 1) + 2 * 3 * (4 + 3 + 1):,} in 12 arrays",
    }


def test_keras_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    h5py = pytest.importorskip("h5py")
    both, one = gr.bidirectional(gr.LSTM(4)), gr.scan(gr.GRU(3))
    old = to_keras(one, drawn(one, 8), cudnn=True)
    with h5py.File(tmp_path / "net.weights.h5", "w") as file:
        for end, weights in zip(("forward", "backward"), np.split(np.arange(6), 2), strict=True):
            arrays = to_keras(both, drawn(both, 3))
            for k, index in enumerate(weights):
                file[f"layers/bidirectional/{end}_layer/cell/vars/{k}"] = arrays[index]
        for name, array in zip(("kernel:0", "recurrent_kernel:0", "bias:0"), old, strict=True):
            file[f"memory/memory/{name}"] = array
        file["layers/dense/vars/0"], file["layers/dense/vars/1"] = np.zeros((8, 2)), np.zeros(2)
        file["elsewhere"] = h5py.ExternalLink("other.h5", "/secret")
    said = json.loads(described(tmp_path / "net.weights.h5", capsys, "--json"))
    assert said["layers/bidirectional/forward_layer/cell/"]["layers"] == "1, in both directions"
    assert said["layers/bidirectional/forward_layer/cell/"]["LSTM gates"] == "i f g o"
    assert said["memory/memory/"]["written by"] == "Keras cuDNN"
    assert said["memory/memory/"]["GRU gates"] == "z r n"
    assert said["net.weights.h5"]["besides"] == "2 arrays, 18 numbers"
    assert len(said) == 3


def test_a_keras_file_has_its_weights_inside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    h5py = pytest.importorskip("h5py")
    layer, held = gr.scan(gr.GRU(3, reset="before")), io.BytesIO()
    with h5py.File(held, "w") as file:
        for k, array in enumerate(to_keras(layer, drawn(layer, 8))):
            file[f"layers/gru/cell/vars/{k}"] = array
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as archive:
        archive.writestr("model.weights.h5", held.getvalue())
    said = json.loads(described(tmp_path / "net.keras", capsys, "--json"))["layers/gru/cell/"]
    assert (said["GRU biases"], said["reset gate"]) == ("one", "before the product")


def test_an_array_that_lies_in_another_file_is_refused(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    (tmp_path / "secret").write_bytes(bytes(32))
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file.create_dataset("kernel", (8,), "f4", external=[(str(tmp_path / "secret"), 0, 32)])
    with pytest.raises(InputError, match="kernel: expected an array in the file itself"):
        contents(tmp_path / "net.h5")
    for name in ("net.keras", "text.h5"):
        (tmp_path / name).write_text("no weights")
        with pytest.raises(InputError, match=f"{name}: expected weights of Keras in HDF5"):
            contents(tmp_path / name)


def test_a_network_that_train_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(0).normal(size=(6, 12, 2))
    split = np.repeat(["train", "validation", "test"], 4)
    task = task_from_arrays({"x": x, "split": split, "y": x[..., :1]}, Question(kind="step-regression"))
    cell = gr.GRU(3)
    net = network(cell, task.out_dim, 0.0, kind=task.kind)
    params = net.init(jax.random.key(0), task.in_dim)
    saving.save(tmp_path / "model", params, saving.description(task, "GRU", cell, task.reading(0)))
    said = json.loads(described(tmp_path / "model.safetensors", capsys, "--json"))["model.safetensors"]
    assert (said["cells"], said["inputs"], said["layers"]) == ("GRU", "2", "1, in one direction")


def test_what_is_no_recurrent_layer_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "dense.npz", weight=np.zeros((2, 3)))
    assert "recurrent     none that names and shapes tell" in described(tmp_path / "dense.npz", capsys)
    np.savez(tmp_path / "half.npz", **{"a.weight_ih": np.zeros((12, 2)), "a.weight_hh": np.zeros((11, 3))})
    found = contents(tmp_path / "half.npz")
    assert found.recurrent == []
    assert found.refused == {"a.": "weights: expected a.weight_hh [12, any], got [11, 3]"}
    assert "not read" in described(tmp_path / "half.npz", capsys)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("none.pt", "file: expected one that exists, got 'none.pt'"),
        (".", "file: expected a file, got '.', a folder, device, pipe or socket"),
        ("/", "file: expected a file, got '/', a folder, device, pipe or socket"),
        ("weights.pkl", "path: expected a file that ends in .safetensors, "),
        ("none.pt --hidden 3", "hidden: expected none where a file is described, got 3 beside none.pt"),
        ("--hidden 3", "in_dim: expected a number where no file of weights is described, got none"),
    ],
)
def test_a_refused_file_is_one_line(
    line: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.pkl").touch()
    assert cli.run(["describe", *line.split()]) == 2
    found = capsys.readouterr()
    assert found.err.startswith(f"gatedrnn: {said}")
    assert found.err.count("\n") == 1
    assert found.out == ""


@pytest.mark.parametrize(("ending", "package"), [("h5", "h5py"), ("pt", "torch"), ("safetensors", "safetensors")])
def test_a_package_that_lacks_is_named(
    ending: str, package: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / f"net.{ending}").touch()
    monkeypatch.setitem(sys.modules, package, None)
    assert cli.run(["describe", str(tmp_path / f"net.{ending}")]) == 2
    assert "pip install" in capsys.readouterr().err
