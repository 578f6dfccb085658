"""What the lints share: the tracked files, tables of exceptions, one way to report."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "dev" / "lint" / "tables"


def tracked(*patterns: str) -> list[str]:
    """Tracked files that are there, and new ones that git does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in sorted(set(names.splitlines())) if (ROOT / name).is_file()]


def lines(name: str) -> list[str]:
    return (ROOT / name).read_text(errors="replace").splitlines()


def table(name: str) -> list[list[str]]:
    """The rows of a table: words, a `#` begins a comment. Where the last word is a reason, it is
    written as that comment."""
    rows = (line.partition("#")[0].split() for line in (TABLES / name).read_text().splitlines())
    return [row for row in rows if row]


def report(problems: Iterable[str]) -> None:
    """Prints the problems and ends the lint."""
    found = list(problems)
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)
