"""Orders of censored values: against all signs counted one by one, and against the same values without censoring."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

pytest.importorskip("scipy")

from gatedrnn.statistics.ordered import Bound, censored_median, order_places, paired_signs

INF = float("inf")


def p_by_counting(wins: int, decided: int) -> float:
    """Return the part of all ways to give signs to pairs whose wins are as far from the middle, or further."""
    far = abs(wins - decided / 2)
    ways = [abs(sum(signs) - decided / 2) >= far for signs in itertools.product((0, 1), repeat=decided)]
    return sum(ways) / len(ways)


@pytest.mark.parametrize(("wins", "losses", "ties"), [(8, 0, 0), (6, 0, 2), (5, 2, 1), (3, 3, 0), (1, 7, 0)])
def test_the_sign_test_is_that_of_all_signs_and_leaves_ties_out(wins: int, losses: int, ties: int) -> None:
    a = [10.0] * wins + [INF] * losses + [INF] * ties
    b = [INF] * wins + [20.0] * losses + [INF] * ties
    found = paired_signs(a, b, limit=20.0)
    assert found.p == pytest.approx(p_by_counting(wins, wins + losses), rel=1e-12)
    assert found.superiority[4:] == (wins, losses, ties)
    assert found.superiority.probability == (wins + ties / 2) / len(a)
    turned = paired_signs(a, b, limit=20.0, higher=True)
    assert turned.superiority[4:] == (losses, wins, ties)
    assert turned.p == found.p


def test_pairs_of_ties_alone_say_nothing() -> None:
    found = paired_signs([INF, INF, 5], [INF, INF, 5], limit=9)
    assert (found.p, found.low, found.high) == (1.0, -INF, INF)


def test_one_that_reached_it_at_the_limit_itself_is_before_one_that_did_not() -> None:
    assert paired_signs([40, 40], [INF, 40], limit=40).superiority.wins == 1


def test_the_interval_of_order_statistics_covers_as_it_says() -> None:
    """By 40,000 draws of a skewed distribution; four standard errors of 0.9297 are 0.0051."""
    k, level = order_places(8, 0.9)
    draws = np.sort(np.random.default_rng(0).exponential(size=(40_000, 8)), axis=1)
    covered = np.mean((draws[:, k - 1] <= np.log(2)) & (np.log(2) <= draws[:, 8 - k]))
    assert covered == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 40_000))


def test_censoring_widens_what_is_known_of_the_same_values() -> None:
    """What is said of censored values holds of the values themselves, of which 3 in 10 lie beyond the limit."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        a, b = rng.exponential(size=(2, 9)).round(2)
        limit = 1.2
        whole, seen = paired_signs(a, b, 100.0), paired_signs(*(np.where(x > limit, INF, x) for x in (a, b)), limit)
        assert seen.low <= whole.low
        assert seen.high >= whole.high
        assert seen.superiority.wins <= whole.superiority.wins
        assert seen.superiority.losses <= whole.superiority.losses
        true, known = censored_median(a, 100.0), censored_median(np.where(a > limit, INF, a), limit)
        for exact, bound in zip(true[:3], known[:3], strict=True):
            assert exact.value > bound.value if bound.beyond else exact.value == bound.value
        assert known.censored == (a > limit).sum()
        assert true.value.value == np.median(a)


def test_a_median_between_a_number_and_a_censored_one_is_beyond_their_middle() -> None:
    found = censored_median([10, INF], limit=40)
    assert found.value == Bound(25.0, beyond=True)
    assert (found.level, found.censored, found.n) == (0.5, 1, 2)


@pytest.mark.parametrize("values", [[41.0, 1.0], [np.nan, 1.0], [-INF, 1.0], [1.0], [[1.0, 2.0]]])
def test_what_cannot_have_been_seen_is_refused(values) -> None:
    with pytest.raises(ValueError, match="values: expected"):
        censored_median(values, limit=40)
    with pytest.raises(ValueError, match=r"[ab]: expected"):
        paired_signs([1.0] * len(values), values, limit=40)
