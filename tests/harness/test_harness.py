"""The harness has to notice what it promises to notice."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from harness import processes
from harness.log import Log, parse
from harness.postgres import Postgres
from harness.wait import Hopeless, Port, wait_until

ERROR = 'time=2026-01-01T00:00:00.000Z level=error where=store msg="disk full" path=/d bytes=12'


def log_of(path: Path, *lines: str) -> Log:
    path.write_text("\n".join(lines) + "\n")
    return Log(path)


def test_a_log_line_is_taken_apart() -> None:
    line = 'time=T level=info where=http msg="say \\"hi\\"\\n" status=200 empty='
    assert parse(line) == {
        "time": "T",
        "level": "info",
        "where": "http",
        "msg": 'say "hi"\n',
        "status": "200",
        "empty": "",
    }
    assert parse("free text level=error") == {}


@pytest.mark.parametrize(
    "line",
    [
        ERROR,
        "==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x6020",
        "==12==ERROR: LeakSanitizer: detected memory leaks",
        "src/base/buf.c:12:3: runtime error: signed integer overflow",
        "crisol: src/base/buf.c:12: buf_add: Assertion `n <= max' failed.",
        "free(): double free detected in tcache 2",
    ],
)
def test_the_log_complains(tmp_path: Path, line: str) -> None:
    harmless = "time=T level=warn where=http msg=slow"
    assert log_of(tmp_path / "log", harmless, line).complaints() == [line]


def test_an_allowed_error_is_no_complaint_but_a_sanitizer_is(tmp_path: Path) -> None:
    report = "==1==ERROR: AddressSanitizer: disk full"
    log = log_of(tmp_path / "log", ERROR, report)
    log.allow_error("disk full")
    assert log.complaints() == [report]


def test_entries_are_found_by_text_and_field(tmp_path: Path) -> None:
    log = log_of(tmp_path / "log", ERROR, "time=T level=info where=http msg=ready")
    assert [entry["where"] for entry in log.entries(level="info")] == ["http"]
    assert log.entries("disk", level="info") == []


def test_waiting_names_what_did_not_come() -> None:
    with pytest.raises(AssertionError, match=r"waited 0\.1 s in vain for: rain"):
        wait_until(lambda: False, timeout=0.1, what="rain")


def test_waiting_ends_at_once_when_there_is_no_hope() -> None:
    def never() -> bool:
        raise Hopeless("it is dead")

    with pytest.raises(Hopeless):
        wait_until(never, timeout=60)


def test_no_port_is_given_out_twice() -> None:
    ports = [Port() for _ in range(50)]
    assert len({port.number for port in ports}) == 50
    for port in ports:
        port.release()


def test_a_process_is_found_by_its_mark_after_it_left_its_session() -> None:
    child = subprocess.Popen(
        ["setsid", "sleep", "60"], env={**os.environ, "CRISOL_TEST_SERVER": "harness-test"}
    )
    found = wait_until(lambda: processes.with_variable("CRISOL_TEST_SERVER", "harness-test"))
    assert [pid for pid, _ in found] == [child.pid]
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert processes.with_variable("CRISOL_TEST_SERVER", "harness-test") == []


def test_postgres_survives_a_crash(postgres: Postgres) -> None:
    url = postgres.create_database()
    name = url.rpartition("/")[2]
    connection = postgres.connect(name)
    connection.cursor().execute("CREATE TABLE kept AS SELECT 7 AS n")
    postgres.crash()
    postgres.start()
    cursor = postgres.connect(name).cursor()
    cursor.execute("SELECT n FROM kept")
    assert cursor.fetchall() == [(7,)]
    postgres.drop_database(url)
