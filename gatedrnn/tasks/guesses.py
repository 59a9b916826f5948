"""What a table's columns are when nobody says: which are read, which are left out, and what a target is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from gatedrnn.errors import InputError
from gatedrnn.tasks.time_column import NUMBERS, TIMES, holds_dates, time_column

if TYPE_CHECKING:
    from collections.abc import Collection

    from gatedrnn.tasks.profile import Profile
    from gatedrnn.tasks.question import Question
    from gatedrnn.tasks.source import Source
    from gatedrnn.tasks.task import Kind

CLASSES, RARE = 20, 3
"""Different whole numbers of a target that are classes at most, and how often each of them occurs at least."""
INDEX = re.compile(r"|index|id|unnamed: 0|__index_level_0__|row|row_?id|row_?number", re.IGNORECASE)
"""Names of columns that only count rows."""


class Roles(NamedTuple):
    """What is asked of a table, and which columns are read for it; a kind of None is that of some class.

    Attributes:
        kind: what is asked; None: the class of steps or of sequences, as the rows decide.
        time: the column of times.
        features: the columns that the network reads.
        targets: the columns that are looked for.
        notes: what was guessed, a sentence each.
    """

    kind: Kind | None
    time: str | None
    features: tuple[str, ...]
    targets: tuple[str, ...]
    notes: tuple[str, ...]


def guess(looks: dict[str, Profile], question: Question, source: Source) -> Roles:
    """Return the roles of a table's columns: those asked for, and guesses for the others.

    Args:
        looks: what each column looks like.
        question: what is asked of the table.
        source: the table, which knows where a row stands.

    Raises:
        InputError: where a column is unknown or of another type than its role needs.
    """
    if not any(one.rows for one in looks.values()):
        raise InputError("expected rows, got none below the names of columns")
    named = [question.group, question.time, question.split, *question.target]
    columns = tuple(dict.fromkeys(column_of(name, looks) for name in question.features))
    unknown = [name for name in (*named, *columns) if name is not None and name not in looks]
    if unknown:
        raise InputError(f"columns: expected some of {', '.join(looks)}; got {', '.join(unknown)}")
    taken = {*named, *columns}
    time, notes = time_column(looks, question, taken)
    kind, said = _kind(looks, question, time)
    notes += said
    both = [] if kind == "forecast" else [name for name in columns if name in question.target]
    if both:
        raise InputError(f"features: expected columns that are no target, got {', '.join(both)}")
    features = columns
    if not features:
        others = {question.group, time, question.split, *(question.target if kind != "forecast" else ())}
        left = {name: one for name, one in looks.items() if name not in others}
        features, said = _features(left, question, looks)
        notes += said
        if not question.target and question.kind is None and question.horizon is None:
            _refuse_label(features, looks, left)
    if kind == "forecast":
        features = tuple(dict.fromkeys((*features, *question.target)))
    if not features and question.kind is None and kind == "step-regression":
        raise _ask(question.target)
    if not features:
        what = "; ".join(notes)
        raise InputError(
            f"features: expected at least one column that the network reads, got none{f' ({what})' if what else ''}"
        )
    if kind == "forecast" and not question.target and not any(looks[name].type in NUMBERS for name in features):
        raise InputError(
            f"target: expected a column of numbers to forecast, got text alone in {', '.join(features)}; for a class "
            "name its column with target"
        )
    for name in features if kind == "forecast" else (*features, *question.target):
        number = name in question.target and kind in ("forecast", "step-regression")
        if name in features or number:
            check_readable(name, looks[name], source, number=number)
    return Roles(kind, time, features, question.target, tuple(notes))


def column_of(feature: str, looks: Collection[str]) -> str:
    """Return the column that a feature is made of: ``colour`` of ``colour=red``, ``load`` of ``load missing``.

    Example:
        >>> column_of("colour=red", ["colour"]), column_of("load missing", ["load"])
        ('colour', 'load')
    """
    if feature in looks:
        return feature
    before = feature.partition("=")[0] if "=" in feature else feature.removesuffix(" missing")
    return before if before in looks else feature


def is_class(one: Profile) -> bool:
    """Return whether a column holds classes: text, truth values, or a few whole numbers each of which is frequent."""
    if one.type not in NUMBERS:
        return one.type == "text"
    if not one.integral or one.counts is None or len(one.counts) > CLASSES:
        return False
    return len(one.counts) <= 2 or min(one.counts.values()) >= max(RARE, one.rows / 200)


def _kind(looks: dict[str, Profile], question: Question, time: str | None) -> tuple[Kind | None, list[str]]:
    kind, target = question.kind, question.target
    if kind is None and (question.horizon is not None or not target):
        kind = "forecast"
    if kind == "next-token":
        raise InputError("kind: expected another one for a table, got next-token; give a .txt, or tokens in an .npz")
    if kind != "forecast" and not target:
        raise InputError(f"target: expected a column, as the kind is {kind}; got none")
    notes = []
    if kind is None and not all(is_class(looks[name]) for name in target):
        if all(looks[name].type in NUMBERS for name in target):
            kind = "step-regression"
            notes = [
                f"target {name!r} has many different whole numbers: read as a number, not as classes"
                for name in target
                if looks[name].type == "whole"
            ]
        if kind is not None and time is not None:
            raise _ask(target)
    elif kind is None and len(target) == 1 and (one := looks[target[0]]).type in NUMBERS:
        notes = [f"target {target[0]!r} has {len(one.counts or ())} different whole numbers: read as classes"]
    if kind not in ("forecast", "step-regression") and len(target) > 1:
        raise InputError(f"target: expected one column of classes, got {', '.join(target)}")
    return kind, notes


def _ask(target: tuple[str, ...]) -> InputError:
    shown = ", ".join(f'"{name}"' for name in target)
    return InputError(
        f"kind: expected a word on what is asked of {shown}, numbers in order of time; add --horizon 1 to forecast "
        f"{shown}, or --kind step-regression to estimate it from the other columns of the same row"
    )


def _features(
    left: dict[str, Profile], question: Question, looks: dict[str, Profile]
) -> tuple[tuple[str, ...], list[str]]:
    """Return which of these columns are worth reading, and why others are not."""
    features, notes = [], []
    groups = looks[question.group].counts if question.group is not None else {}
    falls = max(0, len(groups) - 1) if groups is not None else next(iter(looks.values())).rows // 5
    for name, one in left.items():
        reason = None if name in question.target else _reason(name, one, falls)
        if reason is None:
            features.append(name)
        else:
            notes.append(f"column {name!r} {reason}: left out")
        _refuse_groups(name, one, question)
    return tuple(features), notes


def _refuse_label(features: tuple[str, ...], looks: dict[str, Profile], left: dict[str, Profile]) -> None:
    """Refuse to forecast what may be the class of the text beside it."""
    texts = [name for name, one in left.items() if one.type == "text" and one.counts is None and not holds_dates(one)]
    if len(features) == len(texts) == 1 and is_class(looks[features[0]]):
        name, text = features[0], texts[0]
        raise InputError(
            f"target: expected a word on what is asked of {name!r}, beside texts in {text!r}; add --target {name!r} to "
            f"find it from the text of its row, or --horizon 1 to forecast it"
        )


def _reason(name: str, one: Profile, falls: int) -> str | None:
    """Return why a column is left out, None where it is not."""
    if one.constant and one.type != "time":
        return f"is {next(iter(one.counts or ()), 'missing')!r} in every row"
    if holds_dates(one):
        return "holds dates"
    if one.type == "text" and one.counts is None and one.spelled < one.rows / 2:
        return "holds too many different texts"
    if one.type not in NUMBERS:
        return None
    if one.counted and INDEX.fullmatch(name):
        return "only counts rows"
    if one.falls <= falls and TIMES.fullmatch(name):
        return "ascends as time does"
    return None


def _refuse_groups(name: str, one: Profile, question: Question) -> None:
    """Refuse to take for one series what a column of names parts into several."""
    stand_together = one.counts is not None and one.falls == len(one.counts) - 1 and min(one.counts.values()) > 1
    if question.group is None and one.type == "text" and one.counts and len(one.counts) > 2 and stand_together:
        raise InputError(
            f"group: expected a word on column {name!r}, whose rows stand together by its {len(one.counts)} values; "
            f"add --group {name!r} if each is a sequence of its own, or name the columns to read with features"
        )


def check_readable(name: str, one: Profile, source: Source, *, number: bool = False) -> None:
    """Refuse a column that a network cannot read.

    Args:
        name: the name of the column.
        one: the profile of the column.
        source: the table, which knows where a row stands.
        number: whether categories are refused as well.

    Raises:
        InputError: where it holds dates, numbers with a stray text among them, or too many texts.
    """
    if one.type in NUMBERS:
        return
    check_stray(name, one, source)
    if number or one.type != "text" or one.counts is None:
        what = "text of many values" if one.type == "text" and not number else one.type
        raise InputError(
            f"column {name!r}: expected numbers, got {what}; give it a role (group, time, target, split), or name the "
            "columns to read with features"
        )


def check_stray(name: str, one: Profile, source: Source) -> None:
    """Refuse a column of numbers that some text makes one of text.

    Raises:
        InputError: says which text, and where it stands.
    """
    if one.type == "text" and one.spelled >= max(1, (one.rows - one.missing) / 2):
        if one.stray is None:
            raise InputError(
                f"column {name!r}: expected numbers, got text such as {one.sample[0]!r}; convert the column"
            )
        row, text = one.stray
        raise InputError(
            f"column {name!r}: expected numbers, got {text!r} in {source.place(row)}; leave out that row, write it "
            "as a number, or name other columns with features"
        )
