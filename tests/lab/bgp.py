"""Whether BGP has come to rest: each session is up at both of its ends, or down at the end that still runs.

Routes do not show it: a router may have lost a node's routes already and the session not yet.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.lab import bird, frr
from tests.lab.plan import HOSTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tests.lab.plan import Machine

UP = "Established"
_NAMES = {address: host.name for host in HOSTS for address in host.addresses}
_BIRD = re.compile(r"^(?P<name>\S+)_ipv[46] +BGP +\S+ +\w+ +\S+ +(?P<state>\w*)", re.MULTILINE)
"""One line of `show protocols`; bird.sessions_to has the names."""


def disagreements(routers: Collection[Machine], nodes: Collection[Machine], running: Collection[str]) -> Iterator[str]:
    """Yield one sentence for each session that is not as the daemons that run make it, by either of its ends."""
    for own, others in ((routers, nodes), (nodes, routers)):
        for machine in (machine for machine in own if machine.host.name in running):
            up = sessions_up(machine)
            for peer in others:
                number = up.count(peer.host.name)
                expected = 2 if peer.host.name in running else 0
                if number != expected:
                    yield f"{machine.host.name}: {number} sessions with {peer.host.name} are up, expected {expected}"


def sessions_up(machine: Machine) -> list[str]:
    """Return the peer of each session that is up, by name: twice, as there is one for each family."""
    if machine.host.daemon == "bird":
        found = _BIRD.finditer(bird.birdc(machine, "show protocols"))
        return [match["name"] for match in found if match["state"] == UP]
    summary = json.loads(frr.vtysh(machine, "show bgp summary json"))
    peers = (peer for family in summary.values() for peer in family.get("peers", {}).items())
    return [_NAMES[address] for address, peer in peers if peer["state"] == UP and address in _NAMES]
