"""The arguments and options that several commands share, alone and in groups.

A command takes a group as one object of `ecmpaudit.commands.options`: a new option is one line here and one field
there, and every command that takes the group has it.
"""

from __future__ import annotations

import functools
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions
from ecmpaudit.cli import completion
from ecmpaudit.cli.outputs import OUTPUT, OneOf, form_of, output_files, quiet
from ecmpaudit.cli.parsers import parsers
from ecmpaudit.commands.options import (
    FailOn,
    HistoryOptions,
    InputOptions,
    OutputOptions,
    ReportOptions,
    StoredHistoryOptions,
)
from ecmpaudit.configuration.ages import age_of
from ecmpaudit.configuration.announcers import AnnouncerName
from ecmpaudit.configuration.memory import MEMORY, MOST_MEMORY
from ecmpaudit.reporting.counts import By
from ecmpaudit.reporting.formats import METRICS_LIMIT, Format

if TYPE_CHECKING:
    import datetime as dt
    import enum
    from collections.abc import Callable

    Command = Callable[..., Any]
    Decorator = Callable[[Command], Command]

ASKING = "What to ask"
INPUT = "What to read"
EXPECTED = "What is expected"
HISTORY = "History"
FILTERS = "What to show"

FILE = click.Path(path_type=Path)


def age(text: str) -> dt.timedelta:
    """Return the span that `90d` or `15m` means; click.BadParameter for anything else."""
    try:
        return age_of(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def collected(parameter: str, kind: type, *options: Decorator) -> Decorator:
    """Return one decorator for several options, which the command gets as one object in one parameter.

    Options are shown in their order. A field of the object that none of them sets keeps its default.
    """
    names = {field.name for field in fields(kind)}

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_object(*arguments: Any, **values: Any) -> Any:
            own = {name: values.pop(name) for name in names & values.keys()}
            return command(*arguments, **values, **{parameter: kind(**own)})

        decorated: Command = with_object
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


def written(forms: type[enum.StrEnum]) -> Decorator:
    """Return the options for the outputs of a command: the form of standard output, the files, and silence."""
    return collected("outputs", OutputOptions, form_of(forms), output_files(forms), quiet)


def since(default: str | None = None) -> Decorator:
    """Return the option for the span of time that is shown."""
    return click.option("--since", metavar="AGE", type=age, default=default, help="Only the last AGE, for example 7d.")


def keep(*, required: bool = False) -> Decorator:
    """Return the option for the age at which runs are forgotten."""
    text = "Forget runs that are older than AGE, for example 90d."
    return click.option("--keep", metavar="AGE", type=age, required=required, help=text)


def memory(panel: str) -> Decorator:
    """Return the option for the memory that the texts of a run share."""
    return click.option(
        "--memory",
        metavar="MIB",
        type=click.IntRange(min=1, max=MOST_MEMORY),
        help=f"Memory that the texts of a run may take, {MEMORY} unless configured; further ones are put into files.",
        panel=panel,
    )


timeout = click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    help="How long to wait at most.",
    panel=ASKING,
)
jobs = click.option(
    "--jobs", type=click.IntRange(min=1), default=10, help="Routers and nodes asked at once.", panel=ASKING
)
accept_new = click.option(
    "--accept-new",
    metavar="NAME",
    multiple=True,
    shell_complete=completion.hosts,
    help="Accept the unknown host keys of these routers and nodes: names, patterns as tor*, comma lists.",
    panel=ASKING,
)


def files(*, required: bool) -> Decorator:
    """Return the argument for the texts to read."""
    return click.argument(
        "files",
        nargs=-1,
        required=required,
        metavar="FILE…|-",
        help="Files, folders, bundles (tar, zip) or saved snapshots; - reads standard input.",
        panel=INPUT,
    )


router_name = click.option(
    "--router-name", "router", metavar="NAME", help="The router of a text that names none.", panel=INPUT
)
platform = click.option(
    "--platform",
    shell_complete=completion.platforms,
    help="Name as in `ecmpaudit platforms`; without it, the platform is detected.",
    panel=INPUT,
)
router_or_name = click.option(
    "--router",
    "--router-name",
    "router",
    metavar="NAME",
    help="The router of a text that names none; of inputs of several routers, the one to read.",
    panel=INPUT,
)
_INPUTS = (router_name, platform, memory(INPUT), parsers)
inputs = collected("inputs", InputOptions, files(required=True), *_INPUTS)
inputs_or_cluster = collected(
    "inputs",
    InputOptions,
    files(required=True),
    *_INPUTS,
    click.option(
        "--dask",
        metavar="ADDRESS",
        help="Let a Dask cluster read a saved snapshot: tcp://HOST:PORT of its scheduler, or local:N.",
        panel=INPUT,
    ),
)
inputs_or_scan = collected("inputs", InputOptions, files(required=False), *_INPUTS)
"""Without a file, the routers of the configuration are asked."""

config = click.option(
    "--config", "-c", type=FILE, help="Configuration file.", envvar="ECMPAUDIT_CONFIG", show_envvar=True, panel=EXPECTED
)
inventory = click.option(
    "--inventory",
    "inventories",
    metavar="FILE|URL",
    multiple=True,
    help="Further routers: an inventory of Ansible, Nornir or containerlab, a list of hosts, NetBox's URL; - reads "
    "standard input; may be repeated.",
    panel=EXPECTED,
)
pool = click.option(
    "--pool",
    "pools",
    multiple=True,
    help="Prefixes that hold load-balanced addresses: a list, or repeated.",
    panel=EXPECTED,
)
expect = click.option("--expect", type=int, help="How many next hops each prefix should have.", panel=EXPECTED)
nodes = click.option(
    "--nodes",
    metavar="LIST",
    multiple=True,
    help="The expected nodes: 192.0.2.101-105, a comma list, node1=192.0.2.101+2001:db8::101; may be repeated.",
    panel=EXPECTED,
)
kube_dump = click.option(
    "--kube-dump",
    "kube_dumps",
    metavar="FILE",
    type=FILE,
    multiple=True,
    help="Output of kubectl get nodes,services,endpointslices -A -o json; may be repeated.",
    panel=EXPECTED,
)
kubectl = click.option(
    "--kubectl",
    metavar="[CONTEXT]",
    is_flag=False,
    flag_value="",
    help="Ask a live cluster by kubectl for the same objects, in a context or in the current one; after the files.",
    panel=EXPECTED,
)
announcer = click.option(
    "--announcer",
    type=OneOf(AnnouncerName),
    help="What announces the Services of the cluster; auto detects it from the objects.",
    panel=EXPECTED,
)
max_paths = click.option(
    "--max-paths", type=click.IntRange(min=1), help="The routers' ceiling of equal-cost next hops.", panel=EXPECTED
)
growth = click.option(
    "--growth", metavar="N|N%", help="Nodes to be added; checks that the ceiling leaves room.", panel=EXPECTED
)
_EXPECTED = (config, inventory, pool, expect, nodes, kube_dump, kubectl, announcer)
expectation_scope = collected("scope", ScopeOptions, *_EXPECTED)
scope = collected("scope", ScopeOptions, *_EXPECTED, max_paths, growth)

_NAMES: dict[str, Any] = {"multiple": True, "panel": FILTERS}
router = click.option(
    "--router",
    "only_routers",
    **_NAMES,
    metavar="NAME",
    shell_complete=completion.routers,
    help="Only these routers: tor1, tor*, tor1,tor2. One name is also that of a text which names no router.",
)
node = click.option(
    "--node",
    "only_nodes",
    **_NAMES,
    metavar="NAME",
    shell_complete=completion.nodes,
    help="Only what is about these nodes: names, addresses, patterns.",
)
prefix = click.option(
    "--prefix", "only_prefixes", **_NAMES, metavar="PREFIX", help="Only these prefixes; patterns such as 172.31.*."
)
vrf = click.option("--vrf", "only_vrfs", **_NAMES, metavar="NAME", help="Only these VRFs.")
label = click.option(
    "--label",
    "only_labels",
    **_NAMES,
    metavar="KEY=VALUE",
    help="Only routers and nodes with this label, such as site=a.",
)
filters = collected("filters", FilterOptions, router, node, prefix, vrf, label)
filters_of_prefix = collected("filters", FilterOptions, router, node, vrf, label)

report_format = form_of(Format, envvar="ECMPAUDIT_FORMAT", show_envvar=True)
metrics_limit = click.option(
    "--metrics-limit",
    metavar="N",
    type=click.IntRange(min=0),
    default=METRICS_LIMIT,
    help="How many prefixes on routers get metrics of their own; those with findings first.",
    panel=OUTPUT,
)
_CODES: dict[str, Any] = {
    "metavar": "CODE",
    "multiple": True,
    "shell_complete": completion.codes,
    "panel": OUTPUT,
}
select = click.option("--select", **_CODES, help="Run only these rules: ECMP101, 101,102 or a family as 1xx or '1*'.")
ignore = click.option("--ignore", **_CODES, help="Skip these rules: ECMP101, 101,102 or a family as 1xx or '1*'.")
fail_on = click.option(
    "--fail-on",
    type=OneOf(FailOn),
    default=FailOn.WARNING.value,
    help="Exit with 1 for findings of at least this severity.",
    envvar="ECMPAUDIT_FAIL_ON",
    show_envvar=True,
    panel=OUTPUT,
)
by = click.option(
    "--by",
    type=OneOf(By),
    help="Print a table of counts by router, node or prefix, in place of the text report.",
    panel=OUTPUT,
)
verbose_report = click.option(
    "--verbose",
    "-v",
    is_flag=True,
    help="Show all evidence and every prefix; log on standard error how the input was read.",
    panel=OUTPUT,
)
verbose_explanation = click.option(
    "--verbose",
    "-v",
    is_flag=True,
    help="Show each chain by itself; log on standard error how the input was read.",
    panel=OUTPUT,
)
verbose_history = click.option(
    "--verbose", "-v", is_flag=True, help="List each fault too, not only the incidents.", panel=OUTPUT
)
verbose = click.option(
    "--verbose", "-v", is_flag=True, help="Log on standard error how the input was read.", panel=OUTPUT
)
reports = collected(
    "reports",
    ReportOptions,
    *(report_format, output_files(Format), metrics_limit, select, ignore, fail_on, quiet, by, verbose_report),
)

record = click.option("--record", is_flag=True, help="Record this run in the history.", panel=HISTORY)
history_place = click.option(
    "--history",
    "place",
    metavar="FILE|URL",
    help="The history: a file, or postgresql://HOST/DATABASE; rules use what earlier runs found.",
    envvar="ECMPAUDIT_HISTORY",
    show_envvar=True,
    panel=HISTORY,
)
history = collected("history", HistoryOptions, record, history_place)
stored_history = collected("stored", StoredHistoryOptions, history_place, config, parsers)
