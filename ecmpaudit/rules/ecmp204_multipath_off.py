"""A router installs one next hop for each prefix, however many it has.

Why
    BIRD's `merge paths` is off by default: `show route` lists every node's route and the kernel gets one
    (calico#4114). FRR that was built or started with one path (`ECMP Maximum 1`), or has `maximum-paths 1`, does the
    same (frr#18326, frr#4897), and so does one built without multipath (opnsense/tools#185). All traffic then goes
    to a single node, which seems healthy until it fails. There is one finding for all prefixes of a router, VRF and
    family.

How to fix
    BIRD: `merge paths on` in the kernel protocol. FRR: `maximum-paths N` under the address-family; zebra without
    `-e 1`, or a build with `--enable-multipath`.

Bad (beside ECMP101)
    tor1 198.51.100.7/32 via 192.0.2.1
    expect 198.51.100.7/32 nodes 192.0.2.1-5
    ceiling tor1 1

    tor1 2001:db8:100::7/128 via 2001:db8::1
    expect 2001:db8:100::7/128 count 2
    tor1 setting merge paths off

Good
    tor1 198.51.100.7/32 via 192.0.2.1
    expect 198.51.100.7/32 nodes 192.0.2.1
    ceiling tor1 1

    tor1 2001:db8:100::7/128 via 2001:db8::1-2
    tor1 setting merge paths on
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Node, Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes import Pair, equal
from ecmpaudit.rules.messages import EVIDENCE_LIMIT, at, evidence_of, own_routes, place_of_router
from ecmpaudit.rules.suppression import has_given_expectation
from ecmpaudit.wording import and_more

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Facts, Network

CODE = "ECMP204"
SEVERITY = Severity.ERROR
NEEDS = (Question.ROUTES, Question.CONFIGURATION, Question.MAXIMUM, Question.BUILD, Question.BGP_TABLE)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router, VRF and family with multipath off and more than one next hop to install."""
    concerned: dict[tuple[str, str, int, str], list[AuditedPrefix]] = {}
    for prefix in network.prefixes:
        source = _why_off(prefix, network.facts)
        if source and len(prefix.installed) <= 1 < _wanted(prefix, network.facts):
            concerned.setdefault((prefix.router, prefix.vrf, prefix.family, source), []).append(prefix)
    for (router, vrf, family, source), prefixes in concerned.items():
        yield _finding(place_of_router(router, vrf), family, source, prefixes, network.facts)


def _why_off(prefix: AuditedPrefix, facts: Facts) -> str | None:
    if prefix.ceiling is not None:
        return prefix.ceiling.source if prefix.ceiling.value == 1 else None
    setting = facts.setting(prefix.router, "merge paths", prefix.family, prefix.vrf)
    return "merge paths off" if setting and setting.value == "off" else None


def _wanted(prefix: AuditedPrefix, facts: Facts) -> int:
    """Return how many are expected, or without an expectation, could be installed: a worse path could not."""
    if has_given_expectation(prefix):
        return prefix.expected or 0
    paths = facts.paths_to(prefix.router, prefix.vrf, prefix.prefix)
    steps = {path: equal(Pair(prefix, Node(path.next_hop, path.next_hops), facts)) for path in paths}
    offered = {path.next_hop for path, step in steps.items() if step.state.is_ok}
    return max(prefix.expected or 0, len(prefix.candidates), len(offered))


def _finding(place: str, family: int, source: str, prefixes: list[AuditedPrefix], facts: Facts) -> Finding:
    first = prefixes[0]
    wanted = _wanted(first, facts)
    setting = facts.setting(first.router, "merge paths", family, first.vrf)
    lines = [*evidence_of(own_routes(first))]
    if setting:
        lines.append(setting.evidence)
    return Finding(
        code=CODE,
        severity=SEVERITY,
        message=at(
            place,
            f"multipath is off for IPv{family} ({source}), expected {wanted} next hops for {first.prefix}"
            f"{and_more(len(prefixes) - 1, 'prefix')}",
        ),
        router=first.router,
        vrf=first.vrf,
        expected=wanted,
        actual=len(first.installed),
        cause=source,
        evidence=tuple(lines[:EVIDENCE_LIMIT]),
        hint="turn it on: `merge paths on` in BIRD's kernel protocol, `maximum-paths N` in FRR (no `zebra -e 1`)",
    )
