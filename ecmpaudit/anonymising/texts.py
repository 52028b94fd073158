"""Texts without what is known of a network: addresses, names, AS numbers, communities, secrets, comments.

What is replaced keeps its form, so that a text is read as before. Lines stay lines.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address, NetmaskValueError, ip_network
from typing import TYPE_CHECKING

from ecmpaudit.anonymising.finding import AS_PATHS, NUMBER, at_its_place, is_unmistakable
from ecmpaudit.masking import MASK, masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecmpaudit.anonymising.addresses import Address, AddressMap
    from ecmpaudit.anonymising.words import WordMap

_V4 = r"(?:\d{1,3}\.){3}\d{1,3}"
_LENGTH = r"(?P<slash>\\?/)(?P<length>\d{1,3})(?!\d)"
"""JSON of FRR 6 has a backslash before each slash."""
_BEHIND_I = r"(?<=[ *=>]i)"
"""The tables of FRR and IOS have an `i` before an internal path."""
_ADDRESS_4 = re.compile(
    rf"(?:(?<![A-Za-z0-9.])|{_BEHIND_I})(?P<address>{_V4})"
    rf"(?:{_LENGTH}|(?=[ \t]+(?P<mask>{_V4})(?![\w.])))?(?!\w|\.\d)"
)
_ADDRESS_6 = re.compile(
    rf"(?:(?<![\w:.])|{_BEHIND_I})(?P<address>[0-9A-Fa-f]{{0,4}}(?::[0-9A-Fa-f]{{0,4}}){{2,7}})(?:{_LENGTH})?(?![\w:]|\.\d)"
)
_SUBNETTED = re.compile(r"/(\d{1,2}) is subnetted")
"""The heading of IOS above networks of one length, which are printed without it."""
_MAC = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}(?![\w:])")
_RANGE = re.compile(rf"(?<![\w.])({_V4})-({_V4}|\d{{1,3}})(?![\w.])")
_MOST_OF_A_RANGE = 1024
_MASKS = frozenset({str(IPv4Address((0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF)) for length in range(33)})
_CONFIGURATION = re.compile(
    r"^(?:frr version|router (?:bgp|ospf6?|isis|rip)\b|interface \S+\s*$|protocol \w+[^\n]*\{|Current configuration)",
    re.MULTILINE,
)
_COMMENT = re.compile(r"^(?P<sign>[ \t]*(?:!|#|//))[^\n]*\S[^\n]*$", re.MULTILINE)
_COMMENT_BEHIND = re.compile(r"(?P<code>[;{}][ \t]*)#[^\n]*$", re.MULTILINE)
_BANNER = re.compile(
    r"^(?P<head>banner[ \t]+\S+)[ \t]+(?:(?P<sign>\^C|[^\w\s])(?P<text>.{0,4000}?)(?P=sign)|line[^\n]*)",
    re.MULTILINE | re.DOTALL,
)
_DESCRIPTION = re.compile(
    r"^(?P<head>[ \t]*(?:neighbor[ \t]+\S+[ \t]+|set[ \t][^\n]*?[ \t])?"
    r"(?:description|snmp-server (?:location|contact)|alias))[ \t]+(?P<text>[^\n]*\S)",
    re.MULTILINE | re.IGNORECASE,
)
_DESCRIPTION_IN_JSON = re.compile(
    r'(?P<head>"(?:description|desc|nbrDesc|peerDescription|ifalias)"[ \t]*:[ \t]*)"(?P<text>(?:[^"\\]|\\.)+)"'
)
_DESCRIPTION_SHOWN = re.compile(r"^(?P<head>[ \t]*Description:[ \t]*)(?P<text>[^\n]*\S)", re.MULTILINE)
_DESCRIPTIONS_OF_TABLE = re.compile(r"^Neighbor[ \t]+V[ \t]+AS\b.*?[ \t]Desc[ \t]*$")
_SESSION = re.compile(r"^(?P<head>\S+[ \t]+\d[ \t]+\d+(?:[ \t]+\S+){6}[ \t]+\S+[ \t]+\d+)[ \t]+(?P<text>\S.*)$")
_PEM = re.compile(r"(?P<begin>-----BEGIN [A-Z0-9 ]{1,40}-----)(?P<body>[^-]*)")
_KEY = re.compile(r"(?<![\w+/])[A-Za-z0-9+/]{64,}={0,2}")
_CERTIFICATE = re.compile(r"^(?P<blanks>[ \t]+)(?:[0-9A-Fa-f]{8}[ \t]+){3,}[0-9A-Fa-f]{2,8}[ \t]*$", re.MULTILINE)
_OF_COMMUNITIES = "ommunit"
"""Part of every line with communities, in whatever form."""
_COMMUNITY = re.compile(
    r"(?<![\w:.])(?P<first>\d{1,10})(?P<sign>:|,[ ]?)(?P<second>\d{1,10})"
    r"(?:(?<=\d)(?P=sign)(?P<third>\d{1,10}))?(?![\w:.])"
)
_TIME = re.compile(r"\d\d:\d\d:\d\d")
_COMMUNITY_IN_JSON = re.compile(r'"\d{1,5}:\d{1,5}(?: \d{1,5}:\d{1,5})*"')
_NOT_SET = ("N/A", "n/a", "-", "***")


class TextMap:
    """Replaces what texts say of a network, the same by the same."""

    def __init__(self, addresses: AddressMap, words: WordMap, names: Iterable[str], as_numbers: Iterable[int]) -> None:
        """`names` and `as_numbers` are those to replace wherever they are."""
        self._addresses, self._words = addresses, words
        self._made: set[str] = set()
        """The AS numbers that have taken the place of others: a later look does not replace them again."""
        longest_first = sorted({name for name in names if name}, key=lambda name: (-len(name), name))
        alternatives = "|".join(map(re.escape, longest_first))
        whole = rf"(?<![A-Za-z0-9])(?:{alternatives})(?![A-Za-z0-9])"
        self._names = re.compile(whole, re.IGNORECASE) if longest_first else None
        numbers = "|".join(str(number) for number in sorted(as_numbers) if is_unmistakable(number))
        self._as_numbers = re.compile(rf"(?<![\w.:/-])(?:AS)?({numbers})(?![\w.:/-])") if numbers else None

    def replaced(self, text: str) -> str:
        """Return a text, one line or many, without what it says of a network."""
        text = self._described(_without_comments(_CERTIFICATE.sub(rf"\g<blanks>{MASK}", _PEM.sub(_pem, text))))
        text = _KEY.sub(MASK, masked(text))
        text = self._with_numbers(text)
        text = _MAC.sub(lambda found: self._words.mac(found[0]), text)
        subnetted = sorted({int(length) for length in _SUBNETTED.findall(text)})
        text = _ADDRESS_4.sub(lambda found: self._address_4(found, subnetted), text)
        text = _ADDRESS_6.sub(self._address_6, text)
        return self.names_replaced(text)

    def names_replaced(self, text: str) -> str:
        """Return a text without the names."""
        return self._names.sub(lambda found: self._words.name(found[0]), text) if self._names else text

    def configuration_replaced(self, text: str) -> str:
        """Return an ecmpaudit.yaml without what it says of a network; ranges of addresses become lists."""
        lines = (line.split(" #")[0] if not line.lstrip().startswith("#") else "" for line in text.split("\n"))
        return self.replaced(_RANGE.sub(_listed, "\n".join(lines)))

    def address(self, address: Address, length: int | None = None) -> str:
        """Return the address that takes the place of one; of a network it has no bits of hosts either."""
        new = int(self._addresses.replaced(address))
        hosts = address.max_prefixlen - length if length is not None else 0
        if int(address) & ((1 << hosts) - 1) == 0:
            new = new >> hosts << hosts
        return str(type(address)(new))

    def _address_4(self, found: re.Match[str], subnetted: Sequence[int] = ()) -> str:
        address, length, mask = found["address"], found["length"], found["mask"]
        if address in _MASKS:
            return found[0]
        try:
            known = IPv4Address(address)
        except AddressValueError:
            return found[0]
        if length is None:
            zeros = _trailing_zeros(int(known), known.max_prefixlen)
            fitting = (subnet for subnet in subnetted if zeros >= known.max_prefixlen - subnet)
            return self.address(known, _length_of(mask) if mask else next(fitting, None))
        wide = int(length) <= known.max_prefixlen
        return f"{self.address(known, int(length) if wide else None)}{found['slash']}{length}"

    def _address_6(self, found: re.Match[str]) -> str:
        try:
            known = IPv6Address(found["address"])
        except AddressValueError:
            return found[0]
        length = found["length"]
        if length is None:
            return self.address(known)
        wide = int(length) <= known.max_prefixlen
        return f"{self.address(known, int(length) if wide else None)}{found['slash']}{length}"

    def _described(self, text: str) -> str:
        for pattern in (_DESCRIPTION, _DESCRIPTION_SHOWN):
            text = pattern.sub(lambda found: f"{found['head']} {self._description(found['text'])}", text)
        text = _DESCRIPTION_IN_JSON.sub(lambda found: f'{found["head"]}"{self._description(found["text"])}"', text)
        if " Desc" not in text:
            return text
        lines, is_table = text.split("\n"), False
        for number, line in enumerate(lines):
            is_table = bool(_DESCRIPTIONS_OF_TABLE.match(line)) or (is_table and bool(line.strip()))
            if is_table and (session := _SESSION.match(line)):
                lines[number] = f"{session['head']} {self._description(session['text'])}"
        return "\n".join(lines)

    def _description(self, text: str) -> str:
        return text if text.strip() in _NOT_SET else self._words.name(text.strip())

    def _with_numbers(self, text: str) -> str:
        """Return a text without AS numbers and communities."""
        if _OF_COMMUNITIES in text:
            lines = (
                _COMMUNITY.sub(self._community, line) if _OF_COMMUNITIES in line else line for line in text.split("\n")
            )
            text = "\n".join(lines)
        text = _COMMUNITY_IN_JSON.sub(lambda quoted: _COMMUNITY.sub(self._community, quoted[0]), text)
        for pattern in AS_PATHS:
            text = pattern.sub(lambda found: found["before"] + NUMBER.sub(self._as_number, found["path"]), text)
        for pattern in at_its_place():
            text = pattern.sub(self._as_at_its_place, text)
        if self._as_numbers:
            text = self._as_numbers.sub(lambda found: found[0].replace(found[1], self._as_of(found[1])), text)
        return text

    def _community(self, found: re.Match[str]) -> str:
        if found["third"] is not None:
            if _TIME.fullmatch(found[0]):
                return found[0]
            large = self._words.large_community(*(int(found[name]) for name in ("first", "second", "third")))
            return found["sign"].join(str(number) for number in large)
        first, second = self._words.community(int(found["first"]), int(found["second"]))
        return f"{first}{found['sign']}{second}"

    def _as_number(self, found: re.Match[str]) -> str:
        return self._as_of(found[0])

    def _as_at_its_place(self, found: re.Match[str]) -> str:
        begin, end = (position - found.start() for position in found.span("as"))
        return found[0][:begin] + self._as_of(found["as"]) + found[0][end:]

    def _as_of(self, number: str) -> str:
        if int(number) == 0 or number in self._made:
            return number
        made = str(self._words.as_number(int(number)))
        self._made.add(made)
        return made


def _without_comments(text: str) -> str:
    """Return a text with no comments and banners, if it is a configuration; their lines stay, empty."""
    text = _BANNER.sub(lambda found: found["head"] + " ^C^C" + "\n" * found[0].count("\n"), text)
    if not _CONFIGURATION.search(text):
        return text
    text = _without_block_comments(text)
    return _COMMENT_BEHIND.sub(r"\g<code>", _COMMENT.sub(r"\g<sign>", text))


def _without_block_comments(text: str) -> str:
    """Return a text without what is between `/*` and `*/`; the lines stay, and one that is not closed is no comment."""
    parts, at = [], 0
    while (begin := text.find("/*", at)) >= 0 and (end := text.find("*/", begin + 2)) >= 0:
        parts += [text[at:begin], "\n" * text.count("\n", begin, end)]
        at = end + 2
    return "".join(parts) + text[at:]


def _pem(found: re.Match[str]) -> str:
    return found["begin"] + re.sub(r"\S+", MASK, found["body"])


def _listed(found: re.Match[str]) -> str:
    first = IPv4Address(found[1])
    last = IPv4Address(found[2]) if "." in found[2] else IPv4Address(f"{found[1].rpartition('.')[0]}.{found[2]}")
    if not 0 <= int(last) - int(first) < _MOST_OF_A_RANGE:
        return found[0]
    return ",".join(str(first + number) for number in range(int(last) - int(first) + 1))


def _length_of(mask: str) -> int | None:
    """Return the length that a mask or a wildcard is for; None where it is neither."""
    try:
        return ip_network(f"0.0.0.0/{mask}").prefixlen
    except (NetmaskValueError, ValueError):
        return None


def _trailing_zeros(value: int, bits: int) -> int:
    return bits if not value else (value & -value).bit_length() - 1
