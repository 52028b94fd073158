"""External routes in a router's OSPF database, by the router that announces them, of FRR and BIRD.

FRR: `show ip ospf database external json`, `show ipv6 ospf6 database as-external detail json`. BIRD: `show ospf state
NAME`, which has the routers of an area with their external routes below them.
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import UnparsedLine
from ecmpaudit.model.addressing import DEFAULT_VRF, family_of
from ecmpaudit.model.facts import ExternalRoute, Facts
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import (
    CaptureFacts,
    evidence,
    host_of,
    json_of,
    numbered,
    place_in_json,
    unparsed,
)
from ecmpaudit.parsing.outside_values import mapping, network_or_none, number_in, objects, objects_in, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_V2, _V3 = "asExternalLinkStates", "asScopedLinkStateDb"
_MAX_AGE = 3600
"""Seconds: an LSA of this age is being withdrawn (RFC 2328)."""
_LARGEST_METRIC = 0xFFFFFF
_ROUTER = re.compile(r"\trouter (?P<id>[0-9.]+)\s*")
_EXTERNAL = re.compile(r"\t\texternal (?P<prefix>[0-9A-Fa-f.:]+/[0-9]+) metric(?P<type>2?) (?P<metric>[0-9]{1,8})\b.*")
_ANY_EXTERNAL = "\t\texternal "
_SECTION = re.compile(r"area [0-9.]+\s*|other ASBRs\s*")


def read_frr_externals(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the external routes of an FRR router's OSPF database.

    Raises:
        UnknownFormatError: the command does not say whether it is of OSPFv2 or OSPFv3.
        DamagedOutputError: this is not that command's output, or a value in it cannot be.
    """
    if resolved.family is None:
        raise UnknownFormatError(f"{capture.source}: no command says whether this database is of OSPFv2 or OSPFv3")
    try:
        document = mapping(json_of(capture), "the database")
        found = tuple(_of_frr(document, resolved.vrf or DEFAULT_VRF, resolved.family, capture))
    except (KeyError, ValueError, RecursionError) as error:
        raise DamagedOutputError(f"{capture.source}: these are no external LSAs: {error!r}") from error
    answered = frozenset({(host_of(capture), Question.EXTERNAL_ROUTES, resolved.family)})
    return CaptureFacts(Facts(external_routes=found, answered=answered))


def _of_frr(
    document: dict[str, Any], vrf: str, family: int, capture: Capture, above: tuple[str, ...] = ()
) -> Iterator[ExternalRoute]:
    place: tuple[str | int, ...]
    if _V2 in document:
        for number, lsa in enumerate(objects(document[_V2], _V2)):
            prefix = f"{text_of(lsa['linkStateId'], 'linkStateId')}/{number_in(lsa, 'networkMask', most=32)}"
            of_type = text_of(lsa["metricType"], "metricType")
            place = (*above, _V2, number, "linkStateId")
            yield from _of_lsa(lsa, "lsaAge", prefix, of_type.startswith("E1"), (capture, vrf, family, place))
    elif _V3 in document:
        for scope, database in enumerate(objects(document[_V3], _V3)):
            for number, lsa in enumerate(objects_in(database, "lsa")):
                place = (*above, _V3, scope, "lsa", number, "prefix")
                is_type_1 = not text_of(lsa["bits"], "bits").startswith("E")
                prefix = text_of(lsa["prefix"], "prefix")
                yield from _of_lsa(lsa, "age", prefix, is_type_1, (capture, vrf, family, place))
    else:
        for name, entry in document.items():
            if isinstance(entry, dict):
                yield from _of_frr(entry, name, family, capture, (*above, name))


def _of_lsa(
    lsa: dict[str, Any], age: str, prefix: str, is_type_1: bool, where: tuple[Capture, str, int, tuple[str | int, ...]]
) -> Iterator[ExternalRoute]:
    capture, vrf, family, place = where
    seconds = number_in(lsa, age, most=2 * _MAX_AGE)
    metric = number_in(lsa, "metric", most=_LARGEST_METRIC)
    if metric is None:
        raise KeyError("metric")
    if seconds is None or seconds < _MAX_AGE:
        router_id = text_of(lsa["advertisingRouter"], "advertisingRouter")
        known = str(ip_network(prefix, strict=False))
        yield ExternalRoute(
            host_of(capture), family, known, router_id, metric, is_type_1, place_in_json(capture, *place), vrf
        )


def read_bird_externals(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the external routes of `show ospf state NAME` of BIRD.

    It names no family: without an external route, the answer is for none.

    Raises:
        UnknownFormatError: this is not that command's output.
    """
    if not any(_SECTION.fullmatch(line) for _, line in numbered(capture)):
        raise UnknownFormatError(f"{capture.source}: this is not `show ospf state NAME`")
    known = list(_of_bird(capture))
    found = tuple(route for route in known if isinstance(route, ExternalRoute))
    not_understood = tuple(line for line in known if isinstance(line, UnparsedLine))
    families = {route.family for route in found} | ({resolved.family} if resolved.family else set())
    answered = frozenset((host_of(capture), Question.EXTERNAL_ROUTES, family) for family in families)
    facts = Facts(external_routes=found, answered=frozenset() if not_understood else answered)
    return CaptureFacts(facts, unparsed=not_understood)


def _of_bird(capture: Capture) -> Iterator[ExternalRoute | UnparsedLine]:
    router_id = None
    for number, line in numbered(capture):
        if router := _ROUTER.fullmatch(line):
            router_id = router["id"]
        elif not line.startswith("\t\t"):
            router_id = None
        elif router_id and line.startswith(_ANY_EXTERNAL):
            external = _EXTERNAL.fullmatch(line)
            prefix = network_or_none(external["prefix"]) if external else None
            if external is None or prefix is None:
                yield unparsed(capture, number, line)
                continue
            metric, is_type_1 = int(external["metric"]), not external["type"]
            place = evidence(capture, number, line)
            yield ExternalRoute(host_of(capture), family_of(prefix), prefix, router_id, metric, is_type_1, place)
