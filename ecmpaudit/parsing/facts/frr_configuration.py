"""FRR's `show running-config`: ceilings, multipath-relax, the neighbours with their filters, resilient groups.

A neighbour inherits from its peer group what its own lines do not set. IPv4 is on for every neighbour unless
`no bgp default ipv4-unicast` or `no neighbor … activate`; IPv6 has to be activated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Ceiling
from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.model.facts import ConfiguredGroup, Facts, Neighbor, Setting
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, evidence, host_of, numbered
from ecmpaudit.parsing.facts.ceilings import CeilingFact
from ecmpaudit.parsing.facts.frr_policies import policies_of
from ecmpaudit.parsing.facts.line_finder import LineFinder
from ecmpaudit.parsing.facts.ttp_templates import parsed
from ecmpaudit.parsing.outside_values import LARGEST_CEILING, address_or_none, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecmpaudit.model import Capture, Evidence
    from ecmpaudit.parsing.resolved import Resolved

_FAMILIES = {"ipv4": 4, "ipv6": 6}
_OSPF_FAMILY = {"ospf": 4, "ospf6": 6}
_FIRST_WORDS = re.compile(r"^(?:!|frr (?:version|defaults) |hostname |router |Current configuration)", re.MULTILINE)
_END = re.compile(r"^end[ \t\r]*$", re.MULTILINE)

_MOST_BUCKETS = 2**16 - 1
_ROUTER_BGP = "router bgp "
_OF_NEIGHBOR = (" neighbor ", " bgp listen range ")

_SETTINGS = {
    "always_compare_med": "always-compare-med",
    "as_path_ignore": "as-path ignore",
    "med_missing_as_worst": "missing-as-worst",
    "listen_limit": "listen limit",
}
"""The name of a setting by its key in the template: words of its line, so that the line is found."""
Entry = dict[str, Any]
_Place = tuple[str, str]
"""The heading `router bgp …`, and a neighbour or a range below it; empty for the heading itself."""


def read_frr_configuration(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the ceilings, settings and neighbours of a configuration; a default that it does not name is no fact.

    Raises:
        UnknownFormatError: this is no configuration.
        DamagedOutputError: a number in it cannot be.
        TemplateError: a template of one's own takes too long or is damaged.
    """
    if resolved.template is None or not _FIRST_WORDS.search(capture.text):
        raise UnknownFormatError(f"{capture.source}: this is no configuration of FRR")
    found = parsed(capture.text, resolved.template)
    try:
        return _facts(capture, found)
    except ValueError as error:
        raise DamagedOutputError(f"{capture.source}: {error}") from error


def _facts(capture: Capture, found: Mapping[str, list[Entry]]) -> CaptureFacts:
    instances = found.get("bgp", [])
    lines = _lines(capture)
    neighbors = tuple(fact for instance in instances for fact in _neighbors(instance, capture, lines))
    # vtysh prints `end` last: without it a part may be missing, and what it does not name is unknown.
    is_whole = _END.search(capture.text) is not None
    answered = frozenset({(host_of(capture), Question.CONFIGURATION, None)}) if is_whole else frozenset()
    settings = (
        *(_relax(instance, capture) for instance in instances if is_whole or "relax" in instance),
        *(setting for instance in instances for setting in _settings(instance, capture)),
    )
    return CaptureFacts(
        Facts(
            neighbors=neighbors,
            settings=settings,
            policies=(policies_of(capture),) if is_whole else (),
            resilient_groups=tuple(_resilient_groups(found.get("groups", []), capture)),
            answered=answered,
        ),
        ceilings=(*_ceilings_of_bgp(instances), *_ceilings_of_ospf(found.get("ospf", []))),
    )


def _resilient_groups(groups: list[Entry], capture: Capture) -> Iterator[ConfiguredGroup]:
    for group in groups:
        if "buckets" in group:
            name = group["name"]
            buckets = whole_number(group["buckets"], "buckets", least=1, most=_MOST_BUCKETS)
            addresses = frozenset(filter(None, (address_or_none(h["address"]) for h in group.get("next_hops", ()))))
            place = LineFinder(capture).evidence(f"nexthop-group {name}", "resilient")
            yield ConfiguredGroup(host_of(capture), name, buckets, addresses, place)


def _ceilings_of_bgp(instances: list[Entry]) -> Iterator[CeilingFact]:
    for instance in instances:
        for entry in instance.get("families", ()):
            for key, protocol in (("ebgp", "bgp"), ("ibgp", "ibgp")):
                if key in entry and entry["family"] in _FAMILIES:
                    words = f"maximum-paths{' ibgp' if key == 'ibgp' else ''} {entry[key]}"
                    ceiling = Ceiling(
                        _maximum_paths(entry[key]), f"`{words}` for {entry['family']} in its configuration"
                    )
                    yield CeilingFact(ceiling, _vrf(instance), _FAMILIES[entry["family"]], protocol)


def _ceilings_of_ospf(instances: list[Entry]) -> Iterator[CeilingFact]:
    for instance in instances:
        if "paths" in instance:
            source = f"`maximum-paths {instance['paths']}` of {instance['version'].upper()} in its configuration"
            family = _OSPF_FAMILY[instance["version"]]
            yield CeilingFact(Ceiling(_maximum_paths(instance["paths"]), source), _vrf(instance), family, "ospf")


def _maximum_paths(digits: str) -> int:
    return whole_number(digits, "maximum-paths", least=1, most=LARGEST_CEILING)


def _vrf(instance: Entry) -> str:
    return str(instance.get("vrf") or instance.get("view") or DEFAULT_VRF)


def _heading(instance: Entry) -> str:
    kind = next((kind for kind in ("vrf", "view") if kind in instance), None)
    return f"router bgp {instance['asn']}" + (f" {kind} {instance[kind]}" if kind else "")


def _relax(instance: Entry, capture: Capture) -> Setting:
    is_on = "relax" in instance
    words = [_heading(instance), *(["multipath-relax"] if is_on else [])]
    value = "on" if is_on else "off"
    return Setting(host_of(capture), "multipath-relax", value, LineFinder(capture).evidence(*words), _vrf(instance))


def _settings(instance: Entry, capture: Capture) -> Iterator[Setting]:
    """Yield the words that change how paths are compared, and the limit of dynamic neighbours."""
    for key, words in _SETTINGS.items():
        if key in instance:
            place = LineFinder(capture).evidence(_heading(instance), words)
            yield Setting(host_of(capture), words, instance[key], place, _vrf(instance))


def _neighbors(instance: Entry, capture: Capture, lines: Mapping[_Place, Evidence]) -> Iterator[Neighbor]:
    """Yield each neighbour once for every family that it exchanges routes of."""
    own = _put_together(instance.get("neighbors", ()))
    ranges = {entry["range"]: entry for entry in instance.get("ranges", ())}
    families = {_FAMILIES.get(e["family"]): _put_together(e.get("neighbors", ())) for e in instance.get("families", ())}
    for peer, entry in {**own, **ranges}.items():
        if "is_group" in entry:
            continue
        group = entry.get("group", "")
        general = {**own.get(group, {}), **entry}
        heading = _heading(instance)
        place = lines.get((heading, peer)) or lines.get((heading, "")) or evidence(capture, 1, heading)
        for family in (4, 6):
            said = families.get(family, {})
            of_group, of_peer = said.get(group, {}), said.get(peer, {})
            if _is_active(family, of_peer, of_group, instance):
                filters = {**of_group, **of_peer}
                yield Neighbor(
                    router=host_of(capture),
                    peer=peer,
                    family=family,
                    evidence=place,
                    vrf=_vrf(instance),
                    is_shutdown="shutdown" in general,
                    route_map_in=filters.get("route_map_in"),
                    prefix_list_in=filters.get("prefix_list_in"),
                    filter_list_in=filters.get("filter_list_in"),
                    distribute_list_in=filters.get("distribute_list_in"),
                    limit=_limit(of_peer if "limit" in of_peer else of_group),
                    demands=tuple(_demands(general)),
                    route_map_out=filters.get("route_map_out"),
                    prefix_list_out=filters.get("prefix_list_out"),
                    is_sent_all_paths="all_paths" in filters,
                    is_client="client" in filters,
                )


def _demands(general: Entry) -> Iterator[str]:
    if "password" in general:
        yield "a password (MD5)"
    if "ttl_security" in general:
        yield f"`ttl-security hops {general['ttl_security']}`"


def _limit(said: Entry) -> int | None:
    """Return after how many prefixes the session is shut; `warning-only` shuts none."""
    is_warning = "warning-only" in said.get("limit_options", "")
    return whole_number(said["limit"], "maximum-prefix") if "limit" in said and not is_warning else None


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


def _lines(capture: Capture) -> dict[_Place, Evidence]:
    """Return the first line of each neighbour and range below its `router bgp`, and that line itself."""
    found: dict[_Place, Evidence] = {}
    heading = ""
    for number, line in numbered(capture):
        if line.startswith(_ROUTER_BGP):
            heading = line.rstrip()
            found.setdefault((heading, ""), evidence(capture, number, line))
        elif line.startswith(_OF_NEIGHBOR):
            prefix = next(start for start in _OF_NEIGHBOR if line.startswith(start))
            peer = line[len(prefix) :].partition(" ")[0]
            found.setdefault((heading, peer), evidence(capture, number, line))
    return found
