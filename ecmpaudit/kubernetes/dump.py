"""Files that `kubectl get … -o json` or `-o yaml` wrote: one or several documents, in JSON or in YAML.

Both forms may hold several documents, since people put the output of several commands into one file: JSON objects one
after the other, YAML ones with `---` between them, and even both.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import yaml

from ecmpaudit.encoding import decode
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.kubernetes.documents import Document, objects_of
from ecmpaudit.plain_files import read_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ecmpaudit.kubernetes.objects import Objects

LARGEST_FILE = 512 * 1024 * 1024
"""Bytes; a cluster of 5,000 nodes with all Services is about a tenth of it."""
_DOCUMENTS = re.compile(r"^---[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_BLANKS = re.compile(r"\s*")
_LOG_LINES = re.compile(r"(?:\s*(?:Warning: |[WIEF]\d{4} \d\d:\d\d:\d\d)[^\n]*(?:\n|$))+")
"""What kubectl prints to standard error: with `2>&1` it is among the objects. Its errors are no part of it."""
_ERRORS = re.compile(r"\s*((?:error:|Error from server|Unable to connect|The connection to the server)[^\n]{1,300})")
_JSON = json.JSONDecoder()
_LONG_NUMBER = f"a number has more than {sys.get_int_max_str_digits():,} digits, which Kubernetes takes nowhere"


class _Loader(yaml.SafeLoader):
    """kubectl writes no aliases; without them, a text can only become as large as it is."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise ValueError("expected no alias (*): kubectl writes none")
        return super().compose_node(parent, index)


def read_dumps(paths: Iterable[Path]) -> Objects:
    """Return the objects of the files; what is no object is a problem; ConfigurationError if a file is missing."""
    return read_texts(texts_of(paths))


def texts_of(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Yield each file's name and text; errors are those of `read_dumps`."""
    return ((str(path), _text_of(path)) for path in paths)


def read_texts(texts: Iterable[tuple[str, str]]) -> Objects:
    """Return the objects of texts, each given with its source for messages; what is no object is a problem."""
    problems: list[str] = []
    objects = objects_of(_documents_in(texts, problems))
    objects.problems[:0] = problems
    return objects


def _documents_in(texts: Iterable[tuple[str, str]], problems: list[str]) -> Iterator[Document]:
    """Yield the documents one by one, so that of a large cluster only one is in memory; faults go into `problems`."""
    for source, text in texts:
        for part, line in _parts(text):
            try:
                yield from _documents(part, source, line)
            except ValueError as error:
                problems.append(str(error))


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigurationError(f"{path}: larger than {LARGEST_FILE // 1024 // 1024} MiB; split it by kind")
        return decode(read_plain(path))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error


def _parts(text: str) -> Iterator[tuple[str, int]]:
    """Yield the texts between the lines `---`, each with the number of its first line."""
    start, line = 0, 1
    for match in [*_DOCUMENTS.finditer(text), None]:
        part = text[start : match.start() if match else len(text)]
        if part.strip():
            yield part, line
        if match:
            line += part.count("\n") + 1
            start = min(match.end() + 1, len(text))


def _documents(part: str, source: str, line: int) -> Iterator[Document]:
    """Yield the documents of one part; ValueError with file and line where it is neither JSON nor YAML."""
    if logged := _LOG_LINES.match(part):
        line += logged[0].count("\n")
        part = part[logged.end() :]
        if not part.strip():
            return
    _refuse_error(part, 0, source, line)
    if part.lstrip()[0] in "{[":
        yield from _json_documents(part, source, line)
        return
    try:
        values = yaml.load(part, _Loader)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        where = line + (error.problem_mark.line if error.problem_mark else 0)
        raise ValueError(f"{source}:{where}: not valid YAML: {error.problem or error.context}") from None
    except RecursionError:
        raise ValueError(f"{source}:{line}: not valid YAML: nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2024-13-45
        why = _LONG_NUMBER if "integer string conversion" in str(error) else str(error).splitlines()[0]
        raise ValueError(f"{source}:{line}: not valid YAML: {why}") from None
    if values is not None:
        yield Document(f"{source}:{line}", values)


def _json_documents(part: str, source: str, line: int) -> Iterator[Document]:
    position = 0
    while (start := _start_of_document(part, position)) < len(part):
        line += part.count("\n", position, start)
        _refuse_error(part, start, source, line)
        try:
            values, position = _JSON.raw_decode(part, start)
        except json.JSONDecodeError as error:
            cut = "; it ends too early, as if cut off" if error.pos >= len(part.rstrip()) else ""
            where = line + part.count("\n", start, error.pos)
            raise ValueError(f"{source}:{where}: not valid JSON: {error.msg}{cut}") from None
        except RecursionError:
            raise ValueError(f"{source}:{line}: not valid JSON: nested too deeply") from None
        except ValueError:  # Python's own words advise to raise its limit
            raise ValueError(f"{source}:{line}: not valid JSON: {_LONG_NUMBER}") from None
        yield Document(f"{source}:{line}", values)
        line += part.count("\n", start, position)


def _refuse_error(part: str, position: int, source: str, line: int) -> None:
    """Raise ValueError where kubectl printed an error instead of objects."""
    if found := _ERRORS.match(part, position):
        raise ValueError(f"{source}:{line}: expected objects, found kubectl's error: {found[1].strip()}")


def _start_of_document(part: str, position: int) -> int:
    logged = _LOG_LINES.match(part, position)
    return _BLANKS.match(part, logged.end() if logged else position).end()  # type: ignore[union-attr]  # matches nothing too
