"""The order of prefixes: which neighbours are in the wrong one, and which lists have an order of their own."""

from __future__ import annotations

import pytest

from ecmpaudit.parsing.prefix_order import ORDERS, inversions

OF_ADDRESSES, OF_THE_KERNEL = "order of addresses", "order of the kernel"


def found(order: str, prefixes: list[str]) -> list[tuple[str, str]]:
    """Return the pairs in the wrong order."""
    rows = [(number, prefix) for number, prefix in enumerate(prefixes, start=1)]
    return [(above[1], below[1]) for above, below in inversions(rows, ORDERS[order])]


NETS = ["10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/24", "10.1.1.0/24", "10.2.0.0/16", "10.10.0.0/16", "192.0.2.0/24"]
NETS_6 = ["2001:db8::/32", "2001:db8:1::/48", "2001:db8:1::/64", "2001:db8:1:1::/64", "2001:db8:2::/48", "fd00::/8"]


@pytest.mark.parametrize("prefixes", [NETS, NETS_6], ids=["IPv4", "IPv6"])
def test_frr_prints_a_network_before_those_inside_of_it(prefixes: list[str]) -> None:
    assert found(OF_ADDRESSES, prefixes) == []
    moved = [prefixes[1], prefixes[0], *prefixes[2:]]
    assert found(OF_ADDRESSES, moved) == [(prefixes[1], prefixes[0])]


def test_linux_prints_ipv4_by_address_and_the_longest_of_one_address_first() -> None:
    assert found(OF_THE_KERNEL, ["10.1.0.0/24", "10.1.0.0/16", "10.1.1.0/24", "10.2.0.0/16"]) == []
    assert found(OF_THE_KERNEL, ["10.1.0.0/16", "10.1.0.0/24", "10.1.1.0/24", "10.2.0.0/16"]) == [
        ("10.1.0.0/16", "10.1.0.0/24")
    ]


def test_linux_prints_an_ipv6_network_after_those_inside_of_it() -> None:
    inner_first = ["2001:db8:1:1::/64", "2001:db8:1::/48", "2001:db8:2::/48", "2001:db8::/32"]
    assert found(OF_THE_KERNEL, inner_first) == []
    assert found(OF_THE_KERNEL, [inner_first[3], *inner_first[:3]]) == [(inner_first[3], inner_first[0])]


@pytest.mark.parametrize("others,is_reported", [(2, True), (1, False)])
def test_a_list_with_more_than_one_of_four_out_of_order_has_another_order(others: int, *, is_reported: bool) -> None:
    prefixes = ["10.2.0.0/16", "10.1.0.0/16", *(f"10.{3 + n}.0.0/16" for n in range(others))]
    assert found(OF_ADDRESSES, prefixes) == ([("10.2.0.0/16", "10.1.0.0/16")] if is_reported else [])


@pytest.mark.parametrize("order", ORDERS)
def test_a_prefix_that_is_there_twice_is_in_order(order: str) -> None:
    assert found(order, ["10.1.0.0/16"] * 4) == []
    assert found(order, ["2001:db8::/32"] * 4) == []
