"""BGP paths of a BIRD router, from `show route all` and `show route filtered all` of BIRD 2.0.12 and 3.3.2."""

from __future__ import annotations

from ecmpaudit.model import Capture
from ecmpaudit.model.facts import BgpPath, Facts
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.bird_paths import facts_of_bird_table, read_filtered_paths
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.resolved import resolve

TABLE = """BIRD 2.0.12 ready.
Table master4:
198.51.100.1/32      unicast [node1_ipv4 06:36:43.548] * (100) [AS64510i]
\tvia 192.0.2.101 on swp1
\tType: BGP univ
\tBGP.origin: IGP
\tBGP.as_path: 64510
\tBGP.next_hop: 192.0.2.101
\tBGP.med: 7
\tBGP.local_pref: 100
                     unicast [node3_ipv4 06:36:34.918] (90/20) [AS64511?]
\tvia 192.0.2.103 on swp1
\tType: BGP univ
\tBGP.origin: Incomplete
\tBGP.as_path: 64510 64511
\tBGP.next_hop: 192.0.2.103
\tBGP.local_pref: 50
198.51.100.65/32     unicast [ospf4 06:36:43.907] * E2 (150/10/10000) [192.0.2.233]
\tvia 192.0.2.232 on swp2
\tType: OSPF-E2 univ
\tOSPF.metric1: 10

Table master6:
2001:db8:100::1/128  unicast [node1_ipv6 06:36:43.548] * (100) [AS64510i]
\tvia 2001:db8::101 on swp1
\tType: BGP univ
\tBGP.origin: IGP
\tBGP.as_path: 64510
\tBGP.next_hop: 2001:db8::101 fe80::1
\tBGP.local_pref: 100
                     unreachable [node2_ipv6 06:36:44.578] (100) [AS64510i]
\tType: BGP univ
\tBGP.origin: IGP
\tBGP.as_path: 64510
\tBGP.next_hop: 2001:db8::102
\tBGP.local_pref: 100
"""
BIRD_3 = """BIRD 3.3.2 ready.
Table master4:
172.31.1.1/32        unicast [node5 19:37:49.798] (100) [AS65552i]
\tvia 172.30.250.105 on enp6s0
\tpreference: 100
\tfrom: 172.30.250.105
\tsource: BGP
\tbgp_origin: IGP
\tbgp_path: 65552
\tbgp_next_hop: 172.30.250.105
\tbgp_med: 5
\tbgp_local_pref: 200
\tInternal route handling values: 0L 15G 0S id 8
"""


def facts_of(text: str, command: str = "birdc -r 'show route all'", first_line: int = 1) -> Facts:
    """Return the facts of a table."""
    capture = Capture("edge1", "bird", command, text, source="edge1.txt", first_line=first_line)
    return facts_of_bird_table(read_capture(capture), capture)


def path_of(facts: Facts, peer: str) -> BgpPath:
    """Return the one path of a session."""
    (path,) = (path for path in facts.paths if path.peer == peer)
    return path


def test_attributes_of_a_route_are_those_of_its_path() -> None:
    facts = facts_of(TABLE)
    assert [path.peer for path in facts.paths] == ["node1_ipv4", "node3_ipv4", "node1_ipv6", "node2_ipv6"]
    best, other = path_of(facts, "node1_ipv4"), path_of(facts, "node3_ipv4")
    assert (best.prefix, best.next_hop, best.is_best) == ("198.51.100.1/32", "192.0.2.101", True)
    assert (best.preference, best.local_preference, best.med, best.igp_metric) == (100, 100, 7, None)
    assert (best.origin, best.as_path) == ("IGP", "64510")
    assert (other.prefix, other.is_best, other.preference, other.local_preference) == ("198.51.100.1/32", False, 90, 50)
    assert (other.origin, other.as_path, other.med, other.igp_metric) == ("incomplete", "64510 64511", None, 20)


def test_both_next_hops_of_an_ipv6_path_are_read() -> None:
    path = path_of(facts_of(TABLE), "node1_ipv6")
    assert path.next_hops == {"2001:db8::101", "fe80::1"}
    assert path.is_accessible


def test_unreachable_route_is_a_path_whose_next_hop_is_not_resolved() -> None:
    path = path_of(facts_of(TABLE), "node2_ipv6")
    assert (path.next_hop, path.is_accessible) == ("2001:db8::102", False)


def test_evidence_is_the_line_of_the_route() -> None:
    place = path_of(facts_of(TABLE, first_line=41), "node3_ipv4").evidence
    assert (place.source, place.line) == ("edge1.txt", 51)
    assert place.text == "unicast [node3_ipv4 06:36:34.918] (90/20) [AS64511?]"


def test_attributes_of_bird_3_are_read() -> None:
    (path,) = facts_of(BIRD_3).paths
    assert (path.next_hop, path.as_path, path.origin) == ("172.30.250.105", "65552", "IGP")
    assert (path.local_preference, path.med) == (200, 5)


def test_whole_table_with_attributes_answers_for_the_bgp_table() -> None:
    assert facts_of(TABLE).answered == {("edge1", Question.BGP_TABLE, None)}


def test_table_without_attributes_says_nothing_of_bgp() -> None:
    plain = "\n".join(line for line in TABLE.split("\n") if not line.startswith(("\tBGP", "\tType", "\tOSPF")))
    assert facts_of(plain, "birdc -r 'show route'") == Facts()


def test_table_of_one_prefix_does_not_answer_for_the_bgp_table() -> None:
    facts = facts_of(TABLE, "birdc -r 'show route 198.51.100.1/32 all'")
    assert facts.answered == frozenset()
    assert facts.paths


def test_damaged_number_is_not_known() -> None:
    assert path_of(facts_of(TABLE.replace("local_pref: 50", "local_pref: 5x")), "node3_ipv4").local_preference is None


def test_rejected_paths_are_no_candidates() -> None:
    capture = Capture("edge1", "bird", "birdc -r 'show route filtered all'", BIRD_3, source="edge1.txt")
    facts = read_filtered_paths(capture, resolve(capture)).facts
    (rejected,) = facts.rejected
    assert (rejected.prefix, rejected.peer) == ("172.31.1.1/32", "node5")
    assert rejected.next_hops == {"172.30.250.105"}
    assert facts.paths == ()
    assert facts.answered == {("edge1", Question.REJECTED_PATHS, None)}
