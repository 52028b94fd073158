"""Which commands a scan sends: only what was asked for, only plain words, and nothing twice."""

from __future__ import annotations

import json
import re

from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.commands import Later, commands_after, commands_for, follow_ups_for
from ecmpaudit.collectors.target import Target
from ecmpaudit.model import Capture
from ecmpaudit.platforms.registry import ScanCommand, platforms

TABLE = ScanCommand("show bgp ipv4 unicast {pool} longer-prefixes json", family=4, whole="show bgp ipv4 unicast json")
EXPORTS = ScanCommand(
    "show route export {name}", after="show protocols", names=re.compile(r"^(\S+) +BGP +\S+ +up", re.MULTILINE)
)


def asked_after(answer: str, *, failure: str | None = None) -> tuple[str, ...]:
    """Return what is asked after an answer to `show protocols`."""
    return later_than(answer, failure=failure).asked


def later_than(answer: str, *, failure: str | None = None) -> Later:
    target = Target("node1", commands=("show protocols",), follow_ups=follow_ups_for([EXPORTS], ()))
    answers = [Capture("node1", "bird", "show protocols", answer, "ssh node1", failure=failure)]
    return commands_after(target, answers, AnswerBudget())


def test_pools_of_the_family_alone_are_asked_for() -> None:
    assert commands_for([TABLE], ["198.51.100.0/24", "2001:db8::/64"]) == (
        "show bgp ipv4 unicast 198.51.100.0/24 longer-prefixes json",
    )


def test_without_a_pool_the_whole_table_is_asked_for() -> None:
    assert commands_for([TABLE], []) == ("show bgp ipv4 unicast json",)


def test_pool_inside_another_is_not_asked_for_again() -> None:
    pools = ["198.51.100.7/32", "198.51.100.0/24", "198.51.100.0/24", "203.0.113.0/24"]
    assert [command.split()[4] for command in commands_for([TABLE], pools)] == ["198.51.100.0/24", "203.0.113.0/24"]


def test_a_command_after_another_needs_a_pattern_for_its_names() -> None:
    assert follow_ups_for([ScanCommand("show route export {name}", after="show protocols")], ()) == ()


def test_names_come_out_of_the_first_answer() -> None:
    answer = (
        "tor1  BGP  ---  up  10:00  Established\ntor2  BGP  ---  start  10:00  Active\nd1  Direct  ---  up  10:00\n"
    )
    assert asked_after(answer) == ("show route export tor1",)


def test_name_that_would_need_quoting_is_not_asked_about() -> None:
    for name in ("a'b", "$(reboot)", "a;b", "`id`", "-h", "a|b", 'x"'):
        assert asked_after(f"{name}  BGP  ---  up  10:00  Established\n") == ()


def test_only_an_address_is_put_in_where_another_word_would_be_a_subcommand() -> None:
    words = ["reset", "add", "192.0.2.1", "2001:db8::1", "192.0.2.999", "192.0.2.1/24", "fe80::1%eth0"]
    answer = "".join(f'{{"neighbor_address":"{word}","session_state":6}}\n' for word in words)
    follow_ups = follow_ups_for(platforms()["gobgp"].scan_node, ())
    target = Target("node1", commands=("gobgp neighbor -j",), follow_ups=follow_ups)
    later = commands_after(
        target, [Capture("node1", "gobgp", "gobgp neighbor -j", answer, "ssh node1")], AnswerBudget()
    )
    assert sorted({command.split()[2] for command in later.asked}) == ["192.0.2.1", "2001:db8::1"]


def test_frr_is_asked_for_what_it_sends_to_addresses_and_to_interfaces() -> None:
    """An unnumbered peer has the name of its interface, and carries both families."""
    after = "vtysh -c 'show bgp vrf all summary json'"
    peers = ["192.0.2.1", "2001:db8::1", "swp1", "eth0.100"]
    answer = json.dumps({"default": {"ipv4Unicast": {"peers": {p: {"state": "Established"} for p in peers}}}})
    target = Target("node1", commands=(after,), follow_ups=follow_ups_for(platforms()["frr"].scan_node, ()))
    later = commands_after(target, [Capture("node1", "frr", after, answer, "ssh node1")], AnswerBudget())
    assert sorted(re.findall(r"(ipv[46]) unicast neighbors (\S+)", "\n".join(later.asked))) == [
        ("ipv4", "192.0.2.1"),
        ("ipv4", "eth0.100"),
        ("ipv4", "swp1"),
        ("ipv6", "2001:db8::1"),
        ("ipv6", "eth0.100"),
        ("ipv6", "swp1"),
    ]


def _protocol(name: str, state: str, *below: str) -> str:
    """Return a protocol as `show protocols all` prints it."""
    return "\n".join([f"{name:<10} BGP        ---        up     14:18:58.952  {state}   ", *below, "", ""])


def exports_asked(protocols: str, *pools: str) -> tuple[str, ...]:
    """Return what a BIRD node is asked about its exports after an answer to `show protocols all`."""
    after = "birdc -r 'show protocols all'"
    target = Target("node1", commands=(after,), follow_ups=follow_ups_for(platforms()["bird"].scan_node, pools))
    captures = [Capture("node1", "bird", after, protocols, "ssh node1")]
    return commands_after(target, captures, AnswerBudget()).asked


CHANNELS = {f: (f"  Channel {f}", "    State:          UP", "    Preference:     100") for f in ("ipv4", "ipv6")}
IN_V4 = "where net ~ [ 198.51.100.0/24+, 203.0.113.0/24+ ]"
IN_V6 = "where net ~ [ 2001:db8:100::/64+ ]"
THREE_POOLS = ("198.51.100.0/24", "203.0.113.0/24", "2001:db8:100::/64")


def test_a_bird_node_is_asked_about_the_family_of_each_channel_alone() -> None:
    protocols = "".join(
        _protocol(f"tor{number}_{family}", "Established", "  BGP state:          Established", *CHANNELS[family])
        for number in (1, 2)
        for family in ("ipv4", "ipv6")
    )
    assert sorted(exports_asked(protocols, *THREE_POOLS)) == [
        f"birdc -r 'show route export tor1_ipv4 {IN_V4}'",
        f"birdc -r 'show route export tor1_ipv6 {IN_V6}'",
        f"birdc -r 'show route export tor2_ipv4 {IN_V4}'",
        f"birdc -r 'show route export tor2_ipv6 {IN_V6}'",
    ]


def test_a_session_with_both_channels_is_asked_about_both_families_and_one_that_is_down_about_none() -> None:
    both = _protocol("tor1", "Established", *CHANNELS["ipv4"], *CHANNELS["ipv6"])
    down = _protocol("tor2", "Active", *CHANNELS["ipv4"])
    assert sorted(exports_asked(both + down, *THREE_POOLS)) == [
        f"birdc -r 'show route export tor1 {IN_V4}'",
        f"birdc -r 'show route export tor1 {IN_V6}'",
    ]
    assert exports_asked(both + down) == ("birdc -r 'show route export tor1'",)


def test_bird_1_6_has_no_channels_and_is_asked_about_ipv4() -> None:
    old = _protocol("tor1", "Established", "  Preference:     100", "  Input filter:   ACCEPT")
    assert exports_asked(old, *THREE_POOLS) == (f"birdc -r 'show route export tor1 {IN_V4}'",)


def test_answer_that_failed_gives_no_names() -> None:
    assert asked_after("tor1  BGP  ---  up  10:00  Established\n", failure="cut off") == ()


def test_number_of_names_is_bounded() -> None:
    answer = "".join(f"peer{n}  BGP  ---  up  10:00  Established\n" for n in range(300))
    assert asked_after(answer) == tuple(f"show route export peer{n}" for n in range(256))


def test_a_name_that_is_not_put_in_leaves_a_command_that_was_not_asked() -> None:
    few = later_than("tor1  BGP  ---  up  10:00  Established\na;b  BGP  ---  up  10:00  Established\n")
    assert few == Later(
        ("show route export tor1",),
        (
            (
                "show route export {name}",
                "not asked for 1 of the 2 names in `show protocols`: 0 beyond the first 256, 1 that need quoting",
            ),
        ),
    )
    many = later_than("".join(f"peer{n}  BGP  ---  up  10:00  Established\n" for n in range(300)))
    (left_out,) = many.not_asked
    assert left_out[1].startswith("not asked for 44 of the 300 names in `show protocols`: 44 beyond the first 256")


def test_every_placeholder_of_every_platform_is_filled() -> None:
    for platform in platforms().values():
        for known in (platform.scan_router, platform.scan_node):
            for pools in ([], ["198.51.100.0/24", "192.0.2.0/24", "2001:db8::/64"]):
                asked = [*commands_for(known, pools)]
                assert len(set(asked)) == len(asked), platform.name
                asked += [command for f in follow_ups_for(known, pools) for command in f.commands]
                assert not re.search(r"\{(pools?|above|around)\}", "\n".join(asked)), platform.name
                assert all(f.after in asked for f in follow_ups_for(known, pools)), platform.name
