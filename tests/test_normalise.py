"""From rows to the canonical table: prefixes in one form, numbers that fit, lines that no route can be as long as."""

from __future__ import annotations

from ipaddress import IPv6Network, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecmpaudit.parsing.canonical import canonical_prefix
from ecmpaudit.parsing.columnar import TEXT, numbered_lines
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.transcript import captures_from_text

GROUPS = st.sampled_from(["", "0", "1", "db8", "2001", "ffff", "0db8", "DB8", "10000"])
FORMS = st.builds(
    lambda groups, length: f"{':'.join(groups)}/{length}", st.lists(GROUPS, min_size=1, max_size=9), st.integers(0, 140)
)


def by_the_library(text: str) -> str | None:
    try:
        return str(ip_network(text))
    except ValueError:
        return None


@settings(max_examples=1500, deadline=None)
@given(st.one_of(FORMS, st.text(alphabet="0123456789abcdefABCDEF:./%", max_size=30)))
def test_a_prefix_has_the_form_of_the_standard_library(text: str) -> None:
    assert canonical_prefix(text) == by_the_library(text)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**128 - 1), st.integers(0, 128))
def test_every_ipv6_network_is_accepted(address: int, length: int) -> None:
    network = str(IPv6Network((address, length), strict=False))
    assert canonical_prefix(network) == network


@pytest.mark.parametrize(
    "route",
    [
        "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 99999999999999999999999, 00:00:05",
        "B>* 198.51.100.7/32 [20/9999999999999999999] via 192.0.2.1, eth0, weight 1, 00:00:05",
        "B>* 2001:db8::7/128 [99999999999999999999/0] via fe80::1, eth0, weight 1, 00:00:05",
    ],
    ids=["weight", "metric", "distance"],
)
def test_a_number_that_no_column_can_hold_is_reported(route: str) -> None:
    (capture,) = captures_from_text(f"{route}\nB>* 198.51.100.8/32 [20/0] via 192.0.2.1, eth0, 00:00:05\n", "table")
    table = read_capture(capture)
    assert list(table.views()) == [("default", "198.51.100.8/32")]
    assert [(line.line, line.reason) for line in table.unparsed] == [
        (1, "a number in it is larger than any that a route can have")
    ]


def test_of_a_line_longer_than_any_route_only_the_head_is_kept() -> None:
    route = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, 00:00:05"
    long = numbered_lines(f"{route}{' ' * (1 << 20)}\n{route}")[TEXT]
    assert long[0].endswith("… and 1048632 bytes in all")
    assert len(long[0]) < (1 << 16) + 50
    assert long[1] == route
