"""Files of weights that are cut, flipped or overwritten are refused in one line, or read: nothing else escapes."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.convert import contents
from gatedrnn.errors import InputError
from gatedrnn.experiment.received import read_leaves
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.remote import arrays_sha256


def of_torch(path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save(torch.nn.LSTM(3, 4).state_dict(), path)


def of_older_torch(path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save(torch.nn.LSTM(3, 4).state_dict(), path, _use_new_zipfile_serialization=False)


def arrays() -> dict[str, Any]:
    shapes = {"weight_ih_l0": (16, 3), "weight_hh_l0": (16, 4), "bias_ih_l0": (16,), "bias_hh_l0": (16,)}
    return {name: np.ones(shape, np.float32) for name, shape in shapes.items()}


def of_numpy(path: Path) -> None:
    np.savez(path, **arrays())


def of_safetensors(path: Path) -> None:
    pytest.importorskip("safetensors.numpy").save_file(arrays(), path)


def of_onnx(path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    layer = gr.scan(gr.LSTM(4))
    onnx.save(gr.convert.to_onnx(layer, layer.init(jax.random.key(0), 3)), path)


def of_h5py(path: Path) -> None:
    with pytest.importorskip("h5py").File(path, "w") as file:
        for k, array in enumerate(arrays().values()):
            file[f"layers/lstm/cell/vars/{k}"] = array


def of_keras(path: Path) -> None:
    of_h5py(path.with_suffix(".h5"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(path.with_suffix(".h5"), "model.weights.h5")
        archive.writestr("config.json", "{}")


WRITERS: dict[str, Callable[[Path], None]] = {
    "net.pt": of_torch,
    "older.pt": of_older_torch,
    "net.npz": of_numpy,
    "net.safetensors": of_safetensors,
    "net.onnx": of_onnx,
    "net.h5": of_h5py,
    "net.keras": of_keras,
}


def damaged(whole: bytes, rng: random.Random) -> bytes:
    """Return a file that is cut, has bits flipped, or has bytes of something else in it; mostly near its beginning."""
    held, at = bytearray(whole), rng.randrange(rng.choice((200, len(whole))))
    match rng.randrange(4):
        case 0:
            return whole[: rng.randrange(len(whole))]
        case 1:
            for _ in range(rng.choice((1, 3, 20))):
                held[rng.randrange(len(held))] ^= 1 << rng.randrange(8)
        case 2:
            held[at : at + rng.randrange(30)] = rng.randbytes(rng.randrange(40))
        case _:
            held[at:at] = whole[: rng.randrange(64)]
    return bytes(held)


def read_damaged(name: str, count: int, folder: Path) -> int:
    """Read damaged files of one kind, and return how many were refused."""
    WRITERS[name](folder / name)
    whole, rng, refused, unnamed = (folder / name).read_bytes(), random.Random(0), 0, 0
    for _ in range(count):
        (folder / name).write_bytes(damaged(whole, rng))
        try:
            contents(folder / name)
        except InputError as error:
            refused += name in str(error)
            unnamed += name not in str(error)
    assert not unnamed
    return refused


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_weights_are_refused_by_name_or_read(name: str, tmp_path: Path) -> None:
    assert read_damaged(name, 40, tmp_path) >= 20


DIRECTORY = b"PK\x01\x02"
"""How the entry of an array in an archive's own table begins."""


@pytest.mark.parametrize(
    ("at", "byte"), [(6, 173), (8, 1), (10, 14), (10, 99)], ids=["version", "encrypted", "lzma", "compressed otherwise"]
)
def test_an_archive_of_another_kind_is_refused(at: int, byte: int, tmp_path: Path) -> None:
    """By whoever reads arrays of NumPy's: weights, a table of the user's, a file that was fetched, a saved network."""
    for name in ("x", "leaf_0"):
        np.savez_compressed(tmp_path / f"{name}.npz", **{name: np.ones((4, 2))})
        held = bytearray((tmp_path / f"{name}.npz").read_bytes())
        held[held.index(DIRECTORY) + at] = byte
        (tmp_path / f"{name}.npz").write_bytes(held)
    with pytest.raises(InputError, match=r"x\.npz: expected arrays of numbers, as numpy\.savez writes them"):
        contents(tmp_path / "x.npz")
    with pytest.raises(InputError, match=r"x\.npz: expected an \.npz file as numpy\.savez writes it, got another"):
        task_from_file(tmp_path / "x.npz", Question())
    assert arrays_sha256(tmp_path / "x.npz") is None
    with pytest.raises(InputError, match="expected arrays as NumPy writes them, got another file"):
        read_leaves((tmp_path / "leaf_0.npz").read_bytes(), [np.ones((4, 2))])


def test_names_in_a_model_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """Of weights, of an operator, and of what it is called by, here and in a graph inside."""
    of_onnx(tmp_path / "net.onnx")
    whole = (tmp_path / "net.onnx").read_bytes()
    for name in (b"W_0", b"layer_0", b"LSTM"):
        assert name in whole
        (tmp_path / "net.onnx").write_bytes(whole.replace(name, b"\xff" * len(name)))
        with pytest.raises(InputError, match=r"model: expected .*net\.onnx"):
            contents(tmp_path / "net.onnx")


def test_arrays_in_a_model_that_are_none_are_refused(tmp_path: Path) -> None:
    """Of no type, and of fewer numbers than they should have; as weights, and as constants in a graph inside."""
    onnx = pytest.importorskip("onnx")
    for changes in ({"data_type": 0}, {"dims": [7]}):
        tensor = onnx.numpy_helper.from_array(np.ones(3, np.float32), "held")
        for name, value in changes.items():
            tensor.ClearField(name)
            tensor.dims.extend(value) if name == "dims" else setattr(tensor, name, value)
        constant = onnx.helper.make_node("Constant", [], ["one"])
        constant.attribute.add(name="value", type=onnx.AttributeProto.TENSOR).t.CopyFrom(tensor)
        inside = onnx.helper.make_graph([constant], "then", [], [])
        branch = onnx.helper.make_node("If", ["xs"], [], then_branch=inside, else_branch=inside)
        for nodes, held in (([], [tensor]), ([branch], [])):
            graph = onnx.helper.make_graph(nodes, "net", [], [], held)
            (tmp_path / "net.onnx").write_bytes(onnx.helper.make_model(graph).SerializeToString())
            with pytest.raises(InputError, match=r"model: expected arrays of numbers, .*'held' in .*net\.onnx"):
                contents(tmp_path / "net.onnx")


@pytest.mark.verify
@pytest.mark.parametrize("name", WRITERS)
def test_many_damaged_weights(name: str, tmp_path: Path) -> None:
    assert read_damaged(name, 1500, tmp_path) >= 500
