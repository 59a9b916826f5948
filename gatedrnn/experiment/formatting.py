"""Numbers as text: as many digits as their uncertainty allows, and units that read well."""

from __future__ import annotations

import math

MINUS = "\u2212"


def decimals(uncertainty: float) -> int:
    """Return how many decimals show two digits of an uncertainty, at most 6; of hundreds and more, three digits.

    -2 stands for whole hundreds.

    Example:
        >>> decimals(0.033), decimals(0.0047), decimals(2.0), decimals(31.0), decimals(0.0)
        (3, 4, 1, 0, 3)
        >>> decimals(310.0), decimals(31000.0)
        (0, -2)
    """
    if not 0 < uncertainty < math.inf:
        return 3
    digits = 2 if uncertainty < 100 else 3
    return min(6, digits - 1 - math.floor(math.log10(uncertainty)))


def number(value: float, places: int) -> str:
    """Return a number with a true minus sign, none on zero, and thousands separated.

    Example:
        >>> number(-2.7812, 2), number(-0.001, 2), number(123456.7, 0), number(123456.7, -2)
        ('−2.78', '0.00', '123,457', '123,500')
    """
    text = f"{value:,.{places}f}" if places >= 0 else f"{round(value, places):,.0f}"
    if not any(digit in text for digit in "123456789"):
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def interval(low: float, high: float, places: int) -> str:
    """Return both ends in brackets, parted by a word where a comma separates thousands.

    Example:
        >>> interval(-0.2, 0.1, 1), interval(950.0, 1200.0, 0)
        ('[−0.2, 0.1]', '[950 to 1,200]')
    """
    ends = number(low, places), number(high, places)
    return f"[{(' to ' if any(',' in end for end in ends) else ', ').join(ends)}]"


def plain(value: float) -> str:
    """Return a number of the user's data to four digits, thousands separated.

    Example:
        >>> plain(1190.4), plain(-0.25), plain(123456.0)
        ('1,190', '−0.25', '123,500')
    """
    return f"{float(f'{value:.4g}'):,.10g}".replace("-", MINUS)


def count(value: int) -> str:
    """Return a whole number with thousands separated.

    Example:
        >>> count(25600)
        '25,600'
    """
    return f"{value:,}"


def percent(part: float) -> str:
    """Return a part of 1 in percent: two digits, or one decimal where that is less.

    Example:
        >>> percent(0.953), percent(0.0081), percent(0.0)
        ('95 %', '0.8 %', '0 %')
    """
    places = 0 if part == 0 or abs(part) >= 0.0995 else 1
    return f"{number(100 * part, places)} %"


def seconds(value: float) -> str:
    """Return a duration in the unit that needs the fewest digits.

    Example:
        >>> [seconds(s) for s in (2.61e-5, 0.0342, 5.25, 247.3, 4000)]
        ['26.1 µs', '34.2 ms', '5.25 s', '4 min 7 s', '1 h 6 min']
    """
    if value < 60:
        scale, unit = (1e6, "µs") if value < 1e-3 else (1e3, "ms") if value < 1 else (1, "s")
        return f"{_three_digits(value * scale)} {unit}"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _three_digits(value: float) -> str:
    places = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{places}f}"
