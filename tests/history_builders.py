"""Runs for the tests of the history: audits of networks in the rules' notation, at times that count up."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.judge import judge
from ecmpaudit.incidents import incidents_of
from ecmpaudit.model import Audit, Past, RouterState
from ecmpaudit.model.runs import Asked
from ecmpaudit.rules import all_rules
from tests.notation import parse_network

if TYPE_CHECKING:
    from collections.abc import Collection

    from ecmpaudit.history.store import History
    from ecmpaudit.model.runs import Run

START = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.UTC)
CODES = tuple(rule.code for rule in all_rules())
ASKED = Asked("scan", routers=("tor1", "tor2"), pools=("198.51.100.0/24",), codes=CODES)
FIVE = "node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3, node4=192.0.2.4, node5=192.0.2.5"


def audit_of(text: str, past: Past | None = None, only: Collection[str] = CODES) -> Audit:
    """Return the audit of a network by some rules; what its routers say is whole tables of both families."""
    network = parse_network(text)
    routers = tuple(
        replace(state, whole_families=frozenset({4, 6}) if state.has_data and not state.failure else frozenset())
        for state in network.routers
    )
    network = replace(network, routers=routers, past=past or network.past)
    findings = judge(network, [rule for rule in all_rules() if rule.code in only])
    return Audit(network, findings, incidents=incidents_of(network, findings))


def unread(router: str) -> RouterState:
    """Return a router that did not answer."""
    return RouterState(router, failure="connection refused", has_data=False)


def at(minutes: float) -> str:
    """Return a time so many minutes after the start."""
    return (START + dt.timedelta(minutes=minutes)).isoformat()


def resolved_codes(history: History, run: Run) -> list[str]:
    """Return the codes of the faults that a run resolved."""
    return [known.fault.code for known in history.findings() if known.resolved == run.finished]


def record(history: History, text: str, minutes: float, asked: Asked = ASKED) -> Run:
    """Keep a run of this network, which ends in the minute it began in; rules know the past."""
    audit = audit_of(text, history.past(at(minutes)))
    return history.record(audit, asked, started=at(minutes), finished=at(minutes))
