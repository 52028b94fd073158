"""Devices of NetBox as hosts, through pynetbox: the extra `ecmpaudit[netbox]` brings it.

A record is read as plain values: an attribute that a record lacks would make pynetbox ask for it, once for each host.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pynetbox
import requests

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.hosts import Host, labels_of, own_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecmpaudit.configuration.sections import InventorySource

SECONDS = 30
"""How long NetBox may take for the next part of an answer."""
_PAGE = 500
_LABELS = {
    "site": "slug",
    "role": "slug",
    "device_role": "slug",
    "tenant": "slug",
    "location": "slug",
    "cluster": "name",
    "rack": "name",
}
"""Objects that a device belongs to, with the word for each."""
_LONGEST_REASON = 300


def netbox_hosts(url: str, source: InventorySource) -> list[Host]:
    """Return the active devices that the filters choose; those of the URL's query are further ones.

    Raises:
        ConfigurationError: NetBox cannot be reached, refuses, or answers with something else; it says what to do.
    """
    parts = urlsplit(url)
    base = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
    filters = {
        "status": ["active"],
        **parse_qs(parts.query),
        **{key: [*value] for key, value in source.filters.items()},
    }
    api = pynetbox.api(base, token=os.environ.get(source.token_env))
    api.http_session = _session()
    try:
        devices = [dict(device) for device in api.dcim.devices.filter(**filters, limit=_PAGE)]
    except pynetbox.RequestError as error:
        raise ConfigurationError(f"inventory {base}: {_refusal(error, source.token_env)}") from error
    except (pynetbox.ContentError, requests.JSONDecodeError, TypeError, KeyError, AttributeError) as error:
        raise ConfigurationError(f"inventory {base}: the answer is none of NetBox's: is the URL right?") from error
    except requests.RequestException as error:
        reason = str(error)[:_LONGEST_REASON]
        raise ConfigurationError(f"inventory {base}: NetBox cannot be reached: {reason}") from error
    if not devices:
        raise ConfigurationError(f"inventory {base}: no active device: check the filters, and what the token may read")
    hosts = list(_hosts(devices, base, source.labels))
    twice = [name for name, number in Counter(host.name for host in hosts).items() if number > 1]
    if twice:
        raise ConfigurationError(
            f"inventory {base}: several devices have the name {twice[0]}: choose one by a filter such as site"
        )
    return hosts


def _session() -> requests.Session:
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Bounded())
    return session


class _Bounded(requests.adapters.HTTPAdapter):
    """An adapter that does not wait for ever: pynetbox gives no time limit."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send a request and return its answer, in bounded time."""
        return super().send(request, **{**options, "timeout": SECONDS})


def _refusal(error: pynetbox.RequestError, token_env: str) -> str:
    code = error.req.status_code
    if code in {requests.codes.unauthorized, requests.codes.forbidden}:
        found = "the token in" if os.environ.get(token_env) else "no token is in"
        return f"NetBox refuses ({code}), {found} {token_env}: set it to a token that may read devices"
    return str(error)[:_LONGEST_REASON]


def _hosts(devices: Iterable[dict[str, Any]], base: str, chosen: tuple[str, ...]) -> Iterator[Host]:
    for device in devices:
        identity = device.get("id")
        name = str(device.get("name") or f"device-{identity}")
        address = _of(device, "primary_ip", "address")
        settings = {"host": address.partition("/")[0]} if address else {}
        platform = _of(device, "platform", "slug")
        settings |= {"platform": platform} if platform else {}
        variables = {key: value for key, word in _LABELS.items() if (value := _of(device, key, word))}
        if "device_role" in variables:  # its name before NetBox 4.0
            variables.setdefault("role", variables["device_role"])
        tags = [str(tag.get("slug")) for tag in map(_plain, device.get("tags") or ()) if tag.get("slug")]
        own = {
            key: value for key, value in own_settings(_plain(device.get("custom_fields"))).items() if value is not None
        }
        place = f"{base} device {identity}"
        yield Host(name, place, settings | own, labels_of(variables, chosen, tags))


def _of(device: dict[str, Any], key: str, word: str) -> str | None:
    value = _plain(device.get(key)).get(word)
    return str(value) if value else None


def _plain(value: Any) -> dict[str, Any]:
    """Return a mapping of an answer; an empty one for what is none."""
    return dict(value) if isinstance(value, dict | pynetbox.core.response.Record) else {}
