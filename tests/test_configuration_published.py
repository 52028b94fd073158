"""What is published of the configuration: the page with its examples and table, and the JSON schema."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from ecmpaudit.cli.config import config as app
from ecmpaudit.configuration.reader import read_configuration
from tests.configuration_page import keys, yaml_blocks

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "configuration.md").read_text(encoding="utf-8")


def test_the_documented_example_is_read_as_its_comments_say(tmp_path: Path) -> None:
    path = tmp_path / "ecmpaudit.yaml"
    path.write_text(yaml_blocks(PAGE)[0], encoding="utf-8")
    configuration = read_configuration(path)
    assert configuration.routers["tor1"].max_paths == 64
    assert configuration.device_ssh("tor2").host == "tor2"
    assert configuration.nodes["node1"].addresses == ("192.0.2.101", "2001:db8::101")
    assert [pool.prefix for pool in configuration.clusters["prod"].pools] == [
        "198.51.100.0/24",
        "2001:db8:31::/64",
        "198.51.100.64/26",
    ]
    assert configuration.clusters["prod"].exceptions[1].ignore is True


def test_check_counts_what_the_example_has(tmp_path: Path) -> None:
    path = tmp_path / "ecmpaudit.yaml"
    path.write_text(yaml_blocks(PAGE)[0], encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{path}: ok, 2 routers, 3 nodes, 1 cluster, 3 pools, 2 exceptions\n"


def test_the_published_schema_accepts_the_example_and_refuses_the_faulty_one() -> None:
    schema = json.loads((DOCS / "ecmpaudit.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert list(validator.iter_errors(yaml.safe_load(yaml_blocks(PAGE)[0]))) == []
    short = {"routers": {"tor1": None}, "clusters": {"a": {"expect": 5, "pools": ["198.51.100.0/24"]}}}
    assert list(validator.iter_errors(short)) == []
    both = {"clusters": {"a": {"exceptions": [{"prefix": "198.51.100.7/32", "expect": 5, "ignore": True}]}}}
    assert list(validator.iter_errors(both)) != []
    assert list(validator.iter_errors({"routers": {"tor1": {"max_paths": "many"}}})) != []
    assert list(validator.iter_errors({"nodes": {"node1": {"adresses": ["192.0.2.1"]}}})) != []


def test_every_key_has_a_description() -> None:
    undescribed = [key for key, field in keys() if not field.get("description")]
    assert undescribed == []
