"""crisol demo, as somebody runs it who has just built Crisol."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import Server, wait_until
from harness.client import Client
from harness.processes import die_with_parent
from harness.server import ROOT, binary
from harness.wait import Port

sqlite_only = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
HELD_OUT = 38  # of 150 rows, a quarter of each species


@pytest.fixture
def port() -> Iterator[int]:
    port = Port()
    yield port.number
    port.release()


def check(
    port: int, *words: str, expect: int = 0, temporary: Path | None = None
) -> subprocess.CompletedProcess[str]:
    command = [str(binary()), "demo", "--check", "--listen", f"127.0.0.1:{port}", *words]
    environment = {**os.environ, **({"TMPDIR": str(temporary)} if temporary else {})}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done


class Demo:
    """A demonstration that runs until it is told to stop."""

    def __init__(self, port: int, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.output = folder.parent / f"{folder.name}.out"
        command = [str(binary()), "demo", "--listen", f"127.0.0.1:{port}", "--data", str(folder)]
        with self.output.open("w") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                cwd=folder.parent,
                preexec_fn=die_with_parent,
            )
        self.url = f"http://127.0.0.1:{port}"
        wait_until(lambda: "Ctrl-C ends it" in self.text or self.process.poll() is not None, 40)

    @property
    def text(self) -> str:
        return self.output.read_text()

    def login(self) -> Client:
        name = re.search(r"name +(\S+)", self.text)
        password = re.search(r"password +(\S+)", self.text)
        assert name, self.text
        assert password, self.text
        assert f"Crisol is ready at {self.url}\n" in self.text
        return Client(f"{self.url}/api/v1").login(name[1], password[1])

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)


@contextmanager
def demo(port: int, folder: Path, **options: dict[str, str]) -> Iterator[Demo]:
    running = Demo(port, folder, **options)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


# ---- --check


def table(text: str) -> dict[str, list[float]]:
    """The figures by their name: hold-out and live of version 1, then of version 2."""
    found = re.findall(r"^  (\S.*?) {2,}([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)$", text, re.M)
    return {name: [float(each) for each in figures] for name, *figures in found}


def test_check_shows_that_live_and_hold_out_agree(port: int) -> None:
    text = check(port).stdout
    figures = table(text)
    assert list(figures) == ["rows", "accuracy", "F1 (macro)", "AUC (macro)", "log loss"]
    rows = figures.pop("rows")
    assert rows == [HELD_OUT, 3 * HELD_OUT, HELD_OUT, 3 * HELD_OUT]
    for name, (holdout1, live1, holdout2, live2) in figures.items():
        assert (holdout1, holdout2) == (live1, live2), name
    assert 0.85 < figures["accuracy"][0] <= 1
    assert figures["log loss"][0] != figures["log loss"][2]
    assert f"Every step held: {3 * HELD_OUT} predictions" in text


def test_check_leaves_no_folder_behind(port: int, tmp_path: Path) -> None:
    check(port, temporary=tmp_path)
    assert list(tmp_path.glob("crisol-demo-*")) == []


def test_check_can_be_repeated_in_a_folder(port: int, tmp_path: Path) -> None:
    check(port, "--data", str(tmp_path / "d"))
    again = check(port, "--data", str(tmp_path / "d")).stdout
    assert again.count("there already") == 2
    assert table(again)["rows"][1] == 6 * HELD_OUT


@sqlite_only
def test_a_taken_port_is_said(server: Server) -> None:
    done = check(server.port, expect=1)
    assert done.stderr.count("\n") == 1
    assert f"127.0.0.1:{server.port} is taken by another program" in done.stderr


@sqlite_only
def test_the_folder_of_a_server_is_not_touched(
    server_factory: Callable[..., Server], port: int
) -> None:
    server = server_factory()
    server.stop()
    files = sorted(server.data.rglob("*"))
    assert "no demonstration" in check(port, "--data", str(server.data), expect=1).stderr
    assert sorted(server.data.rglob("*")) == files


def test_a_program_without_its_data_says_so(port: int, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("crisol", "crisol-supervise"):
        shutil.copy(binary().with_name(name), folder / name)
    command = [str(folder / "crisol"), "demo", "--check", "--listen", f"127.0.0.1:{port}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "iris.csv" in done.stderr


# ---- without --check


def test_rows_are_asked_and_their_truth_follows(port: int, tmp_path: Path) -> None:
    with demo(port, tmp_path / "d") as running:
        api = running.login()
        assert api.get("/me", expect=200).json()["role"] == "admin"

        def live(version: str) -> dict[str, int]:
            query = f"/models/iris/metrics?version={version}"
            return api.get(query, expect=200).json()

        wait_until(lambda: live("1")["labelled"] >= 2, 20)
        wait_until(lambda: live("2")["labelled"] >= 2, 5)
        assert live("1")["rows"] > live("1")["labelled"]
        arms = api.get("/models/iris/arms", expect=200).json()["arms"]
        assert [(arm["version"], arm["mode"]) for arm in arms] == [
            ("1", "champion"),
            ("2", "shadow"),
        ]
        api.close()
        assert running.stop() == 0


def test_a_second_start_goes_on_with_what_is_there(port: int, tmp_path: Path) -> None:
    with demo(port, tmp_path / "d") as running:
        api = running.login()
        promotion = {"version": "2", "reason": "a change of somebody who tries the demonstration"}
        api.post("/models/iris/promote", json=promotion, expect=200)
        wait_until(lambda: api.get("/models/iris/metrics?version=2").json()["rows"] >= 1, 20)
        api.close()
        assert running.stop() == 0
    with demo(port, tmp_path / "d") as running:
        api = running.login()
        assert running.text.count("there already") == 2
        assert api.get("/models/iris", expect=200).json()["champion"] == "2"
        assert len(api.get("/datasets/iris", expect=200).json()["versions"]) == 1
        assert len(api.get("/runs", expect=200).json()["items"]) == 2
        api.close()
        assert running.stop() == 0


def test_the_server_stays_when_the_model_is_taken_away(port: int, tmp_path: Path) -> None:
    with demo(port, tmp_path / "d") as running:
        api = running.login()
        api.delete("/models/iris", expect=204)
        wait_until(lambda: "No more rows are asked for" in running.text, 10)
        api.get("/me", expect=200)
        api.close()
        assert running.stop() == 0


def test_settings_of_the_machine_are_left_alone(port: int, tmp_path: Path) -> None:
    """A database that is in use must not get the demonstration's user and model."""
    environment = {"CRISOL_DATABASE": "postgresql://nobody@127.0.0.1:1/in_use"}
    (tmp_path / "crisol.yaml").write_text("listen: 127.0.0.1:1\n")
    with demo(port, tmp_path / "d", environment=environment) as running:
        running.login().close()
        assert running.stop() == 0


def test_the_data_says_where_it_comes_from() -> None:
    lines = (ROOT / "demo" / "iris.csv").read_text().splitlines()
    assert len(lines) == 151
    assert lines[35] == lines[38] == "4.9,3.1,1.5,0.1,setosa"  # UCI's typing errors
    told = (ROOT / "demo" / "README.md").read_text()
    assert "CC BY 4.0" in told
    assert "1936" in told
