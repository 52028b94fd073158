"""The line that a finding quotes is the one that proves its sentence, in text and in JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ecmpaudit.auditing.evidence import found_lines
from ecmpaudit.cli.main import app
from ecmpaudit.model import Capture, Evidence
from tests.recorded_scans import STALE, audited, captures_of

if TYPE_CHECKING:
    from pathlib import Path

REJECTED = """tor1# show ip route
Codes: K - kernel route, C - connected, S - static, B - BGP,
       > - selected route, * - FIB route, q - queued, r - rejected, b - backup

B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth1, weight 1, 00:10:00
  *                        via 192.0.2.2, eth1, weight 1, 00:10:00
  r                        via 192.0.2.3, eth1, weight 1, 00:10:00
tor1# """
ROUTES = {
    "198.51.100.70/32": [{"prefix": "198.51.100.70/32", "protocol": "static", "selected": True, "nexthops": []}],
    "198.51.100.7/32": [
        {
            "prefix": "198.51.100.7/32",
            "protocol": "bgp",
            "selected": True,
            "distance": 20,
            "metric": 0,
            "nexthops": [{"fib": True, "ip": "192.0.2.1", "active": True, "interfaceName": "eth1", "weight": 1}],
        }
    ],
}
SUMMARY = {
    "red": {"ipv4Unicast": {"vrfName": "red", "peers": {"192.0.2.3": {"state": "Established", "remoteAs": 64512}}}},
    "default": {
        "ipv4Unicast": {
            "vrfName": "default",
            "peers": {
                "192.0.2.30": {"state": "Established", "remoteAs": 64512},
                "192.0.2.3": {"state": "Active", "remoteAs": 64512, "peerUptime": "00:12:31"},
            },
        }
    },
}


def lines_of(file: Path, text: str) -> dict[str, list[tuple[int, str]]]:
    """Return number and text of each line of evidence, by the code of a finding or the link of a cause."""
    file.write_text(text, encoding="utf-8")
    arguments = ["analyze", str(file), "--pool", "198.51.100.7/32", "--nodes", "192.0.2.1-3", "-f", "json"]
    findings = json.loads(CliRunner().invoke(app, arguments).stdout)["findings"]
    shown = {finding["code"]: finding["evidence"] for finding in findings}
    shown |= {cause["link"]: cause["evidence"] for finding in findings for cause in finding["causes"]}
    return {name: [(line["line"], line["text"].strip()) for line in lines] for name, lines in shown.items()}


def test_a_rejected_next_hop_is_shown_by_its_own_line(tmp_path: Path) -> None:
    shown = lines_of(tmp_path / "tor1.txt", REJECTED)
    rejected = (7, "r                        via 192.0.2.3, eth1, weight 1, 00:10:00")
    assert shown["kernel"] == [rejected]
    assert rejected in shown["ECMP301"]
    assert shown["ECMP101"] == [(5, "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth1, weight 1, 00:10:00"), rejected]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_value_of_json_is_shown_by_its_own_line_and_of_the_right_vrf(tmp_path: Path, indent: int | None) -> None:
    routes, summary = json.dumps(ROUTES, indent=indent), json.dumps(SUMMARY, indent=indent)
    text = f"tor1# show ip route json\n{routes}\ntor1# show bgp vrf all summary json\n{summary}\ntor1# "
    shown = lines_of(tmp_path / "tor1.txt", text)
    lines = text.split("\n")
    of_route = next(number for number, line in enumerate(lines, start=1) if '"198.51.100.7/32"' in line)
    of_session = next(number for number, line in enumerate(lines, start=1) if '"Active"' in line)
    (number, words), *_ = shown["ECMP101"]
    assert number == of_route
    assert words.startswith("198.51.100.7/32: prefix 198.51.100.7/32, protocol bgp, selected true, distance 20")
    ((number, words),) = shown["session"]
    assert number == of_session
    assert words == "192.0.2.3: state Active"


ADDRESSES = [
    {"ifname": "lo", "addr_info": [{"local": "127.0.0.1", "prefixlen": 8}]},
    {"ifname": "eth0", "addr_info": [{"local": "192.0.2.3", "prefixlen": 24}]},
    {"ifname": "kube-lb0", "addr_info": [{"local": f"198.51.100.{n}", "prefixlen": 32} for n in range(11, 31)]},
]


@pytest.mark.parametrize("indent", [None, 2])
def test_addresses_of_a_node_in_json_are_shown_as_one_line_of_words(tmp_path: Path, indent: int | None) -> None:
    node = json.dumps(ADDRESSES, indent=indent)
    rejected = REJECTED.rpartition("\n  r ")[0]
    shown = lines_of(
        tmp_path / "tor1.txt", f"{rejected}\ntor1# \nroot@192.0.2.3:~# ip -j address\n{node}\nroot@192.0.2.3:~# "
    )
    ((_, words),) = shown["address"]
    assert words == f"kube-lb0: {', '.join(f'198.51.100.{n}/32' for n in range(11, 23))} and 8 more"


def test_a_kernel_that_lacks_next_hops_is_shown_by_its_own_route_first() -> None:
    found = audited(captures_of(STALE)).findings
    shown = [[line.text for line in finding.evidence] for finding in found if finding.code == "ECMP302"]
    assert shown[0][0] == "dst 172.31.1.1, gateway 172.30.250.101, dev enp6s0, protocol bgp, metric 20, flags none"
    assert shown[0][1].startswith("B>* 172.31.1.1/32 [20/0] via 172.30.250.101, enp6s0")


@pytest.mark.parametrize("first_line", [1, 41])
def test_lines_outside_of_a_capture_are_not_found_and_hide_no_other_one(first_line: int) -> None:
    text = "198.51.100.7/32 via 192.0.2.1\n2001:db8::7/128 via fe80::1\n"
    lines = [Evidence("tor1", first_line + number, "") for number in (-2, -1, 0, 1, 2, 9)]
    found = found_lines(lines, [Capture("tor1", "frr", None, text, "tor1", first_line=first_line)])
    assert {line.line - first_line: shown.text for line, shown in found.items()} == dict(enumerate(text.splitlines()))
