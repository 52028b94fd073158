"""iBGP with a route reflector and an IGP: next hops are the nodes' loopbacks, which OSPF resolves.

tor1 and tor2 have BGP sessions with the reflector rr1 alone, which sends them all paths (add-path). The nodes have
theirs with rr1 too, and a cable to each router. One prefix of each family is on all nodes, one on k1 and k2 only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.plan import SERVICE_INTERFACE
from tests.lab.states.shown import Shown
from tests.lab.topologies.network import Link, Network, make_host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.lab.plan import Host

AS = 64500
ROUTERS, NODES = ("tor1", "tor2"), ("k1", "k2", "k3")
NUMBERS = {"tor1": 1, "tor2": 2, "rr1": 9, "k1": 101, "k2": 102, "k3": 103}
ON_ALL = ("198.51.100.1/32", "2001:db8:100::1/128")
ON_SOME = ("198.51.100.2/32", "2001:db8:100::2/128")
"""On k1 and k2."""
PREFIXES = (*ON_ALL, *ON_SOME)
_CABLES = tuple((router, other) for router in ROUTERS for other in ("rr1", *NODES))


def loopbacks(host: str) -> tuple[str, str]:
    """Return the addresses that a host is known by, IPv4 and IPv6."""
    return f"203.0.113.{NUMBERS[host]}", f"2001:db8:113::{NUMBERS[host]}"


def port(other: str) -> str:
    """Return the name of every host's interface to another one."""
    return f"to-{other}"


def _links() -> Iterable[Link]:
    for number, (one, other) in enumerate(_CABLES):
        ends = ((one, other, 2 * number), (other, one, 2 * number + 1))
        yield Link.of(*((host, port(far), f"192.0.2.{last}/31") for host, far, last in ends))


def _ports(host: str) -> list[str]:
    return [port(other if host == one else one) for one, other in _CABLES if host in (one, other)]


def _ospf(host: str, version: int) -> str:
    """Return the configuration of ospfd or ospf6d: each cable is a point-to-point network of area 0."""
    word = "ip ospf" if version == 4 else "ipv6 ospf6"
    timers = f" {word} hello-interval 1\n {word} dead-interval 5\n {word} retransmit-interval 3\n"
    text = "".join(
        f"interface {name}\n {word} area 0\n {word} network point-to-point\n{timers}exit\n" for name in _ports(host)
    )
    text += f"interface lo\n {word} area 0\n {word} passive\nexit\n"
    process = "ospf" if version == 4 else "ospf6"
    text += f"router {process}\n {process} router-id {loopbacks(host)[0]}\n timers throttle spf 0 50 200\n"
    return text + " timers lsa min-arrival 0\n" + (" timers throttle lsa all 0\n" if version == 4 else "")


def _bgp(host: str, peers: tuple[str, ...], *lines: str) -> str:
    """Return the configuration of bgpd; `{peer}` in a line is a peer: the line is given for each of them."""
    text = f"router bgp {AS}\n bgp router-id {loopbacks(host)[0]}\n no bgp default ipv4-unicast\n timers bgp 3 9\n"
    if host == "rr1":
        text += f" bgp cluster-id {loopbacks(host)[0]}\n"
    own: dict[int, list[str]] = {4: [], 6: []}
    for peer in peers:
        for version, address, source in zip((4, 6), loopbacks(peer), loopbacks(host), strict=True):
            text += f" neighbor {address} remote-as {AS}\n neighbor {address} update-source {source}\n"
            text += f" neighbor {address} timers connect 1\n"
            own[version] += [f"neighbor {address} activate", *(line.format(peer=address) for line in lines)]
            if host == "rr1" and peer in ROUTERS:
                own[version].append(f"neighbor {address} addpath-tx-all-paths")
    if host in NODES:
        own = {version: [*listed, "redistribute connected route-map KUBE"] for version, listed in own.items()}
    for version, listed in own.items():
        text += f" address-family ipv{version} unicast\n" + "".join(f"  {line}\n" for line in listed)
        text += " exit-address-family\n"
    return text + (f"exit\nroute-map KUBE permit 10\n match interface {SERVICE_INTERFACE}\n" if host in NODES else "")


def _host(name: str, peers: tuple[str, ...], *lines: str, kube: tuple[str, ...] = ()) -> Host:
    ipv4, ipv6 = loopbacks(name)
    return make_host(
        name,
        NUMBERS[name],
        loopbacks=(f"{ipv4}/32", f"{ipv6}/128"),
        kube=kube,
        zebra=f"interface {SERVICE_INTERFACE}\n no link-detect\n" if kube else "",
        bgpd=_bgp(name, peers, *lines),
        ospfd=_ospf(name, 4),
        ospf6d=_ospf(name, 6),
    )


_NAMES = frozenset(NODES)
NETWORK = Network(
    "reflector",
    "iBGP with a route reflector and OSPF",
    (
        *(_host(name, ("rr1",)) for name in ROUTERS),
        _host("rr1", (*ROUTERS, *NODES), "neighbor {peer} route-reflector-client"),
    ),
    tuple(_host(name, ("rr1",), kube=ON_ALL if name == "k3" else PREFIXES) for name in NODES),
    tuple(_links()),
    {name: dict.fromkeys(ON_ALL, _NAMES) | dict.fromkeys(ON_SOME, _NAMES - {"k3"}) for name in ROUTERS},
    shown=tuple(
        Shown("rr1", f"show bgp ipv{v} unicast summary", r" \d\d:\d\d:\d\d +[012] +\d+ N/A$", 5) for v in (4, 6)
    ),
    configuration={
        "nodes": {name: {"addresses": list(loopbacks(name))} for name in NODES},
        "clusters": {
            "lab": {
                "routers": list(ROUTERS),
                "pools": ["198.51.100.0/24", "2001:db8:100::/48"],
                "exceptions": [{"prefix": prefix, "nodes": ["k1", "k2"]} for prefix in ON_SOME],
            }
        },
    },
)
