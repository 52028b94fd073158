"""Facts beside routes, proven on the real output of real versions: nothing unparsed, and as the lab was built."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.readers import read_facts
from ecmpaudit.parsing.resolved import resolve
from ecmpaudit.platforms.registry import FactFormat
from tests import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model.facts import BgpSession
    from ecmpaudit.parsing.facts.capture_facts import CaptureFacts

PLATFORMS = {"FRRouting": "frr", "BIRD": "bird", "iproute2": "linux", "procps sysctl": "linux"}
SUMMARY = re.compile(r"show (?:ip )?bgp\b.*summary")
PROTOCOLS = re.compile(r"show protocols all\b")
OPEN = re.compile(r" or down|none configured")
"""What the manifest leaves open; with RFC 5549 the sessions over IPv6 carry IPv4, and it has none over IPv4."""
ADDRESSES = re.compile(r"ip (?:-j )?(?:-br )?(?:-j )?addr")
FRR_FOLDERS = ("frr-6.0.3", "frr-8.4.4", "frr-10.7.0")
BIRD_FOLDERS = ("bird-1.6.8", "bird-2.0.12", "bird-2.19.2", "bird-3.3.2")


def entries(folder: str, command: re.Pattern[str]) -> Iterator[dict[str, Any]]:
    """Yield the manifest's entries of one version whose command fits and whose file is kept."""
    kept = dumps.names()
    for entry in dumps.manifest()["files"]:
        if entry["file"].startswith(f"{folder}/") and command.match(entry["command"] or "") and entry["file"] in kept:
            yield entry


def facts_of(entry: dict[str, Any], *, with_command: bool = True) -> CaptureFacts:
    """Return the facts of one file; without its command it has to be detected from its lines."""
    command, platform = (entry["command"], PLATFORMS[entry["program"]]) if with_command else (None, None)
    capture = Capture(entry["router"], platform, command, dumps.text(entry["file"]), entry["file"])
    assert isinstance(resolve(capture).form, FactFormat), entry["file"]
    return read_facts(capture)


def by_node(sessions: tuple[BgpSession, ...]) -> dict[tuple[str, str], BgpSession]:
    """Return sessions by the family's and the node's name; the lab's node3 has addresses that end in 103."""
    found = {}
    for session in sessions:
        if number := re.fullmatch(r"(?:172\.30\.250\.|fd00:30:250::)10([1-5])", session.peer):
            found[f"ipv{session.family}", f"node{number[1]}"] = session
    return found


def disagreements(entry: dict[str, Any], sessions: tuple[BgpSession, ...]) -> Iterator[str]:
    """Yield where sessions are not as the lab was built; what the manifest leaves open is skipped."""
    truth = dumps.manifest()["states"][entry["state"]].get("sessions", {})
    for (family, node), session in by_node(sessions).items():
        words = truth.get(family, {}).get(node)
        if words and not OPEN.search(words) and session.is_up != words.startswith("established"):
            yield f"{entry['file']}: {family} {node}: {session.state}, but {words}"


@pytest.mark.parametrize("folder", FRR_FOLDERS)
def test_sessions_of_frr_are_as_the_lab_was_built_in_text_and_json(folder: str) -> None:
    counted: Counter[str] = Counter()
    for entry in entries(folder, SUMMARY):
        read = facts_of(entry)
        assert read.unparsed == (), entry["file"]
        assert list(disagreements(entry, read.facts.sessions)) == []
        counted["json" if entry["command"].endswith("json") else "text"] += len(read.facts.sessions)
    print(f"{folder}: {dict(counted)} sessions, 0 lines unparsed")  # noqa: T201 - the count is the proof
    assert counted["text"] > 0
    assert counted["json"] > 0


@pytest.mark.parametrize("folder", FRR_FOLDERS)
def test_text_of_a_summary_equals_its_json_twin(folder: str) -> None:
    def facts(sessions: tuple[BgpSession, ...]) -> set[tuple[Any, ...]]:
        return {(s.vrf, s.peer, s.family, s.state, s.remote_as, s.detail, s.accepted) for s in sessions}

    stored = {entry["file"]: entry for entry in entries(folder, SUMMARY)}
    twins = 0
    for entry in stored.values():
        twin = stored.get(entry.get("json_twin", ""))
        if twin and entry.get("same_second"):
            text, json = facts(facts_of(entry).facts.sessions), facts(facts_of(twin).facts.sessions)
            # A session that is not up but waits for a policy is `Idle` in the text and `Policy` beside it in JSON.
            assert {fact[:5] for fact in text} == {fact[:5] for fact in json}, entry["file"]
            up = {fact for fact in text if fact[3] == "Established"}
            assert up == {fact for fact in json if fact[3] == "Established"}, entry["file"]
            twins += len(text)
    print(f"{folder}: {twins} sessions equal to their JSON twins")  # noqa: T201 - the count is the proof
    assert twins > 0


@pytest.mark.parametrize("folder", BIRD_FOLDERS)
def test_sessions_of_bird_are_as_the_lab_was_built(folder: str) -> None:
    counted = 0
    for entry in entries(folder, PROTOCOLS):
        read = facts_of(entry)
        assert read.unparsed == (), entry["file"]
        assert list(disagreements(entry, read.facts.sessions)) == []
        counted += len(read.facts.sessions)
    print(f"{folder}: {counted} sessions, 0 lines unparsed")  # noqa: T201 - the count is the proof
    assert counted > 0


def session(file: str, peer: str) -> BgpSession:
    """Return one session of one file."""
    (entry,) = (entry for entry in dumps.manifest()["files"] if entry["file"] == file)
    return next(s for s in facts_of(entry).facts.sessions if s.peer == peer)


@pytest.mark.parametrize("folder", ["bird-1.6.8", "bird-2.0.12", "bird-3.3.2"])
def test_bird_says_why_a_session_is_down(folder: str) -> None:
    file = f"{folder}/show_protocols_all__summary_variety.txt"
    down = {n: session(file, f"172.30.250.10{n}") for n in (2, 3, 4, 5)}
    assert (down[2].state, down[2].last_error, down[2].peer_name) == ("Down", None, "node2")
    assert (down[3].last_error, down[3].remote_as) == ("BGP Error: Bad peer AS", 65999)
    assert (down[4].last_error, down[4].limit) == ("Automatic shutdown: Route limit exceeded", 1)
    assert (down[5].state, down[5].last_error) == ("Active", "Socket: Connection refused")
    up = session(file, "172.30.250.101")
    assert (up.state, up.last_error, up.accepted, up.sent) == ("Established", None, 2, 0)
    assert up.evidence.text.startswith("node1 ")


@pytest.mark.parametrize("folder", ["frr-8.4.4", "frr-10.7.0"])
@pytest.mark.parametrize("ending", ["txt", "json"])
def test_frr_prints_a_detail_beside_the_state(folder: str, ending: str) -> None:
    file = f"{folder}/show_bgp_summary__summary_variety.{ending}"
    details = {n: session(file, f"172.30.250.10{n}") for n in (1, 2, 4, 5)}
    assert (details[1].state, details[1].detail, details[1].accepted) == ("Established", None, 2)
    assert (details[2].state, details[2].detail, details[2].since) == ("Idle", "Admin", None)
    assert (details[4].state, details[4].detail, details[4].accepted) == ("Established", "Policy", 0)
    assert (details[5].state, details[5].detail) == ("Idle", "PfxCt")


@pytest.mark.parametrize("folder", ["frr-8.4.4", "frr-10.7.0"])
def test_neighbors_in_json_have_the_number_accepted(folder: str) -> None:
    (entry,) = entries(folder, re.compile(r"show bgp neighbors json"))
    sessions = facts_of(entry).facts.sessions
    assert {key: s.accepted for key, s in by_node(sessions).items()} == {
        (family, f"node{n}"): accepted for family in ("ipv4", "ipv6") for n, accepted in enumerate((2, 2, 1, 1, 2), 1)
    }


@pytest.mark.parametrize("folder", ["frr-8.4.4", "frr-10.7.0"])
def test_running_config_names_every_neighbour_in_its_family(folder: str) -> None:
    (entry,) = entries(folder, re.compile(r"show running-config"))
    facts = facts_of(entry).facts
    assert {(n.peer, n.family) for n in facts.neighbors} == {
        (f"{network}10{n}", family)
        for network, family in (("172.30.250.", 4), ("fd00:30:250::", 6))
        for n in range(1, 6)
    }
    assert [(s.name, s.value) for s in facts.settings] == [("multipath-relax", "on")]
    assert facts.knows("tor1", Question.CONFIGURATION)


@pytest.mark.parametrize("folder, command, values", [
    ("frr-6.0.3", "show version", [256]),
    ("frr-8.4.4", "show version", [256]),
    ("frr-10.7.0", "show version", [256]),
    ("frr-8.4.4", "show zebra", [256]),
    ("frr-10.7.0", "show zebra", [256]),
])  # fmt: skip
def test_ceiling_of_the_build_is_read(folder: str, command: str, values: list[int]) -> None:
    (entry,) = entries(folder, re.compile(rf"{command}$"))
    assert [fact.ceiling.value for fact in facts_of(entry).ceilings] == values


@pytest.mark.parametrize("folder", ["bird-1.6.8", "bird-2.0.12", "bird-3.3.2", "frr-8.4.4", "frr-10.7.0"])
def test_addresses_on_kube_lb0_are_those_that_were_put_there(folder: str) -> None:
    checked = 0
    for entry in entries(folder, ADDRESSES):
        truth = dumps.manifest()["states"][entry["state"]].get("kube_lb0", {}).get(entry["router"])
        for with_command in (True, False) if "-br" not in entry["command"] else (True,):
            found = [a for a in facts_of(entry, with_command=with_command).facts.addresses if a.interface == "kube-lb0"]
            services = {a.address for a in found if not a.address.startswith("fe80:")}
            if truth is not None:
                assert services == set(truth), entry["file"]
                checked += 1
    assert checked > 0


@pytest.mark.parametrize("folder", ["bird-1.6.8", "bird-2.0.12", "bird-3.3.2", "frr-8.4.4", "frr-10.7.0"])
def test_hash_policy_is_read_for_both_families(folder: str) -> None:
    for entry in entries(folder, re.compile("sysctl")):
        read = facts_of(entry)
        assert {(s.family, s.value) for s in read.facts.settings} == {(4, "1"), (6, "1")}
        assert read.unparsed == ()


@pytest.mark.parametrize("folder", ["bird-1.6.8", "bird-2.0.12", "bird-3.3.2"])
def test_exports_of_a_bird_node_are_its_addresses(folder: str) -> None:
    checked = 0
    for entry in entries(folder, re.compile(r"show route export (?:tor1|rx1)$")):
        if entry["state"].endswith("/node3_session_down") and entry["command"].endswith("rx1"):
            with pytest.raises(UnknownFormatError):  # a session that is down exports nothing, whatever its filter is
                facts_of(entry)
            continue
        sent = {export.prefix for export in facts_of(entry).facts.exports}
        addresses = dumps.manifest()["states"][entry["state"]].get("kube_lb0", {}).get(entry["router"], [])
        wanted = {prefix for prefix in addresses if (":" in prefix) == (entry.get("family") == 6)}
        if entry["state"].endswith("/5nodes"):
            assert sent == wanted, entry["file"]
            checked += 1
    assert checked > 0


def test_routes_that_frr_advertises_are_exports() -> None:
    (entry,) = entries("frr-8.4.4", re.compile(r"show bgp ipv4 unicast neighbors \S+ advertised-routes json"))
    facts = facts_of(entry).facts
    assert {(e.prefix, e.session) for e in facts.exports} == {
        ("172.31.1.0/32", "172.30.250.101"),
        ("172.31.1.1/32", "172.30.250.101"),
    }
    assert facts.knows("tor1", Question.EXPORTS, 4)
    assert not facts.knows("tor1", Question.EXPORTS, 6)


@pytest.mark.parametrize("folder", [*FRR_FOLDERS, "bird-2.0.12", "bird-3.3.2"])
def test_output_without_its_command_is_detected_from_its_lines(folder: str) -> None:
    compared = 0
    for command in (SUMMARY, PROTOCOLS, re.compile("show (?:zebra|version|running-config)$")):
        for entry in entries(folder, command):
            if (by_command := facts_of(entry).facts.sessions) and "unicast" not in entry["command"]:
                by_lines = facts_of(entry, with_command=False).facts.sessions
                assert {(s.peer, s.family, s.state) for s in by_lines} == {
                    (s.peer, s.family, s.state) for s in by_command
                }, entry["file"]
                compared += 1
    assert compared > 0
