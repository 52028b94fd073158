"""Captures for other people: their texts, commands, hosts and sources without what they say of a network."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from ecmpaudit.anonymising.addresses import AddressMap
from ecmpaudit.anonymising.finding import as_numbers_in, is_replaceable, names_in
from ecmpaudit.anonymising.texts import TextMap
from ecmpaudit.anonymising.words import WordMap
from ecmpaudit.auditing.splitting import split_captures
from ecmpaudit.collectors.capture_texts import portions_of
from ecmpaudit.collectors.compression import without_suffix
from ecmpaudit.encoding import decode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ecmpaudit.collectors.answer_budget import AnswerBudget
    from ecmpaudit.model import Capture

_SUFFIXES = (".txt", ".json", ".log", ".out", ".cfg", ".conf")
_SHORTEST = 2
"""Letters of a name that is replaced."""


@dataclass(frozen=True, slots=True)
class Anonymised:
    """The copies, and what was replaced."""

    captures: tuple[Capture, ...]
    texts: TextMap
    names: frozenset[str]
    as_numbers: frozenset[int]
    kept: frozenset[str]
    """Names of hosts that are words of a format, and stay: the texts could not be read without them."""


def anonymised(captures: Sequence[Capture], key: bytes, names: Collection[str], budget: AnswerBudget) -> Anonymised:
    """Return copies of captures; `key` is a secret of any length, `names` are further names to replace."""
    secret = hashlib.sha256(key).digest()
    hosts = {*names, *_hosts_of(captures, budget)}
    kept = {host for host in hosts if len(host) < _SHORTEST or not is_replaceable(host)}
    found, as_numbers = set(hosts), set()
    for portion in (portion for capture in captures for portion in portions_of(capture)):
        found |= names_in([portion])
        as_numbers |= as_numbers_in([portion])
    replaced = {name for name in found - kept if len(name) >= _SHORTEST}
    words = WordMap(secret)
    texts = TextMap(AddressMap(secret), words, replaced, as_numbers)
    copies = tuple(_copy(capture, texts, words, budget) for capture in captures)
    return Anonymised(copies, texts, frozenset(replaced), frozenset(as_numbers), frozenset(kept))


def _hosts_of(captures: Sequence[Capture], budget: AnswerBudget) -> Iterator[str]:
    """Yield the names of the hosts that captures are of, those in prompts and in names of files among them."""
    for part in split_captures(captures, None, None, budget):
        yield from (name for name in (part.router, part.host) if name)
    for capture in captures:
        stem = PurePath(without_suffix(capture.source)).stem  # as `analyze` names it
        if capture.command is None and is_replaceable(stem) and len(stem) >= _SHORTEST:
            yield stem


def _copy(capture: Capture, texts: TextMap, words: WordMap, budget: AnswerBudget) -> Capture:
    buffer = budget.buffer()
    for portion in portions_of(capture):
        buffer.append(texts.replaced(portion).encode("utf-8", errors="surrogatepass"))
    file = buffer.close()
    return replace(
        capture,
        router=texts.names_replaced(capture.router) if capture.router else None,
        host=texts.names_replaced(capture.host) if capture.host else None,
        command=texts.replaced(capture.command) if capture.command else None,
        failure=texts.replaced(capture.failure) if capture.failure else None,
        source=_source_of(capture, texts, words),
        text="" if file else decode(buffer.content),
        file=file,
        is_anonymised=True,
    )


def _source_of(capture: Capture, texts: TextMap, words: WordMap) -> str:
    """Return the source of a copy; the name of a file is that which its host has in the texts."""
    if capture.started is not None:
        return texts.replaced(capture.source)
    path = PurePath(without_suffix(capture.source))
    suffix = path.suffix if path.suffix in _SUFFIXES else ""
    return f"{words.name(str(path.parent))}/{words.name(path.name.removesuffix(suffix))}{suffix}"
