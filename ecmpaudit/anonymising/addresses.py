"""Addresses that keep their common prefixes: Crypto-PAn (Fan, Xu, Ammar, Moon: Computer Networks 46, 2004).

Each bit is turned or not by what AES makes of the bits before it, so that two addresses share as many bits as before,
and no more. Ranges with a meaning of their own (loopback, link-local, multicast …) are kept: on the way into one, no
bit is turned, so that no other address gets into it either.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

if TYPE_CHECKING:
    from collections.abc import Sequence

Address = IPv4Address | IPv6Address
BLOCK = 16
"""Bytes of a block of AES, and of half a key."""
_BLOCK_BITS = 8 * BLOCK
KEPT = (
    *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"),
    *("::/96", "::ffff:0:0/96", "fe80::/64", "ff00::/8"),
)
"""The ranges that are kept; of an address in fe80::/64, the interface identifier is not."""
_LINK_LOCAL = ip_network("fe80::/64")


class AddressMap:
    """Replaces addresses, the same by the same."""

    def __init__(self, key: bytes, kept: Sequence[str] = KEPT) -> None:
        """`key` are 32 bytes: the key of AES, and what its first block is made of."""
        self._cipher = Cipher(algorithms.AES(key[:BLOCK]), modes.ECB()).encryptor()  # noqa: S305 - a block at a time
        self._pad = int.from_bytes(self._cipher.update(key[BLOCK : 2 * BLOCK]))
        self._kept = [ip_network(network) for network in kept]
        self._known: dict[Address, Address] = {}

    def replaced(self, address: Address) -> Address:
        """Return the address that takes the place of this one."""
        found = self._known.get(address)
        if found is None:
            found = self._known[address] = type(address)(int(address) ^ self._turned(address))
        return found

    def _turned(self, address: Address) -> int:
        """Return the bits of an address that are turned."""
        bits = address.max_prefixlen
        first = self._first_bit(address)
        if first >= bits:
            return 0
        value = int(address)
        blocks = b"".join(self._block(value, bits, length) for length in range(first, bits))
        encrypted = self._cipher.update(blocks)
        turned = 0
        for block in range(bits - first):
            turned = turned << 1 | encrypted[block * BLOCK] >> 7
        return turned

    def _block(self, value: int, bits: int, length: int) -> bytes:
        """Return what the first bits of an address make for AES, filled with the pad."""
        head = value >> (bits - length) << (_BLOCK_BITS - length)
        tail = self._pad & ((1 << (_BLOCK_BITS - length)) - 1)
        return (head | tail).to_bytes(BLOCK)

    def _first_bit(self, address: Address) -> int:
        """Return the number of the first bit, from 0, that may be turned."""
        first = 0
        for network in self._kept:
            if network.version != address.version:
                continue
            differing = int(address) ^ int(network.network_address)
            shared = address.max_prefixlen - differing.bit_length()
            if shared < network.prefixlen:
                first = max(first, shared + 1)
            else:
                first = network.prefixlen if network == _LINK_LOCAL else address.max_prefixlen
        return first
