r"""The part of the rules' notation about the facts of routers and nodes beside their route tables.

    tor1 answered BGP table
    tor1 bgp 198.51.100.7/32 via 192.0.2.3 from 192.0.2.3 localpref 50 aspath 64512 64513 origin IGP med 10 best
    tor1 session 192.0.2.3 ipv4 Active since 00:12:31 error "Connection refused" detail Admin name node3
    tor1 session 192.0.2.3 ipv4 Established accepted 8 limit 10 as 64512 hold 9
    tor1 adjacency 192.0.2.3 ipv4 Full/DROther
    tor1 neighbor 192.0.2.3 ipv4 prefix-list LB-IN route-map X limit 10 shutdown password ttl-security
    tor1 setting multipath-relax on
    node3 address 198.51.100.7/32 on kube-lb0
    node3 route 198.51.100.7/32 direct
    node3 answered exported routes to tor1
    node3 exports 198.51.100.7/32 to tor1
    node node3 unreachable
    node3 daemon silent "Unable to connect to server control socket"
    tor1 daemon bgpd silent "bgpd is not running"

`notation_forwarding` has the statements about what the kernel forwards with. Marks of a path are `best multipath stale
damped invalid inaccessible internal external`. Who answered a question, and named nothing, has nothing; the questions
are those of `ecmpaudit.model.facts`.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from ecmpaudit.model import Evidence, Facts
from ecmpaudit.model.facts import (
    Adjacency,
    BfdSession,
    BgpPath,
    BgpSession,
    ConfiguredGroup,
    Export,
    ExternalRoute,
    HostAddress,
    HostInterface,
    Neighbor,
    NeighborEntry,
    NextHopObject,
    NodeRoute,
    ObjectRoute,
    RipSource,
    Setting,
    SilentDaemon,
    TableUse,
)
from ecmpaudit.model.questions import Question
from tests.notation_forwarding import FORWARDING_STATEMENTS
from tests.notation_interior import INTERIOR_STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecmpaudit.model.fabric_links import FabricLink

_VRF = r"(?:vrf (?P<vrf>\S+) )?"
_FAMILY = r"(?P<family>ipv4|ipv6)"
_PATH_KEYS = ("via", "from", "localpref", "aspath", "med", "origin", "weight", "igp")
_PATH_MARKS = ("best", "multipath", "stale", "damped", "invalid", "inaccessible", "internal", "external")
_SESSION_KEYS = ("since", "error", "accepted", "limit", "detail", "name", "as", "hold")
_DEMANDS = {"password": "a password (MD5)", "ttl-security": "`ttl-security hops 1`"}
_NEIGHBOR_KEYS = ("prefix-list", "filter-list", "distribute-list", "route-map", "limit")


@dataclass
class FactsDraft:
    """The facts that have been read so far."""

    paths: list[BgpPath] = field(default_factory=list)
    sessions: list[BgpSession] = field(default_factory=list)
    neighbors: list[Neighbor] = field(default_factory=list)
    addresses: list[HostAddress] = field(default_factory=list)
    links: list[FabricLink] = field(default_factory=list)
    interfaces: list[HostInterface] = field(default_factory=list)
    node_routes: list[NodeRoute] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    adjacencies: list[Adjacency] = field(default_factory=list)
    external_routes: list[ExternalRoute] = field(default_factory=list)
    rip_sources: list[RipSource] = field(default_factory=list)
    silent_daemons: list[SilentDaemon] = field(default_factory=list)
    neighbor_entries: list[NeighborEntry] = field(default_factory=list)
    next_hop_objects: list[NextHopObject] = field(default_factory=list)
    object_routes: list[ObjectRoute] = field(default_factory=list)
    resilient_groups: list[ConfiguredGroup] = field(default_factory=list)
    bfd_sessions: list[BfdSession] = field(default_factory=list)
    table_uses: list[TableUse] = field(default_factory=list)
    answered: set[tuple[str, Question, int | None]] = field(default_factory=set)
    unreachable: set[str] = field(default_factory=set)
    export_lists: set[tuple[str, str, int | None]] = field(default_factory=set)

    def facts(self) -> Facts:
        """Return what has been read."""
        read = {known.name: getattr(self, known.name) for known in fields(Facts) if hasattr(self, known.name)}
        joined: dict[str, Any] = {
            name: frozenset(of) if isinstance(of, set) else tuple(of) for name, of in read.items()
        }
        return Facts(**joined)


def _read_answered(found: re.Match[str], draft: FactsDraft) -> None:
    draft.answered.add((found["host"], Question(found["question"]), _family(found["family"])))


def _read_export_list(found: re.Match[str], draft: FactsDraft) -> None:
    draft.answered.add((found["host"], Question.EXPORTS, None))
    draft.export_lists.add((found["host"], found["session"], None))


def _read_unreachable(found: re.Match[str], draft: FactsDraft) -> None:
    draft.unreachable.add(found["host"])


def _read_silent_daemon(found: re.Match[str], draft: FactsDraft) -> None:
    draft.silent_daemons.append(SilentDaemon(found["host"], found["words"], _evidence(found), found["daemon"]))


def _read_path(found: re.Match[str], draft: FactsDraft) -> None:
    words, marks = _words(found["rest"], _PATH_KEYS, _PATH_MARKS)
    hops = words["via"].split()
    draft.paths.append(
        BgpPath(
            found["host"],
            str(ip_network(found["prefix"])),
            hops[0],
            _evidence(found),
            vrf=found["vrf"] or "default",
            other_next_hop=hops[1] if hops[1:] else None,
            peer=words.get("from"),
            is_valid=marks.isdisjoint({"invalid", "damped"}),
            is_damped="damped" in marks,
            is_best="best" in marks,
            is_multipath="multipath" in marks,
            is_stale="stale" in marks,
            is_internal="internal" in marks if marks & {"internal", "external"} else None,
            is_accessible="inaccessible" not in marks,
            weight=_number(words, "weight"),
            local_preference=_number(words, "localpref"),
            as_path=words.get("aspath"),
            origin=words.get("origin"),
            med=_number(words, "med"),
            igp_metric=_number(words, "igp"),
        )
    )


def _read_session(found: re.Match[str], draft: FactsDraft) -> None:
    words, marks = _words(found["rest"], _SESSION_KEYS, ("negotiated", "not-negotiated", "internal"))
    draft.sessions.append(
        BgpSession(
            found["host"],
            found["peer"],
            int(found["family"][-1]),
            found["state"],
            _evidence(found),
            vrf=found["vrf"] or "default",
            peer_name=words.get("name"),
            remote_as=_number(words, "as"),
            local_as=_number(words, "as") if "internal" in marks else None,
            since=words.get("since"),
            last_error=words.get("error"),
            accepted=_number(words, "accepted"),
            limit=_number(words, "limit"),
            hold_time=_number(words, "hold"),
            detail=words.get("detail"),
            is_negotiated=False if "not-negotiated" in marks else True if "negotiated" in marks else None,
        )
    )


def _read_neighbor(found: re.Match[str], draft: FactsDraft) -> None:
    words, marks = _words(found["rest"], _NEIGHBOR_KEYS, ("shutdown", "all-paths", "client", *_DEMANDS))
    draft.neighbors.append(
        Neighbor(
            found["host"],
            found["peer"],
            int(found["family"][-1]),
            _evidence(found),
            vrf=found["vrf"] or "default",
            is_shutdown="shutdown" in marks,
            route_map_in=words.get("route-map"),
            prefix_list_in=words.get("prefix-list"),
            filter_list_in=words.get("filter-list"),
            distribute_list_in=words.get("distribute-list"),
            limit=_number(words, "limit"),
            demands=tuple(_DEMANDS[mark] for mark in _DEMANDS if mark in marks),
            is_sent_all_paths="all-paths" in marks,
            is_client="client" in marks,
        )
    )


def _read_adjacency(found: re.Match[str], draft: FactsDraft) -> None:
    draft.adjacencies.append(
        Adjacency(
            found["host"],
            int(found["family"][-1]),
            found["neighbor"],
            found["state"],
            _evidence(found),
            vrf=found["vrf"] or "default",
        )
    )


def _read_address(found: re.Match[str], draft: FactsDraft) -> None:
    draft.addresses.append(HostAddress(found["host"], found["interface"], found["address"], _evidence(found)))
    _read_interface(found, draft)


def _read_interface(found: re.Match[str], draft: FactsDraft) -> None:
    draft.interfaces.append(HostInterface(found["host"], found["interface"], _evidence(found)))


def _read_node_route(found: re.Match[str], draft: FactsDraft) -> None:
    prefix = str(ip_network(found["prefix"]))
    draft.node_routes.append(NodeRoute(found["host"], prefix, found["protocol"], _evidence(found)))


def _read_export(found: re.Match[str], draft: FactsDraft) -> None:
    draft.exports.append(
        Export(found["host"], str(ip_network(found["prefix"])), found["session"], _evidence(found)),
    )


def _read_setting(found: re.Match[str], draft: FactsDraft) -> None:
    family = _family(found["family"])
    draft.settings.append(
        Setting(found["host"], found["name"], found["value"], _evidence(found), found["vrf"] or "default", family)
    )


def _words(text: str, keys: tuple[str, ...], marks: tuple[str, ...]) -> tuple[dict[str, str], set[str]]:
    """Return the values by their key, and the marks; ValueError for a word that is neither."""
    words: dict[str, list[str]] = {}
    found: set[str] = set()
    key = None
    for word in shlex.split(text):
        if word in keys:
            key = word
            words[key] = []
        elif word in marks:
            found.add(word)
        elif key is not None:
            words[key].append(word)
        else:
            raise ValueError(f'"{word}" is no word here; expected one of {", ".join((*keys, *marks))}')
    return {key: " ".join(values) for key, values in words.items()}, found


def _number(words: dict[str, str], key: str) -> int | None:
    return int(words[key]) if key in words else None


def _family(name: str | None) -> int | None:
    return int(name[-1]) if name else None


def _evidence(found: re.Match[str]) -> Evidence:
    return Evidence("the example", 1, found[0])


_QUESTIONS = "|".join(re.escape(question.value) for question in Question)
_PREFIX = r"(?P<prefix>[0-9a-f.:]+/\d+)"


FACT_STATEMENTS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], FactsDraft], None]], ...] = (
    (re.compile(rf"(?P<host>\S+) answered (?P<question>{_QUESTIONS})(?: {_FAMILY})?"), _read_answered),
    (re.compile(rf"(?P<host>\S+) answered {Question.EXPORTS.value} to (?P<session>\S+)"), _read_export_list),
    (re.compile(r"node (?P<host>\S+) unreachable"), _read_unreachable),
    (re.compile(r'(?P<host>\S+) daemon (?:(?P<daemon>bgpd|zebra) )?silent "(?P<words>[^"]+)"'), _read_silent_daemon),
    *FORWARDING_STATEMENTS,
    *INTERIOR_STATEMENTS,
    (re.compile(rf"(?P<host>\S+) {_VRF}bgp {_PREFIX} (?P<rest>via .+)"), _read_path),
    (
        re.compile(rf"(?P<host>\S+) {_VRF}session (?P<peer>\S+) {_FAMILY} (?P<state>[A-Z]\S+)(?P<rest>.*)"),
        _read_session,
    ),
    (
        re.compile(rf"(?P<host>\S+) {_VRF}adjacency (?P<neighbor>\S+) {_FAMILY} (?P<state>\S+)"),
        _read_adjacency,
    ),
    (re.compile(rf"(?P<host>\S+) {_VRF}neighbor (?P<peer>\S+) {_FAMILY}(?P<rest>.*)"), _read_neighbor),
    (re.compile(rf"(?P<host>\S+) {_VRF}setting (?P<name>.+?)(?: {_FAMILY})? (?P<value>\S+)"), _read_setting),
    (re.compile(r"(?P<host>\S+) address (?P<address>\S+) on (?P<interface>\S+)"), _read_address),
    (re.compile(r"(?P<host>\S+) interface (?P<interface>\S+)"), _read_interface),
    (re.compile(rf"(?P<host>\S+) route {_PREFIX} (?P<protocol>\S+)"), _read_node_route),
    (re.compile(rf"(?P<host>\S+) exports {_PREFIX} to (?P<session>\S+)"), _read_export),
)
