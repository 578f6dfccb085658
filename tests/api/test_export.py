"""What was asked and answered, as it is given back: pages, NDJSON, CSV; erasing and forgetting."""

import csv
import io
import json
from pathlib import Path

import pytest

from harness import Server, wait_until
from harness.onnx_models import classifier, named, regressor, set_arms, upload
from harness.server import binary

# The sanitizers need memory of their own.
SANITIZED = any(name in binary().read_bytes() for name in (b"__asan_init", b"__tsan_init"))

NDJSON, CSV = {"Accept": "application/x-ndjson"}, {"Accept": "text/csv"}


def predict(server: Server, rows: list[dict], **more: object) -> list[dict]:
    body = {"rows": rows, **more}
    answer = server.api("service").post("/models/iris/predict", json=body, expect=200)
    return answer.json()["predictions"]


def ndjson(server: Server, model: str = "iris", **params: str) -> list[dict]:
    answer = server.api("viewer").get(
        f"/models/{model}/predictions", headers=NDJSON, params=params, expect=200
    )
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def table(server: Server, model: str = "iris", **params: str) -> list[dict]:
    answer = server.api("viewer").get(
        f"/models/{model}/predictions", headers=CSV, params=params, expect=200
    )
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def pages(server: Server, limit: int, **params: str) -> list[dict]:
    items, cursor = [], None
    while True:
        query = {"limit": limit, **params} | ({"cursor": cursor} if cursor else {})
        page = server.api("viewer").get("/models/iris/predictions", params=query, expect=200).json()
        assert len(page["items"]) <= limit
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


@pytest.fixture
def iris(server: Server) -> Server:
    upload(server.api("developer"), "iris", classifier(), **named())
    return server


def test_exports_are_what_was_asked_and_answered(iris: Server) -> None:
    asked = [{"a": i / 8, "b": 1.1 - i / 4} for i in range(40)]
    answers = []
    for at in range(0, 40, 8):
        answers += predict(iris, asked[at : at + 8], ids=[f"id {i}" for i in range(at, at + 8)])
    truth = [{"id": f"id {i}", "truth": "yes"} for i in range(0, 40, 3)]
    iris.api("service").post("/models/iris/feedback", json={"items": truth}, expect=200)
    lines = ndjson(iris)
    assert [line["id"] for line in lines] == [answer["id"] for answer in answers]
    for i, (line, answer, row) in enumerate(zip(lines, answers, asked, strict=True)):
        assert line["version"] == "1"
        assert line["label"] == answer["label"]
        assert line["probabilities"] == answer["probabilities"]
        assert line["truth"] == ("yes" if i % 3 == 0 else None)
        assert line["features"] == pytest.approx(row, rel=1e-6)
        score = {key: line[key] for key in ("version", "label", "probabilities")}
        assert line["scores"] == [score]
    rows = table(iris)
    assert list(rows[0]) == [
        "id",
        "time",
        "version",
        "label",
        "probability",
        "truth",
        "scores",
        "a",
        "b",
    ]
    for row, line in zip(rows, lines, strict=True):
        assert json.loads(row["scores"]) == line["scores"]
        assert (row["id"], row["time"], row["label"]) == (
            line["id"],
            line["time"],
            line["label"],
        )
        assert row["truth"] == (line["truth"] or "")
        assert float(row["a"]) == line["features"]["a"]
        assert float(row["probability"]) == max(line["probabilities"].values())
    by_id = sorted(lines, key=lambda line: line["id"])
    for limit in (1, 3, 8, 500):
        assert sorted(pages(iris, limit), key=lambda line: line["id"]) == by_id


def test_pages_end_within_a_large_request(iris: Server) -> None:
    predict(iris, [{"a": 0, "b": 1}])
    predict(iris, [{"a": i, "b": 0} for i in range(25)])
    predict(iris, [{"a": 0, "b": 1}])
    items = pages(iris, 7)
    assert len(items) == 27
    assert len({item["id"] for item in items}) == 27
    assert [item["features"]["a"] for item in items] == [0, *range(25), 0]


def test_filters(iris: Server) -> None:
    developer = iris.api("developer")
    upload(developer, "iris", classifier(1), **named())
    predict(iris, [{"a": 1, "b": 1}] * 3, ids=["a", "b", "c"])
    developer.post("/models/iris/promote", json={"version": "2"}, expect=200)
    predict(iris, [{"a": 1, "b": 1}] * 2, ids=["d", "e"])
    items = [{"id": each, "truth": "no"} for each in ("b", "e")]
    iris.api("service").post("/models/iris/feedback", json={"items": items}, expect=200)
    ids = lambda **params: [line["id"] for line in ndjson(iris, **params)]  # noqa: E731
    assert ids(version="1") == ["a", "b", "c"]
    assert ids(version="2") == ["d", "e"]
    assert ids(labelled="true") == ["b", "e"]
    assert ids(labelled="false", version="1") == ["a", "c"]
    assert [row["id"] for row in table(iris, version="2", labelled="true")] == ["e"]
    assert [item["id"] for item in pages(iris, 1, labelled="true")] == ["e", "b"]
    assert ids(version="7") == []
    assert table(iris, version="7") == []


@pytest.mark.serve(clock="2026-01-01T00:00:00Z")
def test_spans_of_time(iris: Server) -> None:
    for name in ("one", "two", "three"):
        predict(iris, [{"a": 1, "b": 1}], ids=[name])
        iris.advance(3600)
    span = {"from": "2026-01-01T01:00:00Z", "to": "2026-01-01T02:00:00Z"}
    assert [line["id"] for line in ndjson(iris, **span)] == ["two"]
    assert [line["id"] for line in ndjson(iris, **{"from": span["to"]})] == ["three"]
    assert [line["id"] for line in ndjson(iris, to=span["from"])] == ["one"]
    assert ndjson(iris)[1]["time"].startswith("2026-01-01T01:00:00")


def test_wrong_questions(iris: Server) -> None:
    viewer = iris.api("viewer")
    for query in (
        "limit=0",
        "limit=501",
        "limit=x",
        "version=0",
        "version=x",
        "labelled=maybe",
        "from=yesterday",
        "to=5",
        "cursor=x",
        "cursor=0000000000000",
        "cursor=0000000000000/x",
        "cursor=zzzzzzzzzzzzz/1",
        "cursor=0000000000000/1/2",
    ):
        answer = viewer.get(f"/models/iris/predictions?{query}")
        assert answer.status_code == 422, (query, answer.text)
    viewer.get("/models/nope/predictions", expect=404)
    viewer.get("/models/nope/predictions", headers=CSV, expect=404)
    assert iris.api("service").get("/models/iris/predictions").status_code == 403


def test_an_empty_export_has_its_header(iris: Server) -> None:
    answer = iris.api("viewer").get("/models/iris/predictions", headers=CSV, expect=200)
    assert answer.text == "id,time,version,label,probability,truth,scores,a,b\r\n"
    assert ndjson(iris) == []


def test_the_table_of_numbers_tells_all_arms(server: Server) -> None:
    api = server.api("developer")
    upload(api, "sum", regressor(), **named())
    upload(api, "sum", regressor(2.0), **named())
    set_arms(api, "sum", {"version": "1", "mode": "champion"}, {"version": "2", "mode": "shadow"})
    body = {"rows": [{"a": 1, "b": 2}], "ids": ["x"]}
    api.post("/models/sum/predict", json=body, expect=200)
    wait_until(lambda: len(ndjson(server, "sum")[0]["scores"]) == 2)
    row = table(server, "sum")[0]
    assert (row["id"], float(row["value"]), row["probability"]) == ("x", 3, "")
    assert json.loads(row["scores"]) == [
        {"version": "1", "value": 3},
        {"version": "2", "value": 6},
    ]


def test_odd_texts_survive(iris: Server) -> None:
    odd = ['comma, "quote"', "new\u2028line", "ünï", "=1+1", " blank "]
    predict(iris, [{"a": 1, "b": 1}] * len(odd), ids=odd)
    items = [{"id": each, "truth": each} for each in odd]
    iris.api("service").post("/models/iris/feedback", json={"items": items}, expect=200)
    answer = iris.api("viewer").get("/models/iris/predictions", headers=NDJSON, expect=200)
    lines = [json.loads(line) for line in answer.content.decode().split("\n") if line]
    assert [(line["id"], line["truth"]) for line in lines] == [(each, each) for each in odd]
    assert [(row["id"], row["truth"]) for row in table(iris)] == [(each, each) for each in odd]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_large_export_needs_little_memory(iris: Server) -> None:
    if "libasan" in Path(f"/proc/{iris.pid}/maps").read_text():
        pytest.skip("AddressSanitizer keeps what is freed, so memory tells nothing")
    rows = [{"a": i % 7, "b": i % 3} for i in range(20_000)]
    for _ in range(15):
        predict(iris, rows)
    iris.restart()
    status = Path(f"/proc/{iris.pid}/status")
    peak = lambda: int(status.read_text().split("VmHWM:")[1].split()[0])  # noqa: E731
    viewer, before = iris.api("viewer"), peak()
    answer = viewer.get("/models/iris/predictions", headers=NDJSON, expect=200, timeout=60)
    assert answer.content.count(b"\n") == 300_000
    answer = viewer.get("/models/iris/predictions", headers=CSV, expect=200, timeout=60)
    assert answer.content.count(b"\n") == 300_001
    assert SANITIZED or peak() - before < 60_000, f"{before} KiB grew to {peak()} KiB"


def test_a_unit_can_be_erased(iris: Server) -> None:
    for unit in ("mr x", "mrs y", None):
        more = {"unit": unit} if unit else {}
        predict(iris, [{"a": 1, "b": 1}] * 2, ids=[f"{unit}/a", f"{unit} b"], **more)
        items = [{"id": f"{unit} b", "truth": "yes"}]
        iris.api("service").post("/models/iris/feedback", json={"items": items}, expect=200)
    developer = iris.api("developer")
    for query in ("", "?unit=", "?name=x"):
        developer.delete(f"/models/iris/predictions{query}", expect=422)
    developer.delete("/models/nope/predictions?unit=x", expect=404)
    assert developer.delete("/models/iris/predictions?unit=nobody").json() == {"erased": 0}
    assert developer.delete("/models/iris/predictions?unit=mr+x").json() == {"erased": 2}
    assert {line["id"] for line in ndjson(iris)} == {"mrs y/a", "mrs y b", "None/a", "None b"}
    # Its ids are free again, and the truth that was told is gone with it.
    predict(iris, [{"a": 0, "b": 9}], ids=["mr x b"])
    assert [line["truth"] for line in ndjson(iris) if line["id"] == "mr x b"] == [None]


@pytest.mark.serve(clock="2026-01-01T00:00:00Z", settings={"predictions.retain_days": "2"})
def test_old_predictions_are_forgotten(iris: Server) -> None:
    upload(iris.api("developer"), "sum", regressor(), **named())
    predict(iris, [{"a": 1, "b": 1}], ids=["old"])
    body = {"rows": [{"a": 1, "b": 1}]}
    iris.api("service").post("/models/sum/predict", json=body, expect=200)
    iris.advance(86400)
    predict(iris, [{"a": 1, "b": 1}], ids=["young"])
    iris.advance(86400 + 60)
    wait_until(lambda: [line["id"] for line in ndjson(iris)] == ["young"], 20)
    wait_until(lambda: ndjson(iris, "sum") == [], 20)
