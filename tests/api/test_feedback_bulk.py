"""Truth by the thousands: portions, what a store that fails leaves, who meets whom."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import Client, Server, wait_until
from harness.models import add_version, echo_classifier
from harness.sql import sql

PORTION = 5000
CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def api(server: Server) -> Client:
    """A model of two versions; the second shadows the first."""
    api = server.api("developer")
    api.post("/models", json={"name": "m", "task": "classification"}, expect=201)
    for _ in range(2):
        add_version(api, "m", echo_classifier(2), ["no", "yes"])
    arms = [
        {"version": "1", "mode": "champion"},
        {"version": "2", "mode": "shadow", "sample": 1.0},
    ]
    api.put("/models/m/arms", json={"arms": arms}, expect=200)
    return api


def ask(server: Server, request: str, rows: int) -> list[str]:
    tensor = {"name": "x", "shape": [rows, 3], "datatype": "FP32", "data": [0, 0.75, 0.25] * rows}
    body = {"id": request, "inputs": [tensor]}
    server.oip("developer").post("/models/m/infer", json=body, expect=200)
    return [request] if rows == 1 else [f"{request}/{i}" for i in range(rows)]


def tell(api: Client, truths: list[tuple[str, str]], expect: int = 200) -> dict:
    table = "id,truth\n" + "".join(f'"{name}",{truth}\n' for name, truth in truths)
    answer = api.post("/models/m/feedback", data=table, headers=CSV, expect=expect, timeout=60)
    return answer.json()


def counts(answer: dict) -> tuple[int, int, int, int]:
    return tuple(answer[key] for key in ("joined", "updated", "queued", "rejected"))


def confusion(api: Client, version: int) -> list[list[int]]:
    return api.get(f"/models/m/metrics?version={version}", expect=200).json()["confusion"]


def exported(api: Client) -> dict[str, str]:
    answer = api.get("/models/m/predictions", headers={"Accept": "application/x-ndjson"})
    rows = map(json.loads, answer.text.splitlines())
    return {row["id"]: row["truth"] for row in rows if row["truth"] is not None}


def wait_for_shadow(api: Client, rows: int) -> None:
    wait_until(lambda: api.get("/models/m/metrics?version=2").json()["rows"] == rows, 20)


def test_one_request_may_say_anything_about_anything(server: Server, api: Client) -> None:
    """Rows of large requests and of small ones, all forms of ids, repeated, corrected, unknown."""
    large, small = ask(server, "large", 300), [ask(server, f"s{i}", 1)[0] for i in range(70)]
    ask(server, "odd/1", 1)
    wait_for_shadow(api, 371)
    tell(api, [(name, "yes") for name in large[:150]])
    truths = [(name, "no") for name in (*large[::-1], *small)]
    truths += [("s3/0", "yes"), ("odd/1", "no"), ("nobody", "yes"), ("large", "yes"), ("s5", "yes")]
    truths += [("large/300", "no"), ("nobody", "no"), ("odd/1", "yes"), ("odd/1", "yes")]
    # s3/0 is s3, and told twice; "large" names no row of several.
    assert counts(tell(api, truths)) == (221, 154, 4, 0)
    now = exported(api)
    assert len(now) == 371
    assert [name for name, truth in now.items() if truth == "yes"] == ["s3", "s5", "odd/1"]
    for version in (1, 2):
        assert confusion(api, version) == [[368, 0], [3, 0]]
    stored = "select truth, first_truth, changes from predictions_feedback order by changes, truth"
    assert sorted(set(sql(server, stored))) == [
        ("no", "no", 0),
        ("no", "yes", 1),
        ("yes", "no", 1),
    ]
    assert sql(server, "select id, truth from predictions_orphans order by id") == [
        ("large", "yes"),
        ("large/300", "no"),
        ("nobody", "no"),
    ]


def test_truth_that_waits_for_a_large_request(server: Server, api: Client) -> None:
    names = [f"r/{i}" for i in range(200)]
    assert counts(tell(api, [(name, "yes") for name in names[::3]])) == (0, 0, 67, 0)
    ask(server, "r", 200)
    wait_for_shadow(api, 200)
    wait_until(lambda: confusion(api, 2) == [[0, 0], [67, 0]], 10)
    assert confusion(api, 1) == [[0, 0], [67, 0]]
    assert sql(server, "select count(*) from predictions_orphans") == [(0,)]


def test_counters_that_are_made_anew_count_once(server: Server, api: Client) -> None:
    """What a request changes is in the rows already when they are counted again."""
    names = ask(server, "r", 2000)
    wait_for_shadow(api, 2000)
    tell(api, [(name, "yes") for name in names])
    sql(server, "delete from monitoring_minutes")
    tell(api, [(name, "no") for name in names])
    for version in (1, 2):
        assert confusion(api, version) == [[2000, 0], [0, 0]]


def fail_at(server: Server, name: str) -> None:
    """From now on the store refuses that truth."""
    if server.store.kind == "sqlite":
        sql(
            server,
            "create trigger poison before insert on predictions_feedback"
            f" when new.truth = '{name}' begin select raise(abort, 'poison'); end",
        )
    else:
        sql(
            server,
            "create function poison() returns trigger language plpgsql as"
            " 'begin raise ''poison''; end';"
            "create trigger poison before insert on predictions_feedback for each row"
            f" when (new.truth = '{name}') execute function poison()",
        )


def cure(server: Server) -> None:
    table = "" if server.store.kind == "sqlite" else " on predictions_feedback"
    sql(server, f"drop trigger poison{table}")


def test_a_store_that_fails_in_the_middle_says_what_is_stored(server: Server, api: Client) -> None:
    server.allow_error("truths are stored")
    names = ask(server, "r", 12000)
    wait_for_shadow(api, 12000)
    truths = [(name, "yes") for name in names]
    truths[7000] = (names[7000], "poison")
    truths.insert(10, ("bad", ""))
    fail_at(server, "poison")
    table = "id,truth\n" + "".join(f"{name},{truth}\n" for name, truth in truths)
    answer = api.post("/models/m/feedback", data=table, headers=CSV, timeout=60)
    assert answer.status_code >= 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert counts(problem) == (PORTION, 0, 0, 1)
    assert problem["next"] == PORTION + 1  # the one that was rejected came before
    assert problem["errors"][0]["pointer"] == f"/items/{PORTION + 1}"
    assert set(exported(api)) == set(names[:PORTION])
    for version in (1, 2):
        assert confusion(api, version) == [[0, 0], [PORTION, 0]]
    cure(server)
    del truths[10]
    assert counts(tell(api, truths)) == (12000 - PORTION, PORTION, 0, 0)
    assert len(exported(api)) == 12000


def test_a_request_of_one_portion_is_stored_whole_or_not_at_all(
    server: Server, api: Client
) -> None:
    server.allow_error("feedback")
    names = ask(server, "r", PORTION)
    wait_for_shadow(api, PORTION)
    fail_at(server, "poison")
    truths = [(name, "yes") for name in (*names[1:], "early")] + [(names[0], "poison")]
    table = "id,truth\n" + "".join(f"{name},{truth}\n" for name, truth in truths[1:])
    answer = api.post("/models/m/feedback", data=table, headers=CSV, timeout=60)
    assert answer.status_code >= 400
    assert "joined" not in answer.json()
    assert exported(api) == {}
    assert sql(server, "select count(*) from predictions_orphans") == [(0,)]
    assert sql(server, "select count(*) from monitoring_minutes") == [(0,)]


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_truth_and_the_scores_of_a_shadow_do_not_miss_each_other(
    server: Server, api: Client
) -> None:
    """Both look for the other and write what the other looks for: without a lock that both hold,
    some pairs pass each other. Slow commits make the gap wide."""
    requests, workers = 120, 4
    tables = ("predictions_feedback", "predictions_scores")
    sql(
        server,
        "create function linger() returns trigger language plpgsql as"
        " 'begin perform pg_sleep(0.03); return null; end';"
        + "".join(
            f"create constraint trigger linger after insert on {table}"
            " deferrable initially deferred for each row execute function linger();"
            for table in tables
        ),
    )
    clients = threading.local()

    def ask_and_tell(i: int) -> None:
        if not hasattr(clients, "service"):
            clients.service = Client(api.base, api.token)
            clients.oip = Client(server.url + "/v2", api.token)
        tensor = {"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [0, 0.75, 0.25]}
        body = {"id": f"q{i}", "inputs": [tensor]}
        clients.oip.post("/models/m/infer", json=body, expect=200)
        items = {"items": [{"id": f"q{i}", "truth": "no"}]}
        clients.service.post("/models/m/feedback", json=items, expect=200)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(ask_and_tell, range(requests)))
    wait_for_shadow(api, requests)
    assert len(exported(api)) == requests
    for version in (1, 2):
        assert confusion(api, version) == [[requests, 0], [0, 0]]
