"""Which names and AS numbers texts have: they are found by their place, then replaced wherever they are."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from ecmpaudit.resources import parsers_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = r"[A-Za-z0-9_](?:[\w.-]*[\w])?"
_NAMES = [
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"^[ \t]*(?:hostname|domainname|ip domain[ -]name|set system host-name)[ \t]+({_NAME})",
        rf"\broute-map[ \t]+({_NAME})",
        rf"^[ \t]*(?:[^\n]*[ \t])?key[ -]chain[ \t]+({_NAME})[ \t]*$",
        rf"\bprefix-list[ \t]+({_NAME})",
        rf"\b(?:as-path )?access-list[ \t]+({_NAME})",
        rf"\b(?:ext|large)?community-list[ \t]+(?:standard |expanded )?({_NAME})",
        rf"\bpeer-group[ \t]+({_NAME})",
        rf"^[ \t]*neighbor[ \t]+({_NAME})[ \t]+peer-group[ \t]*$",
        rf"^(?:vrf|router bgp \d+ vrf|username)[ \t]+({_NAME})",
        rf"\bvrf[ \t]+({_NAME})[ \t]*:?[ \t]*$",
        rf"^[ \t]*(?:protocol|template)[ \t]+\w+[ \t]+({_NAME})[ \t]*(?:from[ \t]+({_NAME})[ \t]*)?\{{",
        rf"^[ \t]*(?:filter|function)[ \t]+({_NAME})[ \t]*[{{(]",
        rf"^({_NAME})[ \t]+(?:BGP|OSPF|Static|RIP|Babel|Pipe|BFD)[ \t]",
        rf'"(?:hostname|peerHostname|domainname|peerGroup|routeMap\w*|\w*PrefixList|vrfName?)"[ \t]*:[ \t]*"({_NAME})"',
        rf"^Hostname:[ \t]*({_NAME})",
    )
]
_AS = r"(?<![\w.])(?P<as>\d{1,10})(?![\w.])"
_AS_NUMBERS = [
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"\b(?:remote-as|router bgp|local-as|peer-as|autonomous-system|confederation identifier)[ \t]+{_AS}",
        rf"\b(?:local|remote) AS(?: number)?[ \t]+{_AS}",
        rf"\b(?:Neighbor|Local|Remote) AS:?[ \t]+{_AS}",
        rf"^[ \t]*(?:local|neighbor)\b[^\n;]*\bas[ \t]+{_AS}",
        rf'"(?:asn?|\w*[a-z]As|localAS|remoteAs\w*|\w*Asn|\w*AsNumber)"[ \t]*:[ \t]*"?{_AS}',
        r"\[AS(?P<as>\d{1,10})[ie?]?\]",
    )
]
_HOP = r"[{(\[]{0,2}\d[\d{}(),.\[\]]*"
AS_PATHS = [
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"(?P<before>  \d{{1,5}} )(?P<path>{_HOP}(?: {_HOP})*)(?= [ie?][ \t\r]*$)",
        r"(?P<before>\b(?:confederation peers|as-path (?:prepend|exclude))[ \t]+)(?P<path>\d[\d \t]*)",
        r"(?P<before>\bBGP\.as_path:[ \t]*)(?P<path>[^\n]+)",
        r'(?P<before>"(?:path|aspath|asPath)"[ \t]*:[ \t]*(?:\{\s*"string"[ \t]*:[ \t]*)?")(?P<path>[\d{}(), ]*)(?=")',
        r'(?P<before>"as-(?:sequence|set)"[ \t]*,\s*"list"[ \t]*:[ \t]*\[)(?P<path>[\d\s,]*)(?=\])',
        r"(?P<before>^  )(?P<path>\d{4,10}(?: \d{1,10})*)(?=(?:, [^\n]*)?$)",
    )
]
"""Places of AS paths and lists: FRR's table, configuration and detail form, BIRD's attributes, JSON."""
NUMBER = re.compile(r"\d{1,10}")
_SMALL = 1000
"""A number below this may be anything else: it is replaced only at its place."""
_OF_FORMATS = re.compile(r"[A-Za-z]+")


def names_in(texts: Iterable[str]) -> set[str]:
    """Return the names of hosts, policies, groups, VRFs and protocols that texts have."""
    found: set[str] = set()
    for text in texts:
        for pattern in _NAMES:
            found.update(name for match in pattern.finditer(text) for name in match.groups() if name)
    return {name for name in found if is_replaceable(name)}


def is_replaceable(name: str) -> bool:
    """Return whether a name is no word of a format and no number: else the text could not be read any more."""
    return not name.isdigit() and name.lower() not in words_of_formats()


def as_numbers_in(texts: Iterable[str]) -> set[int]:
    """Return the AS numbers that texts have."""
    found: set[int] = set()
    for text in texts:
        for pattern in _AS_NUMBERS:
            found.update(int(match["as"]) for match in pattern.finditer(text))
        for pattern in AS_PATHS:
            found.update(int(n) for match in pattern.finditer(text) for n in NUMBER.findall(match["path"]))
    return found


def is_unmistakable(number: int) -> bool:
    """Return whether an AS number may be replaced wherever it is."""
    return number >= _SMALL


def at_its_place() -> list[re.Pattern[str]]:
    """Return the patterns whose group `as` is an AS number, however small."""
    return _AS_NUMBERS


@cache
def words_of_formats() -> frozenset[str]:
    """Return the words of the commands, templates and descriptions of all platforms, in small letters."""
    words = {"default", "main", "local", "unspec", "all", "in", "out", "any", "none", "static", "kernel", "lo"}
    for file in parsers_folder().rglob("*"):
        if file.suffix in {".toml", ".textfsm", ".ttp"}:
            lines = file.read_text(encoding="utf-8").split("\n")
            kept = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
            words.update(word.lower() for word in _OF_FORMATS.findall(kept))
    return frozenset(words)
