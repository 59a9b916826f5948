"""Twelve claims of popular guides, and what results say of them; a claim without a result says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gatedrnn.evidence.record import Answer, Result


class Claim(NamedTuple):
    """What guides say.

    Attributes:
        number: the claim's number, by which results answer it.
        said: the claim, as guides make it.
        where: the guides or the paper that make it.
        test: what would test it.
    """

    number: int
    said: str
    where: str
    test: str


CLAIMS = (
    Claim(1, "GRU is 20 to 40 % faster at equal width", "guides of 2025", "time per step by backend, width, engine"),
    Claim(2, "GRU needs 25 % less memory", "guides", "parameters and saved memory, apart"),
    Claim(3, "GRU is better on little data", "Data Science Stack Exchange 14581", "paired learning curves"),
    Claim(4, "LSTM is better on long sequences", "the same", "adding and copy memory over T"),
    Claim(
        5,
        "at equal parameters GRU converges in fewer updates and less time",
        "Chung et al. 2014",
        "updates and seconds to a threshold",
    ),
    Claim(6, "LSTM counts, GRU does not", "Weiss et al. 2018", "a^n b^n with four GRUs"),
    Claim(7, "a forget bias of 1 closes the gap", "Jozefowicz et al. 2015", "biases 0, 1, 5, 10 and chrono"),
    Claim(8, "GRU overfits less", "guides", "gap of training and test, at equal width and equal parameters"),
    Claim(9, "tuned, there is no difference", "Greff et al. 2017", "an equivalence test with its margin"),
    Claim(
        10,
        "forget gate and output activation matter, coupled gates and peepholes do not",
        "Greff et al. 2017",
        "ablation over the variants",
    ),
    Claim(11, "on prices neither beats the naive forecast", "arXiv 2504.18185", "the baseline first"),
    Claim(12, "GRUs are fickle in seed and learning rate", "an issue of 2016", "spread over seeds and rates"),
)


def answers(results: Mapping[str, Result]) -> dict[int, list[tuple[Result, Answer]]]:
    """Return by its number what results say of each claim that has one.

    Args:
        results: the results that are known, by name.
    """
    found: dict[int, list[tuple[Result, Answer]]] = {}
    for result in results.values():
        for answer in result.answers:
            found.setdefault(answer.claim, []).append((result, answer))
    return found
