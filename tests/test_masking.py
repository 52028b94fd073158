"""Passwords and keys of configurations are masked, in the forms in which routers print them, and nothing else is."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.collectors import snapshot
from ecmpaudit.masking import masked
from ecmpaudit.model import Capture, Evidence, UnparsedLine
from tests.scanned_router import scanned_router

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scanned_router import ScannedRouter

KEY_LINE = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW"
TOKEN = "eyJhbGciOiJSUzI1NiIsImtpZCI6.eyJpc3MiOiJrdWJlcm5ldGVzL3N.abc"  # noqa: S105 - of no account
HIDDEN = {
    # FRR and the IOS family: to the end of the line.
    " neighbor 192.0.2.1 password hunter2": " neighbor 192.0.2.1 password ***",
    " neighbor 2001:db8::1 password hunter2": " neighbor 2001:db8::1 password ***",
    " neighbor NODES password two words; and more": " neighbor NODES password ***",
    ' neighbor 192.0.2.1 password "a" b': " neighbor 192.0.2.1 password ***",
    "password 8 uW3T1gHxN2lmk": "password ***",
    "enable password hunter2": "enable password ***",
    "enable secret 5 $1$abcd$efgh": "enable secret ***",
    "username admin privilege 15 secret 9 $9$abc": "username admin privilege 15 secret ***",
    " ip ospf authentication-key hunter2": " ip ospf authentication-key ***",
    " ip ospf message-digest-key 1 md5 hunter2": " ip ospf message-digest-key 1 md5 ***",
    " ipv6 ospf6 authentication key-id 1 hash-algo hmac-sha-256 key hunter2": (
        " ipv6 ospf6 authentication key-id 1 hash-algo hmac-sha-256 key ***"
    ),
    " area-password md5 hunter2": " area-password ***",
    "  key-string hunter2": "  key-string ***",
    " ip rip authentication string hunter2": " ip rip authentication string ***",
    " ip nhrp authentication hunter2": " ip nhrp authentication ***",
    "snmp-server community public RO": "snmp-server community ***",
    "tacacs-server host 192.0.2.9 key 7 0822455D0A16": "tacacs-server host 192.0.2.9 key ***",
    " peer 192.0.2.1 password cipher %^%#x": " peer 192.0.2.1 password ***",
    " NEIGHBOR 192.0.2.1 PASSWORD hunter2\r": " NEIGHBOR 192.0.2.1 PASSWORD ***\r",
    "snmp-server host 192.0.2.9 version 2c public": "snmp-server host 192.0.2.9 ***",
    "snmp-server user monitor net v3 auth md5 hunter2 priv aes 128 hunter3": "snmp-server user monitor ***",
    "set snmp community public authorization read-only": "set snmp community ***",
    "rocommunity public 192.0.2.0/24": "rocommunity ***",
    "snmp-agent community read cipher %^%#x": "snmp-agent community read ***",
    "username admin algorithm-type sha256 secret 8 $8$abc": "username admin algorithm-type sha256 secret ***",
    "username admin role network-admin secret sha512 $6$abc$def": "username admin role network-admin secret ***",
    " secret 10 $6$abc$def": " secret ***",
    "  key 7 02050D480809": "  key ***",
    "tcp md5sig key deadbeef": "tcp md5sig key ***",
    "  auth_pass hunter2": "  auth_pass ***",
    "    set psksecret ENC hunter2": "    set psksecret ***",
    " authentication-mode md5 1 cipher %^%#x": " authentication-mode md5 1 ***",
    " vrrp 1 authentication text hunter2": " vrrp 1 authentication text ***",
    "crypto isakmp key hunter2 address 192.0.2.1": "crypto isakmp key ***",
    "tacacs-server host tac port 49 timeout 5 key hunter2": "tacacs-server host tac port 49 timeout 5 key ***",
    "tacacs-server host tac single-connection key hunter2": "tacacs-server host tac single-connection key ***",
    "radius-server host 192.0.2.9 auth-port 1812 acct-port 1813 key hunter2": (
        "radius-server host 192.0.2.9 auth-port 1812 acct-port 1813 key ***"
    ),
    "radius-server shared-secret hunter2": "radius-server shared-secret ***",
    "hwtacacs server shared-key hunter2": "hwtacacs server shared-key ***",
    "tacacs server T\n key hunter2\n": "tacacs server T\n key ***\n",
    "  key 0 hunter2": "  key ***",
    "  pac key hunter2": "  pac key ***",
    " isis authentication key hunter2": " isis authentication key ***",
    " vrrp 5 authentication hunter2": " vrrp 5 authentication ***",
    "tcp ao key hunter2": "tcp ao key ***",
    "com2sec readonly default public": "com2sec ***",
    "com2sec6 -Cn context readonly default public": "com2sec6 -Cn context ***",
    "trap2sink 192.0.2.9 public": "trap2sink ***",
    "trapcommunity public": "trapcommunity ***",
    "createUser monitor MD5 hunter2 DES hunter3": "createUser ***",
    "snmp-agent target-host trap params securityname public v2c": "snmp-agent target-host trap params securityname ***",
    "set key ENC aHVudGVyMg==": "set key ENC ***",
    "key chain K\n key 1\n  key-string hunter2\n key 2\n": "key chain K\n key 1\n  key-string ***\n key 2\n",
    "set auth-pwd hunter2": "set auth-pwd ***",
    "set system tacplus-server 192.0.2.9 secret hunter2": "set system tacplus-server 192.0.2.9 secret ***",
    "set ospf interface eth0 authtype md5 key 1 secret hunter2": "set ospf interface eth0 authtype md5 key ***",
    "set snmp v3 snmp-community x community-name public": "set snmp v3 snmp-community x community-name ***",
    "Authorization: Basic aHVudGVyMg==": "Authorization: Basic ***",
    "archive path ftp://backup:hunter2@192.0.2.9/": "archive path ftp://backup:***@192.0.2.9/",
    "AWS_SECRET_ACCESS_KEY=hunter2": "AWS_SECRET_ACCESS_KEY=***",
    '{"secretKey":"hunter2"}': '{"secretKey":"***"}',
    "psk=hunter2": "psk=***",
    "bindpw hunter2": "bindpw ***",
    "mgmt_user password_hash hunter2": "mgmt_user password_hash ***",
    "ipsec esp in spi 10 sha1 deadbeef aes deadbeef": "ipsec esp in spi 10 sha1 ***",
    # By their form: hashes, tokens, keys.
    'md5 1 key "$9$abc"; ## SECRET-DATA': 'md5 1 key "***"; ## SECRET-DATA',
    "hash is $6$abc$def; next": "hash is ***; next",
    "Authorization: Bearer abc.def": "Authorization: Bearer ***",
    f"  {TOKEN}": "  ***",
    '{"kind": "Secret", "token": "abc"}': '{"kind": "Secret", "token": "***"}',
    f"    {KEY_LINE}": "    ***",
    f"-----BEGIN OPENSSH PRIVATE KEY-----\n{KEY_LINE}\nabc=\n-----END OPENSSH PRIVATE KEY-----\nend": (
        "-----BEGIN OPENSSH PRIVATE KEY-----\n***\n***\n-----END OPENSSH PRIVATE KEY-----\nend"
    ),
    "-----BEGIN EC PRIVATE KEY-----\nMHcC\n": "-----BEGIN EC PRIVATE KEY-----\n***\n",
    r'{"key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\n"}': (
        r'{"key": "-----BEGIN RSA PRIVATE KEY-----\n***\n***\n-----END RSA PRIVATE KEY-----\n"}'
    ),
    # BIRD and Junos: between the quotes.
    '  password "hunter2";': '  password "***";',
    'protocol bgp tor1 { neighbor 192.0.2.1 as 64501; password "hunter2"; hold time 90; }': (
        'protocol bgp tor1 { neighbor 192.0.2.1 as 64501; password "***"; hold time 90; }'
    ),
    'passwords { password "one" { id 1; }; password "two"; };': (
        'passwords { password "***" { id 1; }; password "***"; };'
    ),
    'password\n    "hunter2";': 'password\n    "***";',
    'keys { key { id 0; secret "hunter2"; }; }': 'keys { key { id 0; secret "***"; }; }',
    'authentication-key "$9$abc"; ## SECRET-DATA': 'authentication-key "***"; ## SECRET-DATA',
    'password "not closed': "password ***",
    "    secret hunter2;": "    secret ***",
    "authentication { md5 1 { key hunter2; } }": "authentication { md5 1 { key ***",
    "    community public {": "    community ***",
    'authentication keyed sha1; key "hunter2"; x': 'authentication keyed sha1; key "***"; x',
    "key { id 1; secret hex:deadbeef; };": "key { id 1; secret ***",
    # GoBGP and other JSON, TOML: between the quotes.
    '{"authPassword":"hunter2","peerAs":64500}': '{"authPassword":"***","peerAs":64500}',
    '{"auth_password": "a\\"b", "x": 1}': '{"auth_password": "***", "x": 1}',
    'auth-password = "hunter2"': 'auth-password = "***"',
}
KEPT = [
    "service password-encryption",
    "no neighbor 192.0.2.1 password",
    "passwords {",
    '{"password": null, "peerAs": 64500}',
    '{"password": "", "peerAs": 64500}',
    " set community 65000:1 additive",
    "B>* 198.51.100.7/32 [20/0] via 192.0.2.101, eth0, weight 1, 00:10:00",
    "VRF secret:",
    "secret     BGP        master4    up     2024-01-01    Established",
    "key chain backbone",
    "  Peer Authentication Enabled",
    " key 1",
    " key chain backbone",
    "    key 1 {",
    "    community NODES members 64500:1;",
    " set metric 5",
    "https://192.0.2.9:8443/a@b",
    " ip ospf authentication message-digest",
    "  area 0 authentication message-digest",
    "    authentication cryptographic;",
    "set community 65000:1",
    "-----BEGIN CERTIFICATE-----",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_a_secret_is_masked(text: str) -> None:
    assert masked(text) == HIDDEN[text]


@pytest.mark.parametrize("text", [*HIDDEN.values(), *KEPT])
def test_what_has_no_secret_is_kept_and_masking_twice_changes_nothing(text: str) -> None:
    assert masked(text) == text


def test_lines_stay_lines() -> None:
    text = "router bgp 64500\n neighbor 192.0.2.1 password a\n neighbor 192.0.2.2 password b\n exit\n"
    assert (
        masked(text) == "router bgp 64500\n neighbor 192.0.2.1 password ***\n neighbor 192.0.2.2 password ***\n exit\n"
    )


def test_json_stays_json() -> None:
    values = {"description": 'the password is "x" today', "authPassword": "hunter2", "peers": [{"passphrase": "a\\b"}]}
    read = json.loads(masked(json.dumps(values)))
    assert read == {"description": "the password ***", "authPassword": "***", "peers": [{"passphrase": "***"}]}


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    "text",
    [
        "password" + " " * 400_000 + "\n",
        'password "' * 100_000,
        'password "a\\' + "a\\" * 300_000,
        'password "\n' * 100_000,
        "a-" * 400_000 + "password",
        "username x " * 100_000,
        "message-digest-key 1 " * 50_000,
        "-server host " * 80_000,
        "secret" + "\n" * 400_000,
        "{" + '"password": ' * 80_000,
        "-----BEGIN PRIVATE KEY-----\n" * 20_000,
        "eyJ" + "a" * 20 + "-eyJ" * 100_000,
        "A" * 43 + " " + "Aa" * 400_000 + "\n" * 100_000,
        "username x " + "a b " * 100_000,
        "secret 5" + " " * 400_000,
        "-server host a " + "b-c 1 " * 60_000,
        " key" + " " * 400_000 + "\n",
        'key "' * 100_000,
        "set " + "secret-" * 60_000,
        "community " * 40_000,
        "://" + "a" * 400_000,
        "://a:" * 80_000,
    ],
    ids=[
        "blanks",
        "quotes",
        "backslashes",
        "lines",
        "words",
        "users",
        "digests",
        "servers",
        "line ends",
        "JSON",
        "keys",
        "tokens",
        "words of keys",
        "roles",
        "numbers",
        "options of servers",
        "blanks of keys",
        "quotes of keys",
        "words of set",
        "communities",
        "users of URLs",
        "URLs",
    ],
)
def test_the_time_is_linear_in_the_text(text: str) -> None:
    began = time.process_time()
    masked(text)
    assert time.process_time() - began < 10  # quadratic, each of them takes minutes


def test_evidence_and_lines_that_are_not_understood_are_masked() -> None:
    line = " neighbor 192.0.2.1 password hunter2"
    assert Evidence("tor1", 3, line).text == " neighbor 192.0.2.1 password ***"
    assert UnparsedLine("tor1", "tor1", 3, line, "no rule").text == " neighbor 192.0.2.1 password ***"


CONFIGURATION = Capture(
    router="tor1",
    platform="frr",
    command="vtysh -c 'show running-config'",
    text="router bgp 64500\n neighbor 192.0.2.1 password hunter2\n",
    source="ssh tor1",
)


def test_a_snapshot_has_no_secrets_unless_they_are_kept(tmp_path: Path) -> None:
    snapshot.save([CONFIGURATION], tmp_path / "masked", started="now")
    snapshot.save([CONFIGURATION], tmp_path / "kept", started="now", keep_secrets=True)
    (without,), (kept,) = snapshot.read(tmp_path / "masked"), snapshot.read(tmp_path / "kept")
    assert without.text == "router bgp 64500\n neighbor 192.0.2.1 password ***\n"
    assert kept == CONFIGURATION


@pytest.mark.sshd
@pytest.mark.parametrize("option", [(), ("--keep-secrets",)], ids=["default", "kept"])
def test_a_scan_prints_no_secret_and_saves_it_only_when_asked(tmp_path: Path, option: tuple[str, ...]) -> None:
    with scanned_router(tmp_path) as router:
        _scan_a_secret(router, option)


def _scan_a_secret(router: ScannedRouter, option: tuple[str, ...]) -> None:
    router.set_table()
    with (router.folder / "table.txt").open("a", encoding="utf-8") as table:
        table.write(" neighbor 192.0.2.1 password hunter2\n")
    outputs = [word for form in ("text", "json", "html", "md", "csv") for word in ("-o", f"{form}:report.{form}")]
    run = router.scan("--save", "saved", *option, *outputs, "-v")
    assert "password ***" in run.stdout + (router.folder / "report.json").read_text(encoding="utf-8")
    shown = [run.stdout, run.stderr, *(file.read_text(encoding="utf-8") for file in router.folder.glob("report.*"))]
    assert not any("hunter2" in text for text in shown)
    saved = "".join(file.read_text(encoding="utf-8") for file in (router.folder / "saved").iterdir())
    assert ("hunter2" in saved) is bool(option)
    findings = [json.loads(router.ecmpaudit("analyze", "saved", "-f", "json").stdout)["findings"]]
    assert findings == [json.loads((router.folder / "report.json").read_text(encoding="utf-8"))["findings"]]


@pytest.mark.parametrize(
    "text, masked_text",
    [
        (r'{"a": "{\"password\":\"swordfish\",\"b\":1}"}', r'{"a": "{\"password\":\"***\",\"b\":1}"}'),
        (r'{"a": "{\"password\": \"sword\\\"fish\", \"b\":1}"}', r'{"a": "{\"password\": \"***\", \"b\":1}"}'),
        (r'{"a": "{\"password\":\"\",\"b\":1}"}', r'{"a": "{\"password\":\"\",\"b\":1}"}'),
    ],
)
def test_a_secret_in_json_within_json_is_masked(text: str, masked_text: str) -> None:
    assert masked(text) == masked_text
    assert masked(masked_text) == masked_text
