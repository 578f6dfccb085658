"""The server under test: the real binary, its own folder, port and database."""

import os
import re
import signal
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness import processes
from harness.client import Client, RawConnection
from harness.log import Log
from harness.wait import Hopeless, Port, wait_until

ROOT = Path(__file__).resolve().parents[2]
LEAKS = Path(__file__).with_name("leaks.txt")
READY_SECONDS = 20
STOP_SECONDS = 15
# Room for what a server opens once and keeps: database connections, its log, a model's file.
DESCRIPTORS_SPARE = 12
MARK = "CRISOL_TEST_SERVER"
USERS = {"viewer": "viewer", "developer": "developer", "admin": "admin", "service": "viewer"}
PASSWORD = "correct horse battery"


def binary() -> Path:
    """The program under test: build/crisol, or what CRISOL_BINARY names."""
    path = Path(os.environ.get("CRISOL_BINARY", ROOT / "build" / "crisol")).resolve()
    assert path.exists(), f"{path} is missing: run dev/build"
    return path


@dataclass
class Store:
    """Where a server keeps its records: kind is "sqlite" or "postgres"."""

    kind: str
    url: str | None = None  # None: the SQLite file inside the data folder


@dataclass
class Server:
    """One `crisol serve`. Made by the fixtures `server` and `server_factory`, which also end it
    and hold it to its promises (see `verify`).

        api = server.api("developer")         # a client of /api/v1 with that role's token
        api.post("/models", json={...}, expect=201)
        server.kill(); server.start()         # a crash, and a new life on the same data
        server.allow_error("disk full")       # this test expects that line in the log
    """

    data: Path
    store: Store
    settings: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    clock: str | None = None  # RFC 3339: start with a virtual clock that stands at this time

    def __post_init__(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        self._port = Port()
        self.port = self._port.number
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = Log(self.data.parent / f"{self.data.name}.log")
        self.output = Log(self.data.parent / f"{self.data.name}.out")
        self.process: subprocess.Popen[bytes] | None = None
        self.mark = uuid.uuid4().hex
        self._clients: list[Client] = []
        self._tokens: dict[str, str] = {}
        self._descriptors_first: list[str] = []
        self._descriptors_spare = DESCRIPTORS_SPARE

    # ---- life

    def start(self, wait: bool = True) -> "Server":
        assert self.process is None, "the server runs already"
        command = [str(binary()), "serve", "--listen", f"127.0.0.1:{self.port}"]
        command += self._where()
        for name, value in self._all_settings().items():
            command += ["--set", f"{name}={value}"]
        printed = len(self.output.text)
        with self.log.path.open("ab") as err, self.output.path.open("ab") as out:
            self.process = subprocess.Popen(
                [*command, *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=self._environment(),
                cwd=self.data.parent,
                preexec_fn=processes.die_with_parent,
            )
        if wait:
            self.wait_ready(printed)
        return self

    def wait_ready(self, printed: int = 0) -> None:
        wait_until(lambda: self._is_ready(printed), READY_SECONDS, 0.01, "the server to be ready")
        assert self.process is not None
        self._descriptors_first = processes.descriptors(self.process.pid)

    def _is_ready(self, printed: int) -> bool:
        assert self.process is not None
        status = self.process.poll()
        if status is not None:
            raise Hopeless(f"crisol serve ended with {status}:\n{self.transcript()}")
        if self.url not in self.output.text[printed:]:
            return False
        client = Client(self.url, timeout=2)
        try:
            return client.get("/v2/health/ready").status_code == 200
        finally:
            client.close()

    def stop(self) -> None:
        """SIGTERM: the server must drain and exit 0 within the limit."""
        self.close_clients()
        process = self._running()
        before = process.poll()
        if before is not None:
            self.process = None
            raise AssertionError(f"crisol serve had already ended, with status {before}")
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # its stack may be in the core
            process.wait()
            self.process = None
            raise AssertionError(f"the server did not drain in {STOP_SECONDS} s") from None
        self.process = None
        assert status == 0, f"crisol serve exited with {status} after SIGTERM"

    def kill(self) -> None:
        """SIGKILL, as a power cut would: nothing is drained."""
        process = self._running()
        process.kill()
        process.wait()
        self.process = None
        self.close_clients()

    def restart(self) -> "Server":
        self.stop()
        return self.start()

    def wait_exit(self, timeout: float = READY_SECONDS) -> int:
        """The exit status of a server that is expected to end by itself."""
        status = self._running().wait(timeout=timeout)
        self.process = None
        return status

    @property
    def pid(self) -> int:
        return self._running().pid

    def _running(self) -> "subprocess.Popen[bytes]":
        assert self.process is not None, "the server does not run"
        return self.process

    def _where(self) -> list[str]:
        words = ["--data", str(self.data)]
        if self.store.url is not None:
            words += ["--database", self.store.url]
        return words

    def _all_settings(self) -> dict[str, str]:
        extra = {} if self.clock is None else {"clock.virtual": self.clock}
        return {**extra, **self.settings}

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CRISOL_")}
        return {
            **kept,
            "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
            "LSAN_OPTIONS": f"suppressions={LEAKS}:print_suppressions=0",
            MARK: self.mark,
            **self.environment,
        }

    # ---- talking to it

    def cli(
        self, *words: str, stdin: str = "", expect: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        """Runs another subcommand on the same store: server.cli("token", "list")."""
        done = subprocess.run(
            [str(binary()), *words, *self._where()],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=30,
            env=self._environment(),
            check=False,
        )
        assert expect is None or done.returncode == expect, (
            f"crisol {' '.join(words)} exited with {done.returncode}: {done.stdout}{done.stderr}"
        )
        return done

    def token(self, role: str) -> str:
        """A token of that role, made through the command line once for each server."""
        if role not in self._tokens:
            name = USERS[role]
            self._add_user(name)
            words = ("token", "add", "--user", name, "--role", role, "--label", "test")
            self._tokens[role] = self.cli(*words).stdout.strip()
        return self._tokens[role]

    def _add_user(self, name: str) -> None:
        if f"user {name}" not in self._tokens:
            words = ("user", "add", name, "--role", name, "--password-stdin")
            self.cli(*words, stdin=f"{PASSWORD}\n")
            self._tokens[f"user {name}"] = PASSWORD

    def api(self, role: str | None = None) -> Client:
        """A client of /api/v1 with that role's token; None: nobody."""
        return self._client("/api/v1", role)

    def oip(self, role: str | None = "service") -> Client:
        """A client of the Open Inference Protocol, /v2."""
        return self._client("/v2", role)

    def http(self, role: str | None = None) -> Client:
        """A client of the whole server, for /metrics, /docs and the pages."""
        return self._client("", role)

    def login(self, role: str) -> Client:
        """A client of /api/v1 with a session cookie, as a browser has it."""
        self._add_user(role)
        return self.api().login(role, PASSWORD)

    def _client(self, base: str, role: str | None) -> Client:
        client = Client(self.url + base, None if role is None else self.token(role))
        self._clients.append(client)
        return client

    def raw(self, timeout: float = 10) -> RawConnection:
        return RawConnection("127.0.0.1", self.port, timeout)

    def advance(self, seconds: float) -> None:
        """Moves the virtual clock (the server must have been started with `clock`)."""
        assert self.clock is not None, "start the server with clock='2026-01-01T00:00:00Z'"
        answer = self.api("admin").post("/clock", json={"advance_s": seconds})
        assert answer.ok, f"the clock did not move: {answer.text}"

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a Prometheus metric over all series that carry these labels; 0 for none."""
        total = 0.0
        for line in self.http("viewer").get("/metrics", expect=200).text.splitlines():
            match = re.fullmatch(r"([\w:]+)(?:\{(.*)\})? (\S+)(?: \d+)?", line)
            if match and match[1] == name:
                found = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
                if labels.items() <= found.items():
                    total += float(match[3])
        return total

    def allow_error(self, pattern: str) -> None:
        """Lines of level=error that match are expected in this test."""
        self.log.allow_error(pattern)

    def allow_descriptors(self, more: int) -> None:
        """This test makes the server keep that many more files or connections open."""
        self._descriptors_spare += more

    def close_clients(self) -> None:
        for client in self._clients:
            client.close()

    # ---- the end

    def transcript(self) -> str:
        """What the server printed and logged, for a test that failed."""
        return f"{self.output.tail()}\n--- log of {self.url} ({self.store.kind})\n{self.log.tail()}"

    def _check_descriptors(self) -> None:
        if self.process is None or not self._descriptors_first:
            return
        limit = len(self._descriptors_first) + self._descriptors_spare
        pid = self.process.pid
        try:
            wait_until(lambda: len(processes.descriptors(pid)) <= limit, 5)
        except AssertionError:
            now = processes.descriptors(pid)
            new = [each for each in now if each not in self._descriptors_first]
            raise AssertionError(
                f"{len(self._descriptors_first)} descriptors grew to {len(now)}: {new}"
            ) from None

    def verify(self) -> None:
        """Ends the server and asserts what every test promises: descriptors did not grow, SIGTERM
        drains, nothing of it is left running, the log holds no complaint."""
        problems = []
        self.close_clients()
        steps = [self._check_descriptors]
        if self.process is not None:
            steps.append(self.stop)
        for step in [*steps, self._check_orphans, self._check_log]:
            try:
                step()
            except (AssertionError, OSError) as error:
                problems.append(str(error))
        self._port.release()
        assert not problems, "after the test: " + "\n".join(problems)

    def _check_orphans(self) -> None:
        def left() -> list[tuple[int, str]]:
            return processes.with_variable(MARK, self.mark)

        try:
            wait_until(lambda: not left(), 3)
        except AssertionError:
            orphans = left()
            for pid, _ in orphans:
                os.kill(pid, signal.SIGKILL)
            assert not orphans, f"processes outlived the server: {orphans}"

    def _check_log(self) -> None:
        complaints = self.log.complaints()
        assert not complaints, "the log complains:\n" + "\n".join(complaints[:20])
