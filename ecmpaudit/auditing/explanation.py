"""One prefix on every router, with the whole chain of each node, for `ecmpaudit explain`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

from ecmpaudit.auditing.evidence import texts_of
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Confidence, Node, address_key
from ecmpaudit.model.addressing import is_link_local
from ecmpaudit.rules.causes import Diagnosis, diagnose, kind_of_unidentified
from ecmpaudit.rules.ceilings import shows_candidates
from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from ecmpaudit.auditing.filters import Chosen
    from ecmpaudit.expectations.configured import Expectations
    from ecmpaudit.model import AuditedPrefix, Capture, Facts, Finding, Network, RouterState

_MOST_INSIDE = 5
"""Prefixes inside of another one that are named."""


@dataclass(frozen=True, slots=True)
class NodeChain:
    """One node on one router."""

    node: Node
    diagnosis: Diagnosis
    is_installed: bool
    is_expected: bool
    """False for a next hop of no expected node, and where no node is expected by name."""
    undetermined: str | None = None
    """Why it is not known whether the node is a next hop; then none of its links are judged."""


@dataclass(frozen=True, slots=True)
class RouterChains:
    """One router (and VRF) that was read."""

    prefix: AuditedPrefix
    chains: tuple[NodeChain, ...]

    @property
    def is_whole(self) -> bool:
        """Return whether everything expected is installed and no link of an installed node is broken."""
        short = not self.prefix.routes or self.prefix.shortfall or self.prefix.missing
        return not short and not any(chain.is_installed and chain.diagnosis.broken for chain in self.chains)

    @property
    def is_of_candidates(self) -> bool:
        """Return whether the installed number is unknown: there is neither a forwarding table nor a ceiling."""
        return shows_candidates(self.prefix) and self.prefix.ceiling is None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One prefix on all routers."""

    prefix: str
    routers: tuple[RouterChains, ...]
    not_checked: tuple[RouterState, ...]
    """Routers that did not answer, or not completely."""
    findings: tuple[Finding, ...] = ()
    """Those of an audit that are about the prefix, and what could not be checked."""
    asked_by: tuple[tuple[str, str], ...] = ()
    """Each node that was asked, with the way: `ssh node1`, `kubectl exec network/speaker-1/frr`."""
    absence: str = ""
    """Why no router that was read has the prefix; empty where one has, or that is not known."""

    @property
    def is_incomplete(self) -> bool:
        """Return whether something could not be checked, or no router that was read has the prefix."""
        return bool(self.not_checked) or not self.routers or any(router.is_of_candidates for router in self.routers)


def wanted_prefix(text: str) -> str:
    """Return the prefix that an argument means; an address means its host prefix.

    Raises:
        ConfigurationError: it is neither.
    """
    try:
        return str(ip_network(text.strip()))
    except ValueError as error:
        raise ConfigurationError(f"{text}: expected a prefix such as 198.51.100.7/32, or an address: {error}") from None


def absence_of(
    prefix: str, expectations: Expectations, network: Network, config: str | None, audited: Iterable[str] = ()
) -> str:
    """Return why no router that was read has a prefix, in a sentence; `config` is the name of the configuration.

    Of the `audited` prefixes, those that lie in it are named: what is explained may be a pool.
    """
    if not expectations.audits(None, prefix):
        of_config = f", as no pool of {config} has it" if config else ""
        return f"no router that was read has this prefix: give --pool {prefix}{of_config}"
    read = [state for state in network.routers if state.has_data and not state.is_node]
    around = [pool for pool in expectations.pools(None) if pool != prefix and _is_inside(prefix, pool)]
    pool = f", which is in the pool {max(around, key=_length)}" if around else ""
    whole = all(int(ip_network(prefix).version) in state.whole_families for state in read)
    inside = sorted({each for each in audited if each != prefix and _is_inside(each, prefix)}, key=_place)
    if inside:
        pool += f"; explain one of the audited prefixes in it: {listed(inside, _MOST_INSIDE)}"
    if len(read) == 1:
        known = "has no route to" if whole else "is not known to have a route to"
        return f"{read[0].name or 'the router'} {known} {prefix}{pool}"
    known = "has a route to" if whole else "is known to have a route to"
    return f"none of {counted(len(read), 'router')} that were read {known} {prefix}{pool}"


def _is_inside(prefix: str, pool: str) -> bool:
    inner, outer = ip_network(prefix), ip_network(pool)
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]  # of one version


def _length(prefix: str) -> int:
    return ip_network(prefix).prefixlen


def _place(prefix: str) -> tuple[int, int]:
    return address_key(prefix.partition("/")[0])


def with_nodes_of(explanation: Explanation, chosen: Chosen) -> Explanation:
    """Return the explanation with the chains of the nodes that filters leave."""
    nodes = chosen.nodes
    if nodes is None:
        return explanation
    return replace(
        explanation,
        routers=tuple(
            replace(router, chains=tuple(c for c in router.chains if any(_is_same(c.node, node) for node in nodes)))
            for router in explanation.routers
        ),
    )


def _is_same(one: Node, other: Node) -> bool:
    return one.name == other.name or bool(one.addresses & other.addresses)


def explain(network: Network, prefix: str, captures: Iterable[Capture] = ()) -> Explanation:
    """Return every chain of a prefix; the captures give lines of evidence their text."""
    views = [view for view in network.prefixes if view.prefix == prefix]
    routers = tuple(RouterChains(view, tuple(_chains(view, network.facts))) for view in views)
    not_checked = tuple(state for state in network.routers if state.failure or state.unparsed or not state.has_data)
    given = list(captures)
    names = {chain.node.name for router in routers for chain in router.chains}
    return _quoted(Explanation(prefix, routers, not_checked, asked_by=_ways(given, names)), given)


def _ways(captures: Iterable[Capture], nodes: Container[str]) -> tuple[tuple[str, str], ...]:
    """Return how the nodes were asked, each way once; a capture that no scan made has none."""
    asked = (c for c in captures if c.started is not None and c.router in nodes)
    return tuple(dict.fromkeys((c.router or "", c.source.partition(": ")[0]) for c in asked))


def _chains(prefix: AuditedPrefix, facts: Facts) -> Iterator[NodeChain]:
    expected = prefix.expectation.nodes if prefix.expectation else ()
    for node in (*expected, *_others(prefix, expected, facts)):
        is_installed = prefix.uses(node)
        if node in expected and not is_installed and prefix.unidentified:
            undetermined = kind_of_unidentified(prefix)
            yield NodeChain(node, Diagnosis((), None, Confidence.UNKNOWN), is_installed, True, undetermined)
        else:
            yield NodeChain(node, diagnose(prefix, node, facts), is_installed, node in expected)


def _others(prefix: AuditedPrefix, expected: tuple[Node, ...], facts: Facts) -> Iterator[Node]:
    """Yield next hops and candidates of no expected node, each once, by their addresses."""
    hops = [frozenset({hop.address}) for hop in prefix.announced if hop.address is not None]
    paths = [path.next_hops for path in facts.paths_to(prefix.router, prefix.vrf, prefix.prefix)]
    known = {address for node in expected for address in node.addresses}
    for addresses in (*paths, *hops):
        if not addresses & known:
            known |= addresses
            yield Node(min(addresses, key=_link_local_last), addresses)


def _link_local_last(address: str) -> tuple[bool, str]:
    return is_link_local(address), address


def _quoted(explanation: Explanation, captures: Iterable[Capture]) -> Explanation:
    steps = [s for router in explanation.routers for chain in router.chains for s in chain.diagnosis.steps]
    with_text = texts_of((line for step in steps for line in step.evidence), captures)

    def quoted(diagnosis: Diagnosis) -> Diagnosis:
        steps = tuple(replace(step, evidence=with_text(step.evidence)) for step in diagnosis.steps)
        return replace(diagnosis, steps=steps, broken=next((s for s in steps if s.state.is_broken), None))

    return replace(
        explanation,
        routers=tuple(
            replace(router, chains=tuple(replace(chain, diagnosis=quoted(chain.diagnosis)) for chain in router.chains))
            for router in explanation.routers
        ),
    )
