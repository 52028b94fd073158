"""By which name a next hop is shown and asked for: its node's or router's where one is known, else its address."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ecmpaudit.cached import cached_property
from ecmpaudit.configuration.patterns import is_pattern
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Node, name_key
from ecmpaudit.model.addressing import is_link_local
from ecmpaudit.wording import listed, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.changes.planned import Change
    from ecmpaudit.model import AuditedPrefix, Network, NextHop

_NAMED = 10
"""Known names that an error lists."""


class Names:
    """The names of next hops in one network."""

    def __init__(self, network: Network, nodes: Iterable[Node] = ()) -> None:
        self._facts = network.facts
        self._nodes: dict[str, Node] = {}
        self._of_address: dict[str, str] = {}
        self._prefixes = network.prefixes
        of_prefixes = dict.fromkeys(p.expectation.nodes for p in network.prefixes if p.expectation)
        # One that has only its link-local address as a name was inferred from a next hop, and may be on several links.
        named = (node for own in of_prefixes for node in own if not is_link_local(node.name))
        for node in (*nodes, *named):
            self._nodes.setdefault(node.name, node)
            for address in node.addresses:
                self._of_address.setdefault(address, node.name)

    @cached_property
    def _of_hops(self) -> Mapping[str, frozenset[str]]:
        """The names of all next hops in use, by name, by address, and by address with interface."""
        sets = {id(prefix.installed): prefix for prefix in self._prefixes}
        found: dict[str, set[str]] = {}
        for prefix in sets.values():
            for hop in prefix.installed:
                name = self.of(hop, prefix)
                found.setdefault(hop.address or "", set()).add(name)
                for own in (name, str(hop), *self.parents_of(hop, prefix)):
                    found.setdefault(own, set()).add(own)
        return {text: frozenset(names) for text, names in found.items()}

    def of(self, hop: NextHop, prefix: AuditedPrefix) -> str:
        """Return the name of a next hop of a prefix; one that one recursive one alone resolves to has its name."""
        own = self.owner_of(hop)
        parents = self.parents_of(hop, prefix) if own is None else ()
        return own or (parents[0] if len(parents) == 1 else str(hop))

    def owner_of(self, hop: NextHop) -> str | None:
        """Return the node, router or other host that has the address of a next hop; None where that is not known."""
        return self._of_address.get(hop.address or "") or self._facts.host_of(hop.address or "")

    def parents_of(self, hop: NextHop, prefix: AuditedPrefix) -> tuple[str, ...]:
        """Return the names of the recursive next hops that resolve to a next hop."""
        parents = [parent for parent, below in prefix.recursive if any(one.is_same_as(hop) for one in below)]
        return tuple(dict.fromkeys(self._of_address.get(parent.address or "", str(parent)) for parent in parents))

    def node(self, name: str) -> Node | None:
        """Return a known node by its name or one of its addresses."""
        return self._nodes.get(self._of_address.get(name, name))

    def meant(self, text: str) -> str:
        """Return the name that a name or an address means."""
        return self._of_address.get(text) or self._facts.host_of(text) or text

    def all_meant(self, text: str) -> frozenset[str]:
        """Return the names of next hops that a text means.

        They are several where it is a link-local address that is a next hop on several interfaces, of unknown nodes.
        """
        name = self.meant(text)
        return self._of_hops.get(name, frozenset({name}))

    def check_parts(self, change: Change) -> None:
        """Check that the parts of a change, which all happen together, fit together.

        Raises:
            ConfigurationError: a node goes and comes, has a weight and goes, or is replaced by two.
        """
        replaced = [self.meant(old) for old, _ in change.replace]
        going = {self.meant(text) for text in change.lose}
        for name in replaced:
            if name in going:
                raise ConfigurationError(f"--replace {name}: it goes already; give it once, in --lose or --replace")
            going.add(name)
        comers = [new for _, new in change.replace]
        for new in (*comers, *change.add):
            name = self.meant(new) if isinstance(new, str) else new.name
            if name in going:
                raise ConfigurationError(
                    f"{name} goes and comes: all parts of a change happen together; ask about one after the other"
                )
        for text in change.weights:
            if self.meant(text) in going:
                raise ConfigurationError(
                    f"--weights {text}: it goes, and has no weight afterwards; leave one of both out"
                )

    def check(self, change: Change, routers: Iterable[str]) -> None:
        """Check that what a change names is known.

        Raises:
            ConfigurationError: a node is neither known nor a next hop, or a router was not read.
        """
        for given, text in change.named:
            if not (self.node(text) or text in self._of_hops or self.meant(text) in self._of_hops):
                raise ConfigurationError(unknown_name(given, "node or next hop", text, self._known))
        known = {name: None for name in routers if name}
        for text in change.lose_routers:
            if text not in known:
                raise ConfigurationError(unknown_name(f"--lose-router {text}", "router", text, known))

    def matching(self, given: Iterable[str], losing: str) -> tuple[str, ...]:
        """Return the names, and of each pattern the nodes and next hops that it matches; `losing` is as in a change.

        Raises:
            ConfigurationError: a pattern matches none.
        """
        return with_patterns_expanded(given, losing, sorted(filter(None, self._known)))

    @property
    def _known(self) -> Iterable[str]:
        return dict.fromkeys([*self._nodes, *self._of_hops])


def with_patterns_expanded(given: Iterable[str], losing: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the names, and of each pattern those that it matches; errors are those of `Names.matching`."""
    found: dict[str, None] = {}
    for text in given:
        matched = [name for name in known if fnmatchcase(name, text)] if is_pattern(text) else [text]
        if not matched:
            raise ConfigurationError(unknown_name(f"{losing}{text}", "node or next hop", text, known))
        found |= dict.fromkeys(matched)
    return tuple(found)


def unknown_name(given: str, kind: str, text: str, known: Iterable[str]) -> str:
    """Return the message about a name that is not known, with the nearest one."""
    names = sorted(filter(None, known), key=lambda name: [str(part) for part in name_key(name)])
    known_names = f"; known: {listed(names, _NAMED) or 'none'}"
    return f"{given}: no such {kind}{suggestion(text, names) or known_names}"
