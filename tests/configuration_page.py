"""What docs/configuration.md takes from the schema: the table of keys, and the errors of its faulty example."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecmpaudit.configuration.schema import json_schema
from tests.program import ecmpaudit

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = ("| Key | Value | Default | Meaning |", "|---|---|---|---|")
_TABLE = re.compile(rf"^{re.escape(_HEAD[0])}\n(?:\|.*\n)*", re.MULTILINE)
_ERRORS = re.compile(r"(?<=```console\n\$ ecmpaudit config check ecmpaudit\.yaml\n).*?(?=```)", re.DOTALL)


def with_keys_and_errors(page: str) -> str:
    """Return the page with the keys of today's schema and the errors that the first YAML block under Errors causes."""
    errors = _errors_of(yaml_blocks(page.partition("## Errors")[2])[0])
    return _ERRORS.sub(lambda _: errors, _TABLE.sub(lambda _: table_of_keys(), page))


def yaml_blocks(page: str) -> list[str]:
    """Return the YAML examples of the page."""
    return re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)


def table_of_keys() -> str:
    """Return every key with its value, default and meaning, as a Markdown table."""
    rows = (f"| `{key}` | {_value(field)} | {_default(field)} | {field['description']} |" for key, field in keys())
    return "".join(f"{line}\n" for line in (*_HEAD, *rows))


def keys() -> list[tuple[str, dict[str, Any]]]:
    """Return every key with its schema, as `routers.NAME.host`."""
    schema = json_schema()
    return list(_keys_below("", schema, schema))


def _errors_of(configuration: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "ecmpaudit.yaml").write_text(configuration, encoding="utf-8")
        return ecmpaudit("config", "check", "ecmpaudit.yaml", folder=Path(folder)).stderr


def _keys_below(key: str, field: dict[str, Any], root: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for variant in _long_forms(field, root):
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


def _long_forms(field: dict[str, Any], root: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the variants without the single entries that may be written where a list is allowed."""
    variants = _variants(field, root)
    entries = [entry for variant in variants if "items" in variant for entry in _variants(variant["items"], root)]
    return [variant for variant in variants if variant not in entries]


def _value(field: dict[str, Any]) -> str:
    words = {"integer": "whole number", "number": "number", "boolean": "true or false", "object": "mapping"}
    words |= {"string": "text", "array": "list"}
    variants = [variant for variant in _long_forms(field, json_schema()) if variant["type"] != "null"]
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
