"""The values of `--nodes`: addresses, ranges and named nodes in one short notation.

    172.30.250.101-105                              five nodes, a range in the last group
    172.30.250.101-172.30.250.105                   the same
    fd00:30:250::101-105                            the last group of IPv6 is hexadecimal: 101, 102 … 105
    node1=172.30.250.101+fd00:30:250::101           one node with a name and two addresses
    node1=172.30.250.101,node2=172.30.250.102       several, separated by commas

A node without a name is called by its address. The same name again adds addresses to that node.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from ecmpaudit.configuration.addresses import canonical_address
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Node, address_key, name_key
from ecmpaudit.model.addressing import is_ipv6

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_NODES = 4096
"""In one range; a larger range is a typing error."""


def parse_nodes(values: Sequence[str], option: str = "--nodes") -> tuple[Node, ...]:
    """Return the nodes that the values of an option list, sorted; ConfigurationError says what is wrong."""
    owners: dict[str, str] = {}
    for value in values:
        for entry in value.split(","):
            try:
                _add(entry.strip(), owners)
            except ValueError as error:
                raise ConfigurationError(f"{option} {value}: {error}") from None
    addresses: dict[str, set[str]] = {}
    for address, name in owners.items():
        addresses.setdefault(name, set()).add(address)
    return in_order(Node(name, frozenset(own)) for name, own in addresses.items())


def in_order(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Return the nodes by name, node2 before node10, then those without a name by address."""
    return tuple(sorted(nodes, key=_order))


def _order(node: Node) -> tuple[bool, object]:
    has_no_name = node.name in node.addresses
    return has_no_name, address_key(node.name) if has_no_name else name_key(node.name)


def _add(entry: str, owners: dict[str, str]) -> None:
    """Enter each address of one entry with its node's name."""
    if not entry:
        raise ValueError("an entry is empty; expected addresses, ranges or NAME=ADDRESS, separated by commas")
    name, is_named, listed = entry.rpartition("=")
    if is_named:
        named = [(_node_name(name.strip()), address) for address in _addresses_of_one_node(name, listed)]
    else:
        named = [(address, address) for address in _addresses(entry)]
    for owner, address in named:
        if address in owners:
            raise ValueError(f"{address} is listed twice; an address identifies one node")
        owners[address] = owner


def _node_name(name: str) -> str:
    if not name or "=" in name:
        raise ValueError(f'expected NAME=ADDRESS, found the name "{name}"')
    try:
        ip_address(name)
    except ValueError:
        return name
    raise ValueError(f"expected a name before =, found the address {name}")


def _addresses_of_one_node(name: str, listed: str) -> list[str]:
    addresses = [part.strip() for part in listed.split("+")]
    for part in addresses:
        if "-" in part:
            raise ValueError(f"{name} is one node, but {part} is a range; expected single addresses, joined with +")
    return [canonical_address(part) for part in addresses]


def _addresses(entry: str) -> list[str]:
    if "+" in entry:
        raise ValueError(f"{entry}: addresses joined with + are one node's; expected NAME= before them")
    first, is_range, last = entry.partition("-")
    if not is_range:
        return [canonical_address(entry)]
    start = ip_address(canonical_address(first.strip()))
    end = _end_of_range(str(start), first.strip(), last.strip())
    if start.version != end.version:
        raise ValueError(f"{entry} runs from IPv{start.version} to IPv{end.version}; expected one family")
    size = int(end) - int(start) + 1
    if size < 1:
        raise ValueError(f"{entry} runs backwards; expected the smaller address first")
    if size > MOST_NODES:
        raise ValueError(f"{entry} has {size:,} addresses; expected {MOST_NODES:,} or fewer")
    return [str(start + offset) for offset in range(size)]


def _end_of_range(start: str, typed: str, last: str) -> IPv4Address | IPv6Address:
    """Return the last address; a bare number is the last group of the first one."""
    if "." in last or ":" in last:
        return ip_address(canonical_address(last))
    if is_ipv6(start):  # all groups written out, since fd00:: ends in none that could be replaced
        start = IPv6Address(start).exploded
    groups = start[: start.rindex(":" if is_ipv6(start) else ".") + 1]
    try:
        return ip_address(groups + last)
    except ValueError:
        kind = "a hexadecimal group" if is_ipv6(start) else "a number up to 255"
        raise ValueError(f'expected {kind} or an address after {typed}-, found "{last}"') from None
