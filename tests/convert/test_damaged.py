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


@pytest.mark.verify
@pytest.mark.parametrize("name", WRITERS)
def test_many_damaged_weights(name: str, tmp_path: Path) -> None:
    assert read_damaged(name, 1500, tmp_path) >= 500
