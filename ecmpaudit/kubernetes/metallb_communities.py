"""The communities of MetalLB's advertisements: values, or names that Community objects give to values.

As metallb internal/config/config.go (communitiesFromCrs, getCommunityValue) and internal/bgp/community/community.go
read them: `64512:100`, `large:64512:1:2`. One that is wrong makes MetalLB reject all of its objects.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ecmpaudit.digits import number_in
from ecmpaudit.kubernetes.metallb_schema import BGPAdvertisement, Community

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.kubernetes.objects import Objects

_KEPT = {"65535:65281": "no-export", "65535:65282": "no-advertise", "65535:65283": "no-export-subconfed"}
"""The communities of RFC 1997 with which a router does not pass a route on."""
_BITS_OF_A_COMMUNITY, _BITS_OF_A_LARGE_ONE = 16, 32
_LARGE = "large"
_NUMBERS, _NUMBERS_OF_A_LARGE_ONE = 2, 3


def _is_number(text: str, bits: int) -> bool:
    return number_in(text, (1 << bits) - 1) is not None


def _value(text: str) -> str | None:
    """Return a community as MetalLB writes it; None where it is none."""
    kind, *large = text.split(":")
    if kind == _LARGE:
        is_large = len(large) == _NUMBERS_OF_A_LARGE_ONE and all(_is_number(n, _BITS_OF_A_LARGE_ONE) for n in large)
        return ":".join(str(int(number)) for number in large) if is_large else None
    numbers = [kind, *large]
    if len(numbers) != _NUMBERS or not all(_is_number(number, _BITS_OF_A_COMMUNITY) for number in numbers):
        return None
    return ":".join(str(int(number)) for number in numbers)


@lru_cache(maxsize=4)
def _values(objects: Objects) -> Mapping[str, str | None]:
    """Return the value of each name."""
    aliases = (alias for found in objects.of(Community) for alias in found.spec.communities)
    return {alias.name: _value(alias.value) for alias in aliases}


def fault_of_communities(objects: Objects) -> str | None:
    """Return which community MetalLB takes for none."""
    owners: dict[str, str] = {}
    for found in objects.of(Community):
        for alias in found.spec.communities:
            if _value(alias.value) is None:
                return f'Community {found.key} gives {alias.name} the value "{alias.value}", which is no community'
            if alias.name in owners:
                return f"Community {owners[alias.name]} and {found.key} both define {alias.name}"
            owners[alias.name] = found.key
    for advertisement in objects.of(BGPAdvertisement):
        for text in advertisement.spec.communities:
            if text not in owners and _value(text) is None and not _may_be_defined(objects, text):
                return f"BGPAdvertisement {advertisement.key} has {text}, which is no community and no Community's name"
    return None


def _may_be_defined(objects: Objects, text: str) -> bool:
    """Return whether a Community that was not given may have the name; one with a colon or three is read as a value."""
    is_a_value = text.count(":") in (_NUMBERS - 1, _NUMBERS_OF_A_LARGE_ONE)
    return not is_a_value and (Community in objects.unread or not objects.of(Community))


def assumed_of(objects: Objects, advertisements: Iterable[BGPAdvertisement]) -> list[str]:
    """Return what is assumed since communities are not known, or keep routers from passing a prefix on."""
    assumed = []
    for found in advertisements:
        for text in found.spec.communities:
            value = _values(objects).get(text) or _value(text)
            if value is None:
                assumed.append(f"a Community that was not given defines {text} of BGPAdvertisement {found.key}")
            elif value in _KEPT:
                assumed.append(f"every router is a peer of the speakers: with the community {_KEPT[value]} of "
                               f"BGPAdvertisement {found.key}, routers do not pass its prefixes on")  # fmt: skip
    return assumed
