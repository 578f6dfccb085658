"""The numbered SQL files become one table in C, and mistakes in them stop the build."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "src" / "store" / "migrations.py"
CATS = """-- BIGINT and 'TEXT' in a comment; stay
create table cats (
    id BIGINT primary key, weight DOUBLE PRECISION, name TEXT not null default 'TEXT;', b BYTEA
) $TABLE;
create index cats_by_name on cats (name);
create table cats_small (name TEXT primary key) $CLUSTERED;
"""


class Migrations(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "sql").mkdir()

    def run_with(self, **files: str) -> subprocess.CompletedProcess[str]:
        for name, text in files.items():
            name = "-".join(name.lstrip("m").split("_")) + ".sql"
            (self.root / "sql" / name).write_text(text)
        command = [sys.executable, SCRIPT, "sql", "out.c", "out.d"]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)

    def texts(self) -> list[str]:
        """The SQL texts, read back from the C source."""
        source = (self.root / "out.c").read_text()
        arrays = [part.split("}")[0] for part in source.split("[] = {")[1:]]
        return [
            bytes(int(n) for n in a.split(",") if n.strip()).rstrip(b"\0").decode()
            for a in arrays
            if a.strip()[0].isdigit()
        ]

    def refuses(self, why: str, **files: str) -> None:
        done = self.run_with(**files)
        assert done.returncode != 0
        assert why in done.stderr
        assert not (self.root / "out.c").exists()

    def test_words_are_spelled_for_each_database(self) -> None:
        assert self.run_with(m0001_cats=CATS).returncode == 0
        sqlite, postgresql = self.texts()
        for text in (sqlite, postgresql):
            assert "-- BIGINT and 'TEXT' in a comment; stay" in text
            assert "default 'TEXT;'" in text
            assert "$" not in text
        assert "id INTEGER primary key, weight REAL, name TEXT not null" in sqlite
        assert "b BLOB\n) STRICT;" in sqlite
        assert ") STRICT, WITHOUT ROWID;" in sqlite
        assert "id BIGINT primary key, weight DOUBLE PRECISION" in postgresql
        assert 'name TEXT COLLATE "C" not null' in postgresql
        assert "b BYTEA\n) ;" in postgresql

    def test_files_are_sorted_by_number(self) -> None:
        done = self.run_with(m0010_b="select 1;", m0002_a_more="select 1;")
        assert done.returncode == 0
        source = (self.root / "out.c").read_text()
        assert source.index('{2, "a-more"') < source.index('{10, "b"')
        assert "migration_count = 2;" in source

    def test_no_file_is_fine(self) -> None:
        assert self.run_with().returncode == 0
        assert "migration_count = 0;" in (self.root / "out.c").read_text()

    def test_the_folder_is_a_dependency(self) -> None:
        self.run_with(m0001_cats=CATS)
        assert (self.root / "out.d").read_text() == "out.c: sql sql/0001-cats.sql\n"

    def test_tables_are_named_after_the_feature(self) -> None:
        self.refuses("not named after the feature", m0001_dogs=CATS)

    def test_a_number_counts_once(self) -> None:
        self.refuses("the number 1 is taken", m0001_a="select 1;", m0001_b="select 1;")

    def test_a_name_has_its_form(self) -> None:
        self.refuses("a migration's name is", m1_cats=CATS)

    def test_a_type_is_written_in_capitals(self) -> None:
        self.refuses("the word bigint", m0001_a="create table a (n bigint) $TABLE;")

    def test_an_unknown_word_is_refused(self) -> None:
        self.refuses("the word $SERIAL ", m0001_a="create table a (n BIGINT $SERIAL) $TABLE;")

    def test_every_table_says_what_it_is(self) -> None:
        self.refuses("does not end with $TABLE", m0001_a="create table a (n BIGINT);")


if __name__ == "__main__":
    unittest.main()
