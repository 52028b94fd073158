"""Anonymised copies: nothing of a network is left in them, and they give the same findings."""

from __future__ import annotations

import filecmp
import json
import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ecmpaudit.anonymising.addresses import AddressMap
from ecmpaudit.anonymising.texts import TextMap
from ecmpaudit.anonymising.words import WordMap
from ecmpaudit.cli.main import app
from ecmpaudit.collectors import snapshot
from ecmpaudit.collectors.files import read_inputs
from ecmpaudit.model import Capture
from tests import dumps
from tests.anonymised_copies import KEY, pair
from tests.recorded_scans import CONFIGURATION, SCANS

if TYPE_CHECKING:
    from collections.abc import Sequence

FIXTURES = Path(__file__).parent / "fixtures"
PUBLISHED_KEY = bytes(
    [
        *(21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16),
        *(216, 152, 143, 131, 121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2),
    ]
)
SECRET = bytes(range(32))
SAMPLE = 60
"""Every so many-th dump is copied here; `python -m tests.bench.anonymised_copies` copies all."""

COMMANDS = [entry for entry in dumps.manifest()["files"] if entry["command"]]


def text_map(names: Sequence[str] = (), as_numbers: Sequence[int] = (), key: bytes = SECRET) -> TextMap:
    return TextMap(AddressMap(key), WordMap(key), names, as_numbers)


def shared(first: str, second: str) -> int:
    """Return how many bits two addresses have in common from the left."""
    one, other = ip_address(first), ip_address(second)
    return one.max_prefixlen - (int(one) ^ int(other)).bit_length()


@pytest.mark.parametrize(
    "address,expected",
    [
        ("128.11.68.132", "135.242.180.132"),
        ("129.118.74.4", "134.136.186.123"),
        ("130.132.252.244", "133.68.164.234"),
    ],
)
def test_addresses_are_those_of_the_published_crypto_pan(address: str, expected: str) -> None:
    """The vectors are those of the sample trace of Crypto-PAn 1.0; they keep no range."""
    assert str(AddressMap(PUBLISHED_KEY, kept=()).replaced(IPv4Address(address))) == expected


@pytest.mark.parametrize(
    "first,second",
    [
        ("10.0.0.1", "10.0.0.2"),
        ("172.31.1.0", "172.31.128.9"),
        ("192.0.2.1", "198.51.100.1"),
        ("2001:db8::1", "2001:db8::2"),
        ("2001:db8:1::", "2001:db8:2::"),
        ("fe80::1", "fe80::1:0:0:1"),
    ],
)
def test_two_addresses_share_as_many_bits_as_before(first: str, second: str) -> None:
    addresses = AddressMap(SECRET)
    images = [str(addresses.replaced(ip_address(address))) for address in (first, second)]
    assert shared(*images) == shared(first, second)
    assert images != [first, second]


@pytest.mark.parametrize(
    "address",
    ["0.0.0.5", "127.0.0.1", "127.255.255.254", "169.254.1.1", "224.0.0.5", "255.255.255.255", "::", "::1", "ff02::1"],
)
def test_addresses_with_a_meaning_of_their_own_are_kept(address: str) -> None:
    assert str(AddressMap(SECRET).replaced(ip_address(address))) == address


def test_no_other_address_gets_a_meaning_of_its_own() -> None:
    addresses = AddressMap(SECRET)
    for number in range(0, 1 << 32, 99_999_989):
        image, original = addresses.replaced(IPv4Address(number)), IPv4Address(number)
        kinds = [(a.is_loopback, a.is_link_local, a.is_multicast, a.is_unspecified) for a in (original, image)]
        assert kinds[0] == kinds[1], original
    assert addresses.replaced(IPv6Address("fe80::1")) in ip_network("fe80::/64")
    assert not addresses.replaced(IPv6Address("fd00::1")).is_link_local


@pytest.mark.parametrize(
    "text,kept",
    [
        ("10.1.0.0/16 10.0.0.0/8 0.0.0.0/0", ["/16", ".0/8", "0.0.0.0/0"]),
        ("network 10.1.16.0 255.255.240.0", ["255.255.240.0"]),
        ('{"prefix":"10.1.0.0\\/16"}', ['{"prefix":"', '\\/16"}']),
        ("2001:db8::/32 via fe80::1, eth0", ["::/32 via fe80::", ", eth0"]),
        ("version 8.4.4, 00:01:21, 1.2.3.4.5", ["version 8.4.4, 00:01:21, 1.2.3.4.5"]),
    ],
)
def test_the_form_of_an_address_is_kept(text: str, kept: list[str]) -> None:
    replaced = text_map().replaced(text)
    for part in kept:
        assert part in replaced
    for word in ("10.1.", "10.0.", "2001:db8"):
        assert word not in replaced


def test_a_network_has_no_bits_of_hosts() -> None:
    replaced = text_map().replaced("10.1.16.0/20").partition("/")[0]
    assert int(IPv4Address(replaced)) & 0xFFF == 0


CONFIGURATION_TEXT = """! written by jane for ACME
hostname acme-tor1
banner motd ^C
ACME only
^C
username jane secret 5 $1$abcd$efgh
router bgp 64500
 neighbor ACME-NODES peer-group
 neighbor 192.0.2.1 remote-as 64501
 neighbor 192.0.2.1 description rack 5, ACME
 neighbor 192.0.2.1 password hunter2
 neighbor 192.0.2.1 route-map FROM-ACME in
 set community 64500:77
interface eth0
 description to acme-tor2
 mac 52:54:00:12:34:56
-----BEGIN CERTIFICATE-----
MIIBszCCAVmgAwIBAgIUacme
-----END CERTIFICATE-----
"""


def test_a_configuration_has_nothing_of_its_network_left() -> None:
    capture = Capture("acme-tor1", "frr", "show running-config", CONFIGURATION_TEXT, "x", started="2026-01-01")
    copy = pair([capture]).copy.captures[0]
    left = [
        word
        for word in ("acme", "ACME", "jane", "6450", "192.0.2", "hunter2", "efgh", "rack", "52:54", "MIIB", "64500:77")
        if word in copy.text
    ]
    assert left == []
    assert copy.text.count("\n") == CONFIGURATION_TEXT.count("\n")
    for word in ("router bgp 42", "remote-as 42", "password ***", "description x", "route-map x", "interface eth0"):
        assert word in copy.text


@pytest.mark.parametrize(
    "text",
    [
        "*>i172.31.1.0/24    192.0.2.1                0    100      0 64500 64501 i",
        '{"aspath":{"string":"64500 64501"},"remoteAs":64500}',
        "BGP.as_path: 64500 64501",
        "BGP neighbor is 192.0.2.1, remote AS 64500, local AS 64501, external link",
        "192.0.2.0/24 unicast [tor1 20:01:02] * (100) [AS64501i]",
    ],
)
def test_as_numbers_are_replaced_in_each_form(text: str) -> None:
    copy = pair([Capture("tor1", None, "show", text, "x", started="2026-01-01")]).copy
    assert "6450" not in copy.captures[0].text
    assert (
        copy.captures[0].text.count(" 42") + copy.captures[0].text.count("AS42") >= 1 or ":42" in copy.captures[0].text
    )


@pytest.mark.parametrize("text", ['{"bias": 100, "metric": 64}', "  100\n", "mtu 1500", "B>* 0.0.0.0/0 [20/100]"])
def test_other_numbers_are_kept(text: str) -> None:
    copy = pair([Capture("tor1", None, "show", text, "x", started="2026-01-01")]).copy
    assert copy.captures[0].text == text


@pytest.mark.parametrize(
    "text,gone",
    [
        (" neighbor 2001:db8::9 remote-as 4200000123\n", "4200000123"),
        (" bgp confederation peers 64497 64498\n", "64498"),
        (" set large-community 64497:47:11\n", ":47:11"),
        ("BGP.large_community: (64497, 47, 11)\n", "47, 11"),
    ],
)
def test_private_numbers_lists_and_large_communities_are_replaced(text: str, gone: str) -> None:
    copy = text_map().replaced(text)
    assert (gone in copy, "64497" in copy) == (False, False)
    assert text_map().replaced(text) == copy


def test_one_as_number_is_replaced_by_one_wherever_it_is() -> None:
    text = "router bgp 4200000123\n set large-community 4200000123:47:11\n bgp confederation peers 4200000123\n"
    made = re.findall(r"(?:bgp|peers|community) (\d+)", text_map().replaced(text))
    assert len(made) == 3
    assert set(made) == {made[0]}
    assert made[0] != "4200000123"


def test_a_time_beside_communities_is_kept() -> None:
    text = '{"community": {"string": "64497:11"}, "peerUptime": "01:02:03"}'
    assert '"01:02:03"' in text_map().replaced(text)


def test_words_of_a_format_are_kept_and_named() -> None:
    copy = pair([Capture("bgp", "frr", "show ip route", "B>* 10.0.0.0/8 via 192.0.2.1, bgp\n", "x")]).copy
    assert copy.kept == {"bgp"}


@pytest.mark.parametrize("scan", ["healthy", "stale_kernel_route"])
def test_a_recorded_scan_and_its_copy_give_the_same_findings(scan: str, tmp_path: Path) -> None:
    both = pair(snapshot.read(SCANS / scan), ["node2", "node3", "node4", "lab"])
    configuration = tmp_path / "ecmpaudit.yaml"
    configuration.write_text(both.copy.texts.configuration_replaced(CONFIGURATION.read_text()))
    assert both.differences((CONFIGURATION, configuration)) == []
    assert both.left() == set()


@pytest.mark.parametrize(
    "entry", [e for e in dumps.manifest()["files"] if e["command"]][::SAMPLE], ids=lambda e: e["file"]
)
def test_a_dump_and_its_copy_have_the_same_routes_and_findings(entry: dict[str, str]) -> None:
    both = pair([Capture(entry["router"], None, entry["command"], dumps.text(entry["file"]), entry["file"])])
    assert both.differences() == []
    assert both.left() == set()


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*/*.txt"))[:: SAMPLE // 5], ids=lambda file: file.stem)
def test_a_pasted_table_and_its_copy_have_the_same_routes_and_findings(file: Path) -> None:
    both = pair(read_inputs([str(file)]))
    assert both.differences() == []
    assert both.left() == set()


def anonymise(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["snapshot", "anonymise", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_one_key_gives_the_same_copy_and_another_key_another(tmp_path: Path) -> None:
    scan, names = str(SCANS / "stale_kernel_route"), ("first", "second", "third")
    keys = (tmp_path / "one.key", tmp_path / "one.key", tmp_path / "another.key")
    for name, key in zip(names, keys, strict=True):
        anonymise(scan, "-o", str(tmp_path / name), "--key", str(key), "-c", str(CONFIGURATION))
    files = sorted(file.name for file in (tmp_path / "first").iterdir())
    assert files == sorted(file.name for file in (tmp_path / "second").iterdir())
    assert filecmp.cmpfiles(tmp_path / "first", tmp_path / "second", files, shallow=False)[0] == files
    first, second, third = ((tmp_path / f"{name}.yaml").read_text() for name in names)
    assert (first == second, first == third) == (True, False)
    assert (tmp_path / "one.key").stat().st_mode & 0o777 == 0o600


def test_no_byte_of_a_copy_is_an_address_or_a_name_of_the_original(tmp_path: Path) -> None:
    copy, key = tmp_path / "copy", tmp_path / "key"
    key.write_bytes(KEY)  # of one key in some hundreds, a network of the original takes the place of another one
    anonymise(str(SCANS / "stale_kernel_route"), "-o", str(copy), "--key", str(key), "-c", str(CONFIGURATION))
    original = b"".join(file.read_bytes() for file in (SCANS / "stale_kernel_route").iterdir())
    addresses = set(re.findall(rb"\b(?:172\.3[01]|10)(?:\.\d+){2,3}\b|\bf[de]\w\w::?[\da-f:]*[\da-f]\b", original))
    assert len(addresses) > 20
    written = b"\n".join(file.name.encode() + file.read_bytes() for file in (*copy.iterdir(), tmp_path / "copy.yaml"))
    words = [*addresses, b"tor1", b"tor2", *(b"node%d" % number for number in range(1, 6)), b"65550", b"65552", b"lab"]
    assert [word for word in words if re.search(rb"(?<![\w.:])%s(?![\w.:])" % re.escape(word), written)] == []


def test_a_copy_is_a_saved_scan_that_is_audited_with_its_configuration(tmp_path: Path) -> None:
    copy, configuration = tmp_path / "copy", tmp_path / "copy.yaml"
    said = anonymise(str(SCANS / "stale_kernel_route"), "-o", str(copy), "-c", str(CONFIGURATION))
    assert "44 answers written" in said
    result = CliRunner().invoke(app, ["analyze", str(copy), "-c", str(configuration), "-f", "json"])
    codes = [finding["code"] for finding in json.loads(result.stdout)["findings"]]
    assert (result.exit_code, codes) == (1, ["ECMP302", "ECMP302"])


def test_a_copy_is_replaced_only_where_that_is_wanted(tmp_path: Path) -> None:
    arguments = [str(SCANS / "healthy"), "-o", str(tmp_path / "copy"), "-c", str(CONFIGURATION)]
    anonymise(*arguments)
    result = CliRunner().invoke(app, ["snapshot", "anonymise", *arguments])
    assert "has a snapshot already: name another folder; `--overwrite` replaces it" in str(result.exception)
    anonymise(*arguments, "--overwrite")


def test_a_folder_of_pasted_sessions_is_a_copy_with_its_routers(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    seed = (FIXTURES / "frr" / "show_ip_route--seed.txt").read_text()
    for name, router in (("x", "acme-tor1"), ("y", "acme-tor2")):
        (tmp_path / "in" / f"{name}.txt").write_text(f"{router}# show ip route\n{seed}")
    said = anonymise(str(tmp_path / "in"), "-o", str(tmp_path / "out"))
    assert "2 answers written, 2 names and 0 AS numbers replaced" in said
    assert "not replaced" not in said
    result = CliRunner().invoke(app, ["analyze", str(tmp_path / "out"), "-f", "json"])
    assert "acme" not in result.stdout
    assert [finding["code"] for finding in json.loads(result.stdout)["findings"]] == ["ECMP101", "ECMP101"]


@pytest.mark.parametrize(
    "text, place",
    [
        ("routers: {tor1: 192.0.2.1}\nrouters: {tor9: 192.0.2.9}\n", ":2: routers: is given twice, first on line 1"),
        ("routers:\n  tor1: [\n", ":3: not valid YAML"),
    ],
)
def test_a_configuration_that_other_commands_refuse_gives_no_copy(text: str, place: str, tmp_path: Path) -> None:
    configuration = tmp_path / "ecmpaudit.yaml"
    configuration.write_text(text, encoding="utf-8")
    arguments = [str(SCANS / "healthy"), "-o", str(tmp_path / "copy"), "-c", str(configuration)]
    result = CliRunner().invoke(app, ["snapshot", "anonymise", *arguments])
    assert f"{configuration}{place}" in str(result.exception)
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize(
    "key,reason",
    [(b"short", "has 5 bytes, expected at least 32"), (None, "cannot be read: expected a plain file, found a folder")],
)
def test_a_key_that_is_none_is_refused(tmp_path: Path, key: bytes | None, reason: str) -> None:
    file = tmp_path / "key"
    if key is None:
        file.mkdir()
    else:
        file.write_bytes(key)
    arguments = ["snapshot", "anonymise", str(SCANS / "healthy"), "-o", str(tmp_path / "copy"), "--key", str(file)]
    result = CliRunner().invoke(app, arguments)
    assert reason in str(result.exception)
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("name", ["objects.json", "objects.yaml", "objects.txt", "compact.json"])
def test_objects_of_a_cluster_are_left_out_with_a_word_whatever_their_file_is_called(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "tor1.txt").write_bytes((FIXTURES / "frr/show_ip_route--seed.txt").read_bytes())
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "payroll", "namespace": "finance"}}
    texts = {
        "objects.yaml": "kind: Service\nmetadata:\n  name: payroll\n  namespace: finance\napiVersion: v1\n",
        "compact.json": json.dumps({"items": [service], "kind": "List"}, separators=(",", ":")),
    }
    (folder / name).write_text(texts.get(name, json.dumps(service, indent=2)), encoding="utf-8")
    run = CliRunner().invoke(app, ["snapshot", "anonymise", str(folder), "-o", str(tmp_path / "copy")])
    assert run.exit_code == 0
    assert "left out: the objects of a cluster" in run.output
    assert name in run.output.replace("\n", "")
    written = b"".join(file.read_bytes() for file in (tmp_path / "copy").rglob("*") if file.is_file())
    assert b"B>*" in written
    assert not re.search(rb"payroll|finance", written)


def test_a_folder_of_nothing_but_objects_is_refused(tmp_path: Path) -> None:
    file = FIXTURES / "kubernetes" / "calico--all.json"
    run = CliRunner().invoke(app, ["snapshot", "anonymise", str(file), "-o", str(tmp_path / "copy")])
    assert run.exit_code != 0
    assert "has only objects of a cluster" in str(run.exception)
    assert not (tmp_path / "copy").exists()
