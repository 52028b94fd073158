"""What takes the place of names, AS numbers, communities and MAC addresses, decided by the key alone."""

from __future__ import annotations

import hashlib
import hmac

_LETTERS = "abcdefghijkmnopqrstuvwxyz23456789"
_NAME_LENGTH = 8
_PRIVATE_AS = 4_200_000_000
_PRIVATE_AS_COUNT = 94_967_295
"""AS numbers for private use (RFC 6996): what no network has in public takes the place of each."""
_RESERVED_COMMUNITY = 65535
"""The first half of well-known communities (RFC 1997)."""


class WordMap:
    """Replaces words by others that say nothing."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _number(self, kind: str, word: str) -> int:
        return int.from_bytes(
            hmac.digest(self._key, f"{kind}\0{word}".encode(errors="surrogateescape"), hashlib.sha256)
        )

    def name(self, word: str) -> str:
        """Return a name of eight letters and digits that begins with `x`; in capital letters a name is the same."""
        number = self._number("name", word.lower())
        letters = []
        for _ in range(_NAME_LENGTH - 1):
            number, at = divmod(number, len(_LETTERS))
            letters.append(_LETTERS[at])
        return "x" + "".join(letters)

    def as_number(self, number: int) -> int:
        """Return an AS number for private use."""
        return _PRIVATE_AS + self._number("as", str(number)) % _PRIVATE_AS_COUNT

    def community(self, first: int, second: int) -> tuple[int, int]:
        """Return another community; a well-known one is kept."""
        if first in {0, _RESERVED_COMMUNITY}:
            return first, second
        number = self._number("community", f"{first}:{second}")
        return 1 + number % (_RESERVED_COMMUNITY - 1), number >> 64 & 0xFFFF

    def large_community(self, *parts: int) -> tuple[int, int, int]:
        """Return another large community: the AS number as everywhere, and two other numbers."""
        number = self._number("community", ":".join(str(part) for part in parts))
        return self.as_number(parts[0]), number & 0xFFFFFFFF, number >> 64 & 0xFFFFFFFF

    def mac(self, address: str) -> str:
        """Return a locally administered MAC address; those without a host in them are kept."""
        digits = address.lower().replace(":", "")
        if set(digits) <= {"0"} or set(digits) <= {"f"}:
            return address
        number = self._number("mac", digits) & ((1 << 40) - 1)
        return ":".join(["02", *(f"{number >> shift & 0xFF:02x}" for shift in range(32, -1, -8))])
