"""Is the GRU faster and smaller, at equal width and at equal parameters? Scaled down to minutes on 2 CPU cores.

Paper: none; popular guides.
Command: python experiments/reproduce.py configs/reproduce/time_and_memory.py
Time and measured result: docs/evidence.md, time-and-memory.
"""

from gatedrnn.evidence.time_and_memory import SMALL

name, config = "time-and-memory", SMALL
