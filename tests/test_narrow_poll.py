"""What FRR is asked again and again by `drain`: the filter leaves out its legend and unselected routes, and no more."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.run import read_material
from ecmpaudit.changes.drained import RIB, listed_in
from ecmpaudit.model import Capture
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from ecmpaudit.changes.drained import Listed

FIXTURES = Path(__file__).parent / "fixtures" / "frr"
TABLES = [file for file in sorted(FIXTURES.glob("show_ip*route*.txt")) if "detail" not in file.name]
LEGEND = """\
Codes: K - kernel route, C - connected, L - local, S - static,
       R - RIPng, O - OSPFv3, I - IS-IS, B - BGP, N - NHRP,
       > - selected route, * - FIB route, q - queued, r - rejected, b - backup
       t - trapped, o - offload failure

"""


def filtered(text: str) -> str:
    """Return the lines that FRR prints: it takes the filter of the command as an extended regular expression."""
    (command, _) = (each.command for each in platforms()["frr"].scan_poll if "include" in each.command)
    pattern = re.compile(command.partition("| include ")[2].removesuffix("'"))
    return "".join(line for line in text.splitlines(keepends=True) if pattern.search(line.rstrip("\n")))


def listed(text: str, family: int = 4) -> frozenset[Listed]:
    command = f"vtysh -c 'show {'ip' if family == 4 else 'ipv6'} route vrf all'"
    (table,) = read_material([Capture("tor1", "frr", command, text, "tor1")]).tables or (None,)
    assert table is not None
    return frozenset(listed_in("tor1", RIB, table.views()))


def test_the_fixtures_have_what_is_left_out() -> None:
    assert len(TABLES) >= 6
    shorter = [file for file in TABLES if len(filtered(file.read_text(encoding="utf-8"))) < file.stat().st_size]
    assert len(shorter) >= 5


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.stem)
def test_no_next_hop_of_a_selected_route_is_left_out(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    family = 6 if "ipv6" in file.name else 4
    assert listed(filtered(text), family) == listed(text, family)


CASES = {
    "states of next hops": """\
VRF default:
O[1] {prefix} [110/20] via {a}, eth0, weight 1, 00:01:00
                             via {b}, eth0, weight 1, 00:01:00
B>* {prefix} [20/0] via {a}, eth0, weight 1, 00:01:00
  *                         via {b}, eth0, weight 1, 00:01:00
  r                         via {c}, eth0, weight 1, 00:01:00
  q                         via {d}, eth0, weight 1, 00:01:00
                            via {e}, eth0 inactive, weight 1, 00:01:00
S   {prefix} [200/0] via {e}, eth0, weight 1, 00:01:00
""",
    "nothing installed": """\
VRF default:
B>r {prefix} [20/0] via {a}, eth0, weight 1, 00:01:00
  r                         via {b}, eth0, weight 1, 00:01:00
""",
    "recursive next hops": """\
VRF default:
B>  {prefix} [200/0] via {a} (recursive), weight 1, 00:01:00
  *                           via {c}, eth0, weight 1, 00:01:00
                            via {b} (recursive), weight 1, 00:01:00
  *                           via {d}, eth0, weight 1, 00:01:00
                              via {c}, eth0 (duplicate nexthop removed), weight 1, 00:01:00
O   {prefix} [210/20] via {e}, eth0, weight 1, 00:01:00
""",
    "a VRF without a digit in its name": """\
VRF default:
B>* {prefix} [20/0] via {a}, eth0, weight 1, 00:01:00

VRF blue:
O   {prefix} [110/20] via {d}, eth1, weight 1, 00:01:00
B>* {prefix} [20/0] via {b}, eth1, weight 1, 00:01:00
  *                         via {c}, eth1, weight 1, 00:01:00
""",
    "none selected, as no next hop is active": """\
VRF default:
B   {prefix} [20/0] via {a}, eth0 inactive, weight 1, 00:01:00
                            via {b}, eth0 inactive, weight 1, 00:01:00
""",
    "instances, and links": """\
VRF default:
O[7]>* {prefix} [110/20] via {a}, eth0, weight 1, 00:01:00
  *                            via {b}, eth0 onlink, weight 1, 00:01:00
C>* {other} is directly connected, eth1, 00:01:00
""",
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("family", [4, 6])
def test_the_filter_keeps_what_the_wait_reads_and_no_more(name: str, family: int) -> None:
    base, prefix, other = ("192.0.2.", "198.51.100.7/32", "203.0.113.0/24")
    if family == 6:
        base, prefix, other = ("fe80::", "2001:db8:100::7/128", "2001:db8:2::/64")
    hops = {letter: f"{base}{number}" for number, letter in enumerate("abcde", start=1)}
    text = LEGEND + CASES[name].format(prefix=prefix, other=other, **hops)
    left = filtered(text)
    assert listed(left, family) == listed(text, family)
    assert not set(LEGEND.splitlines()) & set(left.splitlines())
    unselected = [line for line in text.splitlines() if line.startswith(("O ", "O[1]", "S "))]
    assert not set(unselected) & set(left.splitlines())
    assert len(left.splitlines()) < len(text.splitlines())
