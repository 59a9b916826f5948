"""The benchmarks: statistics against closed forms, the clockwork with a clock set by hand, and a small run."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from importlib import import_module
from math import comb
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.helpers.paths import ROOT

BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def bench():
    """The scripts' modules, which are imported as the scripts import them: from their own folder."""
    sys.path.insert(0, str(BENCHMARKS))
    names = ("timing", "shapes", "race", "tables", "peers", "length", "plot", "contestants", "contestants.contestant")
    yield SimpleNamespace(**{name.split(".")[-1]: import_module(name) for name in names})
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture
def clock(bench, monkeypatch):
    """A clock that only moves when a call says so."""
    now = SimpleNamespace(s=0.0)
    monkeypatch.setattr(bench.timing.time, "perf_counter", lambda: now.s)

    def lasting(milliseconds):
        """Return a call of that duration, which counts how often it is made."""

        def call():
            call.count += 1
            now.s += next(milliseconds) / 1e3 if hasattr(milliseconds, "__next__") else milliseconds / 1e3

        call.count = 0
        return call

    return lasting


@pytest.mark.parametrize("n", [5, 6, 8, 9, 15, 40, 100])
def test_interval_of_the_median_is_the_narrowest_that_covers(bench, n):
    """Of order statistics k and n + 1 - k, which miss the median with probability 2 sum_{j<k} C(n, j) / 2^n."""
    miss = [2 * sum(Fraction(comb(n, j), 2**n) for j in range(k)) for k in range(n // 2 + 1)]
    k = max(k for k in range(n // 2 + 1) if miss[k] <= Fraction(1, 20))
    values = np.random.default_rng(n).permutation(np.arange(1, n + 1))
    assert bench.timing.median_interval(values) == ((k, n + 1 - k) if k else None)


def test_known_intervals(bench):
    """Order statistics from tables: 2 and 8 of 9, 4 and 12 of 15, 40 and 61 of 100."""
    for n, ends in ((5, None), (6, (1, 6)), (9, (2, 8)), (15, (4, 12)), (100, (40, 61))):
        assert bench.timing.median_interval(np.arange(1, n + 1)) == ends


def test_ratios_are_taken_within_rounds(bench):
    """A machine that slows down for everybody leaves them alone; the ratio of the medians would be 2."""
    reference = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
    ratio = bench.timing.paired_ratio(reference * [3, 1, 3, 1, 3, 1, 3], reference)
    assert ratio == bench.timing.Spread(3.0, (1.0, 3.0), (1.0, 3.0))
    assert str(bench.timing.Spread(0.5, (0.4, 0.6), None)) == "0.50"
    assert ratio.as_dict()["interval"] == [1.0, 3.0]


def test_long_calls_are_timed_one_by_one(bench, clock):
    calls = {"a": clock(50.0), "b": clock(iter([9.0, 100.0, *np.arange(200.0, 207.0)]))}
    times = bench.timing.measure(calls, 7)
    np.testing.assert_allclose(times["a"], 50)
    np.testing.assert_allclose(times["b"], np.arange(200, 207))
    assert [call.count for call in calls.values()] == [9, 9]


def test_short_calls_are_repeated_after_a_lead_in(bench, clock):
    """Of 2 ms: 5 make a turn of 10 ms; the one before them, here ten times as long, is not timed."""
    a_turn = [20.0, 1.0, 2.0, 3.0, 2.0, 2.0]
    call = clock(iter([7.0, 2.0, *a_turn, *a_turn, *a_turn]))
    np.testing.assert_allclose(bench.timing.measure({"a": call}, 3)["a"], 2.0)
    assert call.count == 2 + 3 * 6


@pytest.mark.parametrize(("milliseconds", "rounds"), [(500.0, 10), (5000.0, 9), (25.0, 40)])
def test_rounds_fill_the_time_between_9_and_40(bench, clock, milliseconds, rounds):
    calls = {"a": clock(milliseconds), "b": clock(milliseconds)}
    assert len(bench.timing.measure(calls, seconds=10.0)["a"]) == rounds


def test_every_round_has_an_order_of_its_own(bench, clock):
    order = []
    clocks = {name: clock(30.0) for name in "abc"}
    calls = {name: lambda name=name: (order.append(name), clocks[name]()) for name in "abc"}
    bench.timing.measure(calls, 30)
    rounds = ["".join(order[i : i + 3]) for i in range(6, len(order), 3)]
    assert {"".join(sorted(r)) for r in rounds} == {"abc"}
    assert len(set(rounds)) == 6


def test_exponent_of_a_power_law(bench):
    lengths = (100, 1000, 10_000)
    assert bench.length.exponent(lengths, [3e-3 * n**1.5 for n in lengths]) == pytest.approx(1.5)


@pytest.mark.parametrize("cell", ["LSTM", pytest.param("GRU", marks=pytest.mark.verify)])
def test_contestants_compute_the_same(bench, cell):
    """Whoever is installed: outputs or, in training, input gradients as ours."""
    shape, module = bench.shapes.Shape(3, 5, 4, 6), bench.contestant
    field = bench.race.Field(
        [bench.contestants.load(name) for name in bench.contestants.NAMES],
        bench.contestants.load("ours"),
        module.problem,
    )
    absent = {}
    for which in bench.shapes.PASSES:
        entered = bench.race.enter(cell, shape, which, field)
        absent |= {name: why for name, why in entered.absent.items() if not why.startswith("not installed")}
        assert {"ours", "nnx", "floor"} <= set(entered.entries)
    assert absent == {"onnxruntime": "has no training pass"} or not absent


def test_whoever_computes_something_else_or_is_missing_is_named(bench):
    ours = bench.contestants.load("ours")

    def exchanged(problem, which):
        return ours.program(problem._replace(params=problem.blocks("ifog")), which)

    def missing(problem, which):
        raise ImportError("No module named 'absent'")

    contestants = [ours, *(bench.contestant.Contestant(f.__name__, f) for f in (exchanged, missing))]
    field = bench.race.Field(contestants, ours, bench.contestant.problem)
    entered = bench.race.enter("LSTM", bench.shapes.Shape(2, 4, 3, 5), "forward", field)
    assert list(entered.entries) == ["ours"]
    assert entered.absent["missing"] == "not installed: No module named 'absent'"
    assert entered.absent["exchanged"].startswith("computes something else: exchanged: expected ours within 0.0001")


def test_peers_from_options_to_picture(bench, tmp_path, capsys):
    tyro, out = import_module("tyro"), tmp_path / "peers-here.json"
    asked = "--shapes vowels --contestants ours nnx --rounds 2 --seconds 1 --out"
    bench.peers.main(tyro.cli(bench.peers.Options, args=[*asked.split(), str(out)]))
    printed = capsys.readouterr().out
    assert "GRU: our time over others'" in printed
    written = json.loads(out.read_text())
    assert {(r["cell"], r["pass"], r["contestant"]) for r in written["results"]} == {
        (cell, which, name) for cell in ("LSTM", "GRU") for which in ("forward", "training") for name in ("ours", "nnx")
    }
    for record in written["results"]:
        assert record["difference"] < 1e-5
        assert record["milliseconds"]["median"] == pytest.approx(np.median(record["times_ms"]), rel=1e-4)
        assert len(record["times_ms"]) == 2
    ours, nnx = written["results"][:2]
    ratios = np.divide(ours["times_ms"], nnx["times_ms"])
    assert ours["over nnx"]["median"] == pytest.approx(np.median(ratios), rel=1e-3)
    assert str(tmp_path) not in out.read_text()
    bench.plot.main("here", tmp_path, tmp_path)
    assert (tmp_path / "peers-training-here.png").read_bytes().startswith(b"\x89PNG")


def test_a_part_leaves_results_of_the_whole_alone(bench):
    whole = bench.peers.Options()
    assert whole.path("peers") == bench.timing.RESULTS / f"peers-{bench.timing.device_label()}.json"
    assert bench.peers.Options(cells=("LSTM",)).path("peers") is None
    assert bench.peers.Options(rounds=2, out=Path("x.json")).path("peers") == Path("x.json")
