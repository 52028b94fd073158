"""The checks of single values that the library is called with: a wrong type is a TypeError that names the argument."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from numbers import Integral
from pathlib import Path

from ecmpaudit.errors import ConfigurationError

Address = IPv4Address | IPv6Address | IPv4Network | IPv6Network
Words = str | Address | list[str] | list[Address] | tuple[str, ...]
FilePath = str | os.PathLike[str]
_WORDS, _FILES, _FILE = "a text or a list of texts", "a path or a list of paths", "a path"


def is_text(value: str) -> bool:
    """Return whether a string is a text and no path: it has a line break."""
    return "\n" in value or "\r" in value


def words(argument: str, value: object) -> tuple[str, ...]:
    """Return one text or address, or a list of them, as texts."""
    if value is None:
        return ()
    value = _listed(value)
    if isinstance(value, Iterator):
        value = list(value)
    if isinstance(value, str | Address):
        return (str(value),)
    if not isinstance(value, list | tuple):
        raise wrong_type(argument, _WORDS, value)
    for index, each in enumerate(value):
        if not isinstance(each, str | Address):
            raise wrong_type(f"{argument}[{index}]", "a text", each)
    return tuple(map(str, value))


def nodes_of(argument: str, value: object) -> tuple[str, ...]:
    """Return nodes as `--nodes` has them: texts, or a mapping from each name to its address or addresses."""
    if not isinstance(value, Mapping):
        return words(argument, value)
    return tuple(f"{name}={address}" for name, own in value.items() for address in words(f"{argument}[{name!r}]", own))


def number(argument: str, value: object) -> int | None:
    """Return a whole number, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Integral):  # numpy's numbers are Integral as well
        raise wrong_type(argument, "a whole number", value)
    return int(value)


def number_from(argument: str, value: object, least: float, unit: str) -> float | None:
    """Return a number that is at least this one, or None; a lower one is a ConfigurationError."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(argument, unit, value)
    if not value >= least:
        raise ConfigurationError(f"{argument} {value}: expected at least {least:g}")
    return value


def flag(argument: str, value: object) -> bool:
    """Return true or false; None is false."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise wrong_type(argument, "true or false", value)
    return value


def word(argument: str, value: object) -> str | None:
    """Return a text, or None."""
    if value is not None and not isinstance(value, str):
        raise wrong_type(argument, "a text", value)
    return value


def path_of(argument: str, value: object) -> str:
    """Return a path as text; an empty one is a ConfigurationError, as it would be the current folder."""
    if not isinstance(value, str | os.PathLike):
        raise wrong_type(argument, _FILE, value)
    path = os.fspath(value)
    if not isinstance(path, str):
        raise wrong_type(argument, _FILE, path)
    if not path:
        raise ConfigurationError(f"{argument}: expected {_FILE}, found an empty text")
    return path


def items(argument: str, value: object, what: str) -> Iterator[tuple[str, object]]:
    """Yield a single thing, or each of a list, a tuple or a generator, with its name for messages."""
    value = _listed(value)
    if isinstance(value, str | os.PathLike):
        yield argument, value
    elif isinstance(value, list | tuple | Iterator):
        for index, each in enumerate(value):
            yield f"{argument}[{index}]", each
    else:
        raise wrong_type(argument, what, value)


def _listed(value: object) -> object:
    """Return a column of pandas or an array of numpy as a list, anything else as it is."""
    listed = getattr(value, "tolist", None)
    return listed() if callable(listed) else value


def optional_path(argument: str, value: object) -> Path | None:
    """Return a path, or None."""
    return None if value is None else Path(path_of(argument, value))


def paths(argument: str, value: object) -> tuple[Path, ...]:
    """Return one path or a list of them."""
    if value is None:
        return ()
    return tuple(Path(path_of(name, each)) for name, each in items(argument, value, _FILES))


def wrong_type(argument: str, expected: str, found: object) -> TypeError:
    """Return the error for a value of a wrong type."""
    return TypeError(f"{argument}: expected {expected}, found {type(found).__name__}")
