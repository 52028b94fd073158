"""Contradictions within JSON: each is reported with its two values, its prefix and the line on which it shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecmpaudit.parsing.json_contradictions import (
    LinesOfKeys,
    contradictions_in,
    object_with_repeated_keys,
    routes_of_frr,
)
from ecmpaudit.parsing.outside_values import json_decoder

FOUR, SIX = "198.51.100.0/24", "2001:db8::/64"
BOTH = {"ip": "192.0.2.1", "active": True, "fib": True, "flags": 3}
LOST = {"ip": "192.0.2.2", "active": True, "flags": 1}
GONE = {"interfaceName": "eth0", "flags": 0}


def route(prefix: str, *hops: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {prefix: [{"prefix": prefix, **facts, "nexthops": list(hops)}]}


def found(document: object) -> list[tuple[int, str | None, str, str]]:
    """Return line, prefix, text and reason of each contradiction of a document of FRR that begins in line 5."""
    return [
        (line, one.prefix, one.text, one.reason)
        for line, one in contradictions_in("frr", document, LinesOfKeys(""), 5, has_repeated_keys=False)
    ]


@pytest.mark.parametrize("prefix,length", [(FOUR, 24), (SIX, 64)])
def test_a_route_whose_values_agree_contradicts_nothing(prefix: str, length: int) -> None:
    numbers = {"internalNextHopNum": 3, "internalNextHopActiveNum": 2, "internalNextHopFibInstalledNum": 1}
    assert found(route(prefix, BOTH, LOST, GONE, prefixLen=length, **numbers)) == []
    assert found({"blue": route(prefix, BOTH, LOST, GONE)}) == []


@pytest.mark.parametrize(
    "facts,key,shown",
    [
        ({"prefix": "198.51.100.0/25"}, "prefix", FOUR),
        ({"prefixLen": 4}, "prefixLen", FOUR),
        ({"internalNextHopNum": 2}, "internalNextHopNum", 3),
        ({"internalNextHopActiveNum": 3}, "internalNextHopActiveNum", 2),
        ({"internalNextHopFibInstalledNum": 0}, "internalNextHopFibInstalledNum", 1),
    ],
)
def test_a_value_that_differs_from_the_rest_of_its_route_is_reported(
    facts: dict[str, Any], key: str, shown: object
) -> None:
    document = {FOUR: [{"prefix": FOUR, "nexthops": [BOTH, LOST, GONE], **facts}]}
    text = f'{FOUR}: "{key}" is {facts[key]}, and the rest of the route shows {shown}'
    assert found(document) == [(5, FOUR, text, f'contradicts itself: "{key}" differs from the rest of the route')]


@pytest.mark.parametrize(
    "hop,name,key,active,in_fib",
    [
        ({**BOTH, "flags": 1}, "192.0.2.1", "fib", True, True),
        ({**BOTH, "flags": 2}, "192.0.2.1", "active", True, True),
        ({**LOST, "flags": 3}, "192.0.2.2", "fib", True, False),
        ({**GONE, "flags": 1}, "eth0", "active", False, False),
        ({**GONE, "flags": 7}, "eth0", "active", False, False),
    ],
)
def test_flags_that_differ_from_their_words_are_reported(
    hop: dict[str, Any], name: str, key: str, *, active: bool, in_fib: bool
) -> None:
    text = f'{FOUR}: {name}: "flags" is {hop["flags"]}, "active" {active} and "fib" {in_fib}'
    reason = f'contradicts itself: "{key}" of a next hop differs from its "flags"'
    assert found(route(FOUR, hop)) == [(5, FOUR, text, reason)]


@pytest.mark.parametrize("flags", [4, 8, "1", True, None])
def test_other_bits_and_what_is_no_number_are_no_flags(flags: object) -> None:
    assert found(route(FOUR, {**GONE, "flags": flags})) == []


def test_the_numbers_of_routes_are_no_routes() -> None:
    document = {**route(FOUR, BOTH), "routesTotal": 1, "routesTotalFib": 1, "prefixRoutes": 1, "routes": 1}
    document |= {"prefixRoutesTotal": 1, "prefixRoutesTotalFib": 1}
    assert [prefix for prefix, _ in routes_of_frr({"default": document, "blue": route(SIX, BOTH)})] == [FOUR, SIX]
    with pytest.raises(ValueError, match=r"^'vrf' is neither a prefix nor a VRF$"):
        list(routes_of_frr({"vrf": 5}))


def repeated(text: str) -> list[tuple[int, str | None, str]]:
    """Return line, prefix and text of each key that is twice in one object; the text begins in line 1."""
    marked: list[Any] = []
    document = json_decoder(object_with_repeated_keys(marked)).decode(text)
    assert json.loads(text) == document
    contradictions = contradictions_in("linux", document, LinesOfKeys(text), 1, has_repeated_keys=bool(marked))
    return [(line, one.prefix, one.text) for line, one in contradictions]


@pytest.mark.parametrize(
    "text,expected",
    [
        pytest.param('{"a": 1, "b": {"a": 2}}', [], id="in two objects"),
        pytest.param('{"a": 1, "a": 2}', [(1, None, '"a"')], id="a word"),
        pytest.param(f'{{"{FOUR}": [],\n"{FOUR}": []}}', [(1, FOUR, f'"{FOUR}"'), (2, FOUR, f'"{FOUR}"')], id="route"),
        pytest.param(f'{{"{SIX}": [{{"metric": 1, "metric": 2}}]}}', [(1, SIX, '"metric"')], id="below a prefix"),
        pytest.param('[{"dst": "198.51.100.7", "dev": 1, "dev": 2}]', [(1, "198.51.100.7", '"dev"')], id="beside dst"),
        pytest.param('[{"dst": "x", "via": {"a": 1, "a": 2}}]', [(1, "x", '"a"')], id="below dst"),
        pytest.param('[{"a": 1, "a": 2, "a": 3}]', [(1, None, '"a"')], id="three times"),
        pytest.param('[[{"a": 1, "a": 2, "b": 1, "b": 2}]]', [(1, None, '"a"'), (1, None, '"b"')], id="two words"),
    ],
)  # fmt: skip
def test_a_key_that_is_twice_in_one_object_is_reported(text: str, expected: list[tuple[int, str | None, str]]) -> None:
    assert repeated(text) == expected


def test_json_that_is_nested_deep_is_searched() -> None:
    assert repeated("[" * 500 + '{"a": 1, "a": 2}' + "]" * 500) == [(1, None, '"a"')]
