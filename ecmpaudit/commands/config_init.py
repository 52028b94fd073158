"""Write a first ecmpaudit.yaml, and check that it gives the findings that the same files give without it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import Material, audit_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.commands.output import write
from ecmpaudit.commands.reading import read
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.platforms.registry import platforms
from ecmpaudit.reporting.first_configuration import Seen, first_configuration
from ecmpaudit.rules import all_rules
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.commands.options import InputOptions
    from ecmpaudit.model import Audit, Finding


def write_first_configuration(inputs: InputOptions, kube_dumps: tuple[Path, ...], output: Path) -> str:
    """Write the configuration, and return what it has and whether its findings are the same.

    Raises:
        ConfigurationError: the file exists, or cannot be written.
    """
    if os.path.lexists(output):
        raise ConfigurationError(f"{output}: exists, and is not changed; name another file with --output")
    request = Request.without_file(ScopeOptions(kube_dumps=kube_dumps))
    material = read(inputs, only=request.audited) if inputs.files else Material()
    audit = audit_material(material, request, all_rules())
    files = tuple(os.path.relpath(file, output.parent) for file in kube_dumps)
    text = first_configuration(audit, Seen(_platforms_of(material), material.node_addresses, files))
    write(text, output)
    configured = Request.of(ScopeOptions(config=output))
    if not inputs.files:
        return f"{output}: written"
    if "-" in inputs.files:  # standard input cannot be read twice
        return f"{output}: written; {_compared(audit, audit_material(material, configured, all_rules()))}"
    again = read(inputs, only=configured.audited, nodes=configured.nodes, routers=configured.routers)
    return f"{output}: written; {_compared(audit, audit_material(again, configured, all_rules()))}"


def _platforms_of(material: Material) -> dict[str, str]:
    """Return the platform of each router that has a name: its daemon's, or else its kernel's."""
    found: dict[str, str] = {}
    for table in material.tables:
        if table.router and (table.router not in found or not platforms()[table.platform].is_kernel):
            found[table.router] = table.platform
    return found


def _compared(inferred: Audit, configured: Audit) -> str:
    before, after = {_place(finding) for finding in inferred.findings}, {_place(f) for f in configured.findings}
    if before == after:
        return f"with it the files give the same {counted(len(configured.findings), 'finding')}"
    lines = [f"without it only: {place}" for place in sorted(before - after)]
    lines += [f"with it only: {place}" for place in sorted(after - before)]
    return "\n".join(["with it the findings differ:", *lines])


def _place(finding: Finding) -> str:
    return " ".join(filter(None, (finding.code, finding.router, finding.vrf, finding.prefix)))
