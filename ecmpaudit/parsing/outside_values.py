"""Values of outside input, checked for type and range where they enter: JSON of a device has anything under any key.

Each function returns the value, or raises ValueError with the key, what was expected and what was found.
"""

from __future__ import annotations

import json
from functools import lru_cache
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, Any, NoReturn, TypeGuard

from ecmpaudit.errors import DamagedOutputError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_DIGITS = 18
"""Digits that 64 bits surely hold."""
LARGEST = 10**MOST_DIGITS - 1
WRAPPED = -(2**31)
"""The smallest that FRR 6 prints for an unsigned number of 32 bits, which it takes for a signed one."""
LARGEST_AS = 2**32 - 1
LARGEST_CEILING = 2**16 - 1
"""Next hops of one route; programs hold at most some thousands (Linux: 65,535 in a next-hop group)."""
_LARGEST_PART = 2**16 - 1
_REMEMBERED = 1 << 14
"""Prefixes and addresses of which the usual form is remembered: a table names few neighbours, each of them often."""
_SHOWN = 40
"""Characters of a value that a message shows."""


def json_document(text: str, place: str) -> Any:
    """Return the one JSON document of a text.

    Raises:
        DamagedOutputError: it is cut short, nested too deep, or has a number that none can be.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DamagedOutputError(f"{place}: this JSON is damaged or cut short: {error}") from error


def json_decoder(as_object: Callable[[list[tuple[str, Any]]], dict[str, Any]] = dict) -> json.JSONDecoder:
    """Return a decoder that refuses NaN and Infinity, which JSON does not have; `as_object` makes each object."""
    return json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=as_object)


def whole_number(digits: str, what: str, *, least: int = 0, most: int = LARGEST) -> int:
    """Return the number that a text of ASCII digits is; `what` names it in the message."""
    if not (digits.isascii() and digits.isdigit()):
        _refuse(what, "a whole number", digits)
    if len(digits.lstrip("0")) > MOST_DIGITS:
        _refuse(what, f"a number from {least} to {most}", digits)
    return _in_range(int(digits[-MOST_DIGITS:]), what, least, most)


def as_number(text: str, what: str) -> int:
    """Return the number of an AS, also of one in asdot form: `1.10`."""
    high, dot, low = text.rpartition(".")
    if not dot:
        return whole_number(low, what, most=LARGEST_AS)
    parts = (whole_number(part, what, most=_LARGEST_PART) for part in (high, low))
    return (next(parts) << 16) + next(parts)


def mapping(value: Any, what: str) -> dict[str, Any]:
    """Return a JSON object."""
    return value if isinstance(value, dict) else _refuse(what, "an object", value)


def objects(value: Any, what: str) -> list[dict[str, Any]]:
    """Return a JSON array of objects."""
    if not isinstance(value, list):
        _refuse(what, "a list", value)
    for entry in value:
        mapping(entry, f"an entry of {what}")
    return value


def object_in(holder: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the object of a key; an empty one where there is none."""
    return mapping(value, key) if (value := holder.get(key)) is not None else {}


def objects_in(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the array of objects of a key; an empty one where there is none."""
    return objects(value, key) if (value := holder.get(key)) is not None else []


def number_in(holder: dict[str, Any], key: str, *, least: int = 0, most: int = LARGEST) -> int | None:
    """Return the whole number of a key, None where there is none."""
    value = holder.get(key)
    if value is None:
        return None
    return _in_range(value, key, least, most) if _is_int(value) else _refuse(key, "a whole number", value)


def as_number_in(holder: dict[str, Any], key: str) -> int | None:
    """Return the number of an AS, which FRR prints as a text where `bgp as-notation` is set."""
    value = holder.get(key)
    return as_number(value, key) if isinstance(value, str) else number_in(holder, key, most=LARGEST_AS)


def text_in(holder: dict[str, Any], key: str) -> str | None:
    """Return the text of a key, None where there is none."""
    value = holder.get(key)
    return None if value is None else text_of(value, key)


def text_of(value: Any, what: str) -> str:
    """Return a text that can be written in UTF-8: half of a surrogate pair cannot."""
    if not isinstance(value, str):
        _refuse(what, "a text", value)
    if not (value.isascii() or _is_unicode(value)):
        _refuse(what, "a text in Unicode", value)
    return value


def flag_in(holder: dict[str, Any], key: str) -> bool:
    """Return true or false; false where there is no such key."""
    value = holder.get(key)
    if value is None:
        return False
    return value if isinstance(value, bool) else _refuse(key, "true or false", value)


def network(text: Any, what: str = "prefix") -> str:
    """Return a prefix in its usual form; one with bits beyond its length is none."""
    return _usual_network(text_of(text, what))


def address(text: Any, what: str = "address") -> str:
    """Return an address in its usual form."""
    return _usual_address(text_of(text, what))


@lru_cache(_REMEMBERED)
def _usual_network(text: str) -> str:
    return str(ip_network(text))


@lru_cache(_REMEMBERED)
def _usual_address(text: str) -> str:
    return str(ip_address(text))


def address_or_none(text: str) -> str | None:
    """Return an address in its usual form, None where the text is none."""
    try:
        return address(text)
    except ValueError:
        return None


def network_or_none(text: str) -> str | None:
    """Return a prefix in its usual form, None where the text is none."""
    try:
        return network(text)
    except ValueError:
        return None


def interface_address(text: str) -> str:
    """Return an address with its length, `192.0.2.1/24`, in its usual form."""
    return str(ip_interface(text))


def _in_range(value: int, what: str, least: int, most: int) -> int:
    return value if least <= value <= most else _refuse(what, f"a number from {least} to {most}", value)


def _is_int(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _refuse(what: str, expected: str, value: Any) -> NoReturn:
    shown = f"{value[:_SHOWN]!r}…" if isinstance(value, str) and len(value) > _SHOWN else _shown(value)
    raise ValueError(f"{what}: expected {expected}, found {shown}")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else repr(value)
