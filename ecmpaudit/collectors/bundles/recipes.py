"""Files of folders and bundles get their host and command by the recipes of `parsers/bundles.toml`."""

from __future__ import annotations

import logging
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.platforms.bundles import Assigned, assigned
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecmpaudit.model import Capture

_log = logging.getLogger(__name__)
_HOST_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,252}")


class Plan:
    """What the files of one folder or bundle are."""

    def __init__(self, paths: Iterable[str]) -> None:
        """`paths` are all files, as the captures of them are named."""
        self._assigned = assigned(paths)
        skipped = Counter(known.title for known in self._assigned.values() if known.is_skipped)
        for title, number in skipped.items():
            _log.info("%s: %s skipped: no recipe of parsers/bundles.toml names them", title, counted(number, "file"))

    def is_read(self, path: str) -> bool:
        """Return whether a file may be an answer."""
        known = self._assigned.get(path)
        return known is None or not known.is_skipped

    def named(self, captures: Iterable[Capture]) -> Iterator[Capture]:
        """Yield the captures of the files with their host and command; those of one file with several are split."""
        given = list(captures)
        hosts: dict[str, str] = {}
        for capture in given:
            known = self._assigned.get(capture.source)
            first = capture.text.strip().split("\n")[0].strip()
            if known and known.names_host and _HOST_NAME.fullmatch(first):
                hosts.setdefault(known.root, first)
        for capture in given:
            known = self._assigned.get(capture.source)
            if known is None:
                yield capture
            elif not known.names_host:
                yield from _split(replace(capture, router=known.host or hosts.get(known.root)), known)


def _split(capture: Capture, known: Assigned) -> Iterator[Capture]:
    """Yield the answers of a file that has a heading above each, or the whole of it."""
    headings = list(known.heading.finditer(capture.text)) if known.heading else []
    if not headings:
        yield replace(capture, command=known.command)
        return
    ends = [*(heading.start() for heading in headings[1:]), len(capture.text)]
    for heading, end in zip(headings, ends, strict=True):
        begin = capture.text.find("\n", heading.start(), end) + 1 or end
        line = capture.text.count("\n", 0, begin) + 1
        yield replace(capture, command=heading["command"].strip(), text=capture.text[begin:end], first_line=line)
