"""Archives that come from anybody are refused in one line that names the file, whoever reads them."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="bad files are of all kinds")

from gatedrnn import archives
from gatedrnn.convert import contents
from gatedrnn.errors import InputError
from gatedrnn.tasks import jsb_chorales, mnist, piano_rolls
from gatedrnn.tasks.remote import arrays_sha256
from tests.helpers.bad_files import lying_npz
from tests.helpers.paths import ROOT


def saved(**arrays: np.ndarray) -> bytes:
    held = io.BytesIO()
    np.savez_compressed(held, **arrays)
    return held.getvalue()


WHOLE = saved(x=np.arange(500.0))
METHOD = WHOLE.index(b"PK\x01\x02")
BAD = {
    "lies of its size": lying_npz(f"({2**50},)"),
    "is pickled": saved(x=np.array([None], object)),
    "is cut": WHOLE[:-30],
    "is compressed otherwise": WHOLE[: METHOD + 10] + b"\x63" + WHOLE[METHOD + 11 :],
    "is no archive": b"\x93NUMPY" + bytes(80),
    "is empty": b"",
}


def of_music(folder: Path, held: bytes) -> Path:
    (folder / "nottingham.npz").write_bytes(held)
    piano_rolls.NOTTINGHAM.load()
    return folder / "nottingham.npz"


def of_chorales(folder: Path, held: bytes) -> Path:
    (folder / jsb_chorales.FILE).write_bytes(held)
    jsb_chorales.load.__wrapped__()
    return folder / jsb_chorales.FILE


def of_digits(folder: Path, held: bytes) -> Path:
    (folder / "mnist.npz").write_bytes(held)
    mnist._held.__wrapped__(folder / "mnist.npz")
    return folder / "mnist.npz"


def of_weights(folder: Path, held: bytes) -> Path:
    (folder / "net.npz").write_bytes(held)
    contents(folder / "net.npz")
    return folder / "net.npz"


@pytest.mark.parametrize("read", [of_music, of_chorales, of_digits, of_weights])
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_archive_is_refused_by_its_name(read, bad, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GATEDRNN_DATA", str(tmp_path))
    with pytest.raises(InputError) as no:
        read(tmp_path, BAD[bad])
    said = str(no.value)
    assert re.search(r"(nottingham|jsb_chorales|mnist|net)\.npz: ", said)
    assert "expected" in said
    assert "got" in said
    assert "\n" not in said


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_archive_has_no_digest(bad, tmp_path) -> None:
    """By which a file of the user's is taken for one that is fetched."""
    (tmp_path / "x.npz").write_bytes(BAD[bad])
    assert arrays_sha256(tmp_path / "x.npz") is None


@pytest.mark.parametrize("arrays", [{}, {"train_roll": np.ones(3)}, {"train_roll": np.array(["a"])}])
def test_arrays_of_other_names_or_types_are_another_file(arrays, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GATEDRNN_DATA", str(tmp_path))
    every = {f"{part}_{kind}": np.array(["a"]) for part in jsb_chorales.PARTS for kind in ("roll", "lengths")}
    for held in (arrays, {**every, **arrays}):
        with pytest.raises(InputError, match=r"^nottingham: nottingham\.npz: expected an \.npz file .*, got another"):
            of_music(tmp_path, saved(**held))


def test_sizes_are_looked_at_before_contents(tmp_path, monkeypatch) -> None:
    """Of an .npz, of what a .keras holds, and of an array in HDF5: of each more than the memory that there is."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file.create_dataset("layers/lstm/cell/vars/0", (1000,), "f8", chunks=(10,), fillvalue=1.0)
    with zipfile.ZipFile(tmp_path / "net.keras", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model.weights.h5", bytes(8000))
        file.writestr("config.json", "{}")
    (tmp_path / "net.npz").write_bytes(WHOLE)
    monkeypatch.setattr(archives, "memory", lambda: 3999)
    for name in ("net.npz", "net.h5", "net.keras"):
        with pytest.raises(InputError, match=rf"{name}.*expected at most the 0 GiB of memory that this machine has"):
            contents(tmp_path / name)


def test_nothing_else_opens_archives_of_arrays() -> None:
    """But for the file that comes along, of which the digest is looked at first."""
    found = {
        path.relative_to(ROOT / "gatedrnn").as_posix()
        for path in (ROOT / "gatedrnn").rglob("*.py")
        if re.search(r"\bnp\.load\(", path.read_text(encoding="utf-8"))
    }
    assert found == {"archives.py", "tasks/japanese_vowels.py"}
