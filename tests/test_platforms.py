"""Every platform's templates on its fixtures: each line is read, each next hop is at its prefix, nothing is lost.

`fixtures/<platform>/<command>--<case>.txt` has a `.json` beside it with its routes, written by hand: a
next hop is `[address, interface, installed]`.
"""

from __future__ import annotations

import json
from collections import Counter
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ecmpaudit.cli.main import app
from ecmpaudit.model import Capture
from ecmpaudit.parsing import focus
from ecmpaudit.parsing.columnar import numbered_lines
from ecmpaudit.parsing.gobgp_json import gobgp_routes
from ecmpaudit.parsing.plan import Wanted
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.template import engine_of, read_rows, read_rows_textfsm
from ecmpaudit.parsing.transcript import captures_from_text
from ecmpaudit.platforms.registry import Platform, TableFormat, platforms
from tests.samples import sample

if TYPE_CHECKING:
    from ecmpaudit.parsing.route_table import RouteTable

FOLDER = Path(__file__).parent / "fixtures"
PAIRS = sorted(path.with_suffix(".txt") for path in FOLDER.glob("*/*--*.json") if path.parent.name in platforms())
TABLES = [path for path in PAIRS if "_json--" not in path.name]
ELSEWHERE = {"bird", "linux"}
"""Platforms proven by the real dumps (test_dumps.py)."""
ELSEWHERE_TEMPLATES = {"show_ip_route_detail.textfsm", "show_ip_route_summary.textfsm"}
IPV4_ONLY = {"cisco_asa"}
"""Platforms whose IPv6 table is that of another one."""
UNKNOWN = "?? a line of a newer release 42 ??"

RouteFacts = dict[str, Any]


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def read(text: str, name: str) -> RouteTable:
    (capture,) = captures_from_text(text, name)
    return read_capture(capture)


def routes_of(table: RouteTable) -> list[RouteFacts]:
    routes: dict[int, RouteFacts] = {}
    for row in table.frame.iter_rows(named=True):
        facts = {key: row[key] for key in ("prefix", "vrf", "protocol", "distance", "metric", "selected", "kind")}
        route = routes.setdefault(row["route"], {**facts, "next_hops": []})
        if row["kind"] == "unicast":
            route["next_hops"].append([row["next_hop"], row["interface"], row["installed"]])
    return list(routes.values())


def hops_of(table: RouteTable) -> Counter[tuple[Any, ...]]:
    """Count the next hops, each with the text of its line at the end."""
    facts = ("vrf", "prefix", "protocol", "next_hop", "interface", "installed", "kind", "line")
    lines = table.capture.text.split("\n")
    return Counter((*row[:-1], lines[row[-1] - 1]) for row in table.frame.select(facts).iter_rows())


def format_of(table: RouteTable, text: str) -> str:
    """Return the template that reads a text: the one of its platform with the most matching lines."""
    formats = platforms()[table.platform].tables
    lines = text.split("\n")
    return max(formats, key=lambda form: sum(1 for line in lines if form.detect.search(line))).template.name


@pytest.mark.parametrize("path", TABLES, ids=name_of)
def test_a_fixture_is_detected_and_read_as_written_beside_it(path: Path) -> None:
    table = read(path.read_text(encoding="utf-8"), path.name)
    assert table.platform == path.parent.name
    assert [line.text for line in table.unparsed] == []
    assert routes_of(table) == json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.sampled(16)
@pytest.mark.parametrize("path", TABLES, ids=name_of)
def test_an_unknown_line_anywhere_is_reported_and_moves_no_next_hop(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.rstrip("\n").split("\n")
    whole = hops_of(read_capture(Capture(None, path.parent.name, None, text, "t")))
    for position in sample(range(len(lines) + 1), 3):
        capture = Capture(None, path.parent.name, None, "\n".join([*lines[:position], UNKNOWN, *lines[position:]]), "t")
        table = read_capture(capture)
        reported = Counter(line.text for line in table.unparsed)
        read_here = hops_of(table)
        assert reported[UNKNOWN] == 1, position
        assert read_here - whole == Counter(), position
        lost = Counter(text for *_, text in (whole - read_here).elements())
        assert lost - reported == Counter(), position


@pytest.mark.sampled(16)
@pytest.mark.parametrize("path", TABLES, ids=name_of)
def test_a_table_that_is_cut_down_to_one_prefix_has_the_same_routes_to_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(focus, "_WORTH_IT", 0)
    capture = Capture(None, path.parent.name, None, path.read_text(encoding="utf-8"), "t")
    whole = routes_of(read_capture(capture))
    for prefix in sample(sorted({route["prefix"] for route in whole}), 1):
        cut = read_capture(capture, Wanted(networks=(ip_network(prefix),)))
        assert [line.text for line in cut.unparsed] == [], prefix
        assert [r for r in routes_of(cut) if r["prefix"] == prefix] == [r for r in whole if r["prefix"] == prefix]


@pytest.mark.parametrize("path", TABLES, ids=name_of)
def test_both_engines_read_the_same_rows(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    wanted = format_of(read(text, path.name), text)
    (form,) = [form for form in platforms()[path.parent.name].tables if form.template.name == wanted]
    assert engine_of(form.template).reason == ""
    lines = numbered_lines(text)
    assert read_rows(form.template, lines).equals(read_rows_textfsm(form.template, lines))


def test_every_template_has_a_fixture_and_every_platform_both_families() -> None:
    with_fixture: set[tuple[str, str]] = set()
    families: dict[str, set[int]] = {}
    for path in TABLES:
        text = path.read_text(encoding="utf-8")
        table = read(text, path.name)
        with_fixture.add((path.parent.name, format_of(table, text)))
        families.setdefault(path.parent.name, set()).update(table.families)
    registered = {
        (platform.name, form.template.name)
        for platform in platforms().values()
        for form in platform.tables
        if platform.name not in ELSEWHERE and form.template.name not in ELSEWHERE_TEMPLATES
    }
    assert registered - with_fixture == set()
    assert {name for name, known in families.items() if known != {4, 6}} == IPV4_ONLY


def test_every_fixture_has_its_routes_beside_it() -> None:
    texts = {path for name in platforms() if name != "frr" for path in (FOLDER / name).glob("*.txt")}
    assert texts - set(PAIRS) == set()
    assert {path for path in PAIRS if not path.exists()} == set()


@pytest.mark.parametrize("platform", [p for p in platforms().values() if p.name not in ELSEWHERE], ids=lambda p: p.name)
def test_every_command_of_a_fixture_is_known_as_people_type_it(platform: Platform) -> None:
    typed = {
        "arista_eos": ["show ip route", "sh ip ro vrf RED", "show ipv6 route vrf all"],
        "cisco_ios": ["show ip route", "sh ip ro vrf RED", "show ipv6 route"],
        "cisco_iosxr": ["show route", "show route ipv6 unicast", "sh ro vrf RED"],
        "cisco_nxos": ["show ip route vrf all", "show ipv6 route"],
        "edgeos": ["show ip route", "show ipv6 route"],
        "fortios": [
            "get router info routing-table all",
            "get router info6 routing-table bgp",
            "get router info routing-table database",
            "get router info routing-table details 198.51.100.1",
        ],
        "frr": ["show ip route", "show ipv6 route vrf all"],
        "gobgp": ["gobgp global rib", "gobgp global rib -a ipv6", "gobgp neighbor"],
        "huawei_vrp": ["display ip routing-table", "dis ip rou", "display ipv6 routing-table vpn-instance RED"],
        "juniper_junos": ["show route", "show route table inet.0 | no-more"],
        "juniper_junos_forwarding": ["show route forwarding-table", "show route forwarding-table family inet6"],
        "nokia_srl": ["show network-instance default route-table ipv4-unicast prefix 198.51.100.1/32 detail"],
        "mikrotik_routeros": [
            "/ip/route/print",
            "/ip route print",
            "/ipv6/route/print detail",
            "ip route print without-paging",
        ],
        "paloalto_panos": ["show routing route", "show routing route type bgp", "show routing route afi ipv6"],
        "hp_comware": ["display ip routing-table", "dis ip rou", "display ipv6 routing-table vpn-instance RED"],
        "aruba_aoscx": [
            "show ip route",
            "show ipv6 route vrf red",
            "show ip route all-vrfs",
        ],
        "openbgpd": [
            "bgpctl show rib",
            "bgpctl sh r",
        ],
        "freebsd": [
            "netstat -rn",
            "netstat -rn -f inet6",
            "netstat -nr",
        ],
        "allied_awplus": [
            "show ip route",
            "show ipv6 route",
            "sh ip ro vrf red",
        ],
        "vmware_nsx": [
            "get route",
            "get route ipv6",
        ],
        "cisco_asa": [
            "show route",
            "sh ro",
            "show route vrf red",
        ],
        "checkpoint_gaia": [
            "show route",
            "show ipv6 route",
            "show route bgp",
        ],
        "brocade_ironware": ["show ip route", "sh ip ro vrf red", "show ipv6 route"],
        "cumulus_nvue": ["nv show vrf default router rib ipv4 route", "nv show vrf red router rib ipv6 route"],
        "dell_os10": [
            "show ip route",
            "show ipv6 route vrf red",
        ],
    }[platform.name]
    assert [command for command in typed if not any(form.command.search(command) for form in platform.tables)] == []


WHOLE = [
    ("cisco_ios", "show ip route", True),
    ("cisco_ios", "show ip route bgp", False),
    ("cisco_iosxr", "show route ipv6 unicast", True),
    ("cisco_nxos", "show ip route 198.51.100.0/24 longer-prefixes", False),
    ("juniper_junos", "show route table inet.0 | no-more", True),
    ("juniper_junos", "show route 198.51.100.1", False),
    ("huawei_vrp", "display ip routing-table", True),
    ("huawei_vrp", "display ip routing-table protocol ospf", False),
    ("gobgp", "gobgp global rib -a ipv6", True),
    ("gobgp", "gobgp global rib 198.51.100.1/32", False),
]


@pytest.mark.parametrize("platform, command, is_whole", WHOLE, ids=[f"{p}: {c}" for p, c, _ in WHOLE])
def test_only_the_whole_table_shows_that_a_prefix_is_missing(platform: str, command: str, is_whole: bool) -> None:
    def says_so(form: TableFormat) -> bool:
        return bool(form.command.search(command) and form.whole and form.whole.search(command))

    assert any(says_so(form) for form in platforms()[platform].tables) == is_whole


@pytest.mark.parametrize(
    "session, vrf",
    [
        ("RP/0/RP0/CPU0:pe1#show route vrf RED ipv4\nB    198.51.100.1/32 [20/0] via 192.0.2.101, 1w4d\n", "RED"),
        ("RP/0/RP0/CPU0:pe1#show route vrf default\nB    198.51.100.1/32 [20/0] via 192.0.2.101, 1w4d\n", "default"),
        ("pe1#show route vrf all\nVRF: RED\n\nB    198.51.100.1/32 [20/0] via 192.0.2.101, 1w4d\n", "RED"),
        ("root@tor1:~# ip route show vrf blue\n198.51.100.1 via 192.0.2.101 dev eth0 proto bgp metric 20\n", "blue"),
        ("root@tor1:~# ip -6 route show vrf blue\n2001:db8::1 via fe80::1 dev eth0 proto bgp metric 20\n", "blue"),
    ],
)
def test_a_vrf_that_only_the_command_names_is_where_the_routes_are(session: str, vrf: str) -> None:
    assert [route["vrf"] for route in routes_of(read(session, "session"))] == [vrf]


def test_an_unknown_heading_about_subnets_leaves_no_length_behind() -> None:
    text = (
        "      198.51.100.0/32 is subnetted, 1 subnets\n"
        "B        198.51.100.1 [20/0] via 192.0.2.101, 1d05h\n"
        "      203.0.113.0/24 is oddly subnetted, 1 subnets\n"
        "B        203.0.113.0 [20/0] via 192.0.2.101, 1d05h\n"
    )
    table = read(text, "ios")
    assert [row["prefix"] for row in table.frame.iter_rows(named=True)] == ["198.51.100.1/32"]
    assert [(line.line, line.reason) for line in table.unparsed] == [
        (3, "no rule matches"),
        (4, "203.0.113.0/ is no IP prefix"),
    ]


def test_the_summary_of_sr_linux_is_refused_with_what_to_give_instead() -> None:
    text = (
        "IPv4 unicast route table of network instance default\n"
        "| 198.51.100.1/32 | 0 | bgp | bgp_mgr | True | default | 0 | 170 | 192.0.2.0/31     | ethernet-1/49.0 |\n"
        "|                 |   |     |         |      |         |   |     | (indirect/local) | ethernet-1/50.0 |\n"
        "IPv4 routes total                    : 1\n"
    )
    table = read(text, "srl")
    assert table.platform == "nokia_srl"
    assert [line.line for line in table.unparsed] == [2, 3, 4]
    assert {line.reason.partition(":")[0] for line in table.unparsed} == {"the summary does not name the next hops"}


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_the_json_of_gobgp_has_the_same_routes_as_its_text(family: str) -> None:
    path = FOLDER / "gobgp" / f"global_rib_json--{family}.txt"
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    routes = [
        {
            "vrf": "default",
            "distance": None,
            "kind": "unicast",
            **{key: facts[key] for key in ("prefix", "protocol", "metric", "selected")},
            "next_hops": [[hop["next_hop"], hop["interface"], hop["installed"]] for hop in hops],
        }
        for facts, hops in gobgp_routes(json.loads(path.read_text(encoding="utf-8")))
    ]
    assert routes == expected


def test_a_path_of_gobgp_without_a_next_hop_is_refused() -> None:
    with pytest.raises(ValueError, match=r"198\.51\.100\.1/32: a path without a next hop"):
        list(gobgp_routes({"198.51.100.1/32": [{"nlri": {"prefix": "198.51.100.1/32"}, "best": True, "attrs": []}]}))


def test_the_command_lists_every_platform_and_names_the_engine_of_every_template() -> None:
    run = CliRunner().invoke(app, ["platforms", "-v"])
    lines = [line.split(maxsplit=1) for line in run.output.splitlines()]
    assert [name for name, _ in lines if not name.endswith(".textfsm")] == list(platforms())
    named = [(name, engine) for name, engine in lines if name.endswith(".textfsm")]
    templates = [template for platform in platforms().values() for template in platform.templates]
    assert named == [(template.name, "in columns") for template in templates]


def test_a_template_outside_of_the_subset_is_named_with_its_reason(tmp_path: Path) -> None:
    template = tmp_path / "two_states.textfsm"
    template.write_text(
        "Value PREFIX (\\S+)\n\nStart\n  ^${PREFIX}$$ -> Record More\n\nMore\n  ^.*$$\n", encoding="utf-8"
    )
    assert engine_of(template).reason == "it needs one state, Start, and an empty EOF"


def test_the_page_of_platforms_has_a_row_for_every_template() -> None:
    page = (Path(__file__).parent.parent / "docs" / "platforms.md").read_text(encoding="utf-8")
    rows = {tuple(cell.strip() for cell in line.split("|")[1:3]) for line in page.splitlines() if line.startswith("| ")}
    registered = {(name, template.name) for name, platform in platforms().items() for template in platform.templates}
    listed = {
        (platform, template) for platform, template in rows if template.endswith(".textfsm") and "," not in platform
    }
    assert listed == registered
