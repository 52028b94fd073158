"""What captures tell beside routes: the ceilings in a router's configuration, the addresses of a node."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model import Ceiling
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.platforms.registry import ConfigurationFormat

_OSPF_FAMILY = {"ospf": 4, "ospf6": 6}
_IBGP_DISTANCE = 200


@dataclass(frozen=True, slots=True)
class CeilingFact:
    """A ceiling that a router's configuration sets, and for which routes it holds."""

    vrf: str
    family: int
    """4 or 6."""
    protocol: str
    """`bgp` (external), `ibgp` or `ospf`."""
    ceiling: Ceiling

    def holds_for(self, vrf: str, family: int, protocol: str, distance: int | None) -> bool:
        """Routes of iBGP have a ceiling of their own, and FRR and BIRD tell them by their distance of 200."""
        told = "ibgp" if protocol == "bgp" and distance == _IBGP_DISTANCE else protocol
        return (self.vrf, self.family, self.protocol) == (vrf, family, told)


def configuration_format(capture: Capture) -> ConfigurationFormat | None:
    """Return how to read the capture if it is a router's configuration."""
    for platform in platforms().values():
        known = platform.configuration
        if known and capture.platform in {None, platform.name} and known.command.search(capture.command or ""):
            return known
    return None


def ceilings(capture: Capture, known: ConfigurationFormat) -> tuple[CeilingFact, ...]:
    """Return the ceilings that a router's configuration sets; what it leaves at the default is not told."""
    from ttp import ttp  # noqa: PLC0415 - 0.1 s, paid only where a configuration was captured

    parser = ttp(data=capture.text, template=known.template.read_text(encoding="utf-8"), log_level="ERROR")
    parser.parse()
    found: dict[str, Any] = parser.result()[0][0] or {}
    return (*_of_bgp(found.get("bgp", ())), *_of_ospf(found.get("ospf", ())))


def _of_bgp(instances: list[dict[str, Any]]) -> Iterator[CeilingFact]:
    for instance in instances:
        vrf = instance.get("vrf", "default")
        for entry in instance.get("families", ()):
            for key, protocol in (("ebgp", "bgp"), ("ibgp", "ibgp")):
                if key in entry and entry["family"] in {"ipv4", "ipv6"}:
                    words = f"maximum-paths{' ibgp' if key == 'ibgp' else ''} {entry[key]}"
                    source = f"`{words}` for {entry['family']} in its configuration"
                    yield CeilingFact(vrf, int(entry["family"][-1]), protocol, Ceiling(int(entry[key]), source))


def _of_ospf(instances: list[dict[str, Any]]) -> Iterator[CeilingFact]:
    for instance in instances:
        if "paths" in instance:
            source = f"`maximum-paths {instance['paths']}` of {instance['version'].upper()} in its configuration"
            family = _OSPF_FAMILY[instance["version"]]
            yield CeilingFact(instance.get("vrf", "default"), family, "ospf", Ceiling(int(instance["paths"]), source))


def is_address_list(capture: Capture) -> bool:
    """`ip -j address`, as a scan asks it of the nodes."""
    return (capture.command or "").startswith("ip -j address")


def node_addresses(capture: Capture) -> tuple[str, ...]:
    """Return a node's own addresses from `ip -j address`, without those of the loopback interface.

    Raises:
        UnknownFormatError: this is not what `ip -j address` prints.
    """
    try:
        links = json.loads(capture.text)
        return tuple(
            address["local"]
            for link in links
            if link.get("ifname") != "lo"
            for address in link.get("addr_info", ())
            if "local" in address
        )
    except (json.JSONDecodeError, AttributeError, TypeError) as error:
        raise UnknownFormatError(f"{capture.source}: this is not the output of `ip -j address`: {error}") from error
