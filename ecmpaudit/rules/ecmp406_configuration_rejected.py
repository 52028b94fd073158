"""A node's routing daemon did not take the configuration that the cluster gave it.

Why
    FRR-K8s writes the result of each reload into the FRRNodeState of the node, Cilium the error into its
    CiliumBGPNodeConfig, which is easily overlooked. The daemon keeps its old configuration: new Services are not
    announced from this node, old ones stay. Often it is one line that one of several FRRConfigurations added
    (`rawConfig`).

How to fix
    Correct the line that the message quotes. Where only one node has the fault, compare its release of FRR with the
    others.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-5
    cluster rejected, node3: FRR rejected its last configuration and may run with an older one

    tor1 2001:db8:100::7/128 via 2001:db8::1-5
    cluster rejected, node3: FRR rejected its last configuration and may run with an older one

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.cluster_faults import FaultKind
from ecmpaudit.rules.messages import findings_of_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Finding, Network

CODE = "ECMP406"
SEVERITY = Severity.WARNING
NEEDS = ()


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each rejection on each node."""
    hint = "correct the line that is quoted, in the configuration object that has it; then look at the status again"
    yield from findings_of_cluster(network, FaultKind.REJECTED, CODE, SEVERITY, hint)
