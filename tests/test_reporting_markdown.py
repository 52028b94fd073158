"""The Markdown report, read by a parser that is not ours: what a device said is code and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from ecmpaudit.reporting.markdown import code, render_markdown
from ecmpaudit.reporting.terminal import safe
from tests.audit_builders import HOSTILE_MARKUP, HOSTILE_NAME, audit_of, hostile_audit, incomplete_audit, seed_audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

SEED_REPORT = """\
## 1 warning: not every load-balanced prefix is spread as expected

| | code | router | prefix | expected | found | missing |
|---|---|---|---|---|---|---|
| warning | ECMP101 | `tor1` | `172.31.1.0/32` | 5 | 3 | `172.30.250.103, 172.30.250.104` |

### warning ECMP101 (inferred)
`tor1 172.31.1.0/32: 3 next hops, expected 5`

- missing: `172.30.250.103, 172.30.250.104`
- cause: `its sibling 172.31.1.1/32 has 5`
- hint: `look at the BGP sessions of the missing nodes`

```text
table.txt:15  B>* 172.31.1.0/32 [20/0] via 172.30.250.101, enp6s0, 00:01:21
```

- note: `tor1: OSPF is the fallback for BGP, with the same next hops`

Expectations: `inferred`. Routers: 1 checked, 0 only partly, 0 not checked. Prefixes: 2 audited, 1 as expected. \
Lines: 34 understood, 0 not understood.
"""


def tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        yield token
        yield from token.children or ()


def test_the_seeds_report() -> None:
    assert render_markdown(seed_audit()) == SEED_REPORT


@pytest.mark.parametrize("bad", [HOSTILE_NAME, HOSTILE_MARKUP], ids=["name", "markup"])
def test_text_of_a_device_is_code_and_comes_back_whole(bad: str) -> None:
    found = list(tokens(render_markdown(hostile_audit(bad))))
    assert {"html_inline", "html_block", "link_open", "image"} & {token.type for token in found} == set()
    assert [t.content for t in found if t.type == "text" and ("owned" in t.content or "egnp" in t.content)] == []
    spans = [token.content for token in found if token.type == "code_inline"]
    assert spans.count(safe(bad)) == 4  # router and missing in the table, message, note
    (fence,) = [token for token in found if token.type == "fence"]
    assert fence.content == safe(f"{bad}:1  {bad}".rstrip()) + "\n"


def test_a_table_row_has_its_seven_cells_whatever_the_router_is_called() -> None:
    found = [token.type for token in tokens(render_markdown(hostile_audit("a|b`|`|c")))]
    assert (found.count("th_open"), found.count("td_open")) == (7, 14)


@pytest.mark.parametrize("text", ["a", "`", "``a`", " a ", "a`b``c", "\\`", "|"])
def test_a_span_of_code_gives_its_text_back(text: str) -> None:
    assert [token.content for token in tokens(f"x {code(text)} x") if token.type == "code_inline"] == [text]


def test_a_long_report_has_all_findings_in_the_table_and_fifty_in_full() -> None:
    (fault,) = seed_audit().findings
    audit = audit_of(*(replace(fault, prefix=f"192.0.2.{number}/32") for number in range(60)))
    text = render_markdown(audit)
    assert (text.count("\n| warning"), text.count("\n### ")) == (60, 50)
    assert "\nand 10 more findings in the table above\n" in text
    assert render_markdown(audit, verbose=True).count("\n### ") == 60


def test_what_was_not_audited_is_listed() -> None:
    assert "- not audited: `pool 203.0.113.0/24: no prefix on any router`\n" in render_markdown(incomplete_audit())
