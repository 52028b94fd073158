"""What nodes report of themselves in objects of the cluster: sessions, routes, addresses, and rejected configurations.

One module per project. `collected.py` puts them together; `ages.py` says which reports are too old to prove anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.cilium_schema import CiliumNodeConfig
from ecmpaudit.kubernetes.statuses.calico import CalicoNodeStatus
from ecmpaudit.kubernetes.statuses.frr import BGPSessionState, FRRNodeState
from ecmpaudit.kubernetes.statuses.k8gobgp import BGPNodeStatus
from ecmpaudit.kubernetes.statuses.metallb import ConfigurationState, ServiceBGPStatus, ServiceL2Status
from ecmpaudit.kubernetes.statuses.openelb import OpenelbPeer

if TYPE_CHECKING:
    from ecmpaudit.kubernetes.schema import Object


def status_kinds() -> dict[tuple[str, str], type[Object]]:
    """Return the kinds that report a state, by API group and kind, in any version of the group."""
    return {
        ("frrk8s.metallb.io", "FRRNodeState"): FRRNodeState,
        ("frrk8s.metallb.io", "BGPSessionState"): BGPSessionState,
        ("metallb.io", "ServiceBGPStatus"): ServiceBGPStatus,
        ("metallb.io", "ServiceL2Status"): ServiceL2Status,
        ("metallb.io", "ConfigurationState"): ConfigurationState,
        ("bgp.purelb.io", "BGPNodeStatus"): BGPNodeStatus,
        ("cilium.io", "CiliumBGPNodeConfig"): CiliumNodeConfig,
        ("projectcalico.org", "CalicoNodeStatus"): CalicoNodeStatus,
        ("crd.projectcalico.org", "CalicoNodeStatus"): CalicoNodeStatus,
        ("network.kubesphere.io", "BgpPeer"): OpenelbPeer,
    }
