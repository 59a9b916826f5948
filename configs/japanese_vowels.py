"""LSTM against GRU on real speech, as `make compare` does it.

Paper: data of Kudo, Toyama and Shimbo 1999, "Multidimensional curve classification using passing-through regions";
the tasks are ours.
Command: python experiments/compare.py configs/japanese_vowels.py --out runs/compare
Time and measured result: see README.md, "What it says".
"""

from gatedrnn.comparison.search.settings import Settings

config = Settings(tasks=("japanese-vowels-forecast", "japanese-vowels-speaker"))
