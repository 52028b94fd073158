"""Configurations of FRR and BIRD: every value that is read from them, with its line, and what they leave unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Capture, Evidence
from ecmpaudit.model.facts import Neighbor, Setting
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.readers import read_facts

if TYPE_CHECKING:
    from ecmpaudit.parsing.facts.capture_facts import CaptureFacts


def read(platform: str, command: str, text: str) -> CaptureFacts:
    return read_facts(Capture("tor1", platform, command, text, "answer", first_line=11))


def bird(text: str, file: str = "bird.conf") -> CaptureFacts:
    return read("bird", f"cat /etc/bird/{file}", text)


def frr(text: str) -> CaptureFacts:
    return read("frr", "vtysh -c 'show running-config'", text)


def ceilings(found: CaptureFacts) -> list[tuple[int, str, str | None, int | None, str | None]]:
    """Return the value, source, VRF, family and protocol of each ceiling."""
    return [(f.ceiling.value, f.ceiling.source, f.vrf, f.family, f.protocol) for f in found.ceilings]


def is_answered(found: CaptureFacts, family: int | None = None) -> bool:
    return ("tor1", Question.CONFIGURATION, family) in found.facts.answered


# BIRD


def test_merge_paths_is_quoted_with_its_line() -> None:
    found = bird("# routes\nprotocol kernel {\n  ipv4 { export all; };\n  merge paths on limit 8;\n}\n")
    assert found.facts.settings == (
        Setting("tor1", "merge paths", "on", Evidence("answer", 14, "merge paths on limit 8;"), family=4),
    )
    assert ceilings(found) == [(8, "`merge paths on limit 8` in its bird.conf", "default", 4, None)]
    assert is_answered(found)


def test_a_protocol_without_merge_paths_is_quoted_by_its_heading() -> None:
    found = bird("log syslog all;\nprotocol kernel k4\n{\n  ipv4 { export all; };\n}\n")
    assert found.facts.settings == (
        Setting("tor1", "merge paths", "off", Evidence("answer", 12, "protocol kernel k4"), family=4),
    )
    assert [value for value, *_ in ceilings(found)] == [1]


@pytest.mark.parametrize(
    "text,expected",
    [
        pytest.param(
            "protocol kernel { ipv4 {}; merge paths yes; merge paths no; }", {4: (1, "off")}, id="the last one"
        ),
        pytest.param("protocol kernel { ipv4 {}; merge paths limit FEW; }", {4: (16, "on")}, id="a constant"),
        pytest.param("protocol kernel { ipv4 {}; merge paths on limit; }", {4: (16, "on")}, id="no number"),
        pytest.param("protocol kernel { ipv4 {}; merge paths off limit 8; }", {4: (1, "off")}, id="off with a limit"),
        pytest.param("protocol kernel { ipv4 {}; merge paths 0; }", {4: (1, "off")}, id="0 is off"),
        pytest.param("protocol kernel { ipv4 {}; merge paths false; }", {4: (1, "off")}, id="false is off"),
        pytest.param(
            "protocol kernel { ipv4 {}; ipv6 {}; merge paths limit 1; }", {4: (1, "on"), 6: (1, "on")}, id="both"
        ),
        pytest.param("protocol kernel { ipv4 {}; kernel table 254; merge paths limit 4; }", {4: (4, "on")}, id="254"),
        pytest.param("protocol kernel { ipv4 {}; kernel table main; merge paths limit 4; }", {4: (4, "on")}, id="main"),
        pytest.param("protocol kernel { ipv4 {}; kernel table 10; merge paths limit 4; }", {}, id="another table"),
        pytest.param('protocol kernel { ipv4 {}; } # "\nprotocol device { }', {4: (1, "off")}, id="a comment"),
        pytest.param('protocol kernel "k 1;" { ipv4 {}; merge paths limit 3; }', {4: (3, "on")}, id="a name in quotes"),
        pytest.param(
            (
                "template kernel a { merge paths limit 2; } template kernel b from a { ipv6 {}; } "
                "protocol kernel from b { learn; }"
            ),
            {6: (2, "on")},
            id="a template of a template",
        ),
        pytest.param(
            "template kernel a { merge paths limit 2; } protocol kernel from a { ipv4 {}; merge paths limit 5; }",
            {4: (5, "on")},
            id="its own words overrule its template's",
        ),
        pytest.param(
            "template bgp a { merge paths limit 2; } protocol kernel from a { ipv4 {}; }",
            {4: (1, "off")},
            id="a template of another kind",
        ),
        pytest.param(
            "filter f { if net.len = 32 then { merge paths on; } } protocol kernel { ipv4 {}; }",
            {4: (1, "off")},
            id="words of a filter",
        ),
        pytest.param(
            "protocol kernel { ipv4 { preference 1; }; } merge paths on;", {4: (1, "off")}, id="words outside"
        ),
    ],
)
def test_merge_paths_is_read_in_every_form(text: str, expected: dict[int, tuple[int, str]]) -> None:
    found = bird(text)
    assert {s.family: s.value for s in found.facts.settings} == {f: word for f, (_, word) in expected.items()}
    assert {f.family: f.ceiling.value for f in found.ceilings} == {f: value for f, (value, _) in expected.items()}


LIMIT_3 = "`ecmp limit 3` of OSPF in its bird.conf"


@pytest.mark.parametrize(
    "protocol,expected",
    [
        ("ospf v2 { ipv4 {}; ecmp yes limit 4; }", [(4, "`ecmp yes limit 4` of OSPF in its bird.conf", 4)]),
        ("ospf v3 core { ipv6 {}; ecmp off; }", [(1, "`ecmp off` of OSPF in its bird.conf", 6)]),
        ("ospf v3 { ipv4 {}; ipv6 {}; ecmp limit 3; }", [(3, LIMIT_3, 4), (3, LIMIT_3, 6)]),
        ("ospf v3 { area 0 {}; ecmp limit 3; } protocol device d { ipv4 {}; }", [(3, LIMIT_3, 6)]),
        ("ospf v2 { area 0 {}; ecmp limit 3; } protocol device d { ipv4 {}; }", [(3, LIMIT_3, 4)]),
    ],
)
def test_ecmp_of_ospf_has_its_limit_and_its_families(protocol: str, expected: list[tuple[int, str, int]]) -> None:
    assert [
        (value, source, family) for value, source, _, family, kind in ceilings(bird(f"protocol {protocol}")) if kind
    ] == expected


@pytest.mark.parametrize(
    "file,text,family,value",
    [
        ("bird.conf", "protocol kernel { merge paths limit 8; }", 4, 8),
        ("bird6.conf", "protocol kernel { merge paths limit 8; }", 6, 8),
        ("bird.conf", "protocol kernel { export all; }", 4, 1),
        ("bird6.conf", "protocol ospf { ecmp limit 8; }", 6, 8),
    ],
)
def test_a_configuration_of_bird_1_is_of_the_family_of_its_file(file: str, text: str, family: int, value: int) -> None:
    found = bird(text, file)
    assert [(f.family, f.ceiling.value) for f in found.ceilings] == [(family, value)]
    assert (is_answered(found, family), is_answered(found)) == (True, False)


def test_a_configuration_that_includes_others_leaves_unknown_what_it_does_not_say() -> None:
    found = bird('include "/etc/bird/*.conf";\nprotocol kernel { ipv4 {}; }\nprotocol ospf v2 { ipv4 {}; }\n')
    assert (found.facts.settings, found.ceilings, is_answered(found)) == ((), (), False)
    said = bird('include "x";\nprotocol kernel { ipv4 {}; merge paths on; }\nprotocol ospf v2 { ipv4 {}; ecmp no; }\n')
    assert [f.ceiling.value for f in said.ceilings] == [16, 1]


@pytest.mark.parametrize(
    "text,reason",
    [
        ("router id 192.0.2.1;\n", "answer: this is no bird.conf: it defines no protocol"),
        ("", "answer: this is no bird.conf: it defines no protocol"),
    ],
)
def test_another_text_is_no_configuration_of_bird(text: str, reason: str) -> None:
    with pytest.raises(UnknownFormatError) as refused:
        bird(text)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    "text,reason",
    [
        ("protocol kernel {\n  ipv4 {};\n merge paths limit 0;\n}", "line 3: limit: expected a number from 1 to 65535"),
        ("protocol kernel { ipv4 {}; merge paths limit 65536; }", "line 1: limit: expected a number from 1 to 65535"),
        ("protocol kernel " + "{\n" * 51, "line 51: more than 50 blocks in one another"),
    ],
)
def test_a_configuration_of_bird_that_cannot_be_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(DamagedOutputError, match=f"^answer: {reason}"):
        bird(text)


def test_a_limit_may_be_the_largest_and_50_blocks_may_be_in_one_another() -> None:
    assert ceilings(bird("protocol kernel { ipv4 {}; merge paths limit 65535; }"))[0][0] == 65535
    assert bird("protocol kernel " + "{\n" * 50 + "}" * 50).facts.settings


def test_statements_from_templates_are_limited() -> None:
    template = "template kernel t { " + "x;" * 2000 + "}\n"
    assert len(bird(template + "protocol kernel from t { ipv4 {}; }\n" * 10).facts.settings) == 10
    with pytest.raises(DamagedOutputError, match=r"^answer: line 12: more than 20000 statements from templates$"):
        bird(template + "protocol kernel from t { ipv4 {}; }\n" * 11)


# FRR

CONFIGURATION = """\
frr version 8.4.4
hostname tor1
!
router bgp 64496
 no bgp default ipv4-unicast
 neighbor NODES peer-group
 neighbor NODES remote-as 64512
 neighbor 192.0.2.1 peer-group NODES
 neighbor 192.0.2.2 remote-as 64512
 neighbor 192.0.2.2 shutdown
 neighbor 192.0.2.3 remote-as 64512
 neighbor 2001:db8::1 remote-as 64512
 bgp listen range 192.0.2.128/25 peer-group NODES
 !
 address-family ipv4 unicast
  neighbor NODES activate
  neighbor NODES route-map NODES-IN in
  neighbor NODES maximum-prefix 20
  neighbor 192.0.2.2 activate
  neighbor 192.0.2.2 prefix-list LB-IN in
  neighbor 192.0.2.2 maximum-prefix 10 warning-only
  maximum-paths 4
  maximum-paths ibgp 2
 exit-address-family
 !
 address-family ipv6 unicast
  neighbor 2001:db8::1 activate
  neighbor 2001:db8::1 maximum-prefix 30
  maximum-paths 8
 exit-address-family
exit
!
router bgp 64497 vrf red
 bgp bestpath as-path multipath-relax
 neighbor 198.51.100.1 remote-as 64512
 neighbor 198.51.100.2 remote-as 64512
 !
 address-family ipv4 unicast
  no neighbor 198.51.100.2 activate
 exit-address-family
exit
!
router ospf vrf red
 maximum-paths 3
exit
!
router ospf6
 maximum-paths 5
exit
!
end
"""


def test_a_configuration_of_frr_has_every_neighbour_of_each_family() -> None:
    found = frr(CONFIGURATION)
    assert found.facts.neighbors == (
        Neighbor(
            "tor1",
            "192.0.2.1",
            4,
            Evidence("answer", 18, "neighbor 192.0.2.1 peer-group NODES"),
            route_map_in="NODES-IN",
            limit=20,
        ),
        Neighbor(
            "tor1",
            "192.0.2.2",
            4,
            Evidence("answer", 19, "neighbor 192.0.2.2 remote-as 64512"),
            is_shutdown=True,
            prefix_list_in="LB-IN",
        ),
        Neighbor("tor1", "2001:db8::1", 6, Evidence("answer", 22, "neighbor 2001:db8::1 remote-as 64512"), limit=30),
        Neighbor(
            "tor1",
            "192.0.2.128/25",
            4,
            Evidence("answer", 23, "bgp listen range 192.0.2.128/25 peer-group NODES"),
            route_map_in="NODES-IN",
            limit=20,
        ),
        Neighbor("tor1", "198.51.100.1", 4, Evidence("answer", 45, "neighbor 198.51.100.1 remote-as 64512"), vrf="red"),
    )


def test_what_a_session_needs_is_read_from_a_neighbour_and_from_its_group() -> None:
    text = CONFIGURATION.replace(
        " neighbor 192.0.2.1 peer-group NODES\n",
        " neighbor NODES password a secret\n neighbor 192.0.2.1 peer-group NODES\n",
    ).replace(" neighbor 192.0.2.2 shutdown\n", " neighbor 192.0.2.2 ttl-security hops 1\n")
    demands = {neighbor.peer: neighbor.demands for neighbor in frr(text).facts.neighbors}
    assert demands == {
        "192.0.2.1": ("a password (MD5)",),
        "192.0.2.2": ("`ttl-security hops 1`",),
        "192.0.2.128/25": ("a password (MD5)",),
        "2001:db8::1": (),
        "198.51.100.1": (),
    }


def test_a_configuration_of_frr_has_the_ceilings_of_each_family_vrf_and_protocol() -> None:
    assert ceilings(frr(CONFIGURATION)) == [
        (4, "`maximum-paths 4` for ipv4 in its configuration", "default", 4, "bgp"),
        (2, "`maximum-paths ibgp 2` for ipv4 in its configuration", "default", 4, "ibgp"),
        (8, "`maximum-paths 8` for ipv6 in its configuration", "default", 6, "bgp"),
        (3, "`maximum-paths 3` of OSPF in its configuration", "red", 4, "ospf"),
        (5, "`maximum-paths 5` of OSPF6 in its configuration", "default", 6, "ospf"),
    ]


def test_multipath_relax_is_on_where_it_is_configured() -> None:
    found = frr(CONFIGURATION)
    assert {(s.name, s.value, s.vrf) for s in found.facts.settings} == {
        ("multipath-relax", "off", "default"),
        ("multipath-relax", "on", "red"),
    }
    assert is_answered(found)


def test_of_a_configuration_that_is_cut_short_only_what_it_says_is_known() -> None:
    found = frr(CONFIGURATION.removesuffix("end\n"))
    assert [(s.value, s.vrf) for s in found.facts.settings] == [("on", "red")]
    assert not is_answered(found)


@pytest.mark.parametrize("digits", ["0", "65536"])
def test_maximum_paths_that_cannot_be_are_refused(digits: str) -> None:
    with pytest.raises(DamagedOutputError, match=r"^answer: maximum-paths: expected a number from 1 to 65535"):
        frr(CONFIGURATION.replace("maximum-paths 4", f"maximum-paths {digits}"))


def test_another_text_is_no_configuration_of_frr() -> None:
    with pytest.raises(UnknownFormatError, match=r"^answer: this is no configuration of FRR$"):
        frr("% Unknown command\n")


# The build of FRR


@pytest.mark.parametrize(
    "command,text,expected,questions",
    [
        (
            "show zebra",
            "x\n ECMP Maximum     64   \n",
            [(64, "`ECMP Maximum 64` of zebra (`show zebra`)")],
            {Question.MAXIMUM, Question.BUILD},
        ),
        ("show zebra", "VRF    Installs   Removals\n", [], {Question.MAXIMUM}),
        (
            "show version",
            "FRRouting 8.4.4 (tor1).\nconfigured with:\n    '--enable-multipath=64' '--x'\n",
            [(64, "built with `--enable-multipath=64` (`show version`)")],
            {Question.BUILD},
        ),
        ("show version", "FRRouting 8.4.4\nconfigured with:\n    '--enable-multipath=0'\n", [], {Question.BUILD}),
        ("show version", "FRRouting 8.4.4\nconfigured with:\n    '--enable-multi", [], set()),
    ],
)
def test_zebra_has_a_ceiling_of_its_own_and_one_of_its_build(
    command: str, text: str, expected: list[tuple[int, str]], questions: set[Question]
) -> None:
    found = read("frr", f"vtysh -c '{command}'", text)
    assert [(f.ceiling.value, f.ceiling.source) for f in found.ceilings] == expected
    assert found.facts.answered == {("tor1", question, None) for question in questions}


def test_a_build_that_sets_no_ceiling_is_known_to_have_none() -> None:
    found = read("frr", "vtysh -c 'show version'", "FRRouting 8.4.4\nconfigured with:\n    '--sysconfdir=/etc'\n")
    assert found.ceilings == ()
    assert found.facts.answered == {("tor1", Question.BUILD, None)}


@pytest.mark.parametrize(
    "command,text,reason",
    [
        ("show zebra", "x\n", "no `ECMP Maximum` as in `show zebra` of FRR"),
        ("show version", "x\n", "this is not `show version` of FRR"),
    ],
)
def test_another_text_is_no_answer_about_the_build(command: str, text: str, reason: str) -> None:
    with pytest.raises(UnknownFormatError, match=f"^answer: {reason}$"):
        read("frr", f"vtysh -c '{command}'", text)


def test_a_ceiling_of_zebra_that_cannot_be_is_refused() -> None:
    with pytest.raises(DamagedOutputError, match=r"^answer: ECMP Maximum: expected a number from 1 to 65535, found 0"):
        read("frr", "vtysh -c 'show zebra'", " ECMP Maximum  0\n")
