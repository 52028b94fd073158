"""Signals that end a scan: it ends although Python lost the exception that the signal raised."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

LOST = """
import signal, sys, threading
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.target import Target
from ecmpaudit.signals import end_in_order

class Lost:
    def __del__(self):
        signal.raise_signal(int(sys.argv[2]))

end_in_order()
lost = Lost()
del lost  # Python discards the SystemExit of a finaliser
print("still running", flush=True)
collect([Target("tor1", host="127.0.0.1", port=int(sys.argv[1]), platform="frr", commands=("show ip route",))])
"""


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_scan_ends_although_the_exception_of_the_signal_was_lost(number: signal.Signals, code: int) -> None:
    before = signal.signal(number, signal.SIG_DFL)  # under nohup, a child would inherit that SIGHUP is ignored
    with socket.create_server(("127.0.0.1", 0)) as silent:  # a router that takes the connection and says nothing
        try:
            words = [sys.executable, "-c", LOST, str(silent.getsockname()[1]), str(int(number))]
            ended = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        finally:
            signal.signal(number, before)
    assert ended.stdout == "still running\n"
    assert (ended.returncode, "Exception ignored" in ended.stderr) == (code, False), ended.stderr
