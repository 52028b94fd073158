"""Expectations by flags, per family, and with addresses that the nodes reported."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import Expectation, Node


def test_flags_without_pools_hold_for_every_prefix() -> None:
    expectations = Expectations.from_flags((), 5, ())
    assert expectations.has_any
    assert expectations.pools(None) == ()
    assert expectations.audits("tor1", "2001:db8::/32")
    assert expectations.for_prefix("tor1", "2001:db8::/32") == Expectation("--expect 5", 5)


def test_flags_with_pools_hold_inside_them() -> None:
    nodes = parse_nodes(["172.30.250.101-105"])
    expectations = Expectations.from_flags(["172.31.0.0/16", "172.31.9.9/32"], None, nodes)
    assert expectations.for_prefix(None, "172.31.1.0/32") == Expectation("--nodes", 5, nodes)
    assert expectations.for_prefix(None, "172.32.0.1/32") is None
    assert not expectations.audits(None, "172.32.0.1/32")
    assert expectations.named_prefixes(None) == ("172.31.9.9/32",)


def test_a_pool_alone_narrows_without_expecting() -> None:
    expectations = Expectations.from_flags(["172.31.0.0/16"], None, ())
    assert expectations.has_any
    assert expectations.audits(None, "172.31.1.0/32")
    assert expectations.for_prefix(None, "172.31.1.0/32") is None


def test_no_flags_expect_nothing() -> None:
    expectations = Expectations.from_flags((), None, ())
    assert not expectations.has_any
    assert expectations.for_prefix(None, "172.31.1.0/32") is None


def test_a_number_that_agrees_with_the_nodes_is_accepted() -> None:
    nodes = parse_nodes(["192.0.2.1-3,2001:db8::1-3"])
    expectation = Expectations.from_flags((), 3, nodes).for_prefix(None, "198.51.100.1/32")
    assert expectation is not None
    assert (expectation.source, expectation.count) == ("--expect 3 and --nodes", 3)


@pytest.mark.parametrize(
    "pools, expect, nodes, message",
    [
        pytest.param(
            [], 4, "192.0.2.1-5", "--expect 4: --nodes lists 5 for IPv4; give one of the two", id="contradiction"
        ),
        pytest.param([], 0, None, "--expect 0: expected a whole number of 1 or more", id="zero"),
        pytest.param(
            ["172.31.1.0/16"],
            5,
            None,
            "--pool 172.31.1.0/16: 172.31.1.0/16 has host bits set: write 172.31.0.0/16, "
            "or 172.31.1.0/32 for that one address",
            id="host bits",
        ),
        pytest.param(
            ["2001:db8::1"],
            5,
            None,
            "--pool 2001:db8::1: expected a prefix with its length, found 2001:db8::1: write 2001:db8::1/128",
            id="no length",
        ),
    ],
)
def test_flags_that_cannot_be_used_are_refused(pools: list[str], expect: int, nodes: str | None, message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        Expectations.from_flags(pools, expect, parse_nodes([nodes]) if nodes else ())
    assert str(error.value) == message


# Families


@dataclass(frozen=True)
class Family:
    """A prefix, and what of the nodes is expected of it."""

    nodes: str
    prefix: str
    count: int
    names: list[str]


FAMILIES = {
    "two lists, IPv4": Family("192.0.2.1-2,2001:db8::1-3", "198.51.100.1/32", 2, ["192.0.2.1", "192.0.2.2"]),
    "two lists, IPv6": Family(
        "192.0.2.1-2,2001:db8::1-3", "2001:db8:31::1/128", 3, ["2001:db8::1", "2001:db8::2", "2001:db8::3"]
    ),
    "IPv4 addresses only, IPv6: their number": Family("192.0.2.1-5", "2001:db8:31::1/128", 5, []),
    "named with IPv4 only, IPv6: their number": Family("a=192.0.2.1,b=192.0.2.2", "2001:db8:31::1/128", 2, []),
    "IPv6 addresses only, IPv4: they may be its next hops": Family(
        "2001:db8::1-2", "198.51.100.1/32", 2, ["2001:db8::1", "2001:db8::2"]
    ),
    "named, one without IPv6: expected all the same": Family(
        "a=192.0.2.1+2001:db8::1,b=192.0.2.2", "2001:db8:31::1/128", 2, ["a", "b"]
    ),
    "named, one without IPv4: expected all the same": Family(
        "a=192.0.2.1+2001:db8::1,b=2001:db8::2", "198.51.100.1/32", 2, ["a", "b"]
    ),
    "named with both, and a bare IPv4 address, IPv6": Family(
        "a=192.0.2.1+2001:db8::1,192.0.2.2", "2001:db8:31::1/128", 1, ["a"]
    ),
    "a link-local address is one": Family(
        "a=192.0.2.1+fe80::1,b=192.0.2.2+fe80::2", "2001:db8:31::1/128", 2, ["a", "b"]
    ),
}


@pytest.mark.parametrize("case", FAMILIES)
def test_the_nodes_expected_of_a_family(case: str) -> None:
    family = FAMILIES[case]
    expectation = Expectations.from_flags((), None, parse_nodes([family.nodes])).for_prefix(None, family.prefix)
    assert expectation is not None
    assert (expectation.count, [node.name for node in expectation.nodes]) == (family.count, family.names)


# Learnt addresses


def test_learnt_addresses_are_added_by_name() -> None:
    before = Expectations.from_flags((), None, parse_nodes(["a=192.0.2.1,b=192.0.2.2"]))
    after = before.with_addresses({"a": ["fe80::a%eth0", "2001:DB8::A"], "stranger": ["fe80::c"]})
    learnt = Node("a", frozenset(["192.0.2.1", "fe80::a", "2001:db8::a"]))
    assert after.nodes == (learnt, Node("b", frozenset(["192.0.2.2"])))
    expectation = after.for_prefix(None, "2001:db8:31::1/128")
    assert expectation is not None
    assert expectation.nodes == after.nodes
    assert before.nodes[0].addresses == {"192.0.2.1"}


def test_an_address_that_several_nodes_have_identifies_none_of_them() -> None:
    before = Expectations.from_flags((), None, parse_nodes(["a=192.0.2.1,b=192.0.2.2"]))
    after = before.with_addresses({"a": ["198.51.100.7", "fe80::1", "192.0.2.2"], "b": ["198.51.100.7", "fe80::1"]})
    assert after.nodes == before.nodes
