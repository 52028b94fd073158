"""BGP sessions in the words of each daemon: every value of a session, and which questions an output answers."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.errors import DamagedOutputError
from ecmpaudit.model import Capture
from ecmpaudit.model.facts import BgpSession
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.readers import read_facts

if TYPE_CHECKING:
    from ecmpaudit.parsing.facts.capture_facts import CaptureFacts

DEFAULTS = {field.name: field.default for field in fields(BgpSession)} | {"host": "tor1"}


def read(command: str | None, text: str, platform: str = "frr") -> CaptureFacts:
    return read_facts(Capture("tor1", platform, command, text, "answer", first_line=11))


def values(read_: CaptureFacts) -> list[dict[str, Any]]:
    """Return the values of each session that are not the default ones, without its evidence."""
    return [
        {
            field.name: getattr(session, field.name)
            for field in fields(BgpSession)
            if field.name != "evidence" and getattr(session, field.name) != DEFAULTS[field.name]
        }
        for session in read_.facts.sessions
    ]


def answered(read_: CaptureFacts, question: Question = Question.SESSIONS) -> set[int | None]:
    """Return the families for which a question is answered."""
    return {family for host, asked, family in read_.facts.answered if (host, asked) == ("tor1", question)}


# FRR: show bgp summary

SUMMARY = """\

IPv4 Unicast Summary (VRF default):
BGP router identifier 192.0.2.254, local AS number 64496 vrf-id 0
Neighbor          V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc
node1(192.0.2.1)  4      64512        12        13        0    0    0 00:12:30            2        3 rack 1
192.0.2.2         4       1.10        12        13        0    0    0 1d02h03m     (Policy) (Policy) N/A
192.0.2.3         4      64512         0         0        0    0    0    never       Active        0 rack 4
*192.0.2.4        4      64512         0         0        0    0    0 00:01:00 Idle (Admin)        0 N/A
a-very-long-name-of-a-node(192.0.2.5)
                  4      64512        12        13        0    0    0 00:12:30            0        0 N/A

IPv6 Unicast Summary (VRF blue):
Neighbor          V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc
2001:db8::1       4      64512        12        13        0    0    0 00:12:30            1        1 n/a
eth1              4      64512        12        13        0    0    0 00:12:30        NoNeg    NoNeg N/A

L2VPN EVPN Summary (VRF default):
Neighbor          V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc
192.0.2.1         4      64512        12        13        0    0    0 00:12:30            7        7 N/A
"""


def test_a_summary_of_frr_has_every_session() -> None:
    found = read("vtysh -c 'show bgp vrf all summary'", SUMMARY)
    assert values(found) == [
        {
            "peer": "192.0.2.1",
            "family": 4,
            "state": "Established",
            "peer_name": "node1",
            "remote_as": 64512,
            "since": "00:12:30",
            "accepted": 2,
            "sent": 3,
        },
        {
            "peer": "192.0.2.2",
            "family": 4,
            "state": "Established",
            "remote_as": 65546,
            "since": "1d02h03m",
            "accepted": 0,
            "detail": "Policy",
        },
        {"peer": "192.0.2.3", "family": 4, "state": "Active", "peer_name": "rack 4", "remote_as": 64512},
        {
            "peer": "192.0.2.4",
            "family": 4,
            "state": "Idle",
            "remote_as": 64512,
            "since": "00:01:00",
            "detail": "Admin",
        },
        {
            "peer": "192.0.2.5",
            "family": 4,
            "state": "Established",
            "remote_as": 64512,
            "since": "00:12:30",
            "accepted": 0,
            "sent": 0,
        },
        {
            "peer": "2001:db8::1",
            "family": 6,
            "state": "Established",
            "vrf": "blue",
            "remote_as": 64512,
            "since": "00:12:30",
            "accepted": 1,
            "sent": 1,
        },
        {"peer": "eth1", "family": 6, "state": "NoNeg", "vrf": "blue", "remote_as": 64512, "since": "00:12:30"},
    ]
    assert [session.evidence.line for session in found.facts.sessions] == [15, 16, 17, 18, 20, 24, 25]
    assert answered(found) == {4, 6}


@pytest.mark.parametrize(
    "command,families",
    [
        ("vtysh -c 'show bgp vrf all summary'", {4, 6}),
        ("vtysh -c 'show bgp ipv6 unicast summary'", {6}),
        ("vtysh -c 'show ip bgp summary'", {4}),
        (None, {4, 6, 0}),
        ("vtysh -c 'show bgp summary established'", set()),
    ],
)
def test_a_summary_answers_for_the_families_that_were_asked_for(command: str | None, families: set[int]) -> None:
    assert answered(read(command, SUMMARY)) == families


@pytest.mark.parametrize(
    "text,families",
    [("% No BGP neighbors found in VRF default\n", {4, 6}), ("% BGP instance not found\n", set()), ("", set())],
)
def test_a_summary_without_sessions_answers_where_it_says_that_there_are_none(text: str, families: set[int]) -> None:
    found = read("vtysh -c 'show bgp vrf all summary'", text)
    assert (values(found), answered(found)) == ([], families)


@pytest.mark.parametrize("peer,family", [("192.0.2.1", 4), ("2001:db8::1", 6)])
def test_without_a_heading_a_session_is_of_its_peers_family(peer: str, family: int) -> None:
    line = f"{peer} 4 64512 12 13 0 0 0 00:12:30 2\n"
    assert [(s.peer, s.family, s.sent) for s in read("show ip bgp summary", line).facts.sessions] == [
        (peer, family, None)
    ]


def test_the_vrf_of_a_command_counts_where_the_output_names_none() -> None:
    line = "192.0.2.1 4 64512 12 13 0 0 0 00:12:30 2 1 N/A\n"
    (session,) = read("show bgp vrf red summary", line).facts.sessions
    assert session.vrf == "red"


def test_a_number_that_cannot_be_is_reported_with_its_line() -> None:
    with pytest.raises(DamagedOutputError, match=r"^answer:15: AS: expected a number from 0 to 4294967295"):
        read("show bgp summary", SUMMARY.replace("64512", "4294967296", 1))


# FRR: show bgp summary json


def of_json(command: str, document: object) -> CaptureFacts:
    return read(command, json.dumps(document, indent=1))


UP = {"remoteAs": 64512, "state": "Established", "peerUptime": "00:12:30", "pfxRcd": 2, "pfxSnt": 3}


def test_a_summary_as_json_has_the_sessions_of_each_vrf_and_family() -> None:
    found = of_json(
        "show bgp vrf all summary json",
        {
            "default": {
                "ipv4Unicast": {
                    "vrfName": "Default",
                    "bestPath": {"multiPathRelax": "true"},
                    "peers": {
                        "192.0.2.1": {**UP, "hostname": "node1", "desc": "rack 1", "peerState": "OK"},
                        "192.0.2.2": {**UP, "peerState": "Policy", "desc": "rack 2"},
                        "192.0.2.3": {"remoteAs": "1.10", "state": "Idle (Admin)", "peerUptime": "never"},
                        "192.0.2.4": {"state": "Active", "prefixReceivedCount": 5, "pfxSnt": 5},
                    },
                },
                "l2VpnEvpn": {"peers": {"192.0.2.1": UP}},
            },
            "red": {
                "ipv6Unicast": {
                    "vrfName": "red",
                    "bestPath": {"multiPathRelax": False},
                    "peers": {"2001:db8::1": {"state": "Established", "prefixReceivedCount": 5}},
                }
            },
        },
    )
    up = {"family": 4, "state": "Established", "remote_as": 64512, "since": "00:12:30", "accepted": 2}
    assert values(found) == [
        {"peer": "192.0.2.1", **up, "sent": 3, "peer_name": "node1"},
        {"peer": "192.0.2.2", **up, "peer_name": "rack 2", "detail": "Policy"},
        {"peer": "192.0.2.3", "family": 4, "state": "Idle", "remote_as": 65546, "detail": "Admin"},
        {"peer": "192.0.2.4", "family": 4, "state": "Active"},
        {"peer": "2001:db8::1", "family": 6, "state": "Established", "vrf": "red", "accepted": 5},
    ]
    assert {(setting.vrf, setting.value) for setting in found.facts.settings} == {("default", "on"), ("red", "off")}
    assert answered(found) == {4, 6}


@pytest.mark.parametrize(
    "command,kind,family",
    [
        ("show bgp ipv4 unicast summary json", "ipv4", 4),
        ("show bgp ipv6 unicast summary json", "ipv6", 6),
        ("show bgp summary json", "ipv4", 4),
        ("show bgp summary json", "ipv6", 6),
    ],
)
def test_the_one_family_of_a_summary_is_that_of_the_command_or_of_its_peers(
    command: str, kind: str, family: int
) -> None:
    found = of_json(command, {"vrfName": "blue", "peers": {"eth1": {**UP, "idType": kind}}})
    assert [(session.family, session.vrf) for session in found.facts.sessions] == [(family, "blue")]


@pytest.mark.parametrize(
    "document,families",
    [({}, {4, 6}), ({"ipv4Unicast": {"peers": {}}}, {4, 6}), ({"warning": "no BGP"}, set())],
    ids=["no instance", "no peers", "something else"],
)
def test_a_summary_as_json_without_sessions_answers_where_it_is_one(
    document: dict[str, Any], families: set[int]
) -> None:
    found = of_json("show bgp vrf all summary json", document)
    assert (values(found), answered(found)) == ([], families)


# FRR: show bgp neighbors json


def test_neighbors_as_json_have_errors_limits_and_what_was_negotiated() -> None:
    reset = {"lastResetDueTo": "BGP Notification received", "lastNotificationReason": "Cease/Administrative Shutdown"}
    found = of_json(
        "show bgp vrf all neighbors json",
        {
            "default": {
                "vrfId": 0,
                "vrfName": "default",
                "192.0.2.1": {
                    "remoteAs": 64512,
                    "nbrDesc": "rack 1",
                    "hostname": "node1",
                    "bgpState": "Established",
                    "bgpTimerUpString": "00:12:30",
                    "bgpTimerHoldTimeMsecs": 9000,
                    "bgpTimerKeepAliveIntervalMsecs": 3000,
                    "peerBfdInfo": {"type": "single hop", "detectMultiplier": 3, "status": "Up"},
                    **reset,
                    "neighborCapabilities": {
                        "multiprotocolExtensions": {"ipv4Unicast": {"advertisedAndReceived": True}},
                    },
                    "addressFamilyInfo": {
                        "ipv4Unicast": {"acceptedPrefixCounter": 2, "sentPrefixCounter": 3, "prefixAllowedMax": 50},
                        "ipv6Unicast": {"acceptedPrefixCounter": 0, "sentPrefixCounter": 0},
                        "l2VpnEvpn": {"acceptedPrefixCounter": 9},
                    },
                },
            },
            "red": {
                "2001:db8::1": {
                    "hostname": "Unknown",
                    "bgpState": "Active",
                    "bgpTimerHoldTimeMsecs": 180000,
                    "bgpTimerUpString": "never",
                    **reset,
                    "addressFamilyInfo": {
                        "ipv6Unicast": {
                            "acceptedPrefixCounter": 2,
                            "sentPrefixCounter": 3,
                            "prefixAllowedMax": 50,
                            "prefixAllowedMaxWarning": True,
                        }
                    },
                },
                "2001:db8::2": {
                    "hostname": "node2",
                    "bgpState": "Idle",
                    "lastResetDueTo": "Hold Timer Expired",
                    "addressFamilyInfo": {"ipv6Unicast": {}},
                },
                "2001:db8::3": {
                    "bgpState": "Idle",
                    "lastNotificationReason": "Cease",
                    "addressFamilyInfo": {"ipv6Unicast": {}},
                },
            },
        },
    )
    up = {
        "peer": "192.0.2.1",
        "state": "Established",
        "peer_name": "rack 1",
        "remote_as": 64512,
        "since": "00:12:30",
    }
    timers = {"hold_time": 9, "keepalive": 3, "uses_bfd": True}
    assert values(found) == [
        {**up, "family": 4, "accepted": 2, "sent": 3, "limit": 50, "is_negotiated": True, **timers},
        {**up, "family": 6, "accepted": 0, "sent": 0, "is_negotiated": False, **timers},
        {
            "peer": "2001:db8::1",
            "family": 6,
            "state": "Active",
            "vrf": "red",
            "last_error": "BGP Notification received: Cease/Administrative Shutdown",
            "uses_bfd": False,
        },
        {
            "peer": "2001:db8::2",
            "family": 6,
            "state": "Idle",
            "vrf": "red",
            "peer_name": "node2",
            "last_error": "Hold Timer Expired",
            "uses_bfd": False,
        },
        {
            "peer": "2001:db8::3", "family": 6, "state": "Idle", "vrf": "red", "last_error": "Cease", "uses_bfd": False
        },
    ]  # fmt: skip
    assert answered(found, Question.SESSION_DETAILS) == {None}


# BIRD: show protocols all

PROTOCOLS = """\
BIRD 2.0.12 ready.
Name       Proto      Table      State  Since         Info
device1    Device     ---        up     10:00:00.000
node1      BGP        ---        up     10:00:00.000  Established
  Description:    rack 1
  BGP state:          Established
    Neighbor address: 192.0.2.1
    Neighbor AS:      64512
  Channel ipv4
    State:          UP
    Routes:         12 imported, 4 filtered, 3 exported, 2 preferred
    Import limit:   20
      Action:       block
  Channel ipv6
    State:          DOWN
node2      BGP        ---        start  10:00:05.000  Active        Socket: Connection refused
  BGP state:          Active
    Neighbor address: 2001:db8::2
    Neighbor AS:      internal
  VRF:            blue
  Last error:       Received: Hold timer expired
  Channel ipv6
    State:          DOWN
    Routes:         12 imported, 3 exported, 2 preferred
node3      BGP        ---        down   10:00:09.000  Socket: No route to host
  Channel ipv4
    State:          DOWN
node4      BGP        ---        down   10:00:09.000
  Channel ipv4
    State:          DOWN
"""


def test_protocols_of_bird_2_have_a_session_for_each_channel() -> None:
    found = read("birdc -r 'show protocols all'", PROTOCOLS, "bird")
    one = {"peer": "192.0.2.1", "peer_name": "node1", "remote_as": 64512, "since": "10:00:00.000"}
    assert values(found) == [
        {
            **one,
            "family": 4,
            "state": "Established",
            "accepted": 12,
            "sent": 3,
            "limit": 20,
            "blocks_at_limit": True,
        },
        {**one, "family": 6, "state": "NoNeg"},
        {
            "peer": "2001:db8::2",
            "family": 6,
            "state": "Active",
            "vrf": "blue",
            "peer_name": "node2",
            "since": "10:00:05.000",
            "last_error": "Received: Hold timer expired",
        },
        {
            "peer": "node3",
            "family": 4,
            "state": "Down",
            "peer_name": "node3",
            "since": "10:00:09.000",
            "last_error": "Socket: No route to host",
        },
        {"peer": "node4", "family": 4, "state": "Down", "peer_name": "node4", "since": "10:00:09.000"},
    ]
    assert [session.evidence.line for session in found.facts.sessions] == [14, 14, 26, 35, 38]
    assert answered(found) == {None}


def test_the_error_in_the_last_column_counts_where_there_is_no_other() -> None:
    text = PROTOCOLS.replace("  Last error:       Received: Hold timer expired\n", "")
    errors = [session.last_error for session in read("birdc show protocols all", text, "bird").facts.sessions]
    assert errors == [None, None, "Socket: Connection refused", "Socket: No route to host", None]


BIRD_1 = """\
BIRD 1.6.8 ready.
name     proto    table    state  since       info
node1    BGP      master   up     10:00:00    Established
  Preference:     100
  Routes:         2 imported, 1 exported, 2 preferred
  BGP state:          Established
    Neighbor address: {address}
    Neighbor AS:      64512
"""


@pytest.mark.parametrize(
    "command,address,families",
    [
        ("birdc show protocols all", "192.0.2.1", {4}),
        ("birdc show protocols all", "2001:db8::1", {6}),
        ("birdc6 show protocols all", "192.0.2.1", {6}),
    ],
)
def test_a_session_of_bird_1_is_of_its_peers_family(command: str, address: str, families: set[int]) -> None:
    found = read(command, BIRD_1.format(address=address), "bird")
    (session,) = found.facts.sessions
    assert (session.peer, session.family, session.state) == (address, 6 if ":" in address else 4, "Established")
    assert (session.accepted, session.sent) == (2, 1)
    assert answered(found) == families


@pytest.mark.parametrize(
    "command,text",
    [
        ("birdc show protocols all", "BIRD 2.0.12 ready.\n"),
        ("birdc show protocols all", f"{PROTOCOLS}nonsense\n"),
        ("birdc show protocols all node1", PROTOCOLS),
    ],
    ids=["no protocol", "a line that is not understood", "one protocol"],
)
def test_protocols_that_are_not_all_leave_the_question_open(command: str, text: str) -> None:
    assert answered(read(command, text, "bird")) == set()


# GoBGP: gobgp neighbor -j


def gobgp(**changes: Any) -> CaptureFacts:
    entry: dict[str, Any] = {
        "conf": {"neighbor_address": "192.0.2.9", "description": "rack 1", "peer_asn": 64512},
        "state": {"neighbor_address": "192.0.2.1", "session_state": 6},
        "timers": {"state": {"uptime": {"seconds": 1_767_225_600}, "downtime": {"seconds": 1_767_225_660}}},
        "afi_safis": [
            {
                "config": {"family": {"afi": 1, "safi": 1}},
                "state": {"accepted": 2, "advertised": 3},
                "prefix_limits": {"max_prefixes": 50},
            },
            {"config": {"family": {"afi": 2, "safi": 1}}},
            {"config": {"family": {"afi": 1, "safi": 128}}},
            {"config": {"family": {"afi": 25, "safi": 1}}},
        ],
    }
    return read("gobgp neighbor -j", json.dumps([entry | changes]), "gobgp")


def test_neighbors_of_gobgp_have_a_session_for_each_unicast_family() -> None:
    up = {
        "peer": "192.0.2.1",
        "state": "Established",
        "peer_name": "rack 1",
        "remote_as": 64512,
        "since": "2026-01-01 00:00:00 UTC",
    }
    assert values(gobgp()) == [
        {**up, "family": 4, "accepted": 2, "sent": 3, "limit": 50},
        {**up, "family": 6, "accepted": 0},
    ]
    assert answered(gobgp()) == {None}


def test_a_session_of_gobgp_that_went_down_counts_nothing_and_has_the_time_when_it_did() -> None:
    found = gobgp(state={"session_state": 3, "admin_state": 1})
    assert values(found)[0] == {
        "peer": "192.0.2.9",
        "family": 4,
        "state": "Active",
        "peer_name": "rack 1",
        "remote_as": 64512,
        "since": "2026-01-01 00:01:00 UTC",
        "limit": 50,
        "detail": "Admin",
    }


@pytest.mark.parametrize(
    "number,state", [(0, "Unknown"), (1, "Idle"), (2, "Connect"), (4, "OpenSent"), (5, "OpenConfirm")]
)
def test_states_of_gobgp_are_numbers(number: int, state: str) -> None:
    assert {session.state for session in gobgp(state={"session_state": number}).facts.sessions} == {state}


def test_a_session_of_gobgp_that_never_was_up_has_no_time() -> None:
    timers = {"state": {"downtime": {"seconds": 1_767_225_660}}}
    assert {session.since for session in gobgp(timers=timers).facts.sessions} == {None}


@pytest.mark.parametrize(
    "changes",
    [
        {"state": {"session_state": 7}},
        {"timers": {"state": {"uptime": {"seconds": 253_402_300_800}}}},
        {"conf": {"neighbor_address": "192.0.2.9", "peer_asn": 4_294_967_296}},
        {"afi_safis": {}},
    ],
    ids=["state", "time", "AS", "families"],
)
def test_values_of_gobgp_that_cannot_be_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(DamagedOutputError, match="this is not `gobgp neighbor -j`"):
        gobgp(**changes)


def test_the_last_second_of_the_year_9999_is_a_time() -> None:
    timers = {"state": {"uptime": {"seconds": 253_402_300_799}}}
    assert {s.since for s in gobgp(timers=timers).facts.sessions} == {"9999-12-31 23:59:59 UTC"}


# Cilium: cilium-dbg bgp peers -o json


def test_a_peer_of_cilium_has_a_session_for_each_unicast_family_and_its_name_where_it_has_one() -> None:
    peer = {
        "families": [{"afi": "ipv4", "safi": "unicast", "accepted": 2, "advertised": 1}, {"afi": "l2vpn"}],
        "local-asn": 64513,
        "name": "tor1",
        "peer-address": "192.0.2.1",
        "peer-asn": 64512,
        "session-state": "established",
        "uptime-nanoseconds": 90 * 10**9,
    }
    other = {"families": [{"afi": "ipv6", "safi": "unicast"}], "name": "", "peer-address": "2001:db8::1"}
    found = values(read("cilium-dbg bgp peers -o json", json.dumps([peer, other]), "gobgp"))
    up = {"remote_as": 64512, "local_as": 64513, "since": "0:01:30", "accepted": 2, "sent": 1}
    assert found == [
        {"peer": "192.0.2.1", "family": 4, "state": "Established", "peer_name": "tor1", **up},
        {"peer": "2001:db8::1", "family": 6, "state": "Unknown"},
    ]
