"""Python's regular expressions for Rust's engine: what is written otherwise, what stays, and what is refused."""

from __future__ import annotations

import re

import polars as pl
import pytest

from ecmpaudit.parsing.rust_patterns import rust_pattern

ASCII = "".join(map(chr, range(128))).replace("\n", "")


@pytest.mark.parametrize(
    "pattern,translated",
    [
        (r"^B>\* +via$", r"^B>\* +via$"),
        (r"\d\w", "[0-9][0-9A-Za-z_]"),
        (r"a.c", r"a[\x00-\x09\x0b-\x7f]c"),
        (r"\bvia\B", r"(?-u:\b)via(?-u:\B)"),
        (r"\Ax\Z", "^x$"),
        (r"[\d.]", "[0-9.]"),
        (r"[^)]", r"[\x00-\x09\x0b-\x7f--[)]]"),
        (r"[]a]", "[]a]"),
        (r"[[&~]", r"[\[\&\~]"),
        (r"[a\]]", r"[a\]]"),
        (r"(?P<NEXTHOP>x)(?:y)", r"(?P<NEXTHOP>x)(?:y)"),
        (r"x+?", "x+?"),
        (r"\+\+", r"\+\+"),
    ],
)
def test_a_pattern_is_translated(pattern: str, translated: str) -> None:
    assert rust_pattern(pattern) == translated


@pytest.mark.parametrize(
    "pattern", [r"\s", r"\S", r"\d", r"\D", r"\w", r"\W", ".", "[^a-f]", r"[\s]", r"[^\d]", r"[]-]", r"[^]]", "[a[]"]
)
def test_a_class_has_the_same_characters_of_ascii(pattern: str) -> None:
    """A line feed is never in a line."""
    python = {character for character in ASCII if re.fullmatch(pattern, character)}
    rust = pl.Series(list(ASCII)).str.contains(f"^(?:{rust_pattern(pattern)})$")
    assert {character for character, matches in zip(ASCII, rust, strict=True) if matches} == python
    assert not pl.Series(["\n"]).str.contains(rf"^(?:{rust_pattern(pattern)})\z").item()


@pytest.mark.parametrize(
    "pattern,reason",
    [
        ("(?=x)", "a lookahead `(?=`"),
        ("(?!x)", "a lookahead `(?!`"),
        ("(?<=x)", "a lookbehind `(?<=`"),
        ("(?<!x)", "a lookbehind `(?<!`"),
        ("(?P<a>x)(?P=a)", "a backreference `(?P=`"),
        (r"(x)\1", r"a backreference `\1`"),
        ("(x)?(?(1)y)", "a conditional group `(?(`"),
        ("(?>x)", "an atomic group `(?>`"),
        ("x*+", "a possessive quantifier `*+`"),
        ("x++", "a possessive quantifier `++`"),
        ("x?+", "a possessive quantifier `?+`"),
        ("x{2}+", "a possessive quantifier `}+`"),
        ("[a--b]", "`--` in a character class; write the hyphen as `\\-`"),
        (r"[\S]", r"a negated class `\S` inside of a character class"),
        (r"[\D]", r"a negated class `\D` inside of a character class"),
        (r"[\W]", r"a negated class `\W` inside of a character class"),
        ("[a", "a character class that does not end"),
        ("[]", "a character class that does not end"),
    ],
)
def test_what_rust_cannot_do_is_refused_with_its_name(pattern: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        rust_pattern(pattern)
