"""Names as people give them on the command line: `tor1`, `tor*`, `tor1,tor2`, repeated."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.wording import listed, suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

GROUP = "group"
"""The label with the groups that an inventory has a host in, separated by blanks."""
_PATTERN_CHARACTERS = frozenset("*?[")
_SHOWN = 20
"""Known names that a message lists; further ones are counted."""


def words_of(given: Iterable[str]) -> tuple[str, ...]:
    """Return the words of repeated options and comma lists, each once."""
    return tuple(dict.fromkeys(word for text in given for word in map(str.strip, text.split(",")) if word))


def is_pattern(text: str) -> bool:
    """Return whether a name is a pattern of a shell, with `*`, `?` or `[ab]`."""
    return not _PATTERN_CHARACTERS.isdisjoint(text)


def names_matching(option: str, given: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """Return the known names that any word matches, in their order; `*`, `?` and `[ab]` are as in a shell.

    Raises:
        ConfigurationError: a word matches none, which is a wrong name and no reason to check nothing.
    """
    words = words_of(given)
    for word in words:
        if not any(fnmatchcase(name, word) for name in known):
            there = listed(known, _SHOWN) if known else "none"
            raise ConfigurationError(f"{option} {word}: matches none of {there}{suggestion(word, known)}")
    return tuple(name for name in known if any(fnmatchcase(name, word) for word in words))


def has_label(labels: Mapping[str, str], key: str, pattern: str) -> bool:
    """Return whether the value of a label matches a pattern; of groups, one of them or all of them."""
    if key not in labels:
        return False
    values = (labels[key], *(labels[key].split() if key == GROUP else ()))
    return any(fnmatchcase(value, pattern) for value in values)
