"""What a topology is: hosts, links between them, what an audit knows of it, and what its routers do at rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.lab.plan import Host

if TYPE_CHECKING:
    from tests.lab.states.shown import Shown

MANAGEMENT_INTERFACE = "mgmt0"
"""Each host's interface on the network over which it is scanned; no daemon routes there."""

NextHops = Mapping[str, Mapping[str, frozenset[str]]]
"""By router and prefix, the names of the hosts that the router's kernel sends to."""


@dataclass(frozen=True, slots=True)
class Port:
    """One host's end of a link."""

    host: str
    interface: str
    addresses: tuple[str, ...] = ()
    """With their lengths; none where the link is unnumbered, which leaves the link-local address."""


@dataclass(frozen=True, slots=True)
class Link:
    """A cable between two ports, or a bridge with more of them."""

    ports: tuple[Port, ...]

    @classmethod
    def of(cls, *ports: tuple[str, ...]) -> Link:
        """Return a link of ports that are each a host, an interface and addresses."""
        return cls(tuple(Port(host, interface, tuple(addresses)) for host, interface, *addresses in ports))


@dataclass(frozen=True, slots=True)
class Network:
    """A topology as data."""

    name: str
    """`leaf-spine`: as in the names of tests."""
    title: str
    """What it is, for the page of states."""
    routers: tuple[Host, ...]
    """The routers that are audited."""
    nodes: tuple[Host, ...]
    """The nodes that an audit knows, each with the addresses of its ports and loopbacks."""
    links: tuple[Link, ...]
    next_hops: NextHops
    """What the routers' kernels have at rest."""
    others: tuple[Host, ...] = ()
    """Hosts that an audit does not know."""
    shown: tuple[Shown, ...] = ()
    """What else daemons answer at rest."""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    """What `ecmpaudit.yaml` has beside routers and nodes, or in place of what they have: clusters at least."""

    @property
    def hosts(self) -> tuple[Host, ...]:
        """All hosts with daemons."""
        return (*self.routers, *self.nodes, *self.others)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes that any router forwards at rest."""
        return tuple(dict.fromkeys(prefix for table in self.next_hops.values() for prefix in table))

    def addresses(self, host: str) -> tuple[str, ...]:
        """Return the addresses of a host's ports and loopbacks, without lengths."""
        ports = (port for link in self.links for port in link.ports if port.host == host)
        loopbacks = next(known.loopbacks for known in self.hosts if known.name == host)
        listed = (*(address for port in ports for address in port.addresses), *loopbacks)
        return tuple(address.partition("/")[0] for address in listed)

    def audited(self) -> dict[str, Any]:
        """Return the routers and nodes of `ecmpaudit.yaml`; those without a daemon are not asked."""
        asked = {host.name: {"host": host.ipv4, "platform": host.daemon} for host in self.hosts if host.daemon}
        return {
            "routers": {router.name: asked[router.name] for router in self.routers},
            "nodes": {
                node.name: {"addresses": list(self.addresses(node.name)), **asked.get(node.name, {})}
                for node in self.nodes
            },
        }


def make_host(
    name: str, number: int, *, loopbacks: tuple[str, ...] = (), kube: tuple[str, ...] = (), **daemons: str
) -> Host:
    """Return a host with the configurations of its daemons: `bird`, or FRR's `bgpd` and others; none is not asked.

    The number, from 1 to 250, is of its address for management. `kube` are the prefixes on `kube-lb0`, `loopbacks`
    those on `lo`.
    """
    # FRR 8.4.4 uses a group again within 180 s, also one that its kernel made smaller when a link went down.
    zebra = f"zebra nexthop-group keep 1\n{daemons.pop('zebra', '')}"
    daemon = "bird" if "bird" in daemons else "frr" if daemons else None
    configurations = {"zebra": zebra, **daemons} if daemon == "frr" else daemons
    ipv4, ipv6 = f"192.168.255.{number}", f"fd00:ff::{number}"
    return Host(name, ipv4, ipv6, daemon, kube, loopbacks, configurations)
