"""The causes of test_kubernetes_causes, with the objects from a live cluster: the real kubectl, and nobody logs in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.kubernetes_api import Cluster, Server, installed, require_kubectl, served
from tests.kubernetes_statuses import NOW
from tests.test_kubernetes_causes import BASE, CASES, Case, audited, audited_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Audit, Evidence
    from tests.kubernetes_objects import Values

pytestmark = pytest.mark.kubectl


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    require_kubectl()
    folder = tmp_path_factory.mktemp("kubectl")
    with served(Cluster(), folder) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setenv("KUBECONFIG", str(server.kubeconfig))
        yield server


@pytest.mark.sampled(8)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_cause_is_the_same_from_a_file_and_from_a_live_cluster(
    case: Case, server: Server, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("kubectl")
    monkeypatch.setenv("HOME", str(folder))  # kubectl keeps what it discovers there
    objects = tuple(_just_now(values) for values in case.objects)
    server.cluster.objects = [*BASE, *objects]
    server.cluster.resources = installed(server.cluster.objects)
    live = audited_with(case.text, kubectl="prod")
    filed = audited(objects, case.text, folder)
    assert _findings(live) == _findings(filed)
    assert any(case.code == code and case.says in text for code, text, _ in _findings(live)), _findings(live)
    assert live.network.notes == filed.network.notes


def test_the_evidence_names_the_call_of_kubectl(server: Server) -> None:
    case = next(case for case in CASES if case.id == "k8gobgp: a session is down, and why")
    server.cluster.objects = [*BASE, *map(_just_now, case.objects)]
    server.cluster.resources = installed(server.cluster.objects)
    audit = audited_with(case.text, kubectl="prod")
    sources = [e.source for f in audit.findings for e in f.evidence if e.text.startswith("BGPNodeStatus")]
    assert sources
    assert all("kubectl prod: get bgpnodestatuses.bgp.purelb.io" in source for source in sources)


def _just_now(values: Values) -> Values:
    """Return an object that was written when the test began, as a live cluster's clock is the one of the day."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found: Values = json.loads(json.dumps(values).replace(NOW, now))
    return found


def _findings(audit: Audit) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return code, text with its cause, and evidence of each finding, without the places and ages of objects."""
    return [
        (f.code, f"{f.message} {f.cause or ''} {f.hint}", tuple(_without_age(e) for e in f.evidence))
        for f in audit.findings
    ]


def _without_age(evidence: Evidence) -> str:
    return evidence.text.partition(" (written ")[0]
