"""Which routes of a Linux kernel have a next-hop object: the `nhid` of `ip route`, as text and as JSON.

The route table has the next hops that the kernel prints with it; where `nexthop_compat_mode` is 0, it prints none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.model.facts import ObjectRoute
from ecmpaudit.parsing.facts.capture_facts import evidence, host_of, is_json
from ecmpaudit.parsing.outside_values import network_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.route_table import RouteTable

_SIGN = "nhid"
_IN_JSON = re.compile(
    r'\{(?:"type":\s*"\w+",\s*)?"dst":\s*"(?P<prefix>[0-9A-Fa-f.:/]+)",\s*(?:"tos":\s*"[^"]*",\s*)?"nhid":\s*(?P<number>\d{1,10}),'
    r'(?:[^{}\[\]]*?"table":\s*"?(?P<table>\w+))?'
)
_IN_TEXT = re.compile(
    r"^(?:unicast )?(?P<prefix>[0-9A-Fa-f]*[.:][0-9A-Fa-f.:/]*) (?:tos \S+ )?nhid (?P<number>\d{1,10})\b"
    r"(?:.*? table (?P<table>\w+))?",
    re.MULTILINE,
)
_MAIN_TABLE = "main"


def object_routes(table: RouteTable, capture: Capture) -> Iterator[ObjectRoute]:
    """Yield the routes of a kernel's table that have a next-hop object, as far as the table has their prefixes.

    `capture` is the table's, with its text.
    """
    if _SIGN not in capture.text:
        return
    known = frozenset(table.frame["prefix"].unique())
    counted, line = 0, 1
    for found in (_IN_JSON if is_json(capture) else _IN_TEXT).finditer(capture.text):
        prefix = network_or_none(found["prefix"])
        if prefix is not None and prefix in known:
            line += capture.text.count("\n", counted, found.start())
            counted = found.start()
            place = evidence(capture, line, found[0])
            vrf = DEFAULT_VRF if found["table"] in {None, _MAIN_TABLE} else found["table"]
            yield ObjectRoute(host_of(capture), prefix, int(found["number"]), place, vrf)
