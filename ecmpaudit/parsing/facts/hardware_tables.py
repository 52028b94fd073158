"""How full the tables of a switch are: `crm show resources …` of SONiC (its command reference has the form)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model.facts import Facts, TableUse
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, evidence, host_of, numbered
from ecmpaudit.parsing.outside_values import whole_number

if TYPE_CHECKING:
    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_ROW = re.compile(r"\s*(?P<table>nexthop_group(?:_member)?)\s+(?P<used>\d{1,18})\s+(?P<available>\d{1,18})\s*")
"""Other resources are not read: routes and ACLs have nothing to do with next-hop groups."""
_HEADING = "Resource Name"


def read_crm_resources(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the use of the tables of next-hop groups and of their members.

    Raises:
        UnknownFormatError: this is not that command's output.
    """
    if _HEADING not in capture.text:
        raise UnknownFormatError(f"{capture.source}: this is not the output of `crm show resources`")
    lines = numbered(capture)
    rows = [(found, evidence(capture, number, line)) for number, line in lines if (found := _ROW.fullmatch(line))]
    uses = tuple(
        TableUse(
            host_of(capture),
            row["table"],
            whole_number(row["used"], "Used Count"),
            whole_number(row["available"], "Available Count"),
            place,
        )
        for row, place in rows
    )
    answered = frozenset({(host_of(capture), Question.TABLE_USE, None)} if uses else ())
    return CaptureFacts(Facts(table_uses=uses, answered=answered))
