"""Metrics by the minute, the quarter of an hour, the hour: whatever is asked, and whenever, it is
what scikit-learn computes from the exported rows."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from harness import Server, oracle, wait_until
from harness.models import add_version, echo_classifier
from harness.sql import sql

CLASSES = ["a", "b, c", 'd "e"\nf']
STEPS = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "6h": 360, "1d": 1440}
AVERAGED = ("precision", "recall", "f1", "auc", "gini")
frozen = pytest.mark.serve(clock="2026-03-01T10:17:30Z")


class World:
    """A champion and a shadow that say something else; what was told about them."""

    def __init__(self, server: Server, seed: int) -> None:
        self.server, self.rng = server, np.random.default_rng(seed)
        self.api, self.oip = server.api("developer"), server.oip("developer")
        self.ids: list[str] = []
        self.weights: dict[str, float] = {}
        self.requests = 0
        self.api.post("/models", json={"name": "m", "task": "classification"}, expect=201)
        add_version(self.api, "m", echo_classifier(3), CLASSES)
        add_version(self.api, "m", echo_classifier(3), [*CLASSES[1:], CLASSES[0]])
        arms = [
            {"version": "1", "mode": "champion"},
            {"version": "2", "mode": "shadow", "sample": 1.0},
        ]
        self.api.put("/models/m/arms", json={"arms": arms}, expect=200)

    def ask(self, rows: int) -> None:
        self.requests += 1
        p = (self.rng.multinomial(20, [0.5, 0.3, 0.2], size=rows) / 20).astype(np.float32)
        x = np.column_stack([p.argmax(axis=1).astype(np.float32), p])
        tensor = {
            "name": "x",
            "shape": list(x.shape),
            "datatype": "FP32",
            "data": x.ravel().tolist(),
        }
        body = {"id": f"r{self.requests}", "inputs": [tensor]}
        self.oip.post("/models/m/infer", json=body, expect=200)
        self.ids += self.names(self.requests, rows)

    @staticmethod
    def names(request: int, rows: int) -> list[str]:
        return [f"r{request}"] if rows == 1 else [f"r{request}/{i}" for i in range(rows)]

    def tell(self, ids: list[str], unknown: float = 0.05) -> None:
        items = []
        for name in ids:
            truth = CLASSES[self.rng.integers(3)] if self.rng.random() > unknown else "nobody's"
            self.weights[name] = float(self.rng.choice([0.5, 1, 1, 2]))
            items.append({"id": name, "truth": truth, "weight": self.weights[name]})
        self.api.post("/models/m/feedback", json={"items": items}, expect=200)

    def some(self, share: float) -> list[str]:
        return [name for name in self.ids if self.rng.random() < share]

    def rows(self) -> list[dict]:
        answer = self.api.get(
            "/models/m/predictions", headers={"Accept": "application/x-ndjson"}, expect=200
        )
        rows = [json.loads(line) for line in answer.content.decode().split("\n") if line]
        for row in rows:
            row["time"] = datetime.fromisoformat(row["time"])
            row["weight"] = self.weights.get(row["id"], 1)
            row["by"] = {score["version"]: score for score in row["scores"]}
        return rows

    def live(self) -> None:
        """Some hours: requests of all sizes, truth that is early, late, repeated, corrected."""
        for _ in range(10):
            rows = int(self.rng.choice([1, 1, 7, 30]))
            self.tell(self.names(self.requests + 1, rows)[: int(self.rng.integers(rows + 1))])
            self.ask(rows)
            self.server.advance(int(self.rng.choice([0, 20, 130, 1000, 4000])))
            self.tell(self.some(0.3))
        wait_until(lambda: self.scored("2") == self.scored("1") == len(self.ids), 10)
        self.tell(self.some(0.2))

    def scored(self, version: str) -> int:
        return self.api.get(f"/models/m/metrics?version={version}").json()["rows"]

    def windows(self, rows: list[dict], count: int) -> Iterator[dict]:
        """Spans on the minute, on the hour and off both, with steps that they have room for."""
        first, last = rows[0]["time"], rows[-1]["time"]
        for _ in range(count):
            grain = self.rng.choice([1, 1000, 60_000, 3_600_000])
            ends = sorted(self.rng.uniform(-600, (last - first).total_seconds() + 600, 2))
            start, end = (
                datetime.fromtimestamp(
                    round((first.timestamp() + s) * 1000 / grain) * grain / 1000, UTC
                )
                for s in ends
            )
            steps = [s for s, m in STEPS.items() if (end - start).total_seconds() / 60 / m < 400]
            yield {"from": start, "to": end, "bucket": str(self.rng.choice(steps))}

    def check(self, count: int = 4) -> None:
        rows = self.rows()
        for version in ("1", "2"):
            self.check_span(rows, version, {})
            for window in self.windows(rows, count):
                self.check_span(rows, version, window)

    def check_span(self, rows: list[dict], version: str, window: dict) -> None:
        query = {k: v.isoformat() if k != "bucket" else v for k, v in window.items()}
        found = self.api.get(
            "/models/m/metrics", params={"version": version, **query}, expect=200
        ).json()
        start, end = window.get("from"), window.get("to")
        mine = [r for r in rows if not window or start <= r["time"] < end]
        assert wrong(mine, version, found, whole=True) == [], (version, window)
        if not window:
            return
        buckets = found["buckets"]
        for key in ("rows", "labelled"):
            assert sum(bucket[key] for bucket in buckets) == found[key], (version, window)
        minutes = STEPS[window["bucket"]]
        for i, bucket in enumerate(buckets):
            low, high = (datetime.fromisoformat(bucket[key]) for key in ("from", "to"))
            assert start <= low < high <= end
            last = datetime.fromisoformat(buckets[i - 1]["to"])
            assert i == 0 or low == floor(low, minutes) == last
            inside = [r for r in mine if low <= r["time"] < high]
            assert wrong(inside, version, bucket, whole=False) == [], (version, window, bucket)


def floor(time: datetime, minutes: int) -> datetime:
    day = time.replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(minutes=(time - day) // timedelta(minutes=minutes) * minutes)


def wrong(rows: list[dict], version: str, found: dict, whole: bool) -> list[str]:
    """Where the figures are not those of the rows."""
    labelled = [r for r in rows if r["truth"] is not None]
    counts = (len(rows), len(labelled), len(labelled) / len(rows) if rows else None)
    if (found["rows"], found["labelled"], found["coverage"]) != counts:
        return [f"{counts} rows, with truth, coverage; found {found}"]
    if not labelled:
        return [] if found["accuracy"] is None else ["an accuracy of nothing"]
    truth = [r["truth"] for r in labelled]
    known = all(label in CLASSES for label in truth)
    p = np.array([[r["by"][version]["probabilities"][c] for c in CLASSES] for r in labelled])
    expected = oracle.classification(
        CLASSES,
        truth,
        [r["by"][version]["label"] for r in labelled],
        p.astype(np.float32).astype(float) if known else None,
        [r["weight"] for r in labelled],
    )
    if not whole:
        for name in AVERAGED:
            expected.get(name, {}).pop("per_class", None)
    return oracle.differences(expected, found)


def minutes_left(server: Server) -> int:
    tables = ("predictions_minutes", "monitoring_minutes")
    return sum(sql(server, f"select count(*) from {table}")[0][0] for table in tables)


@frozen
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_buckets_are_what_the_rows_say_before_and_after_folding(server: Server, seed: int) -> None:
    world = World(server, seed)
    world.live()
    assert minutes_left(server) > 0
    world.check()
    server.advance(52 * 3600)  # everything is older than two days now
    wait_until(lambda: minutes_left(server) == 0, 10)
    world.check(2)
    world.tell(world.some(0.3))  # to hours, and to minutes of hours that had no truth
    world.live()
    world.check(2)
    server.advance(52 * 3600)
    wait_until(lambda: minutes_left(server) == 0, 10)
    world.check(2)


@frozen
def test_truth_of_a_time_that_is_folded_goes_to_the_hour(server: Server) -> None:
    world = World(server, 7)
    world.ask(20)
    world.tell(world.ids[:10])
    wait_until(lambda: world.scored("2") == 20, 10)
    server.advance(52 * 3600)
    wait_until(lambda: minutes_left(server) == 0, 10)
    world.tell(world.ids)
    assert minutes_left(server) == 0
    assert sql(server, "select version, labelled from monitoring_buckets order by 1") == [
        (1, 20),
        (2, 20),
    ]
    world.check(2)


@frozen
def test_a_damaged_minute_does_not_stop_the_folding(server: Server) -> None:
    world = World(server, 8)
    world.ask(20)
    world.tell(world.ids[:10])
    wait_until(lambda: world.scored("2") == 20, 10)
    sql(server, "update monitoring_minutes set histograms = null, body = histograms")
    server.advance(52 * 3600)
    wait_until(lambda: minutes_left(server) == 0, 10)
    assert server.metric("crisol_monitoring_buckets_made_anew_total") == 2
    world.check(2)


@pytest.mark.serve(clock="2026-03-01T10:17:30Z", settings={"monitoring.exact_rows": "1000"})
def test_minutes_that_are_gone_are_read_within_limits(server: Server) -> None:
    world = World(server, 9)
    for _ in range(3):
        world.ask(400)
        server.advance(60)
    world.tell(world.ids, unknown=0)
    wait_until(lambda: world.scored("2") == 1200, 10)
    by_minute = "/models/m/metrics?from=2026-03-01T10:00:00Z&to=2026-03-01T11:00:00Z&bucket=1m"
    before = world.api.get(by_minute, expect=200).json()
    assert [b["rows"] for b in before["buckets"] if b["rows"]] == [400] * 3
    assert before["auc_error"] >= 0
    assert all(b["auc"]["macro"] is not None for b in before["buckets"] if b["rows"])
    server.advance(52 * 3600)
    wait_until(lambda: minutes_left(server) == 0, 10)
    problem = world.api.get(by_minute, expect=422).json()
    assert problem["errors"][0]["pointer"] == "/bucket"
    world.api.get(by_minute.replace("1m", "1h"), expect=200)
    part = {"from": "2026-03-01T10:00:00Z", "to": "2026-03-01T10:18:00Z"}
    found = world.api.get("/models/m/metrics", params=part, expect=200).json()
    assert (found["rows"], found["labelled"]) == (400, 400)
    assert "auc_error" not in found  # 400 rows, although their hour has 1 200


@frozen
def test_hours_from_before_there_were_minutes_stay_valid(server: Server) -> None:
    world = World(server, 10)
    world.ask(30)
    world.tell(world.ids[:20])
    wait_until(lambda: world.scored("2") == 30, 10)
    for move in (
        "insert into monitoring_buckets select model_id, version, minute_ms - minute_ms % 3600000,"
        " labelled, answered, body, histograms from monitoring_minutes",
        "delete from monitoring_minutes",
        "insert into predictions_counts select model_id, version, minute_ms - minute_ms % 3600000,"
        " row_total, served_total from predictions_minutes",
        "delete from predictions_minutes",
    ):
        sql(server, move)
    server.advance(60)
    world.ask(30)
    world.tell(world.ids[10:])
    wait_until(lambda: world.scored("2") == 60, 10)
    assert sql(server, "select count(*) from monitoring_minutes") == [(0,)]
    world.check(3)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_many_classes_times_many_rows_rank_by_histograms(server: Server) -> None:
    """Fewer rows than may be exact, but more numbers than a report keeps."""
    classes, rows, requests = [f"c{i}" for i in range(64)], 11_000, 6
    api, rng = server.api("developer"), np.random.default_rng(1)
    api.post("/models", json={"name": "m", "task": "classification"}, expect=201)
    add_version(api, "m", echo_classifier(64), classes)
    for r in range(requests):
        p = rng.dirichlet(np.ones(64), rows).astype("<f4")
        x = np.column_stack([p.argmax(axis=1), p]).astype("<f4")
        tensor = {"name": "x", "shape": list(x.shape), "datatype": "FP32"}
        tensor["parameters"] = {"binary_data_size": x.nbytes}
        wanted = [{"name": "label"}]
        head = json.dumps({"id": f"r{r}", "inputs": [tensor], "outputs": wanted}).encode()
        server.oip("developer").post(
            "/models/m/infer",
            data=head + x.tobytes(),
            headers={"Inference-Header-Content-Length": str(len(head))},
            expect=200,
        )
        truth = "id,truth\n" + "".join(f"r{r}/{i},c{p[i].argmax()}\n" for i in range(rows))
        csv = {"Content-Type": "text/csv"}
        api.post("/models/m/feedback", data=truth, headers=csv, expect=200)
    found = api.get("/models/m/metrics", expect=200).json()
    assert found["labelled"] == rows * requests
    assert found["auc"]["macro"] > 0.9
    assert 0 < found["auc_error"] < 0.05
