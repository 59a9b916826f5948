"""What was understood of recorded data, in words: a table that a person checks in ten seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gatedrnn.tasks.sequences import Sequences
    from gatedrnn.tasks.splitter import Splitter
    from gatedrnn.tasks.splitting import Stretches
    from gatedrnn.tasks.task import Kind

LAGS = ("ridge regression on the last steps", "gradient boosting on the last steps")
BASELINES: dict[Kind, tuple[str, ...]] = {
    "classification": (
        "class frequencies",
        "logistic regression on means, deviations and three frames",
        "logistic regression on all steps",
        "random forest on all steps",
    ),
    "step-classification": (
        "class frequencies",
        "logistic regression on the last steps",
        "random forest on the last steps",
    ),
    "step-regression": ("unconditional Gaussian", *LAGS),
    "forecast": ("unconditional Gaussian", "persistence", "drift", "autoregression", "exponential smoothing", *LAGS),
    "next-token": ("token frequencies", "n-gram, Witten-Bell"),
}
OF_TOKENS: dict[Kind, tuple[str, ...]] = {
    "classification": ("class frequencies", "logistic regression on a bag of tokens"),
    "step-classification": ("class frequencies", "class frequencies of each token"),
}
"""The simple baselines by their names, and those of classes where tokens are read."""
SHOWN = 6
"""Names that a row lists; of more it gives the number."""
EARLIER = "of the same and earlier steps"
"""What a network that reads forward alone finds a number from."""
KINDS: dict[Kind, str] = {
    "classification": "the class of each sequence",
    "step-classification": "the class of each step",
    "step-regression": f"a number for each step, from the other columns {EARLIER}",
    "forecast": "a forecast",
    "next-token": "the next token",
}


def facts(data: Sequences, kind: Kind, splitter: Splitter) -> dict[str, str]:
    """Return what was understood, by what it is about.

    Args:
        data: the recorded sequences, with the names of what is to be found.
        kind: what is asked of the sequences.
        splitter: how the sequences are split, and read in windows.
    """
    horizon = splitter.ahead if kind == "forecast" else None
    ahead = "" if horizon is None else f", {horizon} step{'s' if horizon > 1 else ''} ahead"
    rows = {
        "asked": KINDS[kind] + ahead,
        "target": _listed(data.targets) if kind != "next-token" else "",
        "classes": _listed(data.classes) if kind in ("classification", "step-classification") else "",
        "features": _listed(data.features) if data.x.ndim == 2 else f"{len(data.tokens or data.classes)} tokens",
        "sequences": _sequences(data),
        "time": _sampling(data),
        "split": _split(data, splitter),
        "window": _window(splitter),
        "season": _season(kind, splitter),
        "baselines": "; ".join(baselines_of(kind, splitter.season, tokens=bool(data.tokens))),
    }
    rows |= {f"note {k}" if k > 1 else "note": note for k, note in enumerate(data.notes, start=1)}
    return {title: text for title, text in rows.items() if text}


def baselines_of(kind: Kind, season: int | None, *, tokens: bool) -> tuple[str, ...]:
    """Return the names of the simple models that cells are held against.

    Args:
        kind: what is asked of the data.
        season: steps after which the series comes round again; None where it does not.
        tokens: whether a network reads tokens.

    Example:
        >>> baselines_of("next-token", None, tokens=True)
        ('token frequencies', 'n-gram, Witten-Bell')
    """
    seasonal = ("seasonal-naive",) if kind == "forecast" and season else ()
    return (*(OF_TOKENS if tokens and kind in OF_TOKENS else BASELINES)[kind], *seasonal)


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _sequences(data: Sequences) -> str:
    steps = f"{len(data.x):,} steps"
    if len(data.lengths) == 1:
        return f"one series of {steps}"
    low, high = int(data.lengths.min()), int(data.lengths.max())
    each = f"{low:,} steps each" if low == high else f"of {low:,} to {high:,} steps"
    named = f" ({_listed(data.labels)})" if data.labels else ""
    return f"{len(data.lengths):,}{named}, {each}, {steps} in all"


def _sampling(data: Sequences) -> str:
    if data.times is None:
        return "rows in order" if len(data.lengths) == 1 else ""
    name = f"{data.time_name}: " if data.time_name else ""
    return f"{name}{said(data.times.min())} to {said(data.times.max())}"


def said(time: Any) -> str:
    """Return a time as people write it, without a time of day where it is midnight.

    Example:
        >>> said(np.datetime64("2026-01-31T00:00:00.000000000")), said(np.float64(3.0))
        ('2026-01-31', '3')
    """
    if isinstance(time, np.datetime64):
        text = str(time.astype("datetime64[s]"))
        return text.removesuffix("T00:00:00").replace("T", " ").removesuffix(":00")
    return f"{float(time):.15g}"


def _split(data: Sequences, splitter: Splitter) -> str:
    parts = splitter.parts(0)
    if splitter.split_by == "group":
        train, validation, test = (len(part.sequences) for part in parts)
        given = "as given" if data.parts is not None else "drawn by group" + _in_common(data)
        return f"{given}: {train} sequences train, {validation} validate, {test} test, the same for every seed"
    train, validation, test = (_between(data, part, splitter.ahead if k else 0) for k, part in enumerate(parts))
    other = "; the test is of other groups" if splitter.split_by == "both" else ""
    how = "as given, in time" if data.cuts is not None else "in time"
    fixed = data.cuts is not None and bool((data.cuts[:, 0] < data.cuts[:, 1]).any())
    moves = "" if fixed else "; each seed moves what trains and validates, this is the first"
    return f"{how}: train {train}, validate {validation}, test {test}{other}{moves}"


def _in_common(data: Sequences) -> str:
    """Say what a split by group cannot keep apart."""
    if data.times is None or len(np.unique(data.times)) == len(data.times):
        return ""
    return ", though they have times in common"


def _between(data: Sequences, part: Stretches, ahead: int) -> str:
    """Return the first and the last time that something is looked for in a part."""
    first, last = part.starts + ahead, part.stops - 1
    if data.times is None:
        offset = data.starts[part.sequences]
        return f"steps {int((first - offset).min()) + 1:,} to {int((last - offset).max()) + 1:,}"
    return f"{said(data.times[first].min())} to {said(data.times[last].max())}"


def _window(splitter: Splitter) -> str:
    if splitter.outputs is None or splitter.window >= splitter.data.lengths.max():
        return "each sequence is read as a whole"
    warm = splitter.window // 2
    return f"{splitter.window} steps are read at once; in validation and test the first {warm} of them are history"


def _season(kind: Kind, splitter: Splitter) -> str:
    if kind not in ("forecast", "step-regression"):
        return ""
    if splitter.season is None:
        return "none found (--season N says otherwise)"
    how = "as asked for" if splitter.framing.season is not None else "found by autocorrelation in training"
    return f"{splitter.season} steps, {how}"
