"""YAML and JSON of other programs: plain values, with the line of each key, and no tag that makes an object.

Unquoted words stay texts but for whole numbers, true, false and null: YAML 1.1 reads `2001:1:2:3:4:5:6:7` as a number
and `no` as false. An alias is the same object each time, so that a text with many of them stays small.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from ecmpaudit.configuration.yaml_source import is_too_deep, yaml_fault
from ecmpaudit.errors import ConfigurationError

VAULT = "$ANSIBLE_VAULT"
"""What a text begins with that Ansible Vault has encrypted."""
_LIBYAML: Any = getattr(yaml, "CSafeLoader", None)
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}")
_MERGE = "tag:yaml.org,2002:merge"


class Mapping(dict[str, Any]):
    """A mapping that knows the line of each of its keys."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}
        """1-based."""


def read_lined(text: str, name: str) -> Any:
    """Return the values of one document; ConfigurationError with the line where it is no YAML or has a key twice."""
    parser = yaml.SafeLoader if _LIBYAML is None or is_too_deep(text) else _LIBYAML
    try:
        loader = parser(text)
        try:
            root = loader.get_single_node()
            return None if root is None else _value(root, {}, name)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise yaml_fault(error, text, name) from error
    except RecursionError:
        raise ConfigurationError(f"{name}: nested too deeply") from None


def is_vault(value: Any) -> bool:
    """Return whether a value is encrypted: a text of Ansible Vault, or what `ansible-inventory --list` makes of one."""
    if isinstance(value, dict):
        return "__ansible_vault" in value
    return isinstance(value, str) and value.lstrip().startswith(VAULT)


def line_of(mapping: Any, key: str) -> int:
    """Return the line of a key; 1 where it is not known."""
    return mapping.lines.get(key, 1) if isinstance(mapping, Mapping) else 1


def _value(node: yaml.Node, known: dict[int, Any], name: str) -> Any:
    if id(node) in known:
        return known[id(node)]
    if isinstance(node, yaml.MappingNode):
        mapping = known[id(node)] = Mapping()
        _fill(mapping, node, known, name)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        values: list[Any] = []
        known[id(node)] = values
        values += [_value(item, known, name) for item in node.value]
        return values
    if node.tag.endswith("!vault"):
        return VAULT
    return node.value if isinstance(node, yaml.ScalarNode) and node.style else _plain(node.value)


def _fill(mapping: Mapping, node: yaml.MappingNode, known: dict[int, Any], name: str) -> None:
    for key, value in node.value:
        if key.tag == _MERGE:
            merged = _value(value, known, name)
            for each in merged if isinstance(merged, list) else [merged]:
                if isinstance(each, Mapping):
                    for new in each.keys() - mapping.keys():
                        mapping[new], mapping.lines[new] = each[new], each.lines[new]
    own: dict[str, int] = {}
    for key, value in node.value:
        if key.tag != _MERGE and isinstance(key, yaml.ScalarNode):
            line = key.start_mark.line + 1
            if key.value in own:
                first = f"is given twice, first on line {own[key.value]}"
                raise ConfigurationError(f"{name}:{line}: {key.value}: {first}; keep one of them")
            mapping[key.value] = _value(value, known, name)
            own[key.value] = mapping.lines[key.value] = line


def _plain(text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    return int(text) if _NUMBER.fullmatch(text) else text
