"""LSTM against GRU on real speech, as `make compare` does it.

Paper: data of Kudo, Toyama and Shimbo 1999, "Multidimensional curve classification using passing-through regions";
the tasks are ours.
Command: python experiments/compare.py configs/japanese_vowels.py --out runs/compare
Time: 162 seconds on 2 CPU cores, set-up aside. Measured, nats in the test: LSTM -2.600 and GRU -2.738 per frame
(better by 0.138, 95 % interval 0.065 to 0.211); LSTM 0.187 and GRU 0.134 per utterance, where logistic regression on
all steps reaches 0.061.
"""

from gatedrnn.comparison.settings import Settings

config = Settings(tasks=("japanese-vowels-forecast", "japanese-vowels-speaker"), replicates=6, trials=8)
