"""Commands that failed and answered all the same: what was asked for does not exist, or its daemon does not run."""

from __future__ import annotations

import pytest

from ecmpaudit.model import Capture
from ecmpaudit.parsing.facts.silence import absent_device, is_an_answer, is_not_applicable, silent_daemon


def failed(failure: str | None, text: str = "", router: str | None = "tor1") -> Capture:
    return Capture(router, "frr", "show", text, "answer", failure=failure, first_line=11)


@pytest.mark.parametrize(
    "failure,text,device",
    [
        ('status 1: Device "kube-lb0" does not exist.', "", "kube-lb0"),
        ('status 1: Cannot find device "kube-lb0"', "", "kube-lb0"),
        (None, 'Device "eth9" does not exist.', "eth9"),
        (None, 'Cannot find device "eth9"', "eth9"),
        ("permission denied", "", None),
        (None, "", None),
    ],
)
def test_a_device_that_does_not_exist_is_named(failure: str | None, text: str, device: str | None) -> None:
    capture = failed(failure, text)
    assert absent_device(capture) == device
    assert is_an_answer(capture) is (device is not None)


def test_a_setting_that_does_not_exist_is_an_answer() -> None:
    missing = (
        "exit status 1: sysctl: cannot stat /proc/sys/net/ipv6/fib_multipath_hash_policy: No such file or directory"
    )
    assert is_an_answer(failed(missing))
    assert not is_an_answer(failed("exit status 1: sysctl: permission denied"))


@pytest.mark.parametrize(
    "failure,text,is_one",
    [
        ("exit status 1: % Unknown command: show zebra", "", True),
        (None, "% Unknown command: show zebra\n", True),
        (None, "% BGP instance not found\n", True),
        (None, "bgpd is not running\n", True),
        ("permission denied", "", False),
        (None, "B>* 198.51.100.0/24\n", False),
        (None, "\n" * 481 + "bgpd is not running\n", True),
        (None, "\n" * 482 + "bgpd is not running\n", False),
    ],
)
def test_a_host_that_has_no_such_thing_says_so_at_the_head_of_its_answer(
    failure: str | None, text: str, *, is_one: bool
) -> None:
    assert is_not_applicable(failed(failure, text)) is is_one


NO_BIRD = "Unable to connect to server control socket (/run/bird.ctl): No such file or directory"


def test_a_client_that_finds_no_daemon_is_quoted() -> None:
    silent = silent_daemon(failed(f"exit status 1: {NO_BIRD}"))
    assert silent is not None
    assert (silent.evidence.source, silent.evidence.line, silent.evidence.text) == ("answer", 11, NO_BIRD)


@pytest.mark.parametrize(
    "capture",
    [failed("permission denied"), failed(None), failed(f"exit status 1: {NO_BIRD}", router=None)],
    ids=["another failure", "no failure", "no router"],
)
def test_any_other_failure_is_of_no_silent_daemon(capture: Capture) -> None:
    assert silent_daemon(capture) is None
