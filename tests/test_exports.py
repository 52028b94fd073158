"""What a node sends over one session: the prefixes, the session, and the families that a list answers for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.readers import read_facts

if TYPE_CHECKING:
    from ecmpaudit.parsing.facts.capture_facts import CaptureFacts

OF_FRR = "vtysh -c 'show bgp {} neighbors 192.0.2.254 advertised-routes json'"
OF_GOBGP = "gobgp neighbor 192.0.2.254 adj-out {} -j"
OF_BIRD = "birdc -r 'show route export tor1'"


def read(platform: str, command: str | None, text: str) -> CaptureFacts:
    return read_facts(Capture("node1", platform, command, text, "answer", first_line=11))


def exports(found: CaptureFacts) -> list[tuple[str, str, str]]:
    return [(export.node, export.prefix, export.session) for export in found.facts.exports]


def answered(found: CaptureFacts) -> set[int | None]:
    """Return the families for which exports are known, which are those of the list of the session too."""
    families = {family for host, question, family in found.facts.answered if question == Question.EXPORTS}
    assert {family for _, _, family in found.facts.export_lists} == families
    return families


@pytest.mark.parametrize(
    "command,prefix,families",
    [
        (OF_FRR.format("ipv4 unicast"), "198.51.100.7/32", {4}),
        (OF_FRR.format("ipv6 unicast"), "2001:db8::7/128", {6}),
        (OF_FRR.format(""), "2001:db8::7/128", {6}),
    ],
)
def test_exports_of_frr(command: str, prefix: str, families: set[int]) -> None:
    found = read("frr", command, json.dumps({"advertisedRoutes": {prefix: {}}}))
    assert exports(found) == [("node1", prefix, "192.0.2.254")]
    assert answered(found) == families


def test_a_session_that_is_not_of_the_family_leaves_its_exports_open() -> None:
    found = read("frr", OF_FRR.format("ipv6 unicast"), '{"warning":"No such neighbor or address family"}')
    assert (exports(found), answered(found)) == ([], set())


@pytest.mark.parametrize("text", ["[]", '{"advertisedRoutes": []}', '{"x": {}}'])
def test_another_json_is_no_list_of_frr(text: str) -> None:
    with pytest.raises(UnknownFormatError, match=r"^answer: this is not `… advertised-routes json`$"):
        read("frr", OF_FRR.format(""), text)


def test_a_key_that_is_no_prefix_is_refused() -> None:
    with pytest.raises(DamagedOutputError, match=r"^answer: a key in this JSON is no prefix: "):
        read("frr", OF_FRR.format(""), '{"advertisedRoutes": {"198.51.100.7/24": {}}}')


@pytest.mark.parametrize("family,prefix", [(4, "198.51.100.7/32"), (6, "2001:db8::7/128")])
def test_exports_of_gobgp(family: int, prefix: str) -> None:
    found = read("gobgp", OF_GOBGP.format(f"-a ipv{family}"), json.dumps({prefix: []}))
    assert exports(found) == [("node1", prefix, "192.0.2.254")]
    assert answered(found) == {family}


@pytest.mark.parametrize("text", ["[]", '{"error": "the session is not established"}'])
def test_another_json_is_no_list_of_gobgp(text: str) -> None:
    with pytest.raises(UnknownFormatError, match=r"^answer: this is not `gobgp neighbor PEER adj-out -j`$"):
        read("gobgp", OF_GOBGP.format("-a ipv4"), text)


BIRD = """\
BIRD 2.0.12 ready.
Table master4:
198.51.100.7/32      blackhole [static1 10:00:00.000] * (200)
Table master6:
2001:db8::7/128      unicast [static1 10:00:00.000] * (200)
\tvia 2001:db8::1 on eth0 weight 1
\tvia 2001:db8::2 on eth0 weight 1
"""


def test_exports_of_bird_are_of_both_families() -> None:
    found = read("bird", OF_BIRD, BIRD)
    assert exports(found) == [("node1", "198.51.100.7/32", "tor1"), ("node1", "2001:db8::7/128", "tor1")]
    assert answered(found) == {None}


def test_an_empty_list_of_bird_is_an_answer() -> None:
    found = read("bird", OF_BIRD, "BIRD 2.0.12 ready.\nTable master4:\n")
    assert (exports(found), answered(found)) == ([], {None})


def test_a_list_of_bird_with_a_line_that_is_not_understood_is_no_answer() -> None:
    found = read("bird", OF_BIRD, f"{BIRD}nonsense of 198.51.100.7\n")
    assert (exports(found), answered(found)) == ([], set())
    assert [line.text for line in found.unparsed] == ["nonsense of 198.51.100.7"]


def test_a_message_of_bird_is_no_list() -> None:
    with pytest.raises(UnknownFormatError):
        read("bird", OF_BIRD, "BIRD 2.0.12 ready.\nsyntax error, unexpected CF_SYM_UNDEFINED\n")
