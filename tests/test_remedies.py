"""The hint beside what a host did not answer: where rights are missing, it names the group, and sudo."""

from __future__ import annotations

import pytest

from ecmpaudit.rules.remedies import remedy_for

SUDO = "or set `sudo: true` for it in ecmpaudit.yaml, and run again"
PLAIN = "fix this and run again"
FAILED = "the command failed with exit status 1: "
VTYSH = (
    "add the user of the scan to the group frrvty on tor1, or set `sudo: true` for it in ecmpaudit.yaml, and run again"
)
OF_BIRD = f"add the user of the scan to the group of BIRD's control socket on tor1, {SUDO}"
OTHERWISE = (
    "allow the user of the scan to run this on tor1, or set `sudo: true` for it in ecmpaudit.yaml, and run again"
)


OF_SUDO = "let the user of the scan use sudo without a password on tor1 (docs/least-privilege.md), and run again"
LOST = "look into the log of the SSH server on tor1 for what ended the connection or the command, and run again"


@pytest.mark.parametrize(
    "failure, hint",
    [
        (f"{FAILED}sudo: a password is required", OF_SUDO),
        (f"{FAILED}sudo: unable to execute vtysh: Permission denied", OF_SUDO),
        ("cut off: no exit status arrived, connection lost or command killed; 3 bytes received", LOST),
        ("not asked: the connection was lost during an earlier command", LOST),
        ("cut off: the last line has no line end", PLAIN),
        (
            "the server did not run the command (MaxSessions?): ChannelException(2, 'Connect failed')",
            "raise MaxSessions in the sshd_config of tor1, and run again",
        ),
        (f"{FAILED}% Can't open configuration file /etc/frr/vtysh.conf due to 'Permission denied'.", VTYSH),
        (
            f"{FAILED}Exiting: failed to connect to any daemons.\nHint: if this seems wrong, try running me as root",
            VTYSH,
        ),
        (f"{FAILED}Unable to connect to server control socket (/run/bird/bird.ctl): Permission denied", OF_BIRD),
        (f"{FAILED}sh: vtysh: Permission denied", OTHERWISE),
        (f"{FAILED}Access denied", OTHERWISE),
        (f"{FAILED}% Authorization failed: not authorized", OTHERWISE),
        (f"{FAILED}Operation not permitted", OTHERWISE),
        (f"{FAILED}failed to connect to any daemons.", PLAIN),
        ("Unable to connect to server control socket (/run/bird.ctl): No such file or directory", PLAIN),
        ("login refused: Permission denied (publickey)", PLAIN),
        ("connection refused", PLAIN),
    ],
)  # fmt: skip
def test_the_remedy_belongs_to_the_failure(failure: str, hint: str) -> None:
    assert remedy_for(failure, "tor1").startswith(hint)
