"""Where a value is in JSON: by the keys that lead to it, and never by what only looks like it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecmpaudit.parsing.json_places import JsonPlaces

TWO_VRFS = """{
  "red": {"peers": {
    "192.0.2.3": {
      "state": "Established"}}},
  "default": {"peers": {
    "192.0.2.33": {"state": "Idle"},
    "192.0.2.3": {
      "state": "Active"},
    "2001:db8::3": {"note": "\\"192.0.2.3\\": {", "state": "Connect"}}}
}
"""


@pytest.mark.parametrize(
    "path, line, words",
    [
        (("red", "peers", "192.0.2.3", "state"), 4, "192.0.2.3: state Established"),
        (("default", "peers", "192.0.2.3", "state"), 8, "192.0.2.3: state Active"),
        (("default", "peers", "192.0.2.33", "state"), 6, "192.0.2.33: state Idle"),
        (("red",), 2, "red: peers (192.0.2.3 (state Established))"),
    ],
)
def test_a_value_is_found_by_its_keys(path: tuple[str, ...], line: int, words: str) -> None:
    found = JsonPlaces(TWO_VRFS).quote(path)
    assert found is not None
    assert (TWO_VRFS.count("\n", 0, found[0]) + 1, found[1]) == (line, words)


@pytest.mark.parametrize("path", [(), ("blue",), ("red", "peers", "192.0.2.33"), ("red", 0), ("red", "peers", 1, 2)])
def test_what_is_not_there_is_not_found(path: tuple[str | int, ...]) -> None:
    assert JsonPlaces(TWO_VRFS).quote(path) is None


def test_the_second_document_of_a_text_is_searched_from_its_beginning() -> None:
    text = '{"192.0.2.1": 1}\n{"192.0.2.1": 2}\n'
    found = JsonPlaces(text, text.index("\n") + 1).quote(("192.0.2.1",))
    assert found is not None
    assert found[1] == "192.0.2.1 2"


@pytest.mark.parametrize("prefix, dst", [("198.51.100.7/32", "198.51.100.7"), ("2001:db8::/64", "2001:db8::/64")])
def test_a_route_of_linux_is_found_by_its_prefix(prefix: str, dst: str) -> None:
    text = json.dumps([{"dst": "10.0.0.1", "gateway": dst}, {"dst": dst, "dev": "eth0"}])
    found = JsonPlaces(text).quote((prefix,))
    assert found is not None
    assert found[1] == f"dst {dst}, dev eth0"


def test_a_route_of_frr_is_found_below_its_vrf() -> None:
    text = '{"default": {\n"110.1.1.1/32": [],\n"10.1.1.1/32": [{"prefix": "10.1.1.1/32"}]}}'
    found = JsonPlaces(text).quote(("10.1.1.1/32",))
    assert found is not None
    assert text.count("\n", 0, found[0]) == 2


LINKS = json.dumps(
    [
        {"ifname": f"eth{number}", "mtu": 1500, "flags": [], "addr_info": [{"local": "192.0.2.1"}]}
        for number in range(99)
    ]
)


@pytest.mark.parametrize(
    "path, words",
    [
        ((50, "addr_info", 0, "local"), "eth50: local 192.0.2.1"),
        ((50, "ifname"), "ifname eth50"),
        ((50,), "ifname eth50, mtu 1500, flags none, addr_info (local 192.0.2.1)"),
    ],
)
def test_a_value_of_a_long_line_is_said_in_words(path: tuple[str | int, ...], words: str) -> None:
    found = JsonPlaces(LINKS).quote(path)
    assert found is not None
    assert found[1] == words


def test_words_that_are_too_many_end_with_a_whole_one() -> None:
    hops = [{"gateway": f"2001:db8::{number:x}", "dev": "eth0"} for number in range(64)]
    found = JsonPlaces(json.dumps({"198.51.100.7/32": [{"nexthops": hops}]})).quote(("198.51.100.7/32",))
    assert found is not None
    assert found[1].startswith("198.51.100.7/32: nexthops (gateway 2001:db8::0, dev eth0), (gateway 2001:db8::1,")
    assert found[1].endswith("(gateway 2001:db8::4, dev eth0) …")
    assert len(found[1]) <= 202


def test_secrets_of_a_value_are_masked_before_it_is_said() -> None:
    found = JsonPlaces('{"192.0.2.1": {"password": "hidden", "state": "Active"}}').quote(("192.0.2.1",))
    assert found is not None
    assert found[1] == "192.0.2.1: password ***, state Active"


DOCUMENTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=DOCUMENTS, indent=st.sampled_from([None, 1]), is_ascii=st.booleans())
def test_every_value_of_any_document_is_where_its_keys_lead(
    *, document: Any, indent: int | None, is_ascii: bool
) -> None:
    def printed(value: object) -> str:
        return json.dumps(value, indent=indent, ensure_ascii=is_ascii)

    text = printed(document)
    places = JsonPlaces(text)
    for path, value in leaves(document):
        found = places.quote(path)
        assert found is not None
        assert text.startswith(printed(path[-1]) if isinstance(path[-1], str) else printed(value)[:1], found[0])


def leaves(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], object]]:
    """Return every value below, with its path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, below in items for found in [((*path, key), below), *leaves(below, (*path, key))]]
