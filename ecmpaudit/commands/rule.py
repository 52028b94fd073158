"""List the rules, or explain one."""

from __future__ import annotations

from ecmpaudit.rules import all_rules, rule


def rule_list() -> str:
    """Return one line per rule."""
    known = all_rules()
    width = max(len(each.severity) for each in known)
    return "\n".join(f"{each.code}  {each.severity:<{width}}  {each.summary}" for each in known)


def rule_page(code: str) -> str:
    """Return the page of a rule; ConfigurationError where no rule has the code."""
    wanted = rule(code)
    return f"{wanted.code} {wanted.name} ({wanted.severity})\n\n{wanted.text}"
