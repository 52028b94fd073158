"""FRR's `show running-config`: ceilings, multipath-relax, and the neighbours with their filters.

A neighbour inherits from its peer group what its own lines do not set. IPv4 is on for every neighbour unless
`no bgp default ipv4-unicast` or `no neighbor … activate`; IPv6 has to be activated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model import Ceiling
from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.model.facts import Facts, Neighbor, Question, Setting
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, evidence, evidence_of, host_of
from ecmpaudit.parsing.facts.ceilings import CeilingFact
from ecmpaudit.parsing.facts.ttp_templates import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture, Evidence
    from ecmpaudit.parsing.resolved import Resolved

_FAMILIES = {"ipv4": 4, "ipv6": 6}
_OSPF_FAMILY = {"ospf": 4, "ospf6": 6}
_FIRST_WORDS = re.compile(r"^(?:!|frr (?:version|defaults) |hostname |router |Current configuration)", re.MULTILINE)
_END = re.compile(r"^end\s*$", re.MULTILINE)

Entry = dict[str, Any]


def read_frr_configuration(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the ceilings, settings and neighbours of a configuration; a default that it does not name is no fact.

    Raises:
        UnknownFormatError: this is no configuration.
        TemplateError: a template of one's own takes too long or is damaged.
    """
    if resolved.template is None or not _FIRST_WORDS.search(capture.text):
        raise UnknownFormatError(f"{capture.source}: this is no configuration of FRR")
    found = parsed(capture.text, resolved.template)
    instances: list[Entry] = found.get("bgp", [])
    neighbors = tuple(fact for instance in instances for fact in _neighbors(instance, capture))
    # vtysh prints `end` last: without it a part may be missing, and what it does not name is unknown.
    is_whole = _END.search(capture.text) is not None
    answered = frozenset({(host_of(capture), Question.CONFIGURATION, None)}) if is_whole else frozenset()
    settings = tuple(_relax(instance, capture) for instance in instances if is_whole or "relax" in instance)
    return CaptureFacts(
        Facts(neighbors=neighbors, settings=settings, answered=answered),
        ceilings=(*_ceilings_of_bgp(instances), *_ceilings_of_ospf(found.get("ospf", []))),
    )


def _ceilings_of_bgp(instances: list[Entry]) -> Iterator[CeilingFact]:
    for instance in instances:
        for entry in instance.get("families", ()):
            for key, protocol in (("ebgp", "bgp"), ("ibgp", "ibgp")):
                if key in entry and entry["family"] in _FAMILIES:
                    words = f"maximum-paths{' ibgp' if key == 'ibgp' else ''} {entry[key]}"
                    ceiling = Ceiling(int(entry[key]), f"`{words}` for {entry['family']} in its configuration")
                    yield CeilingFact(ceiling, _vrf(instance), _FAMILIES[entry["family"]], protocol)


def _ceilings_of_ospf(instances: list[Entry]) -> Iterator[CeilingFact]:
    for instance in instances:
        if "paths" in instance:
            source = f"`maximum-paths {instance['paths']}` of {instance['version'].upper()} in its configuration"
            family = _OSPF_FAMILY[instance["version"]]
            yield CeilingFact(Ceiling(int(instance["paths"]), source), _vrf(instance), family, "ospf")


def _vrf(instance: Entry) -> str:
    return str(instance.get("vrf") or instance.get("view") or DEFAULT_VRF)


def _heading(instance: Entry) -> str:
    vrf = f" vrf {instance['vrf']}" if "vrf" in instance else ""
    return f"router bgp {instance['asn']}{vrf}"


def _relax(instance: Entry, capture: Capture) -> Setting:
    is_on = "relax" in instance
    words = [_heading(instance), *(["multipath-relax"] if is_on else [])]
    value = "on" if is_on else "off"
    return Setting(host_of(capture), "multipath-relax", value, evidence_of(capture, *words), _vrf(instance))


def _neighbors(instance: Entry, capture: Capture) -> Iterator[Neighbor]:
    """Yield each neighbour once for every family that it exchanges routes of."""
    own = _put_together(instance.get("neighbors", ()))
    ranges = {entry["range"]: entry for entry in instance.get("ranges", ())}
    families = {_FAMILIES.get(e["family"]): _put_together(e.get("neighbors", ())) for e in instance.get("families", ())}
    for peer, entry in {**own, **ranges}.items():
        if "is_group" in entry:
            continue
        group = entry.get("group", "")
        general = {**own.get(group, {}), **entry}
        for family in (4, 6):
            said = families.get(family, {})
            of_group, of_peer = said.get(group, {}), said.get(peer, {})
            if _is_active(family, of_peer, of_group, instance):
                filters = {**of_group, **of_peer}
                yield Neighbor(
                    router=host_of(capture),
                    peer=peer,
                    family=family,
                    evidence=_line_of(capture, instance, peer),
                    vrf=_vrf(instance),
                    is_shutdown="shutdown" in general,
                    route_map_in=filters.get("route_map_in"),
                    prefix_list_in=filters.get("prefix_list_in"),
                    limit=_limit(of_peer if "limit" in of_peer else of_group),
                )


def _limit(said: Entry) -> int | None:
    """Return after how many prefixes the session is shut; `warning-only` shuts none."""
    is_warning = "warning-only" in said.get("limit_options", "")
    return int(said["limit"]) if "limit" in said and not is_warning else None


def _put_together(lines: list[Entry]) -> dict[str, Entry]:
    """Return what all lines say, by neighbour."""
    found: dict[str, Entry] = {}
    for line in lines:
        found.setdefault(line["peer"], {}).update(line)
    return found


def _is_active(family: int, of_peer: Entry, of_group: Entry, instance: Entry) -> bool:
    for said in (of_peer, of_group):
        if "active" in said or "inactive" in said:
            return "active" in said
    return family == _FAMILIES["ipv4"] and "no_default" not in instance


def _line_of(capture: Capture, instance: Entry, peer: str) -> Evidence:
    """Return the neighbour's first line below its `router bgp`."""
    start = max(capture.text.find(f"\n{_heading(instance)}\n"), 0)
    pattern = re.compile(rf"^ (?:neighbor|bgp listen range) {re.escape(peer)} .*$", re.MULTILINE)
    found = pattern.search(capture.text, start)
    if found is None:
        return evidence_of(capture, _heading(instance))
    return evidence(capture, capture.text.count("\n", 0, found.start()) + 1, found[0])
