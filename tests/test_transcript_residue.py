"""Residue of a terminal, a mail or a ticket does not change the routes that are parsed."""

from __future__ import annotations

import textwrap
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmpaudit.encoding import decode
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.terminal_residue import cleaned
from ecmpaudit.parsing.transcript import captures_from_text
from tests import dumps

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from ecmpaudit.parsing.route_table import RouteTable

DUMPS = {
    "frr 10": "frr-10.7.0/show_ip_route__bgp_ospf.txt",
    "frr 10 recursive": "frr-10.7.0/show_ip_route__recursive.txt",
    "frr 10 IPv6": "frr-10.7.0/show_ipv6_route__5nodes.txt",
    "frr 10 VRFs": "frr-10.7.0/show_ip_route_vrf_all__vrf.txt",
    "frr 8": "frr-8.4.4/show_ip_route__bgp_ospf.txt",
    "frr 6": "frr-6.0.3/show_ip_route__bgp_ospf.txt",
    "bird 1.6": "bird-1.6.8/show_route__bgp_ospf.txt",
    "bird 2 all": "bird-2.19.2/show_route_all__5nodes.txt",
    "bird 3": "bird-3.3.2/show_route__tables.txt",
    "linux": "frr-10.7.0/linux_ip_route__5nodes__tor1.txt",
    "linux IPv6": "frr-10.7.0/linux_ip_-6_route__5nodes__tor1.txt",
}


def every(number: int, addition: str) -> Callable[[str], str]:
    """Put a text before every so many lines, but not before the first one."""

    def add(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join(f"{addition}{line}" if n and n % number == 0 else line for n, line in enumerate(lines))

    return add


def before_each(beginning: str) -> Callable[[str], str]:
    return lambda text: "".join(f"{beginning}{line}" for line in text.splitlines(keepends=True))


def stamped(form: str) -> Callable[[str], str]:
    def add(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join(form.format(n // 60 % 60, n % 60) + line for n, line in enumerate(lines))

    return add


def coloured(text: str) -> str:
    return text.replace("via", "\x1b[1;32mvia\x1b[0m").replace("\n", "\x1b[K\n")


KEEPS_LINES: dict[str, Callable[[str], str]] = {
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CR CR LF": lambda text: text.replace("\n", "\r\r\n"),
    "lone CR": lambda text: text.replace("\n", "\r"),
    "ANSI colours": coloured,
    "window title and bracketed paste": lambda text: f"\x1b]0;root@tor1: ~\x07\x1b[?2004h{text}\x1b[?2004l",
    "backspaces": lambda text: text.replace("via", "voo\b\bia"),
    "overstriking": lambda text: text.replace("via", "v\bvi\bia\ba"),
    "NUL bytes": lambda text: text.replace("\n", "\n\x00"),
    "--More-- wiped with backspaces": every(5, " --More-- " + "\b" * 10 + " " * 10 + "\b" * 10),
    "--More-- wiped with a carriage return": every(5, "--More--\r        \r"),
    "--More-- wiped with an escape sequence": every(5, "\x1b[7m--More--\x1b[27m\r\x1b[K"),
    "prompt of less": every(5, ":\x1b[K\r\x1b[K"),
    "--More--(40%) left before the line": every(5, "--More--(40%)"),
    "<--- More --->": every(5, "<--- More --->\r              \r"),
    "---(more 40%)---": every(5, "---(more 40%)---\r                \r"),
    "---- More ----": every(5, "  ---- More ----\x1b[42D" + " " * 42 + "\x1b[42D"),
    "quoted": before_each("> "),
    "quoted without blank": before_each(">"),
    "quoted twice": before_each("> > "),
    "quoted three times": before_each(">>> "),
    "indented by 4": before_each("    "),
    "indented by a no-break space and a blank": before_each("\u00a0 "),
    "indented but for the first line": lambda text: before_each("      ")(text)[6:],
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "figure and narrow spaces": lambda text: text.replace("  ", "\u2007\u202f"),
    "zero-width spaces": lambda text: text.replace("via", "via\u200b"),
    "byte order mark": lambda text: "\ufeff" + text,
    "trailing blanks": lambda text: text.replace("\n", "   \n"),
    "[time]": stamped("[20:{:02}:{:02}] "),
    "[date and time]": stamped("[2026-11-22 20:{:02}:{:02}.123] "),
    "ISO time": stamped("2026-11-22T20:{:02}:{:02}Z "),
    "time of ts": stamped("Nov 22 20:{:02}:{:02} "),
    "quoted, stamped, coloured, CRLF": lambda text: before_each("> ")(
        stamped("[20:{:02}:{:02}] ")(coloured(text))
    ).replace("\n", "\r\n"),
}
CISCO_LOG = "*Nov 22 20:01:02.123: %BGP-5-ADJCHANGE: neighbor 192.0.2.1 Down Interface flap\n"
FRR_LOG = "2026/11/22 20:01:02 BGP: [M59KS-A3ZXZ] bgp_update_receive: rcvd End-of-RIB for IPv4 Unicast from 192.0.2.1\n"
SYSLOG = "Nov 22 20:01:02 tor1 bgpd[123]: %ADJCHANGE: neighbor 192.0.2.1 in vrf default Up\n"
MOVES_LINES: dict[str, Callable[[str], str]] = {
    "blank lines between all lines": lambda text: text.replace("\n", "\n\n"),
    "--More-- on lines of its own": every(5, "--More--\n"),
    "(END)": lambda text: text + "(END)\n",
    "lines 1-23": every(7, "lines 1-23\n"),
    "lines 1-40/40 (END)": lambda text: text + "lines 1-40/40 (END)",
    "Markdown fence": lambda text: f"```\n{text}```\n",
    "Markdown fence in a list, text around": lambda text: (
        "Hello,\n\nsince 10:42 we see this on tor1:\n\n1. the table\n\n   ```console\n"
        + before_each("   ")(text)
        + "   ```\n\nWhat is wrong with it?\n-- \nBob\n"
    ),
    "indented block of Markdown, text around": lambda text: (
        "This is the table:\n\n" + before_each("    ")(text) + "\nWhat is wrong?\n"
    ),
    "log of Cisco's form": every(5, CISCO_LOG),
    "log of FRR": every(5, FRR_LOG),
    "syslog": every(5, SYSLOG),
    "stamped, log messages in between": lambda text: stamped("[20:{:02}:{:02}] ")(every(5, FRR_LOG)(text)),
    "trailing prompt": lambda text: text + "tor1# ",
    "trailing prompt with >": lambda text: text + "\ntor1>",
}


def read(text: str) -> RouteTable:
    (capture,) = captures_from_text(text, "pasted")
    return read_capture(capture)


@cache
def plain(dump: str) -> RouteTable:
    return read(dumps.text(DUMPS[dump]))


def without_place(table: RouteTable) -> pl.DataFrame:
    """Drop what may differ: the lines, the router that a prompt named, the count of routes so far."""
    ordinal = table.frame["route"].rank("dense")
    return table.frame.drop("line", "router", "route").with_columns(ordinal.alias("route"))


def understood_with_prose(text: str) -> bool:
    return text.startswith("This is the table")


@pytest.mark.sampled(40)
@pytest.mark.parametrize("dump", DUMPS)
@pytest.mark.parametrize("residue", KEEPS_LINES)
def test_residue_within_lines_changes_neither_routes_nor_line_numbers(dump: str, residue: str) -> None:
    table = read(KEEPS_LINES[residue](dumps.text(DUMPS[dump])))

    assert table.unparsed == ()
    assert without_place(table).equals(without_place(plain(dump)))
    assert table.frame["line"].to_list() == plain(dump).frame["line"].to_list()


@pytest.mark.sampled(30)
@pytest.mark.parametrize("dump", DUMPS)
@pytest.mark.parametrize("residue", MOVES_LINES)
def test_residue_between_lines_changes_no_route(dump: str, residue: str) -> None:
    text = MOVES_LINES[residue](dumps.text(DUMPS[dump]))

    table = read(text)

    of_prose = {"This is the table:", "What is wrong?"} if understood_with_prose(text) else set()
    assert {line.text for line in table.unparsed} == of_prose
    assert without_place(table).equals(without_place(plain(dump)))


@pytest.mark.parametrize("dump", DUMPS)
def test_lines_are_numbered_as_in_the_file_with_log_messages_in_between(dump: str) -> None:
    text = dumps.text(DUMPS[dump])

    table = read(every(1, SYSLOG)(text))

    assert table.frame["line"].to_list() == [2 * line - 1 for line in plain(dump).frame["line"]]


def wrapped(text: str, width: int, *, loses_blanks: bool = False) -> str:
    lines = [line[start : start + width] for line in text.split("\n") for start in range(0, len(line) or 1, width)]
    return "\n".join(line.rstrip() if loses_blanks else line for line in lines)


@pytest.mark.parametrize("dump", [name for name in DUMPS if name.startswith("frr")])
@pytest.mark.parametrize("width", [56, 60, 64, 68, 72, 80])
def test_lines_wrapped_by_a_terminal_are_joined(dump: str, width: int) -> None:
    table = read(wrapped(dumps.text(DUMPS[dump]), width))

    assert [line.text for line in table.unparsed] == []
    assert without_place(table).equals(without_place(plain(dump)))


def test_a_wrapped_text_whose_blanks_at_the_break_were_lost_is_joined() -> None:
    text = dumps.text(DUMPS["frr 10"])
    table = read(wrapped(text, 66, loses_blanks=True))
    assert without_place(table).equals(without_place(plain("frr 10")))


def test_lines_broken_at_blanks_by_a_mail_program_are_joined() -> None:
    lines = dumps.text(DUMPS["frr 10"]).splitlines()
    mail = "\n".join(
        textwrap.fill(line, 72, drop_whitespace=False) if line[:1] in {"B", "O", "K"} else line for line in lines
    )
    assert mail.count("\n") > len(lines)
    assert without_place(read(mail)).equals(without_place(plain("frr 10")))


@pytest.mark.parametrize("dump", [name for name in DUMPS if name.startswith("frr")])
def test_blanks_that_an_editor_made_tabs_are_blanks_again(dump: str) -> None:
    def tabbed(line: str) -> str:
        cells = [line[start : start + 8] for start in range(0, len(line), 8)]
        return "".join(cell.rstrip(" ") + "\t" if len(cell) == 8 and cell.endswith("  ") else cell for cell in cells)

    text = "\n".join(map(tabbed, dumps.text(DUMPS[dump]).split("\n")))

    assert "\t" in text
    assert without_place(read(text)).equals(without_place(plain(dump)))


@pytest.mark.parametrize("dump", DUMPS)
def test_a_clean_table_is_returned_untouched(dump: str) -> None:
    text = dumps.text(DUMPS[dump])
    assert cleaned(text)[0] is text


@pytest.mark.parametrize("dump", DUMPS)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1 blanks"]
)
def test_every_encoding_gives_the_same_text(dump: str, encoding: str) -> None:
    text = dumps.text(DUMPS[dump])
    if encoding == "latin-1 blanks":
        assert cleaned(decode(text.replace(" ", "\u00a0").encode("latin-1")))[0] == text
    else:
        assert decode(text.encode(encoding)) == text


def test_bytes_that_are_no_utf8_are_kept_as_windows_characters() -> None:
    assert decode(b"caf\xe9 \x93quoted\x94 \xe2\x82\xac") == "caf\u00e9 \u201cquoted\u201d \u20ac"


@given(st.binary(max_size=200))
def test_any_bytes_can_be_decoded(content: bytes) -> None:
    assert isinstance(decode(content), str)


PIECES = [
    *("> ", ">", "    ", "\t", "```", "~~~", "[20:01:02] ", "2026-11-22T20:01:02Z ", "--More--", "(END)", "\u00a0"),
    *("\x1b[31m", "\x1b[K", "\x1b", "\b", "\r", "\r\n", "\n", "\n\n", "\x9b1m", "lines 1-23", "tor1# show ip route"),
    *("B>* 192.0.2.0/24 [20/0] via 198.51.100.1, eth0, 00:00:05", "  *      via 198.51.100.2, eth0, 00:00:05", "x"),
    *("tor1>", "       > - selected route, * - FIB route", "Nov 22 20:01:02 tor1 bgpd[12]: up", "a", "\u2028", "\x00"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = cleaned(text)[0]
    assert cleaned(once)[0] == once


@given(st.lists(st.sampled_from([p for p in PIECES if not set(p) & set("\r\u2028")]), max_size=14).map("".join))
def test_cleaning_keeps_the_number_of_lines(text: str) -> None:
    assert cleaned(text)[0].count("\n") == text.count("\n")
