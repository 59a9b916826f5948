"""What a verdict holds for, in words: data, cells, sizes, budget and device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatedrnn.costs.counting import step_flops
from gatedrnn.experiment.architecture import in_words
from gatedrnn.experiment.formatting import count, seconds

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import TestedTask
    from gatedrnn.experiment.provenance import Device


def scope(task: TestedTask, device: Device) -> str:
    """Return what a verdict holds for: data, cells, matching, budget and device."""
    protocol = task["protocol"]
    configs = " and ".join(f"{cell['config']}{gru_form(cell['config'])}" for cell in task["cells"].values())
    around = in_words(protocol["architecture"])
    return (
        f"{task['name']} (data {task['data_sha256'][:12]}), {configs} "
        f"{f'({around}) ' if around else ''}{matched(task)}{_widths(task)}, "
        f"{protocol['replicates']} replicates of {budget(task)}, "
        f"at most {protocol['max_epochs']} epochs, {place(device)}"
    )


def _widths(task: TestedTask) -> str:
    """Return which widths were searched over; the cells that are named are the widest."""
    space = task["protocol"]["space"]
    return f", the widest of those searched over (hidden {space['hidden']})" if "hidden" in space else ""


def matched(task: TestedTask) -> str:
    """Return how the sizes were chosen, with what was made equal."""
    by, cells = task["protocol"]["matching"], task["cells"].values()
    shown = {
        "parameters": [count(cell["parameters"]["total"]) for cell in cells],
        "width": [f"{count(cell['hidden'])} units" for cell in cells],
        "flops": [f"{count(step_flops(cell))} FLOPs" for cell in cells],
        "time": [f"{seconds(cell['step_seconds']['median'])}" for cell in cells],
    }
    if by in shown:
        name = {"flops": "FLOPs of a step", "time": "measured time of a step"}.get(by, by)
        return f"matched by {name} ({' and '.join(shown[by])})"
    return f"with {by} ({' and '.join(shown['parameters'])} parameters)"


def budget(task: TestedTask) -> str:
    """Return the budget of a search in each replicate: trials, minutes, or both."""
    protocol = task["protocol"]
    if protocol["minutes"] is None:
        more = "" if protocol["extension"] is None else protocol["extension"]["trials"]
        return f"{protocol['trials']} trials" + (f" and {more} of an extension" if more else "")
    tried = [len(r["cells"][name]["trials"]) for r in task["replicates"] for name in task["cells"]]
    most = "" if protocol["trials"] is None else f", at most {protocol['trials']} trials"
    each = 60 * protocol["minutes"] / protocol["replicates"]
    low, high = min(tried), max(tried)
    ran = f"{low} to {high} trials" if low < high else f"{low} trial{'s' if low > 1 else ''} each"
    return f"{seconds(each)} of training for each cell{most} ({ran})"


def gru_form(config: str) -> str:
    """Return which of its two forms a GRU has, as published results differ by it.

    Example:
        >>> gru_form("GRUResetAfter(hidden=37)"), gru_form("LSTM(hidden=32)")
        (' (reset gate after the product)', '')
    """
    forms = {"GRUResetAfter": "after", "GRUResetBefore": "before"}
    form = forms.get(config.partition("(")[0])
    return f" (reset gate {form} the product)" if form else ""


def place(device: Device) -> str:
    """Return the device in words.

    Example:
        >>> place({"platform": "cpu", "kind": "cpu", "count": 1, "cpu_cores": 2})
        'CPU (2 cores)'
        >>> place({"platform": "gpu", "kind": "NVIDIA H100", "count": 2, "cpu_cores": 16})
        '2 GPUs (NVIDIA H100)'
    """
    name = device["platform"].upper()
    if device["platform"] == "cpu":
        return f"{name} ({device['cpu_cores']} cores)"
    return f"{device['count']} {name}s ({device['kind']})" if device["count"] > 1 else f"{name} ({device['kind']})"
