"""The page `docs/rules.md`, made from the rules' docstrings; `make docs` writes it."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING

from ecmpaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.rules import Rule

_HEAD = """\
# Rules

<!-- Made from the rules' docstrings by `make docs`; edit those. -->

Each rule looks for one fault and has one code; `ecmpaudit rule CODE` prints its text. Severities: an `error` means
that traffic is lost, misrouted or spread over too few nodes now, a `warning` that it may be soon, and `incomplete`
that something could not be judged: no data is never a pass. A finding that rests on an inferred expectation says so,
and its severity is one step lower.

"Needs" are the facts that a rule is judged on. Where a scan asked for one and got no complete answer, the rule is
undetermined for that router: the report names the command, the reason and the rules (`not_answered` in JSON, ECMP005),
the run is incomplete, and a fault that was found before stays open. What a router has no such thing of, or does not
know the command for, leaves nothing undetermined; `unavailable` in the configuration says what is never answered.

The examples are run as tests: those under "Bad" give the rule's code and no other (unless the title names
another one), those under "Good" give nothing. A blank line separates two examples.
Their notation: a router, a prefix, its next hops (`192.0.2.1-5` is a range), and the expectation.
"""
_TITLE = re.compile(r"^(?P<title>[A-Z][^\n]*)\n(?P<body>(?:    [^\n]*\n|\n)*    [^\n]*\n)", re.MULTILINE)


def rules_page() -> str:
    """Return the page about all rules, in Markdown."""
    rules = all_rules()
    rows = [f"| [{r.code}](#{_anchor(r)}) | {r.severity} | {r.summary} |" for r in rules]
    table = "\n".join(["| Code | Severity | Finds |", "| --- | --- | --- |", *rows])
    return "\n".join([_HEAD, table, *(_section(rule) for rule in rules)])


def _title(rule: Rule) -> str:
    return f"{rule.code} {rule.name.replace('_', ' ')}"


def _anchor(rule: Rule) -> str:
    return _title(rule).lower().replace(" ", "-")


def _section(rule: Rule) -> str:
    return "\n".join(
        [f"\n## {_title(rule)}", "", f"Severity: {rule.severity}. {rule.summary}.", *_needs(rule), *_paragraphs(rule)]
    )


def _needs(rule: Rule) -> list[str]:
    return ["", f"Needs: {', '.join(question.value for question in rule.needs)}."] if rule.needs else []


def _paragraphs(rule: Rule) -> Iterator[str]:
    for found in _TITLE.finditer(rule.text + "\n"):
        body = dedent(found["body"]).strip()
        is_example = found["title"].startswith(("Bad", "Good"))
        yield f"\n### {found['title']}\n"
        yield f"```text\n{body}\n```" if is_example else body
