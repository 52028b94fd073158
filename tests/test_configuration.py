"""The configuration file: what is accepted, where it is found, and files that are none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ecmpaudit.cli.config import config as app
from ecmpaudit.configuration.reader import find_configuration, read_configuration
from ecmpaudit.errors import ConfigurationError

if TYPE_CHECKING:
    from ecmpaudit.configuration.schema import Configuration


def read(folder: Path, text: str) -> Configuration:
    """Read a configuration from its text."""
    path = folder / "ecmpaudit.yaml"
    path.write_text(text, encoding="utf-8")
    return read_configuration(path)


# What is accepted


def test_what_a_device_says_overrides_the_ssh_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/audit")
    text = """
ssh: {user: audit, port: 2222, key: ~/.ssh/k, connect_timeout: 5}
routers:
  tor1: {host: 192.0.2.1, user: root, connect_timeout: 2.5}
nodes:
  node1: {addresses: [192.0.2.101], port: 22}
"""
    configuration = read(tmp_path, text)
    tor1, node1 = configuration.device_ssh("tor1"), configuration.device_ssh("node1")
    assert (tor1.host, tor1.user, tor1.port, tor1.connect_timeout) == ("192.0.2.1", "root", 2222, 2.5)
    assert (node1.host, node1.user, node1.port, node1.connect_timeout) == ("node1", "audit", 22, 5)
    assert tor1.key == Path("/home/audit/.ssh/k")
    assert tor1.known_hosts is None
    assert tor1.command_timeout == 60


def test_sections_and_routers_without_content_are_empty(tmp_path: Path) -> None:
    configuration = read(tmp_path, "ssh:\nnodes:\nclusters:\nrouters:\n  tor1:\n")
    assert list(configuration.routers) == ["tor1"]
    assert configuration.nodes == {}


def test_addresses_and_prefixes_are_kept_in_canonical_form(tmp_path: Path) -> None:
    text = """
nodes: {node1: {addresses: ["2001:DB8:0::0101"]}}
clusters: {prod: {pools: ["2001:DB8:31:0::/64"]}}
"""
    configuration = read(tmp_path, text)
    assert configuration.nodes["node1"].addresses == ("2001:db8::101",)
    assert configuration.clusters["prod"].pools[0].prefix == "2001:db8:31::/64"


def test_merge_keys_give_way_to_a_mapping_s_own(tmp_path: Path) -> None:
    text = """
routers:
  tor1: &frr {platform: frr, user: audit}
  tor2: {<<: *frr, user: root}
"""
    tor2 = read(tmp_path, text).routers["tor2"]
    assert (tor2.platform, tor2.user) == ("frr", "root")


def test_clusters_on_different_routers_may_share_a_prefix(tmp_path: Path) -> None:
    text = """
routers: {tor1: , tor2: }
clusters:
  a: {routers: [tor1], expect: 3, pools: [198.51.100.0/24]}
  b: {routers: [tor2], expect: 5, pools: [198.51.100.0/24, 198.51.100.0/25]}
"""
    assert len(read(tmp_path, text).clusters) == 2


# What is no configuration

FILES = {
    "empty": (
        b"",
        (
            ": empty; expected at least one of the sections "
            "ssh, routers, nodes, inventory, parsers, "
            "clusters, fabric, kubernetes, unavailable, growth, detection, memory, history, alerts"
        ),
    ),
    "only comments": (
        b"# later\n",
        (
            ": empty; expected at least one of the sections "
            "ssh, routers, nodes, inventory, parsers, "
            "clusters, fabric, kubernetes, unavailable, growth, detection, memory, history, alerts"
        ),
    ),
    "a list": (
        b"- tor1\n",
        (
            ":1: expected a mapping with the sections ssh, routers, nodes, inventory, parsers, "
            "clusters, fabric, kubernetes, unavailable, "
            "growth, detection, memory, history, alerts, found a list"
        ),
    ),
    "a word": (
        b"tor1\n",
        (
            ":1: expected a mapping with the sections ssh, routers, nodes, inventory, parsers, "
            "clusters, fabric, kubernetes, unavailable, "
            'growth, detection, memory, history, alerts, found "tor1"'
        ),
    ),
    "a tab": (b"ssh:\n\tuser: a\n", ":2: found a tab: indent with spaces"),
    "an open bracket": (
        b"ssh: {}\nnodes: [\n",
        ":3: not valid YAML: expected the node content, but found '<stream end>' (while parsing a flow node)",
    ),
    "two documents": (b"ssh: {}\n---\nssh: {}\n", ":2: a second document starts here: expected one"),
    "an undefined alias": (b"ssh: *a\n", ":1: found undefined alias 'a': expected an anchor & of that name above"),
    "a tag": (
        b"ssh: !!python/name:os.system x\n",
        ":1: not valid YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:python/name:os.system'",
    ),
    "a NUL": (b"ssh: {}\n\x00", ":2: a character that YAML does not allow: 0x00"),
    "Latin-1": (b"ssh: {}\n# caf\xe9\n", ":2: not UTF-8 text; save the file as UTF-8"),
    "UTF-16": ("ssh: {}".encode("utf-16"), ":1: not UTF-8 text; save the file as UTF-8"),
    "brackets without end": (b"[" * 100_000, ": nested too deeply"),
    "an alias of itself": (b"ssh: &a [*a]\n", ":1: nested too deeply, or an alias that contains itself"),
    "a merge of itself": (b"ssh: &a\n  <<: *a\n", ":1: nested too deeply, or an alias that contains itself"),
    "more than 1 MiB": (b"#" * (1024 * 1024 + 1), ": larger than 1 MiB; expected a configuration, not data"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_configuration_gets_one_clear_line(case: str, tmp_path: Path) -> None:
    content, message = FILES[case]
    path = tmp_path / "ecmpaudit.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as error:
        read_configuration(path)
    assert str(error.value) == f"{path}{message}"


def test_aliases_that_multiply_are_stopped(tmp_path: Path) -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(ConfigurationError, match="too many aliases"):
        read(tmp_path, "\n".join(["a0: &a0 [x]", *levels]))


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffrouters: {tor1: }").routers.keys() == {"tor1"}


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: expected a plain file, found a folder"):
        read_configuration(tmp_path)


# Where it is found


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder and a home without any configuration."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("ECMPAUDIT_CONFIG", raising=False)
    return tmp_path


def put(path: Path) -> Path:
    """Write an empty configuration there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("ssh: {}\n", encoding="utf-8")
    return path


def test_the_nearer_configuration_wins(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_home = put(homes / "home/.config/ecmpaudit/ecmpaudit.yaml")
    assert find_configuration(None) == in_home
    in_xdg = put(homes / "xdg/ecmpaudit/ecmpaudit.yaml")
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert find_configuration(None) == in_home
    monkeypatch.setenv("XDG_CONFIG_HOME", str(homes / "xdg"))
    assert find_configuration(None) == in_xdg
    put(homes / "here/ecmpaudit.yaml")
    assert find_configuration(None) == Path("ecmpaudit.yaml")
    by_variable = put(homes / "variable.yaml")
    monkeypatch.setenv("ECMPAUDIT_CONFIG", str(by_variable))
    assert find_configuration(None) == by_variable
    by_flag = put(homes / "flag.yaml")
    assert find_configuration(by_flag) == by_flag


def test_a_configuration_named_but_missing_is_an_error(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(homes / "here/ecmpaudit.yaml")
    with pytest.raises(ConfigurationError, match=r"^--config x\.yaml: no such file$"):
        find_configuration(Path("x.yaml"))
    monkeypatch.setenv("ECMPAUDIT_CONFIG", "y.yaml")
    with pytest.raises(ConfigurationError, match=r"^ECMPAUDIT_CONFIG y\.yaml: no such file$"):
        find_configuration(None)


def test_looking_for_a_configuration_loads_neither_pydantic_nor_yaml() -> None:
    program = (
        "import sys; import ecmpaudit.cli.config, ecmpaudit.expectations.configured as _;"
        "from ecmpaudit.configuration.reader import find_configuration; find_configuration(None);"
        "print({'pydantic', 'yaml', 'pandas', 'polars'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"


# The commands


def test_check_without_any_file_says_where_it_looked(homes: Path) -> None:
    result = CliRunner().invoke(app, ["check"])
    assert (result.exit_code, result.stdout) == (2, "")
    user = homes / "home/.config/ecmpaudit/ecmpaudit.yaml"
    assert result.stderr == (
        f"no configuration found; looked for ecmpaudit.yaml, {user}, /etc/ecmpaudit/ecmpaudit.yaml\n"
    )


def test_a_configuration_is_checked_by_option_and_from_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "tors.yaml"
    file.write_text("routers: {tor1: 192.0.2.1}", encoding="utf-8")
    named = CliRunner().invoke(app, ["check", "-c", str(file)])
    piped = CliRunner().invoke(app, ["check", "-c", "-"], input="routers: {tor1: 5}")
    both = CliRunner().invoke(app, ["check", "-c", str(file), str(file)])
    assert (named.exit_code, named.stdout.startswith(f"{file}: ok, 1 router")) == (0, True)
    assert (piped.exit_code, piped.stderr) == (2, "-:1: routers.tor1: expected a mapping, found 5\n")
    assert both.exit_code == 2


def test_short_forms_mean_the_same_as_the_long_ones(tmp_path: Path) -> None:
    def read(text: str) -> Configuration:
        file = tmp_path / "ecmpaudit.yaml"
        file.write_text(text, encoding="utf-8")
        return read_configuration(file)

    short = """
routers:
  tor1: 192.0.2.1
  tor2: {platform: FRR, max_paths: "64", port: "2222", unavailable: kernel}
nodes:
  node1: 192.0.2.101
  node2: [192.0.2.102, "2001:db8::102"]
  node3: {addresses: "2001:db8::103"}
clusters:
  prod: {nodes: node1, routers: tor1, pools: 198.51.100.0/24, exceptions: {prefix: 198.51.100.7/32, nodes: node1}}
kubernetes: dump.json
unavailable: maximum
"""
    long = """
routers:
  tor1: {host: 192.0.2.1}
  tor2: {platform: frr, max_paths: 64, port: 2222, unavailable: [kernel]}
nodes:
  node1: {addresses: [192.0.2.101]}
  node2: {addresses: [192.0.2.102, "2001:db8::102"]}
  node3: {addresses: ["2001:db8::103"]}
clusters:
  prod:
    nodes: [node1]
    routers: [tor1]
    pools: [{prefix: 198.51.100.0/24}]
    exceptions: [{prefix: 198.51.100.7/32, nodes: [node1]}]
kubernetes: {files: [dump.json]}
unavailable: [maximum]
"""
    assert read(short) == read(long)
