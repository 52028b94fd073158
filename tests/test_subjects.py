"""What an audit makes of several tables of one router, and of a table that ends within a prefix."""

from __future__ import annotations

from pathlib import Path

import pytest

import ecmpaudit
from ecmpaudit.auditing.run import read_material
from ecmpaudit.model import Audit, Capture, Severity
from ecmpaudit.reporting.verdict import exit_code, summarize

JUNOS = """
inet{family}.0: 2 destinations, 2 routes (2 active, 0 holddown, 0 hidden)
+ = Active Route, - = Last Active, * = Both

{one}{blanks}*[BGP/170] 08:37:02, localpref 100
                      AS path: 64497 I, validation-state: unverified
                    >  to {hop}101 via ge-0/0/1.0
                       to {hop}102 via ge-0/0/2.0
{two}{blanks}*[BGP/170] 08:37:02, localpref 100
                      AS path: 64497 I, validation-state: unverified
                    >  to {hop}101 via ge-0/0/1.0
                       to {hop}102 via ge-0/0/2.0
"""
FORWARDING = """
Routing table: default.inet{family}
Internet{family}:
Enabled protocols: Bridging,
Destination        Type RtRef Next hop           Type Index    NhRef Netif
{one}{blanks}user     0                    ulst  1048575     2
                              {hop}101          ucst      624     4 ge-0/0/1.0
                              {hop}102          ucst      629     4 ge-0/0/2.0
{two}{blanks}user     0 {hop}101          ucst      624     4 ge-0/0/1.0
"""
IPV4 = {"family": "", "one": "198.51.100.1/32", "two": "198.51.100.2/32", "hop": "192.0.2.", "blanks": "    "}
IPV6 = {"family": "6", "one": "2001:db8:1::1/128", "two": "2001:db8:1::2/128", "hop": "2001:db8::", "blanks": "  "}
FAMILIES = pytest.mark.parametrize("words", [IPV4, IPV6], ids=["IPv4", "IPv6"])

FRR = """\
B>* 198.51.100.1/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:05
  *                        via 192.0.2.102, eth0, weight 1, 00:00:05
B>* 198.51.100.2/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:05
"""


def audit(*texts: str, pool: str = "198.51.100.0/24", nodes: str = "192.0.2.101-102") -> Audit:
    material = read_material([Capture("tor1", None, None, text, f"{n}") for n, text in enumerate(texts)])
    assert material.failed == ()
    return ecmpaudit.audit(material, pools=[pool], nodes=[nodes])


def audit_of(words: dict[str, str], *forms: str) -> Audit:
    texts = [form.format(**words) for form in forms]
    if words is IPV4:
        return audit(*texts)
    return audit(*texts, pool="2001:db8:1::/64", nodes="2001:db8::101,2001:db8::102")


@FAMILIES
def test_a_table_of_junos_alone_is_reported_with_the_commands_of_junos(words: dict[str, str]) -> None:
    found = audit_of(words, JUNOS)
    (finding,) = found.findings
    assert finding.code == "ECMP004"
    assert (
        finding.hint
        == "give `show route forwarding-table` of the same router too, or --max-paths (1 when multipath is off)"
    )
    (note,) = found.network.notes
    assert "`load-balance` policy" in note
    assert "BIRD" not in note


@FAMILIES
def test_the_forwarding_table_of_junos_shows_what_is_installed(words: dict[str, str]) -> None:
    found = audit_of(words, JUNOS, FORWARDING)
    assert {finding.code for finding in found.findings} == {"ECMP101", "ECMP301"}
    assert {finding.prefix for finding in found.findings} == {words["two"]}
    assert exit_code(found, Severity.ERROR) == 1


def test_a_table_of_bird_alone_is_reported_with_the_commands_of_bird() -> None:
    text = "198.51.100.1/32      unicast [node1 19:41:11.171] * (100) [AS64497i]\n\tvia 192.0.2.101 on eth0\n"
    found = audit(f"BIRD 2.0.12 ready.\nTable master4:\n{text}")
    assert [f.hint for f in found.findings if f.code == "ECMP004"] == [
        "give `ip route` of the same router too, or --max-paths (1 when multipath is off)"
    ]
    assert any("`merge paths`" in note for note in found.network.notes)


def test_the_prefix_that_the_cut_goes_through_is_unknown_and_no_finding() -> None:
    found = audit(f"{FRR}  *                        via 192.0")
    assert {finding.code for finding in found.findings} == {"ECMP002"}
    assert exit_code(found, Severity.ERROR) == 3
    summary = summarize(found)
    assert (summary.prefixes_audited, summary.prefixes_judged, summary.prefixes_clean) == (2, 1, 1)
    assert any("198.51.100.2/32 may have more next hops than were read" in note for note in found.network.notes)


def test_a_prefix_above_the_cut_is_judged() -> None:
    found = audit(f"{FRR}B>* 198.51.100.3/32 [20/0] via 192.0")
    assert [(f.code, f.prefix) for f in found.findings if f.prefix] == [("ECMP101", "198.51.100.2/32")]
    assert exit_code(found, Severity.ERROR) == 1


def test_a_fallback_that_the_cut_goes_through_is_not_called_narrower() -> None:
    table = (
        "B>* 198.51.100.1/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:05\n"
        "  *                        via 192.0.2.102, eth0, weight 1, 00:00:05\n"
        "O   198.51.100.1/32 [110/20] via 192.0.2.101, eth0, weight 1, 00:00:05\n"
    )
    assert [finding.code for finding in audit(table).findings] == ["ECMP402"]
    assert [finding.code for finding in audit(f"{table}                           via 192.0").findings] == ["ECMP002"]


def test_an_unknown_line_below_the_widest_line_of_a_legend_is_reported() -> None:
    legend = (Path(__file__).parent / "fixtures" / "frr" / "show_ip_route--sonic.txt").read_text(encoding="utf-8")
    lines = [line for line in legend.split("\n") if line.startswith(("Codes", "  ")) and " - " in line]
    widest = max(range(len(lines)), key=lambda n: len(lines[n]))
    for unknown in ("foo", "?? a line of a newer release ??", "       - and more", "see the manual - please"):
        text = "\n".join([*lines[: widest + 1], unknown, *lines[widest + 1 :], "", FRR])
        table = read_material([Capture("tor1", None, None, text, "t")]).tables[0]
        assert [line.text for line in table.unparsed] == [unknown]


BIRD = """\
Table master{family}:
{one}    unicast [node1 19:28:07.039] * (100) [AS65552i]
\tvia {hop}101 on eth0
                     unicast [node2 19:28:06.989] (100) [AS65552i]
\tvia {hop}102 on eth0
"""
KERNEL = """\
{one} proto bird metric 32
\tnexthop via {hop}101 dev eth0 weight 1
\tnexthop via {hop}102 dev eth0 weight 1
"""


@pytest.mark.parametrize("known", [(), (IPV4,), (IPV6,), (IPV4, IPV6)], ids=["none", "IPv4", "IPv6", "both"])
def test_the_forwarding_table_of_one_family_says_nothing_about_the_other(known: tuple[dict[str, str], ...]) -> None:
    texts = [
        BIRD.format(**IPV4 | {"family": "4"}) + "\n" + BIRD.format(**IPV6),
        *(KERNEL.format(**one) for one in known),
    ]
    material = read_material([Capture("rx1", None, None, text, f"{n}") for n, text in enumerate(texts)])
    found = ecmpaudit.audit(
        material,
        pools=["198.51.100.0/24", "2001:db8:1::/64"],
        nodes=["node1=192.0.2.101+2001:db8::101,node2=192.0.2.102+2001:db8::102"],
    ).findings
    missing = {
        (): "rx1: candidates were counted",
        (IPV4["one"],): "rx1: IPv6 candidates were counted",
        (IPV6["one"],): "rx1: IPv4 candidates were counted",
    }.get(tuple(one["one"] for one in known))
    assert [(f.code, f.message.partition(";")[0]) for f in found] == ([("ECMP004", missing)] if missing else [])
