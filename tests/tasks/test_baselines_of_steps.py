"""Simple models that read steps one by one see what summaries and lines do not."""

from __future__ import annotations

import numpy as np

from gatedrnn.tasks import baselines
from gatedrnn.tasks.parts import Batch, Visible


def test_models_of_all_steps_see_what_summaries_do_not() -> None:
    """The class is the sign of two steps' product, one in a quarter and one in three quarters of the sequence."""
    rng = np.random.default_rng(0)

    def part(size: int) -> Batch:
        x = rng.normal(size=(12, size, 1))
        return Batch(x, np.full(size, 12), (x[2, :, 0] * x[8, :, 0] > 0).astype(int))

    visible = Visible(part(400), part(200), 0.0)
    worth = {b.name: b.validation["accuracy"] for b in baselines.classification(visible)}
    # Of 200 sequences the accuracy of a coin has a deviation of 0.035.
    assert worth.pop("random forest on all steps") > 0.7
    assert all(0.36 < accuracy < 0.64 for accuracy in worth.values())
    line = part(400)
    straight = line._replace(y=(line.x[2, :, 0] > 0).astype(int))
    other = part(200)
    visible = Visible(straight, other._replace(y=(other.x[2, :, 0] > 0).astype(int)), 0.0)
    worth = {b.name: b.validation for b in baselines.classification(visible)}
    assert worth["logistic regression on all steps"]["accuracy"] > 0.95


def test_a_forest_on_the_last_steps_sees_what_a_line_does_not() -> None:
    """The class of a step is whether it and the one before have one sign: no linear map of them says so."""
    rng = np.random.default_rng(1)

    def part(size: int) -> Batch:
        x = rng.normal(size=(60, size, 1))
        before = np.concatenate([np.ones((1, size)), x[:-1, :, 0]])
        return Batch(x, np.full(size, 60), (x[..., 0] * before > 0).astype(int))

    visible = Visible(part(40), part(20), 0.0)
    worth = {b.name: b.validation["accuracy"] for b in baselines.step_classification(visible, classes=2)}
    assert worth["random forest on the last steps"] > 0.9
    assert worth["logistic regression on the last steps"] < 0.6
