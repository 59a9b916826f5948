"""Results as Markdown, and a page whose marked blocks hold them, so that no table is written by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gatedrnn.errors import InputError
from gatedrnn.evidence.claims import CLAIMS, answers
from gatedrnn.evidence.registry import REPRODUCTIONS

if TYPE_CHECKING:
    from gatedrnn.evidence.record import Compared, Measured, Result

BLOCK = re.compile(r"(<!-- begin (?P<name>[\w-]+) -->\n).*?(<!-- end (?P=name) -->)", re.DOTALL)
"""A block of a page that is generated; its name is that of a result, ``claims`` or ``estimates``."""
NOT_TESTED = "not tested"


def page(text: str, results: Mapping[str, Result]) -> str:
    """Return a page with all its marked blocks written anew.

    Args:
        text: the page, with ``<!-- begin NAME -->`` and ``<!-- end NAME -->`` on lines of their own.
        results: the results that are known, by name.

    Raises:
        InputError: where a block names no result.

    Example:
        >>> print(page("<!-- begin claims -->\\n<!-- end claims -->", {}).splitlines()[3][:45])
        | 1 | GRU is 20 to 40 % faster at equal width
    """
    return BLOCK.sub(lambda found: f"{found[1]}{block(found['name'], results)}{found[3]}", text)


def block(name: str, results: Mapping[str, Result]) -> str:
    """Return what stands in a block.

    Raises:
        InputError: where it names no result.
    """
    if name == "claims":
        return claims(results)
    if name == "estimates":
        return estimates(results)
    if name not in results:
        known = ", ".join(results) or "no result"
        raise InputError(f"block: expected claims, estimates or one of {known}, got {name!r}")
    return of_result(results[name])


def claims(results: Mapping[str, Result]) -> str:
    """Return the table of claims with what results say of each."""
    found = answers(results)
    rows = []
    for claim in CLAIMS:
        said = [f"**{answer.label}**: {answer.why} ({_of(result)})" for result, answer in found.get(claim.number, [])]
        rows.append((str(claim.number), claim.said, claim.where, claim.test, "<br>".join(said) or NOT_TESTED))
    return table(("", "claim", "made by", "test", "result"), rows)


def estimates(results: Mapping[str, Result]) -> str:
    """Return a table of what can be measured again: how long the whole takes, and what is recorded."""
    rows = []
    for one in REPRODUCTIONS.values():
        result = results.get(one.name)
        how = "nothing" if result is None else "scaled down" if result.scaled else "in full"
        recorded = how if result is None else f"{how}, {result.seconds:,.0f} s ([{one.name}](#{one.name}))"
        rows.append((f"`gatedrnn reproduce {one.name}`", one.estimate, recorded))
    return table(("in full", "takes", "recorded"), rows)


def of_result(result: Result) -> str:
    """Return all that is known of a result: how it was measured, numbers beside published ones, and verdicts."""
    facts = [
        ("paper", result.paper),
        ("command", f"`{result.command}`"),
        ("measured", f"{result.date}, {result.device}, {result.seconds:,.0f} seconds"),
        ("versions", ", ".join(f"{name} {version}" for name, version in result.versions.items())),
        ("protocol", result.protocol),
        *((("scaled down", result.scaled),) if result.scaled else ()),
        ("not as in the paper", "; ".join(result.differences)),
    ]
    columns = len(MEASURED) if any(one.published for one in result.measured) else MEASURED.index("published")
    measured = [_measured(each)[:columns] for each in result.measured]
    shown = [table(("", ""), facts), table(MEASURED[:columns], measured)]
    if result.compared:
        shown.append(table(COMPARED, [_compared(each) for each in result.compared]))
    return "\n".join(shown)


MEASURED = ("what", "cell", "measured", "each seed", "published", "in band")
COMPARED = ("what", "A - B", "difference", "A better, B better, ties", "verdict")


def _measured(one: Measured) -> tuple[str, ...]:
    published = "; ".join(f"{p.said} ({p.source}, {p.provenance})" for p in one.published)
    band = "" if not one.published else {None: "not the same protocol", True: "yes", False: "no"}[one.in_band]
    interval = f"{_number(one.value)} [{_number(one.low)}, {_number(one.high)}], {100 * one.level:.3g} %"
    return one.what, one.cell, interval, ", ".join(map(_number, one.each)), published, band


def _compared(one: Compared) -> tuple[str, ...]:
    interval = f"{_number(one.difference)} [{_number(one.low)}, {_number(one.high)}], {100 * one.level:.4g} %"
    return one.what, f"{one.a} - {one.b}", interval, f"{one.wins}, {one.losses}, {one.ties}", one.verdict


def _of(result: Result) -> str:
    return f"[{result.name}](#{result.name}){', scaled down' if result.scaled else ''}"


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(each.replace('|', chr(92) + '|') for each in row)} |\n" for row in lines)
