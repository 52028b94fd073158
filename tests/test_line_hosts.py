"""Texts in which every line names its host, in the forms of several tools."""

from __future__ import annotations

import pytest

from ecmpaudit.parsing.line_hosts import by_host

TABLES = {
    4: (
        "B>* 198.51.100.1/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:10:00",
        "  *                        via 192.0.2.102, eth0, weight 1, 00:10:00",
    ),
    6: (
        "B>* 2001:db8:1::1/128 [20/0] via fe80::101, eth0, weight 1, 00:10:00",
        "  *                          via fe80::102, eth0, weight 1, 00:10:00",
    ),
}


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(
    "before, host",
    [
        ("tor1: ", "tor1"),
        ("tor1.example.net | ", "tor1.example.net"),
        ("tor1-frr-1  | ", "tor1-frr-1"),
        ("192.0.2.1: ", "192.0.2.1"),
        ("2001:db8::1: ", "2001:db8::1"),
        ("[tor1] ", "tor1"),
        ("[tor1]: ", "tor1"),
        ("[tor1] out: ", "tor1"),
        ("[pod/frr-1/frr] ", "frr-1"),
    ],
)
def test_a_host_before_every_line_is_its_router(before: str, host: str, family: int) -> None:
    table = TABLES[family]
    text = "".join(f"{before}{line}\n" for line in table)
    assert by_host(text) == [(host, "".join(f"{line}\n" for line in table), 1)]


@pytest.mark.parametrize("family", [4, 6])
def test_a_table_without_hosts_is_of_none(family: int) -> None:
    text = "".join(f"{line}\n" for line in TABLES[family])
    assert by_host(text) == [(None, text, 1)]


def test_lines_of_hosts_that_are_no_tables_stay_one_text() -> None:
    text = "tor1: connected\ntor1: done\ntor2: connected\ntor2: done\n"
    assert by_host(text) == [(None, text, 1)]
