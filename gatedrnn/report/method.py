"""How a comparison was done, for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from gatedrnn.comparison.verdict.censored_wording import goal
from gatedrnn.comparison.verdict.scope import budget, matched
from gatedrnn.experiment.architecture import in_words
from gatedrnn.experiment.formatting import count
from gatedrnn.tasks.metrics import METRICS

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import TaskEntry


def censored_in_words(task: TaskEntry) -> dict[str, str]:
    """Return how a verdict by a censored metric was reached; nothing where it rests on scores.

    Args:
        task: an entry of ``tasks`` in results.json.
    """
    metric = task["censored"]
    if metric is None:
        return {}
    match metric["name"]:
        case "steps-to-threshold":
            counted = (
                f"updates of the selected trial until {goal(metric, task['unit'])}, looked at after each epoch; one "
                "that ended before, by its patience, the cap or as it diverged, is beyond the limit of "
                f"{count(metric['limit'])}"
            )
        case "longest-length":
            counted = (
                "the largest n such that the selected network accepts the words of 1 to n: of each all letters that "
                f"follow from others are the likeliest; who accepts {goal(metric, task['unit'])} is beyond that limit"
            )
        case _:
            assert_never(metric["name"])
    return {
        "Verdict": f"By {metric['words']}: {counted}. Better is who is so in more replicates, by an exact two-sided "
        "sign test at 5 % of those that are no ties (Dixon and Mood 1946), corrected for the number of pairs (Holm "
        "1979); two beyond the limit are a tie. Medians and their intervals are order statistics (Thompson 1936). No "
        "mean of censored values is taken. A cell beats the simple models where it is better than each in more than "
        "half of the replicates."
    }


def method_in_words(task: TaskEntry) -> dict[str, str]:
    """Return what was done, by the name of each part.

    Args:
        task: an entry of ``tasks`` in results.json.
    """
    protocol, sizes, metric = task["protocol"], matched(task), task["metric"]
    around = in_words(protocol["architecture"])
    turned = " (1 less it, so that lower is better)" if METRICS[metric["name"]].higher else ""
    space = "; ".join(f"{name.replace('_', ' ')}: {text}" for name, text in protocol["space"].items())
    plural = "s" if protocol["architecture"]["layers"] > 1 else ""
    table = " The embedding is the same for all cells, and is not matched." if protocol["architecture"]["embed"] else ""
    several = (
        "P-values of differences and of equivalences are corrected for the number of pairs (Holm 1979). "
        if len(task["pairs"]) > 1
        else ""
    )
    return {
        "Replication": f"{protocol['replicates']} repetitions of the whole procedure, each with its own split into "
        "training and validation part, configurations and seed; all cells share these. In each, "
        f"{budget(task)} of random configurations are trained, the best one on the validation part is selected, and "
        "that one alone meets the test set, once.",
        "Metric": f"Scores are the {metric['words']}, {metric['unit']}{turned}: selection, baselines, the region of "
        f"equivalence{'' if task['censored'] else ' and the verdict'} look at it. Training and early stopping look at "
        "nats.",
        **censored_in_words(task),
        **({"Network": f"{around[0].upper()}{around[1:]}, the same around each cell."} if around else {}),
        "Training": f"Adam, batches of {protocol['batch_size']} sequences, at most {protocol['max_epochs']} epochs, "
        f"stopped after {protocol['patience']} epochs without a better validation loss.",
        "Search space": f"{space}.",
        "Sizes": f"{sizes[0].upper()}{sizes[1:]}, recurrent layer{plural} and head counted.{table}",
        "Baselines": "Fitted on the same splits; the strongest in validation is the one to beat. A cell beats it where "
        "the whole 95 % interval of its test score is better.",
        "Difference": "Mean of the paired differences with its 95 % t interval (Student 1908). It decides which "
        f"cell is better. {several}",
        "Superiority": "Part of the replicates in which a cell is better, ties counted half, with the exact 95 % "
        "interval (Clopper and Pearson 1934). Better is called meaningfully better from 0.75 on, with the interval "
        "above 0.5 (Bouthillier et al. 2021), and with more than practical equivalence.",
        "Equivalence": "Two one-sided t tests at 5 % (Schuirmann 1987) against a region of "
        f"{100 * task['region']['part']:g} % of what the best cell gains over the strongest simple baseline, by "
        "validation scores alone, written down before the test set was read.",
        "Tuning": "Expected best validation of n trials drawn with replacement from each search (Dodge et al. 2019); "
        "cells change places only between budgets whose intervals exclude 0 with opposite signs.",
        "Failures": "A run that diverged scores the trivial baseline, or what it reached if worse; none is left out.",
        "Time and FLOPs": "FLOPs of matrix products for one time step of one sequence. Time per step is measured in "
        "training on a whole batch, forward and backward; its interval is the middle half of the measurements.",
        "Data": f"{task['source'].rstrip('.')}; SHA-256 {task['data_sha256']}.",
    }
