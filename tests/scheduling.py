"""Which worker of pytest-xdist has which tests, and which start first.

Tests that share what costs seconds are a group, which one worker has: a lab, a server, the parsed dumps of a version.
The `--dist loadgroup` of xdist 3.8 has no effect with pytest 9.2, so groups are known by the ids of tests.
"""

from __future__ import annotations

import re
import zlib

from xdist.scheduler import LoadScopeScheduling

_GROUPS = {
    "scans": re.compile(r"tests/lab/test_scan\.py"),
    "states": re.compile(r"tests/lab/test_states\.py"),
    "waiting": re.compile(r"tests/lab/test_(?:alerts|lab)\.py|tests/test_schedule\.py::test_cron_runs"),
    "topology": re.compile(r"tests/lab/test_topologies\.py::\w+\[([\w-]+): "),
    "lab": re.compile(r"tests/lab/test_(\w+)\.py"),
    "packaging": re.compile(r"tests/test_packaging\.py"),
    "answer matrix": re.compile(r"tests/test_answer_matrix\.py"),
    "ssh": re.compile(r"tests/test_collectors_ssh\.py"),
    "not asked": re.compile(r"tests/test_not_asked\.py"),
    "words": re.compile(r"tests/prose/test_words\.py"),
    "postgresql": re.compile(r"tests/.*\[(?:.*-)?postgresql(?:-.*)?\]$"),
    "browser": re.compile(r"tests/browser/"),
    "dumps": re.compile(r"tests/test_dumps\.py::\w+\[(.+)\]$"),
}
"""Groups in the order in which they start, with their tests; the first five have labs of their own, and mostly wait.

A group for each text that the parentheses match, where the pattern has any. One pattern for the whole lab would leave
one worker with ten minutes of waiting, longer than all other tests take.
"""
_PARTS = 16
"""The most parts of a file whose tests share nothing: a message for each test costs as much as many a test."""


def group_of(test: str) -> str | None:
    """Return the group of a test by its id; None where it shares nothing. A test is of the first that matches."""
    for name, pattern in _GROUPS.items():
        if found := pattern.match(test):
            return " ".join((name, *found.groups()))
    return None


def part_of(test: str) -> str:
    """Return the part of its file that a test is in, the same in each run."""
    return f"{test.partition('::')[0]} {zlib.crc32(test.encode()) % _PARTS}"


def turn_of(test: str) -> int:
    """Return the place of a test among all: those of groups in their order, then single tests."""
    places = (place for place, pattern in enumerate(_GROUPS.values()) if pattern.match(test))
    return next(places, len(_GROUPS))


class Groups(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives each group, and each part of a file, to the next worker that is free."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid) or part_of(nodeid)
