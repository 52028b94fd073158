"""OSPF adjacencies of BIRD: `show ospf neighbors NAME`.

The command names no family; the neighbours' addresses do. A list without neighbours therefore answers for no family.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model.addressing import is_ipv6
from ecmpaudit.model.facts import Adjacency, Facts
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, evidence, host_of, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_HEADING = re.compile(r"^Router ID\s+Pri\s+State\s", re.MULTILINE)
_NEIGHBOR = re.compile(
    r"(?P<id>[0-9]+\.[0-9.]+)\s+[0-9]+\s+(?P<state>[0-9A-Za-z-]+/\S+)\s+\S+\s+\S+\s+(?P<address>[0-9A-Fa-f.:]+)\s*"
)


def read_bird_neighbors(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the adjacencies of one OSPF protocol.

    Raises:
        UnknownFormatError: this is not that command's output.
    """
    if not _HEADING.search(capture.text):
        raise UnknownFormatError(f"{capture.source}: this is not `show ospf neighbors`")
    found = tuple(_adjacencies(capture))
    answered = frozenset((one.host, Question.ADJACENCIES, one.family) for one in found)
    return CaptureFacts(Facts(adjacencies=found, answered=answered))


def _adjacencies(capture: Capture) -> Iterator[Adjacency]:
    for number, line in numbered(capture):
        if row := _NEIGHBOR.fullmatch(line):
            family = 6 if is_ipv6(row["address"]) else 4
            place = evidence(capture, number, line)
            # BIRD writes `2-Way/Other` where FRR has `2-Way/DROther`.
            state = row["state"].replace("/Other", "/DROther")
            yield Adjacency(host_of(capture), family, row["id"], state, place, address=row["address"])
