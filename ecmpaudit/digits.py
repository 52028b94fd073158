"""Whole numbers in text from outside: Python converts no more than 4,300 digits, and takes those of any script."""

from __future__ import annotations


def number_in(text: str, most: int) -> int | None:
    """Return the number that a text is, in ASCII digits; None for any other text and for more than `most`."""
    digits = text.lstrip("0") or text[-1:]
    if not (text.isascii() and text.isdecimal()) or len(digits) > len(str(most)):
        return None
    number = int(digits)
    return number if number <= most else None


def order_of(digits: str) -> tuple[int, str]:
    """Return a sort key of digits, however many: that of a larger number is larger."""
    significant = digits.lstrip("0")
    return len(significant), significant
