"""Another metric's verdict beside the one that counts: by the same rules, and said aloud where the two disagree."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")

from scipy import stats

from gatedrnn.comparison.schema import results
from gatedrnn.comparison.verdict import other as verdicts
from gatedrnn.comparison.verdict.decide import weigh
from gatedrnn.comparison.verdict.judge import judge, replicate_scores
from gatedrnn.comparison.verdict.metric import looks_at, short, unit_in_words
from gatedrnn.comparison.verdict.other import Disagreement
from gatedrnn.experiment.schema import misfits
from gatedrnn.tasks.metrics import DECIDING, limits
from tests.helpers.fake_forecasts import NATS, RMSE, make_judged_by_rmse
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import judged

CPU = {"platform": "cpu", "kind": "cpu", "count": 1, "cpu_cores": 2}
NAMES = ("LSTM", "GRU")


def only(task: dict[str, Any]) -> dict[str, Any]:
    (pair,) = judge(task, CPU)
    return pair


def test_a_verdict_by_errors_speaks_in_the_users_units() -> None:
    pair = only(make_judged_by_rmse())
    verdict, statistics = pair["verdict"], pair["statistics"]
    assert verdict["headline"] == "LSTM is meaningfully better"
    assert "410.60 against 429.08 Passengers (RMSE) on the test set" in verdict["finding"]
    assert verdict["finding"].endswith("every simple baseline; the strongest in validation is autoregression (500.00).")
    scores = [replicate_scores(make_judged_by_rmse(), name, "rmse").mean() for name in NAMES]
    assert statistics["difference"]["mean"] == pytest.approx(scores[0] - scores[1])
    assert statistics["two_way_bootstrap"]["low"] < statistics["difference"]["mean"]
    assert statistics["cells"]["LSTM"]["over_baseline"]["mean"] == pytest.approx(scores[0] - 500)


def test_no_interval_of_a_score_reaches_beyond_what_a_score_can_be() -> None:
    # One replicate of eight far off: mean less its margin is below 0, which no error can be.
    task = make_judged_by_rmse(rmse=(4.0, 5.0), spread=0.1)
    for cell in task["replicates"][0]["cells"].values():
        cell["test"]["scores"]["rmse"] = 90.0
    pair = only(task)
    for name in NAMES:
        scores = replicate_scores(task, name, "rmse")
        margin = stats.t.ppf(0.975, 7) * scores.std(ddof=1) / 8**0.5
        shown = pair["statistics"]["cells"][name]["test"]
        assert scores.mean() < margin
        assert (shown["low"], shown["high"]) == (0.0, pytest.approx(scores.mean() + margin))
    # A difference may have either sign, and nats of a density too.
    assert pair["statistics"]["difference"]["low"] < 0
    assert not np.isfinite(limits("nats", "forecast")).any()


def test_the_other_verdict_stands_beside_by_the_same_rules() -> None:
    task = make_judged_by_rmse()
    other = only(task)["other"]
    by_nats = {**task, "metric": NATS, "region": task["beside"]["region"], "beside": None}
    by_nats["baselines"] = [{**task["baselines"][0], "validation": 0.9, "tests": task["beside"]["tests"], "test": 0.9}]
    alone = only(by_nats)
    assert other["metric"] == NATS
    assert other["label"] == alone["verdict"]["label"] == "LSTM better"
    assert other["headline"] == alone["verdict"]["headline"]
    difference = {key: value for key, value in alone["statistics"]["difference"].items() if key != "p"}
    assert other["difference"] == difference
    assert other["over_baseline"] == {name: alone["statistics"]["cells"][name]["over_baseline"] for name in NAMES}
    assert not other["disagrees"]
    assert not any("By nats" in line for line in only(task)["verdict"]["caveats"])


def test_another_winner_stands_in_the_headline_and_in_a_caveat() -> None:
    pair = only(make_judged_by_rmse(nats=(0.4, 0.2)))
    assert (pair["verdict"]["label"], pair["other"]["label"]) == ("LSTM better", "GRU better")
    assert pair["verdict"]["headline"] == "LSTM is meaningfully better (by nats, GRU is)"
    assert pair["other"]["disagrees"]
    assert pair["verdict"]["caveats"][0] == (
        "By nats the verdict would be another one: \u201cGRU is meaningfully better\u201d. RMSE looks at the point "
        "forecast alone, and at large errors most; nats look at the whole distribution, and reward a model that knows "
        "how far off it may be. Take the one that says what a forecast is for."
    )


def test_a_baseline_that_only_one_metric_sees_beaten_is_said() -> None:
    """A forecast that wins by its variance alone: no error is below the baseline's, and nats are."""
    pair = only(make_judged_by_rmse(baselines=(380.0, 0.9)))
    assert pair["verdict"]["headline"] == "Neither beats the baseline (by nats, both beat the baseline)"
    assert "\u201cLSTM is meaningfully better\u201d" in pair["verdict"]["caveats"][0]
    pair = only(make_judged_by_rmse(baselines=(500.0, 0.0)))
    assert pair["verdict"]["headline"] == "LSTM is meaningfully better (by nats, neither beats the baseline)"
    few = only(make_judged_by_rmse(baselines=(500.0, 0.0), replicates=3))
    assert few["verdict"]["headline"].endswith(" (by nats, neither beats the baseline; exploratory)")


def test_that_not_the_same_cells_beat_the_baseline_is_said() -> None:
    pair = only(make_judged_by_rmse(nats=(0.4, 0.2), baselines=(500.0, 0.3)))
    assert pair["other"]["disagrees"]
    a, b = [1.0, 1.1, 0.9, 1.0, 1.1, 0.9], [2.0, 2.2, 1.9, 2.1, 2.0, 2.1]
    both = weigh(NAMES, a, b, region=0.1, baseline=3.0)
    one = weigh(NAMES, a, b, region=0.1, baseline=1.8)
    found = verdicts.beside(NATS, one, both)
    assert (found.disagreement, found.aside()) == (Disagreement.BASELINE, "by nats, only LSTM beats the baseline")
    assert verdicts.beside(NATS, both, both).disagreement is None


def test_without_another_metric_there_is_no_other_verdict() -> None:
    pair = only(make_task())
    assert pair["other"] is None
    assert not any("would be another one" in line for line in pair["verdict"]["caveats"])


@pytest.mark.parametrize("disagreement", [None, *Disagreement])
def test_every_disagreement_has_words(disagreement: Disagreement | None) -> None:
    a, b = [1.0, 1.1, 0.9, 1.0, 1.1, 0.9], [2.0, 2.2, 1.9, 2.1, 2.0, 2.1]
    evidence = weigh(NAMES, a, b, region=0.1, baseline=1.8)
    found = verdicts.beside(NATS, evidence, evidence)._replace(disagreement=disagreement)
    assert (
        found.aside()
        == {
            None: "",
            Disagreement.WINNER: "by nats, LSTM is",
            Disagreement.BASELINE: "by nats, only LSTM beats the baseline",
        }[disagreement]
    )
    assert (found.caveat(RMSE, "x") is None) == (disagreement is None)


def test_every_metric_has_words_of_its_own() -> None:
    assert len({short(name) for name in DECIDING}) == len(DECIDING)
    assert len({looks_at(name) for name in DECIDING}) == len(DECIDING)
    assert all(unit_in_words({**RMSE, "name": name}).startswith("Passengers") for name in DECIDING)


def test_macro_f1_has_no_bootstrap_over_sequences() -> None:
    task = make_task("classification", means=(0.2, 0.14), baseline=0.6)
    task["metric"] = {"name": "macro-f1", "words": "macro F1", "unit": "short of a macro F1 of 1"}
    rng = np.random.default_rng(0)
    for replicate in task["replicates"]:
        for mean, cell in zip((0.8, 0.9), replicate["cells"].values(), strict=True):
            cell["test"]["scores"]["macro-f1"] = mean + 0.005 * rng.normal()
            cell["test"]["sequence_losses"] = []
    pair = only(task)
    assert pair["statistics"]["two_way_bootstrap"] is None
    assert pair["verdict"]["label"] == "GRU better"
    assert pair["statistics"]["difference"]["mean"] == pytest.approx(0.1, abs=0.01)


def test_a_test_that_leaves_the_range_of_training_is_a_caveat() -> None:
    task = make_judged_by_rmse()
    said = (
        "61 % of the test's Passengers lies outside the range of training, 104 to 340 (up to 1,190 in the test): what "
        "was learnt inside need not hold there."
    )
    assert said in only(task)["verdict"]["caveats"]
    inside = copy.deepcopy(task)
    inside["range"][0]["outside"] = 0.05
    assert not any("range of training" in line for line in only(inside)["verdict"]["caveats"])


def test_a_made_up_forecast_is_what_the_schema_says() -> None:
    assert misfits(judged(make_judged_by_rmse()), results.Results) == []
