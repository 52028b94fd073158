"""Which command a shell line sends to which place, and that the places of two hosts are never one router."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ecmpaudit.auditing.run import read_material
from ecmpaudit.cli.main import app
from ecmpaudit.collectors.files import read_inputs
from ecmpaudit.parsing.command_wrappers import sent
from ecmpaudit.parsing.typed_commands import asked

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

SENT = [
    ("vtysh -c 'show ip route'", None, None, "show ip route"),
    ("sudo -u frr vtysh -c 'show ip route'", None, None, "show ip route"),
    ("LANG=C timeout 10 ip -6 route", None, None, "ip -6 route"),
    ("ip vrf exec red ip route", None, None, "ip route"),
    ("gobgp -u tor9 global rib", "tor9", None, "gobgp global rib"),
    ("sudo gobgp --host=tor9 global rib -a ipv6", "tor9", None, "gobgp global rib -a ipv6"),
    ("ssh -p 2222 -o BatchMode=yes admin@tor1 -- ip route", "tor1", None, "ip route"),
    ("sshpass -p x ssh 2001:db8::1 ip -6 route", "2001:db8::1", None, "ip -6 route"),
    ("sudo docker exec -it tor1 vtysh -c 'show ipv6 route'", "tor1", None, "show ipv6 route"),
    ("docker compose exec -T tor1 ip route", "tor1", None, "ip route"),
    ("podman exec -u root tor1 sh -c 'ip route'", "tor1", None, "ip route"),
    ("kubectl exec -n lb speaker-x -c frr -- vtysh -c 'show ip route'", "speaker-x", None, "show ip route"),
    ("kubectl --context lab -n lb exec -it ds/speaker -- ip route", "speaker", None, "ip route"),
    ("sudo ip netns exec blue vtysh -c 'show ip route'", "blue", None, "show ip route"),
    ("sudo ip -n blue -6 route", "blue", None, "ip -6 route"),
    ("sudo vtysh -N blue -c 'show ip route'", "blue", None, "show ip route"),
    ("vtysh --pathspace=blue -c 'show ip route'", "blue", None, "show ip route"),
    ("sudo nsenter --net=/var/run/netns/blue ip route", "blue", None, "ip route"),
    ("nsenter -t 4711 -n ip route", "4711", None, "ip route"),
    ("nsenter -n -t $(docker inspect -f '{{.State.Pid}}' tor1) ip route", "tor1", None, "ip route"),
    ("lxc exec tor1 -- ip route", "tor1", None, "ip route"),
    ("lxc-attach -n tor1 -- ip route", "tor1", None, "ip route"),
    ("ansible tor1 -i hosts -m shell -a \"vtysh -c 'show ip route'\"", "tor1", None, "show ip route"),
    ("ansible all -m command -a 'ip route'", None, None, "ip route"),
    ("ssh hv1 sudo ip netns exec blue ip route", "blue", "hv1", "ip route"),
    ("ssh hv1 docker exec frr vtysh -c 'show ip route'", "frr", "hv1", "show ip route"),
    ("ssh hv1 kubectl exec pod1 -- ip netns exec blue ip -6 route", "blue", "pod1", "ip -6 route"),
]


@pytest.mark.parametrize("typed, place, host, command", SENT, ids=[line[0] for line in SENT])
def test_a_line_names_the_place_that_answers(typed: str, place: str | None, host: str | None, command: str) -> None:
    found = sent(typed)
    assert (found.place, found.host, asked(found.command)) == (place, host, command)


@pytest.mark.parametrize(
    "word", ["sudo -ux ", "watch -n1 ", "A=1 ", "ssh -vv ", "nsenter -t 1 -n ", "docker exec -it "]
)
def test_a_line_of_many_options_is_read_at_once(word: str) -> None:
    started = time.process_time()
    sent(word * 500)
    assert time.process_time() - started < 1


def analyze(*arguments: str) -> Result:
    nodes = ["--pool", "198.51.100.0/24", "--pool", "2001:db8:1::/48", "--nodes", "192.0.2.101-102"]
    return CliRunner().invoke(app, ["analyze", *arguments, *nodes, "-f", "json"])


HV1 = """root@hv1:~# ip netns exec blue ip route
198.51.100.1 proto bgp metric 20
\tnexthop via 192.0.2.101 dev eth0 weight 1
\tnexthop via 192.0.2.102 dev eth0 weight 1
"""
HV2 = """root@hv2:~# sudo ip -n blue route
198.51.100.1 via 192.0.2.101 dev eth0 proto bgp metric 20
root@hv2:~# ip -n green -6 route
2001:db8:1::1 via fe80::101 dev eth0 proto bgp metric 20
"""


def test_a_namespace_of_one_name_on_two_hosts_is_two_places(tmp_path: Path) -> None:
    (tmp_path / "session.txt").write_text(HV1 + HV2)
    run = analyze(str(tmp_path / "session.txt"))
    assert {router["name"] for router in json.loads(run.stdout)["routers"]} == {"hv1/blue", "hv2/blue", "green"}


def test_a_namespace_of_one_name_in_two_files_of_two_hosts_is_two_places(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(HV1)
    (tmp_path / "b.txt").write_text(HV2)
    run = analyze(str(tmp_path / "a.txt"), str(tmp_path / "b.txt"))
    assert {router["name"] for router in json.loads(run.stdout)["routers"]} == {"hv1/blue", "hv2/blue", "green"}
    short = {f["router"] for f in json.loads(run.stdout)["findings"] if f["code"] == "ECMP101"}
    assert short == {"hv2/blue", "green"}


TOR2 = """tor2# show ip route
B>* 198.51.100.1/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:10:00
  *                        via 192.0.2.102, eth0, weight 1, 00:10:00
"""


@pytest.mark.parametrize("command", ["show ip route", "show ip route ospf", "show ipv6 route vrf all", "show ip fib"])
def test_a_command_without_any_output_is_not_checked(tmp_path: Path, command: str) -> None:
    (tmp_path / "session.txt").write_text(f"tor1# {command}\n{TOR2}")
    run = analyze(str(tmp_path / "session.txt"))
    (failed,) = [router for router in json.loads(run.stdout)["routers"] if router["failure"]]
    assert (run.exit_code, failed["name"]) == (3, "tor1")
    assert "nothing was printed below the command" in failed["failure"]


@pytest.mark.parametrize(
    "command, is_listed",
    [
        ("show ip route 203.0.113.0/24 longer-prefixes", False),
        ("show ip route 203.0.113.0 255.255.255.0 longer-prefixes", False),
        ("show ip route 198.51.0.0/16 longer-prefixes", True),
        ("show ip route 198.51.100.1", True),
        ("show ip route bgp", True),
    ],
)
def test_a_command_for_other_prefixes_lists_nothing_of_a_pool(tmp_path: Path, command: str, is_listed: bool) -> None:
    listed = TOR2.replace("show ip route", command).replace("tor2", "tor3")
    if not is_listed:
        listed = listed.replace("198.51.100.1/32", "203.0.113.1/32")
    (tmp_path / "session.txt").write_text(TOR2 + listed)
    options = ["--pool", "198.51.100.0/24", "--nodes", "192.0.2.101-102", "-f", "json"]
    run = CliRunner().invoke(app, ["analyze", str(tmp_path / "session.txt"), *options])
    said = [text for text in json.loads(run.stdout)["not_audited"] if "lists nothing of 198.51.100.0/24" in text]
    assert (run.exit_code, len(said)) == ((0, 0) if is_listed else (3, 1))


@pytest.mark.parametrize(
    "line, router",
    [
        ("=== show ip route ===", None),
        ("------------------ show ip route ------------------", None),
        ("### show ip route ###", None),
        ("*** show ip route ***", None),
        ("+ vtysh -c 'show ip route'", None),
        ("Command: show ip route", None),
        ("`show ip route`", None),
        ("! show ip route", None),
        (">>> show ip route", None),
        ("2026-11-27 10:00:00 tor1# show ip route", "tor1"),
        ("[10:00:00] tor1# show ip route", "tor1"),
    ],
)
def test_an_echo_of_a_command_names_it(tmp_path: Path, line: str, router: str | None) -> None:
    (tmp_path / "session.txt").write_text(f"{line}\n{TOR2.partition(chr(10))[2]}")
    (table,) = read_material(read_inputs([str(tmp_path / "session.txt")])).tables
    assert (table.router, table.capture.command, table.unparsed) == (router, "show ip route", ())
