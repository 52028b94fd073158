"""JSON read into columns gives what the careful reader gives, or is left to it: every capture, and damaged ones."""

from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.run import read_material
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.capture_texts import loaded
from ecmpaudit.collectors.files import read_inputs
from ecmpaudit.errors import EcmpauditError
from ecmpaudit.parsing.json_columns import lines_above, nonblank_lines
from ecmpaudit.parsing.json_tables import JsonTable, looks_like_json, read_json
from ecmpaudit.parsing.usual_json import read_usual_json
from tests import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXTURES = Path(__file__).parent / "fixtures"
MUTATIONS = int(os.environ.get("ECMPAUDIT_MUTATIONS", "300"))
VALUES = (
    *("null", "true", "false", "0", "1", "-1", "3", "254", "1.0", "1e3", "99999999999999999999", "[]", "{}", '""'),
    *(
        '"a:b"',
        '"::1"',
        '"\\u003a"',
        '"\\/"',
        '"é"',
        '"fe80::1%eth0"',
        '"10.0.0.0/8"',
        '"default"',
        '"linkdown"',
        '"1d"',
    ),
)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+|\s+')
HOP = {"flags": 3, "fib": True, "ip": "192.0.2.1", "interfaceName": "eth0", "active": True}
FRR = {"prefix": "198.51.100.0/24", "protocol": "bgp", "metric": 0, "uptime": "00:01:00", "nexthops": [HOP]}
LINUX = {"dst": "198.51.100.0/24", "gateway": "192.0.2.1", "dev": "eth0", "flags": []}


def texts() -> Iterator[tuple[str, str]]:
    """Yield every captured JSON with its name."""
    for file in sorted(FIXTURES.rglob("*")):
        if file.is_file() and file.suffix in {".txt", ".json"}:
            yield file.name, file.read_text(errors="replace")
    yield from ((name, dumps.text(name)) for name in sorted(dumps.names()) if not name.startswith("MANIFEST"))


def careful(text: str, family: int | None) -> JsonTable | None:
    try:
        return read_json(text, "text", family)
    except EcmpauditError:
        return None


def check(text: str, family: int | None) -> str | None:
    """Compare both readers; return the form where the text was read into columns."""
    try:
        usual = read_usual_json(text.encode(), family)
    except UnicodeEncodeError:
        return None
    if usual is None:
        return None
    expected = careful(text, family)
    assert expected is not None, text
    assert (usual.form, usual.contradictions, usual.lines) == (
        expected.form,
        expected.contradictions,
        expected.lines,
    ), text
    assert usual.routes.schema == expected.routes.schema
    assert usual.routes.equals(expected.routes), text
    return usual.form


def mutated(text: str, chance: random.Random) -> str:
    """Return the text with one or two tokens lost, twice, in place of another, or with blanks."""
    tokens = _TOKEN.findall(text)
    for _ in range(chance.choice((1, 1, 2))):
        place = chance.randrange(len(tokens))
        pair = slice(place, place + chance.randrange(1, 12))
        new = {
            "lost": [],
            "twice": tokens[pair] * 2,
            "value": [chance.choice(VALUES)],
            "other": [chance.choice(tokens)],
            "blank": [chance.choice((" ", "\n", "\n \n", "\t", "\r\n", "\x0b", "\u2028")), *tokens[pair]],
        }[chance.choice(("lost", "twice", "value", "value", "other", "blank"))]
        is_run = chance.random() < 0.5
        tokens[pair if is_run or not new else slice(place, place + 1)] = new
    return "".join(tokens)


def test_both_readers_give_the_same_for_every_captured_json() -> None:
    forms = [check(text, 6) for _, text in texts() if len(text) < 100_000 and looks_like_json(text)]
    assert forms.count("frr") > 200
    assert forms.count("linux") > 80


def test_both_readers_give_the_same_for_damaged_json() -> None:
    chance = random.Random(int(os.environ.get("ECMPAUDIT_SEED", "1")))  # noqa: S311 - no secret
    all_of_them = (text for _, text in texts() if 20 < len(text) < 20_000 and looks_like_json(text))
    captured = [text for text in all_of_them if read_usual_json(text.encode(), 4)]
    forms = [check(mutated(chance.choice(captured), chance), chance.choice((None, 4, 6))) for _ in range(MUTATIONS)]
    assert len([form for form in forms if form]) > MUTATIONS / 20


@pytest.mark.parametrize(
    "content, nonblank, above",
    [
        (b'{"a": 1}', 1, 0),
        (b'\n\n{\n"a": 1\n}\n', 3, 2),
        (b'{\n\n"a": 1\n}', 3, 0),
        (b'{\n \t\r\n"a":\n1}\n\n', 3, 0),
    ],
)
def test_blank_lines_of_json_are_not_counted_as_understood(content: bytes, nonblank: int, above: int) -> None:
    assert (nonblank_lines(content), lines_above(content)) == (nonblank, above)


def test_a_next_hop_of_frr_that_does_not_say_that_it_is_active_is_not() -> None:
    text = frr(json.dumps({**FRR, "nexthops": [HOP, {key: HOP[key] for key in HOP if key != "active"}]}))
    table = read_usual_json(text.encode(), 4)
    assert table is not None
    assert table.routes["active"].to_list() == [True, False]


def frr(route: str) -> str:
    return f'{{"198.51.100.0/24": [{route}]}}'


@pytest.mark.parametrize(
    "text",
    [
        f'{{"198.51.100.0/24": [{json.dumps(FRR)}], "198.51.100.0/24": [{json.dumps(FRR)}]}}',
        frr(json.dumps(FRR)[:-1] + ', "metric": 1}'),
        frr(json.dumps(FRR).replace('"fib": true', '"fib": true, "fib": false')),
        frr(json.dumps({**FRR, "unknownKey": 1})),
        frr(json.dumps({**FRR, "metric": None})),
        frr(json.dumps({**FRR, "metric": 1.0})),
        frr(json.dumps({**FRR, "distance": -1})),
        frr(json.dumps({**FRR, "selected": 1})),
        frr(json.dumps({**FRR, "prefix": "198.51.100.1/24"})),
        frr(json.dumps({**FRR, "nexthops": [{**HOP, "ip": ""}]})),
        frr(json.dumps({**FRR, "nexthops": [{**HOP, "ip": "192.0.2.256"}]})),
        frr(json.dumps({**FRR, "protocol": "b\\u003agp"}).replace("\\\\", "\\")),
        frr(json.dumps(FRR)) + " x",
        json.dumps([LINUX])[:-2] + ', "dev": "eth1"}]',
        json.dumps([{**LINUX, "gateway": None}]),
        json.dumps([{**LINUX, "table": True}]),
        json.dumps([{**LINUX, "flags": [1]}]),
        json.dumps([{**LINUX, "nexthops": [{"gateway": "192.0.2.1", "unknown": 1}]}]),
        "{}",
        "[]",
    ],
)
def test_what_is_unusual_is_left_to_the_careful_reader(text: str) -> None:
    assert read_usual_json(text.encode(), 4) is None


@pytest.mark.parametrize("text", [frr(json.dumps(FRR)), json.dumps([LINUX]), frr(json.dumps(FRR)).replace("/", "\\/")])
def test_what_is_usual_is_read_into_columns(text: str) -> None:
    assert check(text, 4)


def test_a_large_text_has_the_contradictions_and_places_of_a_small_one(tmp_path: Path) -> None:
    routes = {f"10.{n >> 8}.{n & 255}.0/24": [{**FRR, "prefix": f"10.{n >> 8}.{n & 255}.0/24"}] for n in range(600)}
    routes["10.0.7.0/24"][0]["internalNextHopNum"] = 2
    (tmp_path / "tor1.json").write_text("\n" + json.dumps(routes, indent=2))
    (table,) = read_material(read_inputs([str(tmp_path / "tor1.json")])).tables
    assert [(line.line, line.text) for line in table.unparsed] == [
        (2, '10.0.7.0/24: "internalNextHopNum" is 2, and the rest of the route shows 1')
    ]
    assert (sorted(table.contradicted), table.route_count, table.next_hops) == (["10.0.7.0/24"], 600, 600)


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    "document",
    [{"198.51.100.0/24": [FRR]}, [LINUX], [{**LINUX, "dst": "default"}, {"dst": "2001:db8::1", "dev": "eth0"}]],
)
def test_a_file_of_json_that_is_too_large_to_be_loaded_has_the_same_table(
    document: object, indent: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecmpaudit.collectors.files.LARGE", 0)
    monkeypatch.setattr("ecmpaudit.collectors.capture_texts.LARGE", 0)
    file = tmp_path / "tor1.json"
    file.write_text(json.dumps(document, indent=indent) + "\n")
    (capture,) = read_inputs([str(file)])
    (large,), (small,) = (read_material([one]).tables for one in (capture, loaded(capture, AnswerBudget())))
    assert large.capture.file == str(file)
    assert large.frame.equals(small.frame)
    facts = [(table.platform, table.is_whole, table.lines_understood, table.unparsed) for table in (large, small)]
    assert facts[0] == facts[1]
