"""A run's folder: claimed last, held by one command, its files held to their digests, and nobody else's touched."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatedrnn.errors import InputError
from gatedrnn.experiment import began, manifest, provenance
from gatedrnn.experiment.folder import RunFolder
from gatedrnn.experiment.paths import refuse_path
from gatedrnn.files import write_json, write_text
from gatedrnn.layers.engines import native, native_call

SETTINGS = {"seed": 0}
FILES, STORES = ("out.json", "parts/*.json"), ("parts/*/",)


def claim(path: Path, settings: dict[str, Any] | None = None) -> RunFolder:
    return RunFolder(path, settings or SETTINGS, FILES, STORES)


def contents(path: Path) -> dict[str, bytes]:
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a folder in which a run wrote two files, one of them twice."""
    with claim(tmp_path / "run") as folder:
        for value in (1, 2):
            write_json(folder.path / "out.json", value, writer=folder.written)
        write_json(folder.path / "parts" / "a.json", [1.5], writer=folder.written)
    return tmp_path / "run"


def test_what_was_written_is_read_again_and_sha256sum_agrees(run: Path) -> None:
    with claim(run) as folder:
        assert folder.read_json(run / "out.json", lambda _: None) == 2
        assert folder.read_json(run / "parts" / "a.json", lambda _: None) == [1.5]
    assert sorted(contents(run)) == ["SHA256SUMS", "out.json", "parts/a.json", "settings.json", "versions.json"]
    said = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=run, capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines() == [
        f"{name}: OK" for name in ("out.json", "parts/a.json", "settings.json", "versions.json")
    ]


def test_a_run_goes_on_by_the_versions_that_it_began_with_alone(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it has ended or not: what is missing would be made by the one, and what is there is the other's."""
    before, versions = contents(run), provenance.versions()
    for name in ("gatedrnn", "jax", "scikit-learn"):
        monkeypatch.setattr(provenance, "versions", lambda name=name: {**versions, name: "9.9"})
        with pytest.raises(InputError, match=rf"in .*run began with, got others \({name}: was '.*', now '9.9'\)") as no:
            claim(run)
        assert "\n" not in str(no.value)
    monkeypatch.setattr(provenance, "versions", lambda: {**versions, "python": "9.9"})
    with claim(run):
        assert contents(run).keys() - before.keys() == {".lock"}
    assert contents(run) == before


def test_a_run_goes_on_by_the_sources_that_it_began_with_alone(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two commits have one version number."""
    monkeypatch.setattr(began, "sources", lambda _: "0123456789abcdef")
    with pytest.raises(InputError, match=r"others \(gatedrnn's sources: was '[0-9a-f]{16}', now '0123456789abcdef'\)"):
        claim(run)


def test_a_run_goes_on_by_the_kernels_that_it_began_with_alone(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pure JAX rounds in another order than the native engine, and two builds of that may."""
    now = began.kernels()
    library = tmp_path / "kernels.so"
    for held in (b"one", b"another"):
        library.write_bytes(held)
        monkeypatch.setattr(native, "available", lambda: True)
        monkeypatch.setattr(native_call, "library_path", lambda: library)
        monkeypatch.delenv(native.SETTING, raising=False)
        other = hashlib.sha256(held).hexdigest()[:16]
        with pytest.raises(InputError, match=rf"others \(gatedrnn-cpu: was '{now}', now '{other}'\)"):
            claim(run)
        monkeypatch.setenv(native.SETTING, "0")
        assert began.kernels() == "not used"


def test_the_digest_of_sources_is_that_of_what_computes(tmp_path: Path) -> None:
    """Of names and contents, wherever they lie; not of what only shows, and of nothing beside Python's files."""

    def of(**changes: str | None) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, text in ({"cells/a": "1", "cells/b": "2", "report/c": "3"} | changes).items():
            if text is not None:
                write_text(folder / f"{name}.py", text)
        write_text(folder / "cells" / "a.txt", folder.name)
        return began.sources(folder)

    whole = of()
    assert of() == whole
    assert of(**{"report/c": "4"}) == of(**{"commands/d": "5"}) == whole
    changed = [{"cells/a": "2"}, {"cells/b": None}, {"cells/c": ""}, {"cells/a": "12", "cells/b": ""}, {"d": "3"}]
    assert len({whole, *(of(**one) for one in changed)}) == 6


def test_a_run_that_does_not_say_its_versions_is_an_older_ones(run: Path) -> None:
    manifest.forget(run, run / "versions.json")
    (run / "versions.json").unlink()
    before = contents(run)
    with pytest.raises(InputError, match=r"out: expected a run that says in versions.json .* got .* of an older"):
        claim(run)
    assert contents(run) == before


@pytest.mark.parametrize("name", ["settings.json", "versions.json", "out.json", "parts/a.json"])
def test_a_file_that_changed_is_refused_by_its_name_and_stays(run: Path, name: str) -> None:
    (run / name).write_text("3", encoding="utf-8")
    before = contents(run)
    with pytest.raises(InputError, match=rf"{name}: expected it as the run wrote it, .* Restore it from a copy. Or"):
        claim(run)
    assert contents(run) == before


def test_what_the_run_did_not_write_is_refused_by_its_name(run: Path) -> None:
    (run / "parts" / "b.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match=r"parts/b.json: expected a file that the run in .* wrote"):
        claim(run)
    (run / "parts" / "b.json").rename(run / "notes.txt")  # where the run needs nothing
    with claim(run) as folder, pytest.raises(InputError, match=r"notes.txt: expected a file that the run"):
        write_text(run / "notes.txt", "", writer=folder.written)
    (run / "out.json").unlink()
    (run / "out.json").mkdir()
    with pytest.raises(InputError, match=r"out.json: expected the file that the run wrote, got none"):
        claim(run)


def test_a_file_in_the_place_of_a_folder_is_refused_by_its_name(run: Path, tmp_path: Path) -> None:
    for name in ("run", "new"):
        (tmp_path / name).mkdir(exist_ok=True)
        shutil.rmtree(tmp_path / name / "parts", ignore_errors=True)
        (tmp_path / name / "parts").write_text("", encoding="utf-8")
        with pytest.raises(InputError, match=rf"{name}/parts: expected a folder of the run, got a file"):
            claim(tmp_path / name)


def test_other_settings_are_refused_with_what_differs_and_lost_ones_too(run: Path) -> None:
    with pytest.raises(InputError, match=r"out: expected the settings of the run .* \(seed: was 0, now 1\)"):
        claim(run, {"seed": 1})
    (run / "settings.json").unlink()
    with pytest.raises(InputError, match=r"settings.json: expected the run's settings, got none"):
        claim(run, {"seed": 1})


@pytest.mark.parametrize("name", ["settings.json", "versions.json", "out.json", "parts/a.json", "parts/a/12"])
def test_a_folder_that_holds_somebody_elses_files_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="somebody else's, or an older version's"):
        claim(tmp_path)
    assert contents(tmp_path) == {name: b"mine"}


@pytest.mark.parametrize("text", ["", "0" * 64 + "  data.csv\n", "notes\n"])
def test_somebody_elses_digests_are_no_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "SHA256SUMS").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"SHA256SUMS: expected the digests of a run as this version writes them"):
        claim(tmp_path)
    assert contents(tmp_path) == {"SHA256SUMS": text.encode()}


def refused_after(work: Callable[[], None]) -> None:
    work()
    raise InputError("devices: expected 1, got 9")


def test_what_is_refused_before_anything_was_made_leaves_no_trace(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="got 9"), claim(tmp_path / "new" / "run") as folder:
        refused_after(lambda: (folder.path / "parts" / "a").mkdir(parents=True))  # checkpoints that hold nothing yet
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "data.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="got 9"), claim(tmp_path):
        refused_after(lambda: None)
    assert contents(tmp_path) == {"data.csv": b"mine"}
    with pytest.raises(InputError, match="got 9"), claim(tmp_path) as folder:
        refused_after(lambda: write_json(tmp_path / "out.json", 1, writer=folder.written))
    assert "out.json" in contents(tmp_path), "what was made is kept"
    with pytest.raises(InputError, match="out: expected a folder, got the file"):
        claim(tmp_path / "data.csv")


def test_two_commands_meet_a_lock_that_says_so(tmp_path: Path) -> None:
    with claim(tmp_path):
        with pytest.raises(InputError, match=rf"no other command is at work, .* process {os.getpid()} on"):
            claim(tmp_path)
        code = "import pathlib, sys, gatedrnn.experiment.folder as f; f.RunFolder(pathlib.Path(sys.argv[1]), {}, ())"
        other = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
        assert f"which process {os.getpid()} on" in other.stderr
    with claim(tmp_path):
        pass
    assert sorted(contents(tmp_path)) == ["SHA256SUMS", "settings.json", "versions.json"]


class Killed(BaseException):
    """What nobody catches: on the disk all stays as it was at that moment."""


def work(path: Path) -> None:
    with claim(path) as folder:
        write_json(path / "out.json", 1, writer=folder.written)
        write_json(path / "parts" / "a.json", [1], writer=folder.written)
        write_json(path / "out.json", 2, writer=folder.written)


@pytest.mark.parametrize("renames", range(11))
def test_killed_between_any_two_writes_the_same_command_goes_on_and_nothing_is_left(
    tmp_path: Path, renames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each of the renames, by which digests and files take their places."""
    replace, done = Path.replace, []

    def killed(self: Path, target: Path) -> Path:
        if len(done) == renames:
            raise Killed
        done.append(self)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(Killed):
        work(tmp_path)
    monkeypatch.setattr(Path, "replace", replace)
    with claim(tmp_path):
        assert not list(tmp_path.rglob(".*.partial"))
    work(tmp_path)
    assert sorted(contents(tmp_path)) == ["SHA256SUMS", "out.json", "parts/a.json", "settings.json", "versions.json"]
    assert (tmp_path / "out.json").read_text(encoding="utf-8") == "2"


def test_checkpoints_of_what_is_finished_are_removed_at_the_next_start(run: Path) -> None:
    for name in ("a", "b"):
        (run / "parts" / name).mkdir()
        (run / "parts" / name / "state").write_text("", encoding="utf-8")
    with claim(run):
        assert not (run / "parts" / "a").exists(), "parts/a.json is there"
        assert (run / "parts" / "b" / "state").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/a", "a\\b", "a\nb", "a\0", 3])
def test_names_that_lead_elsewhere_are_refused(name: Any) -> None:
    with pytest.raises(InputError, match="task: expected a name without separators that a file can have"):
        refuse_path("task", name)


def test_every_flip_of_a_bit_is_noticed(run: Path) -> None:
    """Of each byte of each file, digests included: one is refused that names the file, or its digests."""
    whole = contents(run)
    for name, held in whole.items():
        for place in range(0, len(held), 1 if name != "SHA256SUMS" else 3):
            flipped = bytearray(held)
            flipped[place] ^= 1 << place % 7
            (run / name).write_bytes(flipped)
            with pytest.raises(InputError) as caught:
                claim(run)
            assert name in str(caught.value) or "SHA256SUMS" in str(caught.value)
        (run / name).write_bytes(held)
    assert contents(run) == whole
    assert manifest.is_run(run)


def victim(tmp_path: Path) -> Path:
    """Return a folder of the user's own, which a received one would lead to."""
    write_text(tmp_path / "own" / "a" / "notes.txt", "mine")
    write_text(tmp_path / "own" / "out.json", "mine too")
    return tmp_path / "own"


@pytest.mark.parametrize("name", ["parts", "parts/a", "out.json", ".lock", "SHA256SUMS", "settings.json"])
def test_a_link_in_a_received_folder_leads_to_nothing_of_the_users(tmp_path: Path, name: str) -> None:
    with claim(tmp_path / "run") as folder:
        write_json(tmp_path / "run" / "parts" / "a.json", [1.5], writer=folder.written)
    own, link = victim(tmp_path), tmp_path / "run" / name
    before = contents(own)
    if name == "parts":
        (link / "a.json").rename(own / "a.json")
        link.rmdir()
        before = contents(own)
    link.unlink(missing_ok=True)
    link.symlink_to(own / "out.json" if "." in name else own)
    with pytest.raises(InputError, match=name) as refused:
        claim(tmp_path / "run")
    assert "\n" not in str(refused.value)
    assert contents(own) == before


def test_half_a_file_that_is_a_link_is_removed_and_not_written_through(tmp_path: Path) -> None:
    with claim(tmp_path / "run") as folder:
        write_json(tmp_path / "run" / "out.json", 1, writer=folder.written)
    own = victim(tmp_path)
    (tmp_path / "run" / ".out.json.partial").symlink_to(own / "out.json")
    with claim(tmp_path / "run") as folder:
        write_json(tmp_path / "run" / "out.json", 2, writer=folder.written)
    assert (own / "out.json").read_text(encoding="utf-8") == "mine too"
