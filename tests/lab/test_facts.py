"""What a scan of the real lab finds beside routes: of a router, of nodes with BIRD, of a node with FRR."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.run import read_material
from ecmpaudit.collectors.snapshot import read as read_snapshot
from ecmpaudit.model.questions import Question
from tests.lab.plan import NODES, ON_ALL_NODES, PREFIXES, ROUTERS, SERVICE_INTERFACE

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.model import Facts
    from tests.lab.laboratory import Lab
    from tests.lab.plan import Host

pytestmark = pytest.mark.lab

FAMILIES = (4, 6)
OF_A_ROUTER = (
    Question.BGP_TABLE,
    Question.SESSIONS,
    Question.CONFIGURATION,
    Question.KERNEL_ROUTES,
    Question.HASH_POLICY,
)
OF_A_NODE = (Question.ADDRESSES, Question.SESSIONS, Question.NODE_ROUTES, Question.EXPORTS)


def scanned(lab: Lab, folder: Path) -> Facts:
    """Return the facts that a scan of the lab, as it is now, brings home."""
    lab.scan("--save", str(folder))
    return read_material(read_snapshot(folder), nodes=frozenset(node.name for node in NODES)).facts


def test_clean_state_is_reported_by_every_router_and_node(lab: Lab, tmp_path: Path) -> None:
    facts = scanned(lab, tmp_path / "snapshot")
    for names, questions in (([r.name for r in ROUTERS], OF_A_ROUTER), ([n.name for n in NODES], OF_A_NODE)):
        unknown = [(n, q, f) for n in names for q in questions for f in FAMILIES if not facts.knows(n, q, f)]
        assert unknown == []
    on_interface = {(a.node, a.address) for a in facts.addresses if a.interface == SERVICE_INTERFACE}
    of_services = {(node, address) for node, address in on_interface if not address.startswith("fe80:")}
    wanted = {(node.name, prefix) for node in NODES for prefix in node.announces}
    assert of_services == wanted
    assert {(route.node, route.prefix) for route in facts.node_routes} == wanted
    sent = {(export.node, export.prefix, export.session) for export in facts.exports}
    assert {(node, prefix) for node, prefix, _ in sent} == wanted
    assert len(sent) == len(wanted) * len(ROUTERS)
    assert {s.state for s in facts.sessions} == {"Established"}
    ends = {(s.host, s.peer) for s in facts.sessions}
    assert ends == {(a.name, address) for a, b in _pairs() for address in b.addresses}
    candidates = {(path.router, path.prefix, address) for path in facts.paths for address in path.next_hops}
    for router in ROUTERS:
        for prefix in PREFIXES:
            announced = {a for r, p, a in candidates if (r, p) == (router.name, prefix)}
            with_it = {node.addresses[":" in prefix] for node in NODES if prefix in node.announces}
            assert with_it <= announced
    assert {(n.router, n.peer) for n in facts.neighbors} == {
        (r.name, a) for r in ROUTERS for n in NODES for a in n.addresses
    }
    assert {s.value for s in facts.settings if s.name == "multipath-relax"} == {"on"}


def test_stopped_daemon_leaves_its_node_unknown_and_its_session_down(lab: Lab, tmp_path: Path) -> None:
    with lab.daemon_stopped("node3"):
        facts = scanned(lab, tmp_path / "snapshot")
    down = {(s.host, s.peer) for s in facts.sessions if not s.is_up}
    node3 = next(node for node in NODES if node.name == "node3")
    assert down == {(router.name, address) for router in ROUTERS for address in node3.addresses}
    assert all(s.last_error and "Administrative Shutdown" in s.last_error for s in facts.sessions if not s.is_up)
    assert facts.knows("node3", Question.ADDRESSES)
    assert not any(facts.knows("node3", q, f) for q in (Question.SESSIONS, Question.EXPORTS) for f in FAMILIES)


def test_withdrawn_address_is_on_no_interface_and_in_no_table_of_its_node(lab: Lab, tmp_path: Path) -> None:
    with lab.withdrawn("node4", ON_ALL_NODES[1]):
        facts = scanned(lab, tmp_path / "snapshot")
    for found in (facts.node_routes, facts.exports):
        assert ("node4", ON_ALL_NODES[1]) not in {(fact.node, fact.prefix) for fact in found}
        assert ("node4", ON_ALL_NODES[0]) in {(fact.node, fact.prefix) for fact in found}
    assert ("node4", ON_ALL_NODES[1]) not in {(a.node, a.address) for a in facts.addresses}
    assert facts.knows("node4", Question.NODE_ROUTES, 6)


def test_node_that_cannot_be_reached_is_unknown_and_not_blamed(lab: Lab, tmp_path: Path) -> None:
    with lab.sshd_stopped("node2"):
        facts = scanned(lab, tmp_path / "snapshot")
    assert facts.unreachable == {"node2"}
    assert not any(host == "node2" for host, _, _ in facts.answered)


def _pairs() -> list[tuple[Host, Host]]:
    return [pair for router in ROUTERS for node in NODES for pair in ((router, node), (node, router))]
