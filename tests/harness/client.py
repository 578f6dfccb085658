"""HTTP clients of the server under test."""

import socket
from typing import Any

import requests


class Client:
    """Somebody who talks to the server: a base address and a credential.

    Methods take a path below the base and answer a requests.Response. With `expect` they fail
    at once, showing the body, when the status is another one:

        api.post("/models", json={"name": "iris", "task": "classification"}, expect=201)
    """

    def __init__(self, base: str, token: str | None = None, timeout: float = 30) -> None:
        self.base = base.rstrip("/")
        self.timeout = timeout
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = False
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"
        self.token = token

    def request(
        self, method: str, path: str, *, expect: int | tuple[int, ...] | None = None, **options: Any
    ) -> requests.Response:
        options.setdefault("timeout", self.timeout)
        options.setdefault("allow_redirects", False)
        answer = self.session.request(method, self.base + path, **options)
        if expect is not None:
            wanted = (expect,) if isinstance(expect, int) else expect
            assert answer.status_code in wanted, (
                f"{method} {path} answered {answer.status_code} instead of {wanted}: {answer.text}"
            )
        return answer

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> requests.Response:
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> requests.Response:
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        return self.request("DELETE", path, **options)

    def login(self, name: str, password: str) -> "Client":
        """Opens a session: from then on this client works by cookie and CSRF token, as a browser
        does. Its base must be /api/v1."""
        answer = self.post("/session", json={"name": name, "password": password}, expect=200)
        self.session.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return self

    def close(self) -> None:
        self.session.close()


class RawConnection:
    """A bare TCP connection, for what no well-behaved client sends."""

    def __init__(self, host: str, port: int, timeout: float = 10) -> None:
        self.socket = socket.create_connection((host, port), timeout=timeout)

    def send(self, data: bytes | str) -> None:
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def finish(self) -> None:
        """Says that nothing more will come, and goes on listening."""
        self.socket.shutdown(socket.SHUT_WR)

    def receive(self, until: bytes | None = None, limit: int = 1 << 20) -> bytes:
        """What arrives until the peer closes, or until `until` has arrived."""
        data = b""
        while len(data) < limit:
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                break
            if not piece:
                break
            data += piece
            if until is not None and until in data:
                break
        return data

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "RawConnection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
