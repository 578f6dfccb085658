"""Native predict: rows by the names of their features, ids, what is refused."""

import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from onnx import TensorProto

from harness import Client, Server, wait_until
from harness.onnx_models import (
    classifier,
    identity,
    named,
    regressor,
    rows,
    set_arms,
    slow,
    upload,
)
from harness.server import binary

# The sanitizers need memory of their own.
SANITIZED = any(name in binary().read_bytes() for name in (b"__asan_init", b"__tsan_init"))

ROW = {"a": 2.0, "b": 1.0}


@pytest.fixture
def iris(server: Server) -> Client:
    """A client of role service; the model "iris" says yes where a > b."""
    upload(server.api("developer"), "iris", classifier(), **named())
    return server.api("service")


def predict(api: Client, body: dict, expect: int = 200, model: str = "iris") -> dict:
    return api.post(f"/models/{model}/predict", json=body, expect=expect).json()


def logged(server: Server, model: str = "iris") -> list[dict]:
    answer = server.api("viewer").get(
        f"/models/{model}/predictions", headers={"Accept": "application/x-ndjson"}, expect=200
    )
    return [json.loads(line) for line in answer.text.splitlines()]


def test_rows_are_answered_in_their_order(server: Server, iris: Client) -> None:
    answer = predict(iris, {"rows": rows((2, 1), (1, 2), (5, 0))})
    assert answer["model"] == "iris"
    assert [each["label"] for each in answer["predictions"]] == ["yes", "no", "yes"]
    ids = [each["id"] for each in answer["predictions"]]
    base = ids[0].removesuffix("/0")
    assert ids == [f"{base}/0", f"{base}/1", f"{base}/2"]
    for each in answer["predictions"]:
        assert each["version"] == "1"
        assert sum(each["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert [each["id"] for each in logged(server)] == ids


def test_one_row_has_the_id_itself(server: Server, iris: Client) -> None:
    answer = predict(iris, {"rows": [ROW]})["predictions"][0]
    assert answer["id"].startswith("cr-")
    assert "/" not in answer["id"]
    assert [each["id"] for each in logged(server)] == [answer["id"]]


def test_the_order_of_features_does_not_matter(iris: Client) -> None:
    answer = predict(iris, {"rows": [{"b": 1, "a": 2}, {"a": 2, "b": 1}, {"b": 2, "a": 1}]})
    assert [each["label"] for each in answer["predictions"]] == ["yes", "yes", "no"]


def test_regression_answers_a_value(server: Server) -> None:
    upload(server.api("developer"), "sum", regressor(2.0), **named())
    answer = predict(server.api("service"), {"rows": rows((1, 2), (0.25, 0))}, model="sum")
    assert [each["value"] for each in answer["predictions"]] == [6, 0.5]


def test_a_model_without_a_task_answers_its_outputs(server: Server) -> None:
    upload(server.api("developer"), "same", identity(TensorProto.STRING, ("n", 1)), task="other")
    body = {"rows": [{"x": "ä"}, {"x": '\u0000\n"'}]}
    answer = predict(server.api("service"), body, model="same")
    assert answer["outputs"] == {"y": ["ä", '\u0000\n"']}
    assert [each["x"] for each in (entry["features"] for entry in logged(server, "same"))] == [
        "ä",
        '\u0000\n"',
    ]


WRONG = [
    (b"", 400, "empty"),
    (b"{", 400, "byte"),
    (b"[]", 400, "object"),
    (b'{"rows": [{"a": 1, "b": 2}]} x', 400, "follows"),
    (b'{"rows": [{"a": 1, "b": 2},]}', 400, "byte"),
    (b'{"rows": [{"a": 1, "b": 2}', 400, "byte"),
    (b'{"rows": [{"a": NaN, "b": 2}]}', 400, "byte"),
    (b'{"rows": [{"a": Infinity, "b": 2}]}', 400, "byte"),
    (b'{"rows": [{"a": 01, "b": 2}]}', 400, "byte"),
    (b'{"rows": [{"a": .5, "b": 2}]}', 400, "byte"),
    (b'{"rows": [{"a\xff": 1, "b": 2}]}', 400, "UTF-8"),
    (b'{"rows": [{"a": 1, "b": "\\ud800"}]}', 400, "escape"),
    (b'{"rows": ' + b"[" * 100000, 400, "deeply"),
    (b'{"x": ' + b'{"a":' * 70 + b"1" + b"}" * 70 + b"}", 400, "deeply"),
    (b"{}", 422, "/rows"),
    (b'{"rows": null}', 400, "list"),
    (b'{"rows": 5}', 400, "list"),
    (b'{"rows": []}', 422, "/rows"),
    (b'{"rows": [5]}', 422, "/rows/0"),
    (b'{"rows": [[1, 2]]}', 422, "/rows/0"),
    (b'{"rows": [null]}', 422, "/rows/0 row 0 must be an object"),
    (b'{"rows": [{"a/b~c": 1}]}', 422, "/rows/0/a~1b~0c"),
    (b'{"rows": [{}]}', 422, "/rows/0/a"),
    (b'{"rows": [{"a": 1}]}', 422, "/rows/0/b"),
    (b'{"rows": [{"a": 1, "b": 2}, {"a": 1}]}', 422, "/rows/1/b"),
    (b'{"rows": [{"a": 1, "b": 2, "c": 3}]}', 422, "/rows/0/c"),
    (b'{"rows": [{"a": 1, "a": 1, "b": 2}]}', 422, "/rows/0/a"),
    (b'{"rows": [{"a": "1", "b": 2}]}', 422, "/rows/0/a"),
    (b'{"rows": [{"a": null, "b": 2}]}', 422, "/rows/0/a"),
    (b'{"rows": [{"a": [1], "b": 2}]}', 422, "/rows/0/a"),
    (b'{"rows": [{"a": 1e39, "b": 2}]}', 422, "/rows/0/a"),
    (b'{"rows": [{"a": 1e999, "b": 2}]}', 422, "/rows/0/a"),
    (b'{"rows": [{"a": -1e999, "b": 2}]}', 422, "/rows/0/a"),
    (b'{"rows": [{"a": 1, "b": 2}], "ids": []}', 422, "/ids"),
    (b'{"rows": [{"a": 1, "b": 2}], "ids": ["x", "y"]}', 422, "/ids"),
    (b'{"rows": [{"a": 1, "b": 2}], "ids": [5]}', 400, "text"),
    (b'{"rows": [{"a": 1, "b": 2}], "ids": "x"}', 400, "list"),
    (b'{"rows": [{"a": 1, "b": 2}], "ids": [""]}', 422, "/ids/0"),
    (b'{"rows": [{"a": 1, "b": 2}], "ids": ["a\\u0000"]}', 422, "/ids/0"),
    (b'{"rows": [{"a": 1, "b": 2}], "ids": ["' + b"x" * 257 + b'"]}', 422, "/ids/0"),
    (b'{"rows": [{"a": 1, "b": 2}], "ids": ["cr-0000000000000"]}', 422, "/ids/0"),
    (b'{"rows": [{"a": 1, "b": 2}], "ids": ["cr-0000000000000/3"]}', 422, "/ids/0"),
    (b'{"rows": [{"a": 1, "b": 2}], "unit": 5}', 400, "text"),
    (b'{"rows": [{"a": 1, "b": 2}], "unit": ""}', 422, "/unit"),
    (b'{"rows": [{"a": 1, "b": 2}], "unit": "a\\u0000b"}', 422, "/unit"),
    (b'{"rows": [{"a": 1, "b": 2}], "unit": "' + b"u" * 5000 + b'"}', 422, "/unit"),
]


def test_what_is_wrong_is_told_with_its_place(server: Server, iris: Client) -> None:
    for body, status, says in WRONG:
        answer = iris.post("/models/iris/predict", data=body)
        assert answer.status_code == status, (body[:100], answer.text)
        problem = answer.json()
        place = "".join(item["pointer"] for item in problem["errors"]) + " " + problem["detail"]
        assert says in place, (body[:100], problem)
    assert logged(server) == []
    assert predict(iris, {"rows": [ROW]})["predictions"][0]["label"] == "yes"


def test_ids_that_stand_twice_are_refused(server: Server, iris: Client) -> None:
    problem = predict(iris, {"rows": [ROW, ROW], "ids": ["x", "x"]}, expect=422)
    assert problem["errors"][0]["pointer"] == "/ids/1"
    assert logged(server) == []


def test_an_unknown_model(iris: Client) -> None:
    for name in ("nope", "n%00", "%ff", "a" * 500, "..%2Firis"):
        answer = iris.post(f"/models/{name}/predict", json={"rows": [ROW]})
        assert answer.status_code in (400, 404), name
    iris.post("/models/iris/predict", files={"image": b"x"}, expect=415)


@pytest.mark.serve(settings={"serving.batch_rows_max": "10"})
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_too_many_rows_are_refused(server: Server, iris: Client) -> None:
    predict(iris, {"rows": [ROW] * 10})
    problem = predict(iris, {"rows": [ROW] * 11}, expect=413)
    assert "11" in problem["detail"]
    body = b'{"rows":[' + b",".join([b"1"] * 10_000_000) + b"]}"
    assert iris.post("/models/iris/predict", data=body).status_code == 413
    claim = {"name": "x", "shape": [10_000_000, 2], "datatype": "FP32", "data": [1, 2]}
    oip = server.oip().post("/models/iris/infer", json={"inputs": [claim]}, expect=400)
    assert "more elements" in oip.json()["error"]
    assert len(logged(server)) == 10


def test_integers_keep_their_digits(server: Server) -> None:
    upload(server.api("developer"), "same", identity(TensorProto.INT64, ("n", 1)), task="other")
    service = server.api("service")
    body = b'{"rows":[{"x":9007199254740993},{"x":-9223372036854775808},{"x":3.0},{"x":1e2}]}'
    answer = service.post("/models/same/predict", data=body, expect=200).json()
    assert answer["outputs"]["y"] == [9007199254740993, -9223372036854775808, 3, 100]
    for bad in (b"9223372036854775808", b"1.5", b"1e19", b'"1"', b"9007199254740993.0"):
        body = b'{"rows":[{"x":' + bad + b"}]}"
        problem = service.post("/models/same/predict", data=body, expect=422).json()
        assert problem["errors"][0]["pointer"] == "/rows/0/x"


# ---- ids


def test_the_same_id_and_row_gets_the_first_answer(server: Server, iris: Client) -> None:
    body = {"rows": [ROW, {"a": 0, "b": 9}], "ids": ["one", "two"]}
    first = predict(iris, body)
    assert [each["id"] for each in first["predictions"]] == ["one", "two"]
    upload(server.api("developer"), "iris", classifier(-100), **named())
    server.api("developer").post("/models/iris/promote", json={"version": "2"}, expect=200)
    assert predict(iris, body) == first
    assert len(logged(server)) == 2
    fresh = predict(iris, {"rows": [ROW]})["predictions"][0]
    assert (fresh["version"], fresh["label"]) == ("2", "no")


def test_some_rows_are_new_and_some_are_not(server: Server, iris: Client) -> None:
    first = predict(iris, {"rows": [ROW], "ids": ["one"]})["predictions"]
    body = {"rows": [{"a": 1, "b": 3}, ROW, {"a": 3, "b": 1}], "ids": ["zero", "one", "two"]}
    second = predict(iris, body)["predictions"]
    assert [each["id"] for each in second] == ["zero", "one", "two"]
    assert [each["label"] for each in second] == ["no", "yes", "yes"]
    assert second[1] == first[0]
    assert [each["id"] for each in logged(server)] == ["one", "zero", "two"]


def test_an_id_of_another_row_is_a_conflict_and_nothing_is_logged(
    server: Server, iris: Client
) -> None:
    predict(iris, {"rows": [ROW], "ids": ["one"]})
    body = {"rows": [ROW, {"a": 9, "b": 9}], "ids": ["new", "one"]}
    problem = predict(iris, body, expect=409)
    assert '"one"' in problem["detail"]
    assert [each["id"] for each in logged(server)] == ["one"]
    assert predict(iris, {"rows": [{"a": 7, "b": 7}], "ids": ["new"]})


def test_the_ids_of_a_protocol_are_ids_of_the_other(server: Server, iris: Client) -> None:
    data = {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [2, 1, 1, 2]}
    server.oip().post("/models/iris/infer", json={"id": "req", "inputs": [data]}, expect=200)
    repeated = predict(iris, {"rows": [{"a": 1, "b": 2}], "ids": ["req/1"]})
    assert repeated["predictions"][0]["label"] == "no"
    predict(iris, {"rows": [ROW], "ids": ["req/1"]}, expect=409)
    predict(iris, {"rows": [ROW], "ids": ["req"]}, expect=409)
    assert [each["id"] for each in logged(server)] == ["req/0", "req/1"]


def test_the_same_ids_at_the_same_moment(server: Server, iris: Client) -> None:
    """Whoever comes second repeats the first one's answer, however close they are."""
    clients = [server.api("service") for _ in range(8)]
    for turn in range(15):
        body = {"rows": [ROW, {"a": 0, "b": turn}], "ids": [f"x{turn}", f"y{turn}"]}
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda api, body=body: predict(api, body), clients))
        assert all(answer == answers[0] for answer in answers)
    assert len(logged(server)) == 30


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_large_request_may_be_repeated(server: Server, iris: Client) -> None:
    """Its record was once unpacked again for each of its rows."""
    count = 20_000
    body = {"rows": [ROW] * count, "ids": [f"row {i}" for i in range(count)]}
    first = predict(iris, body)
    assert predict(iris, body) == first
    assert len(logged(server)) == count
    peak = int(Path(f"/proc/{server.pid}/status").read_text().split("VmHWM:")[1].split()[0])
    assert SANITIZED or peak < 600_000, f"{peak} KiB"


def test_a_repeated_row_keeps_the_names_of_its_version(server: Server) -> None:
    developer, service = server.api("developer"), server.api("service")
    upload(developer, "iris", classifier(), **named())
    body = {"rows": [ROW], "ids": ["one"]}
    first = predict(service, body)
    signature = json.dumps({"features": ["a", "b"], "classes": ["nein", "ja"]})
    upload(developer, "iris", classifier(1), signature=signature)
    developer.post("/models/iris/promote", json={"version": "2"}, expect=200)
    assert predict(service, body) == first
    server.stop()
    sha256 = server_version_file(server)
    sha256.unlink()
    server.allow_error("cannot be loaded")
    server.start()
    assert predict(server.api("service"), body) == first


def server_version_file(server: Server) -> Path:
    """The file of version 1: the older of the two."""
    return min((server.data / "models").glob("*.onnx"), key=lambda path: path.stat().st_mtime_ns)


# ---- load


@pytest.mark.serve(settings={"serving.queue_max": "2", "serving.threads": "1"})
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_full_queue_says_so(server: Server) -> None:
    upload(server.api("developer"), "slow", slow(400, 10))
    clients = [server.api("service") for _ in range(12)]
    with ThreadPoolExecutor(12) as threads:
        post = lambda api: api.post("/models/slow/predict", json={"rows": [{"x": 1.5}]})  # noqa: E731
        answers = list(threads.map(post, clients))
        infer = {"inputs": [{"name": "x", "shape": [1, 1], "datatype": "FP32", "data": [1]}]}
        oips = [server.oip() for _ in range(12)]
        inferred = list(threads.map(lambda api: api.post("/models/slow/infer", json=infer), oips))
    assert {answer.status_code for answer in answers} == {200, 503}
    for answer in answers:
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) >= 1
            assert answer.json()["code"] == "busy"
        else:
            assert answer.json()["predictions"][0]["value"] == 1.5
    busy = [answer for answer in inferred if answer.status_code == 503]
    assert busy
    assert all("full" in answer.json()["error"] for answer in busy)
    assert all("Retry-After" in answer.headers for answer in busy)


def test_promotions_under_load_lose_no_request(server: Server) -> None:
    developer = server.api("developer")
    for bias in (0, 1, 2):
        upload(developer, "iris", classifier(bias), **named())
    stop, failures, counts = threading.Event(), [], [0] * 4
    infer = {"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [2, 1]}]}

    def send(index: int, native: bool) -> None:
        api = server.api("service") if native else server.oip()
        while not stop.is_set():
            if native:
                answer = api.post("/models/iris/predict", json={"rows": [ROW]})
            else:
                answer = api.post("/models/iris/infer", json=infer)
            counts[index] += 1
            if answer.status_code != 200:
                failures.append(answer.text)

    threads = [threading.Thread(target=send, args=(i, i % 2 == 0)) for i in range(4)]
    server.api("service")
    for thread in threads:
        thread.start()
    for turn in itertools.count():
        if turn >= 50 and min(counts) > 10:
            break
        if turn % 5 == 4:
            developer.post("/models/iris/rollback", json={"reason": "test"}, expect=(200, 409))
            continue
        version = str(turn % 3 + 1)
        developer.post("/models/iris/promote", json={"version": version}, expect=(200, 409))
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(logged(server)) == sum(counts)


def test_shadows_say_of_many_what_they_say_of_one(server: Server, iris: Client) -> None:
    """Requests that wait together are scored together: each row keeps its own scores."""
    developer = server.api("developer")
    upload(developer, "iris", classifier(-1.5), **named())
    shadow = {"version": "2", "mode": "shadow"}
    set_arms(developer, "iris", {"version": "1", "mode": "champion"}, shadow)
    service = [server.api("service") for _ in range(6)]

    def send(number: int) -> None:
        for i in range(40):
            first = number * 40 + i
            pairs = [(first / 50 + k, k + i % 7) for k in range(1 + i % 4)]
            service[number].post("/models/iris/predict", json={"rows": rows(*pairs)}, expect=200)

    with ThreadPoolExecutor(6) as clients:
        list(clients.map(send, range(6)))
    total = 6 * 10 * (1 + 2 + 3 + 4)
    wait_until(lambda: sum(len(each["scores"]) == 2 for each in logged(server)) == total)
    records = logged(server)
    flat = [value for each in records for value in (each["features"]["a"], each["features"]["b"])]
    data = {"name": "x", "shape": [total, 2], "datatype": "FP32", "data": flat}
    alone = server.oip().post("/models/iris/versions/2/infer", json={"inputs": [data]}, expect=200)
    outputs = {each["name"]: each["data"] for each in alone.json()["outputs"]}
    labels, scores = outputs["label"], outputs["probabilities"]
    assert len(set(labels)) == 2, "a shadow that says the same of every row shows nothing"
    for i, each in enumerate(records):
        said = next(score for score in each["scores"] if score["version"] == "2")
        assert said["label"] == labels[i]
        assert list(said["probabilities"].values()) == pytest.approx(scores[2 * i : 2 * i + 2])


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_large_requests_do_not_pile_up_before_a_slow_shadow(server: Server) -> None:
    """What waits for shadows has a limit in bytes: ten thousand of these would be gigabytes."""
    developer = server.api("developer")
    upload(developer, "model", regressor(columns=1))
    upload(developer, "model", slow(400, 200))
    shadow = {"version": "2", "mode": "shadow"}
    set_arms(developer, "model", {"version": "1", "mode": "champion"}, shadow)
    rows = 50_000
    data = {"name": "x", "shape": [rows, 1], "datatype": "FP32"}
    head = json.dumps({"inputs": [data | {"parameters": {"binary_data_size": 4 * rows}}]}).encode()
    content = head + bytes(4 * rows)
    length = {"Inference-Header-Content-Length": str(len(head))}
    client = server.oip()
    for _ in range(80):  # 0.6 MB each in the log
        client.post("/models/model/infer", data=content, headers=length, expect=200)
    assert server.metric("crisol_shadow_dropped_total") >= 10 * rows
    assert server.metric("crisol_shadow_queued") < 70


def test_unloading_under_load_gives_clean_answers(server: Server) -> None:
    developer = server.api("developer")
    upload(developer, "iris", classifier(), **named())
    stop, odd, seen = threading.Event(), [], set()

    def send() -> None:
        api = server.api("service")
        while not stop.is_set():
            answer = api.post("/models/iris/predict", json={"rows": [ROW]})
            seen.add(answer.status_code)
            if answer.status_code not in (200, 503) or not answer.json():
                odd.append(answer.text)

    threads = [threading.Thread(target=send) for _ in range(3)]
    server.api("service")
    for thread in threads:
        thread.start()
    repository = server.oip("developer")
    for _ in range(15):
        repository.post("/repository/models/iris/unload", expect=200)
        repository.post("/repository/models/iris/load", expect=200)
    stop.set()
    for thread in threads:
        thread.join()
    assert odd == []
    assert 200 in seen


def test_the_log_survives_a_crash(server: Server, iris: Client) -> None:
    ids = [predict(iris, {"rows": [ROW]})["predictions"][0]["id"] for _ in range(20)]
    server.kill()
    server.start()
    assert [each["id"] for each in logged(server)] == ids


@pytest.mark.serve(settings={"predictions.durability": "async"})
def test_async_answers_are_logged_when_the_server_ends(server: Server, iris: Client) -> None:
    ids = [predict(iris, {"rows": [ROW]})["predictions"][0]["id"] for _ in range(200)]
    assert predict(iris, {"rows": [ROW], "ids": ["mine"]}) == predict(
        iris, {"rows": [ROW], "ids": ["mine"]}
    )
    server.restart()
    assert [each["id"] for each in logged(server)] == [*ids, "mine"]


@pytest.mark.serve(
    settings={"predictions.durability": "async", "predictions.queue_max": "32"},
)
def test_async_answers_wait_rather_than_fill_the_queue(server: Server, iris: Client) -> None:
    """A writer that falls behind slows its clients down; it does not send them away."""
    clients, each = 8, 150
    service = [server.api("service") for _ in range(clients)]
    refused: list[str] = []

    def send(api: Client) -> None:
        for _ in range(each):
            answer = api.post("/models/iris/predict", json={"rows": [ROW]})
            if answer.status_code != 200:
                refused.append(answer.text)

    threads = [threading.Thread(target=send, args=(api,)) for api in service]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
    wait_until(lambda: len(logged(server)) == clients * each)


@pytest.mark.serve(settings={"predictions.inputs_max_bytes": "4"})
def test_inputs_that_are_too_large_are_left_out_of_the_log(server: Server, iris: Client) -> None:
    developer = server.api("developer")
    upload(developer, "iris", classifier(-100), **named())
    champion = {"version": "1", "mode": "champion"}
    set_arms(developer, "iris", champion, {"version": "2", "mode": "shadow"})
    predict(iris, {"rows": [ROW], "ids": ["one"]})
    wait_until(lambda: len(logged(server)[0]["scores"]) == 2)
    entry = logged(server)[0]
    assert entry["features"] is None
    assert [score["label"] for score in entry["scores"]] == ["yes", "no"]
    assert predict(iris, {"rows": [ROW], "ids": ["one"]})["predictions"][0]["label"] == "yes"


def test_a_store_that_is_away_is_told_and_comes_back(
    server: Server, iris: Client, store, request: pytest.FixtureRequest
) -> None:
    if store.kind != "postgres":
        pytest.skip("SQLite does not go away")
    postgres = request.getfixturevalue("postgres")
    server.allow_error("")
    predict(iris, {"rows": [ROW]})
    postgres.crash()
    try:
        answer = iris.post("/models/iris/predict", json={"rows": [ROW]})
        assert answer.status_code in (500, 503)
        assert answer.json()["detail"]
    finally:
        postgres.start()

    def again() -> bool:
        return iris.post("/models/iris/predict", json={"rows": [ROW]}).status_code == 200

    wait_until(again, 20)
    developer = server.api("developer")
    upload(developer, "iris", classifier(1), **named())
    developer.post("/models/iris/promote", json={"version": "2"}, expect=200)
    assert predict(iris, {"rows": [ROW]})["predictions"][0]["version"] == "2"
