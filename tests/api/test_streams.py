"""Answers without an end: they last as long as the credential that opened them."""

import threading
import time
from typing import Any

import pytest

from harness import Client, Server, wait_until
from harness.server import PASSWORD
from harness.training import install_module, upload

sqlite_only = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
SOON_S = 2.5  # another node's changes are looked for every second; the rest is patience


class Listener:
    """Somebody who reads a stream until it ends."""

    def __init__(self, client: Client, path: str = "/events") -> None:
        self.lines: list[bytes] = []
        self.whole = False
        headers = {"Accept": "text/event-stream"}
        self.answer = client.get(path, headers=headers, stream=True, expect=200)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        for line in self.answer.iter_lines(chunk_size=1):
            self.lines.append(line)
        self.whole = True

    def ended(self, within_s: float) -> bool:
        """Ended as an answer ends, not by a broken connection."""
        self.thread.join(within_s)
        return self.whole

    def hears(self, text: str) -> None:
        wait_until(lambda: any(text.encode() in line for line in self.lines), 10)


def make_token(client: Client, label: str) -> dict[str, Any]:
    return client.post("/tokens", json={"label": label, "role": "viewer"}, expect=201).json()


def with_token(server: Server, token: str) -> Client:
    client = server.api()
    client.session.headers["Authorization"] = f"Bearer {token}"
    return client


def publish(server: Server, name: str) -> None:
    """Something that every listener to live events hears of."""
    server.api("developer").post("/models", json={"name": name, "task": "other"}, expect=201)


def follow_a_log(server: Server, clients: list[Client]) -> tuple[str, list[Listener]]:
    """A run that waits until its file "go" is there, and one listener to its log per client."""
    install_module(server, "acting")
    api = server.api("developer")
    upload(api, "t", "x,y\n" + "1,2\n3,4\n" * 20)
    order = {"module": "acting", "parameters": {"act": "wait"}, "dataset": {"name": "t"}}
    run = api.post("/runs", json=order, expect=201).json()["id"]
    listeners = [Listener(client, f"/runs/{run}/log") for client in clients]
    for listener in listeners:
        listener.hears("waiting")
    return run, listeners


def test_a_revoked_token_ends_its_streams_and_no_others(server: Server) -> None:
    admin = server.api("admin")
    gone, kept = make_token(admin, "gone"), make_token(admin, "kept")
    clients = [with_token(server, gone["token"]), with_token(server, kept["token"])]
    events = [Listener(client) for client in clients]
    for listener in events:
        listener.hears("hello")
    run, logs = follow_a_log(server, clients)
    admin.delete(f"/tokens/{gone['id']}", expect=204)
    start = time.monotonic()
    assert events[0].ended(1)
    assert logs[0].ended(1)
    assert time.monotonic() - start < 1
    publish(server, "after")
    events[1].hears("after")
    assert not any(b"after" in line for line in events[0].lines)
    (server.data / "runs" / run / "go").touch()
    logs[1].hears("done")
    assert logs[1].ended(2)
    assert not any(b"done" in line for line in logs[0].lines)
    assert not events[1].ended(0)


def test_who_is_removed_hears_no_more(server: Server) -> None:
    admin = server.api("admin")
    one = Listener(server.login("viewer"))
    two = Listener(server.api("viewer"))
    other = Listener(server.api("developer"))
    for listener in (one, two, other):
        listener.hears("hello")
    admin.delete("/users/viewer", expect=204)
    assert one.ended(SOON_S)
    assert two.ended(SOON_S)
    publish(server, "after")
    other.hears("after")


def test_logging_out_ends_the_streams_of_that_session(server: Server) -> None:
    first, second = server.login("viewer"), server.login("viewer")
    leaving, staying = Listener(first), Listener(second)
    leaving.hears("hello")
    staying.hears("hello")
    first.delete("/session", expect=204)
    assert leaving.ended(SOON_S)
    publish(server, "after")
    staying.hears("after")


def test_a_new_password_ends_the_streams_of_the_other_sessions(server: Server) -> None:
    own, thief = server.login("viewer"), server.login("viewer")
    mine, stolen = Listener(own), Listener(thief)
    mine.hears("hello")
    stolen.hears("hello")
    change = {"current_password": PASSWORD, "password": "another good password"}
    own.patch("/me", json=change, expect=200)
    assert stolen.ended(SOON_S)
    publish(server, "after")
    mine.hears("after")


def test_what_the_command_line_revokes_ends_too(server: Server) -> None:
    token = make_token(server.api("admin"), "gone")
    listener = Listener(with_token(server, token["token"]))
    listener.hears("hello")
    server.cli("token", "revoke", token["id"])
    assert listener.ended(SOON_S)


@pytest.mark.serve(clock="2026-01-01T00:00:00Z")
def test_listening_does_not_keep_a_session(server: Server) -> None:
    """A page that is left open listens for ever; the session ends all the same."""
    listener = Listener(server.login("viewer"))
    by_token = Listener(server.api("viewer"))
    listener.hears("hello")
    server.advance(6 * 86400)
    assert not listener.ended(SOON_S)
    server.advance(2 * 86400)
    assert listener.ended(SOON_S)
    assert not by_token.ended(0)


@sqlite_only
def test_a_stream_on_which_nothing_happens_gives_signs_of_life(server: Server) -> None:
    """Proxies hang up on silence; so many seconds are what this promise costs."""
    viewer = server.api("viewer")
    events = Listener(viewer)
    run, logs = follow_a_log(server, [viewer])
    for listener in (events, *logs):
        wait_until(lambda each=listener: b": still here" in each.lines, 20)
    (server.data / "runs" / run / "go").touch()
    assert logs[0].ended(5)
