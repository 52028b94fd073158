"""`ecmpaudit.scan` asks real sshds on loopback, over IPv4 and IPv6: what it finds, saves and refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import ecmpaudit
from ecmpaudit.errors import ConfigurationError, SnapshotError
from tests.ssh_server import make_key, ssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AGE = "eth0, weight 1, 00:10:00"
ANSWER = f"""#!/bin/sh
summary() {{ case "$words" in *summary*) echo "------"; echo "Totals               2                    2";; esac; }}
words=$*
case "$*" in
  *"show ip route"*)
    echo "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, {AGE}"
    echo "  *                        via 192.0.2.2, {AGE}"
    summary ;;
  *"show ipv6 route"*)
    echo "B>* 2001:db8:100::7/128 [20/0] via 2001:db8::1, {AGE}"
    echo "  *                            via 2001:db8::3, {AGE}"
    summary ;;
  *) echo "% Unknown command"; exit 1 ;;
esac
"""
MISSING = [("198.51.100.7/32", "node3"), ("2001:db8:100::7/128", "node2")]


@pytest.fixture(params=["127.0.0.1", "::1"])
def config(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A configuration of one router, whose sshd runs; each of its two prefixes lacks one of three nodes."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    key = make_key(tmp_path / "key")
    public = (tmp_path / "key.pub").read_text(encoding="utf-8")
    with ssh_server(tmp_path / "sshd", public, address=request.param) as server:
        (tmp_path / "known_hosts").write_text(server.known_hosts_line(), encoding="utf-8")
        answer = tmp_path / "answer"
        answer.write_text(ANSWER, encoding="utf-8")
        answer.chmod(0o755)
        router = {"host": server.address, "port": server.port, "platform": "frr", "command_prefix": str(answer)}
        yield {
            "ssh": {"key": key, "known_hosts": tmp_path / "known_hosts", "config": "/dev/null"},
            "routers": {"tor1": router, "tor2": {"host": server.address, "port": 1, "platform": "frr"}},
            "nodes": {f"node{n}": {"addresses": [f"192.0.2.{n}", f"2001:db8::{n}"]} for n in (1, 2, 3)},
            "clusters": {"prod": {"pools": ["198.51.100.0/24", "2001:db8:100::/64"]}},
        }


def missing(audit: Any) -> list[tuple[str, str]]:
    """Return each missing node with its prefix."""
    found = (finding for finding in audit.findings if finding.code == "ECMP101")
    return sorted((finding.prefix, node.name) for finding in found for node in finding.missing)


@pytest.mark.sshd
def test_a_scan_over_ssh_finds_what_its_saved_answers_show(config: dict[str, Any], tmp_path: Path) -> None:
    scanned = ecmpaudit.scan(config, limit="tor1", save=tmp_path / "saved", deadline=60)
    assert missing(scanned) == MISSING
    assert set(scanned.material.routes["router"]) == {"tor1"}
    assert missing(ecmpaudit.audit(tmp_path / "saved", config=config)) == MISSING
    with pytest.raises(SnapshotError, match=r"saved has a snapshot already: name another folder; "):
        ecmpaudit.scan(config, limit="tor1", save=tmp_path / "saved", deadline=60)
    ecmpaudit.scan(config, limit="tor2", save=tmp_path / "saved", overwrite=True, deadline=60)
    again = ecmpaudit.audit(tmp_path / "saved", config=config)
    assert [finding.router for finding in again.findings if finding.code == "ECMP001"] == ["tor2"]
    assert missing(again) == []


@pytest.mark.sshd
def test_a_router_that_refuses_is_a_gap_and_the_others_are_judged(config: dict[str, Any]) -> None:
    scanned = ecmpaudit.scan(config, deadline=60)
    assert missing(scanned) == MISSING
    assert scanned.is_incomplete
    assert {finding.router for finding in scanned.findings if finding.code == "ECMP001"} == {"tor2"}


@pytest.mark.sshd
def test_an_unknown_host_key_is_refused_and_accepted_by_name(config: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text("", encoding="utf-8")
    refused = ecmpaudit.scan(config, limit="tor1", deadline=60)
    assert refused.is_incomplete
    assert missing(refused) == []
    assert any("host key" in finding.message for finding in refused.findings if finding.code == "ECMP001")
    assert missing(ecmpaudit.scan(config, limit="tor1", accept_new="tor1", deadline=60)) == MISSING


def test_a_name_that_is_no_router_is_refused_with_the_argument() -> None:
    with pytest.raises(ConfigurationError, match=r"^limit tor9: "):
        ecmpaudit.scan({"routers": {"tor1": {"host": "127.0.0.1", "port": 1}}}, limit="tor9")
