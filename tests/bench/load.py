"""Load generators: wrk for as much as a server can take, hey for a fixed rate, slow clients."""

import json
import re
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass
class Figures:
    """What one run of a load generator saw."""

    requests: int
    seconds: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    not_2xx: int = 0
    broken: int = 0

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def trouble(self) -> int:
        return self.not_2xx + self.broken


def wrk(url: str, bodies: Path, token: str | None, connections: int, seconds: int) -> Figures:
    """As fast as the server answers, on `connections` connections that stay open."""
    threads = min(2, connections)
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    command += ["-s", str(HERE / "post.lua"), url, "--", str(bodies)]
    if token:
        command.append(token)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Figures(**json.loads(done.stdout.strip().splitlines()[-1]))


def fixed_rate(url: str, body: Path, token: str | None, rate: int, seconds: int) -> Figures | None:
    """`rate` requests a second on 20 connections, by hey; None where it is not installed. hey waits
    for an answer before it sends the next request on a connection, so a stall hides some load."""
    if not shutil.which("hey"):
        return None
    connections = 20
    command = ["hey", "-z", f"{seconds}s", "-c", str(connections), "-q", str(rate // connections)]
    command += ["-m", "POST", "-T", "application/json", "-D", str(body)]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    text = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    quantiles = {int(q): float(s) * 1e3 for q, s in re.findall(r"(\d+)% in ([\d.]+) secs", text)}
    statuses = {int(s): int(n) for s, n in re.findall(r"\[(\d+)\]\s+(\d+) responses", text)}
    slowest = re.search(r"Slowest:\s+([\d.]+)", text)
    return Figures(
        requests=sum(statuses.values()),
        seconds=seconds,
        p50_ms=quantiles.get(50, 0),
        p90_ms=quantiles.get(90, 0),
        p99_ms=quantiles.get(99, 0),
        max_ms=float(slowest[1]) * 1e3 if slowest else 0,
        not_2xx=sum(n for status, n in statuses.items() if status // 100 != 2),
    )


@contextmanager
def slow_clients(port: int, count: int):
    """`count` connections that send a request one byte a second while the block runs."""
    connections = []
    for _ in range(count):
        connections.append(socket.create_connection(("127.0.0.1", port), timeout=5))
    stop = threading.Event()
    text = b"POST /v2/models/iris/infer HTTP/1.1\r\nHost: slow\r\nContent-Length: 100000\r\n\r\n{"

    def drip() -> None:
        for position in range(len(text)):
            for connection in connections:
                try:
                    connection.send(text[position : position + 1])
                except OSError:
                    continue  # the server may well refuse to wait
            if stop.wait(1):
                return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        for connection in connections:
            connection.close()
