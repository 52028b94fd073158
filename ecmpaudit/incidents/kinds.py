"""What findings have in common: the broken link and its clause, or the message, without names, places and counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ecmpaudit.model import Confidence

if TYPE_CHECKING:
    from ecmpaudit.model import Cause, Finding

_FAMILY = re.compile(r"\bIPv[46]\b")
_IN_BRACKETS = re.compile(r" \([0-9a-fA-F.:%/]*[.:][0-9a-zA-Z.:%/]*(?:, [0-9a-fA-F.:%/]*[.:][0-9a-zA-Z.:%/]*)*\)")
"""The addresses behind a node's name."""
_COUNT = re.compile(r"(?<![\w.:/-])\d[\d,]*(?![\w.:/-]*[.:/]\w)")
_PLACE = "…"
_LONGEST = 2000
"""Characters of a message or clause that are compared: a device may put a line of 64 KB into one."""


class CauseKind(NamedTuple):
    """The cause of several missing nodes, or of one on several routers."""

    link: str
    clause: str
    """Without the names of the router, the node and the prefix."""

    @property
    def is_of_a_prefix(self) -> bool:
        """The cause names one prefix, so that it explains no other."""
        return "{prefix}" in self.clause or self.link in {"address", "node route"}


def cause_kind(cause: Cause, finding: Finding) -> CauseKind | None:
    """Return what a cause shares with others like it; None where nothing is known to be broken."""
    if cause.confidence is Confidence.UNKNOWN or not cause.link:
        return None
    clause = (cause.clause or cause.text)[:_LONGEST]
    names = ((finding.prefix, "{prefix}"), (_address(finding.prefix), "{prefix}"), (finding.router, "{router}"))
    return CauseKind(cause.link, _FAMILY.sub("IP", _without(clause, (*names, (cause.node, "{node}")))))


def message_kind(finding: Finding) -> str:
    """Return the message without its place, counts, families and the addresses behind names.

    For what could not be checked, it is the reason.
    """
    text = finding.cause if finding.code == "ECMP001" and finding.cause else finding.message
    names = ((finding.prefix, _PLACE), (finding.router, _PLACE))
    plain = _IN_BRACKETS.sub("", _FAMILY.sub("IP", _without(text[:_LONGEST], names)))
    return _COUNT.sub("#", plain)


def _address(prefix: str | None) -> str | None:
    return prefix.partition("/")[0] if prefix else None


def _without(text: str, names: tuple[tuple[str | None, str], ...]) -> str:
    """Return the text with each name, where it is a whole word, replaced."""
    for name, word in names:
        if name:
            text = re.sub(rf"(?<![\w.:-]){re.escape(name)}(?![\w:-]|\.\w)", word, text)
    return text
