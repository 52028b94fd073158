"""Inventories of other programs: their hosts become routers and nodes, with places in errors and nothing lost."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner

from ecmpaudit.cli.main import app
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.reading import read_with_inventories
from ecmpaudit.inventories.ssh_arguments import settings_of_arguments
from tests.program import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.configuration.schema import Configuration

PAGE = (ROOT / "docs" / "inventories.md").read_text(encoding="utf-8")
INI, YAML = "hosts.ini", "hosts.yml"


def read(folder: Path, files: dict[str, str], *given: str, own: str = "", limit: tuple[str, ...] = ()) -> Configuration:
    """Return the configuration that files of a folder make; the first one is the inventory unless others are given."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / "ecmpaudit.yaml" if own else None
    if path is not None:
        path.write_text(own, encoding="utf-8")
    inventories = given or (() if own else (next(iter(files)),))
    configuration, _ = read_with_inventories(path, [str(folder / name) for name in inventories], limit)
    assert configuration is not None
    return configuration


def entries(devices: Any) -> dict[str, dict[str, Any]]:
    """Return what is set of each device."""
    return {name: device.model_dump(mode="json", exclude_unset=True) for name, device in devices.items()}


def refusal(folder: Path, files: dict[str, str], own: str = "", limit: tuple[str, ...] = ()) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, files, own=own, limit=limit)
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize("file,text", re.findall(r"<!-- file: (.+?) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL))
def test_the_examples_of_the_page_are_the_files_that_its_output_is_recorded_from(file: str, text: str) -> None:
    assert (ROOT / file).read_text(encoding="utf-8") == text


def cases(file: str) -> Any:
    """Return the cases of a table in tests/fixtures/inventories, as parameters."""
    table = yaml.safe_load((ROOT / "tests" / "fixtures" / "inventories" / file).read_text(encoding="utf-8"))
    return [pytest.param(*case.values(), id=name) for name, case in table.items()]


@pytest.mark.parametrize("files,found", cases("forms.yaml"))
def test_hosts_have_what_the_inventory_says(
    tmp_path: Path, files: dict[str, str], found: dict[str, dict[str, Any]]
) -> None:
    assert entries(read(tmp_path, files).routers) == found


def test_a_folder_is_all_of_its_inventories(tmp_path: Path) -> None:
    files = {"inv/a": "tor1\n", "inv/b.yml": "all: {hosts: {tor2: }}\n", "inv/group_vars/all.yml": "ansible_port: 23\n"}
    assert entries(read(tmp_path, {**files, "inv/old.bak": "tor9\n"}, "inv").routers) == {
        "tor1": {"port": 23},
        "tor2": {"port": 23},
    }


def test_standard_input_is_a_list_of_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"tor1 platform=frr\ntor2 platform=bird\n")))
    configuration, _ = read_with_inventories(None, ["-"])
    assert configuration
    assert {name: router.platform for name, router in configuration.routers.items()} == {"tor1": "frr", "tor2": "bird"}


def test_standard_input_is_not_read_twice() -> None:
    with pytest.raises(ConfigurationError, match="standard input is read already"):
        read_with_inventories(None, ["-", "-"])


OWN = """
inventory: {file: hosts.ini, nodes: workers, routers: leafs, platforms: {whitebox: frr}, labels: [rack]}
ssh: {password_env: PW}
routers: {tor1: {user: me, labels: {site: b}}}
nodes: {node2: [192.0.2.102, "2001:db8::102"]}
clusters: {prod: {routers: [tor2], nodes: [node1], pools: 198.51.100.0/24}}
"""
HOSTS = """
[leafs]
tor1 ansible_user=x rack=r1 ansible_password=secret
tor2 site=a
[leafs:vars]
ansible_network_os=whitebox
[workers]
node1 ansible_host=192.0.2.101
node2 ansible_host=192.0.2.102
[others]
elsewhere
"""


def test_ecmpaudit_yaml_goes_before_key_by_key(tmp_path: Path) -> None:
    configuration = read(tmp_path, {INI: HOSTS}, own=OWN)
    assert entries(configuration.routers) == {
        "tor1": {"platform": "frr", "user": "me", "labels": {"group": "leafs", "rack": "r1", "site": "b"}},
        "tor2": {"platform": "frr", "labels": {"group": "leafs"}},
    }
    assert entries(configuration.nodes) == {
        "node2": {"host": "192.0.2.102", "addresses": ["192.0.2.102", "2001:db8::102"], "labels": {"group": "workers"}},
        "node1": {"host": "192.0.2.101", "addresses": ["192.0.2.101"], "labels": {"group": "workers"}},
    }


@pytest.mark.parametrize("files,message", cases("faults.yaml"))
def test_a_fault_names_its_place_and_the_remedy(tmp_path: Path, files: dict[str, str], message: str) -> None:
    assert refusal(tmp_path, files) == message


@pytest.mark.parametrize("file", ["missing.ini", "."], ids=["missing", "an_empty_folder"])
def test_an_inventory_that_is_not_there_is_an_error(tmp_path: Path, file: str) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be read: No such file|a folder without any inventory"):
        read_with_inventories(None, [str(tmp_path / file)])


def test_every_faulty_host_is_named_at_once(tmp_path: Path) -> None:
    files = {INI: "a ansible_port=x\nok\nb ansible_user='me;you'\n"}
    assert [line.partition(": expected")[0] for line in refusal(tmp_path, files).split("\n")] == [
        "hosts.ini:1: routers.a.port",
        "hosts.ini:3: routers.b.user",
    ]


def test_faults_of_hosts_that_are_left_out_are_none(tmp_path: Path) -> None:
    files = {INI: "[leafs]\ntor1 site=a\n[others]\nlocalhost ansible_connection=local\nsw1 ansible_network_os=f5\n"}
    for limit in (("leafs",), ("site=a",), ("tor*",), ("!others",), ("!localhost,!sw1",)):
        assert "tor1" in read(tmp_path, files, limit=limit).routers
    assert "sw1" in refusal(tmp_path, files, limit=("!localhost",))
    assert "no host has this name, group or label" in refusal(tmp_path, files, limit=("leaf",))


def test_what_is_refused_in_the_inventory_may_be_in_ecmpaudit_yaml(tmp_path: Path) -> None:
    own = "inventory: hosts.yml\nssh: {password_env: PW}\nrouters: {tor1: {user: audit}}\n"
    files = {YAML: "all: {hosts: {tor1: {ansible_user: !vault x, ansible_password: !vault y}}}\n"}
    assert entries(read(tmp_path, files, own=own).routers) == {"tor1": {"user": "audit"}}


def test_names_in_other_sections_are_checked_with_the_hosts_of_inventories(tmp_path: Path) -> None:
    own = "inventory: hosts.ini\nclusters: {a: {pools: 198.51.100.0/24, routers: [tor1, tor3]}}\n"
    assert refusal(tmp_path, {INI: "tor1\ntor2\n"}, own=own) == (
        "ecmpaudit.yaml:2: clusters.a.routers[1]: there is no router tor3; routers has tor1, tor2"
    )


@pytest.mark.parametrize(
    "arguments,settings",
    [
        ("-J audit@bastion:2222", {"jump": "audit@bastion:2222"}),
        ("-o ProxyJump=one,two -oUser=me -o 'Port 23'", {"jump": "one,two", "user": "me", "port": "23"}),
        ('-o ProxyCommand="ssh -q -W %h:%p -p 2222 -l audit bastion"', {"jump": "audit@bastion:2222"}),
        ("-i ~/.ssh/id -F cfg -o StrictHostKeyChecking=no -C", {"key": "~/.ssh/id", "config": "cfg"}),
        ("-o UserKnownHostsFile=/dev/null -o ProxyCommand=none -vJbastion", {"jump": "bastion"}),
        ("-o UserKnownHostsFile=/etc/known -J a -J b", {"known_hosts": "/etc/known", "jump": "a"}),
    ],
)
def test_arguments_of_ssh_are_read(arguments: str, settings: dict[str, str]) -> None:
    assert settings_of_arguments(arguments) == settings


@pytest.mark.parametrize(
    "arguments",
    ["-o ProxyCommand='ssh bastion nc %h %p'", "-o ProxyCommand='ssh -W %h:%p -i key bastion'", "-J 'bastion"],
)
def test_arguments_that_are_more_than_a_jump_host_are_refused(arguments: str) -> None:
    with pytest.raises(ValueError, match=r"ProxyCommand|quotation"):
        settings_of_arguments(arguments)


def test_a_scan_asks_only_hosts_within_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def collect(targets: Any, **_: Any) -> list[Any]:
        asked.extend(target.name for target in targets)
        return []

    monkeypatch.setattr("ecmpaudit.commands.asking.collect", collect)
    (tmp_path / "hosts.ini").write_text("[leafs]\ntor[1:3] ansible_network_os=frr\n[other]\nrx1\n", encoding="utf-8")
    run = CliRunner().invoke(app, ["scan", "--inventory", str(tmp_path / "hosts.ini"), "--limit", "leafs,!tor3"])
    assert (asked, run.exit_code) == (["tor1", "tor2"], 3)


def test_a_recorded_run_takes_no_limit(tmp_path: Path) -> None:
    (tmp_path / "hosts.ini").write_text("tor1\n", encoding="utf-8")
    run = CliRunner().invoke(app, ["scan", "--inventory", str(tmp_path / "hosts.ini"), "--limit", "tor1", "--record"])
    assert isinstance(run.exception, ConfigurationError)
    assert "a run is recorded whole" in str(run.exception)
