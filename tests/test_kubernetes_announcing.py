"""Who announces a Service's addresses: by load balancer, policy, endpoints and nodes."""

from __future__ import annotations

from typing import Any

import pytest

from ecmpaudit.kubernetes.announcing import announcements_of
from ecmpaudit.kubernetes.documents import Document, objects_of
from ecmpaudit.kubernetes.ranges import address_range
from ecmpaudit.kubernetes.schema import Selector
from tests.kubernetes_objects import (
    CALICO,
    CILIUM,
    METALLB,
    PURELB,
    Values,
    announcements_in,
    announcements_with,
    endpoints,
    node,
    nodes_of,
    service,
)

LABEL = "node.kubernetes.io/exclude-from-external-load-balancers"


# The four load balancers, on full objects


def test_metallb_announces_by_endpoints_pools_and_node_selectors() -> None:
    """Field failures 32 (the label), 42 (two Services, one address) and 47 (no endpoint at all)."""
    found = announcements_in(METALLB)
    assert nodes_of(found) == {
        "198.51.100.7/32": ["2", "5"],
        "198.51.100.8/32": ["2", "3", "5"],
        "198.51.100.9/32": [],
        "198.51.100.10/32": [],
        "198.51.100.53/32": ["2", "3"],
        "203.0.113.16/28": ["2", "3"],
        "2001:db8:31::7/128": ["2", "5"],
    }
    assert found.undetermined == []
    assert found.is_complete


def test_purelb_announces_from_every_node_and_by_aggregation() -> None:
    found = announcements_in(PURELB)
    assert nodes_of(found) == {
        "198.51.100.1/32": ["1", "2", "3", "4", "5"],
        "198.51.100.2/32": ["2", "4"],
        "203.0.113.0/24": ["1", "2", "3", "4", "5"],
        "2001:db8:31::1/128": ["1", "2", "3", "4", "5"],
        "2001:db8:31::2/128": ["2", "4"],
    }
    assert "announced as /24 by ServiceGroup purelb/subnet" in found.shares["203.0.113.0/24"].source
    assert any("192.0.2.240: ServiceGroup purelb/nodes is on the nodes' subnet" in note for note in found.notes)


def test_calico_announces_its_prefixes_from_all_and_host_prefixes_where_the_endpoints_are() -> None:
    found = announcements_in(CALICO)
    assert nodes_of(found) == {
        "10.96.0.0/12": ["2", "3", "4", "5"],
        "10.96.0.20/32": ["3"],
        "10.96.0.22/32": ["2", "3", "4", "5"],
        "10.96.0.23/32": ["5"],
        "198.51.100.0/24": ["2", "3", "4", "5"],
        "198.51.100.7/32": ["3"],
        "198.51.101.0/24": ["2", "3", "4", "5"],
        "198.51.101.9/32": ["5"],
        "203.0.113.8/32": ["2", "3", "4", "5"],
        "2001:db8:31::/64": ["2", "3", "4", "5"],
        "2001:db8:31::7/128": ["3"],
        "2001:db8:96::20/128": ["3"],
    }
    assert found.shares["198.51.100.0/24"].services == ("shop/api", "shop/web")


def test_cilium_announces_what_an_advertisement_selects_from_the_nodes_that_a_cluster_selects() -> None:
    """Field failure 39: a Service that no advertisement selects has no announcer, and that is said."""
    found = announcements_in(CILIUM)
    assert nodes_of(found) == {
        "198.51.100.0/28": ["2", "3", "4"],
        "198.51.100.7/32": ["2"],
        "2001:db8:31::7/128": ["2"],
    }
    assert found.notes[1] == (
        "Service shop/quiet, 198.51.100.9: no CiliumBGPAdvertisement selects the Service with its LoadBalancerIP: "
        "no node announces it"
    )


# Nodes


def test_every_excluded_node_is_named_with_its_reason() -> None:
    share = announcements_in(METALLB).shares["198.51.100.8/32"]
    assert share.excluded == {"node1": f"labelled {LABEL}", "node4": "not Ready", "node6": "NetworkUnavailable"}
    assert share.source == (
        "Service shop/api, externalTrafficPolicy Cluster: 3 of 6 nodes; "
        f"not node1 (labelled {LABEL}); not node4 (not Ready); not node6 (NetworkUnavailable); "
        "node3 is cordoned, which does not stop the announcement"
    )


def test_a_node_that_an_announcer_does_not_exclude_is_expected_and_its_label_named() -> None:
    source = announcements_in(PURELB).shares["198.51.100.1/32"].source
    assert source == (
        f"Service echo/echo, externalTrafficPolicy Cluster: all 5 nodes; PureLB ignores the label {LABEL} of node1"
    )


def test_a_node_without_conditions_may_announce() -> None:
    bare = node(2)
    del bare["status"]["conditions"]
    found = announcements_with(node(1), bare, service("shop/web", "198.51.100.7"), endpoints("shop/web", "node1"))
    assert nodes_of(found) == {"198.51.100.7/32": ["1", "2"]}


def test_nodes_are_in_the_order_of_their_numbers() -> None:
    found = announcements_with(
        node(10), node(2), node(1), service("shop/web", "198.51.100.7"), endpoints("shop/web", "node1")
    )
    assert nodes_of(found) == {"198.51.100.7/32": ["1", "2", "10"]}


# Endpoints


@pytest.mark.parametrize(
    "announcer, conditions, is_announced",
    [
        pytest.param("metallb", {"ready": True}, True, id="ready"),
        pytest.param("metallb", {"serving": True}, True, id="ready is unknown"),
        pytest.param("metallb", {"ready": False}, False, id="not ready"),
        pytest.param(
            "metallb", {"ready": False, "serving": True, "terminating": True}, True, id="metallb, terminating"
        ),
        pytest.param("purelb", {"ready": False, "serving": True, "terminating": True}, True, id="purelb, terminating"),
        pytest.param("cilium", {"ready": False, "serving": True, "terminating": True}, False, id="cilium, terminating"),
        pytest.param("metallb", {"ready": False, "serving": False, "terminating": True}, False, id="gone"),
    ],
)
def test_which_endpoints_count(announcer: str, conditions: dict[str, bool], is_announced: bool) -> None:
    """Field failure 46: a node whose endpoint is not ready must not be expected, and not be there."""
    group = {
        "apiVersion": "purelb.io/v1",
        "kind": "ServiceGroup",
        "metadata": {"name": "g", "namespace": "purelb"},
        "spec": {"local": {"pool": "198.51.100.0/24", "subnet": "198.51.100.0/24", "aggregation": "/32"}},
    }
    web = service("shop/web", "198.51.100.7", policy="Local")
    web["metadata"]["annotations"] = {"purelb.io/allocated-by": "PureLB"}
    found = announcements_with(
        node(1), node(2), web, endpoints("shop/web", "node2", conditions=conditions), group, announcer=announcer
    )
    assert nodes_of(found) == {"198.51.100.7/32": ["2"] if is_announced else []}


def test_an_endpoint_that_is_not_ready_in_one_of_its_slices_is_not_ready() -> None:
    slices = [
        endpoints("shop/web", "node1"),
        endpoints("shop/web", "node1", suffix="other", conditions={"ready": False}),
    ]
    found = announcements_with(node(1), service("shop/web", "198.51.100.7", policy="Local"), *slices)
    assert nodes_of(found) == {"198.51.100.7/32": []}
    assert found.shares["198.51.100.7/32"].source.endswith("externalTrafficPolicy Local: no node has a ready endpoint")


def test_endpoints_on_no_node_let_policy_cluster_announce() -> None:
    found = announcements_with(node(1), service("shop/web", "198.51.100.7"), endpoints("shop/web", None))
    assert nodes_of(found) == {"198.51.100.7/32": ["1"]}


def test_without_endpoints_the_announcers_differ() -> None:
    """Field failure 47."""
    found = {
        name: announcements_with(node(1), service("shop/web", "198.51.100.7"), announcer=name)
        for name in ("metallb", "cilium")
    }
    assert nodes_of(found["metallb"]) == {"198.51.100.7/32": []}
    assert nodes_of(found["cilium"]) == {"198.51.100.7/32": ["1"]}


# Addresses


def test_two_services_on_one_address_are_announced_where_either_has_endpoints() -> None:
    """Field failure 42."""
    share = announcements_in(METALLB).shares["198.51.100.53/32"]
    assert share.services == ("dns/dns-tcp", "dns/dns-udp")
    assert share.source == (
        "Service dns/dns-tcp, externalTrafficPolicy Local: node2 has ready endpoints and "
        "Service dns/dns-udp, externalTrafficPolicy Local: node3 has ready endpoints; "
        "node3 is cordoned, which does not stop the announcement"
    )


def test_both_families_of_a_service_are_expected_of_the_same_nodes() -> None:
    """Field failure 35: one family of a dual-stack Service must not have fewer."""
    shares = announcements_in(METALLB).shares
    ipv4, ipv6 = shares["198.51.100.7/32"], shares["2001:db8:31::7/128"]
    assert (ipv4.nodes, ipv4.services) == (ipv6.nodes, ipv6.services)


@pytest.mark.parametrize(
    "changed, note",
    [
        pytest.param({"status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.7", "ipMode": "Proxy"}]}}},
                     "Service shop/web, 198.51.100.7: ipMode Proxy, the load balancer's own", id="a proxy's address"),
        pytest.param({"status": {"loadBalancer": {}}}, "Service shop/web: it was given no address yet", id="pending"),
    ],
)  # fmt: skip
def test_an_address_that_nodes_do_not_announce_is_said(changed: dict[str, Any], note: str) -> None:
    found = announcements_with(node(1), service("shop/web") | changed)
    assert (found.shares, found.notes[0]) == ({}, note)


def test_a_host_name_instead_of_an_address_gives_nothing() -> None:
    cloud = service("shop/web") | {"status": {"loadBalancer": {"ingress": [{"hostname": "lb.example.net"}]}}}
    assert announcements_with(node(1), cloud).shares == {}


def test_external_addresses_are_announced_where_the_announcer_does_it() -> None:
    external = service("shop/ext", externalIPs=["198.51.101.9"], type="ClusterIP")
    assert announcements_with(node(1), external).shares == {}
    assert "198.51.101.9/32" in announcements_in(CALICO).shares


def metallbs(kind: str, name: str, **spec: Any) -> Values:
    """Return one of MetalLB's own objects."""
    metadata = {"name": name, "namespace": "metallb-system"}
    return {"apiVersion": "metallb.io/v1beta1", "kind": kind, "metadata": metadata, "spec": spec}


def test_many_services_in_one_aggregate_are_summarised() -> None:
    advertisement = metallbs("BGPAdvertisement", "all", aggregationLength=24)
    pool = metallbs("IPAddressPool", "pool", addresses=["198.51.100.0/24"])
    services = [service(f"shop/web{number}", f"198.51.100.{number}") for number in range(1, 101)]
    slices = [endpoints(f"shop/web{number}", "node1") for number in range(1, 101)]
    share = announcements_with(node(1), advertisement, pool, *services, *slices).shares["198.51.100.0/24"]
    assert len(share.services) == 100
    assert share.source == (
        "Services shop/web1, shop/web10, shop/web100, shop/web11, shop/web12, shop/web13, shop/web14, shop/web15 and "
        "92 more, externalTrafficPolicy Cluster: the only node; announced as /24 by BGPAdvertisement metallb-system/all"
    )


def test_metallbs_advertisement_holds_for_the_services_that_it_selects() -> None:
    pool = metallbs("IPAddressPool", "pool", addresses=["198.51.100.0/24", "2001:db8:31::/64"])
    selector = {"matchLabels": {"app": "web"}}
    of_web = metallbs("BGPAdvertisement", "web", serviceSelectors=[selector, {"matchLabels": {"app": "api"}}])
    web, quiet = service("shop/web", "198.51.100.7"), service("shop/off", "2001:db8:31::8")
    web["metadata"]["labels"] = {"app": "web"}
    slices = [endpoints(f"shop/{name}", "node1") for name in ("web", "off")]
    found = announcements_with(node(1), pool, of_web, web, quiet, *slices)
    assert nodes_of(found) == {"198.51.100.7/32": ["1"]}
    (note,) = found.notes
    assert note.startswith(
        "Service shop/off, 2001:db8:31::8: no BGPAdvertisement selects its pool pool and the Service"
    )
    by_arp = metallbs("L2Advertisement", "web", serviceSelectors=[selector])
    (note,) = announcements_with(node(1), pool, by_arp, web, slices[0]).notes
    assert "one node answers ARP and NDP" in note


# What cannot be determined


def test_an_address_without_a_known_announcer_is_undetermined() -> None:
    found = announcements_with(
        node(1), service("shop/web", "198.51.100.7"), endpoints("shop/web", "node1"), announcer="auto"
    )
    assert found.shares == {}
    assert found.undetermined == [
        (
            "Service shop/web, 198.51.100.7: its announcer cannot be detected, and no pool holds it: give --announcer, "
            "one of purelb, metallb, calico, cilium, kube-vip, kube-router, antrea, openelb"
        )
    ]


def test_an_address_in_no_pool_is_undetermined() -> None:
    stray = service("shop/web", "203.0.113.99") | {
        "metadata": {"name": "web", "namespace": "shop", "annotations": {"purelb.io/allocated-by": "PureLB"}}
    }
    assert announcements_with(node(1), stray, announcer="auto").undetermined == [
        (
            "Service shop/web, 203.0.113.99: no ServiceGroup holds it, and that says whether PureLB announces it or "
            "its subnet"
        )
    ]


@pytest.mark.parametrize(
    "objects, absent",
    [
        pytest.param([service("shop/web", "198.51.100.7"), endpoints("shop/web", "node1")], "no Node", id="nodes"),
        pytest.param([node(1), service("shop/web", "198.51.100.7")], "no EndpointSlice", id="slices"),
        pytest.param([node(1)], "no Service and no EndpointSlice", id="services and slices"),
    ],
)
def test_without_a_whole_kind_of_objects_nothing_is_expected(objects: list[dict[str, Any]], absent: str) -> None:
    """A Service must not look idle because its slices were not asked for."""
    found = announcements_of(objects_of(Document("test", value) for value in objects), "metallb")
    assert found.shares == {}
    assert found.undetermined[0].startswith(f"{absent} was given: expected the output of kubectl get")


def test_a_service_with_a_selector_and_without_slices_is_undetermined() -> None:
    found = announcements_with(node(1), service("shop/web", "198.51.100.7", selector={"app": "web"}))
    assert found.shares == {}
    assert found.undetermined == [
        "Service shop/web, 198.51.100.7: no EndpointSlice of it was given, and every Service with a selector has one"
    ]


def test_two_advertisements_of_one_pool_are_one_expectation() -> None:
    pool = {
        "apiVersion": "metallb.io/v1beta1",
        "kind": "IPAddressPool",
        "metadata": {"name": "pool", "namespace": "m"},
        "spec": {"addresses": ["198.51.100.0/24"]},
    }
    advertisements = [
        {
            "apiVersion": "metallb.io/v1beta1",
            "kind": "BGPAdvertisement",
            "metadata": {"name": name, "namespace": "m"},
            "spec": {"nodeSelectors": [{"matchLabels": {"rack": name}}]},
        }
        for name in ("a", "b")
    ]
    nodes = [node(1, rack="a"), node(2, rack="b"), node(3)]
    web = [service("shop/web", "198.51.100.7"), endpoints("shop/web", "node3")]
    assert nodes_of(announcements_with(*nodes, *web, pool, *advertisements)) == {"198.51.100.7/32": ["1", "2"]}


def test_without_the_load_balancers_objects_it_is_said_what_is_assumed() -> None:
    found = announcements_with(node(1), service("shop/web", "198.51.100.7"), endpoints("shop/web", "node1"))
    assert nodes_of(found) == {"198.51.100.7/32": ["1"]}
    assert found.notes[0].startswith("assumed: MetalLB announces host prefixes from all nodes")


def test_a_dump_of_one_namespace_is_not_complete() -> None:
    default = service("default/kubernetes", type="ClusterIP")
    assert not announcements_with(node(1), default).is_complete
    assert not announcements_with(node(1), service("shop/web", "198.51.100.7")).is_complete
    assert announcements_with(node(1), default, service("shop/web", "198.51.100.7")).is_complete


# Small parts


@pytest.mark.parametrize(
    "selector, labels, is_selected",
    [
        pytest.param({}, {}, True, id="empty"),
        pytest.param({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True, id="label"),
        pytest.param({"matchLabels": {"a": "1", "b": "1"}}, {"a": "1", "b": "2"}, False, id="all labels"),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}, {"a": "1"}, True, id="In"
        ),
        pytest.param({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}, {}, False, id="In, none"),
        pytest.param({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {}, True, id="NotIn"),
        pytest.param({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"a": ""}, True, id="Exists"),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"a": ""}, False, id="not there"
        ),
    ],
)
def test_label_selectors(selector: dict[str, Any], labels: dict[str, str], is_selected: bool) -> None:
    assert Selector.model_validate(selector).selects(labels) is is_selected


@pytest.mark.parametrize(
    "text, inside, outside",
    [
        ("198.51.100.0/24", "198.51.100.255", "198.51.101.0"),
        ("198.51.100.10 - 198.51.100.20", "198.51.100.20", "198.51.100.21"),
        ("2001:db8::1-2001:db8::f", "2001:db8::f", "2001:db8::10"),
        ("198.51.100.7", "198.51.100.7", "2001:db8::7"),
    ],
    ids=["prefix", "range", "ipv6_range", "address"],
)
def test_ranges(text: str, inside: str, outside: str) -> None:
    found = address_range(text)
    assert (inside in found, outside in found) == (True, False)
