"""What a comparison may be asked to do, and what it draws from its seed."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from gatedrnn.comparison.estimate import estimate
from gatedrnn.comparison.folder import Folder
from gatedrnn.comparison.search.replicate import draw_replicate
from gatedrnn.comparison.settings import Settings
from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.space import Space, as_hypers
from gatedrnn.files import write_json
from gatedrnn.tasks import registry
from gatedrnn.training.fingerprint import changes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"replicates": 1}, "replicates: expected an int of 2 or more, got 1"),
        ({"trials": 0}, "trials: expected a positive int, got 0"),
        ({"trials": None}, "trials, minutes: expected at least one budget, got none"),
        ({"minutes": 0.0}, r"minutes: expected a finite number above 0 and of at most 1e\+07, got 0.0"),
        ({"equivalence": 1.0}, "equivalence: expected a finite number of at least 0 and below 1, got 1.0"),
        ({"matching": "size"}, "matching: expected one of parameters, width, flops, time; got 'size'"),
        ({"cells": ("LSTM", "LSTM")}, "cells: expected two or more different ones, got LSTM, LSTM"),
        ({"cells": ("LSTM", "TGRU")}, "cells: expected some of LSTM, GRU, .*, or package.module:Class; got TGRU"),
        ({"cells": ("LSTM", "json:Nothing")}, "cells: expected a class that can be imported, got json:Nothing"),
        ({"sizes": (3,)}, r"sizes: expected one for each of 2 cells, got \(3,\)"),
        ({"tasks": ("vowels",)}, "tasks: expected one of japanese-vowels-forecast, .*; got vowels"),
        ({"tasks": ()}, "tasks: expected at least one"),
        ({"metric": "r2"}, "metric: expected one of nats, rmse, .*; got 'r2'"),
        ({"hidden": (0,)}, "hidden: expected a positive int, got 0"),
        ({"sizes": (3, 0)}, "sizes: expected a positive int, got 0"),
    ],
)
def test_what_makes_no_comparison_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Settings(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metric": "rmse"}, "metric: expected one of nats, accuracy, macro-f1 for .*-speaker, got 'rmse'"),
        (
            {"architecture": Architecture(bidirectional=True)},
            "bidirectional: expected a task of kind classification, .*, got forecast of japanese-vowels-forecast",
        ),
        ({"architecture": Architecture(embed=4)}, "embed: expected 0 for japanese-vowels-forecast, .*; got 4"),
    ],
)
def test_tasks_that_are_unfit_are_refused_before_a_folder_is_claimed(change, message, tmp_path):
    """Not when the settings are made: a command line's are, before the file is read that takes the tasks' place."""
    settings = Settings(**change)
    with pytest.raises(ValueError, match=message):
        Folder(tmp_path / "out", settings)
    assert not (tmp_path / "out").exists()
    with pytest.raises(ValueError, match=message):
        estimate(settings)
    dataclasses.replace(Settings(metric="mae"), tasks=("japanese-vowels-forecast",)).refuse_unfit()


@pytest.mark.parametrize("change", [{"learning_rate": (0.0, 1.0)}, {"clip_norm": (2.0, 1.0)}, {"dropout": ()}])
def test_spaces_that_nothing_can_be_drawn_from_are_refused(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        Space(**change)


def test_configurations_follow_their_distributions():
    """Of 4000 draws: log-uniform means that the logarithm's mean is the middle of its range, within four standard
    errors, range / sqrt(12 * 4000); a choice of n has frequency 1/n within four of its own."""
    drawn = Space().sample(np.random.default_rng(0), 4000)
    for name in ("learning_rate", "clip_norm"):
        low, high = np.log(getattr(Space(), name))
        values = np.log([d[name] for d in drawn])
        assert values.min() >= low
        assert values.max() <= high
        assert abs(values.mean() - (low + high) / 2) < 4 * (high - low) / np.sqrt(12 * 4000)
    for name in ("dropout", "gate_bias"):
        choices = getattr(Space(), name)
        for choice in choices:
            share = np.mean([d[name] == choice for d in drawn])
            assert abs(share - 1 / len(choices)) < 4 * np.sqrt((1 - 1 / len(choices)) / len(choices) / 4000)
    hypers = as_hypers(drawn)
    np.testing.assert_array_equal(hypers.gate_bias, [("0", "1", "chrono").index(d["gate_bias"]) for d in drawn])
    np.testing.assert_allclose(hypers.learning_rate, [d["learning_rate"] for d in drawn], rtol=2**-23)


def test_replicates_follow_from_the_seed_and_differ():
    task = registry.load("japanese-vowels-speaker")
    one, again, other = (draw_replicate(task, Settings(), index) for index in (0, 0, 1))
    assert one.configurations == again.configurations
    assert one.seed == again.seed
    np.testing.assert_array_equal(one.visible().train.x, again.visible().train.x)
    assert one.configurations != other.configurations
    assert (one.visible().train.x != other.visible().train.x).any()
    tests = [task.read_test(replicate.seed).batch for replicate in (one, other)]
    np.testing.assert_array_equal(tests[0].y, tests[1].y)
    assert draw_replicate(task, Settings(seed=1), 0).configurations != one.configurations


def test_a_folder_holds_one_comparison(tmp_path):
    for _ in range(2):
        with Folder(tmp_path, Settings()):
            pass
    with pytest.raises(ValueError, match=r"space\.dropout: was \[0\.0, .*\], now \[0\.5\]; trials: was 16, now 3"):
        Folder(tmp_path, Settings(trials=3, space=Space(dropout=(0.5,))))


def test_finished_searches_are_found_again(tmp_path):
    folder = Folder(tmp_path, Settings())
    assert folder.load("task", "LSTM", 0, check=anything) is None
    params = [np.arange(6.0).reshape(2, 3), np.ones(2, np.float32)]
    folder.finish("task", "LSTM", 0, {"selected": 3}, params)
    folder.finish("task", "my.module:Cell", 0, {"selected": 4}, params[:1], "-extended")
    assert folder.load("task", "LSTM", 0, check=anything) == {"selected": 3}
    assert folder.load("task", "my.module:Cell", 0, "-extended", check=anything) == {"selected": 4}
    assert folder.load("task", "LSTM", 1, check=anything) is None
    for kept, leaf in zip(folder.winner("task", "LSTM", 0, like=params), params, strict=True):
        np.testing.assert_array_equal(kept, leaf)
        assert kept.dtype == leaf.dtype


def anything(_):
    pass


def test_what_is_written_down_once_stays(tmp_path):
    folder = Folder(tmp_path, Settings())
    region = {"half_width": 1.0, "part": 0.02, "baseline": None, "baseline_validation": None}
    region |= {"best_cell": "GRU", "best_validation": 0.5}
    for value in (1.0, 2.0):
        assert folder.region("task", lambda value=value: {**region, "half_width": value}, anything) == region
        assert folder.once("task", "test", lambda value=value: [value], anything) == [1.0]
    other = {**region, "half_width": 3.0}
    assert folder.region("other", lambda: other, anything) == other
    assert json.loads((tmp_path / "region.json").read_text()) == {"task": region, "other": other}


def test_lists_of_numbers_are_a_line_each_and_nothing_else_changes(tmp_path):
    value = {
        "curve": [1.5, None, -2e-7, 3],
        "words": ["[\n 1\n]", "1,\n 2"],
        "rows": [[1, 2], [3]],
        "none": [],
        "on": [True],
    }
    write_json(tmp_path / "file.json", value)
    text = (tmp_path / "file.json").read_text()
    assert json.loads(text) == value
    assert '"curve": [ 1.5, null, -2e-07, 3 ]' in text


def test_differences_are_named_where_they_are():
    assert changes({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}, "d": 4}) == [
        "b.c: was 2, now 3",
        "d: was None, now 4",
    ]
