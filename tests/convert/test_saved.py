"""Layers in files: all of a layer comes back, and a header that lies is refused before an array is used."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors import numpy as safetensors

import gatedrnn as gr
from gatedrnn.cells.registry import CELLS
from gatedrnn.convert import from_torch, load, read_weights, save, to_torch
from gatedrnn.errors import InputError
from tests.helpers.drawn import drawn

WIDE = gr.GRU(3, reset="before", activation=jnp.sin, policy=gr.Policy(compute="bfloat16"))


def assert_same(one: Any, other: Any) -> None:
    chex.assert_trees_all_equal_shapes_and_dtypes(one, other)
    chex.assert_trees_all_equal(one, other)


@pytest.mark.parametrize(
    "layer",
    [
        *(gr.scan(entry.make(4)) for entry in CELLS.values()),
        gr.chain(gr.bidirectional(gr.LSTM(3), gr.GRU(2)), gr.scan(WIDE)),
    ],
    ids=[*CELLS, "a chain of both directions and one"],
)
def test_layer_and_parameters_come_back(layer: Any, tmp_path: Path) -> None:
    params = drawn(layer, 4)
    save(tmp_path / "layer.safetensors", layer, params)
    again, restored = load(tmp_path / "layer.safetensors")
    assert again == layer
    assert_same(restored, params)


def test_types_of_parameters_come_back(tmp_path: Path) -> None:
    layer = gr.scan(gr.LSTM(3))
    for dtype in (jnp.bfloat16, jnp.float16):
        params = drawn(layer, 2, dtype)
        save(tmp_path / "layer.safetensors", layer, params)
        assert_same(load(tmp_path / "layer.safetensors")[1], params)
    with jax.enable_x64(True):
        params = drawn(layer, 2, "float64")
        save(tmp_path / "layer.safetensors", layer, params)
        assert_same(load(tmp_path / "layer.safetensors")[1], params)


def test_what_no_file_can_hold_is_refused(tmp_path: Path) -> None:
    for layer, said in [
        (gr.scan(gr.zoneout(gr.LSTM(3), 0.1)), "cell: expected one of LSTM, "),
        (gr.scan(gr.LSTM(3, activation=lambda x: x)), "activation: .* cannot be saved"),
        (gr.chain(gr.scan(gr.LSTM(3)), gr.dropout(0.5)), r"layer: expected gr\.scan, .* for a file"),
    ]:
        with pytest.raises(InputError, match=said):
            save(tmp_path / "layer.safetensors", layer, drawn(layer, 2))
    assert list(tmp_path.iterdir()) == []


def header(**changes: Any) -> dict[str, str]:
    """Return the metadata of an LSTM of 3 units that reads 2 features, with changes of its ``layer``."""
    cell = {"cell": "LSTM", "configuration": {"class": "LSTM", "fields": {"hidden": 3}}}
    return {"gatedrnn": "1", "layer": json.dumps({"in_dim": 2, "layers": [[cell]], **changes})}


def cell(name: str, **fields: Any) -> list[list[Any]]:
    return [[{"cell": name, "configuration": {"class": "LSTM", "fields": fields}}]]


ARRAYS = {"0.forward.w_x": np.zeros((2, 12)), "0.forward.w_h": np.zeros((3, 12)), "0.forward.b": np.zeros(12)}


@pytest.mark.parametrize(
    ("metadata", "arrays", "said"),
    [
        ({}, ARRAYS, "gatedrnn: expected schema 1 in the header, got None"),
        ({**header(), "gatedrnn": "2"}, ARRAYS, "gatedrnn: expected schema 1 in the header, got '2'"),
        ({"gatedrnn": "1", "layer": "{"}, ARRAYS, "layer: expected JSON"),
        ({"gatedrnn": "1", "layer": "[" * 100_000}, ARRAYS, "layer: expected JSON"),
        (header(more=1), ARRAYS, "layer: expected in_dim and layers"),
        (header(in_dim=0), ARRAYS, "in_dim: expected"),
        (header(layers=[]), ARRAYS, "layers: expected 1 to 3 lists"),
        (header(layers=cell("LSTM", hidden=3) * 4), ARRAYS, "layers: expected 1 to 3 lists"),
        (header(layers=[[{}]]), ARRAYS, "layers: expected cell and configuration"),
        (header(layers=cell("GRU", hidden=3)), ARRAYS, "cell: expected LSTM, as its configuration says; got 'GRU'"),
        (header(layers=cell("LSTM", hidden=10**12)), ARRAYS, "expected"),
        (header(layers=cell("LSTM", hidden=3, activation={"function": "os.system"})), ARRAYS, "expected a function"),
        (header(in_dim=3), ARRAYS, r"arrays: expected 0.forward.w_x \(3, 12\), got \(2, 12\)"),
        (header(), {**ARRAYS, "more": np.zeros(1)}, r"arrays: expected more None, got \(1,\)"),
        (header(), dict(list(ARRAYS.items())[:2]), r"arrays: expected 0.forward.b \(12,\), got None"),
        (header(), {**ARRAYS, "0.forward.b": np.zeros(12, int)}, "expected floating point numbers as 0.forward.b"),
    ],
)
def test_a_header_that_lies_is_refused(metadata: Any, arrays: Any, said: str, tmp_path: Path) -> None:
    path = tmp_path / "layer.safetensors"
    path.write_bytes(safetensors.save(arrays, metadata=metadata))
    with pytest.raises(InputError, match=f"layer.safetensors: .*{said}"):
        load(path)


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "layer.safetensors"
    with pytest.raises(InputError, match="path: expected one that exists, got"):
        load(path)
    whole = safetensors.save(ARRAYS, metadata=header())
    for held in (b"", b"\xff" * 100, whole[:-1], whole[:50]):
        path.write_bytes(held)
        with pytest.raises(InputError, match="expected safetensors, got something else"):
            load(path)


def test_files_of_pytorchs_come_in(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    layer = gr.chain(gr.bidirectional(gr.GRU(3)), gr.bidirectional(gr.GRU(3)))
    params = drawn(layer, 2)
    tensors = {f"encoder.{name}": torch.tensor(value) for name, value in to_torch(layer, params).items()}
    torch.save({"state_dict": tensors, "epoch": 3}, tmp_path / "checkpoint.pt")
    torch.save(tensors, tmp_path / "weights.pth")
    arrays = {name: value.numpy() for name, value in tensors.items()}
    (tmp_path / "weights.safetensors").write_bytes(safetensors.save(arrays))
    np.savez(tmp_path / "weights.npz", **arrays)
    for file in tmp_path.iterdir():
        again, restored = from_torch(read_weights(file))
        assert again == layer
        assert_same(restored, params)
    halved = {name: value.bfloat16() for name, value in tensors.items()}
    torch.save(halved, tmp_path / "weights.pth")
    assert_same(from_torch(read_weights(tmp_path / "weights.pth"))[1], from_torch(halved)[1])
    assert jax.tree.leaves(from_torch(halved)[1])[0].dtype == jnp.bfloat16


class Trap:
    """Runs code where a pickle of it is loaded."""

    def __reduce__(self) -> Any:
        return Path.touch, (Path("trap"),)


def test_no_pickle_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Trap()}, "whole.pt")
    Path("plain.pt").write_bytes(pickle.dumps(Trap()))
    np.savez("objects.npz", weight=np.array([Trap()], object))
    Path("text.pth").write_text("no tensors")
    Path("short.ckpt").write_bytes(b"\x80\x04.")  # PyTorch's reader pops an empty stack
    for name in ("whole.pt", "plain.pt", "text.pth", "short.ckpt"):
        with pytest.raises(InputError, match=f"{name}: expected tensors alone, as torch.load"):
            read_weights(name)
    with pytest.raises(InputError, match=r"objects\.npz: expected arrays of numbers"):
        read_weights("objects.npz")
    assert not Path("trap").exists()
    np.save("weight.npy", np.zeros(3))
    with zipfile.ZipFile("twice.npz", "w") as archive:
        archive.write("weight.npy")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.write("weight.npy")
    with pytest.raises(InputError, match=r"twice\.npz: expected arrays of numbers.*keys: expected each name once"):
        read_weights("twice.npz")
    torch.save({"epoch": 3}, "nothing.pt")
    with pytest.raises(InputError, match="expected tensors by name, got dict without any"):
        read_weights("nothing.pt")
    with pytest.raises(InputError, match=r"path: expected a file that ends in \.safetensors, .* got weights\.pkl"):
        read_weights("weights.pkl")
