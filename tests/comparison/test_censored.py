"""Censored metrics: known answers of synthetic curves, the verdict that follows, what reports say, and a whole run."""

from __future__ import annotations

import copy
import html
import io
import json
import re
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("rich")

from rich.console import Console

from gatedrnn.comparison.censored import Reach, lengths_entry, reach, steps_entry, together
from gatedrnn.comparison.received_lengths import refuse_lengths
from gatedrnn.comparison.settings import Settings
from gatedrnn.comparison.verdict.censored import decide_censored, weigh_censored
from gatedrnn.comparison.verdict.label import Label
from gatedrnn.report.compare import compare
from gatedrnn.report.markdown import render_markdown
from gatedrnn.report.page import render_report
from gatedrnn.report.summary import render_summary
from gatedrnn.tasks.generated.adding import adding
from gatedrnn.tasks.generated.counting import counting
from gatedrnn.tasks.simple_models import ValidatedBaseline
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import judged

NAMES = ("LSTM", "GRU")


def curves(*of_replicates: tuple[list[float | None], list[float | None]]) -> dict[str, Any]:
    """Return what searches found of which each has two trials; the second, of the other curve, is selected."""
    trial = {"curve": [0.0]}
    cells = [
        {name: {"trials": [trial, {"curve": curve}], "selected": 1} for name, curve in zip(NAMES, pair, strict=True)}
        for pair in of_replicates
    ]
    return {"protocol": {"max_epochs": 4}, "replicates": [{"cells": each} for each in cells]}


def test_steps_are_counted_to_the_first_epoch_at_the_threshold_of_the_selected_trial() -> None:
    found = curves(
        ([3.0, 0.5, 2.0, 0.1], [3.0, 2.0, 0.51, 0.51]),  # reached, and left again; never reached, to the cap
        ([0.4], [2.0, None]),  # at once; diverged before
        ([2.0, 1.9], [9.0, 0.6, None, 0.5]),  # stopped by its patience; at the cap itself, and at the threshold
    )
    split = [ValidatedBaseline("mean", {"nats": 1.4}, ""), ValidatedBaseline("easy", {"nats": 0.5}, "")]
    entry = steps_entry(found, [split, split, split[:1]], threshold=0.5, every=100)
    assert entry["cells"] == {"LSTM": [200, 100, None], "GRU": [None, None, 400]}
    assert entry["baselines"] == {"mean": [None] * 3}, (
        "one that was not fitted to every split is nothing to hold against"
    )
    assert (entry["limit"], entry["every"], entry["higher"]) == (400, 100, False)


def test_who_accepts_all_words_is_beyond_the_longest() -> None:
    entry = lengths_entry(together([Reach({"LSTM": 40, "GRU": 12}, {"n-gram": 0}, 40)] * 2))
    assert entry["cells"] == {"LSTM": [None, None], "GRU": [12, 12]}
    assert (entry["limit"], entry["higher"], entry["baselines"]) == (40, True, {"n-gram": [0, 0]})
    assert together([]) is None


def censored(lstm: list[int | None], gru: list[int | None], *, higher: bool = False) -> dict[str, Any]:
    if higher:
        return lengths_entry(
            {
                "longest": 200,
                "cells": {
                    "LSTM": [200 if n is None else n for n in lstm],
                    "GRU": [200 if n is None else n for n in gru],
                },
                "baselines": {"n-gram": [2] * len(lstm)},
            }
        )
    found = curves(*(([9.0], [9.0]) for _ in lstm))
    entry = steps_entry(found, [[ValidatedBaseline("mean", {"nats": 1.4}, "")]] * len(lstm), 0.0122, every=138)
    return {**entry, "limit": 4140, "cells": {"LSTM": lstm, "GRU": gru}}


FEW, MORE, NEVER = [138, 276, 276, 414, 276, 276, 138, 276], [414, 552, 690, 552, 414, 690, 828, 552], [None] * 8


@pytest.mark.parametrize(
    ("lstm", "gru", "label", "meaningful"),
    [
        (MORE, FEW, Label.B_BETTER, True),
        (FEW, NEVER, Label.A_BETTER, True),
        (
            [*FEW[:6], None, None],
            NEVER,
            Label.A_BETTER,
            False,
        ),  # 6 of 6 decided: p 1/32, but its exact interval is wide
        ([*FEW[:5], None, None, None], NEVER, Label.NOT_RESOLVED, False),  # 5 of 5: p 1/16
        (FEW, FEW, Label.NOT_RESOLVED, False),
        ([138, *NEVER[1:]], NEVER, Label.NEITHER_BEATS_BASELINE, False),
        (NEVER, NEVER, Label.NEITHER_BEATS_BASELINE, False),
    ],
)
def test_the_label_follows_the_sign_test(lstm, gru, label: Label, meaningful: bool) -> None:
    decision = decide_censored(weigh_censored(censored(lstm, gru), NAMES)[NAMES])
    assert (decision.label, decision.meaningful) == (label, meaningful)


def test_higher_is_better_of_lengths_and_all_words_accepted_are_a_tie() -> None:
    longer = weigh_censored(censored([None] * 6 + [90, 50], [20] * 8, higher=True), NAMES)[NAMES]
    assert decide_censored(longer).label is Label.A_BETTER
    both = weigh_censored(censored([None] * 8, [None] * 8, higher=True), NAMES)[NAMES]
    assert decide_censored(both).label is Label.NOT_RESOLVED
    assert both.signs.superiority.ties == 8
    short = weigh_censored(censored([2] * 8, [1] * 8, higher=True), NAMES)[NAMES]
    assert decide_censored(short).label is Label.NEITHER_BEATS_BASELINE, "n-grams come as far"


def test_p_values_are_corrected_for_the_number_of_pairs() -> None:
    """Of 6-0 the sign test gives 1/32; Holm multiplies the smallest of three by 3."""
    entry = censored([100] * 6, [200] * 6)
    entry["cells"]["SimpleRNN"] = [200] * 6
    found = weigh_censored(entry, (*NAMES, "SimpleRNN"))
    assert [found[pair].p for pair in found] == [3 / 32, 3 / 32, 1.0]
    assert weigh_censored(entry, NAMES)[NAMES].p == 1 / 32


def shown(task: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the results of a task, and what terminal, Markdown and page say of it."""
    results = judged(task)
    console = Console(width=140, file=io.StringIO())
    console.print(render_summary(results))
    page = re.sub(r"<style.*?</style>|<[^>]+>", "", html.unescape(render_report(results)), flags=re.DOTALL)
    return results, [" ".join(text.split()) for text in (console.file.getvalue(), render_markdown(results), page)]


def test_all_reports_say_how_many_are_censored_and_the_scores_stand_beside() -> None:
    task = make_task() | {"censored": censored([*FEW[:7], None], [*MORE[:4], None, None, None, None])}
    results, reports = shown(task)
    (pair,) = results["tasks"][0]["pairs"]
    assert pair["verdict"]["winner"] == "LSTM"
    assert pair["other"]["label"] == "GRU better"
    assert pair["other"]["disagrees"]
    assert pair["censored"]["cells"]["GRU"]["value"] == {"value": (690 + 4140) / 2, "beyond": True}
    for text in reports:
        assert "reaches the threshold after fewer updates (by nats, GRU is)" in text
        assert "1 of 8 replicates of LSTM and 4 of 8 replicates of GRU did not reach it within 4,140 updates" in text
        assert "more than 2,415" in text
        assert "more than 4,140" in text, "what the trivial baseline reaches"
        assert "4 of 8 censored" in text
        assert text.count("decides") >= 3
        assert "95 %; decides" not in text, "scores do not decide"


@pytest.mark.verify
@pytest.mark.parametrize("higher", [False, True])
@pytest.mark.parametrize(("lstm", "gru"), [(NEVER, NEVER), ([0] * 8, [0] * 8), (FEW, MORE), ([138, *NEVER[1:]], NEVER)])
def test_every_outcome_has_words_in_all_reports(lstm, gru, higher: bool) -> None:
    values = [[n if n is None or not higher else n // 10 for n in each] for each in (lstm, gru)]
    results, reports = shown(make_task() | {"censored": censored(*values, higher=higher)})
    verdict = results["tasks"][0]["pairs"][0]["verdict"]
    for text in reports:
        assert verdict["headline"].split(" (")[0] in text
    assert "nan" not in json.dumps(results)
    assert "inf" not in verdict["sentence"].replace("infer", "")


@pytest.mark.verify
def test_several_cells_have_medians_each() -> None:
    task = make_task()
    for replicate in task["replicates"]:
        replicate["cells"]["MinGRU"] = copy.deepcopy(replicate["cells"]["GRU"])
    task["cells"]["MinGRU"] = copy.deepcopy(task["cells"]["GRU"])
    entry = censored(FEW, MORE)
    entry["cells"]["MinGRU"] = NEVER
    results, reports = shown(task | {"censored": entry})
    assert [pair["verdict"]["winner"] for pair in results["tasks"][0]["pairs"]] == ["LSTM", "LSTM", "GRU"]
    assert all("LSTM is better than GRU and MinGRU" in text for text in reports)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": 0.1}, "threshold: expected none unless the metric is steps-to-threshold, got 0.1"),
        ({"metric": "steps-to-threshold", "minutes": 1.0}, "minutes: expected none with steps-to-threshold"),
        ({"metric": "steps-to-threshold", "threshold": float("nan")}, "threshold: expected a finite number"),
        ({"metric": "steps"}, "metric: expected one of nats, .*, steps-to-threshold, longest-length; got 'steps'"),
    ],
)
def test_settings_that_cannot_be_counted_by_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(**options)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (
            "steps-to-threshold",
            "threshold: expected a validation loss in nats per utterance, as japanese-vowels-speaker",
        ),
        ("longest-length", "metric: expected another for japanese-vowels-speaker, of which there is no word of each"),
    ],
)
def test_tasks_without_a_threshold_or_lengths_are_refused(metric, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(tasks=("japanese-vowels-speaker",), metric=metric).refuse_unfit()


@pytest.mark.parametrize(
    ("lengths", "wanted", "message"),
    [
        (None, True, "lengths: expected those of each cell"),
        ({"longest": 9, "cells": {"A": [1, 2]}, "baselines": {}}, False, "lengths: expected null"),
        ({"longest": 9, "cells": {"A": [1, 10]}, "baselines": {}}, True, "lengths.A: expected numbers from 0 to 9"),
        ({"longest": 9, "cells": {"A": [1]}, "baselines": {}}, True, "lengths.A: expected 2"),
    ],
)
def test_lengths_that_cannot_be_are_refused(lengths, wanted: bool, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        refuse_lengths(lengths, ["A"], 2, wanted=wanted)


class Counter:
    """A stand-in for a search's networks that accept words up to some n, and again later."""

    def __init__(self, upto: int) -> None:
        self.measure, self._upto = self, upto

    def each(self, params: Any, batch: Any) -> Any:
        n = np.arange(1, len(batch.lengths) + 1)
        count = np.ones(len(n))
        accepted = ((n <= self._upto) | (n > self._upto + 2)).astype(float)
        return type("Sums", (), {"of": {"correct": accepted}, "count": count})


def test_simple_models_and_networks_are_asked_for_the_same_words() -> None:
    """Word by word, simple models say what they say of each alone; a network that diverged accepts none."""
    task = counting(2, 8)
    fitted = task.baselines(task.split(0))
    trials = {"LSTM": None, "GRU": 3}
    cells = {name: {"trials": [{"diverged_at": at}], "selected": 0} for name, at in trials.items()}
    searched = type(
        "Searched",
        (),
        {"searches": {"LSTM": Counter(7), "GRU": Counter(20)}, "found": {"replicates": [{"cells": cells}]}},
    )
    assert task.read_lengths is not None
    words = task.read_lengths(0)
    found = reach(words, searched, 0, dict.fromkeys(trials), fitted)
    assert found.cells == {"LSTM": 7, "GRU": 0}
    assert found.longest == 32
    for model in fitted:
        alone = [model.score(words._replace(batch=words.batch.take([k])).part())["accuracy"] for k in range(6)]
        assert found.baselines[model.name] == int(np.cumprod(alone).sum())


@pytest.mark.verify
def test_a_comparison_counts_the_steps_of_adding(tmp_path) -> None:
    """What the entry says is read again off the curves; a resumed one says the same."""
    options = {"replicates": 3, "trials": 2, "max_epochs": 6, "patience": 6, "hidden": (6,), "extend": False}
    results = compare(adding(6), out=tmp_path, metric="steps-to-threshold", **options)
    (task,) = results["tasks"]
    seen = task["censored"]
    assert seen["limit"] == 6 * (5000 // 36)
    for name in NAMES:
        for steps, replicate in zip(seen["cells"][name], task["replicates"], strict=True):
            entry = replicate["cells"][name]
            curve = np.array(entry["trials"][entry["selected"]]["curve"], float)
            reached = np.flatnonzero(curve <= seen["threshold"])
            assert steps == (138 * (reached[0] + 1) if len(reached) else None)
    assert task["metric"]["name"] == "rmse"
    assert task["beside"] is None
    assert any(steps is not None for steps in seen["cells"]["GRU"]), "so short a problem is solved"
    again = compare(adding(6), out=tmp_path, metric="steps-to-threshold", **options)
    assert again["tasks"][0]["pairs"] == json.loads(json.dumps(task["pairs"]))


@pytest.mark.verify
def test_a_comparison_asks_how_far_networks_count(tmp_path) -> None:
    options = {"replicates": 2, "trials": 2, "max_epochs": 40, "patience": 40, "hidden": (6,), "extend": False}
    task = counting(2, 6)
    (found,) = compare(task, out=tmp_path, metric="longest-length", **options)["tasks"]
    assert found["censored"]["limit"] == 24
    read = json.loads((tmp_path / "searches" / task.name / "test.json").read_text())["lengths"]
    for name in NAMES:
        assert [24 if n is None else n for n in found["censored"]["cells"][name]] == read["cells"][name]
    assert found["metric"]["name"] == "nats"
