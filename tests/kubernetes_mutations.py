"""Damaged dumps of a cluster, as files of `kubectl get -o json` and `-o yaml`: one seed gives one text."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any

import yaml

from tests.snapshot_mutations import FIXTURES, ODD_WORDS, as_json, change_value

_OBJECTS, _MOST_CHANGES = 12, 4


@cache
def recorded() -> tuple[str, ...]:
    """Return each object of the recorded dumps, as JSON."""
    decoder, objects = json.JSONDecoder(), list[str]()
    for file in sorted((FIXTURES / "kubernetes").glob("*.json")):
        text, position = file.read_text("utf-8"), 0
        while position < len(text.rstrip()):
            document, position = decoder.raw_decode(text, position)
            position += len(text[position:]) - len(text[position:].lstrip())
            objects += [json.dumps(item) for item in document.get("items", [document])]
    return tuple(objects)


def damaged_dump(seed: int) -> str:
    """Return a dump of a dozen objects, with one to four changes; the same seed gives the same."""
    chance = random.Random(seed)  # noqa: S311 - reproducible
    objects = [json.loads(text) for text in chance.sample(recorded(), _OBJECTS)]
    document: Any = {"apiVersion": "v1", "kind": "List", "items": objects}
    for _ in range(chance.choice((0, 0, 0, 1, 2, 3000))):
        document = {"apiVersion": "v1", "kind": "List", "items": [document]}
    if chance.random() < 0.7:
        for _ in range(chance.randint(1, _MOST_CHANGES)):
            change_value(objects, chance)
    text = _as_yaml(document) if chance.random() < 0.4 else _nested_json(document)
    return _text_changed(text, chance) if chance.random() < 0.4 else text


def _nested_json(document: Any) -> str:
    try:
        return as_json(document)
    except RecursionError:
        depth = 3000
        return '{"kind":"List","apiVersion":"v1","items":[' * depth + "{}" + "]}" * depth


def _as_yaml(document: Any) -> str:
    try:
        return yaml.safe_dump(document, allow_unicode=True)
    except RecursionError:
        return "- " * 3000 + "x"


def _text_changed(text: str, chance: random.Random) -> str:
    """Cut the text, or put an odd word somewhere, or a second document behind it."""
    start, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
    return chance.choice(
        (
            text[:start],
            text[:start] + chance.choice(ODD_WORDS) + text[min(end, start + 10) :],
            f"{text}\n---\n{text[:start]}",
            f"{text}{text}",
            f"a: &a [x, x]\nb: *a\n---\n{text}",
        )
    )
