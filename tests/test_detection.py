"""The fixtures of every platform against detection, whole and in thirds: the right platform or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.parsing.detection import detect
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.platforms.registry import platforms

FOLDER = Path(__file__).parent / "fixtures"
TABLES = sorted(
    path
    for name in platforms()
    for path in (FOLDER / name).glob("*--*.txt")
    if "_json--" not in path.name and not path.name.startswith(("show_bgp", "neighbor"))
)


def detected(lines: list[str]) -> str | None:
    try:
        platform, _ = detect(Capture(None, None, None, "\n".join(lines), "t"), lines)
    except UnknownFormatError:
        return None
    return platform.name


def thirds(lines: list[str]) -> list[list[str]]:
    length = -(-len(lines) // 3)
    return [lines[first : first + length] for first in range(0, len(lines), length)]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_table_and_each_third_of_it_are_of_the_right_platform_or_of_none(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert detected(lines) == path.parent.name
    assert [found for part in thirds(lines) if (found := detected(part)) not in {path.parent.name, None}] == []


LOOK_ALIKES: dict[str, tuple[str, set[str | None]]] = {
    "FortiOS without its legend": (
        (
            "B       198.51.100.1/32 [20/0] via 192.0.2.101, port2, 00:12:30\n"
            "                        [20/0] via 192.0.2.102, port2, 00:12:30\n"
            "C       192.0.2.0/24 is directly connected, port2"
        ),
        {"fortios", None},
    ),
    "AlliedWare Plus": (
        (
            "[VRF: red]\n"
            "B       198.51.100.1/32 [20/0] via 192.0.2.101, vlan2, 00:12:30\n"
            "                        [20/0] via 192.0.2.102, vlan2, 00:12:30"
        ),
        {"allied_awplus", None},
    ),
    "Comware 5": (
        (
            "Destination/Mask    Proto  Pre  Cost         NextHop         Interface\n"
            "198.51.100.1/32     BGP    255  0            192.0.2.101     Vlan2\n"
            "                    BGP    255  0            192.0.2.102     Vlan2"
        ),
        {"hp_comware", None},
    ),
    "IOS without its legend": (
        (
            "C    192.0.2.0/24 is directly connected, Vlan2\n"
            "B    198.51.100.0/24 [20/0] via 192.0.2.101, 00:12:30\n"
            "                     [20/0] via 192.0.2.102, 00:12:30"
        ),
        {"cisco_ios", None},
    ),
    "IOS-XE with SD-WAN": (
        (
            "m*    0.0.0.0/0 [251/0] via 203.0.113.9, 1d04h, Sdwan-system-intf\n"
            "      198.51.100.0/32 is subnetted, 1 subnets\n"
            "m        198.51.100.1 [251/0] via 203.0.113.9, 1d04h, Sdwan-system-intf\n"
            "                      [251/0] via 203.0.113.8, 1d04h, Sdwan-system-intf"
        ),
        {"cisco_ios", None},
    ),
    "half of it in an unknown form": (
        (
            "B>* 198.51.100.1/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:00:01\n"
            "route 198.51.100.2/32 next 192.0.2.101\n"
            "route 198.51.100.3/32 next 192.0.2.101\n"
            "route 198.51.100.4/32 next 192.0.2.101"
        ),
        {None},
    ),
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_look_alike_is_never_read_with_the_template_of_another(name: str) -> None:
    text, right = LOOK_ALIKES[name]
    assert detected(text.split("\n")) in right


def test_a_table_that_is_recognised_and_not_supported_is_refused_by_its_name() -> None:
    lines = ["Dest Prefix[Flags]                            Type    Proto     Age        Pref", "198.51.100.1/32"]
    with pytest.raises(UnknownFormatError, match=r"t: this looks like Nokia SR OS, which is not supported"):
        detect(Capture(None, None, None, "\n".join(lines), "t"), lines)


def test_the_platform_that_is_named_is_not_contradicted() -> None:
    lines = ["C    192.0.2.0/24 is directly connected, Vlan2"]
    platform, _ = detect(Capture(None, "frr", None, lines[0], "t"), ["% Network not in table", *lines * 9])
    assert platform.name == "frr"


HEADINGS = [("[VRF: red]", "red"), ("VRF red (id 5):", "red"), ("*** vrf red ***", "red")]


@pytest.mark.parametrize("heading, vrf", HEADINGS)
def test_below_a_heading_of_a_vrf_that_is_not_understood_no_route_is_in_the_default_vrf(heading: str, vrf: str) -> None:
    text = f"% a message\n{heading}\nB>* 198.51.100.1/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:01\n"
    table = read_capture(Capture(None, "frr", None, text, "t"))
    assert table.frame.select("vrf", "prefix").rows() == [(vrf, "198.51.100.1/32")]
    assert [line.text for line in table.unparsed] == [heading]
