"""Piano rolls: windows and whole pieces against slices of the rolls, and files that are missing or others."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from gatedrnn.tasks import piano_rolls, registry
from gatedrnn.tasks.jsb_chorales import PARTS, content_sha256

LENGTHS = {"train": (450, 401, 2), "valid": (30, 7), "test": (12, 260)}


@pytest.fixture
def rolls(monkeypatch, tmp_path):
    """A file like that of the data, whose licence is not stated: notes made here."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part in PARTS:
        lengths = np.array(LENGTHS[part], np.int32)
        arrays[f"{part}_roll"] = np.packbits(rng.random((lengths.sum(), 88)) < 0.1, axis=1)
        arrays[f"{part}_lengths"] = lengths
    np.savez(tmp_path / "nottingham.npz", **arrays)
    monkeypatch.setenv("GATEDRNN_DATA", str(tmp_path))
    piano_rolls._part.cache_clear()
    yield dataclasses.replace(piano_rolls.NOTTINGHAM, sha256=content_sha256(arrays)), arrays
    piano_rolls._part.cache_clear()


def pieces(arrays, part):
    """Return each piece's notes, ``[n, 88]``."""
    notes = np.unpackbits(arrays[f"{part}_roll"], axis=1)[:, :88]
    return np.split(notes, np.cumsum(arrays[f"{part}_lengths"])[:-1])


def test_windows_join_to_the_pieces_and_whole_pieces_are_whole(rolls) -> None:
    one, arrays = rolls
    visible, test = one.split(3), one.final(3)
    for batch, part in ((visible.validation, "valid"), (test.batch, "test")):
        for b, piece in enumerate(pieces(arrays, part)):
            assert batch.lengths[b] == len(piece) - 1
            np.testing.assert_array_equal(batch.x[: len(piece) - 1, b], piece[:-1])
            np.testing.assert_array_equal(batch.y[: len(piece) - 1, b], piece[1:])
            assert not batch.x[len(piece) - 1 :, b].any()
    batch = visible.train
    assert batch.lengths.tolist() == [200, 200, 49, 200, 200, 1]
    joined = [np.concatenate([a[:n, b] for b, n in enumerate(batch.lengths)]) for a in (batch.x, batch.y)]
    np.testing.assert_array_equal(joined[0], np.concatenate([piece[:-1] for piece in pieces(arrays, "train")]))
    np.testing.assert_array_equal(joined[1], np.concatenate([piece[1:] for piece in pieces(arrays, "train")]))


def test_files_that_are_missing_or_others_are_named(rolls, monkeypatch, tmp_path) -> None:
    one, _ = rolls
    with pytest.raises(ValueError, match=r"nottingham: expected arrays of sha256 4e459dd2"):
        registry.load("nottingham").split(0)
    with pytest.raises(ValueError, match=r"piano-midi: expected piano_midi.npz in the folder .*, which lacks it"):
        registry.load("piano-midi").split(0)
    monkeypatch.delenv("GATEDRNN_DATA")
    with pytest.raises(ValueError, match="which is not set"):
        one.load()
    with pytest.raises(ValueError, match="seed: expected an int of 0 or more"):
        one.split(-1)
