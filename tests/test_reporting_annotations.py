"""Annotations of GitHub and GitLab: their form, and that a device's text starts no command of its own.

GitHub's runner has no checker to run here; our escaping was compared once, on 5,000 random strings, with
`escapeData` and `escapeProperty` of the npm package @actions/core 3.0.1: the same. GitLab publishes no schema beside
its documentation; the one below says what that demands.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from ecmpaudit.model import Audit, Severity
from ecmpaudit.reporting.github import render_github
from ecmpaudit.reporting.gitlab import render_gitlab
from ecmpaudit.reporting.terminal import safe
from tests.audit_builders import (
    HOSTILE_MARKUP,
    audit_of,
    finding,
    hostile_audit,
    incomplete_audit,
    ipv6_audit,
    seed_audit,
)

AUDITS = {
    "seed": seed_audit(),
    "ipv6": ipv6_audit(),
    "incomplete": incomplete_audit(),
    "hostile": hostile_audit(),
    "markup": hostile_audit(HOSTILE_MARKUP),
    "no_findings": audit_of(),
}
COMMAND = re.compile(r"::(?P<command>error|warning|notice) (?P<properties>[^:]*)::(?P<message>.*)")
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./)."},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"minimum": 1}}},
                },
            },
        },
    },
}


def commands(audit: Audit) -> list[dict[str, str]]:
    """Return the commands as the runner would read them."""
    *lines, _ = render_github(audit).splitlines()
    found = [COMMAND.fullmatch(line) for line in lines]
    assert None not in found, lines
    return [
        {
            "command": match["command"],
            "message": unquote(match["message"]),
            **{name: unquote(value) for name, _, value in (p.partition("=") for p in match["properties"].split(","))},
        }
        for match in found
        if match
    ]


@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
def test_github_gets_one_command_per_finding_and_the_verdict(audit: Audit) -> None:
    assert len(commands(audit)) >= len(audit.findings)
    assert "::" not in render_github(audit).splitlines()[-1]


def test_github_shows_the_seeds_finding_at_its_line() -> None:
    command, sentence = render_github(seed_audit()).splitlines()
    assert command == (
        "::warning file=table.txt,line=15,title=ECMP101 warning (inferred)::tor1 172.31.1.0/32: 3 next hops, "
        "expected 5%0Amissing: 172.30.250.103, 172.30.250.104%0Acause: its sibling 172.31.1.1/32 has 5"
        "%0Ahint: look at the BGP sessions of the missing nodes"
    )
    assert sentence == "1 warning: not every load-balanced prefix is spread as expected"


def test_github_gets_a_finding_without_a_file() -> None:
    assert [(it["command"], "file" in it) for it in commands(incomplete_audit())] == [("warning", False)] * 2


def test_github_escapes_what_would_end_a_property_or_start_a_command() -> None:
    (fault,) = seed_audit().findings
    line = replace(fault.evidence[0], source="a,b:c%2C.txt", line=7)
    (shown,) = commands(audit_of(replace(fault, message="100%0A::error::x\n::error::y", evidence=(line,))))
    assert (shown["file"], shown["line"]) == ("a,b:c%2C.txt", "7")
    assert shown["message"].splitlines()[0] == r"100%0A::error::x\n::error::y"


def test_github_gets_the_whole_text_of_a_device() -> None:
    *_, shown = commands(hostile_audit(HOSTILE_MARKUP))
    assert shown["message"].splitlines()[0] == safe(HOSTILE_MARKUP)


@pytest.mark.parametrize(
    "severity, command, level",
    [
        (Severity.ERROR, "error", "critical"),
        (Severity.WARNING, "warning", "major"),
        (Severity.INFO, "notice", "info"),
        (Severity.INCOMPLETE, "warning", "major"),
    ],
)
def test_severities_have_their_levels(severity: Severity, command: str, level: str) -> None:
    audit = audit_of(finding(severity))
    assert ([it["command"] for it in commands(audit)], [it["severity"] for it in issues(audit)]) == ([command], [level])


def issues(audit: Audit) -> list[dict[str, Any]]:
    report: list[dict[str, Any]] = json.loads(render_gitlab(audit))
    jsonschema.Draft202012Validator(CODE_QUALITY).validate(report)
    return report


@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
def test_gitlab_gets_what_it_demands(audit: Audit) -> None:
    found = issues(audit)
    assert len({issue["fingerprint"] for issue in found}) == len(found)


def test_gitlab_shows_the_seeds_finding_at_its_line() -> None:
    (issue,) = issues(seed_audit())
    assert issue["location"] == {"path": "table.txt", "lines": {"begin": 15}}
    assert issue["description"] == "ECMP101: tor1 172.31.1.0/32: 3 next hops, expected 5"


def test_gitlab_gets_the_routers_name_where_there_is_no_file() -> None:
    assert [issue["location"]["path"] for issue in issues(incomplete_audit())] == ["tor3", "tor2"]
