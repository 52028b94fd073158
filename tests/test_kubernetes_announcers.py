"""One registration per announcer: its name and its module. Everything else is derived from them."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

from ecmpaudit.configuration.announcers import AnnouncerName
from ecmpaudit.configuration.schema import json_schema
from ecmpaudit.kubernetes import announcers as package
from ecmpaudit.kubernetes.detection import announcers
from tests.kubernetes_objects import endpoints, node, service

EXAMPLE_LB = '''\
"""example-lb: every node announces the host prefix."""

from ecmpaudit.kubernetes.announcer import Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.ranges import host_length, prefix_around


def answer(objects, service, address):
    return Answer((Announced(prefix_around(address, host_length(address))),))


ANNOUNCER = Announcer(
    Habits("example-lb"),
    {},
    holds=lambda objects, address: False,
    ranges=lambda objects: (),
    answer=answer,
    is_its_class=lambda name: name == "example.net/lb",
)
'''
PROGRAM = """\
import enum, sys
from ecmpaudit.configuration import announcers as registered
from ecmpaudit.kubernetes import announcers as package

names = {member.name: member.value for member in registered.AnnouncerName}
registered.AnnouncerName = enum.StrEnum("AnnouncerName", {**names, "EXAMPLE_LB": "example-lb"})
package.__path__.append(sys.argv.pop(1))
from ecmpaudit.cli.main import main

sys.exit(main())
"""
"""The command line of a version that has example-lb's name and module, and no other change."""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ecmpaudit in a folder, with example-lb registered."""
    modules = folder / "modules"
    modules.mkdir(exist_ok=True)
    (modules / "example_lb.py").write_text(EXAMPLE_LB, encoding="utf-8")
    command = [sys.executable, "-c", PROGRAM, str(modules), *arguments]
    environment = {"PATH": "", "HOME": str(folder), "COLUMNS": "200", "PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


def cluster(folder: Path, **spec: str) -> None:
    """Write the dump of one node and one Service with an IPv4 and an IPv6 address."""
    objects = [node(1), service("shop/web", "198.51.100.7", "2001:db8:31::7", **spec), endpoints("shop/web", "node1")]
    (folder / "cluster.json").write_text("\n".join(json.dumps(values) for values in objects), encoding="utf-8")


def test_every_module_has_a_name_and_every_name_a_module() -> None:
    modules = {module.name.replace("_", "-") for module in pkgutil.iter_modules(package.__path__)}
    assert modules == {*AnnouncerName} - {"auto"} == {*announcers()}


def test_the_schema_offers_every_name() -> None:
    assert json_schema()["$defs"]["AnnouncerName"]["enum"] == [*AnnouncerName]


def test_a_new_announcer_is_accepted_by_the_option(tmp_path: Path) -> None:
    cluster(tmp_path)
    done = run(tmp_path, "expect", "--kube-dump", "cluster.json", "--announcer", "example-lb", "--format", "json")
    expected = {entry["prefix"]: entry["nodes"] for entry in json.loads(done.stdout)["expectations"]}
    assert expected == {"198.51.100.7/32": ["node1"], "2001:db8:31::7/128": ["node1"]}
    assert done.returncode == 0


def test_a_new_announcer_is_accepted_by_the_configuration(tmp_path: Path) -> None:
    cluster(tmp_path)
    configuration = "kubernetes: {files: [cluster.json], announcer: example-lb}\n"
    (tmp_path / "ecmpaudit.yaml").write_text(configuration, encoding="utf-8")
    done = run(tmp_path, "expect")
    assert "2 prefixes expected from 1 node, 0 undetermined" in done.stdout, done.stderr


def test_a_new_announcer_is_detected_by_its_class(tmp_path: Path) -> None:
    cluster(tmp_path, loadBalancerClass="example.net/lb")
    done = run(tmp_path, "expect", "--kube-dump", "cluster.json")
    assert "2 prefixes expected from 1 node, 0 undetermined" in done.stdout, done.stderr


def test_a_new_announcer_is_in_help_schema_and_hints(tmp_path: Path) -> None:
    assert "example-lb" in run(tmp_path, "scan", "--help").stdout
    schema = json.loads(run(tmp_path, "config", "schema").stdout)
    assert "example-lb" in schema["$defs"]["AnnouncerName"]["enum"]
    cluster(tmp_path)
    assert "openelb, example-lb" in run(tmp_path, "expect", "--kube-dump", "cluster.json").stdout
    (tmp_path / "ecmpaudit.yaml").write_text("kubernetes: {files: [cluster.json], announcer: examplelb}\n")
    assert "did you mean example-lb?" in run(tmp_path, "config", "check").stderr
