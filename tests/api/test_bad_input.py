"""What no well-behaved client sends: refused with a sentence, and the server stays well."""

import gzip
import json
import time

import pytest

from harness import processes
from harness.client import RawConnection
from harness.server import PASSWORD, Server
from harness.wait import wait_until

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
small_bodies = pytest.mark.serve(settings={"http.body_max_bytes": "1048576"})


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


def ask(server: Server, request: bytes | str) -> tuple[int, bytes]:
    with server.raw() as raw:
        raw.send(request)
        answer = raw.receive()
    return status_of(answer), answer.partition(b"\r\n\r\n")[2]


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: x",
        "Connection: close",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"", 400, "empty"),
        (b"{", 400, "line 1"),
        (b"{'name': 1}", 400, "line 1"),
        (b'{"name": "x",}', 400, "line 1"),
        (b'{"name": NaN}', 400, "line 1"),
        (b'{"name": "x"} trailing', 400, "line 1"),
        (b'{"name": "a", "name": "b"}', 400, "name"),
        (b'{"name": "\xff\xfe"}', 400, "0xff"),
        (b'{"name": "\\ud800"}', 400, "line 1"),
        (b"[" * 100000, 400, "nested"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, 400, "nested"),
        (b"[]", 422, "object"),
        (b'"text"', 422, "object"),
        (b"null", 422, "object"),
        (b"{}", 422, "name"),
        (b'{"name": null, "password": "x"}', 422, "name"),
        (b'{"name": 1e999, "password": "x"}', 400, "line 1"),
        (b'{"name": {"a": 1}, "password": "x"}', 422, "name"),
        (b'{"name": "a", "password": ["x"]}', 422, "password"),
        (b'{"name": "a\\u0000b", "password": "x"}', 422, "U+0000"),
        (b'{"name": "' + b"x" * 5000 + b'", "password": "x"}', 422, "name"),
    ],
)
def test_wrong_json_is_refused_with_its_place(
    server: Server, body: bytes, status: int, says: str
) -> None:
    got, answer = ask(server, post("/api/v1/session", body, "Content-Type: application/json"))
    problem = json.loads(answer)
    assert (got, problem["status"]) == (status, status), problem
    assert says in answer.decode()
    assert problem["type"] == f"about:blank#{problem['code']}"
    assert problem["title"]


@pytest.mark.parametrize("kind", ["text/plain", "text/csv", "multipart/form-data; boundary=x"])
def test_another_kind_of_body_is_refused(server: Server, kind: str) -> None:
    body = b'{"name":"a","password":"b"}'
    status, answer = ask(server, post("/api/v1/session", body, f"Content-Type: {kind}"))
    assert status == 415
    assert b"application/json" in answer


@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/x-www-form-urlencoded",
        None,
    ],
)
def test_json_by_other_spellings_is_taken(server: Server, kind: str | None) -> None:
    headers = [] if kind is None else [f"Content-Type: {kind}"]
    assert ask(server, post("/api/v1/session", b"{}", *headers))[0] == 422


@small_bodies
def test_compressed_bodies_are_limited_too(server: Server) -> None:
    def send(body: bytes, encoding: str) -> int:
        kind = ("Content-Type: application/json", f"Content-Encoding: {encoding}")
        return ask(server, post("/api/v1/session", body, *kind))[0]

    assert send(gzip.compress(b"{}"), "gzip") == 422
    assert send(gzip.compress(b" " * (64 << 20)), "gzip") == 413
    assert send(gzip.compress(b"{}")[:-9], "gzip") == 400
    assert send(b"no gzip at all", "gzip") == 400
    assert send(gzip.compress(b"{}") + b"rest", "gzip") == 400
    assert send(gzip.compress(b"{") + gzip.compress(b"}"), "gzip") == 422
    assert send(b"{}", "br") == 415


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("br, gzip ; q=0.000", False),
        ("xgzip", False),
        ("", False),
    ],
)
def test_an_answer_is_packed_only_for_who_wants_it(
    server: Server, accepted: str, packed: bool
) -> None:
    headers = {"Accept-Encoding": accepted}
    with server.api().get("/openapi.json", headers=headers, stream=True, expect=200) as answer:
        assert ("Content-Encoding" in answer.headers) == packed


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(server: Server) -> None:
    head = "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
    status, answer = ask(server, head)
    assert status == 413
    assert b"99999999999" in answer
    head = head.replace("99999999999", "18446744073709551616")
    assert ask(server, head)[0] in (400, 413)


@small_bodies
def test_an_endless_body_is_cut_off(server: Server) -> None:
    with server.raw(timeout=20) as raw:
        raw.send("POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        sent = 0
        try:
            for _ in range(200):
                raw.send(piece)
                sent += 1
        except OSError:
            pass
    assert sent < 200
    assert server.api("viewer").get("/me").status_code == 200


@pytest.mark.serve(settings={"http.body_timeout_s": "1"})
def test_a_dripping_body_is_cut_off(server: Server) -> None:
    """One byte now and then keeps the idle timeout away, but no connection for ever."""
    token = server.token("viewer")
    head = f"PATCH /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    with server.raw(timeout=20) as raw:
        raw.send(head + "Content-Length: 10000\r\n\r\n{")

        def cut_off() -> bool:
            try:
                raw.send(b" ")
            except OSError:
                return True
            return False

        wait_until(cut_off, timeout=10, interval=0.1, what="the connection to be closed")
    assert server.log.entries("comes too slowly", where="http")
    server.api("viewer").get("/me", expect=200)


@pytest.mark.parametrize(
    "request_text",
    [
        "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "NONSENSE\r\n\r\n",
        "GET\r\n\r\n",
        "GET /api/v1/me HTTP/9.9\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /api/v1/me%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /api/v1/users/%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /api/v1/users/a%00b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /api/v1/users?limit=%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
)
def test_broken_requests_are_refused(server: Server, request_text: str) -> None:
    with server.raw() as raw:
        raw.send(request_text)
        raw.finish()
        answer = raw.receive()
    assert answer == b"" or 400 <= status_of(answer) <= 505, answer
    server.api("viewer").get("/me", expect=200)


@pytest.mark.parametrize(
    "frame",
    [
        "Content-Length: {n}\r\nContent-Length: {n}\r\n",
        "Content-Length: {n}\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: {n}\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: identity\r\nContent-Length: {n}\r\n",
    ],
)
def test_a_body_with_two_ends_is_refused_and_nothing_follows(server: Server, frame: str) -> None:
    hidden = "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    body = "0\r\n\r\n" + hidden
    head = f"POST /api/v1/session HTTP/1.1\r\nHost: x\r\n{frame.format(n=len(body))}\r\n"
    status, answer = ask(server, head + body)
    assert status == 400
    assert b"the end of the body must be told once" in answer
    assert answer.count(b"HTTP/1.1") == 0, "a second request was found behind the first"


@pytest.mark.parametrize("hosts", ["", "Host: a\r\nHost: b\r\n", "Host: a\r\nHost: a\r\n"])
def test_a_request_is_for_one_host(server: Server, hosts: str) -> None:
    status, answer = ask(server, f"GET /v2/health/live HTTP/1.1\r\n{hosts}\r\n")
    assert status == 400
    assert b"exactly one Host" in answer
    status, _ = ask(server, "GET /v2/health/live HTTP/1.0\r\n\r\n")
    assert status == 200, "HTTP/1.0 knows no Host"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://x/v2/health/live", 200),
        ("http://x:8080/v2/health/live?y=/a", 200),
        ("http://x/v2/nothing", 404),
        ("http://x", 200),
    ],
)
def test_a_proxy_may_ask_with_the_whole_address(server: Server, target: str, status: int) -> None:
    head = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert ask(server, head)[0] == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/nothing", 404),
        ("POST", "/v2/models/x/nothing", 404),
        ("DELETE", "/v2/models/x", 405),
        ("PUT", "/v2/health/live", 405),
        ("OPTIONS", "/v2/models/x/infer", 405),
    ],
)
def test_what_is_not_there_is_told_in_the_words_of_the_protocol(
    server: Server, method: str, path: str, status: int
) -> None:
    answer = server.http("viewer").request(method, path, expect=status)
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.json()) == ["error"]


def test_an_unknown_method_is_refused(server: Server) -> None:
    for method in ("BREW", "TRACE", "CONNECT", "OPTIONS"):
        status, answer = ask(
            server, f"{method} /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        assert status == 405
        assert method.encode() in answer
        options = server.api().request(method, "/me") if method != "CONNECT" else None
        assert options is None or options.headers["Allow"] == "GET, PATCH"
    refused = server.api("viewer").put("/me", json={}, expect=405)
    assert refused.headers["Allow"] == "GET, PATCH"


def test_a_flood_of_headers_is_refused(server: Server) -> None:
    for headers in (
        "".join(f"X-{i}: {'v' * 50}\r\n" for i in range(5000)),
        f"X-Long: {'v' * 500000}\r\n",
        f"Cookie: {'c=1; ' * 20000}\r\n",
    ):
        with server.raw() as raw:
            try:
                raw.send(f"GET /api/v1/me HTTP/1.1\r\nHost: x\r\n{headers}\r\n")
            except OSError:
                pass
            answer = raw.receive()
        assert answer == b"" or 400 <= status_of(answer) < 500
    server.api("viewer").get("/me", expect=200)


def test_a_long_path_is_refused(server: Server) -> None:
    for path in ("/" + "a" * 100000, "/api/v1/users" + "/x" * 20000):
        with server.raw() as raw:
            raw.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = raw.receive()
        assert 400 <= status_of(answer) < 500
    server.api("viewer").get("/me", expect=200)


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Bearer " + "x" * 5000, "Basic YTpi", "bearer \x7f", "Bearer crs_' or 1"],
)
def test_credentials_that_are_none(server: Server, authorization: str) -> None:
    status, _ = ask(
        server,
        "GET /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: {authorization}\r\n\r\n",
    )
    assert status in (400, 401)


def test_clients_that_hang_up_in_the_middle_leave_nothing_behind(server: Server) -> None:
    server.api("viewer").get("/me", expect=200)
    before = len(processes.descriptors(server.pid))
    for cut in (
        "GET /api/v1/me HT",
        "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
        "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        post("/api/v1/session", json.dumps({"name": "a", "password": "b"}).encode()).decode(),
    ):
        for _ in range(20):
            with server.raw() as raw:
                raw.send(cut)
    deadline = time.monotonic() + 10
    while len(processes.descriptors(server.pid)) > before + 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(processes.descriptors(server.pid)) <= before + 2
    server.api("viewer").get("/me", expect=200)


def test_slow_clients_do_not_stop_the_others(server: Server) -> None:
    """Two hundred clients that send a letter now and then, while somebody else works."""
    server.allow_descriptors(220)
    slow = [RawConnection("127.0.0.1", server.port) for _ in range(200)]
    try:
        for i, raw in enumerate(slow):
            raw.send("GET /api/v1/me HTTP/1.1\r\nHost" if i % 2 else "POST /api/v1/session HTTP/1")
        viewer = server.api("viewer")
        start = time.monotonic()
        for _ in range(200):
            viewer.get("/me", expect=200)
        assert time.monotonic() - start < 5
    finally:
        for raw in slow:
            raw.close()


def test_many_requests_in_one_breath_are_answered_in_order(server: Server) -> None:
    paths = ["/v2/health/live", "/api/v1/me", "/v2/health/ready", "/api/v1/session", "/api/no"] * 10
    requests = "".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n" for path in paths)
    with server.raw() as raw:
        raw.send(requests + "GET /v2/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = raw.receive()
    statuses = [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 401, 200, 200, 404] * 10 + [200]


def test_a_problem_names_what_is_wrong(server: Server) -> None:
    problem = server.api("admin").post(
        "/users", json={"name": "b b", "password": PASSWORD}, expect=422
    )
    assert problem.headers["Content-Type"] == "application/problem+json"
    body = problem.json()
    assert body.keys() == {"type", "title", "status", "detail", "code", "errors"}
    assert body["errors"] == [{"pointer": "/name", "detail": body["detail"]}]
