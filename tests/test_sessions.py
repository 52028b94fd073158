"""Sessions of several commands and routers: what each answer is to, whose it is, and where it begins."""

from __future__ import annotations

import logging

import pytest

from ecmpaudit.parsing import transcript
from ecmpaudit.parsing.prompts import Prompt, read_prompt
from ecmpaudit.parsing.transcript import captures_from_text

FOUR = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05\n"
SIX = "B>* 2001:db8::7/128 [20/0] via fe80::1, eth0, weight 1, 00:00:05\n"
BIRD = "198.51.100.9/32      unicast [node1 10:00:00.000] * (100) [AS64497i]\n\tvia 192.0.2.1 on eth0\n"


def captures(text: str) -> list[tuple[str | None, str | None, int, str]]:
    """Return router, command, first line and text of each capture."""
    return [(c.router, c.command, c.first_line, c.text) for c in captures_from_text(text, "pasted")]


@pytest.mark.parametrize(
    "text,expected",
    [
        pytest.param(FOUR, [(None, None, 1, FOUR)], id="no prompt"),
        pytest.param(f"tor1# show ip route\n{FOUR}", [("tor1", "show ip route", 2, FOUR)], id="one prompt"),
        pytest.param(
            f"tor1# show ip route\n{FOUR}tor2# show ipv6 route\n{SIX}tor2#\n",
            [("tor1", "show ip route", 2, FOUR), ("tor2", "show ipv6 route", 4, SIX)],
            id="two routers",
        ),
        pytest.param(f"{FOUR}tor1#\n", [("tor1", None, 1, FOUR)], id="a bare prompt below"),
        pytest.param(f"{FOUR}tor1>", [("tor1", None, 1, FOUR)], id="a bare prompt at the end"),
        pytest.param(f"{FOUR}tor1> \n\n", [("tor1", None, 1, FOUR)], id="a bare prompt above blank lines"),
        pytest.param(
            f"{FOUR}tor1# show ipv6 route\n{SIX}",
            [(None, None, 1, FOUR), ("tor1", "show ipv6 route", 3, SIX)],
            id="a table above the first command",
        ),
        pytest.param(
            f"tor1# show ip route\n{FOUR}bird> show route\n{BIRD}",
            [("tor1", "show ip route", 2, FOUR), ("tor1", "show route", 4, BIRD)],
            id="a prompt without a router",
        ),
        pytest.param(
            f"tor1 | CHANGED | rc=0 >>\n$ show ip route\n{FOUR}",
            [("tor1", "show ip route", 3, FOUR)],
            id="a command below a heading",
        ),
        pytest.param(
            f"tor1# show ip route\n\nshow ip route\n{FOUR}",
            [("tor1", "show ip route", 4, FOUR)],
            id="a command that is printed again",
        ),
        pytest.param(
            f"\u250c\u2500(admin@tor1)-[~]\n\u2514\u2500$ ip route\n{FOUR}",
            [("tor1", "ip route", 3, FOUR)],
            id="a prompt of two lines",
        ),
        pytest.param(
            f"show ip route\n{FOUR}show ipv6 route\n{SIX}",
            [(None, "show ip route", 2, FOUR), (None, "show ipv6 route", 4, SIX)],
            id="commands without a prompt",
        ),
        pytest.param(
            f"Output of show ip route:\n{FOUR}",
            [(None, None, 1, f"Output of show ip route:\n{FOUR}")],
            id="a sentence with a command",
        ),
        pytest.param(
            f"tor1# show version\nFRRouting\ntor1# show ip route\n{FOUR}tor1# exit\n",
            [("tor1", "show version", 2, "FRRouting\n"), ("tor1", "show ip route", 4, FOUR)],
            id="other facts are kept",
        ),
        pytest.param(
            f"Welcome\ntor1# show clock\n10:00\ntor1# show ip route\n{FOUR}",
            [("tor1", "show ip route", 5, FOUR)],
            id="a banner and another command are skipped",
        ),
        pytest.param(
            f"tor1# show ip route\n{FOUR}--More-- tor1# show ipv6 route\n{SIX}",
            [("tor1", "show ip route", 2, f"{FOUR}--More--"), ("tor1", "show ipv6 route", 4, SIX)],
            id="a pager that was left",
        ),
        pytest.param(
            f"  tor1# show ip route\n  {FOUR}x\n",
            [("tor1", "show ip route", 2, f"{FOUR}x\n")],
            id="an indented session",
        ),
        pytest.param(f"tor1# show ip route\ntor1# show ipv6 route\n{SIX}", [
            ("tor1", "show ip route", 2, ""), ("tor1", "show ipv6 route", 3, SIX),
        ], id="an empty answer"),
        pytest.param("tor1# show clock\n10:00\n", [(None, None, 1, "tor1# show clock\n10:00\n")], id="no routes"),
    ],
)  # fmt: skip
def test_each_answer_has_its_router_its_command_and_its_place(
    text: str, expected: list[tuple[str | None, str | None, int, str]]
) -> None:
    assert captures(text) == expected


@pytest.mark.parametrize("length,is_one", [(200, True), (201, False)])
def test_a_command_without_a_prompt_has_200_characters_at_most(length: int, *, is_one: bool) -> None:
    command = "show ip route vrf ".ljust(length, "x")
    assert captures(f"{command}\n{FOUR}")[0][1] == (command if is_one else None)


def test_what_is_skipped_is_logged_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    captures(f"Welcome\ntor1# show clock\n10:00\ntor1# show ip route\n{FOUR}tor1#\n")
    assert [record.getMessage() for record in caplog.records] == [
        "pasted:1: skipped: text without a command, no route table",
        "pasted:3: skipped: `show clock`, no route table",
    ]


@pytest.mark.parametrize("most,is_read", [(3, True), (2, False)])
def test_a_text_with_too_many_prompts_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, most: int, *, is_read: bool
) -> None:
    monkeypatch.setattr(transcript, "_MOST_COMMANDS", most)
    found = captures_from_text(f"tor1# show ip route\n{FOUR}tor1# show ipv6 route\n{SIX}", "pasted")
    assert [capture.failure for capture in found] == (
        [None, None] if is_read else ["3 prompts in one text, expected at most 2"]
    )


def test_a_given_router_and_platform_count_for_every_answer() -> None:
    text = f"tor1# show ip route\n{FOUR}tor2# show ipv6 route\n{SIX}"
    found = captures_from_text(text, "pasted", router="rack1", platform="frr")
    assert [(capture.router, capture.platform) for capture in found] == [("rack1", "frr"), ("rack1", "frr")]


def test_the_hosts_of_lines_are_the_routers_of_their_captures() -> None:
    text = f"tor1 | {FOUR}tor2 | {SIX}tor1 | {SIX}"
    assert captures(text) == [("tor1", None, 1, f"{FOUR}\n{SIX}"), ("tor2", None, 2, SIX)]


@pytest.mark.parametrize(
    "line,prompt",
    [
        ("tor1# show ip route", Prompt("tor1", "show ip route")),
        ("   tor1#", Prompt("tor1", "", margin=3)),
        ("$ ip route", Prompt(None, "ip route", is_second_line=True)),
        ("--More-- tor1# show ip route", Prompt("tor1", "show ip route", pager="--More--")),
        ("tor1 | CHANGED | rc=0 >>", Prompt("tor1", "", is_heading=True)),
        ("==> logs/tor1.txt <==", Prompt("tor1", "", is_heading=True)),
        ("[1] 10:00:00 [SUCCESS] admin@tor1", Prompt("tor1", "", is_heading=True)),
        (
            "+++ tor1 with via 'cli': executing command 'show ip route' +++",
            Prompt("tor1", "show ip route", is_heading=True),
        ),
        ("--More-- --More-- tor1#", None),
        ("--- snip ---", None),
        ("a> show ip route", Prompt("a", "show ip route")),
        ("a>", None),
        ("ab>", Prompt("ab", "")),
        ("ab> x", None),
    ],
)
def test_a_prompt_has_all_its_parts(line: str, prompt: Prompt | None) -> None:
    assert read_prompt(line) == prompt
