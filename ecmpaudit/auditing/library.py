"""What `import ecmpaudit` offers to scripts and notebooks: load outputs, and audit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.auditing.request import Request, chosen_rules
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.files import read_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecmpaudit.auditing.run import Material
    from ecmpaudit.model import Audit


def load(
    *inputs: str | Path, router: str | None = None, platform: str | None = None, memory: int | None = None
) -> Material:
    """Return the tables and facts in files, folders and saved snapshots; `router` and `platform` overrule the text.

    A file that cannot be read raises no error: it is in `failed`, and makes an audit incomplete. `memory` are the MiB
    that the texts may take in memory.
    """
    budget = AnswerBudget(memory)
    captures = read_inputs((str(name) for name in inputs), budget)
    return read_material(captures, router=router, platform=platform, budget=budget)


def audit(
    material: Material,
    *,
    config: Path | None = None,
    pools: Sequence[str] = (),
    expect: int | None = None,
    nodes: Sequence[str] = (),
    max_paths: int | None = None,
    growth: str | None = None,
) -> Audit:
    """Return the audit of what was loaded; the arguments are those of `ecmpaudit analyze`.

    Raises:
        ConfigurationError: an argument or the configuration file cannot be used.
    """
    options = ScopeOptions(config, tuple(pools), expect, tuple(nodes), max_paths=max_paths, growth=growth)
    return audit_material(material, Request.of(options), chosen_rules((), ()))
