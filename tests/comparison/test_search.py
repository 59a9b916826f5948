"""The search: what both cells share, extension, diverged runs, and a test part read once."""

from __future__ import annotations

import dataclasses
import json

import chex
import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("sklearn")

from gatedrnn.cells.registry import make_cell
from gatedrnn.comparison import protocol
from gatedrnn.comparison.folder import Folder
from gatedrnn.comparison.search import context, divided, extension
from gatedrnn.comparison.search.replicate import draw_replicate
from gatedrnn.comparison.search.search import Search
from gatedrnn.comparison.search.selection import SearchResult, score_of
from gatedrnn.comparison.settings import Settings
from gatedrnn.tasks.parts import FinalTest
from gatedrnn.tasks.task import Task
from tests.helpers.fake_results import make_task
from tests.helpers.small_searches import SETTINGS, signs, small_split, small_test, without_seconds


@pytest.fixture(scope="module")
def task() -> Task:
    return signs()


@pytest.fixture(scope="module")
def searches(task: Task) -> dict[int, Search]:
    """The same search with a cap of 4 and of 8 epochs."""
    train = small_split(0).train
    return {cap: Search(make_cell("GRU", 3), task, SETTINGS, train, cap) for cap in (4, 8)}


@pytest.fixture(scope="module")
def found(task: Task, searches: dict[int, Search]) -> dict[int, list[SearchResult]]:
    replicates = [draw_replicate(task, SETTINGS, index) for index in range(2)]
    return {cap: [one.train(r.lot, r.visible(), 0.7) for r in replicates] for cap, one in searches.items()}


def test_an_extended_cap_gives_what_that_cap_gives_from_the_start(task, searches, found) -> None:
    replicates = [draw_replicate(task, SETTINGS, index) for index in range(2)]
    entry = {"cells": {"GRU": {}}, "replicates": [{"cells": {"GRU": one.entry}} for one in found[4]]}
    extended = extension.Extension(8, (), ("as it was cut off",))
    extras = extension.extras(entry, replicates, SETTINGS, extended)["GRU"]
    assert any(extra.again for extra in extras)
    # What fills up a lot equals itself, as a NaN would not: a resumed extension is compared with its checkpoint.
    assert json.loads(json.dumps(extension.NOTHING)) == extension.NOTHING
    for k, (replicate, extra) in enumerate(zip(replicates, extras, strict=True)):
        after = searches[8].train(extra.lot, replicate.visible(), 0.7, eligible=extra.eligible)
        merged, moved = extension.with_extra(found[4][k].entry, after.entry, extra)
        assert without_seconds(merged) == without_seconds(found[8][k].entry)
        assert merged["selected"] == found[8][k].entry["selected"]
        params = after.params if moved else found[4][k].params
        chex.assert_trees_all_equal(params, found[8][k].params)


def test_beyond_an_edge_lie_new_configurations_as_dense_as_before(task) -> None:
    replicates = [draw_replicate(task, SETTINGS, index) for index in range(2)]
    trial = {"epochs": 4, "best_epoch": 2, "diverged_at": None, "score": 1.0}
    entry = {
        "cells": {"LSTM": {}, "GRU": {}},
        "replicates": [{"cells": {name: {"trials": [trial] * 4} for name in ("LSTM", "GRU")}} for _ in range(2)],
    }
    extended = extension.Extension(None, (("learning_rate", "lower"), ("clip_norm", "upper")), ("they did best there",))
    extras = extension.extras(entry, replicates, SETTINGS, extended)
    low, high = SETTINGS.space.learning_rate
    for k in range(2):
        one, other = extras["LSTM"][k], extras["GRU"][k]
        assert one.configurations == other.configurations
        assert len(one.configurations) == len(one.lot.configurations) == 4  # two edges, half of four
        rates = [c["learning_rate"] for c in one.configurations]
        assert all(low * (low / high) ** 0.5 <= rate < low for rate in rates[:2])
        assert all(low <= rate <= high for rate in rates[2:])
        assert all(c["clip_norm"] > SETTINGS.space.clip_norm[1] for c in one.configurations[2:])
    assert extras["LSTM"][0].configurations != extras["LSTM"][1].configurations


def test_a_run_that_diverges_after_the_old_cap_counts_as_diverged(task) -> None:
    """Of four trials the cap of 4 cut off the best two; under that of 8 the best diverges, and the second gets worse.

    The best of all is now one that had stopped, which is why it was run again. Seconds are those of a cap of 8.
    """
    replicates = [draw_replicate(task, SETTINGS, 0)]

    def trial(score: float, epochs: int, best_epoch: int, diverged_at: int | None = None) -> dict:
        return {
            "score": score,
            "epochs": epochs,
            "best_epoch": best_epoch,
            "diverged_at": diverged_at,
            "seconds": float(epochs),
        }

    before = [trial(0.1, 4, 4), trial(0.5, 4, 1), trial(0.2, 4, 3), trial(0.4, 4, 1)]
    entry = {"trials": before, "selected": 0, "train_curve": [1.0], "seconds": 16.0}
    extended = extension.Extension(8, (), ("as it was cut off",))
    ((extra,),) = extension.extras(
        {"cells": {"GRU": {}}, "replicates": [{"cells": {"GRU": entry}}]}, replicates, SETTINGS, extended
    ).values()
    assert extra.again == [0, 2, 3]
    again = [trial(0.7, 6, 4, diverged_at=6), trial(0.45, 8, 7), trial(0.4, 4, 1)]
    after = {"trials": again, "selected": 2, "train_curve": [2.0], "seconds": 18.0}
    merged, moved = extension.with_extra(entry, after, extra)
    assert moved
    assert merged["trials"] == [again[0], before[1], again[1], again[2]]
    assert merged["selected"] == 3
    assert merged["seconds"] == 6 + 4 + 8 + 4
    assert merged["train_curve"] == [2.0]


def test_a_replicate_to_which_an_extension_adds_nothing_keeps_what_it_has(task, searches, found, tmp_path) -> None:
    """No run of replicate 0 met the cap of 4, all of replicate 1 did: one lot is all filling."""
    replicates = [draw_replicate(task, SETTINGS, index) for index in range(2)]
    stopped, cut = ([{**trial, **ended} for trial in found[4][k].entry["trials"]] for k, ended in enumerate(ENDED))
    before = [{**found[4][k].entry, "trials": trials} for k, trials in enumerate((stopped, cut))]
    entry = {"cells": {"GRU": {}}, "replicates": [{"cells": {"GRU": one}} for one in before]}
    extras = extension.extras(entry, replicates, SETTINGS, extension.Extension(8, (), ("as it was cut off",)))
    assert [extra.eligible for extra in extras["GRU"]] == [0, 4]
    told = []
    part = context.SearchContext(task.name, replicates, [0.7, 0.7], Folder(tmp_path, SETTINGS), told.append)
    after = divided.extend_all(part._replace(stage=extension.STAGE), {"GRU": searches[8]}, extras)["GRU"]
    merged = [extension.with_extra(*each) for each in zip(before, after, extras["GRU"], strict=True)]
    assert merged[0] == (before[0], False)
    assert merged[1][1]
    assert without_seconds(merged[1][0]) == without_seconds(found[8][1].entry)
    assert {progress.replicate for progress in told} == {1}


ENDED = (
    {"epochs": 3, "best_epoch": 1, "diverged_at": None},
    {"epochs": 4, "best_epoch": 4, "diverged_at": None},
)
"""How runs of two replicates ended: by their patience, and by the cap."""


def test_an_extension_says_why_and_a_budget_in_minutes_has_none() -> None:
    fake, settings = make_task(diverging=0.0), Settings()
    assert extension.extension(fake, settings) is None
    for replicate in fake["replicates"]:
        rates = [configuration["learning_rate"] for configuration in replicate["configurations"]]
        replicate["cells"]["GRU"]["selected"] = int(np.argmin(rates))
        lstm = replicate["cells"]["LSTM"]
        lstm["trials"][lstm["selected"]]["best_epoch"] = 299
    extended = extension.extension(fake, settings)
    assert extended == extension.Extension(
        600,
        (("learning_rate", "lower"),),
        ("LSTM had its best epoch at the cap of 300", "GRU did best at the lower edge of learning rate (8 of 8)"),
    )
    assert extension.extension(fake, dataclasses.replace(settings, extend=False)) is None
    assert extension.extension(fake, dataclasses.replace(settings, minutes=1.0)) is None


def test_a_run_that_diverged_scores_the_trivial_baseline_or_worse() -> None:
    assert score_of({"diverged_at": None}, 1.0, 2.0) == 1.0
    assert score_of({"diverged_at": 5}, 1.0, 2.0) == 2.0
    assert score_of({"diverged_at": 5}, 3.0, 2.0) == 3.0
    assert score_of({"diverged_at": 1}, None, 2.0) == 2.0
    assert score_of({"diverged_at": 1}, None, None) is None


def test_a_run_that_diverged_is_not_selected_and_its_test_is_no_better_than_trivial(task, searches) -> None:
    replicate = draw_replicate(task, SETTINGS, 0)
    lot = replicate.lot._replace(configurations=[extension.NOTHING, *replicate.lot.configurations[1:]])
    one = searches[4].train(lot, replicate.visible(), 0.7)
    assert one.entry["trials"][0]["diverged_at"] == 1
    assert one.entry["trials"][0]["score"] == 0.7
    assert one.entry["selected"] > 0 or all(t["score"] >= 0.7 for t in one.entry["trials"])
    free = searches[4].test(one.params, small_test(replicate.seed), None)
    nats, accuracy = free["scores"]["nats"], free["scores"]["accuracy"]
    bound = searches[4].test(one.params, small_test(replicate.seed), {"nats": nats + 0.5, "accuracy": accuracy - 0.1})
    assert bound["scores"]["nats"] == pytest.approx(nats + 0.5)
    assert bound["scores"]["accuracy"] == accuracy - 0.1
    np.testing.assert_allclose(np.subtract(bound["sequence_losses"], free["sequence_losses"]), 0.5, rtol=1e-6)
    worse = searches[4].test(one.params, small_test(replicate.seed), {"nats": nats - 0.5})
    assert worse == free
    assert np.sum(free["sequence_losses"]) / np.sum(free["counts"]) == pytest.approx(nats, rel=1e-6)


def test_the_error_of_one_cell_stops_the_others_and_is_the_one_raised(task, searches, tmp_path) -> None:
    class Broken:
        max_epochs = SETTINGS.max_epochs

        def train(self, *_, **__):
            raise ValueError("no such thing")

    replicates = [draw_replicate(task, SETTINGS, index) for index in range(2)]
    part = context.SearchContext(task.name, replicates, [0.7, 0.7], Folder(tmp_path, SETTINGS), lambda _: None)
    with pytest.raises(ValueError, match="no such thing"):
        divided.search_all(part, {"GRU": searches[4], "LSTM": Broken()})  # type: ignore[dict-item]


def test_the_region_is_written_before_the_test_part_is_read_and_it_is_read_once(task, tmp_path) -> None:
    settings = dataclasses.replace(SETTINGS, extend=False, trials=2)
    folder, read = Folder(tmp_path, settings), []

    def watched_test(seed: int) -> FinalTest:
        read.append((tmp_path / "region.json").exists())
        return small_test(seed)

    watched = dataclasses.replace(task, read_test=watched_test)
    result = protocol.compare_on(watched, settings, folder, lambda _: None)
    assert read == [True, True]
    assert json.loads((tmp_path / "region.json").read_text())["signs"] == result["region"]
    # Once for each of two replicates, and not by a second call.
    again = protocol.compare_on(watched, settings, folder, lambda _: None)
    assert len(read) == 2
    assert again["replicates"] == result["replicates"]
    assert again["baselines"] == result["baselines"]
    assert result["baselines"][0]["test"] == pytest.approx(float(small_test(0).batch.x.sum()))
    assert result["test_counts"] == [1.0] * 10
