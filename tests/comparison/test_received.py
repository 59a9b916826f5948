"""A comparison's files may come from somebody who reckons digests anew: each is checked before it is used."""

from __future__ import annotations

import copy
import io
import json
import random
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
import pytest

pytest.importorskip("scipy")

from gatedrnn.comparison import received
from gatedrnn.comparison.settings import Settings
from gatedrnn.errors import InputError
from gatedrnn.experiment.received import read_leaves
from gatedrnn.experiment.schema import Check
from gatedrnn.files import parsed
from gatedrnn.tasks import registry
from tests.helpers.bad_files import lying_npz, npz
from tests.helpers.doctored import NEVER_VALID, doctored
from tests.helpers.fake_results import make_task
from tests.helpers.paths import ROOT

CAP, TRIALS = 300, 4


def kept() -> Iterator[tuple[str, Any, Check]]:
    """Yield what a comparison keeps of each kind, in a file each, and what is checked of it."""
    task = make_task("classification", replicates=2, trials=TRIALS)
    for one in task["baselines"]:
        one["choices"] = ["C = 1"] * 2
    tests, searches = {}, {}
    for name in task["cells"]:
        entries = [copy.deepcopy(replicate["cells"][name]) for replicate in task["replicates"]]
        tests[name] = [entry.pop("test") for entry in entries]
        searches[name] = entries
    found: Any = {
        "baselines": task["baselines"],
        "replicates": [{"cells": {name: searches[name][k] for name in searches}} for k in range(2)],
    }
    named = [entry["name"] for entry in found["baselines"]]
    search, region = searches["GRU"][0], received.region_check(found, 0.02, named)
    yield "GRU-0", search, received.search_check(TRIALS, None, CAP)
    yield "GRU-0 in time", {"waves": [search]}, received.waves_check(TRIALS, CAP)
    yield "region", task["region"], region
    yield "beside", task["region"], received.beside_check(region, wanted=True)
    yield "clock", {"segment": 3}, received.stop_check
    settings = Settings(tasks=("japanese-vowels-speaker",))
    seconds = {name: cell["step_seconds"] for name, cell in task["cells"].items()}
    yield "times", seconds, received.times_check(settings)
    test = {
        "baselines": task["baselines"],
        "others": {task["region"]["baseline"]: [0.9, 0.8]},
        "counts": task["test_counts"],
        "cells": tests,
        "shares": {"classes": ["a", "b"], "known": [0.5, 0.5], "test": [0.25, 0.75], "apart": 0.25, "chance": 0.1},
        "range": [],
        "forecasts": [],
        "lengths": None,
    }
    yield "test", test, received.test_check(found, task["region"], lengths=False)
    parts = {name: [[0.5, 0.6], [0.4, 0.5]] for name in tests}
    full = {"data": {"parts": [0.1, 1.0], "examples": [2, 20], "validation": parts}, "gates": {}, "windows": None}
    yield "full", full, received.full_check(found)


KEPT = {name: (value, check) for name, value, check in kept()}


@pytest.mark.parametrize("name", KEPT)
def test_what_was_written_passes(name: str) -> None:
    value, check = KEPT[name]
    check(json.loads(json.dumps(value)))


@pytest.mark.parametrize("name", KEPT)
def test_what_was_doctored_is_refused_in_one_line_or_valid(name: str) -> None:
    value, check = KEPT[name]
    rng, refused = random.Random(name), 0
    for _ in range(60):
        kind, changed = doctored(value, rng)
        said = None
        try:
            check(parsed(ROOT / "received.json", json.dumps(changed).encode()))
        except InputError as error:
            said = str(error)
        assert said is not None or kind not in NEVER_VALID, changed
        assert said is None or said.isprintable()
        refused += said is not None
    assert refused > 30


def test_what_contradicts_itself_is_refused_by_its_place() -> None:
    value, check = KEPT["GRU-0"]
    best = value["selected"]
    for change, message in (
        ({"selected": (best + 1) % TRIALS}, "selected: expected a trial of the best score"),
        ({"selected": TRIALS}, "selected: expected the place of a trial, below 4, got 4"),
        ({"train_curve": [0.5]}, "train_curve: expected a number for each of"),
        ({"trials": value["trials"][:-1]}, "trials: expected 4, one for each configuration, got 3"),
    ):
        with pytest.raises(InputError, match=message):
            check({**value, **change})
    for change, message in (
        ({"epochs": CAP + 1}, r"trials\[1\].epochs: expected 0 to 300, got 301"),
        ({"best_epoch": -1}, r"trials\[1\].best_epoch: expected 0 to"),
        ({"validation": -1e9}, r"trials\[1\].validation: expected the curve's value at epoch"),
        ({"seconds": -1.0}, r"trials\[1\].seconds: expected 0 or more"),
    ):
        trials = copy.deepcopy(value["trials"])
        trials[1] |= change
        with pytest.raises(InputError, match=message):
            check({**value, "trials": trials})


def test_units_that_fill_the_memory_are_refused_by_name() -> None:
    settings = Settings(tasks=("japanese-vowels-speaker",))
    check = received.sizes_check(registry.load("japanese-vowels-speaker"), settings)
    check([{"LSTM": 32, "GRU": 37}])
    with pytest.raises(InputError, match="hidden: expected 1000000 or less, got 10000000"):
        check([{"LSTM": 32, "GRU": 10**7}])
    with pytest.raises(InputError, match=r"sizes: expected .*memory"):
        check([{"LSTM": 32, "GRU": 10**6}])
    with pytest.raises(InputError, match="content: expected units for each of 1 widths, got 2"):
        check([{"LSTM": 32, "GRU": 37}] * 2)


def test_arrays_are_read_where_they_are_those_of_the_network() -> None:
    like = [jax.ShapeDtypeStruct((2, 3), np.float32), jax.ShapeDtypeStruct((3,), np.float32)]
    first, second = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(3, np.float32)
    for found, right in zip(read_leaves(npz(leaf_0=first, leaf_1=second), like), (first, second), strict=True):
        np.testing.assert_array_equal(found, right)
    for held in (
        npz(leaf_0=first),
        npz(leaf_0=first, leaf_1=second, leaf_2=second),
        npz(leaf_0=first, other=second),
        npz(leaf_0=first.T, leaf_1=second),
        npz(leaf_0=first, leaf_1=second.astype(np.float64)),
        npz(leaf_0=first, leaf_1=second * np.nan),
        npz(leaf_0=np.zeros(10**7, np.float32), leaf_1=second),
        npz(leaf_0=first, leaf_1=second)[:-30],
        lying_npz("(2, 3)", descr="|O"),
        b"",
    ):
        with pytest.raises(InputError, match="expected"):
            read_leaves(held, like)
    lying = io.BytesIO(lying_npz(f"({2**50},)", descr="<f4").replace(b"x.npy", b"leaf_0.npy"))
    with pytest.raises(InputError, match="expected"):
        read_leaves(lying.getvalue(), like[:1])
