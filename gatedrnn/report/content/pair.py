"""What is said of two cells: the verdict's words, the three numbers that decide, and every interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gatedrnn.comparison.verdict.label import Label, label_of
from gatedrnn.comparison.verdict.metric import short, unit_in_words
from gatedrnn.comparison.verdict.pairs import favoured
from gatedrnn.experiment.formatting import MINUS, count, decimals, interval, number
from gatedrnn.report.content.censored import deciding_rows
from gatedrnn.report.content.parts import Row, Table, Value, ends, pair_places

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.pairs import CensoredPair, EquivalenceEntry, OtherEntry
    from gatedrnn.comparison.verdict.pairs import TaskOfPair


class PairContent(NamedTuple):
    """The verdict on two cells.

    Attributes:
        names: the names of the two cells.
        places: where the two stand among all cells of the task, which gives their colours.
        label: what was concluded of the pair.
        headline: the verdict in a few words.
        other: what the verdict would be by another metric, in a line; empty where there is no other.
        finding: the verdict in sentences, with its numbers.
        deciding: the three numbers that decide.
        intervals: everything that was reckoned of the difference.
    """

    names: tuple[str, str]
    places: tuple[int, int]
    label: Label
    headline: str
    other: str
    finding: str
    deciding: tuple[Row, ...]
    intervals: Table


def pair_content(
    pair: TaskOfPair, other: OtherEntry | None, order: list[str], censored: CensoredPair | None = None
) -> PairContent:
    """Return what is said of two cells.

    Args:
        pair: two cells of a task, as ``verdict.pairs.pairs`` gives them.
        other: the verdict that another metric would give; None where there is none.
        order: the names of all cells of the task.
        censored: what a censored metric says of the two; None where the verdict rests on scores.

    Raises:
        InputError: where the pair's label is not of the vocabulary.
    """
    a, b = pair["cells"]
    verdict = pair["verdict"]
    return PairContent(
        names=(a, b),
        places=(order.index(a), order.index(b)),
        label=label_of(verdict["label"], (a, b)),
        headline=verdict["headline"],
        other="" if other is None else f"By {short(other['metric']['name'])}: {other['headline']}",
        finding=verdict["finding"],
        deciding=_deciding(pair) if censored is None else deciding_rows(pair, censored),
        intervals=_intervals(pair, other) if censored is None else _with_censored(pair, censored),
    )


def _with_censored(pair: TaskOfPair, censored: CensoredPair) -> Table:
    """Return what decides, and below it what was reckoned of the scores."""
    table = _intervals(pair, None)
    decides = tuple(
        Row(row.label, (Value(row.values[0].text),), row.values[0].note) for row in deciding_rows(pair, censored)
    )
    below = tuple(row._replace(note=row.note.removesuffix("; decides")) for row in table.rows)
    return Table(f"{' and '.join(pair['cells'])}; below, {table.title}", (), (*decides, *below))


def _deciding(pair: TaskOfPair) -> tuple[Row, ...]:
    (a, b), d, places = pair["cells"], pair["statistics"]["difference"], pair_places(pair)
    better, s = favoured(pair)
    ties = f", {s.ties} tied" if s.ties else ""
    won = f"{interval(s.low, s.high, 2)}, 95 %; {s.wins} of {d['n']} replicates{ties}"
    difference = Value(
        number(d["mean"], places), d["mean"], f"{ends(d, places)} {unit_in_words(pair['metric'])}, paired, 95 %"
    )
    return (
        Row(f"Difference {a} {MINUS} {b}", (difference,)),
        Row(f"Probability that {better} is better", (Value(number(s.probability, 2), s.probability, won),)),
        Row("Region of practical equivalence", (_region(pair["statistics"]["equivalence"], places),)),
    )


def _region(equivalence: EquivalenceEntry, places: int) -> Value:
    if equivalence["region"] == 0:
        return Value("none", note="no cell gains on a simple baseline in validation")
    where = "inside it" if equivalence["equivalent"] else "not inside it"
    note = f"90 % interval {ends(equivalence, places)} is {where}"
    return Value(_half_width(equivalence["region"], places), equivalence["region"], note)


def _half_width(region: float, places: int) -> str:
    """Return a region with two digits of it at least: it may be much smaller than the interval is wide."""
    return f"±{number(region, max(places, decimals(region)))}"


def _intervals(pair: TaskOfPair, other: OtherEntry | None) -> Table:
    (a, b), statistics, places = pair["cells"], pair["statistics"], pair_places(pair)
    d, q, two_way = statistics["difference"], statistics["equivalence"], statistics["two_way_bootstrap"]
    better, s = favoured(pair)
    corrected = ", corrected" if statistics["pairs"] > 1 else ""
    needed = statistics["replicates_needed"]
    inside = f"{'inside' if q['equivalent'] else 'not inside'} {_half_width(q['region'], places)}"
    where = inside if q["region"] > 0 else "no region"
    mean = f"{number(d['mean'], places)} {ends(d, places)}"
    superior = f"{number(s.probability, 2)} {interval(s.low, s.high, 2)}"
    rows = [
        ("Mean, paired t", mean, f"95 %; p {_p(d['p'])}{corrected}; decides"),
        ("Bootstrap of replicates", ends(statistics["bootstrap"], places), "95 %"),
        *([("Two-way bootstrap", ends(two_way, places), "95 %, replicates and sequences")] if two_way else []),
        ("Equivalence", ends(q, places), f"90 %, {where}; p {_p(q['p'])}{corrected}"),
        (f"P({better} better)", superior, f"95 %; {s.wins} won, {s.losses} lost, {s.ties} tied"),
        ("Replicates needed", "none found" if needed is None else count(needed), f"power {statistics['power']:g}"),
        *([] if other is None else [_by_other(other)]),
    ]
    title = f"{a} {MINUS} {b}, {unit_in_words(pair['metric'])}"
    return Table(title, (), tuple(Row(label, (Value(shown),), note) for label, shown, note in rows))


def _by_other(other: OtherEntry) -> tuple[str, str, str]:
    """Return the difference by another metric as a row: label, mean with its interval, and unit."""
    d = other["difference"]
    places = decimals((d["high"] - d["low"]) / 2)
    said = f"{number(d['mean'], places)} {ends(d, places)}"
    return f"By {short(other['metric']['name'])}", said, f"{unit_in_words(other['metric'])}, 95 %; decides nothing"


def _p(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.2g}"
