"""Leaf and spine: 2 spines and 3 leaves with eBGP, each leaf an AS of its own, and 6 nodes behind the leaves.

The spines send a default route. One prefix of each family is on all nodes, one on node1 and node3 only, so that leaf3
has it over the spines. node5 and node6 have no kube-lb0. `ecmpaudit.yaml` has no `fabric`: a cluster for each leaf and
one for the spines, in which `to-leaf1` is leaf1 as a next hop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.plan import SERVICE_INTERFACE
from tests.lab.states.shown import Shown
from tests.lab.topologies.network import Link, Network, make_host

if TYPE_CHECKING:
    from collections.abc import Iterable

SPINE_AS, NODE_AS = 64500, 64510
LEAF_AS = {1: 64501, 2: 64502, 3: 64503}
SPINES, LEAVES = (1, 2), (1, 2, 3)
NODES_OF = {1: (1, 2), 2: (3, 4), 3: (5, 6)}
"""The nodes behind each leaf, by number."""
ON_ALL = ("198.51.100.1/32", "2001:db8:100::1/128")
ON_SOME = ("198.51.100.2/32", "2001:db8:100::2/128")
"""On node1 and node3."""
PREFIXES = (*ON_ALL, *ON_SOME)
DEFAULTS = ("0.0.0.0/0", "::/0")
POOLS = ["198.51.100.0/24", "2001:db8:100::/48"]
_WITH_SOME = (1, 3)
WITHOUT_KUBE = (5, 6)
"""Nodes that announce without an address on any interface."""

_GLOBAL = """ no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 bgp bestpath as-path multipath-relax
 bgp bestpath compare-routerid
 timers bgp 3 9
"""
_KUBE = f"""route-map KUBE permit 10
 match interface {SERVICE_INTERFACE}
 set origin igp
"""
_ZEBRA = f"interface {SERVICE_INTERFACE}\n no link-detect\n"


def up_addresses(leaf: int, spine: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the addresses of the link between a leaf and a spine: the leaf's and the spine's, IPv4 and IPv6."""
    return _pair(f"192.0.2.{leaf * 32 + spine * 4}", f"2001:db8:{leaf}{spine}::")


def down_addresses(leaf: int, node: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the addresses of the link between a leaf and a node: the leaf's and the node's, IPv4 and IPv6."""
    return _pair(f"203.0.113.{node * 4}", f"2001:db8:{leaf}:{node}::")


def _pair(ipv4: str, ipv6: str) -> tuple[tuple[str, str], tuple[str, str]]:
    first, _, last = ipv4.rpartition(".")
    return (ipv4, ipv6), (f"{first}.{int(last) + 1}", f"{ipv6}1")


def _families(lines: dict[int, list[str]]) -> str:
    return "".join(
        f" address-family ipv{v} unicast\n" + "".join(f"  {line}\n" for line in of) + " exit-address-family\n"
        for v, of in lines.items()
    )


def _router(own_as: int, router_id: str, peers: Iterable[tuple[tuple[str, str], int]], *further: str) -> str:
    """Return the configuration of BGP: peers by their two addresses and AS, and lines for each of their families.

    `{peer}` in a line is a peer: the line is given for each of them.
    """
    text = f"router bgp {own_as}\n bgp router-id {router_id}\n{_GLOBAL}"
    lines: dict[int, list[str]] = {4: [], 6: []}
    for addresses, remote_as in peers:
        for version, peer in zip((4, 6), addresses, strict=True):
            text += f" neighbor {peer} remote-as {remote_as}\n neighbor {peer} timers connect 1\n"
            lines[version] += [f"neighbor {peer} activate", *(line.format(peer=peer) for line in further)]
    return text + _families(lines)


def _spine(number: int) -> str:
    peers = [(up_addresses(leaf, number)[0], LEAF_AS[leaf]) for leaf in LEAVES]
    return _router(SPINE_AS, f"192.0.2.{250 + number}", peers, "neighbor {peer} default-originate")


def _leaf(number: int) -> str:
    peers = [(up_addresses(number, spine)[1], SPINE_AS) for spine in SPINES]
    peers += [(down_addresses(number, node)[1], NODE_AS) for node in NODES_OF[number]]
    return _router(LEAF_AS[number], f"192.0.2.{240 + number}", peers)


def _node(leaf: int, number: int) -> str:
    """Return the configuration of a node; those without kube-lb0 announce with `network`, and have no address."""
    bgp = _router(NODE_AS, f"203.0.113.{200 + number}", [(down_addresses(leaf, number)[0], LEAF_AS[leaf])])
    first, second, third = bgp.split(" exit-address-family\n")
    if number in WITHOUT_KUBE:
        networks = (f"  network {prefix}\n exit-address-family\n" for prefix in ON_ALL)
        plain = f"{_GLOBAL} no bgp network import-check\n"
        return f"{first}{next(networks)}{second}{next(networks)}{third}".replace(_GLOBAL, plain)
    redistributed = "  redistribute connected route-map KUBE\n exit-address-family\n"
    return f"{first}{redistributed}{second}{redistributed}{third}exit\n{_KUBE}"


def with_lengths(addresses: tuple[str, str]) -> tuple[str, str]:
    """Return the two addresses of a link's end with the lengths of the link."""
    return f"{addresses[0]}/31", f"{addresses[1]}/127"


def _links() -> Iterable[Link]:
    for leaf in LEAVES:
        for spine in SPINES:
            own, other = map(with_lengths, up_addresses(leaf, spine))
            yield Link.of((f"leaf{leaf}", f"up{spine}", *own), (f"spine{spine}", f"swp{leaf}", *other))
        for node in NODES_OF[leaf]:
            own, other = map(with_lengths, down_addresses(leaf, node))
            yield Link.of((f"leaf{leaf}", f"swp{node}", *own), (f"node{node}", "eth1", *other))


def _as_next_hops() -> dict[str, dict[str, list[str]]]:
    """Return leaves and spines as next hops of each other, which are asked as routers."""
    to_leaves = {f"to-leaf{n}": [a for spine in SPINES for a in up_addresses(n, spine)[0]] for n in LEAVES}
    to_spines = {f"to-spine{n}": [a for leaf in LEAVES for a in up_addresses(leaf, n)[1]] for n in SPINES}
    return {name: {"addresses": addresses} for name, addresses in {**to_leaves, **to_spines}.items()}


def _clusters() -> dict[str, Any]:
    to_spines = [f"to-spine{n}" for n in SPINES]
    default = [{"prefix": prefix, "nodes": to_spines} for prefix in DEFAULTS]
    clusters: dict[str, Any] = {
        "spines": {
            "routers": [f"spine{n}" for n in SPINES],
            "nodes": [f"to-leaf{n}" for n in LEAVES],
            "pools": POOLS,
            "exceptions": [{"prefix": prefix, "nodes": ["to-leaf1", "to-leaf2"]} for prefix in ON_SOME],
        }
    }
    for leaf, nodes in NODES_OF.items():
        some = [f"node{n}" for n in nodes if n in _WITH_SOME] or to_spines
        clusters[f"rack{leaf}"] = {
            "routers": [f"leaf{leaf}"],
            "nodes": [f"node{n}" for n in nodes],
            "pools": POOLS,
            "exceptions": [*({"prefix": prefix, "nodes": some} for prefix in ON_SOME), *default],
        }
    return clusters


def _names(word: str, numbers: Iterable[int]) -> frozenset[str]:
    return frozenset(f"{word}{number}" for number in numbers)


def _at_rest() -> dict[str, dict[str, frozenset[str]]]:
    spine = dict.fromkeys(ON_ALL, _names("leaf", LEAVES)) | dict.fromkeys(ON_SOME, _names("leaf", (1, 2)))
    table = {f"spine{number}": spine for number in SPINES}
    for leaf, nodes in NODES_OF.items():
        some = _names("node", (n for n in nodes if n in _WITH_SOME)) or _names("spine", SPINES)
        table[f"leaf{leaf}"] = dict.fromkeys(ON_ALL, _names("node", nodes)) | dict.fromkeys(ON_SOME, some)
    return table


NETWORK = Network(
    "leaf-spine",
    "leaf and spine with eBGP",
    (
        *(make_host(f"spine{n}", n, bgpd=_spine(n)) for n in SPINES),
        *(make_host(f"leaf{n}", 10 + n, bgpd=_leaf(n)) for n in LEAVES),
    ),
    tuple(
        make_host(
            f"node{n}",
            100 + n,
            kube=() if n in WITHOUT_KUBE else PREFIXES if n in _WITH_SOME else ON_ALL,
            zebra="" if n in WITHOUT_KUBE else _ZEBRA,
            bgpd=_node(leaf, n),
        )
        for leaf, nodes in NODES_OF.items()
        for n in nodes
    ),
    tuple(_links()),
    _at_rest(),
    shown=tuple(
        Shown(f"leaf{n}", f"ip -{version} route show default", r"\bvia\b", times=2)
        for n in LEAVES
        for version in (4, 6)
    ),
    configuration={"nodes": _as_next_hops(), "clusters": _clusters()},
)
