"""What a router's kernel hashes to choose among next hops: policy, fields and seed, as its sysctl has them.

A seed of 0 is a random one of each kernel, made when it starts. The seed is one setting for both families.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecmpaudit.model import AuditedPrefix, Evidence, Facts, Network

POLICY = "fib_multipath_hash_policy"
FIELDS = "fib_multipath_hash_fields"
SEED = "fib_multipath_hash_seed"
ADDRESSES_ONLY, OWN_FIELDS = "0", "3"
"""Policies: source and destination address; what the fields say."""
RANDOM = "0"
_SOURCE_PORTS = 0x0010 | 0x0400
"""Of the packet, and of the inner one of a tunnel (Documentation/networking/ip-sysctl.rst)."""
_FLOW_LABEL = 0x0008
_IPV6 = 6


@dataclass(frozen=True, slots=True)
class Hash:
    """How one router hashes the flows of one family."""

    policy: str
    fields: str | None
    """Of policy 3 alone: a number whose bits are the fields; None for the others, and where it is not known."""
    seed: str | None
    """None where the kernel has no such setting, or was not asked."""
    evidence: tuple[Evidence, ...]

    @property
    def is_seeded(self) -> bool:
        """Somebody gave the router a seed."""
        return self.seed not in {None, RANDOM}

    def lacks_ports(self, family: int) -> bool:
        """Return whether all flows between two hosts have one hash, by fields of one's own.

        The destination port is that of the service, and the same for all. Of IPv6, the flow label differs by flow.
        """
        wanted = _SOURCE_PORTS | (_FLOW_LABEL if family == _IPV6 else 0)
        return self.fields is not None and not int(self.fields) & wanted

    def is_like(self, other: Hash) -> bool:
        """Return whether both give a flow the same hash."""
        return (self.policy, self.fields, self.seed) == (other.policy, other.fields, other.seed)

    def __str__(self) -> str:
        fields = f", fields {int(self.fields):#06x}" if self.fields else ""
        seed = "" if self.seed is None else ", a random seed" if self.seed == RANDOM else f", seed {self.seed}"
        return f"policy {self.policy}{fields}{seed}"


def hash_of(router: str, family: int, facts: Facts) -> Hash | None:
    """Return how a router hashes; None where its policy is not known."""
    policy, fields, seed = (facts.setting(router, name, family) for name in (POLICY, FIELDS, SEED))
    if policy is None:
        return None
    with_fields = fields if policy.value == OWN_FIELDS else None
    places = tuple(known.evidence for known in (policy, with_fields, seed) if known)
    return Hash(policy.value, with_fields.value if with_fields else None, seed.value if seed else None, places)


def spread_by_router(network: Network) -> dict[tuple[str, int], list[AuditedPrefix]]:
    """Return by router and family the prefixes that it spreads over several next hops, where its policy is known."""
    with_policy = {setting.host for setting in network.facts.settings if setting.name == POLICY}
    found: dict[tuple[str, int], list[AuditedPrefix]] = {}
    for prefix in network.prefixes:
        if prefix.router in with_policy and len(prefix.installed) > 1:
            found.setdefault((prefix.router, prefix.family), []).append(prefix)
    return found


def without_stateful(spread: dict[tuple[str, int], list[AuditedPrefix]]) -> dict[tuple[str, int], list[AuditedPrefix]]:
    """Return the same without the prefixes whose next hops are stateful: all flows of a client belong together."""
    kept = {key: [prefix for prefix in prefixes if not prefix.is_stateful] for key, prefixes in spread.items()}
    return {key: prefixes for key, prefixes in kept.items() if prefixes}
