"""The token, the certificate and the key of `ecmpaudit serve`: one that cannot be used ends it at once, in one line."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import ssl
from contextlib import closing
from http.client import HTTPSConnection
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from ecmpaudit.commands.serve_files import tls_files, token_of
from tests.program import ecmpaudit
from tests.scanned_router import scanned_router
from tests.test_serve import TOKEN, served

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ecmpaudit[serve]'")
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


def pair(folder: Path, name: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    """Write NAME.crt and NAME.key, and both of them in DER form."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(made - dt.timedelta(hours=1))
        .not_valid_after(made + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    for ending, form in (("", PEM), (".der", DER)):
        (folder / f"{name}.crt{ending}").write_bytes(certificate.public_bytes(form))
        content = key.private_bytes(form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / f"{name}.key{ending}").write_bytes(content)


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "ecmpaudit.yaml").write_text("routers: {tor1: {host: 192.0.2.1}}\n", encoding="utf-8")
    pair(folder, "own", ec.generate_private_key(ec.SECP256R1()))
    pair(folder, "other", ec.generate_private_key(ec.SECP256R1()))
    pair(folder, "rsa", rsa.generate_private_key(65537, 2048))
    pair(folder, "weak", rsa.generate_private_key(65537, 1024))  # noqa: S505 - OpenSSL refuses it
    text = {name: (folder / name).read_text() for name in ("own.crt", "own.key", "other.crt", "other.key")}
    contents = {
        "empty": "", "blank": " \n\n", "cut.crt": text["own.crt"][:300], "cut.key": text["own.key"][:100],
        "damaged.key": text["own.key"].replace("MI", "QQ", 1), "half.chain": text["own.crt"] + text["other.crt"][:300],
        "turned.chain": text["other.crt"] + text["own.crt"], "mixed.pem": text["own.crt"] + text["other.key"],
        "own.pem": text["own.crt"] + text["own.key"], "key_first.pem": text["own.key"] + text["own.crt"],
        "whole.chain": "Kürzel: tor1\n" + text["own.crt"] + text["other.crt"],
    }  # fmt: skip
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    (folder / "binary").write_bytes(bytes(range(256)) * 8)
    (folder / "folder").mkdir()
    return folder


NOT_PEM = "cannot be used: expected a certificate in PEM form, found something else"
NO_KEY = "cannot be used: expected a private key in PEM form, found something else"
OTHER = "its key is not that of the first certificate in "
TLS_FAULTS = {
    "key of another certificate": ("own.crt", "other.key", "--tls-key other.key", f"{OTHER}own.crt"),
    "key of another kind": ("own.crt", "rsa.key", "--tls-key rsa.key", f"{OTHER}own.crt"),
    "certificate of another kind": ("rsa.crt", "own.key", "--tls-key own.key", f"{OTHER}rsa.crt"),
    "chain in a wrong order": ("turned.chain", "own.key", "--tls-key own.key", f"{OTHER}turned.chain"),
    "one file with another key": ("mixed.pem", None, "--tls-certificate mixed.pem", f"{OTHER}mixed.pem"),
    "no key": ("own.crt", None, "--tls-certificate own.crt", "has no key in it; give --tls-key FILE"),
    "no certificate": (None, "own.key", "--tls-key own.key", "give --tls-certificate too"),
    "empty certificate": ("empty", "own.key", "--tls-certificate empty", "found an empty file; give its file"),
    "blank certificate": ("blank", "own.key", "--tls-certificate blank", "found an empty file; give its file"),
    "empty key": ("own.crt", "empty", "--tls-key empty", "found an empty file; give its file"),
    "binary certificate": ("binary", "own.key", "--tls-certificate binary", NOT_PEM),
    "binary key": ("own.crt", "binary", "--tls-key binary", NO_KEY),
    "certificate in DER": ("own.crt.der", "own.key", "--tls-certificate own.crt.der", "openssl x509 -inform der -in"),
    "key in DER": ("own.crt", "own.key.der", "--tls-key own.key.der", "openssl pkey -inform der -in own.key.der"),
    "cut certificate": ("cut.crt", "own.key", "--tls-certificate cut.crt", "a certificate in it is damaged or cut"),
    "cut chain": ("half.chain", "own.key", "--tls-certificate half.chain", "a certificate in it is damaged or cut"),
    "cut key": ("own.crt", "cut.key", "--tls-key cut.key", "the private key in it is damaged or cut"),
    "damaged key": ("own.crt", "damaged.key", "--tls-key damaged.key", "the private key in it is damaged or cut"),
    "both turned": ("own.key", "own.crt", "--tls-certificate own.key", NOT_PEM),
    "twice the certificate": ("own.crt", "own.crt", "--tls-key own.crt", NO_KEY),
    "weak key": ("weak.crt", "weak.key", "--tls-certificate weak.crt", "key too small; give another certificate"),
    "folder as certificate": ("folder", "own.key", "--tls-certificate folder", "a plain file, found a folder; give"),
    "folder as key": ("own.crt", "folder", "--tls-key folder", "expected a plain file, found a folder; give a PEM"),
    "missing certificate": ("none", "own.key", "--tls-certificate none", "No such file or directory; give a PEM file"),
    "missing key": ("own.crt", "none", "--tls-key none", "No such file or directory; give a PEM file"),
}  # fmt: skip


@pytest.mark.parametrize("certificate, key, named, said", TLS_FAULTS.values(), ids=TLS_FAULTS)
def test_a_certificate_or_key_that_cannot_be_used_is_one_line(
    folder: Path, certificate: str | None, key: str | None, named: str, said: str
) -> None:
    given = ["--tls-certificate", certificate] if certificate else []
    run = ecmpaudit("serve", "--listen", "127.0.0.1:0", *given, *(["--tls-key", key] if key else []), folder=folder)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)
    assert run.stderr.startswith(f"ecmpaudit: {named}: ")
    assert said in run.stderr


@pytest.mark.parametrize(
    "certificate, key",
    [("own.crt", "own.key"), ("rsa.crt", "rsa.key"), ("whole.chain", "own.key"), ("own.pem", None),
     ("key_first.pem", None), ("own.pem", "own.key")],
)  # fmt: skip
def test_files_that_belong_together_are_used(folder: Path, certificate: str, key: str | None) -> None:
    given = folder / certificate, folder / key if key else None
    assert tls_files(*given) == given
    assert tls_files(None, None) == (None, None)


ONE_ONLY = "expected one token of 16 to 4096 ASCII characters without blanks; (umask 077; openssl rand -hex 32 > file)"
UNREADABLE = "give a text file that its owner alone can read"
TOKEN_FAULTS = {
    "readable for all": (TOKEN.encode(), 0o604, "other users may read or change it: chmod 600 file"),
    "readable for the group": (TOKEN.encode(), 0o640, "other users may read or change it: chmod 600 file"),
    "writable for the group": (TOKEN.encode(), 0o660, "other users may read or change it: chmod 600 file"),
    "executable for all": (TOKEN.encode(), 0o701, "other users may read or change it: chmod 600 file"),
    "two tokens": (f"{TOKEN}\n{TOKEN}\n".encode(), 0o600, ONE_ONLY),
    "two tokens in a line": (f"{TOKEN} {TOKEN}".encode(), 0o600, ONE_ONLY),
    "tokens between tabs": (f"{TOKEN}\t{TOKEN}".encode(), 0o600, ONE_ONLY),
    "empty": (b"", 0o600, ONE_ONLY),
    "blank": (b" \n \n", 0o600, ONE_ONLY),
    "short": (b"0123456789abcde\n", 0o600, ONE_ONLY),
    "long": (b"a" * 4097, 0o600, ONE_ONLY),
    "not ASCII": ("é".encode() * 20, 0o600, ONE_ONLY),
    "byte order mark": (b"\xef\xbb\xbf" + TOKEN.encode(), 0o600, ONE_ONLY),
    "NUL": (TOKEN.encode() + b"\0", 0o600, ONE_ONLY),
    "binary": (b"\xff" * 40, 0o600, f"not UTF-8; {UNREADABLE}"),
    "UTF-16": (TOKEN.encode("utf-16"), 0o600, f"not UTF-8; {UNREADABLE}"),
}


@pytest.mark.parametrize("content, mode, said", TOKEN_FAULTS.values(), ids=TOKEN_FAULTS)
@pytest.mark.parametrize("is_linked", [False, True], ids=["", "by a link"])
def test_a_token_file_that_cannot_be_used_is_one_line(
    tmp_path: Path, content: bytes, mode: int, said: str, *, is_linked: bool
) -> None:
    (tmp_path / "file").write_bytes(content)
    (tmp_path / "file").chmod(mode)
    if is_linked:
        (tmp_path / "file").rename(tmp_path / "token")
        (tmp_path / "file").symlink_to("token")
    refused(tmp_path, said)


def refused(folder: Path, said: str) -> None:
    """Run a server whose token is in `file`, and hold what it says."""
    (folder / "ecmpaudit.yaml").write_text("routers: {tor1: {host: 192.0.2.1}}\n", encoding="utf-8")
    run = ecmpaudit("serve", "--listen", "127.0.0.1:0", "--token-file", "file", folder=folder)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)
    assert run.stderr.startswith("ecmpaudit: --token-file file: ")
    assert said in run.stderr
    assert TOKEN not in run.stderr


def test_a_token_file_that_is_none_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    refused(tmp_path, f"No such file or directory; {UNREADABLE}")
    file.symlink_to("file")
    refused(tmp_path, f"Too many levels of symbolic links; {UNREADABLE}")
    file.unlink()
    file.mkdir()
    refused(tmp_path, f"expected a plain file, found a folder; {UNREADABLE}")
    file.rmdir()
    os.mkfifo(file, 0o600)
    refused(tmp_path, f"expected a plain file, found a named pipe; {UNREADABLE}")


def test_a_token_is_read_through_links_as_a_mounted_secret_has_them(tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    token = tmp_path / "..2026" / "token"
    token.write_text(f"{TOKEN}\r\n", encoding="utf-8")
    token.chmod(0o400)
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "token").symlink_to("..data/token")
    assert token_of(tmp_path / "token") == TOKEN
    assert token_of(None) is None


@pytest.mark.sshd
@pytest.mark.parametrize("files", [("own.crt", "own.key"), ("own.pem",)], ids=["two files", "one file"])
def test_https_is_served_with_a_certificate_and_its_key(folder: Path, tmp_path: Path, files: tuple[str, ...]) -> None:
    given = [word for pair in zip(("--tls-certificate", "--tls-key"), files, strict=False) for word in pair]
    given = [str(folder / word) if word in files else word for word in given]
    trusting = ssl.create_default_context(cafile=folder / "own.crt")
    with scanned_router(tmp_path) as router, served(router, "--interval", "1000", *given) as server:
        with closing(HTTPSConnection("127.0.0.1", server.port, timeout=60, context=trusting)) as connection:
            for _ in range(2):
                connection.request("GET", "/healthz")
                answer = connection.getresponse()
                assert (answer.status, answer.read()) == (200, b"ok\n")
        assert server.end() == 0
