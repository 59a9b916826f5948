"""A run that an older version of this program was interrupted in: refused in one line, and left as it was."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("tyro", reason="runs need gatedrnn[compare]")

from gatedrnn.errors import InputError
from gatedrnn.experiment import began, manifest, single
from gatedrnn.files import written

INTERRUPTED = Path(__file__).parents[1] / "golden" / "run_15984c8_train.zip"
"""Of commit 15984c8, whose digests are of today's form: ``gatedrnn train --hidden 3 --max-epochs 40 --segment 2``,
ended by SIGTERM after four epochs; its older checkpoint was left out."""


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pretend_today(folder: Path) -> None:
    """Say of an older run that it began with today's versions, as one of another commit with the same number does."""
    path = folder / began.NAME
    with written(path, before=lambda whole: manifest.note(folder, path, whole)) as file:
        file.write(json.dumps(began.versions()).encode())


@pytest.mark.verify
def test_an_interrupted_run_is_refused_by_its_checkpoints_name_and_left_as_it_was(tmp_path: Path) -> None:
    with zipfile.ZipFile(INTERRUPTED) as archive:
        archive.extractall(tmp_path)
    settings = single.TrainSettings(hidden=3, max_epochs=40, segment=2)
    before = contents(tmp_path)
    with pytest.raises(InputError, match=r"out: expected a run that says in versions.json which versions it began"):
        single.train(settings, tmp_path)
    assert contents(tmp_path) == before
    pretend_today(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(InputError) as refused:
        single.train(settings, tmp_path)
    line = str(refused.value)
    assert line.startswith(f"checkpoint {tmp_path / 'checkpoints' / '2'}: expected a state of this run as this version")
    assert line.endswith(f"Remove {tmp_path / 'checkpoints'} to train anew, or name another folder.")
    assert "\n" not in line
    assert {name: held for name, held in contents(tmp_path).items() if name != ".lock"} == before
