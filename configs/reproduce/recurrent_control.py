"""Which is better at control that needs memory, by recurrent PPO? Scaled down to what 2 CPU cores can do in minutes.

Paper: Morad et al. 2023, POPGym, arXiv 2303.01859.
Command: python experiments/reproduce.py configs/reproduce/recurrent_control.py
Time and measured result: docs/evidence.md, recurrent-control.
"""

from gatedrnn.evidence.recurrent_control import SMALL

name, config = "recurrent-control", SMALL
