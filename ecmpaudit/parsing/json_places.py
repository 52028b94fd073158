"""Finds where in a JSON text a value is, by its path: `("default", "peers", "192.0.2.3", "state")`. Says it in words.

A reader keeps the path of a fact, which costs nothing; the place is looked up only for the facts that a report shows.
The lookup follows the structure, so that the same key in another VRF, or an address that is part of another one, is
never taken for it. The text is JSON that was decoded before. Its lines may have a megabyte, and slices of them show
nothing: `"local":"172.31.1.1","prefixlen":32}]},{"ifi`. So a value is said in words: `kube-lb0: local 172.31.1.1`.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import TypeAlias

from ecmpaudit.masking import masked

Key: TypeAlias = "str | int"
"""A key of an object, or the 0-based number in an array."""
Path: TypeAlias = "tuple[Key, ...]"

_STRING = r'"(?:[^"\\]|\\.)*+"'
_TOKEN = re.compile(rf"{_STRING}|[{{}}\[\],:]|[^\s\"{{}}\[\],:]++")
_DST = re.compile(r'"dst"\s*:\s*"([^"\\]*+)"')
_BRACKET = re.compile(rf"{_STRING}|[{{}}\[\]]")
_LONGEST = 200
"""Characters of the words."""
_LARGEST = 20_000
"""Characters of a value that is decoded again to be said; of a larger one, its beginning is quoted as it is."""
_NAMES = ("ifname", "name", "dst", "prefix")
"""The members that name the element of an array."""


class JsonPlaces:
    """The places of the values in one JSON document; what was looked up before is kept."""

    def __init__(self, text: str, start: int = 0) -> None:
        """`start` is the position at which, after blanks, the document begins."""
        self._text = text
        self._start = start
        self._members: dict[Path, dict[Key, tuple[int, int]]] = {}
        self._routes: dict[str, Path | int] | None = None
        self._starts: list[int] | None = None

    def quote(self, path: Path) -> tuple[int, str] | None:
        """Return the position of a value with its key, and the value in words; None where there is no such value.

        The address, interface or prefix above it is repeated in front: `192.0.2.3: state Active`. A prefix alone is the
        route to it.
        """
        place = self._place(path)
        if place is None:
            return self._quote_route(path[0]) if len(path) == 1 and isinstance(path[0], str) else None
        words = self._words(path)
        above = self._name_above(path)
        return place, words if above is None or above in words.split(" ") else f"{above}: {words}"

    def _name_above(self, path: Path) -> str | None:
        """Return the nearest key above a value that is an address or the like, or the name of the array's element."""
        for length in range(len(path) - 1, 0, -1):
            key = path[length - 1]
            if isinstance(key, str):
                if any(map(str.isdigit, key)):
                    return key
                continue
            members = self._members_of(path[:length])
            name = next((name for name in _NAMES if name in members and name != path[-1]), None)
            if name is not None:
                return _said(self._value(members[name][1]))
        return None

    def _words(self, path: Path) -> str:
        """Return key and value in words, and of a value that is too large its beginning."""
        place, start = self._members_of(path[:-1])[path[-1]]
        value = self._value(start)
        if value is None:
            return self._line(place)
        key = path[-1]
        if not isinstance(key, str):
            return _cut(_said(value))
        return _cut(f"{key}{':' if isinstance(value, dict | list) else ''} {_said(value)}")

    def _value(self, start: int) -> object:
        """Return the value that begins here, its secrets masked; None where it is too large, or null."""
        opening = _TOKEN.search(self._text, start)
        if opening is None:
            return None
        end = self._end(opening.end(), start + _LARGEST) if opening[0] in "{[" else opening.end()
        if end - start > _LARGEST:
            return None
        try:
            return json.loads(masked(self._text[start:end]))
        except ValueError:
            return None

    def _quote_route(self, prefix: str) -> tuple[int, str] | None:
        """Return the route to a prefix: FRR has it as key, also below its VRF, Linux as `dst`."""
        if self._routes is None:
            self._routes = {**self._destinations(), **self._prefixes_of_vrfs()}
        place = self._routes.get(prefix, self._routes.get(prefix.removesuffix("/32" if "." in prefix else "/128")))
        if isinstance(place, int):
            return place, self._element_around(place)
        return None if place is None else self.quote(place)

    def _element_around(self, place: int) -> str:
        """Return in words the element of the outermost array that is around a position."""
        if self._starts is None:
            self._starts = [start for _, start in self._members_of(()).values()]
        number = bisect_right(self._starts, place) - 1
        value = self._value(self._starts[number]) if number >= 0 else None
        return self._line(place) if value is None else _cut(_said(value))

    def _destinations(self) -> dict[str, int]:
        """Return the position of the first `dst` with each text."""
        opening = _TOKEN.search(self._text, self._start)
        end = self._end(opening.end()) if opening else 0
        found: dict[str, int] = {}
        for dst in _DST.finditer(self._text, self._start, end):
            found.setdefault(dst[1], dst.start())
        return found

    def _prefixes_of_vrfs(self) -> dict[str, Path]:
        """Return the path of the first key with each text in the objects of the outermost one."""
        found: dict[str, Path] = {}
        for vrf in self._members_of(()):
            for key in self._members_of((vrf,)) if isinstance(vrf, str) else ():
                found.setdefault(str(key), (vrf, key))
        return found

    def _line(self, start: int) -> str:
        """Return the rest of the line from a position on, without blanks around it, and not too long."""
        return self._text[start : start + 2 * _LONGEST].lstrip().partition("\n")[0][:_LONGEST].rstrip()

    def _place(self, path: Path) -> int | None:
        found = self._members_of(path[:-1]).get(path[-1]) if path else None
        return found and found[0]

    def _members_of(self, path: Path) -> dict[Key, tuple[int, int]]:
        """Return the members of an object or array by key: the positions of the key and of the value."""
        if path not in self._members:
            if path:
                found = self._members_of(path[:-1]).get(path[-1])
                start = found[1] if found else len(self._text)
            else:
                start = self._start
            self._members[path] = self._scanned(start)
        return self._members[path]

    def _scanned(self, position: int) -> dict[Key, tuple[int, int]]:
        """Return the members of the object or array that begins here; none where something else does."""
        opening = _TOKEN.search(self._text, position)
        if opening is None or opening[0] not in "{[":
            return {}
        members: dict[Key, tuple[int, int]] = {}
        key: tuple[Key, int] | None = None
        position = opening.end()
        while (token := _TOKEN.search(self._text, position)) and token[0] not in "}]":
            position = token.end()
            if token[0] in ",:":
                continue
            if opening[0] == "{" and key is None:
                key = (json.loads(token[0]), token.start())
                continue
            name, start = key or (len(members), token.start())
            members[name] = (start, token.start())
            key = None
            if token[0] in "{[":
                position = self._end(position)
        return members

    def _end(self, position: int, last: int | None = None) -> int:
        """Return the position after the bracket that closes what was opened before; behind `last`, any position."""
        depth = 1
        for token in _BRACKET.finditer(self._text, position):
            depth += 1 if token[0] in "{[" else -1 if token[0] in "}]" else 0
            if depth == 0 or (last is not None and token.end() > last):
                return token.end()
        return len(self._text)


def _said(value: object) -> str:
    """Return a value in words: `state Active, remoteAs 64512`; what is inside of it is in brackets."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_inside(below)}" for key, below in value.items()) or "none"
    if isinstance(value, list):
        return _said(value[0]) if len(value) == 1 else ", ".join(map(_inside, value)) or "none"
    return value if isinstance(value, str) else json.dumps(value)


def _inside(value: object) -> str:
    has_brackets = isinstance(value, list) and len(value) > 1 and isinstance(value[0], dict | list)
    return f"({_said(value)})" if value and isinstance(value, dict | list) and not has_brackets else _said(value)


def _cut(words: str) -> str:
    """Return the words, of too many the first, and never a part of one."""
    if len(words) <= _LONGEST:
        return words
    first = words[:_LONGEST]
    return f"{first.rpartition(', ')[0] or first.rpartition(' ')[0]} …"
