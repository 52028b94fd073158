"""A change as it was asked for: which nodes and routers go, which come, and which weights they have afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.configuration.addresses import canonical_address
from ecmpaudit.digits import number_in
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.expectations.node_lists import parse_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ecmpaudit.model import Growth, Node

_LARGEST_WEIGHT = 1 << 16
"""Of a next hop in Linux."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change; all its parts happen together."""

    lose: tuple[str, ...] = ()
    """Nodes by name or address."""
    lose_routers: tuple[str, ...] = ()
    add: tuple[Node, ...] = ()
    replace: tuple[tuple[str, Node | str], ...] = ()
    """Each node that goes, by name or address, and the one that comes: its name alone where its addresses are known."""
    weights: Mapping[str, int] = field(default_factory=dict)
    """By node, by name or address."""
    growth: Growth | None = None
    """Nodes to be added that have no name yet."""
    losing: str = "--lose "
    """What precedes the name of a node that goes: the option with a blank, or nothing for an argument."""

    @property
    def is_any(self) -> bool:
        """Return whether anything changes."""
        parts = (self.lose, self.lose_routers, self.add, self.replace, self.weights)
        return any(parts) or self.growth is not None

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        """Each node that has to be known, as it was given, and alone."""
        yield from ((f"{self.losing}{text}", text) for text in self.lose)
        yield from ((f"--replace {old}", old) for old, _ in self.replace)
        yield from ((f"--replace {new}", new) for _, new in self.replace if isinstance(new, str))
        yield from ((f"--weights {text}", text) for text in self.weights)


def added_nodes(values: Sequence[str]) -> tuple[Node, ...]:
    """Return the nodes of `--add NAME=ADDRESS`; the notation is that of `--nodes`.

    Raises:
        ConfigurationError: a value is no node.
    """
    return parse_nodes(values, "--add")


def replacements(values: Sequence[str]) -> tuple[tuple[str, Node | str], ...]:
    """Return each node that goes and the one that comes: `node1=node9`, `node1=192.0.2.9`, `node1=node9=192.0.2.9`.

    Raises:
        ConfigurationError: a value has another form.
    """
    return tuple(_replacement(value) for value in values)


def _replacement(value: str) -> tuple[str, Node | str]:
    old, _, new = (part.strip() for part in value.partition("="))
    if not old or not new:
        raise ConfigurationError(f"--replace {value}: expected OLD=NEW, for example node1=node9=192.0.2.9")
    if "=" not in new and _address(new) is None:
        return canonical(old), new
    nodes = parse_nodes((new,), "--replace")
    if len(nodes) != 1:
        raise ConfigurationError(f"--replace {value}: expected one node that comes, found {len(nodes)}")
    return canonical(old), nodes[0]


def weights_of(values: Sequence[str]) -> dict[str, int]:
    """Return the weights by node of `node1=2,node2=3`.

    Raises:
        ConfigurationError: a value has another form, or a weight that Linux does not take.
    """
    found: dict[str, int] = {}
    for value in values:
        for entry in value.split(","):
            name, _, text = (part.strip() for part in entry.rpartition("="))
            weight = number_in(text, _LARGEST_WEIGHT)
            if not name or not weight:
                raise ConfigurationError(
                    f"--weights {value}: expected NODE=WEIGHT with a weight from 1 to {_LARGEST_WEIGHT:,}, "
                    f'found "{entry.strip()}"'
                )
            found[canonical(name)] = weight
    return found


def listed_names(values: Sequence[str]) -> tuple[str, ...]:
    """Return the nodes of `--lose`, each by name or address; a value may be a comma list."""
    names = (name.strip() for value in values for name in value.split(","))
    return tuple(dict.fromkeys(canonical(name) for name in names if name))


def canonical(text: str) -> str:
    """Return an address in its canonical form, with its interface where it has one, and any other text as it is."""
    address, percent, interface = text.partition("%")
    return f"{_address(address) or address}{percent}{interface}"


def _address(text: str) -> str | None:
    try:
        return canonical_address(text)
    except ValueError:
        return None
