"""Which column of a table says when a row was: dates, or numbers that are named as times are and ascend."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gatedrnn.tasks.dates import are_dates

if TYPE_CHECKING:
    from collections.abc import Collection

    from gatedrnn.tasks.profile import Profile
    from gatedrnn.tasks.question import Question

TIMES = re.compile(r"(.*[ _])?(t|ds|year|yr|month|week|day|date|hour|time|datetime|timestamp|epoch)", re.IGNORECASE)
"""Names of columns that say when a row was."""
DAY = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
"""A day as a whole number."""
NUMBERS = ("number", "whole")
"""Types of columns that hold numbers."""


def time_column(
    looks: dict[str, Profile], question: Question, taken: Collection[str | None]
) -> tuple[str | None, list[str]]:
    """Return the column of times, if one is named or there is only one, and what was guessed, in sentences.

    Args:
        looks: what each column looks like.
        question: what is asked of the table.
        taken: the columns that have a role already.
    """
    if question.time is not None:
        return question.time, []
    left = {name: one for name, one in looks.items() if name not in taken}
    dates = [name for name, one in left.items() if holds_dates(one)]
    if dates:
        said = f"column {dates[0]!r} holds dates: read as the time of a row"
        return (dates[0], [said]) if len(dates) == 1 else (None, [])
    groups = looks[question.group].counts if question.group is not None else {}
    found = [name for name, one in left.items() if one.type in NUMBERS and _ascends(name, one, groups)]
    if len(found) != 1:
        return None, []
    return found[0], [f"column {found[0]!r} ascends as time does: read as the time of a row"]


def _ascends(name: str, one: Profile, groups: dict[Any, int] | None) -> bool:
    """Return whether numbers are named as times are, and ascend: in each group's rows, or from one time to the next.

    Args:
        name: the name of the column.
        one: the profile of the column.
        groups: how often each group's name occurs, none of one series; None: there are many groups.
    """
    if not TIMES.fullmatch(name) or one.missing or one.constant:
        return False
    within = one.ties == 0 and one.falls <= (0 if groups is None else max(0, len(groups) - 1))
    return within or (groups != {} and one.falls == 0)


def holds_dates(one: Profile) -> bool:
    """Return whether a column holds dates: as such, as text, or as whole numbers such as 20260131."""
    return one.type == "time" or spells_dates(one)


def spells_dates(one: Profile) -> bool:
    """Return whether a column holds dates that have to be read from its digits and letters."""
    if one.type in NUMBERS:
        return one.integral and all(map(DAY.fullmatch, one.sample)) and are_dates(one.sample)
    return one.type == "text" and one.spelled < one.rows / 2 and are_dates(one.sample)
