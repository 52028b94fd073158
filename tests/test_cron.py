"""`scan --record` as cron runs it: one at a time, with a deadline, quiet, and notifying people once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import sqlite3
import subprocess
import time
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.controller import Controller

from tests.scanned_router import ScannedRouter, Webhook, scanned_router, webhook
from tests.ssh_server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Envelope, Session

    from tests.program import Ended

pytestmark = pytest.mark.sshd

NODE3, NODE5 = "172.30.250.103", "172.30.250.105"
MISSING = "node node3 is missing on tor1, 172.31.1.1/32"


@pytest.fixture
def router(tmp_path: Path) -> Iterator[ScannedRouter]:
    with scanned_router(tmp_path) as running:
        yield running


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as running:
        yield running


def scan(router: ScannedRouter, hook: Webhook, *arguments: str) -> Ended:
    return router.scan("--record", *arguments, ECMPAUDIT_ALERT_URLS=hook.url)


def test_people_are_notified_of_a_confirmed_fault_once_and_of_its_recovery_once(
    router: ScannedRouter, hook: Webhook
) -> None:
    codes, counts = [], []
    for missing in ((), (NODE3,), (NODE3,), (NODE3,), (), ()):
        router.set_table(*missing)
        codes.append(scan(router, hook, "--confirm", "2").returncode)
        counts.append(len(hook.received))
    assert codes == [0, 1, 1, 1, 0, 0]
    assert counts == [0, 0, 1, 1, 2, 2]
    assert hook.titles == [f"ecmpaudit new: {MISSING}", f"ecmpaudit recovered: {MISSING}"]
    new, recovered = (message["message"] for message in hook.received)
    assert new.startswith(f"new: {MISSING}\ncause: ")
    assert "\neffect: 1 prefix short, 20 % of its traffic moved\n" in new
    assert (
        "\nnext: ecmpaudit scan -c ecmpaudit.yaml --save now; ecmpaudit explain 172.31.1.1/32 now -c ecmpaudit.yaml"
        in new
    )
    assert re.search(r"run 3 of 20\S+ \S+ UTC: 1 open incident\.", new)
    assert re.match(rf"recovered: {MISSING}\nlasted: \d+ s, since 20", recovered)
    assert "no open incident" in recovered
    assert len({message["incident"] for message in hook.received}) == 1
    assert [message["type"] for message in hook.received] == ["failure", "success"]


def test_nobody_is_notified_of_a_fault_that_only_one_run_found(router: ScannedRouter, hook: Webhook) -> None:
    for missing in ((NODE3,), (), (NODE3,), ()):
        router.set_table(*missing)
        scan(router, hook, "--confirm", "2")
    assert hook.received == []


def test_each_incident_is_one_message_however_many_prefixes_it_has(router: ScannedRouter, hook: Webhook) -> None:
    router.set_table(NODE5, NODE3)
    scan(router, hook)
    assert hook.titles == ["ecmpaudit new: 2 nodes are missing on tor1, all 2 prefixes: node3, node5"]


def test_people_are_notified_of_a_router_that_does_not_answer_and_of_no_recovery_of_its_faults(
    router: ScannedRouter, hook: Webhook
) -> None:
    router.set_table(NODE3)
    scan(router, hook)
    router.hang()
    began = time.monotonic()
    run = scan(router, hook, "--deadline", "5")
    assert time.monotonic() - began < 30
    assert run.returncode == 3
    assert "ECMP001  tor1: not checked: no answer: the run's deadline was over (--deadline)" in run.stdout
    assert hook.titles[0] == f"ecmpaudit new: {MISSING}"
    assert hook.titles[1].startswith("ecmpaudit not checked: tor1: not checked")
    router.set_table()
    scan(router, hook)
    assert hook.titles[2] == f"ecmpaudit recovered: {MISSING}"
    assert [title.partition(":")[0] for title in hook.titles[3:]] == ["ecmpaudit recovered"]


def test_people_are_notified_once_of_a_node_that_does_not_answer_and_once_that_it_answers(
    router: ScannedRouter, hook: Webhook
) -> None:
    titles = ["ecmpaudit not checked: node1", "ecmpaudit recovered: node1"]
    beginnings = len("ecmpaudit not checked: node1"), len("ecmpaudit recovered: node1")
    for is_up, by_now in ((False, titles[:1]), (False, titles[:1]), (True, titles), (True, titles)):
        router.ask_node1_too(is_up=is_up)
        assert scan(router, hook).returncode == (0 if is_up else 3)
        assert [title[:length] for title, length in zip(hook.titles, beginnings, strict=False)] == by_now
        assert len(hook.titles) == len(by_now)


def test_an_alert_that_failed_is_reported_and_is_part_of_the_next(router: ScannedRouter, hook: Webhook) -> None:
    hook.status = 503
    router.set_table(NODE3)
    for _ in range(2):
        run = scan(router, hook)
        assert run.returncode == 2
    assert "1 error" in run.stdout
    (line,) = [line for line in run.stderr.splitlines() if "alert" in line]
    assert line.startswith("ecmpaudit: alert destination 1 (json): not delivered, 2 times in a row since 20")
    assert line.endswith("the next run tries again")
    assert "sesame" not in run.stdout + run.stderr
    assert "geheim" not in run.stdout + run.stderr
    hook.status = 200
    router.set_table(NODE5)
    assert scan(router, hook).returncode == 1
    assert [title.partition(", ")[0] for title in hook.titles] == [
        "ecmpaudit new: node node5 is missing on tor1",
        "ecmpaudit new and recovered: node node3 is missing on tor1",
    ]
    router.set_table()
    assert scan(router, hook).returncode == 0
    (recovered,) = hook.titles[2:]
    assert recovered.startswith("ecmpaudit recovered: node node5 is missing on tor1, ")


def test_each_destination_is_notified_of_what_it_does_not_know(router: ScannedRouter, hook: Webhook) -> None:
    with webhook() as second:
        second.status = 500
        router.set_table(NODE3)
        both = f"{hook.url} {second.url}"
        assert router.scan("--record", ECMPAUDIT_ALERT_URLS=both).returncode == 2
        second.status = 200
        assert router.scan("--record", ECMPAUDIT_ALERT_URLS=both).returncode == 1
        assert hook.titles == second.titles == [f"ecmpaudit new: {MISSING}"]


def test_a_report_that_cannot_be_written_keeps_no_alert_back(router: ScannedRouter, hook: Webhook) -> None:
    router.set_table(NODE3)
    (router.folder / "folder").mkdir()
    run = scan(router, hook, "-o", "json:folder")
    assert run.returncode == 2
    assert "--output folder: cannot be written" in run.stderr
    assert hook.titles == [f"ecmpaudit new: {MISSING}"]


def refuse_inserts(router: ScannedRouter, table: str, when: str = "TRUE") -> None:
    """Let the history take no new rows of a table."""
    change_history(
        router, f"CREATE TRIGGER refuse BEFORE INSERT ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, 'refused'); END"
    )


def change_history(router: ScannedRouter, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(router.folder / "state" / "ecmpaudit" / "history.db")) as database:
        database.execute(statement)


def test_a_destination_that_the_history_does_not_take_stops_no_other_alert(
    router: ScannedRouter, hook: Webhook
) -> None:
    router.scan("--record")
    refuse_inserts(router, "destinations", "NEW.name LIKE '%destination 1%'")
    router.set_table(NODE3)
    (router.folder / "folder").mkdir()
    with webhook() as second:
        both = f"{hook.url} {second.url}"
        run = router.scan("--record", "-o", "json:folder", ECMPAUDIT_ALERT_URLS=both)
        assert hook.titles == second.titles == [f"ecmpaudit new: {MISSING}"]
    assert run.returncode == 2
    report, alert = run.stderr.splitlines()
    assert report.startswith("ecmpaudit: --output folder: cannot be written")
    assert alert.startswith("ecmpaudit: alert destination 1 (json): notified, and may be notified again: history ")
    assert "refused" in alert


def test_a_message_that_was_not_taken_is_reported_also_where_the_history_fails(
    router: ScannedRouter, hook: Webhook
) -> None:
    router.scan("--record")
    refuse_inserts(router, "destinations")
    hook.status = 503
    router.set_table(NODE3)
    run = scan(router, hook)
    assert run.returncode == 2
    assert re.match(r"ecmpaudit: alert destination 1 \(json\): not delivered: .*503.*; history .*refused", run.stderr)


@pytest.mark.parametrize(
    "place,reason",
    [
        ("file/snapshot", "snapshot file/snapshot cannot be written: Not a directory"),
        (".", ". has files that are no snapshot's (answer): name an empty or new folder"),
    ],
    ids=["no folder", "not empty"],
)
def test_a_snapshot_that_cannot_be_saved_costs_nothing_else(
    router: ScannedRouter, hook: Webhook, place: str, reason: str
) -> None:
    router.set_table(NODE3)
    (router.folder / "file").touch()
    run = scan(router, hook, "--save", place)
    assert (run.returncode, run.stderr) == (2, f"ecmpaudit: {reason}\n")
    assert "missing node3" in run.stdout
    assert hook.titles == [f"ecmpaudit new: {MISSING}"]
    assert "1 run, 1 open incident" in router.ecmpaudit("history").stdout


def test_a_second_scan_replaces_the_snapshot_of_the_first_only_where_it_may(
    router: ScannedRouter, hook: Webhook
) -> None:
    manifest = router.folder / "today" / "manifest.json"
    assert scan(router, hook, "--save", "today").returncode == 0
    first = manifest.read_bytes()
    router.set_table(NODE3)
    refused = scan(router, hook, "--save", "today")
    assert (refused.returncode, manifest.read_bytes()) == (2, first)
    assert "missing node3" in refused.stdout
    assert refused.stderr == (
        "ecmpaudit: today has a snapshot already: name another folder; `--overwrite` replaces it\n"
    )
    assert scan(router, hook, "--save", "today", "--overwrite").returncode == 1
    assert manifest.read_bytes() != first


@pytest.mark.parametrize("command", ["scan", "analyze"])
def test_a_run_that_cannot_be_recorded_and_a_report_that_cannot_be_written_are_both_reported(
    router: ScannedRouter, command: str
) -> None:
    words = (command, *(["table.txt"] if command == "analyze" else []), "--record")
    router.ecmpaudit(*words)
    refuse_inserts(router, "runs")
    (router.folder / "folder").mkdir()
    run = router.ecmpaudit(*words, "-o", "json:folder")
    assert run.returncode == 2
    history, report = run.stderr.splitlines()
    assert history.startswith("ecmpaudit: history ")
    assert "refused" in history
    assert report.startswith("ecmpaudit: --output folder: cannot be written")


@pytest.mark.parametrize("command", ["scan", "analyze"])
def test_a_history_that_cannot_be_read_costs_no_report(router: ScannedRouter, command: str) -> None:
    words = (command, *(["table.txt"] if command == "analyze" else []), "--record")
    router.ecmpaudit(*words)
    change_history(router, "DROP TABLE spreads")
    run = router.ecmpaudit(*words)
    assert run.returncode == 2
    assert run.stdout.endswith("as expected\n")
    assert all("spreads" in line for line in run.stderr.splitlines())


def test_a_configuration_that_goes_while_routers_are_asked_costs_nothing(router: ScannedRouter) -> None:
    file, answer = router.folder / "ecmpaudit.yaml", router.folder / "answer"
    was_read = hashlib.sha256(file.read_bytes()).hexdigest()
    answer.write_text(answer.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\nrm -f {file}\n"))
    run = router.scan("--record")
    assert (run.returncode, run.stderr, file.exists()) == (0, "", False)
    (kept,) = json.loads(router.ecmpaudit("history", "-f", "json").stdout)["runs"]
    assert kept["configuration_sha256"] == was_read


class Mailbox:
    """What aiosmtpd calls for each mail."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], bytes]] = []

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002 - given by aiosmtpd
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        self.mails.append((envelope.rcpt_tos, envelope.content))
        return "250 OK"


def test_an_alert_arrives_by_mail_with_urls_from_a_file(router: ScannedRouter) -> None:
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        urls = router.folder / "urls"
        urls.write_text(
            f"# operations\nmailto://127.0.0.1:{server.port}?from=audit@example.com&to=ops@example.com&mode=insecure\n"
        )
        urls.chmod(0o600)
        configuration = router.folder / "ecmpaudit.yaml"
        configuration.write_text(configuration.read_text().replace("{", f'{{"alerts": {{"urls_file": "{urls}"}}, ', 1))
        router.set_table(NODE3)
        run = router.scan("--record")
    finally:
        server.stop()
    assert run.returncode == 1, run.stderr
    ((recipients, content),) = mailbox.mails
    assert recipients == ["ops@example.com"]
    mail = message_from_bytes(content, policy=policy.default)
    assert mail["Subject"] == f"ecmpaudit new: {MISSING}"
    text = next(part for part in mail.walk() if part.get_content_maintype() == "text")
    assert "effect: 1 prefix short, 20 % of its traffic moved" in text.get_content()


@pytest.mark.parametrize(
    "mode,complaint",
    [(0o644, "may read or change it: chmod 600"), (0o640, "may read or change it: chmod 600")],
    ids=["for_all", "for_the_group"],
)
def test_urls_that_others_can_read_are_refused(router: ScannedRouter, mode: int, complaint: str) -> None:
    urls = router.folder / "urls"
    urls.write_text("json://127.0.0.1:9/sesame4711\n")
    urls.chmod(mode)
    configuration = router.folder / "ecmpaudit.yaml"
    configuration.write_text(configuration.read_text().replace("{", f'{{"alerts": {{"urls_file": "{urls}"}}, ', 1))
    run = router.scan("--record")
    assert run.returncode == 2
    assert complaint in run.stderr
    assert "sesame" not in run.stderr


@pytest.mark.parametrize("service, url", [("nosuch", "nosuch://sesame4711/x"), ("slack", "slack://sesame4711")])
def test_a_url_that_apprise_does_not_know_is_refused_before_anything_is_asked(
    router: ScannedRouter, service: str, url: str
) -> None:
    run = router.scan("--record", ECMPAUDIT_ALERT_URLS=url)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == (
        f"ecmpaudit: alert destination 1 ({service}): Apprise does not support this URL; it is not printed here, "
        "because it is secret\n"
    )


def test_nothing_is_printed_while_nothing_changes(router: ScannedRouter) -> None:
    outcomes = []
    for missing in ((), (), (NODE3,), (NODE3,), (NODE3,), ()):
        router.set_table(*missing)
        run = router.scan("--record", "--quiet-unless-changed", "--confirm", "2", "-o", "report.prom")
        outcomes.append((run.returncode, bool(run.stdout), run.stderr))
    assert outcomes == [(0, True, ""), (0, False, ""), (1, False, ""), (1, True, ""), (1, False, ""), (0, True, "")]
    assert run.stdout.startswith(f"Recovered:\n- error  {MISSING} (after ")
    assert "ecmpaudit_last_good_run_timestamp_seconds" in (router.folder / "report.prom").read_text()


def test_the_last_good_run_is_in_the_metrics_of_a_run_that_could_not_check(router: ScannedRouter) -> None:
    def good() -> float:
        text = (router.folder / "report.prom").read_text()
        return float(re.findall(r"^ecmpaudit_last_good_run_timestamp_seconds (\S+)$", text, re.MULTILINE)[0])

    router.scan("--record", "-o", "report.prom")
    before = good()
    router.hang()
    assert router.scan("--record", "--deadline", "3", "-o", "report.prom").returncode == 3
    assert abs(good() - before) <= 60
    assert "ecmpaudit_incomplete 1.0" in (router.folder / "report.prom").read_text()


@pytest.mark.parametrize("flags", [("--quiet-unless-changed",), ("--confirm", "2")], ids=["quiet", "confirm"])
def test_what_compares_with_earlier_runs_needs_the_history(router: ScannedRouter, flags: tuple[str, ...]) -> None:
    run = router.scan(*flags)
    assert run.returncode == 2
    assert "give --record too" in run.stderr.replace("\n", " ")


def test_a_second_scan_names_the_one_that_runs_and_asks_nothing(router: ScannedRouter) -> None:
    router.hang()
    first = subprocess.Popen(
        router.command("scan", "--record"), cwd=router.folder, env=router.environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        (lock,) = wait_for_lock(router.folder / "state" / "ecmpaudit", first)
        run = router.scan("--record")
        assert (run.returncode, run.stdout) == (2, "")
        expected = rf"ecmpaudit: another scan is running: pid {first.pid} since 20\S+Z holds {lock}; nothing was asked"
        assert re.match(expected, run.stderr)
        router.set_table()
        assert first.wait(timeout=60) == 0
    finally:
        first.kill()
        first.wait()
    assert router.scan("--record").returncode == 0


def test_the_lock_of_a_killed_scan_blocks_no_other(router: ScannedRouter) -> None:
    router.hang()
    first = subprocess.Popen(
        router.command("scan", "--record"), cwd=router.folder, env=router.environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for_lock(router.folder / "state" / "ecmpaudit", first)
    first.kill()
    first.wait()
    router.set_table()
    assert router.scan("--record").returncode == 0


def wait_for_lock(folder: Path, holder: subprocess.Popen[bytes]) -> list[Path]:
    """Return the lock when its holder has written its pid."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        locks = [lock for lock in folder.glob("scan-*.lock") if f"pid {holder.pid} " in lock.read_text()]
        if locks:
            return locks
        assert holder.poll() is None
        time.sleep(0.05)
    pytest.fail("no lock after 60 s")


def test_the_report_of_a_period_is_a_command(router: ScannedRouter) -> None:
    nothing = router.ecmpaudit("report")
    assert (nothing.returncode, "does not exist yet" in nothing.stderr) == (3, True)
    router.set_table(NODE5)
    router.scan("--record")
    text = router.ecmpaudit("report", "--since", "1d")
    assert text.returncode == 0, text.stderr
    assert "full spread: 0.00 % of 2 checks; 2 prefixes" in text.stdout
    assert router.ecmpaudit("report", "-q", "-o", "week.html").stdout == ""
    assert "<svg" in (router.folder / "week.html").read_text()
