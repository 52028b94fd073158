"""One prefix and the nodes that announce it: for one Service, for several together, or for none at all.

A node is willing, excluded with a reason, or possible: the objects do not show whether it announces. A possible node
is among the excluded ones too, with what keeps it from being expected. A large cluster has many nodes and many
Services: what holds for all nodes is worked out once, and a Service is compared with the nodes of its endpoints only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.nodes import (
    EXCLUDE_LABEL,
    NO_ENDPOINT,
    NOT_READY,
    excluded_nodes,
    nodes_by_name,
    taints_of,
    unsure_nodes,
)
from ecmpaudit.model import name_key
from ecmpaudit.wording import listed, word_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.kubernetes.announcer import Announced, Habits
    from ecmpaudit.kubernetes.endpoints import Endpoints
    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Node, Service

_NAMED = 8
"""Nodes or Services that a text names before it only counts them."""
_FACTS_NAMED = 3


@dataclass(frozen=True, slots=True, eq=False)
class Excluded(Mapping[str, str]):
    """The nodes that are not expected, each with the reason; only as large as what it says of single nodes."""

    nodes: Mapping[str, Node]
    willing: frozenset[str]
    reasons: Mapping[str, str]
    """Of a node without a reason here it is that it has no ready endpoint."""

    def __getitem__(self, name: str) -> str:
        if name in self.willing or name not in self.nodes:
            raise KeyError(name)
        return self.reasons.get(name, NO_ENDPOINT)

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.nodes if name not in self.willing)

    def __len__(self) -> int:
        return len(self.nodes) - len(self.willing)


@dataclass(frozen=True, slots=True)
class Share:
    """One prefix, and who announces it for one Service or, put together, for several."""

    prefix: str
    services: tuple[str, ...]
    """As `namespace/name`; empty for what is announced whatever Services there are."""
    nodes: tuple[str, ...]
    """By name, node2 before node10; empty when no node should announce it."""
    excluded: Mapping[str, str]
    """The other nodes, each with the reason."""
    facts: tuple[str, ...]
    """For messages: the Services, their policies, and how the nodes follow from them."""
    possible: tuple[str, ...] = ()
    """The nodes among the excluded ones that may announce it all the same."""

    @property
    def source(self) -> str:
        """The facts as one text; many Services in one aggregate have many."""
        return listed(self.facts, _FACTS_NAMED, separator=" and ")


@dataclass(frozen=True, slots=True, eq=False)
class _Roles:
    """What each node does with a prefix."""

    willing: tuple[str, ...]
    possible: tuple[str, ...]
    excluded: Mapping[str, str]
    fact: str
    remarks: tuple[str, ...] = ()
    """What is said of the willing ones."""


@dataclass(frozen=True, slots=True, eq=False)
class _Limits:
    """Which nodes do not announce, and which perhaps do not, whatever their endpoints are; none is in both."""

    never: Mapping[str, str]
    unsure: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A mapping that is equal to itself only: those of an announcer are made once for many Services."""

    of: Mapping[str, str]

    def __hash__(self) -> int:
        return id(self.of)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.of is other.of


def share_of(objects: Objects, service: Service, announced: Announced, habits: Habits, endpoints: Endpoints) -> Share:
    """Return who announces a prefix for one Service."""
    needs_one = habits.needs_an_endpoint if announced.needs_an_endpoint is None else announced.needs_an_endpoint
    if announced.is_local(service):
        roles = _with_endpoints(objects, announced, habits, endpoints)
    elif announced.follows_endpoints and needs_one and not endpoints.is_any_ready:
        roles = _without_endpoints(objects, announced, habits, endpoints)
    else:
        roles = _roles_of_all(objects, announced, habits)
    policy = announced.local_by or f"{announced.policy} {announced.policy_of(service)}"
    prefix = f", {policy}" if announced.follows_endpoints else ""
    explanation = "; ".join(part for part in (f"{prefix}: {roles.fact}", announced.how, *roles.remarks) if part)
    return Share(announced.prefix, (service.key,), roles.willing, roles.excluded, (explanation,), roles.possible)


def share_without_service(objects: Objects, announced: Announced, habits: Habits) -> Share:
    """Return who announces a prefix that is announced whatever Services there are."""
    roles = _roles_of_all(objects, announced, habits)
    explanation = "; ".join((f"{announced.how}: {roles.fact}", *roles.remarks))
    return Share(announced.prefix, (), roles.willing, roles.excluded, (explanation,), roles.possible)


def together(shares: Sequence[Share], nodes: Mapping[str, Node]) -> Share:
    """Return the shares of one prefix as one: whoever announces it for any of the Services announces it."""
    first = shares[0]
    if len(shares) == 1:
        return replace(first, facts=(_fact(list(first.services), first.facts[0]),))
    willing = frozenset(name for share in shares for name in share.nodes)
    possible = {name for share in shares for name in share.possible} - willing
    by_fact: dict[str, dict[str, None]] = {}
    for share in shares:
        if share.services or all(not other.services for other in shares):
            by_fact.setdefault(share.facts[0], {}).update(dict.fromkeys(share.services))
    return Share(
        prefix=first.prefix,
        services=tuple(sorted({service for share in shares for service in share.services}, key=name_key)),
        nodes=tuple(name for name in nodes if name in willing),
        excluded=Excluded(nodes, willing, first.excluded),
        facts=tuple(_fact(list(names), fact) for fact, names in by_fact.items()),
        possible=tuple(name for name in nodes if name in possible),
    )


def _fact(services: list[str], fact: str) -> str:
    return f"{word_for(len(services), 'Service')} {listed(services, _NAMED)}{fact}" if services else fact


def _limits_of(objects: Objects, announced: Announced, habits: Habits) -> _Limits:
    return _limits(objects, _Same(announced.unselected), _Same(announced.unsure), habits)


@lru_cache(maxsize=256)
def _limits(objects: Objects, unselected: _Same, unsure: _Same, habits: Habits) -> _Limits:
    never = {**unselected.of, **excluded_nodes(objects, habits)}
    perhaps = {**unsure.of, **unsure_nodes(objects)}
    nodes = nodes_by_name(objects)
    return _Limits(never, {name: perhaps[name] for name in nodes if name in perhaps and name not in never})


def _roles_of_all(objects: Objects, announced: Announced, habits: Habits) -> _Roles:
    return _every(objects, _Same(announced.unselected), _Same(announced.unsure), habits)


@lru_cache(maxsize=256)
def _every(objects: Objects, unselected: _Same, unsure: _Same, habits: Habits) -> _Roles:
    """Return the roles where every node announces that is not kept from it."""
    nodes, limits = nodes_by_name(objects), _limits(objects, unselected, unsure, habits)
    willing = tuple(name for name in nodes if name not in limits.never and name not in limits.unsure)
    every = f"all {len(nodes)} nodes" if len(nodes) > 1 else "the only node"
    fact = every if len(willing) == len(nodes) else f"{len(willing)} of {len(nodes)} nodes"
    fact += _exclusions(nodes, limits.never, limits.unsure)
    excluded = Excluded(nodes, frozenset(willing), {**limits.unsure, **limits.never})
    return _Roles(willing, tuple(limits.unsure), excluded, fact, _remarks(willing, nodes, habits))


def _without_endpoints(objects: Objects, announced: Announced, habits: Habits, endpoints: Endpoints) -> _Roles:
    """No node announces; where the endpoints count in some releases only, whoever would announce may do so."""
    nodes, limits = nodes_by_name(objects), _limits_of(objects, announced, habits)
    if not endpoints.unsure:
        excluded = Excluded(nodes, frozenset(), limits.never)
        return _Roles((), (), excluded, "no endpoint is ready, so no node announces it")
    why = next(iter(endpoints.unsure.values()))
    possible = {name: why for name in nodes if name not in limits.never}
    fact = "no endpoint is certain to be ready" + _exclusions(possible, {}, possible)
    return _Roles((), tuple(possible), Excluded(nodes, frozenset(), {**possible, **limits.never}), fact)


def _with_endpoints(objects: Objects, announced: Announced, habits: Habits, endpoints: Endpoints) -> _Roles:
    nodes, limits = nodes_by_name(objects), _limits_of(objects, announced, habits)
    having = _in_order(objects, endpoints.nodes)
    perhaps = {name: why for name, why in limits.unsure.items() if name in endpoints.on} if limits.unsure else {}
    perhaps = {**{name: why for name, why in endpoints.unsure.items() if name not in limits.never}, **perhaps}
    possible = {name: perhaps[name] for name in _in_order(objects, perhaps)}
    willing = tuple(name for name in having if name not in limits.never and name not in possible)
    verb = word_for(len(willing), "has", "have")
    fact = f"{listed(willing, _NAMED)} {verb} ready endpoints" if willing else "no node has a ready endpoint"
    fact += _exclusions(_in_order(objects, {*having, *endpoints.unsure}), limits.never, possible)
    reasons = {**limits.never, **possible} if possible else limits.never
    return _Roles(willing, tuple(possible), Excluded(nodes, frozenset(willing), reasons), fact,
                  _remarks(willing, nodes, habits))  # fmt: skip


def _in_order(objects: Objects, names: Iterable[str]) -> list[str]:
    """Return those of the names that are nodes, in the order of the nodes."""
    positions = _positions(objects)
    return sorted((name for name in names if name in positions), key=positions.__getitem__)


@lru_cache(maxsize=4)
def _positions(objects: Objects) -> Mapping[str, int]:
    return {name: position for position, name in enumerate(nodes_by_name(objects))}


def _exclusions(shown: Iterable[str], never: Mapping[str, str], possible: Mapping[str, str]) -> str:
    """Return who is not expected and why; what a node that is not Ready may do is said once, in a note."""
    names = list(shown)
    out = {name: NOT_READY if possible.get(name) == NOT_READY else never.get(name) for name in names}
    sure = {name: why for name, why in out.items() if why}
    unsure = {name: possible[name] for name in names if name in possible and name not in sure}
    return "".join(
        [f"; not {listed(those, _NAMED)} ({why})" for why, those in _by_reason(sure).items()]
        + [f"; {listed(those, _NAMED)} may announce it or not ({why})" for why, those in _by_reason(unsure).items()]
    )


def _by_reason(reasons: Mapping[str, str]) -> dict[str, list[str]]:
    by_reason: dict[str, list[str]] = {}
    for name, why in reasons.items():
        by_reason.setdefault(why, []).append(name)
    return by_reason


def _remarks(willing: Sequence[str], nodes: Mapping[str, Node], habits: Habits) -> tuple[str, ...]:
    """Return what is said of nodes that announce although one might expect that they do not."""
    cordoned = [name for name in willing if nodes[name].spec.unschedulable]
    labelled = [name for name in willing if EXCLUDE_LABEL in nodes[name].metadata.labels]
    are, names = word_for(len(cordoned), "is", "are"), listed(cordoned, _NAMED)
    remarks = [f"{names} {are} cordoned, which does not stop the announcement"] if cordoned else []
    tainted = {name: taints for name in willing if (taints := taints_of(nodes[name]))}
    by_taints = _by_reason({name: listed(known, _FACTS_NAMED) for name, known in tainted.items()})
    for words, those in by_taints.items():
        be = word_for(len(those), "is", "are")
        remarks.append(f"{listed(those, _NAMED)} {be} tainted ({words}), which may keep the speaker's pod away")
    if labelled:
        remarks.append(f"{habits.name} ignores the label {EXCLUDE_LABEL} of {listed(labelled, _NAMED)}")
    return tuple(remarks)
