"""The flags that a container is started with, as pflag reads them (spf13/pflag flag.go and string_slice.go).

A boolean without `=` is true and leaves the next word alone: `--advertise-cluster-ip false` is true. Any other flag
takes the next word as its value. Of a boolean or a text the last one counts; lists add up.
"""

from __future__ import annotations

import csv
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from ecmpaudit.kubernetes.workloads import Container

TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
"""Go's strconv.ParseBool."""
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})
_REFERENCE = re.compile(r"\$\$|\$\(([-._a-zA-Z0-9]+)\)")
_BLANK = re.compile(r"\s")
_SHELLS = frozenset({"sh", "ash", "bash", "dash", "busybox"})
_NEAR = 0.9


def flags_of(
    container: Container, booleans: Collection[str], lists: Collection[str] = (), texts: Collection[str] = ()
) -> dict[str, tuple[str, ...]]:
    """Return the values of each flag of these names, in their order; ValueError where they cannot be understood."""
    if any(word.rpartition("/")[2] in _SHELLS for word in container.command):
        raise ValueError("its flags are in a script, which is not read")
    words = iter([*container.command[1:], *container.args])
    variables = {variable.name: variable.value for variable in container.env if variable.value_from is None}
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        if word == "--":
            break
        if not word.startswith("--"):
            continue
        name, sign, value = _expanded(word[2:], variables).partition("=")
        _refuse_other_name(name, [*booleans, *lists, *texts])
        if name in booleans:
            found[name] = (boolean(f"--{name}", value if sign else "true"),)
        elif name in lists or name in texts:
            text = value if sign else _expanded(_next(words, name), variables)
            found[name] = (text,) if name in texts else (*found.get(name, ()), *_listed(name, text))
    return found


def _next(words: Iterator[str], name: str) -> str:
    word = next(words, None)
    if word is None:
        raise ValueError(f"--{name} has no value")
    return word


def _expanded(word: str, variables: Mapping[str, str]) -> str:
    """Return a word with the variables that Kubernetes puts in; those that are not known stay as they are."""

    def known(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else variables.get(match[1], match[0])

    return _REFERENCE.sub(known, word)


def _refuse_other_name(name: str, known: Collection[str]) -> None:
    """Raise ValueError for a name that no flag can have, or that is nearly one of the known ones."""
    if _BLANK.search(name):
        raise ValueError(f'expected one flag in each word, found "--{name}"')
    near = get_close_matches(name, known, 1, _NEAR) if name not in known else ()
    if near:
        raise ValueError(f"--{name} is no flag; did you mean --{near[0]}?")


def boolean(name: str, text: str) -> str:
    """Return the text of a boolean; ValueError where it is none."""
    if text not in TRUE | _FALSE:
        raise ValueError(f'{name}: expected true or false, found "{text}"')
    return text


def _listed(name: str, text: str) -> list[str]:
    """Return the values of a list, which is one record of CSV."""
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise ValueError(f'--{name}: "{text}" is no list: {error}') from None
