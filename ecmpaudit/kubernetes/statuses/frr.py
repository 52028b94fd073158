"""FRR-K8s, which MetalLB uses: FRRNodeState and BGPSessionState.

Fields are those of frr-k8s api/v1beta1 (frr_node_state_types.go, bgp_session_state_types.go). Both are written on
change (internal/controller/frrstate_controller.go, bgp_session_state_controller.go). A peer's IPv6 address is a label,
so it has dashes: `2001-0db8-0000-…`. BFD is `N/A` where the session has none.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.schema import Object, Part
from ecmpaudit.kubernetes.statuses.ages import on_change
from ecmpaudit.kubernetes.statuses.read import ESTABLISHED, Read, families_of, session_of
from ecmpaudit.model import Capture
from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.model.cluster_faults import ClusterFault, FaultKind
from ecmpaudit.model.facts import Facts
from ecmpaudit.model.questions import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.statuses.ages import Report
    from ecmpaudit.model.facts import BgpSession

COMMAND = "show running-config"
_SUCCESS = re.compile(r"\s*(success\b.*)?", re.IGNORECASE | re.DOTALL)
_DASHED = re.compile(r"[0-9a-fA-F]{4}(?:-[0-9a-fA-F]{4}){7}")
_NO_BFD = frozenset({"", "N/A"})


class FRRNodeStateStatus(Part):
    """What FRR of one node runs with, and how its last change of configuration ended."""

    running_config: str = ""
    last_conversion_result: str = ""
    last_reload_result: str = ""


class FRRNodeState(Object):
    """frrk8s.metallb.io FRRNodeState; it has the node's name."""

    status: FRRNodeStateStatus = FRRNodeStateStatus()


class BGPSessionStateStatus(Part):
    """One session of one node."""

    bgp_status: str = ""
    bfd_status: str = ""
    node: str = ""
    peer: str = ""
    vrf: str = ""


class BGPSessionState(Object):
    """frrk8s.metallb.io BGPSessionState."""

    status: BGPSessionStateStatus = BGPSessionStateStatus()


def read_frr(objects: Objects) -> Read:
    """Return what FRR-K8s reports of its nodes."""
    read = Read()
    for state in objects.of(FRRNodeState):
        report = on_change(objects, state, state.name)
        if read.uses(report):
            read.faults += _rejections(state, report)
            if state.status.running_config:
                text = _with_end(state.status.running_config)
                read.captures.append(Capture(state.name, "frr", COMMAND, text, report.name))
    _read_sessions(objects, read)
    return read


def _with_end(text: str) -> str:
    """Return the configuration as vtysh prints it: FRR-K8s leaves nothing out, and may leave out the last line."""
    return text if re.search(r"^end\s*$", text, re.MULTILINE) else f"{text.rstrip()}\nend\n"


def _rejections(state: FRRNodeState, report: Report) -> Iterator[ClusterFault]:
    results = {
        "FRR rejected its last configuration and may run with an older one": state.status.last_reload_result,
        "its FRRConfigurations cannot be made into a configuration of FRR": state.status.last_conversion_result,
    }
    for fact, result in results.items():
        if not _SUCCESS.fullmatch(result):
            line = " ".join(result.split())
            yield ClusterFault(FaultKind.REJECTED, state.name, f'{fact}: "{line[:200]}"',
                               evidence=(report.evidence(line),))  # fmt: skip


def _read_sessions(objects: Objects, read: Read) -> None:
    known: dict[str, list[BgpSession]] = {}
    unusable: set[str] = set()
    for found in objects.of(BGPSessionState):
        node = found.status.node or found.metadata.labels.get("frrk8s.metallb.io/node", "")
        report = on_change(objects, found, node)
        if not found.status.bgp_status or not read.uses(report):
            unusable.add(node)
            continue
        known.setdefault(node, []).extend(_sessions(found, report))
    for node, sessions in known.items():
        is_whole = node not in unusable and BGPSessionState not in objects.unread
        answered = frozenset({(node, Question.SESSIONS, None)} if is_whole else ())
        read.facts.append(Facts(sessions=tuple(sessions), answered=answered))


def _sessions(found: BGPSessionState, report: Report) -> Iterator[BgpSession]:
    status = found.status
    peer = str(ip_address(status.peer.replace("-", ":"))) if _DASHED.fullmatch(status.peer) else status.peer
    has_bfd = status.bfd_status not in _NO_BFD
    is_cut_by_bfd = has_bfd and status.bfd_status.lower() != "up" and status.bgp_status != ESTABLISHED
    said = f"peer {peer} is {status.bgp_status}" + (f", BFD {status.bfd_status}" if has_bfd else "")
    for family in families_of(peer, status.bgp_status):
        yield session_of(
            report, peer, status.bgp_status, family, said,
            vrf=status.vrf or DEFAULT_VRF,
            last_error=f"BFD {status.bfd_status}" if is_cut_by_bfd else None,
            uses_bfd=has_bfd,
        )  # fmt: skip
