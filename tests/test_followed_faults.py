"""What the history follows, in both databases: the node that is missing for a prefix on a router.

Which rule reports it, and what the node is called, may change; the fault stays one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.history.differences import differences
from ecmpaudit.history.store import open_history
from ecmpaudit.model.runs import Asked
from tests.history_builders import ASKED, CODES, at, audit_of, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.history.store import History
    from ecmpaudit.model.runs import KnownFault, Run

POOLS = {4: "198.51.100.7/32", 6: "2001:db8:100::7/128"}
ADDRESSES = {4: "192.0.2.{}", 6: "2001:db8::{}"}
WITHOUT_101 = tuple(code for code in CODES if code != "ECMP101")


@pytest.fixture
def history(history_place: str) -> Iterator[History]:
    with open_history(history_place) as opened:
        yield opened


@pytest.fixture(params=[4, 6], ids=["ipv4", "ipv6"])
def family(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


def network(family: int, present: str = "1245", names: str = "node1 node2 node3 node4 node5") -> str:
    """Return a prefix via some of five nodes; via none, it is absent."""
    address, prefix = ADDRESSES[family], POOLS[family]
    hops = ", ".join(map(address.format, present))
    nodes = ", ".join(f"{name}={address.format(number)}" for number, name in enumerate(names.split(), start=1))
    return f"tor1 {prefix} {f'via {hops}' if hops else 'missing'}\nexpect {prefix} nodes {nodes}"


def keep(history: History, text: str, minutes: int, codes: tuple[str, ...] = CODES) -> Run:
    """Keep a run without a past, so that no fault of a change is among its findings."""
    audit = audit_of(text, only=codes)
    asked = Asked("scan", ASKED.routers, codes=codes)
    return history.record(audit, asked, started=at(minutes), finished=at(minutes))


def episodes_of(history: History, *names: str) -> list[KnownFault]:
    return [known for known in history.findings() if known.fault.about in names]


def news_of(history: History, run: Run) -> dict[str, list[str]]:
    news = history.news(run.number)
    parts = {"new": news.new, "changed": news.changed, "short_lived": news.short_lived, "ended": news.ended}
    return {word: [" ".join(known.nodes) for known in part] for word, part in parts.items() if part}


def test_a_node_that_is_missing_before_while_and_after_its_prefix_is_gone_recovers_once(
    history: History, family: int
) -> None:
    runs, news = [], []
    for minutes, present in enumerate(("1245", "", "1245", "12345")):
        runs.append(keep(history, network(family, present), minutes))
        news.append(news_of(history, runs[-1]))
    (known,) = episodes_of(history, "node3")
    assert (known.first_seen, known.times_seen, known.resolved) == ("2026-11-20T10:00:00Z", 3, runs[3].finished)
    assert {each.fault.about: each.resolved for each in history.findings() if each.fault.about != "node3"} == {
        f"node{n}": runs[2].finished for n in (1, 2, 4, 5)
    }
    every = "node1 node2 node3 node4 node5"
    assert news == [
        {"new": ["node3"]},
        {"changed": [every]},
        {"changed": ["node3"]},
        {"ended": ["node3"]},
    ]


def test_another_rule_that_reports_the_node_is_the_fault_of_the_last_run(history: History, family: int) -> None:
    for minutes, present in enumerate(("1245", "")):
        keep(history, network(family, present), minutes)
    assert [each.fault.code for each in episodes_of(history, "node3")] == ["ECMP102"]
    began = history.past(at(2)).began
    assert {fault.code for fault in began} == {"ECMP101", "ECMP102", "ECMP103"}
    assert min(began.values()) == "2026-11-20T10:00:00Z"
    (incident,) = audit_of(network(family, ""), history.past(at(2))).incidents
    assert incident.since == "2026-11-20T10:00:00Z"


def test_a_node_that_returns_as_missing_by_another_rule_has_come_back(history: History, family: int) -> None:
    for minutes, present in enumerate(("", "12345")):
        keep(history, network(family, present), minutes)
    back = record(history, network(family), 2)
    assert [each.fault.code for each in history.findings() if each.last_seen == back.finished] == [
        "ECMP101",
        "ECMP602",
        "ECMP604",
    ]


@pytest.mark.parametrize("codes, is_resolved", [(WITHOUT_101, False), (CODES, True)], ids=["without_101", "all"])
def test_a_node_is_judged_by_each_rule_that_judged_it_before(
    history: History, family: int, codes: tuple[str, ...], *, is_resolved: bool
) -> None:
    keep(history, network(family, ""), 0)
    keep(history, network(family, "12345"), 1, codes)
    assert {bool(known.resolved) for known in history.findings()} == {is_resolved}


def test_a_rule_that_never_ran_is_not_waited_for(history: History, family: int) -> None:
    keep(history, network(family, ""), 0, WITHOUT_101)
    keep(history, network(family, "12345"), 1, WITHOUT_101)
    assert all(known.resolved for known in history.findings())


def test_a_node_is_not_found_again_while_the_prefix_lacks_it_and_no_rule_reports_it(
    history: History, family: int
) -> None:
    """A next hop that may be any node's: none of them can be named, and none of them has recovered."""
    keep(history, network(family), 0)
    silent = audit_of(network(family))
    silent = type(silent)(silent.network, ())
    run = history.record(silent, Asked("scan", ASKED.routers, codes=CODES), started=at(1), finished=at(1))
    assert history.news(run.number).is_empty
    assert [known.resolved for known in episodes_of(history, "node3")] == [None]


RENAMED = "node1 node2 worker3 node4 node5"


def test_a_node_with_another_name_and_the_same_address_is_no_news(history: History, family: int) -> None:
    keep(history, network(family), 0)
    run = keep(history, network(family, names=RENAMED), 1)
    assert news_of(history, run) == {}
    (known,) = episodes_of(history, "node3", "worker3")
    assert (known.fault.about, known.first_seen, known.times_seen) == ("worker3", "2026-11-20T10:00:00Z", 2)
    (incident,) = history.incidents()
    assert (incident.nodes, incident.times_seen, incident.was) == (("worker3",), 2, None)
    run = keep(history, network(family, "12345", RENAMED), 2)
    assert news_of(history, run) == {"ended": ["worker3"]}


def test_a_node_is_renamed_while_its_prefix_is_gone_and_its_router_does_not_answer(
    history: History, family: int
) -> None:
    keep(history, network(family), 0)
    keep(history, "tor1 not checked: connection refused", 1)
    run = keep(history, network(family, "", RENAMED), 2)
    assert "ended" not in {word for word, names in news_of(history, run).items() if "node3" in names}
    (known,) = episodes_of(history, "node3", "worker3")
    assert (known.fault[0], known.fault.about, known.resolved) == ("ECMP102", "worker3", None)


def test_nodes_that_swap_their_names_are_followed_by_their_addresses(history: History, family: int) -> None:
    keep(history, network(family), 0)
    run = keep(history, network(family, names="node1 node2 node4 node3 node5"), 1)
    assert news_of(history, run) == {}
    assert [(each.fault.about, each.resolved) for each in episodes_of(history, "node3", "node4")] == [("node4", None)]


def test_a_node_with_another_name_and_another_address_is_another_node(history: History, family: int) -> None:
    keep(history, network(family), 0)
    moved = network(family, names=RENAMED).replace(f"worker3={ADDRESSES[family].format(3)}", "worker3=203.0.113.3")
    moved = moved.replace("203.0.113.3", {4: "203.0.113.3", 6: "2001:db8:f::3"}[family])
    run = keep(history, moved, 1)
    assert news_of(history, run) == {"new": ["worker3"], "ended": ["node3"]}


def test_a_renamed_node_that_is_a_next_hop_again_has_recovered(history: History, family: int) -> None:
    keep(history, network(family), 0)
    run = keep(history, network(family, "12345", RENAMED), 1)
    assert news_of(history, run) == {"ended": ["node3"]}


def test_diff_names_no_node_as_gone_or_not_judged_that_another_rule_reports(history: History, family: int) -> None:
    keep(history, network(family), 0)
    keep(history, network(family, ""), 1)
    keep(history, network(family, "12345"), 2)
    before, gone, whole = (history.observation(str(number)) for number in (1, 2, 3))
    lost = differences(before, gone)
    assert (lost.gone_faults, lost.not_judged, len(lost.new_faults)) == ((), (), 1)
    back = differences(gone, whole)
    assert (len(back.gone_faults), back.not_judged, back.new_faults) == (1, (), ())
