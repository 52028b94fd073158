"""What a fabric of leaves and spines expects: the next hops of a router are what it is linked with.

A router leads to a node over those below it that lead to the node; where there are none, over those above it. The same
holds for the loopbacks of routers. A default route leads upwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecmpaudit.cached import cached_property
from ecmpaudit.expectations.node_lists import in_order
from ecmpaudit.expectations.scopes import PrefixSet
from ecmpaudit.model import Expectation, Node
from ecmpaudit.model.addressing import is_ipv6
from ecmpaudit.model.fabric_links import FabricLink

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NODES = "nodes"
"""The lowest tier, for messages."""
DEFAULT_ROUTES = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True)
class Fabric:
    """The tiers of a fabric, and the links between them."""

    routers: Mapping[str, Node]
    """Its routers by name, each with the addresses that others may have it as next hop with."""
    tier_of: Mapping[str, str]
    """The name of a router's tier."""
    above: Mapping[str, tuple[str, ...]]
    """By router or node, the routers above it."""
    has_default_route: bool = False
    loopback_pools: tuple[str, ...] = ()
    loopbacks: Mapping[str, str] = field(default_factory=dict)
    """The owner of each loopback, as a host prefix."""
    learned_now: tuple[str, ...] = ()
    """Routers whose links are learned from this run, since no earlier one is known."""

    @cached_property
    def _below(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for lower, uppers in self.above.items():
            for upper in uppers:
                found.setdefault(upper, []).append(lower)
        return {upper: tuple(lowers) for upper, lowers in found.items()}

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes in which all lies that is audited because of the fabric."""
        return (*(DEFAULT_ROUTES if self.has_default_route else ()), *self.loopback_pools)

    def audits(self, router: str | None, prefix: str) -> bool:
        """Return whether a prefix is audited on a router because of the fabric."""
        return self.for_prefix(router, prefix) is not None

    def named_prefixes(self, router: str | None) -> set[str]:
        """Return the prefixes that have to exist on a router because of the fabric."""
        own = (*self.loopbacks, *(DEFAULT_ROUTES if self.has_default_route else ()))
        return {prefix for prefix in own if self.audits(router, prefix)}

    def for_prefix(self, router: str | None, prefix: str) -> Expectation | None:
        """Return what a default route or a loopback should have on a router; None for all other prefixes."""
        if router is None or router not in self.routers:
            return None
        if prefix in DEFAULT_ROUTES and self.has_default_route:
            return self._expectation(f"default route of {self._place(router)}", self.above.get(router, ()), {})
        owner = self.loopbacks.get(prefix)
        if owner is None or owner == router:
            return None
        return self._expectation(f"loopback of {owner} on {self._place(router)}", self._towards(router, {owner}), {})

    def narrowed(self, router: str | None, expectation: Expectation) -> Expectation | None:
        """Return what a router has of an expectation of nodes: its own links that lead to these; None for no link.

        An expectation without names, and one of a router outside of the fabric, stays.
        """
        if router is None or router not in self.routers or not expectation.nodes:
            return expectation
        nodes = {node.name: node for node in expectation.nodes}
        if unlinked := [name for name in nodes if not self.above.get(name)]:
            return None if len(unlinked) == len(nodes) or any(self._below) else expectation
        source = f"{expectation.source}; by the links of {self._place(router)}"
        return self._expectation(source, self._towards(router, set(nodes)), nodes, expectation)

    def _expectation(
        self, source: str, names: Iterable[str], nodes: Mapping[str, Node], given: Expectation | None = None
    ) -> Expectation | None:
        found = in_order(nodes[name] if name in nodes else self.routers[name] for name in names)
        if not found:
            return None
        return replace(given or Expectation(source, 0), source=source, count=len(found), nodes=found)

    def _place(self, router: str) -> str:
        return f"the {self.tier_of[router]}" if router in self.tier_of else router

    def _towards(self, router: str, names: set[str]) -> tuple[str, ...]:
        """Return those below a router that lead to any of the names; else those above it."""
        below = tuple(lower for lower in self._below.get(router, ()) if self._leads_down(lower, names))
        return below or tuple(upper for upper in self.above.get(router, ()) if self._leads(upper, names))

    def _leads_down(self, host: str, names: set[str]) -> bool:
        return host in names or any(self._leads_down(lower, names) for lower in self._below.get(host, ()))

    def _leads(self, host: str, names: set[str]) -> bool:
        return self._leads_down(host, names) or any(self._leads(upper, names) for upper in self.above.get(host, ()))

    def links(self, nodes: Iterable[Node]) -> tuple[FabricLink, ...]:
        """Return every link of the fabric."""
        known = {**{node.name: node for node in nodes}, **self.routers}
        return tuple(
            FabricLink(known[upper], known[lower], self._tier(upper), self._tier(lower))
            for lower, uppers in self.above.items()
            for upper in uppers
            if lower in known
        )

    def _tier(self, name: str) -> str:
        return self.tier_of.get(name, NODES)

    def with_routers(self, learned: Mapping[str, Iterable[str]], on_loopback: Mapping[str, Iterable[str]]) -> Fabric:
        """Return the fabric with the addresses that its routers report, and those of them that are loopbacks.

        An address of several routers identifies none of them.
        """
        holders: dict[str, set[str]] = {}
        for name in self.routers:
            for address in learned.get(name, ()):
                holders.setdefault(address, set()).add(name)
        routers = {
            name: Node(name, node.addresses | {a for a in learned.get(name, ()) if len(holders[a]) == 1})
            for name, node in self.routers.items()
        }
        pools = PrefixSet(self.loopback_pools)
        loopbacks = {
            prefix: name
            for name in routers
            for address in on_loopback.get(name, ())
            if len(holders.get(address, ())) <= 1
            and pools.holds(prefix := f"{address}/{128 if is_ipv6(address) else 32}")
        }
        return replace(self, routers=routers, loopbacks=loopbacks)
