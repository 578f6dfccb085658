"""What GET /models/{m}/metrics and /curves answer is what scikit-learn computes from the rows."""

import numpy as np
import pytest
from sklearn import metrics as sk

from harness import Client, Server, oracle, wait_until
from harness.models import NOT_A_NUMBER, add_version, echo_classifier, echo_regressor

THREE = ["setosa", "versicolor", "virginica"]
TWO = ["no", "yes"]
AT = "2026-03-01T10:20:00Z"
frozen = pytest.mark.serve(clock=AT)


class Scored:
    """A model under test: what it was asked, what it said, what was true."""

    def __init__(self, server: Server, name: str, task: str = "classification") -> None:
        self.api, self.oip, self.name = server.api("developer"), server.oip("developer"), name
        self.requests = 0
        self.api.post("/models", json={"name": name, "task": task}, expect=201)

    def ask(self, values: np.ndarray, version: int | None = None) -> list[str]:
        """One request; answers the ids of its rows."""
        self.requests += 1
        request = f"{self.name}-{self.requests}"
        part = "" if version is None else f"/versions/{version}"
        tensor = {
            "name": "x",
            "shape": list(values.shape),
            "datatype": "FP32",
            "data": values.ravel().tolist(),
        }
        answer = self.oip.post(
            f"/models/{self.name}{part}/infer", json={"id": request, "inputs": [tensor]}, expect=200
        ).json()
        assert answer["parameters"]["prediction_id"] == request
        return [request] if len(values) == 1 else [f"{request}/{i}" for i in range(len(values))]

    def tell(self, ids: list[str], truth: list, weights: list[float] | None = None) -> dict:
        items = [{"id": id, "truth": t} for id, t in zip(ids, truth, strict=True)]
        for item, weight in zip(items, weights or [], strict=False):
            item["weight"] = weight
        answer = self.api.post(
            f"/models/{self.name}/feedback", json={"items": items}, expect=200
        ).json()
        assert answer["rejected"] == 0, answer
        return answer

    def metrics(self, **query: object) -> dict:
        return self.api.get(f"/models/{self.name}/metrics", params=query, expect=200).json()

    def curves(self, **query: object) -> dict:
        return self.api.get(f"/models/{self.name}/curves", params=query, expect=200).json()


def classifier(server: Server, classes: list[str], versions: int = 1, **options: bool) -> Scored:
    scored = Scored(server, "sorter")
    for _ in range(versions):
        add_version(scored.api, "sorter", echo_classifier(len(classes), **options), classes)
    return scored


def regressor(server: Server) -> Scored:
    scored = Scored(server, "guesser", "regression")
    add_version(scored.api, "guesser", echo_regressor())
    return scored


class Rows:
    """Random classified rows with ties: probabilities in steps of 0.05, as 32-bit numbers."""

    def __init__(self, rng: np.random.Generator, n: int, classes: list[str]) -> None:
        k = len(classes)
        steps = rng.multinomial(20, rng.dirichlet(np.ones(k)), size=n)
        self.p = (steps / 20).astype(np.float32)
        self.index = np.where(rng.random(n) < 0.7, self.p.argmax(axis=1), rng.integers(0, k, n))
        self.predicted = [classes[i] for i in self.index]
        self.truth = [classes[i] for i in rng.integers(0, k, n)]
        self.x = np.column_stack([self.index.astype(np.float32), self.p])

    def expected(self, classes: list[str], **options: object) -> dict:
        return oracle.classification(
            classes, self.truth, self.predicted, self.p.astype(float), **options
        )


@pytest.mark.parametrize("classes", [TWO, THREE], ids=["two", "three"])
def test_every_metric_is_scikit_learns(server: Server, classes: list[str]) -> None:
    scored = classifier(server, classes)
    rows = Rows(np.random.default_rng(1), 400, classes)
    ids = scored.ask(rows.x)
    unlabelled = scored.ask(rows.x[:100])
    scored.tell(ids, rows.truth)
    found = scored.metrics()
    assert oracle.differences(rows.expected(classes), found) == []
    assert found["reasons"] == {}
    assert (found["rows"], found["labelled"], found["coverage"]) == (500, 400, 0.8)
    assert found["classes"] == classes
    assert found["confusion"] == sk.confusion_matrix(rows.truth, rows.predicted).tolist()
    assert (found["model"], found["version"], found["source"]) == ("sorter", "1", "live")
    assert "auc_error" not in found
    assert unlabelled


def test_weights_count_in_every_metric(server: Server) -> None:
    scored = classifier(server, THREE)
    rng = np.random.default_rng(2)
    rows = Rows(rng, 300, THREE)
    weights = rng.choice([0, 0.1, 1, 2.5], 300).tolist()
    scored.tell(scored.ask(rows.x), rows.truth, weights)
    found = scored.metrics()
    assert oracle.differences(rows.expected(THREE, weights=weights), found) == []
    assert found["labelled"] == 300


def test_classes_that_the_window_misses(server: Server) -> None:
    scored = classifier(server, THREE)
    rows = Rows(np.random.default_rng(3), 200, THREE)
    rows.index[:] = rows.index % 2
    rows.x[:, 0] = rows.index
    rows.predicted = [THREE[i] for i in rows.index]
    rows.truth = [THREE[i % 2] for i in range(200)]
    scored.tell(scored.ask(rows.x), rows.truth)
    found = scored.metrics()
    assert oracle.differences(rows.expected(THREE), found) == []
    assert found["f1"]["per_class"]["virginica"] is None
    assert found["auc"]["per_class"]["virginica"] is None
    assert set(found["reasons"]) == {
        f"{metric}.per_class.virginica" for metric in ("precision", "recall", "f1", "auc", "gini")
    }
    assert [row[2] for row in found["confusion"]] == [0, 0, 0]


def test_a_single_class_has_no_auc_and_says_so(server: Server) -> None:
    scored = classifier(server, TWO)
    rows = Rows(np.random.default_rng(4), 50, TWO)
    rows.truth = ["yes"] * 50
    scored.tell(scored.ask(rows.x), rows.truth)
    found = scored.metrics()
    assert oracle.differences(rows.expected(TWO), found) == []
    assert found["auc"]["macro"] is None
    assert found["gini"]["weighted"] is None
    assert found["reasons"]["auc.macro"] == "only one class occurs"
    assert found["log_loss"] is not None


def test_labels_that_the_model_does_not_know(server: Server) -> None:
    scored = classifier(server, THREE)
    rows = Rows(np.random.default_rng(5), 100, THREE)
    truth = ["unheard of" if i % 10 == 0 else t for i, t in enumerate(rows.truth)]
    scored.tell(scored.ask(rows.x), truth)
    found = scored.metrics()
    expected = oracle.classification(THREE, truth, rows.predicted)
    assert oracle.differences(expected, found) == []
    assert found["classes"] == [*THREE, "unheard of"]
    assert sum(found["confusion"][3]) == 10
    assert "does not know" in found["reasons"]["auc.per_class.unheard of"]
    # A class to which the model gave nothing: the loss of a probability of 2^-52.
    known = [THREE.index(t) if t in THREE else -1 for t in truth]
    p = [rows.p[i, k] if k >= 0 else 0.0 for i, k in enumerate(known)]
    eps = np.finfo(float).eps
    loss = -np.log(np.clip(np.asarray(p, dtype=float), eps, 1 - eps)).mean()
    assert found["log_loss"] == pytest.approx(loss, rel=1e-9)


@pytest.mark.parametrize("asked", [0, 5], ids=["nothing asked", "nothing told"])
def test_an_empty_window_is_null_with_reasons(server: Server, asked: int) -> None:
    scored = classifier(server, THREE)
    if asked:
        scored.ask(Rows(np.random.default_rng(6), asked, THREE).x)
    found = scored.metrics()
    assert (found["rows"], found["labelled"]) == (asked, 0)
    assert found["coverage"] == (0 if asked else None)
    for name in ("accuracy", "log_loss", "brier", "mcc", "kappa"):
        assert found[name] is None
        assert found["reasons"][name]
    for name in ("precision", "recall", "f1", "auc", "gini"):
        assert found[name]["macro"] is None
        assert found["reasons"][f"{name}.macro"]
    assert "NaN" not in str(found)


def test_probabilities_that_are_no_numbers_are_left_out(server: Server) -> None:
    scored = classifier(server, TWO)
    rows = Rows(np.random.default_rng(7), 60, TWO)
    rows.x[:3, 1:] = 2 * NOT_A_NUMBER
    rows.x[3, 1:] = [7, -6]
    scored.tell(scored.ask(rows.x), rows.truth)
    found = scored.metrics()
    labels = oracle.classification(TWO, rows.truth, rows.predicted)
    assert oracle.differences(labels, found) == []
    rest = oracle.classification(TWO, rows.truth[4:], rows.predicted[4:], rows.p[4:].astype(float))
    for name in ("auc", "gini", "log_loss", "brier"):
        assert oracle.differences({name: rest[name]}, found) == []
    assert found["unusable"] == {"probabilities": 4}


def test_labels_without_probabilities(server: Server) -> None:
    numbers = ["0", "1"]
    scored = classifier(server, numbers, probabilities=False)
    rows = Rows(np.random.default_rng(8), 40, numbers)
    scored.tell(scored.ask(rows.x), rows.truth)
    found = scored.metrics()
    expected = oracle.classification(numbers, rows.truth, rows.predicted)
    assert oracle.differences(expected, found) == []
    for name in ("log_loss", "brier", "auc.macro", "gini.per_class.1"):
        assert found["reasons"][name] == "the model gives labels without probabilities"


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
def test_regression_is_scikit_learns(server: Server, weighted: bool) -> None:
    scored = regressor(server)
    rng = np.random.default_rng(9)
    x = (1e4 + rng.normal(0, 3, 300)).astype(np.float32)
    truth = (x + rng.normal(0.5, 2, 300)).tolist()
    weights = rng.choice([0.5, 1, 3], 300).tolist() if weighted else None
    scored.tell(scored.ask(x.reshape(-1, 1)), truth, weights)
    found = scored.metrics()
    expected = oracle.regression(truth, x.astype(float).tolist(), weights)
    assert oracle.differences(expected, found, rel=1e-8) == []
    assert (found["task"], found["reasons"]) == ("regression", {})


def test_a_constant_truth_has_no_correlation(server: Server) -> None:
    scored = regressor(server)
    scored.tell(scored.ask(np.array([[1.0], [2.0], [4.0]])), [3, 3, 3])
    found = scored.metrics()
    assert found["r2"] == sk.r2_score([3, 3, 3], [1, 2, 4])
    assert found["r2_pearson"] is None
    assert found["reasons"]["r2_pearson"]


def test_predictions_that_are_not_finite_are_left_out(server: Server) -> None:
    scored = regressor(server)
    ids = scored.ask(np.array([[1.0], [2 * NOT_A_NUMBER], [2.5], [3 * NOT_A_NUMBER]]))
    scored.tell(ids, [1.5, 2, 2, 2])
    found = scored.metrics()
    assert found["unusable"] == {"prediction": 2}
    assert found["labelled"] == 4
    assert found["mae"] == pytest.approx(0.5)


def test_corrected_truth_moves_the_counters(server: Server) -> None:
    scored = classifier(server, THREE)
    rng = np.random.default_rng(10)
    rows = Rows(rng, 120, THREE)
    ids = scored.ask(rows.x)
    scored.tell(ids, [THREE[0]] * 120, [5.0] * 120)
    answer = scored.tell(ids, rows.truth)
    assert (answer["joined"], answer["updated"]) == (0, 120)
    found = scored.metrics()
    assert oracle.differences(rows.expected(THREE), found) == []
    assert found["labelled"] == 120
    scored.tell(ids, rows.truth)
    assert scored.metrics() | {"window": None} == found | {"window": None}


def test_truth_twice_in_one_request(server: Server) -> None:
    scored = classifier(server, TWO)
    rows = Rows(np.random.default_rng(11), 2, TWO)
    ids = scored.ask(rows.x)
    scored.tell([ids[0], ids[0], ids[1]], ["no", rows.predicted[0], rows.predicted[1]])
    found = scored.metrics()
    assert (found["labelled"], found["accuracy"]) == (2, 1)


def test_truth_before_its_prediction_counts(server: Server) -> None:
    scored = classifier(server, TWO)
    rows = Rows(np.random.default_rng(12), 1, TWO)
    scored.api.post(
        "/models/sorter/feedback",
        json={"items": [{"id": "sorter-1", "truth": rows.predicted[0]}]},
        expect=200,
    )
    scored.ask(rows.x)
    wait_until(lambda: scored.metrics()["labelled"] == 1)
    assert scored.metrics()["accuracy"] == 1


def test_shadows_are_scored_like_the_champion(server: Server) -> None:
    scored = classifier(server, THREE, versions=2)
    scored.api.put(
        "/models/sorter/arms",
        json={
            "arms": [
                {"version": "1", "mode": "champion"},
                {"version": "2", "mode": "shadow", "sample": 1.0},
            ]
        },
        expect=200,
    )
    rows = Rows(np.random.default_rng(13), 150, THREE)
    ids = scored.ask(rows.x)
    wait_until(lambda: scored.metrics(version=2)["rows"] == 150)
    scored.tell(ids, rows.truth)
    for version in (1, 2):
        found = scored.metrics(version=version)
        assert oracle.differences(rows.expected(THREE), found) == []
        assert (found["rows"], found["labelled"]) == (150, 150)
    curve = scored.curves(version=2, kind="roc")
    assert curve["labelled"] == 150
    assert len(curve["classes"]) == 3


def test_each_version_has_its_own_score(server: Server) -> None:
    scored = classifier(server, TWO, versions=2)
    first, second = (Rows(np.random.default_rng(seed), 80, TWO) for seed in (14, 15))
    scored.tell(scored.ask(first.x, version=1), first.truth)
    scored.tell(scored.ask(second.x, version=2), second.truth)
    assert oracle.differences(first.expected(TWO), scored.metrics(version=1)) == []
    assert oracle.differences(second.expected(TWO), scored.metrics(version=2)) == []


def join(parts: list[Rows], classes: list[str]) -> dict:
    return oracle.classification(
        classes,
        [label for rows in parts for label in rows.truth],
        [label for rows in parts for label in rows.predicted],
        np.concatenate([rows.p for rows in parts]).astype(float),
    )


@frozen
def test_windows_off_the_hour_are_exact(server: Server) -> None:
    scored = classifier(server, THREE)
    rng = np.random.default_rng(16)
    parts = []
    for _ in range(9):  # 10:20, 10:50, 11:20, ... 14:20
        rows = Rows(rng, 40, THREE)
        scored.tell(scored.ask(rows.x), rows.truth)
        parts.append(rows)
        server.advance(1800)
    day = "2026-03-01T"
    for start, end, chosen in (
        ("10:21:00Z", "14:20:00Z", parts[1:8]),
        ("10:20:00Z", "10:50:00Z", parts[:1]),
        ("10:30:00Z", "11:10:00Z", parts[1:2]),
        ("11:00:00Z", "13:00:00Z", parts[2:6]),
        ("10:50:00Z", "12:50:00.001Z", parts[1:6]),
    ):
        found = scored.metrics(**{"from": day + start, "to": day + end})
        assert oracle.differences(join(chosen, THREE), found) == [], (start, end)
        assert found["rows"] == found["labelled"] == 40 * len(chosen)
    found = scored.metrics(window="90m")  # it is 14:50
    assert oracle.differences(join(parts[6:], THREE), found) == []
    assert found["window"] == {"from": day + "13:20:00.000Z", "to": day + "14:50:00.000Z"}


@frozen
def test_buckets_cut_the_window_into_hours(server: Server) -> None:
    scored = classifier(server, THREE)
    rng = np.random.default_rng(17)
    parts = []
    for step in range(6):  # 10:20, 10:50, 11:20, 11:50, 12:20, 12:50
        rows = Rows(rng, 40, THREE)
        ids = scored.ask(rows.x)
        if step != 2:
            scored.tell(ids, rows.truth)
        parts.append(rows)
        server.advance(1800)
    found = scored.metrics(window="4h", bucket="1h")  # it is 13:20
    buckets = found["buckets"]
    assert [b["from"][11:16] for b in buckets] == ["09:20", "10:00", "11:00", "12:00", "13:00"]
    assert [b["rows"] for b in buckets] == [0, 80, 80, 80, 0]
    assert [b["labelled"] for b in buckets] == [0, 80, 40, 80, 0]
    assert [b["coverage"] for b in buckets] == [None, 1, 0.5, 1, None]
    for at, chosen in ((1, parts[:2]), (2, parts[3:4]), (3, parts[4:])):
        expected = join(chosen, THREE)
        for metric in ("precision", "recall", "f1", "auc", "gini"):
            expected[metric].pop("per_class")
        assert oracle.differences(expected, buckets[at]) == []
    assert buckets[0]["accuracy"] is None
    found = scored.metrics(bucket="1d")
    assert [b["from"] for b in found["buckets"]] == ["2026-03-01T00:00:00.000Z"]
    assert found["buckets"][0]["accuracy"] == found["accuracy"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"bucket": "7m"}, "/bucket"),
        ({"bucket": "90m"}, "/bucket"),
        ({"bucket": "90s"}, "/bucket"),
        ({"bucket": "30s"}, "/bucket"),
        ({"bucket": "0h"}, "/bucket"),
        ({"bucket": "often"}, "/bucket"),
        ({"window": "yesterday"}, "/window"),
        ({"window": "7d", "from": AT}, "/window"),
        ({"source": "crystal ball"}, "/source"),
        ({"from": AT, "to": "2026-01-01T00:00:00Z"}, "/from"),
        ({"from": "2020-01-01", "bucket": "1h"}, "/bucket"),
    ],
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_what_cannot_be_asked(server: Server, query: dict, pointer: str) -> None:
    scored = classifier(server, TWO)
    answer = scored.api.get("/models/sorter/metrics", params=query, expect=422).json()
    assert answer["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_what_is_not_there(server: Server) -> None:
    scored = classifier(server, TWO)
    scored.api.get("/models/unknown/metrics", expect=404)
    scored.api.get("/models/sorter/metrics?version=9", expect=404)
    scored.api.get("/models/sorter/metrics?version=x", expect=404)
    scored.api.post("/models", json={"name": "empty", "task": "regression"}, expect=201)
    assert "champion" in scored.api.get("/models/empty/metrics", expect=404).json()["detail"]


def test_a_version_without_a_run_has_no_history(server: Server) -> None:
    scored = classifier(server, TWO)
    for source in ("holdout", "training"):
        found = scored.metrics(source=source)
        assert found["accuracy"] is None
        assert found["rows"] == 0
        assert "not made by a run" in found["reasons"]["accuracy"]
        curve = scored.curves(source=source, kind="roc")
        assert curve["classes"] == []
        assert "run" in curve["reasons"]["classes"]


@pytest.mark.serve(settings={"monitoring.exact_rows": "1000"})
def test_above_exact_rows_auc_has_a_bound(server: Server) -> None:
    scored = classifier(server, TWO)
    rng = np.random.default_rng(18)
    n = 1001
    p = rng.random(n).astype(np.float32)
    truth = np.where(rng.random(n) < p, "yes", "no").tolist()
    x = np.column_stack([p > 0.5, 1 - p, p]).astype(np.float32)
    ids = scored.ask(x)
    exact = sk.roc_auc_score([t == "yes" for t in truth], x[:, 2].astype(float))
    scored.tell(ids[:1000], truth[:1000])
    assert "auc_error" not in scored.metrics()
    scored.tell(ids[1000:], truth[1000:])
    found = scored.metrics(bucket="1h")
    assert 0 < found["auc_error"] < 0.001
    assert abs(found["auc"]["macro"] - exact) <= found["auc_error"]
    assert found["auc"]["macro"] != exact
    assert found["buckets"][0]["auc"]["macro"] == found["auc"]["macro"]
    curve = scored.curves(kind="roc")
    assert curve["classes"][1]["auc"] == pytest.approx(exact, abs=found["auc_error"])


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_hundred_thousand_rows_are_exact_and_one_more_is_not(server: Server) -> None:
    scored = classifier(server, THREE)
    rng = np.random.default_rng(24)
    parts = [Rows(rng, 10_000, THREE) for _ in range(10)] + [Rows(rng, 1, THREE)]
    for rows in parts[:-1]:
        scored.tell(scored.ask(rows.x), rows.truth)
    found = scored.metrics()
    assert oracle.differences(join(parts[:-1], THREE), found) == []
    assert "auc_error" not in found
    scored.tell(scored.ask(parts[-1].x), parts[-1].truth)
    found, expected = scored.metrics(), join(parts, THREE)
    assert found["labelled"] == 100_001
    for metric in ("macro", "weighted"):
        assert abs(found["auc"][metric] - expected["auc"][metric]) <= found["auc_error"] < 0.1
    for ranked in ("auc", "gini"):
        expected.pop(ranked)
    assert oracle.differences(expected, found) == []


def test_roc_and_precision_recall_are_scikit_learns(server: Server) -> None:
    scored = classifier(server, TWO)
    rows = Rows(np.random.default_rng(19), 300, TWO)
    scored.tell(scored.ask(rows.x), rows.truth)
    positive, score = np.array(rows.truth) == "yes", rows.p[:, 1].astype(float)
    roc = scored.curves(kind="roc")
    fpr, tpr, _ = sk.roc_curve(positive, score)
    found = {tuple(round(v, 9) for v in point[:2]) for point in roc["classes"][1]["points"]}
    assert found == {(round(x, 9), round(y, 9)) for x, y in zip(fpr, tpr, strict=True)}
    assert roc["classes"][1]["auc"] == pytest.approx(sk.roc_auc_score(positive, score))
    pr = scored.curves(kind="pr")["classes"][1]
    assert pr["average_precision"] == pytest.approx(sk.average_precision_score(positive, score))
    precision, recall, _ = sk.precision_recall_curve(positive, score)
    expected = {(round(r, 9), round(p, 9)) for r, p in zip(recall, precision, strict=True)}
    assert {tuple(round(v, 9) for v in point[:2]) for point in pr["points"]} == expected
    lift = scored.curves(kind="lift")["classes"][1]["points"]
    assert lift[-1][:2] == pytest.approx([1, 1])
    top = score == score.max()
    assert lift[0][:2] == pytest.approx([top.mean(), positive[top].mean() / positive.mean()])


def test_calibration_is_scikit_learns(server: Server) -> None:
    from sklearn.calibration import calibration_curve

    scored = classifier(server, TWO)
    rows = Rows(np.random.default_rng(20), 300, TWO)
    scored.tell(scored.ask(rows.x), rows.truth)
    positive, score = np.array(rows.truth) == "yes", rows.p[:, 1].astype(float)
    observed, predicted = calibration_curve(positive, score, n_bins=10)
    points = np.array(scored.curves(kind="calibration")["classes"][1]["points"])
    assert points[:, 0] == pytest.approx(predicted)
    assert points[:, 1] == pytest.approx(observed)
    assert points[:, 2].sum() == 300


def test_scatter_is_thinned_but_keeps_outliers(server: Server) -> None:
    scored = regressor(server)
    rng = np.random.default_rng(21)
    x = rng.normal(0, 1, 5000).astype(np.float32)
    truth = x.astype(float) + rng.normal(0, 0.1, 5000)
    truth[1234] += 50
    truth[4321] -= 70
    scored.tell(scored.ask(x.reshape(-1, 1)), truth.tolist())
    points = np.array(scored.curves(kind="scatter")["points"])
    assert 1900 <= len(points) <= 2000
    rows = {(round(t, 6), round(float(p), 6)) for t, p in zip(truth, x, strict=True)}
    assert {(round(t, 6), round(p, 6)) for t, p in points} <= rows
    assert points[:, 0].min() == truth.min()
    assert points[:, 0].max() == truth.max()
    quantiles = [0.1, 0.25, 0.5, 0.75, 0.9]
    assert np.quantile(points[:, 0], quantiles) == pytest.approx(
        np.quantile(truth, quantiles), abs=0.02
    )
    residuals = np.array(scored.curves(kind="residuals")["points"])
    assert residuals[:, 1].max() == pytest.approx((x - truth).max())
    assert len(scored.curves()["points"]) == len(points)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_curves_fit_the_task(server: Server) -> None:
    numbers, labels = regressor(server), classifier(server, TWO)
    numbers.api.get("/models/guesser/curves?kind=roc", expect=422)
    labels.api.get("/models/sorter/curves?kind=scatter", expect=422)
    labels.api.get("/models/sorter/curves?kind=spiral", expect=422)
    assert labels.curves()["classes"] == []
    assert numbers.curves()["points"] == []


def test_counters_survive_a_restart(server: Server) -> None:
    scored = classifier(server, THREE)
    rows = Rows(np.random.default_rng(22), 60, THREE)
    ids = scored.ask(rows.x)
    scored.tell(ids[:30], rows.truth[:30])
    server.restart()
    scored.tell(ids[30:], rows.truth[30:])
    assert oracle.differences(rows.expected(THREE), scored.metrics()) == []


def listed(api: Client) -> dict:
    return {model["name"]: model for model in api.get("/overview", expect=200).json()["models"]}


@frozen
def test_the_overview_counts_the_last_day(server: Server) -> None:
    scored = classifier(server, TWO, versions=2)
    scored.api.put(
        "/models/sorter/arms",
        json={
            "arms": [
                {"version": "1", "mode": "champion"},
                {"version": "2", "mode": "shadow", "sample": 1.0},
            ]
        },
        expect=200,
    )
    rows = Rows(np.random.default_rng(23), 50, TWO)
    scored.ask(rows.x)
    server.advance(25 * 3600)
    ids = scored.ask(rows.x)
    wait_until(lambda: scored.metrics(version=2)["rows"] == 100)
    scored.tell(ids[:20], rows.predicted[:20])
    one = listed(scored.api)["sorter"]
    assert (one["champion"], one["challengers"], one["task"]) == ("1", 1, "classification")
    assert (one["rows_24h"], one["labelled_24h"]) == (50, 20)
    assert one["metric"] == {"name": "accuracy", "holdout": None, "live": 1}
    assert len(one["spark"]) == 24
    assert one["spark"][-1]["rows"] == 50
    assert one["spark"][-1]["from"] == "2026-03-02T11:00:00.000Z"
