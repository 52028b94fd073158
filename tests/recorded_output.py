"""Output that README.md and docs/ record, as the code of this tree prints it.

`python -m tests.recorded_output` (part of `make docs`) writes it into the pages; tests/test_docs.py compares. Recorded
are: the output below `<!-- example: ARGUMENTS -->`, what the code of docs/library.md prints, the keys and errors of
docs/configuration.md, docs/rules.md, docs/lab-states.md, docs/missing-answers.md,
docs/rbac.yaml and docs/ecmpaudit.schema.json.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
from typing import TYPE_CHECKING

from tests.answer_matrix import matrix_page
from tests.configuration_page import with_keys_and_errors
from tests.lab.states_page import states_page
from tests.program import ROOT, ecmpaudit, plain_environment
from tests.rbac_manifest import manifest
from tests.rules_page import rules_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

README = ROOT / "README.md"
DOCS = ROOT / "docs"
MATRIX = DOCS / "missing-answers.md"
"""What tests/test_answer_matrix.py compares, so that no other worker judges its cells again."""
RECORDING = (README, *sorted(DOCS.glob("*.md")), DOCS / "rbac.yaml", DOCS / "ecmpaudit.schema.json")
"""Every file that may hold recorded output."""

_EXAMPLE = re.compile(
    r"(?P<marker><!-- example: (?P<arguments>.+?) -->\n)(?P<fence>`{3,})console\n.*?(?P=fence)\n", re.DOTALL
)
_CODE_OR_OUTPUT = re.compile(r"```(?P<kind>python|text)\n(?P<body>.*?)```", re.DOTALL)


def as_printed_now(file: Path) -> str:
    """Return the text of the file with all recorded output as the code prints it now.

    Raises:
        RuntimeError: a command of the page ended with exit code 2 or with a traceback.
    """
    whole: dict[str, Callable[[], str]] = {
        MATRIX.name: matrix_page,
        "rules.md": lambda: rules_page() + "\n",
        "lab-states.md": states_page,
        "rbac.yaml": manifest,
        "ecmpaudit.schema.json": lambda: _output_of("config schema"),
    }
    if file.name in whole:
        return whole[file.name]()
    text = _EXAMPLE.sub(_with_output, file.read_text(encoding="utf-8"))
    if file.name == "configuration.md":
        return with_keys_and_errors(text)
    return _with_output_of_code(text) if file.name == "library.md" else text


def _with_output(example: re.Match[str]) -> str:
    """Return the block with what a terminal shows; `| head -N` at the end keeps the first N lines."""
    arguments, fence = example["arguments"], example["fence"]
    command, _, head = arguments.partition(" | head -")
    lines = _output_of(command).splitlines(keepends=True)
    output = "".join(lines[: int(head)] if head else lines)
    return f"{example['marker']}{fence}console\n$ ecmpaudit {arguments}\n{output}{fence}\n"


def _output_of(arguments: str) -> str:
    run = ecmpaudit(*shlex.split(arguments), environment=plain_environment(COLUMNS="80"))
    if run.returncode not in (0, 1, 3):
        raise RuntimeError(f"ecmpaudit {arguments}: exit code {run.returncode}\n{run.stderr}")
    return f"{run.stdout}{run.stderr}"


def _with_output_of_code(page: str) -> str:
    """Return the page with each text block replaced by what the Python block before it prints."""
    names: dict[str, object] = {}
    printed = ""

    def run_or_fill(block: re.Match[str]) -> str:
        nonlocal printed
        if block["kind"] == "text":
            return f"```text\n{printed}```"
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(block["body"], "docs/library.md", "exec"), names)  # noqa: S102 - the page's own code
        printed = out.getvalue()
        return block[0]

    with contextlib.chdir(ROOT):
        return _CODE_OR_OUTPUT.sub(run_or_fill, page)


def write_all() -> list[Path]:
    """Write today's output into every file, and return the files that changed."""
    changed = []
    for file in RECORDING:
        text = as_printed_now(file)
        if text != file.read_text(encoding="utf-8"):
            file.write_text(text, encoding="utf-8")
            changed.append(file)
    return changed


if __name__ == "__main__":
    for written in write_all():
        sys.stdout.write(f"written: {os.path.relpath(written, ROOT)}\n")
