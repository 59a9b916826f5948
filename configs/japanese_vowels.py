"""LSTM against GRU on real speech, as `make compare` does it.

Paper: data of Kudo, Toyama and Shimbo 1999, "Multidimensional curve classification using passing-through regions";
the tasks are ours.
Command: python experiments/compare.py configs/japanese_vowels.py --out runs/compare
Time: 163 seconds on 2 CPU cores, set-up aside. Measured, nats in the test: LSTM -2.582 and GRU -2.770 per frame
(better by 0.188, 95 % interval 0.098 to 0.278); LSTM 0.186 and GRU 0.110 per utterance, where logistic regression
reaches 0.077.
"""

from gatedrnn.comparison.settings import Settings

config = Settings(tasks=("japanese-vowels-forecast", "japanese-vowels-speaker"), replicates=6, trials=12)
