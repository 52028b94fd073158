"""Facts of a Linux kernel beside routes: addresses of interfaces, and its settings for multipath routes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model.facts import Answer, Facts, HostAddress, HostInterface, Setting
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import (
    CaptureFacts,
    evidence,
    host_of,
    is_json,
    json_of,
    numbered,
    place_in_json,
    unparsed,
)
from ecmpaudit.parsing.facts.silence import absent_device, is_an_answer
from ecmpaudit.parsing.outside_values import interface_address, number_in, objects, objects_in, text_in, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_LOOPBACK = "lo"
_LOAD_BALANCER = "kube-lb0"
_OF_SERVICES = frozenset({_LOAD_BALANCER, "kube-ipvs0"})
"""Their addresses are those of services: the address of a service is no next hop to the node that has it."""
_QUESTIONS = {"fib_multipath_hash_policy": Question.HASH_POLICY, "fib_multipath_use_neigh": Question.USE_NEIGH}
"""The settings that answer a question; fields and seed of the hash are of newer kernels (5.12 and 6.11)."""
_SEED = "fib_multipath_hash_seed"
"""It is below net.ipv4, and is the seed of IPv6 too."""
_NAMES = "|".join((*_QUESTIONS, "fib_multipath_hash_fields", _SEED))
_SETTING = re.compile(rf"net\.ipv(?P<family>[46])\.(?P<name>{_NAMES})\s*=\s*(?P<value>\d+)\s*")
_SETTING_ASKED = re.compile(rf"\bnet\.ipv([46])\.({_NAMES})\b")
_INTERFACE = re.compile(r"\d+: (?P<name>[^:@\s]+)(?:@\S+)?: (?:.*?\bstate (?P<state>[A-Z]+)\b)?")
_ADDRESS = re.compile(r"\s+inet6? (?P<address>[0-9A-Fa-f.:]+)(?: peer \S+?)?/(?P<length>\d+) ")
_BRIEF = re.compile(
    r"(?P<name>[^@\s]+)(?:@\S+)?\s+(?P<state>UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT)\b(?P<addresses>.*)"
)


def read_addresses(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the addresses of `ip [-j] [-br] address`; a device that does not exist is an answer too: no addresses.

    Raises:
        UnknownFormatError: this is not that command's output.
        DamagedOutputError: an address in it is none.
    """
    if absent := absent_device(capture):
        return CaptureFacts(Facts(answered=_answers(capture, resolved) if absent == _LOAD_BALANCER else frozenset()))
    if not capture.text.strip():
        raise UnknownFormatError(f"{capture.source}: empty, and every host has an interface with an address")
    found = list(_of_json(capture) if is_json(capture) else _of_text(capture))
    addresses = tuple(fact for fact in found if isinstance(fact, HostAddress))
    interfaces = tuple(fact for fact in found if isinstance(fact, HostInterface))
    own = tuple(f.address.partition("/")[0] for f in addresses if f.interface not in {_LOOPBACK, *_OF_SERVICES})
    facts = Facts(addresses=addresses, interfaces=interfaces, answered=_answers(capture, resolved))
    return CaptureFacts(facts, own_addresses=own)


def _answers(capture: Capture, resolved: Resolved) -> frozenset[Answer]:
    """Return the families of which it lists all addresses of services; none where it lists another interface alone."""
    return frozenset({(host_of(capture), Question.ADDRESSES, resolved.family)} if resolved.whole else ())


def read_multipath_settings(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the settings of `sysctl net.ipv4.fib_multipath_hash_policy …`, or of `… fib_multipath_use_neigh`.

    A setting that the command does not name is no part of the question: older scans asked for the policy alone.

    Raises:
        UnknownFormatError: a setting that was asked for is not in the answer, and neither is that it does not exist.
    """
    settings: list[Setting] = []
    lines = []
    known = set()
    for number, line in numbered(capture):
        if found := _SETTING.fullmatch(line):
            place = evidence(capture, number, line)
            known.add((found["family"], found["name"]))
            family = None if found["name"] == _SEED else int(found["family"])
            settings.append(Setting(host_of(capture), found["name"], found["value"], place, family=family))
        elif line.strip() and not line.startswith("sysctl:"):
            lines.append(unparsed(capture, number, line))
    answered = frozenset((one.host, _QUESTIONS[one.name], one.family) for one in settings if one.name in _QUESTIONS)
    lacking = [found[0] for found in _SETTING_ASKED.finditer(capture.command or "") if found.groups() not in known]
    if lacking and not is_an_answer(capture):
        raise UnknownFormatError(f"{capture.source}: no value of {lacking[0]}")
    return CaptureFacts(Facts(settings=tuple(settings), answered=answered), unparsed=tuple(lines))


def _of_json(capture: Capture) -> Iterator[HostAddress | HostInterface]:
    try:
        for number, link in enumerate(objects(json_of(capture), "the interfaces")):
            if not link:  # with -4 or -6, what has no address of the family is an empty object
                continue
            interface = text_of(link["ifname"], "ifname")
            place = place_in_json(capture, number, "ifname")
            yield HostInterface(host_of(capture), interface, place, text_in(link, "operstate"))
            yield from _addresses(capture, interface, objects_in(link, "addr_info"), number)
    except (KeyError, ValueError) as error:
        raise DamagedOutputError(f"{capture.source}: this is not the output of `ip -j address`: {error!r}") from error


def _addresses(capture: Capture, interface: str, entries: Iterable[dict[str, Any]], link: int) -> Iterator[HostAddress]:
    for number, entry in enumerate(entries):
        if "local" in entry:
            local = text_of(entry["local"], "local")
            length = number_in(entry, "prefixlen")
            if length is None:
                raise KeyError("prefixlen")
            address = interface_address(f"{local}/{length}")
            place = place_in_json(capture, link, "addr_info", number, "local")
            yield HostAddress(host_of(capture), interface, address, place)


def _of_text(capture: Capture) -> Iterator[HostAddress | HostInterface]:
    interface = None
    for number, line in numbered(capture):
        if heading := _INTERFACE.match(line):
            interface = heading["name"]
            yield HostInterface(host_of(capture), interface, evidence(capture, number, line), heading["state"])
        elif (found := _ADDRESS.match(line)) and interface:
            yield _on_line(capture, interface, f"{found['address']}/{found['length']}", number, line)
        elif brief := _BRIEF.fullmatch(line.rstrip()):
            interface = brief["name"]
            yield HostInterface(host_of(capture), interface, evidence(capture, number, line), brief["state"])
            for word in brief["addresses"].split():
                if "/" in word:
                    yield _on_line(capture, interface, word, number, line)
    if interface is None and capture.text.strip():
        raise UnknownFormatError(f"{capture.source}: this is not the output of `ip address`")


def _on_line(capture: Capture, interface: str, address: str, number: int, line: str) -> HostAddress:
    place = evidence(capture, number, line)
    try:
        return HostAddress(host_of(capture), interface, interface_address(address), place)
    except ValueError as error:
        raise DamagedOutputError(f"{capture.source}:{place.line}: {error}") from error
