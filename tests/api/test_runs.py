"""Training from the request to the judged model, and what is kept of it."""

import csv
import io
import json
import math
import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.client import Client
from harness.server import Server
from harness.training import (
    finish,
    get_run,
    install_module,
    train,
    upload,
    wait_status,
)
from harness.wait import wait_until


def flowers(rows: int = 90, seed: int = 1) -> str:
    """Three classes in two dimensions that overlap a little."""
    chance = random.Random(seed)
    lines = ["x,y,kind"]
    for i in range(rows):
        kind = i % 3
        x, y = chance.gauss(kind * 2, 1), chance.gauss(kind % 2 * 2, 1)
        lines.append(f"{x:.4f},{y:.4f},{'abc'[kind]}")
    return "\n".join(lines) + "\n"


def houses(rows: int = 80, seed: int = 2) -> str:
    chance = random.Random(seed)
    lines = ["size;age;price"]
    for _ in range(rows):
        size, age = chance.uniform(1, 5), chance.uniform(0, 3)
        price = size * 2 - age + chance.gauss(0, 0.2)
        lines.append(f"{size:.3f};{age:.3f};{price:.3f}".replace(".", ","))
    return "\n".join(lines) + "\n"


def rows_of(api: Client, run: str, name: str) -> list[dict[str, str]]:
    text = api.get(f"/runs/{run}/artifacts/{name}", expect=200).text
    return list(csv.DictReader(io.StringIO(text)))


# ---- a whole training


def test_a_module_is_trained_and_judged(server: Server) -> None:
    api = server.api("developer")
    upload(api, "flowers", flowers())
    run = finish(api, "flowers", module="svm", parameters={"folds": 3}, seed=7, name="first")
    assert (run["status"], run["error"], run["name"]) == ("done", None, "first")
    assert (run["seed"], run["user"], run["module_version"]) == (7, "developer", "1.0.0")
    assert run["dataset"]["task"] == "classification"
    assert run["dataset"]["target"] == "kind"
    assert run["dataset"]["features"] == ["x", "y"]
    assert run["dataset"]["split"] == {"kind": "stratified", "holdout": 0.25, "seed": 0}
    assert run["parameters"]["kernel"] == "radial"
    assert run["created"] <= run["started"] <= run["ended"]
    assert 0.5 < run["metrics"]["holdout"]["accuracy"] <= 1
    assert 0.5 < run["metrics"]["reported"]["cv_accuracy_mean"] <= 1
    assert run["progress"]["fraction"] == 1
    paths = {each["path"] for each in api.get(f"/runs/{run['id']}/artifacts").json()["items"]}
    assert {"split.csv", "scores.csv", "model/model.onnx", "model/signature.json"} <= paths


def test_the_metrics_are_those_of_scikit_learn(server: Server) -> None:
    from sklearn import metrics

    api = server.api("developer")
    upload(api, "flowers", flowers())
    run = finish(api, "flowers", module="svm", parameters={"C": 0.5})
    scores = rows_of(api, run["id"], "scores.csv")
    assert [int(each["row"]) for each in scores] == list(range(90))
    for part in ("holdout", "training"):
        rows = [each for each in scores if each["part"] == part]
        told = run["metrics"][part]
        truth, said = [r["truth"] for r in rows], [r["prediction"] for r in rows]
        chances = [[float(r[f"p:{kind}"]) for kind in "abc"] for r in rows]
        assert (told["rows"], told["labelled"], told["coverage"]) == (len(rows), len(rows), 1)
        assert told["classes"] == ["a", "b", "c"]
        assert told["confusion"] == metrics.confusion_matrix(truth, said).tolist()
        assert told["accuracy"] == pytest.approx(metrics.accuracy_score(truth, said))
        for average in ("macro", "weighted"):
            assert told["f1"][average] == pytest.approx(
                metrics.f1_score(truth, said, average=average, zero_division=0)
            )
        assert told["mcc"] == pytest.approx(metrics.matthews_corrcoef(truth, said))
        exact = [[p / math.fsum(row) for p in row] for row in chances]
        assert told["log_loss"] == pytest.approx(metrics.log_loss(truth, exact), rel=1e-5)
        assert told["auc"]["macro"] == pytest.approx(
            metrics.roc_auc_score(truth, exact, multi_class="ovr"), rel=1e-6
        )
        assert told["reasons"] == {}


def test_numbers_are_judged_as_numbers(server: Server) -> None:
    from sklearn import metrics

    api = server.api("developer")
    upload(api, "houses", houses())
    run = finish(api, "houses", module="svm", parameters={"C": 10})
    assert run["status"] == "done", run["error"]
    assert run["dataset"]["task"] == "regression"
    assert run["dataset"]["split"]["kind"] == "random"
    rows = [r for r in rows_of(api, run["id"], "scores.csv") if r["part"] == "holdout"]
    truth, said = [float(r["truth"]) for r in rows], [float(r["prediction"]) for r in rows]
    told = run["metrics"]["holdout"]
    assert told["r2"] == pytest.approx(metrics.r2_score(truth, said), abs=1e-6)
    assert told["rmse"] == pytest.approx(
        math.sqrt(metrics.mean_squared_error(truth, said)), rel=1e-5
    )
    assert told["mae"] == pytest.approx(metrics.mean_absolute_error(truth, said), rel=1e-5)
    assert told["r2"] > 0.8


def test_the_same_seed_gives_the_same_model(server: Server) -> None:
    api = server.api("developer")
    upload(api, "flowers", flowers())
    first = finish(api, "flowers", module="svm", seed=5)
    second = finish(api, "flowers", module="svm", seed=5)
    assert len(first["digest"]) == 64
    assert first["digest"] == second["digest"]
    again = api.post(f"/runs/{first['id']}/resubmit", expect=201).json()
    again = wait_status(api, again["id"], "done")
    assert (again["resubmitted_from"], again["seed"]) == (first["id"], 5)
    assert again["digest"] == first["digest"]
    changed = api.post(f"/runs/{first['id']}/resubmit", json={"parameters": {"C": 9}}, expect=201)
    changed = wait_status(api, changed.json()["id"], "done")
    assert changed["parameters"] == {**first["parameters"], "C": 9}
    assert changed["digest"] != first["digest"]


def test_a_seed_that_is_not_given_is_recorded(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "flowers", flowers())
    seeds = {train(api, "flowers", module="acting")["seed"] for _ in range(3)}
    assert len(seeds) == 3
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_a_run_becomes_a_version(server: Server) -> None:
    api = server.api("developer")
    upload(api, "flowers", flowers())
    run = finish(api, "flowers", module="svm")
    version = api.post("/models/flowers/versions", json={"run": run["id"]}, expect=201).json()
    assert version["sha256"] == run["digest"]
    assert get_run(api, run["id"])["versions"] == [{"model": "flowers", "version": "1"}]
    answer = api.post("/models/flowers/predict", json={"rows": [{"x": 0, "y": 0}]}, expect=200)
    assert answer.json()["predictions"][0]["label"] == "a"


def test_a_module_can_be_trained_by_its_own_address(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "flowers", flowers())
    run = api.post("/modules/acting/train", json={"dataset": {"name": "flowers"}}, expect=201)
    assert run.json()["module"] == "acting"
    assert run.headers["Location"] == f"/api/v1/runs/{run.json()['id']}"
    api.post("/modules/none/train", json={"dataset": {"name": "flowers"}}, expect=404)


# ---- what is refused


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"module": "none"}, "/module"),
        ({"module": None}, "/module"),
        ({"dataset": None}, "/dataset"),
        ({"dataset": {}}, "/dataset/name"),
        ({"dataset": {"name": "none"}}, "/dataset/name"),
        ({"dataset": {"name": "t", "version": "9"}}, "/dataset/version"),
        ({"dataset": {"name": "t", "target": "none"}}, "/dataset/target"),
        ({"dataset": {"name": "t", "target": "id"}}, "/dataset/target"),
        ({"dataset": {"name": "t", "target": "one"}}, "/dataset/target"),
        ({"dataset": {"name": "t", "task": "guess"}}, "/dataset/task"),
        ({"dataset": {"name": "t", "task": "regression"}}, "/dataset/task"),
        ({"dataset": {"name": "t", "features": []}}, "/dataset/features"),
        ({"dataset": {"name": "t", "features": ["none"]}}, "/dataset/features/0"),
        ({"dataset": {"name": "t", "features": ["x", "x"]}}, "/dataset/features/1"),
        ({"dataset": {"name": "t", "features": ["x", "kind"]}}, "/dataset/features/1"),
        ({"dataset": {"name": "t", "features": ["id"]}}, "/dataset/features/0"),
        ({"dataset": {"name": "t", "split": {"kind": "none"}}}, "/dataset/split/kind"),
        ({"dataset": {"name": "t", "split": {"holdout": 1}}}, "/dataset/split/holdout"),
        ({"dataset": {"name": "t", "split": {"kind": "group"}}}, "/dataset/split/column"),
        (
            {"dataset": {"name": "t", "split": {"kind": "time", "column": "id"}}},
            "/dataset/split/column",
        ),
        ({"dataset": {"name": "t", "split": {"shares": 3}}}, "/dataset/split"),
        ({"parameters": []}, "/parameters"),
        ({"parameters": {"C": -1}}, "/parameters/C"),
        ({"parameters": {"kernel": "cubic"}}, "/parameters/kernel"),
        ({"seed": -1}, "/seed"),
        ({"seed": "x"}, "/seed"),
        ({"tags": {"a": 1}}, "/tags"),
        ({"tags": ["a"]}, "/tags"),
        ({"experiment": "none"}, "/experiment"),
        ({"launcher": "moon"}, "/launcher"),
        ({"resources": {"memory_mb": 1}}, "/resources/memory_mb"),
        ({"resources": {"memory": 100}}, "/resources"),
        ({"tags": {"": "x"}}, "/tags"),
        ({"sede": 1}, "/sede"),
    ],
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_wrong_request_is_refused_at_its_place(
    server: Server, change: dict[str, Any], pointer: str
) -> None:
    api = server.api("developer")
    lines = [f"{i},{i % 7},id{i},same,{'ab'[i % 2]}" for i in range(1200)]
    upload(api, "t", "x,y,id,one,kind\n" + "\n".join(lines) + "\n")
    body = {"module": "svm", "dataset": {"name": "t"}, **change}
    problem = api.post("/runs", json=body, expect=422).json()
    assert problem["errors"][0]["pointer"] == pointer, problem
    assert api.get("/runs").json()["items"] == []
    assert list((server.data / "runs").iterdir()) == []


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_only_developers_train(server: Server) -> None:
    upload(server.api("developer"), "t", flowers())
    body = {"module": "svm", "dataset": {"name": "t"}}
    server.api("viewer").post("/runs", json=body, expect=403)
    server.api().post("/runs", json=body, expect=401)
    server.api("viewer").get("/runs/0000000000000", expect=404)
    server.api("viewer").get("/runs/nonsense", expect=404)


# ---- splits


def parts_of(server: Server, table: str, **dataset: Any) -> list[str]:
    """The part of each row; "" for none."""
    api = server.api("developer")
    install_module(server, "acting")
    rows = upload(api, "t", table)["rows"]
    run = finish(api, {"name": "t", **dataset}, module="acting")
    assert run["status"] == "done", run["error"]
    found = {int(r["row"]): r["part"] for r in rows_of(api, run["id"], "split.csv")}
    return [found.get(i, "") for i in range(rows)]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
class TestSplits:
    def test_stratified_keeps_the_shares_of_the_classes(self, server: Server) -> None:
        kinds = ["a"] * 60 + ["b"] * 38 + ["c"] * 2 + ["d"]
        table = "x,kind\n" + "".join(f"{i},{kind}\n" for i, kind in enumerate(kinds))
        parts = parts_of(server, table)
        held = Counter(kind for kind, part in zip(kinds, parts, strict=True) if part == "holdout")
        assert held == {"a": 15, "b": 9, "c": 1}
        assert Counter(parts)["training"] == 101 - 25

    def test_random_takes_the_share_that_was_asked_for(self, server: Server) -> None:
        table = "x,y\n" + "".join(f"{i},{i * 0.5}\n" for i in range(200))
        parts = parts_of(server, table, split={"kind": "random", "holdout": 0.1})
        assert Counter(parts) == {"training": 180, "holdout": 20}
        held = [i for i, part in enumerate(parts) if part == "holdout"]
        assert held != list(range(held[0], held[0] + 20))

    def test_rows_without_a_target_belong_to_neither(self, server: Server) -> None:
        table = "x,kind\n" + "".join(f"{i},{'ab'[i % 2] if i % 5 else ''}\n" for i in range(40))
        parts = parts_of(server, table)
        assert [i for i, part in enumerate(parts) if not part] == list(range(0, 40, 5))

    def test_time_holds_out_the_last(self, server: Server) -> None:
        days = [f"2026-01-{(i * 5) % 28 + 1:02d}" for i in range(28)]
        table = "day,x,y\n" + "".join(f"{day},{i},{i}\n" for i, day in enumerate(days))
        parts = parts_of(server, table, split={"kind": "time", "column": "day", "holdout": 0.25})
        held = {days[i] for i, part in enumerate(parts) if part == "holdout"}
        assert held == {f"2026-01-{day:02d}" for day in range(22, 29)}

    def test_time_without_a_column_is_the_order_of_the_rows(self, server: Server) -> None:
        table = "x,y\n" + "".join(f"{i},{i}\n" for i in range(20))
        parts = parts_of(server, table, split={"kind": "time", "holdout": 0.2})
        assert parts == ["training"] * 16 + ["holdout"] * 4

    def test_groups_stay_together(self, server: Server) -> None:
        groups = [f"g{i % 10}" for i in range(100)]
        table = "x,who,y\n" + "".join(f"{i},{who},{i}\n" for i, who in enumerate(groups))
        parts = parts_of(server, table, split={"kind": "group", "column": "who", "holdout": 0.3})
        sides = {who: set() for who in groups}
        for who, part in zip(groups, parts, strict=True):
            sides[who].add(part)
        assert all(len(side) == 1 for side in sides.values())
        assert Counter(parts)["holdout"] == 30

    def test_a_column_says_it(self, server: Server) -> None:
        words = ["train", "test", "train", "holdout", "other", "test"]
        table = "x,part,y\n" + "".join(f"{i},{word},{i}\n" for i, word in enumerate(words))
        split = {"kind": "column", "column": "part"}
        parts = parts_of(server, table, split=split)
        assert parts == ["training", "holdout", "training", "holdout", "training", "holdout"]

    def test_a_split_without_a_part_ends_the_run(self, server: Server) -> None:
        api = server.api("developer")
        install_module(server, "acting")
        upload(api, "t", "x,part,y\n1,train,1\n2,train,2\n")
        split = {"kind": "column", "column": "part"}
        run = finish(api, {"name": "t", "split": split}, module="acting")
        assert run["status"] == "failed"
        assert "leaves no rows for the hold-out" in run["error"]

    def test_runs_on_the_same_data_are_judged_by_the_same_rows(self, server: Server) -> None:
        api = server.api("developer")
        install_module(server, "acting")
        upload(api, "t", flowers())
        runs = [finish(api, "t", module="acting", seed=seed)["id"] for seed in (1, 2)]
        first, second = (rows_of(api, run, "split.csv") for run in runs)
        assert first == second
        other = finish(api, {"name": "t", "split": {"seed": 1}}, module="acting")["id"]
        assert rows_of(api, other, "split.csv") != first


# ---- what a program is given and what it says


def test_a_program_gets_what_it_needs_and_no_secrets(server_factory: Any) -> None:
    server = server_factory(environment={"CRISOL_LOG_LEVEL": "info"})
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "t", 'a;"b, c";k\n1,5;NA;x\n2;3;"y,z"\n4;5;x\n+6;7;"y,z"\n')
    run = finish(api, "t", module="acting", parameters={"act": "show_environment"}, seed=3)
    assert run["status"] == "done", run["error"]
    printed = dict(
        line.split("=", 1) for line in api.get(f"/runs/{run['id']}/log").text.splitlines()
    )
    folder = server.data / "runs" / run["id"]
    assert Path(printed["CRISOL_RUN_DIR"]).resolve() == folder.resolve()
    assert {name for name in printed if name.startswith("CRISOL_")} == {
        "CRISOL_RUN_DIR",
        "CRISOL_MODULE_DIR",
    }
    data = api.get(f"/runs/{run['id']}/artifacts/data.csv").text
    assert data == 'a,"b, c",k\n1.5,,x\n2,3,"y,z"\n4,5,x\n6,7,"y,z"\n'
    told = json.loads((folder / "run.json").read_text())
    assert told["seed"] == 3
    assert told["features"] == ["a", "b, c"]
    assert (told["target"], told["task"]) == ("k", "classification")
    assert told["dataset"]["columns"][1] == {"name": "b, c", "type": "integer"}
    assert (folder / told["split"]["path"]).exists()
    assert not (folder / "data.csv").exists(), "the copy goes when the run is done"


def test_a_long_cause_is_cut_between_characters(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "t", flowers())
    text = "né" * 60 + "€" * 60
    run = finish(api, "t", module="acting", parameters={"act": "fail", "text": text[:200]})
    assert run["status"] == "failed"
    assert "ValueError: nénéné" in run["error"]
    assert "\ufffd" not in run["error"]


def test_metrics_and_progress_are_kept_as_they_come(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "t", flowers())
    run = finish(api, "t", module="acting", parameters={"act": "report"})
    items = api.get(f"/runs/{run['id']}/metrics", expect=200).json()["items"]
    assert [(each["key"], each["value"], each["step"]) for each in items] == [
        ("loss", 1, 1),
        ("loss", 0.5, 2),
        ("odd", None, None),
        ("whole", 7, 3),
        ("whole", 8, 4),  # its line has no end, and no more can come
    ]
    assert items[3]["time"] == "2026-01-31T08:15:00.000Z"
    one = api.get(f"/runs/{run['id']}/metrics?key=whole").json()["items"]
    assert [each["key"] for each in one] == ["whole", "whole"]
    assert run["metrics"]["reported"] == {"loss": 0.5, "odd": None, "whole": 8}
    assert run["progress"] == {"fraction": 1, "message": "done"}
    assert run["metrics"]["holdout"] is None


def events_of(client: Client, path: str, until: str, found: list[tuple[str, Any]]) -> None:
    """Collects server-sent events up to one of that name."""
    headers = {"Accept": "text/event-stream"}
    with client.get(path, headers=headers, stream=True, expect=200) as answer:
        name = ""
        for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                found.append((name, json.loads(line[6:])))
                if name == until:
                    return


def test_a_log_is_followed_while_it_is_written(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "t", flowers())
    run = train(api, "t", module="acting", parameters={"act": "wait"})["id"]
    found: list[tuple[str, Any]] = []
    follower = threading.Thread(
        target=events_of, args=(server.api("viewer"), f"/runs/{run}/log", "end", found)
    )
    follower.start()
    wait_until(lambda: ("log", {"line": "waiting"}) in found, 10)
    (server.data / "runs" / run / "go").touch()
    follower.join(10)
    assert found == [("log", {"line": "waiting"}), ("end", {"status": "done"})]
    assert api.get(f"/runs/{run}/log", expect=200).text == "waiting\n"


def test_everybody_hears_of_runs(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "t", flowers())
    found: list[tuple[str, Any]] = []
    listener = threading.Thread(
        target=events_of, args=(server.api("viewer"), "/events", "never", found), daemon=True
    )
    listener.start()
    wait_until(lambda: any(name == "hello" for name, _ in found), 10)
    run = finish(api, "t", module="acting", parameters={"act": "report"})["id"]
    wait_until(lambda: ("run", {"id": run, "status": "done", "progress": None}) in found, 10)
    statuses = [data["status"] for name, data in found if name == "run" and not data["progress"]]
    assert statuses == ["queued", "preparing", "running", "done"]
    keys = [data["key"] for name, data in found if name == "metric" and data["run"] == run]
    assert keys == ["loss", "loss", "odd", "whole", "whole"]
    assert any(data["progress"] for name, data in found if name == "run")


def test_artifacts_cannot_lead_elsewhere(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "t", flowers())
    run = finish(api, "t", module="acting", parameters={"act": "link_out"})["id"]
    items = api.get(f"/runs/{run}/artifacts", expect=200).json()["items"]
    assert [each["path"] for each in items] == ["model/weights.txt", "split.csv"]
    assert all(len(each["sha256"]) == 64 for each in items)
    assert api.get(f"/runs/{run}/artifacts/model/weights.txt", expect=200).text == "1 2 3\n"
    for path in ("secret", "up/run.json", "..%2Frun.json", "model", "none", "model/../../run.json"):
        answer = api.get(f"/runs/{run}/artifacts/{path}")
        assert answer.status_code == 404, path
        assert "root:" not in answer.text


# ---- many runs


def test_a_grid_makes_a_run_for_each_combination(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "t", flowers())
    body = {
        "module": "acting",
        "dataset": {"name": "t"},
        "parameters": {"text": "x"},
        "grid": {"act": ["nothing", "say"], "seconds": [0, 0.01]},
    }
    runs = api.post("/runs:batch", json=body, expect=201).json()["items"]
    assert [(run["parameters"]["act"], run["parameters"]["seconds"]) for run in runs] == [
        ("nothing", 0),
        ("nothing", 0.01),
        ("say", 0),
        ("say", 0.01),
    ]
    assert len({run["seed"] for run in runs}) == 1
    for run in runs:
        wait_status(api, run["id"], "done")


def test_a_batch_is_queued_whole_or_not_at_all(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "t", flowers())
    good = {"module": "acting", "dataset": {"name": "t"}}
    bad = {"module": "acting", "dataset": {"name": "none"}}
    problem = api.post("/runs:batch", json={"runs": [good, bad]}, expect=422).json()
    assert problem["errors"][0]["pointer"] == "/runs/1/dataset/name"
    assert api.get("/runs").json()["items"] == []
    api.post("/runs:batch", json={"runs": []}, expect=422)
    api.post("/runs:batch", json={**good, "grid": {"seconds": list(range(1000))}}, expect=422)
    both = {"modules": ["acting", "svm"], "dataset": {"name": "t"}}
    runs = api.post("/runs:batch", json=both, expect=201).json()["items"]
    assert [run["module"] for run in runs] == ["acting", "svm"]


def test_runs_are_found_and_ordered(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "flowers", flowers())
    ids = {}
    for cost in (0.001, 1):
        run = finish(api, "flowers", module="svm", parameters={"C": cost}, name=f"cost {cost}")
        ids[cost] = run["id"]
    failed = finish(api, "flowers", module="acting", parameters={"act": "fail"})["id"]

    def found(query: str) -> list[str]:
        return [run["id"] for run in api.get(f"/runs?{query}", expect=200).json()["items"]]

    assert found("") == [failed, ids[1], ids[0.001]]
    assert found("order=created") == [ids[0.001], ids[1], failed]
    assert found("status=failed") == [failed]
    assert found("module=svm") == [ids[1], ids[0.001]]
    assert found("q=COST%201") == [ids[1]]
    assert found("q=100%25") == []
    assert found("order=-metric.accuracy") == [ids[1], ids[0.001], failed]
    assert found("order=metric.training.accuracy") == [ids[0.001], ids[1], failed]
    page = api.get("/runs?limit=2", expect=200).json()
    assert found(f"limit=2&cursor={page['next_cursor']}") == [ids[0.001]]
    page = api.get("/runs?limit=2&order=metric.f1", expect=200).json()
    assert found(f"limit=2&order=metric.f1&cursor={page['next_cursor']}") == [failed]
    for wrong in ("order=luck", "order=metric.", "status=finished"):
        problem = api.get(f"/runs?{wrong}", expect=422).json()
        assert problem["errors"][0]["pointer"] == wrong.partition("=")[0]


def test_experiments_hold_runs_together(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "t", flowers())
    made = api.post("/experiments", json={"name": "first", "tags": {"a": "b"}}, expect=201).json()
    assert (made["status"], made["runs"], made["user"]) == ("active", 0, "developer")
    problem = api.post("/experiments", json={"name": "first"}, expect=409).json()
    assert problem["errors"][0]["pointer"] == "/name"
    api.post("/experiments", json={}, expect=422)
    run = finish(api, "t", module="acting", experiment=made["id"])
    assert run["experiment"] == {"id": made["id"], "name": "first"}
    by_name = finish(api, "t", module="acting", experiment="first")["id"]
    api.patch(f"/experiments/{made['id']}", json={"status": "archived"}, expect=200)
    shown = api.get(f"/experiments/{made['id']}", expect=200).json()
    assert (shown["runs"], shown["status"], shown["tags"]) == (2, "archived", {"a": "b"})
    assert len(api.get(f"/runs?experiment={made['id']}").json()["items"]) == 2
    api.patch(f"/runs/{by_name}", json={"experiment": None, "name": "x"}, expect=200)
    assert len(api.get(f"/runs?experiment={made['id']}").json()["items"]) == 1
    # A change reads its members as the first request did.
    api.patch(f"/runs/{by_name}", json={"experiment": "first"}, expect=200)
    assert len(api.get(f"/runs?experiment={made['id']}").json()["items"]) == 2
    changed = api.patch(f"/runs/{by_name}", json={"tags": {"c": "d"}}, expect=200).json()
    assert (changed["tags"], changed["name"]) == ({"c": "d"}, "x")
    assert changed["experiment"]["name"] == "first"
    api.delete(f"/experiments/{made['id']}", expect=204)
    api.get(f"/experiments/{made['id']}", expect=404)
    assert get_run(api, run["id"])["experiment"] is None
    assert api.get("/experiments", expect=200).json()["items"] == []


def test_a_run_is_renamed_and_tagged(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "t", flowers())
    run = finish(api, "t", module="acting", tags={"why": "because"})["id"]
    changed = api.patch(f"/runs/{run}", json={"name": "best", "tags": {"a": "1"}}, expect=200)
    assert (changed.json()["name"], changed.json()["tags"]) == ("best", {"a": "1"})
    api.patch(f"/runs/{run}", json={"tags": {"a": 1}}, expect=422)
    api.patch(f"/runs/{run}", json={"experiment": "none"}, expect=422)
    assert get_run(api, run)["tags"] == {"a": "1"}


@pytest.mark.serve(settings={"training.slots": "2"})
def test_no_more_runs_than_slots_at_once(server: Server) -> None:
    api = server.api("developer")
    install_module(server, "acting")
    upload(api, "t", flowers())
    runs = [train(api, "t", module="acting", parameters={"act": "wait"})["id"] for _ in range(4)]
    for run in runs[:2]:
        wait_status(api, run, "running")
    assert [get_run(api, run)["status"] for run in runs[2:]] == ["queued", "queued"]
    (server.data / "runs" / runs[0] / "go").touch()
    wait_status(api, runs[2], "running")
    assert get_run(api, runs[3])["status"] == "queued"
    for run in runs:
        wait_status(api, run, "running", "done")
        (server.data / "runs" / run / "go").touch()
        wait_status(api, run, "done")


# ---- real data

TABULAR = [
    ("iris.csv", {"target": "species"}, "accuracy", 0.85),
    ("wdbc_breast_cancer.csv", {"target": "diagnosis"}, "accuracy", 0.9),
    ("winequality-red.csv", {"target": "quality", "task": "classification"}, "accuracy", 0.5),
    ("winequality-red.csv", {"target": "quality"}, "r2", 0.2),
    ("Concrete_Data.csv", {}, "r2", 0.4),
]


@pytest.mark.parametrize(("name", "dataset", "metric", "least"), TABULAR)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_real_tables_are_learnt(
    server: Server, shared_data: Path, name: str, dataset: dict, metric: str, least: float
) -> None:
    api = server.api("developer")
    upload(api, "real", (shared_data / "tabular" / name).read_bytes())
    run = train(api, {"name": "real", **dataset}, module="svm")
    run = wait_status(api, run["id"], "done", timeout=120)
    assert run["metrics"]["holdout"][metric] > least


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_what_a_module_cannot_learn_from_is_told(server: Server, shared_data: Path) -> None:
    api = server.api("developer")
    upload(api, "penguins", (shared_data / "tabular" / "penguins.csv").read_bytes())
    run = finish(api, {"name": "penguins", "target": "species"}, module="svm")
    assert run["dataset"]["features"] == [
        "bill_length_mm",
        "bill_depth_mm",
        "flipper_length_mm",
        "body_mass_g",
        "year",
    ]
    assert run["status"] == "failed"
    assert "bill_length_mm" in run["error"]
