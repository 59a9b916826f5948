"""Checkpoints that were damaged, or belong to something else."""

from __future__ import annotations

import os
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gatedrnn.training.checkpoint import Checkpoints

STATE = {"w": jnp.arange(300, dtype=jnp.float32), "key": jax.random.key(3)}
FINGERPRINT = {"cell": "GRU(4)", "hypers": {"rate": [0.5, 1.0]}}


def _at(step):
    return {**STATE, "w": STATE["w"] + step}


@pytest.fixture
def folder(tmp_path):
    """Steps 1, 2 and 3 were saved, of which 2 and 3 are there."""
    with Checkpoints(tmp_path) as store:
        for step in (1, 2, 3):
            store.save(step, _at(step), FINGERPRINT)
    return tmp_path


def _restore(folder):
    with Checkpoints(folder) as store:
        return store.restore(STATE, FINGERPRINT)


def _files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _flip(path, bit):
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def test_the_newest_is_restored_without_a_warning(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step, state = _restore(folder)
    assert step == 3
    np.testing.assert_array_equal(state["w"], _at(3)["w"])
    np.testing.assert_array_equal(jax.random.key_data(state["key"]), jax.random.key_data(STATE["key"]))


def _damages(folder):
    """Yield every file of a checkpoint with each thing that may happen to it."""
    rng = np.random.default_rng(0)
    for path in _files(folder / "3"):
        size = path.stat().st_size
        yield path, lambda path=path, size=size: _flip(path, int(rng.integers(8 * size)))
        yield path, lambda path=path, size=size: os.truncate(path, size // 2)
        yield path, path.unlink


def test_damage_of_any_file_is_noticed(folder):
    """One bit of it flipped, its second half gone, or all of it: the one before is taken, with a warning."""
    whole = {path: path.read_bytes() for path in _files(folder)}
    count = 0
    for path, harm in _damages(folder):
        harm()
        with pytest.warns(UserWarning, match=r"checkpoint 3 .* is damaged .*damaged-3-.* the one before"):
            step, state = _restore(folder)
        assert step == 2, path
        np.testing.assert_array_equal(state["w"], _at(2)["w"])
        assert not (folder / "3").exists(), "it would be restored again"
        next(folder.glob("damaged-3-*")).rename(folder / "3")
        path.write_bytes(whole[path])
        count += 1
    assert count >= 3 * 8


def test_after_a_fall_back_training_saves_the_same_step_again(folder):
    _flip(max(_files(folder / "3"), key=lambda path: path.stat().st_size), 1000)
    with pytest.warns(UserWarning, match="has changed"):
        store = Checkpoints(folder)
    with store:
        assert store.restore(STATE, FINGERPRINT)[0] == 2
        store.save(3, _at(7), FINGERPRINT)
    step, state = _restore(folder)
    assert step == 3
    np.testing.assert_array_equal(state["w"], _at(7)["w"])


def test_one_that_has_lost_its_digests_is_passed_over(folder):
    (folder / "3" / "SHA256SUMS").unlink()
    with pytest.warns(UserWarning, match="it was not finished"):
        assert _restore(folder)[0] == 2


@pytest.mark.parametrize("killed_in", ["write_digests", "end"])
def test_one_that_a_killed_process_has_not_finished_leaves_nothing(folder, killed_in, monkeypatch):
    """A kill between Orbax's last file and the digests, or between these and the end of the save."""

    def stop(*_):
        raise OSError("as after a kill, nothing more is written")

    with monkeypatch.context() as patch, Checkpoints(folder) as store:
        patch.setattr(f"gatedrnn.training.checkpoint.{killed_in}", stop)
        with pytest.raises(OSError, match="checkpoint 4"):
            store.save(4, _at(4), FINGERPRINT, force=True)
    assert (folder / "4").is_dir(), "Orbax has written it"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step, state = _restore(folder)
    left = ["3"] if killed_in == "write_digests" else ["3", "4"]
    assert sorted(path.name for path in folder.iterdir()) == left
    assert str(step) == left[-1]
    np.testing.assert_array_equal(state["w"], _at(step)["w"])


def test_where_all_are_damaged_training_starts_afresh(folder):
    for step in (2, 3):
        (folder / str(step) / "SHA256SUMS").unlink()
    with pytest.warns(UserWarning, match="damaged"):
        assert _restore(folder) is None


def test_what_belongs_to_something_else_is_refused(folder):
    changed = {"cell": "LSTM(4)", "hypers": {"rate": [0.5, 2.0]}, "steps": 9}
    with Checkpoints(folder) as store, pytest.raises(ValueError, match="config") as caught:
        store.restore(STATE, changed)
    for line in ("cell: was 'GRU(4)', now 'LSTM(4)'", "hypers.rate[1]: was 1.0, now 2.0", "steps: was None, now 9"):
        assert line in str(caught.value)
    assert _restore(folder)[0] == 3, "refusing must not harm"


def test_another_config_is_refused(tmp_path):
    with Checkpoints(tmp_path, config={"cell": "GRU", "sizes": (4, 8)}) as store:
        store.save(1, STATE, FINGERPRINT)
    with Checkpoints(tmp_path, config={"cell": "GRU", "sizes": [4, 8]}) as store:
        assert store.restore(STATE, FINGERPRINT)[0] == 1
    with (
        Checkpoints(tmp_path, config={"cell": "LSTM", "sizes": [4, 8]}) as store,
        pytest.raises(ValueError, match=r"got another \(config.cell: was 'GRU', now 'LSTM'\)"),
    ):
        store.restore(STATE, FINGERPRINT)


def test_a_forced_save_is_there_at_once_and_not_twice(tmp_path):
    with Checkpoints(tmp_path, every=3600.0) as store:
        store.save(1, _at(1), FINGERPRINT)
        store.save(2, _at(2), FINGERPRINT, force=True)
        assert (tmp_path / "2" / "SHA256SUMS").exists()
        store.save(2, _at(2), FINGERPRINT, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2"]


def test_fewer_than_two_cannot_fall_back(tmp_path):
    with pytest.raises(ValueError, match="keep: expected 2 or more"):
        Checkpoints(tmp_path, keep=1)


def test_two_threads_save_at_the_same_time(tmp_path):
    """As two cells do in a comparison. Orbax by itself fails here within a few saves."""

    def save_all(folder):
        with Checkpoints(folder) as store:
            for step in range(1, 9):
                store.save(step, _at(step), FINGERPRINT)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(save_all, (tmp_path / "LSTM", tmp_path / "GRU")))
    for name in ("LSTM", "GRU"):
        step, state = _restore(tmp_path / name)
        assert step == 8
        np.testing.assert_array_equal(state["w"], _at(8)["w"])


def test_a_copy_under_a_higher_number_is_not_believed(folder):
    shutil.copytree(folder / "2", folder / "40")
    shutil.copytree(folder / "3", folder / "04")
    with pytest.warns(UserWarning, match=r"checkpoint (40|04) .* is damaged \(it holds step (2|3)\)"):
        assert _restore(folder)[0] == 3
    assert not (folder / "40").exists()
    assert not (folder / "04").exists()


def _unreadable(path):
    path.chmod(0)


def _folder_in_its_place(path):
    path.unlink()
    path.mkdir()


def _link(path):
    path.rename(path.parent.parent / "moved")
    path.symlink_to(path.parent.parent / "moved")


@pytest.mark.parametrize("harm", [_unreadable, _folder_in_its_place, _link])
@pytest.mark.parametrize("name", ["SHA256SUMS", "commit_success.txt"])
def test_one_that_cannot_be_read_is_passed_over(folder, harm, name):
    if harm is _unreadable and os.geteuid() == 0:
        pytest.skip("whoever is root reads every file")
    harm(folder / "3" / name)
    with pytest.warns(UserWarning, match="checkpoint 3 .* is damaged"):
        assert _restore(folder)[0] == 2


@pytest.mark.parametrize("kind", ["file", "link", "broken link"])
def test_what_is_no_folder_is_passed_over(folder, kind):
    (folder / "3").rename(folder / "moved")
    if kind == "file":
        (folder / "3").write_text("", encoding="utf-8")
    else:
        (folder / "3").symlink_to(folder / ("moved" if kind == "link" else "nowhere"))
    with pytest.warns(UserWarning, match=r"checkpoint 3 .* is damaged \(it is no folder\)"):
        assert _restore(folder)[0] == 2


def test_a_permission_that_lacks_is_damage(folder, monkeypatch):
    """As for a user who is not root: the system refuses to open one file."""
    refused, opened = folder / "3" / "commit_success.txt", Path.open

    def open_(self, *args, **kwargs):
        if self == refused:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", open_)
    with pytest.warns(UserWarning, match="is damaged .it cannot be read: .*Permission denied"):
        assert _restore(folder)[0] == 2
