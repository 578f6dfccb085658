"""The server's log: logfmt lines on standard error."""

import re
from pathlib import Path

PAIR = re.compile(r'([A-Za-z_][\w.]*)=("(?:[^"\\]|\\.)*"|\S*)')

# What no run may leave behind, whatever a test allows.
FATAL = re.compile(
    r"(ERROR|WARNING): (Address|Leak|Thread|Memory)Sanitizer"
    r"|runtime error: "
    r"|[Aa]ssertion .*failed"
    r"|stack smashing detected"
    r"|malloc\(\): |free\(\): |double free|corrupted size"
)


def parse(line: str) -> dict[str, str]:
    """The fields of one logfmt line; empty for a line that is not one."""
    fields = {}
    for key, value in PAIR.findall(line):
        if value.startswith('"'):
            value = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), value[1:-1])
        fields[key] = value
    return fields if "level" in fields and "msg" in fields else {}


class Log:
    """One log file that a process is writing; every look reads what is there now."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._allowed: list[re.Pattern[str]] = []

    @property
    def text(self) -> str:
        return self.path.read_text(errors="replace") if self.path.exists() else ""

    def tail(self, lines: int = 200) -> str:
        return "\n".join(self.text.splitlines()[-lines:])

    def entries(self, pattern: str = "", **fields: str) -> list[dict[str, str]]:
        """The entries that match: entries("took .* ms", level="warn", where="serving")."""
        found = []
        for line in self.text.splitlines():
            entry = parse(line)
            if entry and re.search(pattern, line) and fields.items() <= entry.items():
                found.append(entry)
        return found

    def allow_error(self, pattern: str) -> None:
        self._allowed.append(re.compile(pattern))

    def complaints(self) -> list[str]:
        """The lines that a test which allowed nothing of the kind must not leave behind."""
        return [line for line in self.text.splitlines() if self._complains(line)]

    def _complains(self, line: str) -> bool:
        if FATAL.search(line):
            return True
        if parse(line).get("level") not in ("error", "fatal"):
            return False
        return not any(allowed.search(line) for allowed in self._allowed)
