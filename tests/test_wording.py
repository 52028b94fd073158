"""Words of messages, and what addresses and prefixes are as text."""

from __future__ import annotations

import pytest

from ecmpaudit.model.addressing import family_of, in_vrf, is_link_local, kind_of
from ecmpaudit.wording import and_more, counted, in_ranges, listed, without_shared_domain, word_for


@pytest.mark.parametrize(
    "number,word,expected",
    [
        (0, "next hop", "0 next hops"),
        (1, "next hop", "1 next hop"),
        (2, "next hop", "2 next hops"),
        (1, "prefix", "1 prefix"),
        (1000, "prefix", "1,000 prefixes"),
        (2, "match", "2 matches"),
    ],
)
def test_noun_takes_the_form_of_its_number(number: int, word: str, expected: str) -> None:
    assert counted(number, word) == expected


def test_irregular_form_is_given() -> None:
    assert [word_for(number, "is", "are") for number in (0, 1, 2)] == ["are", "is", "are"]


@pytest.mark.parametrize(
    "names,most,expected",
    [
        ([], None, ""),
        (["node1"], None, "node1"),
        (["node1", "node2"], None, "node1, node2"),
        (["node1", "node2"], 2, "node1, node2"),
        (["node1", "node2", "node3"], 2, "node1, node2 and 1 more"),
        ([1, 2, 3], 1, "1 and 2 more"),
    ],
)
def test_list_names_so_many_and_counts_the_rest(names: list[object], most: int | None, expected: str) -> None:
    assert listed(names, most) == expected


def test_separator_of_a_list_can_be_given() -> None:
    assert listed(["nodes", "expect"], separator=" and ") == "nodes and expect"


def test_rest_of_a_list_has_thousands_separators() -> None:
    assert [and_more(number) for number in (-1, 0, 1, 1234)] == ["", "", " and 1 more", " and 1,234 more"]


@pytest.mark.parametrize(
    "text,family",
    [("192.0.2.1", 4), ("192.0.2.0/24", 4), ("0.0.0.0/0", 4), ("2001:db8::1", 6), ("::/0", 6), ("::ffff:192.0.2.1", 6)],
)
def test_family_of_an_address_or_a_prefix(text: str, family: int) -> None:
    assert family_of(text) == family


@pytest.mark.parametrize(
    "address,kind",
    [("192.0.2.1", "IPv4"), ("2001:db8::1", "IPv6"), ("fe80::1", "link-local"), ("fe80::1%eth0", "link-local")],
)
def test_kind_of_an_address(address: str, kind: str) -> None:
    assert kind_of(address) == kind
    assert is_link_local(address) == (kind == "link-local")


@pytest.mark.parametrize("vrf,text", [("red", " (vrf red)"), ("default", ""), (None, "")])
def test_place_names_its_vrf_unless_it_is_the_default_one(vrf: str | None, text: str) -> None:
    assert in_vrf(vrf) == text


@pytest.mark.parametrize(
    "names,shown",
    [
        (["w1", "w2", "w3", "w7"], ["w1 … w3", "w7"]),
        (["w1", "w2"], ["w1", "w2"]),
        (["w09", "w10", "w11"], ["w09 … w11"]),
        (["w9", "w10", "w11"], ["w9 … w11"]),
        (["rack1-a", "rack2-a", "rack3-a"], ["rack1-a … rack3-a"]),
        (["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.3.4"], ["192.0.2.1 … 192.0.2.3", "192.0.3.4"]),
        (["a", "b", "c"], ["a", "b", "c"]),
        ([], []),
    ],
)
def test_names_that_are_numbered_one_after_the_other_are_a_range(names: list[str], shown: list[str]) -> None:
    assert in_ranges(names) == shown


@pytest.mark.parametrize(
    "names,short,domain",
    [
        (["w1.example.com", "w2.example.com"], ["w1", "w2"], "example.com"),
        (["w1.example.com", "w2.example.org"], ["w1.example.com", "w2.example.org"], ""),
        (["w1.r1.example.com", "w1.r2.example.com"], ["w1.r1", "w1.r2"], "example.com"),
        (["w1.example.com", "example.com"], ["w1.example", "example"], "com"),
        (["192.0.2.1", "192.0.2.2"], ["192.0.2.1", "192.0.2.2"], ""),
        (["w1.example.com", "2001:db8::1"], ["w1.example.com", "2001:db8::1"], ""),
        (["w1.example.com"], ["w1.example.com"], ""),
        (["w1", "w2"], ["w1", "w2"], ""),
    ],
)
def test_a_domain_that_all_names_share_is_dropped(names: list[str], short: list[str], domain: str) -> None:
    assert without_shared_domain(names) == (short, domain)
