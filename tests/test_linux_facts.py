"""Addresses of hosts and hash policies of Linux, in each form of output, and facts of several outputs as one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.run import read_material
from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Capture, Evidence
from ecmpaudit.model.facts import BgpPath, BgpSession, Facts, Setting
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import all_facts
from ecmpaudit.parsing.facts.readers import read_facts

if TYPE_CHECKING:
    from ecmpaudit.parsing.facts.capture_facts import CaptureFacts


def read(command: str, text: str) -> CaptureFacts:
    return read_facts(Capture("node1", "frr", command, text, "answer", first_line=11))


TEXT = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    inet 127.0.0.1/8 scope host lo
2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.101/24 brd 192.0.2.255 scope global eth0
    inet6 2001:db8::101/64 scope global
3: tun0: <POINTOPOINT,UP,LOWER_UP> mtu 1500 qdisc noqueue state UNKNOWN group default qlen 500
    inet 10.0.0.1 peer 10.0.0.2/32 scope global tun0
4: kube-lb0: <BROADCAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc noqueue state UNKNOWN group default
    inet 198.51.100.7/32 scope global kube-lb0
"""
BRIEF = """\
lo               UNKNOWN        127.0.0.1/8
eth0@if5         UP             192.0.2.101/24 2001:db8::101/64
tun0             UNKNOWN        10.0.0.1/32
eth1             DOWN
kube-lb0         UNKNOWN        198.51.100.7/32
"""
JSON = [
    {"ifname": "lo", "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8}]},
    {
        "ifname": "eth0",
        "addr_info": [
            {"family": "inet", "local": "192.0.2.101", "prefixlen": 24},
            {"family": "inet6", "local": "2001:db8::101", "prefixlen": 64},
        ],
    },
    {"ifname": "tun0", "addr_info": [{"local": "10.0.0.1", "prefixlen": 32}, {"label": "x"}]},
    {"ifname": "eth1", "addr_info": []},
    {"ifname": "kube-lb0", "addr_info": [{"family": "inet", "local": "198.51.100.7", "prefixlen": 32}]},
]
ADDRESSES = [
    ("lo", "127.0.0.1/8"),
    ("eth0", "192.0.2.101/24"),
    ("eth0", "2001:db8::101/64"),
    ("tun0", "10.0.0.1/32"),
    ("kube-lb0", "198.51.100.7/32"),
]


@pytest.mark.parametrize(
    "command,text",
    [("ip address", TEXT), ("ip -br address", BRIEF), ("ip -j address", json.dumps(JSON, indent=1))],
    ids=["text", "brief", "JSON"],
)
def test_every_address_has_its_interface_and_those_of_services_are_no_own_ones(command: str, text: str) -> None:
    found = read(command, text)
    assert [(fact.interface, fact.address) for fact in found.facts.addresses] == ADDRESSES
    assert {fact.node for fact in found.facts.addresses} == {"node1"}
    assert found.own_addresses == ("192.0.2.101", "2001:db8::101", "10.0.0.1")
    assert found.facts.answered == {("node1", Question.ADDRESSES, None)}


def test_an_address_is_quoted_with_its_line() -> None:
    found = read("ip address", TEXT).facts.addresses
    assert [fact.evidence.line for fact in found] == [12, 15, 16, 18, 20]
    assert found[1].evidence.text == "inet 192.0.2.101/24 brd 192.0.2.255 scope global eth0"
    assert [fact.evidence.line for fact in read("ip -br address", BRIEF).facts.addresses] == [11, 12, 12, 13, 15]


@pytest.mark.parametrize(
    "text,error,reason",
    [
        ("", UnknownFormatError, "answer: empty, and every host has an interface with an address"),
        ("nonsense\n", UnknownFormatError, "answer: this is not the output of `ip address`"),
        ("2: eth0: <UP>\n    inet 192.0.2.999/24 scope global\n", DamagedOutputError, "answer:12: "),
        ("eth0 UP 192.0.2.1/33\n", DamagedOutputError, "answer:11: "),
        ('[{"ifname": "eth0", "addr_info": [{"local": "192.0.2.1"}]}]', DamagedOutputError, "answer: this is not the"),
        (
            '[{"ifname": "eth0", "addr_info": [{"local": "2001:db8::1", "prefixlen": 129}]}]',
            DamagedOutputError,
            "answer: this is not the output of `ip -j address`",
        ),
        ('[{"addr_info": [{"local": "192.0.2.1", "prefixlen": 24}]}]', DamagedOutputError, "answer: this is not the"),
    ],
)
def test_what_are_no_addresses_is_refused(text: str, error: type[Exception], reason: str) -> None:
    command = "ip -j address" if text.startswith("[") else "ip address"
    with pytest.raises(error) as refused:
        read(command, text)
    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize("device,is_known", [("kube-lb0", True), ("eth9", False)])
def test_a_device_for_services_that_does_not_exist_has_no_addresses(device: str, *, is_known: bool) -> None:
    found = read("ip address", f'Device "{device}" does not exist.\n')
    assert found.facts.addresses == ()
    assert bool(found.facts.answered) is is_known


POLICIES = "sysctl net.ipv4.fib_multipath_hash_policy net.ipv6.fib_multipath_hash_policy"


def test_hash_policies_are_of_each_family() -> None:
    found = read(POLICIES, "net.ipv4.fib_multipath_hash_policy = 1\nnet.ipv6.fib_multipath_hash_policy = 0\n")
    assert [(s.name, s.value, s.family, s.evidence.line) for s in found.facts.settings] == [
        ("fib_multipath_hash_policy", "1", 4, 11),
        ("fib_multipath_hash_policy", "0", 6, 12),
    ]
    assert found.facts.answered == {("node1", Question.HASH_POLICY, 4), ("node1", Question.HASH_POLICY, 6)}
    assert found.unparsed == ()


def test_a_policy_that_was_asked_for_and_not_answered_is_refused() -> None:
    with pytest.raises(UnknownFormatError, match=r"^answer: no value of net\.ipv6\.fib_multipath_hash_policy$"):
        read(POLICIES, "net.ipv4.fib_multipath_hash_policy = 1\n")


HASHES = (
    "sysctl net.ipv4.fib_multipath_hash_policy net.ipv4.fib_multipath_hash_fields net.ipv4.fib_multipath_hash_seed "
    "net.ipv6.fib_multipath_hash_policy net.ipv6.fib_multipath_hash_fields"
)
HASHED = """net.ipv4.fib_multipath_hash_policy = 3
net.ipv4.fib_multipath_hash_fields = 7
net.ipv4.fib_multipath_hash_seed = 4242
net.ipv6.fib_multipath_hash_policy = 3
net.ipv6.fib_multipath_hash_fields = 55
"""
"""As procps 4.0.2 printed them on Linux 6.18."""


def test_fields_are_of_each_family_and_the_seed_is_of_both() -> None:
    found = read(HASHES, HASHED)
    assert [(s.name, s.value, s.family) for s in found.facts.settings] == [
        ("fib_multipath_hash_policy", "3", 4),
        ("fib_multipath_hash_fields", "7", 4),
        ("fib_multipath_hash_seed", "4242", None),
        ("fib_multipath_hash_policy", "3", 6),
        ("fib_multipath_hash_fields", "55", 6),
    ]
    assert found.facts.answered == {("node1", Question.HASH_POLICY, 4), ("node1", Question.HASH_POLICY, 6)}
    assert found.unparsed == ()


def test_a_seed_that_was_cut_off_is_no_answer_and_one_that_the_kernel_does_not_have_is() -> None:
    without_seed = HASHED.replace("net.ipv4.fib_multipath_hash_seed = 4242\n", "")
    with pytest.raises(UnknownFormatError, match=r"^answer: no value of net\.ipv4\.fib_multipath_hash_seed$"):
        read(HASHES, without_seed)
    said = "sysctl: cannot stat /proc/sys/net/ipv4/fib_multipath_hash_seed: No such file or directory"
    capture = Capture("node1", "linux", HASHES, without_seed, "ssh node1", failure=f"exit status 1: {said}")
    material = read_material([capture])
    assert [s.name for s in material.facts.settings] == ["fib_multipath_hash_policy", "fib_multipath_hash_fields"] * 2
    assert material.facts.not_answered == ()
    assert ("node1", Question.HASH_POLICY, 4) in material.facts.answered


def test_other_lines_of_policies_are_not_understood_but_for_those_of_sysctl() -> None:
    text = "sysctl: x\n\nnonsense\nnet.ipv4.fib_multipath_hash_policy = 1\n"
    found = read("sysctl net.ipv4.fib_multipath_hash_policy", text)
    assert [(line.line, line.text) for line in found.unparsed] == [(13, "nonsense")]


# Facts of several outputs


def line(number: int) -> Evidence:
    return Evidence("answer", number, "a line")


def session(number: int, **values: Any) -> BgpSession:
    return replace(BgpSession("tor1", "192.0.2.1", 4, "Active", line(number)), **values)


def test_one_of_several_equal_facts_is_kept_with_its_first_line() -> None:
    first, second = Setting("tor1", "relax", "on", line(1)), Setting("tor1", "relax", "on", line(2))
    other = Setting("tor1", "relax", "off", line(3))
    joined = all_facts([Facts(settings=(first,)), Facts(settings=(second, other))])
    assert joined.settings == (first, other)


@pytest.mark.parametrize(
    "second,joined",
    [
        pytest.param({"last_error": "Cease"}, {"peer_name": "node1", "last_error": "Cease"}, id="adds"),
        pytest.param({"peer_name": "rack 1"}, {"peer_name": "node1"}, id="does not overrule"),
        pytest.param(
            {"state": "Idle", "last_error": "x"}, {"peer_name": "node1", "last_error": "x"}, id="adds while it is down"
        ),
        pytest.param({"state": "Established", "limit": 10}, {"peer_name": "node1"}, id="once it is up, adds nothing"),
    ],
)  # fmt: skip
def test_a_second_output_adds_what_the_first_left_out(second: dict[str, Any], joined: dict[str, Any]) -> None:
    outputs = [Facts(sessions=(session(1, peer_name="node1"),)), Facts(sessions=(session(2, **second),))]
    assert all_facts(outputs).sessions == (session(1, **joined),)


@pytest.mark.parametrize("other", [{"host": "tor2"}, {"vrf": "red"}, {"peer": "192.0.2.2"}, {"family": 6}])
def test_sessions_of_other_hosts_vrfs_peers_and_families_are_others(other: dict[str, Any]) -> None:
    outputs = [Facts(sessions=(session(1),)), Facts(sessions=(session(2, **other),))]
    assert all_facts(outputs).sessions == (session(1), session(2, **other))


def test_the_first_output_with_paths_to_a_prefix_has_them_all() -> None:
    def path(prefix: str, next_hop: str, number: int, vrf: str = "default") -> BgpPath:
        return BgpPath("tor1", prefix, next_hop, line(number), vrf=vrf)

    one, two = path("198.51.100.7/32", "192.0.2.1", 1), path("198.51.100.7/32", "192.0.2.2", 2)
    later = path("198.51.100.7/32", "192.0.2.3", 3)
    others = path("2001:db8::7/128", "fe80::1", 4), path("198.51.100.7/32", "192.0.2.3", 5, "red")
    joined = all_facts([Facts(paths=(one, two)), Facts(paths=(later, *others))])
    assert joined.paths == (one, two, *others)
