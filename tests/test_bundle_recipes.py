"""Recipes of parsers/bundles.toml: which file of a bundle or folder is which host's answer to which command."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.run import read_material
from ecmpaudit.collectors.files import read_inputs
from tests import dumps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SONIC, SOS = "sonic_dump_leaf1_20240102_030405", "sosreport-node1-2024-01-02-abcdefg"
KERNEL = "10.0.0.0/24 proto kernel scope link src 10.0.0.1 dev eth0\n"
FRR = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:01\n"
ADDRESSES = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN\n    inet 127.0.0.1/8 scope host lo\n"
CONFIGURATION = "frr version 8.4\nrouter bgp 64496\n address-family ipv4 unicast\n  maximum-paths 8\n"
NEWS = "?\n"

CASES: dict[str, tuple[dict[str, str], list[tuple[str | None, str | None]]]] = {
    "sosreport": (
        {
            f"{SOS}/sos_commands/networking/ip_route_show_table_all": KERNEL,
            f"{SOS}/sos_commands/networking/ip_-d_address": ADDRESSES,
            f"{SOS}/sos_commands/frr/podman_exec_frr_vtysh_-c_show_ip_route": FRR,
            f"{SOS}/sos_commands/host/hostname": "node1\n",
            f"{SOS}/sos_commands/boot/lsinitrd": NEWS,
            f"{SOS}/etc/frr/frr.conf": CONFIGURATION,
        },
        [
            ("node1", "show running-config"),
            ("node1", "show ip route"),
            ("node1", "ip -d address"),
            ("node1", "ip -4 route show table all"),
        ],
    ),
    "sosreport in a folder of another name": (
        {
            "ticket/sos_commands/networking/ip_route_show_table_all": KERNEL,
            "ticket/sos_commands/host/hostname": "node2.example.net\n",
            "ticket/version.txt": NEWS,
        },
        [("node2.example.net", "ip -4 route show table all")],
    ),
    "SONiC techsupport": (
        {f"{SONIC}/dump/ip.addr": ADDRESSES, f"{SONIC}/dump/frr.running_config": CONFIGURATION, f"{SONIC}/log/x": NEWS},
        [("leaf1", "show running-config"), ("leaf1", "ip addr")],
    ),
    "must-gather": (
        {
            "must-gather.local.1/quay-io-x/namespaces/openshift-frr-k8s/pods/frr-k8s-abcde/frr/frr/logs/dump_frr": (
                f"###### show running-config\n{CONFIGURATION}###### show bgp ipv4\n% No BGP\n"
            ),
            "must-gather.local.1/quay-io-x/namespaces/openshift-frr-k8s/pods/frr-k8s-abcde/frr-k8s-abcde.yaml": NEWS,
        },
        [("frr-k8s-abcde", "show running-config"), ("frr-k8s-abcde", "show bgp ipv4")],
    ),
    "Calico's diagnostics": (
        {
            "calico-diagnostics-20240102_030405/nodes/worker-1/ip-route.txt": KERNEL,
            "calico-diagnostics-20240102_030405/nodes/worker-2/ip-addr.txt": ADDRESSES,
            "calico-diagnostics-20240102_030405/nodes/worker-2/ip-rule.txt": NEWS,
        },
        [("worker-1", "ip -4 route show table all"), ("worker-2", "ip addr")],
    ),
    "FRR's support bundle": (
        {"tor1/var/log/frr/zebra_support_bundle.log": f">>[2024-01-02]show ip route\n{FRR}\n>>[]show zebra\nx\n"},
        [("tor1", "show ip route"), ("tor1", "show zebra")],
    ),
    "a folder for each host": (
        {
            "out/tor1.example.net/show_ip_route.txt": FRR,
            "out/tor2/ip_-4_route.txt": KERNEL,
            "out/tor2/etc/frr/frr.conf": CONFIGURATION,
        },
        [("tor1.example.net", "show ip route"), ("tor2", "show running-config"), ("tor2", "ip -4 route")],
    ),
    "a file for each host and command": (
        {"out/tor1_show_ip_route.txt": FRR, "out/tor2-show-ip-route.log": FRR},
        [("tor1", "show ip route"), ("tor2", "show ip route")],
    ),
    "RANCID": (
        {"rancid/leafs/configs/tor1.example.net": CONFIGURATION, "rancid/leafs/configs/tor2.cfg": CONFIGURATION},
        [("tor1.example.net", None), ("tor2", None)],
    ),
    "no recipe": ({"out/tor1.txt": FRR, "out/show_ip_route--seed.txt": FRR}, [(None, None), (None, None)]),
}


def put(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def tar(files: Mapping[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, text in files.items():
            content = text if isinstance(text, bytes) else text.encode()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(stream.getvalue())


@pytest.mark.parametrize("kind", CASES)
def test_the_files_of_a_bundle_are_answers_of_their_hosts_as_those_of_its_folder(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files, expected = CASES[kind]
    put(tmp_path, files)
    root = next(iter(files)).partition("/")[0]
    (tmp_path / "bundle.tgz").write_bytes(tar(files))
    of_folder = read_inputs([root])
    assert [(capture.router, capture.command) for capture in of_folder] == expected
    assert [capture.failure for capture in of_folder] == [None] * len(expected)
    assert read_inputs(["bundle.tgz"]) == of_folder


def test_an_answer_below_a_heading_keeps_its_lines(tmp_path: Path) -> None:
    put(tmp_path, CASES["FRR's support bundle"][0])
    routes, zebra = read_inputs([str(tmp_path / "tor1")])
    assert (routes.text, routes.first_line) == (f"{FRR}\n", 2)
    assert (zebra.text, zebra.first_line) == ("x\n", 5)


def test_the_archives_of_a_cilium_sysdump_are_read_with_their_pods(tmp_path: Path) -> None:
    pods = {
        f"cilium-sysdump-20240102/cilium-bugtool-cilium-{pod}-20240102-030405.tar.gz": tar(
            {f"cilium-bugtool-20240102-030405.678+0000-UTC-1/cmd/{name}": text for name, text in files.items()}
        )
        for pod, files in {
            "aaaaa": {"ip-a.md": f"# ip a\n\n```\n{ADDRESSES}```\n", "hostname.md": NEWS},
            "bbbbb": {"ip--4-r.md": f"# ip -4 r\n\n```\n{KERNEL}```\n"},
        }.items()
    }
    (tmp_path / "dump.tgz").write_bytes(tar({**pods, "cilium-sysdump-20240102/k8s-services.yaml": NEWS}))
    captures = read_inputs([str(tmp_path / "dump.tgz")])
    assert [capture.router for capture in captures] == ["cilium-aaaaa", "cilium-bbbbb"]
    material = read_material(captures)
    assert [table.router for table in material.tables] == ["cilium-bbbbb"]
    assert {address.node for address in material.facts.addresses} == {"cilium-aaaaa"}


@pytest.mark.parametrize(
    "result,expected",
    [
        (
            {"changed": True, "cmd": ["vtysh", "-c", "show ip route"], "rc": 0, "stdout": FRR},
            [("vtysh -c 'show ip route'", FRR, None)],
        ),
        ({"changed": True, "cmd": "ip route", "rc": 0, "stdout": KERNEL}, [("ip route", KERNEL, None)]),
        (
            {
                "changed": False,
                "stdout": [FRR, {"a": 1}],
                "invocation": {"module_args": {"commands": ["show ip route", {"command": "show x"}]}},
            },
            [("show ip route", FRR, None), ("show x", '{"a": 1}', None)],
        ),
        (
            {"changed": True, "cmd": "vtysh", "rc": 127, "stdout": "", "stderr": "not found", "failed": True},
            [("vtysh", "", "Ansible reports: not found")],
        ),
        ({"changed": False, "unreachable": True, "msg": "timed out"}, [(None, "", "Ansible reports: timed out")]),
    ],
    ids=["command", "shell", "network module", "failed", "unreachable"],
)
def test_results_of_ansible_are_the_answers_in_them(
    tmp_path: Path, result: dict[str, object], expected: list[tuple[str | None, str, str | None]]
) -> None:
    put(tmp_path, {"tree/tor1.example.net": json.dumps(result)})
    captures = read_inputs([str(tmp_path / "tree")])
    assert [(capture.command, capture.text, capture.failure) for capture in captures] == expected
    assert {capture.router for capture in captures} == {"tor1.example.net"}


@pytest.mark.parametrize("text", ['{"stdout": "x"}', '{"changed": 1, "stdout": "x"}', '{"changed": true, "msg', "{}"])
def test_other_json_is_no_result_of_ansible(tmp_path: Path, text: str) -> None:
    put(tmp_path, {"tree/x": text})
    (capture,) = read_inputs([str(tmp_path / "tree")])
    assert (capture.router, capture.text) == (None, text)


def test_two_bundles_with_the_same_names_are_two_routers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("tor1", "tor2"):
        (tmp_path / f"{name}.tgz").write_bytes(tar({"capture/table": FRR}))
    captures = read_inputs(["tor1.tgz", "tor2.tgz"])
    assert [capture.source for capture in captures] == ["capture/table", "tor2/capture/table"]


def test_a_techsupport_of_a_real_kernel_is_read_whole(tmp_path: Path) -> None:
    entry = next(
        e for e in dumps.route_files() if e["command"] == "ip route show table all" or e["command"] == "ip route"
    )
    (tmp_path / "x.tgz").write_bytes(
        tar({f"{SONIC}/dump/ip.route.gz": gzip.compress(dumps.text(entry["file"]).encode())})
    )
    (table,) = read_material(read_inputs([str(tmp_path / "x.tgz")])).tables
    assert (table.router, table.unparsed, table.is_whole) == ("leaf1", (), True)
    assert table.route_count > 0
