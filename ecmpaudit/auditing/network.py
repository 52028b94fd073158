"""From tables and expectations to the network that rules judge: typed views of the audited prefixes, and only those.

Audited are the prefixes inside the given pools, those that are expected by name, and without a pool those that look
load-balanced. A prefix of a pool that one router has is expected on every router whose whole table of that family was
read, and so is the same service's prefix in the other family.
"""

from __future__ import annotations

from collections import ChainMap
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from ecmpaudit.auditing.not_judged import AuditedRoutes, aggregates, notes, own_prefixes, policy_prefixes
from ecmpaudit.auditing.notes import notes_about
from ecmpaudit.auditing.other_prefixes import lists_nothing_of
from ecmpaudit.auditing.prefix_index import PrefixIndex
from ecmpaudit.auditing.subjects import Subject, subjects
from ecmpaudit.expectations.inferred import infer, looks_announced
from ecmpaudit.expectations.last_known_good import last_known_good
from ecmpaudit.model import AuditedPrefix, Network, Past, distinct_next_hops, prefix_key
from ecmpaudit.model.addressing import DEFAULT_VRF, family_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping, Sequence

    from ecmpaudit.auditing.ceilings import Ceilings
    from ecmpaudit.expectations.configured import Expectations
    from ecmpaudit.expectations.last_known_good import KnownGood
    from ecmpaudit.model import Capture, Expectation, Route, UnparsedLine
    from ecmpaudit.parsing.route_table import RouteTable


@dataclass(frozen=True)
class _RouterVrf:
    """One VRF of one router."""

    subject: Subject
    vrf: str
    routes: Mapping[str, tuple[Route, ...]]
    """By prefix, all of this VRF."""
    last_known_good: Mapping[str, Expectation]
    """By prefix, what it had in the last run that found nothing wrong with it."""
    audited: Mapping[str, Expectation | None] = field(default_factory=dict)
    """The audited prefixes that the router has, each with its expectation."""
    aggregates: frozenset[str] = frozenset()
    """Pools that the router has as one route beside more specific ones: not judged."""

    def without(self, prefixes: set[str]) -> _RouterVrf:
        """Return the VRF without these among its audited prefixes."""
        return replace(self, audited={p: found for p, found in self.audited.items() if p not in prefixes})

    def selected(self, prefix: str) -> Route | None:
        return next((route for route in self.routes[prefix] if route.is_selected), None)


def network_of(
    tables: Sequence[RouteTable],
    expectations: Expectations,
    ceilings: Ceilings,
    failed: Sequence[Capture] = (),
    past: Past = Past(),  # noqa: B008 - it is frozen
    unparsed: Sequence[UnparsedLine] = (),
) -> Network:
    """Return the network of one run; `unparsed` are lines of other outputs than route tables."""
    routers = subjects(tables, failed, unparsed)
    known_good = last_known_good(past)
    vrfs = [_with_audited(vrf, expectations) for subject in routers for vrf in _vrfs_of(subject, known_good)]
    vrfs, not_judged = _judged(vrfs, expectations)
    on_any_router = _on_any_router(vrfs, expectations)
    prefixes = tuple(prefix for vrf in vrfs for prefix in _views(vrf, on_any_router, expectations, ceilings))
    return Network(
        routers=tuple(subject.state(_asked_about(subject, expectations)) for subject in routers),
        prefixes=prefixes,
        notes=(
            *notes_about(prefixes, routers),
            *not_judged,
            *_of_kubernetes(expectations.cluster.notes if expectations.cluster else ()),
        ),
        unanswered=tuple(_unanswered(prefixes, routers, expectations)),
        expects_everything_in=_completely_known(expectations),
        past=past,
    )


def _asked_about(subject: Subject, expectations: Expectations) -> tuple[str, ...]:
    return (*expectations.pools(subject.name), *expectations.named_prefixes(subject.name))


def _judged(vrfs: Sequence[_RouterVrf], expectations: Expectations) -> tuple[list[_RouterVrf], list[str]]:
    """Return the VRFs with the prefixes that are judged, and the notes about those that are not."""
    main = {(vrf.subject.name, prefix) for vrf in vrfs if vrf.vrf == DEFAULT_VRF for prefix in vrf.audited}
    tables = [AuditedRoutes(vrf.subject.name, vrf.routes, vrf.audited) for vrf in vrfs]
    own = own_prefixes(tables, expectations)
    judged: list[_RouterVrf] = []
    sentences: list[str] = []
    for vrf, table in zip(vrfs, tables, strict=True):
        of_main = {prefix for prefix in vrf.audited if (vrf.subject.name, prefix) in main}
        policy = policy_prefixes(table, vrf.vrf, of_main)
        sentences += notes(vrf.subject.label, vrf.vrf, own & vrf.audited.keys(), vrf.aggregates, policy)
        judged.append(vrf.without(own | policy) if own or policy else vrf)
    return judged, sentences


def _on_any_router(vrfs: Sequence[_RouterVrf], expectations: Expectations) -> set[str]:
    """Return the audited prefixes that a router has, with their twins; nothing where all are inferred."""
    if not expectations.has_any:
        return set()
    prefixes = {prefix for vrf in vrfs for prefix in vrf.audited}
    return prefixes | {expectations.twins[prefix] for prefix in prefixes if prefix in expectations.twins}


def _of_kubernetes(sentences: Sequence[str]) -> list[str]:
    return [f"Kubernetes: {sentence}" for sentence in sentences]


def _completely_known(expectations: Expectations) -> tuple[str, ...]:
    cluster = expectations.cluster
    return cluster.ranges if cluster and cluster.is_complete else ()


def _vrfs_of(subject: Subject, known_good: KnownGood) -> Iterator[_RouterVrf]:
    by_vrf: dict[str, dict[str, tuple[Route, ...]]] = {DEFAULT_VRF: {}} if subject.tables else {}
    for (vrf, prefix), routes in subject.routes.items():
        by_vrf.setdefault(vrf, {})[prefix] = routes
    for vrf, routes_of_vrf in by_vrf.items():
        yield _RouterVrf(subject, vrf, routes_of_vrf, known_good.get((subject.label, vrf), {}))


def _with_audited(vrf: _RouterVrf, expectations: Expectations) -> _RouterVrf:
    """Return the VRF with its audited prefixes, and without its pools' aggregates among them."""
    name, audited = vrf.subject.name, _audited(vrf, expectations)
    if not expectations.says_what_to_audit(name):
        return replace(vrf, audited=audited)
    pools = [pool for pool in expectations.pools(name) if pool not in expectations.named_prefixes(name)]
    found = aggregates(audited, vrf.routes, pools)
    return replace(vrf, audited=audited, aggregates=frozenset(found)).without(found)


def _audited(vrf: _RouterVrf, expectations: Expectations) -> dict[str, Expectation | None]:
    """Return the audited prefixes that the router has, each with its expectation."""
    name = vrf.subject.name
    announced = {p: expectations.for_prefix(name, p) for p in vrf.routes if expectations.audits(name, p)}
    if not expectations.says_what_to_audit(name):
        inferred = _inferred(vrf)
        return {prefix: given or inferred[prefix] for prefix, given in announced.items() if prefix in inferred}
    # siblings outside of what is audited are not known where a scan asked for the pools alone
    siblings = replace(vrf, routes={prefix: vrf.routes[prefix] for prefix in announced})
    inferred = {} if all(announced.values()) else _inferred(siblings)
    return {
        prefix: given or (None if expectations.is_orphan(name, prefix) else inferred.get(prefix))
        for prefix, given in announced.items()
    }


def _inferred(vrf: _RouterVrf) -> Mapping[str, Expectation]:
    """Return what follows from siblings; where the history knows a prefix without a fault, that comes first."""
    chosen = {prefix: _chosen(vrf.subject, prefix, routes) for prefix, routes in vrf.routes.items()}
    installed = {
        prefix: distinct_next_hops(hop for route in routes for hop in route.forwarding_candidates)
        if len(routes) > 1
        else routes[0].forwarding_candidates
        for prefix, routes in chosen.items()
        if routes
    }
    # BIRD's table names instances, one for each node.
    is_one = vrf.subject.shows_candidates_only
    protocols = {p: "" if is_one(p) else routes[0].protocol for p, routes in chosen.items() if routes}
    known_good = cast("MutableMapping[str, Expectation]", vrf.last_known_good)  # it is only read
    return ChainMap(known_good, infer(installed, protocols))


def _chosen(subject: Subject, prefix: str, routes: Sequence[Route]) -> list[Route]:
    """Return the selected routes; of BIRD's table, all that are as good as the best."""
    selected = [route for route in routes if route.is_selected and looks_announced(route)]
    if not selected or not subject.shows_candidates_only(prefix):
        return selected
    best = selected[0]
    peers = [r for r in routes if (r.kind, r.distance, r.metric) == (best.kind, best.distance, best.metric)]
    return [best, *(route for route in peers if route is not best)]


def _views(
    vrf: _RouterVrf, on_any_router: set[str], expectations: Expectations, ceilings: Ceilings
) -> Iterator[AuditedPrefix]:
    subject, name = vrf.subject, vrf.subject.name
    expected = dict(vrf.audited)
    for prefix in _absent_prefixes(vrf, on_any_router, expectations):
        expected[prefix] = expectations.for_prefix(name, prefix) or vrf.last_known_good.get(prefix)
    index = PrefixIndex(p for p in vrf.routes if vrf.selected(p))
    for prefix in sorted(expected, key=prefix_key):
        routes = vrf.routes.get(prefix, ())
        around = index.covering(prefix)
        behind = vrf.selected(around) if around else None
        yield AuditedPrefix(
            router=subject.label,
            vrf=vrf.vrf,
            prefix=prefix,
            routes=routes,
            expectation=None if prefix in subject.uncertain_prefixes else expected[prefix],
            ceiling=ceilings.of(name, vrf.vrf, family_of(prefix), vrf.selected(prefix) if routes else None),
            covering=None if routes else behind,
            behind=behind,
            more_specific=tuple(
                route for inner in index.inside(prefix) if inner not in expected and (route := vrf.selected(inner))
            ),
            shows_candidates_only=subject.shows_candidates_only(prefix),
            in_kernel=subject.in_kernel(vrf.vrf, prefix),
            kernel_route=subject.kernel_route(vrf.vrf, prefix),
            twin=expectations.twins.get(prefix),
            is_orphan=expectations.is_orphan(name, prefix),
            is_stateful=expectations.is_stateful(name, prefix),
            may_have_more=prefix in subject.uncertain_prefixes,
        )


def _absent_prefixes(vrf: _RouterVrf, on_any_router: set[str], expectations: Expectations) -> Iterator[str]:
    """Yield the prefixes that this router should have and has not, as far as its whole table is known."""
    name = vrf.subject.name
    known_by_history = {prefix for prefix in vrf.last_known_good if expectations.for_prefix(name, prefix) is None}
    if vrf.vrf != DEFAULT_VRF and not vrf.audited and not known_by_history:
        return
    for prefix in on_any_router | known_by_history | set(expectations.named_prefixes(name)):
        if (
            prefix not in vrf.subject.prefixes  # a prefix of another VRF is not absent
            and vrf.subject.lists_all_of(prefix)
            and expectations.audits(name, prefix)
            and _has_to_exist(prefix, name, expectations)
        ):
            yield prefix


def _has_to_exist(prefix: str, router: str | None, expectations: Expectations) -> bool:
    """Return whether a prefix that another router has should exist here: somebody should announce it."""
    expectation = expectations.for_prefix(router, prefix)
    return expectation.count > 0 if expectation else not expectations.is_orphan(router, prefix)


def _unanswered(
    prefixes: Sequence[AuditedPrefix], routers: Sequence[Subject], expectations: Expectations
) -> Iterator[str]:
    pools = dict.fromkeys(pool for subject in routers for pool in expectations.pools(subject.name))
    index = PrefixIndex({prefix.prefix for prefix in prefixes})
    yield from _of_kubernetes(expectations.cluster.undetermined if expectations.cluster else ())
    yield from lists_nothing_of(routers, expectations)
    if any(subject.tables and not subject.has_silent_daemon for subject in routers):
        for pool in pools:
            if not any(prefix.prefix == pool for prefix in prefixes) and not any(True for _ in index.inside(pool)):
                yield f"pool {pool} has no prefix on any router that was read"
        if not prefixes and not pools and not expectations.cluster:
            yield "no prefix looks load-balanced: give --pool, or --expect, or a configuration"
