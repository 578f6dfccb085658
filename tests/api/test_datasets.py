"""Tables come in as they are, are understood, and stay what they were."""

import hashlib
import os
from pathlib import Path

import pytest

from harness.server import Server
from harness.training import install_module, train, upload, wait_status

TABLE = "length,width,kind,day\n1.5,2,a,2026-01-01\n2.5,NA,b,2026-01-02\n,4,a,\n"


def column(version: dict, name: str) -> dict:
    return next(each for each in version["columns"] if each["name"] == name)


def refusal(server: Server, content: bytes, **fields: str) -> dict:
    answer = server.api("developer").post(
        "/datasets", files={"file": content}, data={"name": "x", **fields}, expect=422
    )
    return answer.json()


def test_a_form_with_two_files_is_refused(server: Server) -> None:
    parts = [("file", ("a.csv", b"a\n1\n")), ("file", ("b.csv", b"a\n2\n")), ("name", (None, "t"))]
    problem = server.api("developer").post("/datasets", files=parts, expect=422).json()
    assert problem["errors"] == [
        {"pointer": "/file", "detail": 'the form has 2 parts named "file"'}
    ]


def test_a_table_is_profiled_when_it_comes(server: Server) -> None:
    version = upload(server.api("developer"), "sizes", TABLE, description="of things")
    assert version["version"] == "1"
    assert version["sha256"] == hashlib.sha256(TABLE.encode()).hexdigest()
    assert (version["rows"], version["separator"], version["header"]) == (3, ",", True)
    assert [each["type"] for each in version["columns"]] == ["number", "integer", "text", "date"]
    assert [each["missing"] for each in version["columns"]] == [1, 1, 0, 1]
    assert column(version, "length")["mean"] == 2
    assert column(version, "width")["quantiles"] == [2, 2.5, 3, 3.5, 4]
    assert column(version, "kind")["top"] == [
        {"value": "a", "count": 2},
        {"value": "b", "count": 1},
    ]
    assert column(version, "day")["max"] == "2026-01-02T00:00:00.000Z"
    assert version["preview"]["rows"][1] == ["2.5", "NA", "b", "2026-01-02"]
    assert version["warnings"] == []


def test_what_was_stored_is_answered_again(server: Server) -> None:
    api, viewer = server.api("developer"), server.api("viewer")
    version = upload(api, "sizes", TABLE)
    assert viewer.get("/datasets/sizes/versions/1", expect=200).json() == version
    assert viewer.get("/datasets/sizes/versions/1/file", expect=200).content == TABLE.encode()
    shown = viewer.get("/datasets/sizes", expect=200).json()
    assert [each["version"] for each in shown["versions"]] == ["1"]
    assert shown["user"] == "developer"


def test_the_same_bytes_are_the_same_version(server: Server) -> None:
    api = server.api("developer")
    upload(api, "sizes", TABLE)
    again = api.post("/datasets", files={"file": TABLE.encode()}, data={"name": "sizes"})
    assert (again.status_code, again.json()["version"]) == (200, "1")
    assert upload(api, "sizes", TABLE + "3,3,c,\n")["version"] == "2"
    assert upload(api, "others", TABLE)["version"] == "1"
    listed = api.get("/datasets", expect=200).json()["items"]
    assert [(each["name"], each["versions"]) for each in listed] == [("others", 1), ("sizes", 2)]
    assert listed[1]["latest"]["rows"] == 4


def test_lists_come_in_pages(server: Server) -> None:
    api = server.api("developer")
    for name in ("a", "b", "c"):
        upload(api, name, TABLE)
    first = api.get("/datasets?limit=2", expect=200).json()
    rest = api.get(f"/datasets?limit=2&cursor={first['next_cursor']}", expect=200).json()
    assert [each["name"] for each in first["items"] + rest["items"]] == ["c", "b", "a"]
    assert rest["next_cursor"] is None
    api.get("/datasets?limit=0", expect=422)
    api.get("/datasets?cursor=!", expect=422)


@pytest.mark.parametrize(
    ("content", "fields", "separator", "names"),
    [
        ("a;b\n1,5;2\n", {}, ";", ["a", "b"]),
        ("a\tb\r\n1\t2\r\n", {}, "\t", ["a", "b"]),
        ("1,2\n3,4\n", {}, ",", ["column_1", "column_2"]),
        ("a,b\nc,d\n", {"header": "false"}, ",", ["column_1", "column_2"]),
        ("\n\nyes,yes\nno,yes\n", {}, ",", ["column_1", "column_2"]),
        ("a,b;c\n1,2;3\n", {"separator": ";"}, ";", ["a,b", "c"]),
        ("a|b\n1|2\n", {"separator": "|"}, "|", ["a", "b"]),
        ("\ufeffa,b\n1,2\n", {}, ",", ["a", "b"]),
        ('"a ""b""",c\n"1\n2",3\n', {}, ",", ['a "b"', "c"]),
    ],
)
def test_the_form_of_a_table_is_detected(
    server: Server, content: str, fields: dict, separator: str, names: list[str]
) -> None:
    version = upload(server.api("developer"), "x", content, **fields)
    assert version["separator"] == separator
    assert [each["name"] for each in version["columns"]] == names


def test_a_name_that_stands_twice_above_numbers_is_told(server: Server) -> None:
    for content in (b"\n\na,b,a\n1,x,2\n", b"a,b,a\n2026-01-31,x,y\n1\n"):
        detail = refusal(server, content)["detail"]
        assert detail == 'the columns 1 and 3 are both named "a"'


def test_an_old_encoding_is_understood_when_it_is_named(server: Server) -> None:
    content = "ciudad,n\nMálaga,1\n".encode("latin-1")
    assert "line 2 is not UTF-8" in refusal(server, content)["detail"]
    version = upload(server.api("developer"), "x", content, encoding="latin-1")
    assert version["preview"]["rows"] == [["Málaga", "1"]]
    assert version["encoding"] == "windows-1252"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a,b\n1,2\n3\n", "line 3 has 1 field where the first has 2"),
        (b"a,b\n1,2\n3,4,5\n", "line 3 has 3 fields where the first has 2"),
        (b'a,b\n1,"2\n3,4\n', "line 2: a quote opens here and is never closed"),
        (b'a,b\n1,"2"x\n', "line 2: text follows the closing quote"),
        (b"a,b\n1,\x00\n", "line 2: there is a character U+0000"),
        (b"a,b\n1,\xff\n", "line 2 is not UTF-8"),
        (b"a,b\n", "no rows"),
        (b"", "empty"),
        (b"\n\n\n", "empty"),
        (b"\xff\xfea\x00,\x00b\x00", "UTF-16"),
        (b",".join(b"c%d" % i for i in range(5000)) + b"\n", "more than 4096 fields"),
    ],
)
def test_a_broken_table_is_refused_with_its_line(server: Server, content: bytes, says: str) -> None:
    problem = refusal(server, content)
    assert says in problem["detail"]
    assert problem["errors"][0]["pointer"] == "/file"
    assert server.api("viewer").get("/datasets").json()["items"] == []
    assert list((server.data / "datasets").iterdir()) == []


def test_the_first_broken_lines_are_told_at_once(server: Server) -> None:
    lines = "".join(f"{'1,' * (i % 3)}2\n" for i in range(60))
    problem = refusal(server, f"a,b\n1,2\n{lines}".encode())
    assert len(problem["errors"]) == 16
    assert problem["errors"][1]["detail"].startswith("line 5 has 3 fields")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "a/b"}, "/name"),
        ({"name": ".."}, "/name"),
        ({"name": " a"}, "/name"),
        ({"name": "x" * 129}, "/name"),
        ({"separator": "xx"}, "/separator"),
        ({"header": "perhaps"}, "/header"),
        ({"encoding": "klingon"}, "/encoding"),
        ({"description": "x" * 5000}, "/description"),
    ],
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_what_the_form_says_is_checked(server: Server, fields: dict, pointer: str) -> None:
    problem = refusal(server, TABLE.encode(), **fields)
    assert problem["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_form_without_a_file_is_refused(server: Server) -> None:
    api = server.api("developer")
    problem = api.post("/datasets", files={"name": (None, "x")}, expect=422).json()
    assert problem["errors"][0]["pointer"] == "/file"
    api.post("/datasets", json={"name": "x"}, expect=415)
    server.api("viewer").post("/datasets", files={"file": b"a,b\n1,2\n"}, expect=403)


def test_a_dataset_goes_with_its_files(server: Server) -> None:
    api = server.api("developer")
    upload(api, "one", TABLE)
    upload(api, "two", TABLE)
    api.delete("/datasets/one", expect=204)
    api.get("/datasets/one", expect=404)
    api.get("/datasets/two/versions/1/file", expect=200)
    api.delete("/datasets/two", expect=204)
    api.delete("/datasets/two", expect=404)
    assert list((server.data / "datasets").iterdir()) == []
    assert upload(api, "one", TABLE)["version"] == "1"


def test_a_dataset_stays_while_a_run_needs_it(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "sizes", "a,b\n1,x\n2,y\n3,x\n4,y\n")
    run = train(api, "sizes", module="acting", parameters={"act": "wait"})["id"]
    wait_status(api, run, "running")
    assert "in use" in api.delete("/datasets/sizes", expect=409).json()["detail"]
    (server.data / "runs" / run / "go").touch()
    wait_status(api, run, "done")
    api.delete("/datasets/sizes", expect=204)
    assert api.get(f"/runs/{run}", expect=200).json()["dataset"]["name"] == "sizes"
    problem = api.post(f"/runs/{run}/resubmit", expect=422).json()
    assert problem["errors"][0]["pointer"] == "/dataset/version"


def test_what_a_crash_left_half_stored_is_removed(server: Server) -> None:
    api = server.api("developer")
    upload(api, "sizes", TABLE)
    folder = server.data / "datasets"
    old, new = folder / f"{'0' * 64}.csv", folder / f"{'1' * 64}.csv"
    for path in (old, new):
        path.write_text("a,b\n1,2\n")
    os.utime(old, (0, 0))
    os.utime(folder / f"{hashlib.sha256(TABLE.encode()).hexdigest()}.csv", (0, 0))
    server.restart()
    assert not old.exists()
    assert new.exists(), "it may be another server's that has not stored its row yet"
    server.api("viewer").get("/datasets/sizes/versions/1/file", expect=200)


REAL = {
    "iris.csv": (150, 5, "species", "text"),
    "penguins.csv": (344, 8, "species", "text"),
    "wdbc_breast_cancer.csv": (569, 31, "diagnosis", "text"),
    "winequality-red.csv": (1599, 12, "quality", "integer"),
    "winequality-white.csv": (4898, 12, "quality", "integer"),
    "Concrete_Data.csv": (1030, 9, None, "number"),
    "bike_hour.csv": (17379, 17, "cnt", "integer"),
}


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_real_tables_are_read_as_they_are(server: Server, shared_data: Path, name: str) -> None:
    rows, columns, target, kind = REAL[name]
    content = (shared_data / "tabular" / name).read_bytes()
    version = upload(server.api("developer"), name, content)
    assert (version["rows"], len(version["columns"])) == (rows, columns)
    found = column(version, target) if target else version["columns"][-1]
    assert found["type"] == kind
    if name == "penguins.csv":
        assert column(version, "sex")["missing"] == 11
        assert column(version, "bill_length_mm")["type"] == "number"
    if name == "bike_hour.csv":
        assert column(version, "dteday")["type"] == "date"
