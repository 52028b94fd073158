"""The values of `--nodes`: every notation, and what is said of slips."""

from __future__ import annotations

import pytest

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import Node


def bare(*addresses: str) -> tuple[Node, ...]:
    """Nodes that are called by their address."""
    return tuple(Node(address, frozenset([address])) for address in addresses)


NOTATIONS = {
    "one address": (["172.30.250.101"], bare("172.30.250.101")),
    "range in the last group": (["172.30.250.99-101"], bare("172.30.250.99", "172.30.250.100", "172.30.250.101")),
    "range of full addresses": (["192.0.2.255-192.0.3.1"], bare("192.0.2.255", "192.0.3.0", "192.0.3.1")),
    "range of one": (["192.0.2.1-1"], bare("192.0.2.1")),
    "IPv6 address in another form": (["FD00:30:250:0::101"], bare("fd00:30:250::101")),
    "IPv6 range counts in hexadecimal": (
        ["fd00:30:250::9-b"],
        bare("fd00:30:250::9", "fd00:30:250::a", "fd00:30:250::b"),
    ),
    "IPv6 range from the first address": (["fd00::-1"], bare("fd00::", "fd00::1")),
    "IPv6 range of full addresses": (["fd00::ffff-fd00::1:0"], bare("fd00::ffff", "fd00::1:0")),
    "comma list with blanks": (["192.0.2.2, 192.0.2.1"], bare("192.0.2.1", "192.0.2.2")),
    "given several times": (["192.0.2.1", "2001:db8::1"], bare("192.0.2.1", "2001:db8::1")),
    "both families": (["192.0.2.1-2,2001:db8::1-2"], bare("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2")),
    "names in natural order": (
        ["node10=192.0.2.10,node2=192.0.2.2"],
        (Node("node2", frozenset(["192.0.2.2"])), Node("node10", frozenset(["192.0.2.10"]))),
    ),
    "several addresses of one node": (
        ["node-1=172.30.250.101+fd00:30:250::101"],
        (Node("node-1", frozenset(["172.30.250.101", "fd00:30:250::101"])),),
    ),
    "the same name again adds addresses": (
        ["node1=192.0.2.1", "node1=2001:db8::1,192.0.2.9"],
        (Node("node1", frozenset(["192.0.2.1", "2001:db8::1"])), *bare("192.0.2.9")),
    ),
}


@pytest.mark.parametrize("case", NOTATIONS)
def test_a_notation_gives_these_nodes(case: str) -> None:
    values, nodes = NOTATIONS[case]
    assert parse_nodes(values) == nodes


SLIPS = {
    "no address": ("node1", 'expected an IPv4 or IPv6 address, found "node1"'),
    "a prefix": ("192.0.2.0/24", "expected an address without a length, found 192.0.2.0/24: write 192.0.2.0"),
    "a zone": ("fe80::1%eth0", "expected an address without its interface, found fe80::1%eth0: write fe80::1"),
    "an empty entry": (
        "192.0.2.1,",
        "an entry is empty; expected addresses, ranges or NAME=ADDRESS, separated by commas",
    ),
    "backwards": ("192.0.2.5-3", "192.0.2.5-3 runs backwards; expected the smaller address first"),
    "too large": ("2001:db8::-1000", "2001:db8::-1000 has 4,097 addresses; expected 4,096 or fewer"),
    "beyond the last group": (
        "192.0.2.5-256",
        'expected a number up to 255 or an address after 192.0.2.5-, found "256"',
    ),
    "no hexadecimal": (
        "2001:db8::1-g",
        'expected a hexadecimal group or an address after 2001:db8::1-, found "g"',
    ),
    "two families": ("192.0.2.1-2001:db8::1", "192.0.2.1-2001:db8::1 runs from IPv4 to IPv6; expected one family"),
    "twice": ("192.0.2.1-3,192.0.2.2", "192.0.2.2 is listed twice; an address identifies one node"),
    "two nodes with one address": (
        "node1=192.0.2.1,node2=192.0.2.1",
        "192.0.2.1 is listed twice; an address identifies one node",
    ),
    "a range with a name": (
        "node=192.0.2.1-5",
        "node is one node, but 192.0.2.1-5 is a range; expected single addresses, joined with +",
    ),
    "addresses joined without a name": (
        "192.0.2.1+2001:db8::1",
        "192.0.2.1+2001:db8::1: addresses joined with + are one node's; expected NAME= before them",
    ),
    "no name": ("=192.0.2.1", 'expected NAME=ADDRESS, found the name ""'),
    "an address for a name": ("192.0.2.1=2001:db8::1", "expected a name before =, found the address 192.0.2.1"),
}


@pytest.mark.parametrize("case", SLIPS)
def test_a_typing_error_is_reported_with_the_value(case: str) -> None:
    value, message = SLIPS[case]
    with pytest.raises(ConfigurationError) as error:
        parse_nodes([value])
    assert str(error.value) == f"--nodes {value}: {message}"


def test_the_largest_range_has_4096_nodes() -> None:
    assert len(parse_nodes(["2001:db8::-fff"])) == 4096
