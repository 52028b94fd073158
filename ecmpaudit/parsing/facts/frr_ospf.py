"""OSPF adjacencies of FRR: `show ip ospf neighbor json` and `show ipv6 ospf6 neighbor json`, also of all VRFs.

OSPFv2 has the neighbours by router id, each with its interfaces; OSPFv3 has a list, in which no address is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.model.facts import Adjacency, Facts
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, host_of, json_of, place_in_json
from ecmpaudit.parsing.outside_values import mapping, objects, text_in, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_KEY = "neighbors"


def read_ospf_neighbors(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the adjacencies.

    Raises:
        UnknownFormatError: this is not that command's output.
        DamagedOutputError: a value in it cannot be.
    """
    if resolved.family is None:
        raise UnknownFormatError(f"{capture.source}: no command says whether these neighbours are of OSPFv2 or OSPFv3")
    try:
        document = mapping(json_of(capture), "the neighbors")
        found = tuple(_adjacencies(document, resolved.vrf or DEFAULT_VRF, resolved.family, capture))
    except (KeyError, ValueError, RecursionError) as error:
        raise DamagedOutputError(f"{capture.source}: this is not `show ip ospf neighbor json`: {error!r}") from error
    answered = frozenset({(host_of(capture), Question.ADJACENCIES, resolved.family)})
    return CaptureFacts(Facts(adjacencies=found, answered=answered))


def _adjacencies(
    document: dict[str, Any], vrf: str, family: int, capture: Capture, above: tuple[str, ...] = ()
) -> Iterator[Adjacency]:
    if _KEY not in document:
        for name, entry in document.items():
            yield from _adjacencies(mapping(entry, name), name, family, capture, (*above, name))
        return
    if isinstance(document[_KEY], dict):
        listed = [(i, n, one) for i, all_ in document[_KEY].items() for n, one in enumerate(objects(all_, i))]
        paths = [(router_id, entry, (*above, _KEY, router_id, number)) for router_id, number, entry in listed]
    else:
        entries = objects(document[_KEY], _KEY)
        paths = [(entry["neighborId"], entry, (*above, _KEY, number)) for number, entry in enumerate(entries)]
    for router_id, entry, path in paths:
        yield Adjacency(
            host=host_of(capture),
            family=family,
            router_id=text_of(router_id, "the router id"),
            state=text_of(entry["state"], "state"),
            evidence=place_in_json(capture, *path, "state"),
            vrf=vrf,
            address=text_in(entry, "ifaceAddress") or text_in(entry, "address"),
        )
