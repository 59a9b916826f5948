"""What the page "LSTM or GRU?" says of results, made of them, so that it says nothing that was not measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gatedrnn.errors import InputError
from gatedrnn.evidence.claims import CLAIMS, answers
from gatedrnn.evidence.tables import BLOCK, NOT_TESTED, table

if TYPE_CHECKING:
    from gatedrnn.evidence.record import Result

CLAIMS_ABOUT: Mapping[str, tuple[int, ...]] = {
    "claims-cost": (1, 2),
    "claims-data": (3, 8),
    "claims-length": (4, 6, 7),
    "claims-training": (5, 12),
    "claims-tuned": (9, 10),
    "claims-prices": (11,),
}
"""Claims by their numbers, for each block of the page that lists some."""
UNTESTED = f"**{NOT_TESTED}** ([claims](evidence.md#claims-of-popular-guides))"
NEITHER = "neither beats the baseline"
CELLS = ("LSTM", "GRU")
KINDS = {"forecast": "forecasts", "classification": "classes of sequences", "step-classification": "classes of steps"}


def page(text: str, results: Mapping[str, Result], study: Sequence[Mapping[str, Any]]) -> str:
    """Return the page with all its marked blocks written anew.

    Args:
        text: the page, with ``<!-- begin NAME -->`` and ``<!-- end NAME -->`` on lines of their own.
        results: published results that were measured again, by name.
        study: a row for each real data set, as ``benchmarks/verdicts.py`` writes them.

    Raises:
        InputError: where a block has a name that is not known.

    Example:
        >>> print(page("<!-- begin claims-prices -->\\n<!-- end claims-prices -->", {}, []).splitlines()[1])
        - "on prices neither beats the naive forecast": **not tested** ([claims](evidence.md#claims-of-popular-guides)).
    """
    return BLOCK.sub(lambda found: f"{found[1]}{block(found['name'], results, study)}{found[3]}", text)


def block(name: str, results: Mapping[str, Result], study: Sequence[Mapping[str, Any]]) -> str:
    """Return what stands in a block.

    Raises:
        InputError: where there is none of that name.
    """
    if name in CLAIMS_ABOUT:
        return claims(CLAIMS_ABOUT[name], results)
    if name == "pairs":
        return pairs(results)
    if name == "need":
        return need(study)
    if name == "real-data":
        return real_data(study)
    raise InputError(f"block: expected one of {', '.join(CLAIMS_ABOUT)}, pairs, need or real-data, got {name!r}")


def claims(numbers: Sequence[int], results: Mapping[str, Result]) -> str:
    """Return a list of claims, each with its conclusions and the results that they rest on."""
    found = answers(results)
    lines = []
    for claim in (each for each in CLAIMS if each.number in numbers):
        said = [f"**{answer.label}**: {answer.why} ({_of(result)})" for result, answer in found.get(claim.number, [])]
        lines.append(f'- "{claim.said}": {"; ".join(said) or UNTESTED}.\n')
    return "".join(lines)


def pairs(results: Mapping[str, Result]) -> str:
    """Return a table of how many pairs of an LSTM and a GRU each result has, by their verdicts."""
    rows = []
    for result in results.values():
        verdicts = Counter(
            _plain(pair.verdict.split(",")[0])
            for pair in result.compared
            if pair.a.startswith("LSTM") and pair.b.startswith("GRU")
        )
        if verdicts:
            rows.append((result.title, _of(result), _counted(verdicts)))
    return table(("question", "result", "pairs of an LSTM and a GRU"), rows)


def need(study: Sequence[Mapping[str, Any]]) -> str:
    """Return in a sentence how often neither cell was better than the strongest simple model."""
    verdicts = Counter(map(_verdict, study))
    neither = verdicts.pop(NEITHER, 0)
    others = f"; else: {_counted(verdicts)}" if verdicts else ""
    sets = f"On {neither} of {len(study)} real data sets"
    return f"{sets} neither cell beats the strongest simple model{others} ([study](study.md)).\n"


def real_data(study: Sequence[Mapping[str, Any]]) -> str:
    """Return verdicts on real data sets by kind of task, and a table of the sets."""
    lines = []
    for kind, words in KINDS.items():
        verdicts = Counter(_verdict(row) for row in study if row["kind"] == kind)
        if verdicts:
            lines.append(
                f"- {words}, {verdicts.total()} {'sets' if verdicts.total() > 1 else 'set'}: {_counted(verdicts)}.\n"
            )
    head = ("set", "how much", "scored by", "LSTM", "GRU", "strongest simple model", "verdict")
    return "".join([*lines, "\n", table(head, [_set(row) for row in study])])


def _verdict(row: Mapping[str, Any]) -> str:
    """Return the label of a real data set's verdict."""
    return _plain(row["verdict"])


def _plain(verdict: str) -> str:
    """Return the label alone, as it stands within a sentence: other metrics and how few replicates are in brackets."""
    label = verdict.split(" (")[0]
    return label if label.startswith(("LSTM", "GRU")) else label[0].lower() + label[1:]


def _counted(verdicts: Counter[str]) -> str:
    return ", ".join(f"{verdict} in {number}" for verdict, number in verdicts.most_common())


def _set(row: Mapping[str, Any]) -> tuple[str, ...]:
    cells = (f"{each['mean']:.3g} [{each['low']:.3g}, {each['high']:.3g}]" for each in map(row["cells"].get, CELLS))
    strongest = f"{row['strongest']['test']:.3g}, {row['strongest']['name']}"
    return row["set"], row["sequences"], row["metric"]["name"], *cells, strongest, row["verdict"]


def _of(result: Result) -> str:
    return f"[{result.name}](evidence.md#{result.name}){', scaled down' if result.scaled else ''}"
