"""The IGP metric of an iBGP path is that of the router's own route to the next hop, where FRR prints none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.igp_metrics import with_igp_metrics
from ecmpaudit.auditing.run import read_material
from ecmpaudit.model import Capture
from tests.notation import parse_network

if TYPE_CHECKING:
    from ecmpaudit.parsing.route_table import RouteTable

AGE = "eth0, weight 1, 00:00:05"
NEAR = f"O>* 192.0.2.0/24 [110/20] via 203.0.113.1, {AGE}\n"
NEAR_6 = f"O>* 2001:db8:2::/64 [110/20] via fe80::1, {AGE}\n"
PATH = "rx1 bgp 198.51.100.7/32 via 192.0.2.3 internal"
PATH_6 = "rx1 bgp 2001:db8:100::7/128 via 2001:db8:2::3 internal"


def tables(router: str, text: str) -> tuple[RouteTable, ...]:
    command = "show ipv6 route" if ":db8:" in text else "show ip route"
    return read_material([Capture(router, "frr", command, text, router)]).tables


@pytest.mark.parametrize(
    "path, text, metric",
    [
        pytest.param(PATH, NEAR, 20, id="network-around-it"),
        pytest.param(PATH_6, NEAR_6, 20, id="network-around-it-IPv6"),
        pytest.param(PATH, f"{NEAR}O>* 192.0.2.3/32 [110/30] via 203.0.113.1, {AGE}\n", 30, id="host-route"),
        pytest.param(PATH_6, f"{NEAR_6}O>* 2001:db8:2::3/128 [110/30] via fe80::1, {AGE}\n", 30, id="host-route-IPv6"),
        pytest.param(PATH, f"{NEAR}O>* 192.0.2.4/32 [110/30] via 203.0.113.1, {AGE}\n", 20, id="another-host's-route"),
        pytest.param(PATH, f"O   192.0.2.0/24 [110/20] via 203.0.113.1, {AGE}\n", None, id="not-selected"),
        pytest.param(
            PATH,
            f"O   192.0.2.0/24 [110/20] via 203.0.113.1, {AGE}\nI>* 192.0.2.0/24 [105/9] via 203.0.113.2, {AGE}\n",
            9,
            id="the-selected-one-of-two",
        ),
        pytest.param(PATH, f"S>* 192.0.2.0/24 [1/20] via 203.0.113.1, {AGE}\n", None, id="static"),
        pytest.param(PATH, f"O>* 203.0.113.0/24 [110/20] via 203.0.113.1, {AGE}\n", None, id="no-route-to-it"),
        pytest.param(f"{PATH} igp 7", NEAR, 7, id="printed-already"),
        pytest.param(PATH.replace("internal", "external"), NEAR, None, id="eBGP"),
        pytest.param(PATH.replace(" internal", ""), NEAR, None, id="not-known-to-be-iBGP"),
        pytest.param(
            PATH.replace("192.0.2.3", "fe80::3"), f"O>* fe80::/10 [110/20] via fe80::1, {AGE}\n", None, id="ll"
        ),
        pytest.param(PATH.replace("rx1", "rx1 vrf red"), NEAR, None, id="another-VRF"),
        pytest.param(PATH.replace("rx1", "rx2"), NEAR, None, id="another-router"),
    ],
)
def test_the_metric_of_a_path_is_that_of_the_selected_interior_route_to_its_next_hop(
    path: str, text: str, metric: int | None
) -> None:
    facts = with_igp_metrics(parse_network(path).facts, tables("rx1", text))
    assert [each.igp_metric for each in facts.paths] == [metric]


def test_paths_keep_their_order_and_each_has_the_metric_of_its_own_next_hop_router_and_vrf() -> None:
    facts = parse_network(
        "rx1 bgp 198.51.100.7/32 via 192.0.2.3 internal\n"
        "rx1 bgp 198.51.100.7/32 via 192.0.3.3 internal\n"
        "rx1 bgp 198.51.100.7/32 via 192.0.4.3 internal\n"
        "rx1 bgp 198.51.100.7/32 via 192.0.2.3 external\n"
        "rx1 vrf red bgp 198.51.100.7/32 via 192.0.2.3 internal\n"
        "rx2 bgp 198.51.100.7/32 via 192.0.2.3 internal\n"
    ).facts
    text = f"{NEAR}O>* 192.0.3.0/24 [110/21] via 203.0.113.1, {AGE}\n"
    text += f"\nVRF red:\nO>* 192.0.2.0/24 [110/22] via 203.0.113.1, {AGE}\n"
    of_rx2 = tables("rx2", NEAR.replace("/20]", "/23]"))
    found = with_igp_metrics(facts, (*tables("rx1", text), *of_rx2, *tables("rx3", NEAR)))
    assert [path.igp_metric for path in found.paths] == [20, 21, None, None, 22, 23]
    assert [replace(path, igp_metric=None) for path in found.paths] == list(facts.paths)


def test_facts_without_an_open_path_stay_what_they_are() -> None:
    facts = parse_network(f"{PATH} igp 7").facts
    assert with_igp_metrics(facts, tables("rx1", NEAR)) is facts
