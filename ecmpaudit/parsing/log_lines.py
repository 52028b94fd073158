"""Lines that a terminal shows among those of an answer: log messages, clock readings, the mode above a prompt."""

from __future__ import annotations

import re

_TIME = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_DATE = r"(?:\d{4}[-/]\d\d[-/]\d\d|[A-Z][a-z]{2} [ \d]\d(?: \d{4})?)"
_KINDS = tuple(
    re.compile(kind)
    for kind in (
        r"[^%]{0,120}%[A-Z0-9_\-]{2,60}-\d-[A-Z0-9_]{2,60}\b",  # Cisco, Arista: *Nov 22 20:01:02.123: %BGP-5-ADJCHANGE
        rf"{_DATE}[ T]{_TIME} [A-Z]{{2,10}}: ",  # FRR: 2026/11/22 20:01:02 BGP: [M59KS-A3ZXZ] …
        rf"{_DATE}[ T]{_TIME} <[A-Z]{{3,8}}> ",  # BIRD
        rf"(?:<\d{{1,3}}>)?{_DATE}[ T]{_TIME}\S{{0,6}} \S{{1,80}} [\w./\-]{{1,60}}(?:\[\d{{1,9}}\])?: ",  # syslog
        r"\[ {0,10}\d{1,10}\.\d{6}\] ",  # the kernel's own
        rf"[A-Z][a-z]{{2}} [A-Z][a-z]{{2}} +\d{{1,2}} {_TIME} \S{{2,5}}(?: \d{{4}})?\s*$",  # IOS XR before an answer
        r"(?:\{\w{1,20}(?::\w{1,10})?\})?(?:\[edit[^\]]{0,100}\]|(?<=\}))\s*$",  # Junos above a prompt
        r"--\{.{0,80}\}--\[.{0,80}\]--\s*$",  # SR Linux above a prompt
        r"(?:Load for five secs: |Time source is )",  # IOS with `terminal exec prompt timestamp`
    )
)


def is_log_line(line: str) -> bool:
    """Return whether the line is one of these; no route table has such lines."""
    return any(kind.match(line) for kind in _KINDS)
