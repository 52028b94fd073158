"""Prefixes and addresses in the one form in which they are compared: the same text for the same network."""

from __future__ import annotations

import re
from ipaddress import IPv4Address

import pytest

from ecmpaudit.parsing.canonical import canonical_address, canonical_prefix, ipv4_network_pattern, why_no_prefix


@pytest.mark.parametrize("length", range(33))
def test_an_ipv4_network_of_each_length_is_known_by_its_form(length: int) -> None:
    """The last network of each length, and the one with the lowest bit of the host."""
    pattern = re.compile(ipv4_network_pattern())
    last = 2**32 - 2 ** (32 - length)
    assert pattern.match(f"{IPv4Address(last)}/{length}")
    assert pattern.match(f"0.0.0.0/{length}")
    if length < 32:
        assert not pattern.match(f"{IPv4Address(last + 1)}/{length}")
        assert not pattern.match(f"{IPv4Address(last + 2 ** (31 - length))}/{length}")


@pytest.mark.parametrize(
    "text", ["198.51.100.0/33", "256.0.0.0/8", "198.256.0.0/8", "01.0.0.0/8", "198.51.100.0", "198.51.100/24"]
)
def test_what_is_no_ipv4_network_has_not_that_form(text: str) -> None:
    assert not re.match(ipv4_network_pattern(), text)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("198.51.100.0/24", "198.51.100.0/24"),
        ("198.51.100.1/24", None),
        ("192.0.2.1", "192.0.2.1/32"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("2001:db8:0:0::/64", "2001:db8::/64"),
        ("2001:db8::/0032", "2001:db8::/32"),
        ("2001:db8::/032", "2001:db8::/32"),
        ("2001:db8::7/128", "2001:db8::7/128"),
        ("2001:db8::", "2001:db8::/128"),
        ("::/0", "::/0"),
        ("2001:db8::1/64", None),
        ("2001:db8::/129", None),
        ("2001:db8::/\u0663\u0662", None),
        ("2001:db8::g/64", None),
        ("2001:db8\0::/64", None),
        ("default", None),
    ],
)
def test_a_prefix_has_one_form(text: str, expected: str | None) -> None:
    assert canonical_prefix(text) == expected


def test_an_ipv4_address_within_one_of_ipv6_has_the_form_of_the_same_address_without_it() -> None:
    assert canonical_prefix("::ffff:192.0.2.0/120") == canonical_prefix("::ffff:c000:200/120") is not None


@pytest.mark.parametrize(
    "text,reason",
    [
        ("198.51.100.1/24", "198.51.100.1/24 has host bits set: expected 198.51.100.0/24"),
        ("2001:db8::1/64", "2001:db8::1/64 has host bits set: expected 2001:db8::/64"),
        ("198.51.100.0/33", "198.51.100.0/33 is no IP prefix"),
    ],
)
def test_what_is_no_prefix_has_its_reason(text: str, reason: str) -> None:
    assert why_no_prefix(text) == reason


@pytest.mark.parametrize(
    "text,expected",
    [("192.0.2.1", "192.0.2.1"), ("2001:DB8:0::1", "2001:db8::1"), ("", ""), ("eth0", None), ("192.0.2.256", None)],
)
def test_an_address_has_one_form(text: str, expected: str | None) -> None:
    assert canonical_address(text) == expected
