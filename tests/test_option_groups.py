"""Groups of options: a command gets each as one object, and `scan`, `analyze` and `explain` have the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from ecmpaudit.cli.analyze import analyze
from ecmpaudit.cli.explain import explain
from ecmpaudit.cli.options import collected
from ecmpaudit.cli.scan import scan

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.cli.options import Decorator


@dataclass(frozen=True, slots=True)
class Place:
    """Options of a test."""

    country: str = "nowhere"
    town: str = "none"


COUNTRY, TOWN = click.option("--country"), click.option("--town", default="Ghent")


@pytest.mark.parametrize(
    "options,arguments,place",
    [
        ((COUNTRY, TOWN), ["--country", "Belgium"], "Belgium Ghent"),
        ((COUNTRY, TOWN), ["--country", "Belgium", "--town", "Mons"], "Belgium Mons"),
        ((TOWN,), [], "nowhere Ghent"),
    ],
    ids=["default_of_the_option", "all_given", "default_of_the_field"],
)
def test_a_command_gets_the_options_of_a_group_as_one_object(
    options: tuple[Decorator, ...], arguments: list[str], place: str
) -> None:
    @click.command
    @click.argument("name")
    @collected("place", Place, *options)
    def greet(name: str, place: Place) -> None:
        click.echo(f"{name} of {place.country} {place.town}")

    assert CliRunner().invoke(greet, ["Ann", *arguments]).output == f"Ann of {place}\n"


def test_the_options_of_a_group_are_shown_in_their_order() -> None:
    @click.command
    @collected("place", Place, TOWN, COUNTRY)
    @click.option("--last")
    def show(last: str, place: Place) -> None: ...

    assert [parameter.name for parameter in show.params] == ["town", "country", "last"]


@pytest.mark.parametrize("command", [scan, analyze, explain], ids=lambda command: command.name)
def test_the_scope_of_an_audit_has_the_same_options_in_every_command(command: click.Command) -> None:
    names = {option for parameter in command.params for option in parameter.opts}
    assert {"--config", "--pool", "--expect", "--nodes", "--max-paths"} <= names


@pytest.mark.parametrize("command", [scan, analyze], ids=lambda command: command.name)
def test_reports_and_history_have_the_same_options_in_every_command(command: click.Command) -> None:
    names = {option for parameter in command.params for option in parameter.opts}
    assert {"--format", "--output", "--select", "--ignore", "--fail-on", "--quiet", "--record", "--history"} <= names


def test_a_group_keeps_what_may_be_repeated_in_its_order(tmp_path: Path) -> None:
    table = tmp_path / "table.txt"
    table.write_text("Codes: K - kernel route\n\nB>* 192.0.2.1/32 [20/0] via 198.51.100.1, eth0, weight 1, 00:00:01\n")
    flags = ["--pool", "192.0.2.0/24", "--pool", "2001:db8::/64", "--nodes", "198.51.100.1", "--nodes", "198.51.100.2"]
    shown = CliRunner().invoke(analyze, [str(table), *flags])
    assert shown.exit_code == 1
    assert "192.0.2.1/32: 1 next hop, expected 2; missing 198.51.100.2" in shown.output
