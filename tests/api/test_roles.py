"""Every route of every routes.def, as everybody on the ladder: in or out as it declares."""

import re
from collections.abc import Callable, Iterator

import pytest
import requests

from harness.client import Client
from harness.server import ROOT, Server

LADDER = ["none", "service", "viewer", "developer", "admin"]
OPENERS = ["serving.anonymous", "metrics.anonymous", "identity.registration"]

sqlite_only = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
ROW = re.compile(r'ROUTE\(\s*HTTP_(\w+),\s*"([^"]+)",\s*([\w |]+),')


def operations(server: Server) -> Iterator[tuple[str, str, dict]]:
    doc = server.api().get("/openapi.json", expect=200).json()
    for path, item in doc["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def ask(client: Client, method: str, path: str) -> requests.Response:
    """The request with names that exist nowhere and a body that says nothing: what is behind the
    door may refuse it, but only after the door has opened."""
    where = re.sub(r"\{\w+\}", "x", path)
    body = {} if method in ("get", "delete") else {"json": {}}
    answer = client.request(method.upper(), where, stream=True, **body)
    answer.close()
    return answer


def complaint(method: str, path: str, who: str, role: str, status: int) -> str | None:
    if LADDER.index(who) >= LADDER.index(role):
        wrong = status in (401, 403)
    else:
        wrong = status != (401 if who == "none" else 403)
    return f"{method.upper()} {path} ({role}) answered {who} with {status}" if wrong else None


def walk(server: Server, client_of: Callable[[str], Client], ladder: list[str]) -> list[str]:
    found = []
    for method, path, operation in operations(server):
        for who in ladder:
            if (method, path) == ("delete", "/api/v1/session") and who != "none":
                continue  # it would log the walker out; see test_identity.py
            status = ask(client_of(who), method, path).status_code
            found.append(complaint(method, path, who, operation["x-role"], status))
            assert status < 500, f"{method.upper()} {path} answered {who} with {status}"
    assert len(found) > 50
    return [each for each in found if each]


def test_every_route_with_tokens(server: Server) -> None:
    clients = {who: server.http(None if who == "none" else who) for who in LADDER}
    assert walk(server, clients.__getitem__, LADDER) == []


@sqlite_only
def test_every_route_with_sessions(server: Server) -> None:
    clients = {}
    for who in ("viewer", "developer", "admin"):
        session = server.login(who)
        clients[who] = server.http()
        clients[who].session = session.session
    assert walk(server, clients.__getitem__, list(clients)) == []


@sqlite_only
def test_no_route_takes_a_session_without_its_csrf_token(server: Server) -> None:
    admin = server.login("admin")
    del admin.session.headers["X-CSRF-Token"]
    web = server.http()
    web.session = admin.session
    for method, path, operation in operations(server):
        if method != "get" and operation["x-role"] != "none":
            assert ask(web, method, path).status_code == 403, f"{method} {path}"


@sqlite_only
@pytest.mark.serve(settings=dict.fromkeys(OPENERS, "true"))
def test_settings_open_what_they_say_and_nothing_else(server: Server) -> None:
    nobody = server.http()
    for method, path, operation in operations(server):
        status = ask(nobody, method, path).status_code
        open_now = operation["x-role"] == "none" or operation.get("x-open") in OPENERS
        assert (status not in (401, 403)) == open_now, f"{method.upper()} {path}: {status}"


@sqlite_only
@pytest.mark.serve(clock="2026-01-01T00:00:00Z")
def test_no_row_of_a_table_is_missing_in_the_reference(server: Server) -> None:
    listed = {
        (method, path, op["x-role"], op.get("x-open", ""))
        for method, path, op in operations(server)
    }
    opened = {
        "OPEN_SERVING": OPENERS[0],
        "OPEN_METRICS": OPENERS[1],
        "OPEN_REGISTRATION": OPENERS[2],
    }
    written = set()
    for table in sorted((ROOT / "src").rglob("*routes.def")):
        if table.name == "page_routes.def":
            continue
        for method, pattern, role in ROW.findall(table.read_text()):
            name, _, opener = role.partition("|")
            written.add(
                (
                    method.lower(),
                    pattern.replace("*}", "}"),
                    name.strip().removeprefix("ROLE_").lower(),
                    opened.get(opener.strip(), ""),
                )
            )
    assert len(written) > 15
    assert written == listed
