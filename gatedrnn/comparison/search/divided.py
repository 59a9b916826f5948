"""All searches of a task: every cell in a thread, replicate after replicate, these divided over processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from gatedrnn.comparison.search.context import Work, check_of, key_of, search_one, tell_done, together

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.runs import SearchEntry
    from gatedrnn.comparison.search.context import SearchContext
    from gatedrnn.comparison.search.extension import Extra
    from gatedrnn.comparison.search.search import Search


def search_all(context: SearchContext, searches: dict[str, Search]) -> dict[str, list[SearchEntry]]:
    """Run all replicates of each cell, each cell in a thread.

    Args:
        context: what all searches of this stage share.
        searches: the search of each cell, by the cell's name.

    Returns:
        Each cell's entries, one for each replicate.
    """

    lots = [replicate.lot for replicate in context.replicates]
    works = {name: [Work(name, one, k, lot) for k, lot in enumerate(lots)] for name, one in searches.items()}
    return {name: [entry for entry in each if entry is not None] for name, each in _all(context, works).items()}


def extend_all(
    context: SearchContext, searches: dict[str, Search], extras: dict[str, list[Extra]]
) -> dict[str, list[SearchEntry | None]]:
    """Run what an extension adds to all replicates of each cell, each cell in a thread.

    Args:
        context: what all searches of this stage share.
        searches: the search of each cell, by the cell's name.
        extras: what the extension adds to each cell in each replicate.

    Returns:
        Each cell's entries, one for each replicate; None where the extension adds nothing to it.
    """

    def work(name: str, k: int) -> Work | None:
        extra = extras[name][k]
        if not extra.eligible:  # all of its lot is filling: nothing could be selected
            return None
        return Work(name, searches[name], k, extra.lot, extra.eligible, extending=True)

    return _all(context, {name: [work(name, k) for k in range(len(context.replicates))] for name in searches})


def _all(context: SearchContext, works: Mapping[str, Sequence[Work | None]]) -> dict[str, list[SearchEntry | None]]:
    """Run each cell's work in a thread, replicate after replicate, and then wait for what is others' to run.

    Args:
        context: what all searches of this stage share.
        works: what each cell has to do, by its name; None where there is nothing.
    """
    team = context.folder.team

    def cell(told: SearchContext, name: str) -> dict[int, SearchEntry]:
        return {w.k: search_one(told, w) for w in works[name] if w is not None and team.mine(w.k)}

    found = together(context, {name: partial(cell, name=name) for name in works})
    for name, each in works.items():
        found[name] |= {w.k: _of_another(context, w) for w in each if w is not None and not team.mine(w.k)}
    return {name: [None if w is None else found[name][w.k] for w in each] for name, each in works.items()}


def _of_another(context: SearchContext, work: Work) -> SearchEntry:
    """Return what another process found, when it has."""
    key, owner = key_of(context, work), context.folder.team.owner(work.k)
    entry = context.folder.found_by(owner, *key, context.stage, check=check_of(work))
    tell_done(context, work, entry)
    return entry
