"""Truth: early, late, repeated, corrected; as JSON, NDJSON, CSV; errors by their index."""

import csv
import io
import json

import pytest

from harness import Client, Server, wait_until
from harness.onnx_models import classifier, named, regressor, set_arms, upload

ROW = {"a": 2.0, "b": 1.0}


@pytest.fixture
def iris(server: Server) -> Client:
    upload(server.api("developer"), "iris", classifier(), **named())
    return server.api("service")


def predict(api: Client, ids: list[str], model: str = "iris") -> None:
    body = {"rows": [ROW] * len(ids), "ids": ids}
    api.post(f"/models/{model}/predict", json=body, expect=200)


def tell(api: Client, *items: dict, expect: int = 200, model: str = "iris") -> dict:
    return api.post(f"/models/{model}/feedback", json={"items": list(items)}, expect=expect).json()


def counts(answer: dict) -> tuple[int, int, int, int]:
    return tuple(answer[key] for key in ("joined", "updated", "queued", "rejected"))


def truths(server: Server, model: str = "iris") -> dict:
    answer = server.api("viewer").get(
        f"/models/{model}/predictions", headers={"Accept": "application/x-ndjson"}, expect=200
    )
    return {each["id"]: each["truth"] for each in map(json.loads, answer.text.splitlines())}


def test_truth_that_comes_late(server: Server, iris: Client) -> None:
    predict(iris, ["one", "two"])
    assert counts(tell(iris, {"id": "one", "truth": "yes"})) == (1, 0, 0, 0)
    assert truths(server) == {"one": "yes", "two": None}


def test_truth_that_comes_early(server: Server, iris: Client) -> None:
    assert counts(tell(iris, {"id": "one", "truth": "no"})) == (0, 0, 1, 0)
    assert counts(tell(iris, {"id": "one", "truth": "yes"})) == (0, 0, 1, 0)
    predict(iris, ["one", "two"])
    assert truths(server) == {"one": "yes", "two": None}
    server.restart()
    assert truths(server) == {"one": "yes", "two": None}


def test_early_truth_waits_over_a_restart(server: Server, iris: Client) -> None:
    tell(iris, {"id": "one", "truth": "no"}, {"id": "req/1", "truth": "yes"})
    server.restart()
    predict(server.api("service"), ["one"])
    data = {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [2, 1, 1, 2]}
    server.oip().post("/models/iris/infer", json={"id": "req", "inputs": [data]}, expect=200)
    assert truths(server) == {"one": "no", "req/0": None, "req/1": "yes"}


def test_truth_that_is_repeated_and_corrected(server: Server, iris: Client) -> None:
    predict(iris, ["one"])
    assert counts(tell(iris, {"id": "one", "truth": "yes"})) == (1, 0, 0, 0)
    assert counts(tell(iris, {"id": "one", "truth": "yes"})) == (0, 1, 0, 0)
    assert counts(tell(iris, {"id": "one", "truth": "no"})) == (0, 1, 0, 0)
    assert truths(server) == {"one": "no"}
    both = tell(iris, {"id": "one", "truth": "a"}, {"id": "one", "truth": "b"})
    assert counts(both) == (0, 2, 0, 0)
    assert truths(server) == {"one": "b"}


def test_every_form_of_an_id(server: Server, iris: Client) -> None:
    made = iris.post("/models/iris/predict", json={"rows": [ROW, ROW]}, expect=200).json()
    single = iris.post("/models/iris/predict", json={"rows": [ROW]}, expect=200).json()
    data = {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [2, 1, 1, 2]}
    server.oip().post("/models/iris/infer", json={"id": "req", "inputs": [data]}, expect=200)
    ids = [each["id"] for answer in (made, single) for each in answer["predictions"]]
    ids += ["req/0", "req/1"]
    assert counts(tell(iris, *({"id": each, "truth": "yes"} for each in ids))) == (5, 0, 0, 0)
    assert truths(server) == dict.fromkeys(ids, "yes")
    # No row of theirs is meant by these: they wait.
    unknown = ["req", ids[0].removesuffix("/0"), "req/2", "req/01x", f"{ids[2]}/1", "cr-nothing"]
    assert counts(tell(iris, *({"id": each, "truth": "no"} for each in unknown))) == (0, 0, 6, 0)
    assert truths(server) == dict.fromkeys(ids, "yes")


def test_ndjson_and_csv(server: Server, iris: Client) -> None:
    predict(iris, ["one", "two", "three", 'fo"ur', "five, six"])
    post = lambda kind, body: iris.post(  # noqa: E731
        "/models/iris/feedback", data=body, headers={"Content-Type": kind}, expect=200
    ).json()
    lines = b'{"id":"one","truth":"yes"}\r\n\n{"id":"two","truth":"no","weight":2}'
    assert counts(post("application/x-ndjson", lines)) == (2, 0, 0, 0)
    table = (
        "\ufeffweight,truth,id,time\r\n1,yes,three,2026-01-31T08:15:00Z\r\n"
        '0.5,"no","fo""ur",\n,"a ""b"", c","five, six",\n'
    )
    assert counts(post("text/csv; charset=utf-8", table.encode())) == (3, 0, 0, 0)
    assert truths(server) == {
        "one": "yes",
        "two": "no",
        "three": "yes",
        'fo"ur': "no",
        "five, six": 'a "b", c',
    }


def test_a_table_may_quote_anything(server: Server, iris: Client) -> None:
    odd = ["a, b", 'say "yes"', "two\nlines", '"', "\r\n", "ünï\u2028", ",", 'end"\n"', "plain"]
    usual = [each for each in odd if "\n" not in each]
    predict(iris, usual)
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(["id", "truth"])
    writer.writerows((each, each) for each in odd)
    headers = {"Content-Type": "text/csv"}
    answer = iris.post("/models/iris/feedback", data=table.getvalue().encode(), headers=headers)
    # No prediction's id has control characters, so these wait for none.
    assert counts(answer.json()) == (len(usual), 0, len(odd) - len(usual), 0)


def test_a_label_of_several_lines_comes_as_a_table(server: Server, iris: Client) -> None:
    predict(iris, ["one", "two", "three"])
    table = b'truth,id\r\n"d ""e""\r\nf",one\r\n"\n",two\r\n"never ended,three\r\nyes,three\r\n'
    headers = {"Content-Type": "text/csv"}
    answer = iris.post("/models/iris/feedback", data=table, headers=headers, expect=200).json()
    assert counts(answer) == (3, 0, 0, 1)
    assert [error["index"] for error in answer["errors"]] == [2]
    assert truths(server) == {"one": 'd "e"\r\nf', "two": "\n", "three": "yes"}
    answer = iris.post(
        "/models/iris/feedback", data=b'id,truth\none,"no', headers=headers, expect=422
    ).json()
    assert counts(answer) == (0, 0, 0, 1)


WRONG_ITEMS = [
    {},
    5,
    None,
    {"id": "one"},
    {"truth": "yes"},
    {"id": 5, "truth": "yes"},
    {"id": "", "truth": "yes"},
    {"id": "x" * 300, "truth": "yes"},
    {"id": "one", "truth": None},
    {"id": "one", "truth": []},
    {"id": "one", "truth": ""},
    {"id": "one", "truth": "x" * 2000},
    {"id": "one", "truth": "yes", "weight": -1},
    {"id": "one", "truth": "yes", "weight": "2"},
    {"id": "one", "truth": "yes", "time": "yesterday"},
    {"id": "one", "truth": "yes", "time": 5},
]


def test_what_is_wrong_with_an_item_is_told_by_its_index(server: Server, iris: Client) -> None:
    predict(iris, ["one"])
    good = {"id": "one", "truth": "no"}
    answer = tell(iris, *WRONG_ITEMS, good)
    assert counts(answer) == (1, 0, 0, len(WRONG_ITEMS))
    assert [error["index"] for error in answer["errors"]] == list(range(len(WRONG_ITEMS)))
    assert all(error["detail"] for error in answer["errors"])
    assert truths(server) == {"one": "no"}
    assert counts(tell(iris, WRONG_ITEMS[0], expect=422)) == (0, 0, 0, 1)


def test_broken_lines_are_told_and_the_others_count(server: Server, iris: Client) -> None:
    predict(iris, ["one", "two"])
    lines = b'{"id":"one","truth":"yes"}\n{"id":\n\xff\n[]\n{"id":"two","truth":"\\u0000"}\n'
    answer = iris.post(
        "/models/iris/feedback",
        data=lines,
        headers={"Content-Type": "application/x-ndjson"},
        expect=200,
    ).json()
    assert counts(answer) == (1, 0, 0, 4)
    assert [error["index"] for error in answer["errors"]] == [1, 2, 3, 4]
    table = b'id,truth\none,no\n"two"x,yes\n"two,yes\ntwo\n\xff,yes\ntwo,\n'
    answer = iris.post(
        "/models/iris/feedback", data=table, headers={"Content-Type": "text/csv"}, expect=200
    ).json()
    assert counts(answer) == (0, 1, 0, 5)
    assert [error["index"] for error in answer["errors"]] == [1, 2, 3, 4, 5]
    assert truths(server) == {"one": "no", "two": None}


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"", 400),
        ("application/json", b"{", 400),
        ("application/json", b"[]", 422),
        ("application/json", b"{}", 422),
        ("application/json", b'{"items": {}}', 422),
        ("application/json", b'{"items": [NaN]}', 400),
        ("application/json", b'{"items": [{"id": "\xff"}]}', 400),
        ("application/json", b"[" * 100000, 400),
        ("text/csv", b"", 422),
        ("text/csv", b"a,b\n1,2\n", 422),
        ("text/csv", b"id\n1\n", 422),
        ("application/xml", b"<a/>", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
    ],
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_other_bodies_are_refused(
    server: Server, iris: Client, kind: str, body: bytes, status: int
) -> None:
    answer = iris.post("/models/iris/feedback", data=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_an_unknown_model_takes_no_truth(iris: Client) -> None:
    tell(iris, {"id": "one", "truth": "yes"}, expect=404, model="nope")


def test_numbers_are_the_truth_of_a_regression(server: Server) -> None:
    upload(server.api("developer"), "sum", regressor(), **named())
    service = server.api("service")
    predict(service, ["a", "b", "c"], "sum")
    items = ({"id": "a", "truth": 1.5}, {"id": "b", "truth": "2e3"}, {"id": "c", "truth": "many"})
    answer = tell(service, *items, model="sum")
    assert counts(answer) == (2, 0, 0, 1)
    assert truths(server, "sum") == {"a": 1.5, "b": 2000, "c": None}
    for bad in ("nan", "inf", "1e999", "0x10", "1,5", " "):
        tell(service, {"id": "c", "truth": bad}, model="sum", expect=422)


def test_labels_that_are_numbers_are_compared_as_text(server: Server, iris: Client) -> None:
    predict(iris, ["a", "b", "c"])
    tell(iris, {"id": "a", "truth": 1}, {"id": "b", "truth": True}, {"id": "c", "truth": 0.1})
    assert truths(server) == {"a": "1", "b": "true", "c": "0.1"}


@pytest.mark.serve(clock="2026-01-01T00:00:00Z", settings={"predictions.orphan_days": "2"})
def test_orphans_expire(server: Server, iris: Client) -> None:
    tell(iris, {"id": "one", "truth": "yes"}, {"id": "cr-0000000000000", "truth": "yes"})
    server.advance(86400)
    tell(iris, {"id": "two", "truth": "yes"})
    server.advance(86400)

    # Offered again by every sweep, and not made young by that.
    for _ in range(3):
        server.advance(3600)
    wait_until(lambda: waiting(server) == 1, 10)
    predict(server.api("service"), ["one", "two"])
    assert truths(server) == {"one": None, "two": "yes"}


def waiting(server: Server) -> int:
    if server.store.kind == "sqlite":
        import sqlite3

        file = server.data / "crisol.db"
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as db:
            return db.execute("select count(*) from predictions_orphans").fetchone()[0]
    import psycopg2

    connection = psycopg2.connect(server.store.url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from predictions_orphans")
            return cursor.fetchone()[0]
    finally:
        connection.close()


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_hundred_thousand_truths_do_not_hold_up_predictions(server: Server, iris: Client) -> None:
    import threading
    from time import monotonic

    count = 100_000
    for at in range(0, count, 20_000):
        predict(iris, [f"r{i}" for i in range(at, at + 20_000)])
    table = "id,truth\n" + "".join(f"r{i},yes\n" for i in range(count))
    done, longest = threading.Event(), [0.0]

    def go_on() -> None:
        api = server.api("service")
        while not done.is_set():
            start = monotonic()
            api.post("/models/iris/predict", json={"rows": [ROW]}, expect=200)
            longest[0] = max(longest[0], monotonic() - start)

    server.api("service")
    thread = threading.Thread(target=go_on)
    thread.start()
    answer = iris.post(
        "/models/iris/feedback",
        data=table.encode(),
        headers={"Content-Type": "text/csv"},
        timeout=60,
        expect=200,
    ).json()
    done.set()
    thread.join()
    assert counts(answer) == (count, 0, 0, 0)
    assert longest[0] < 3, f"a prediction waited {longest[0]} s"


def test_truth_survives_a_crash(server: Server, iris: Client) -> None:
    predict(iris, ["one"])
    tell(iris, {"id": "one", "truth": "no"}, {"id": "two", "truth": "yes"})
    server.kill()
    server.start()
    predict(server.api("service"), ["two"])
    assert truths(server) == {"one": "no", "two": "yes"}


def test_truth_reaches_every_arm(server: Server, iris: Client) -> None:
    developer = server.api("developer")
    upload(developer, "iris", classifier(-100), **named())
    champion = {"version": "1", "mode": "champion"}
    set_arms(developer, "iris", champion, {"version": "2", "mode": "shadow"})
    tell(iris, {"id": "early", "truth": "no"})
    predict(iris, ["early"])
    predict(iris, ["late"])
    tell(iris, {"id": "late", "truth": "no"})

    def accuracy(version: str) -> tuple:
        body = server.api("viewer").get("/models/iris/metrics", params={"version": version}).json()
        return body["labelled"], body["accuracy"]

    wait_until(lambda: accuracy("2") == (2, 1.0), 10)
    wait_until(lambda: accuracy("1") == (2, 0.0), 10)
    tell(iris, {"id": "late", "truth": "yes"})
    wait_until(lambda: accuracy("1") == (2, 0.5), 10)
