r"""The part of the rules' notation about OSPF's databases and RIP.

tor1 external 198.51.100.7/32 from 192.0.2.3 type 2 metric 20
tor1 rip 192.0.2.3 ipv4
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING

from ecmpaudit.model import Evidence
from ecmpaudit.model.facts import ExternalRoute, RipSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.notation_facts import FactsDraft


def _evidence(found: re.Match[str]) -> Evidence:
    return Evidence("the example", 1, found[0])


def _read_external(found: re.Match[str], draft: FactsDraft) -> None:
    prefix = str(ip_network(found["prefix"]))
    family = 6 if ":" in prefix else 4
    is_type_1, metric = found["type"] == "1", int(found["metric"])
    place = _evidence(found)
    draft.external_routes.append(
        ExternalRoute(found["host"], family, prefix, found["router"], metric, is_type_1, place)
    )


def _read_rip_source(found: re.Match[str], draft: FactsDraft) -> None:
    family = int(found["family"][-1])
    draft.rip_sources.append(RipSource(found["host"], family, found["source"], "00:00:04", 0, _evidence(found)))


INTERIOR_STATEMENTS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], FactsDraft], None]], ...] = (
    (
        re.compile(
            r"(?P<host>\S+) external (?P<prefix>[0-9a-f.:]+/\d+) "
            r"from (?P<router>\S+) type (?P<type>[12]) metric (?P<metric>\d+)"
        ),
        _read_external,
    ),
    (re.compile(r"(?P<host>\S+) rip (?P<source>\S+) (?P<family>ipv4|ipv6)"), _read_rip_source),
)
