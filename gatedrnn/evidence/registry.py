"""The table of published results that can be measured again, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gatedrnn.errors import InputError
from gatedrnn.evidence.bai_2018 import BAI_2018
from gatedrnn.evidence.chung_2014 import CHUNG_2014, CHUNG_2014_JSB
from gatedrnn.evidence.etth1 import ETTH1
from gatedrnn.evidence.forget_bias import FORGET_BIAS
from gatedrnn.evidence.greff_2017 import GREFF_2017
from gatedrnn.evidence.little_data import LITTLE_DATA
from gatedrnn.evidence.pixels import PIXELS
from gatedrnn.evidence.prices import PRICES
from gatedrnn.evidence.recurrent_control import RECURRENT_CONTROL
from gatedrnn.evidence.reproduction import Reproduction
from gatedrnn.evidence.time_and_memory import TIME_AND_MEMORY
from gatedrnn.evidence.tiny_shakespeare import TINY_SHAKESPEARE
from gatedrnn.evidence.weiss_2018 import WEISS_2018

ALL = (
    WEISS_2018,
    CHUNG_2014,
    CHUNG_2014_JSB,
    BAI_2018,
    PIXELS,
    GREFF_2017,
    FORGET_BIAS,
    LITTLE_DATA,
    PRICES,
    TIME_AND_MEMORY,
    ETTH1,
    TINY_SHAKESPEARE,
    RECURRENT_CONTROL,
)
REPRODUCTIONS: Mapping[str, Reproduction] = MappingProxyType({each.name: each for each in ALL})
"""Names to what is measured."""


def named(name: str) -> Reproduction:
    """Return the reproduction of that name.

    Raises:
        InputError: where there is none, naming those that there are.

    Example:
        >>> named("weiss-2018").title
        'LSTM counts, GRU does not?'
    """
    if name not in REPRODUCTIONS:
        raise InputError(f"name: expected one of {', '.join(REPRODUCTIONS)}, got {name!r}")
    return REPRODUCTIONS[name]
