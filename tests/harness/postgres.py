"""A real PostgreSQL for tests, started as an ordinary user."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg2

from harness.wait import Hopeless, Port, wait_until

SUPERUSER = "crisol"
PASSWORD = "test"
OLDEST = 15


def installation() -> Path | None:
    """The folder of the newest PostgreSQL programs, at least version 15; None without one."""
    found = []
    for folder in Path("/usr/lib/postgresql").glob("*/bin"):
        version = folder.parent.name
        if version.isdigit() and int(version) >= OLDEST and (folder / "initdb").exists():
            found.append((int(version), folder))
    return max(found)[1] if found else None


class Postgres:
    """One cluster in a folder of its own, gone when it is closed or when the test process ends.

        with Postgres() as postgres:
            url = postgres.create_database()

    fsync is off, for speed; where a test kills things and counts what survived, pass fsync=True.
    """

    def __init__(self, fsync: bool = False, settings: dict[str, str] | None = None) -> None:
        bin_folder = installation()
        assert bin_folder is not None, f"PostgreSQL {OLDEST} or newer is missing: run dev/setup"
        self.bin = bin_folder
        self.port = Port()
        self.folder = Path(tempfile.mkdtemp(prefix="crisol-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        # PostgreSQL refuses to run as root.
        self._user = None
        if os.getuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self._user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._initialise(fsync, settings or {})
        self.start()

    def _command(self, *words: str) -> list[str]:
        prefix = ["setpriv", "--pdeathsig", "TERM"]
        if self._user is not None:
            prefix += [f"--reuid={self._user.pw_uid}", f"--regid={self._user.pw_gid}"]
            prefix += ["--clear-groups"]
        return [*prefix, *words]

    def _initialise(self, fsync: bool, settings: dict[str, str]) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        data = self.folder / "data"
        subprocess.run(
            self._command(
                str(self.bin / "initdb"),
                f"--pgdata={data}",
                f"--username={SUPERUSER}",
                f"--pwfile={password}",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ),
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
        )
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port.number),
            "unix_socket_directories": str(self.folder),
            "fsync": "on" if fsync else "off",
            "max_connections": "100",
            "log_min_messages": "warning",
            **settings,
        }
        with (data / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name}='{value}'\n" for name, value in options.items())

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(str(self.bin / "postgres"), "-D", str(self.folder / "data")),
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        wait_until(self._answers, timeout=30, what="PostgreSQL to start")

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise Hopeless(f"PostgreSQL ended:\n{self.log}")
        self.connect("postgres").close()
        return True

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def connect(self, database: str) -> "psycopg2.extensions.connection":
        """A connection of the superuser that commits each statement."""
        connection = psycopg2.connect(
            host=str(self.folder), port=self.port.number, user=SUPERUSER, dbname=database
        )
        connection.autocommit = True
        return connection

    def url(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}:{PASSWORD}@127.0.0.1:{self.port.number}/{database}"

    def create_database(self) -> str:
        """Makes a new empty database and answers its URL."""
        self._databases += 1
        name = f"test_{self._databases}"
        connection = self.connect("postgres")
        connection.cursor().execute(f"CREATE DATABASE {name}")
        connection.close()
        return self.url(name)

    def drop_database(self, url: str) -> None:
        connection = self.connect("postgres")
        connection.cursor().execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")
        connection.close()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is PostgreSQL's fast shutdown, SIGQUIT its simulated crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None

    def crash(self) -> None:
        self.stop(signal.SIGQUIT)

    def close(self) -> None:
        self.stop(signal.SIGQUIT)
        self.port.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Postgres":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
