"""What a comparison searches and never tests: cells of an equal budget, and the best of each in each replicate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from gatedrnn.comparison import received
from gatedrnn.comparison.search.context import Preparing, SearchProgress
from gatedrnn.comparison.search.of_task import CompareProgress, TaskSearch, search
from gatedrnn.comparison.search.replicate import Replicate, draw_replicate
from gatedrnn.comparison.search.search import Search
from gatedrnn.comparison.sizes import cells_of, hidden_sizes, step_times, widest
from gatedrnn.tasks import registry

if TYPE_CHECKING:
    from gatedrnn.comparison.folder import Folder
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.costs.timing import Seconds
    from gatedrnn.tasks.parts import Batch
    from gatedrnn.tasks.task import Task
    from gatedrnn.types import Cell


class Sized(NamedTuple):
    """Cells at sizes of an equal budget, by name.

    Attributes:
        widths: each cell in all its widths, by the units that are asked for.
        cells: the widest cell of each name.
        times: seconds of a step of the widest.
    """

    widths: dict[str, dict[int, Cell]]
    cells: dict[str, Cell]
    times: dict[str, Seconds]


class SearchedTask(NamedTuple):
    """A task whose searches are finished.

    Attributes:
        searched: what all searches of the task found.
        replicates: the replicates of the comparison, in order.
        sized: the cells at sizes of an equal budget, and what a step of each takes.
        examples: how many sequences the training part has.
    """

    searched: TaskSearch
    replicates: list[Replicate]
    sized: Sized
    examples: int


def search_task(
    task: Task, settings: Settings, folder: Folder, on_progress: Callable[[CompareProgress], None]
) -> SearchedTask:
    """Search for the best of each cell in each replicate: all that several processes share, and nothing of the test."""
    folder.tell = lambda what: on_progress(Preparing(task.name, what))
    for name in settings.cells:
        on_progress(SearchProgress(task.name, name, 0, 0, None, False))
    replicates = [draw_replicate(task, settings, index) for index in range(settings.replicates)]
    train = replicates[0].visible().train
    on_progress(Preparing(task.name, "sizes of an equal budget, and the time of a step"))
    sized = sizes_and_times(task, settings, folder, train)
    searches = {
        name: Search(cell, task, settings, train, widths=sized.widths[name]) for name, cell in sized.cells.items()
    }
    searched = search(task, settings, folder, replicates, searches, on_progress)
    return SearchedTask(searched, replicates, sized, train.x.shape[1])


def sizes_and_times(task: Task, settings: Settings, folder: Folder, train: Batch) -> Sized:
    """Return the cells at sizes of an equal budget, and how long a step of each takes."""
    sizes = folder.once(
        task.name, "sizes", lambda: hidden_sizes(task, settings, train), received.sizes_check(task, settings)
    )
    widths = {name: cells_of(name, settings, sizes) for name in settings.cells}
    cells = {name: widest(of_cell) for name, of_cell in widths.items()}
    times = folder.once(
        task.name, "times", lambda: step_times(task, settings, cells, train), received.times_check(settings)
    )
    return Sized(widths, cells, times)


def help_compare(settings: Settings, folder: Folder, on_progress: Callable[[CompareProgress], None]) -> None:
    """Do the part of a comparison that is not the first process's: search some replicates of each task.

    Args:
        settings: the settings of the comparison, the same in all processes.
        folder: where this process keeps what it finds.
        on_progress: called with what goes on.
    """
    for task in map(registry.load, settings.tasks):
        search_task(task, settings, folder, on_progress)
