"""Training when things go wrong: the run ends with its cause, or is found again."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.client import Client
from harness.server import Server, binary
from harness.training import finish, get_run, install_module, train, upload, wait_status
from harness.wait import wait_until

TABLE = "x,kind\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40))


def developer(server: Server) -> Client:
    """A client of a server that has the acting module and a table "t"."""
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "t", TABLE)
    return api


def act(api: Client, what: str, **run: Any) -> dict[str, Any]:
    return finish(api, "t", module="acting", parameters={"act": what}, **run)


def start(api: Client, what: str, **run: Any) -> str:
    run = train(api, "t", module="acting", parameters={"act": what}, **run)
    wait_status(api, run["id"], "running")
    return run["id"]


def wait_log(api: Client, run: str, text: str) -> None:
    wait_until(lambda: text in api.get(f"/runs/{run}/log").text, 10)


def processes_of(run: str) -> list[int]:
    """Those that were started in the run's folder, whatever they have become."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                if run.encode() in words and (entry / "stat").read_text().split()[2] != "Z":
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


# ---- programs that fail


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("fail", "ended with code 3: ValueError: it does not work"),
        ("crash", "signal 11"),
        ("die", "was killed (SIGKILL), as the system does when memory runs out"),
        ("no_model", "left no artifacts/model/model.onnx"),
        ("empty_model", "left no artifacts/model/model.onnx"),
        ("bad_model", "the model could not be judged"),
        ("unknown", "KeyError: 'unknown'"),
    ],
)
def test_a_program_that_fails_is_told_with_its_cause(server: Server, what: str, says: str) -> None:
    api = developer(server)
    run = act(api, what)
    assert run["status"] == "failed"
    assert says in run["error"]
    assert run["ended"] is not None
    assert get_run(api, act(api, "nothing")["id"])["status"] == "done"


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_too_much_memory_ends_the_program(server: Server) -> None:
    if b"__asan_init" in binary().read_bytes():
        pytest.skip("a build with AddressSanitizer sets no limits of memory")
    run = act(developer(server), "eat_memory", resources={"memory_mb": 200})
    assert run["status"] == "failed"
    assert run["error"].endswith("ended with code 1: MemoryError")


@pytest.mark.serve(settings={"training.file_mb": "1"})
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_file_that_grows_too_large_ends_the_program(server: Server) -> None:
    run = act(developer(server), "fill_file")
    assert run["status"] == "failed"
    assert "File too large" in run["error"]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_program_that_takes_too_long_is_stopped(server: Server) -> None:
    api = developer(server)
    began = time.monotonic()
    run = act(api, "stop_well", resources={"timeout_s": 1})
    assert run["status"] == "failed"
    assert "did not end within its time limit" in run["error"]
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_module_that_has_gone_is_told(server: Server) -> None:
    api = developer(server)
    blocker = start(api, "wait")
    run = train(api, "t", module="acting")["id"]
    (server.data / "modules" / "acting" / "module.yaml").unlink()
    (server.data / "runs" / blocker / "go").touch()
    wait_status(api, blocker, "done")
    ended = wait_status(api, run, "failed")
    assert ended["error"] == 'there is no module named "acting"'
    assert get_run(api, run)["module"] == "acting"


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_program_that_cannot_be_started_is_told(server: Server) -> None:
    api = developer(server)
    module = server.data / "modules" / "acting" / "module.yaml"
    module.write_text(module.read_text().replace("python3,", "no-such-program,"))
    run = act(api, "nothing")
    assert run["status"] == "failed"
    assert "no-such-program cannot be started: No such file or directory" in run["error"]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_file_of_data_that_has_gone_is_told(server: Server) -> None:
    api = developer(server)
    for file in (server.data / "datasets").iterdir():
        file.unlink()
    run = act(api, "nothing")
    assert run["status"] == "failed"
    assert "No such file or directory" in run["error"]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_full_disk_is_told(server_factory: Callable[..., Server], small_disk: Path) -> None:
    server = server_factory(start=False)
    (server.data / "runs").symlink_to(small_disk)
    server.start()
    api = developer(server)
    run = act(api, "fill_file")
    assert run["status"] == "failed"
    assert "the disk is full" in run["error"], "the program itself had no room for a last word"
    again = act(api, "nothing")
    assert again["status"] == "failed", "there is no room for another run's files"
    assert "No space left on device" in again["error"]
    (small_disk / run["id"] / "artifacts" / "large").unlink()
    assert act(api, "nothing")["status"] == "done"


# ---- stopping


def test_a_run_that_waits_is_cancelled_at_once(server: Server) -> None:
    api = developer(server)
    blocker = start(api, "wait")
    run = train(api, "t", module="acting")["id"]
    cancelled = api.post(f"/runs/{run}/cancel", expect=202).json()
    assert cancelled["status"] == "cancelled"
    assert cancelled["ended"] is not None
    assert api.post(f"/runs/{run}/cancel", expect=200).json()["status"] == "cancelled"
    (server.data / "runs" / blocker / "go").touch()
    wait_status(api, blocker, "done")
    assert get_run(api, run)["status"] == "cancelled"
    assert not (server.data / "runs" / run).exists()


def test_a_program_may_stop_by_itself_when_it_is_asked(server: Server) -> None:
    api = developer(server)
    run = start(api, "stop_well")
    wait_log(api, run, "waiting")
    api.post(f"/runs/{run}/cancel", expect=202)
    ended = wait_status(api, run, "cancelled", timeout=5)
    assert ended["error"] == "the run was cancelled"


@pytest.mark.serve(settings={"training.stop_grace_s": "1"})
def test_a_tree_of_processes_that_will_not_stop_is_killed(server: Server) -> None:
    api = developer(server)
    run = start(api, "hang")
    wait_log(api, run, "deaf")
    assert len(processes_of(run)) == 4, "the supervisor, the program and its two children"
    asked = time.monotonic()
    api.post(f"/runs/{run}/cancel", expect=202)
    wait_status(api, run, "cancelled", timeout=10)
    assert 1 <= time.monotonic() - asked < 6
    wait_until(lambda: not processes_of(run), 3)


# ---- the server goes


@pytest.mark.parametrize("how", ["kill", "restart"])
def test_a_run_outlives_its_server(server: Server, how: str) -> None:
    api = developer(server)
    run = start(api, "wait")
    waiting = train(api, "t", module="acting", parameters={"act": "report"})["id"]
    wait_log(api, run, "waiting")
    program = processes_of(run)
    if how == "kill":
        server.kill()
        server.start()
    else:
        server.restart()
    api = server.api("developer")
    assert get_run(api, run)["status"] == "running"
    assert processes_of(run) == program
    (server.data / "runs" / run / "go").touch()
    found = wait_status(api, run, "done")
    assert found["progress"] == {"fraction": 0.5, "message": "half"}
    items = api.get(f"/runs/{wait_status(api, waiting, 'done')['id']}/metrics").json()["items"]
    assert [each["key"] for each in items] == ["loss", "loss", "odd", "whole", "whole"]


def test_what_ended_while_the_server_was_away_is_found(server: Server) -> None:
    api = developer(server)
    good = start(api, "wait")
    wait_log(api, good, "waiting")
    server.kill()
    (server.data / "runs" / good / "go").touch()
    wait_until(lambda: (server.data / "runs" / good / "exit.json").exists(), 10)
    server.start()
    api = server.api("developer")
    assert wait_status(api, good, "done")["error"] is None
    bad = train(api, "t", module="acting", parameters={"act": "fail", "seconds": 0.7})["id"]
    wait_status(api, bad, "running")
    server.kill()
    wait_until(lambda: (server.data / "runs" / bad / "exit.json").exists(), 10)
    server.start()
    ended = wait_status(server.api("developer"), bad, "failed")
    assert "ValueError" in ended["error"]


def test_a_cancellation_outlives_the_server(server: Server) -> None:
    api = developer(server)
    run = start(api, "stop_well")
    wait_log(api, run, "waiting")
    api.post(f"/runs/{run}/cancel", expect=202)
    server.kill()
    server.start()
    wait_status(server.api("developer"), run, "cancelled", timeout=10)
    wait_until(lambda: not processes_of(run), 3)


def test_a_supervisor_that_was_killed_is_told(server: Server) -> None:
    api = developer(server)
    run = start(api, "hang")
    wait_log(api, run, "deaf")
    for pid in processes_of(run):
        if b"crisol-supervise" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    ended = wait_status(api, run, "failed", timeout=5)
    assert "gone without a word" in ended["error"]
    for pid in processes_of(run):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.serve(settings={"training.slots": "4"})
def test_a_crash_at_any_moment_loses_no_run(server: Server) -> None:
    api = developer(server)
    runs: list[str] = []
    for moment in range(6):
        for _ in range(3):
            runs.append(train(api, "t", module="acting", parameters={"act": "report"})["id"])
        time.sleep(0.05 * moment)
        server.kill()
        server.start()
        api = server.api("developer")
    for run in runs:
        assert wait_status(api, run, "done", timeout=40)["status"] == "done"
        items = api.get(f"/runs/{run}/metrics").json()["items"]
        assert [each["key"] for each in items] == ["loss", "loss", "odd", "whole", "whole"]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_model_is_judged_after_a_crash_too(server: Server) -> None:
    api = developer(server)
    for moment in range(4):
        run = train(api, "t", module="svm", parameters={"folds": 2})["id"]
        time.sleep(0.03 * moment)
        server.kill()
        server.start()
        api = server.api("developer")
        ended = wait_status(api, run, "done")
        assert ended["metrics"]["holdout"]["rows"] == 10
        assert ended["digest"]
