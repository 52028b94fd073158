"""What the objects of one project say: facts as SSH gives them, configurations, faults, and what is not used."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_interface
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from ecmpaudit.model.addressing import is_ipv6
from ecmpaudit.model.facts import BgpSession

if TYPE_CHECKING:
    from ecmpaudit.kubernetes.statuses.ages import Report
    from ecmpaudit.model import Capture
    from ecmpaudit.model.cluster_faults import ClusterFault
    from ecmpaudit.model.facts import Facts

ESTABLISHED = "Established"
_STATES = {word.upper(): word for word in ("Idle", "Connect", "Active", "OpenSent", "OpenConfirm", ESTABLISHED)}
IPV4, IPV6 = 4, 6


@dataclass(slots=True)
class Read:
    """What was read."""

    facts: list[Facts] = field(default_factory=list)
    captures: list[Capture] = field(default_factory=list)
    faults: list[ClusterFault] = field(default_factory=list)
    unused: dict[str, list[str]] = field(default_factory=dict)
    """Reports that prove nothing, by reason."""

    def uses(self, report: Report) -> bool:
        """Return whether a report proves anything; one that does not is remembered with the reason."""
        if report.why_not:
            self.unused.setdefault(report.why_not, []).append(report.name)
        return report.why_not is None


def state_word(text: str) -> str:
    """Return a session's state as the field writes it: GoBGP has `SESSION_STATE_OPENSENT`, Cilium `open_sent`."""
    return _STATES.get(text.upper().removeprefix("SESSION_STATE_").replace("_", ""), text)


def families_of(peer: str, state: str) -> tuple[int, ...]:
    """Return what a session without families says of: one that is down carries nothing, one that is up its own kind."""
    bare = peer.partition("%")[0]
    try:
        address = ip_address(bare)
    except ValueError:  # an interface
        return IPV4, IPV6
    if state != ESTABLISHED or address.is_link_local:
        return IPV4, IPV6
    return (IPV6,) if is_ipv6(bare) else (IPV4,)


def session_of(report: Report, peer: str, state: str, family: int, said: str, **known: object) -> BgpSession:
    """Return a session as a node reports it."""
    place, shows_since = report.evidence(said), known.get("since") is not None
    return BgpSession(report.node, peer, family, state, place, shows_since=shows_since, **known)  # type: ignore[arg-type]  # fields


def _interface(text: str) -> str:
    try:
        return str(ip_interface(text))
    except ValueError:
        raise ValueError(f'expected an address with its length, found "{text[:100]}"') from None


WithLength = Annotated[str, AfterValidator(_interface)]
"""`198.51.100.7/32`, also a prefix."""
