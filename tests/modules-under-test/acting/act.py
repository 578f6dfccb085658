"""A training program that behaves as it is told: see the functions below for the words."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

RUN = Path(os.environ["CRISOL_RUN_DIR"])
asked = json.loads((RUN / "run.json").read_text())["parameters"]


def append(name: str, *lines: str) -> None:
    with (RUN / name).open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def leave_model() -> None:
    """A folder that is no ONNX model: for a runtime that Crisol does not judge."""
    folder = RUN / "artifacts" / "model"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.txt").write_text("1 2 3\n")


def nothing() -> None:
    leave_model()


def say() -> None:
    print(asked["text"], flush=True)
    leave_model()


def fail() -> None:
    print("something in between")
    print("ValueError: " + (asked["text"] or "it does not work"), file=sys.stderr)
    sys.exit(3)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wait() -> None:
    print("waiting", flush=True)
    append("progress.ndjson", '{"fraction": 0.5, "message": "half"}')
    until = RUN / "go"
    while not until.exists():
        time.sleep(0.02)
    leave_model()


def hang() -> None:
    """With a tree of processes that will not hear of stopping, one of them in a session of its
    own."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    deaf = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    subprocess.Popen([sys.executable, "-c", deaf])
    subprocess.Popen([sys.executable, "-c", deaf], start_new_session=True)
    print("deaf", flush=True)
    time.sleep(600)


def stop_well() -> None:
    """Ends by itself when it is asked to."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("waiting", flush=True)
    time.sleep(600)


def report() -> None:
    append(
        "metrics.ndjson", *(json.dumps({"key": "loss", "value": 1 / s, "step": s}) for s in (1, 2))
    )
    append("metrics.ndjson", "no json", '{"key": "", "value": 1}', '{"key": "odd", "value": null}')
    append("progress.ndjson", '{"fraction": 0.25, "message": "a quarter"}', "[]")
    with (RUN / "metrics.ndjson").open("a") as file:
        file.write('{"key": "whole", "val')
        file.flush()
        time.sleep(0.4)
        file.write('ue": 7, "step": 3, "time": "2026-01-31T08:15:00Z"}\n')
    with (RUN / "metrics.ndjson").open("a") as file:
        file.write('{"key": "whole", "value": 8, "step": 4}')
    with (RUN / "progress.ndjson").open("a") as file:
        file.write('{"fraction": 1, "message": "done"}')
    leave_model()


def fill_file() -> None:
    with (RUN / "artifacts" / "large").open("wb") as file:
        for _ in range(64):
            file.write(b"x" * 1_000_000)


def eat_memory() -> None:
    piece = bytearray(400_000_000)
    print(len(piece))


def link_out() -> None:
    (RUN / "artifacts" / "secret").symlink_to("/etc/passwd")
    (RUN / "artifacts" / "up").symlink_to("..")
    leave_model()


def no_model() -> None:
    pass


def empty_model() -> None:
    (RUN / "artifacts" / "model").mkdir(parents=True)


def bad_model() -> None:
    leave_model()
    (RUN / "artifacts" / "model" / "model.onnx").write_bytes(b"this is no model")


def show_environment() -> None:
    for name, value in sorted(os.environ.items()):
        print(f"{name}={value}")
    shutil.copy(RUN / "data.csv", RUN / "artifacts" / "data.csv")
    leave_model()


acts: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        nothing,
        say,
        fail,
        crash,
        die,
        wait,
        hang,
        stop_well,
        report,
        fill_file,
        eat_memory,
        link_out,
        no_model,
        empty_model,
        bad_model,
        show_environment,
    )
}
time.sleep(asked["seconds"])
acts[asked["act"]]()
