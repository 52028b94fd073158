r"""The part of the rules' notation about what a router's kernel forwards with, and how it notices a silent peer.

tor1 neighbour entry 192.0.2.3 on eth0 FAILED
tor1 kernel 198.51.100.7/32 has next-hop object 30
tor1 next-hop object 30 group 31, 32 weight 2
tor1 next-hop object 30 resilient group 31, 32
tor1 next-hop object 31 192.0.2.3
tor1 nexthop-group lb resilient 128 buckets 192.0.2.1, 192.0.2.2
tor1 bfd 192.0.2.3 up 900 ms
tor1 table nexthop_group used 410 free 102
link leaf1 of leaves to spine1 of spines
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING

from ecmpaudit.model import Evidence, Node
from ecmpaudit.model.fabric_links import FabricLink
from ecmpaudit.model.facts import (
    BfdSession,
    ConfiguredGroup,
    NeighborEntry,
    NextHopObject,
    ObjectRoute,
    TableUse,
)
from ecmpaudit.model.forwarding_kinds import GroupMember

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.notation_facts import FactsDraft


def _evidence(found: re.Match[str]) -> Evidence:
    return Evidence("the example", 1, found[0])


def _read_neighbor_entry(found: re.Match[str], draft: FactsDraft) -> None:
    entry = NeighborEntry(found["host"], found["interface"], found["address"], found["state"], _evidence(found))
    draft.neighbor_entries.append(entry)


def _read_object_route(found: re.Match[str], draft: FactsDraft) -> None:
    prefix, vrf = str(ip_network(found["prefix"])), found["vrf"] or "default"
    draft.object_routes.append(ObjectRoute(found["host"], prefix, int(found["number"]), _evidence(found), vrf))


def _read_group(found: re.Match[str], draft: FactsDraft) -> None:
    members = (member.split(" weight ") for member in found["members"].split(", "))
    draft.next_hop_objects.append(
        NextHopObject(
            found["host"],
            int(found["number"]),
            _evidence(found),
            members=tuple(GroupMember(int(one[0]), int(one[1]) if one[1:] else 1) for one in members),
            kind=found["kind"] or "mpath",
        )
    )


def _read_configured_group(found: re.Match[str], draft: FactsDraft) -> None:
    addresses = frozenset(found["addresses"].split(", "))
    group = ConfiguredGroup(found["host"], found["name"], int(found["buckets"]), addresses, _evidence(found))
    draft.resilient_groups.append(group)


def _read_object(found: re.Match[str], draft: FactsDraft) -> None:
    number, place = int(found["number"]), _evidence(found)
    draft.next_hop_objects.append(NextHopObject(found["host"], number, place, found["address"], found["interface"]))


def _read_bfd(found: re.Match[str], draft: FactsDraft) -> None:
    timeout = int(found["timeout"]) if found["timeout"] else None
    draft.bfd_sessions.append(
        BfdSession(found["host"], found["peer"], timeout is not None, _evidence(found), timeout=timeout)
    )


def _read_table_use(found: re.Match[str], draft: FactsDraft) -> None:
    used, free = int(found["used"]), int(found["free"])
    draft.table_uses.append(TableUse(found["host"], found["table"], used, free, _evidence(found)))


def _read_link(found: re.Match[str], draft: FactsDraft) -> None:
    lower, upper = (Node(found[end], frozenset()) for end in ("lower", "upper"))
    draft.links.append(FabricLink(upper, lower, found["upper_tier"], found["lower_tier"]))


FORWARDING_STATEMENTS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], FactsDraft], None]], ...] = (
    (
        re.compile(r"link (?P<lower>\S+) of (?P<lower_tier>\S+) to (?P<upper>\S+) of (?P<upper_tier>\S+)"),
        _read_link,
    ),
    (
        re.compile(r"(?P<host>\S+) neighbour entry (?P<address>\S+) on (?P<interface>\S+) (?P<state>[A-Z]+)"),
        _read_neighbor_entry,
    ),
    (
        re.compile(
            r"(?P<host>\S+) (?:vrf (?P<vrf>\S+) )?kernel (?P<prefix>[0-9a-f.:]+/\d+) has next-hop"
            r" object (?P<number>\d+)"
        ),
        _read_object_route,
    ),
    (
        re.compile(r"(?P<host>\S+) next-hop object (?P<number>\d+) (?:(?P<kind>resilient) )?group (?P<members>\d.*)"),
        _read_group,
    ),
    (
        re.compile(
            r"(?P<host>\S+) nexthop-group (?P<name>\S+) resilient (?P<buckets>\d+) buckets (?P<addresses>[0-9a-f.:, ]+)"
        ),
        _read_configured_group,
    ),
    (
        re.compile(r"(?P<host>\S+) next-hop object (?P<number>\d+) (?P<address>[0-9a-f.:]+)(?:%(?P<interface>\S+))?"),
        _read_object,
    ),
    (re.compile(r"(?P<host>\S+) bfd (?P<peer>\S+) (?:up (?P<timeout>\d+) ms|down)"), _read_bfd),
    (re.compile(r"(?P<host>\S+) table (?P<table>\S+) used (?P<used>\d+) free (?P<free>\d+)"), _read_table_use),
)
