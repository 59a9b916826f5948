"""HTML built from elements, in which text that is not markup is always escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TypeAlias


class Markup(str):
    """Text that is HTML already; any other string is escaped when it becomes part of an element."""

    __slots__ = ()


Child: TypeAlias = "str | Iterable[Child] | None"

VOID = ("br", "hr")


def element(name: str, *children: Child, **attributes: str | None) -> Markup:
    """Return an element with its children.

    Args:
        name: the name of the element, such as "p".
        children: text, which is escaped, markup, or (nested) iterables of them; None is left out.
        attributes: the values of attributes, escaped; ``class_`` is ``class``, an underscore in a name is a hyphen, and
            those of value None are left out.

    Example:
        >>> element("p", "a < b ", [element("b", "c")], class_="x")
        '<p class="x">a &lt; b <b>c</b></p>'
    """
    pairs = [(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None]
    opening = "".join(f' {key}="{html.escape(value)}"' for key, value in pairs)
    if name in VOID:
        return Markup(f"<{name}{opening}>")
    return Markup(f"<{name}{opening}>{join(children)}</{name}>")


def join(children: Child) -> Markup:
    """Return children beside each other as one piece of markup."""
    if children is None:
        return Markup("")
    if isinstance(children, Markup):
        return children
    if isinstance(children, str):
        return Markup(html.escape(children))
    return Markup("".join(join(child) for child in children))


def unbroken(text: str) -> str:
    """Keep a percent sign with its number at the end of a line."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")
