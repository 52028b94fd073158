"""Facts of a Linux kernel beside routes: addresses of interfaces, and the policy of its multipath hash."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model.facts import Answer, Facts, HostAddress, Question, Setting
from ecmpaudit.parsing.facts.capture_facts import (
    CaptureFacts,
    evidence,
    evidence_of,
    host_of,
    is_json,
    json_of,
    unparsed,
)
from ecmpaudit.parsing.facts.silence import absent_device

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_LOOPBACK = "lo"
_LOAD_BALANCER = "kube-lb0"
_OF_SERVICES = frozenset({_LOAD_BALANCER, "kube-ipvs0"})
"""Their addresses are those of services: the address of a service is no next hop to the node that has it."""
_HASH_POLICY = re.compile(r"net\.ipv([46])\.fib_multipath_hash_policy\s*=\s*(\d+)\s*")
_INTERFACE = re.compile(r"\d+: (?P<name>[^:@\s]+)(?:@\S+)?: ")
_ADDRESS = re.compile(r"\s+inet6? (?P<address>[0-9A-Fa-f.:]+)(?: peer \S+?)?/(?P<length>\d+) ")
_BRIEF = re.compile(r"(?P<name>[^@\s]+)(?:@\S+)?\s+(?:UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT)\b(?P<addresses>.*)")


def read_addresses(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the addresses of `ip [-j] [-br] address`; a device that does not exist is an answer too: no addresses.

    Raises:
        UnknownFormatError: this is not that command's output.
    """
    if absent := absent_device(capture):
        return CaptureFacts(Facts(answered=_answers(capture, resolved) if absent == _LOAD_BALANCER else frozenset()))
    found = tuple(_of_json(capture) if is_json(capture) else _of_text(capture))
    own = tuple(f.address.partition("/")[0] for f in found if f.interface not in {_LOOPBACK, *_OF_SERVICES})
    return CaptureFacts(Facts(addresses=found, answered=_answers(capture, resolved)), own_addresses=own)


def _answers(capture: Capture, resolved: Resolved) -> frozenset[Answer]:
    """Return the families of which it lists all addresses of services; none where it lists another interface alone."""
    return frozenset({(host_of(capture), Question.ADDRESSES, resolved.family)} if resolved.whole else ())


def read_hash_policy(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the multipath hash policies of `sysctl net.ipv4.fib_multipath_hash_policy …`."""
    settings: list[Setting] = []
    lines = []
    for number, line in enumerate(capture.text.split("\n"), start=1):
        if found := _HASH_POLICY.fullmatch(line):
            place = evidence(capture, number, line)
            name = "fib_multipath_hash_policy"
            settings.append(Setting(host_of(capture), name, found[2], place, family=int(found[1])))
        elif line.strip() and not line.startswith("sysctl:"):
            lines.append(unparsed(capture, number, line))
    answered = frozenset((setting.host, Question.HASH_POLICY, setting.family) for setting in settings)
    return CaptureFacts(Facts(settings=tuple(settings), answered=answered), unparsed=tuple(lines))


def _of_json(capture: Capture) -> Iterator[HostAddress]:
    try:
        for link in json_of(capture):
            for address in link.get("addr_info", ()):
                if "local" in address:
                    yield _address(capture, link["ifname"], address)
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise UnknownFormatError(f"{capture.source}: this is not the output of `ip -j address`: {error!r}") from error


def _address(capture: Capture, interface: str, address: dict[str, Any]) -> HostAddress:
    text = f"{address['local']}/{address['prefixlen']}"
    place = evidence_of(capture, f'"{interface}"', f'"{address["local"]}"')
    return HostAddress(host_of(capture), interface, text, place)


def _of_text(capture: Capture) -> Iterator[HostAddress]:
    interface = None
    for number, line in enumerate(capture.text.split("\n"), start=1):
        if heading := _INTERFACE.match(line):
            interface = heading["name"]
        elif (found := _ADDRESS.match(line)) and interface:
            text = f"{found['address']}/{found['length']}"
            yield HostAddress(host_of(capture), interface, text, evidence(capture, number, line))
        elif brief := _BRIEF.fullmatch(line.rstrip()):
            interface = brief["name"]
            for word in brief["addresses"].split():
                if "/" in word:
                    yield HostAddress(host_of(capture), interface, word, evidence(capture, number, line))
    if interface is None and capture.text.strip():
        raise UnknownFormatError(f"{capture.source}: this is not the output of `ip address`")
