"""Makes the C table of all migrations out of the folder of SQL files.

    migrations.py FOLDER OUTPUT.c DEPFILE

FOLDER/README.md says what may stand in a file. Each text is written twice, once for each database.
The dependency file names the folder too, so that a build notices a file that is new.
"""

import re
import sys
from pathlib import Path
from typing import NoReturn

FILE_NAME = re.compile(r"(\d{4})-(([a-z]+)(?:-[a-z0-9-]+)?)\.sql")

# Comments and quoted text stay as they are.
QUOTED = r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\""
WORDS = {
    "BIGINT": ("INTEGER", "BIGINT"),
    "DOUBLE PRECISION": ("REAL", "DOUBLE PRECISION"),
    "TEXT": ("TEXT", 'TEXT COLLATE "C"'),
    "BYTEA": ("BLOB", "BYTEA"),
    "$TABLE": ("STRICT", ""),
    "$CLUSTERED": ("STRICT, WITHOUT ROWID", ""),
}
WORD = re.compile(QUOTED + r"|\$\w+|\b(?:BIGINT|DOUBLE\s+PRECISION|TEXT|BYTEA)\b", re.IGNORECASE)
STATEMENT = re.compile(r"(?:" + QUOTED + r"|[^;])+;")
NAMES = re.compile(
    r"\bcreate\s+(?:unique\s+)?(table|index)\s+(?:if\s+not\s+exists\s+)?(\w+)", re.IGNORECASE
)
TABLE_END = re.compile(r"\)\s*\$(TABLE|CLUSTERED)\s*;\s*$")


def fail(path: Path, why: str) -> NoReturn:
    sys.exit(f"{path}: {why} (see README.md in that folder)")


def translate(path: Path, sql: str, dialect: int) -> str:
    def word(match: re.Match[str]) -> str:
        text = match[0]
        if text[0] in "-'\"":
            return text
        key = " ".join(text.split())
        if key not in WORDS:
            fail(path, f"the word {text} is unknown or not spelled in capitals")
        return WORDS[key][dialect]

    return WORD.sub(word, sql)


def check(path: Path, feature: str, sql: str) -> None:
    for match in STATEMENT.finditer(sql):
        statement = re.sub(r"--[^\n]*", "", match[0]).strip()
        named = NAMES.match(statement)
        if not named:
            continue
        kind, name = named[1].lower(), named[2]
        if name != feature and not name.startswith(feature + "_"):
            fail(path, f'"{name}" is not named after the feature "{feature}"')
        if kind == "table" and not TABLE_END.search(statement):
            fail(path, f'the table "{name}" does not end with $TABLE or $CLUSTERED')


def read(folder: Path) -> list[tuple[int, str, str, str]]:
    rows: list[tuple[int, str, str, str]] = []
    for path in sorted(folder.glob("*.sql")):
        match = FILE_NAME.fullmatch(path.name)
        if not match:
            fail(path, "a migration's name is NNNN-feature.sql or NNNN-feature-what.sql")
        number = int(match[1])
        if rows and rows[-1][0] == number:
            fail(path, f"the number {number} is taken")
        sql = path.read_text(encoding="utf-8")
        check(path, match[3], sql)
        rows.append((number, match[2], translate(path, sql, 0), translate(path, sql, 1)))
    return rows


def c_bytes(name: str, text: str) -> str:
    values = [str(b) for b in text.encode() + b"\0"]
    lines = [", ".join(values[i : i + 20]) for i in range(0, len(values), 20)]
    return f"static const char {name}[] = {{\n    " + ",\n    ".join(lines) + "};\n"


def main() -> None:
    folder, output, depfile = (Path(a) for a in sys.argv[1:])
    rows = read(folder)
    parts = ['#include "store/migrate.h"\n']
    table = ""
    for number, name, sqlite, postgresql in rows:
        parts.append(c_bytes(f"sqlite_{number}", sqlite))
        parts.append(c_bytes(f"postgresql_{number}", postgresql))
        table += f'    {{{number}, "{name}", {{sqlite_{number}, postgresql_{number}}}}},\n'
    table += "    {0, NULL, {NULL, NULL}},\n"  # C has no empty arrays
    parts.append(f"const struct migration migrations[] = {{\n{table}}};\n")
    parts.append(f"const size_t migration_count = {len(rows)};\n")
    output.write_text("\n".join(parts), encoding="utf-8")
    sources = " ".join(str(p) for p in [folder, *sorted(folder.glob("*.sql"))])
    depfile.write_text(f"{output}: {sources}\n", encoding="utf-8")


main()
