"""A router's BGP daemon does not run, although nodes or other routers have BGP sessions with it.

Why
    The daemon crashed or was not started again after an update. Each node sees its session down, and nothing is
    wrong with any of them. Where OSPF is the fallback, no next hop is missing, and the fault shows at the next one.

How to fix
    Start the daemon and read its log: `systemctl status frr`, `bgpd=yes` in `/etc/frr/daemons`.

Bad
    tor1 198.51.100.7/32 ospf via 192.0.2.1-2
    tor1 daemon bgpd silent "bgpd is not running"
    tor1 address 192.0.2.254/24 on eth0
    node1 session 192.0.2.254 ipv4 Active since 00:12:31

    tor1 2001:db8:100::7/128 ospf via fe80::1%eth0, fe80::2%eth0
    tor1 daemon bgpd silent "bgpd is not running"
    node1 session 2001:db8::254 ipv6 Connect name tor1

Good
    tor1 198.51.100.7/32 ospf via 192.0.2.1-2
    tor1 daemon bgpd silent "bgpd is not running"
    node1 session 192.0.2.253 ipv4 Established
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity
from ecmpaudit.model.expected import name_key
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import distinct_lines
from ecmpaudit.wording import counted, listed, word_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network
    from ecmpaudit.model.facts import BgpSession, Facts

CODE = "ECMP405"
SEVERITY = Severity.ERROR
NEEDS = (Question.SESSIONS,)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router without a BGP daemon that other hosts have sessions with."""
    routers = {router.name for router in network.routers if not router.is_node}
    for silent in network.facts.silent_daemon_of.values():
        sessions = _sessions_with(silent.host, network.facts) if silent.host in routers else {}
        if not (silent.is_of_bgp_alone and sessions):
            continue
        nodes = sorted(sessions, key=name_key)
        have = word_for(len(nodes), "has a BGP session", "have BGP sessions")
        what = "router" if set(nodes) <= routers else "node" if routers.isdisjoint(nodes) else "host"
        yield Finding(
            code=CODE,
            severity=SEVERITY,
            message=f"{silent.host}: {silent.words}, and {counted(len(nodes), what)} {have} with it: {listed(nodes)}",
            router=silent.host,
            cause=silent.words,
            hint=f"start bgpd on {silent.host}, and read its log",
            evidence=distinct_lines(silent.evidence, *(session.evidence for session in sessions.values())),
        )


def _sessions_with(router: str, facts: Facts) -> dict[str, BgpSession]:
    """Return the first session of each host whose other end is the router, by its name or one of its addresses."""
    names = {router, *(address.address.partition("/")[0] for address in facts.addresses_of.get(router, ()))}
    of_nodes = (session for session in facts.sessions if session.host != router)
    found: dict[str, BgpSession] = {}
    for session in of_nodes:
        if not names.isdisjoint({session.peer, session.peer_name}):
            found.setdefault(session.host, session)
    return found
