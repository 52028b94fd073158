"""English for messages: plural forms, numbers with nouns, names joined to a list, the nearest of known words."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SHORTEST_RANGE = 3
"""Names from which a range is shorter than all of them."""
_LONGEST_COMMAND = 120
"""Characters of a command that a message has."""
_LAST_NUMBER = re.compile(r"(?P<before>.*?)(?P<number>\d{1,9})(?P<after>\D*|(?:\.[a-zA-Z][\w.-]*))")
_ENDINGS_WITH_ES = ("s", "x", "ch", "sh")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is nearest to a wrong one or begins with it, whatever its case.

    None where there is none, or several are equally near: `tor9` may be `tor1` or `tor2`.
    """
    from difflib import SequenceMatcher, get_close_matches  # noqa: PLC0415 - only where a word is wrong

    by_typed = {name.casefold(): name for name in sorted(known)}
    typed = word.casefold()
    near = get_close_matches(typed, by_typed)
    if not near:
        return next((by_typed[name] for name in by_typed if typed and name.startswith(typed)), None)
    likeness = {name: (SequenceMatcher(None, name, typed).ratio(), _shared_beginning(name, typed)) for name in near}
    nearest_ones = [name for name in near if likeness[name] == max(likeness.values())]
    return by_typed[nearest_ones[0]] if len(nearest_ones) == 1 else None


def _shared_beginning(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?` for the known word that is nearest to a wrong one; nothing where none is near."""
    near = nearest(word, known)
    return f"; did you mean {near}?" if near else ""


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


def short_command(command: str) -> str:
    """Return a command for a message: of one that names every network around a pool, the beginning."""
    return command if len(command) <= _LONGEST_COMMAND else f"{command[:_LONGEST_COMMAND].rstrip()} …"


def and_more(number: int, singular: str = "") -> str:
    """Return how many follow what was listed: ` and 3 more`, ` and 3 more prefixes`; nothing where none does."""
    if number < 1:
        return ""
    return f" and {number:,} more {word_for(number, singular)}" if singular else f" and {number:,} more"


def in_ranges(names: Iterable[str]) -> list[str]:
    """Return names in order, three or more that are numbered one after the other as one: `worker-40 … worker-63`."""
    runs: list[list[str]] = []
    for name in names:
        if runs and _next_name(runs[-1][-1]) == name:
            runs[-1].append(name)
        else:
            runs.append([name])
    return [part for run in runs for part in ([f"{run[0]} … {run[-1]}"] if len(run) >= _SHORTEST_RANGE else run)]


def _next_name(name: str) -> str | None:
    """Return the name with its last number one higher, in as many digits; None without a number."""
    found = _LAST_NUMBER.fullmatch(name)
    if found is None:
        return None
    number = found["number"]
    return f"{found['before']}{int(number) + 1:0{len(number)}d}{found['after']}"


def shared_domain(names: Sequence[str]) -> str:
    """Return the longest domain that all names end in, with at least one label before it; empty where there is none.

    An address is no name.
    """
    if len(names) <= 1 or any(":" in name or name.replace(".", "").isdecimal() for name in names):
        return ""
    labels = [name.split(".")[::-1] for name in names]
    most = min(map(len, labels)) - 1
    number = next((n for n in range(most) if len({of_name[n] for of_name in labels}) > 1), most)
    return ".".join(labels[0][:number][::-1])


def without_shared_domain(names: Sequence[str]) -> tuple[list[str], str]:
    """Return the names without the domain that all of them end in, and the domain; empty where they share none."""
    domain = shared_domain(names)
    return [name.removesuffix(f".{domain}") if domain else name for name in names], domain
