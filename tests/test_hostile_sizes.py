"""A text that is made to take long or to fill the memory: time grows with its size, and no faster.

Each text is so large that a pattern or a loop of quadratic cost takes minutes. What is bounded is processor time, far
above what is needed, so that a slow machine does not matter.
"""

from __future__ import annotations

import time
from dataclasses import replace

import polars as pl
import pytest

from ecmpaudit.auditing.read_capture import ReadCapture
from ecmpaudit.auditing.repeated_tables import newest, newest_answers
from ecmpaudit.auditing.run import read_material
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.commands import commands_after, follow_ups_for
from ecmpaudit.collectors.target import Target
from ecmpaudit.errors import SlowPatternError
from ecmpaudit.incidents.kinds import message_kind
from ecmpaudit.model import Capture, Finding, Severity
from ecmpaudit.model.routes import NextHop, NextHops
from ecmpaudit.parsing import time_limit
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts
from ecmpaudit.parsing.json_places import JsonPlaces
from ecmpaudit.parsing.json_tables import looks_like_json
from ecmpaudit.parsing.resolved import UNRESOLVED
from ecmpaudit.parsing.time_limit import TimeLimit
from ecmpaudit.platforms.registry import platforms
from tests.snapshot_mutations import kind_of, snapshot

SECONDS = 20.0
"""Of processor time; each text takes less than one."""
RUNNING = ("frr", "vtysh -c 'show running-config'")
BIRD_CONF = ("bird", "cat /etc/bird/bird.conf")
PROTOCOLS = ("bird", "birdc show protocols all")
PASTED = (None, None)
ADDRESSES = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(60_000)]
ROUTE = "B>* 198.51.100.0/24 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05"
ROUTE_JSON = '[{"prefix": "PREFIX", "protocol": "bgp", "nexthops": [{"ip": "192.0.2.1", "fib": true, "active": true}]}]'
TEXTS = {
    "blanks after a protocol": (PROTOCOLS, "a BGP x up" + " " * 400_000),
    "blanks after a protocol that is not ASCII": (PROTOCOLS, "a BGP x up é" + " " * 400_000),
    "digits of routes": (
        PROTOCOLS,
        "a BGP --- up 2025-01-15  Established\n  Channel ipv4\n    Routes: " + "1" * 60_000,
    ),
    "20,000 neighbors": (
        RUNNING,
        "!\nrouter bgp 64496\n" + "".join(f" neighbor {a} remote-as 64497\n" for a in ADDRESSES[:20_000]) + "!\nend\n",
    ),
    "words of a shutdown message": (
        RUNNING,
        "!\nrouter bgp 64496\n neighbor 192.0.2.1 shutdown message " + "a " * 50_000 + "\x00\n!\nend\n",
    ),
    "blank lines of a configuration": (RUNNING, "!\nrouter bgp 64496\n" + "\n" * 100_000 + "!\nend\n"),
    "blank lines of zebra": (("frr", "vtysh -c 'show zebra'"), "\n" * 400_000),
    "numbers of a session": (("frr", "vtysh -c 'show bgp summary'"), "192.0.2.1 4 64497" + " 1" * 200_000),
    "30,000 blocks in one another": (BIRD_CONF, "protocol kernel " + "{" * 30_000),
    "templates that inherit from themselves": (BIRD_CONF, "template kernel a from a {x;}\n" * 20_000),
    "20,000 kernel protocols": (BIRD_CONF, "protocol kernel { merge paths on; }\n" * 20_000),
    "60,000 exports": (
        ("frr", "vtysh -c 'show bgp ipv4 unicast neighbors 192.0.2.1 advertised-routes json'"),
        '{"advertisedRoutes":{' + ",".join(f'"{address}/32":{{}}' for address in ADDRESSES) + "}}",
    ),
    "60,000 addresses": (
        ("frr", "ip -j address"),
        '[{"ifname":"eth0","addr_info":['
        + ",".join(f'{{"local":"{address}","prefixlen":32}}' for address in ADDRESSES)
        + "]}]",
    ),
    "20,000 sessions": (
        ("frr", "vtysh -c 'show bgp summary json'"),
        '{"ipv4Unicast":{"peers":{' + ",".join(f'"{a}":{{"state":"Idle"}}' for a in ADDRESSES[:20_000]) + "}}}",
    ),
    "a key twice among 60,000": (
        ("frr", "vtysh -c 'show ip route json'"),
        "{" + ",".join(f'"{address}":1' for address in (*ADDRESSES, ADDRESSES[0])) + "}",
    ),
    "5,000 prefixes twice": (
        ("frr", "vtysh -c 'show ip route json'"),
        "{" + ",\n".join(f'"{a}/32": {ROUTE_JSON.replace("PREFIX", a + "/32")}' for a in ADDRESSES[:5_000] * 2) + "}",
    ),
    "one prefix twice in each of 1,000 VRFs": (
        ("frr", "vtysh -c 'show ip route vrf all json'"),
        "\n".join(
            f'{{"192.0.2.9/32": {ROUTE_JSON.replace("PREFIX", "192.0.2.9/32")},\n'
            f'"192.0.2.9/32": {ROUTE_JSON.replace("PREFIX", "192.0.2.9/32")}}}'
            for _ in range(1_000)
        ),
    ),
    "a command with blanks": (("frr", "vtysh -c 'show ip route'" + " " * 400_000), "x"),
    "pasted blanks": (PASTED, " " * 400_000),
    "pasted blank lines": (PASTED, "\n" * 400_000),
    "pasted digits": (PASTED, "FRRouting " + "1" * 400_000),
    "one route pasted again and again": (PASTED, f"{ROUTE}\n" * 5_000),
    "JSON documents one below the other": (PASTED, '{"a": 1}\n' * 5_000),
    "JSON documents that do not end": (PASTED, '{"a":\n' * 5_000),
    "pasted prompts on one line": (PASTED, "a# " * 200_000),
    "pasted sequences that do not end": (PASTED, "\x1b[" + "0;" * 200_000),
    "pasted titles that do not end": (PASTED, "\x1b]" * 200_000),
    "a pasted line of tabs": (PASTED, f"{ROUTE}\nB>*" + "\t" * 800_000 + "\n"),
    "a pasted line of words and tabs": (PASTED, f"{ROUTE}\nB>*" + "a\t" * 400_000 + "\n"),
    "pasted backspaces": (PASTED, "a\b" * 200_000),
}


@pytest.mark.sampled(10)
@pytest.mark.parametrize("text", TEXTS)
def test_a_hostile_text_is_read_in_time(text: str) -> None:
    (platform, command), content = TEXTS[text]
    begun = time.process_time()
    read_material([Capture("tor1", platform, command, content, "t")])
    assert time.process_time() - begun < SECONDS


@pytest.mark.sampled(2)
@pytest.mark.parametrize("filler", [" ", "1,", "a ", "\t"])
def test_a_long_line_in_the_answer_of_any_reader_is_read_in_time(filler: str) -> None:
    texts = [capture for capture in snapshot() if not looks_like_json(capture.text)]
    assert {kind_of(capture) for capture in texts} >= {"bird bfd", "bird protocols", "frr configuration"}
    begun = time.process_time()
    for capture in {(kind_of(each), each.platform): each for each in texts}.values():
        lines = capture.text.rstrip("\n").split("\n")
        line = lines.pop()
        pumped = line[: len(line) // 2] + filler * (100_000 // len(filler)) + line[len(line) // 2 :]
        read_material([replace(capture, text="\n".join([*lines, pumped, ""]))])
    assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize("command", [None, "show ip route {}", "show ip route proto x{}"])
def test_many_outputs_are_compared_with_later_ones_in_time(command: str | None) -> None:
    (table,) = read_material([Capture("tor1", "frr", None, ROUTE, "t")]).tables
    tables = [
        replace(
            table,
            rows=table.frame.with_columns(prefix=pl.lit(f"{address}/32")),
            capture=replace(table.capture, command=command and command.format(f"{address}/32")),
        )
        for address in ADDRESSES[:1_000]
    ]
    begun = time.process_time()
    kept, older = newest([*tables, *tables])
    assert time.process_time() - begun < SECONDS
    assert (len(kept), len(older)) == (1_000, 1_000)


def test_many_answers_are_compared_with_later_ones_in_time() -> None:
    capture = Capture("tor1", "frr", None, "", "t")
    read = [
        ReadCapture(replace(capture, command=f"show bgp vrf v{n % 10_000} summary"), UNRESOLVED, CaptureFacts())
        for n in range(20_000)
    ]
    begun = time.process_time()
    kept, older = newest_answers(read)
    assert time.process_time() - begun < SECONDS
    assert (len(kept), len(older)) == (10_000, 10_000)


@pytest.mark.parametrize(
    "text",
    [
        "[" + ",".join(f'{{"dst":"{address}"}}' for address in ADDRESSES) + "]",
        "{" + ",".join(f'"v{n}":{{"{address}/32":[]}}' for n, address in enumerate(ADDRESSES)) + "}",
        "{" + ",".join(f'"{address}/32":[]' for address in ADDRESSES) + "}",
    ],
    ids=["Linux", "VRFs", "one VRF"],
)
def test_the_places_of_many_routes_on_one_line_are_found_in_time(text: str) -> None:
    places = JsonPlaces(text)
    begun = time.process_time()
    quotes = [places.quote((f"{address}/32",)) for address in ADDRESSES]
    assert time.process_time() - begun < SECONDS
    shown = [text[quote[0] : quote[0] + 40] for quote in quotes if quote]
    assert all(address in words for address, words in zip(ADDRESSES, shown, strict=True))


def test_what_recursive_next_hops_resolve_to_is_found_in_time() -> None:
    parents = [NextHop(address, None, "default", 1, False, True, 0, ("recursive",)) for address in ADDRESSES[:20_000]]
    below = [NextHop("192.0.2.1", "eth0", "default", 1, True, True, 1, ()) for _ in parents]
    hops = NextHops(tuple(hop for pair in zip(parents, below, strict=True) for hop in pair))
    begun = time.process_time()
    assert len(hops.recursive) == 20_000
    assert time.process_time() - begun < SECONDS


def test_why_an_answer_failed_is_searched_in_time() -> None:
    failure = "sysctl: " * 200_000
    begun = time.process_time()
    material = read_material([Capture("tor1", "frr", "vtysh -c 'show ip route'", "", "t", failure=failure)])
    assert time.process_time() - begun < SECONDS
    assert [capture.failure for capture in material.failed] == [failure]


ANSWERS = {
    "bird": "a BGP x up" + " " * 400_000,
    "gobgp": '"neighbor_address":"a",' * 14_000,
    "frr": '"192.0.2.1": {' + '"a": 1,' * 50_000,
}


@pytest.mark.parametrize("platform", ANSWERS)
def test_names_are_searched_in_a_hostile_answer_in_time(platform: str) -> None:
    follow_ups = follow_ups_for(platforms()[platform].scan_node, ())
    answers = [Capture("node1", platform, one.after, ANSWERS[platform], "t") for one in follow_ups]
    begun = time.process_time()
    assert commands_after(Target("node1", follow_ups=follow_ups), answers, AnswerBudget()).asked == ()
    assert time.process_time() - begun < SECONDS


def test_a_long_message_is_compared_with_others_in_time() -> None:
    finding = Finding("ECMP001", Severity.INCOMPLETE, "not checked", router="tor1", cause="1" * 80_000 + ".1")
    begun = time.process_time()
    message_kind(finding)
    assert time.process_time() - begun < SECONDS


def test_lines_that_take_too_long_together_end_in_an_error() -> None:
    limit = TimeLimit(seconds=-1.0)
    with pytest.raises(SlowPatternError, match="take longer than -1 s"):
        limit.check()


def test_a_line_that_is_too_long_for_pythons_patterns_is_unparsed() -> None:
    text = f"{ROUTE}\n{ROUTE} é{' ' * time_limit.LONGEST_LINE}\n"
    (table,) = read_material([Capture("tor1", "frr", "show ip route", text, "t")]).tables
    assert [line.line for line in table.unparsed] == [2]


def test_what_is_left_at_the_deadline_is_incomplete() -> None:
    captures = [
        Capture(f"tor{n}", "frr", "show ip route", "B>* 198.51.100.0/24 [20/0] via 192.0.2.1", "t") for n in "12"
    ]
    material = read_material(captures, budget=AnswerBudget(until=time.monotonic() - 1))
    assert [(c.router, c.failure) for c in material.failed] == [
        ("tor1", "not read: the run's deadline was over (--deadline)"),
        ("tor2", "not read: the run's deadline was over (--deadline)"),
    ]
    assert material.tables == ()


def test_a_text_that_takes_too_long_to_divide_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_slow(_: Capture) -> None:
        raise SlowPatternError("its lines take longer than 10 s to match")

    monkeypatch.setattr("ecmpaudit.auditing.read_capture.divided", too_slow)
    lines = [ROUTE.replace("100.0/24", f"{n}.0/24") for n in range(100, 110)]
    (table,) = read_material([Capture("tor1", None, None, "\n".join([*lines, "nonsense", ""]), "t")]).tables
    assert (len(table.views()), [line.text for line in table.unparsed]) == (10, ["nonsense"])
