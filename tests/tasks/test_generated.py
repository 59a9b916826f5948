"""Made-up problems: answers against programs written another way, chance against closed forms, parts apart."""

from __future__ import annotations

import math

import chex
import numpy as np
import pytest

from gatedrnn.tasks import registry
from gatedrnn.tasks.generated import adding, automata, counting, recall

MADE = ("adding", "copy", "selective", "parity", "flip", "dyck", "anbn")
NAMES = [name for name in registry.TASKS if name.startswith(MADE)]
SMALL = {
    "adding": adding.adding(20),
    "copy": recall.copy_memory(12),
    "selective": recall.selective_copying(15),
    "parity": automata.parity(16),
    "flip-flop": automata.flip_flop(24),
    "dyck": automata.dyck(24),
    "anbn": counting.counting(2, 8),
    "anbncn": counting.counting(3, 8),
}


def columns(batch):
    """Yield each sequence's inputs, answers and scored steps, padding left out."""
    scored = batch.scored()
    for b, length in enumerate(batch.lengths):
        yield batch.x[:length, b].tolist(), batch.y[:length, b].tolist(), scored[:length, b]


def test_registered_names_are_those_of_the_tasks() -> None:
    assert [registry.load(name).name for name in NAMES] == NAMES
    assert len({registry.load(name).data_sha256 for name in NAMES}) == len(NAMES) == 14


@pytest.mark.parametrize("name", SMALL)
def test_the_test_is_the_same_for_all_seeds_and_meets_no_other_part(name) -> None:
    task = SMALL[name]
    first, other = task.split(0), task.split(1)
    tests = [task.read_test(seed).batch for seed in (0, 1)]
    chex.assert_trees_all_equal(*tests)
    if name[0] == "a" and name != "adding":  # words are given, not drawn
        lengths = [set(part.lengths.tolist()) for part in (*first[:2], tests[0])]
        assert not any(lengths[i] & lengths[j] for i, j in ((0, 1), (0, 2), (1, 2)))
        return
    assert not np.array_equal(first.train.x, other.train.x)
    if name == "parity":  # its short sequences are few, so that they recur
        return
    seen = {first.train.x[:, b].tobytes() for b in range(first.train.x.shape[1])}
    assert not seen & {first.validation.x[:, b].tobytes() for b in range(first.validation.x.shape[1])}
    assert not seen & {tests[0].x[:, b].tobytes() for b in range(tests[0].x.shape[1])}


@pytest.mark.parametrize("seed", [-1, True, 0.5])
@pytest.mark.parametrize("name", ["adding", "anbn"])
def test_seeds_that_are_none_are_refused(name, seed) -> None:
    for read in (SMALL[name].split, SMALL[name].read_test):
        with pytest.raises(ValueError, match="seed: expected an int of 0 or more"):
            read(seed)


@pytest.mark.parametrize(
    ("make", "least"), [(adding.adding, 2), (recall.copy_memory, 1), (recall.selective_copying, 10), (automata.dyck, 1)]
)
def test_lengths_that_are_none_are_refused(make, least) -> None:
    for length in (least - 1, True, 20.0):
        with pytest.raises(ValueError, match=f"expected an int of {least} or more"):
            make(length)


def test_adding_marks_one_number_in_each_half_and_asks_for_their_sum() -> None:
    batch = SMALL["adding"].split(0).train
    for x, y, scored in columns(batch):
        marked = [(t, value) for t, (value, mark) in enumerate(x) if mark == 1.0]
        assert [t < 10 for t, _ in marked] == [True, False]
        # float32 values near 1 are known to 6e-8.
        assert math.isclose(y[-1][0] * math.sqrt(1 / 6) + 1, sum(value for _, value in marked), abs_tol=1e-6)
        assert scored.tolist() == [False] * 19 + [True]


def test_copies_are_those_of_the_symbols() -> None:
    for x, y, _ in columns(SMALL["copy"].split(0).validation):
        assert x == [*y[-10:], *[0] * 11, *[9] * 11]
        assert y[:-10] == [0] * 22
    for x, y, scored in columns(SMALL["selective"].split(0).validation):
        assert [k for k in x if 0 < k < 9] == y[-10:]
        assert x[15:] == [9] * 10
        assert np.flatnonzero(scored).tolist() == list(range(15, 25))


def test_automata_answer_as_programs_do() -> None:
    for x, y, _ in columns(SMALL["parity"].split(0).validation):
        assert y == [sum(x[: t + 1]) % 2 for t in range(len(x))]
    for x, y, _ in columns(SMALL["flip-flop"].split(0).validation):
        bit = None
        for token, said in zip(x, y, strict=True):
            bit = token if token < 2 else bit
            assert said == bit
    deepest = 0
    for x, y, _ in columns(SMALL["dyck"].split(0).validation):
        opened: list[int] = []
        for token, said in zip(x, y, strict=True):
            if token < 2:
                opened.append(token)
            else:
                assert opened.pop() == token - 2
            assert said == (opened[-1] + 1 if opened else 0)
            deepest = max(deepest, len(opened))
    assert deepest == automata.DEEPEST


def test_words_are_scored_from_the_second_letter_on_and_as_wholes() -> None:
    batch = SMALL["anbncn"].read_test(0).batch
    assert batch.lengths.tolist() == [3 * n for n in range(13, 17)]
    for (x, y, scored), n in zip(columns(batch), range(13, 17), strict=True):
        assert "".join("abc"[k] for k in x) == "a" * n + "b" * n + "c" * n
        assert y == [*x[1:], 3]
        assert scored.tolist() == [t >= n for t in range(3 * n)]
    right = np.eye(4, dtype=np.float32)[batch.y] * 20.0
    wrong = right.copy()
    wrong[3 * 13 - 1, 0] = right[0, 0]  # the end of the first word is missed
    for logits, expected in ((right, 4), (wrong, 3)):
        assert float(counting.per_word(logits, batch).correct) == expected
    nats = counting.per_word(np.zeros_like(right), batch)
    # float32 sums of some hundred terms.
    np.testing.assert_allclose(float(nats.nats), math.log(4) * 2 * sum(range(13, 17)), rtol=1e-6)


def test_trivial_baselines_are_at_chance() -> None:
    """Chance in closed form; statistical errors of 1,000 validation sequences, four deviations of them."""
    trivial = {name: SMALL[name].baselines(SMALL[name].split(0)) for name in ("adding", "selective", "parity")}
    mse = trivial["adding"][0].validation["rmse"] ** 2
    # The variance of a squared deviation of the sum of two uniforms: 1/15 - 1/36.
    assert abs(mse - 1 / 6) < 4 * math.sqrt((1 / 15 - 1 / 36) / 1000)
    by_symbol = trivial["selective"][0].validation
    assert abs(by_symbol["accuracy"] - 1 / 8) < 4 * math.sqrt(1 / 8 * 7 / 8 / 10_000)
    assert min(one.validation["nats"] for one in trivial["parity"]) > 0.6


def test_counts_of_long_words_are_beyond_n_grams() -> None:
    task = SMALL["anbn"]
    fitted = task.baselines(task.split(0))
    assert {one.name for one in fitted} == {"token frequencies", "n-gram, Witten-Bell"}
    assert all(one.tested(task.read_test(0)).test["accuracy"] == 0 for one in fitted)
