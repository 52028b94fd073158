"""What `--pool`, `--expect` and `--nodes` say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.configuration.addresses import canonical_prefix
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.expectations.node_lists import in_order
from ecmpaudit.expectations.scopes import Scope, expected_in_family
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecmpaudit.model import Node


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags that say what is audited and expected."""

    pools: tuple[str, ...] = ()
    nodes: tuple[Node, ...] = ()
    count: int | None = None
    """None where `nodes` says it, or nothing does."""
    source: str = "--pool"
    """For messages."""

    @classmethod
    def of(cls, pools: Sequence[str], expect: int | None, nodes: tuple[Node, ...]) -> Flags:
        """Return the flags as typed.

        Raises:
            ConfigurationError: a pool is no prefix, or `--expect` contradicts `--nodes`.
        """
        _refuse_contradiction(expect, nodes)
        prefixes = tuple(dict.fromkeys(_pool(pool) for pool in pools))
        return cls(prefixes, in_order(nodes), None if nodes else expect, _source(expect, nodes))

    @property
    def says_what_to_expect(self) -> bool:
        """There are nodes or a number."""
        return bool(self.nodes) or self.count is not None

    def scope(self, prefix: str = "") -> Scope:
        """Return what the flags expect of the prefixes inside this one."""
        return Scope(prefix, self.source, self.nodes, self.count)

    def with_known(self, known: Iterable[Node]) -> Flags:
        """Return the flags with the names and all addresses of nodes that are known already."""
        by_name = {node.name: node for node in known}
        by_address = {address: node for node in by_name.values() for address in node.addresses}
        resolved: dict[str, Node] = {}
        for node in self.nodes:
            same = by_name.get(node.name) or (by_address.get(node.name) if node.name in node.addresses else None)
            name = same.name if same else node.name
            others = (same.addresses if same else frozenset()) | (
                resolved[name].addresses if name in resolved else frozenset()
            )
            known_node = same or node
            resolved[name] = replace(known_node, name=name, addresses=node.addresses | others)
        return replace(self, nodes=in_order(resolved.values()))


def _source(expect: int | None, nodes: tuple[Node, ...]) -> str:
    """Return the flags that an expectation is from: `--expect 5 and --nodes`."""
    flags = []
    if expect is not None:
        flags.append(f"--expect {expect}")
    if nodes:
        flags.append("--nodes")
    return listed(flags, separator=" and ") or "--pool"


def _refuse_contradiction(expect: int | None, nodes: tuple[Node, ...]) -> None:
    if expect is None:
        return
    if expect < 1:
        raise ConfigurationError(f"--expect {expect}: expected a whole number of 1 or more")
    for version in (4, 6):
        number = len(expected_in_family(nodes, version))
        if nodes and number != expect:
            raise ConfigurationError(f"--expect {expect}: --nodes lists {number} for IPv{version}; give one of the two")


def _pool(pool: str) -> str:
    try:
        return canonical_prefix(pool.strip())
    except ValueError as error:
        raise ConfigurationError(f"--pool {pool}: {error}") from None
