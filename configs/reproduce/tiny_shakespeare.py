"""Which is better on characters? Scaled down to what 2 CPU cores can do in minutes.

Paper: none with a table; data of karpathy/char-rnn, 6f9487a.
Command: python experiments/reproduce.py configs/reproduce/tiny_shakespeare.py
Time and measured result: docs/evidence.md, tiny-shakespeare.
"""

from gatedrnn.evidence.tiny_shakespeare import SMALL

name, config = "tiny-shakespeare", SMALL
