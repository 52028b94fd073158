"""From YAML text to plain values, with the line of every one of them.

Values come from composed nodes, not from `safe_load`: that keeps the lines, shows duplicate keys, and keeps what
was typed where YAML 1.1 reads something else (`no` as false, `2001:1:2:3:4:5:6:7` as one number of base 60).
An alias is followed each time it is used, so the number of values is bounded.

PyYAML has two parsers: its own, and libyaml, which needs a tenth of the time. Where libyaml reads a text otherwise, or
refuses it in other words, PyYAML's own is used.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

import yaml

from ecmpaudit.errors import ConfigurationError

KeyPath = tuple[str | int, ...]

MOST_ALIASES = 1_000
MOST_VALUES = 200_000
_DEEPEST = 20
_DEEPEST_IN_LIBYAML = 200
"""Levels that libyaml may read: it calls itself for each of them, and 100,000 of them would end the program."""
_LIBYAML: Any = getattr(yaml, "CSafeLoader", None)
_READ_OTHERWISE = "\t\ufeff?!"
"""Signs that libyaml accepts in places where PyYAML refuses them, or that it gives another meaning."""
_MERGE = "tag:yaml.org,2002:merge"
_READ_AS = {"bool": "true or false", "int": "a number", "float": "a number", "timestamp": "a date", "null": "nothing"}


@dataclass(frozen=True, slots=True)
class Place:
    """The line of a value, and what was typed there."""

    line: int
    """1-based; of the key, for a value that has one."""
    typed: str | None
    """The text of a scalar as it was typed; None for mappings and lists."""
    read_as: str | None
    """What YAML takes an unquoted scalar for, where that is no text: `true or false`, `a number`, `a date`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in the file."""

    line: int
    path: KeyPath
    message: str
    elsewhere: str | None = None
    """Where it is that is not in the file: file and line of an inventory."""


@dataclass(slots=True)
class Source:
    """The values of a file, the place of each, and what was wrong already."""

    values: Any = None
    places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    elsewhere: dict[KeyPath, str] = field(default_factory=dict)
    """The place of each host that an inventory has, by its section and name."""


def read_yaml(text: str, name: str) -> Source:
    """Return the values of a YAML text; ConfigurationError where it is no YAML or is not bounded."""
    if _LIBYAML and not any(sign in text for sign in _READ_OTHERWISE) and not is_too_deep(text):
        with contextlib.suppress(yaml.YAMLError):  # PyYAML's own parser says below what is wrong
            return _Reader(_LIBYAML(text), name).read()
    try:
        return _Reader(yaml.SafeLoader(text), name).read()
    except yaml.YAMLError as error:
        raise yaml_fault(error, text, name) from error
    except RecursionError:
        raise ConfigurationError(f"{name}: nested too deeply") from None


def is_too_deep(text: str) -> bool:
    """Return whether a text is nested too deeply for libyaml, or is no text at all (half of a surrogate pair)."""
    level = 0
    with contextlib.suppress(yaml.YAMLError):
        try:
            for event in yaml.parse(text, Loader=_LIBYAML):
                level += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
                if level > _DEEPEST_IN_LIBYAML:
                    return True
        except UnicodeEncodeError:
            return True
    return False


def yaml_fault(error: yaml.YAMLError, text: str, name: str) -> ConfigurationError:
    """Return what PyYAML refuses, with the name of the text and the line."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return ConfigurationError(f"{name}:{line}: a character that YAML does not allow: {error.character:#04x}")
    if not isinstance(error, yaml.MarkedYAMLError):
        return ConfigurationError(f"{name}: not valid YAML: {error}")
    mark = error.problem_mark or error.context_mark
    place = f"{name}:{mark.line + 1}" if mark else name
    return ConfigurationError(f"{place}: {_syntax_message(error)}")


def _syntax_message(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "no YAML"
    if "'\\t'" in problem:
        return "found a tab: indent with spaces"
    if "mapping values are not allowed" in problem or "found ':'" in problem:
        return "unexpected colon: indent like the lines above, or put an address with colons in quotes"
    if "found another document" in problem:
        return "a second document starts here: expected one"
    if "undefined alias" in problem:
        return f"{problem}: expected an anchor & of that name above"
    return f"not valid YAML: {problem}" + (f" ({error.context})" if error.context else "")


class _Reader:
    """One pass over the nodes; it keeps the place of each value."""

    def __init__(self, loader: Any, name: str) -> None:
        self._loader = loader
        self._name = name
        self._source = Source()
        self._seen: set[int] = set()
        self._aliases = 0
        self._count = 0

    def read(self) -> Source:
        try:
            root = self._loader.get_single_node()
            if root is not None:
                self._source.values = self._value(root, (), root.start_mark.line + 1, 0)
        finally:
            self._loader.dispose()
        return self._source

    def _value(self, node: yaml.Node, path: KeyPath, line: int, depth: int) -> Any:
        self._stay_bounded(node, line, depth)
        if isinstance(node, yaml.MappingNode):
            self._source.places[path] = Place(line, None, None)
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            self._source.places[path] = Place(line, None, None)
            return [
                self._value(item, (*path, index), item.start_mark.line + 1, depth + 1)
                for index, item in enumerate(node.value)
            ]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path, line)
        raise TypeError(f"a fourth kind of YAML node: {node!r}")

    def _stay_bounded(self, node: yaml.Node, line: int, depth: int) -> None:
        self._count += 1
        self._aliases += id(node) in self._seen
        self._seen.add(id(node))
        if self._aliases > MOST_ALIASES or self._count > MOST_VALUES:
            raise ConfigurationError(
                f"{self._name}:{line}: too many aliases: expected {MOST_ALIASES:,} values or fewer behind *"
            )
        if depth > _DEEPEST:
            raise ConfigurationError(f"{self._name}:{line}: nested too deeply, or an alias that contains itself")

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath, line: int) -> Any:
        try:
            value = self._loader.construct_object(node)
        except ValueError:  # such as 2024-13-45, which has the form of a date
            value = None
            self._source.problems.append(Problem(line, path, f"{node.value} is no valid value: put it in quotes"))
        read_as = None if isinstance(value, str) or node.style else _READ_AS.get(node.tag.rpartition(":")[2])
        if isinstance(value, int) and ":" in node.value:
            read_as = "a number of base 60"
        self._source.places[path] = Place(line, node.value, read_as)
        return value

    def _mapping(self, node: yaml.MappingNode, path: KeyPath, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for merged in self._merged(node, path):
            self._stay_bounded(merged, merged.start_mark.line + 1, depth + 1)
            values = self._mapping(merged, path, depth + 1) | values
        own: dict[str, int] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                continue
            line = key_node.start_mark.line + 1
            key = self._key(key_node, path, line)
            if key is None:
                continue
            if key in own:
                message = f"is given twice, first on line {own[key]}"
                self._source.problems.append(Problem(line, (*path, key), message))
                continue
            own[key] = line
            values[key] = self._value(value_node, (*path, key), line, depth + 1)
        return values

    def _merged(self, node: yaml.MappingNode, path: KeyPath) -> list[yaml.MappingNode]:
        """The mappings behind `<<`, most important first."""
        merged: list[yaml.MappingNode] = []
        for key_node, value_node in node.value:
            if key_node.tag != _MERGE:
                continue
            for item in value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]:
                if isinstance(item, yaml.MappingNode):
                    merged.append(item)
                else:
                    line = key_node.start_mark.line + 1
                    self._source.problems.append(Problem(line, (*path, "<<"), "expected a mapping to take keys from"))
        return merged

    def _key(self, node: yaml.Node, path: KeyPath, line: int) -> str | None:
        """Return the key as text, also where YAML reads something else, so that the rest can be checked."""
        if not isinstance(node, yaml.ScalarNode):
            self._source.problems.append(Problem(line, path, "expected a key, found a list or a mapping"))
            return None
        kind = node.tag.rpartition(":")[2]
        if kind != "str":
            read_as = _READ_AS.get(kind, f"a {kind}")
            message = f'YAML reads this key as {read_as}: put it in quotes, "{node.value}"'
            self._source.problems.append(Problem(line, (*path, node.value), message))
        return str(node.value)
