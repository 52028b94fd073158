"""What a host showed without its texts gives the same audit as its answers, whatever happened to them."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.asking_again import commands_to_repeat, with_later_answers
from ecmpaudit.auditing.request import Request, chosen_rules
from ecmpaudit.auditing.run import Reading, audit_material, network_of_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.auditing.shown_hosts import ShownHost, commands_again, material_of_shown, shown_host, with_later
from ecmpaudit.collectors.answer_budget import AnswerBudget
from tests.recorded_scans import CONFIGURATION, FAULTS, HEALTHY, STALE, captures_of, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.auditing.run import Material
    from ecmpaudit.model import Audit, Capture

REQUEST = Request.of(ScopeOptions(config=CONFIGURATION))
READING = Reading(tuple(REQUEST.audited), REQUEST.nodes, frozenset(REQUEST.routers))


def of_texts(captures: Sequence[Capture]) -> Material:
    return read_material(captures, only=REQUEST.audited, nodes=REQUEST.nodes, routers=REQUEST.routers)


def shown(captures: Sequence[Capture]) -> list[ShownHost]:
    """Return what each host shows, as it comes from a worker."""
    hosts = [
        shown_host(
            name or "", [each for each in captures if each.router == name], READING.of_hosts([name]), AnswerBudget()
        )
        for name in dict.fromkeys(each.router for each in captures)
    ]
    found: list[ShownHost] = pickle.loads(pickle.dumps(hosts))  # noqa: S301 - it was made here
    return found


def audit(material: Material) -> Audit:
    return audit_material(material, REQUEST, chosen_rules([], []))


def assert_same(material: Material, expected: Material) -> None:
    found, wanted = audit(material), audit(expected)
    assert found.findings == wanted.findings
    assert found.network.notes == wanted.network.notes
    assert found.network.not_answered == wanted.network.not_answered
    assert found.network.not_read == wanted.network.not_read
    assert found.network.facts.not_answered == wanted.network.facts.not_answered
    assert [one.failure for one in material.failed] == [one.failure for one in expected.failed]
    assert found.is_incomplete == wanted.is_incomplete


@pytest.mark.parametrize("scan", [HEALTHY, STALE])
def test_rows_and_facts_give_the_audit_of_the_texts(scan: str) -> None:
    captures = captures_of(scan)
    assert_same(material_of_shown(shown(captures), READING), of_texts(captures))
    quoted = [line.text for finding in audit(of_texts(captures)).findings for line in finding.evidence]
    assert any(quoted) == (scan == STALE)


@pytest.mark.parametrize("first", range(len(FAULTS)))
def test_faults_of_answers_are_the_same_without_the_texts(first: int) -> None:
    faults = [*FAULTS.values()]
    captures = [
        capture if capture.failure or number % 2 else faults[(first + number // 2) % len(faults)](capture)
        for number, capture in enumerate(captures_of(STALE))
    ]
    assert_same(material_of_shown(shown(captures), READING), of_texts(captures))


def test_texts_in_files_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    captures = captures_of(STALE)
    monkeypatch.setattr("ecmpaudit.collectors.answer_budget.LARGE", 0)
    budget = AnswerBudget()
    in_files = [budget.put_away(capture) if capture.text else capture for capture in captures]
    assert any(capture.file for capture in in_files)
    assert_same(material_of_shown(shown(in_files), READING), of_texts(captures))


@pytest.mark.parametrize("fails", [False, True])
def test_later_answers_count_as_those_of_texts_do(fails: bool) -> None:
    first, healthy = captures_of(STALE), {(one.router, one.command): one for one in captures_of(HEALTHY)}
    material = of_texts(first)
    repeated = commands_to_repeat(first, material, network_of_material(material, REQUEST))
    hosts = {host.name: host for host in shown(first)}
    assert repeated
    assert commands_again([*hosts.values()], READING, REQUEST) == repeated
    later = [healthy[router, command] for router, commands in repeated.items() for command in commands]
    if fails:
        later[-1] = refused(later[-1])
    failed = [each for each in later if not each.is_complete]
    for host in shown(failed or later):
        asked = tuple(replace(one, text="") for one in later if one.router == host.name)
        hosts[host.name] = with_later(hosts[host.name], replace(host, asked=asked))
    expected = of_texts(with_later_answers(first, later))
    assert_same(material_of_shown([*hosts.values()], READING), expected)
    assert fails == any(finding.code == "ECMP302" for finding in audit(expected).findings)
