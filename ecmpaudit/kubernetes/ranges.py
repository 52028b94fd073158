"""Ranges of addresses as the pools of load balancers write them: a prefix, or the first and the last address."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network, summarize_address_range
from itertools import accumulate
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Address, IPv6Address

_Owner = TypeVar("_Owner")


@dataclass(frozen=True, slots=True)
class AddressRange:
    """From the first address to the last, both included."""

    first: IPv4Address | IPv6Address
    last: IPv4Address | IPv6Address

    def __contains__(self, address: str) -> bool:
        version, number = _number(address)
        return version == self.first.version and int(self.first) <= number <= int(self.last)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes that are this range together."""
        return tuple(str(network) for network in summarize_address_range(self.first, self.last))


class RangeIndex(Generic[_Owner]):
    """Whose ranges hold an address, found without a look at each of them: a cluster may have thousands of pools."""

    def __init__(self, owned: Iterable[tuple[AddressRange, _Owner]]) -> None:
        """Take the ranges, each with its owner; they may overlap."""
        ranges: dict[int, list[tuple[int, int, int, _Owner]]] = {4: [], 6: []}
        for order, (known, owner) in enumerate(owned):
            ranges[known.first.version].append((int(known.first), int(known.last), order, owner))
        for of_version in ranges.values():
            of_version.sort(key=lambda each: each[:3])
        self._ranges = ranges
        self._starts = {version: [each[0] for each in known] for version, known in ranges.items()}
        self._ends = {version: list(accumulate((each[1] for each in known), max)) for version, known in ranges.items()}

    def holding(self, address: str) -> list[_Owner]:
        """Return the owners of the ranges that hold an address, in the order in which they were given."""
        version, number = _number(address)
        known, ends = self._ranges[version], self._ends[version]
        found = []
        position = bisect_right(self._starts[version], number)
        while position and ends[position - 1] >= number:  # else all ranges before this one end earlier
            position -= 1
            _, last, order, owner = known[position]
            if last >= number:
                found.append((order, owner))
        return [owner for _, owner in sorted(found, key=lambda each: each[0])]


@lru_cache(maxsize=4096)
def _number(text: str) -> tuple[int, int]:
    """Return the version of an address, and its number."""
    address = ip_address(text)
    return address.version, int(address)


@lru_cache(maxsize=4096)
def address_range(text: str) -> AddressRange:
    """Return the range of `198.51.100.0/24`, of `198.51.100.10-198.51.100.20`, or of one address; ValueError else."""
    first, dash, last = text.partition("-")
    try:
        if not dash:
            network = ip_network(text.strip(), strict=False)
            return AddressRange(network[0], network[-1])
        found = AddressRange(ip_address(first.strip()), ip_address(last.strip()))
    except ValueError:
        raise ValueError(f'expected a prefix or FIRST-LAST, found "{text}"') from None
    if found.first.version != found.last.version or int(found.first) > int(found.last):
        raise ValueError(f"expected the smaller address of the same family first, found {text}")
    return found


def prefix_of(text: str) -> str:
    """Return the text of a prefix without blanks around it; ValueError where it is none, as `FIRST-LAST`."""
    try:
        ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(f'expected a prefix, found "{text}"') from None
    return text.strip()


def prefix_around(address: str, length: int) -> str:
    """Return the prefix of this length that an address lies in; ValueError where the length is no length."""
    return str(ip_network(f"{address}/{length}", strict=False))


def host_length(address: str) -> int:
    """Return 32 for IPv4, 128 for IPv6."""
    return ip_address(address).max_prefixlen
