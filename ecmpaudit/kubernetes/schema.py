"""The fields of Kubernetes objects that decide who announces what, named as the API names them.

Only these fields are read and everything else is ignored, so that a new API version does no harm. An absent list
and one that is null (`"endpoints": null`, as kubectl prints an EndpointSlice without endpoints) are both empty.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from ecmpaudit.configuration.addresses import canonical_address
from ecmpaudit.kubernetes.ranges import AddressRange, address_range, prefix_of
from ecmpaudit.kubernetes.times import Time  # noqa: TC001 - pydantic reads it

Address = Annotated[str, AfterValidator(canonical_address)]
_IN_BRACKETS = re.compile(r"\[([^\[\]]*)\](?::\d+)?")
_NO_CLUSTER_IP = frozenset({"", "None"})
ClusterAddress = Annotated[
    str, AfterValidator(lambda text: text if text in _NO_CLUSTER_IP else canonical_address(text))
]
"""An address, or `None` for a headless Service."""
Range = Annotated[str, AfterValidator(lambda text: text.strip() if address_range(text) else text)]
"""Addresses as a pool lists them, kept as text: `198.51.100.0/24` or `198.51.100.10-198.51.100.20`."""
Prefix = Annotated[str, AfterValidator(prefix_of)]
"""A prefix alone, kept as text; its address may have host bits."""


def _peer_address(text: str) -> str:
    """Return the address alone of `192.0.2.1:179`, `[2001:db8::1]:179` or `fe80::1%eth0`; empty where none is given."""
    in_brackets = _IN_BRACKETS.fullmatch(text)
    bare = in_brackets[1] if in_brackets else text.partition(":")[0] if text.count(":") == 1 else text
    return canonical_address(bare.partition("%")[0]) if text else ""


PeerAddress = Annotated[str, AfterValidator(_peer_address)]
"""The address of a BGP peer, which may have a port, and an interface if it is link-local."""


class Part(BaseModel):
    """A part of an object."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        return {key: v for key, v in value.items() if v is not None} if isinstance(value, dict) else value


class Owner(Part):
    """The object that another one belongs to."""

    kind: str = ""
    name: str = ""


class Writer(Part):
    """When which part of an object was last written; kubectl shows it with `--show-managed-fields` only."""

    time: Time = None
    subresource: str = ""


class Metadata(Part):
    """Who an object is."""

    name: str
    namespace: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    owner_references: tuple[Owner, ...] = ()
    creation_timestamp: Time = None
    deletion_timestamp: Time = None
    """When it was asked to be deleted; it stays until its finalizers are done."""
    managed_fields: tuple[Writer, ...] = ()


class Object(Part):
    """Any object."""

    api_version: str = ""
    metadata: Metadata

    @property
    def name(self) -> str:
        """The name without its namespace."""
        return self.metadata.name

    @property
    def key(self) -> str:
        """`namespace/name`, or the name of an object without a namespace."""
        return f"{self.metadata.namespace}/{self.name}" if self.metadata.namespace else self.name


class Condition(Part):
    """A condition of a node or a Service."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_heartbeat_time: Time = None


class Taint(Part):
    """What keeps pods that do not tolerate it away from a node."""

    key: str
    effect: str = ""


class NodeAddress(Part):
    """An address of a node; a host name for some types."""

    type: str
    address: str


class NodeImage(Part):
    """A container image that a node has, under each of its names."""

    names: tuple[str, ...] = ()


class NodeStatus(Part):
    """What the kubelet reported last."""

    addresses: tuple[NodeAddress, ...] = ()
    conditions: tuple[Condition, ...] = ()
    images: tuple[NodeImage, ...] = ()


class NodeSpec(Part):
    """A cordoned node is unschedulable."""

    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


class Node(Object):
    """v1 Node."""

    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    @property
    def internal_addresses(self) -> frozenset[str]:
        """The addresses that routers see as next hops, unless the configuration says otherwise."""
        return frozenset(canonical_address(a.address) for a in self.status.addresses if a.type == "InternalIP")

    @model_validator(mode="after")
    def _internal_addresses_are_addresses(self) -> Node:
        _ = self.internal_addresses
        return self

    def condition(self, name: str) -> str | None:
        """Return the status of a condition, `True`, `False` or `Unknown`; None where the node has none of that name."""
        return next((c.status for c in self.status.conditions if c.type == name), None)


class Ingress(Part):
    """One address that a Service was given; a cloud's load balancer may have a host name instead."""

    ip: Address | None = None
    hostname: str | None = None
    ip_mode: str | None = None


class LoadBalancerStatus(Part):
    """What the load balancer's controller wrote."""

    ingress: tuple[Ingress, ...] = ()


class ServiceStatus(Part):
    """The state of a Service."""

    load_balancer: LoadBalancerStatus = LoadBalancerStatus()
    conditions: tuple[Condition, ...] = ()


class ServiceSpec(Part):
    """What a Service asks for."""

    type: str = "ClusterIP"
    selector: dict[str, str] = {}
    cluster_ip: ClusterAddress | None = Field(default=None, alias="clusterIP")
    cluster_ips: tuple[ClusterAddress, ...] = Field(default=(), alias="clusterIPs")
    ip_families: tuple[str, ...] = ()
    external_ips: tuple[Address, ...] = Field(default=(), alias="externalIPs")
    load_balancer_ip: Address | None = Field(default=None, alias="loadBalancerIP")
    load_balancer_class: str | None = None
    external_traffic_policy: Literal["Cluster", "Local"] = "Cluster"
    internal_traffic_policy: Literal["Cluster", "Local"] = "Cluster"

    @model_validator(mode="before")
    @classmethod
    def _no_address_asked_for(cls, value: Any) -> Any:
        """An empty loadBalancerIP is an absent one."""
        return {k: v for k, v in value.items() if k != "loadBalancerIP" or v} if isinstance(value, dict) else value


class Service(Object):
    """v1 Service."""

    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()

    @property
    def is_headless(self) -> bool:
        """It has no address in the cluster, and says so: an absent clusterIP is one that was not read."""
        return self.spec.cluster_ip in _NO_CLUSTER_IP or any(ip in _NO_CLUSTER_IP for ip in self.spec.cluster_ips)

    @property
    def cluster_addresses(self) -> tuple[str, ...]:
        """Its addresses in the cluster: the first one, and the other family's."""
        own = (self.spec.cluster_ip, *self.spec.cluster_ips)
        return tuple(dict.fromkeys(ip for ip in own if ip and ip not in _NO_CLUSTER_IP))

    @property
    def given_addresses(self) -> tuple[str, ...]:
        """The addresses that a load balancer gave it."""
        return tuple(ingress.ip for ingress in self.status.load_balancer.ingress if ingress.ip)

    @property
    def families(self) -> frozenset[str]:
        """`IPv4`, `IPv6`: as it says, or else those of its addresses; empty where it has none."""
        if self.spec.ip_families:
            return frozenset(self.spec.ip_families)
        known = self.cluster_addresses or self.given_addresses or self.spec.external_ips
        return frozenset(f"IPv{ip_address(address).version}" for address in known)


class EndpointConditions(Part):
    """Absent means unknown, and unknown counts as ready."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class Endpoint(Part):
    """One pod, mostly."""

    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = EndpointConditions()
    node_name: str | None = None


class EndpointSlice(Object):
    """discovery.k8s.io/v1 EndpointSlice."""

    address_type: str = "IPv4"
    endpoints: tuple[Endpoint, ...] = ()

    @property
    def service(self) -> str | None:
        """`namespace/name` of its Service; None for a slice of something else."""
        name = self.metadata.labels.get("kubernetes.io/service-name")
        return f"{self.metadata.namespace}/{name}" if name else None


class Requirement(Part):
    """One of a selector's expressions."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: tuple[str, ...] = ()


class Selector(Part):
    """A label selector: everything in it has to hold; an empty one holds for everything."""

    match_labels: dict[str, str] = {}
    match_expressions: tuple[Requirement, ...] = ()

    def selects(self, labels: dict[str, str]) -> bool:
        """Return whether something with these labels is selected."""
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            _holds(requirement, labels) for requirement in self.match_expressions
        )


def _holds(requirement: Requirement, labels: dict[str, str]) -> bool:
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value in requirement.values
        case "NotIn":
            return value not in requirement.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None


def ranges_of(texts: tuple[str, ...]) -> tuple[AddressRange, ...]:
    """Return the ranges behind their texts."""
    return tuple(address_range(text) for text in texts)
