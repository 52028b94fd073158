"""From the bytes of any editor or terminal to text.

No byte is dropped: a byte that is not UTF-8 is read as Windows-1252, so that a single 0xA0 is a non-breaking space.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import mmap

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 4096
"""Bytes at the head from which the encoding is detected, where no byte order mark names it."""
_MOSTLY, _HARDLY = 0.6, 0.1
"""Shares of NUL bytes in one half of the byte pairs and in the other that mean UTF-16, for mostly Latin text."""
_SURROGATE_OF_BYTE = 0xDC00
_WINDOWS_1252 = {
    _SURROGATE_OF_BYTE + byte: bytes([byte]).decode("cp1252", errors="replace") for byte in range(0x80, 0x100)
}


def decode(content: bytes | mmap.mmap) -> str:
    """Return the text of a file or of standard input, without its byte order mark."""
    for mark, encoding in _MARKS:
        if content[: len(mark)] == mark:
            return _decoded(content[len(mark) :], encoding)
    return _decoded(content, _unmarked_encoding(content[:_SAMPLE]))


def _decoded(content: bytes | mmap.mmap, encoding: str) -> str:
    if encoding != "utf-8":
        return str(content, encoding, errors="replace")
    try:
        return str(content, "utf-8")
    except UnicodeDecodeError:
        return str(content, "utf-8", errors="surrogateescape").translate(_WINDOWS_1252)


def _unmarked_encoding(sample: bytes) -> str:
    pairs = len(sample) // 2
    if pairs == 0 or 0 not in sample:
        return "utf-8"
    first, second = (sample[start : 2 * pairs : 2].count(0) / pairs for start in (0, 1))
    if second > _MOSTLY and first < _HARDLY:
        return "utf-16-le"
    return "utf-16-be" if first > _MOSTLY and second < _HARDLY else "utf-8"
