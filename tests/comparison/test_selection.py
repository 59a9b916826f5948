"""Selection by the verdict's metric: another trial than nats select where the two disagree, and no cost by nats."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("sklearn")

from gatedrnn.cells.registry import make_cell
from gatedrnn.comparison import protocol
from gatedrnn.comparison.folder import Folder
from gatedrnn.comparison.search.search import EXAMPLE
from gatedrnn.errors import InputError
from gatedrnn.experiment.measure import Measure
from gatedrnn.experiment.network import init_params
from gatedrnn.experiment.space import as_hypers
from gatedrnn.tasks import registry
from gatedrnn.tasks.metrics import Deciding, number_scores
from gatedrnn.tasks.parts import Batch, FinalTest, Scale, Visible
from gatedrnn.tasks.simple_models import FittedBaseline, Scores
from gatedrnn.tasks.task import Task
from tests.helpers.small_searches import SETTINGS

SCALE = Scale(np.array([100.0]), np.array([20.0]), np.array([25.0]), np.array([4.0]))
OFFSET = float(np.log(20.0 / 25.0))


def part(seed: int, size: int) -> Batch:
    """Return random numbers around 0, normalised."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(6, size, 1)).astype(np.float32)
    return Batch(x, np.full(size, 6, np.int32), rng.normal(size=x.shape).astype(np.float32))


def split(seed: int) -> Visible:
    return Visible(part(seed, 24), part(seed + 1, 12), OFFSET, SCALE)


def baselines(visible: Visible) -> list[FittedBaseline]:
    """Two that the metrics rank differently, and one that knows nats alone."""
    del visible
    rows = {"sure": (2.0, 21.0), "careful": (1.5, 30.0)}

    def fitted(name: str, scores: Scores) -> FittedBaseline:
        return FittedBaseline(name, scores, lambda part: scores)

    found = [fitted(name, {"nats": nats, "rmse": rmse}) for name, (nats, rmse) in rows.items()]
    return [fitted("nats alone", {"nats": 1.0}), *found]


def noise() -> Task:
    return dataclasses.replace(
        registry.load("japanese-vowels-forecast"),
        name="noise",
        in_dim=1,
        out_dim=2,
        metric=None,
        split=split,
        read_test=lambda seed: FinalTest(part(99, 10), OFFSET, SCALE),
        baselines=baselines,
        reading=lambda seed: registry.load("jsb-chorales").reading(seed)._replace(targets=("load",)),
    )


def constant(mean: float, deviation: float) -> Any:
    """Return parameters of a network that forecasts the same always."""
    hyper = jax.tree.map(lambda column: column[0], as_hypers([EXAMPLE]))
    drawn = init_params(make_cell("GRU", 3), noise(), 6, hyper, jax.random.key(0))
    *rest, head = jax.tree.map(jnp.zeros_like, drawn)
    return (*rest, head._replace(b=jnp.array([mean, np.log(deviation)], jnp.float32)))


@pytest.fixture(scope="module")
def members() -> Any:
    """A good mean that is far too sure, and a poor mean that knows how poor it is."""
    return jax.tree.map(lambda *each: jnp.stack(each), constant(0.0, 0.2), constant(1.0, 1.5))


def runs(visible: Visible) -> list[dict[str, Any]]:
    y = np.asarray(visible.validation.y, np.float64)
    nats = [
        0.5 * np.mean((y - mean) ** 2) / s**2 + np.log(s) + 0.5 * np.log(2 * np.pi) + OFFSET
        for mean, s in ((0.0, 0.2), (1.0, 1.5))
    ]
    return [{"validation": float(value), "diverged_at": None} for value in nats]


def test_by_rmse_another_trial_is_selected_than_by_nats(members: Any) -> None:
    visible = split(0)
    metrics: tuple[Deciding, ...] = ("nats", "rmse", "mase")
    by_nats, by_rmse, by_mase = (
        Measure(make_cell("GRU", 3), noise(), metric).selection(runs(visible), members, visible) for metric in metrics
    )
    y = np.asarray(visible.validation.y, np.float64)
    assert by_nats == [run["validation"] for run in runs(visible)]
    assert by_rmse == pytest.approx([20 * np.sqrt(np.mean((y - mean) ** 2)) for mean in (0.0, 1.0)], rel=1e-5)
    assert by_mase == pytest.approx([20 * np.mean(np.abs(y - mean)) / 4 for mean in (0.0, 1.0)], rel=1e-5)
    assert (int(np.argmin(by_nats)), int(np.argmin(by_rmse))) == (1, 0)


def test_a_run_without_a_finite_epoch_has_no_score(members: Any) -> None:
    found = runs(split(0))
    found[1]["validation"] = None
    measure = Measure(make_cell("GRU", 3), noise(), None)
    assert measure.metric(SCALE) == "rmse"
    scores = measure.selection(found, members, split(0))
    assert scores[0] is not None
    assert scores[1] is None
    with pytest.raises(InputError, match="metric: expected one of nats for noise, got 'mae'"):
        Measure(make_cell("GRU", 3), noise(), "mae").metric(None)


def test_outputs_and_scores_are_those_of_the_network() -> None:
    measure, params = Measure(make_cell("GRU", 3), noise(), None), constant(0.5, 2.0)
    visible = split(0)
    np.testing.assert_allclose(
        measure.outputs(params, visible.validation), np.broadcast_to([0.5, np.log(2.0)], (12, 6, 2)), rtol=1e-6
    )
    y = np.asarray(visible.validation.y, np.float64).reshape(-1, 1) * 20 + 100
    expected = number_scores(np.full_like(y, 110.0), np.full_like(y, 40.0), y, SCALE)
    # The head's log deviation is clipped softly: bound * tanh(log 2 / bound) is log 2 less 0.0023.
    assert measure.scores(params, visible.validated())["rmse"] == pytest.approx(expected["rmse"], rel=1e-5)
    assert measure.scores(params, visible.validated())["nats"] == pytest.approx(expected["nats"], abs=3e-3)


def test_everything_follows_the_metric(tmp_path: Any) -> None:
    settings = dataclasses.replace(SETTINGS, extend=False, trials=3, matching="width")
    result = protocol.compare_on(noise(), settings, Folder(tmp_path, settings), lambda _: None)
    assert result["metric"] == {"name": "rmse", "words": "root mean squared error", "unit": "load"}
    assert [(b["name"], b["strongest"], b["validation"], b["test"]) for b in result["baselines"]] == [
        ("sure", True, 21.0, 21.0),
        ("careful", False, 30.0, 30.0),
    ]
    beside = result["beside"]
    assert beside is not None
    assert (beside["metric"]["name"], beside["region"]["baseline"], beside["tests"]) == (
        "nats",
        "nats alone",
        [[1.0, 1.0], [2.0, 2.0], [1.5, 1.5]],
    )
    for replicate in result["replicates"]:
        for cell in replicate["cells"].values():
            scores = [trial["score"] for trial in cell["trials"]]
            assert cell["selected"] == int(np.argmin([np.inf if score is None else score for score in scores]))
            assert all(15 < score < 40 for score in scores if score is not None)
            assert np.sum(cell["test"]["sequence_losses"]) / 60 == pytest.approx(
                cell["test"]["scores"]["rmse"], rel=1e-6
            )
    assert result["range"][0]["target"] == "load"
    assert result["forecasts"] == []  # there are no recordings
    best = [r["cells"]["GRU"]["trials"][r["cells"]["GRU"]["selected"]] for r in result["replicates"]]
    by_nats = beside["region"]
    if by_nats["best_cell"] == "GRU":
        assert by_nats["best_validation"] == pytest.approx(np.mean([trial["validation"] for trial in best]), rel=1e-5)
