"""OpenELB: the status of a BgpPeer has its session on each node.

Fields are those of openelb api/v1alpha2/bgppeer_types.go; the states are GoBGP's words in capitals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ecmpaudit.kubernetes.schema import Object, Part, Selector
from ecmpaudit.kubernetes.statuses.ages import on_change
from ecmpaudit.kubernetes.statuses.read import Read, families_of, session_of, state_word
from ecmpaudit.model.facts import Facts

if TYPE_CHECKING:
    from ecmpaudit.kubernetes.objects import Objects


class OpenelbPeerConf(Part):
    """Whom it is with."""

    neighbor_address: str = ""


class OpenelbPeerSpec(Part):
    """A session of every node, or of those selected."""

    conf: OpenelbPeerConf = OpenelbPeerConf()
    node_selector: Selector | None = None


class OpenelbPeerState(Part):
    """The session on one node."""

    session_state: str = ""
    neighbor_address: str = ""
    peer_as: int | None = Field(default=None)


class OpenelbNodePeer(Part):
    """The same."""

    peer_state: OpenelbPeerState = OpenelbPeerState()


class OpenelbPeerStatus(Part):
    """The session by node."""

    nodes_peer_status: dict[str, OpenelbNodePeer] = Field(default={})


class OpenelbPeer(Object):
    """network.kubesphere.io BgpPeer."""

    KIND: ClassVar[str] = "BgpPeer"
    spec: OpenelbPeerSpec = OpenelbPeerSpec()
    status: OpenelbPeerStatus = OpenelbPeerStatus()


def read_openelb(objects: Objects) -> Read:
    """Return what the speakers of OpenELB report."""
    read = Read()
    for found in objects.of(OpenelbPeer):
        for node, known in found.status.nodes_peer_status.items():
            state = state_word(known.peer_state.session_state)
            peer = known.peer_state.neighbor_address or found.spec.conf.neighbor_address
            report = on_change(objects, found, node)
            if state and peer and read.uses(report):
                said = f"the session of {node} with {peer} is {state}"
                known_as = known.peer_state.peer_as
                sessions = tuple(
                    session_of(report, peer, state, family, said, peer_name=found.name, remote_as=known_as)
                    for family in families_of(peer, state)
                )
                read.facts.append(Facts(sessions=sessions))
    return read
