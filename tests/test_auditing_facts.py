"""What an audit takes from clusters, nodes and files beside route tables, exactly where its answer changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing import gathering
from ecmpaudit.auditing.cluster_objects import ClusterSources, objects_in
from ecmpaudit.auditing.cluster_reports import with_reports
from ecmpaudit.auditing.covering import forwarded_by
from ecmpaudit.auditing.drain import Watch
from ecmpaudit.auditing.explanation import absence_of
from ecmpaudit.auditing.known_addresses import known_expectations
from ecmpaudit.auditing.notes import notes_about
from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.router_option import naming_of, refuse_merging
from ecmpaudit.auditing.run import Material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.auditing.subjects import subjects
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.from_kubernetes import ClusterKnowledge
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import Capture, Evidence, Facts, Network, Past, RouterState
from ecmpaudit.model.facts import BgpPath, BgpSession, HostAddress
from ecmpaudit.parsing.reading import read_capture

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Evidence("t", 1, "")
FRR = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05\n"
FRR_6 = "B>* 2001:db8:1::7/128 [20/0] via 2001:db8::1, eth0, weight 1, 00:00:05\n"

# clusters


def test_the_time_of_a_clusters_objects_is_that_of_its_newest_answer() -> None:
    times = ["2026-11-27T03:00:00+00:00", None, "2026-11-27T04:00:00+00:00"]
    captures = [Capture(None, None, None, '{"items": []}', "kubectl", finished=time) for time in times]
    newest = objects_in(ClusterSources(captures=tuple(captures))).newest
    assert newest is not None
    assert newest.time.isoformat() == times[2]
    assert objects_in(ClusterSources(captures=(captures[1],))).newest is None


@pytest.mark.parametrize(
    "address, peer, router",
    [
        ("192.0.2.1/24", "192.0.2.1", "tor1"),
        ("2001:db8::1/64", "2001:db8::1", "tor1"),
        ("127.0.0.1/8", "127.0.0.1", None),
        ("::1/128", "::1", None),
        ("fe80::1/64", "fe80::1", None),
        ("169.254.0.1/16", "169.254.0.1", None),
        ("192.0.2.1/24", "192.0.2.2", None),
    ],
)
def test_a_session_that_objects_report_is_with_the_router_that_has_the_address(
    address: str, peer: str, router: str | None
) -> None:
    facts = Facts(addresses=(HostAddress("tor1", "eth0", address, HERE),))
    assert peer_of(peer, facts, f"tor1# show ip route\n{FRR}tor1#\n") == router


@pytest.mark.parametrize(
    "route, peer, router",
    [
        ("L>* 192.0.2.9/32 is directly connected, eth0, 00:00:05", "192.0.2.9", "tor1"),
        ("L>* 2001:db8::9/128 is directly connected, eth0, 00:00:05", "2001:db8::9", "tor1"),
        ("L>* fe80::9/128 is directly connected, eth0, 00:00:05", "fe80::9", None),
        ("L>* 192.0.2.8/31 is directly connected, eth0, 00:00:05", "192.0.2.8", None),
        ("C>* 192.0.2.9/32 is directly connected, eth0, 00:00:05", "192.0.2.9", None),
    ],
)
def test_a_local_route_of_one_address_says_whose_it_is(route: str, peer: str, router: str | None) -> None:
    assert peer_of(peer, Facts(), f"tor1# show ip route\n{route}\ntor1#\n") == router


def peer_of(peer: str, facts: Facts, text: str) -> str | None:
    """Return the name of the other end of a session that objects of a cluster report."""
    session = BgpSession("node1", peer, 4, "Established", HERE)
    cluster = ClusterKnowledge(reported=Facts(sessions=(session,)))
    request = Request(Expectations((), ()).with_cluster(cluster))
    tables = [read_capture(Capture("tor1", "frr", None, text.split("\n")[1], "t"))]
    (found,) = with_reports(facts, tables, request).sessions
    return found.peer_name


MAP = "route-map OUT permit 10\n"


@pytest.mark.parametrize(
    "policy, exports, is_answered",
    [
        pytest.param(MAP, ["198.51.100.7/32"], True, id="all"),
        pytest.param(f"{MAP} match ip address prefix-list NONE\n", [], True, id="none"),
        pytest.param(f"{MAP} match community CUSTOMERS\n", [], False, id="not-evaluated"),
        pytest.param(
            f"{MAP} match community CUSTOMERS\nroute-map OUT permit 20\n", [], False, id="not-evaluated-first"
        ),
    ],
)
def test_what_a_configuration_of_a_node_announces_is_what_its_filters_are_known_to_let_out(
    policy: str, exports: list[str], *, is_answered: bool
) -> None:
    text = (
        "frr version 10.0\nrouter bgp 64512\n neighbor 192.0.2.254 remote-as 64496\n"
        " address-family ipv4 unicast\n  network 198.51.100.7/32\n  neighbor 192.0.2.254 activate\n"
        f"  neighbor 192.0.2.254 route-map OUT out\n exit-address-family\nexit\n{policy}end\n"
    )
    configuration = Capture("node1", "frr", "show running-config", text, "object of node1")
    session = BgpSession("node1", "192.0.2.254", 4, "Established", HERE)
    cluster = ClusterKnowledge(reported=Facts(sessions=(session,)), configurations=(configuration,))
    facts = with_reports(Facts(), (), Request(Expectations((), ()).with_cluster(cluster)))
    assert [export.prefix for export in facts.exports] == exports
    assert (("node1", "192.0.2.254", 4) in facts.export_lists) is is_answered


# nodes


def test_the_link_local_address_that_comes_with_a_nodes_own_is_the_nodes() -> None:
    path = BgpPath("tor1", "2001:db8:1::7/128", "2001:db8::1", HERE, other_next_hop="fe80::1")
    of_another = BgpPath("tor1", "2001:db8:1::8/128", "2001:db8::9", HERE, other_next_hop="fe80::9")
    request = Request(Expectations.from_flags([], None, parse_nodes(["node1=2001:db8::1"])))
    expectations = known_expectations(Facts(paths=(path, of_another)), {}, request, Past())
    assert [node.addresses for node in expectations.nodes] == [{"2001:db8::1", "fe80::1"}]


def test_a_node_that_only_reports_an_address_is_drained_by_it() -> None:
    reported = HostAddress("node9", "eth0", "192.0.2.9/24", HERE)
    request = Request.of(ScopeOptions(pools=("198.51.100.0/24",), nodes=("node1=192.0.2.1",), is_searched=False))
    watch = Watch.of(request, ("tor1",), ("192.0.2.1",), Material(facts=Facts(addresses=(reported,))))
    assert watch.owners == {"192.0.2.1": "node1", "192.0.2.9": "node9"}


def test_an_answer_that_is_not_understood_is_named_by_its_command_while_a_node_drains() -> None:
    request = Request.of(ScopeOptions(pools=("198.51.100.0/24",), nodes=("node1=192.0.2.1",), is_searched=False))
    watch = Watch.of(request, ("tor1",), ("node1",), Material())
    command = "vtysh -c 'show ip route'"
    polled = watch.polled([Capture("tor1", "frr", command, f"{FRR}  * damaged\n", "tor1", started="2026-11-27T03:00")])
    assert polled.unasked == (("tor1", f"not understood: {command}"),)


# routers


@pytest.mark.parametrize(
    "lines, sentence",
    [
        ("198.51.0.0/16 via 192.0.2.9", "tor1 forwards it by 198.51.0.0/16"),
        ("203.0.113.0/24 via 192.0.2.9", ""),
    ],
)
def test_a_router_forwards_by_what_covers_a_prefix_and_by_nothing_else(lines: str, sentence: str) -> None:
    text = f"{lines} dev eth0 proto bgp\n"
    found = forwarded_by(read_material([Capture("tor1", "linux", None, text, "t")]).tables, "198.51.100.7/32")
    assert found.partition(" (")[0] == sentence


@pytest.mark.parametrize("lines", [(20, 30), (30, 20)])
def test_of_two_routes_the_kernel_uses_the_one_with_the_lower_metric(lines: tuple[int, ...]) -> None:
    text = "".join(f"198.51.100.7 via 192.0.2.1 dev eth0 proto bgp metric {metric}\n" for metric in lines)
    (router,) = subjects(read_material([Capture("tor1", "linux", "ip route", text, "t")]).tables)
    route = router.kernel_route("default", "198.51.100.7/32")
    assert route is not None
    assert route.metric == 20
    assert router.kernel_route("default", "198.51.100.8/32") is None


def test_the_kernels_own_addresses_are_no_announced_routes() -> None:
    text = "local 192.0.2.9 dev eth0 table local proto kernel\n198.51.100.7 via 192.0.2.1 dev eth0 proto bgp\n"
    (router,) = subjects(read_material([Capture("tor1", "linux", "ip route show table all", text, "t")]).tables)
    assert set(router.routes) == {("default", "198.51.100.7/32")}


def test_a_route_around_a_pool_is_known_once_and_only_it_is_added_by_the_command_for_what_covers() -> None:
    asked = {
        "ip -4 route show table all root 198.51.100.0/24": "198.51.100.0/24 via 192.0.2.1 dev eth0 proto bgp\n",
        "ip -4 route show table all match 198.51.100.0/24": (
            "198.51.0.0/16 via 192.0.2.9 dev eth0 proto bgp\n198.51.100.0/24 via 192.0.2.2 dev eth0 proto bgp\n"
        ),
    }
    time = "2026-11-27T03:00:00+00:00"
    captures = [Capture("tor1", "linux", command, text, command, started=time) for command, text in asked.items()]
    (router,) = subjects(read_material(captures).tables)
    found = {
        prefix: [[str(hop.address) for hop in route.next_hops] for route in routes]
        for (_, prefix), routes in router.routes.items()
    }
    assert found == {"198.51.100.0/24": [["192.0.2.1"]], "198.51.0.0/16": [["192.0.2.9"]]}


@pytest.mark.parametrize("router, place", [("tor1", "tor1: "), (None, "")])
def test_a_table_that_is_cut_is_named_with_its_router_where_that_is_known(router: str | None, place: str) -> None:
    text = f"{FRR}  *                        via 192.0"
    material = read_material([Capture(router, "frr", "show ip route", text, "paste.txt")])
    (note,) = [note for note in notes_about((), subjects(material.tables)) if "unknown, not absent" in note]
    assert note.startswith(f"{place}paste.txt ")


def read_router(name: str, *, whole: bool = True) -> RouterState:
    return RouterState(name, has_data=True, whole_families=frozenset({4, 6} if whole else ()))


NOT_READ, OF_A_NODE = (
    RouterState("tor9", failure="timed out", has_data=False),
    RouterState("node1", is_node=True, has_data=True),
)


@pytest.mark.parametrize(
    "routers, pools, sentence",
    [
        ([read_router("tor1")], [], "tor1 has no route to {}"),
        ([read_router("tor1"), NOT_READ, OF_A_NODE], [], "tor1 has no route to {}"),
        ([read_router("tor1", whole=False)], [], "tor1 is not known to have a route to {}"),
        ([read_router("tor1"), read_router("tor2")], [], "none of 2 routers that were read has a route to {}"),
        (
            [read_router("tor1"), read_router("tor2", whole=False)],
            [],
            "none of 2 routers that were read is known to have a route to {}",
        ),
        ([], [], "none of 0 routers that were read has a route to {}"),
        (
            [read_router("tor1")],
            ["198.51.0.0/16", "198.51.100.0/24", "203.0.113.0/24"],
            "tor1 has no route to {}, which is in the pool 198.51.100.0/24",
        ),
    ],
)
def test_a_prefix_that_no_router_has_is_explained_by_what_was_read(
    routers: list[RouterState], pools: list[str], sentence: str
) -> None:
    prefix = "198.51.100.7/32"
    expectations = Expectations.from_flags([prefix, *pools], None, ())
    found = absence_of(prefix, expectations, Network(tuple(routers)), None)
    assert found == sentence.format(prefix)


SUMMARY = """\
IPv4 Unicast Summary (VRF default):
BGP router identifier 192.0.2.254, local AS number 64496 vrf-id 0

Neighbor          V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc
192.0.2.1         4      64512        12        13        0    0    0 00:12:30            2        3 rack 1

Total number of neighbors 1
"""


@pytest.mark.parametrize("most, is_read", [(1, False), (2, True), (3, True)])
def test_an_output_below_another_ones_command_is_read_once_if_there_are_not_too_many(
    monkeypatch: pytest.MonkeyPatch, most: int, *, is_read: bool
) -> None:
    monkeypatch.setattr(gathering, "MOST_PARTS", most)
    material = read_material([Capture("tor1", "frr", "show bgp summary", f"{SUMMARY}\n{FRR}", "paste.txt")])
    assert [session.peer for session in material.facts.sessions] == ["192.0.2.1"]
    assert [table.next_hops for table in material.tables] == ([1] if is_read else [])
    assert [line.text for line in material.unparsed] == ([] if is_read else [FRR.rstrip("\n")])


# --growth


def test_a_growth_that_is_given_counts_without_a_configuration() -> None:
    growth = Request.without_file(ScopeOptions(growth="2")).growth
    assert growth is not None
    assert Request.without_file(ScopeOptions()).growth is None


# --router


def part(router: str | None, text: str = FRR, source: str = "t") -> Capture:
    return Capture(router, "frr", None, text, source)


BY_TEXT_1, BY_TEXT_2 = (part("tor1"), None), (part("tor2"), None)
BY_FILE_1, BY_FILE_2 = (part(None), "tor1"), (part(None), "tor2")


@pytest.mark.parametrize(
    "parts, notes",
    [
        pytest.param([(part(None), None)], (), id="no-name"),
        pytest.param([BY_TEXT_1], ("--router tor9: the text names its router tor1",), id="one-by-its-text"),
        pytest.param([BY_FILE_1], (), id="one-by-its-file"),
        pytest.param([BY_FILE_1, BY_FILE_2], (), id="two-by-their-files"),
        pytest.param([BY_TEXT_1, BY_TEXT_2], None, id="two-by-their-texts"),
        pytest.param([BY_TEXT_1, BY_FILE_2], None, id="one-by-its-text-and-one-by-its-file"),
    ],
)
def test_texts_are_named_unless_they_say_that_they_are_of_two_others(
    parts: Sequence[tuple[Capture, str | None]], notes: tuple[str, ...] | None
) -> None:
    if notes is None:
        with pytest.raises(ConfigurationError, match="--router tor9: the inputs name tor1, tor2; give one of these"):
            naming_of("tor9", parts, ())
    else:
        naming = naming_of("tor9", parts, ())
        assert (naming.name, naming.notes, naming.left_out) == ("tor9", notes, frozenset())


@pytest.mark.parametrize(
    "texts, is_refused",
    [([FRR, FRR_6], False), ([FRR, FRR.replace(".7/", ".8/")], True), ([FRR_6, FRR + FRR_6], True)],
)
def test_two_tables_of_one_family_are_not_merged(texts: list[str], *, is_refused: bool) -> None:
    tables = [read_capture(part(None, text, f"{number}.txt")) for number, text in enumerate(texts)]
    if is_refused:
        with pytest.raises(ConfigurationError, match=r"--router tor9: 0\.txt and 1\.txt have route tables of the same"):
            refuse_merging("tor9", tables, ())
    else:
        refuse_merging("tor9", tables, ())
