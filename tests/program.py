"""The command line as a user runs it, in this process, which has its imports behind it, or in a process of its own."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from click.testing import CliRunner

from ecmpaudit.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
_PATIENCE = 120.0
"""Seconds that a process may take."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    returncode: int
    output: bytes
    """What is on standard output."""
    stderr: str

    @property
    def stdout(self) -> str:
        """Standard output as text."""
        return self.output.decode()


def plain_environment(**variables: str) -> dict[str, str]:
    """Return the environment of this process without what configures ecmpaudit, and with the variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ECMPAUDIT")}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **variables}


def ecmpaudit(
    *arguments: str | Path, text: str = "", folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> Ended:
    """Run the whole command in this process, with its messages and exit code for errors; `text` is standard input."""
    variables = plain_environment() if environment is None else environment
    with _process(arguments, folder, variables), CliRunner().isolation(text) as (output, errors, _):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
        sys.stderr.flush()
        assert isinstance(code, int)
        return Ended(code, output.getvalue(), errors.getvalue().decode())


def ecmpaudit_process(
    *arguments: str | Path, text: str = "", folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> Ended:
    """Run the command in a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-m", "ecmpaudit", *map(str, arguments)],
        input=text.encode(), capture_output=True, timeout=_PATIENCE, check=False, cwd=folder,
        env=plain_environment() if environment is None else dict(environment),
    )  # fmt: skip
    return Ended(ended.returncode, ended.stdout, ended.stderr.decode())


@contextlib.contextmanager
def _process(arguments: tuple[str | Path, ...], folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Give the command what is a process's own, and undo what it changes for a process that ends."""
    thresholds, level = gc.get_threshold(), logging.getLogger("ecmpaudit").level
    with (
        contextlib.chdir(folder),
        patch.dict(os.environ, environment, clear=True),
        patch.object(sys, "argv", ["ecmpaudit", *map(str, arguments)]),
        patch.object(logging.getLogger(), "handlers", []),  # pytest's, beside which the command adds none
        patch.object(gc, "freeze"),
    ):
        try:
            yield
        finally:
            gc.set_threshold(*thresholds)
            logging.getLogger("ecmpaudit").setLevel(level)
