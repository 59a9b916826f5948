"""A run folder may come from anybody, and may be damaged: it is data, and none of it is believed unseen."""

from __future__ import annotations

import io
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("safetensors")
pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")

from gatedrnn.errors import InputError
from gatedrnn.experiment import manifest
from gatedrnn.predict import load
from gatedrnn.predict.file import predict_file
from tests.helpers.doctored import NEVER_VALID, doctored, write
from tests.helpers.untrained_run import untrained

OWN = "tests.helpers.own_cell:Leaky"


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {"x": rng.normal(size=(5, 30, 2)), "split": np.repeat(["train", "validation", "test"], [14, 8, 8])}


@pytest.fixture(scope="module")
def compared(arrays: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained(arrays, OWN, tmp_path_factory.mktemp("compared") / "run")


@pytest.fixture
def received(compared: Path, tmp_path: Path) -> Path:
    return shutil.copytree(compared, tmp_path / "received")


def changed(run: Path, name: str, change: Callable[[Any], Any]) -> None:
    """Change a file of JSON as somebody would who knows how to reckon digests."""
    value = json.loads((run / name).read_text(encoding="utf-8"))
    write(run, name, change(value) or value)


def test_a_cell_of_ones_own_is_used_where_it_is_named(received: Path, arrays: dict[str, np.ndarray]) -> None:
    model = load(received, cell=OWN)
    assert type(model.cell).__name__ == "Leaky"
    assert load(received, cell="GRU").config["cell"] == "GRU"

    def win(results: Any) -> None:
        results["tasks"][0]["pairs"][0]["verdict"]["winner"] = OWN

    changed(received, "results.json", win)
    with pytest.raises(InputError, match=r"a class of one's own is imported only where you name it"):
        load(received)
    with pytest.raises(InputError, match=r"cell: expected one of GRU, tests.helpers.own_cell:Leaky, got 'os:system'"):
        load(received, cell="os:system")


def calls(path: Path) -> dict[str, Any]:
    """Return configurations that would leave a file behind, if anything were called with a text of theirs."""
    touch = f"touch {path}"
    return {
        "os": {"class": "os:system", "fields": {"command": touch}},
        "exec": {"class": "builtins:exec", "fields": {"source": f"open({str(path)!r}, 'w')"}},
        "hidden": {"class": "GRUResetAfter", "fields": {"hidden": touch}},
    }


@pytest.mark.parametrize("which", ["os", "exec", "hidden"])
@pytest.mark.parametrize("cell", ["GRU", "os:system", "builtins:exec"])
def test_nothing_that_a_network_names_is_called(received: Path, tmp_path: Path, which: str, cell: str) -> None:
    def hostile(config: Any) -> None:
        config |= {
            "cell": cell,
            "hidden": f"touch {tmp_path / 'X'}",
            "cell_configuration": calls(tmp_path / "X")[which],
        }

    changed(received, f"models/{name_of(received)}/GRU.json", hostile)
    with pytest.raises(InputError, match=r"models/.*/GRU.json: (class|cell|hidden): expected"):
        load(received, cell="GRU")
    assert not (tmp_path / "X").exists()


def name_of(run: Path) -> str:
    return json.loads((run / "results.json").read_text(encoding="utf-8"))["tasks"][0]["name"]


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("in_dim", True),
        ("in_dim", "2"),
        ("in_dim", 10**30),
        ("out_dim", -4),
        ("out_dim", 4.0),
        ("kind", ["forecast"]),
        ("kind", "nothing"),
        ("architecture", {"layers": 1}),
        ("architecture", {"layers": 10**9, "bidirectional": False, "residual": False, "embed": 0}),
        ("architecture", {"layers": True, "bidirectional": False, "residual": False, "embed": 0}),
        ("inputs", {"mean": [1.0], "deviation": [1.0]}),
        ("inputs", {"mean": ["1", "2"], "deviation": [1.0, 2.0]}),
        ("inputs", {"mean": [10**400, 1], "deviation": [1.0, 2.0]}),
        ("outputs", 3),
        ("features", "ab"),
        ("anchor", [0, 7]),
        ("anchor", [0, -1]),
        ("window", 0),
        ("horizon", "1"),
        ("read", {"group": {"a": 1}}),
        ("cell", 3),
        ("cell_configuration", {"class": "LSTM", "fields": {"hidden": 3}}),
        ("cell_configuration", {"class": "GRUResetAfter", "fields": {"hidden": 4}}),
        ("cell_configuration", {"class": "GRUResetAfter", "fields": {"hidden": 10**30}}),
        ("sha256", "0" * 64),
        ("format", 3),
        ("kind", None),
        ("targets", None),
    ],
)
def test_an_entry_of_another_kind_is_refused_with_the_names_of_the_file_and_its_own(
    received: Path, entry: str, value: Any
) -> None:
    changed(received, f"models/{name_of(received)}/GRU.json", lambda config: config.update({entry: value}))
    with pytest.raises(InputError, match=r"models/.*/GRU.json: "):
        load(received, cell="GRU")


def test_an_entry_that_lacks_is_refused_by_its_name(received: Path) -> None:
    name = f"models/{name_of(received)}/GRU.json"
    whole = json.loads((received / name).read_text(encoding="utf-8"))
    used = set(whole) - {"hidden", "config", "data_sha256", "replicate", "seed", "configuration", "validation"}
    for entry in sorted(used):
        changed(received, name, lambda _, entry=entry: {key: value for key, value in whole.items() if key != entry})
        with pytest.raises(InputError, match=rf"GRU.json: .*{entry}"):
            load(received, cell="GRU")


@pytest.mark.parametrize("name", ["../models", "/etc", "..", "a/b", "", None])
@pytest.mark.parametrize("which", ["task", "cell"])
def test_names_in_results_lead_nowhere_else(received: Path, name: Any, which: str) -> None:
    def lead(results: Any) -> None:
        if which == "task":
            results["tasks"][0]["name"] = name
        else:
            results["tasks"][0]["cells"] = {name or "": {}}

    changed(received, "results.json", lead)
    with pytest.raises(InputError, match=r"results.json: "):
        load(received)


@pytest.mark.parametrize("value", [[], {}, 3, None, {"tasks": []}, {"tasks": [3]}, {"tasks": [{"name": "a"}]}])
def test_results_of_another_shape_are_refused_by_the_name_of_the_file(received: Path, value: Any) -> None:
    write(received, "results.json", value)
    with pytest.raises(InputError, match=r"results.json: expected the results of a comparison"):
        load(received)


@pytest.mark.parametrize("count", [12, pytest.param(300, marks=pytest.mark.verify)])
def test_what_was_doctored_is_refused_by_its_file_or_valid(received: Path, count: int) -> None:
    """Of what is never valid a network is made only where it has no use for that."""
    network, rng = f"models/{name_of(received)}/GRU.json", random.Random(count)
    whole = {name: json.loads((received / name).read_text(encoding="utf-8")) for name in (network, "results.json")}
    right, refused = load(received, cell="GRU"), 0
    for k in range(count):
        name = (network, "results.json")[k % 2]
        kind, value = doctored(whole[name], rng)
        write(received, name, value)
        said = ""
        try:
            found = load(received, cell="GRU")
        except InputError as error:
            found, said, refused = right, str(error), refused + 1
        assert said.isprintable()
        assert not said or Path(name).name in said or "cell: expected" in said or "task: expected" in said
        assert (found.cell, found.architecture) == (right.cell, right.architecture) or kind not in NEVER_VALID
        write(received, name, whole[name])
    assert refused > count / 4


def test_a_link_in_a_received_folder_leads_nowhere(received: Path, tmp_path: Path) -> None:
    models = received / "models"
    models.rename(tmp_path / "elsewhere")
    models.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"models: expected a file or folder of the run, got a link"):
        load(received, cell="GRU")


def test_a_run_without_digests_is_refused_with_what_to_do(received: Path) -> None:
    (received / manifest.NAME).unlink()
    with pytest.raises(InputError, match=r"run: expected a folder with the digests of its files, SHA256SUMS"):
        load(received)


def flipped(run: Path, rng: np.random.Generator) -> tuple[Path, bytes]:
    """Flip a bit of a file of a run, each file as likely; return which, and what it held."""
    files = sorted(path for path in run.rglob("*") if path.is_file())
    path = files[rng.integers(len(files))]
    held = path.read_bytes()
    bits = bytearray(held)
    bits[rng.integers(len(held))] ^= 1 << rng.integers(8)
    path.write_bytes(bits)
    return path, held


def predicted(run: Path, table: Path) -> str:
    to = io.StringIO()
    predict_file(load(run, cell="GRU"), table, to)
    return to.getvalue()


@pytest.mark.parametrize("count", [30, pytest.param(400, marks=pytest.mark.verify)])
def test_a_flipped_bit_is_refused_by_its_file_or_without_effect(
    received: Path, arrays: dict[str, np.ndarray], tmp_path: Path, count: int
) -> None:
    table = tmp_path / "new.npz"
    np.savez(table, x=arrays["x"])
    rng, right, refused = np.random.default_rng(count), predicted(received, table), 0
    for _ in range(count):
        path, held = flipped(received, rng)
        said = ""
        try:
            found = predicted(received, table)
        except InputError as error:
            found, said, refused = right, str(error), refused + 1
        assert found == right
        assert not said or path.name in said or manifest.NAME in said
        path.write_bytes(held)
    assert refused > count / 20
