"""The functions of the library as a person calls them: natural arguments, named errors, tables, a notebook."""

from __future__ import annotations

import ast
import inspect
import io
import json
import pickle
import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from click.testing import CliRunner

import ecmpaudit
from ecmpaudit.cli.main import app
from ecmpaudit.configuration.reader import read_configuration
from ecmpaudit.errors import ConfigurationError, EcmpauditError, TemplateError
from ecmpaudit.library.arguments import AuditArguments, in_arguments
from tests.program import ROOT
from tests.test_analyze import ACME_TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

UNTYPED: Any = ecmpaudit
"""As a notebook sees it: nothing checks the types of a call before it is made."""
NOTEBOOK = ROOT / "docs" / "library.ipynb"
V4 = ("show ip route", "198.51.100.7/32", "192.0.2.1{}", "198.51.100.0/24", "192.0.2.11-13")
V6 = ("show ipv6 route", "2001:db8:31::7/128", "2001:db8::1{}", "2001:db8:31::/64", "2001:db8::11-13")
FAMILIES = pytest.mark.parametrize("family", [V4, V6], ids=["IPv4", "IPv6"])
Family = tuple[str, str, str, str, str]


def table(family: Family, numbers: str, router: str = "tor1") -> str:
    """Return what FRR prints of one route with these next hops."""
    command, prefix, address, *_ = family
    hops = [f"via {address.format(number)}, eth0, weight 1, 00:01:21" for number in numbers]
    return f"{router}# {command}\nB>* {prefix} [20/0] " + "\n  *  ".join(hops) + f"\n{router}#\n"


def mapping(family: Family) -> dict[str, Any]:
    """Return a configuration that expects three nodes."""
    _, _, address, pool, _ = family
    nodes = {f"node{number}": [address.format(number)] for number in (1, 2, 3)}
    return {"routers": {"tor1": "192.0.2.1"}, "nodes": nodes, "clusters": {"prod": {"pools": [pool]}}}


def missing(audit: Any) -> list[str]:
    """Return the nodes that are missing."""
    return [node.name for finding in audit.findings for node in finding.missing]


def in_file(folder: Path, text: str, name: str = "tor1.txt") -> Path:
    """Return a file with the text."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@FAMILIES
@pytest.mark.parametrize(
    "given",
    [
        lambda text, _file: text,
        lambda _text, file: file,
        lambda _text, file: str(file),
        lambda _text, file: [str(file)],
        lambda _text, file: (file,),
        lambda _text, file: file.parent.glob("*.txt"),
        lambda text, _file: ecmpaudit.load(text),
        lambda _text, file: ecmpaudit.audit(file),
    ],
    ids=["text", "Path", "path", "list", "tuple", "generator", "loaded", "audit"],
)
def test_material_is_what_a_person_has(family: Family, given: Callable[[str, Path], Any], tmp_path: Path) -> None:
    text = table(family, "12")
    audit = ecmpaudit.audit(given(text, in_file(tmp_path, text)), pool=family[3], nodes=family[4])
    assert [(finding.code, finding.router, finding.actual) for finding in audit.findings] == [("ECMP101", "tor1", 2)]


@FAMILIES
@pytest.mark.parametrize(
    "arguments",
    [
        lambda pool, nodes: {"pool": pool, "nodes": nodes},
        lambda pool, nodes: {"pool": [pool], "nodes": [nodes]},
        lambda pool, nodes: {"pools": (pool,), "nodes": (nodes,)},
        lambda pool, nodes: {"pool": iter([pool]), "nodes": (each for each in [nodes])},
        lambda pool, nodes: {"pool": ip_network(pool), "nodes": nodes, "ignore": "6xx", "select": ["1xx", "0xx"]},
    ],
    ids=["texts", "lists", "tuples and pools", "generators", "objects"],
)
def test_a_text_is_one_word_and_a_list_many(family: Family, arguments: Callable[[str, str], dict[str, Any]]) -> None:
    audit = ecmpaudit.audit(table(family, "12"), **arguments(family[3], family[4]))
    assert missing(audit) == [family[2].format(3)]


@FAMILIES
@pytest.mark.parametrize(
    "given",
    [
        lambda values, _file: values,
        lambda values, _file: json.dumps(values, indent=1),
        lambda _values, file: file,
        lambda _values, file: str(file),
        lambda _values, file: read_configuration(file),
    ],
    ids=["mapping", "text", "Path", "path", "Configuration"],
)
def test_a_configuration_has_one_meaning(family: Family, given: Callable[[Any, Path], Any], tmp_path: Path) -> None:
    values = mapping(family)
    config = given(values, in_file(tmp_path, json.dumps(values), "ecmpaudit.yaml"))
    assert missing(ecmpaudit.audit(table(family, "12"), config=config)) == ["node3"]


def test_no_configuration_is_read_without_being_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = in_file(tmp_path, "no: [configuration", "ecmpaudit.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ECMPAUDIT_CONFIG", str(file))
    assert ecmpaudit.audit(table(V4, "123"), pool=V4[3], nodes=V4[4]).findings == ()
    with pytest.raises(ConfigurationError, match=r"ecmpaudit\.yaml:1"):
        ecmpaudit.audit(table(V4, "123"), config="ecmpaudit.yaml")


def test_a_table_of_a_configured_node_is_not_audited() -> None:
    loaded = ecmpaudit.load([table(V4, "123"), table(V4, "1", router="node1")])
    assert {state.name for state in ecmpaudit.audit(loaded).network.routers} == {"tor1", "node1"}
    assert {state.name for state in ecmpaudit.audit(loaded, config=mapping(V4)).network.routers} == {"tor1"}


@pytest.mark.parametrize(
    "name",
    list(AuditArguments.__annotations__),
)
@pytest.mark.parametrize("value", [b"x", 1.5, object()], ids=["bytes", "float", "object"])
def test_a_wrong_type_names_the_argument(name: str, value: object) -> None:
    wrong: dict[str, Any] = {name: value}
    with pytest.raises(TypeError, match=rf"^{name}: expected .+, found {type(value).__name__}$"):
        ecmpaudit.audit(table(V4, "1"), **wrong)


@pytest.mark.parametrize(
    "call,error,message",
    [
        (lambda: UNTYPED.load(3), TypeError, "inputs: expected a path"),
        (lambda: UNTYPED.load(["a.txt", 3]), TypeError, r"inputs\[1\]: expected a path"),
        (lambda: UNTYPED.load(""), ConfigurationError, "inputs: expected a path, found an empty text"),
        (lambda: UNTYPED.load("x\n", router=b"tor1"), TypeError, "router: expected a text, found bytes"),
        (lambda: UNTYPED.audit(None), TypeError, "material: expected"),
        (lambda: UNTYPED.audit("x\n", nodez="x"), TypeError, "nodez: no such argument; did you mean nodes?"),
        (lambda: UNTYPED.audit("x\n", expect=True), TypeError, "expect: expected a whole number, found bool"),
        (lambda: UNTYPED.audit("x\n", pool=["192.0.2.0/24", 7]), TypeError, r"pool\[1\]: expected a text, found int"),
        (lambda: UNTYPED.audit("x\n", config={"a": object()}), TypeError, "config.a: expected .*, found object"),
        (lambda: UNTYPED.audit("x\n", config={"clusterz": 1}), ConfigurationError, "config: clusterz: unknown key"),
        (lambda: UNTYPED.audit("x\n", config="clusters:\n  a: 3"), ConfigurationError, "config:2: clusters.a: "),
        (lambda: UNTYPED.scan(None), TypeError, "config: expected"),
        (lambda: UNTYPED.scan({}, deadline="1"), TypeError, "deadline: expected seconds, found str"),
        (lambda: UNTYPED.explain(7, "x\n"), TypeError, "prefix: expected"),
        (lambda: UNTYPED.diff("x\n", 7), TypeError, "after: expected"),
    ],
)  # fmt: skip
def test_an_error_names_the_argument(call: Callable[[], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        call()


@pytest.mark.parametrize(
    "call,message",
    [
        (lambda: UNTYPED.audit("x\n", config="nowhere.yaml"), "config nowhere.yaml: no such file"),
        (lambda: UNTYPED.scan("nowhere.yaml"), "config nowhere.yaml: no such file"),
        (lambda: UNTYPED.audit("x\n", pool="2001:db8::/200"), "pool 2001:db8::/200: expected a prefix such as "),
        (lambda: UNTYPED.audit("x\n", nodes="tor1"), "nodes tor1: expected an IPv4 or IPv6 address"),
        (
            lambda: UNTYPED.audit("x\n", expect=3, nodes="192.0.2.1"),
            "expect 3: nodes lists 1 for IPv4; give one of the two",
        ),
        (
            lambda: UNTYPED.explain("192.0.2.1", "x\n", announcer="metallb"),
            "announcer needs the objects of a cluster: give kube_dump or kubectl",
        ),
        (lambda: UNTYPED.diff("x\n", "y\n", growth="x"), "growth x: expected a number of nodes"),
        (lambda: UNTYPED.load("x\n", platform="x"), "platform x: expected one of "),
        (
            lambda: UNTYPED.audit("x\n", history="postgresql://u:secret@h/d"),
            "history: expected a URL without a password: put it into ECMPAUDIT_HISTORY",
        ),
        (
            lambda: UNTYPED.audit("x\n", history="nowhere.db"),
            "history nowhere.db: does not exist yet; `ecmpaudit scan --record` creates it",
        ),
    ],
)
def test_a_message_of_the_library_names_the_argument_and_no_option(call: Callable[[], object], message: str) -> None:
    with pytest.raises(EcmpauditError) as raised:
        call()
    assert str(raised.value).startswith(message)
    assert "--" not in re.sub("`.*?`", "", str(raised.value))


@pytest.mark.parametrize(
    "message,said",
    [
        ("give a larger --memory, or read less", "give a larger memory, or read less"),
        ("give --kube-dump FILE or --kubectl", "give kube_dump or kubectl"),
        ("--router-name a, --max-paths: 4", "router a, max_paths: 4"),
        ("`scan --deadline 5` of --deadline", "`scan --deadline 5` of deadline"),
        ("give what it prints with --list; a--pool", "give what it prints with --list; a--pool"),
    ],
)
def test_options_in_a_message_become_the_arguments_that_the_library_has(message: str, said: str) -> None:
    assert in_arguments(message) == said


@FAMILIES
def test_differences_and_explanations_are_tables(family: Family) -> None:
    before, after = table(family, "123"), table(family, "12")
    found = ecmpaudit.diff(before, ecmpaudit.load(after), config=mapping(family))
    assert found.to_frame()[["router", "prefix", "before", "after"]].to_numpy().tolist() == [["tor1", family[1], 3, 2]]
    chains = ecmpaudit.explain(family[1].partition("/")[0], after, config=mapping(family)).to_frame()
    assert dict(zip(chains["node"], chains["is_installed"], strict=True)) == {
        "node1": True, "node2": True, "node3": False
    }  # fmt: skip


def test_a_pasted_table_without_a_name_is_compared_with_the_router_of_the_other_side() -> None:
    unnamed = "\n".join(table(V4, "12").splitlines()[1:-1]) + "\n"
    found = ecmpaudit.diff(table(V4, "123"), unnamed, pool=V4[3])
    assert [change.place[0] for change in found.changes] == ["tor1"]


def test_a_scan_is_an_audit_and_a_silent_router_makes_it_incomplete() -> None:
    config = mapping(V4) | {"routers": {"tor1": {"host": "127.0.0.1", "port": 1, "platform": "frr"}}}
    audit = ecmpaudit.scan(config, limit="tor1", deadline=5)
    assert audit.is_incomplete
    assert "ECMP001" in set(audit.to_frame()["code"])
    assert {part.router for part in audit.material.not_read} == {"tor1"}


def results() -> Iterator[Any]:
    """Yield a result of each kind, with a mark of HTML in what a device printed."""
    text = table(V4, "12", router="tor1")
    yield ecmpaudit.load(text, "no-such-<file>.txt")
    yield ecmpaudit.audit([text, "no-such-<file>.txt"], config=mapping(V4))
    yield ecmpaudit.explain(V4[1], text, config=mapping(V4))
    yield ecmpaudit.diff(text, "no-such-<file>.txt", config=mapping(V4))


@pytest.mark.parametrize("index", range(4), ids=["load", "audit", "explain", "diff"])
def test_every_result_is_a_table_json_and_html(index: int, tmp_path: Path) -> None:
    result = list(results())[index]
    assert type(result.to_frame()).__name__ == "DataFrame"
    assert json.loads(result.to_json())
    assert result.to_html().lower().startswith("<!doctype html>")
    shown = result._repr_html_()
    assert "<html" not in shown
    assert "<file>" not in shown + result.to_html()
    assert result.to_html(tmp_path / "page.html") is None
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == result.to_html()


def test_help_shows_each_argument() -> None:
    for function in (ecmpaudit.audit, ecmpaudit.scan, ecmpaudit.explain, ecmpaudit.diff):
        assert {"config", "nodes", "pool", "kube_dump", "parsers"} <= set(inspect.signature(function).parameters)


def test_a_folder_of_own_platforms_is_used_for_its_call_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ECMPAUDIT_PARSERS", raising=False)
    folder = tmp_path / "parsers"
    (folder / "acme").mkdir(parents=True)
    in_file(folder / "acme", ACME_TEMPLATE, "routes.textfsm")
    description = (
        "title = 'Acme'\n[[table]]\ntemplate = 'routes.textfsm'\ncommand = 'routes'\ndetect = ['^route .* gw ']\n"
    )
    in_file(folder / "acme", description, "platform.toml")
    text = "route 192.0.2.7/32 gw 198.51.100.1\n  gw 198.51.100.2\n"
    loaded = ecmpaudit.load(text, parsers=folder)
    assert list(loaded.routes["next_hop"]) == ["198.51.100.1", "198.51.100.2"]
    for material in (loaded, text):
        audit = ecmpaudit.audit(material, pool="192.0.2.0/24", expect=3, parsers=folder if material is text else None)
        assert [finding.actual for finding in audit.findings if finding.code == "ECMP101"] == [2]
        assert "192.0.2.7/32" in str(audit.to_html())
    assert json.loads(str(loaded.to_json()))["routes"][0]["prefix"] == "192.0.2.7/32"
    assert len(ecmpaudit.load(text).routes) == 0
    with pytest.raises(TemplateError, match="no-such"):
        ecmpaudit.load(text, parsers=tmp_path / "no-such")


@FAMILIES
def test_the_library_reports_what_the_command_prints(family: Family, tmp_path: Path) -> None:
    config = in_file(tmp_path, json.dumps(mapping(family)), "ecmpaudit.yaml")
    file = in_file(tmp_path, table(family, "12"))
    printed = CliRunner().invoke(app, ["analyze", str(file), "-c", str(config), "-f", "json"])
    assert json.loads(str(ecmpaudit.audit(file, config=config).to_json())) == json.loads(printed.stdout)
    printed = CliRunner().invoke(app, ["explain", family[1], str(file), "-c", str(config), "-f", "json"])
    assert json.loads(str(ecmpaudit.explain(family[1], file, config=config).to_json())) == json.loads(printed.stdout)
    whole = in_file(tmp_path, table(family, "123"), "before.txt")
    printed = CliRunner().invoke(app, ["diff", str(whole), str(file), "-c", str(config), "-f", "json"])
    assert json.loads(str(ecmpaudit.diff(whole, file, config=config).to_json())) == json.loads(printed.stdout)


def test_runs_of_a_history_are_read_and_none_is_recorded(tmp_path: Path) -> None:
    config = in_file(tmp_path, json.dumps(mapping(V4)), "ecmpaudit.yaml")
    file, place = in_file(tmp_path, table(V4, "123")), tmp_path / "history.db"
    command = ["analyze", str(file), "-c", str(config), "--record", "--history", str(place)]
    assert CliRunner().invoke(app, command).exit_code == 0
    for material in (table(V4, "12"), table(V4, "12")):
        audit = ecmpaudit.audit(material, pool=V4[3], history=place)
        assert "ECMP602" in {finding.code for finding in audit.findings}
    changes = ecmpaudit.diff("last", table(V4, "12"), config=mapping(V4), history=str(place)).to_frame()
    assert changes[["before", "after"]].to_numpy().tolist() == [[3, 2]]


def test_objects_of_a_cluster_say_what_is_expected() -> None:
    dump = ROOT / "tests" / "fixtures" / "kubernetes" / "metallb--cluster.json"
    further = ROOT / "tests" / "fixtures" / "kubernetes" / "metallb--custom_resources.json"
    audit = ecmpaudit.audit(table(V4, "1"), kube_dump=[dump, str(further)], announcer="metallb")
    assert audit.network.expectation_sources == ("--kube-dump",)
    assert [finding.code for finding in audit.findings if finding.code == "ECMP102"]


def test_columns_and_numbers_of_pandas_are_taken() -> None:
    nodes = pd.Series([V4[4]])
    assert missing(ecmpaudit.audit(table(V4, "12"), pool=[V4[3]], nodes=nodes.to_list()))
    audit = UNTYPED.audit(table(V4, "12"), pool=V4[3], nodes=nodes, expect=pd.Series([3]).to_numpy()[0])
    assert missing(audit) == ["192.0.2.13"]


def test_a_result_is_one_line_where_it_is_printed_as_an_object() -> None:
    verdict = (
        "1 error: not every load-balanced prefix is spread as expected; incomplete: not everything could be checked"
    )
    assert [repr(result) for result in results()] == [
        "<Loaded: 1 route table, 1 part not read>",
        f"<AuditResult: {verdict}>",
        "<ExplanationResult: 198.51.100.7/32 on 1 router, 1 finding>",
        "<DifferencesResult: 0 prefixes changed, 0 prefixes unchanged, 5 parts not compared>",
    ]


def test_the_notebook_runs_and_shows_its_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cells are run in order in one namespace; the last expression of each is shown, as a notebook does."""
    monkeypatch.chdir(NOTEBOOK.parent)
    names: dict[str, Any] = {}
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    shown = [value_of("".join(cell["source"]), names) for cell in cells if cell["cell_type"] == "code"]
    pages = [value._repr_html_() for value in shown if hasattr(value, "_repr_html_")]
    assert any("not every load-balanced prefix is spread as expected" in page for page in pages)
    assert any("2001:db8:31::7/128: 3 next hops, now 2" in page for page in pages)
    assert len(pages) >= 5


def value_of(source: str, names: dict[str, Any]) -> Any:
    """Run a cell, and return the value of its last line where that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, str(NOTEBOOK), "exec"), names)  # noqa: S102 - the notebook's own code
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), names)  # noqa: S307 - as above


@FAMILIES
def test_a_mapping_of_nodes_has_their_names_and_addresses(family: Family) -> None:
    addresses: dict[str, Any] = {f"node{n}": [family[2].format(n)] for n in (1, 2, 3)}
    audit = ecmpaudit.audit(table(family, "12"), pool=family[3], nodes=addresses | {"node1": addresses["node1"][0]})
    assert missing(audit) == ["node3"]


def test_an_address_of_a_mapping_that_is_no_text_is_named() -> None:
    with pytest.raises(TypeError, match=r"nodes\['node1'\]: expected a text or a list of texts, found int"):
        UNTYPED.audit("x\n", nodes={"node1": 5})


@FAMILIES
@pytest.mark.parametrize("mode", ["r", "rb"], ids=["text", "bytes"])
def test_an_open_file_is_one_text_and_no_list_of_its_lines(family: Family, mode: str, tmp_path: Path) -> None:
    path = tmp_path / "tor1.txt"
    path.write_text(table(family, "123"), encoding="utf-8")
    with path.open(mode) as file:
        loaded = ecmpaudit.load(file)
    pd.testing.assert_frame_equal(loaded.to_frame(), ecmpaudit.load(path).to_frame())
    with path.open(mode) as file, (tmp_path / "tor1.txt").open() as again:
        assert len(ecmpaudit.load([file, again]).routes) >= len(loaded.routes) > 0
    with path.open(mode) as file:
        audit = ecmpaudit.audit(file, config=mapping(family))
    assert not audit.findings
    assert not audit.is_incomplete


def test_a_text_in_memory_is_an_open_file_too() -> None:
    assert len(ecmpaudit.load(io.StringIO(table(V6, "12"))).routes) == 2


def test_a_function_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(AttributeError, match="no attribute 'analyze'; its functions are audit, diff, explain, "):
        UNTYPED.analyze("tor1.txt")


DAILY: dict[str, Callable[[Any], bool]] = {
    "rows of one severity": lambda audit: audit.to_frame().query("severity == 'error'")["code"].tolist() == ["ECMP101"],
    "a count by router": lambda audit: audit.to_frame().groupby("router").size().to_dict() == {"tor1": 1},
    "missing nodes": lambda audit: audit.to_frame("prefixes").explode("missing")["missing"].tolist() == ["node3"],
    "routes beside findings": lambda audit: (
        len(audit.material.routes.merge(audit.to_frame(), on=["router", "prefix"], suffixes=("", "_of_finding"))) == 2
    ),
    "a file of CSV": lambda audit: audit.to_frame().to_csv(index=False).startswith("code,"),
    "a copy for a worker": lambda audit: pickle.loads(pickle.dumps(audit)).to_json() == audit.to_json(),  # noqa: S301
    "JSON": lambda audit: json.loads(audit.to_json())["findings"][0]["code"] == "ECMP101",
    "a notebook": lambda audit: "ECMP101" in audit._repr_html_(),
    "a terminal": lambda audit: "missing node3" in str(audit),
}


@FAMILIES
@pytest.mark.parametrize("use", DAILY)
def test_an_audit_is_used_as_a_person_of_pandas_uses_it(use: str, family: Family) -> None:
    audit = ecmpaudit.audit(table(family, "12"), config=mapping(family), select="ECMP1*")
    assert DAILY[use](audit)


def test_a_clean_audit_is_an_empty_table_with_all_columns() -> None:
    clean, faulty = (ecmpaudit.audit(table(V4, numbers), config=mapping(V4)).to_frame() for numbers in ("123", "12"))
    assert (len(clean), [*clean.columns]) == (0, [*faulty.columns])
    assert clean.groupby("router").size().to_dict() == {}
    assert pd.concat([clean, faulty])["code"].tolist() == ["ECMP101"]
