"""The chains of one prefix in a large fabric: what routers and nodes share is shown once, the rest by name."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.model import name_key
from ecmpaudit.rules.causes import Clause
from ecmpaudit.wording import counted, in_ranges, listed

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from ecmpaudit.auditing.explanation import Explanation, NodeChain, RouterChains

LARGE = 32
"""Pairs of a router and a node from which chains are shown in groups."""
_NAMED = 6

Pair = tuple["RouterChains", "NodeChain"]


def is_large(explanation: Explanation) -> bool:
    """Return whether the chains are too many to be shown one by one."""
    return sum(len(router.chains) for router in explanation.routers) > LARGE


def groups_of_chains(explanation: Explanation) -> Iterator[tuple[str, NodeChain, RouterChains]]:
    """Yield for each group of chains that are alike its nodes and routers, and one chain without their names.

    The largest group is first: what most nodes on most routers share.
    """
    groups: dict[Hashable, list[Pair]] = {}
    for router in explanation.routers:
        for chain in router.chains:
            groups.setdefault(_signature(router, chain), []).append((router, chain))
    for pairs in sorted(groups.values(), key=len, reverse=True):
        router, chain = pairs[0]
        is_alone = len(pairs) == 1
        yield _extent(pairs), chain if is_alone else _without_names(router, chain, pairs), router


def groups_of_routers(explanation: Explanation) -> Iterator[tuple[str, RouterChains]]:
    """Yield the routers that have as many next hops as each other, by name, the most of them first."""
    groups: dict[Hashable, list[RouterChains]] = {}
    for router in explanation.routers:
        view = router.prefix
        source = view.expectation.source if view.expectation else None
        groups.setdefault((view.actual, view.expected, bool(view.routes), source), []).append(router)
    for routers in sorted(groups.values(), key=len, reverse=True):
        yield _names([router.prefix.router for router in routers], "router"), routers[0]


def _signature(router: RouterChains, chain: NodeChain) -> Hashable:
    steps = tuple((step.link, step.state, _anonymous(step.text, router, chain)) for step in chain.diagnosis.steps)
    return chain.is_installed, chain.is_expected, chain.undetermined, chain.diagnosis.confidence, steps


def _extent(pairs: Sequence[Pair]) -> str:
    """Return `node3 on tor1`, `62 nodes (node1 … node62) on 40 routers`; pairs that fill no block are counted."""
    routers = dict.fromkeys(router.prefix.router for router, _ in pairs)
    nodes = dict.fromkeys(chain.node.name for _, chain in pairs)
    extent = f"{_names(nodes, 'node')} on {_names(routers, 'router')}"
    return extent if len(pairs) == len(routers) * len(nodes) else f"{extent}, {counted(len(pairs), 'pair')} of these"


def _names(names: Iterable[str], noun: str) -> str:
    known = sorted(names, key=name_key)
    if len(known) == 1:
        return known[0] or f"the {noun}"
    return f"{counted(len(known), noun)} ({listed(in_ranges(known), _NAMED)})"


def _without_names(router: RouterChains, chain: NodeChain, pairs: Sequence[Pair]) -> NodeChain:
    """Return a chain of the group with the names that differ in it replaced, and details that differ left out."""
    details = [{step.detail for step in steps} for steps in zip(*(c.diagnosis.steps for _, c in pairs), strict=True)]
    steps = tuple(
        replace(step, clause=Clause(text, text), detail=step.detail if len(of_step) == 1 else "")
        for step, of_step in zip(chain.diagnosis.steps, details, strict=True)
        for text in [_anonymous(step.text, router, chain)]
    )
    broken = next((step for step in steps if step.state.is_broken), None)
    return replace(chain, diagnosis=replace(chain.diagnosis, steps=steps, broken=broken))


def _anonymous(text: str, router: RouterChains, chain: NodeChain) -> str:
    """Return the text without the names of the router and of the node, and without the time that a session is up."""
    text = re.sub(r", since \S+", "", text)
    names = [(router.prefix.router, "the router"), (chain.node.name, "the node")]
    for name, word in (*names, *((address, "its address") for address in chain.node.addresses)):
        if name:
            text = re.sub(rf"(?<![\w.:-]){re.escape(name)}(?![\w:-]|\.\w)", word, text)
    return text
