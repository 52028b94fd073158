"""The age of a route in seconds, in every form in which a routing daemon writes it."""

from __future__ import annotations

import pytest

from ecmpaudit.parsing.ages import seconds


@pytest.mark.parametrize(
    "age,expected",
    [
        ("00:00:05", 5),
        ("01:02:03", 3_723),
        ("02:03", 123),
        ("1d02h03m", 93_780),
        ("1y2w3d4h5m6s", 33_019_506),
        ("1d 02:03:04", 93_784),
        ("1w2d 02:03:04", 784_984),
        (f"{'0' * 38}1d", 86_400),
    ],
)
def test_an_age_has_its_seconds(age: str, expected: int) -> None:
    assert seconds(age) == expected


@pytest.mark.parametrize(
    "age", ["", "never", "d", "5x", "1:02:03:04", "00:0x:05", "never 00:00:05", "1d 2d", f"{'0' * 39}1d"]
)
def test_what_is_no_age_has_no_seconds(age: str) -> None:
    assert seconds(age) is None
