"""What an anonymised copy has in common with its original: routes, lines that are not understood, and findings.

The original's are mapped as its text was, and compared with those of the copy; so nothing is compared with itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from ecmpaudit.anonymising.snapshots import anonymised
from ecmpaudit.auditing.request import Request, chosen_rules
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.collectors.answer_budget import AnswerBudget

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from ecmpaudit.anonymising.snapshots import Anonymised
    from ecmpaudit.anonymising.texts import TextMap
    from ecmpaudit.auditing.run import Material
    from ecmpaudit.model import Audit, Capture, Finding

KEY = b"a key of the tests, with more than 32 bytes"
_MAPPED = {"router": "name", "vrf": "name", "source": "name", "prefix": "prefix", "next_hop": "address"}
_SKIPPED = {"line", "source_line"}
_ADDRESSES = (
    re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)"),
    re.compile(r"(?<![0-9A-Fa-f:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Fa-f:])"),
)
_KEPT = (
    *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "128.0.0.0/32", "192.0.0.0/32"),
    *("::/96", "ff00::/8", "fe80::/128"),
)
_LETTER, _PART = "[A-Za-z0-9]", r"[\w.:/-]"


@dataclass(frozen=True)
class Pair:
    """An original and its copy."""

    copy: Anonymised
    originals: Sequence[Capture]

    def differences(self, configurations: tuple[Path, Path] | None = None) -> list[str]:
        """Return in which the copy differs, other than by what was replaced."""
        before, after = read_material(self.originals), read_material(self.copy.captures)
        texts = self.copy.texts
        found = []
        if (expected := _mapped_routes(before, texts)) != (actual := _routes(after)):
            found.append(f"routes: {[row for row in expected if row not in actual][:3]} are {actual[:3]}")
        for name in ("unparsed", "failed"):
            expected_number, number = len(getattr(before, name)), len(getattr(after, name))
            if expected_number != number:
                found.append(f"{name}: {expected_number} are {number}")
        lines, copied = (sum(len(table.unparsed) for table in m.tables) for m in (before, after))
        if lines != copied:
            found.append(f"lines not understood: {lines} are {copied}")
        audits = _audits(before, after, configurations)
        if (expected := _mapped_findings(audits[0], texts)) != (actual := _findings(audits[1])):
            found.append(f"findings: {[f for f in expected if f not in actual][:3]} are {actual[:3]}")
        return found

    def left(self, names: Collection[str] = ()) -> set[str]:
        """Return the addresses, names and AS numbers of the original that are anywhere in the copy."""
        text = "\n".join(_everything(capture) for capture in self.copy.captures)
        original = "\n".join(_everything(capture) for capture in self.originals)
        addresses = _addresses(original) & _addresses(text)
        words = {name for name in {*self.copy.names, *names} if _has(text, name, _LETTER)}
        numbers = {str(number) for number in self.copy.as_numbers if _has(text, str(number), _PART)}
        numbers = {number for number in numbers if len(number) > 3}  # a smaller one is also a metric or a timer
        return addresses | words | numbers


def pair(captures: Sequence[Capture], names: Collection[str] = (), key: bytes = KEY) -> Pair:
    """Return captures with their copy."""
    return Pair(anonymised(captures, key, names, AnswerBudget()), captures)


def _has(text: str, word: str, border: str) -> bool:
    return re.search(rf"(?<!{border}){re.escape(word)}(?!{border})", text, re.IGNORECASE) is not None


def _everything(capture: Capture) -> str:
    return "\n".join(filter(None, (capture.router, capture.command, capture.source, capture.failure, capture.text)))


def _addresses(text: str) -> set[str]:
    found = set()
    for word in {match[0] for pattern in _ADDRESSES for match in pattern.finditer(text)}:
        try:
            address = ip_address(word)
        except ValueError:
            continue
        if not any(address in ip_network(kept) for kept in _KEPT):
            found.add(str(address))
    return found


def _mapped(value: Any, kind: str | None, texts: TextMap) -> Any:
    if not isinstance(value, str):
        return value
    if kind == "prefix":
        network = ip_network(value)
        return f"{texts.address(network.network_address, network.prefixlen)}/{network.prefixlen}"
    if kind == "address":
        return texts.address(ip_address(value))
    return texts.names_replaced(value)


def _rows(material: Material) -> tuple[list[str], list[tuple[Any, ...]]]:
    frame = material.routes
    columns = [name for name in frame.columns if name not in _SKIPPED]
    plain = frame[columns].astype(object).where(frame[columns].notna(), None)
    return columns, [tuple(row) for row in plain.itertuples(index=False)]


def _routes(material: Material) -> list[str]:
    return sorted(repr(row) for row in _rows(material)[1])


def _mapped_routes(material: Material, texts: TextMap) -> list[str]:
    columns, rows = _rows(material)
    return sorted(
        repr(tuple(_mapped(value, _MAPPED.get(name), texts) for name, value in zip(columns, row, strict=True)))
        for row in rows
    )


def _audits(before: Material, after: Material, configurations: tuple[Path, Path] | None) -> list[Audit]:
    paths = configurations or (None, None)
    options = [ScopeOptions(config=path) for path in paths]
    requests = [Request.of(each) if each.config else Request.without_file(each) for each in options]
    rules = chosen_rules((), ())
    return [audit_material(m, r, rules) for m, r in zip((before, after), requests, strict=True)]


def _findings(audit: Audit) -> list[str]:
    return sorted(
        repr((*_facts(f), f.router, f.vrf, f.prefix, sorted(n.name for n in f.missing))) for f in audit.findings
    )


def _mapped_findings(audit: Audit, texts: TextMap) -> list[str]:
    mapped = []
    for f in audit.findings:
        prefix = _mapped(f.prefix, "prefix", texts) if f.prefix else f.prefix
        missing = sorted(texts.replaced(node.name) for node in f.missing)
        router, vrf = _mapped(f.router, "name", texts), _mapped(f.vrf, "name", texts)
        mapped.append(repr((*_facts(f), router, vrf, prefix, missing)))
    return sorted(mapped)


def _facts(finding: Finding) -> tuple[Any, ...]:
    links = sorted(cause.link for cause in finding.causes)
    return finding.code, finding.severity.value, finding.expected, finding.actual, links
