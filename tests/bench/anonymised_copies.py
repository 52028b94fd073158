"""Anonymised copies of every dump and fixture: `python -m tests.bench.anonymised_copies [--every N] [--from N]`."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.collectors.files import read_inputs
from ecmpaudit.model import Capture
from tests import dumps
from tests.anonymised_copies import pair

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXTURES = Path(__file__).parent.parent / "fixtures"


def originals() -> Iterator[tuple[str, list[Capture]]]:
    """Yield every dump of a router's or node's answer, and every text under tests/fixtures, with its name."""
    for entry in dumps.manifest()["files"]:
        if entry["command"] and entry["file"] in dumps.names():
            text = dumps.text(entry["file"])
            yield entry["file"], [Capture(entry["router"], None, entry["command"], text, entry["file"])]
    for file in sorted(FIXTURES.rglob("*.txt")):
        if "scans" not in file.parts:
            yield str(file.relative_to(FIXTURES)), read_inputs([str(file)])


def main() -> None:
    """Print each copy that differs from its original, or has something of it left."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1, help="only each Nth")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the number of the first, from 0")
    parser.add_argument("--show", type=int, default=20, help="differences that are printed")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    for number, (name, captures) in enumerate(originals()):
        if number % options.every != options.first % options.every:
            continue
        both = pair(captures)
        problems = [*both.differences(), *(f"left: {word}" for word in sorted(both.left()))]
        counts["originals"] += 1
        counts["that differ"] += bool(problems)
        if problems and counts["that differ"] <= options.show:
            print(name, *problems, sep="\n    ")
    print(", ".join(f"{number} {what}" for what, number in counts.items()))


if __name__ == "__main__":
    main()
