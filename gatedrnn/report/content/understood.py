"""What was understood of the data, before anything is trained and after: rows that a person checks in ten seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatedrnn.report.content.parts import Row, Table, Value
from gatedrnn.tasks.facts import EARLIER

if TYPE_CHECKING:
    from collections.abc import Mapping


def understood_table(facts: Mapping[str, str], network: str = "") -> Table | None:
    """Return a row for each fact; None where a task has none, as a registered one says in its title what it asks.

    Args:
        facts: what was understood, in words by what they are about, as a task and results.json have them.
        network: what stands around the cells, in words; nothing where it is one layer that reads forward. Of both
            directions it is said that later steps are read too.

    Example:
        >>> found = understood_table({"season": "12 steps, found by autocorrelation in training"})
        >>> found.rows[0].label, found.rows[0].values[0].text
        ('Season', '12 steps, found by autocorrelation in training')
        >>> understood_table({}, "bidirectional").rows[0].values[0].text
        'bidirectional; later steps are read too'
    """
    more = "; later steps are read too" if "bidirectional" in network else ""
    said = {**facts, **({"network": network + more} if network else {})}
    if more and "asked" in said:
        said["asked"] = said["asked"].replace(EARLIER, "of all steps")
    if not said:
        return None
    rows = tuple(Row(title[:1].upper() + title[1:], (Value(words),)) for title, words in said.items())
    return Table("What was understood", (), rows)
