"""From whom FRR's ripd and ripngd hear updates: `show ip rip status`, `show ipv6 ripng status`.

RIPng has each source on two lines: the address, and below it the numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model.facts import Facts, RipSource
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, evidence, host_of, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_PROTOCOL = re.compile(r'^Routing Protocol is "(?P<name>rip|RIPng)"', re.MULTILINE)
_SOURCES = re.compile(r"^  Routing Information Sources:\s*$", re.MULTILINE)
_ADDRESS = re.compile(r"    (?P<address>[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*)(?P<rest>\s.*|)")
_NUMBERS = re.compile(r"\s+(?P<bad>[0-9]+)\s+[0-9]+\s+[0-9]+\s+(?P<age>[0-9]+:[0-9:]+)\s*")


def read_rip_status(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the sources of RIP updates.

    Raises:
        UnknownFormatError: this is not that command's output.
    """
    protocol = _PROTOCOL.search(capture.text)
    if protocol is None or not _SOURCES.search(capture.text):
        raise UnknownFormatError(f"{capture.source}: this is not `show ip rip status` or `show ipv6 ripng status`")
    family = 4 if protocol["name"] == "rip" else 6
    answered = frozenset({(host_of(capture), Question.RIP_SOURCES, family)})
    return CaptureFacts(Facts(rip_sources=tuple(_sources(capture, family)), answered=answered))


def _sources(capture: Capture, family: int) -> Iterator[RipSource]:
    address = None
    for number, line in numbered(capture):
        begun = _ADDRESS.fullmatch(line)
        numbers = _NUMBERS.fullmatch(begun["rest"] if begun else line)
        address = begun["address"] if begun else address
        if numbers and address:
            place = evidence(capture, number, f"{address} {numbers[0].strip()}")
            yield RipSource(host_of(capture), family, address, numbers["age"], int(numbers["bad"]), place)
            address = None
