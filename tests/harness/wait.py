"""Waiting for something instead of sleeping, and ports that nobody else takes."""

import fcntl
import os
import random
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# Below the range from which the kernel takes the ports of outgoing connections.
PORTS = range(20000, 32000)


class Hopeless(Exception):
    """What one waits for can no longer happen: wait_until lets this through at once."""


def wait_until(
    fn: Callable[[], T], timeout: float = 10, interval: float = 0.02, what: str = ""
) -> T:
    """Calls fn until it answers something true, and returns that; fails after `timeout` seconds.

    An exception of fn counts as "not yet"; the last one is the cause of the failure."""
    deadline = time.monotonic() + timeout
    last: Exception | None = None
    while True:
        try:
            answer = fn()
            if answer:
                return answer
            last = None
        except Hopeless:
            raise
        except Exception as error:
            last = error
        if time.monotonic() > deadline:
            name = what or getattr(fn, "__name__", "it")
            raise AssertionError(f"waited {timeout} s in vain for: {name}") from last
        time.sleep(interval)


class Port:
    """A free port of 127.0.0.1, reserved among all test processes of this machine by a file lock
    until it is released."""

    def __init__(self) -> None:
        folder = Path(tempfile.gettempdir()) / "crisol-test-ports"
        folder.mkdir(mode=0o777, exist_ok=True)
        for number in random.sample(PORTS, len(PORTS)):
            lock = os.open(folder / f"{os.getuid()}-{number}", os.O_CREAT | os.O_RDWR, 0o600)
            if self._take(lock, number):
                self.number = number
                self._lock: int | None = lock
                return
            os.close(lock)
        raise AssertionError(f"no free port in {PORTS}")

    @staticmethod
    def _take(lock: int, number: int) -> bool:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", number))
        except OSError:
            return False
        return True

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
