"""`unavailable: [kernel]` beside daemons that show candidates only (BIRD, GoBGP): the kernel's table shows the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.model import Audit, Capture, Severity
from ecmpaudit.reporting.formats import FORMS, Format, Settings, render
from ecmpaudit.reporting.verdict import exit_code
from ecmpaudit.rules import all_rules

if TYPE_CHECKING:
    from pathlib import Path

STARTED = "2026-11-20T10:15:00.000+00:00"
REFUSED = "the command failed with exit status 1: permission denied"
DAEMONS = ["bird", "gobgp"]
PREFIX = {4: "198.51.100.7/32", 6: "2001:db8:100::7/128"}
COMMAND = {
    ("bird", 4): "birdc -r 'show route all'",
    ("bird", 6): "birdc -r 'show route all'",
    ("gobgp", 4): "gobgp global rib",
    ("gobgp", 6): "gobgp global rib -a ipv6",
}
TABLE = {
    ("bird", 4): """BIRD 2.0.12 ready.
Table master4:
198.51.100.7/32      unicast [node1 10:15:00.000] * (100) [AS64513i]
\tvia 192.0.2.101 on eth0
                     unicast [node2 10:15:00.000] (100) [AS64513i]
\tvia 192.0.2.102 on eth0
""",
    ("bird", 6): """BIRD 2.0.12 ready.
Table master6:
2001:db8:100::7/128  unicast [node1 10:15:00.000] * (100) [AS64513i]
\tvia 2001:db8::101 on eth0
                     unicast [node2 10:15:00.000] (100) [AS64513i]
\tvia 2001:db8::102 on eth0
""",
    ("gobgp", 4): """   Network              Next Hop             AS_PATH              Age        Attrs
*> 198.51.100.7/32      192.0.2.101          64513                00:00:19   [{Origin: i}]
*  198.51.100.7/32      192.0.2.102          64513                00:00:19   [{Origin: i}]
""",
    ("gobgp", 6): """   Network              Next Hop             AS_PATH              Age        Attrs
*> 2001:db8:100::7/128  2001:db8::101        64513                00:00:19   [{Origin: i}]
*  2001:db8:100::7/128  2001:db8::102        64513                00:00:19   [{Origin: i}]
""",
}
NODES = {
    "node1": {"addresses": ["192.0.2.101", "2001:db8::101"]},
    "node2": {"addresses": ["192.0.2.102", "2001:db8::102"]},
    "node3": {"addresses": ["192.0.2.103", "2001:db8::103"]},
}


def audit_of(
    folder: Path,
    daemon: str,
    family: int,
    *,
    nodes: int = 2,
    of_all: tuple[str, ...] = (),
    is_given_up: bool = False,
    **router: Any,
) -> Audit:
    """Return the audit of rx1, whose daemon answered and whose kernel's table was refused."""
    content = {
        "routers": {"rx1": {"platform": daemon} | router},
        "nodes": {name: NODES[name] for name in list(NODES)[:nodes]},
        "clusters": {"prod": {"pools": [PREFIX[family]]}},
        "unavailable": list(of_all),
    }
    file = folder / "ecmpaudit.yaml"
    file.write_text(json.dumps(content), encoding="utf-8")
    command, text = COMMAND[daemon, family], TABLE[daemon, family]
    kernel = f"ip -j -{family} route show table all"
    captures = [
        Capture("rx1", daemon, command, text, f"ssh rx1: {command}", started=STARTED),
        Capture(
            "rx1",
            daemon,
            kernel,
            "",
            f"ssh rx1: {kernel}",
            failure=REFUSED,
            is_given_up=is_given_up,
            started=STARTED,
        ),
    ]
    request = Request.of(ScopeOptions(config=file))
    material = read_material(captures, only=request.audited, nodes=request.nodes, routers=request.routers)
    return audit_material(material, request, all_rules())


def codes_of(audit: Audit) -> list[str]:
    return [finding.code for finding in audit.findings]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("daemon", DAEMONS)
def test_without_the_kernels_table_candidates_are_not_taken_for_installed(
    tmp_path: Path, daemon: str, family: int
) -> None:
    audit = audit_of(tmp_path, daemon, family)
    assert codes_of(audit) == ["ECMP001", "ECMP004"]
    assert exit_code(audit, Severity.WARNING) == 3


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("daemon", DAEMONS)
@pytest.mark.parametrize(
    "names", [{"unavailable": ["kernel"]}, {"of_all": ("kernel",)}], ids=["of the router", "of every host"]
)
def test_a_kernel_that_is_unavailable_is_said_and_the_exit_code_stays(
    tmp_path: Path, daemon: str, family: int, names: dict[str, Any]
) -> None:
    audit = audit_of(tmp_path, daemon, family, **names)
    assert (codes_of(audit), exit_code(audit, Severity.WARNING)) == ([], 0)
    (entry,) = audit.network.not_answered
    assert entry.is_unavailable
    assert "ECMP101" in entry.undetermined
    assert (
        f"rx1: candidates of IPv{family} were judged, and not what is installed, since the configuration says that "
        "the kernel's table is `unavailable`"
    ) in audit.network.notes


@pytest.mark.parametrize("daemon", DAEMONS)
def test_candidates_that_are_missing_are_found_without_the_kernel(tmp_path: Path, daemon: str) -> None:
    audit = audit_of(tmp_path, daemon, 4, nodes=3, unavailable=["kernel"])
    assert codes_of(audit) == ["ECMP101"]
    assert [node.name for node in audit.findings[0].missing] == ["node3"]


@pytest.mark.parametrize("fact", ["sessions", "node-routes"])
def test_unavailable_of_another_fact_does_not_excuse_the_kernel(tmp_path: Path, fact: str) -> None:
    audit = audit_of(tmp_path, "bird", 4, unavailable=[fact])
    assert codes_of(audit) == ["ECMP001", "ECMP004"]


def test_a_kernel_that_was_not_asked_in_time_is_not_excused(tmp_path: Path) -> None:
    audit = audit_of(tmp_path, "bird", 4, is_given_up=True, unavailable=["kernel"])
    assert (codes_of(audit), exit_code(audit, Severity.WARNING)) == (["ECMP001"], 3)


@pytest.mark.parametrize(
    "form", [form for form in FORMS if form not in {Format.CSV, Format.PARQUET, Format.PROMETHEUS, Format.OPENMETRICS}]
)
def test_every_form_says_that_the_kernel_is_unavailable(tmp_path: Path, form: Format) -> None:
    audit = audit_of(tmp_path, "bird", 4, unavailable=["kernel"])
    assert "unavailable" in render(form, audit, Settings(Severity.WARNING)).decode()
