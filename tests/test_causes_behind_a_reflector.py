"""Why a node is missing on a router that has its routes from a route reflector, which was asked too."""

from __future__ import annotations

import pytest

from ecmpaudit.rules.causes import Diagnosis, diagnose
from tests.notation import parse_network

IPV4 = """
    tor1 198.51.100.7/32 via 203.0.113.1
    expect 198.51.100.7/32 nodes k1=203.0.113.1, k2=203.0.113.2
    rr1 address 203.0.113.9/32 on lo
    tor1 address 203.0.113.21/32 on lo
    k2 address 203.0.113.2/32 on lo
    k2 address 198.51.100.7/32 on kube-lb0
    k2 route 198.51.100.7/32 connected
    tor1 session 203.0.113.9 ipv4 Established as 64500 internal
    tor1 bgp 198.51.100.7/32 via 203.0.113.1 from 203.0.113.9 best internal
    tor1 answered BGP sessions
    tor1 answered BGP table ipv4
    tor1 answered configuration
    rr1 answered BGP sessions
    rr1 answered BGP table ipv4
    rr1 answered configuration
"""
SENT = """
    k2 session 203.0.113.9 ipv4 Established as 64500 internal
    k2 answered exported routes to 203.0.113.9
    k2 exports 198.51.100.7/32 to 203.0.113.9
"""
HAS_SESSION = f"""{SENT}
    rr1 session 203.0.113.2 ipv4 Established accepted 1 as 64500 internal
"""
HAS_PATHS = f"""{HAS_SESSION}
    rr1 bgp 198.51.100.7/32 via 203.0.113.1 from 203.0.113.1 best internal
    rr1 bgp 198.51.100.7/32 via 203.0.113.2 from 203.0.113.2 internal
"""
_SIX = (
    ("198.51.100.7/32", "2001:db8:100::7/128"),
    ("203.0.113.21/32", "2001:db8:113::21/128"),
    ("203.0.113.21", "2001:db8:113::21"),
    ("203.0.113.9/32", "2001:db8:113::9/128"),
    ("203.0.113.2/32", "2001:db8:113::2/128"),
    *((f"203.0.113.{n}", f"2001:db8:113::{n}") for n in (9, 2, 1)),
    ("ipv4", "ipv6"),
)


def _why(text: str, family: str) -> Diagnosis:
    """Return why k2 is missing on tor1; the same network in IPv6 has the same cause."""
    whole = IPV4 + text
    for four, six in _SIX if family == "IPv6" else ():
        whole = whole.replace(four, six)
    network = parse_network(whole)
    (prefix,) = network.prefixes
    (missing,) = prefix.missing
    assert missing.name == "k2"
    return diagnose(prefix, missing, network.facts)


CASES = [
    pytest.param(
        SENT.replace("Established", "Active") + 'rr1 daemon bgpd silent "bgpd is not running"',
        "session", "certain", "rr1's bgpd does not run",
        id="bgpd of the reflector dead",
    ),
    pytest.param(
        SENT.replace("Established", "Active")
        + 'rr1 daemon bgpd silent "bgpd is not running"\n    rr1 adjacency 203.0.113.2 ipv4 Full/DROther',
        "session", "certain", "rr1's bgpd does not run",
        id="bgpd of the reflector dead, and its OSPF runs",
    ),
    pytest.param(
        SENT + "rr1 session 203.0.113.2 ipv4 Active since 00:01:00 as 64500 internal",
        "session", "certain", "its BGP session to rr1 is down since 00:01:00 (Active)",
        id="session of the node with the reflector down",
    ),
    pytest.param(
        HAS_PATHS + "rr1 neighbor 203.0.113.21 ipv4 client",
        "accepted", "certain",
        "rr1 sends tor1 only its best path, which is not its own: add-path to tor1 is not configured",
        id="no add-path",
    ),
    pytest.param(
        HAS_PATHS.replace("internal\n    rr1 bgp", "internal\n    rr1 bgp"),
        "accepted", "likely",
        "rr1 sends tor1 only its best path, which is not its own: add-path to tor1 is not configured",
        id="no add-path as far as known",
    ),
    pytest.param(
        HAS_PATHS + "rr1 neighbor 203.0.113.21 ipv4 all-paths client\n"
        "tor1 bgp 198.51.100.7/32 via 203.0.113.9 from 203.0.113.9 internal",
        "accepted", "certain", "rr1 replaces the next hop of its path with its own (next-hop-self)",
        id="next-hop-self",
    ),
    pytest.param(
        HAS_PATHS + "rr1 neighbor 203.0.113.21 ipv4 all-paths\nrr1 neighbor 203.0.113.2 ipv4",
        "accepted", "certain", "neither it nor tor1 is a client of rr1, which reflects nothing",
        id="no client",
    ),
    pytest.param(
        HAS_PATHS + "rr1 neighbor 203.0.113.21 ipv4 all-paths client",
        "accepted", "likely", "rr1 has its path, and tor1 has none from rr1",
        id="lost on the way",
    ),
    pytest.param(
        HAS_SESSION + "rr1 bgp 198.51.100.7/32 via 203.0.113.2 from 203.0.113.2 inaccessible internal",
        "accepted", "certain", "rr1 cannot resolve its next hop 203.0.113.2 (inaccessible)",
        id="next hop not resolved on the reflector",
    ),
    pytest.param(
        HAS_SESSION, "accepted", "certain", "it sends 198.51.100.7/32, but rr1 rejects it",
        id="not accepted by the reflector",
    ),
]  # fmt: skip


@pytest.mark.parametrize("family", ["IPv4", "IPv6"])
@pytest.mark.parametrize("text, link, confidence, sentence", CASES)
def test_the_cause_is_found_between_node_and_router(
    text: str, link: str, confidence: str, sentence: str, family: str
) -> None:
    found = _why(text, family)
    for four, six in _SIX if family == "IPv6" else ():
        sentence = sentence.replace(four, six)
    assert found.broken is not None, found.steps
    assert (found.broken.link.value, found.confidence.value, found.broken.sentence) == (link, confidence, sentence)


def test_the_session_of_the_router_with_the_reflector_is_named() -> None:
    found = _why((HAS_PATHS + "tor1 session").replace("tor1 session", "tor2 session 203.0.113.9 ipv4 Active"), "IPv4")
    assert found.broken is not None
    network = parse_network(
        (IPV4 + HAS_PATHS)
        .replace("tor1 session 203.0.113.9 ipv4 Established", "tor1 session 203.0.113.9 ipv4 Active since 00:02:00")
        .replace("    tor1 bgp 198.51.100.7/32 via 203.0.113.1 from 203.0.113.9 best internal\n", "")
    )
    (prefix,) = network.prefixes
    down = diagnose(prefix, prefix.missing[-1], network.facts).broken
    assert down is not None
    assert (down.link.value, down.sentence) == (
        "session",
        "rr1's BGP session to tor1 is down since 00:02:00 (Active)",
    )


def test_an_ebgp_peer_is_no_reflector() -> None:
    text = (IPV4 + HAS_PATHS).replace(" as 64500 internal", " as 64501")
    network = parse_network(text)
    (prefix,) = network.prefixes
    found = diagnose(prefix, prefix.missing[0], network.facts)
    assert all("rr1" not in step.text for step in found.steps)
