"""Two questions whose answer is known, gate biases at their defaults (LSTM forget 1, GRU update 0).

Papers: counting, Weiss et al. 2018, arXiv 1805.04908v1 (LSTM counts, GRU does not); adding, pilot of this project.
Command: python experiments/known_answers.py configs/known_answers.py
Time: minutes on 2 CPU cores. Measured, 8 seeds, 95 % intervals: the LSTM counts further by 24 [14, 34], in 8 of 8; the
GRU needs 338 [229, 446] steps fewer, in 8 of 8.
"""

config = {
    "seeds": 8,
    "counting": {"hidden": {"LSTM": 10, "GRU": 10}, "trained_to": 30, "tested_to": 200, "steps": 1500, "rate": 1e-2},
    "adding": {
        "hidden": {"LSTM": 32, "GRU": 37},
        "length": 50,
        "batch": 32,
        "threshold": 0.01,
        "steps": 2000,
        "every": 100,
        "rate": 5e-3,
    },
}
