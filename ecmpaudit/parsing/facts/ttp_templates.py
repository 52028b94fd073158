"""Running TTP templates: shipped ones in this process, one's own in another that is ended when it takes too long.

TTP compiles its patterns with Python's `re`, which cannot be interrupted; see `platforms.patient_patterns`. A TTP
template is code: its macros, its variables and the arguments of its functions are run as Python. One's own runs only
where ALLOWED says so. TTP keeps a pickle of its function names beside its own modules, for anybody to write where the
umask allows it: here it gets a folder of its own that is empty and private, and removed at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import SlowPatternError, TemplateError
from ecmpaudit.platforms.patient_patterns import is_own

if TYPE_CHECKING:
    from ttp import ttp

ALLOWED = "ECMPAUDIT_ALLOW_TTP"
"""Environment variable that is 1 where TTP templates of one's own may run."""
_CACHE = "TTPCACHEFOLDER"
"""TTP's own environment variable."""
LONGEST = 20.0
"""Seconds that a template of one's own may take for a text."""


def parsed(text: str, template: Path) -> dict[str, Any]:
    """Return what a template finds in a text, empty where that is nothing.

    Raises:
        SlowPatternError: one of one's own takes too long.
        TemplateError: one of one's own cannot be run, or may not.
    """
    if not is_own(template):
        return _parsed_here(text, template)
    if os.environ.get(ALLOWED) != "1":
        raise TemplateError(
            f"{template}: a TTP template can run Python code, so none of your own runs; to allow it, set {ALLOWED}=1"
        )
    return _parsed_elsewhere(text, template)


def _parsed_here(text: str, template: Path) -> dict[str, Any]:
    parser = _parser(template)
    parser.clear_input()
    parser.clear_result()
    parser.add_input(text)
    parser.parse(one=True)  # in this process, however long the text is
    found: dict[str, Any] = parser.result()[0][0] or {}
    return found


@cache
def _parser(template: Path) -> ttp:
    """Return the parser of a template: to make one takes twenty times as long as to read a configuration with it."""
    from ttp import ttp  # noqa: PLC0415 - 0.1 s, paid only where a configuration was captured

    before = os.environ.get(_CACHE)
    with tempfile.TemporaryDirectory(prefix="ecmpaudit-ttp-") as folder:
        os.environ[_CACHE] = folder
        try:
            return ttp(template=template.read_text(encoding="utf-8"), log_level="ERROR")
        finally:
            os.environ.pop(_CACHE)
            if before is not None:
                os.environ[_CACHE] = before


def _parsed_elsewhere(text: str, template: Path) -> dict[str, Any]:
    # -P: without it, `./ttp.py` of the working directory would be imported.
    argv = [
        sys.executable,
        "-P",
        "-X",
        "utf8",
        "-c",
        f"from {__name__} import answer_parent; answer_parent()",
        str(template),
    ]
    try:
        run = subprocess.run(  # noqa: S603 - this program's own module, and a file that the user named
            argv,
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            timeout=LONGEST,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise SlowPatternError(
            f"{template}: takes longer than {LONGEST:.0f} s for one text: a pattern of it can match in too many ways; "
            "write it so that each character can be matched in one way only"
        ) from error
    except subprocess.CalledProcessError as error:
        last = error.stderr.strip().rpartition("\n")[2]
        raise TemplateError(f"{template}: cannot be run: {last}") from error
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def answer_parent() -> None:
    """Read a text from standard input with the template that the command line names, and print what was found."""
    sys.stdout.write(json.dumps(_parsed_here(sys.stdin.read(), Path(sys.argv[1]))))
