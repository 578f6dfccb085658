"""What stands beside live predictions: the rows of a version's run, and counters that mend."""

import csv
import io
import json
import sqlite3

import numpy as np
import pytest

from harness import Client, Server, oracle
from harness.models import add_version, echo_classifier, echo_regressor
from harness.training import finish, upload

KINDS = ["a", "b", "c"]


def flowers() -> str:
    """Three overlapping classes, some rows without truth."""
    rng = np.random.default_rng(5)
    lines = ["x,y,kind"]
    for i in range(120):
        x, y = rng.normal(i % 3, 1), rng.normal(i % 2, 1)
        lines.append(f"{x:.4f},{y:.4f},{KINDS[i % 3]}")
    return "\n".join(lines) + "\n"


def slopes() -> str:
    rng = np.random.default_rng(6)
    lines = ["x,y"]
    for _ in range(100):
        x = rng.uniform(0, 10)
        lines.append(f"{x:.4f},{2 * x + rng.normal(0, 0.5):.4f}")
    return "\n".join(lines) + "\n"


def trained(api: Client, text: str, name: str) -> tuple[dict, list[dict[str, str]]]:
    """A model from a run; answers the run and the rows of its scores.csv."""
    upload(api, name, text)
    run = finish(api, name, module="svm", seed=3)
    api.post(f"/models/{name}/versions", json={"run": run["id"]}, expect=201)
    scores = api.get(f"/runs/{run['id']}/artifacts/scores.csv", expect=200).text
    return run, list(csv.DictReader(io.StringIO(scores)))


def part_of(rows: list[dict[str, str]], part: str) -> list[dict[str, str]]:
    return [row for row in rows if row["part"] == part]


@pytest.mark.parametrize("source", ["holdout", "training"])
def test_history_is_that_of_the_run(server: Server, source: str) -> None:
    api = server.api("developer")
    run, rows = trained(api, flowers(), "flowers")
    rows = part_of(rows, source)
    found = api.get(f"/models/flowers/metrics?source={source}", expect=200).json()
    truth, said = [row["truth"] for row in rows], [row["prediction"] for row in rows]
    p = np.array([[float(row[f"p:{kind}"]) for kind in KINDS] for row in rows])
    expected = oracle.classification(KINDS, truth, said, p.astype(np.float32).astype(float))
    assert oracle.differences(expected, found, rel=1e-6) == []
    assert (found["model"], found["version"], found["source"]) == ("flowers", "1", source)
    assert found["window"] == {"from": None, "to": None}
    assert found["rows"] == found["labelled"] == len(rows)
    assert found["accuracy"] == run["metrics"][source]["accuracy"]
    curve = api.get(f"/models/flowers/curves?kind=roc&source={source}", expect=200).json()
    assert [one["class"] for one in curve["classes"]] == KINDS
    for one in curve["classes"]:
        assert one["auc"] == pytest.approx(expected["auc"]["per_class"][one["class"]], abs=1e-6)


def test_history_of_numbers(server: Server) -> None:
    api = server.api("developer")
    _, rows = trained(api, slopes(), "slopes")
    rows = part_of(rows, "holdout")
    truth = [float(row["truth"]) for row in rows]
    said = [float(row["prediction"]) for row in rows]
    found = api.get("/models/slopes/metrics?source=holdout", expect=200).json()
    assert oracle.differences(oracle.regression(truth, said), found, rel=1e-6) == []
    points = api.get("/models/slopes/curves?kind=scatter&source=holdout", expect=200).json()
    assert sorted(points["points"]) == sorted(
        [[pytest.approx(t), pytest.approx(s)] for t, s in zip(truth, said, strict=True)],
        key=lambda pair: pair[0].expected,
    )


def test_the_overview_shows_history_beside_live(server: Server) -> None:
    api = server.api("developer")
    run, _ = trained(api, flowers(), "flowers")
    overview = api.get("/overview", expect=200).json()
    (model,) = overview["models"]
    assert model["metric"] == {
        "name": "accuracy",
        "holdout": run["metrics"]["holdout"]["accuracy"],
        "live": None,
    }
    assert overview["datasets"] == 1
    assert overview["runs"]["recent"][0]["id"] == run["id"]
    assert overview["health"]["status"] == "ok"


# ---- counters that mend


def told(server: Server, truth: str, rows: range) -> None:
    items = [{"id": f"r/{i}", "truth": truth} for i in rows]
    server.api("developer").post("/models/m/feedback", json={"items": items}, expect=200)


def asked(server: Server, rows: int) -> Client:
    """A model that always says `no`, and a request of so many rows."""
    api = server.api("developer")
    api.post("/models", json={"name": "m", "task": "classification"}, expect=201)
    add_version(api, "m", echo_classifier(2), ["no", "yes"])
    tensor = {"name": "x", "shape": [rows, 3], "datatype": "FP32", "data": [0, 0.75, 0.25] * rows}
    server.oip("developer").post(
        "/models/m/infer", json={"id": "r", "inputs": [tensor]}, expect=200
    )
    return api


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "damage",
    [
        "update monitoring_minutes set body = x'00ff'",
        "update monitoring_minutes set histograms = x'00ff'",
        "delete from monitoring_minutes",
    ],
)
def test_damaged_counters_are_made_anew(server: Server, damage: str) -> None:
    api = asked(server, 10)
    told(server, "no", range(8))
    (path,) = server.data.rglob("*.db")
    with sqlite3.connect(path, timeout=10) as db:
        db.execute(damage)
    db.close()
    told(server, "yes", range(2))
    found = api.get("/models/m/metrics", expect=200).json()
    assert found["confusion"] == [[6, 0], [2, 0]]
    assert found["labelled"] == 8
    assert server.metric("crisol_monitoring_buckets_made_anew_total") == 1
    assert server.log.entries("made anew", where="monitoring", level="warning")


def test_erased_predictions_stay_counted(server: Server) -> None:
    api = server.api("developer")
    api.post("/models", json={"name": "m", "task": "regression"}, expect=201)
    add_version(api, "m", echo_regressor())
    tensor = {"name": "x", "shape": [2, 1], "datatype": "FP32", "data": [1, 2]}
    body = {"id": "r", "inputs": [tensor], "parameters": {"unit": "someone"}}
    server.oip("developer").post("/models/m/infer", json=body, expect=200)
    told(server, "2", range(2))
    assert api.delete("/models/m/predictions?unit=someone", expect=200).json()["erased"] == 2
    found = api.get("/models/m/metrics", expect=200).json()
    assert (found["rows"], found["labelled"], found["mae"]) == (2, 2, 0.5)


def test_truth_of_a_removed_model_does_no_harm(server: Server) -> None:
    api = asked(server, 2)
    api.delete("/models/m", expect=204)
    api.get("/models/m/metrics", expect=404)
    assert api.get("/overview", expect=200).json()["models"] == []


def test_news_of_predictions_and_truth(server: Server) -> None:
    api = server.api("viewer")
    with api.get("/events", stream=True, headers={"Accept": "text/event-stream"}) as stream:
        lines = stream.iter_lines(decode_unicode=True)
        seen: dict[str, int] = {}

        def read_until(event: str, key: str, count: int) -> bool:
            name = ""
            for line in lines:
                if line.startswith("event:"):
                    name = line.split(":", 1)[1].strip()
                elif line.startswith("data:") and name in ("predictions", "feedback"):
                    data = json.loads(line.split(":", 1)[1])
                    assert data["model"] == "m"
                    seen[name] = seen.get(name, 0) + data["rows" if name != "feedback" else key]
                    if seen.get(event, 0) >= count:
                        return True
            return False

        asked(server, 5)
        assert read_until("predictions", "rows", 5)
        told(server, "no", range(3))
        assert read_until("feedback", "labelled", 3)
    assert seen == {"predictions": 5, "feedback": 3}
