"""Filters leave a part of what is found, the same in every command, and `explain` is that part for one prefix."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.program import ROOT, ecmpaudit
from tests.recorded_scans import CONFIGURATION, HEALTHY, SCANS, STALE
from tests.samples import sample

if TYPE_CHECKING:
    from pathlib import Path

SEED = "tests/fixtures/frr/show_ip_route--seed.txt"
SEED_NODES = ["--nodes", "172.30.250.101-105", "--pool", "172.31.0.0/16"]
CILIUM = "tests/fixtures/kubernetes/cilium--all.json"
METALLB = ROOT / "tests/fixtures/kubernetes/metallb--cluster.json"
EXPECT = "expect", "--kube-dump", METALLB, "--kube-dump", METALLB.with_name("metallb--custom_resources.json")
CLUSTER_TABLE = "tests/fixtures/kubernetes/tor1.txt"
INPUTS: dict[str, list[str]] = {
    "seed": [SEED],
    "seed with nodes": [SEED, *SEED_NODES],
    "seed with fewer nodes": [SEED, "--nodes", "172.30.250.101-102", "--pool", "172.31.0.0/16"],
    "cluster": [CLUSTER_TABLE, "--kube-dump", CILIUM],
    "healthy": [str(SCANS / HEALTHY), "-c", str(CONFIGURATION)],
    "stale": [str(SCANS / STALE), "-c", str(CONFIGURATION)],
}


def json_of(*words: str | Path) -> tuple[int, dict[str, Any]]:
    run = ecmpaudit(*words, "-f", "json")
    assert run.stdout, run.stderr
    return run.returncode, json.loads(run.stdout)


def reasons(findings: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    return [(found["code"], found["severity"], found["message"], found["cause"]) for found in findings]


@pytest.mark.parametrize("name", INPUTS)
def test_explain_has_the_findings_the_reasons_and_the_exit_code_of_analyze(name: str) -> None:
    words = INPUTS[name]
    _, whole = json_of("analyze", *words)
    prefixes = {prefix["prefix"] for prefix in whole["prefixes"]}
    assert prefixes
    for prefix in sample(sorted(prefixes), 1):
        code, part = json_of("analyze", *words, "--prefix", prefix)
        expected = [
            found for found in whole["findings"] if found["prefix"] == prefix or found["severity"] == "incomplete"
        ]
        assert reasons(part["findings"]) == reasons(expected)
        assert {each["prefix"] for each in part["prefixes"]} == {prefix}
        explained, chains = json_of("explain", prefix, *words)
        assert (reasons(chains["findings"]), explained) == (reasons(expected), code)


NETWORK = """
{router}# show ip route
Codes: K - kernel route

B>* 198.51.100.1/32 [20/0] via 192.0.2.101, eth1, weight 1, 00:10:00
  *                        via 192.0.2.102, eth1, weight 1, 00:10:00
B>* 198.51.100.2/32 [20/0] via 192.0.2.101, eth1, weight 1, 00:10:00
{router}#
"""
CONFIGURED = """
routers:
  tor1: {host: 192.0.2.1, labels: {site: a}}
  tor2: {host: 192.0.2.2, labels: {site: b}}
  spine1: {host: 192.0.2.3, labels: {site: b}}
nodes:
  node1: 192.0.2.101
  node2: 192.0.2.102
  node3: {addresses: [192.0.2.103], labels: {rack: r3}}
clusters:
  prod: {pools: [198.51.100.0/24]}
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "dumps").mkdir()
    for router in ("tor1", "tor2", "spine1"):
        (tmp_path / "dumps" / f"{router}.txt").write_text(NETWORK.format(router=router), encoding="utf-8")
    (tmp_path / "ecmpaudit.yaml").write_text(CONFIGURED, encoding="utf-8")
    return tmp_path


def places(folder: Path, *filters: str) -> set[tuple[str, str]]:
    """Return router and prefix of each finding."""
    run = ecmpaudit("analyze", "dumps", *filters, "-f", "json", folder=folder)
    assert run.stdout, run.stderr
    report = json.loads(run.stdout)
    return {(found["router"], found["prefix"].partition("/")[0][-1:]) for found in report["findings"]}


ROUTERS = ("tor1", "tor2", "spine1")
EVERY = {(router, number) for router in ROUTERS for number in "12"}


@pytest.mark.parametrize(
    "filters, left",
    [
        (["--router", "tor*"], EVERY - {("spine1", "1"), ("spine1", "2")}),
        (["--router", "tor1,spine1"], EVERY - {("tor2", "1"), ("tor2", "2")}),
        (["--router", "tor1", "--router", "spine?"], EVERY - {("tor2", "1"), ("tor2", "2")}),
        (["--prefix", "198.51.100.1"], {(router, "1") for router in ROUTERS}),
        (["--prefix", "198.51.100.2/32,198.51.100.1/32"], EVERY),
        (["--prefix", "*.2/32"], {(router, "2") for router in ROUTERS}),
        (["--node", "node2"], {(router, "2") for router in ROUTERS}),
        (["--node", "192.0.2.10[3]"], EVERY),
        (["--node", "node1,node2"], {(router, "2") for router in ROUTERS}),
        (["--vrf", "def*"], EVERY),
        (["--label", "site=b"], EVERY - {("tor1", "1"), ("tor1", "2")}),
        (["--label", "rack=r*"], EVERY),
        (["--label", "site=b", "--router", "tor*", "--prefix", "*.1/32"], {("tor2", "1")}),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_filters_leave_what_names_a_matching_thing(
    folder: Path, filters: list[str], left: set[tuple[str, str]]
) -> None:
    assert places(folder, "--ignore", "105", *filters) == left


@pytest.mark.parametrize("command", [["analyze", "dumps"], ["diff", "dumps", "dumps"]], ids=lambda words: words[0])
@pytest.mark.parametrize(
    "filters, complaint",
    [
        (["--router", "tor9,tor1"], "--router tor9: matches none of spine1, tor1, tor2"),
        (["--prefix", "203.0.113.*"], "--prefix 203.0.113.*: matches none of 198.51.100.1/32, 198.51.100.2/32"),
        (["--node", "node7"], "--node node7: matches none of 192.0.2.101, "),
        (["--vrf", "red"], "--vrf red: matches none of default"),
        (["--label", "site"], "--label site: expected a label and its value, such as site=a"),
        (["--label", "site=z"], "--label site=z: no router and no node has it; the labels are rack=r3, site=a, site=b"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_a_filter_that_matches_nothing_is_an_error_and_no_clean_run(
    folder: Path, command: list[str], filters: list[str], complaint: str
) -> None:
    run = ecmpaudit(*command, *filters, folder=folder)
    assert (run.returncode, run.stdout) == (2, "")
    assert complaint in run.stderr


def test_what_could_not_be_checked_stays(folder: Path) -> None:
    (folder / "dumps" / "tor1.txt").write_text(
        NETWORK.format(router="tor1").replace("tor1#\n", "B>* nonsense\ntor1#\n"), encoding="utf-8"
    )
    for filters in (["--prefix", "198.51.100.1"], ["--node", "node1"], ["--router", "tor1,tor2"]):
        assert '"code": "ECMP002"' in ecmpaudit("analyze", "dumps", *filters, "-f", "json", folder=folder).stdout
    others = ecmpaudit("analyze", "dumps", "--router", "spine1,tor2", "-f", "json", folder=folder)
    assert '"code": "ECMP002"' not in others.stdout


def test_a_part_is_not_recorded(folder: Path) -> None:
    run = ecmpaudit("analyze", "dumps", "--record", "--history", "h.db", "--prefix", "*.1/32", folder=folder)
    assert (run.returncode, (folder / "h.db").exists()) == (2, False)
    assert "--record with --prefix *.1/32: a run is recorded whole" in run.stderr


@pytest.mark.parametrize(
    "filters, changed",
    [
        ([], {("tor1", "1"), ("tor2", "1"), ("tor1", "2")}),
        (["--router", "tor1"], {("tor1", "1"), ("tor1", "2")}),
        (["--prefix", "*.1/32"], {("tor1", "1"), ("tor2", "1")}),
        (["--label", "site=b", "--vrf", "default"], {("tor2", "1")}),
        (["--node", "node2"], {("tor1", "1"), ("tor2", "1")}),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_diff_has_the_same_filters(folder: Path, filters: list[str], changed: set[tuple[str, str]]) -> None:
    later = folder / "later"
    later.mkdir()
    for router, cut in (("tor1", ("1", "2")), ("tor2", ("1",)), ("spine1", ())):
        text = NETWORK.format(router=router)
        if "1" in cut:
            text = text.replace("  *                        via 192.0.2.102, eth1, weight 1, 00:10:00\n", "")
        if "2" in cut:
            text = text.replace("100.2/32 [20/0] via 192.0.2.101", "100.2/32 [20/0] via 192.0.2.103")
        (later / f"{router}.txt").write_text(text, encoding="utf-8")
    run = ecmpaudit("diff", "dumps", "later", *filters, "-f", "json", folder=folder)
    found = {(each["router"], each["prefix"][-4]) for each in json.loads(run.stdout)["changes"]}
    assert (found, run.returncode) == (changed, 1)


@pytest.mark.parametrize(
    "filters, count",
    [
        ([], 6),
        (["--router", "tor*"], 4),
        (["--prefix", "198.51.100.1/32"], 3),
        (["--prefix", "198.51.100.1/32,*.2/32", "--vrf", "default"], 6),
        (["--prefix", "*.2/32"], 3),
        (["--vrf", "def*"], 6),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_routes_has_those_that_a_table_can_answer(folder: Path, filters: list[str], count: int) -> None:
    run = ecmpaudit("routes", "dumps", *filters, "-f", "json", folder=folder)
    assert len(json.loads(run.stdout)["routes"]) == count


def test_a_text_is_named_by_an_option_of_its_own() -> None:
    for flag in ("--router-name", "--router"):
        _, report = json_of("analyze", SEED, flag, "leaf7")
        assert {prefix["router"] for prefix in report["prefixes"]} == {"leaf7"}
    run = ecmpaudit("analyze", SEED, "--router-name", "leaf7", "--router", "leaf*,tor9")
    assert (run.returncode, "--router tor9: matches none of leaf7" in run.stderr) == (2, True)


@pytest.mark.parametrize("prefix", ["198.51.100.9", "198.51.100.9/32"])
def test_explain_says_that_an_address_of_a_known_pool_has_no_route(folder: Path, prefix: str) -> None:
    run = ecmpaudit("explain", prefix, "dumps", folder=folder)
    assert run.returncode == 3
    sentence = "none of 3 routers that were read has a route to 198.51.100.9/32, which is in the pool 198.51.100.0/24"
    assert sentence in run.stdout
    assert "give" not in run.stdout


def test_explain_of_one_node_shows_its_chains_and_its_findings(folder: Path) -> None:
    run = ecmpaudit("explain", "198.51.100.2", "dumps", "--router", "tor1,tor2", "--node", "node2", folder=folder)
    assert run.returncode == 1
    assert run.stdout.count("node2 (192.0.2.102): missing") == 2
    assert "node3 (192.0.2.103): missing" not in run.stdout
    assert "spine1" not in run.stdout


def test_diff_selects_rules_as_an_audit_does(folder: Path) -> None:
    later = folder / "later"
    later.mkdir()
    for router in ROUTERS:
        text = NETWORK.format(router=router).replace("100.1/32 [20/0] via 192.0.2.101", "100.1/32 [20/0] via 192.0.2.9")
        (later / f"{router}.txt").write_text(text, encoding="utf-8")
    words = ["diff", "dumps", "later", "-f", "json"]
    codes = {
        tuple(flags): set(json.loads(ecmpaudit(*words, *flags, folder=folder).stdout)["codes"].values())
        for flags in ([], ["--select", "5xx"], ["--ignore", "5xx"])
    }
    assert "ECMP501" in codes[()]
    assert codes[("--select", "5xx")] == {"ECMP501"}
    assert codes[("--ignore", "5xx")] == codes[()] - {"ECMP501"}


@pytest.mark.parametrize(
    "filters, left",
    [
        (["--prefix", "198.51.100.7"], {"198.51.100.7/32"}),
        (["--prefix", "*.0/28,*.7/32"], {"198.51.100.0/28", "198.51.100.7/32"}),
        (["--node", "node2", "--prefix", "198.51.100.*"], {"198.51.100.0/28", "198.51.100.7/32"}),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_expect_has_the_filters_that_a_cluster_can_answer(filters: list[str], left: set[str]) -> None:
    _, shown = json_of("expect", "--kube-dump", CILIUM, *filters)
    assert {each["prefix"] for each in shown["expectations"]} == left


def test_expect_of_a_node_names_that_node_and_counts_the_others() -> None:
    _, shown = json_of(*EXPECT, "--node", "node5")
    assert [(each["prefix"], each["expected"], each["nodes"]) for each in shown["expectations"]] == [
        ("198.51.100.7/32", 2, ["node5"]),
        ("198.51.100.8/32", 3, ["node5"]),
        ("2001:db8:31::7/128", 2, ["node5"]),
    ]
    assert [node["name"] for node in shown["nodes"]] == ["node5"]
    text = ecmpaudit(*EXPECT, "--node", "node5,node3").stdout
    assert "198.51.100.8/32     3         node3, node5 and 1 more  Service shop/api" in text
    assert "2001:db8:31::7/128  2         node5 and 1 more" in text
    assert "from 2 nodes" in text


def test_expect_of_a_node_as_a_configuration_keeps_what_is_expected() -> None:
    written = yaml.safe_load(ecmpaudit(*EXPECT, "--node", "node5", "-f", "yaml").stdout)
    exceptions = written["clusters"]["kubernetes"]["exceptions"]
    assert [(each["prefix"], each["nodes"]) for each in exceptions] == [
        ("198.51.100.7/32", ["node2", "node5"]),
        ("198.51.100.8/32", ["node2", "node3", "node5"]),
        ("2001:db8:31::7/128", ["node2", "node5"]),
    ]
    assert list(written["nodes"]) == ["node2", "node3", "node5"]


def test_explain_compares_with_earlier_runs_as_analyze_does(folder: Path) -> None:
    place = ["--history", str(folder / "h.db")]
    ecmpaudit("analyze", "dumps", "--record", *place, folder=folder)
    file = folder / "dumps" / "tor1.txt"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  *                        via 192.0.2.102, eth1, weight 1, 00:10:00\n", ""), "utf-8")
    analyzed = json.loads(ecmpaudit("analyze", "dumps", *place, "-f", "json", folder=folder).stdout)["findings"]
    run = ecmpaudit("explain", "198.51.100.1", "dumps", *place, "-f", "json", folder=folder)
    expected = [found for found in analyzed if found["prefix"] == "198.51.100.1/32"]
    assert "ECMP602" in {found["code"] for found in expected}
    assert reasons(json.loads(run.stdout)["findings"]) == reasons(expected)
