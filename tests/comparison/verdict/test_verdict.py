"""Exactly one verdict for every input, by the table of precedence."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")

from gatedrnn.comparison.verdict import decide as verdict
from gatedrnn.comparison.verdict.budgets import Change
from gatedrnn.comparison.verdict.label import Label, text_of

LABELS = (
    "neither beats the baseline",
    "budget-dependent",
    "LSTM better",
    "GRU better",
    "practically equivalent",
    "not resolved",
)
CHANGE = Change("trials", 2.0, 9.0, "LSTM", "GRU")
NAMES = ("LSTM", "GRU")


def scores(differences: list[float], b: float = 1.0) -> tuple[list[float], list[float]]:
    """Return A's and B's scores with these differences A - B."""
    return [b + d for d in differences], [b] * len(differences)


def decide(differences: list[float], region: float = 0.0, baseline: float | None = 5.0) -> verdict.Decision:
    return verdict.decide(verdict.weigh(NAMES, *scores(differences), region=region, baseline=baseline))


@pytest.mark.parametrize("draws", [500, pytest.param(5000, marks=pytest.mark.verify)])
def test_every_random_input_gives_exactly_one_verdict(draws: int) -> None:
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(draws):
        n = int(rng.integers(2, 20))
        a = rng.normal(0, 1, n)
        b = a + rng.choice([0.0, 0.02, 0.3, 2.0]) * rng.normal(0, 1, n) + rng.choice([-0.5, 0.0, 0.5])
        baseline = None if rng.uniform() < 0.1 else float(rng.normal(1, 2))
        changes = (CHANGE,) if rng.uniform() < 0.1 else ()
        region = float(rng.choice([0.0, 0.1, 1.0]))
        evidence = verdict.weigh(NAMES, a, b, region=region, baseline=baseline, changes=changes)
        decision = verdict.decide(evidence)
        entry = decision.entry()
        seen.add(entry["label"])
        assert LABELS.count(entry["label"]) == 1
        assert decision.winner == {"LSTM better": "LSTM", "GRU better": "GRU"}.get(entry["label"])
        assert decision.exploratory == (n < 6)
        assert not (decision.meaningful and decision.winner is None)
        mirrored = verdict.decide(verdict.weigh(NAMES[::-1], b, a, region=region, baseline=baseline, changes=changes))
        assert mirrored.entry() == entry
    assert seen == set(LABELS)


def test_the_table_lists_the_vocabulary_and_always_ends() -> None:
    assert tuple(verdict.PRECEDENCE) == tuple(Label)
    assert tuple(text_of(label, NAMES) for label in verdict.PRECEDENCE) == LABELS
    assert verdict.PRECEDENCE[tuple(Label)[-1]](None)  # type: ignore[arg-type]


NOISE = [0.02, -0.01, 0.01, -0.02, 0.015, -0.015, 0.0, 0.0]


@pytest.mark.parametrize(
    ("shift", "region", "baseline", "label"),
    [
        (-0.5, 0.1, 5.0, "LSTM better"),
        (0.5, 0.1, 5.0, "GRU better"),
        (0.0, 0.1, 5.0, "practically equivalent"),
        (0.0, 0.001, 5.0, "not resolved"),
        (0.0, 0.0, 5.0, "not resolved"),
        (0.0, 0.1, None, "practically equivalent"),
        (-0.5, 0.1, 0.2, "neither beats the baseline"),  # comes before "LSTM better"
        (0.0, 0.1, 0.2, "neither beats the baseline"),  # and before "practically equivalent"
        (-0.05, 0.1, 5.0, "LSTM better"),  # comes before "practically equivalent", both hold
        (-0.5, 0.1, 0.7, "LSTM better"),  # one that beats the baseline is enough
    ],
)
def test_the_first_label_that_holds_is_the_verdict(
    shift: float, region: float, baseline: float | None, label: str
) -> None:
    assert decide([shift + d for d in NOISE], region, baseline).entry()["label"] == label


@pytest.mark.parametrize("shift", [-0.5, 0.0, 0.5])
def test_a_change_of_places_comes_before_the_better_cell_and_after_the_baseline(shift: float) -> None:
    a, b = scores([shift + d for d in NOISE])
    for baseline, label in ((5.0, "budget-dependent"), (0.2, "neither beats the baseline")):
        evidence = verdict.weigh(NAMES, a, b, region=0.1, baseline=baseline, changes=(CHANGE,))
        assert verdict.decide(evidence).entry()["label"] == label


@pytest.mark.parametrize(
    ("shift", "p", "label"),
    [
        (-0.5, (0.05, 1.0), "LSTM better"),
        (-0.5, (0.06, 1.0), "not resolved"),
        (0.0, (1.0, 0.05), "practically equivalent"),
        (0.0, (1.0, 0.06), "not resolved"),
    ],
)
def test_among_several_pairs_the_corrected_p_must_agree(shift: float, p: tuple[float, float], label: str) -> None:
    a, b = scores([shift + d for d in NOISE])
    evidence = verdict.weigh(NAMES, a, b, region=0.1, baseline=5.0, p=p)
    assert verdict.decide(evidence).entry()["label"] == label


def test_the_whole_interval_of_a_cell_must_beat_the_baseline() -> None:
    # Interval of A: 1 ± t(7, 0.975) s / sqrt(8) with s = 0.0155, so 1 ± 0.013.
    assert decide(NOISE, baseline=1.02).label is Label.NOT_RESOLVED
    a, b = [1 + d for d in NOISE], [1 - d for d in NOISE]
    evidence = verdict.weigh(NAMES, a, b, region=0.0, baseline=1.005)
    assert evidence.beats_baseline() == (False, False)


def test_meaningful_takes_superiority_with_its_interval_and_a_size_that_matters() -> None:
    assert decide([-0.5 + d for d in NOISE]).meaningful
    # Seven of eight: 0.875, but its exact interval reaches below a half.
    most = decide([-0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, 0.1])
    assert (most.winner, most.meaningful) == ("LSTM", False)
    # All of eight, but too little to matter.
    assert not decide([-0.05 + d for d in NOISE], region=0.1).meaningful
    # All of five are too few for certainty, which six are not.
    assert not decide([0.5, 0.51, 0.52, 0.5, 0.5]).meaningful
    assert decide([0.5, 0.51, 0.52, 0.5, 0.5, 0.5]).meaningful


def test_no_difference_between_a_cell_and_itself_in_95_of_100() -> None:
    # A/A with true differences of 0: 3 standard errors of 5 in 100 of 1000 are 0.021.
    rng = np.random.default_rng(3)
    labels = [decide(list(rng.normal(0, 1, 8)), baseline=None).label for _ in range(1000)]
    assert sum(label in (Label.A_BETTER, Label.B_BETTER) for label in labels) / 1000 < 0.05 + 0.021
