"""The filters of `ecmpaudit routes`: which routes pass each of them, IPv4 and IPv6 alike."""

from __future__ import annotations

import pytest

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Capture
from ecmpaudit.parsing.filters import Filters, checked, narrowed
from ecmpaudit.parsing.reading import read_capture

AGE = "eth0, weight 1, 00:00:05"
TABLE = f"""\
S>* 0.0.0.0/0 [1/0] via 192.0.2.1, {AGE}
B>* 198.51.100.0/24 [20/0] via 192.0.2.1, {AGE}
B>* 198.51.100.7/32 [20/0] via 192.0.2.1, {AGE}
  *                        via 192.0.2.2, {AGE}
B>* 198.51.100.8/32 [20/0] via 192.0.2.1, {AGE}
                           via 192.0.2.2, {AGE}
S>* 203.0.113.0/24 [1/0] unreachable (blackhole), weight 1, 00:00:05
S>* ::/0 [1/0] via fe80::1, {AGE}
B>* 2001:db8::/64 [20/0] via fe80::1, {AGE}
B>* 2001:db8::7/128 [20/0] via fe80::1, {AGE}
  *                        via fe80::2, {AGE}
"""
FOUR = ["0.0.0.0/0", "198.51.100.0/24", "198.51.100.7/32", "198.51.100.8/32", "203.0.113.0/24"]
SIX = ["::/0", "2001:db8::/64", "2001:db8::7/128"]


@pytest.mark.parametrize(
    "filters,prefixes",
    [
        pytest.param(Filters(), [*FOUR, *SIX], id="none"),
        pytest.param(Filters(prefix="198.51.100.0/24"), ["198.51.100.0/24"], id="prefix of IPv4"),
        pytest.param(Filters(prefix="2001:DB8:0::/64"), ["2001:db8::/64"], id="prefix of IPv6"),
        pytest.param(Filters(within="198.51.100.0/24"), FOUR[1:4], id="within IPv4"),
        pytest.param(Filters(within="2001:db8::/32"), SIX[1:], id="within IPv6"),
        pytest.param(Filters(within="0.0.0.0/0"), FOUR, id="all of IPv4"),
        pytest.param(Filters(within="::/0"), SIX, id="all of IPv6"),
        pytest.param(Filters(protocol="STATIC"), ["0.0.0.0/0", "203.0.113.0/24", "::/0"], id="protocol"),
        pytest.param(Filters(lookup="198.51.100.7"), ["198.51.100.7/32"], id="host of IPv4"),
        pytest.param(Filters(lookup="198.51.100.9"), ["198.51.100.0/24"], id="network of IPv4"),
        pytest.param(Filters(lookup="192.0.2.9"), ["0.0.0.0/0"], id="default of IPv4"),
        pytest.param(Filters(lookup="2001:db8::7"), ["2001:db8::7/128"], id="host of IPv6"),
        pytest.param(Filters(lookup="2001:db8::8"), ["2001:db8::/64"], id="network of IPv6"),
        pytest.param(Filters(lookup="2001:db8:1::8"), ["::/0"], id="default of IPv6"),
        pytest.param(Filters(ecmp=True), ["198.51.100.7/32", "2001:db8::7/128"], id="several installed next hops"),
        pytest.param(Filters(within="198.51.100.0/24", ecmp=True), ["198.51.100.7/32"], id="two filters"),
        pytest.param(Filters(prefixes=("198.51.100.?/32",)), FOUR[2:4], id="pattern of IPv4"),
        pytest.param(Filters(prefixes=("203.0.113.0/24", "2001:db8::*")), [FOUR[4], *SIX[1:]], id="prefix and pattern"),
        pytest.param(Filters(vrfs=("def*",)), [*FOUR, *SIX], id="pattern of VRFs"),
        pytest.param(Filters(vrfs=("default", "red")), [*FOUR, *SIX], id="names of VRFs"),
        pytest.param(Filters(vrfs=("blue",)), [], id="another VRF"),
    ],
)
def test_routes_pass_the_filters_that_are_given(filters: Filters, prefixes: list[str]) -> None:
    table = narrowed(read_capture(Capture("tor1", "frr", None, TABLE, "t")), filters)
    assert list(dict.fromkeys(table.frame["prefix"])) == prefixes


def test_the_longest_match_is_that_of_each_vrf() -> None:
    text = f"VRF default:\n{TABLE}\nVRF blue:\nB>* 198.51.0.0/16 [20/0] via 192.0.2.1, {AGE}\n"
    table = narrowed(read_capture(Capture("tor1", "frr", None, text, "t")), Filters(lookup="198.51.100.7"))
    assert list(dict.fromkeys(table.frame.select("vrf", "prefix").rows())) == [
        ("default", "198.51.100.7/32"),
        ("blue", "198.51.0.0/16"),
    ]


@pytest.mark.parametrize(
    "filters,reason",
    [
        (Filters(prefix="198.51.100.1/24"), "--prefix 198.51.100.1/24: expected a prefix such as 172.31.0.0/16; "),
        (Filters(within="2001:db8::1/64"), "--within 2001:db8::1/64: expected a prefix such as 172.31.0.0/16; "),
        (Filters(lookup="tor1"), "--lookup tor1: expected an IPv4 or IPv6 address"),
    ],
)
def test_a_filter_that_is_no_prefix_or_address_is_refused(filters: Filters, reason: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        checked(filters)
    assert str(refused.value).startswith(reason)


def test_the_networks_of_filters_are_those_that_wanted_routes_lie_in_or_around() -> None:
    assert checked(Filters(prefix="198.51.100.0/24", lookup="2001:db8::7")).networks == [
        "198.51.100.0/24",
        "2001:db8::7",
    ]
    assert Filters(protocol="bgp", ecmp=True).networks == []
