"""What the server does now and then by itself: forgetting what has passed its time."""

from pathlib import Path

import pytest
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from harness import Server, wait_until
from harness.client import Client
from harness.sql import sql

DAY_S = 86400
START = "2026-01-01T00:00:00Z"


def serve_iris(server: Server, tmp_path: Path) -> Client:
    rows, classes = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=1000).fit(rows, classes)
    path = tmp_path / "iris.onnx"
    graph = to_onnx(model, rows[:1].astype("float32"), options={"zipmap": False})
    path.write_bytes(graph.SerializeToString())
    with path.open("rb") as file:
        server.api("developer").post("/models/iris/versions", files={"file": file}, expect=201)
    return server.api("viewer")


def predict(api: Client, name: str) -> None:
    features = api.get("/models/iris/versions/1", expect=200).json()["signature"]["features"]
    row = {each["name"]: 1.5 for each in features}
    api.post("/models/iris/predict", json={"rows": [row], "ids": [name]}, expect=200)


def logged(api: Client) -> list[str]:
    items = api.get("/models/iris/predictions", expect=200).json()["items"]
    return [each["id"] for each in items]


@pytest.mark.serve(clock=START, settings={"predictions.retain_days": "2"})
def test_predictions_are_dropped_when_their_days_are_over(server: Server, tmp_path: Path) -> None:
    api = serve_iris(server, tmp_path)
    predict(api, "old")
    server.advance(DAY_S)
    predict(api, "young")
    server.advance(1.5 * DAY_S)
    wait_until(lambda: logged(api) == ["young"], 5)


@pytest.mark.serve(clock=START, settings={"predictions.orphan_days": "1"})
def test_truth_that_nobody_asked_for_is_dropped(server: Server, tmp_path: Path) -> None:
    api = serve_iris(server, tmp_path)
    for name in ("lost", "late"):
        truth = {"items": [{"id": name, "truth": "1"}]}
        answer = api.post("/models/iris/feedback", json=truth, expect=200)
        assert answer.json()["queued"] == 1
        server.advance(0.7 * DAY_S)
    wait_until(lambda: sql(server, "select id from predictions_orphans") == [("late",)], 5)
    predict(api, "late")
    predict(api, "lost")
    items = api.get("/models/iris/predictions", expect=200).json()["items"]
    assert {each["id"]: each["truth"] for each in items} == {"late": "1", "lost": None}


@pytest.mark.serve(clock=START, settings={"predictions.retain_days": "1"})
def test_a_round_that_fails_is_one_line_until_it_works_again(server: Server) -> None:
    """Reached by moving the clock while a table is away."""
    server.allow_error("sweeping the prediction log fails")
    sql(server, "alter table predictions_records rename to away")
    server.advance(1)
    wait_until(lambda: server.log.entries("sweeping the prediction log fails"), 5)
    server.advance(1)
    server.advance(1)
    sql(server, "alter table away rename to predictions_records")
    server.advance(1)
    wait_until(lambda: server.log.entries("sweeping the prediction log works again"), 5)
    assert len(server.log.entries("sweeping the prediction log fails")) == 1
