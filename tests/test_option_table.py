"""Each option of each command: it means the same wherever it is, and where it is not, there is a reason.

Options are compared by what a person types: their short form, whether they are flags, take a value or are repeated.
"""

from __future__ import annotations

import click
import pytest

from ecmpaudit.cli.main import app

Key = tuple[tuple[str, ...], bool, bool, str | None]


def commands() -> dict[str, click.Command]:
    """Return every command, those within a group and groups that do something themselves too, by what is typed."""
    found: dict[str, click.Command] = {}
    context = click.Context(app)
    for name in app.list_commands(context):
        command = app.get_command(context, name)
        assert command is not None
        inner: dict[str, click.Command] = getattr(command, "commands", {})
        if not inner or getattr(command, "invoke_without_command", False):
            found[name] = command
        found |= {f"{name} {each}": inner[each] for each in inner}
    return found


COMMANDS = commands()
OPTIONS: dict[str, dict[str, click.Option]] = {}
for _name, _command in COMMANDS.items():
    for _option in (each for each in _command.params if isinstance(each, click.Option)):
        for _long in (text for text in _option.opts if text.startswith("--")):
            OPTIONS.setdefault(_long, {})[_name] = _option

KNOWN = {
    "scan", "analyze", "explain", "routes", "expect", "what-if", "drain", "flow", "rule", "platforms", "diff", "report",
    "history",
    "history prune", "schedule cron", "schedule systemd", "schedule kubernetes", "snapshot anonymise", "config init",
    "config check", "config schema", "config hosts", "platforms check", "commands", "serve", "mcp",
}  # fmt: skip
"""The commands that the table below is about; a new one is put here, and into the reasons."""
AUDITS = {"scan", "analyze", "explain", "diff"}
TEXTS = {"mcp", "analyze", "explain", "routes", "what-if", "diff", "config init"}
STORED = {"history", "history prune", "report"}
SCHEDULES = {"schedule cron", "schedule systemd", "schedule kubernetes"}
PRINTING = {
    "rule",
    "platforms",
    "platforms check",
    "commands",
    "config schema",
    "config check",
    "config hosts",
    "history prune",
}
"""Commands that print one short text of one form."""

NO_NETWORK = (
    "it reads no routes, so there is nothing to filter, to judge or to expect",
    {"rule", "platforms", "platforms check", "commands", "config schema", "config check", "config hosts"},
)
WRITES_A_PLAN = ("it prints what runs a scan; what the scan audits is in the configuration", SCHEDULES)
WRITES_A_CONFIGURATION = ("it writes what the inputs show, to be read and changed", {"config init"})
OF_RUNS = ("what a run judged was recorded with it", STORED)
JUST_ROUTES = ("it shows routes and judges nothing", {"routes"})
OF_A_CLUSTER = ("objects of a cluster say nothing of routers, VRFs, ceilings and rules", {"expect"})
A_COPY = ("it copies answers, and judges nothing", {"snapshot anonymise"})
A_PLAN = ("it judges a planned change on the whole network", {"what-if", "drain"})
OF_A_FLOW = ("it follows one flow, and judges nothing", {"flow"})
FORGETS = ("it forgets whole runs", {"history prune"})
SERVED = ("it serves every run whole, over HTTP", {"serve"})
TOOLS = ("its tools have parameters of their own", {"mcp"})
FILTERED = (SERVED, TOOLS, NO_NETWORK, WRITES_A_PLAN, FORGETS, A_COPY, A_PLAN, OF_A_FLOW)
OF_AN_AUDIT = (A_COPY, NO_NETWORK, WRITES_A_PLAN, WRITES_A_CONFIGURATION, OF_RUNS, JUST_ROUTES, OF_A_CLUSTER)
LINES = ("it prints lines as it goes on, or one answer", {"drain", "flow"})
ONE_TEXT = (
    SERVED,
    TOOLS,
    ("it prints one text, which has one form", PRINTING),
    ("what it prints is the file for cron, systemd or Kubernetes", SCHEDULES),
    ("what it writes is a folder of answers", {"snapshot anonymise"}),
)

ABSENT: dict[str, tuple[tuple[str, set[str]], ...]] = {
    "--config": (
        ("it reads no configuration", {"routes", "rule", "platforms", "platforms check", "commands", "config schema"}),
        ("it writes one", {"config init"}),
    ),
    "--pool": (A_COPY, NO_NETWORK, WRITES_A_PLAN, WRITES_A_CONFIGURATION, OF_RUNS, JUST_ROUTES),
    "--expect": (A_COPY, NO_NETWORK, WRITES_A_PLAN, WRITES_A_CONFIGURATION, OF_RUNS, JUST_ROUTES),
    "--nodes": (A_COPY, NO_NETWORK, WRITES_A_PLAN, WRITES_A_CONFIGURATION, OF_RUNS, JUST_ROUTES),
    "--kube-dump": (A_COPY, NO_NETWORK, WRITES_A_PLAN, OF_RUNS, JUST_ROUTES),
    "--kubectl": (A_COPY, NO_NETWORK, WRITES_A_PLAN, WRITES_A_CONFIGURATION, OF_RUNS, JUST_ROUTES),
    "--announcer": (A_COPY, NO_NETWORK, WRITES_A_PLAN, WRITES_A_CONFIGURATION, OF_RUNS, JUST_ROUTES),
    "--max-paths": OF_AN_AUDIT,
    "--growth": OF_AN_AUDIT,
    "--router": (*FILTERED, OF_A_CLUSTER),
    "--node": (*FILTERED, WRITES_A_CONFIGURATION, ("it knows no nodes", {"routes"})),
    "--prefix": (
        *FILTERED, WRITES_A_CONFIGURATION,
        ("its argument is the prefix", {"explain"}),
    ),
    "--vrf": (*FILTERED, WRITES_A_CONFIGURATION, OF_A_CLUSTER),
    "--label": (
        *FILTERED, WRITES_A_CONFIGURATION,
        ("labels are in the configuration, which it does not read", {"routes"}),
    ),
    "--inventory": (
        A_COPY, WRITES_A_PLAN, WRITES_A_CONFIGURATION, JUST_ROUTES,
        ("it reads no hosts", {*STORED, "rule", "platforms", "platforms check", "commands", "config schema"}),
        ("it checks the configuration, with the inventories in it", {"config check"}),
    ),
    "--overwrite": (("it writes no folder of answers", KNOWN - {"scan", "snapshot anonymise"}),),
    "--limit": (("only a scan asks hosts", KNOWN - {"scan", "config hosts"}),),
    "--select": (*OF_AN_AUDIT, A_PLAN, OF_A_FLOW),
    "--ignore": (*OF_AN_AUDIT, A_PLAN, OF_A_FLOW),
    "--fail-on": (*OF_AN_AUDIT, TOOLS, A_PLAN, OF_A_FLOW, ("its exit code says whether anything changed", {"diff"})),
    "--format": (
        ("it prints one text, which has one form", PRINTING - {"commands"}), SERVED, TOOLS, *ONE_TEXT[3:],
        ("the file that it writes is YAML", {"config init"})),
    "--output": (("it prints one text, which has one form", PRINTING), SERVED, TOOLS, LINES),
    "--quiet": (*ONE_TEXT, LINES, ("without what it prints, nobody knows what was inferred", {"config init"})),
    "--verbose": (
        ("everything that it knows is shown", {*PRINTING - {"platforms"}, *SCHEDULES, "report", "config init"}),
        A_COPY, SERVED, TOOLS,
    ),
    "--parsers": (
        ("it reads no text of a router and no name of a platform", {"rule", "config schema"}), A_COPY,
        ("its argument is the folder", {"platforms check"})
    ),
    "--history": (
        ("it compares with no earlier run", {"routes", "expect", "config init", "what-if", "drain", "flow"}),
        NO_NETWORK,
        A_COPY,
        ("the configuration of the scan names it", SCHEDULES),
    ),
    "--record": (
        ("a run is recorded whole, by scan and analyze; serve records each", KNOWN - {"scan", "analyze"}),
    ),
    "--by": (("only the text of an audit has findings to count", KNOWN - {"scan", "analyze"}),),
    "--metrics-limit": (("only an audit has the form of metrics", KNOWN - {"scan", "analyze", "serve"}),),
    "--memory": (
        ("it reads no texts of routers", KNOWN - TEXTS - {"scan", "serve", "snapshot anonymise"}),
    ),
    "--platform": (("it reads no texts of unknown platforms", KNOWN - TEXTS - {"commands"}),),
    "--router-name": (("it reads no texts without a name", KNOWN - TEXTS),),
    "--deadline": (("only a scan waits for routers", KNOWN - {"scan", "serve"} - SCHEDULES),),
    "--confirm": (("only a scan notifies people", KNOWN - {"scan", "serve"} - SCHEDULES),),
    "--min": (("it changes no set of next hops", KNOWN - {"what-if", "drain"}),),
    "--jobs": (("it asks no routers, or all that it has to", KNOWN - {"scan", "drain", "flow"}),),
    "--accept-new": (("it logs in to no host whose key may be new", KNOWN - {"scan", "drain", "flow"}),),
    "--dask": (("one process is enough for what it reads or asks", KNOWN - {"scan", "analyze"}),),
    "--timeout": (("it waits for nothing", KNOWN - {"drain", "flow"}),),
    "--interval": (("it asks once at most", KNOWN - {"drain", "serve"}),),
    "--since": (("it has no span of time", KNOWN - {"history", "report"}),),
    "--keep": (("it forgets nothing", KNOWN - {"history", "history prune"}),),
    "--every": (("it does nothing by itself later", KNOWN - SCHEDULES),),
    "--program": (("it runs itself", KNOWN - SCHEDULES),),
}  # fmt: skip
"""Of each option that two commands have: the commands without it, by the reason."""

DIFFERENT = {
    ("--config", "snapshot anonymise"): "a file to copy as well: none is looked for",
    ("--output", "snapshot anonymise"): "a new folder, which no other replaces",
    ("--output", "config init"): "one new file, which no other replaces",
    ("--router", "config init"): "--router and --router-name are one: it reads, and shows no part",
    ("--router-name", "config init"): "--router and --router-name are one: it reads, and shows no part",
}
"""An option that is given in another way in one command, and why."""


@pytest.mark.parametrize("option", [option for option, found in OPTIONS.items() if len(found) > 1])
def test_an_option_is_in_every_command_or_absent_for_a_stated_reason(option: str) -> None:
    absent = [name for reason, names in ABSENT[option] for name in names if reason]
    assert {*absent, *OPTIONS[option]} >= KNOWN
    assert not {*absent} & {*OPTIONS[option]}


def test_the_table_has_every_command() -> None:
    assert set(COMMANDS) == KNOWN


def test_the_table_has_no_option_that_is_gone() -> None:
    assert ABSENT.keys() <= OPTIONS.keys()
    assert {option for option, found in OPTIONS.items() if len(found) > 1} == ABSENT.keys()
    assert all(name in OPTIONS[option] for option, name in DIFFERENT)


@pytest.mark.parametrize("option", ABSENT)
def test_an_option_is_given_in_the_same_way_everywhere(option: str) -> None:
    def key(given: click.Option) -> Key:
        short = tuple(text for text in given.opts if not text.startswith("--"))
        return short, given.multiple, given.is_flag, given.metavar

    ways = {key(given) for name, given in OPTIONS[option].items() if (option, name) not in DIFFERENT}
    assert len(ways) == 1


@pytest.mark.parametrize("short", ["-c", "-f", "-o", "-q", "-v"])
def test_a_letter_is_one_option(short: str) -> None:
    found = {
        tuple(text for text in option.opts if text.startswith("--"))
        for of_commands in OPTIONS.values()
        for option in of_commands.values()
        if short in option.opts
    }
    assert len(found) == 1


@pytest.mark.parametrize("name", sorted(AUDITS))
def test_audits_have_every_expectation_filter_and_output(name: str) -> None:
    wanted = {
        "--kube-dump",
        "--kubectl",
        "--announcer",
        "--expect",
        "--pool",
        "--nodes",
        "--config",
        "--max-paths",
        "--growth",
    }
    wanted |= {"--router", "--node", "--vrf", "--label", "--select", "--ignore", "--parsers", "--history"}
    wanted |= {"--format", "--output", "--quiet", "--verbose"}
    assert {option for option in wanted if name not in OPTIONS[option]} == set()
