"""English for messages: plural forms, numbers with their nouns, and names joined to a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENDINGS_WITH_ES = ("s", "x", "ch", "sh")


def word_for(number: int, singular: str, plural: str | None = None) -> str:
    """Return the form of a word that fits a number; by default the plural is the regular one of a noun."""
    if number == 1:
        return singular
    if plural is not None:
        return plural
    return singular + ("es" if singular.endswith(_ENDINGS_WITH_ES) else "s")


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun: `1 next hop`, `1,000 prefixes`."""
    return f"{number:,} {word_for(number, singular, plural)}"


def listed(things: Iterable[object], most: int | None = None, separator: str = ", ") -> str:
    """Return the things as one text, at most so many of them by name: `node1, node2 and 3 more`."""
    names = [str(thing) for thing in things]
    if most is None:
        return separator.join(names)
    return separator.join(names[:most]) + and_more(len(names) - most)


def and_listed(things: Iterable[object]) -> str:
    """Return the things as part of a sentence: `node1, node2 and node3`."""
    *first, last = [str(thing) for thing in things]
    return f"{', '.join(first)} and {last}" if first else last


def and_more(number: int, singular: str = "") -> str:
    """Return how many follow what was listed: ` and 3 more`, ` and 3 more prefixes`; nothing where none does."""
    if number < 1:
        return ""
    return f" and {number:,} more {word_for(number, singular)}" if singular else f" and {number:,} more"
