"""Words of options that mean the same in every command: codes and families of rules, platforms, names and patterns."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.request import chosen_rules
from ecmpaudit.configuration.patterns import names_matching
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.rules import all_rules
from ecmpaudit.wording import nearest, suggestion
from tests.program import ROOT, ecmpaudit, plain_environment

if TYPE_CHECKING:
    from pathlib import Path

SEED = ROOT / "tests/fixtures/frr/show_ip_route--seed.txt"
CLUSTER = ROOT / "tests/fixtures/kubernetes/cilium--all.json"
ALL = [known.code for known in all_rules()]


@pytest.mark.parametrize(
    "select, ignore, codes",
    [
        (["101,ECMP102"], [], ["ECMP101", "ECMP102"]),
        (["7xx"], [], [f"ECMP70{number}" for number in range(1, 8)]),
        (["ecmp7XX, 102"], ["702,704,705", "706"], ["ECMP102", "ECMP701", "ECMP703", "ECMP707"]),
        (["10x"], ["101,103", "ECMP105"], ["ECMP102", "ECMP104", "ECMP106", "ECMP107", "ECMP108", "ECMP109"]),
        (["xx1", "101"], ["2xx,3xx,4xx,5xx,6xx,7xx"], ["ECMP001", "ECMP101"]),
        ([], ["xxx"], []),
        (["ECMP10*"], ["ecmp-105"], [f"ECMP10{number}" for number in (1, 2, 3, 4, 6, 7, 8, 9)]),
        (["1*,70[1-3]", "?07"], ["10?"], ["ECMP407", "ECMP701", "ECMP702", "ECMP703", "ECMP707"]),
        ([], ["*"], []),
        ([" , "], [], ALL),
    ],
)
def test_rules_are_chosen_by_code_comma_list_and_family(select: list[str], ignore: list[str], codes: list[str]) -> None:
    assert [known.code for known in chosen_rules(select, ignore)] == codes


@pytest.mark.parametrize("word", ["9xx", "1x", "ECMP1xxx", "ECMP9*", "1?", "101;102"])
def test_a_code_or_family_without_a_rule_is_refused(word: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"no rule has the code {re.escape(word)}; "):
        chosen_rules([f"101,{word}"], [])


NEAR = {
    "form": ("analyze {file} -f jsn", "did you mean json?"),
    "form of a command with few": ("history -f jason", "did you mean json?"),
    "ending": ("analyze {file} -o a.jsn", "did you mean .json?"),
    "form of a file": ("analyze {file} -o jsn:a.txt", "did you mean json:a.txt? ./jsn:a.txt is a file"),
    "counts": ("analyze {file} --by ruter", "did you mean router?"),
    "severity": ("analyze {file} --fail-on WARNINGS", "did you mean warning?"),
    "announcer": ("analyze {file} --announcer metalb", "did you mean metallb?"),
    "transport": ("scan --transport openshs", "did you mean openssh?"),
    "model": ("what-if {file} --lose x --model hash-treshold", "did you mean hash-threshold?"),
    "protocol": ("routes {file} --protocol BPG", "matches none of bgp, connected, kernel, ospf; did you mean bgp?"),
    "platform": ("analyze {file} --platform linx", "did you mean linux?"),
    "platform by its maker": ("analyze {file} --platform nokia", "did you mean nokia_srl?"),
    "platform by another name": ("routes {file} --platform eos", "did you mean arista_eos?"),
    "beginning of a platform": ("commands --platform palo", "did you mean paloalto_panos?"),
    "label": ("analyze {file} --label sit=a -c {config}", "the labels are site=a; did you mean site=a?"),
    "node of a change": ("what-if {file} --lose nod1 -c {config}", "--lose nod1: no such node or next hop; did you"),
    "node of a drain": ("drain nod1 --from {file} -c {config}", "ecmpaudit: nod1: no such node or next hop; did you"),
    "router of several": (
        "analyze {daily}/tor1.txt {daily}/tor2.txt --router tro1",
        "the inputs name tor1, tor2; did you mean tor1?",
    ),
    "command": ("whatif {file}", "did you mean what-if?"),
    "key": ("config check {mistyped}", "platfrom: unknown key; did you mean platform?"),
}


@pytest.mark.parametrize("case", NEAR)
def test_a_mistyped_word_is_refused_with_the_nearest(case: str, tmp_path: Path) -> None:
    line, hint = NEAR[case]
    files = {"config": tmp_path / "config.yaml", "mistyped": tmp_path / "other.yaml"}
    files["config"].write_text(
        "routers: {tor1: {host: 192.0.2.1, labels: {site: a}}}\nnodes: {node1: {addresses: [172.30.250.101]}}\n"
    )
    files["mistyped"].write_text("routers: {tor1: {host: 192.0.2.1, platfrom: frr}}\n")
    environment = plain_environment(COLUMNS="500", HOME=str(tmp_path))
    refused = ecmpaudit(
        *line.format(file=SEED, daily=ROOT / "tests/daily/files", **files).split(),
        folder=tmp_path,
        environment=environment,
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert hint in refused.stderr


def test_a_name_for_a_text_that_looks_like_a_configured_router_is_noted(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("routers: {tor1: {host: 192.0.2.1}, spine1: {host: 192.0.2.2}}\n")
    note = "note: --router tro1: no router of the configuration; did you mean tor1?"
    assert note in ecmpaudit("analyze", SEED, "-c", config, "--router", "tro1").stdout
    for name in ("tor1", "leaf-of-rack-7"):
        assert "no router of the configuration" not in ecmpaudit("analyze", SEED, "-c", config, "--router", name).stdout


def test_a_protocol_without_a_route_is_no_mistake() -> None:
    shown = ecmpaudit("routes", SEED, "--protocol", "isis", "-f", "json")
    assert (shown.returncode, json.loads(shown.stdout)["routes"]) == (0, [])


@pytest.mark.parametrize(
    "word, known, near",
    [
        ("TRO1", ["tor1", "tor2"], "tor1"),
        ("pal", ["paloalto_panos", "linux"], "paloalto_panos"),
        ("", ["tor1"], None),
        ("xyz", ["tor1"], None),
        ("tor", [], None),
    ],
)
def test_the_nearest_word_is_found_whatever_its_case_or_by_its_beginning(
    word: str, known: list[str], near: str | None
) -> None:
    assert nearest(word, known) == near
    assert suggestion(word, known) == (f"; did you mean {near}?" if near else "")


@pytest.mark.parametrize(
    "given, found",
    [
        (["tor1"], ("tor1",)),
        (["tor*"], ("tor1", "tor2")),
        (["spine1,tor2", "tor1"], ("tor1", "tor2", "spine1")),
        (["?o?[2]", ""], ("tor2",)),
        ([], ()),
    ],
)
def test_names_are_given_by_pattern_list_and_repetition(given: list[str], found: tuple[str, ...]) -> None:
    assert names_matching("--router", given, ["tor1", "tor2", "spine1"]) == found


def test_a_name_that_matches_nothing_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"--router tro1: matches none of tor1, tor2; did you mean tor1\?"):
        names_matching("--router", ["tor2,tro1"], ["tor1", "tor2"])


CONFIGURED = "routers:\n  r: {{host: 192.0.2.1, platform: {}}}\n"


@pytest.mark.parametrize("name", ["frr", "FRR", "Cisco_NXOS", "juniper_junos"])
def test_a_platform_has_one_name_in_the_configuration_and_on_the_command_line(name: str, tmp_path: Path) -> None:
    file = tmp_path / "ecmpaudit.yaml"
    file.write_text(CONFIGURED.format(name), encoding="utf-8")
    assert ecmpaudit("config", "check", file).returncode == 0
    assert "expected one of" not in ecmpaudit("analyze", SEED, "--platform", name).stderr
    assert f"\n{name.lower()} " in f"\n{ecmpaudit('platforms').stdout}"


@pytest.mark.parametrize(
    "command", [["analyze"], ["routes"], ["routes", "--explain-line", "3"], ["explain", "192.0.2.1"]]
)
def test_an_unknown_platform_is_answered_with_the_same_list_everywhere(command: list[str], tmp_path: Path) -> None:
    known = [line.split()[0] for line in ecmpaudit("platforms").stdout.splitlines() if line[0] != " "]
    file = tmp_path / "ecmpaudit.yaml"
    file.write_text(CONFIGURED.format("ffr"), encoding="utf-8")
    assert f"expected one of {', '.join(known)}, found" in ecmpaudit("config", "check", file).stderr
    run = ecmpaudit(*command, SEED, "--platform", "ffr")
    assert run.returncode == 2
    assert f"platform ffr: expected one of {', '.join(known)}; did you mean frr?" in run.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["analyze", SEED],
        ["routes", SEED],
        ["explain", "172.31.1.1", SEED],
        ["diff", SEED, SEED],
        ["expect", "--kube-dump", CLUSTER],
        ["scan"],
        ["platforms"],
        ["config", "check"],
        ["config", "init", SEED, "-o", "new.yaml"],
        ["history"],
        ["history", "prune", "--keep", "1d"],
        ["report"],
    ],
    ids=lambda words: " ".join(map(str, words[:2])),
)
def test_a_folder_of_own_platforms_is_named_before_or_after_the_command(
    words: list[str | Path], tmp_path: Path
) -> None:
    (tmp_path / "ecmpaudit.yaml").write_text(CONFIGURED.format("frr"), encoding="utf-8")
    missing = str(tmp_path / "none")
    runs = [
        ecmpaudit("--parsers", missing, *words, folder=tmp_path),
        ecmpaudit(*words, "--parsers", missing, folder=tmp_path),
    ]
    assert [run.returncode for run in runs] == [2, 2]
    assert runs[0].stderr == runs[1].stderr
    assert f"{missing}: expected a folder with one folder for each platform" in runs[0].stderr


def test_flags_narrow_what_a_cluster_expects(tmp_path: Path) -> None:
    file = tmp_path / "ecmpaudit.yaml"
    file.write_text(f"kubernetes: {CLUSTER}\n", encoding="utf-8")

    def expected(*flags: str) -> dict[str, int]:
        shown = json.loads(ecmpaudit("expect", "-c", file, "-f", "json", *flags).stdout)
        return {each["prefix"]: each["expected"] for each in shown["expectations"]}

    everything = expected()
    assert everything.items() >= {"198.51.100.0/28": 3, "198.51.100.7/32": 1}.items()
    assert expected("--pool", "198.51.100.7/32") == {"198.51.100.7/32": 1}
    assert expected("--expect", "7") == dict.fromkeys(everything, 7)
    assert expected("--nodes", "192.0.2.1-2", "--pool", "198.51.100.0/28")["198.51.100.0/28"] == 2


@pytest.mark.parametrize("pools", [["172.31.1.0/32,172.31.1.1/32"], ["172.31.1.0/32", "--pool", "172.31.1.1/32"]])
def test_pools_are_a_comma_list_or_repeated(pools: list[str]) -> None:
    run = ecmpaudit("analyze", SEED, "--expect", "5", "--pool", *pools, "-f", "json")
    assert {each["prefix"] for each in json.loads(run.stdout)["prefixes"]} == {"172.31.1.0/32", "172.31.1.1/32"}


@pytest.mark.parametrize(
    "word, known, expected",
    [
        ("tor9", {"tor1", "tor2", "tor10"}, ""),
        ("tro1", {"tor1", "tor2"}, "; did you mean tor1?"),
        ("2001:db8::3", {"2001:db8::1", "2001:db8::2"}, ""),
        ("ECMP7071", {"ECMP701", "ECMP707", "ECMP704"}, "; did you mean ECMP707?"),
        ("palo", {"paloalto_panos", "linux"}, "; did you mean paloalto_panos?"),
        ("", {"linux"}, ""),
    ],
)
def test_a_word_that_is_equally_near_to_several_has_no_suggestion(word: str, known: set[str], expected: str) -> None:
    assert suggestion(word, known) == expected
