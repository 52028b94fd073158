"""What was typed at a prompt: the command that reached a router, where it was sent, and what filtered its output."""

from __future__ import annotations

import pytest

from ecmpaudit.parsing.typed_commands import asked, asks_for_routes, filter_of, is_configuration, read_typed

ROUTES = "show ip route"


@pytest.mark.parametrize(
    "typed,place,command",
    [
        ("show ip route", None, ROUTES),
        ("  do show ip route  ", None, ROUTES),
        ("vtysh -c 'show ip route'", None, ROUTES),
        ('sudo vtysh -c "show ip route"', None, ROUTES),
        ("ssh tor1 vtysh -c 'show ip route'", "tor1", ROUTES),
        ("sudo ssh tor1 ip route", "tor1", "ip route"),
        ("ssh -p 2222 audit@tor1 \"vtysh -c 'show ip route'\"", "tor1", ROUTES),
        ("ssh 2001:db8::1 ip -6 route", "2001:db8::1", "ip -6 route"),
        ("docker exec -it frr1 vtysh -c 'show ip route'", "frr1", ROUTES),
        ("kubectl -n frr exec pod/frr-1 -c frr -- vtysh -c 'show ip route'", "frr-1", ROUTES),
        ("kubectl exec deploy/frr -- ip route", "frr", "ip route"),
        ("kubectl exec ds/frr -- ip route", "frr", "ip route"),
        ("ip netns exec blue ip route", "blue", "ip route"),
        ("ip -6 -n blue route show", "blue", "ip -6 route show"),
        ("ssh hv1 kubectl exec frr-1 -- ip netns exec blue ip route", "blue", "ip route"),
        ("ssh hv1 ssh hv2 ssh hv3 ssh hv4 ssh hv5 ip route", "hv4", "ssh hv5 ip route"),
        ("docker exec frr1 sh -c 'ip route'", "frr1", "ip route"),
        ("vtysh -N pop1 -c 'show ip route'", "pop1", ROUTES),
        ("gobgp -u 192.0.2.1 -p 50052 global rib", "192.0.2.1", "gobgp global rib"),
        ("gobgp --host=tor1 neighbor -j", "tor1", "gobgp neighbor -j"),
        ("ssh tor1 'ip route'", "tor1", "ip route"),
        ('ssh tor1 "ip -6 route"', "tor1", "ip -6 route"),
        ("ssh tor1 'ip route", "tor1", "'ip route"),
        ("ssh tor1 'ip route' x\"", "tor1", "'ip route' x\""),
    ],
)
def test_a_command_is_of_the_place_that_it_was_sent_to(typed: str, place: str | None, command: str) -> None:
    sent = read_typed(typed)
    assert (sent.place, sent.command) == (place, command)


def test_of_a_command_500_characters_are_read() -> None:
    assert read_typed("show ip route " + "x" * 600).command == "show ip route " + "x" * 486
    assert asked("show ip route " + "x" * 600) == "show ip route " + "x" * 486


@pytest.mark.parametrize(
    "typed,command",
    [
        ("vtysh -c 'show ip route' | include 192.0.2", "show ip route | include 192.0.2"),
        ("vtysh -c 'show ip route' | less", "show ip route"),
        ("show ip route | no-more", "show ip route"),
        ("birdc -r show route all", "show route all"),
        ("show route | json", "show route"),
        ("show ip route | begin 198", "show ip route | begin 198"),
    ],
)
def test_a_pipe_belongs_to_a_command_only_where_it_filters(typed: str, command: str) -> None:
    assert asked(typed) == command


@pytest.mark.parametrize(
    "command,found",
    [
        ("show ip route | include 192.0.2", "include 192.0.2"),
        ("show ip route | grep '2001:db8::'", "grep '2001:db8::"),
        ("show ip route", None),
        ("show ip route | no-more", None),
    ],
)
def test_a_filter_is_what_follows_the_pipe(command: str, found: str | None) -> None:
    assert filter_of(command) == found


@pytest.mark.parametrize(
    "command,configures,asks",
    [
        ("show ip route", False, True),
        ("show ipv6 route vrf blue", False, True),
        ("show routing route", False, True),
        ("display ip routing-table", False, True),
        ("netstat -rn", False, True),
        ("route -n", False, True),
        ("/ip route print", False, True),
        ("show ip route summary", False, False),
        ("show running-config", False, False),
        ("show version", False, False),
        ("ip route 0.0.0.0/0 192.0.2.4", True, False),
        ("ip route default 192.0.2.4", True, False),
        ("no ipv6 route vrf blue ::/0 2001:db8::4", True, False),
        ("ip -6 route add 2001:db8::/64 dev eth0", True, False),
        ("ip route get 192.0.2.1", True, False),
        ("ip route show", False, False),
    ],
)
def test_a_command_prints_routes_or_changes_them(command: str, *, configures: bool, asks: bool) -> None:
    assert (is_configuration(command), asks_for_routes(command)) == (configures, asks)
