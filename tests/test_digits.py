"""Numbers in text from outside: any number of digits, of any script, crashes nothing."""

from __future__ import annotations

import pytest

from ecmpaudit.changes.flows import parse_flow
from ecmpaudit.changes.planned import weights_of
from ecmpaudit.changes.replayed import read_flows
from ecmpaudit.digits import number_in, order_of
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.ansible_groups import expanded
from ecmpaudit.model import name_key
from ecmpaudit.platforms.defaults import default_ceiling
from ecmpaudit.reporting.matrix import natural_key
from tests.program import ecmpaudit

MANY = "9" * 70_000
ODD = [MANY, "\u0663", "\u00b2", "-1", "+1", "1_0", " 1", "", "x"]


@pytest.mark.parametrize(
    "text, number",
    [("0", 0), ("000", 0), ("7", 7), ("65535", 65535), ("65536", None), ("0" * 5000 + "12", 12)],
)
def test_a_number_has_a_bound_and_any_leading_zeros(text: str, number: int | None) -> None:
    assert number_in(text, 65535) == number


@pytest.mark.parametrize("text", ODD)
def test_other_text_is_no_number(text: str) -> None:
    assert number_in(text, 65535) is None


def test_names_with_numbers_of_any_length_are_in_order() -> None:
    ordered = ["node1", "node2", "node10", f"node{MANY[1:]}", f"node{MANY}"]
    for key in (name_key, natural_key):
        assert sorted(["nodes", *ordered[::-1]], key=key) == [*ordered, "nodes"]
    assert order_of("007") == order_of("7") < order_of("10")


@pytest.mark.parametrize("port", [text for text in ODD if text.strip() == text])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_flow("203.0.113.9:40001", f"198.51.100.2:{port}/tcp")
    with pytest.raises(ConfigurationError):
        weights_of([f"node1={port}"])
    ended = ecmpaudit("serve", "--listen", f"127.0.0.1:{port}")
    assert (ended.returncode, "expected HOST:PORT" in ended.stderr.replace("\n", " ")) == (2, True)


def test_a_line_of_a_connection_with_a_port_that_is_none_is_no_flow() -> None:
    for port in (MANY, "65536"):
        line = f"tcp 6 9 ESTABLISHED src=203.0.113.9 dst=198.51.100.2 sport=40001 dport={port} src=x"
        assert read_flows(line).flows == ()


def test_a_version_and_a_range_of_any_length_crash_nothing() -> None:
    newest, oldest = (default_ceiling("bird", "ecmp unset", version) for version in (f"2.{MANY}", "1.3"))
    assert newest == default_ceiling("bird", "ecmp unset", "2.99")
    assert oldest == default_ceiling("bird", "ecmp unset", "1.\u00b2")
    assert list(expanded(f"tor[1:{MANY}]", "hosts")) == [f"tor[1:{MANY}]"]
