"""The faults of a configuration as lines for people: file and line, key, what was expected and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecmpaudit.configuration.schema import json_schema
from ecmpaudit.configuration.values import PASSWORD_REFUSED
from ecmpaudit.configuration.yaml_source import KeyPath, Place, Problem, Source
from ecmpaudit.wording import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_STEPS_OF_TAGS = frozenset({"number", "per_family"})
"""Steps of a path that only the schema knows."""
_LONGEST_FOUND = 60
_EXPECTED = {
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "tuple_type": "a list",
    "too_short": "a list with at least one entry",
    "string_type": "a text",
}


def render(problems: Iterable[Problem], name: str) -> str:
    """Return one line per problem, in the order of the file; a problem of line 0 has no line in it."""
    in_order = sorted(problems, key=lambda problem: problem.line)
    places = [p.elsewhere or (f"{name}:{p.line}" if p.line else name) for p in in_order]
    lines = [_printable(f"{at}: {_dotted(p.path)}{p.message}") for at, p in zip(places, in_order, strict=True)]
    return "\n".join(dict.fromkeys(lines))


def schema_problems(error: ValidationError, source: Source) -> Iterator[Problem]:
    """Return what the schema refuses, except where the YAML itself was at fault already."""
    known = {problem.path for problem in source.problems}
    for details in error.errors(include_url=False):
        if details["type"] == "too_short" and details["input"]:
            continue  # pydantic counts only the valid entries; the others have their own errors
        for problem in _problems_of(details, source):
            if problem.path not in known:
                yield problem


def refusals(error: ValidationError, key: tuple[str, str], place: str) -> Iterator[Problem]:
    """Yield what the schema refuses of one host of an inventory, given its section and name, and its place."""
    for details in error.errors(include_url=False):
        path = (*key, *(step for step in details["loc"] if step not in _STEPS_OF_TAGS))
        if details["type"] == "extra_forbidden":
            yield Problem(0, path, f"unknown key{suggestion(str(path[-1]), _keys_of(key))}", place)
        elif details["type"] == "missing":
            yield Problem(0, path, "missing", place)
        else:
            yield Problem(0, path, _refusal(details, Place(0, None, None)), place)


def _problems_of(details: ErrorDetails, source: Source) -> Iterator[Problem]:
    if details["type"] == "references":
        for fault in details["ctx"]["faults"]:
            path = _path_in_file(fault.path, source)
            if fault.path[:2] in source.elsewhere and path != fault.path:
                yield Problem(0, fault.path, fault.message, source.elsewhere[fault.path[:2]])
            else:
                yield Problem(source.places[path].line, path, fault.message)
        return
    path = _path_in_file(details["loc"], source)
    line = source.places[path].line
    if details["type"] == "missing":
        key = details["loc"][-1]
        meaning = _keys_of(path)[str(key)]["description"].rstrip(".")
        yield Problem(line, (*path, key), f"missing; expected {meaning[0].lower()}{meaning[1:]}")
    elif details["type"] == "extra_forbidden":
        yield Problem(line, path, _unknown_key(path))
    else:
        yield Problem(line, path, _refusal(details, source.places[path]))


def _path_in_file(location: Iterable[str | int], source: Source) -> KeyPath:
    """Return the path without the steps that only the schema knows (a kind's tag, a short form's key)."""
    path: KeyPath = ()
    for step in location:
        if (*path, step) in source.places:
            path = (*path, step)
    return path


def _unknown_key(path: KeyPath) -> str:
    key = str(path[-1])
    if key.lower() == "password":
        return PASSWORD_REFUSED
    known = _keys_of(path[:-1])
    return f"unknown key{suggestion(key, known) or '; expected one of ' + ', '.join(known)}"


def _keys_of(path: KeyPath) -> dict[str, Any]:
    """Return the schemas of the keys that the mapping at this path may have."""
    schema = json_schema()
    variants = _variants(schema, schema)
    for step in path:
        children = [child for variant in variants for child in _children(variant, step)]
        variants = [variant for child in children for variant in _variants(child, schema)]
    return {key: value for variant in variants for key, value in variant.get("properties", {}).items()}


def _children(variant: dict[str, Any], step: str | int) -> Iterator[dict[str, Any]]:
    if isinstance(step, int):
        yield from [variant["items"]] if "items" in variant else []
    elif step in variant.get("properties", {}):
        yield variant["properties"][step]
    else:
        yield from variant.get("patternProperties", {}).values()


def _variants(schema: dict[str, Any], root: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in schema:
        return _variants(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices and "properties" not in schema:
        return [variant for choice in choices for variant in _variants(choice, root)]
    return [schema]


def _refusal(details: ErrorDetails, place: Place) -> str:
    context = details.get("ctx", {})
    if details["type"] == "value_error":
        return str(context["error"])
    words = context.get("words") or _EXPECTED.get(details["type"])
    if words is None:
        return details["msg"]
    if context.get("is_secret"):
        return f"expected {words}"
    found = details["input"]
    hint = _quoting_hint(found, place) if context.get("wants_text") else ""
    if words.startswith("one of ") and isinstance(found, str):
        hint = suggestion(found, words.removeprefix("one of ").split(", "))
    return f"expected {words}, found {found_words(found, place)}{hint}"


def found_words(value: Any, place: Place) -> str:
    """Return the value found at a place, in words or as it was typed."""
    if isinstance(value, str):
        shown = value if len(value) <= _LONGEST_FOUND else value[:_LONGEST_FOUND] + "…"
        return f'"{shown}"'
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list" if value else "an empty list"
    return place.typed or str(value)


def _quoting_hint(value: Any, place: Place) -> str:
    if isinstance(value, dict):
        return ": put a value that begins or ends with a colon in quotes"
    if place.read_as is None or value is None:
        return ""
    return f", which YAML reads as {place.read_as}: put it in quotes"


def _dotted(path: KeyPath) -> str:
    """Return `clusters.prod.pools[0].prefix: `; nothing for the file as a whole."""
    dotted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return f"{dotted.removeprefix('.')}: " if path else ""


def _printable(line: str) -> str:
    """Control characters of the file never reach a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
