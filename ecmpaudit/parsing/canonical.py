"""Prefixes and addresses in the one form in which they are compared, as `ipaddress` writes them.

Tables have millions of them, so a pattern or the C library finds those that are in that form already.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from socket import AF_INET6, inet_ntop, inet_pton

_IPV6_BITS = 128
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_OCTETS = 4


def ipv4_network_pattern() -> str:
    """Return a pattern that matches `198.51.100.0/24` and not `198.51.100.1/24`."""
    return f"^(?:{'|'.join(map(_of_length, range(33)))})$"


def _of_length(length: int) -> str:
    """Return the pattern for one length: the octet where the network ends is a multiple of its span, later ones 0."""
    whole, bits = divmod(length, 8)
    octets = [_OCTET] * whole
    if whole < _OCTETS:
        multiples = "|".join(str(value) for value in range(0, 256, 256 >> bits))
        octets += [f"(?:{multiples})", *["0"] * (_OCTETS - 1 - whole)]
    return "\\.".join(octets) + f"/{length}"


def canonical_prefix(text: str) -> str | None:
    """Return the prefix in its one form; None for what is no prefix, or has host bits."""
    if _is_canonical_ipv6(text):
        return text
    try:
        return str(ip_network(text, strict=True))
    except ValueError:
        return None


def why_no_prefix(text: str) -> str:
    """Return what is wrong with a text that is no prefix: people who anonymise by hand set bits of the host."""
    try:
        return f"{text} has host bits set: expected {ip_network(text, strict=False)}"
    except ValueError:
        return f"{text} is no IP prefix"


def _is_canonical_ipv6(text: str) -> bool:
    """Ask the C library, which takes a fifth of the time; an IPv4 address inside is left to `ipaddress`."""
    address, _, length = text.partition("/")
    if ":" not in address or "." in address or not (length.isdecimal() and length.isascii() and len(length) <= 3):  # noqa: PLR2004 - digits of 128
        return False
    try:
        packed = inet_pton(AF_INET6, address)
    except (OSError, ValueError):
        return False
    host_bits = _IPV6_BITS - int(length)
    has_none = host_bits >= 0 and int.from_bytes(packed) % (1 << host_bits) == 0
    return has_none and str(int(length)) == length and inet_ntop(AF_INET6, packed) == address


def canonical_address(text: str) -> str | None:
    """Return the address in its one form, an empty text for none, None for what is no address."""
    try:
        return str(ip_address(text)) if text else ""
    except ValueError:
        return None
