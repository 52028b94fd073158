"""Audits built by hand for the tests of the reports: the seed's table, IPv6, and what hostile devices print."""

from __future__ import annotations

from ecmpaudit.model import (
    Audit,
    AuditedPrefix,
    Cause,
    Ceiling,
    Confidence,
    Evidence,
    Expectation,
    Finding,
    Network,
    NextHop,
    NextHops,
    Node,
    Route,
    RouterState,
    Severity,
    UnparsedLine,
)

ESCAPE = "\x1b[31mred\x1b[0m"
CSI = "\x9b2J"
RTL_OVERRIDE = "\u202egnp.exe"
HOSTILE_NAME = f"tor1\n[red]{ESCAPE}{CSI}{RTL_OVERRIDE}\u2028\x7f\udc80[/red]\r"

HOSTILE_MARKUP = """=cmd()|`||``]]>--><script>alert("1")</script>%0A::error::owned
::error::owned\r# owned
[owned](javascript:0) ![x](http://192.0.2.1/x) @owned \\"} 1
owned 1\ufffe{{ 7*7 }}{0}"""
"""Text that tries to be a formula, a table cell, code, markup, a command, a link or a metric of its own."""


def nodes(*addresses: str) -> tuple[Node, ...]:
    """Return nodes that are known by their address only."""
    return tuple(Node(address, frozenset({address})) for address in addresses)


def route(prefix: str, *addresses: str, protocol: str = "bgp", is_selected: bool = True) -> Route:
    """Return a route with these next hops on eth1, installed when it is the selected one."""
    hops = tuple(NextHop(address, "eth1", is_installed=is_selected, weight=1) for address in addresses)
    return Route(
        prefix, protocol, NextHops(hops), distance=20 if is_selected else 110, metric=0, is_selected=is_selected
    )


def audited(prefix: str, *addresses: str, expected: int | None, router: str = "tor1") -> AuditedPrefix:
    """Return a prefix with these installed next hops; an expected number is a given one, not an inferred one."""
    expectation = Expectation("--expect", expected) if expected is not None else None
    return AuditedPrefix(router, "default", prefix, (route(prefix, *addresses),), expectation)


def finding(severity: Severity, code: str = "ECMP101", message: str = "tor1: a fault") -> Finding:
    """Return a finding without details."""
    return Finding(code, severity, message)


def audit_of(*findings: Finding, prefixes: tuple[AuditedPrefix, ...] = ()) -> Audit:
    """Return an audit of tor1, which was read completely."""
    return Audit(Network((RouterState("tor1", lines_understood=12),), prefixes), findings)


def seed_audit() -> Audit:
    """Return what the seed's table says: 172.31.1.0/32 has 3 next hops, its sibling 172.31.1.1/32 has 5."""
    five = [f"172.30.250.{number}" for number in range(101, 106)]
    three = [five[0], five[1], five[4]]
    short, whole = "172.31.1.0/32", "172.31.1.1/32"
    expectation = Expectation(f"inferred from its sibling {whole}", 5, nodes(*five), is_inferred=True)
    ceiling = Ceiling(64, "--max-paths")
    return Audit(
        Network(
            routers=(RouterState("tor1", lines_understood=34, next_hops=24, routes=12),),
            prefixes=(
                AuditedPrefix(
                    "tor1",
                    "default",
                    short,
                    (route(short, *three), route(short, *three, protocol="ospf", is_selected=False)),
                    expectation,
                    ceiling,
                ),
                AuditedPrefix("tor1", "default", whole, (route(whole, *five),), expectation),
            ),
            notes=("tor1: OSPF is the fallback for BGP, with the same next hops",),
        ),
        findings=(
            Finding(
                "ECMP101",
                Severity.WARNING,
                "tor1 172.31.1.0/32: 3 next hops, expected 5",
                router="tor1",
                vrf="default",
                prefix=short,
                expected=5,
                actual=3,
                missing=nodes("172.30.250.103", "172.30.250.104"),
                is_inferred=True,
                cause="its sibling 172.31.1.1/32 has 5",
                evidence=(Evidence("table.txt", 15, "B>* 172.31.1.0/32 [20/0] via 172.30.250.101, enp6s0, 00:01:21"),),
                hint="look at the BGP sessions of the missing nodes",
            ),
        ),
        started="2026-11-22T20:40:00Z",
    )


def ipv6_audit() -> Audit:
    """Return a given expectation that is not met, a link-local next hop, and a node with several addresses."""
    prefix = "2001:db8:31::1/128"
    node3 = Node("node3", frozenset({"2001:db8::10", "2001:db8::9", "192.0.2.3", "fe80::3%eth1", "fe80::3%eth0"}))
    node1 = Node("node1", frozenset({"2001:db8::1"}))
    judged = AuditedPrefix(
        "tor2", "blue", prefix, (route(prefix, "2001:db8::1", "fe80::99"),), Expectation("pool", 2, (node1, node3))
    )
    fault = Finding(
        "ECMP101",
        Severity.ERROR,
        f"tor2 {prefix}: 1 next hop, expected 2",
        router="tor2",
        vrf="blue",
        prefix=prefix,
        expected=2,
        actual=1,
        missing=(node3,),
        unexpected=(NextHop("fe80::99", "eth1"),),
        causes=(
            Cause(
                "node3",
                "session",
                Confidence.LIKELY,
                "its BGP session to tor2 is down since 00:12:31 (Active)",
                (Evidence("tor2.txt", 7, "2001:db8::9 4 64512 0 0 0 0 0 00:12:31 Active 0"),),
            ),
        ),
    )
    return Audit(Network((RouterState("tor2", lines_understood=3),), (judged,)), (fault,))


def incomplete_audit() -> Audit:
    """Return one router that was read, one with a line nobody understood, and one that did not answer."""
    line = UnparsedLine("tor2", "tor2.txt", 17, "B>*  [20/0] via , enp6s0", "the prefix is missing")
    return Audit(
        Network(
            routers=(
                RouterState("tor1", lines_understood=10),
                RouterState("tor2", failure="cut off in line 17", lines_understood=16, unparsed=(line,)),
                RouterState("tor3", failure="connection refused", has_data=False),
            ),
            prefixes=(audited("198.51.100.1/32", "192.0.2.1", "192.0.2.2", expected=2),),
            unanswered=("pool 203.0.113.0/24: no prefix on any router",),
        ),
        findings=(
            Finding("ECMP001", Severity.INCOMPLETE, "tor3: not checked: connection refused", router="tor3"),
            Finding("ECMP002", Severity.INCOMPLETE, "tor2: 1 line not understood", router="tor2"),
        ),
    )


def hostile_audit(bad: str = HOSTILE_NAME) -> Audit:
    """Return an audit in which every string of device or file origin is an attack on who reads or parses it."""
    hop = NextHop(None, bad, vrf=bad)
    bad_route = Route("192.0.2.0/24", bad, NextHops((hop,)), source=bad, is_selected=True)
    node = Node(bad, frozenset({"192.0.2.9"}))
    prefix = AuditedPrefix(bad, bad, "192.0.2.0/24", (bad_route,), Expectation(bad, 1, (node,)), Ceiling(4, bad))
    clean = AuditedPrefix(bad, bad, "192.0.2.1/32", (bad_route,), Expectation(bad, 1))
    fault = Finding(
        "ECMP501",
        Severity.WARNING,
        bad,
        router=bad,
        vrf=bad,
        prefix="192.0.2.0/24",
        missing=(node,),
        unexpected=(hop,),
        cause=bad,
        causes=(Cause(bad, "session", Confidence.CERTAIN, bad, (Evidence(bad, 1, bad),)),),
        evidence=(Evidence(bad, 1, bad),),
        hint=bad,
    )
    router = RouterState(bad, failure=bad, unparsed=(UnparsedLine(bad, bad, 1, bad, bad),))
    return Audit(Network((router,), (prefix, clean), notes=(bad,), unanswered=(bad,)), (fault,))


def large_audit() -> Audit:
    """Return 1,000 prefixes with two next hops each, as expected."""
    prefixes = tuple(
        audited(f"198.51.{number // 250}.{number % 250}/32", "192.0.2.1", "192.0.2.2", expected=2)
        for number in range(1000)
    )
    return audit_of(prefixes=prefixes)
