"""No module imports itself through others; import-linter (pyproject.toml) checks the order of the packages."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import grimp


def test_no_circle_of_imports() -> None:
    """Imports under TYPE_CHECKING and inside functions count."""
    graph = grimp.build_graph("ecmpaudit", cache_dir=None)
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert "ecmpaudit.model.captures" in imported["ecmpaudit.model.fact_kinds"]  # under TYPE_CHECKING
    assert "ecmpaudit.parsing.bgp_table" in imported["ecmpaudit.auditing.read_capture"]  # inside a function
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise AssertionError(f"modules import each other: {circle}") from None
