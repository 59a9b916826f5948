"""Results of whole comparisons: every number that is kept is one of results.json, and answers follow the verdicts."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.comparison.settings import Settings
from gatedrnn.costs.counting import parameters
from gatedrnn.evidence import chung_2014, comparisons
from gatedrnn.evidence.comparisons import Comparisons
from gatedrnn.evidence.record import Published
from gatedrnn.evidence.work import Work
from gatedrnn.experiment.space import Space
from gatedrnn.tasks import registry

ASKED = Settings(
    tasks=("parity-32",),
    sizes=(2, 2),
    replicates=3,
    trials=2,
    max_epochs=1,
    batch_size=5000,
    extend=False,
    space=Space(dropout=(0.0,), gate_bias=("0",)),
)
KNOWN = {("parity-32", "LSTM"): (Published("0.69", "somewhere", "recalled"),)}


@pytest.fixture
def task():
    """A task as results.json has it, of what is read here alone."""
    tests = {"LSTM": [0.5, 0.7, 0.9], "GRU": [0.6, 0.6, 0.9]}
    interval = {"mean": 0.7, "low": 0.6, "high": 0.8, "level": 0.95}
    verdict = {"label": "not resolved", "headline": "Not resolved"}
    statistics = {
        "cells": {cell: {"test": interval} for cell in tests},
        "difference": interval,
        "superiority": {"wins": 1, "losses": 1, "ties": 1},
    }
    return {
        "name": "parity-32",
        "unit": "nats per step",
        "metric": {"name": "nats", "words": "negative log-likelihood", "unit": ""},
        "protocol": {"trials": 2},
        "baselines": [{"name": "frequencies", "test": 0.69, "tests": [0.69] * 3, "strongest": True}],
        "replicates": [
            {
                "cells": {
                    cell: {"trials": [{"score": 5.0}, {"score": 6.0}], "test": {"scores": {"nats": tests[cell][k]}}}
                    for cell in tests
                }
            }
            for k in range(3)
        ],
        "pairs": [{"names": list(tests), "statistics": statistics, "verdict": verdict}],
    }


@pytest.mark.verify
def test_numbers_are_those_of_a_comparison(tmp_path) -> None:
    with Work(tmp_path / "work", {}, lambda line: None) as work:
        [task] = comparisons.compared_on((ASKED,), work)
    got = comparisons.concluded([task], KNOWN, same=True)
    lstm, gru, *models = got.measured
    for one in (lstm, gru):
        tests = [replicate["cells"][one.cell]["test"]["scores"]["nats"] for replicate in task["replicates"]]
        assert list(one.each) == tests
        assert one.value == pytest.approx(np.mean(tests), rel=1e-12)
    assert [model.each for model in models] == [tuple(model["tests"]) for model in task["baselines"]]
    assert got.compared[0].verdict == task["pairs"][0]["verdict"]["headline"]
    assert got.compared[0].difference == pytest.approx(np.mean(np.subtract(lstm.each, gru.each)), rel=1e-9)


def test_published_numbers_are_looked_for_in_intervals_of_the_same_protocol_alone(task) -> None:
    for said, same, band in (("0.69", True, True), ("0.59", True, False), ("0.69", False, None)):
        known = {("parity-32", "LSTM"): (Published(said, "somewhere", "recalled"),)}
        lstm, gru, model = comparisons.concluded([task], known, same=same).measured
        assert (lstm.in_band, gru.in_band, model.in_band) == (band, None, None)
        assert lstm.each == (0.5, 0.7, 0.9)


def test_spread_is_that_of_a_replicates_trials(task) -> None:
    for k, replicate in enumerate(task["replicates"]):
        for cell, apart in (("LSTM", 1.0), ("GRU", 4.0 + 0.01 * k)):
            for trial, score in zip(replicate["cells"][cell]["trials"], (5.0, 5.0 + apart), strict=True):
                trial["score"] = score
    [pair], answer = comparisons.fickle([task])
    # Of two numbers the deviation is their distance over the root of 2.
    assert pair.difference == pytest.approx((1.0 - 4.01) / np.sqrt(2), rel=1e-12)
    assert (pair.verdict, answer.claim, answer.label) == ("LSTM better", 12, "holds")


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["practically equivalent"] * 2, "holds"),
        (["LSTM better", "GRU better"], "does not hold"),
        (["LSTM better", "not resolved"], "depends"),
        (["practically equivalent", "neither beats the baseline"], "not resolved"),
    ],
)
def test_the_answer_about_tuning_follows_the_verdicts(task, labels, said) -> None:
    tasks = [copy.deepcopy(task) | {"name": f"task {k}"} for k in range(len(labels))]
    for one, label in zip(tasks, labels, strict=True):
        one["pairs"][0]["verdict"]["label"] = label
    assert comparisons.tuned_alike(tasks).label == said


def test_missing_data_are_named_before_anything_is_trained(monkeypatch) -> None:
    monkeypatch.delenv("GATEDRNN_DATA", raising=False)
    asked = Comparisons(chung_2014.FULL.each[1:])
    with pytest.raises(ValueError, match=r"nottingham: expected nottingham.npz in the folder that GATEDRNN_DATA"):
        comparisons.findings(asked, {}, print)


def counted(cell, task):
    """Return parameters of a layer of a cell and its head, which closed forms have too."""
    return sum(parameters(cell, task.in_dim).values()) + (cell.hidden + 1) * task.out_dim


@pytest.mark.parametrize("name", ["parity-32", "etth1"])
def test_the_protocol_says_how_many_units_each_cell_has(name) -> None:
    """Of each number that is asked for, counted again: as many parameters, or as many units."""
    task = registry.load(name)
    for matching in ("parameters", "width"):
        said = comparisons.words(Comparisons((Settings(tasks=(name,), hidden=(9, 32), matching=matching),)))
        assert re.search(rf"^{name}: LSTM of .* or LSTM of .* units, sizes matched by {matching}, 8 replicates", said)
        for (lstm, gru), asked in zip(re.findall(r"LSTM of (\d+) and GRU of (\d+)", said), (9, 32), strict=True):
            assert abs(int(lstm) - asked) <= 2
            if matching == "width":
                assert lstm == gru == str(asked)
                continue
            assert counted(gr.GRU(int(gru)), task) == pytest.approx(counted(gr.LSTM(int(lstm)), task), rel=0.05)


def test_the_protocol_says_of_sizes_that_are_given_and_of_time_what_is_known() -> None:
    given = Settings(tasks=("parity-32",), sizes=(8, 11))
    timed = Settings(tasks=("parity-32",), matching="time")
    said = comparisons.words(Comparisons((given, timed)))
    assert said.startswith("parity-32: LSTM of 8 and GRU of 11 units, 8 replicates")
    assert "parity-32: LSTM of 32 units, the others' matched by time, 8 replicates" in said
