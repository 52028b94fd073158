"""Whether OSPF has come to rest: the routers hold what the nodes say of themselves now, not what they said before.

The LSA of a daemon's former run is valid until its new one replaces it. The new one has no links yet, so its routes
are gone for the 5 s until it may originate the next LSA (RFC 2328, MinLSInterval).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.lab import bird, frr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.lab.plan import Machine

QUESTIONS = {"OSPFv2": "show ip ospf database router", "OSPFv3": "show ipv6 ospf6 database router"}
PROTOCOLS = {"OSPFv2": "ospf1", "OSPFv3": "ospf2"}
"""BIRD's names for the protocols, in the order of its configuration."""

_FRR_V2 = re.compile(r"Advertising Router: (?P<router>\S+)\s+LS Seq Number: (?P<sequence>\S+)")
_FRR_V3 = re.compile(r"^Rtr +\S+ +(?P<router>\S+) +\d+ (?P<sequence>\S+)", re.MULTILINE)
_BIRD = re.compile(r"^ [02]001 +\S+ +(?P<router>\S+) +(?P<sequence>\S+)", re.MULTILINE)

Sequences = dict[tuple[str, str], int]
"""Sequence number of a router LSA by version of OSPF and router id."""


def disagreements(routers: Iterable[Machine], nodes: Iterable[Machine]) -> Iterator[str]:
    """Yield one sentence for each node whose router LSA is another one at a router than at the node itself."""
    own = {node.host.name: (node.host.ipv4, _sequences(node)) for node in nodes}
    for router in routers:
        held = _sequences(router)
        for name, (router_id, sequences) in own.items():
            for version in QUESTIONS:
                place = (version, router_id)
                if place not in sequences or held.get(place) != sequences[place]:
                    yield f"{router.host.name}: {version} does not have what {name} says of itself now"


def _sequences(machine: Machine) -> Sequences:
    if machine.host.daemon == "frr":
        text = frr.vtysh(machine, *QUESTIONS.values())
        texts = dict.fromkeys(QUESTIONS, text)  # each pattern matches in the answer of its version only
        patterns = {"OSPFv2": _FRR_V2, "OSPFv3": _FRR_V3}
    else:
        texts = {version: bird.birdc(machine, f"show ospf lsadb {name}") for version, name in PROTOCOLS.items()}
        patterns = dict.fromkeys(PROTOCOLS, _BIRD)
    return {
        (version, match["router"]): int(match["sequence"], 16)
        for version, text in texts.items()
        for match in patterns[version].finditer(text)
    }
