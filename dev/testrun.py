"""Runs the parts of the test suite and adds them up (called by dev/test, which builds first)."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
OUTPUT = TESTS / "output"
FUZZ_SECONDS = 15
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "LSAN_OPTIONS": f"suppressions={TESTS / 'harness' / 'leaks.txt'}:print_suppressions=0",
}


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __iadd__(self, other: "Count") -> "Count":
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def run(command: list[str], environment: dict[str, str] | None = None) -> int:
    sys.stdout.flush()
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **(environment or {})}, check=False
    ).returncode


# ---- C: meson starts the programs, cmocka counts inside them


def cmocka_count(text: str, ok: bool) -> Count:
    """The tests that a program of cmocka reports; one for a program of another kind. A program
    that died, or failed without naming a test, counts as one failure more."""
    sums = {
        word: sum(int(n) for n in re.findall(rf"\[  {word} *\] (\d+) test\(s\)", text))
        for word in ("PASSED", "FAILED", "SKIPPED")
    }
    if not any(sums.values()):
        return Count(passed=1) if ok else Count(failed=1)
    failed = sums["FAILED"] or (0 if ok else 1)
    return Count(sums["PASSED"], failed, sums["SKIPPED"])


def run_meson(folder: str, environment: dict[str, str] | None = None, slower: int = 1) -> Count:
    log = ROOT / folder / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    command = ["meson", "test", "-C", folder, "--print-errorlogs", "-t", str(slower)]
    status = run(command, environment)
    total = Count()
    for line in log.read_text().splitlines() if log.exists() else []:
        result = json.loads(line)
        if result["result"] == "SKIP":
            total.skipped += 1
        else:
            ok = result["result"] in ("OK", "EXPECTEDFAIL")
            total += cmocka_count(result.get("stdout", "") + result.get("stderr", ""), ok)
    if status != 0 and total.failed == 0:
        total.failed = 1
    return total


# ---- pytest


def run_pytest(
    name: str, folders: list[str], options: list[str], environment: dict[str, str] | None = None
) -> Count:
    present = [folder for folder in folders if list((ROOT / folder).rglob("test_*.py"))]
    if not present:
        print(f"no tests in {', '.join(folders)}")
        return Count()
    OUTPUT.mkdir(exist_ok=True)
    report = OUTPUT / f"{name}.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", f"--junitxml={report}"]
    status = run([*command, *options, *present], environment)
    total = Count()
    if report.exists():
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            tests, failures, errors, skipped = (
                int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")
            )
            total += Count(tests - failures - errors - skipped, failures + errors, skipped)
    nothing_selected = status == 5 and options
    if status != 0 and total.failed == 0 and not nothing_selected:
        total.failed = 1
    return total


# ---- the others


# How node --test ("# pass 12", "ℹ pass 12"), vitest ("Tests  1 failed | 12 passed") and Playwright
# ("  12 passed (3.4s)") close.
NODE_COUNTS = {
    "passed": r"^(?:#|ℹ) pass (\d+)|^ *Tests .*?(\d+) passed|^  (\d+) passed",
    "failed": r"^(?:#|ℹ) fail (\d+)|^ *Tests .*?(\d+) failed|^  (\d+) failed",
    "skipped": r"^(?:#|ℹ) skipped (\d+)|^ *Tests .*?(\d+) skipped|^  (\d+) skipped",
}


def run_npm(folder: str) -> Count:
    """The script `test` of a package."""
    package = ROOT / folder / "package.json"
    if not package.exists() or "test" not in json.loads(package.read_text()).get("scripts", {}):
        print(f"no npm test in {folder}")
        return Count()
    command = ["npm", "test", "--silent"]
    done = subprocess.run(command, cwd=package.parent, capture_output=True, text=True, check=False)
    text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    print(text)
    sums = {
        word: sum(int(n) for found in re.findall(pattern, text, re.MULTILINE) for n in found if n)
        for word, pattern in NODE_COUNTS.items()
    }
    total = Count(**sums)
    if done.returncode != 0 and total.failed == 0:
        total.failed = 1
    if done.returncode == 0 and total.passed == 0:
        total.failed = 1
        print(f"{folder}: npm test passed nothing")
    return total


def run_e2e(options: list[str]) -> Count:
    total = run_pytest("e2e", ["tests/e2e"], options)
    total += run_npm("tests/e2e")
    return total


def fuzz_once(command: list[str]) -> Count:
    environment = {**os.environ, **SANITIZERS}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode == 0:
        return Count(passed=1)
    print(done.stderr.decode(errors="replace")[-8000:])
    return Count(failed=1)


def run_fuzz() -> Count:
    if not list((TESTS / "fuzz").glob("fuzz_*.c")):
        print("no targets in tests/fuzz")
        return Count()
    if run([str(ROOT / "dev" / "build"), "--fuzz"]) != 0:
        return Count(failed=1)
    total = Count()
    (OUTPUT / "fuzz").mkdir(parents=True, exist_ok=True)
    for source in sorted((TESTS / "fuzz").glob("fuzz_*.c")):
        name = source.stem
        print(f"{name}: {FUZZ_SECONDS} s")
        corpora = [TESTS / "fuzz" / kind / name for kind in ("corpus", "regression")]
        with tempfile.TemporaryDirectory() as found:
            command = [str(ROOT / "build-fuzz" / "tests" / "fuzz" / name)]
            command += [f"-max_total_time={FUZZ_SECONDS}", "-timeout=10", "-rss_limit_mb=2048"]
            command += ["-seed=1"]  # what is run before every merge must not depend on luck
            command += ["-verbosity=0", f"-artifact_prefix={OUTPUT / 'fuzz' / name}-", found]
            command += [str(corpus) for corpus in corpora if corpus.is_dir()]
            total += fuzz_once(command)
    return total


def run_sanitized(options: list[str]) -> Count:
    if run([str(ROOT / "dev" / "build"), "--sanitize"]) != 0:
        return Count(failed=1)
    total = run_meson("build-asan", SANITIZERS, slower=4)
    binary = ROOT / "build-asan" / "crisol"
    if binary.exists():
        environment = {"CRISOL_BINARY": str(binary)}
        total += run_pytest("asan", ["tests/api"], ["--timeout=240", *options], environment)
    return total


Part = Callable[[list[str]], Count]
PARTS: dict[str, tuple[str, Part]] = {
    "unit": ("C unit tests, module tests, fuzz regressions", lambda _: run_meson("build")),
    "harness": (
        "the test harness itself",
        lambda options: run_pytest("harness", ["tests/harness"], options),
    ),
    "stats": (
        "statistics against scipy and scikit-learn",
        lambda options: run_pytest("stats", ["tests/stats"], options),
    ),
    "modules": (
        "modules against their libraries",
        lambda options: run_pytest("modules", ["tests/modules"], options),
    ),
    "api": (
        "HTTP and command line, SQLite and PostgreSQL",
        lambda options: run_pytest("api", ["tests/api"], options),
    ),
    "fault": (
        "kill -9, full disks, slow clients",
        lambda options: run_pytest("fault", ["tests/fault"], options),
    ),
    "web": ("components of the web interface", lambda _: run_npm("web")),
    "e2e": ("the web interface in a real Chromium", run_e2e),
    "fuzz": ("a short run of every fuzz target", lambda _: run_fuzz()),
    "asan": ("unit and API tests under ASan and UBSan", run_sanitized),
}


def usage() -> str:
    parts = "\n".join(f"  {name:9}{what}" for name, (what, _) in PARTS.items())
    return f"""usage: dev/test [PART]... [option of pytest]...

Runs these parts, all by default:
{parts}
"""


def split_arguments(words: list[str]) -> tuple[list[str], list[str]]:
    """The parts, which come first, and what goes to pytest."""
    first = next((i for i, word in enumerate(words) if word not in PARTS), len(words))
    parts, options = words[:first], words[first:]
    if options and not options[0].startswith("-"):
        sys.exit(f"dev/test: no part is called {options[0]}\n{usage()}")
    return parts, options


def main() -> int:
    parts, options = split_arguments(sys.argv[1:])
    if options[:1] in (["-h"], ["--help"]):
        print(usage())
        return 0
    total = Count()
    lines = []
    for name in parts or PARTS:
        what, part = PARTS[name]
        print(f"\n==== {name}: {what}")
        start = time.monotonic()
        count = part(options)
        lines.append(f"  {name:9}{count} in {time.monotonic() - start:.0f} s")
        total += count
    print("\n" + "\n".join(lines))
    print(f"\n{total}")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
