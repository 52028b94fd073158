"""Limits of what is collected, each exactly where the answer changes: bytes, lines, names, seconds, levels."""

from __future__ import annotations

import time
from dataclasses import replace
from subprocess import TimeoutExpired
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import paramiko
import pytest

from ecmpaudit.collectors import polling
from ecmpaudit.collectors.answer import Limit, ended, failed
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.bundles.archives import HEAD, TAR, form_of
from ecmpaudit.collectors.bundles.limits import Limits, TooLargeError
from ecmpaudit.collectors.bundles.members import Member, listing_of
from ecmpaudit.collectors.capture_texts import beginning_of, ends_with_a_line_end, loaded
from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.collectors.kernel_lookups import lookups
from ecmpaudit.collectors.kubectl.failures import said_by
from ecmpaudit.collectors.kubectl.objects import objects_of_cluster
from ecmpaudit.collectors.kubectl.pods import speaking_pods
from ecmpaudit.collectors.kubectl.program import Calls, Kubectl
from ecmpaudit.collectors.pools import networks_of
from ecmpaudit.collectors.ssh_config import route_to
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.target import Target
from ecmpaudit.collectors.tcp import ConnectionFailedError
from ecmpaudit.collectors.transports import netmiko_shell, openssh, paramiko_ssh, processes
from ecmpaudit.collectors.transports.netmiko_shell import NetmikoSession
from ecmpaudit.collectors.transports.openssh_failures import login_failure
from ecmpaudit.collectors.transports.processes import RunProcess, run_process
from ecmpaudit.collectors.transports.terminal import TerminalText, complaint_in
from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.errors import CollectionError
from ecmpaudit.model import Capture
from ecmpaudit.platforms.registry import platforms
from ecmpaudit.platforms.shells import Shell
from ecmpaudit.platforms.speakers import Speaker
from tests.test_bundles import ROUTE, tar_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self

MEBIBYTE = 1 << 20
ROUTER = Target("tor1", "2001:db8::1", platform="cisco_ios")


# Files and bundles


def test_a_tar_archive_whose_first_header_is_damaged_is_one_still() -> None:
    """Its checksum is wrong, and it has the sign of the format at its place."""
    head = bytearray(tar_of({"tor1.txt": ROUTE})[:HEAD])
    head[0] ^= 1
    assert form_of(bytes(head)) == TAR
    head[257] = 0
    assert form_of(bytes(head)) is None


def test_the_bundles_of_a_run_have_50000_members_at_most() -> None:
    limits = Limits(AnswerBudget(1))
    for _ in range(50_000):
        limits.add_member()
    with pytest.raises(TooLargeError, match="has more than 50,000 members"):
        limits.add_member()


def test_the_bundles_of_a_run_unpack_to_eight_times_its_memory_at_most() -> None:
    limits = Limits(AnswerBudget(3))
    limits.unpack(24 * MEBIBYTE)
    with pytest.raises(TooLargeError, match="unpacks to more than 24 MiB"):
        limits.unpack(1)


@pytest.mark.parametrize(
    "number, named",
    [
        (3, "3 members not read (absolute name): /0, /1, /2"),
        (4, "4 members not read (absolute name): /0, /1, /2 and 1 more"),
    ],
)
def test_three_members_that_are_not_read_are_named_and_further_ones_counted(number: int, named: str) -> None:
    listing = listing_of(Member(place, f"/{place}") for place in range(number))
    assert list(listing.sentences()) == [named]


def test_the_beginning_of_a_text_has_1000_characters_wherever_it_is(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("é" * 1001, encoding="utf-8")
    in_file = Capture("tor1", "frr", None, "", "t", file=str(tmp_path / "text"))
    assert beginning_of(in_file) == beginning_of(replace(in_file, file=None, text="é" * 1001)) == "é" * 1000


@pytest.mark.parametrize("text, is_whole", [("one\ntwo\n", True), ("one\ntwo", False), ("\n", True), ("x", False)])
def test_a_text_ends_with_a_line_end_wherever_it_is(tmp_path: Path, text: str, *, is_whole: bool) -> None:
    (tmp_path / "text").write_text(text, encoding="utf-8")
    in_file = Capture("tor1", "frr", None, "", "t", file=str(tmp_path / "text"))
    assert ends_with_a_line_end(in_file) is ends_with_a_line_end(replace(in_file, file=None, text=text)) is is_whole


@pytest.mark.parametrize(
    "character, number, is_loaded",
    [("a", MEBIBYTE, True), ("a", MEBIBYTE + 1, False), ("é", MEBIBYTE // 8, True), ("é", MEBIBYTE // 8 + 1, False)],
)
def test_a_text_that_takes_more_than_the_memory_is_given_up(
    tmp_path: Path, character: str, number: int, *, is_loaded: bool
) -> None:
    (tmp_path / "text").write_text(character * number, encoding="utf-8")
    capture = Capture("tor1", "frr", None, "", "t", file=str(tmp_path / "text"))
    found = loaded(capture, AnswerBudget(1))
    assert (len(found.text), found.is_given_up) == ((number, False) if is_loaded else (0, True))
    assert (found.failure is None) is is_loaded


# Polling


class _WithoutWaiting(Stop):
    def sleep(self, seconds: float) -> None:  # noqa: ARG002 - nothing is waited for
        self.check()


@pytest.mark.parametrize(
    "until, reason, goes_on",
    [(110.0, None, False), (110.5, None, True), (110.5, "no answer: the time was over (--timeout)", False)],
)
def test_there_is_a_further_poll_where_its_wait_ends_in_time(
    monkeypatch: pytest.MonkeyPatch, until: float, reason: str | None, *, goes_on: bool
) -> None:
    monkeypatch.setattr(polling, "time", SimpleNamespace(monotonic=lambda: 100.0))
    stop = _WithoutWaiting()
    if reason:
        stop.now(reason)
    assert polling.Polling((), cast("Any", None), stop, until).wait(10.0) is goes_on


@pytest.mark.parametrize("reason", [None, "no answer: the time was over (--timeout)"])
def test_a_host_that_is_not_reached_fails_in_each_answer_and_is_given_up_at_the_end(reason: str | None) -> None:
    stop, closed = Stop(), []
    stop.reason = reason

    def refused(_: Target) -> None:
        raise CollectionError("connection refused")

    connection = SimpleNamespace(
        access=SimpleNamespace(stop=stop), session_for=refused, close=lambda: closed.append(True)
    )
    host = polling._Host(replace(ROUTER, commands=("show ip route", "show ipv6 route")), cast("Any", connection))
    answers = host.ask()
    assert [answer.command for answer in answers] == ["show ip route", "show ipv6 route"]
    assert {(answer.failure, answer.is_given_up) for answer in answers} == {
        (reason or "connection refused", reason is not None)
    }
    host.target = replace(ROUTER, commands=())
    assert (host.ask(), closed) == ([], [True])


# Networks that are asked for


@pytest.mark.parametrize(
    "first, last, joined",
    [
        pytest.param("9.0.0.0/16", "9.16.0.0/16", None, id="IPv4, 11 bits"),
        pytest.param("9.0.0.0/16", "9.8.0.0/16", "9.0.0.0/12", id="IPv4, 12 bits"),
        pytest.param("2001::/32", "2001:100::/32", None, id="IPv6, 23 bits"),
        pytest.param("2001:100::/32", "2001:180::/32", "2001:100::/24", id="IPv6, 24 bits"),
    ],
)
def test_pools_are_joined_that_share_12_bits_or_24_of_ipv6(first: str, last: str, joined: str | None) -> None:
    """With eight more that share few bits, there are more than are asked for each by itself."""
    family = 6 if ":" in first else 4
    apart = [f"{number}00::/32" if family == 6 else f"{number}.0.0.0/16" for number in range(1, 9)]
    found = list(map(str, networks_of([*apart, first, last], family)))
    assert found == [*apart, *([joined] if joined else [first, last])]


@pytest.mark.parametrize("number, asked", [(8, 8), (9, 8)])
def test_eight_networks_of_a_family_are_asked_for_at_most_where_pools_are_near(number: int, asked: int) -> None:
    assert len(networks_of([f"198.51.{place * 16}.0/24" for place in range(number)], 4)) == asked


def test_questions_to_a_kernel_fill_a_command_up_to_100000_bytes() -> None:
    fitting = [f"route get 192.0.2.{number}".ljust(49_999) for number in (1, 2)]
    assert len(lookups(fitting)) == 1
    assert len(lookups([*fitting[:1], f"{fitting[1]} "])) == 2
    assert [command.count("-force") for command in (*lookups(["x"]), *lookups(["x"], goes_on=True))] == [0, 1]


def test_a_pool_at_the_end_of_another_one_is_inside_of_it() -> None:
    pools = ["198.51.100.255/32", "198.51.100.0/24", "198.51.101.0/32", "2001:db8::ffff/128", "2001:db8::/112"]
    assert list(map(str, networks_of(pools, 4))) == ["198.51.100.0/24", "198.51.101.0/32"]
    assert list(map(str, networks_of(pools, 6))) == ["2001:db8::/112"]


# A process of this machine


@pytest.mark.parametrize(
    "name, status", [pytest.param("no-such-program", 127, id="absent"), pytest.param("folder", 126, id="a folder")]
)
def test_a_program_that_cannot_be_started_has_the_exit_status_of_a_shell(
    tmp_path: Path, name: str, status: int
) -> None:
    (tmp_path / "folder").mkdir()
    ran = run_process([str(tmp_path / name)], Limit(60.0, "t", 10), AnswerBudget().buffer(), Stop())
    assert ran.answer.exit_status == status
    assert (ran.answer.failure or "").startswith(f"no such command (exit status {status}: ")


@pytest.mark.parametrize("seconds, is_late", [(0.0, True), (0.5, False)])
def test_a_process_that_ends_at_the_end_of_its_time_is_late(
    monkeypatch: pytest.MonkeyPatch, seconds: float, *, is_late: bool
) -> None:
    monkeypatch.setattr(processes, "time", SimpleNamespace(monotonic=lambda: 100.0))
    ran = run_process(["true"], Limit(seconds, "command_timeout", 10), AnswerBudget().buffer(), Stop())
    assert ran.answer.is_timeout is is_late


@pytest.mark.parametrize(
    "complaint, said",
    [
        ("sudo: a password is required", "sudo: a password is required"),
        ("password: geheim", "password: ***"),
    ],
)
def test_a_complaint_about_a_password_is_said_and_a_password_is_not(complaint: str, said: str) -> None:
    output = AnswerBudget().buffer()
    output.complain(complaint.encode())
    answer = ended(1, output)
    assert answer.failure == f"the command failed with exit status 1: {said}"
    assert not answer.is_given_up


# SSH


@pytest.mark.parametrize(
    "stage, is_active, seconds, is_refused",
    [
        pytest.param("open", True, 60.0, True, id="no session"),
        pytest.param("open", False, 60.0, False, id="no connection"),
        pytest.param("open", True, 0.0, False, id="no session in time"),
        pytest.param("run", True, 60.0, False, id="the command was sent"),
    ],
)
def test_a_command_is_refused_where_a_living_server_opens_no_session_in_time(
    monkeypatch: pytest.MonkeyPatch, stage: str, seconds: float, *, is_active: bool, is_refused: bool
) -> None:
    monkeypatch.setattr(paramiko_ssh, "_MOMENT", 0.0)

    class Peer:
        def open_session(self, timeout: float) -> Peer:
            if stage == "open":
                raise paramiko.SSHException(f"no channel within {timeout:g} s")
            return self

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def exec_command(self, _: str) -> None:
            raise paramiko.SSHException("refused")

        def is_active(self) -> bool:
            return is_active

        def close(self) -> None:
            pass

    answer = paramiko_ssh.ask(
        cast("paramiko.Transport", Peer()),
        "show",
        limit=Limit(seconds, "command_timeout", 10),
        output=AnswerBudget().buffer(),
    )
    assert answer.is_refused is is_refused


@pytest.mark.parametrize("ends_after, is_lost", [(0.25, True), (0.5, False)])
def test_a_connection_is_lost_that_ends_within_a_moment_of_its_channel(
    monkeypatch: pytest.MonkeyPatch, ends_after: float, *, is_lost: bool
) -> None:
    """A quarter of a second for each look, and half a second in all."""
    now = [100.0]
    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=lambda _: now.append(now.pop() + 0.25))
    monkeypatch.setattr(paramiko_ssh, "time", clock)
    monkeypatch.setattr(paramiko_ssh, "_MOMENT", 0.5)
    peer = SimpleNamespace(is_active=lambda: now[0] < 100.0 + ends_after or not is_lost)
    assert paramiko_ssh._is_lost(cast("paramiko.Transport", peer)) is is_lost
    assert now[0] == 100.0 + ends_after


def chain(folder: Path, jumps: int) -> Target:
    """Return a target that is reached over so many jump hosts, each of which names the next one."""
    lines = [f"Host jump{number}\n  ProxyJump jump{number + 1}\n" for number in range(jumps)]
    (folder / "config").write_text("".join(lines), encoding="utf-8")
    return Target("jump0", "jump0", ssh_config=folder / "config", user="audit")


def test_eight_jump_hosts_lead_to_a_target_and_a_ninth_is_a_loop(tmp_path: Path) -> None:
    assert len(route_to(chain(tmp_path, 8), Stop())) == 9
    with pytest.raises(CollectionError, match="ProxyJump of the ssh configuration is a loop"):
        route_to(chain(tmp_path, 9), Stop())


@pytest.mark.parametrize("levels, is_read", [(16, True), (17, False)])
def test_ssh_configurations_are_included_to_a_depth_of_16(tmp_path: Path, levels: int, *, is_read: bool) -> None:
    for level in range(levels):
        (tmp_path / f"c{level}").write_text(f"Include {tmp_path}/c{level + 1}\n", encoding="utf-8")
    (tmp_path / f"c{levels}").write_text("Port 2222\n", encoding="utf-8")
    target = Target("tor1", "192.0.2.1", ssh_config=tmp_path / "c0", user="audit")
    if is_read:
        assert route_to(target, Stop())[-1].port == 2222
    else:
        with pytest.raises(CollectionError, match="Include is nested too deeply, or is a loop"):
            route_to(target, Stop())


@pytest.mark.parametrize("length, is_usual", [(60, True), (61, False)])
def test_a_socket_of_ssh_is_where_its_path_is_short(
    monkeypatch: pytest.MonkeyPatch, length: int, *, is_usual: bool
) -> None:
    usual = "/" + "d" * (length - 1)
    monkeypatch.setattr("tempfile.gettempdir", lambda: usual)
    assert str(openssh._parent()) == (usual if is_usual else "/tmp")  # noqa: S108 - as it is on every system


@pytest.mark.parametrize(
    "said, may_be_tried_again",
    [
        ("channel 0: open failed: connect failed: No route to host\r\nstdio forwarding failed", True),
        ("ssh: connect to host 192.0.2.1 port 22: Connection refused", True),
        ("ssh: connect to host 2001:db8::1 port 22: Connection timed out", True),
        ("ssh: connect to host 192.0.2.1 port 22: No route to host", True),
        ("ssh: connect to host 192.0.2.1 port 22: Network is unreachable", True),
        ("ssh: connect to host 192.0.2.1 port 22: Invalid argument", True),
        ("kex_exchange_identification: Connection closed by remote host", True),
        ("Connection timed out during banner exchange", False),
        ("ssh: Could not resolve hostname tor9: Name or service not known", False),
        ("audit@192.0.2.1: Permission denied (publickey).", False),
        ("Unable to negotiate with 192.0.2.1 port 22: no matching host key type found", False),
        ("Host key verification failed.", False),
        ("something new", False),
    ],
)
def test_a_login_by_openssh_may_be_tried_again_where_nothing_was_connected(
    said: str, *, may_be_tried_again: bool
) -> None:
    found = login_failure(f"{said}\n".encode(), 255, ROUTER)
    assert isinstance(found, ConnectionFailedError) is may_be_tried_again


@pytest.mark.parametrize("length", [300, 301])
def test_what_ssh_says_is_repeated_up_to_300_characters(length: int) -> None:
    assert f'"{"x" * 300}"; run' in str(login_failure(b"x" * length, 255, ROUTER))


@pytest.mark.parametrize("jump, seconds", [(None, 30), ("jump1", 60), ("jump1,jump2", 90)])
def test_a_login_by_openssh_has_three_times_the_time_to_connect_for_each_host(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, jump: str | None, seconds: int
) -> None:
    now = [100.0]

    def wait(timeout: float) -> int:
        now[0] += 15.0
        raise TimeoutExpired("ssh", timeout)

    monkeypatch.setattr(openssh, "time", SimpleNamespace(monotonic=lambda: now[0]))
    master = openssh.Master(cast("Any", SimpleNamespace(wait=wait)), tmp_path)
    target = Target("tor1", "192.0.2.1", connect_timeout=10.0, jump=jump)
    with pytest.raises(CollectionError, match=f"did not end within {seconds} s; see connect_timeout"):
        openssh._wait_until_logged_in(master, target, Stop())
    assert now[0] == 100.0 + seconds


# Answers on a command line


@pytest.mark.parametrize("place, is_seen", [(4, True), (5, False)])
def test_a_complaint_is_one_of_the_first_four_lines(place: int, *, is_seen: bool) -> None:
    head = "\n".join(["a banner", *[""] * 3, *["a banner"] * (place - 2), "% Invalid input"])
    assert (complaint_in(head) is not None) is is_seen


def test_a_complaint_is_repeated_up_to_200_characters() -> None:
    complaint = "% Invalid input".ljust(201, "!")
    assert complaint_in(complaint) == (
        f"no such command (the host says: {complaint[:200]}); check platform, and whether its version has it"
    )


@pytest.mark.parametrize("length, is_passed_on", [(65_536, False), (65_537, True)])
def test_a_line_without_end_is_passed_on_beyond_64_kib(length: int, *, is_passed_on: bool) -> None:
    text = TerminalText("show", "tor1#", str)
    assert text.feed("x" * length) == (f"{'x' * length}\n" if is_passed_on else "")


@pytest.mark.parametrize("length, is_short", [(399, True), (400, False)])
@pytest.mark.parametrize("shown", ["tor1#", " --More-- "])
def test_a_prompt_has_less_than_400_characters_with_its_codes(shown: str, length: int, *, is_short: bool) -> None:
    text = TerminalText("show", "tor1#", lambda line: line.replace("~", ""))
    text.feed(shown.rjust(length, "~"))
    assert (text.is_at_prompt, text.is_at_pager) == (is_short and "#" in shown, is_short and "#" not in shown)


class _Terminal:
    """A terminal on which everything is received that a case gives: text, None for a moment of silence, or its end."""

    def __init__(self, *pieces: bytes | Exception | None) -> None:
        self.pieces = list(pieces)
        self.typed: list[bytes] = []

    def sendall(self, typed: bytes) -> None:
        self.typed.append(typed)

    def settimeout(self, seconds: float) -> None:
        pass

    def recv(self, _: int) -> bytes:
        piece = self.pieces.pop(0) if self.pieces else None
        if piece is None:
            raise TimeoutError
        if isinstance(piece, Exception):
            raise piece
        return piece


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let a clock go on by an eighth of a second with each look at it."""
    now = [0.0]

    def look() -> float:
        now[0] += 0.125
        return now[0]

    monkeypatch.setattr(netmiko_shell, "time", SimpleNamespace(monotonic=look))
    return now


def session(terminal: _Terminal, *prepare: str) -> NetmikoSession:
    driver = SimpleNamespace(strip_ansi_escape_codes=str, RETURN="\n")
    shell = Shell("cisco_ios", prepare)
    return NetmikoSession(driver, cast("paramiko.Channel", terminal), shell, Stop(), prompt="tor1#")


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("blank_lines, is_complaint", [(3989, True), (3990, False)])
def test_a_complaint_is_looked_for_in_the_first_4000_characters(blank_lines: int, *, is_complaint: bool) -> None:
    text = f"x\n{chr(10) * blank_lines}% Invalid\ntor1#"
    answer = session(_Terminal(text.encode())).run("show", Limit(60.0, "t", MEBIBYTE), AnswerBudget().buffer())
    assert (answer.failure is not None) is is_complaint


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("further, is_open", [(0, True), (1, False)])
def test_a_command_line_recovers_from_an_interrupt_within_a_mebibyte(further: int, *, is_open: bool) -> None:
    rest = (b"y" * 1023 + b"\n") * 1023 + b"z" * (1018 + further) + b"\ntor1#"
    terminal = _Terminal(*[None] * 12, rest)
    found = session(terminal)
    answer = found.run("show", Limit(1.0, "command_timeout", MEBIBYTE), AnswerBudget().buffer())
    assert answer.is_timeout
    assert (found.is_open, terminal.typed[1]) == (is_open, b"\x03")


@pytest.mark.usefixtures("clock")
def test_what_is_shown_before_the_prompt_is_none_however_long_the_host_is_silent() -> None:
    found = session(_Terminal(b"Welcome\r\n", None, None, b"tor1", None, None, b"> ", None, None))
    assert found._prompt_within(60.0, ROUTER) == "tor1>"


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "end, said",
    [
        pytest.param(b"", "the connection was lost", id="closed"),
        pytest.param(OSError("Socket is closed"), "the connection was lost", id="broken"),
        pytest.param(b"y" * 2 * MEBIBYTE, "shows more than 1 MiB", id="endless"),
    ],
)
def test_a_host_that_ends_the_terminal_while_it_is_set_is_a_failure_of_that_host(
    end: bytes | Exception, said: str
) -> None:
    terminal = _Terminal(b"tor1#", None, None, b"\ntor1#", None, None, end)
    with pytest.raises(CollectionError) as failure:
        session(terminal, "terminal length 0").log_in(replace(ROUTER, connect_timeout=60.0), None)
    assert f"{said} after `terminal length 0`" in str(failure.value)


# Clusters


class _Answers:
    """kubectl as it is played: the answer to each call, by its last words."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **answers: str | RunProcess) -> None:
        self.answers, self.limits = answers, cast("list[Limit]", [])
        monkeypatch.setattr("ecmpaudit.collectors.kubectl.program.run_process", self._run)

    def _run(self, argv: Sequence[str], limit: Limit, output: Any, _: Stop) -> RunProcess:
        self.limits.append(limit)
        words = [word for word in argv if not word.startswith("-")]
        key = "_".join(words[1:3] if "-n" not in argv else [words[2], words[3]]).replace("-", "_")
        answer = self.answers.get(key, self.answers.get("rest", ""))
        if isinstance(answer, RunProcess):
            return answer
        return RunProcess(failed("x", output, 1), answer.encode())


def test_an_answer_of_kubectl_may_have_512_mebibytes_and_five_seconds_more_than_it_gives_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    played = _Answers(monkeypatch)
    Calls(Kubectl(timeout=7.0)).call(("get", "nodes"))
    assert [(limit.size, limit.seconds) for limit in played.limits] == [(536_870_912, 12.0)]


@pytest.mark.parametrize(
    "words, text", [(("api-resources", "-o", "name"), "nodes\n"), (("get", "api-resources"), "")], ids=" ".join
)
def test_of_a_call_that_failed_the_list_of_kinds_is_kept(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], text: str
) -> None:
    """One group whose server does not answer makes `kubectl api-resources` fail, with the kinds of all others."""

    def run(_: Sequence[str], __: Limit, output: Any, ___: Stop) -> RunProcess:
        output.append(b"nodes\n")
        return RunProcess(failed("it failed", output, 1), b"error: unable to retrieve the complete list")

    monkeypatch.setattr("ecmpaudit.collectors.kubectl.program.run_process", run)
    found = Calls(Kubectl()).call(words)
    assert (found.failure, found.text) == ("error: unable to retrieve the complete list", text)


@pytest.mark.parametrize("until, is_asked", [(99.5, False), (100.0, False), (100.5, True)])
def test_a_cluster_is_asked_until_the_deadline(
    monkeypatch: pytest.MonkeyPatch, until: float, *, is_asked: bool
) -> None:
    played = _Answers(monkeypatch)
    monkeypatch.setattr(
        "ecmpaudit.collectors.kubectl.program.time", SimpleNamespace(monotonic=lambda: 100.0, time=time.time)
    )
    found = Calls(Kubectl(), until=until).call(("get", "nodes"))
    assert bool(played.limits) is is_asked
    assert (found.failure == "not asked: the run's deadline was over (--deadline)") is not is_asked


@pytest.mark.parametrize("length", [400, 401])
def test_what_kubectl_says_is_repeated_up_to_400_characters(length: int) -> None:
    assert said_by(b"e" * length, 1) == "e" * 400


def test_a_name_that_no_pod_can_have_is_shown_up_to_80_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        '{"items": [{"metadata": {"namespace": "a", "name": "%s"},'
        ' "spec": {"nodeName": "node1", "containers": [{"name": "frr"}]}}]}'
    ) % ("X" * 81)
    monkeypatch.setattr(Calls, "call", lambda *_: Capture(None, None, "get pods", text, "kubectl"))
    speaker = Speaker("frr", ("app=frr",), "frr", "frr")
    found = speaking_pods(Calls(Kubectl()), [speaker], (), ())
    assert [pod.failure for pod in found.failed] == [f"a pod is not asked: {'X' * 80!r} is no name of one"]


def namespaces(number: int, refused: Sequence[int]) -> list[Capture]:
    """Return the answers for Services of a cluster with so many namespaces, some of which may not be read."""
    forbidden = 'Error from server (Forbidden): services is forbidden: User "a" cannot list resource "services"'

    class Cluster(Calls):
        def call(self, words: Sequence[str]) -> Capture:
            command = " ".join(words)
            text, failure = '{"items": []}', None
            if "api-resources" in words:
                text = "services"
            elif "namespaces" in words:
                text = str({"items": [{"metadata": {"name": f"n{n:03}"}} for n in range(number)]}).replace("'", '"')
            elif "-A" in words:
                failure = forbidden
            elif any(f"n{n:03}" in words for n in refused):
                failure = "Error from server (Forbidden): in this namespace"
            return Capture(None, None, command, "" if failure else text, "kubectl", failure=failure)

    return objects_of_cluster(Cluster(Kubectl()), ["services"])


@pytest.mark.parametrize(
    "number, refused, said",
    [
        (200, [], None),
        (201, [], "not read in namespace n200: "),
        (3, [1], "not read in namespace n001: Error from server (Forbidden): in this namespace"),
        (10, range(2, 10), "not read in namespaces n002, n003, n004, n005, n006, n007, n008, n009: "),
        (11, range(2, 11), "not read in namespaces n002, n003, n004, n005, n006, n007, n008, n009 and 1 more: "),
    ],
)
def test_200_namespaces_are_asked_one_by_one_and_eight_are_named(
    number: int, refused: Sequence[int], said: str | None
) -> None:
    captures = namespaces(number, refused)
    reasons = [capture.failure for capture in captures if capture.failure]
    assert len(reasons) == (said is not None)
    assert not said or reasons[0].startswith(said)
    assert len(captures) - len(reasons) == min(number, 200) - len(refused)


def test_a_router_of_an_unknown_platform_is_asked_for_those_that_a_scan_knows_and_detects() -> None:
    configuration = Configuration.model_validate({"routers": {"tor1": {}}})
    (target,) = targets_of(configuration, pools=["198.51.100.0/24", "2001:db8::/32"])
    assert all(known.commands for known in target.alternatives)
    check = platforms()[target.alternatives[0].platform or ""].scan_check
    assert check is not None
    assert target.commands == (check.command,)
    assert {"frr", "bird", "linux"} <= {known.platform for known in target.alternatives}
