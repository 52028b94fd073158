"""The threat model is true: every promise names a test, and each test that is named exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")
MODEL = PAGE.partition("## The threat model")[2].partition("\n## ")[0]
PROMISES = re.findall(r"^\| (?!promise |---)(.+?) \| (.+) \|$", MODEL, re.MULTILINE)
NAMED = re.compile(r"`(test_\w+\.py::test_\w+)`")


def test_the_model_has_promises_and_what_is_not_promised() -> None:
    assert len(PROMISES) > 20
    assert "\nNot promised: " in MODEL


@pytest.mark.parametrize("promise,tests", PROMISES, ids=[promise for promise, _ in PROMISES])
def test_a_promise_is_kept_by_tests_that_exist(promise: str, tests: str) -> None:
    named = NAMED.findall(tests)
    assert named, promise
    for name in named:
        file, _, function = name.partition("::")
        assert re.search(rf"^def {function}\(", (TESTS / file).read_text(encoding="utf-8"), re.MULTILINE), name
