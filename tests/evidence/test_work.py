"""A reproduction that is killed goes on: parts are measured once, and the result is that of one in one piece."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from gatedrnn.evidence import record, reproduction
from gatedrnn.evidence.comparisons import Comparisons
from gatedrnn.evidence.record import Measured
from gatedrnn.evidence.registry import REPRODUCTIONS
from gatedrnn.evidence.reproduction import Findings, reproduce, unfinished
from gatedrnn.evidence.work import FILES, STORES, Work
from gatedrnn.experiment.folder import RunFolder
from tests.evidence.test_comparisons import ASKED
from tests.evidence.test_forget_bias import TINY

ASKING = {"name": "some", "settings": "few"}
PARTS: Mapping[str, np.ndarray] = {
    "steps": np.array([[100.0, np.inf], [-np.inf, np.nan]]),
    "error": np.array([1 / 3, 1e-45, 3.4e38], np.float32),
    "counted": np.array(7),
    "none": np.zeros((0, 2)),
}


class KilledError(Exception):
    """What ends a measurement in the middle."""


def quiet(line: str) -> None:
    """Say nothing."""


def never():
    """Fail, where a part is measured again."""
    pytest.fail("was measured again")


def test_numbers_of_a_part_are_measured_once_and_come_back_bit_for_bit(tmp_path) -> None:
    for measure in (lambda: PARTS, never):
        with Work(tmp_path / "work", ASKING, quiet) as work:
            got = work.under("LSTM")("chrono", measure)
        assert got.keys() == PARTS.keys()
        for name, part in PARTS.items():
            assert got[name].dtype == np.float64
            np.testing.assert_array_equal(got[name], np.asarray(part, np.float64), strict=True)


def test_the_folder_is_for_one_measurement_and_goes_when_it_is_finished(tmp_path) -> None:
    folder = tmp_path / "work"
    with Work(folder, ASKING, quiet) as work:
        work.once("part", lambda: PARTS)
        with pytest.raises(ValueError, match="out: expected a folder in which no other command is at work"):
            Work(folder, ASKING, quiet)
    with pytest.raises(ValueError, match=r"out: expected the settings of the run in .*settings"):
        Work(folder, ASKING | {"settings": "many"}, quiet)
    (folder / "parts" / "mine.txt").write_text("mine", encoding="utf-8")
    with Work(folder, ASKING, quiet) as work:
        work.say("half of it")
        work.finish()
    assert [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()] == [
        (folder / "parts" / "mine.txt").relative_to(folder)
    ]
    (folder / "parts" / "mine.txt").unlink()
    with Work(folder, ASKING, quiet) as work:
        work.finish()
    assert not folder.exists()


@pytest.mark.parametrize(
    "entry",
    [[], {"steps": 3}, {"steps": {"shape": [2], "values": [1.0]}}, {"steps": {"shape": [1], "values": ["one"]}}],
)
def test_a_part_that_is_no_part_is_refused_by_its_name(entry, tmp_path) -> None:
    """Even where its digest has been made to fit, as somebody may who means harm."""
    with Work(tmp_path / "work", ASKING, quiet) as work:
        work.once("part", lambda: PARTS)
    part = tmp_path / "work" / "parts" / "part.json"
    with RunFolder(tmp_path / "work", ASKING, FILES, STORES) as run, run.written(part) as file:
        file.write(json.dumps(entry).encode())
    with Work(tmp_path / "work", ASKING, quiet) as work, pytest.raises(ValueError, match=r"part\.json: .*expected"):
        work.once("part", never)
    part.write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"part\.json"):
        Work(tmp_path / "work", ASKING, quiet)


def measured(what, settings, out, monkeypatch, *, until=None) -> tuple[Any, list[str]]:
    """Measure, and be killed at a line of progress; return the result, if any, and the parts that were measured."""
    parts, lines, once = [], [], Work.once

    def on_progress(line):
        lines.append(line)
        if len(lines) == until:
            raise KilledError

    def spied(work, name, measure):
        return once(work, name, lambda: parts.append(name) or measure())

    monkeypatch.setattr(Work, "once", spied)
    try:
        return reproduce(what, settings, out, command="a test", on_progress=on_progress), parts
    except KilledError:
        return None, parts
    finally:
        monkeypatch.undo()


def alike(result):
    """Return a result without what the clock says."""
    return dataclasses.replace(result, seconds=0.0, date="")


@pytest.mark.parametrize("until", [1, 2, 3])
def test_a_killed_measurement_goes_on_where_it_was(until, tmp_path, monkeypatch) -> None:
    def measure(settings, work):
        found = []
        for k in range(3):
            work.say(f"part {k}")
            found.append(work.once(f"part-{k}", lambda k=k: {"value": np.array([settings / 3**k])})["value"].item())
        return Findings(tuple(Measured("a third", str(k), v, v, v, 1.0, (v,)) for k, v in enumerate(found)), ())

    what = REPRODUCTIONS["forget-bias"]._replace(full=1.0, small=2.0, protocol=str, measure=measure)
    whole, parts = measured(what, 2.0, tmp_path / "whole.json", monkeypatch)
    assert parts == ["part-0", "part-1", "part-2"]
    out = tmp_path / "found.json"
    none, before = measured(what, 2.0, out, monkeypatch, until=until)
    assert none is None
    assert not out.exists()
    seconds = json.loads((unfinished(what, 2.0, out) / "seconds.json").read_text())
    found, after = measured(what, 2.0, out, monkeypatch)
    assert (before, after) == (parts[: until - 1], parts[until - 1 :])
    assert alike(found) == alike(whole)
    assert [one.value for one in found.measured] == [2.0, 2 / 3, 2 / 9]
    assert found.seconds >= round(seconds, 1)
    assert record.read(out) == {"forget-bias": found}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["found.json", "whole.json"]


@pytest.mark.verify
@pytest.mark.parametrize(
    ("name", "settings", "until", "parts"),
    [
        ("forget-bias", dataclasses.replace(TINY, seeds=5), 2, 5),
        ("etth1", Comparisons((ASKED, dataclasses.replace(ASKED, sizes=(3, 3)))), 8, 0),
    ],
)
def test_networks_of_a_killed_measurement_are_not_trained_again(name, settings, until, parts, tmp_path, monkeypatch):
    """A comparison resumes in its own folder: the first is finished when the second is killed."""
    what = REPRODUCTIONS[name]
    whole, all_parts = measured(what, settings, tmp_path / "whole.json", monkeypatch)
    none, before = measured(what, settings, tmp_path / "found.json", monkeypatch, until=until)
    assert none is None
    found, after = measured(what, settings, tmp_path / "found.json", monkeypatch)
    assert len(before) == parts
    assert before + after == all_parts
    assert alike(found) == alike(whole)


@pytest.mark.parametrize("what", REPRODUCTIONS.values(), ids=REPRODUCTIONS)
def test_each_size_has_a_folder_and_words_that_are_the_same_in_each_process(what, tmp_path, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(reproduction, "Work", lambda folder, words, say: asked.append((folder, words["settings"])))
    for size in (what.full, what.small, None):
        with pytest.raises(TypeError):  # what was asked is seen, and nothing is measured
            reproduce(what, size, tmp_path / "x.json", command="a test")
    folders, words = zip(*asked, strict=True)
    assert {folder.parent for folder in folders} == {tmp_path}
    assert len({*folders}) == len({*words}) == 3
    assert not [each for each in words if "0x" in each]
