"""The rules that were not run, since `--select` and `--ignore` excluded them: every form names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.rules import all_rules
from ecmpaudit.rules.not_answered import shortened

if TYPE_CHECKING:
    from ecmpaudit.model import Audit


def rules_not_run(audit: Audit) -> tuple[str, ...]:
    """Return the codes of the rules that were not run, sorted."""
    run = audit.codes
    return () if run is None else tuple(rule.code for rule in all_rules() if rule.code not in run)


def not_run(audit: Audit) -> str | None:
    """Return a sentence with the rules that were excluded; None where none was."""
    codes = [code for code in rules_not_run(audit) if code not in audit.cut_off]
    return f"rules not run (--select, --ignore): {shortened(codes)}" if codes else None
