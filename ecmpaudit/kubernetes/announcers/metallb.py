"""MetalLB: a BGPAdvertisement of the address's pool says as which prefix, and from which nodes.

Without peers of their own in the dump all nodes are taken to have a session; an L2Advertisement is no route.

Fields, defaults and decisions are those of metallb api/v1beta1 and v1beta2, speaker/main.go, speaker/bgp_controller.go
and internal/config/config.go.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

from ecmpaudit.kubernetes.announcer import Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.metallb_communities import assumed_of, fault_of_communities
from ecmpaudit.kubernetes.metallb_rejections import fault_of, fault_of_others, fault_of_pools
from ecmpaudit.kubernetes.metallb_schema import BGPAdvertisement, Community, IPAddressPool, L2Advertisement
from ecmpaudit.kubernetes.metallb_sessions import MetallbPeer, nodes_without
from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.ranges import RangeIndex, host_length, prefix_around
from ecmpaudit.kubernetes.schema import Service, ranges_of
from ecmpaudit.kubernetes.statuses.metallb import rejecting_nodes
from ecmpaudit.model.addressing import is_ipv6

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecmpaudit.kubernetes.metallb_schema import BGPAdvertisementSpec
    from ecmpaudit.kubernetes.objects import Objects

IPV4, IPV6 = 4, 6
POOL_ANNOTATIONS = ("metallb.io/ip-allocated-from-pool", "metallb.universe.tf/ip-allocated-from-pool")


_Advertisement = TypeVar("_Advertisement", bound=BGPAdvertisement | L2Advertisement)


def holds(objects: Objects, address: str) -> bool:
    """Return whether a pool holds the address."""
    return _pool(objects, address, None) is not None


def ranges(objects: Objects) -> tuple[str, ...]:
    """Return the prefixes of all pools."""
    pools = objects.of(IPAddressPool)
    return tuple(prefix for pool in pools for found in ranges_of(pool.spec.addresses) for prefix in found.prefixes)


def answer(objects: Objects, service: Service, address: str) -> Answer:
    """Return what MetalLB does with an address of a Service."""
    if not objects.of(IPAddressPool) and not objects.of(BGPAdvertisement):
        host = prefix_around(address, host_length(address))
        announced = () if _has_a_host_name(service) else (Announced(host),)
        return Answer(announced, assumed="MetalLB announces host prefixes from all nodes, as no IPAddressPool "
                      "and no BGPAdvertisement was given", has_objects=False)  # fmt: skip
    pool = _pool(objects, address, _pool_name(service))
    if pool is None:
        return Answer(undetermined="no IPAddressPool holds it", is_fault=True)
    if why := _why_not(objects, service.key):
        return Answer(not_routed=f"{why}, and so MetalLB announces none of its addresses", is_fault=True)
    by_bgp = list(_advertisements(objects, BGPAdvertisement, pool, service))
    if fault := _fault(objects, pool, tuple(found.key for found in by_bgp)):
        return Answer(undetermined=f"MetalLB rejects its configuration and goes on with an older one: {fault}")
    if by_bgp:
        assumed = "; ".join([*_limited(by_bgp), *assumed_of(objects, by_bgp)])
        return Answer(tuple(_announced(objects, found, address) for found in by_bgp), assumed=assumed or None)
    return _without_bgp(objects, pool, service)


def _without_bgp(objects: Objects, pool: IPAddressPool, service: Service) -> Answer:
    if any(_advertisements(objects, L2Advertisement, pool, service)):
        return Answer(not_routed=f"pool {pool.name} has an L2Advertisement and no BGPAdvertisement: one node "
                      "answers ARP and NDP, no router learns a route")  # fmt: skip
    why = f"no BGPAdvertisement selects its pool {pool.name} and the Service: no node announces it"
    return Answer(not_routed=why, is_fault=True)


@lru_cache(maxsize=64)
def _why_not(objects: Objects, key: str) -> str | None:
    """Return why MetalLB's speaker announces no address of a Service, whatever its advertisements (speaker/main.go).

    It looks at all addresses of the Service, which is once for each of them: a Service may have thousands.
    """
    service = objects.one(Service, key)
    if _has_a_host_name(service):
        return "the Service has an ingress with a host name and no address"
    holding = [{pool.key for pool in _pools(objects).holding(address)} for address in service.given_addresses]
    if holding and not set.intersection(*holding):
        return "no single IPAddressPool holds all addresses of the Service"
    return None


def _has_a_host_name(service: Service) -> bool:
    return any(ingress.hostname and not ingress.ip for ingress in service.status.load_balancer.ingress)


def _limited(advertisements: list[BGPAdvertisement]) -> Iterator[str]:
    """Which router a BGPPeer's address belongs to is unknown, so what goes to some peers only is expected on all."""
    limited = [found.key for found in advertisements if found.spec.peers]
    if limited:
        yield f"every router is a peer of BGPAdvertisement {', '.join(limited)}, which names some peers only"


def _pool_name(service: Service) -> str | None:
    annotations = service.metadata.annotations
    return next((annotations[key] for key in POOL_ANNOTATIONS if key in annotations), None)


def _pool(objects: Objects, address: str, name: str | None) -> IPAddressPool | None:
    """Return the pool of an address; its name decides where two hold it."""
    holding = _pools(objects).holding(address)
    return next((pool for pool in holding if pool.name == name), holding[0] if holding else None)


@lru_cache(maxsize=4)
def _pools(objects: Objects) -> RangeIndex[IPAddressPool]:
    pools = objects.of(IPAddressPool)
    return RangeIndex((known, pool) for pool in pools for known in ranges_of(pool.spec.addresses))


def _fault(objects: Objects, pool: IPAddressPool, keys: tuple[str, ...]) -> str | None:
    """Return what MetalLB finds wrong with its objects, or with these advertisements of a pool for one Service."""
    return _rejected(objects) or _collision(objects, keys, _families(pool))


@lru_cache(maxsize=4)
def _rejected(objects: Objects) -> str | None:
    """Return why MetalLB rejects its objects, whatever the pool."""
    pools = objects.of(IPAddressPool)
    found = objects.of(BGPAdvertisement)
    wrong = (fault_of(one.key, one.spec, (pool for pool in pools if _selects(one, pool))) for one in found)
    others = fault_of_pools(pools) or fault_of_others(objects.of(L2Advertisement), objects.of(MetallbPeer))
    return others or fault_of_communities(objects) or next(filter(None, wrong), None) or _collision_in_pools(objects)


def _collision_in_pools(objects: Objects) -> str | None:
    """Return which advertisements of any pool have unlike preferences; with serviceSelectors they are not compared."""
    compared = {found.key for found in objects.of(BGPAdvertisement) if not found.spec.service_selectors}
    if len({_spec(objects, key).local_pref for key in compared}) < 2:  # noqa: PLR2004 - two differ
        return None
    for pool in objects.of(IPAddressPool):
        keys = (key for key in _keys_of(objects, BGPAdvertisement, pool) if key in compared)
        of_pool = tuple(key for key in keys if _selects(objects.one(BGPAdvertisement, key), pool))
        if fault := _collision(objects, of_pool, _families(pool)):
            return f"in pool {pool.name}, {fault}"
    return None


def _families(pool: IPAddressPool) -> frozenset[int]:
    return frozenset(known.first.version for known in ranges_of(pool.spec.addresses))


@lru_cache(maxsize=1024)
def _collision(objects: Objects, keys: tuple[str, ...], families: frozenset[int]) -> str | None:
    """Return which two advertisements announce one address with unlike preferences (validateBGPAdvPerPool)."""
    specs = [(key, _spec(objects, key)) for key in keys]
    for (one, of_one), (two, of_two) in combinations(specs, 2):
        if of_one.local_pref != of_two.local_pref and _collide(objects, one, two, families):
            preferences = f"{of_one.local_pref} and {of_two.local_pref}"
            return f"BGPAdvertisement {one} and {two} announce an address with localPref {preferences}"
    return None


def _collide(objects: Objects, one: str, two: str, families: frozenset[int]) -> bool:
    """Return whether two are one BGP update: of one length in any family of the pool, to one peer, from one node."""
    of_one, of_two = _spec(objects, one), _spec(objects, two)
    if all(_aggregation(of_one, family) != _aggregation(of_two, family) for family in families):
        return False
    if of_one.peers and of_two.peers and not set(of_one.peers) & set(of_two.peers):
        return False
    return len({*_not_selected(objects, one), *_not_selected(objects, two)}) < len(nodes_by_name(objects))


def _aggregation(spec: BGPAdvertisementSpec, family: int) -> int:
    return spec.aggregation_length_v6 if family == IPV6 else spec.aggregation_length


@lru_cache(maxsize=8)
def _by_pool(objects: Objects, kind: type[_Advertisement]) -> tuple[Mapping[str, list[str]], list[str]]:
    """Return the keys of the advertisements that name pools and nothing else, by pool, and those of the others."""
    naming: dict[str, list[str]] = {}
    others: list[str] = []
    for found in objects.of(kind):
        names = () if found.spec.ip_address_pool_selectors else dict.fromkeys(found.spec.ip_address_pools)
        for keys in [naming.setdefault(name, []) for name in names] or [others]:
            keys.append(found.key)
    return naming, others


def _advertisements(
    objects: Objects, kind: type[_Advertisement], pool: IPAddressPool, service: Service
) -> Iterator[_Advertisement]:
    """Yield the advertisements of a kind that hold for a pool and a Service, by namespace and name."""
    for key in _keys_of(objects, kind, pool):
        if _advertises(found := objects.one(kind, key), pool, service):
            yield found


def _keys_of(objects: Objects, kind: type[_Advertisement], pool: IPAddressPool) -> list[str]:
    """Return the advertisements that may select a pool: those that name it, and those that have to be looked at."""
    naming, others = _by_pool(objects, kind)  # type: ignore[arg-type]  # mypy: a type is not Hashable
    return sorted([*naming.get(pool.name, ()), *others])


def _advertises(advertisement: BGPAdvertisement | L2Advertisement, pool: IPAddressPool, service: Service) -> bool:
    spec = advertisement.spec
    if spec.service_selectors and not any(s.selects(service.metadata.labels) for s in spec.service_selectors):
        return False
    return _selects(advertisement, pool)


def _selects(advertisement: BGPAdvertisement | L2Advertisement, pool: IPAddressPool) -> bool:
    spec = advertisement.spec
    if not spec.ip_address_pools and not spec.ip_address_pool_selectors:
        return True
    labels = pool.metadata.labels
    return pool.name in spec.ip_address_pools or any(s.selects(labels) for s in spec.ip_address_pool_selectors)


def _announced(objects: Objects, advertisement: BGPAdvertisement, address: str) -> Announced:
    family = IPV6 if is_ipv6(address) else IPV4
    length = _aggregation(advertisement.spec, family)
    how = "" if length == host_length(address) else f"announced as /{length} by BGPAdvertisement {advertisement.key}"
    spec = advertisement.spec
    preferences = ((f"BGPAdvertisement {advertisement.key}", spec.local_pref),) if _sends_preference(objects) else ()
    return Announced(prefix_around(address, length), how, _unselected(objects, advertisement.key, family),
                     rejecting_nodes(objects), preferences=preferences)  # fmt: skip


@lru_cache(maxsize=4)
def _sends_preference(objects: Objects) -> bool:
    """Return whether a session may be of one AS: BGP sends a local preference over no other."""
    specs = [peer.spec for peer in objects.of(MetallbPeer)]
    return not specs or any(spec.my_asn == spec.peer_asn or spec.dynamic_asn == "internal" for spec in specs)


@lru_cache(maxsize=128)
def _unselected(objects: Objects, key: str, family: int) -> Mapping[str, str]:
    """Return the nodes that the BGPAdvertisement of this key excludes, each with the reason."""
    return {**nodes_without(objects, key, _spec(objects, key).peers, family), **_not_selected(objects, key)}


@lru_cache(maxsize=64)
def _not_selected(objects: Objects, key: str) -> Mapping[str, str]:
    """Return the nodes that the node selectors of a BGPAdvertisement leave out, each with the reason."""
    selectors = _spec(objects, key).node_selectors
    return {
        name: f"not selected by BGPAdvertisement {key}"
        for name, node in nodes_by_name(objects).items()
        if selectors and not any(selector.selects(node.metadata.labels) for selector in selectors)
    }


def _spec(objects: Objects, key: str) -> BGPAdvertisementSpec:
    return objects.one(BGPAdvertisement, key).spec


ANNOUNCER = Announcer(
    Habits(
        "MetalLB",
        honours_the_label=True,
        needs_an_endpoint=True,
        counts_terminating=True,
        honours_network_unavailable=True,
    ),
    {
        ("metallb.io", "IPAddressPool"): IPAddressPool,
        ("metallb.io", "BGPAdvertisement"): BGPAdvertisement,
        ("metallb.io", "L2Advertisement"): L2Advertisement,
        ("metallb.io", "BGPPeer"): MetallbPeer,
    },
    holds,
    ranges,
    answer,
    {("metallb.io", "Community"): Community},
    is_its_class=lambda name: "metallb" in name,
    annotations=POOL_ANNOTATIONS,
    pools_asked_for=dict.fromkeys(("metallb.io/address-pool", "metallb.universe.tf/address-pool"), IPAddressPool),
)
