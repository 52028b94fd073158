"""The fields that the projects' published schemas have, and what of an object they do not allow.

`tests/fixtures/crds` has them in a notation of our own, with repository, file and commit for each kind; no text of
theirs is in it. A field is `name: type`, and `name!` is required. A type is `string`, `integer 1..65535`, `one of A B`,
`[type]` or `[type, 1..16]` for a list and its length, a mapping for an object, `"*": type` for a mapping from names, or
a word of `_WORDS`. An object takes no other field: the API server drops these silently.

Objects of Kubernetes itself are held against its own OpenAPI, by kubernetes-validate.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from ipaddress import ip_address, ip_interface
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import kubernetes_validate
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kubernetes_objects import Values

    Schema = dict[str, Any]

FOLDER = Path(__file__).parent / "fixtures" / "crds"
KUBERNETES = "1.32"
_TEXT: Schema = {"type": "string"}
_LABELS: Schema = {"type": "object", "additionalProperties": _TEXT}


def _closed(properties: Schema, *required: str) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_TIME: Schema = {"type": "string", "format": "time of the API"}
_SELECTOR = _closed(
    {
        "matchLabels": _LABELS,
        "matchExpressions": _listed(
            _closed(
                {
                    "key": _TEXT,
                    "operator": {"enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
                    "values": _listed(_TEXT),
                },
                "key",
                "operator",
            )
        ),
    }
)
_CONDITION = _closed(
    {
        "type": _TEXT,
        "status": {"enum": ["True", "False", "Unknown"]},
        "reason": {"type": "string", "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"},
        "message": {"type": "string", "maxLength": 32768},
        "lastTransitionTime": _TIME,
        "observedGeneration": {"type": "integer", "minimum": 0},
    },
    "type",
    "status",
    "reason",
    "message",
    "lastTransitionTime",
)
_METADATA: Schema = _closed(
    {
        **dict.fromkeys(("name", "namespace", "uid", "resourceVersion", "generateName"), _TEXT),
        **dict.fromkeys(("labels", "annotations"), _LABELS),
        **dict.fromkeys(("creationTimestamp", "deletionTimestamp"), _TIME),
        "deletionGracePeriodSeconds": {"type": "integer"},
        "generation": {"type": "integer"},
        "finalizers": _listed(_TEXT),
        "managedFields": _listed({"type": "object"}),
        "ownerReferences": _listed(
            _closed(
                {
                    **dict.fromkeys(("apiVersion", "kind", "name", "uid"), _TEXT),
                    **{name: {"type": "boolean"} for name in ("controller", "blockOwnerDeletion")},
                },
                "apiVersion",
                "kind",
                "name",
                "uid",
            )
        ),
    },
    "name",
)
_WORDS: Mapping[str, Schema] = {
    "string": _TEXT,
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "any": {},
    "labels": _LABELS,
    "selector": _SELECTOR,
    "conditions": _listed(_CONDITION),
    "time": _TIME,
    "time or null": {**_TIME, "type": ["string", "null"]},
    "cidr": {"type": "string", "format": "prefix of the API"},
    "address": {"type": "string", "format": "address of the API"},
}


def _checker() -> jsonschema.FormatChecker:
    """Return a checker of the formats above; JSON Schema's own `date-time` is not checked without a further package."""
    checker = jsonschema.FormatChecker(())
    checker.checks("time of the API", ValueError)(_is_time)
    checker.checks("address of the API", ValueError)(_is_address)
    checker.checks("prefix of the API", ValueError)(_is_prefix)
    return checker


def _is_time(text: object) -> bool:
    return text is None or bool(datetime.fromisoformat(str(text)))


def _is_address(text: object) -> bool:
    return bool(ip_address(str(text)))


def _is_prefix(text: object) -> bool:
    return "/" in str(text) and bool(ip_interface(str(text)))


@cache
def published() -> Mapping[str, Schema]:
    """Return the JSON Schema of each kind, by `metallb.io/v1beta2 BGPPeer`."""
    return {name: _schema_of_kind(fields) for name, fields in notations().items()}


@cache
def notations() -> Mapping[str, Values]:
    """Return what the files have for each kind, with its source."""
    return {
        name: fields
        for file in sorted(FOLDER.glob("*.yaml"))
        for name, fields in yaml.safe_load(file.read_text("utf-8")).items()
    }


def wrong_in(values: Values) -> list[str]:
    """Return what the published type of an object does not allow; empty for a kind that has none here."""
    version, kind = values["apiVersion"], values["kind"]
    name = f"{kind} {values['metadata']['name']}"
    if "." not in version or version.endswith(".k8s.io/v1") or version == "apps/v1":
        return _wrong_in_kubernetes(values, name)
    schema = published().get(f"{version} {kind}")
    if schema is None:
        return [f"{name}: no published type of {version} {kind} is in {FOLDER.name}"]
    found = jsonschema.Draft202012Validator(schema, format_checker=_checker()).iter_errors(values)
    return [f"{name} {error.json_path}: {error.message}" for error in found]


def _wrong_in_kubernetes(values: Values, name: str) -> list[str]:
    try:
        kubernetes_validate.validate(values, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{name} {'.'.join(map(str, error.path))}: {error.message}"]
    return []


def _schema_of_kind(fields: Values) -> Schema:
    parts = {name: value for name, value in fields.items() if name != "source"}
    schema = _object(parts)
    schema["properties"] |= {"apiVersion": _TEXT, "kind": _TEXT, "metadata": _METADATA}
    schema["required"] += ["apiVersion", "kind", "metadata"]
    return schema


def _object(fields: Values) -> Schema:
    if set(fields) == {"*"}:
        return {"type": "object", "additionalProperties": _schema(fields["*"])}
    properties = {name.removesuffix("!"): _schema(value) for name, value in fields.items()}
    return _closed(properties, *(name[:-1] for name in fields if name.endswith("!")))


def _schema(value: Any) -> Schema:
    if isinstance(value, dict):
        return _object(value)
    if isinstance(value, list):
        return _listed(_schema(value[0])) | (_between(value[1], "minItems", "maxItems") if len(value) > 1 else {})
    if value.startswith("one of "):
        return {"enum": value.removeprefix("one of ").split()}
    word, _, bounds = value.partition(" ")
    if ".." in bounds:
        return _WORDS[word] | _between(bounds, "minimum", "maximum")
    return _WORDS[value]


def _between(bounds: str, least: str, most: str) -> Schema:
    low, _, high = bounds.partition("..")
    return {**({least: int(low)} if low else {}), **({most: int(high)} if high else {})}
