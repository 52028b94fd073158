"""PureLB: the address goes to kube-lb0 of every node, with a length that its ServiceGroup says.

`aggregation: default` means the length of the group's subnet, so routing daemons announce the subnet and not a host
prefix. An address on a node's own subnet is no route of that node: one elected node answers for it. The other nodes
announce what is in a `remote` group, and in version 1 what is in a `local` one too.

Fields, defaults and decisions are those of purelb pkg/apis v1 and v2, internal/local/announcer_local.go and network.go,
internal/addrguard/guard.go and cmd/lbnodeagent/controller.go; the apiVersion of the ServiceGroup decides where the
versions differ.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from ecmpaudit.kubernetes.announcer import Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.ranges import RangeIndex, address_range, host_length, prefix_around
from ecmpaudit.kubernetes.schema import Object, Part, Prefix, Range, Selector
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service

BRAND = "purelb.io/allocated-by"
GROUPS = "purelb.io/allocated-from"
"""The names of the ServiceGroups that a Service's addresses are from, `a, b`."""


class PurelbPool(Part):
    """A range, the subnet around it, and the length with which its addresses are announced."""

    pool: Range
    subnet: Prefix
    aggregation: str = Field(default="default", pattern=r"^(default|/?\d{1,3}|)$")

    @model_validator(mode="after")
    def _is_of_one_family(self) -> PurelbPool:
        if address_range(self.pool).first.version != ip_network(self.subnet, strict=False).version:
            raise ValueError(f"expected a subnet of the family of its pool {self.pool}, found {self.subnet}")
        return self


class PurelbPools(Part):
    """One range for each family, or several; version 1 had a single range without a family."""

    v4pool: PurelbPool | None = Field(default=None, alias="v4pool")
    v6pool: PurelbPool | None = Field(default=None, alias="v6pool")
    v4pools: tuple[PurelbPool, ...] = Field(default=(), alias="v4pools")
    v6pools: tuple[PurelbPool, ...] = Field(default=(), alias="v6pools")
    pool: Range | None = None
    subnet: Prefix | None = None
    aggregation: str = "default"

    @model_validator(mode="after")
    def _is_understood(self) -> PurelbPools:
        _ = self.all  # the range of version 1 is checked like the others
        return self

    @property
    def all(self) -> tuple[PurelbPool, ...]:
        """Every range, in PureLB's own order."""
        oldest = (
            (PurelbPool(pool=self.pool, subnet=self.subnet, aggregation=self.aggregation),)
            if (self.pool and self.subnet)
            else ()
        )
        single = tuple(pool for pool in (self.v6pool, self.v4pool) if pool)
        return (*self.v6pools, *self.v4pools, *single, *oldest)


class ExternalPools(Part):
    """Another system gives the addresses: the group has no range, no subnet and no length of its own."""

    provider: str = ""
    announce: Literal["local", "remote"]


class ServiceGroupSpec(Part):
    """One of three: `local` pools for the nodes' subnets, `remote` ones for routers, those of an `external` system."""

    local: PurelbPools | None = None
    remote: PurelbPools | None = None
    external: ExternalPools | None = None


class ServiceGroup(Object):
    """purelb.io ServiceGroup; version 1 has no `remote` pools, and announces `local` ones to routers too."""

    spec: ServiceGroupSpec

    @property
    def is_of_version_1(self) -> bool:
        """Return whether the release that runs is one of version 1; an unknown version is the newest."""
        return self.api_version.rpartition("/")[2] == "v1"


class AddressGuard(Part):
    """A filter in front of the addresses; a node on which it does not work withdraws all of them, unless `open`."""

    failure_policy: str = "closed"


class LocalAnnouncer(Part):
    """How a node announces."""

    address_guard: AddressGuard | None = None


class LBNodeAgentSpec(Part):
    """Without `local` its nodes announce nothing; without a node selector it holds for every node."""

    node_selector: Selector = Selector()
    local: LocalAnnouncer | None = None


class LBNodeAgent(Object):
    """purelb.io LBNodeAgent: how nodes announce, and which of them."""

    spec: LBNodeAgentSpec = LBNodeAgentSpec()


def holds(objects: Objects, address: str) -> bool:
    """Return whether a group holds the address."""
    return _pool(objects, address) is not None


def ranges(objects: Objects) -> tuple[str, ...]:
    """Return the prefixes of all groups."""
    return tuple(prefix for _, pool, _ in _pools(objects) for prefix in address_range(pool.pool).prefixes)


def is_allocated(service: Service) -> bool:
    """Return whether PureLB gave the Service its addresses: it announces no others (lbnodeagent/controller.go)."""
    return service.metadata.annotations.get(BRAND) == "PureLB"


def answer(objects: Objects, service: Service, address: str) -> Answer:
    """Return what PureLB does with an address of a Service."""
    if not is_allocated(service):
        return Answer(not_routed=f"no annotation {BRAND}: PureLB did not allocate it, and does not announce it",
                      is_fault=True)  # fmt: skip
    found = _pool(objects, address)
    if found is None:
        return _of_no_pool(objects, service)
    group, pool, is_remote = found
    on_subnet = _nodes_on(objects, pool.subnet)
    if not is_remote and (not group.is_of_version_1 or len(on_subnet) == len(nodes_by_name(objects))):
        where = f"ServiceGroup {group.key} is on the nodes' subnet {pool.subnet}: one node answers ARP and NDP"
        if not on_subnet:
            where = f"ServiceGroup {group.key} is local and on no node's subnet: no node announces it"
        return Answer(not_routed=f"{where}, no router learns a route", is_fault=not on_subnet)
    if len(on_subnet) == len(nodes_by_name(objects)):
        return Answer(not_routed=f"ServiceGroup {group.key} is remote and on the nodes' subnet {pool.subnet}: one node "
                      "answers ARP and NDP, no router learns a route")  # fmt: skip
    prefix = _prefix(group, pool, address)
    if prefix is None:
        return Answer(not_routed=f"ServiceGroup {group.key} has the aggregation {pool.aggregation or '(empty)'}, "
                      "which is no length such as /32: no node can announce it", is_fault=True)  # fmt: skip
    length = int(prefix.rpartition("/")[2])
    how = "" if length == host_length(address) else f"announced as /{length} by ServiceGroup {group.key}"
    return Answer((Announced(prefix, how, _left_out(objects, pool.subnet)),), assumed=_guarded(objects))


def _of_no_pool(objects: Objects, service: Service) -> Answer:
    """Return what PureLB does with an address in no pool: an external group gave it, or a group that was not given.

    The announcer looks at the node's subnets first, and then at the pools of local and remote groups alone: no external
    group brings an address to kube-lb0 (announcer_local.go, SetConfig and isRemotePool), whatever its `announce` says.
    """
    names = {name.strip() for name in service.metadata.annotations.get(GROUPS, "").split(",")}
    groups = [group for group in objects.of(ServiceGroup) if group.spec.external and group.name in names]
    if not groups:
        return Answer(undetermined="no ServiceGroup holds it, and that says whether PureLB announces it or its subnet",
                      is_fault=True)  # fmt: skip
    remote = next((g for g in groups if g.spec.external and g.spec.external.announce == "remote"), None)
    if remote is not None:
        why = "PureLB's documentation says that all nodes announce it, its announcer's code that none does"
        return Answer(undetermined=f"ServiceGroup {remote.key} is external and remote: {why}, and it has no length")
    why = "a node on its subnet answers ARP and NDP, or none does; no router learns a route"
    return Answer(not_routed=f"ServiceGroup {groups[0].key} is external and local: {why}")


def _pools(objects: Objects) -> Iterator[tuple[ServiceGroup, PurelbPool, bool]]:
    """Yield every pool, local groups first, as poolFor looks for an address."""
    for is_remote in (False, True):
        for group in objects.of(ServiceGroup):
            pools = group.spec.remote if is_remote else group.spec.local
            for pool in pools.all if pools else ():
                yield group, pool, is_remote


def _pool(objects: Objects, address: str) -> tuple[ServiceGroup, PurelbPool, bool] | None:
    return next(iter(_index(objects).holding(address)), None)


@lru_cache(maxsize=4)
def _index(objects: Objects) -> RangeIndex[tuple[ServiceGroup, PurelbPool, bool]]:
    return RangeIndex((address_range(found[1].pool), found) for found in _pools(objects))


def _prefix(group: ServiceGroup, pool: PurelbPool, address: str) -> str | None:
    """Return the prefix that goes to kube-lb0 (addVirtualInt); None where its length is none."""
    if pool.aggregation == "default" or (not pool.aggregation and not group.is_of_version_1):
        return prefix_around(address, ip_network(pool.subnet, strict=False).prefixlen)
    if not pool.aggregation.startswith("/") or int(pool.aggregation[1:]) > host_length(address):
        return None
    return prefix_around(address, int(pool.aggregation[1:]))


@lru_cache(maxsize=1024)
def _nodes_on(objects: Objects, subnet: str) -> Mapping[str, str]:
    """Return the nodes with an address on a subnet: they answer for it themselves, each with that as the reason."""
    around = address_range(subnet)
    return {
        name: f"on the subnet {subnet} itself"
        for name, node in nodes_by_name(objects).items()
        if any(address in around for address in node.internal_addresses)
    }


@lru_cache(maxsize=1024)
def _left_out(objects: Objects, subnet: str) -> Mapping[str, str]:
    return {**_nodes_on(objects, subnet), **_without_agent(objects)}


@lru_cache(maxsize=4)
def _agents(objects: Objects) -> Mapping[str, LBNodeAgent | None]:
    """Return the LBNodeAgent of each node: one with a selector before one of all, then by name (nodeselect.go)."""
    agents = sorted(
        (agent for agent in objects.of(LBNodeAgent) if agent.spec.local is not None),
        key=lambda agent: agent.spec.node_selector == Selector(),
    )
    return {
        name: next((a for a in agents if a.spec.node_selector.selects(node.metadata.labels)), None)
        for name, node in nodes_by_name(objects).items()
    }


@lru_cache(maxsize=4)
def _without_agent(objects: Objects) -> Mapping[str, str]:
    """Return the nodes that no LBNodeAgent makes announce; none where none was given."""
    if not objects.of(LBNodeAgent):
        return {}
    return {name: "selected by no LBNodeAgent" for name, agent in _agents(objects).items() if agent is None}


@lru_cache(maxsize=4)
def _guarded(objects: Objects) -> str | None:
    """Return what is assumed of nodes that withdraw addresses while their address guard does not work (guard.go)."""
    guards = {agent.key: agent.spec.local for agent in _agents(objects).values() if agent}
    closed = sorted(
        key for key, of in guards.items() if of and of.address_guard and of.address_guard.failure_policy != "open"
    )
    if not closed:
        return None
    return (f"the address guard of LBNodeAgent {listed(closed)} works on each of its nodes: one where it does not "
            "announces nothing (failurePolicy closed)")  # fmt: skip


ANNOUNCER = Announcer(
    Habits("PureLB", counts_terminating=True, unknown_is_ready=False),
    {("purelb.io", "ServiceGroup"): ServiceGroup, ("purelb.io", "LBNodeAgent"): LBNodeAgent},
    holds,
    ranges,
    answer,
    is_its_class=lambda name: name in {"purelb.io/purelb", "purelb.io/purelbv2"},
    annotations=(BRAND,),
    pools_asked_for={"purelb.io/service-group": ServiceGroup},
    may_own=is_allocated,
)
