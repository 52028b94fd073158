"""Finds where in a JSON text a value is, by its path: `("default", "peers", "192.0.2.3", "state")`.

A reader keeps the path of a fact, which costs nothing; the place is looked up only for the facts that a report shows.
The lookup follows the structure, so that the same key in another VRF, or an address that is part of another one, is
never taken for it. The text is JSON that was decoded before.
"""

from __future__ import annotations

import json
import re
from typing import TypeAlias

Key: TypeAlias = "str | int"
"""A key of an object, or the 0-based number in an array."""
Path: TypeAlias = "tuple[Key, ...]"

_STRING = r'"(?:[^"\\]|\\.)*+"'
_TOKEN = re.compile(rf"{_STRING}|[{{}}\[\],:]|[^\s\"{{}}\[\],:]++")
_DST = re.compile(r'"dst"\s*:\s*"([^"\\]*+)"')
_BRACKET = re.compile(rf"{_STRING}|[{{}}\[\]]")
_LONGEST = 200
"""Characters of a value that are quoted: a whole document may be one line."""


class JsonPlaces:
    """The places of the values in one JSON document; what was looked up before is kept."""

    def __init__(self, text: str, start: int = 0) -> None:
        """`start` is the position at which, after blanks, the document begins."""
        self._text = text
        self._start = start
        self._members: dict[Path, dict[Key, tuple[int, int]]] = {}
        self._routes: dict[str, Path | int] | None = None

    def quote(self, path: Path) -> tuple[int, str] | None:
        """Return the position of a value with its key, and the words that show it; None where there is no such value.

        `"192.0.2.3": … "state": "Active"`: the key of the address or interface above it is repeated in front. A prefix
        alone is the route to it.
        """
        place = self._place(path)
        if place is None:
            return self._quote_route(path[0]) if len(path) == 1 and isinstance(path[0], str) else None
        nearest = max(0, place - _LONGEST - 1)
        before = self._text.rfind("\n", nearest, place)
        words = self._line(place if before < 0 and nearest else before + 1)
        above = next((key for key in reversed(path[:-1]) if isinstance(key, str) and any(map(str.isdigit, key))), None)
        return place, words if above is None or f'"{above}"' in words else f'"{above}": … {words}'

    def _quote_route(self, prefix: str) -> tuple[int, str] | None:
        """Return the route to a prefix: FRR has it as key, also below its VRF, Linux as `dst`."""
        if self._routes is None:
            self._routes = {**self._destinations(), **self._prefixes_of_vrfs()}
        place = self._routes.get(prefix, self._routes.get(prefix.removesuffix("/32" if "." in prefix else "/128")))
        if isinstance(place, int):
            return place, self._line(place)
        return None if place is None else self.quote(place)

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
                _, start = self._members_of(path[:-1]).get(path[-1], (0, len(self._text)))
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

    def _end(self, position: int) -> int:
        """Return the position after the bracket that closes what was opened before."""
        depth = 1
        for token in _BRACKET.finditer(self._text, position):
            depth += 1 if token[0] in "{[" else -1 if token[0] in "}]" else 0
            if depth == 0:
                return token.end()
        return len(self._text)
