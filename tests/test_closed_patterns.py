"""No rule of a shipped template of routes has an open pattern where a whole other route could be."""

from __future__ import annotations

import re
from pathlib import Path  # noqa: TC003 - pytest reads the annotations

import pytest

from ecmpaudit.parsing.line_repairs import repaired
from ecmpaudit.parsing.template import load_template
from ecmpaudit.platforms.registry import platforms

TEMPLATES = sorted({table.template for platform in platforms().values() for table in platform.tables})
_OPEN = re.compile(r"(?<!\\)\.[*+]")
JOINED = {
    "bird": "\tBGP.local_pref: 100\tvia 192.0.2.1 on eth0",
    "gobgp": "*> 192.0.2.0/24 192.0.2.1 64497 00:00:03 [{Origin: i}]*> 203.0.113.0/24 192.0.2.2 00:00:03 [{Origin: i}]",
    "linux": "\tnh_info id 12 group 13 scope global proto zebra \tnexthop via 192.0.2.1 dev eth0 weight 1 ",
    "nokia_srl": "Last change : 2024-06-14T10:32:04.169ZDestination : 198.51.100.1/32",
    "juniper_junos": "+ = Active Route, - = Last Active, * = Both198.51.100.1/32 *[BGP/170] 00:00:03",
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_rule_has_an_open_pattern(template: Path) -> None:
    rules = [rule for rule in load_template(template).states["Start"] if "UNPARSED" not in rule.match]
    opened = [rule.match for rule in rules if _OPEN.search(rule.match)]
    assert opened == []
    assert rules


@pytest.mark.parametrize("platform", JOINED)
def test_two_lines_joined_match_no_rule(platform: str) -> None:
    template = platforms()[platform].tables[0].template
    rules = [rule for rule in load_template(template).states["Start"] if "UNPARSED" not in rule.match]
    assert [rule.match for rule in rules if rule.regex_obj.match(JOINED[platform])] == []


@pytest.mark.parametrize("platform", ["bird", "linux"])
def test_two_lines_joined_at_a_tab_are_not_repaired_to_one(platform: str) -> None:
    template = platforms()[platform].tables[0].template
    lines, changes = repaired(template, [JOINED[platform]], [1])
    assert (lines, changes) == ([JOINED[platform]], ())
