"""A table of predictions goes nowhere that something else is kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatedrnn.errors import InputError
from gatedrnn.experiment.folder import RunFolder
from gatedrnn.files import write_json
from gatedrnn.predict import load
from gatedrnn.predict.place import refuse_place


@pytest.fixture
def run(tmp_path: Path) -> Path:
    with RunFolder(tmp_path / "run", {}, ("results.json",)) as folder:
        write_json(folder.path / "results.json", 1, writer=folder.written)
    (tmp_path / "new.csv").write_text("t\n", encoding="utf-8")
    return tmp_path / "run"


@pytest.mark.parametrize("name", ["run/results.json", "run/settings.json", "run/SHA256SUMS", "run/../run/results.json"])
def test_files_of_a_run_are_refused_under_each_name(run: Path, name: str, tmp_path: Path) -> None:
    for to in (tmp_path / name, tmp_path / "soft", tmp_path / "hard"):
        if to.name == "soft":
            to.symlink_to(tmp_path / name)
        if to.name == "hard":
            os.link(tmp_path / name, to)
        with pytest.raises(InputError, match=r"to: expected a place that holds nothing of a run"):
            refuse_place(to, run, tmp_path / "new.csv")


def test_the_input_is_refused_and_what_else_there_is_may_be_written_over(run: Path, tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "new.csv")
    for to in (tmp_path / "new.csv", tmp_path / "link.csv"):
        with pytest.raises(InputError, match="to: expected another place than the file that is read"):
            refuse_place(to, run, tmp_path / "new.csv")
    with pytest.raises(InputError, match="to: expected the name of a file, got the folder"):
        refuse_place(tmp_path, run, tmp_path / "new.csv")
    (tmp_path / "SHA256SUMS").write_text("somebody's\n", encoding="utf-8")
    (tmp_path / "old.csv").write_text("", encoding="utf-8")
    for name in ("old.csv", "fresh.csv", "run/predictions.csv"):
        refuse_place(tmp_path / name, run, tmp_path / "new.csv")


@pytest.mark.parametrize(
    "name", [".lock", "checkpoints/3/state/manifest.ocdbt", "models/new.csv", ".results.json.partial"]
)
def test_what_a_run_keeps_without_a_digest_is_its_own(run: Path, name: str, tmp_path: Path) -> None:
    """Checkpoints have digests of their own, and what stands in a folder of the run would be taken for a part of it."""
    with pytest.raises(InputError, match=r"to: expected a place beside the files of a run"):
        refuse_place(run / name, run, tmp_path / "new.csv")
    refuse_place(run / "table.csv", run, tmp_path / "new.csv")


def test_a_device_or_a_pipe_is_no_place_for_a_file(run: Path, tmp_path: Path) -> None:
    """A file that took its place would take it from every program of the machine."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=r"to: expected the name of a file, got the device or pipe"):
        refuse_place(tmp_path / "pipe", run, tmp_path / "new.csv")
    with pytest.raises(InputError, match=r"pipe: expected a place for a file, got a folder, a device or a pipe"):
        write_json(tmp_path / "pipe", 1)
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("name", ["file/x.csv", "n" * 300])
def test_a_place_where_no_table_can_be_is_refused_before_anything_is_read(tmp_path, name):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"to: expected a p(ath below folders alone|lace to write), got"):
        refuse_place(tmp_path / name, tmp_path / "run", tmp_path / "data.csv")


def test_a_run_of_a_name_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"run: expected a folder that can be read, got .* \(File name too long\)"):
        load(tmp_path / ("n" * 300))
