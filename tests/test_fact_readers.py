"""Readers of facts are registered once: their function, their question and the platforms that use them agree."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.run import read_material
from ecmpaudit.model import Capture, Evidence
from ecmpaudit.model.facts import (
    Adjacency,
    BfdSession,
    BgpPath,
    BgpSession,
    ConfiguredGroup,
    Export,
    ExternalRoute,
    Facts,
    HostAddress,
    HostInterface,
    Neighbor,
    NeighborEntry,
    NextHopObject,
    NodeRoute,
    ObjectRoute,
    RejectedPath,
    RipSource,
    Setting,
    SilentDaemon,
    TableUse,
)
from ecmpaudit.model.policies import Policies
from ecmpaudit.model.questions import OpenQuestion, Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, all_facts, host_of
from ecmpaudit.parsing.facts.readers import function_of
from ecmpaudit.platforms.fact_readers import FACT_READERS, FactReader
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from ecmpaudit.parsing.resolved import Resolved

LINE = Evidence("test", 1, "a line")
ONE_OF_EACH: dict[str, Any] = {
    "paths": (BgpPath("tor1", "198.51.100.7/32", "192.0.2.1", LINE),),
    "rejected": (RejectedPath("tor1", "198.51.100.7/32", frozenset({"192.0.2.1"}), "node1", LINE),),
    "sessions": (BgpSession("tor1", "192.0.2.1", 4, "Established", LINE),),
    "neighbors": (Neighbor("tor1", "192.0.2.1", 4, LINE),),
    "addresses": (HostAddress("node1", "kube-lb0", "198.51.100.7/32", LINE),),
    "interfaces": (HostInterface("node1", "kube-lb0", LINE),),
    "node_routes": (NodeRoute("node1", "198.51.100.7/32", "direct1", LINE),),
    "of_objects": frozenset({"node1"}),
    "exports": (Export("node1", "198.51.100.7/32", "tor1", LINE),),
    "settings": (Setting("tor1", "multipath-relax", "on", LINE),),
    "silent_daemons": (SilentDaemon("node1", "no socket", LINE),),
    "adjacencies": (Adjacency("tor1", 4, "192.0.2.1", "Full/DR", LINE),),
    "external_routes": (ExternalRoute("tor1", 4, "198.51.100.7/32", "192.0.2.1", 20, False, LINE),),
    "rip_sources": (RipSource("tor1", 4, "192.0.2.1", "00:00:04", 0, LINE),),
    "policies": (Policies("tor1"),),
    "neighbor_entries": (NeighborEntry("tor1", "eth0", "192.0.2.1", "FAILED", LINE),),
    "next_hop_objects": (NextHopObject("tor1", 30, LINE),),
    "object_routes": (ObjectRoute("tor1", "198.51.100.7/32", 30, LINE),),
    "bfd_sessions": (BfdSession("tor1", "192.0.2.1", True, LINE),),
    "resilient_groups": (ConfiguredGroup("tor1", "lb", 128, frozenset({"192.0.2.1"}), LINE),),
    "table_uses": (TableUse("leaf1", "nexthop_group", 1, 511, LINE),),
    "answered": frozenset({("tor1", Question.SESSIONS, 4)}),
    "not_answered": (OpenQuestion("tor1", Question.SESSIONS, 4, "show bgp summary", "timed out"),),
    "unreachable": frozenset({"node2"}),
    "export_lists": frozenset({("node1", "tor1", 4)}),
}


@pytest.mark.parametrize("name", FACT_READERS)
def test_every_reader_exists_and_some_platform_uses_it(name: str) -> None:
    assert callable(function_of(FACT_READERS[name].function))
    assert name in {fact.reader for platform in platforms().values() for fact in platform.facts}


@pytest.mark.parametrize("kind", [field.name for field in fields(Facts)])
def test_every_kind_of_fact_is_joined_from_several_captures(kind: str) -> None:
    one = Facts(**{kind: ONE_OF_EACH[kind]})
    assert all_facts([Facts(), one, one]) == one


def test_the_audit_names_no_platform() -> None:
    """What one platform does differently is data of its platform.toml."""
    sources = (Path(__file__).parent.parent / "ecmpaudit" / "auditing").glob("*.py")
    named = [(file.name, name) for file in sources for name in platforms() if f'"{name}"' in file.read_text("utf-8")]
    assert named == []


def read_clock(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the setting of a clock, as a reader of one's own does."""
    setting = Setting(host_of(capture), "clock", capture.text.strip(), LINE, vrf=resolved.vrf or "default")
    return CaptureFacts(Facts(settings=(setting,), answered=frozenset({("tor1", Question.HASH_POLICY, None)})))


@pytest.fixture
def _clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that is registered, and a platform of one's own that names it."""
    monkeypatch.setitem(FACT_READERS, "clock", FactReader(f"{__name__}:read_clock", Question.HASH_POLICY))
    folder = tmp_path / "exampleos"
    folder.mkdir()
    (folder / "routes.textfsm").write_text("Value PREFIX (\\S+)\n\nStart\n", encoding="utf-8")
    (folder / "platform.toml").write_text(
        "title = 'ExampleOS'\n"
        "[[table]]\ntemplate = 'routes.textfsm'\ncommand = '^show routes'\ndetect = ['^Routes']\n"
        "[[fact]]\nreader = 'clock'\ncommand = '^show clock'\ndetect = '^The clock: '\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("ECMPAUDIT_PARSERS", str(tmp_path))


def clock(text: str, command: str | None, failure: str | None = None) -> Capture:
    return Capture("tor1", "exampleos", command, text, "ssh tor1", failure=failure)


@pytest.mark.usefixtures("_clock")
def test_a_reader_that_is_registered_is_used_and_its_failure_leaves_its_question_open() -> None:
    facts = read_material([clock("12:00", "show clock vrf red")]).facts
    assert [(s.name, s.value, s.vrf) for s in facts.settings] == [("clock", "12:00", "red")]
    assert facts.knows("tor1", Question.HASH_POLICY)
    failed = read_material([clock("12:00", "show clock"), clock("", "show clock", "timed out")])
    assert not failed.facts.knows("tor1", Question.HASH_POLICY)
    assert failed.failed == ()


@pytest.mark.usefixtures("_clock")
def test_a_registered_reader_detects_its_text_without_a_command() -> None:
    facts = read_material([clock("The clock: 12:00", None)]).facts
    assert [s.value for s in facts.settings] == ["The clock: 12:00"]
