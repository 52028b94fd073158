"""A snapshot with every kind of capture, and what may be done to it: one seed gives one damaged part of it.

The captures are recorded ones of tests/fixtures; the few kinds that none of them has are written here.
"""

from __future__ import annotations

import copy
import json
import random
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecmpaudit.model import Capture
from ecmpaudit.parsing.resolved import resolve
from ecmpaudit.platforms.registry import BgpTableFormat, FactFormat, platforms
from tests import dumps
from tests.answers_beside_routes import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FIXTURES = Path(__file__).parent / "fixtures"
_LARGEST = 60_000
"""Characters of a recorded answer that is taken."""
_PLATFORMS = {"FRRouting": "frr", "BIRD": "bird", "iproute2": "linux"}
_MOST_CHANGES = 4
_CAPTURES = 12
"""Captures of one damaged snapshot: enough that answers of one host meet, and few enough for many snapshots."""
_NINES, _MANY_DIGITS = "9" * 20, "1" + "0" * 4300
_WHOLE_NUMBER = "\ufdd0whole number"
"""Written as a number of 4,301 digits, which Python's own writer of JSON refuses."""
ODD_WORDS = (
    "",
    "-1",
    "²",
    "٤",
    "1e99",
    _NINES,
    _MANY_DIGITS,
    "NaN",
    "-Infinity",
    "x",
    "300.1.1.1/40",
    "198.51.100.0/-1",
    "2001:db8:::1",
    "198.51.100.999",
    "10.0.0.1/8",
    "2001:db8::/129",
    "fe80::1%eth0",
    "\u202e",
    "\ud800",
    "\x00",
    "\x1b]52;c;eA==\x07",
    "$(id)",
    "{" * 3000,
    "a" * 70_000,
    "1" * 70_000,
    " " * 70_000,
)
ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**20,
    10**30,
    2**63,
    1e99,
    1.5,
    float("nan"),
    float("inf"),
    [],
    {},
    [[]],
    [None],
    {"x": 1},
    _WHOLE_NUMBER,
    *ODD_WORDS,
)
_WRITTEN = (
    ("bird", "cat /etc/bird/bird.conf", "bird.conf"),
    ("frr", "show ip ospf vrf all neighbor json", "frr_ospf/show_ip_ospf_vrf_all_neighbor_json--clean.json"),
    ("gobgp", "gobgp neighbor -j", "gobgp_neighbor.json"),
    ("gobgp", "gobgp neighbor 192.0.2.1 adj-out -a ipv4 -j", "adj-out"),
    ("gobgp", "gobgp global rib -a ipv4 -j", "gobgp/global_rib_json--ipv4.txt"),
)
_TEXTS = {
    "bird.conf": """\
router id 192.0.2.9;
template bgp node { local as 64496; neighbor as 64497; }
protocol kernel { ipv4 { export all; }; merge paths on limit 16; }
protocol kernel k6 { ipv6 { export all; }; merge paths off; }
protocol ospf v2 o { ecmp on limit 8; ipv4 { import all; }; area 0 { interface "eth0"; }; }
protocol bgp node1 from node { neighbor 192.0.2.1; ipv4 { import limit 10 action block; }; }
""",
    "adj-out": '{"198.51.100.2/32":[{"nlri":{"prefix":"198.51.100.2/32"},"best":false,"attrs":[]}]}',
}


@cache
def snapshot() -> tuple[Capture, ...]:
    """Return one capture of every kind and form: text or JSON, of each program and its major version."""
    found: dict[tuple[str | None, ...], Capture] = {}
    for entry in dumps.manifest()["files"]:
        platform = _PLATFORMS.get(entry["program"])
        if platform and entry["command"] and entry["file"] in dumps.names():
            empty = Capture(entry["router"], platform, entry["command"], "", entry["file"])
            major = entry["version"].partition(".")[0] if entry["version"] and platform != "linux" else None
            key = (kind_of(empty), str(".json" in entry["file"]), platform, major)
            if key not in found and key[0] and len(text := dumps.text(entry["file"])) < _LARGEST:
                found[key] = replace(empty, text=text)
    written = (
        Capture("node9", platform, command, _TEXTS.get(name) or (FIXTURES / name).read_text("utf-8"), name)
        for platform, command, name in _WRITTEN
    )
    others = (
        Capture(path.parent.name, path.parent.name, None, path.read_text("utf-8"), path.name)
        for folder in sorted(FIXTURES.iterdir())
        if folder.name in platforms() and folder.name not in {"frr", "gobgp"}  # of these, each kind is written
        for path in sorted(folder.glob("*.txt"))[:1]
    )
    beside_routes = (Capture("node9", platform, command, text, command) for platform, command, text in ANSWERS)
    return (*found.values(), *written, *beside_routes, *others)


def kind_of(capture: Capture) -> str | None:
    """Return the reader or the template that reads a capture; None where none does."""
    form = resolve(capture).form
    if isinstance(form, FactFormat):
        return form.reader
    if isinstance(form, BgpTableFormat):
        return "BGP table"
    return form.template.name if form else None


def damaged(seed: int) -> list[Capture]:
    """Return a dozen captures of the snapshot, with one to four changes; the same seed gives the same."""
    chance = random.Random(seed)  # noqa: S311 - reproducible
    captures = snapshot()
    result = chance.sample(captures, _CAPTURES)
    for _ in range(chance.randint(1, _MOST_CHANGES)):
        place = chance.randrange(len(result))
        change = chance.choice(
            (_value_changed, _value_changed, _word_changed, _word_changed, _lines_changed, _relabelled)
        )
        result[place] = change(result[place], chance, captures)
    return result


def _value_changed(capture: Capture, chance: random.Random, captures: Sequence[Capture]) -> Capture:
    """Change one value or key of a JSON document; a text is changed by words."""
    try:
        document = json.loads(capture.text)
        change_value(document, chance)
    except (ValueError, RecursionError):  # no JSON, or an earlier change has nested it deeply
        return _word_changed(capture, chance, captures)
    if chance.random() < 0.02:
        document = _nested(document, 5000)
    return replace(capture, text=as_json(document))


def change_value(document: Any, chance: random.Random) -> None:
    """Remove, rename, repeat or replace one value at any depth of a JSON document."""
    places = list(_places(document))
    if not places:
        return
    holder, key = chance.choice(places)
    action = chance.randrange(5)
    if action == 0:
        del holder[key]
    elif action == 1 and isinstance(holder, dict):
        holder[chance.choice(ODD_WORDS)] = holder.pop(key)
    elif action == 2 and isinstance(holder, list):
        holder.extend([holder[key]] * chance.choice((1, 50)))
    else:
        holder[key] = copy.deepcopy(chance.choice(ODD_VALUES))


def _nested(document: Any, depth: int) -> str:
    return "[" * depth + json.dumps(document) + "]" * depth


def as_json(document: Any) -> str:
    """Return a document as JSON, or a text as it is, with the number that is too long for Python written out."""
    text = document if isinstance(document, str) else json.dumps(document, indent=1)
    return text.replace(json.dumps(_WHOLE_NUMBER), _MANY_DIGITS)


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container with each of its keys, however deep it is nested."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        for key in keys:
            yield value, key
            waiting.append(value[key])


def _word_changed(capture: Capture, chance: random.Random, _: Sequence[Capture]) -> Capture:
    """Put an odd word in the place of a word or a number, or between two."""
    words = [found.span() for found in re.finditer(r"\d+|[\w.:/-]+", capture.text)]
    if not words:
        return replace(capture, text=chance.choice(ODD_WORDS))
    start, end = chance.choice(words)
    odd = chance.choice(ODD_WORDS)
    end = start if chance.random() < 0.2 else end
    return replace(capture, text=capture.text[:start] + odd + capture.text[end:])


def _lines_changed(capture: Capture, chance: random.Random, captures: Sequence[Capture]) -> Capture:
    """Cut the text, repeat, move or remove lines, or put lines of another capture between them."""
    lines = capture.text.split("\n")
    first, second = sorted(chance.randrange(len(lines)) for _ in range(2))
    other = chance.choice(captures).text.split("\n")
    changed = chance.choice(
        (
            [capture.text[: chance.randrange(len(capture.text) + 1)]],
            [*lines[:second], *lines[first:second] * chance.choice((2, 100)), *lines[second:]],
            [*lines[:first], *lines[second:]],
            [*lines[second:], *lines[:second]],
            [*lines[:first], *other[: chance.randrange(len(other)) + 1], *lines[first:]],
        )
    )
    return replace(capture, text="\n".join(changed[:20_000]))


def _relabelled(capture: Capture, chance: random.Random, captures: Sequence[Capture]) -> Capture:
    """Give a capture the command, router or platform of another, or a failure."""
    other = chance.choice(captures)
    return replace(
        capture,
        **chance.choice(
            (
                {"command": other.command},
                {"command": None, "platform": None},
                {"platform": other.platform, "command": other.command},
                {"router": chance.choice((None, "", other.router, "\u202e", "r\n2"))},
                {"command": f"{capture.command} {chance.choice(ODD_WORDS)}"},
                {"failure": chance.choice(ODD_WORDS), "exit_status": -1},
                {"text": ""},
            )
        ),
    )
