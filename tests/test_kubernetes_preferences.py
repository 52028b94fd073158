"""Cilium's local preferences: racks that differ are a fault, several for one session are not."""

from __future__ import annotations

import pytest

from tests.kubernetes_objects import announcements_with, endpoints, service
from tests.upstream_cases import NODES, cilium


@pytest.mark.parametrize(
    "preferences, asn, expected",
    [
        ((200, 100), 64512, "200 by CiliumBGPAdvertisement a and 100 by CiliumBGPAdvertisement b"),
        ((200, None), 64512, "200 by CiliumBGPAdvertisement a and 100 by CiliumBGPAdvertisement b"),
        ((100, None), 64512, ""),
        ((200, 200), 64512, ""),
        ((200, 100), 64513, ""),
    ],
    ids=["different", "one has the default", "both have the default", "the same", "another AS is sent none"],
)
def test_cilium_racks_with_different_local_preferences(
    preferences: tuple[int | None, int | None], asn: int, expected: str
) -> None:
    objects = []
    for rack, preference in zip("ab", preferences, strict=True):
        found = cilium.advertisement(rack)
        if preference is not None:
            found["spec"]["advertisements"][0]["attributes"] = {"localPreference": preference}
        of_rack = cilium.cluster(rack, rack, selector=cilium.matching(rack=rack))
        of_rack["spec"]["bgpInstances"][0]["peers"][0]["peerASN"] = asn
        families = [cilium.family(afi, cilium.matching(ad=rack)) for afi in ("ipv4", "ipv6")]
        objects += [found, of_rack, cilium.sent(rack, *families)]
    web = service("shop/web", "198.51.100.7", "2001:db8:31::7", clusterIP="10.96.0.7")
    result = announcements_with(*NODES, *objects, web, endpoints("shop/web", "node1"), announcer="cilium")
    facts = [fault.fact for fault in result.faults if fault.kind == "skew"]
    prefixes = ("198.51.100.7/32", "2001:db8:31::7/128") if expected else ()
    assert [fact.partition(": routers")[0] for fact in facts] == [
        f"{prefix} is announced with localPref {expected}" for prefix in prefixes
    ]


def test_cilium_takes_the_highest_of_two_preferences_of_one_session() -> None:
    objects = []
    for name, preference in (("a", 200), ("b", 100)):
        found = cilium.advertisement(name)
        found["spec"]["advertisements"][0]["attributes"] = {"localPreference": preference}
        objects.append(found)
    on_all = cilium.cluster("c", "both")
    on_all["spec"]["bgpInstances"][0]["peers"][0]["peerASN"] = 64512
    web = service("shop/web", "198.51.100.7", clusterIP="10.96.0.7")
    result = announcements_with(
        *NODES, *objects, on_all, cilium.sent("both", cilium.family("ipv4")), web, announcer="cilium"
    )
    assert [fault for fault in result.faults if fault.kind == "skew"] == []
