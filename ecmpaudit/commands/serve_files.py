"""The files that options of `ecmpaudit serve` name, checked before it listens: its token, its certificate, its key.

OpenSSL judges certificate and key; its errors name no file, so the one at fault is looked for afterwards.
"""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING

from ecmpaudit.alerting.destinations import secret_text
from ecmpaudit.configuration.home import in_home
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.plain_files import read_plain

if TYPE_CHECKING:
    from pathlib import Path

_SHORTEST_TOKEN, _LONGEST_TOKEN = 16, 4096
"""Characters; the head of a request, in which it comes, is bounded too."""
_CERTIFICATE, _KEY = "--tls-certificate", "--tls-key"
_HAS_PASSPHRASE = re.compile(rb"^(-----BEGIN ENCRYPTED |Proc-Type: *4, *ENCRYPTED)", re.MULTILINE)
_BEGINS_KEY = re.compile(rb"^-----BEGIN ([A-Z0-9]+ )?PRIVATE KEY-----", re.MULTILINE)
_BEGINS_CERTIFICATE = re.compile(rb"^-----BEGIN ([A-Z0-9]+ )?CERTIFICATE-----", re.MULTILINE)
_DER = b"\x30"
"""How a certificate and a key begin in DER form: a sequence."""


def token_of(file: Path | None) -> str | None:
    """Return the token in a file.

    Raises:
        ConfigurationError: it cannot be read, others can read it, or it has something else than one token.
    """
    if file is None:
        return None
    place = f"--token-file {file}"
    token = secret_text(in_home(file), "a token", place).strip()
    is_one = token.isascii() and token.isprintable() and " " not in token  # the head of a request carries it as it is
    if not (is_one and _SHORTEST_TOKEN <= len(token) <= _LONGEST_TOKEN):
        raise ConfigurationError(
            f"{place}: expected one token of {_SHORTEST_TOKEN} to {_LONGEST_TOKEN} ASCII characters without blanks; "
            f"(umask 077; openssl rand -hex 32 > {file}) makes one"
        )
    return token


def tls_files(certificate: Path | None, key: Path | None) -> tuple[Path | None, Path | None]:
    """Return the files of a certificate and of its key, which OpenSSL can use; no key where the certificate's has it.

    Raises:
        ConfigurationError: one cannot be used; the message names its option, the file and the remedy.
    """
    if certificate is None:
        if key:
            raise ConfigurationError(f"{_KEY} {key}: give {_CERTIFICATE} too, the file of the key's certificate")
        return None, None
    certificate, key = in_home(certificate), in_home(key) if key else None
    in_certificate = _content(_CERTIFICATE, certificate)
    in_key = _content(_KEY, key) if key else in_certificate
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(_fault(certificate, key, (in_certificate, in_key), error)) from error
    return certificate, key


def _content(option: str, file: Path) -> bytes:
    """Return what a file has; OpenSSL would wait for the writer of a named pipe, or for a passphrase to be typed."""
    try:
        content = read_plain(file)
    except OSError as error:
        raise ConfigurationError(f"{option} {file}: cannot be used: {error.strerror}; give a PEM file") from error
    if _HAS_PASSPHRASE.search(content):
        raise ConfigurationError(
            f"{option} {file}: its key has a passphrase, and a server cannot ask for one; "
            f"(umask 077; openssl pkey -in {file} -out FILE) writes it without one"
        )
    return content


def _fault(certificate: Path, key: Path | None, contents: tuple[bytes, bytes], error: OSError) -> str:
    """Return the option and file at fault, and what is wrong with it."""
    in_certificate, in_key = contents
    of_certificate = f"{_CERTIFICATE} {certificate}"
    if said := _certificate_fault(certificate, in_certificate):
        return f"{of_certificate}: {said}"
    if key is None and not _BEGINS_KEY.search(in_key):
        return f"{of_certificate}: has no key in it; give {_KEY} FILE, the key of this certificate"
    if said := _key_fault(key or certificate, in_key, certificate, in_certificate):
        return f"{_KEY} {key}: {said}" if key else f"{of_certificate}: {said}"
    reason = getattr(error, "reason", None) or str(error)
    said = reason.replace("_", " ").lower()
    return f"{of_certificate}: cannot be used: {said}; give another certificate and its key"


def _certificate_fault(file: Path, content: bytes) -> str | None:
    if not _BEGINS_CERTIFICATE.search(content):
        return _without(content, "certificate", f"openssl x509 -inform der -in {file}")
    return None if _is_read(file) else "cannot be used: a certificate in it is damaged or cut; copy the file again"


def _key_fault(file: Path, content: bytes, certificate: Path, in_certificate: bytes) -> str | None:
    if not _BEGINS_KEY.search(content):
        return _without(content, "private key", f"openssl pkey -inform der -in {file}")
    try:
        is_pair = _is_pair(in_certificate, content)
    except (ValueError, TypeError):
        return "cannot be used: the private key in it is damaged or cut; copy the file again"
    if is_pair:
        return None
    return (
        f"its key is not that of the first certificate in {certificate}, which has to be the server's own; "
        "give the two files that belong together"
    )


def _is_pair(in_certificate: bytes, in_key: bytes) -> bool:
    """Return whether a key is that of the first certificate, which OpenSSL's reasons say only for keys of one kind."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - paid only where a file is at fault
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - as above
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415 - as above

    try:
        key = load_pem_private_key(in_key, None)
        certificate, *_ = load_pem_x509_certificates(in_certificate)
        return key.public_key() == certificate.public_key()
    except UnsupportedAlgorithm:
        return True


def _without(content: bytes, what: str, conversion: str) -> str:
    """Return what is wrong with a file in which nothing begins that would be a certificate or a key."""
    if content.startswith(_DER):
        return f"cannot be used: expected PEM form, found DER; {conversion} -out FILE writes it in PEM form"
    found = "something else" if content.strip() else "an empty file"
    return f"cannot be used: expected a {what} in PEM form, found {found}; give its file"


def _is_read(certificate: Path) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(certificate)
    except ssl.SSLError:
        return False
    return True
