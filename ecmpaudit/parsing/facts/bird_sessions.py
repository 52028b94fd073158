"""BGP sessions of BIRD: `show protocols all`.

BIRD 2 and 3 have a channel for each address family; BIRD 1.6 has none and carries the family of the neighbour's
address. A plain `show protocols` names neither, so no session is read from it.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model.addressing import DEFAULT_VRF, family_of
from ecmpaudit.model.facts import Answer, BgpSession, Facts, Setting
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.columnar import numbered_lines
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, evidence, host_of, unparsed
from ecmpaudit.parsing.outside_values import as_number, whole_number
from ecmpaudit.parsing.template import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_CHANNELS = {"ipv4": 4, "ipv6": 6}
_ROUTES = re.compile(r"(?<!\d)(\d+) imported(?:, \d+ filtered)?, (\d+) exported")
_STATES = frozenset({"Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established", "Close", "Passive", "Down"})
_LIMITS = frozenset({"Import limit", "Receive limit"})
_NOT_NEGOTIATED = "NoNeg"
"""FRR's word for a session that is up without this family; BIRD then keeps the family's channel down."""

KERNEL_EXPORT = "kernel export"
"""The setting for what a kernel protocol exports."""

Row = dict[str, Any]


def read_protocols(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the sessions of `show protocols all`.

    Raises:
        UnknownFormatError: this is not that command's output.
        DamagedOutputError: a number in it cannot be.
    """
    if resolved.template is None:
        raise UnknownFormatError(f"{capture.source}: `show protocols all` needs its template")
    rows = read_rows(resolved.template, numbered_lines(capture.text)).to_dicts()
    lines = tuple(unparsed(capture, row["line"], row["UNPARSED"]) for row in rows if row["UNPARSED"])
    texts = capture.text.split("\n")
    groups = list(_by_protocol(row for row in rows if row["NAME"] and not row["UNPARSED"]))
    filters = tuple(setting for group in groups for setting in _kernel_filters(group, texts, capture))
    of_bgp = (group for group in groups if group[0]["PROTOCOL"] == "BGP")
    sessions = tuple(session for group in of_bgp for session in _of_protocol(group, texts, capture))
    is_complete = bool(groups) and not lines and resolved.whole
    answered = _answers(capture, resolved, groups) if is_complete else frozenset()
    return CaptureFacts(Facts(sessions=sessions, settings=filters, answered=answered), unparsed=lines)


def _answers(capture: Capture, resolved: Resolved, groups: Sequence[Sequence[Row]]) -> frozenset[Answer]:
    """BIRD 2 has both families; a BIRD 1.6 has one, which follows from its sessions or from the program's name."""
    host = host_of(capture)
    if any(row["CHANNEL"] for group in groups for row in group):
        return frozenset({(host, Question.SESSIONS, None)})
    families = {family_of(value) for group in groups if (value := _value(group, "Neighbor address"))}
    if resolved.family is not None:
        families = {resolved.family}
    return frozenset((host, Question.SESSIONS, family) for family in families)


def _kernel_filters(group: Sequence[Row], texts: Sequence[str], capture: Capture) -> Iterator[Setting]:
    """Yield what a kernel protocol exports, by family: `ACCEPT`, `REJECT`, or the filter's name."""
    if group[0]["PROTOCOL"] != "Kernel":
        return
    for row in group:
        if row["KEY"] == "Output filter" and row["CHANNEL"] in {"", *_CHANNELS}:
            place = evidence(capture, row["line"], texts[row["line"] - 1])
            yield Setting(host_of(capture), KERNEL_EXPORT, row["VALUE"], place, family=_CHANNELS.get(row["CHANNEL"]))


def _by_protocol(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """A row without key and with an empty channel begins a protocol."""
    group: list[Row] = []
    for row in rows:
        if not (row["KEY"] or row["CHANNEL"]):
            if group:
                yield group
            group = []
        group.append(row)
    if group:
        yield group


def _of_protocol(group: Sequence[Row], texts: Sequence[str], capture: Capture) -> tuple[BgpSession, ...]:
    try:
        return tuple(_sessions(group, texts, capture))
    except ValueError as error:
        place = evidence(capture, group[0]["line"], "")
        raise DamagedOutputError(f"{place.source}:{place.line}: {error}") from error


def _sessions(group: Sequence[Row], texts: Sequence[str], capture: Capture) -> Iterator[BgpSession]:
    head = group[0]
    address = _value(group, "Neighbor address")
    channels = {row["CHANNEL"]: _CHANNELS[row["CHANNEL"]] for row in group if row["CHANNEL"] in _CHANNELS}
    if not channels and address and not any(row["CHANNEL"] for row in group):
        channels = {"": family_of(address)}
    state, error = _state(head["INFO"])
    state = _value(group, "BGP state") or state
    for channel, family in channels.items():
        of_channel = _value(group, "State", channel)
        routes = _ROUTES.search(_value(group, "Routes", channel) or "") if state == "Established" else None
        limit, action = _limit(group, channel)
        remote_as = _value(group, "Neighbor AS")
        yield BgpSession(
            host=host_of(capture),
            peer=address or head["NAME"],
            family=family,
            state=_NOT_NEGOTIATED if state == "Established" and of_channel == "DOWN" else state,
            evidence=evidence(capture, head["line"], texts[head["line"] - 1]),
            vrf=_value(group, "VRF") or DEFAULT_VRF,
            peer_name=head["NAME"],
            remote_as=as_number(remote_as, "Neighbor AS") if remote_as and remote_as[0].isdigit() else None,
            since=head["SINCE"],
            last_error=_value(group, "Last error") or error,
            accepted=whole_number(routes[1], "imported") if routes else None,
            sent=whole_number(routes[2], "exported") if routes else None,
            limit=limit,
            blocks_at_limit=action == "block",
            hold_time=_period(group, "Hold timer"),
            keepalive=_period(group, "Keepalive timer"),
        )


def _state(info: str) -> tuple[str, str | None]:
    """Split BIRD's last column: `Active        Socket: Connection refused`; one that is down has an error alone."""
    state, _, error = info.partition(" ")
    if state in _STATES:
        return state, error.strip() or None
    return "Down", info or None


def _limit(group: Sequence[Row], channel: str) -> tuple[int | None, str | None]:
    """Return the lowest limit of incoming routes, and what is done beyond it; one that only warns is none.

    The line of a limit is followed by that of its action.
    """
    rows = [row for row in group if row["CHANNEL"] == channel]
    limits = [
        (whole_number(row["VALUE"].partition(" ")[0], row["KEY"]), below["VALUE"])
        for row, below in pairwise(rows)
        if row["KEY"] in _LIMITS and below["KEY"] == "Action" and below["VALUE"] != "warn"
    ]
    return min(limits, default=(None, None))


def _period(group: Sequence[Row], key: str) -> int | None:
    """Return the seconds of a timer of which BIRD prints how much is left before: `5.091/9`."""
    period = (_value(group, key) or "").partition("/")[2]
    return whole_number(period, key) if period else None


def _value(group: Sequence[Row], key: str, channel: str | None = None) -> str | None:
    values = (row["VALUE"] for row in group if row["KEY"] == key and channel in {None, row["CHANNEL"]})
    return next(values, None)
