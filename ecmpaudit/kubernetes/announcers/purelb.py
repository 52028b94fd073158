"""PureLB: the address goes to kube-lb0 of every node, with a length that its ServiceGroup says.

`aggregation: default` means the length of the group's subnet, so routing daemons announce the subnet and not a host
prefix. An address on the nodes' own subnet is no route: one elected node answers for it.

Field names and defaults are those of the published types: purelb pkg/apis v1 and v2.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from pydantic import Field

from ecmpaudit.kubernetes.announcer import Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.ranges import address_range, host_length, prefix_around
from ecmpaudit.kubernetes.schema import Node, Object, Part, Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service


class PurelbPool(Part):
    """A range, the subnet around it, and the length with which its addresses are announced."""

    pool: Range
    subnet: Range
    aggregation: str = Field(default="default", pattern=r"^(default|/?\d{1,3}|)$")


class PurelbPools(Part):
    """One range for each family, or several; version 1 had a single range without a family."""

    v4pool: PurelbPool | None = Field(default=None, alias="v4pool")
    v6pool: PurelbPool | None = Field(default=None, alias="v6pool")
    v4pools: tuple[PurelbPool, ...] = Field(default=(), alias="v4pools")
    v6pools: tuple[PurelbPool, ...] = Field(default=(), alias="v6pools")
    pool: Range | None = None
    subnet: Range | None = None
    aggregation: str = "default"

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


class ServiceGroupSpec(Part):
    """Either kind of pools; `local` ones too are announced to routers unless the nodes are on their subnet."""

    local: PurelbPools | None = None
    remote: PurelbPools | None = None


class ServiceGroup(Object):
    """purelb.io ServiceGroup."""

    spec: ServiceGroupSpec


def holds(objects: Objects, address: str) -> bool:
    """Say whether a group holds the address."""
    return _pool(objects, address) is not None


def ranges(objects: Objects) -> tuple[str, ...]:
    """Return the prefixes of all groups."""
    return tuple(prefix for _, pool, _ in _pools(objects) for prefix in address_range(pool.pool).prefixes)


def answer(objects: Objects, service: Service, address: str) -> Answer:  # noqa: ARG001 - as every announcer's
    """Return what PureLB does with an address of a Service."""
    found = _pool(objects, address)
    if found is None:
        return Answer(undetermined="no ServiceGroup holds it, and that says whether PureLB announces it or its subnet")
    group, pool, is_remote = found
    if not is_remote and _is_the_nodes_own(objects, pool):
        return Answer(not_routed=f"ServiceGroup {group.key} is on the nodes' subnet {pool.subnet}: one node answers "
                      "ARP and NDP, no router learns a route")  # fmt: skip
    try:
        prefix = prefix_around(address, _length(pool, address))
    except ValueError:
        return Answer(
            undetermined=f"ServiceGroup {group.key} has the aggregation {pool.aggregation}, which is no length"
        )
    length = int(prefix.rpartition("/")[2])
    how = "" if length == host_length(address) else f"announced as /{length} by ServiceGroup {group.key}"
    return Answer((Announced(prefix, how),))


def _pools(objects: Objects) -> Iterator[tuple[ServiceGroup, PurelbPool, bool]]:
    for group in objects.of(ServiceGroup):
        for pools in (group.spec.local, group.spec.remote):
            for pool in pools.all if pools else ():
                yield group, pool, pools is group.spec.remote


def _pool(objects: Objects, address: str) -> tuple[ServiceGroup, PurelbPool, bool] | None:
    return next((found for found in _pools(objects) if address in address_range(found[1].pool)), None)


def _length(pool: PurelbPool, address: str) -> int:
    if pool.aggregation in ("", "default"):
        return ip_network(pool.subnet, strict=False).prefixlen
    length = int(pool.aggregation.removeprefix("/"))
    if length > host_length(address):
        raise ValueError(pool.aggregation)
    return length


def _is_the_nodes_own(objects: Objects, pool: PurelbPool) -> bool:
    subnet = address_range(pool.subnet)
    return any(address in subnet for node in objects.of(Node) for address in node.internal_addresses)


ANNOUNCER = Announcer(
    Habits("PureLB", counts_terminating=True),
    {("purelb.io", "ServiceGroup"): ServiceGroup},
    holds,
    ranges,
    answer,
    is_its_class=lambda name: name == "purelb.io/purelb",
    annotations=("purelb.io/allocated-by",),
)
