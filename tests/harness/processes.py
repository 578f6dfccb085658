"""Looking at processes through /proc: open files, memory, children that outlive their parent."""

import ctypes
import os
import signal
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """For preexec_fn: the kernel kills the child when the test process goes away."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def descriptors(pid: int) -> list[str]:
    """What the open descriptors of a process point at."""
    folder = Path(f"/proc/{pid}/fd")
    found = []
    for entry in folder.iterdir():
        try:
            found.append(os.readlink(entry))
        except OSError:
            continue  # closed in the meantime
    return sorted(found)


def with_variable(name: str, value: str) -> list[tuple[int, str]]:
    """Every living process (pid, command line) that was started with this environment variable:
    also one that has left its group and session."""
    wanted = f"{name}={value}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                if command:  # a zombie has none
                    found.append((int(folder.name), command))
        except OSError:
            continue  # ended, or somebody else's
    return found


def children(pid: int) -> list[int]:
    """The process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except OSError:
                continue
            parent = int(stat.rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(folder.name))
    tree = [pid]
    for each in tree:
        tree.extend(parents.get(each, []))
    return tree


def proportional_kib(pid: int) -> int:
    """PSS of a process and its descendants: shared pages count once for all that share them."""
    total = 0
    for each in children(pid):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def cpu_seconds(pid: int) -> float:
    """User and system time that a process and its living descendants have used."""
    ticks = 0
    for each in children(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
