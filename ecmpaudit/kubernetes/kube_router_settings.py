"""What kube-router is started with: the flags of each of its DaemonSets, and the ranges in them.

Names and defaults are those of kube-router pkg/options/options.go, ranges those of pkg/svcip/validator.go. With a flag
or a range that is wrong it does not start, and pods of an older version may still run: nothing is known then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_network
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.flags import TRUE, flags_of
from ecmpaudit.kubernetes.ranges import AddressRange, RangeIndex, address_range
from ecmpaudit.kubernetes.releases import Release, release_in
from ecmpaudit.kubernetes.workloads import Running, running

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.kubernetes.objects import Objects

IMAGE = "cloudnativelabs/kube-router"
LOAD_BALANCER, EXTERNAL, CLUSTER = "LoadBalancerIP", "ExternalIP", "ClusterIP"
ADVERTISE = {LOAD_BALANCER: "advertise-loadbalancer-ip", EXTERNAL: "advertise-external-ip",
             CLUSTER: "advertise-cluster-ip"}  # fmt: skip
RANGES = {LOAD_BALANCER: "loadbalancer-ip-range", EXTERNAL: "service-external-ip-range",
          CLUSTER: "service-cluster-ip-range"}  # fmt: skip
STRICT = "strict-external-ip-validation"
_DEFAULTS = {**dict.fromkeys(ADVERTISE.values(), False), "run-router": True, "run-loadbalancer": False,
             "enable-ipv4": True, "enable-ipv6": False, STRICT: True}  # fmt: skip
_OF_THE_CLUSTER = ("10.96.0.0/12",)
_STRICT_SINCE = (2, 8)
_PREFIX = re.compile(r"[^/]+/\d{1,3}")
"""As Go's net.ParseCIDR takes it: no blanks, no single address, no FIRST-LAST, no mask of an address."""


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """What one container of kube-router is started with."""

    of: Running
    release: Release | None = None
    flags: Mapping[str, bool] = field(default_factory=dict)
    ranges: Mapping[str, RangeIndex[AddressRange]] = field(default_factory=dict)
    """By kind of address."""
    pools: tuple[AddressRange, ...] = ()
    """What it gives Services addresses from."""
    problem: str = ""
    """Why nothing is known of it."""
    has_strict: bool = False
    """The flag STRICT is given, which releases before 2.8 do not have."""

    def why_rejected(self, kind: str, address: str) -> tuple[bool | None, str]:
        """Return whether its ranges keep it from announcing an address, and why; None where the release decides."""
        if kind == CLUSTER or not self.flags[STRICT]:
            return False, ""
        why = ""
        if self.ranges[CLUSTER].holding(address):
            why = f"its --{RANGES[CLUSTER]} holds the address"
        elif not self.ranges[kind].holding(address):
            why = f"no --{RANGES[kind]} of it holds the address"
        if not why or (self.release and self.release < _STRICT_SINCE and not self.has_strict):
            return False, ""
        return (True if self.release or self.has_strict else None), f"{why}, which counts from 2.8 on"


@lru_cache(maxsize=4)
def settings_of(objects: Objects) -> tuple[Settings, ...]:
    """Return the settings of each container of kube-router; none where its DaemonSet was not given."""
    return tuple(_settings(each) for each in running(objects, IMAGE))


def _settings(each: Running) -> Settings:
    try:
        given = flags_of(each.container, _DEFAULTS, RANGES.values())
        texts = {kind: given.get(name, _OF_THE_CLUSTER if kind == CLUSTER else ()) for kind, name in RANGES.items()}
        ranges = {kind: tuple(_range(RANGES[kind], text) for text in of_kind) for kind, of_kind in texts.items()}
        flags = {name: given[name][-1] in TRUE if name in given else default for name, default in _DEFAULTS.items()}
        release = release_in(each.container.image, IMAGE)
        if release and release >= _STRICT_SINCE:
            _refuse_other_family(ranges, flags)
    except ValueError as error:
        return Settings(each, problem=f"kube-router of {each.by}: {error}")
    return Settings(
        each,
        release,
        flags,
        {kind: RangeIndex((known, known) for known in of_kind) for kind, of_kind in ranges.items()},
        ranges[LOAD_BALANCER] if flags["run-loadbalancer"] else (),
        has_strict=STRICT in given,
    )


def _range(flag: str, text: str) -> AddressRange:
    """Return the range of a prefix; ValueError where kube-router takes it for none."""
    why = f'--{flag}: expected a prefix, found "{text}"'
    if not _PREFIX.fullmatch(text):
        raise ValueError(why)
    try:
        return address_range(str(ip_network(text, strict=False)))
    except ValueError:
        raise ValueError(why) from None


def _refuse_other_family(ranges: Mapping[str, tuple[AddressRange, ...]], flags: Mapping[str, bool]) -> None:
    """Raise ValueError where a range is of a family that is switched off."""
    for kind, of_kind in ranges.items():
        for known in of_kind:
            if not flags[f"enable-ipv{known.first.version}"]:
                text = known.prefixes[0]
                raise ValueError(f"--{RANGES[kind]} has {text} and --enable-ipv{known.first.version} is false")
