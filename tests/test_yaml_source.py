"""Reading YAML with libyaml and with PyYAML's own parser: the same values, lines and messages, at any depth."""

from __future__ import annotations

import random
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.configuration import yaml_source
from ecmpaudit.configuration.yaml_source import read_yaml
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.lined_yaml import read_lined

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = [file.read_text(encoding="utf-8") for file in sorted(Path("tests/fixtures").rglob("*.y*ml"))]
SIGNS = (
    *(": ", "- ", "[", "]", "{", "}", "'", '"', "#", "&a ", "*a", "! ", "> ", "%", "@", "`", "?", "<<: *a", "a: b"),
    *("::1", "60:60", "\u00e9", "\u2028", "\x00", "\x7f", "\t", "\ufeff", "\n", "\n---\n", "\n..."),
)


def outcome(text: str) -> object:
    try:
        return astuple(read_yaml(text, "own.yaml"))
    except ConfigurationError as error:
        return str(error)


def damaged(text: str, chosen: random.Random) -> str:
    """Return some lines of a text, with a few signs put in."""
    lines = text.split("\n")
    first = chosen.randrange(len(lines))
    part = "\n".join(lines[first : first + 20])
    for _ in range(chosen.randrange(3)):
        place = chosen.randrange(len(part) + 1)
        part = part[:place] + chosen.choice(SIGNS) + part[place + chosen.choice((0, 0, 1)) :]
    return part


def test_libyaml_gives_the_values_lines_and_messages_of_pyyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    assert yaml_source._LIBYAML is not None
    chosen = random.Random(1)  # noqa: S311 - the same texts in each run
    texts = [damaged(chosen.choice(TEXTS), chosen) for _ in range(300)]
    quick = list(map(outcome, texts))
    monkeypatch.setattr(yaml_source, "_LIBYAML", None)
    assert list(map(outcome, texts)) == quick
    assert 50 < sum(isinstance(each, str) for each in quick) < 250  # so many of them are no YAML


@pytest.mark.parametrize("read", [read_yaml, read_lined])
@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "{a: " * 50_000], ids=["flow", "block", "mapping"])
def test_a_text_that_is_nested_too_deeply_is_refused(read: Callable[[str, str], object], text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"own\.yaml: nested too deeply"):
        read(text, "own.yaml")


@pytest.mark.parametrize("levels, is_deep", [(200, False), (201, True)])
def test_libyaml_reads_200_levels(levels: int, *, is_deep: bool) -> None:
    assert yaml_source.is_too_deep("[" * levels + "]" * levels) == is_deep


@pytest.mark.parametrize("read", [read_yaml, read_lined])
def test_half_of_a_surrogate_pair_is_refused_with_its_line(read: Callable[[str, str], object]) -> None:
    with pytest.raises(ConfigurationError, match=r"own\.yaml:2: a character that YAML does not allow: 0xd800"):
        read("a: 1\nb: \ud800", "own.yaml")
