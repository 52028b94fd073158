"""List the rules, or explain one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.rules import all_rules, family, rule

if TYPE_CHECKING:
    from ecmpaudit.rules import Rule


def rule_text(name: str | None) -> str:
    """Return the page of a rule; of a family such as `1xx`, or without a name, one line per rule.

    Raises:
        ConfigurationError: no rule has the code.
    """
    if name is None:
        return rule_list(all_rules())
    found = family(name)
    return rule_list(found) if found else rule_page(name)


def rule_list(known: tuple[Rule, ...]) -> str:
    """Return one line per rule."""
    width = max(len(each.severity) for each in known)
    return "\n".join(f"{each.code}  {each.severity:<{width}}  {each.summary}" for each in known)


def rule_page(code: str) -> str:
    """Return the page of a rule; ConfigurationError where no rule has the code."""
    wanted = rule(code)
    return f"{wanted.code} {wanted.name} ({wanted.severity})\n\n{wanted.text}"
