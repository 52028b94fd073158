"""What a capture is an answer to: its form, and the family, VRF and peer that its command names.

The command is parsed here and nowhere else. Where a pasted text has no command, its form is detected from its lines,
and the family, VRF and peer are unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import family_of
from ecmpaudit.parsing.json_tables import looks_like_json
from ecmpaudit.parsing.outside_values import network_or_none
from ecmpaudit.parsing.parts import Form, form_of_json, parts_of, was_pasted
from ecmpaudit.parsing.typed_commands import asked
from ecmpaudit.platforms.registry import BgpTableFormat, FactFormat, TableFormat, platforms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecmpaudit.model import Capture
    from ecmpaudit.platforms.registry import Platform

_HEAD = 20_000
"""Characters at the head of a text by which its form is detected."""
_FAMILY_WORD = re.compile(r"\bipv([46])\b|(?:^|\s)-([46])(?=\s|$)|\binet(6?)(?=[.\s]|$)")
_FAMILY_OF_PREFIX = re.compile(r"(?<![\w./:-])([0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*)/\d{1,3}(?![\w/.])")
_IPV4_COMMAND = re.compile(r"^(?:sh\w*|di\w*) +ip\s")
"""`show ip …` is of IPv4 on every platform."""
_BIRD_6 = re.compile(r"\bbirdcl?6\b|\bbird6\.conf\b")
"""BIRD 1.6 has a daemon, a client and a file of its own for IPv6."""
_VRF = re.compile(r"\b(?:vrf|vpn-instance|network-instance) +(?!all\b)(\S+)")
_TABLE = re.compile(r"\btable +(?!(?:all|main|254|default)\b)([0-9A-Za-z_-]+)")
"""A table by number (or by iproute2's name) that is not the main one; Junos' `inet.0` has a point."""
_PEER = re.compile(r"\b(?:nei\w*|prot\w* +all|export) +(?!json\b|-)(\S+)")
"""FRR and GoBGP name a neighbor, BIRD one of its protocols."""
_PREFIX_INSIDE = re.compile(r"[0-9A-Fa-f.:]+/[0-9]+(?![-0-9])")
"""A prefix with what is inside of it; `P-`, in a prefix set of BIRD, is what covers it."""
_OTHER_FAMILY = re.compile(r"\b(?:l2vpn|evpn|vpn|vpnv[46]|flowspec|multicast|labeled-unicast|encap)\b")


@dataclass(frozen=True, slots=True)
class Resolved:
    """What was asked."""

    form: Form | None
    """How the answer is read; None: a route table whose form only its text shows."""
    family: int | None
    """4 or 6; None where the command names none and its form has no default: both, or unknown."""
    vrf: str | None
    """None where the command names none, or all."""
    table: str | None
    """The table by number that it asks for; None for the main one, for all, and where the command names none."""
    peer: str | None
    """The one session that it is about: a neighbor's address or interface, or BIRD's protocol."""
    whole: bool
    """It lists everything of its form: only then is what it does not list absent. True for facts without a command."""
    is_unicast: bool = True
    """False for the sessions of other address families, such as EVPN."""
    inside: tuple[str, ...] = ()
    """The prefixes inside of which it lists every route; none where it lists them all, or only some."""
    is_around: bool = False
    """It lists only what covers other prefixes: a scan asks for it beside what is inside of them."""

    @property
    def template(self) -> Path | None:
        """The template that reads the answer, None where it needs none."""
        return self.form.template if self.form else None


UNRESOLVED = Resolved(None, None, None, None, None, whole=False)
"""Of a capture that cannot be resolved."""


def resolve(capture: Capture, form: Form | None = None) -> Resolved:
    """Return what a capture is an answer to; `form` is the form where the caller has detected it."""
    form = form or _form_of(capture)
    if capture.command is None:
        return Resolved(form, None, None, None, None, whole=_is_whole(form, None))
    command = asked(capture.command).rstrip("'\" \t")
    vrf, table, peer = _VRF.search(command), _TABLE.search(f"{command} "), _PEER.search(command)
    return Resolved(
        form,
        family=_family(command, capture.command) or (form.default_family if form else None),
        vrf=vrf[1].strip("'\"") if vrf else None,
        table=table[1] if table and f"{command} "[table.end()] in " '\"" else None,
        peer=peer[1].strip("'\"") if peer else None,
        whole=_is_whole(form, command),
        is_unicast=_OTHER_FAMILY.search(command) is None,
        inside=_inside(command, capture) if isinstance(form, TableFormat | None) else (),
        is_around=isinstance(form, TableFormat | None) and _is_around(command, capture),
    )


def _tables_of(capture: Capture) -> Iterator[TableFormat]:
    for platform in platforms().values():
        if _is_of(capture, platform):
            yield from platform.tables


def _inside(command: str, capture: Capture) -> tuple[str, ...]:
    """Return the prefixes inside of which a command lists everything."""
    found = (table.inside.search(command) for table in _tables_of(capture) if table.inside)
    words = next((match[1] for match in found if match), "")
    prefixes = (network_or_none(prefix) for prefix in _PREFIX_INSIDE.findall(words))
    return tuple(prefix for prefix in prefixes if prefix is not None)


def _is_around(command: str, capture: Capture) -> bool:
    return not was_pasted(capture) and any(
        table.around.search(command) for table in _tables_of(capture) if table.around
    )


def _is_whole(form: Form | None, command: str | None) -> bool:
    """A route table without a pattern for whole ones never is one; other forms are whole unless a pattern says more."""
    if form is None or form.whole is None:
        return isinstance(form, BgpTableFormat | FactFormat)
    return command is None or form.whole.search(command) is not None


def _family(command: str, typed: str) -> int | None:
    """Return the family that a command names, by a word, by the program or by the prefixes that it asks for.

    A command about both, such as `sysctl net.ipv4.… net.ipv6.…`, names none.
    """
    if words := {int(word[1] or word[2] or word[3] or 4) for word in _FAMILY_WORD.finditer(command)}:
        return words.pop() if len(words) == 1 else None
    if _IPV4_COMMAND.match(command):
        return 4
    if _BIRD_6.search(typed):
        return 6
    families = {family_of(prefix) for prefix in _FAMILY_OF_PREFIX.findall(command)}
    return families.pop() if len(families) == 1 else None


def _form_of(capture: Capture) -> Form | None:
    """Return the form of a capture: its BGP table, other facts, or the one route table that its command can print."""
    of_platform = [platform for platform in platforms().values() if _is_of(capture, platform)]
    if capture.command is None:
        return _form_of_text(capture.text[:_HEAD], capture.platform)
    command = asked(capture.command)
    found = next((form for form in _forms_beside_tables(of_platform) if form.command.search(command)), None)
    if found is not None:
        return found
    tables = [table for platform in of_platform for table in platform.tables if table.command.search(command)]
    return tables[0] if len({table.template.parent for table in tables}) == 1 else None


def _form_of_text(head: str, platform: str | None) -> Form | None:
    """Return the form of a text without a command: None where any part of it is a route table."""
    if looks_like_json(head):
        return form_of_json(head, platform)
    forms = [part.form for part in parts_of(head.split("\n"), platform)]
    if any(isinstance(form, TableFormat) for form in forms):
        return None
    return next((form for form in forms if form is not None), None)


def _forms_beside_tables(of_platform: list[Platform]) -> Iterator[BgpTableFormat | FactFormat]:
    yield from (platform.bgp_table for platform in of_platform if platform.bgp_table)
    for platform in of_platform:
        yield from platform.facts


def _is_of(capture: Capture, platform: Platform) -> bool:
    return platform.is_kernel or capture.platform in {None, platform.name}


def is_fact_command(typed: str) -> bool:
    """Return whether a command prints facts that some reader knows."""
    command = asked(typed)
    return any(known.command.search(command) for platform in platforms().values() for known in platform.facts)


def has_lines_of_facts(text: str) -> bool:
    """Return whether a text has lines that only outputs with facts have."""
    head = text[:_HEAD]
    formats = chain.from_iterable((*platform.facts, platform.bgp_table) for platform in platforms().values())
    return any(known.detect.search(head) for known in formats if known and known.detect)
