"""A router and a router that it sends to hash alike, so that the second one uses only some of its next hops.

Why
    All flows that the first router sends to the second have hashes of one range. With the same policy and the same
    seed, the second computes the same hash again: every flow falls into the range that it was chosen by, and the other
    next hops get nothing (polarised). Reproduced in namespaces: of 4,091 flows that took one of two next hops in the
    first tier, all 4,091 took the same one of two in the second; with another seed 2,014 and 2,077. The seed
    (`net.ipv4.fib_multipath_hash_seed`, Linux 6.11) is that of both families. A seed of 0 is a random one of each
    kernel, so routers with kernels of their own are not polarised by it. Routers that share a kernel (containers,
    namespaces) are: with 0 in both, two namespaces chose the same next hop for 200 of 200 flows, and with 0 and 7 for
    103. No answer shows which routers share a kernel, so whether tiers with random seeds do is not known here, and not
    reported: `cat /proc/sys/kernel/random/boot_id` prints the same on both if they do. Then give each tier a seed.

How to fix
    Give each tier a seed of its own: `sysctl -w net.ipv4.fib_multipath_hash_seed=N`, in /etc/sysctl.d too. Routers of
    one tier keep the same one, so that a flow stays at its node when it comes in by another of them. Flows that are
    open move to other nodes when the seed changes.

Bad
    spine1 198.51.100.7/32 via 192.0.2.11-12
    leaf1 198.51.100.7/32 via 192.0.2.21-22
    leaf1 address 192.0.2.11/24 on eth0
    spine1 setting fib_multipath_hash_policy ipv4 1
    leaf1 setting fib_multipath_hash_policy ipv4 1
    spine1 setting fib_multipath_hash_seed 7
    leaf1 setting fib_multipath_hash_seed 7

    spine1 2001:db8:100::7/128 via 2001:db8::11, 2001:db8::12
    leaf1 2001:db8:100::7/128 via 2001:db8::21, 2001:db8::22
    leaf1 address 2001:db8::11/64 on eth0
    spine1 setting fib_multipath_hash_policy ipv6 1
    leaf1 setting fib_multipath_hash_policy ipv6 1
    spine1 setting fib_multipath_hash_seed 7
    leaf1 setting fib_multipath_hash_seed 7

Good
    spine1 198.51.100.7/32 via 192.0.2.11-12
    leaf1 198.51.100.7/32 via 192.0.2.21-22
    leaf1 address 192.0.2.11/24 on eth0
    spine1 setting fib_multipath_hash_policy ipv4 1
    leaf1 setting fib_multipath_hash_policy ipv4 1
    spine1 setting fib_multipath_hash_seed 7
    leaf1 setting fib_multipath_hash_seed 8
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import AuditedPrefix, Finding, Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.hashing import hash_of, spread_by_router
from ecmpaudit.rules.messages import at, next_hops
from ecmpaudit.wording import and_more, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network
    from ecmpaudit.model.addressing import Place
    from ecmpaudit.rules.hashing import Hash

CODE = "ECMP704"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES, Question.HASH_POLICY, Question.ADDRESSES)

_Pair = tuple[AuditedPrefix, AuditedPrefix]


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router and family with next hops that are routers and hash as it does."""
    spread = spread_by_router(network)
    hashes = {key: known for key in spread if (known := hash_of(*key, network.facts)) and known.is_seeded}
    if len({router for router, _ in hashes}) > 1:
        below = {prefix.key: prefix for key in hashes for prefix in spread[key]}
        for (router, family), own in hashes.items():
            found: dict[str, list[_Pair]] = {}
            for prefix in spread[router, family]:
                for lower in _lower(prefix, below, network):
                    if own.is_like(hashes[lower.router, family]):
                        found.setdefault(lower.router, []).append((prefix, lower))
            if found:
                yield _finding(router, family, own, found)


def _lower(prefix: AuditedPrefix, below: dict[Place, AuditedPrefix], network: Network) -> Iterator[AuditedPrefix]:
    """Yield the same prefix on each router that is one of its next hops."""
    nodes = prefix.expectation.nodes if prefix.expectation else ()
    of_nodes = {address: node.name for node in nodes for address in node.addresses}
    for hop in prefix.installed:
        router = of_nodes.get(hop.address or "") or network.facts.host_of(hop.address or "")
        if router and router != prefix.router and (lower := below.get((router, prefix.vrf, prefix.prefix))):
            yield lower


def _finding(router: str, family: int, own: Hash, found: dict[str, list[_Pair]]) -> Finding:
    pairs = next(iter(found.values()))
    lower = pairs[0][1]
    return Finding(
        code=CODE,
        severity=SEVERITY,
        message=at(
            router,
            f"hashes IPv{family} as its {next_hops(len(found))} {listed(found, 8)} ({own}), expected another seed in "
            f"each tier; {lower.router} uses only some of its {next_hops(len(lower.installed))} of {lower.prefix}"
            f"{and_more(len(pairs) - 1, 'prefix')} for what {router} sends",
        ),
        router=router,
        evidence=own.evidence,
        hint="sysctl -w net.ipv4.fib_multipath_hash_seed=N, another one in each tier",
    )
