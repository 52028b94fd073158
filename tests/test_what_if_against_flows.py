"""What `what-if` says of unusual sets, against flows that are sent one by one over sets written down by hand."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ecmpaudit.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FLOWS = 19_937
"""A prime number, so that no flow is where the parts of two next hops meet."""
ASSUMED = "the order of the kernel is not known (ip route, ip nexthop), that of the addresses is assumed"


@dataclass(frozen=True)
class Expected:
    """The sets of one prefix: each next hop as `next hop`, or as `next hop=node`, with `*weight` at its end."""

    before: str
    after: str
    uncertain: str | None = None
    model: str = "hash-threshold"
    vrf: str = "default"


def hops_of(text: str) -> list[tuple[str, str, int]]:
    found = []
    for word in text.split():
        name, _, weight = word.partition("*")
        hop, _, node = name.partition("=")
        found.append((hop, node or hop, int(weight or 1)))
    return found


def node_of(flow: int, hops: Sequence[tuple[str, str, int]], model: str) -> str | None:
    """Return the node of a flow: the hash of the flow is its place in the whole range, or its number."""
    slots = [node for _, node, weight in hops for _ in range(weight)]
    if not slots:
        return None
    return slots[flow % len(slots)] if model == "modulo-n" else slots[(2 * flow + 1) * len(slots) // (2 * FLOWS)]


def sent(before: Sequence[tuple[str, str, int]], after: Sequence[tuple[str, str, int]], model: str) -> dict[str, Any]:
    """Return what happens to flows that are sent over a set and then over another one."""
    ways = [(node_of(flow, before, model), node_of(flow, after, model)) for flow in range(FLOWS)]
    stay = {node for _, node, _ in before} & {node for _, node, _ in after}
    of_staying = [(old, new) for old, new in ways if old in stay]
    return {
        "moved": sum(old != new for old, new in ways if old) / FLOWS,
        "innocent": sum(old != new and new in stay for old, new in of_staying) / (len(of_staying) or 1),
        "shares_before": {node: count / FLOWS for node, count in Counter(old for old, _ in ways if old).items()},
        "shares_after": {node: count / FLOWS for node, count in Counter(new for _, new in ways if new).items()},
    }


def kernel(command: str, *routes: str) -> str:
    """Return a pasted answer of a kernel; a route is `PREFIX rest | next hop | next hop`."""
    lines = [f"tor1# {command}"]
    for route in routes:
        head, *hops = route.split(" | ")
        lines += [head, *(f"\tnexthop {hop}" for hop in hops)]
    return "\n".join([*lines, "tor1#", ""])


V4, V6 = "198.51.100.7/32", "2001:db8:100::7/128"
FRR_RECURSIVE = """\
tor1# show ip route
B>  198.51.100.7/32 [200/0] via 10.0.0.1 (recursive), weight 1, 00:10:00
  *                           via 192.0.2.1, eth0, weight 1, 00:10:00
                            via 10.0.0.2 (recursive), weight 1, 00:10:00
  *                           via 192.0.2.2, eth1, weight 1, 00:10:00
                            via 10.0.0.3 (recursive), weight 1, 00:10:00
  *                           via 192.0.2.3, eth2, weight 1, 00:10:00
tor1#
"""
FRR_SHARED = """\
tor1# show ipv6 route
B>  2001:db8:100::7/128 [200/0] via 2001:db8::1 (recursive), weight 1, 00:10:00
  *                               via fe80::a, eth0, weight 1, 00:10:00
                                via 2001:db8::2 (recursive), weight 1, 00:10:00
                                  via fe80::a, eth0 (duplicate nexthop removed), weight 1, 00:10:00
                                via 2001:db8::3 (recursive), weight 1, 00:10:00
  *                               via fe80::a, eth1, weight 1, 00:10:00
tor1#
"""
FRR_VRFS = """\
tor1# show ip route vrf all
VRF default:
B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:10:00
  *                        via 192.0.2.2, eth0, weight 1, 00:10:00
  *                        via 192.0.2.3, eth0, weight 1, 00:10:00

VRF red:
B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth1, weight 3, 00:10:00
  *                        via 192.0.2.9, eth1, weight 1, 00:10:00
tor1#
"""
FRR_CEILING = """\
tor1# show ipv6 route
B>* 2001:db8:100::7/128 [20/0] via 2001:db8::1, eth0, weight 1, 00:10:00
  *                            via 2001:db8::2, eth0, weight 1, 00:10:00
tor1# show running-config
Current configuration:
!
frr version 10.1
frr defaults traditional
hostname tor1
!
router bgp 64512
 neighbor 2001:db8::1 remote-as 64513
 neighbor 2001:db8::2 remote-as 64513
 neighbor 2001:db8::3 remote-as 64513
 !
 address-family ipv6 unicast
  maximum-paths 2
  neighbor 2001:db8::1 activate
  neighbor 2001:db8::2 activate
  neighbor 2001:db8::3 activate
 exit-address-family
exit
!
end
tor1#
"""
BIRD = """\
bird> show route all
Table master6:
2001:db8:100::7/128  unicast [node1 10:00:00.000] * (100) [AS64513i]
	via fe80::1 on eth0 weight 2
	via fe80::2 on eth0 weight 1
	via fe80::1 on eth1 weight 1
	Type: BGP univ
bird>
"""
FREEBSD = """\
tor1# netstat -rn
Routing tables

Internet:
Destination        Gateway            Flags         Netif Expire
198.51.100.7       192.0.2.101        UGH1        vtnet0
198.51.100.7       192.0.2.102        UGH1        vtnet0
198.51.100.7       192.0.2.103        UGH1        vtnet0
198.51.100.7       192.0.2.104        UGH1        vtnet0

Internet6:
Destination                       Gateway                       Flags     Netif Expire
2001:db8:100::7                   fe80::101%vtnet0              UGH1   vtnet0
2001:db8:100::7                   fe80::101%vtnet1              UGH1   vtnet1
2001:db8:100::7                   fe80::102%vtnet0              UGH1   vtnet0
tor1#
"""
JSON_OBJECTS = """\
tor1# ip -j route
[{"dst":"198.51.100.7","nhid":40,"protocol":"bgp","metric":20,"flags":[],"nexthops":[
{"gateway":"192.0.2.1","dev":"eth0","weight":1,"flags":[]},{"gateway":"192.0.2.2","dev":"eth0","weight":3,"flags":[]}]},
{"dst":"198.51.100.7","nhid":50,"gateway":"192.0.2.8","dev":"eth0","protocol":"static","metric":200,"flags":[]},
{"type":"blackhole","dst":"198.51.100.8","nhid":5,"protocol":"static","flags":[]}]
tor1# ip -j nexthop
[{"id":5,"blackhole":null,"protocol":"static","flags":[]},
{"id":11,"gateway":"192.0.2.1","dev":"eth0","scope":"link","protocol":"zebra","flags":[]},
{"id":12,"gateway":"192.0.2.2","dev":"eth0","scope":"link","protocol":"zebra","flags":[]},
{"id":40,"group":[{"id":12,"weight":3},{"id":11}],"protocol":"zebra","flags":[]},
{"id":50,"gateway":"192.0.2.8","dev":"eth0","scope":"link","protocol":"static","flags":[]}]
tor1#
"""
NODES = "node1=10.0.0.1+2001:db8::1,node2=10.0.0.2+2001:db8::2,node3=10.0.0.3+2001:db8::3"

CASES: dict[str, tuple[str, str, dict[str, Expected]]] = {
    "weights of IPv4 stay with their next hops": (
        kernel(
            "ip route",
            f"{V4[:-3]} proto bgp | via 192.0.2.3 dev eth0 weight 3"
            " | via 192.0.2.1 dev eth0 weight 1 | via 192.0.2.2 dev eth0 weight 2",
        ),
        "--lose 192.0.2.1",
        {V4: Expected("192.0.2.3*3 192.0.2.1 192.0.2.2*2", "192.0.2.3*3 192.0.2.2*2")},
    ),
    "a node that replaces another one has its weight": (
        kernel(
            "ip -6 route",
            f"{V6[:-4]} proto bgp metric 20 pref medium | via 2001:db8::1 dev eth0 weight 1"
            " | via 2001:db8::3 dev eth0 weight 4 | via 2001:db8::2 dev eth0 weight 1",
        ),
        "--replace 2001:db8::3=node9=2001:db8::9",
        {V6: Expected("2001:db8::1 2001:db8::3*4 2001:db8::2", "2001:db8::1 2001:db8::2 2001:db8::9=node9*4")},
    ),
    "a node that comes to unequal weights": (
        kernel(
            "ip -6 route",
            f"{V6[:-4]} proto bgp metric 20 pref medium | via 2001:db8::2 dev eth0 weight 1"
            " | via 2001:db8::1 dev eth0 weight 3",
        ),
        "--add node9=2001:db8::9",
        {
            V6: Expected(
                "2001:db8::2 2001:db8::1*3",
                "2001:db8::2 2001:db8::1*3 2001:db8::9=node9",
                "the weight of node9 is not known, 1 is assumed; --weights gives it",
            )
        },
    ),
    "a recursive next hop, by the daemon alone": (
        FRR_RECURSIVE,
        f"--nodes {NODES} --lose node1",
        {V4: Expected("192.0.2.1=node1 192.0.2.2=node2 192.0.2.3=node3", "192.0.2.2=node2 192.0.2.3=node3", ASSUMED)},
    ),
    "a recursive next hop, in the order of the kernel": (
        FRR_RECURSIVE
        + kernel(
            "ip route",
            f"{V4[:-3]} proto bgp metric 20 | via 192.0.2.3 dev eth2 weight 1"
            " | via 192.0.2.1 dev eth0 weight 1 | via 192.0.2.2 dev eth1 weight 1",
        ),
        f"--nodes {NODES} --lose 10.0.0.1",
        {V4: Expected("192.0.2.3=node3 192.0.2.1=node1 192.0.2.2=node2", "192.0.2.3=node3 192.0.2.2=node2")},
    ),
    "a next hop that leads to two nodes stays with one of them": (
        FRR_SHARED,
        f"--nodes {NODES} --lose node1",
        {V6: Expected("fe80::a%eth0 fe80::a%eth1=node3", "fe80::a%eth0 fe80::a%eth1=node3", ASSUMED)},
    ),
    "a next hop that leads to two nodes goes with both": (
        FRR_SHARED,
        f"--nodes {NODES} --lose node1,2001:db8::2",
        {V6: Expected("fe80::a%eth0 fe80::a%eth1=node3", "fe80::a%eth1=node3", ASSUMED)},
    ),
    "a route that drops packets has no next hop to lose": (
        kernel("ip route", f"unreachable {V4[:-3]} proto static", "198.51.100.9 via 192.0.2.1 dev eth0 proto bgp"),
        "--lose 192.0.2.1",
        {V4: Expected("", ""), "198.51.100.9/32": Expected("192.0.2.1", "")},
    ),
    "an object that drops packets, and a group before the object of a worse route": (
        JSON_OBJECTS,
        "--lose 192.0.2.2",
        {V4: Expected("192.0.2.2*3 192.0.2.1", "192.0.2.1"), "198.51.100.8/32": Expected("", "")},
    ),
    "one link-local next hop of two interfaces": (
        kernel(
            "ip -6 route",
            f"{V6[:-4]} proto bgp metric 20 pref medium | via fe80::1 dev eth0 weight 1"
            " | via fe80::2 dev eth0 weight 2 | via fe80::1 dev eth1 weight 1",
        ),
        "--lose FE80::1%eth1",
        {V6: Expected("fe80::1%eth0 fe80::2%eth0*2 fe80::1%eth1", "fe80::1%eth0 fe80::2%eth0*2")},
    ),
    "a link-local next hop on all its interfaces": (
        kernel(
            "ip -6 route",
            f"{V6[:-4]} proto bgp metric 20 pref medium | via fe80::1 dev eth0 weight 1"
            " | via fe80::2 dev eth0 weight 2 | via fe80::1 dev eth1 weight 1",
        ),
        "--lose fe80::1",
        {V6: Expected("fe80::1%eth0 fe80::2%eth0*2 fe80::1%eth1", "fe80::2%eth0*2")},
    ),
    "one of two links to a node": (
        kernel(
            "ip -6 route",
            f"{V6[:-4]} proto bgp metric 20 pref medium | via fe80::1 dev eth0 weight 1"
            " | via fe80::2 dev eth0 weight 2 | via fe80::1 dev eth1 weight 1",
        ),
        "--nodes a=fe80::1,b=fe80::2 --lose fe80::1%eth0",
        {V6: Expected("fe80::1%eth0=a fe80::2%eth0=b*2 fe80::1%eth1=a", "fe80::2%eth0=b*2 fe80::1%eth1=a")},
    ),
    "an IPv4 prefix by IPv6 next hops, one of which a node replaces": (
        kernel(
            "ip route",
            f"{V4[:-3]} proto bgp metric 20 | via inet6 fe80::3 dev eth0 weight 1"
            " | via inet6 fe80::1 dev eth0 weight 1 | via inet6 fe80::1 dev eth1 weight 1",
        ),
        "--replace fe80::1%eth0=node9=192.0.2.9+fe80::9",
        {V4: Expected("fe80::3%eth0 fe80::1%eth0 fe80::1%eth1", "fe80::3%eth0 fe80::1%eth1 fe80::9=node9")},
    ),
    "one address in two VRFs": (
        FRR_VRFS,
        "--lose 192.0.2.1",
        {
            V4: Expected("192.0.2.1 192.0.2.2 192.0.2.3", "192.0.2.2 192.0.2.3", ASSUMED),
            f"{V4} red": Expected("192.0.2.1*3 192.0.2.9", "192.0.2.9", ASSUMED, vrf="red"),
        },
    ),
    "maximum-paths below the nodes that are left": (
        FRR_CEILING,
        "--lose 2001:db8::2",
        {
            V6: Expected(
                "2001:db8::1 2001:db8::2",
                "2001:db8::1",
                f"{ASSUMED}; its ceiling of 2 is reached: another next hop may take the place",
            )
        },
    ),
    "the only node": (
        kernel("ip -6 route", f"{V6[:-4]} via 2001:db8::1 dev eth0 proto bgp metric 20 pref medium"),
        "--lose 2001:db8::1",
        {V6: Expected("2001:db8::1", "")},
    ),
    "weights and two interfaces of BIRD": (
        BIRD,
        "--router-name tor1 --lose fe80::1%eth0",
        {
            V6: Expected(
                "fe80::1%eth0*2 fe80::1%eth1 fe80::2%eth0",
                "fe80::1%eth1 fe80::2%eth0",
                f"which next hops are installed is not known, all candidates are assumed; {ASSUMED}",
            )
        },
    ),
    "FreeBSD in both families": (
        FREEBSD,
        "--lose 192.0.2.102 --lose fe80::101%vtnet1",
        {
            V4: Expected(
                "192.0.2.101 192.0.2.102 192.0.2.103 192.0.2.104",
                "192.0.2.101 192.0.2.103 192.0.2.104",
                model="modulo-n",
            ),
            V6: Expected(
                "fe80::101%vtnet0 fe80::101%vtnet1 fe80::102%vtnet0",
                "fe80::101%vtnet0 fe80::102%vtnet0",
                "which node has next hop fe80::101%vtnet0, fe80::102%vtnet0 is not known: it may be 192.0.2.102",
                model="modulo-n",
            ),
        },
    ),
    "a group that was not read": (
        kernel(
            "ip route",
            f"{V4[:-3]} nhid 40 proto bgp metric 20 | via 192.0.2.2 dev eth0 weight 1"
            " | via 192.0.2.1 dev eth0 weight 1",
            "198.51.100.8 nhid 41 via 192.0.2.1 dev eth0 proto bgp metric 20",
        ),
        "--lose 192.0.2.1",
        {
            V4: Expected(
                "192.0.2.2 192.0.2.1",
                "192.0.2.2",
                "its group 40 is not known (ip nexthop): fewer flows move if it is resilient",
            ),
            "198.51.100.8/32": Expected("192.0.2.1", ""),
        },
    ),
    "default routes with groups": (
        kernel(
            "ip route",
            "default nhid 40 proto bgp metric 20 | via 192.0.2.1 dev eth0 weight 1 | via 192.0.2.2 dev eth0 weight 1",
        )
        + kernel(
            "ip -6 route",
            "default nhid 41 proto bgp metric 20 pref medium | via 2001:db8::1 dev eth0 weight 1"
            " | via 2001:db8::2 dev eth0 weight 1",
        )
        + kernel(
            "ip nexthop",
            *(
                f"id {n} via {address} dev eth0 scope link proto zebra"
                for n, address in ((11, "192.0.2.1"), (12, "192.0.2.2"), (21, "2001:db8::1"), (22, "2001:db8::2"))
            ),
            "id 40 group 12,2/11 proto zebra",
            "id 41 group 22/21 proto zebra",
        ),
        "--lose 192.0.2.1 --weights 2001:db8::1=3",
        {
            "0.0.0.0/0": Expected("192.0.2.2*2 192.0.2.1", "192.0.2.2*2"),
            "::/0": Expected("2001:db8::2 2001:db8::1", "2001:db8::2 2001:db8::1*3"),
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_flows_that_are_sent_one_by_one_move_as_what_if_says(tmp_path: Path, name: str) -> None:
    text, arguments, expected = CASES[name]
    file = tmp_path / "tor1.txt"
    file.write_text(text, encoding="utf-8")
    pools = [word for prefix in {each.partition(" ")[0] for each in expected} for word in ("--pool", prefix)]
    ended = CliRunner().invoke(app, ["what-if", str(file), *pools, *arguments.split(), "--format", "json"])
    assert ended.output, ended.exception
    document = json.loads(ended.output)
    found = {(each["prefix"], each["vrf"]): each for each in document["what_if"]}
    assert (document["not_checked"], document["unanswered"]) == ([], [])
    assert found.keys() == {(prefix.partition(" ")[0], each.vrf) for prefix, each in expected.items()}
    for prefix, each in expected.items():
        outcome = found[prefix.partition(" ")[0], each.vrf]
        before, after = hops_of(each.before), hops_of(each.after)
        assert outcome["next_hops_before"] == [hop for hop, _, _ in before]
        assert outcome["next_hops_after"] == [hop for hop, _, _ in after]
        assert (outcome["uncertain"], outcome["model"]) == (each.uncertain, each.model)
        assert outcome["loses_last"] == (bool(before) and not after)
        for what, value in sent(before, after, each.model).items():
            assert outcome[what] == pytest.approx(value, abs=1e-3), what
