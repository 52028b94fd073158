"""What is published of the configuration: the page with its examples and table, and the JSON schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from ecmpaudit.cli.config import config as app
from ecmpaudit.configuration.reader import read_configuration
from ecmpaudit.configuration.schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "configuration.md").read_text(encoding="utf-8")


def yaml_blocks() -> list[str]:
    """The YAML examples of the page."""
    return re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_documented_example_is_read_as_its_comments_say(tmp_path: Path) -> None:
    path = tmp_path / "ecmpaudit.yaml"
    path.write_text(yaml_blocks()[0], encoding="utf-8")
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
    path.write_text(yaml_blocks()[0], encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{path}: ok, 2 routers, 3 nodes, 1 cluster, 3 pools, 2 exceptions\n"


def test_the_documented_errors_are_what_a_run_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ecmpaudit.yaml").write_text(yaml_blocks()[1], encoding="utf-8")
    result = CliRunner().invoke(app, ["check", "ecmpaudit.yaml"])
    documented = re.search(r"```console\n\$ ecmpaudit config check ecmpaudit.yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert result.exit_code == 2
    assert documented
    assert result.stderr == documented[1]


def test_the_published_schema_is_what_the_command_prints() -> None:
    result = CliRunner().invoke(app, ["schema"])
    assert result.stdout == (DOCS / "ecmpaudit.schema.json").read_text(encoding="utf-8")


def test_the_published_schema_accepts_the_example_and_refuses_the_faulty_one() -> None:
    schema = json.loads((DOCS / "ecmpaudit.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert list(validator.iter_errors(yaml.safe_load(yaml_blocks()[0]))) == []
    short = {"routers": {"tor1": None}, "clusters": {"a": {"expect": 5, "pools": ["198.51.100.0/24"]}}}
    assert list(validator.iter_errors(short)) == []
    both = {"clusters": {"a": {"exceptions": [{"prefix": "198.51.100.7/32", "expect": 5, "ignore": True}]}}}
    assert list(validator.iter_errors(both)) != []
    assert list(validator.iter_errors({"routers": {"tor1": {"max_paths": "many"}}})) != []
    assert list(validator.iter_errors({"nodes": {"node1": {"adresses": ["192.0.2.1"]}}})) != []


def test_every_key_has_a_description() -> None:
    undescribed = [key for key, field in keys() if not field.get("description")]
    assert undescribed == []


def test_the_documented_keys_are_those_of_the_schema() -> None:
    rows = [f"| `{key}` | {_value(field)} | {_default(field)} | {field['description']} |" for key, field in keys()]
    table = "\n".join(["| Key | Value | Default | Meaning |", "|---|---|---|---|", *rows])
    assert table in PAGE, f"expected this table in docs/configuration.md:\n{table}"


def keys() -> list[tuple[str, dict[str, Any]]]:
    """Every key with its schema, as `routers.NAME.host`."""
    schema = json_schema()
    return list(_keys_below("", schema, schema))


def _keys_below(key: str, field: dict[str, Any], root: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for variant in _variants(field, root):
        for name, child in variant.get("properties", {}).items():
            yield f"{key}{name}", child | {"required": name in variant.get("required", [])}
            yield from _keys_below(f"{key}{name}.", child, root)
        for child in variant.get("patternProperties", {}).values():
            yield from _keys_below(f"{key}NAME.", child, root)
        if "items" in variant:
            yield from _keys_below(f"{key.removesuffix('.')}[].", variant["items"], root)


def _variants(field: dict[str, Any], root: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in field:
        return _variants(root["$defs"][field["$ref"].rpartition("/")[2]], root)
    if "properties" in field:
        return [field]
    choices = field.get("anyOf", field.get("oneOf"))
    return [v for choice in choices for v in _variants(choice, root)] if choices else [field]


def _value(field: dict[str, Any]) -> str:
    words = {"integer": "whole number", "number": "number", "boolean": "true or false", "object": "mapping"}
    words |= {"string": "text", "array": "list"}
    variants = [variant for variant in _variants(field, json_schema()) if variant["type"] != "null"]
    shown = [
        ", ".join(f"`{word}`" for word in variant["enum"])
        if "enum" in variant
        else "`true`"
        if "const" in variant
        else variant.get("format", words[variant["type"]])
        for variant in variants
    ]
    return " or ".join(shown)


def _default(field: dict[str, Any]) -> str:
    if field["required"]:
        return "required"
    default = field.get("default")
    return "" if default in (None, []) else f"`{json.dumps(default)}`".replace('"', "")
