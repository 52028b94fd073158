"""Prompts and sessions: which line is a prompt, of which router, and which table belongs to which router."""

from __future__ import annotations

import logging
import time

import pytest

from ecmpaudit.parsing.prompts import Prompt, read_prompt
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.terminal_residue import cleaned
from ecmpaudit.parsing.transcript import captures_from_text
from tests import dumps
from tests.samples import sample

TABLE = (
    "B>* 192.0.2.1/32 [20/0] via 198.51.100.11, eth1, weight 1, 00:00:05\n"
    "  *                     via 198.51.100.12, eth1, weight 1, 00:00:05\n"
    "C>* 198.51.100.0/24 is directly connected, eth1, weight 1, 3d01h36m\n"
)

PROMPTS = {
    "tor1# show ip route": ("tor1", "show ip route"),
    "tor1#show ip route": ("tor1", "show ip route"),
    "tor1> show ip route": ("tor1", "show ip route"),
    "tor1>sh ip ro": ("tor1", "sh ip ro"),
    "tor1.example(config)# do sh ip ro": ("tor1.example", "sh ip ro"),
    "switch(config-if)# do show ip route": ("switch", "show ip route"),
    "switch(config-router-af)#": ("switch", ""),
    "admin@sonic:~$ show ip route": ("sonic", "show ip route"),
    "admin@sonic:/etc/sonic$ sudo vtysh -c 'show ip route'": ("sonic", "show ip route"),
    "root@host:~# vtysh -c 'show ip route'": ("host", "show ip route"),
    'root@host:~# vtysh -c "show ipv6 route vrf all" | tee out.txt': ("host", "show ipv6 route vrf all"),
    "root@host:~# docker exec -it bgp vtysh -c 'show ip route'": ("bgp", "show ip route"),
    "root@host:~# birdc show route all": ("host", "show route all"),
    "root@host:~# birdc -r 'show route'": ("host", "show route"),
    "root@host:~# /sbin/ip -6 route": ("host", "/sbin/ip -6 route"),
    "[root@host ~]# ip route show table all": ("host", "ip route show table all"),
    "(venv) me@laptop:~/src$ ssh tor7 vtysh -c 'show ip route'": ("tor7", "show ip route"),
    "me@jump:~$ ssh -l admin -p 22 tor8.example 'show ip route'": ("tor8.example", "show ip route"),
    "me@laptop ~ % ip route": ("laptop", "ip route"),
    "user@junos> show route | no-more": ("junos", "show route"),
    "[edit] user@junos> show route": ("junos", "show route"),
    "{master:0}[edit] user@junos# run show route": ("junos", "show route"),
    "RP/0/RSP0/CPU0:xr1#show route ipv4": ("xr1", "show route ipv4"),
    "RP/0/RP0/CPU0:xr1(config)#": ("xr1", ""),
    "<huawei>display ip routing-table": ("huawei", "display ip routing-table"),
    "[~huawei]display ip routing-table": ("huawei", "display ip routing-table"),
    "A:srl1# show network-instance default route-table": ("srl1", "show network-instance default route-table"),
    "A:admin@srl1# show network-instance default route-table": ("srl1", "show network-instance default route-table"),
    "bird> show route": (None, "show route"),
    "bird>": (None, ""),
    "$ ip route": (None, "ip route"),
    "# vtysh -c 'show ip route'": (None, "show ip route"),
    "> show ip route": (None, "show ip route"),
    "fgt1 # get router info routing-table all": ("fgt1", "get router info routing-table all"),
    "FGT (root) # get router info6 routing-table": ("FGT", "get router info6 routing-table"),
    "[admin@mikrotik] > /ip/route/print": ("mikrotik", "/ip/route/print"),
    "admin@fw1(active)> show routing route": ("fw1", "show routing route"),
    "edge-1(tier0_sr[1])> get route": ("edge-1", "get route"),
    "root@opnsense:~ # netstat -rn": ("opnsense", "netstat -rn"),
    "tor1#": ("tor1", ""),
    "tor1>": ("tor1", ""),
    "    tor1# show ip route": ("tor1", "show ip route"),
    "tor1# configure terminal": ("tor1", "configure terminal"),
}
LOOK_ALIKES = [
    "B>  10.0.0.0/24 [200/0] via 192.0.2.1 (recursive), 00:00:05",
    "K>* 0.0.0.0/0 [0/0] via 192.0.2.1, eth0, 00:00:05",
    "O[10]>* 192.0.2.0/24 [110/20] via 198.51.100.1, eth0, 00:00:05",
    "B>r 192.0.2.0/24 [20/0] via 198.51.100.1, eth0, 00:00:05",
    "B>",
    "*> 192.0.2.0/24 198.51.100.1 0 100 0 64496 i",
    " *>i192.0.2.0/24    198.51.100.1             0    100      0 64496 i",
    "       > - selected route, * - FIB route, q - queued, r - rejected, b - backup",
    "> - selected route, * - FIB route",
    "                    > to 192.0.2.1 via ge-0/0/0.0",
    "172.31.1.0/32        unicast [node1 19:42:19.181] * (100) [AS64496i]",
    "\tvia 198.51.100.1 on eth0 weight 1",
    "% Network not in table",
    "default via 192.0.2.1 dev eth0 proto static",
    "Issue#12 has more",
    "see RFC#4271",
    "a > b",
    "This is C# show",
    "",
    "x" * 5000,
]


@pytest.mark.parametrize("line", PROMPTS)
def test_a_prompt_names_router_and_command(line: str) -> None:
    prompt = read_prompt(line)
    assert prompt is not None
    assert (prompt.router, prompt.command) == PROMPTS[line]


@pytest.mark.parametrize("line", LOOK_ALIKES)
def test_a_line_that_only_looks_like_a_prompt_is_none(line: str) -> None:
    assert read_prompt(line) is None


@pytest.mark.parametrize("line", ["gw1$", "gw1>", "gw1$  "])
def test_a_name_with_the_mark_of_a_shell_alone_on_its_line_is_a_prompt(line: str) -> None:
    assert read_prompt(line) == Prompt("gw1", "")


@pytest.mark.parametrize("line", ["g$", "gw1$ 5", "100 %", "100%"])
def test_a_mark_of_a_shell_beside_other_words_is_no_prompt(line: str) -> None:
    assert read_prompt(line) is None


def test_any_command_counts_at_the_prompt_of_a_known_router() -> None:
    assert read_prompt("tor1> ping 192.0.2.1") is None
    assert read_prompt("tor1> ping 192.0.2.1", frozenset({"tor1"})) == Prompt("tor1", "ping 192.0.2.1")


@pytest.mark.parametrize("program", ["FRRouting", "BIRD", "iproute2"])
def test_no_line_of_a_real_table_is_a_prompt(program: str) -> None:
    lines = {
        line
        for entry in dumps.route_files()
        if entry["program"] == program and not entry["file"].endswith(".gz")
        for line in dumps.text(entry["file"]).split("\n")
    }
    assert lines
    assert [line for line in sorted(lines) if read_prompt(line)] == []


def test_given_names_overrule_those_of_the_prompts() -> None:
    (capture,) = captures_from_text(f"tor1# show ip route\n{TABLE}", "pasted", router="given", platform="frr")
    assert (capture.router, capture.platform, capture.command) == ("given", "frr", "show ip route")


def test_a_prompt_after_a_table_names_its_router() -> None:
    (capture,) = captures_from_text(f"{TABLE}tor1# \n", "pasted")
    assert (capture.router, capture.command, capture.first_line) == ("tor1", None, 1)


def test_a_table_above_a_command_is_not_given_to_the_router_that_is_asked_next() -> None:
    captures = captures_from_text(f"{TABLE}tor2# show ip route\n{TABLE}", "pasted")
    assert [capture.router for capture in captures] == [None, "tor2"]


def test_an_answer_without_routes_is_kept_where_routes_were_asked_for() -> None:
    captures = captures_from_text("tor1# show ip route\n% Unknown command\ntor1#\n", "pasted")
    assert [(capture.command, capture.text) for capture in captures] == [("show ip route", "% Unknown command\n")]


def test_a_text_without_any_table_is_one_capture() -> None:
    text = "Dear all,\nthe table will follow.\n"
    (capture,) = captures_from_text(text, "pasted")
    assert capture.text.split() == text.split()


def test_a_session_of_other_commands_only_is_one_capture() -> None:
    text = "tor1# show clock\n12:00:00 UTC\ntor1# exit\n"
    (capture,) = captures_from_text(text, "pasted")
    assert "show clock" in capture.text


def test_changes_to_the_text_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="ecmpaudit")
    text = f"tor1# show clock\n12:00:00 UTC\ntor1# show ip route\n{TABLE}".replace("\n", "\r\n").replace(
        "C>*", "Nov 22 20:01:02 tor1 bgpd[123]: session up\nC>*"
    )

    for capture in captures_from_text(text, "pasted"):
        read_capture(capture)

    assert caplog.messages == [
        "pasted: removed before parsing: carriage returns",
        "pasted:2: skipped: `show clock`, no route table",
        "pasted: log messages removed from between the lines (1 place)",
    ]


def test_lines_are_counted_without_a_last_empty_one() -> None:
    assert cleaned("a\r\nb\r\n")[0] == "a\nb\n"


def test_a_joined_line_keeps_the_number_of_its_first_part() -> None:
    first, _, others = TABLE.partition("\n")
    (capture,) = captures_from_text(f"{first[:60]}\n{first[60:]}\n{others}", "pasted")
    assert read_capture(capture).frame["line"].to_list() == [1, 3, 4]


def test_a_stray_line_is_not_joined_to_a_table_that_was_not_wrapped() -> None:
    (capture,) = captures_from_text(f"{TABLE}7\n{TABLE}", "pasted")
    assert [line.line for line in read_capture(capture).unparsed] == [4]


def test_a_stray_line_below_the_legend_is_not_taken_for_the_rest_of_it() -> None:
    legend = "       > - selected route, * - FIB route, q - queued, r - rejected, b - backup\n"
    (capture,) = captures_from_text(f"{legend}what is this?\n{TABLE}", "pasted")
    assert [line.line for line in read_capture(capture).unparsed] == [2]


def test_a_next_hop_that_is_cut_is_not_used() -> None:
    (capture,) = captures_from_text(f"{TABLE}{TABLE}".replace("192.0.2.1/", "192.0.2.2/", 1)[:-140], "pasted")
    table = read_capture(capture)
    assert "198.51.100.1" not in table.frame["next_hop"].to_list()
    assert table.cut == "ends in mid-table"
    assert not table.is_whole


CUT = {
    "frr": "frr-10.7.0/show_ip_route__recursive.txt",
    "frr 6": "frr-6.0.3/show_ip_route__bgp_ospf.txt",
    "frr IPv6": "frr-10.7.0/show_ipv6_route__5nodes.txt",
    "bird": "bird-2.19.2/show_route__5nodes.txt",
    "linux": "frr-10.7.0/linux_ip_route__5nodes__tor1.txt",
    "linux IPv6": "frr-10.7.0/linux_ip_-6_route__5nodes__tor1.txt",
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("dump", CUT)
def test_a_table_cut_anywhere_in_its_last_lines_has_no_wrong_next_hop(dump: str) -> None:
    text = dumps.text(CUT[dump])
    hops = ["vrf", "prefix", "selected", "next_hop", "interface", "installed", "kind"]
    (capture,) = captures_from_text(text, "whole")
    true = set(read_capture(capture).frame.select(hops).rows())

    for end in sample(range(len(text) - 180, len(text)), 40):
        (capture,) = captures_from_text(text[:end], "cut")
        parsed = set(read_capture(capture).frame.select(hops).rows())
        assert parsed <= true, text[:end].splitlines()[-1]


HOSTILE = {
    "one line of blanks": " " * 2_000_000,
    "one line of >": ">" * 2_000_000,
    "one line of [": "[" * 2_000_000,
    "one line of @": "a@" * 1_000_000,
    "one line of #": "tor1#" * 400_000,
    "open escape sequences": "\x1b[" * 500_000,
    "open window titles": "\x1b]" * 500_000,
    "backspaces behind text": "a" * 500_000 + "\b" * 500_000,
    "carriage returns": "a\r" * 500_000 + "\n",
    "jumps to the left": "\x1b[9999D" * 100_000,
    "pager prompts": "--More--\n" * 100_000,
    "fences": "```\n" * 200_000,
    "deep quoting": (">" * 1000 + "\n") * 1000,
    "time stamps": "[20:01:02] " * 100_000,
    "prompts": "tor1# show version\n" * 20_000,
    "names of routers": "".join(f"tor{n}> show ip route\n" for n in range(5_000)),
    "stairs": "".join(" " * (n % 500) + "x\n" for n in range(5_000)),
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("kind", HOSTILE)
def test_the_time_for_hostile_text_is_bounded(kind: str) -> None:
    started = time.process_time()
    captures_from_text(HOSTILE[kind], "pasted")
    assert time.process_time() - started < 10


@pytest.mark.parametrize("sign", ["$", "#"])
def test_the_first_character_of_a_text_may_be_a_prompt(sign: str) -> None:
    commands = {"ip route": "198.51.100.7 via 192.0.2.1 dev eth0", "ip -6 route": "2001:db8::7 via fe80::1 dev eth0"}
    text = "".join(f"{sign} {command}\n{route}\n" for command, route in commands.items())
    assert [capture.command for capture in captures_from_text(text, "pasted")] == list(commands)
