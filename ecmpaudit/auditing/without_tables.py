"""A run in which no route table of a router was read: what to add, and what its candidates show already.

Candidates are no routes: a node without a path cannot be a next hop, but a node with one may still not be installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import family_of
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.expectations.configured import Expectations
    from ecmpaudit.model import Node
    from ecmpaudit.model.facts import BgpPath, Facts

_ADD = "no route table of a router was read: add the output of {commands}"
_COMMANDS = {
    4: "`show ip route` (FRR), `show route` (BIRD) or `ip route` (Linux)",
    6: "`show ipv6 route` (FRR), `show route` (BIRD) or `ip -6 route` (Linux)",
}


def what_to_add(expectations: Expectations, facts: Facts) -> Iterator[str]:
    """Yield that no route table was read, with the commands whose output to add, then what the candidates show."""
    asked = (*expectations.pools(None), *expectations.named_prefixes(None))
    named = asked or tuple(path.prefix for path in facts.paths)
    families = sorted({family_of(prefix) for prefix in named}) or [4]
    commands = [_COMMANDS[family] for family in families]
    yield _ADD.format(commands=", and of ".join(commands))
    yield from _without_paths(expectations, facts)
    yield from _without_sessions(expectations, facts)


def _without_paths(expectations: Expectations, facts: Facts) -> Iterator[str]:
    by_prefix: dict[tuple[str, str, str], list[BgpPath]] = {}
    for path in facts.paths:
        if expectations.audits(path.router or None, path.prefix):
            by_prefix.setdefault((path.router, path.vrf, path.prefix), []).append(path)
    for (router, vrf, prefix), paths in by_prefix.items():
        expectation = expectations.for_prefix(router or None, prefix)
        if expectation is None or not facts.knows_paths(router, vrf, family_of(prefix)):
            continue
        known = {address for path in paths for address in (*path.next_hops, path.peer)}
        missing = [node for node in expectation.nodes if node.addresses.isdisjoint(known)]
        if missing:
            yield f"{_place(router)}{prefix}: the BGP table has no path from {_names(missing, prefix)}"


def _without_sessions(expectations: Expectations, facts: Facts) -> Iterator[str]:
    for session in facts.sessions:
        node = next((node for node in expectations.nodes if session.peer in node.addresses), None)
        if node is not None and not session.is_up:
            yield f"{_place(session.host)}the BGP session to {node} is {session.state}"


def _names(nodes: list[Node], prefix: str) -> str:
    return listed([str(node.in_family_of(prefix)) for node in nodes])


def _place(router: str) -> str:
    return f"{router}: " if router else ""
