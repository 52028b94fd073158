"""Texts in which every line names its host are divided by host, with the line numbers of the source."""

from __future__ import annotations

import pytest

from ecmpaudit.parsing.line_hosts import by_host

FOUR = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05"
SIX = "B>* 2001:db8::7/128 [20/0] via fe80::1, eth0, weight 1, 00:00:05"


@pytest.mark.parametrize("form", ["{} | {}", "{}: {}", "[{}] {}", "[pod/{}/frr] {}", "{} \t| {}"])
def test_the_lines_of_each_host_are_a_text_of_its_own(form: str) -> None:
    lines = [form.format("tor1", FOUR), form.format("tor2", SIX), form.format("tor1", SIX)]
    assert by_host("\n".join(lines)) == [("tor1", f"{FOUR}\n\n{SIX}\n", 1), ("tor2", f"{SIX}\n", 2)]


def test_two_lines_with_a_host_are_enough() -> None:
    assert by_host(f"tor1: {FOUR}\ntor2: {SIX}\n") == [("tor1", f"{FOUR}\n", 1), ("tor2", f"{SIX}\n", 2)]


def test_blank_lines_belong_to_no_host_and_are_counted() -> None:
    text = f"\n  \ntor1 | {FOUR}\n\ntor1 |\ntor2 | {SIX}\n\n"
    assert by_host(text) == [("tor1", f"{FOUR}\n\n\n", 3), ("tor2", f"{SIX}\n", 6)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"tor1: {FOUR}\n", id="one line"),
        pytest.param(f"tor1: {FOUR}\n{SIX}\n", id="a line without a host"),
        pytest.param(f"tor1: {FOUR}\ntor1 | {SIX}\n", id="two forms"),
        pytest.param("note: hello\nnote: bye\n", id="no table"),
        pytest.param(f"{FOUR}\n{SIX}\n", id="no hosts"),
        pytest.param("", id="empty"),
        pytest.param("\n\n", id="blank"),
    ],
)
def test_any_other_text_is_one(text: str) -> None:
    assert by_host(text) == [(None, text, 1)]


def test_lines_with_other_facts_are_divided_too() -> None:
    link = "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default"
    text = "".join(f"{host}: {line}\n" for host in ("node1", "node2") for line in (link, "    inet 192.0.2.1/24 scope"))
    assert [host for host, _, _ in by_host(text)] == ["node1", "node2"]
