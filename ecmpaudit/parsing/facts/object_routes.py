"""Which routes of a Linux kernel have a next-hop object: the `nhid` of `ip route`, as text and as JSON.

The route table has the next hops that the kernel prints with it; where `nexthop_compat_mode` is 0, it prints none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.model.facts import ObjectRoute
from ecmpaudit.parsing.facts.capture_facts import evidence, host_of, is_json
from ecmpaudit.parsing.outside_values import network_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.route_table import RouteTable

_SIGN = "nhid"
_DEFAULT = "default"
_DEFAULTS = {4: "0.0.0.0/0", 6: "::/0"}
_IN_JSON = re.compile(
    r'\{(?:"type":\s*"\w+",\s*)?"dst":\s*"(?P<prefix>default|[0-9A-Fa-f.:/]+)",\s*'
    r'(?:"tos":\s*"[^"]*",\s*)?"nhid":\s*(?P<number>\d{1,10}),(?P<rest>(?:[^{}\[\]]|\{[^{}]*\}|\[\])*)'
)
_IN_TEXT = re.compile(
    r"^(?:[a-z]+ +)?(?P<prefix>default|[0-9A-Fa-f]*[.:][0-9A-Fa-f.:/]*) (?:tos \S+ )?nhid (?P<number>\d{1,10})\b"
    r"(?P<rest>.*)",
    re.MULTILINE,
)
_TABLE = re.compile(r'\btable"?:? *"?(\w+)')
_METRIC = re.compile(r'\bmetric"?:? *(\d+)')
_PREFERENCE = re.compile(r"\bpref\b")
"""Printed of IPv6 routes alone; `ip route show table all` lists both families."""
_MAIN_TABLE = "main"


def object_routes(table: RouteTable, capture: Capture) -> Iterator[ObjectRoute]:
    """Yield the routes of a kernel's table that have a next-hop object, as far as the table has them as selected.

    Of several routes to one prefix, the kernel uses the one with the lowest metric. `capture` is the table's, with its
    text.
    """
    if _SIGN not in capture.text:
        return
    selected = table.frame.filter("selected").select("vrf", "prefix", pl.col("metric").fill_null(0))
    used = frozenset(selected.unique().rows())
    counted, line = 0, 1
    for found in (_IN_JSON if is_json(capture) else _IN_TEXT).finditer(capture.text):
        rest, number = found["rest"], found["number"]
        named, metric = _TABLE.search(rest), _METRIC.search(rest)
        vrf = DEFAULT_VRF if named is None or named[1] == _MAIN_TABLE else named[1]
        prefix = network_or_none(found["prefix"])
        if found["prefix"] == _DEFAULT:
            prefix = _DEFAULTS[6 if _PREFERENCE.search(rest) else table.asked_family or 4]
        if prefix is not None and (vrf, prefix, int(metric[1]) if metric else 0) in used:
            line += capture.text.count("\n", counted, found.start())
            counted = found.start()
            place = evidence(capture, line, capture.text[found.start() : found.end("number")])
            yield ObjectRoute(host_of(capture), prefix, int(number), place, vrf)
