"""`ecmpaudit analyze` and `routes`, as a user runs them: files in, report and exit code out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests import dumps
from tests.program import Ended, ecmpaudit, ecmpaudit_process

FIXTURES = Path(__file__).parent / "fixtures"
SEED = FIXTURES / "frr" / "show_ip_route--seed.txt"
STRIPPED = FIXTURES / "frr" / "show_ip_route--addresses_lost_in_copying.txt"
SCHEMA = json.loads((FIXTURES.parent.parent / "docs" / "report.schema.json").read_text())


def findings(run: Ended) -> list[dict[str, Any]]:
    report = json.loads(run.stdout)
    jsonschema.validate(report, SCHEMA)
    found: list[dict[str, Any]] = report["findings"]
    return found


def test_the_seeds_table_without_any_configuration() -> None:
    run = ecmpaudit_process("analyze", SEED, "--format", "json")
    assert run.returncode == 1
    (finding,) = findings(run)
    assert (finding["code"], finding["prefix"], finding["inferred"]) == ("ECMP101", "172.31.1.0/32", True)
    assert (finding["actual"], finding["expected"]) == (3, 5)
    assert [node["name"] for node in finding["missing"]] == ["172.30.250.103", "172.30.250.104"]
    assert "inferred from its sibling 172.31.1.1/32" in finding["message"]
    report = json.loads(run.stdout)
    assert "OSPF is the fallback for BGP, with the same next hops" in report["notes"][0]


def test_the_seeds_table_as_text_says_what_is_fine() -> None:
    run = ecmpaudit("analyze", SEED)
    assert "172.31.1.0/32: 3 next hops, expected 5; missing 172.30.250.103, 172.30.250.104" in run.stdout
    assert "fine: 172.31.1.1/32: 5 next hops, expected 5 (inferred)" in run.stdout
    assert run.stderr == ""


def test_a_table_that_lost_its_addresses_is_unparsed_line_by_line() -> None:
    run = ecmpaudit("analyze", STRIPPED, "--format", "json")
    assert run.returncode == 3
    (router,) = json.loads(run.stdout)["routers"]
    routes = [line for line in router["unparsed"] if "via," in line["text"] or "is directly connected" in line["text"]]
    assert len(routes) == 25
    assert all("as if the addresses were lost in copying" in line["reason"] for line in routes)
    heads = [line for line in routes if line["text"][0] in "KBOC"]
    assert len(heads) == 13
    assert {line["reason"] for line in heads} == {"the prefix is missing, as if the addresses were lost in copying"}


@pytest.mark.parametrize(
    "flags, exit_code, codes",
    [
        (["--pool", "172.31.0.0/16", "--expect", "5"], 1, ["ECMP101"]),
        (["--pool", "172.31.1.1/32", "--expect", "5"], 0, []),
        (["--nodes", "172.30.250.101-105"], 1, ["ECMP101"]),
        (["--nodes", "172.30.250.101,172.30.250.102,172.30.250.105"], 1, ["ECMP501"]),
        (["--pool", "172.31.0.0/16", "--expect", "5", "--max-paths", "4"], 1, ["ECMP101", "ECMP201"]),
        (["--pool", "172.31.0.0/16", "--expect", "5", "--max-paths", "3"], 1, ["ECMP101", "ECMP201", "ECMP202"]),
        (["--pool", "172.31.1.9/32", "--expect", "5"], 1, ["ECMP102"]),
        (["--pool", "10.9.0.0/16", "--expect", "5"], 3, ["ECMP003"]),
        (["--ignore", "ECMP101"], 0, []),
        (["--select", "202"], 0, []),
        (["--fail-on", "error"], 0, ["ECMP101"]),
    ],
    ids=[
        "pool",
        "fine",
        "range",
        "fewer_nodes",
        "ceiling",
        "reached",
        "missing",
        "empty",
        "ignore",
        "select",
        "fail_on",
    ],
)
def test_flags(flags: list[str], exit_code: int, codes: list[str]) -> None:
    run = ecmpaudit("analyze", SEED, "--format", "json", *flags)
    assert run.returncode == exit_code, run.stderr
    assert sorted({finding["code"] for finding in findings(run)}) == codes


def test_names_of_nodes_and_of_the_router_are_in_the_message() -> None:
    run = ecmpaudit(
        "analyze", SEED, "--router", "tor1", "--nodes", "node3=172.30.250.103,node4=172.30.250.104", "--nodes",
        "172.30.250.101,172.30.250.102,172.30.250.105",
    )  # fmt: skip
    message = "tor1 172.31.1.0/32: 3 next hops, expected 5; missing node3 (172.30.250.103), node4 (172.30.250.104)"
    assert message in run.stdout


CONFIGURATION = """
nodes:
  node1: {addresses: [172.30.250.101]}
  node2: {addresses: [172.30.250.102]}
  node3: {addresses: [172.30.250.103]}
  node4: {addresses: [172.30.250.104]}
  node5: {addresses: [172.30.250.105]}
clusters:
  prod:
    pools: [172.31.0.0/16]
    exceptions:
      - {prefix: 172.31.1.0/32, nodes: [node1, node2, node5], reason: local traffic policy}
"""


def test_a_configuration_in_the_current_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "ecmpaudit.yaml").write_text(CONFIGURATION)
    run = ecmpaudit("analyze", SEED, "--format", "json", folder=tmp_path)
    assert (run.returncode, findings(run)) == (0, [])


def test_a_fault_in_the_configuration_names_file_line_key_and_what_was_expected(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("routers:\n  tor1:\n    max_paths: many\n")
    run = ecmpaudit("analyze", SEED, "--config", file)
    assert run.returncode == 2
    assert "bad.yaml:3: routers.tor1.max_paths: expected " in run.stderr


def test_standard_input_is_read() -> None:
    run = ecmpaudit_process("analyze", "-", text=SEED.read_text())
    assert (run.returncode, "-:14" in run.stdout) == (1, True)


def test_several_files_are_several_routers_and_a_bad_one_loses_nothing(tmp_path: Path) -> None:
    shutil.copy(SEED, tmp_path / "tor1.txt")
    (tmp_path / "tor2.txt").write_text(dumps.text("frr-8.4.4/show_ip_route__5nodes.txt"))
    (tmp_path / "notes.txt").write_text("call Bob\n")
    run = ecmpaudit("analyze", tmp_path, "--pool", "172.31.1.1/32", "--expect", "5", "--format", "json")
    assert run.returncode == 3
    (finding,) = findings(run)
    assert (finding["code"], finding["router"]) == ("ECMP001", "notes")
    assert "expected the output of `show ip route` (FRR)" in finding["message"]
    report = json.loads(run.stdout)
    assert [prefix["router"] for prefix in report["prefixes"]] == ["tor1", "tor2"]


def test_a_prefix_that_one_router_of_two_has_is_missing_on_the_other(tmp_path: Path) -> None:
    (tmp_path / "tor1.txt").write_text(dumps.text("frr-8.4.4/show_ip_route__5nodes.txt"))
    (tmp_path / "tor2.txt").write_text(dumps.text("frr-8.4.4/show_ip_route__all_withdrawn.txt"))
    run = ecmpaudit("analyze", tmp_path, "--pool", "172.31.1.0/24", "--expect", "5", "--format", "json")
    assert [f["router"] for f in findings(run) if f["code"] == "ECMP102"] == ["tor2"]


def test_a_file_of_one_family_says_nothing_about_the_other(tmp_path: Path) -> None:
    (tmp_path / "tor1.txt").write_text(dumps.text("frr-8.4.4/show_ip_route__5nodes.txt"))
    (tmp_path / "tor1v6.txt").write_text(dumps.text("frr-8.4.4/show_ipv6_route__5nodes.txt"))
    flags = ["--pool", "172.31.1.1/32", "--pool", "fd00:31::1:1/128", "--expect", "5"]
    assert ecmpaudit("analyze", tmp_path, *flags).returncode == 0


def test_text_that_is_no_route_table_is_incomplete_with_one_line_that_says_what_was_expected() -> None:
    expected = "expected the output of `show ip route` (FRR), `show route` (BIRD) or `ip route` (Linux)"
    audited = ecmpaudit("analyze", "-", text="hello\nworld\n")
    assert audited.returncode == 3
    (line,) = [line for line in audited.stdout.splitlines() if expected in line]
    assert line.startswith("incomplete ECMP001  unnamed router: not checked: -: this is no route table")
    listed = ecmpaudit("routes", "-", "--format", "json", text="hello\nworld\n")
    assert listed.returncode == 3
    (problem,) = listed.stderr.splitlines()
    assert expected in problem
    (not_read,) = json.loads(listed.stdout)["not_read"]
    assert (not_read["source"], not_read["line"], expected in not_read["reason"]) == ("-", 1, True)


def test_what_was_not_read_of_files_is_named_with_the_file_in_each_command(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n\ntor1# show ip route\nnothing of the kind\n")
    (tmp_path / "cut.json").write_text('{"198.51.100.7/32": [')
    (tmp_path / "none.txt").write_text("tor2# show ip route\ntor2# exit\n")
    (tmp_path / "some.txt").write_text(
        "tor3# show ip route | include 198\nB>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:01\n"
    )
    (tmp_path / "tor4.txt").write_text(dumps.text("frr-8.4.4/show_ip_route__5nodes.txt"))
    expected = (
        "tor1: not checked: notes.md:4 (show ip route): this is no route table of",
        "cut: not checked: cut.json: this JSON is damaged or cut short",
        "tor2: not checked: none.txt:2 (show ip route): nothing was printed below the command",
        "tor3: not completely checked: some.txt:2 (show ip route | include 198): `| include 198` printed only some",
    )
    files = "notes.md", "cut.json", "none.txt", "some.txt", "tor4.txt"
    for asked in (("analyze",), ("explain", "172.31.1.1"), ("what-if", "--lose", "172.30.250.101")):
        printed = ecmpaudit(*asked, *files, folder=tmp_path).stdout
        assert [printed.count(sentence) for sentence in expected] == [1, 1, 1, 1], printed


def test_a_missing_file_and_a_wrong_flag_are_usage_errors() -> None:
    missing = ecmpaudit("analyze", "no-such-file.txt")
    assert (missing.returncode, "no-such-file.txt: cannot be read: No such file" in missing.stderr) == (2, True)
    assert ecmpaudit("analyze", SEED, "--nodes", "172.30.250.300").returncode == 2
    severity = ecmpaudit("analyze", SEED, "--fail-on", "bad")
    assert (severity.returncode, "internal error" in severity.stderr, "'bad'" in severity.stderr) == (2, False, True)
    platform = ecmpaudit("analyze", SEED, "--platform", "ios9")
    assert (platform.returncode, "platform ios9: expected one of " in platform.stderr) == (2, True)
    output = ecmpaudit("analyze", SEED, "-o", "/no/such/folder/x.txt")
    assert (
        output.returncode,
        "/no/such/folder/x.txt: cannot be written: /no/such/folder is not a folder" in output.stderr,
    ) == (2, True)


def test_routes_json_is_the_contract() -> None:
    run = ecmpaudit("routes", SEED, "--router", "tor1", "--prefix", "172.31.1.0/32", "--format", "json")
    assert run.returncode == 0
    printed = json.loads(run.stdout)
    assert printed["unparsed"] == []
    selected, fallback = printed["routes"]
    assert {
        key: selected[key] for key in ("router", "vrf", "prefix", "protocol", "distance", "metric", "selected")
    } == {
        "router": "tor1",
        "vrf": "default",
        "prefix": "172.31.1.0/32",
        "protocol": "bgp",
        "distance": 20,
        "metric": 0,
        "selected": True,
    }
    assert selected["nexthops"][0] == {
        "ip": "172.30.250.101",
        "interface": "enp6s0",
        "weight": 1,
        "fib": True,
        "active": True,
    }
    assert [hop["fib"] for hop in fallback["nexthops"]] == [False, False, False]
    assert (fallback["protocol"], fallback["selected"]) == ("ospf", False)


def test_routes_reports_unparsed_lines_and_exits_with_3() -> None:
    text = SEED.read_text().replace("B>* 172.31.1.1/32 [20/0] via", "B>* 172.31.1.1/32 [20/0] through")
    run = ecmpaudit_process("routes", "-", "--format", "json", text=text)
    assert run.returncode == 3
    unparsed = json.loads(run.stdout)["unparsed"]
    assert [line["line"] for line in unparsed] == [20, 21, 22, 23, 24]
    assert unparsed[1]["reason"] == "a next hop without a route line above it"
    assert "-:20: no rule matches: B>* 172.31.1.1/32 [20/0] through" in run.stderr


@pytest.mark.parametrize(
    "flags, prefixes",
    [
        (["--lookup", "172.31.1.1"], ["172.31.1.1/32", "172.31.1.1/32"]),
        (["--lookup", "8.8.8.8"], ["0.0.0.0/0"]),
        (["--within", "172.30.0.0/16", "--protocol", "connected"], ["172.30.250.0/24", "172.30.255.0/24"]),
        (["--ecmp"], ["172.31.1.0/32", "172.31.1.1/32"]),
    ],
    ids=["lookup", "lookup_default", "within_and_protocol", "ecmp"],
)
def test_routes_filters(flags: list[str], prefixes: list[str]) -> None:
    run = ecmpaudit("routes", SEED, "--format", "json", *flags)
    assert [route["prefix"] for route in json.loads(run.stdout)["routes"]] == prefixes


def test_lookup_finds_the_longest_match_per_vrf() -> None:
    text = dumps.text("frr-10.7.0/show_ip_route_vrf_all__vrf.txt")
    run = ecmpaudit("routes", "-", "--lookup", "172.31.1.1", "--format", "json", text=text)
    assert [route["vrf"] for route in json.loads(run.stdout)["routes"]] == ["blue", "default", "red"]


def test_csv_has_one_line_per_next_hop_and_no_formulas() -> None:
    run = ecmpaudit("routes", SEED, "--format", "csv", "--router", "=cmd()")
    lines = run.stdout.splitlines()
    assert len(lines) == 1 + 25
    assert lines[0].startswith(
        "router,vrf,family,prefix,protocol,distance,metric,selected,next_hop,interface,weight,installed"
    )
    assert lines[1].startswith(
        "'=cmd(),default,4,0.0.0.0/0,kernel,0,0,True,172.30.255.1,enp1s0,,True,True,0,unicast,264960,"
    )


def test_routes_text_has_a_line_per_next_hop() -> None:
    run = ecmpaudit("routes", SEED, "--prefix", "172.31.1.0/32")
    assert len(run.stdout.strip().splitlines()) == 1 + 6
    assert "172.31.1.0/32  bgp" in run.stdout


def test_control_characters_of_a_device_never_reach_the_terminal() -> None:
    text = SEED.read_text() + "\x1b]0;owned\x07B>* nonsense \x1b[31mred\n"
    for command in ("analyze", "routes"):
        run = ecmpaudit(command, "-", text=text)
        assert "\x1b" not in run.stdout + run.stderr
        assert "nonsense" in run.stdout + run.stderr


def test_the_report_goes_to_a_file(tmp_path: Path) -> None:
    run = ecmpaudit("analyze", SEED, "-q", "-o", tmp_path / "report.txt")
    assert (run.returncode, run.stdout) == (1, "")
    assert "ECMP101" in (tmp_path / "report.txt").read_text()


def test_one_prefix_asked_for_says_nothing_about_others() -> None:
    session = "tor1# show ip route 172.31.1.1/32\n" + dumps.text("frr-8.4.4/show_ip_route_172.31.1.1-32__5nodes.txt")
    run = ecmpaudit("analyze", "-", "--pool", "172.31.1.0/31", "--expect", "5", "--format", "json", text=session)
    assert findings(run) == []
    (prefix,) = json.loads(run.stdout)["prefixes"]
    assert (prefix["router"], prefix["prefix"]) == ("tor1", "172.31.1.1/32")


def test_explain_line_names_the_rule_and_what_it_took() -> None:
    run = ecmpaudit("routes", SEED, "--explain-line", "15")
    assert run.returncode == 0
    assert "NEXTHOP = 172.30.250.102" in run.stdout
    assert "frr/show_ip_route.textfsm:" in run.stdout
    unread = ecmpaudit("routes", STRIPPED, "--explain-line", "68")
    assert (unread.returncode, "no rule of frr/show_ip_route.textfsm matches" in unread.stdout) == (3, True)


def test_verbose_logs_what_was_changed_to_read_a_text() -> None:
    run = ecmpaudit("analyze", "-", "-v", text=SEED.read_text().replace("\n", "\r\n"))
    assert (run.returncode, "removed before parsing" in run.stderr) == (1, True)


def test_summary_counts_routes_by_their_next_hops() -> None:
    run = ecmpaudit("routes", SEED, "--summary")
    assert [line.split() for line in run.stdout.splitlines()[1:4]] == [
        ["IPv4", "bgp", "1", "5"],
        ["IPv4", "bgp", "3", "1"],
        ["IPv4", "bgp", "5", "1"],
    ]


ACME_TEMPLATE = """Value Filldown PREFIX ([0-9.]+/[0-9]+|)
Value NEXTHOP ([0-9.]+)
Value UNPARSED (.*\\S.*)

Start
  ^route ${PREFIX} gw ${NEXTHOP}$$ -> Record
  ^ +gw ${NEXTHOP}$$ -> Record
  ^\\s*$$
  ^${UNPARSED}${PREFIX}$$ -> Record

EOF
"""


def test_platforms_of_ones_own_are_read_from_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "parsers" / "acme"
    folder.mkdir(parents=True)
    (folder / "routes.textfsm").write_text(ACME_TEMPLATE)
    description = (
        "title = 'Acme'\n[[table]]\ntemplate = 'routes.textfsm'\ncommand = 'routes'\ndetect = ['^route .* gw ']\n"
    )
    (folder / "platform.toml").write_text(description)
    text = "route 192.0.2.0/24 gw 198.51.100.1\n  gw 198.51.100.2\n"
    run = ecmpaudit("--parsers", folder.parent, "routes", "-", "--format", "json", text=text)
    (route,) = json.loads(run.stdout)["routes"]
    assert [hop["ip"] for hop in route["nexthops"]] == ["198.51.100.1", "198.51.100.2"]
    wrong = ecmpaudit("--parsers", tmp_path / "none", "routes", "-", text=text)
    assert (wrong.returncode, "expected a folder with one folder for each platform" in wrong.stderr) == (2, True)


RARE = """Codes: K - kernel route

B>t 10.0.0.0/24 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:01
B>o 10.0.1.0/24 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:01
O[10]>* 10.0.2.0/24 [110/20] via fe80::1, eth0, label 16/17, weight 1, 1d02h03m
  b                         via 192.0.2.9, eth1, weight 1, 1d02h03m
S>q 10.0.3.0/24 [1/0] via 192.0.2.1, eth0 onlink, backup 0, weight 1, 00:00:01
B>r 10.0.4.0/24 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:01
B>* 10.0.5.0/24 [20/0] via 192.0.2.1, eth0 (vrf red), weight 1, never
B>* 2001:db8::/32 [20/0] via 2001:db8::1 (recursive), weight 1, 01:02:03
  *                        via fe80::1, eth0, weight 1, 01:02:03
"""


def test_rare_marks_of_frr_have_keys_of_their_own() -> None:
    run = ecmpaudit("routes", "-", "--format", "json", text=RARE)
    assert run.returncode == 0
    hops = {route["prefix"]: route["nexthops"] for route in json.loads(run.stdout)["routes"]}
    marks = {prefix: [(hop["fib"], sorted(set(hop) - {"ip", "interface", "weight", "fib", "active"})) for hop in listed]
            for prefix, listed in hops.items()}  # fmt: skip
    assert marks == {
        "10.0.0.0/24": [(True, ["trapped"])],
        "10.0.1.0/24": [(True, ["offload_failure"])],
        "10.0.2.0/24": [(True, []), (False, ["backup"])],
        "10.0.3.0/24": [(False, ["onlink", "queued"])],
        "10.0.4.0/24": [(False, ["rejected"])],
        "10.0.5.0/24": [(True, ["vrf"])],
        "2001:db8::/32": [(False, ["recursive"]), (True, [])],
    }
    sources = {route["prefix"]: route["source"] for route in json.loads(run.stdout)["routes"]}
    assert sources["10.0.2.0/24"] == "ospf 10"
