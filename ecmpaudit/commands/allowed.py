"""The commands of a scan as rules that let nothing else pass: for a forced command of sshd, and for sudoers.

A pool, an address and a name are put in as patterns that fit no character with a meaning to a shell.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecmpaudit.platforms.registry import Platform

_PLACES = {
    "{pool}": "[0-9A-Fa-f.:]+/[0-9]+",
    "{above}": "[0-9A-Fa-f.:]+/[0-9]+",
    "{around}": "[0-9A-Fa-f.:]+/[0-9]+",
    "{address}": "[0-9A-Fa-f.:]+",
    "{name}": "[0-9A-Za-z_][0-9A-Za-z_.:-]*",
}
"""POSIX extended regular expressions of what is put into a command."""
_POOLS = "{pools}"
_PLACE = re.compile("|".join(map(re.escape, _PLACES)))
_SPECIAL = re.compile(r"[][.^$*+?(){}|\\]")
_SUDO = "(sudo -n )?"
_FOLDERS = "/(usr/)?s?bin/"


def patterns(platforms: Iterable[Platform]) -> str:
    """Return one extended regular expression a line, each for one whole command, with or without sudo."""
    return "\n".join(f"{_SUDO}{_pattern(*command)}" for command in _lines(platforms))


def sudoers(platforms: Iterable[Platform]) -> str:
    """Return a file for /etc/sudoers.d that lets the user audit run the commands; needs sudo 1.9.10 or later."""
    entries = []
    for line, each, between in _lines(platforms):
        program, *arguments = shlex.split(line)
        written = _escaped(_pattern(" ".join(arguments), " ".join(shlex.split(each)), between))
        entries.append(f"    ^{_FOLDERS}{_SPECIAL.sub(_backslash, program)}$ ^{written}$")
    return "Cmnd_Alias ECMPAUDIT = \\\n" + ", \\\n".join(entries) + "\naudit ALL = (root) NOPASSWD: ECMPAUDIT"


def _lines(platforms: Iterable[Platform]) -> Iterator[tuple[str, str, str]]:
    """Yield each command line once, with what `{pools}` in it has for each network and what is between.

    Vendors' command lines have no shell to guard.
    """
    seen: set[str] = set()
    for platform in platforms:
        known = [
            (line, entry.each or "", entry.between)
            for entry in (*platform.scan_router, *platform.scan_node, *platform.scan_poll)
            for line in (entry.command, entry.whole)
        ]
        checks = [(platform.scan_check.command, "", "")] if platform.scan_check else []
        for line, each, between in (*checks, *known):
            filled = line and line.replace(_POOLS, each)
            if line and filled and filled not in seen and platform.shell is None:
                seen.add(filled)
                yield line, each, between


def _pattern(line: str, each: str = "", between: str = "") -> str:
    """Return a command as a pattern: its own characters, and what its places take."""
    before, pools, after = line.partition(_POOLS)
    if pools:
        one = _pattern(each)
        return f"{_pattern(before)}{one}({_SPECIAL.sub(_backslash, between)}{one})*{_pattern(after)}"
    position, parts = 0, []
    for place in _PLACE.finditer(line):
        parts += [_SPECIAL.sub(_backslash, line[position : place.start()]), _PLACES[place[0]]]
        position = place.end()
    return "".join([*parts, _SPECIAL.sub(_backslash, line[position:])])


def _backslash(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def _escaped(pattern: str) -> str:
    """Return a pattern as sudoers(5) reads it: these characters end a word there."""
    return re.sub(r"[,:=]", _backslash, pattern)
