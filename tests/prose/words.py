"""How often each part of the tree uses the words of words.toml: `python -m tests.prose.words` prints it.

A name counts as its words: `told_of`, `ToldOf` and "told of" are the same two. Phrases go on over line ends, comment
marks and quotes.
"""

from __future__ import annotations

import re
import sys
import token
import tokenize
import tomllib
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parent.parent.parent
LEFT_OUT = (
    "ecmpaudit/history/migrations/versions",  # names of columns in databases that exist
    "tests/fixtures",  # what devices printed, and what is expected of it; their names are checked
    "tests/schemas",  # schemas of others
    "tests/prose",  # the list itself, and its tests
)
_SUFFIXES = {".py", ".md", ".json", ".toml", ".textfsm", ".ttp", ".j2", ".css", ".js", ".yaml", ".yml", ".txt", ""}
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_BETWEEN = re.compile(r"""[\s_#>*"'`]*""")


@dataclass(frozen=True, slots=True)
class WordList:
    """The words of words.toml, in lower case; a phrase is several."""

    few: frozenset[tuple[str, ...]]
    none: frozenset[tuple[str, ...]]
    names: frozenset[str]
    """Whole identifiers, as they are written."""
    per_1000_lines: float


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """One word or phrase at its place."""

    file: str
    line: int
    words: str
    may_be_few: bool
    """Whether a few uses are accepted."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.words}"


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the tree with its uses."""

    name: str
    lines: int
    uses: tuple[Use, ...]

    @property
    def few(self) -> int:
        """How many uses are of words of which a few are accepted."""
        return sum(use.may_be_few for use in self.uses)

    @property
    def rate(self) -> float:
        """Uses of those words in 1,000 lines."""
        return 1000 * self.few / max(self.lines, 1)

    def is_clean(self, words: WordList) -> bool:
        """Return whether the area keeps to the list."""
        return self.few == len(self.uses) and self.rate <= words.per_1000_lines


def read_words() -> WordList:
    """Return what words.toml lists."""
    listed = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
    few, none = (frozenset(tuple(each.split()) for each in listed[key]["words"]) for key in ("few", "none"))
    return WordList(few, none, frozenset(listed["none"]["names"]), listed["few"]["per_1000_lines"])


def area_names() -> list[str]:
    """Return the names of every part of the tree."""
    return sorted({_area_of(file.relative_to(ROOT).as_posix()) for file in _files()})


def areas(words: WordList) -> list[Area]:
    """Return every part of the tree, by name."""
    lines: Counter[str] = Counter()
    uses: dict[str, list[Use]] = {}
    for file in _files():
        place = file.relative_to(ROOT).as_posix()
        area = _area_of(place)
        found = uses.setdefault(area, [])
        found += uses_in(place, place, words)
        if not place.startswith(LEFT_OUT):
            text = _text_of(file)
            lines[area] += text.count("\n")
            found += uses_in(place, text, words)
    return [Area(area, lines[area], tuple(sorted(found))) for area, found in sorted(uses.items())]


def uses_in(file: str, text: str, words: WordList) -> list[Use]:
    """Return the words and phrases of the text that are listed, and in Python code the names."""
    found = [
        Use(file, text.count("\n", 0, start) + 1, " ".join(phrase), phrase in words.few)
        for start, phrase in _phrases(text, words.few | words.none)
    ]
    if file.endswith(".py") and text != file:
        found += [Use(file, line, name, may_be_few=False) for line, name in _names(text) if name in words.names]
    return found


def _phrases(text: str, listed: Iterable[tuple[str, ...]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield each listed phrase with the position of its first word."""
    starting: dict[str, list[tuple[str, ...]]] = {}
    for phrase in listed:
        starting.setdefault(phrase[0], []).append(phrase)
    parts = [(part.start(), part.end(), part[0].lower()) for part in _PART.finditer(text)]
    for index, (start, _, first) in enumerate(parts):
        for phrase in starting.get(first, ()):
            candidate = parts[index : index + len(phrase)]
            is_same = tuple(word for _, _, word in candidate) == phrase
            if is_same and all(_BETWEEN.fullmatch(text, left[1], right[0]) for left, right in pairwise(candidate)):
                yield start, phrase


def _names(code: str) -> Iterator[tuple[int, str]]:
    lines = iter(code.splitlines(keepends=True))
    for each in tokenize.generate_tokens(lambda: next(lines, "")):
        if each.type == token.NAME:
            yield each.start[0], each.string


def _files() -> Iterator[Path]:
    for top in sorted(ROOT.iterdir()):
        if top.is_file() and top.suffix in _SUFFIXES | {".lock"} and top.name not in {".git", "LICENSE"}:
            yield top
        elif top.name in {"ecmpaudit", "parsers", "reports", "docs", "tests", ".ci"}:
            kept = (file for file in sorted(top.rglob("*")) if "__pycache__" not in file.parts and file.is_file())
            yield from (file for file in kept if file.suffix in _SUFFIXES)


def _area_of(place: str) -> str:
    """Return the package, for example `ecmpaudit/parsing`, else the top folder or the file of the top level."""
    folders = place.split("/")[:-1]
    return "/".join(folders[: 2 if folders[:1] in (["ecmpaudit"], ["tests"]) else 1]) or place


def _text_of(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    if file.name == "CHANGELOG.md":  # what was released is history
        before, _, unreleased = text.partition("## [Unreleased]")
        return "\n" * before.count("\n") + unreleased.partition("\n## [")[0]
    return text


def summary(found: Iterable[Area]) -> str:
    """Return one line for each area: lines, and how many uses there are of both kinds."""
    rows = [f"{'area':34} {'lines':>6} {'few':>4} {'per 1,000':>9} {'none':>4}"]
    rows += [f"{a.name:34} {a.lines:6} {a.few:4} {a.rate:9.1f} {len(a.uses) - a.few:4}" for a in found]
    return "\n".join(rows)


def main() -> int:
    """Print the summary and each use; return 1 where an area does not keep to the list."""
    words = read_words()
    found = areas(words)
    sys.stdout.write(f"{summary(found)}\n")
    sys.stdout.writelines(f"{use}\n" for area in found for use in area.uses)
    return 0 if all(area.is_clean(words) for area in found) else 1


if __name__ == "__main__":
    sys.exit(main())
