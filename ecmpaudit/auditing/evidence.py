"""The lines that findings rest on, quoted: rules know a line's number, the captures have its text."""

from __future__ import annotations

import pickle
import re
from array import array
from bisect import bisect_right
from dataclasses import replace
from itertools import islice, pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from ecmpaudit.collectors.capture_texts import beginning_of, lines_of, loaded
from ecmpaudit.collectors.compression import packed_with_zstd, unpacked_from_zstd
from ecmpaudit.parsing.json_places import JsonPlaces
from ecmpaudit.parsing.json_tables import looks_like_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ecmpaudit.model import Capture, Evidence, Finding


def quoted(
    findings: Sequence[Finding], captures: Iterable[Capture], packed: Mapping[str, bytes] | None = None
) -> tuple[Finding, ...]:
    """Return the findings with the text of every line of evidence that a capture has, or that is `packed`.

    What is packed is by the source that the lines are in.
    """
    lines = [line for f in findings for line in (*f.evidence, *(line for c in f.causes for line in c.evidence))]
    with_text = texts_of(lines, captures, packed or {})
    return tuple(
        replace(
            finding,
            evidence=with_text(finding.evidence),
            causes=tuple(replace(cause, evidence=with_text(cause.evidence)) for cause in finding.causes),
        )
        for finding in findings
    )


def texts_of(
    lines: Iterable[Evidence],
    captures: Iterable[Capture],
    packed: Mapping[str, bytes] = MappingProxyType({}),
) -> Callable[[tuple[Evidence, ...]], tuple[Evidence, ...]]:
    """Return what gives lines their text, those of JSON their number too; it knows the lines that are given here."""
    wanted = set(lines)
    texts = found_lines(wanted, captures)
    for each in {packed[line.source] for line in wanted if line.source in packed}:
        known = pickle.loads(unpacked_from_zstd(each))  # noqa: S301 - of our own workers, as all of Dask
        texts |= {line: known[line] for line in wanted & known.keys()}
    return lambda asked: tuple(texts.get(line, line) for line in asked)


def packed_lines(lines: Iterable[Evidence], captures: Iterable[Capture]) -> bytes:
    """Return lines with their text, as `quoted` takes them where the captures are not at hand."""
    return packed_with_zstd(pickle.dumps(found_lines(lines, captures), pickle.HIGHEST_PROTOCOL))


def found_lines(lines: Iterable[Evidence], captures: Iterable[Capture]) -> dict[Evidence, Evidence]:
    """Return the lines without a text that the captures have, each with the same line and its text."""
    wanted: dict[str, set[Evidence]] = {}
    for line in lines:
        if not line.text:
            wanted.setdefault(line.source, set()).add(line)
    texts: dict[Evidence, Evidence] = {}
    for capture in captures:
        if of_source := wanted.get(capture.source):
            is_json = looks_like_json(beginning_of(capture))
            texts |= _in_json(loaded(capture), of_source) if is_json else _in_lines(capture, of_source)
    return texts


def _in_lines(capture: Capture, wanted: set[Evidence]) -> dict[Evidence, Evidence]:
    """Return the wanted lines of a text; numbers count from the first line of its source."""
    by_number: dict[int, list[Evidence]] = {}
    for line in wanted:
        by_number.setdefault(line.line, []).append(line)
    numbers = sorted(number for number in by_number if number >= capture.first_line)
    lines = lines_of(capture)
    found: dict[Evidence, Evidence] = {}
    for above, number in pairwise((capture.first_line - 1, *numbers)):
        text = next(islice(lines, number - above - 1, None), None)  # the lines between are skipped
        if text is None:
            break
        for line in by_number[number]:
            found[line] = replace(line, text=text.rstrip("\n"))
    return found


def _in_json(capture: Capture, wanted: set[Evidence]) -> dict[Evidence, Evidence]:
    """Return the wanted values of one JSON document after the other, each with the line that shows it."""
    starts = _starts_of_lines(capture.text)
    documents: dict[int, JsonPlaces] = {}
    found: dict[Evidence, Evidence] = {}
    for line in wanted:
        number = line.line - capture.first_line
        if not 0 <= number < len(starts):
            continue
        places = documents.setdefault(number, JsonPlaces(capture.text, starts[number]))
        if quote := places.quote(line.path):
            found[line] = replace(line, line=capture.first_line + bisect_right(starts, quote[0]) - 1, text=quote[1])
    return found


def _starts_of_lines(text: str) -> array[int]:
    """Return the position at which each line begins."""
    return array("q", [0, *(end.end() for end in re.finditer("\n", text))])
