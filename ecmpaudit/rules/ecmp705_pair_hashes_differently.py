"""Routers that lead to the same nodes hash differently, so that a flow moves when its router changes.

Why
    Of two redundant routers, either can have any flow: when one fails, or the way to them changes, the other one
    decides anew. Where policy, fields and seed are the same, and the next hops are in the same order, it decides for
    the same node, and no connection breaks. Where they differ, most of these connections break. Different policies are
    also a sign that one of the two was changed alone. Routers are compared where their sets share a next hop. Two
    random seeds (0) differ too; that is Linux' default, and only said where one of the two has a seed.

How to fix
    Set the same `fib_multipath_hash_policy` and `fib_multipath_hash_fields` (net.ipv4 and net.ipv6) and the same
    `net.ipv4.fib_multipath_hash_seed` (Linux 6.11, both families) on both, in /etc/sysctl.d too.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor2 198.51.100.7/32 via 192.0.2.1-2
    tor1 setting fib_multipath_hash_policy ipv4 1
    tor2 setting fib_multipath_hash_policy ipv4 2

    tor1 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2
    tor2 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2
    tor1 setting fib_multipath_hash_policy ipv6 1
    tor2 setting fib_multipath_hash_policy ipv6 1
    tor1 setting fib_multipath_hash_seed 7
    tor2 setting fib_multipath_hash_seed 0

Good
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor2 198.51.100.7/32 via 192.0.2.1-2
    tor1 setting fib_multipath_hash_policy ipv4 1
    tor2 setting fib_multipath_hash_policy ipv4 1
    tor1 setting fib_multipath_hash_seed 0
    tor2 setting fib_multipath_hash_seed 0

    spine1 198.51.100.7/32 via 203.0.113.1-2
    tor1 198.51.100.7/32 via 192.0.2.1-2
    spine1 setting fib_multipath_hash_policy ipv4 2
    tor1 setting fib_multipath_hash_policy ipv4 1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.hashing import hash_of, spread_by_router
from ecmpaudit.rules.messages import at
from ecmpaudit.wording import and_more

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Network
    from ecmpaudit.rules.hashing import Hash

CODE = "ECMP705"
SEVERITY = Severity.INFO
NEEDS = (Question.ROUTES, Question.HASH_POLICY)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each two routers and family that share next hops and hash differently."""
    spread = spread_by_router(network)
    hashes = {key: known for key in spread if (known := hash_of(*key, network.facts))}
    found: dict[tuple[str, str, int], list[AuditedPrefix]] = {}
    first: dict[tuple[str, str, str | None], AuditedPrefix] = {}
    for key in sorted(hashes):
        for prefix in spread[key]:
            addresses = {hop.address for hop in prefix.installed} - {None}
            others = {first.setdefault((prefix.vrf, prefix.prefix, address), prefix).router for address in addresses}
            for other in others - {prefix.router}:
                if _differ(hashes[other, prefix.family], hashes[key]):
                    found.setdefault((other, prefix.router, prefix.family), []).append(prefix)
    for (one, other, family), prefixes in found.items():
        yield _finding((one, hashes[one, family]), (other, hashes[other, family]), prefixes)


def _differ(one: Hash, other: Hash) -> bool:
    if one.policy != other.policy or (one.fields and other.fields and one.fields != other.fields):
        return True
    return None not in {one.seed, other.seed} and one.seed != other.seed


def _finding(one: tuple[str, Hash], other: tuple[str, Hash], prefixes: list[AuditedPrefix]) -> Finding:
    name, own = other
    same, wanted = one
    first = prefixes[0]
    return Finding(
        code=CODE,
        severity=SEVERITY,
        message=at(
            name,
            f"hashes IPv{first.family} with {own}, expected what {same} has, which leads to the same nodes: {wanted}; "
            f"a flow of {first.prefix}{and_more(len(prefixes) - 1, 'prefix')} moves when its router changes",
        ),
        router=name,
        evidence=(*own.evidence, *wanted.evidence),
        hint=f"set the same policy, fields and seed on {same} and {name}",
    )
