"""The objects of our tests are ones that a cluster can have, and our readers read fields that there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, get_args

import pytest
from pydantic import BaseModel

from ecmpaudit.kubernetes.documents import kinds_read
from tests.kubernetes_mutations import recorded
from tests.kubernetes_statuses import openelb_peer
from tests.published_types import notations, published, wrong_in
from tests.test_kubernetes_causes import BASE
from tests.test_kubernetes_causes import CASES as CAUSES
from tests.test_kubernetes_upstream_cases import CASES
from tests.upstream_cases import calico, changed, cilium, custom, metallb, purelb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kubernetes_objects import Values
    from tests.published_types import Schema

OF_CASES = [values for case in CASES for values in (*case.nodes, *case.objects)]
OF_CAUSES = [values for case in CAUSES for values in (*BASE, *case.objects)]
RECORDED = [json.loads(text) for text in recorded()]
BY_PROJECT = ("metallb.io", "purelb.io", "projectcalico.org", "cilium.io", "antrea.io", "kubesphere.io", "")

OF_PROJECTS = [key for key in kinds_read() if "." in key[0] and "k8s.io" not in key[0]]
OTHERS: dict[str, tuple[str, ...]] = {
    # cilium pkg/k8s/apis/cilium.io/v2alpha1/lbipam_types.go until 1.15; `blocks` since
    "CiliumLoadBalancerIPPool": ("spec.cidrs",),
    # antrea pkg/apis/crd/v1alpha1/types.go, newer than the stored schema
    "BGPPolicy": ("spec.drainOnTaints",),
    # one model for several kinds, of which this one does not have the field
    "CiliumBGPNodeConfig": ("status.conditions.lastHeartbeatTime",),
    "BGPNodeStatus": ("status.conditions.lastHeartbeatTime",),
    "ConfigurationState": ("status.conditions.lastHeartbeatTime",),
    "CiliumBGPPeeringPolicy": ("spec.virtualRouters.neighbors.families.advertisements",),
    "ServiceL2Status": ("status.peers",),
    "ServiceGroup": ("spec.remote.aggregation", "spec.remote.pool", "spec.remote.subnet"),
}
"""The fields, by kind, that the published type does not have, each with the reason why it is read."""


def of_group(values: Values) -> str:
    group = values["apiVersion"].rpartition("/")[0]
    return next(name for name in BY_PROJECT if group.endswith(name))


@pytest.mark.parametrize("project", BY_PROJECT)
def test_the_objects_of_our_tests_are_of_the_published_types(project: str) -> None:
    texts = {json.dumps(values) for values in (*OF_CASES, *OF_CAUSES, *RECORDED) if of_group(values) == project}
    assert len(texts) >= 4
    assert [wrong for text in sorted(texts) for wrong in wrong_in(json.loads(text))] == []


@pytest.mark.parametrize(
    "values, says",
    [
        pytest.param(metallb.by_bgp(localpref=100), "Additional properties are not allowed ('localpref'", id="unknown"),
        pytest.param(metallb.by_bgp(nodeSelectors={}), "is not of type 'array'", id="another type"),
        pytest.param(custom("metallb.io/v1beta2", "BGPPeer", "t"), "'myASN' is a required property", id="required"),
        pytest.param(calico.configuration(serviceLoadBalancerIPs=["198.51.100.7"]), "is not a 'prefix", id="prefix"),
        pytest.param(
            cilium.advertisement(aggregationLengthIPv4=32), "32 is greater than the maximum of 31", id="bound"
        ),
        pytest.param(cilium.policy("p", neighbors=[]), "[] should be non-empty", id="length"),
        pytest.param(purelb.agent(selector={"matchNames": {}}), "('matchNames' was unexpected)", id="selector"),
        pytest.param(openelb_peer("x", "192.0.2.1", {"n1": 7}), "7 is not of type 'string'", id="in a mapping"),  # type: ignore[dict-item]  # a fault
        pytest.param({**metallb.by_bgp(), "metadata": {"name": "a", "label": {}}}, "('label' was", id="metadata"),
        pytest.param(
            changed(metallb.by_bgp(), apiVersion="metallb.io/v9"), "no published type of metallb.io/v9", id="none"
        ),
        pytest.param(
            changed(BASE[1], spec={"taint": []}), "Additional properties are not allowed ('taint'", id="a Node"
        ),
    ],
)
def test_what_a_published_type_does_not_allow_is_found(values: Values, says: str) -> None:
    assert [wrong for wrong in wrong_in(values) if says in wrong], wrong_in(values)


def test_every_kind_has_its_source() -> None:
    sources = {name: fields["source"].split() for name, fields in notations().items()}
    assert [name for name, words in sources.items() if len(words) != 3 or len(words[2]) != 40] == []


@pytest.mark.parametrize("group, kind", OF_PROJECTS)
def test_every_field_that_is_read_is_one_of_the_published_type(group: str, kind: str) -> None:
    api = (
        group.removeprefix("crd.") if group == "crd.projectcalico.org" else group
    )  # the same types, as they are stored
    schemas = [s for name, s in published().items() if name.startswith(f"{api}/") and name.endswith(f" {kind}")]
    assert schemas
    read = set(_fields_of(kinds_read()[group, kind], ""))
    assert read
    unknown = {field for field in read if not any(_has(schema, field.split(".")) for schema in schemas)}
    assert {field for field in unknown if not field.startswith(OTHERS.get(kind, ()))} == set()


def _fields_of(model: type[BaseModel], before: str) -> Iterator[str]:
    """Yield `spec.peers.name` for each field of a model, and of the models in it, but those of metadata."""
    for name, field in model.model_fields.items():
        path = f"{before}{field.alias or name}"
        if path in {"apiVersion", "metadata"}:
            continue
        yield path
        for inner in _models_in(field.annotation):
            yield from _fields_of(inner, f"{path}.")


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _has(schema: Schema, path: list[str]) -> bool:
    """Return whether a schema has a field; lists and mappings from names are passed through."""
    while "items" in schema or isinstance(schema.get("additionalProperties"), dict):
        schema = schema["items"] if "items" in schema else schema["additionalProperties"]
    if not path or not schema:
        return True
    inner = schema.get("properties", {}).get(path[0])
    return inner is not None and _has(inner, path[1:])
