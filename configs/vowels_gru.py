"""One GRU that forecasts Japanese Vowels, trained to its best validation epoch.

Command: python experiments/train.py configs/vowels_gru.py --out runs/gru
"""

from gatedrnn.experiment.single import TrainSettings

config = TrainSettings(task="japanese-vowels-forecast", cell="GRU", hidden=37, learning_rate=4e-3)
