"""ConfigurationState: what MetalLB's speakers and its controller report of the objects that they reject."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.model.cluster_faults import FaultKind
from tests.kubernetes_objects import Values, announcements_with, node, nodes_of
from tests.upstream_cases import metallb

if TYPE_CHECKING:
    from ecmpaudit.kubernetes.announcing import Announcements

OBJECTS = (metallb.BOTH, metallb.by_bgp(), metallb.web(metallb.IP, metallb.V6), metallb.ON_1)


def rejected(found: Announcements) -> list[tuple[str, str]]:
    return [(fault.place, fault.fact) for fault in found.faults if fault.kind is FaultKind.REJECTED]


def test_a_speaker_that_rejects_is_a_fault_of_its_node_with_the_reason_in_one_line() -> None:
    state = metallb.state_of("node2", "Invalid", "peer t9:\n  missing local ASN")
    found = announcements_with(node(1), node(2), *OBJECTS, state)
    assert rejected(found) == [
        ("node2", 'MetalLB rejects its objects and goes on with older ones: "peer t9: missing local ASN"')
    ]
    assert nodes_of(found) == {"198.51.100.7/32": ["1"], "2001:db8:31::7/128": ["1"]}


def test_a_controller_that_rejects_is_a_fault_and_no_node_is_unsure() -> None:
    state = metallb.state_of("", "Invalid", "pools overlap", "controller")
    found = announcements_with(node(1), node(2), *OBJECTS, state)
    assert rejected(found) == [
        ("MetalLB's controller", 'MetalLB rejects its objects and goes on with older ones: "pools overlap"')
    ]
    assert nodes_of(found)["2001:db8:31::7/128"] == ["1", "2"]


def test_the_reason_may_be_in_the_conditions_only() -> None:
    state = metallb.state_of("node2", "Invalid")
    conditions = [
        {"type": "configReconcilerValid", "status": "False", "reason": "ConfigError", "message": "CIDR overlaps"},
        {"type": "nodeReconcilerValid", "status": "True", "reason": "SyncStateSuccess", "message": ""},
    ]
    state["status"]["conditions"] = [{**one, "lastTransitionTime": "2026-01-01T00:00:00Z"} for one in conditions]
    found = announcements_with(node(1), node(2), *OBJECTS, state)
    assert rejected(found)[0][1].endswith('"CIDR overlaps"')


@pytest.mark.parametrize("result", ["Valid", "Unknown", ""])
def test_other_results_are_no_fault(result: str) -> None:
    found = announcements_with(node(1), node(2), *OBJECTS, metallb.state_of("node2", result))
    assert rejected(found) == []
    assert nodes_of(found)["198.51.100.7/32"] == ["1", "2"]


def test_the_state_of_a_node_that_is_gone_or_not_ready_proves_nothing() -> None:
    gone: Values = metallb.state_of("node9", "Invalid", "old")
    stale: Values = metallb.state_of("node3", "Invalid", "old")
    found = announcements_with(node(1), metallb.not_ready(3), *OBJECTS, gone, stale)
    assert rejected(found) == []
    assert any("proves nothing" in note and "speaker-node9" in note for note in found.notes)
    assert any("proves nothing" in note and "speaker-node3" in note for note in found.notes)
