"""Values of outside input: what is accepted, up to its border, and the words with which the rest is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.errors import DamagedOutputError
from ecmpaudit.parsing import outside_values
from ecmpaudit.parsing.outside_values import (
    LARGEST,
    LARGEST_AS,
    LARGEST_CEILING,
    WRAPPED,
    as_number,
    as_number_in,
    flag_in,
    interface_address,
    json_decoder,
    json_document,
    mapping,
    network,
    number_in,
    object_in,
    objects,
    objects_in,
    text_in,
    text_of,
    whole_number,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_largest_numbers_are_those_of_their_fields() -> None:
    assert (LARGEST, LARGEST_AS, LARGEST_CEILING, WRAPPED) == (
        999_999_999_999_999_999,
        4_294_967_295,
        65_535,
        -2_147_483_648,
    )


@pytest.mark.parametrize(
    "function,value,expected",
    [
        (whole_number, "0", 0),
        (whole_number, "0" * 30 + "7", 7),
        (whole_number, "999999999999999999", 999_999_999_999_999_999),
        (as_number, "64512", 64_512),
        (as_number, "4294967295", 4_294_967_295),
        (as_number, "1.10", 65_546),
        (as_number, "65535.65535", 4_294_967_295),
        (mapping, {"a": 1}, {"a": 1}),
        (objects, [], []),
        (objects, [{"a": 1}], [{"a": 1}]),
        (text_of, "d\u00e9j\u00e0", "d\u00e9j\u00e0"),
        (network, "2001:DB8::/32", "2001:db8::/32"),
    ],
)
def test_a_value_up_to_its_border_is_accepted(
    function: Callable[[Any, str], Any], value: object, expected: object
) -> None:
    assert function(value, "it") == expected


@pytest.mark.parametrize(
    "function,value,reason",
    [
        (whole_number, "-1", "expected a whole number, found '-1'"),
        (whole_number, "", "expected a whole number, found ''"),
        (whole_number, "\u0663", "expected a whole number, found '\u0663'"),
        (
            whole_number,
            "1000000000000000000",
            "expected a number from 0 to 999999999999999999, found '1000000000000000000'",
        ),
        (as_number, "4294967296", "expected a number from 0 to 4294967295, found 4294967296"),
        (as_number, "1.65536", "expected a number from 0 to 65535, found 65536"),
        (as_number, "65536.1", "expected a number from 0 to 65535, found 65536"),
        (as_number, "1.", "expected a whole number, found ''"),
        (mapping, [], "expected an object, found a list"),
        (mapping, None, "expected an object, found None"),
        (objects, {}, "expected a list, found an object"),
        (objects, [{}, 5], "an entry of it: expected an object, found 5"),
        (text_of, 5, "expected a text, found 5"),
        (text_of, "\ud800", "expected a text in Unicode, found '\\ud800'"),
        (text_of, ["x" * 50], "expected a text, found a list"),
        (whole_number, "x" * 40, f"expected a whole number, found '{'x' * 40}'"),
        (whole_number, "x" * 41, f"expected a whole number, found '{'x' * 40}'\u2026"),
    ],
)
def test_a_value_beyond_its_border_is_refused_with_what_was_expected(
    function: Callable[[Any, str], Any], value: object, reason: str
) -> None:
    with pytest.raises(ValueError, match=f"{re.escape(reason)}$"):
        function(value, "it")


HOLDER = {"zero": 0, "five": 5, "no": False, "yes": True, "text": "a", "none": None, "object": {}, "list": [{"a": 1}]}


@pytest.mark.parametrize(
    "function,expected",
    [
        (number_in, {"zero": 0, "five": 5, "none": None, "gone": None}),
        (as_number_in, {"five": 5, "none": None, "gone": None}),
        (text_in, {"text": "a", "none": None, "gone": None}),
        (flag_in, {"no": False, "yes": True, "none": False, "gone": False}),
        (object_in, {"object": {}, "none": {}, "gone": {}}),
        (objects_in, {"list": [{"a": 1}], "none": [], "gone": []}),
    ],
)
def test_the_value_of_a_key_is_of_its_kind_or_none(
    function: Callable[[dict[str, Any], str], Any], expected: dict[str, object]
) -> None:
    assert {key: function(HOLDER, key) for key in expected} == expected
    for key in HOLDER.keys() - expected.keys() - {"zero", "text"}:
        with pytest.raises(ValueError, match="expected "):
            function(HOLDER, key)


@pytest.mark.parametrize("value,is_accepted", [(-3, False), (-2, True), (9, True), (10, False)])
def test_the_number_of_a_key_is_within_its_range(value: int, *, is_accepted: bool) -> None:
    if is_accepted:
        assert number_in({"it": value}, "it", least=-2, most=9) == value
    else:
        with pytest.raises(ValueError, match=f"^it: expected a number from -2 to 9, found {value}$"):
            number_in({"it": value}, "it", least=-2, most=9)


@pytest.mark.parametrize("text", ["192.0.2.1/24", "2001:DB8::1/64"])
def test_the_address_of_an_interface_keeps_its_host(text: str) -> None:
    assert interface_address(text) == text.lower()
    assert outside_values.address(text.partition("/")[0]) == text.lower().partition("/")[0]


@pytest.mark.parametrize("text", ["{", "[NaN]", "[Infinity]", "[-Infinity]", "[" * 100_000, "1" * 5000])
def test_damaged_json_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(DamagedOutputError, match=r"^tor1: this JSON is damaged or cut short: "):
        json_document(text, "tor1")


def test_a_decoder_makes_each_object_of_its_pairs_and_refuses_what_is_no_json() -> None:
    assert json_decoder().decode('{"a": {"a": 1, "a": 2}}') == {"a": {"a": 2}}
    assert json_decoder(lambda pairs: {"pairs": len(pairs)}).decode('{"a": 1, "a": 2}') == {"pairs": 2}
    with pytest.raises(ValueError, match="NaN is no number"):
        json_decoder().decode("[NaN]")
