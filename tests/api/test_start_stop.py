"""How the program starts, refuses to start, and stops."""

import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg2
import pytest

from harness.client import Client
from harness.server import Server, binary
from harness.wait import wait_until

sqlite_only = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


def run(*words: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(binary()), *words], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done


def sentence(server: Server) -> str:
    """The last line that a server which did not start left behind."""
    assert server.wait_exit() == 1
    line = server.log.text.strip().splitlines()[-1]
    assert line.startswith("crisol: ")
    return line


# ---- starting


def test_a_ready_server_says_where_it_is_in_one_line(server: Server) -> None:
    first, *rest = server.output.text.splitlines()
    assert first == f"Crisol is ready at {server.url}"
    assert len(rest) == 1
    assert "/setup?token=" in rest[0]


def test_health(server: Server) -> None:
    assert server.oip(None).get("/health/live", expect=200).json() == {"live": True}
    assert server.oip(None).get("/health/ready", expect=200).json() == {"ready": True}


@sqlite_only
def test_a_taken_port_is_said(server_factory: Callable[..., Server]) -> None:
    first, second = server_factory(), server_factory(start=False)
    taken = f"127.0.0.1:{first.port}"
    done = run("serve", "--data", str(second.data), "--listen", taken, expect=1)
    assert f"127.0.0.1:{first.port} is taken by another program" in done.stderr
    assert done.stdout == ""


@sqlite_only
def test_two_servers_do_not_share_a_folder(server_factory: Callable[..., Server]) -> None:
    first = server_factory()
    done = run("serve", "--data", str(first.data), "--listen", "127.0.0.1:0", expect=1)
    assert "another server works on the data folder" in done.stderr
    first.api("admin").get("/me", expect=200)


@sqlite_only
def test_a_killed_server_leaves_no_lock(server: Server) -> None:
    server.kill()
    server.start()


def test_a_newer_database_is_refused(server: Server) -> None:
    server.stop()
    insert = "insert into store_migrations (number, name, applied_ms) values (9999, 'future', 0)"
    if server.store.url is None:
        connection = sqlite3.connect(server.data / "crisol.db")
        connection.execute(insert)
        connection.commit()
    else:
        connection = psycopg2.connect(server.store.url)
        connection.cursor().execute(insert)
        connection.commit()
    connection.close()
    server.start(wait=False)
    assert "newer than this program" in sentence(server)


@sqlite_only
def test_a_broken_database_is_said(server: Server) -> None:
    server.stop()
    (server.data / "crisol.db").write_bytes(b"this is no database" * 100)
    for extra in ("crisol.db-wal", "crisol.db-shm"):
        (server.data / extra).unlink(missing_ok=True)
    server.start(wait=False)
    assert "crisol.db" in sentence(server)


@sqlite_only
@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"no.such.thing": "1"}, "no.such.thing"),
        ({"clock.virtual": "yesterday"}, "clock.virtual"),
        ({"database": "mysql://localhost/x"}, "postgresql://"),
        ({"database": "postgresql://nobody:secretword@127.0.0.1:1/x"}, "127.0.0.1"),
    ],
)
def test_a_bad_setting_is_said(
    server_factory: Callable[..., Server], settings: dict[str, str], says: str
) -> None:
    server = server_factory(start=False, settings=settings)
    server.start(wait=False)
    said = sentence(server)
    assert says in said
    assert "secretword" not in server.log.text


@pytest.mark.parametrize("command", [["serve"], ["demo", "--check"], ["user", "list"]])
def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "notes").write_text("not a folder")
    done = run(*command, "--data", str(tmp_path / "notes"), expect=1)
    assert "notes is a file, and a folder is needed there" in done.stderr


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("serve", "--data", str(tmp_path / "file" / "data"), expect=1)
    assert str(tmp_path / "file") in done.stderr


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", "127.0.0.1:99999", ":80", "a b:1"])
def test_a_bad_address_is_said(tmp_path: Path, address: str) -> None:
    done = run("serve", "--data", str(tmp_path / "data"), "--listen", address, expect=1)
    assert address in done.stderr


@sqlite_only
def test_ready_within_the_promised_time(server: Server) -> None:
    server.stop()
    start = time.monotonic()
    server.start()
    assert time.monotonic() - start < 3  # the figure that counts is measured in tests/bench


# ---- help


def test_every_command_helps() -> None:
    overview = run("--help").stdout
    for line in re.findall(r"^  (.+?)  +\S", overview, re.M):
        words = [word for word in line.split() if word.islower()]
        told = run(*words, "--help").stdout
        assert told.startswith(f"usage: crisol {' '.join(words)}")
    assert "user add" in run("user", "--help").stdout
    assert "serve" not in run("user", "--help").stdout
    assert run(expect=2).stdout == ""
    assert "no command" in run("dance", expect=2).stderr
    assert run("version").stdout.startswith("crisol 0.1.0")


# ---- stopping


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_the_server_in_order(server: Server, how: signal.Signals) -> None:
    server.process.send_signal(how)
    assert server.wait_exit() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=2)


@sqlite_only
def test_draining_under_load_loses_no_request(server: Server) -> None:
    """Clients that keep their connections are answered and told to go; none is cut off in the
    middle of a request."""
    server.token("viewer")
    broken: list[str] = []
    answered = [0] * 4
    stopping = threading.Event()

    def ask(i: int) -> None:
        client = server.api("viewer")
        while True:
            try:
                answer = client.get("/me")
            except OSError as error:
                # Refused at the door is fine once it stops; cut off in the middle is not.
                if not stopping.is_set() or "refused" not in str(error):
                    broken.append(str(error))
                return
            if answer.status_code != 200:
                broken.append(f"{answer.status_code} {answer.text}")
                return
            answered[i] += 1

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: all(n > 20 for n in answered), 10)
    stopping.set()
    server.process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    assert server.wait_exit() == 0
    assert broken == []


def test_live_streams_end_when_the_server_stops(server: Server) -> None:
    stream = server.api("viewer").get("/events", stream=True, expect=200)
    lines = stream.iter_lines()
    assert b"event: hello" in [next(lines) for _ in range(3)]
    start = time.monotonic()
    server.stop()
    assert time.monotonic() - start < 3
    assert list(lines)[-1:] in ([], [b""])


@sqlite_only
def test_a_slow_client_does_not_keep_the_server(server: Server) -> None:
    with server.raw() as idle, server.raw() as half:
        half.send("POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-")
        idle.send("")
        start = time.monotonic()
        server.stop()
        assert time.monotonic() - start < 3


# ---- the clock


@pytest.mark.serve(clock="2026-01-01T00:00:00Z")
def test_a_virtual_clock_stands_until_it_is_moved(server: Server) -> None:
    api = server.api()
    for wrong in ({}, {"advance_s": -1}, {"advance_s": "1"}, {"advance_s": 1e300}):
        api.post("/clock", json=wrong, expect=422)
    assert api.post("/clock", json={"advance_s": 90.5}, expect=200).json() == {
        "now": "2026-01-01T00:01:30.500Z"
    }
    assert api.post("/clock", json={"advance_s": 0}).json()["now"] == "2026-01-01T00:01:30.500Z"


def test_a_real_clock_cannot_be_moved(server: Server) -> None:
    server.api("admin").post("/clock", json={"advance_s": 1}, expect=404)


# ---- pages


@sqlite_only
def test_pages_are_served_and_the_interface_is_not_hidden(
    server_factory: Callable[..., Server], tmp_path: Path
) -> None:
    pages = tmp_path / "pages"
    (pages / "assets").mkdir(parents=True)
    (pages / "index.html").write_text("<!doctype html><title>Crisol</title>")
    (pages / "assets" / "app.1a2b.js").write_text("console.log(1);" * 200)
    (tmp_path / "secret.txt").write_text("secret")
    server = server_factory(settings={"web.dir": str(pages)})
    web = Client(server.url)
    front = web.get("/", expect=200)
    assert front.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = front.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert web.get("/models/iris/performance", expect=200).content == front.content
    script = web.get("/assets/app.1a2b.js", expect=200)
    assert "immutable" in script.headers["Cache-Control"]
    assert script.headers["Content-Encoding"] == "gzip"
    etag = {"If-None-Match": script.headers["ETag"]}
    assert web.get("/assets/app.1a2b.js", headers=etag, expect=304).content == b""
    web.get("/assets/gone.js", expect=404)
    web.get("/api/v1/nothing", expect=404)
    web.get("/v2/nothing", expect=404)
    web.post("/anything", expect=404)
    for trick in ("/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"):
        with server.raw() as raw:
            raw.send(f"GET {trick} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert not raw.receive().endswith(b"secret")
    web.close()
