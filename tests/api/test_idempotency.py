"""Idempotency-Key: what was asked twice is done once."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness.server import PASSWORD, Server


def body(name: str) -> dict[str, str]:
    return {"name": name, "password": PASSWORD}


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def names(server: Server) -> list[str]:
    return sorted(u["name"] for u in server.api("admin").get("/users").json()["items"])


def test_the_same_request_again_gets_the_first_answer(server: Server) -> None:
    admin, headers = server.api("admin"), key()
    first = admin.post("/users", json=body("bea"), headers=headers, expect=201)
    again = admin.post("/users", json=body("bea"), headers=headers, expect=201)
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert names(server) == ["admin", "bea"]


def test_another_request_under_the_same_key_is_refused(server: Server) -> None:
    admin, headers = server.api("admin"), key()
    admin.post("/users", json=body("bea"), headers=headers, expect=201)
    refused = admin.post("/users", json=body("cai"), headers=headers, expect=409).json()
    assert "another request" in refused["detail"]
    assert names(server) == ["admin", "bea"]


def test_a_form_may_be_sent_again_with_another_boundary(server: Server) -> None:
    api, headers = server.api("developer"), key()

    def send(content: bytes, expect: int) -> requests.Response:
        files = {"file": ("t.csv", content), "name": (None, "t")}
        return api.post("/datasets", files=files, headers=headers, expect=expect)

    first = send(b"a\n1\n", 201)
    again = send(b"a\n1\n", 201)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "another request" in send(b"a\n2\n", 409).json()["detail"]


def test_a_key_belongs_to_its_user(server: Server) -> None:
    headers = key()
    server.api("admin").post("/users", json=body("bea"), headers=headers, expect=201)
    server.cli("user", "add", "boss", "--role", "admin", "--password-stdin", stdin="12345678\n")
    boss = server.api().login("boss", "12345678")
    boss.post("/users", json=body("cai"), headers=headers, expect=201)


def test_a_failure_may_be_put_right_under_its_key(server: Server) -> None:
    admin, headers = server.api("admin"), key()
    admin.post("/users", json={"name": "bea", "password": "short"}, headers=headers, expect=422)
    admin.post("/users", json=body("bea"), headers=headers, expect=201)


def test_many_at_the_same_time_do_it_once(server: Server) -> None:
    headers = key()
    admins = [server.api("admin") for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        answers = list(
            threads.map(lambda a: a.post("/users", json=body("bea"), headers=headers), admins)
        )
    created = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in created}) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert all("still at work" in a.json()["detail"] for a in answers if a.status_code == 409)
    assert names(server) == ["admin", "bea"]


@pytest.mark.serve(clock="2026-01-01T00:00:00Z")
def test_a_key_is_forgotten_after_a_day(server: Server) -> None:
    admin, headers = server.api("admin"), key()
    admin.post("/users", json=body("bea"), headers=headers, expect=201)
    server.advance(86400 - 1)
    admin.post("/users", json=body("bea"), headers=headers, expect=201)
    server.advance(1)
    admin.post("/users", json=body("bea"), headers=headers, expect=409)


@pytest.mark.parametrize("value", ["a b", "", "ä".encode("latin-1"), "x" * 201])
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_bad_key_is_refused(server: Server, value: str | bytes) -> None:
    answer = server.api("admin").post(
        "/users", json=body("bea"), headers={"Idempotency-Key": value}, expect=400
    )
    assert "Idempotency-Key" in answer.json()["detail"]


def test_an_answer_survives_a_crash(server: Server) -> None:
    headers = key()
    first = server.api("admin").post("/users", json=body("bea"), headers=headers, expect=201)
    server.kill()
    server.start()
    again = server.api("admin").post("/users", json=body("bea"), headers=headers, expect=201)
    assert again.content == first.content
