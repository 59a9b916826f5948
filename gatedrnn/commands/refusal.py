"""What tyro refuses of a command line, said as everything else is: in one line that names the option."""

from __future__ import annotations

import re

READ = (
    (r"Error parsing (?P<name>\S+): invalid literal for int\(\) with base 10: (?P<got>.*)", "a whole number"),
    (r"Error parsing (?P<name>\S+): could not convert string to float: (?P<got>.*)", "a number"),
    (r"Error parsing (?P<name>\S+): expected (?P<what>.*)", ""),
    (r"invalid choice (?P<got>.*) for argument '(?P<name>[^']*)'\. Expected one of \((?P<what>.*)\)\.", "one of "),
    (r"Missing value for argument '(?P<name>[^']*)'\..*", "a value"),
)
"""What tyro says of an option, and what was expected of it, which some of these say themselves."""
EITHER = re.compile(r"(?P<option>Error parsing \S+: )no type matching .* Got errors: (?P<errors>.*)")
"""What tyro says of an option that may be left out, with what was wrong as each of its types."""


def in_one_line(box: str, help_of: str) -> str | None:
    """Return what a box of tyro's says in one line; None where it is none that is known.

    Args:
        box: the box, as it would stand in a terminal.
        help_of: the command whose help says more.

    Example:
        >>> in_one_line("│ Error parsing --hidden: invalid literal for int() with base 10: 'x' │", "gatedrnn train")
        "--hidden: expected a whole number, got 'x'; gatedrnn train --help shows all"
    """
    parts = _parts(box)
    line = _unread(_text(parts[0])) or _missing(parts[0]) or _unknown(_text(parts[0]), parts[1:])
    return line and f"{line}; {help_of} --help shows all"


def _parts(box: str) -> list[list[str]]:
    """Return the rows inside the box, in parts between its rulers; what frame it has depends on the terminal."""
    parts: list[list[str]] = [[]]
    for row in re.sub(r"\x1b\[[0-9;]*m", "", box).splitlines():
        inside = row.strip(" │|")
        if re.fullmatch(r"[─-]{3,}", inside):
            parts.append([])
        elif inside and not inside.startswith(("╭", "╰", "+")):
            parts[-1].append(inside)
    # A frame of plain characters has a ruler below its title; one of lines has the title in its upper edge.
    return parts if "│" in box else parts[1:] or parts


def _text(part: list[str]) -> str:
    return " ".join(part)


def _unread(said: str) -> str | None:
    if either := EITHER.search(said):
        errors = dict(re.findall(r"- <class '([^']*)'>: (.*?)(?= - <class |$)", either["errors"]))
        said = either["option"] + next((why for name, why in errors.items() if name != "NoneType"), "")
    for pattern, expected in READ:
        found = re.search(pattern, said)
        if found:
            named = found.groupdict()
            what = expected + _in_order(named.get("what", ""))
            got = "" if "got " in what else f", got {named.get('got', 'none')}"
            return f"{named['name']}: expected {what}{got}"
    return None


def _in_order(choices: str) -> str:
    """Return quoted choices in alphabetical order, other words as they are: tyro has them in that of a set."""
    found = re.findall(r"'[^']*'", choices)
    return ", ".join(sorted(found)) if ", ".join(found) == choices else choices


def _missing(rows: list[str]) -> str | None:
    found = re.search(r"Missing from (gatedrnn \w+):", _text(rows))
    names = [name[1] for row in rows if (name := re.fullmatch(r"(--[\w-]+|[A-Z]+)( [A-Z]+)?", row))]
    return f"{', '.join(names)}: expected by {found[1]}, got none" if found and names else None


def _unknown(said: str, others: list[list[str]]) -> str | None:
    found = re.search(r"Unrecognized options: (.*)", said)
    commands = re.search(
        r"(?:Available subcommands: |Expected one of \{)([^}]*)", " ".join([said, *map(_text, others)])
    )
    if commands and (found or "Expected one of {" in said):
        names = commands[1].split(" For full")[0]
        return f"command: expected one of {names}; got {found[1] if found else 'none'}"
    if not found:
        return None
    first, *rest = found[1].split(", ")
    behind = f", with {', '.join(rest)} behind it" if rest else ""
    return f"{first}: expected no option or file there, got one{behind}"
