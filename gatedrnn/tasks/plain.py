"""Texts of files as they may be shown: a file decides what its columns are called, not what a terminal does."""

from __future__ import annotations

import re

BREAKS, CONTROLS = (
    re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+"),
    re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"),
)
"""Signs that end or move a line, and those that steer a terminal or turn the direction of writing."""
FORMULA = re.compile(r"((?:^|[;\t\r\n]) *)([=+\-@\uff1d\uff0b\uff0d\uff20])")
"""The sign that begins a formula, wide ones too: at the start, or behind what may be taken for the end of a cell."""
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)


def plain(text: str) -> str:
    r"""Return a text in one line and without signs that steer: breaks become spaces, other such signs are spelled.

    Example:
        >>> print(plain("load\n(MW)"), plain("\x1b[31mred"))
        load (MW) \x1b[31mred
    """
    return CONTROLS.sub(lambda found: _spelled(ord(found[0])), BREAKS.sub(" ", text))


def _spelled(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def cell(text: str) -> str:
    r"""Return a text as a cell of a table that others open: never a formula, and without signs that steer.

    Breaks stay, as quotes hold them; numbers stay, whatever their sign.

    Example:
        >>> cell("=cmd|'/C calc'!A0"), cell("-3.5"), cell("shop 3; =1+1")
        ("'=cmd|'/C calc'!A0", '-3.5', "shop 3; '=1+1")
    """
    shown = CONTROLS.sub(lambda found: found[0] if found[0] in "\t\n\r" else _spelled(ord(found[0])), text)
    return shown if len(shown) == 1 or NUMBER.fullmatch(shown) else FORMULA.sub(r"\1'\2", shown)
