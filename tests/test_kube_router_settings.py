"""The arguments of kube-router: what cannot be understood of them is said, and nothing is expected of it then."""

from __future__ import annotations

import pytest

from tests.kubernetes_objects import Values, announcements_with, endpoints, node, nodes_of, service
from tests.upstream_cases.others import kube_router

NODES = (node(1), node(2))
WEB = service("shop/web", "198.51.100.7", "2001:db8:31::7", clusterIP="10.96.0.20", loadBalancerClass="kube-router")
ON_1 = endpoints("shop/web", "node1")
ANNOUNCED = "--advertise-loadbalancer-ip"


def started(*args: str, command: tuple[str, ...] = (), env: tuple[Values, ...] = (), release: str = "v2.5.0") -> Values:
    found = kube_router(*args, release=release)
    found["spec"]["template"]["spec"]["containers"][0] |= {"command": list(command), "env": list(env)}
    return found


@pytest.mark.parametrize(
    "started, why",
    [
        (started(ANNOUNCED, "--loadbalancer-ip-range=198.51.100.0/33"), 'a prefix, found "198.51.100.0/33"'),
        (started(ANNOUNCED, "--loadbalancer-ip-range", "2001:db8:31::/129"), 'a prefix, found "2001:db8:31::/129"'),
        (started(ANNOUNCED, "--loadbalancer-ip-range=198.51.100.7"), 'expected a prefix, found "198.51.100.7"'),
        (started(ANNOUNCED, "--loadbalancer-ip-range=198.51.100.1-198.51.100.9"), "found"),
        (started(ANNOUNCED, "--loadbalancer-ip-range=198.51.100.0/24, 203.0.113.0/24"), 'found " 203.0.113.0/24"'),
        (started(ANNOUNCED, "--service-external-ip-range=2001:db8::/x"), "--service-external-ip-range: expected"),
        (started(ANNOUNCED, "--loadbalancer-ip-range=$(RANGE)"), 'found "$(RANGE)"'),
        (started(ANNOUNCED, "--loadbalancer-ip-range"), "--loadbalancer-ip-range has no value"),
        (started(ANNOUNCED, '--loadbalancer-ip-range="198.51.100.0/24'), "is no list"),
        (started(f"{ANNOUNCED}=yes"), '--advertise-loadbalancer-ip: expected true or false, found "yes"'),
        (started(f"{ANNOUNCED} --run-router"), "expected one flag in each word"),
        (started("--advertise-load-balancer-ip=true"), "did you mean --advertise-loadbalancer-ip?"),
        (started(command=("/bin/sh", "-c", f"exec kube-router {ANNOUNCED}")), "its flags are in a script"),
        (started("--loadbalancer-ip-range=2001:db8:31::/64", release="v2.8.0"), "--enable-ipv6 is false"),
    ],
)  # fmt: skip
def test_arguments_that_are_not_understood_are_reported_and_nothing_is_expected(started: Values, why: str) -> None:
    found = announcements_with(*NODES, started, WEB, ON_1, announcer="auto")
    assert nodes_of(found) == {}
    named = [line for line in found.undetermined if line.startswith("kube-router of DaemonSet kube-router: ")]
    assert len(named) == 1
    assert why in named[0]
    assert not found.is_complete


def test_arguments_are_reported_where_no_service_is_its_own() -> None:
    started_badly = started(ANNOUNCED, "--loadbalancer-ip-range=198.51.100.0/33")
    found = announcements_with(*NODES, started_badly, service("shop/web", "198.51.100.7"), ON_1, announcer="auto")
    assert any("198.51.100.0/33" in line for line in found.undetermined)


@pytest.mark.parametrize(
    "started",
    [
        started(ANNOUNCED, command=("/usr/local/bin/kube-router", "--run-router")),
        started(command=("/usr/local/bin/kube-router", ANNOUNCED)),
        started("--run-router=$(ROUTER)", ANNOUNCED, env=({"name": "ROUTER", "value": "true"},)),
        started("-v", "3", ANNOUNCED, "--peer-router-passwords=a,$$(B)"),
        started(ANNOUNCED, "--loadbalancer-ip-range="),
        started(ANNOUNCED, '--loadbalancer-ip-range="198.51.100.0/24","2001:db8:31::/64"'),
        started(ANNOUNCED, "--loadbalancer-ip-range=198.51.100.7/24"),
    ],
)
def test_arguments_in_other_forms_are_read(started: Values) -> None:
    found = announcements_with(*NODES, started, WEB, ON_1, announcer="auto")
    assert nodes_of(found) == {"198.51.100.7/32": ["1", "2"], "2001:db8:31::7/128": ["1", "2"]}
    assert found.undetermined == []


def test_both_ranges_of_two_flags_are_pools_and_only_with_the_allocator() -> None:
    args = ("--loadbalancer-ip-range=198.51.100.0/24", "--loadbalancer-ip-range", "2001:db8:31::/64,203.0.113.0/25")
    with_allocator = announcements_with(*NODES, started("--run-loadbalancer", *args), WEB, ON_1, announcer="auto")
    assert with_allocator.ranges == ("198.51.100.0/24", "203.0.113.0/25", "2001:db8:31::/64")
    assert announcements_with(*NODES, started(*args), WEB, ON_1, announcer="auto").ranges == ()
