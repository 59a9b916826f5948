"""Checkpoints of which the digests are right and the state is another: an older version's, or somebody else's."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gatedrnn.errors import InputError
from gatedrnn.training.checkpoint import Checkpoints
from gatedrnn.training.digests import write_digests

STATE = {"w": jnp.arange(300, dtype=jnp.float32), "key": jax.random.key(3)}


@pytest.fixture
def folder(tmp_path):
    with Checkpoints(tmp_path) as store:
        store.save(3, STATE, {}, force=True)
    return tmp_path


def _restore(folder):
    with Checkpoints(folder) as store:
        return store.restore(STATE, {})


def test_a_state_of_an_older_version_is_refused_in_one_line_that_says_what_to_do(folder):
    """Before checkpoints counted steps, states had no order of examples and no sum of losses."""
    now = {**STATE, "order": jnp.arange(4), "loss_sum": jnp.zeros(())}
    with (
        Checkpoints(folder) as store,
        pytest.raises(InputError, match=r"such as an older version's. Remove .* to") as no,
    ):
        store.restore(now, {})
    assert "\n" not in str(no.value)
    assert str(folder / "3") in str(no.value)
    assert _restore(folder)[0] == 3, "refusing must not harm"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("_CHECKPOINT_METADATA", "ValueError: it does not say what it belongs to"),
        ("state/_METADATA", "JSONDecodeError: "),
        ("state/manifest.ocdbt", "ValueError: DATA_LOSS"),
        ("state/array_metadatas/process_0", "JSONDecodeError: "),
    ],
)
def test_one_that_cannot_be_read_is_no_older_versions(folder, name, why):
    """Of both Orbax raises a KeyError, of many lines."""
    path = folder / "3" / name
    path.write_bytes(path.read_bytes()[:-40])
    write_digests(folder / "3", 3)
    with pytest.raises(InputError) as no:
        _restore(folder)
    assert str(no.value).startswith(
        f"checkpoint {folder / '3'}: expected one that can be read, got a broken one ({why}"
    )
    assert "\n" not in str(no.value)
    assert "older version" not in str(no.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(b"{}"),
        lambda path: path.write_bytes(path.read_bytes().replace(b"array_metadatas", b"array_metadatac")),
        lambda path: path.write_bytes(path.read_bytes().replace(b"ext_metadata", b"ext_met!data", 1)),
        lambda path: path.write_bytes(path.read_bytes().replace(b"param_name", b"param-name", 1)),
        lambda path: path.write_bytes(b""),
        lambda path: path.unlink(),
    ],
    ids=["empty", "list", "kind", "name", "bytes", "gone"],
)
def test_one_that_does_not_say_of_each_array_what_it_is_is_broken(folder, change):
    """Orbax reads it all the same, typed keys as raw ones."""
    change(folder / "3" / "state" / "array_metadatas" / "process_0")
    write_digests(folder / "3", 3)
    with pytest.raises(InputError, match=r"expected one that can be read, got a broken one \(\w+: ") as no:
        _restore(folder)
    assert "older version" not in str(no.value)


@pytest.mark.parametrize(
    "now",
    [
        {"w": STATE["w"]},
        {"v": STATE["w"], "key": STATE["key"]},
        {"w": {"a": STATE["w"]}, "key": STATE["key"]},
        {"w": jnp.zeros((300, 1)), "key": STATE["key"]},
    ],
)
def test_a_state_of_other_names_or_shapes_is_an_older_versions(folder, now):
    with Checkpoints(folder) as store, pytest.raises(InputError, match="such as an older version's"):
        store.restore(now, {})


@pytest.mark.parametrize("name", ["_CHECKPOINT_METADATA", "state/_METADATA", "state/manifest.ocdbt"])
def test_what_was_doctored_with_its_digest_is_refused(folder, name):
    (folder / "3" / name).write_bytes(b"[]")
    write_digests(folder / "3", 3)
    with pytest.raises(InputError, match="expected"):
        _restore(folder)


def test_arrays_of_another_size_are_another_state(folder):
    with Checkpoints(folder) as store, pytest.raises(InputError, match="expected a state of this run"):
        store.restore({**STATE, "w": jnp.zeros(299)}, {})


def test_raw_keys_in_the_place_of_typed_ones_are_another_state(tmp_path):
    """Orbax would restore them as they are."""
    with Checkpoints(tmp_path) as store:
        store.save(1, {**STATE, "key": np.zeros(2, np.uint32)}, {}, force=True)
    with pytest.raises(InputError, match="expected a state of this run"):
        _restore(tmp_path)


@pytest.mark.parametrize("name", ["a[b]c", "2**63", "[!a]*?", "gs:", "{x} %41 $HOME #?&", "straße"])
def test_whatever_a_folder_is_called_its_checkpoints_hold_their_arrays(tmp_path, name):
    """Orbax takes a path for a pattern: in "a[b]c" it saved checkpoints without arrays, in silence."""
    beside = tmp_path / "abc"
    beside.mkdir()
    for step in (1, 2, 3):
        with Checkpoints(tmp_path / name) as store:
            store.save(step, STATE, {}, force=True)
    with Checkpoints(tmp_path / name) as store:
        found = store.restore(STATE, {})
    assert found is not None
    assert found[0] == 3
    np.testing.assert_array_equal(found[1]["w"], STATE["w"])
    assert sorted(path.name for path in (tmp_path / name).iterdir()) == ["2", "3"]
    assert list(beside.iterdir()) == []
