"""A Service that was given no address and asks for a pool by name: whether there is such a pool (ECMP107)."""

from __future__ import annotations

from typing import Any

import pytest

from ecmpaudit.kubernetes.announcers.openelb import Eip
from ecmpaudit.kubernetes.announcing import Announcements, announcements_of
from ecmpaudit.kubernetes.documents import Document, objects_of
from ecmpaudit.kubernetes.statuses.read import state_word
from ecmpaudit.model.cluster_faults import FaultKind
from tests.kubernetes_objects import Values, announcements_with, endpoints, node, service

RANGES = ["198.51.100.0/24", "2001:db8:31::/64"]


def pool(api: str, kind: str, name: str, **spec: Any) -> Values:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "lb"}, "spec": spec}


OF_METALLB = pool("metallb.io/v1beta1", "IPAddressPool", "known", addresses=RANGES)
OF_PURELB = pool("purelb.io/v1", "ServiceGroup", "known", local={"v6pools": [{"pool": RANGES[1], "subnet": RANGES[1]}]})
OF_ANTREA = pool("crd.antrea.io/v1beta1", "ExternalIPPool", "known", ipRanges=[{"cidr": known} for known in RANGES])
OF_OPENELB = pool("network.kubesphere.io/v1alpha2", "Eip", "known", address=RANGES[1], protocol="bgp")
CASES = {
    "metallb": ("metallb.io/address-pool", OF_METALLB, "IPAddressPool"),
    "metallb, old": ("metallb.universe.tf/address-pool", OF_METALLB, "IPAddressPool"),
    "purelb": ("purelb.io/service-group", OF_PURELB, "ServiceGroup"),
    "antrea": ("service.antrea.io/external-ip-pool", OF_ANTREA, "ExternalIPPool"),
    "openelb": ("eip.openelb.kubesphere.io/v1alpha2", OF_OPENELB, "Eip"),
}


def waiting(annotation: str, name: str) -> Values:
    """Return a Service without an address, which asks for a pool."""
    made = service("shop/new", ipFamilies=["IPv6"])
    made["metadata"]["annotations"] = {annotation: name}
    return made


def reason(found: Announcements) -> str:
    (fault,) = (fault for fault in found.faults if fault.kind is FaultKind.NO_ADDRESS)
    return fault.fact


@pytest.mark.parametrize("annotation, known, kind", CASES.values(), ids=CASES)
def test_a_pool_that_there_is_none_of_is_named_with_its_kind(annotation: str, known: Values, kind: str) -> None:
    found = announcements_with(node(1), known, waiting(annotation, "absent"), announcer="auto")
    assert f"it asks for {kind} absent, which there is none of" in reason(found)


@pytest.mark.parametrize("annotation, known, kind", CASES.values(), ids=CASES)
def test_a_pool_that_is_there_is_no_reason(annotation: str, known: Values, kind: str) -> None:
    found = announcements_with(node(1), known, waiting(annotation, " known "), announcer="auto")
    assert kind not in reason(found)


@pytest.mark.parametrize("annotation, kind", [(annotation, kind) for annotation, _, kind in CASES.values()], ids=CASES)
def test_nothing_is_said_of_pools_where_none_were_given(annotation: str, kind: str) -> None:
    found = announcements_with(node(1), waiting(annotation, "absent"), announcer="auto")
    assert kind not in reason(found)


def test_nothing_is_said_of_pools_that_could_not_be_read() -> None:
    values = (node(1), OF_OPENELB, waiting(CASES["openelb"][0], "absent"), endpoints("kube-system/dns", "node1"))
    objects = objects_of(Document("test", value) for value in values)
    objects.unread[Eip] = "forbidden"
    assert "Eip" not in reason(announcements_of(objects, "auto"))


@pytest.mark.parametrize(
    "written, meant",
    [
        pytest.param("open_sent", "OpenSent", id="cilium"),
        pytest.param("open_confirm", "OpenConfirm", id="cilium, confirm"),
        pytest.param("established", "Established", id="cilium, up"),
        pytest.param("SESSION_STATE_OPENSENT", "OpenSent", id="gobgp 4"),
        pytest.param("odd_word", "odd_word", id="unknown"),
    ],
)
def test_the_states_of_a_session_are_the_fields_words(written: str, meant: str) -> None:
    assert state_word(written) == meant
