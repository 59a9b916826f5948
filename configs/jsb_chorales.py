"""The comparison of Chung et al. 2014 on JSB Chorales, at its sizes: 36 LSTM units, 46 GRU units.

Paper: Chung, Gulcehre, Cho and Bengio 2014, arXiv 1412.3555v1, section 4.1; 8.67 (LSTM) and 8.54 (GRU) nats per frame.
Command: GATEDRNN_DATA=folder python experiments/compare.py configs/jsb_chorales.py
Time: 13 min 26 s on 2 CPU cores, 5 to 8 trials in each replicate. Measured, nats per frame in the test: LSTM 8.625 and
GRU 8.855, better by 0.230 (95 % interval 0.148 to 0.312); a Markov chain of each note 10.492.
"""

from gatedrnn.comparison.settings import Settings
from gatedrnn.experiment.space import Space

config = Settings(tasks=("jsb-chorales",), sizes=(36, 46), minutes=13.0, space=Space(learning_rate=(3e-3, 2e-2)))
