"""`ecmpaudit config init`: a first configuration, which changes no finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecmpaudit.configuration.reader import read_configuration
from tests.program import ROOT, ecmpaudit
from tests.recorded_scans import HEALTHY, SCANS, STALE

TWO_ROUTERS = """\
tor1# show ip route
B>* 198.51.100.1/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:01
  *                        via 192.0.2.102, eth0, weight 1, 00:00:01
B>* 198.51.100.2/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:01
tor1# show ipv6 route
B>* 2001:db8:100::1/128 [20/0] via 2001:db8::101, eth0, weight 1, 00:00:01
  *                            via 2001:db8::102, eth0, weight 1, 00:00:01
tor2# show ip route
B>* 198.51.100.1/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:01
  *                        via 192.0.2.102, eth0, weight 1, 00:00:01
B>* 198.51.100.2/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:01
  *                        via 192.0.2.102, eth0, weight 1, 00:00:01
"""


def test_routers_nodes_and_pools_are_those_of_the_tables(tmp_path: Path) -> None:
    (tmp_path / "routes.txt").write_text(TWO_ROUTERS, encoding="utf-8")
    run = ecmpaudit("config", "init", "routes.txt", folder=tmp_path)
    written = read_configuration(tmp_path / "ecmpaudit.yaml")
    assert (run.returncode, run.stdout) == (
        0,
        "ecmpaudit.yaml: written; with it the files give the same 1 finding\n",
    )
    assert {name: router.platform for name, router in written.routers.items()} == {"tor1": "frr", "tor2": "frr"}
    assert {name: node.addresses for name, node in written.nodes.items()} == {
        "node1": ("192.0.2.101", "2001:db8::101"),
        "node2": ("192.0.2.102", "2001:db8::102"),
    }
    (cluster,) = written.clusters.values()
    assert [(pool.prefix, pool.nodes) for pool in cluster.pools] == [
        ("198.51.100.1/32", ("node1", "node2")),
        ("198.51.100.2/32", ("node1", "node2")),
        ("2001:db8:100::1/128", ("node1", "node2")),
    ]


@pytest.mark.parametrize("scan", [HEALTHY, STALE])
def test_a_saved_scan_gives_the_names_of_nodes_and_the_same_findings(tmp_path: Path, scan: str) -> None:
    run = ecmpaudit("config", "init", SCANS / scan, "-o", tmp_path / "first.yaml")
    written = read_configuration(tmp_path / "first.yaml")
    assert "with it the files give the same" in run.stdout
    assert "172.30.250.101" in written.nodes["node1"].addresses
    assert "256 (`ECMP Maximum 256`" in (tmp_path / "first.yaml").read_text(encoding="utf-8")


def test_standard_input_is_read_once(tmp_path: Path) -> None:
    run = ecmpaudit("config", "init", "-", text=TWO_ROUTERS, folder=tmp_path)
    assert run.stdout == "ecmpaudit.yaml: written; with it the files give the same 1 finding\n"


def test_what_a_file_cannot_say_is_reported(tmp_path: Path) -> None:
    """A pool has no VRF: what is audited in one VRF is audited in the others too."""
    table = TWO_ROUTERS.partition("tor1# show ipv6")[0]
    other = table.replace("show ip route", "show ip route vrf RED").replace("192.0.2.", "203.0.113.")
    run = ecmpaudit("config", "init", "-", text=table + other, folder=tmp_path)
    assert run.returncode == 0
    assert run.stdout.startswith("ecmpaudit.yaml: written; with it the findings differ:\n")
    assert "with it only: ECMP101 tor1 RED 198.51.100.1/32" in run.stdout


@pytest.mark.parametrize("text", ["", "kept: true\n"], ids=["empty", "another's"])
def test_no_file_is_overwritten(tmp_path: Path, text: str) -> None:
    (tmp_path / "ecmpaudit.yaml").write_text(text, encoding="utf-8")
    run = ecmpaudit("config", "init", folder=tmp_path)
    assert (run.returncode, (tmp_path / "ecmpaudit.yaml").read_text(encoding="utf-8")) == (2, text)
    assert run.stderr == "ecmpaudit: ecmpaudit.yaml: exists, and is not changed; name another file with --output\n"


def test_without_files_there_is_a_frame_that_passes_the_check(tmp_path: Path) -> None:
    assert ecmpaudit("config", "init", folder=tmp_path).returncode == 0
    assert ecmpaudit("config", "check", folder=tmp_path).returncode == 0


def test_a_cluster_is_named_relative_to_the_file(tmp_path: Path) -> None:
    dump = ROOT / "tests" / "fixtures" / "kubernetes"
    file = min(dump.rglob("*.json"))
    (tmp_path / "cluster.json").write_bytes(file.read_bytes())
    (tmp_path / "etc").mkdir()
    run = ecmpaudit("config", "init", "--kube-dump", "cluster.json", "-o", "etc/ecmpaudit.yaml", folder=tmp_path)
    assert run.returncode == 0
    kubernetes = read_configuration(tmp_path / "etc" / "ecmpaudit.yaml").kubernetes
    assert kubernetes is not None
    assert kubernetes.files == (Path("../cluster.json"),)
