"""Explain one prefix: the whole chain, from the nodes' addresses to the kernels, and what `analyze` finds on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.auditing.covering import forwarded_by
from ecmpaudit.auditing.explanation import absence_of, wanted_prefix, with_nodes_of
from ecmpaudit.auditing.explanation import explain as explanation_of
from ecmpaudit.auditing.filters import chosen_of, left_of
from ecmpaudit.auditing.request import Request, chosen_rules
from ecmpaudit.auditing.run import audit_material
from ecmpaudit.commands.options import HistoryOptions, TextFormat
from ecmpaudit.commands.output import configure_logging, refuse_before_asking, terminal_of, write_outputs
from ecmpaudit.commands.reading import named_or_filtered, read_for, requested
from ecmpaudit.commands.run_history import run_history
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Severity
from ecmpaudit.reporting.explanation import code_beside_audit, render_explanation, render_explanation_json

if TYPE_CHECKING:
    from ecmpaudit.auditing.explanation import Explanation
    from ecmpaudit.auditing.run import Material
    from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions
    from ecmpaudit.commands.options import InputOptions, OutputOptions, RuleOptions
    from ecmpaudit.model import Audit, Past
    from ecmpaudit.rules import Rule


def explain(
    prefix: str,
    inputs: InputOptions,
    scope: ScopeOptions,
    filters: FilterOptions,
    options: RuleOptions,
    outputs: OutputOptions,
    *,
    verbose: bool,
) -> int:
    """Write the explanation, and return the exit code."""
    configure_logging(verbose=verbose)
    wanted = _wanted(prefix)
    rules = chosen_rules(options.select, options.ignore)
    inputs, filters = named_or_filtered(inputs, filters)
    refuse_before_asking(outputs.outputs, scope)
    request, texts = requested(inputs, scope)
    material = read_for(request, inputs, texts)
    past = run_history(request, "explain", HistoryOptions(place=options.place)).past()
    audit = audit_with(wanted, audit_material(material, request, rules, past), material, request, scope, rules, past)
    explanation, left = explained(wanted, audit, material, request, filters)

    def rendered(form: TextFormat, path: Path | None) -> str:
        if form is TextFormat.JSON:
            return render_explanation_json(explanation)
        _, width = terminal_of(path)
        return render_explanation(explanation, width=width, verbose=verbose)

    write_outputs(outputs, rendered)
    whole = left_of(audit, chosen_of(audit, filters, request.configuration), filters) if filters.given else audit
    return code_beside_audit(explanation, whole, left, Severity(options.fail_on.value))


def _wanted(prefix: str) -> str:
    """Return the prefix that is asked for; ConfigurationError where it is none, such as the name of a file."""
    try:
        return wanted_prefix(prefix)
    except ConfigurationError as error:
        if not Path(prefix).exists():
            raise
        raise ConfigurationError(f"{prefix}: a file; the prefix comes first: explain PREFIX {prefix}") from error


def explained(
    wanted: str, audit: Audit, material: Material, request: Request, filters: FilterOptions
) -> tuple[Explanation, Audit]:
    """Return the chains of a prefix with its findings, and the part of the audit that is about it."""
    chosen = chosen_of(audit, filters, request.configuration)
    left = left_of(audit, replace(chosen, prefixes=frozenset({wanted})), filters)
    explanation = with_nodes_of(explanation_of(left.network, wanted, material.captures), chosen)
    absence = ""
    if not explanation.routers:
        config = request.path.name if request.path else None
        every = (prefix.prefix for prefix in audit.network.prefixes)
        absence = absence_of(wanted, request.expectations, left.network, config, every)
        absence = "; ".join(filter(None, (absence, forwarded_by(material.tables, wanted))))
    return replace(explanation, findings=left.findings, absence=absence), left


def audit_with(
    wanted: str,
    audit: Audit,
    material: Material,
    request: Request,
    scope: ScopeOptions,
    rules: tuple[Rule, ...],
    past: Past,
) -> Audit:
    """Return the audit; where nothing says what to audit, one of the prefix, whatever it is."""
    if request.expectations.has_any or any(prefix.prefix == wanted for prefix in audit.network.prefixes):
        return audit
    again = Request.of(replace(scope, pools=(wanted,)), lambda _: request.cluster_captures)
    return audit_material(material, again, rules, past)
