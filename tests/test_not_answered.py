"""What was not answered: which rules could not be judged, how it is said, and what the configuration may expect."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from ecmpaudit.auditing.unavailable import Unavailable
from ecmpaudit.auditing.undetermined import not_answered
from ecmpaudit.model import Node, Severity
from ecmpaudit.model.fabric_links import FabricLink
from ecmpaudit.model.questions import Question
from ecmpaudit.reporting.formats import FORMS, Format, Settings, render
from ecmpaudit.reporting.verdict import exit_code
from ecmpaudit.rules import all_rules
from ecmpaudit.rules.causes import LINKS
from tests.recorded_scans import CONFIGURATION, FAULTS, HEALTHY, SCANS, STALE, audited, captures_of, with_fault

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.model import Audit

KERNEL = ("tor1", "ip -j -4 route show table all")
BESIDE_ROUTES = [
    KERNEL,
    ("tor1", "vtysh -c 'show running-config'"),
    ("tor1", "vtysh -c 'show bgp vrf all summary json'"),
    ("tor1", "sysctl net.ipv4.fib_multipath_hash_policy net.ipv6.fib_multipath_hash_policy"),
]
POLICY = "net/ipv4/fib_multipath_hash_policy"
ADDRESSES_OF_TOR1 = ("tor1", "ip -j address")


def document(audit: Audit) -> dict[str, Any]:
    """Return the report as JSON."""
    read: dict[str, Any] = json.loads(render(Format.JSON, audit, Settings(Severity.ERROR)))
    return read


def outcome(audit: Audit) -> int:
    """Return the exit code of a run."""
    return exit_code(audit, Severity.ERROR)


def text_of(audit: Audit) -> str:
    """Return the report as text."""
    return render(Format.TEXT, audit, Settings(Severity.ERROR)).decode()


def configured(tmp_path: Path, **changes: Any) -> Path:
    """Write the scans' configuration with changes of tor1, or of the top level by `top`, and return its path."""
    content = json.loads(CONFIGURATION.read_text(encoding="utf-8"))
    content |= changes.pop("top", {})
    content["routers"]["tor1"] |= changes
    file = tmp_path / "ecmpaudit.yaml"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_a_complete_scan_leaves_nothing_open() -> None:
    for scan, code in ((HEALTHY, 0), (STALE, 1)):
        audit = audited(captures_of(scan))
        assert (document(audit)["not_answered"], outcome(audit)) == ([], code)


def test_a_stale_kernel_route_behind_a_refused_command_is_not_clean() -> None:
    audit = audited(with_fault(captures_of(STALE), "refused", KERNEL, ("tor1", KERNEL[1].replace("-4", "-6"))))
    assert outcome(audit) == 3
    assert not any(finding.code == "ECMP302" for finding in audit.findings)
    assert document(audit)["not_answered"][0] == {
        "router": "tor1",
        "command": "ip -j -4 route show table all",
        "reason": "the command failed with exit status 1: permission denied",
        "kind": "permission",
        "step": "command",
        "undetermined": ["ECMP302", "ECMP305", "ECMP707"],
        "causes": ["kernel"],
        "unavailable": False,
    }
    assert (
        "incomplete ECMP005  tor1: not answered: `ip -j -4 route show table all` and `ip -j -6 route show table all` "
        "(the command failed with exit status 1: permission denied), so ECMP302, 305 and 707 could not be judged"
        in text_of(audit)
    )


def test_without_summary_configuration_kernel_and_sysctl_no_rule_passes_in_silence() -> None:
    audit = audited(with_fault(captures_of(HEALTHY), "refused", *BESIDE_ROUTES))
    assert outcome(audit) == 3
    assert "clean: " not in text_of(audit)
    (finding,) = audit.findings
    assert finding.message.endswith(
        "so ECMP201, 202, 203, 204, 302, 305, 401, 403, 404, 405, 702, 703, 704, 705, 706 and 707 could not be judged"
    )
    assert {each["command"] for each in document(audit)["not_answered"]} == {command for _, command in BESIDE_ROUTES}


def test_where_only_a_cause_is_undetermined_it_is_said_and_the_exit_code_stays() -> None:
    audit = audited(with_fault(captures_of(HEALTHY), "refused", ADDRESSES_OF_TOR1))
    assert outcome(audit) == 0
    (entry,) = document(audit)["not_answered"]
    assert (entry["undetermined"], entry["causes"]) == ([], ["export", "session"])
    assert (
        "tor1: not answered: `ip -j address` (the command failed with exit status 1: permission denied), "
        "so what a finding says of its cause may lack export and session" in text_of(audit)
    )


PATHS_6 = ("tor1", "vtysh -c 'show bgp ipv6 unicast fd00:31::/32 longer-prefixes json'")
"""They have the link-local address of each node beside its global one."""


def test_addresses_by_which_next_hops_are_known_leave_their_rules_undetermined() -> None:
    addresses = ("node1", "ip -j address")
    audit = audited(with_fault(captures_of(HEALTHY), "refused", addresses, PATHS_6))
    entry = next(each for each in document(audit)["not_answered"] if each["router"] == "node1")
    assert (entry["undetermined"], outcome(audit)) == (["ECMP101", "ECMP501"], 3)
    with_paths = audited(with_fault(captures_of(HEALTHY), "refused", addresses))
    (entry,) = document(with_paths)["not_answered"]
    assert (entry["router"], entry["undetermined"], outcome(with_paths)) == ("node1", [], 0)


def test_an_answer_that_is_repeated_by_another_one_leaves_nothing_undetermined() -> None:
    version = ("tor1", "vtysh -c 'show version'")
    audit = audited(with_fault(captures_of(HEALTHY), "refused", version))
    (entry,) = document(audit)["not_answered"]
    assert (entry["undetermined"], entry["causes"], outcome(audit)) == ([], [], 0)
    zebra = ("tor1", "vtysh -c 'show zebra'")
    both = audited(with_fault(captures_of(HEALTHY), "refused", version, zebra))
    assert [each["undetermined"] for each in document(both)["not_answered"]] == [
        ["ECMP201", "ECMP202", "ECMP203", "ECMP204"]
    ] * 2


@pytest.mark.parametrize(
    "host, command, said",
    [
        ("tor1", "vtysh -c 'show zebra'", "% Unknown command: show zebra"),
        ("tor1", KERNEL[1], 'Option "-j" is unknown, try "ip -help".'),
        ("tor1", BESIDE_ROUTES[3][1], f"sysctl: cannot stat /proc/sys/{POLICY}: No such file or directory"),
        ("tor1", BESIDE_ROUTES[2][1], "bgpd is not running"),
        ("node1", "birdc -r 'show protocols all'", "syntax error, unexpected ALL"),
    ],
    ids=["vtysh", "ip", "sysctl", "no BGP", "birdc"],
)
def test_what_a_version_does_not_know_is_not_applicable(host: str, command: str, said: str) -> None:
    failure = f"the command failed with exit status 1: {said}"
    captures = [
        replace(each, text="", failure=failure) if (each.router, each.command) == (host, command) else each
        for each in captures_of(HEALTHY)
    ]
    audit = audited(captures)
    assert (document(audit)["not_answered"], outcome(audit)) == ([], 0)


ONE_OF_EACH_KIND = [
    KERNEL,
    ("tor1", "vtysh -c 'show bgp vrf all summary json'"),
    ("tor1", "vtysh -c 'show bgp ipv4 unicast 172.31.0.0/16 longer-prefixes json'"),
    ADDRESSES_OF_TOR1,
    ("node1", "birdc -r 'show protocols all'"),
    ("node1", "birdc -r 'show route export tor1_ipv4 where net ~ [ fd00:31::/32+ ]'"),
    ("node5", "vtysh -c 'show bgp vrf all neighbors json'"),
    ("node5", "vtysh -c 'show ipv6 route fd00:31::/32 longer-prefixes json'"),
]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("asked", ONE_OF_EACH_KIND, ids=" ".join)
def test_whatever_is_wrong_with_an_answer_the_outcome_is_the_same(asked: tuple[str, str]) -> None:
    captures = captures_of(HEALTHY)
    outcomes = set()
    for fault in FAULTS.keys() - {"cut at a line end"}:  # BIRD's lists have no end mark: nothing shows that cut
        audit = audited(with_fault(captures, fault, asked))
        entry = next(each for each in audit.network.not_answered if (each.router, each.command) == asked)
        codes = tuple(finding.code for finding in audit.findings)
        outcomes.add((outcome(audit), codes, entry.undetermined, entry.causes))
    assert len(outcomes) == 1


def test_a_host_whose_answers_are_all_garbage_is_not_checked() -> None:
    of_node5 = [(each.router or "", each.command or "") for each in captures_of(HEALTHY) if each.router == "node5"]
    audit = audited(with_fault(captures_of(HEALTHY), "garbage", *of_node5))
    assert outcome(audit) == 3
    assert "ECMP001  node5: not checked: " in text_of(audit)


def test_a_line_that_was_not_understood_is_quoted() -> None:
    protocols = ("node1", "birdc -r 'show protocols all'")
    audit = audited(with_fault(captures_of(HEALTHY), "garbage", protocols))
    entry = next(each for each in document(audit)["not_answered"] if each["command"] == protocols[1])
    assert entry["reason"] == "2 lines not understood; the first is line 1: ?? segmentation fault (core dumped)"


@pytest.mark.parametrize("pool", ["172.31.0.0/16", "fd00:31::/32"])
def test_one_line_that_was_not_understood_leaves_the_routes_of_a_node_open(pool: str) -> None:
    command = f"birdc -r 'show route where net ~ [ {pool}+ ]'"
    captures = captures_of(HEALTHY)
    (table,) = (each for each in captures if (each.router, each.command) == ("node1", command))
    ready, heading, *routes = table.text.split("\n")
    damaged = replace(table, text="\n".join([ready, heading, "?? 192.0.2.9 2001:db8::9", *routes]))
    entries = document(audited([damaged if each is table else each for each in captures]))["not_answered"]
    assert [entry["reason"] for entry in entries if entry["command"] == command] == [
        "1 line not understood; it is line 3: ?? 192.0.2.9 2001:db8::9"
    ]


@pytest.mark.parametrize(
    "said",
    [
        'Option "-j" is unknown, try "ip -help".',
        "ip: unrecognized option: j\nBusyBox v1.36.1 multi-call binary.\n\nUsage: ip [OPTIONS] address|route",
        "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }",
    ],
    ids=["iproute2", "BusyBox", "usage"],
)
@pytest.mark.parametrize("is_failed", [False, True], ids=["status 0", "status 1"])
def test_a_command_that_the_version_does_not_know_is_noted_and_nothing_is_undetermined(
    said: str, *, is_failed: bool
) -> None:
    failure = f"the command failed with exit status 1: {said.partition(chr(10))[0]}" if is_failed else None
    captures = [
        replace(each, text=f"{said}\n", failure=failure) if (each.router, each.command) == KERNEL else each
        for each in captures_of(HEALTHY)
    ]
    audit = audited(captures)
    assert (document(audit)["not_answered"], outcome(audit)) == ([], 0)
    assert "tor1: its version does not know `ip -j -4 route show table all`" in audit.network.notes


@pytest.mark.parametrize(
    "said", ["usage: sudo -h | -K | -k | -V", "Usage: docker exec [OPTIONS] CONTAINER COMMAND [ARG...]", "killed"]
)
def test_a_program_around_the_command_that_fails_is_a_failure(said: str) -> None:
    failure = f"the command failed with exit status 1: {said}"
    captures = [
        replace(each, text="", failure=failure) if (each.router, each.command) == KERNEL else each
        for each in captures_of(HEALTHY)
    ]
    audit = audited(captures)
    assert document(audit)["not_answered"][0]["undetermined"] == ["ECMP302", "ECMP305", "ECMP707"]
    assert outcome(audit) == 3


def test_the_addresses_by_which_next_hops_are_known_are_never_optional() -> None:
    failure = 'the command failed with exit status 255: Option "-j" is unknown, try "ip -help".'
    captures = [
        replace(each, text="", failure=failure) if (each.router, each.command) == ("node5", "ip -j address") else each
        for each in captures_of(HEALTHY)
    ]
    audit = audited(with_fault(captures, "refused", PATHS_6))
    entry = next(each for each in document(audit)["not_answered"] if each["router"] == "node5")
    assert (entry["undetermined"], outcome(audit)) == (["ECMP101", "ECMP501"], 3)


def test_an_unknown_command_for_the_routes_is_never_optional() -> None:
    said = "the command failed with exit status 1: % Unknown command: show ip route vrf all"
    captures = [
        replace(each, text="", failure=said) if each.command == "vtysh -c 'show ip route vrf all'" else each
        for each in captures_of(HEALTHY)
    ]
    audit = audited(captures)
    assert outcome(audit) == 3
    assert "ECMP101" in document(audit)["not_answered"][0]["undetermined"]


@pytest.mark.parametrize("of_all", [False, True], ids=["of the router", "of every host"])
def test_what_the_configuration_calls_unavailable_is_said_and_the_exit_code_stays(tmp_path: Path, of_all: bool) -> None:
    names = ["kernel"]
    file = configured(tmp_path, top={"unavailable": names}) if of_all else configured(tmp_path, unavailable=names)
    audit = audited(with_fault(captures_of(HEALTHY), "refused", KERNEL), file)
    (entry,) = document(audit)["not_answered"]
    assert (entry["undetermined"], entry["unavailable"], outcome(audit)) == (["ECMP302", "ECMP305", "ECMP707"], True, 0)
    assert "so ECMP302, 305 and 707 could not be judged, as `unavailable` in the configuration expects" in text_of(
        audit
    )


def test_unavailable_of_another_fact_excuses_nothing(tmp_path: Path) -> None:
    file = configured(tmp_path, unavailable=["sessions"])
    assert outcome(audited(with_fault(captures_of(HEALTHY), "refused", KERNEL), file)) == 3


def test_a_rule_that_does_not_run_is_not_undetermined() -> None:
    captures = with_fault(captures_of(HEALTHY), "refused", KERNEL)
    alone = audited(captures, select=["ECMP101"])
    assert (document(alone)["not_answered"][0]["undetermined"], outcome(alone)) == ([], 0)
    needing = audited(captures, select=["ECMP302"])
    assert outcome(needing) == 3
    assert "ECMP302 could not be judged" in text_of(needing)


def test_a_pasted_answer_asked_nothing() -> None:
    asked = with_fault(captures_of(HEALTHY), "garbage", KERNEL)
    assert audited(asked).network.not_answered != ()
    pasted = [replace(each, started=None, finished=None) for each in asked]
    assert audited(pasted).network.not_answered == ()


def test_the_report_follows_its_schema() -> None:
    schema = json.loads((SCANS.parents[2] / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document(audited(with_fault(captures_of(STALE), "refused", *BESIDE_ROUTES))), schema)


@pytest.mark.parametrize("form", [form for form, known in FORMS.items() if not known.is_binary])
def test_every_form_says_what_could_not_be_judged(form: Format) -> None:
    audit = audited(with_fault(captures_of(HEALTHY), "refused", KERNEL))
    shown = render(form, audit, Settings(Severity.ERROR)).decode()
    assert "ECMP302" in shown
    assert "not answered" in shown or form in {Format.PROMETHEUS, Format.OPENMETRICS, Format.JSON}


@pytest.mark.parametrize(
    "form", [form for form in FORMS if form not in {Format.CSV, Format.PARQUET, Format.PROMETHEUS, Format.OPENMETRICS}]
)
def test_every_form_says_that_a_cause_may_be_missing(form: Format) -> None:
    audit = audited(with_fault(captures_of(HEALTHY), "refused", ADDRESSES_OF_TOR1))
    assert "ip -j address" in render(form, audit, Settings(Severity.ERROR)).decode()


def test_metrics_keep_a_rule_that_could_not_be_judged_apart_from_one_that_found_nothing() -> None:
    audit = audited(with_fault(captures_of(HEALTHY), "refused", KERNEL))
    metrics = render(Format.PROMETHEUS, audit, Settings(Severity.ERROR)).decode()
    assert 'ecmpaudit_router_undetermined{code="ECMP302",router="tor1"} 1.0' in metrics
    assert 'code="ECMP302",severity' not in metrics
    assert 'ecmpaudit_findings{code="ECMP301",severity="error"} 0.0' in metrics


@pytest.mark.parametrize(
    "refused, clean, not_judged",
    [
        ([KERNEL], 2, 2),
        ([KERNEL, ("tor1", KERNEL[1].replace("-4", "-6"))], 0, 4),
        ([BESIDE_ROUTES[3]], 0, 4),
        ([ADDRESSES_OF_TOR1], 4, 0),
    ],
    ids=["IPv4", "both families", "hash policy", "causes only"],
)
def test_a_prefix_on_which_a_rule_could_not_be_judged_is_not_counted_as_clean(
    refused: list[tuple[str, str]], clean: int, not_judged: int
) -> None:
    audit = audited(with_fault(captures_of(HEALTHY), "refused", *refused))
    assert document(audit)["summary"]["prefixes"] == {
        "audited": 4,
        "judged": 4,
        "clean": clean,
        "not_judged": not_judged,
    }
    assert text_of(audit).count("\nfine: ") == clean
    assert text_of(audit).count("\nnot judged: ") == not_judged
    metrics = render(Format.PROMETHEUS, audit, Settings(Severity.ERROR)).decode()
    assert f'ecmpaudit_router_prefixes_not_judged{{router="tor1"}} {not_judged}.0' in metrics


def test_what_the_configuration_calls_unavailable_leaves_prefixes_clean(tmp_path: Path) -> None:
    audit = audited(with_fault(captures_of(HEALTHY), "refused", KERNEL), configured(tmp_path, unavailable=["kernel"]))
    assert document(audit)["summary"]["prefixes"] == {"audited": 4, "judged": 4, "clean": 4, "not_judged": 0}


def test_a_hash_policy_that_was_not_answered_is_one_of_both_families(tmp_path: Path) -> None:
    clusters = json.loads(CONFIGURATION.read_text(encoding="utf-8"))["clusters"]
    clusters["lab"] |= {"pools": ["fd00:31::/32"], "exceptions": clusters["lab"]["exceptions"][1:]}
    file = configured(tmp_path, top={"clusters": clusters})
    audit = audited(with_fault(captures_of(HEALTHY), "refused", BESIDE_ROUTES[3]), file)
    assert {prefix.family for prefix in audit.network.prefixes} == {6}
    assert (document(audit)["not_answered"][0]["undetermined"], outcome(audit)) == (
        ["ECMP702", "ECMP704", "ECMP705", "ECMP706"],
        3,
    )


LEADING = [
    (("node1", "birdc -r 'show protocols all'"), ["birdc -r 'show route export {name} where net ~ [ {pool}+ ]'"]),
    (
        ("node5", "vtysh -c 'show bgp vrf all summary json'"),
        [
            f"vtysh -c 'show bgp ipv{family} unicast neighbors {peer} advertised-routes json'"
            for peer in ("{address}", "{name}")
            for family in (4, 6)
        ],
    ),
]


@pytest.mark.parametrize("fault", ["refused", "timed out", "cut in a line", "garbage"])
@pytest.mark.parametrize("leading, follow_ups", LEADING, ids=["BIRD", "FRR"])
def test_a_command_that_needs_a_name_out_of_a_failed_answer_is_named(
    leading: tuple[str, str], follow_ups: list[str], fault: str
) -> None:
    without_exports = [each for each in captures_of(HEALTHY) if "export" not in str(each.command)]
    without_exports = [each for each in without_exports if "advertised" not in str(each.command)]
    audit = audited(with_fault(without_exports, fault, leading))
    entries = document(audit)["not_answered"]
    assert [each["command"] for each in entries] == [leading[1], *follow_ups]
    assert [each["causes"] for each in entries[1:]] == [["export"]] * len(follow_ups)
    assert [each["reason"] for each in entries[1:]] == [
        f"not asked for each {'address' if '{address}' in command else 'name'}: no complete answer to `{leading[1]}` "
        "names them"
        for command in follow_ups
    ]
    assert outcome(audit) == 0
    assert "so what a finding says of its cause may lack export and session" in text_of(audit)


def test_a_router_is_not_said_to_lack_what_only_nodes_are_asked() -> None:
    audit = audited(with_fault(captures_of(HEALTHY), "refused", BESIDE_ROUTES[2]))
    assert [each["command"] for each in document(audit)["not_answered"]] == [BESIDE_ROUTES[2][1]]


def test_every_question_but_those_of_completeness_is_needed_by_a_rule_or_a_link() -> None:
    of_rules = {question for rule in all_rules() for question in rule.needs}
    of_links = {question for known in LINKS for question in (*known.needs_of_node, *known.needs_of_router)}
    assert of_rules | of_links == set(Question)
    of_completeness = [f"ECMP00{number}" for number in range(1, 6)]
    of_objects = ["ECMP107", "ECMP108", "ECMP109", "ECMP406", "ECMP407"]  # no host is asked for these
    assert [rule.code for rule in all_rules() if not rule.needs] == of_completeness + of_objects


@pytest.mark.parametrize("end", ["tor1", "tor9"])
def test_links_of_a_fabric_are_undetermined_on_the_routers_at_their_ends(end: str) -> None:
    network = audited(with_fault(captures_of(HEALTHY), "refused", BESIDE_ROUTES[2])).network
    link = FabricLink(Node(end, frozenset()), Node("spine1", frozenset()), "leaves", "spines")
    entries = not_answered(replace(network, links=(link,)), all_rules(), Unavailable())
    codes = {code for entry in entries if entry.router == "tor1" for code in entry.undetermined}
    assert "ECMP405" in codes
    assert ("ECMP106" in codes) is (end == "tor1")
