"""Numbers at their limits: how many things a message names, when it counts the others, and how it rounds."""

from __future__ import annotations

import pytest

from tests.rule_checks import findings_in, messages_in

_FIRST_TWO = "routes 198.51.100.1/32 (static blackhole), 198.51.100.2/32 (static blackhole), "

# and N more


def many(count: int, route: str) -> str:
    return "".join(f"tor1 198.51.100.{n}/32 {route}\n" for n in range(1, count + 1))


@pytest.mark.parametrize(
    "count, rest",
    [(1, ""), (2, " and 1 more prefix"), (3, " and 2 more prefixes")],
)
def test_203_names_the_first_largest_prefix_and_counts_the_others(count: int, rest: str) -> None:
    text = f"{many(count, 'via 192.0.2.1-5')}ceiling tor1 6\ngrowth 2"
    assert messages_in(text) == {
        "ECMP203": "tor1: installs at most 6 IPv4 next hops (maximum-paths in its configuration), "
        f"expected room for 7; 2 more nodes do not fit for 198.51.100.1/32{rest}"
    }


@pytest.mark.parametrize(
    "count, rest",
    [(1, ""), (2, " and 1 more prefix"), (3, " and 2 more prefixes")],
)
def test_204_names_the_first_prefix_and_counts_the_others(count: int, rest: str) -> None:
    text = f"{many(count, 'via 192.0.2.1')}ceiling tor1 1\n"
    text += "".join(
        f"tor1 bgp 198.51.100.{n}/32 via 192.0.2.1 best\ntor1 bgp 198.51.100.{n}/32 via 192.0.2.2\n"
        for n in range(1, count + 1)
    )
    assert messages_in(text) == {
        "ECMP204": "tor1: multipath is off for IPv4 (maximum-paths in its configuration), "
        f"expected 2 next hops for 198.51.100.1/32{rest}"
    }


@pytest.mark.parametrize(
    "count, rest",
    [(1, ""), (2, " and 1 more prefix"), (3, " and 2 more prefixes")],
)
def test_702_names_the_first_prefix_and_counts_the_others(count: int, rest: str) -> None:
    text = f"{many(count, 'via 192.0.2.1-2')}tor1 setting fib_multipath_hash_policy ipv4 0"
    assert messages_in(text) == {
        "ECMP702": "tor1: fib_multipath_hash_policy is 0 for IPv4 (addresses only), expected 1 (ports too); "
        f"all flows between two hosts use one of the 2 next hops of 198.51.100.1/32{rest}"
    }


@pytest.mark.parametrize(
    "count, shown, rest",
    [
        (1, "route 198.51.100.1/32 (static blackhole)", " takes precedence"),
        (2, "routes 198.51.100.1/32 (static blackhole), 198.51.100.2/32 (static blackhole)", " take precedence"),
        (3, _FIRST_TWO, " take precedence"),
        (4, _FIRST_TWO, " and 1 more take precedence"),
        (5, _FIRST_TWO, " and 2 more take precedence"),
    ],
)
def test_502_names_three_routes_and_counts_the_others(count: int, shown: str, rest: str) -> None:
    text = "tor1 198.51.100.0/24 via 192.0.2.1-2\n" + "".join(
        f"tor1 198.51.100.0/24 more specific 198.51.100.{n}/32 static blackhole\n" for n in range(1, count + 1)
    )
    third = "198.51.100.3/32 (static blackhole)" if count >= 3 else ""
    assert messages_in(text) == {
        "ECMP502": "tor1 198.51.100.0/24: 2 next hops, expected for all its addresses; "
        f"the more specific {shown}{third}{rest}"
    }


@pytest.mark.parametrize("missing, rest", [(4, ""), (5, " and 1 more"), (6, " and 2 more")])
def test_101_has_the_details_of_four_nodes_and_counts_the_others(missing: int, rest: str) -> None:
    nodes = range(2, missing + 2)
    text = "tor1 198.51.100.7/32 via 192.0.2.1\nexpect 198.51.100.7/32 nodes "
    text += ", ".join(f"node{n}=192.0.2.{n}" for n in (1, *nodes))
    text += "".join(f"\ntor1 session 192.0.2.{n} ipv4 Active since 00:00:0{n}" for n in nodes)
    details = ", ".join(f"node{n} since 00:00:0{n} (Active)" for n in (2, 3, 4, 5))
    assert findings_in(text)["ECMP101"].message.endswith(f"their BGP sessions to tor1 are down: {details}{rest}")


# numbers of one rule


@pytest.mark.parametrize(
    "changes, last, total",
    [
        pytest.param(4, "1-2", 4, id="unchanged-in-this-run"),
        pytest.param(3, "1-3", 4, id="changed-in-this-run"),
        pytest.param(7, "1-3", 8, id="more"),
    ],
)
def test_601_counts_the_changes_of_earlier_runs_and_of_this_one(changes: int, last: str, total: int) -> None:
    text = (
        "tor1 198.51.100.7/32 via 192.0.2.1-2\n"
        f"tor1 198.51.100.7/32 changed {changes} times\n"
        f"tor1 198.51.100.7/32 had 192.0.2.{last} in the last run"
    )
    assert messages_in(text)["ECMP601"] == (
        f"tor1 198.51.100.7/32: its next hops changed {total} times within 24 hours, "
        "expected at most 3; now 2 next hops"
    )


def test_601_does_not_report_three_changes() -> None:
    assert messages_in("tor1 198.51.100.7/32 via 192.0.2.1-2\ntor1 198.51.100.7/32 changed 3 times") == {}


@pytest.mark.parametrize(
    "weight, other, small, large",
    [
        pytest.param(1, 255, "under 1%", "over 99%", id="rounds-to-0"),
        pytest.param(1, 99, "1%", "99%", id="exactly-1"),
        pytest.param(1, 150, "1%", "99%", id="rounds-to-1"),
        pytest.param(1, 249, "under 1%", "over 99%", id="below-half-a-percent"),
        pytest.param(0, 9, "0%", "100%", id="nothing"),
        pytest.param(1, 3, "25%", "75%", id="quarter"),
    ],
)
def test_701_rounds_no_share_to_nothing_or_to_all(weight: int, other: int, small: str, large: str) -> None:
    text = f"tor1 198.51.100.7/32 via 192.0.2.1 weight {weight}, 192.0.2.2 weight {other}"
    assert messages_in(text) == {
        "ECMP701": "tor1 198.51.100.7/32: 2 next hops with unequal weights, expected equal shares; "
        f"192.0.2.1 gets {small}, 192.0.2.2 gets {large}"
    }


@pytest.mark.parametrize("address, family", [("192.0.2.1", "ipv4"), ("2001:db8::1", "ipv6")])
@pytest.mark.parametrize("accepted, limit, is_reported", [(8, 10, True), (7, 10, False), (4, 5, True), (3, 4, False)])
def test_404_reports_from_80_percent_of_the_limit(
    address: str, family: str, accepted: int, limit: int, is_reported: bool
) -> None:
    prefix = "198.51.100.7/32" if family == "ipv4" else "2001:db8:100::7/128"
    text = f"tor1 {prefix} via {address}\ntor1 session {address} {family} Established accepted {accepted} limit {limit}"
    wanted = {
        "ECMP404": f"tor1: {accepted} {family.replace('ipv', 'IPv')} prefixes accepted from {address}, "
        f"expected fewer than 80 % of the limit of {limit}; beyond the limit the session is shut"
    }
    assert messages_in(text) == (wanted if is_reported else {})


# two routers


@pytest.mark.parametrize(
    "hops, difference",
    [
        pytest.param(
            "192.0.2.1, 192.0.2.2, 192.0.2.14",
            "tor2 and tor1 differ: only tor1 has 192.0.2.13, only tor2 has 192.0.2.14",
            id="one-size",
        ),
        pytest.param(
            "192.0.2.1, 192.0.2.14",
            "2 next hops, expected 3; tor2 and tor1 differ: only tor1 has 192.0.2.2, 192.0.2.13, "
            "only tor2 has 192.0.2.14",
            id="fewer",
        ),
    ],
)
def test_105_names_what_only_one_of_two_routers_has(hops: str, difference: str) -> None:
    text = f"tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.13\ntor2 198.51.100.7/32 via {hops}"
    assert messages_in(text) == {"ECMP105": f"tor2 198.51.100.7/32: {difference}"}


def test_105_does_not_compare_routers_that_share_no_next_hop() -> None:
    assert messages_in("tor1 198.51.100.7/32 via 192.0.2.1-2\ntor2 198.51.100.7/32 via 203.0.113.1") == {}
