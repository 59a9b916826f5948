"""What is kept of results: round trips, intervals against exact coverage, tables that cannot drift, honest answers."""

from __future__ import annotations

import dataclasses
import fcntl
import itertools
import json
import random
import threading

import numpy as np
import pytest

from gatedrnn.commands import cli
from gatedrnn.errors import InputError
from gatedrnn.evidence import record, tables, weiss_2018
from gatedrnn.evidence.claims import CLAIMS
from gatedrnn.evidence.counting import Reach
from gatedrnn.evidence.intervals import compared, median_interval
from gatedrnn.evidence.registry import REPRODUCTIONS, named
from gatedrnn.evidence.reproduction import result_of
from gatedrnn.experiment.lock import alone
from tests.helpers.doctored import NEVER_VALID, doctored
from tests.helpers.paths import ROOT

RESULTS = ROOT / "docs" / "evidence" / "results.json"
WHAT = weiss_2018.WEISS_2018


def findings(reach_of):
    """Return findings where each cell recognises what ``reach_of`` gives for language and cell, 8 seeds."""

    def one(letters, name):
        values = np.asarray(reach_of(letters, name)) + np.arange(8) % 2
        return Reach(values, values, values)

    return weiss_2018.findings({n: {name: one(n, name) for name in weiss_2018.CELLS} for n in (2, 3)})


def test_tables_of_the_page_are_those_of_the_results() -> None:
    page = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    assert tables.page(page, record.read(RESULTS)) == page, "run python experiments/evidence_tables.py"


def test_committed_results_are_of_known_names_and_say_what_was_scaled() -> None:
    for name, result in record.read(RESULTS).items():
        what = named(name)
        assert result.paper == what.paper
        assert result.scaled in (None, what.smaller)
        assert result.command.startswith(("gatedrnn reproduce ", "python experiments/reproduce.py "))
        for one in result.measured:
            assert one.low <= one.value <= one.high
            assert one.in_band is None or not result.scaled


@pytest.mark.verify
def test_committed_protocols_are_those_of_the_full_settings_where_nothing_was_scaled() -> None:
    for name, result in record.read(RESULTS).items():
        what = named(name)
        assert (result.scaled is None) == (result.protocol == what.protocol(what.full))


def test_committed_comparisons_and_answers_follow_from_the_numbers_of_each_seed() -> None:
    result = record.read(RESULTS)["weiss-2018"]
    each = {(one.what, one.cell): np.array(one.each) for one in result.measured}
    found = {
        letters: {
            name: Reach(*(each[f"{words}: {asked}", name] for asked in weiss_2018.ASKED.values()))
            for name in weiss_2018.CELLS
        }
        for letters, words in weiss_2018.WORDS.items()
    }
    again = weiss_2018.findings(found)
    assert again.measured == result.measured
    assert again.answers == result.answers
    for one, kept in zip(again.compared, result.compared, strict=True):
        assert (one.verdict, one.wins, one.ties) == (kept.verdict, kept.wins, kept.ties)
        # Sums and quantiles of float64 on another machine.
        np.testing.assert_allclose([one.low, one.high], [kept.low, kept.high], rtol=1e-9)


def test_results_come_back_as_they_were_kept(tmp_path) -> None:
    found = findings(lambda letters, name: 40 if name == "LSTM" else 30)
    first = result_of(WHAT, WHAT.small, found, command="gatedrnn reproduce weiss-2018 --small", seconds=1.0)
    other = dataclasses.replace(first, name="another", scaled=None)
    path = tmp_path / "results.json"
    for result in (other, first, dataclasses.replace(first, seconds=2.0)):
        record.keep(path, result)
    assert record.read(path) == {"another": other, "weiss-2018": dataclasses.replace(first, seconds=2.0)}
    path.write_text(json.dumps({"schema": 0, "results": []}))
    with pytest.raises(ValueError, match="expected results of schema 1"):
        record.read(path)


def test_of_two_results_that_are_kept_at_once_none_is_lost(tmp_path, monkeypatch) -> None:
    """The second comes when the first has read the file and not yet written it: to the lock, or by to read as well."""
    found = findings(lambda letters, name: 40)
    first = result_of(WHAT, WHAT.small, found, command="gatedrnn reproduce weiss-2018 --small", seconds=1.0)
    other, path = dataclasses.replace(first, name="another"), tmp_path / "new" / "results.json"
    arrived, second = threading.Event(), threading.Thread(target=record.keep, args=(path, other))
    reads, locks = record.read, fcntl.flock

    def read(path):
        held = reads(path)
        if threading.current_thread() is second:
            arrived.set()
        else:
            second.start()
            assert arrived.wait(60)
        return held

    def flock(file, operation):
        if threading.current_thread() is second:
            arrived.set()
        locks(file, operation)

    monkeypatch.setattr(record, "read", read)
    monkeypatch.setattr(fcntl, "flock", flock)
    record.keep(path, first)
    second.join()
    assert reads(path) == {"another": other, "weiss-2018": first}
    assert [each.name for each in path.parent.iterdir()] == ["results.json"]


def test_a_lock_that_its_holder_removed_locks_nothing(tmp_path, monkeypatch) -> None:
    """Who waits for it takes the one that is there, which a third may hold."""
    path, locks, removed = tmp_path / "results.json", fcntl.flock, []

    def flock(file, operation):
        locks(file, operation)
        if not removed:
            (tmp_path / ".results.json.lock").unlink()
            removed.append(file)

    monkeypatch.setattr(fcntl, "flock", flock)
    with alone(path):
        assert removed
        with (tmp_path / ".results.json.lock").open("rb") as other, pytest.raises(BlockingIOError):
            locks(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert list(tmp_path.iterdir()) == []


def test_the_median_interval_covers_as_often_as_it_says() -> None:
    """Exact: every way in which 8 draws fall below or above the median, all equally likely."""
    for n in (8, 11):
        *_, level = median_interval(range(n))
        low, high = (sorted(range(n)).index(v) for v in median_interval(range(n))[1:3])
        ways = [sum(below) for below in itertools.product((0, 1), repeat=n)]
        # The median is inside where more draws than ``low`` lie below it, and at most ``high``.
        assert np.mean([low < below <= high for below in ways]) == pytest.approx(level, abs=1e-12)
    assert median_interval([1, 1, 1, 1, 1, np.inf, np.inf, np.inf])[0] == 1
    with pytest.raises(ValueError, match="expected more seeds"):
        median_interval([1, 2, 3])


def test_verdicts_follow_the_interval_and_widen_with_the_pairs() -> None:
    a, b = np.array([9, 8, 7, 9, 8.0]), np.array([7.5, 7, 6.5, 7, 7.9])
    alone, of_many = (compared("reach", ("LSTM", a), ("GRU", b), higher=True, pairs=pairs) for pairs in (1, 40))
    assert (alone.verdict, of_many.verdict) == ("LSTM better", "not resolved")
    assert (alone.wins, alone.losses, alone.ties) == (5, 0, 0)
    assert compared("steps", ("LSTM", a), ("GRU", b), higher=False).verdict == "GRU better"


@pytest.mark.parametrize(
    ("reach_of", "label"),
    [
        (lambda n, name: 60 if name == "LSTM" else 30, "holds"),
        (lambda n, name: 60 if "GRU," in name else 30, "does not hold"),
        (lambda n, name: 30 if name == "GRU, inert reset" else 60, "depends"),
        (lambda n, name: 30, "not resolved"),
        (lambda n, name: [10, 90, 30, 70, 20, 80, 40, 60] if name == "LSTM" else [50] * 8, "not resolved"),
    ],
)
def test_the_answer_to_the_claim_follows_all_three_grus(reach_of, label) -> None:
    [answer] = findings(reach_of).answers
    assert (answer.claim, answer.label) == (6, label)
    assert CLAIMS[answer.claim - 1].number == answer.claim


def test_claims_without_a_result_say_so() -> None:
    rows = tables.claims({}).splitlines()[2:]
    assert len(rows) == 12
    assert all(row.endswith("| not tested |") for row in rows)
    with pytest.raises(ValueError, match="expected claims, estimates or one of no result, got 'weiss-2018'"):
        tables.page("<!-- begin weiss-2018 -->\n<!-- end weiss-2018 -->", {})


def test_each_reproduction_says_how_long_it_takes_and_what_is_recorded() -> None:
    rows = tables.estimates(record.read(RESULTS)).splitlines()[2:]
    assert len(rows) == len(REPRODUCTIONS)
    for row, one in zip(rows, REPRODUCTIONS.values(), strict=True):
        assert f"`gatedrnn reproduce {one.name}` | {one.estimate} |" in row
    assert all(row.endswith("| nothing |") for row in tables.estimates({}).splitlines()[2:])


def test_the_command_lists_names_and_refuses_others(capsys) -> None:
    assert cli.run(["reproduce"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in REPRODUCTIONS)
    assert cli.run(["reproduce", "weiss-2019"]) != 0
    assert "name: expected one of weiss-2018" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("held", "place"),
    [
        ({"schema": 1}, "results: missing"),
        ({"schema": 1, "results": [{}]}, r"results\[0\]\.name: missing"),
        ({"schema": 1, "results": [{"name": 3, "measured": 4}]}, r"results\[0\]"),
        ({"schema": 0, "results": []}, "expected results of schema 1"),
        ([1], "expected results of schema 1"),
    ],
)
def test_a_file_of_results_that_is_damaged_is_refused_by_its_name(tmp_path, held, place) -> None:
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(held), encoding="utf-8")
    with pytest.raises(InputError, match=rf"evidence.json: {place}"):
        record.read(path)
    with pytest.raises(InputError, match="expected a file of results, got a folder"):
        record.read(tmp_path)


def refused(path):
    try:
        record.read(path)
    except InputError as error:
        return str(error)
    return None


def test_doctored_results_are_refused_in_one_line_or_valid(tmp_path) -> None:
    path, rng, whole = tmp_path / "evidence.json", random.Random(0), json.loads(RESULTS.read_text(encoding="utf-8"))
    kept = {**whole, "results": whole["results"][:1]}
    for _ in range(60):
        kind, changed = doctored(kept, rng)
        path.write_text(json.dumps(changed), encoding="utf-8")
        said = refused(path)
        assert said is not None or kind not in NEVER_VALID, changed
        assert said is None or (said.isprintable() and str(path) in said)
