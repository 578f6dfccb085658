"""The trainer of the module svm keeps the contract of the run folder: what it writes, what it says
when something is wrong, and that a run can be repeated."""

import hashlib
import json
import os
import re
import resource
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml
from modules.libsvm import Model
from modules.trainer import MODULES, ROOT, Result, Table, make_run, start, train


def make_table(rows: int = 60, classes: int = 3, seed: int = 5, **how: Any) -> Table:
    """Clouds of points, one for each class: "red", "green", ..."""
    names = ["red", "green", "blue", "grey"][:classes]
    random = np.random.default_rng(seed)
    lines = []
    for i in range(rows):
        x, y = random.normal(size=2) * 0.7 + [i % classes, (i % classes) ** 2]
        lines.append([f"{x:.4f}", f"{y:.4f}", names[i % classes]])
    return Table(["x", "y", "colour"], lines, "colour", **how)


def make_line(rows: int = 50) -> Table:
    random = np.random.default_rng(7)
    x = random.uniform(-3, 3, rows)
    lines = [[f"{a:.4f}", f"{2 * a + 1 + random.normal() * 0.1:.4f}"] for a in x]
    return Table(["x", "y"], lines, "y", "regression")


def digest(result: Result) -> str:
    return hashlib.sha256((result.model_folder / "model.onnx").read_bytes()).hexdigest()


def fail(folder: Path, table: Table, parameters: dict | None = None, **how: Any) -> str:
    """Trains, insists on failure in one sentence without a result, and answers the sentence."""
    result = start(make_run(folder, table, parameters, **how))
    assert result.exit_code == 1
    assert result.error.count("\n") == 1
    assert not (result.model_folder / "model.onnx").exists()
    return result.error.strip()


# ---- what a run leaves behind


def test_a_run_leaves_model_signature_metrics_and_progress(tmp_path: Path) -> None:
    result = train(tmp_path / "run", make_table(), {"folds": 4})
    assert {path.name for path in result.model_folder.iterdir()} == {
        "model.onnx",
        "signature.json",
        "libsvm.model",
        "libsvm.scaling.csv",
    }
    assert result.signature == {
        "task": "classification",
        "features": ["x", "y"],
        "classes": ["blue", "green", "red"],
        "decision": {
            "output": "decision",
            "pairs": [["blue", "green"], ["blue", "red"], ["green", "red"]],
        },
    }
    progress = result.lines("progress.ndjson")
    fractions = [line["fraction"] for line in progress]
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert fractions == sorted(fractions)
    for line in result.lines("metrics.ndjson"):
        assert set(line) == {"key", "value", "step", "time"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert "60 training rows" in result.log


def test_model_takes_any_number_of_rows_and_names_its_tensors(tmp_path: Path) -> None:
    session = train(tmp_path / "run", make_table()).session()
    assert [(i.name, i.type, i.shape) for i in session.get_inputs()] == [
        ("input", "tensor(float)", ["N", 2])
    ]
    assert [(o.name, o.type, o.shape) for o in session.get_outputs()] == [
        ("label", "tensor(string)", ["N"]),
        ("probabilities", "tensor(float)", ["N", 3]),
        ("decision", "tensor(float)", ["N", 3]),
    ]
    for rows in (0, 1, 1000):
        label, probabilities, decision = session.run(None, {"input": np.ones((rows, 2), "f4")})
        assert len(label) == len(probabilities) == len(decision) == rows


def test_only_training_rows_are_learned_from(tmp_path: Path) -> None:
    """A held-out row may hold anything: it changes nothing, not even by being unreadable."""
    table = make_table()
    spoiled = make_table()
    for row in range(0, 60, 4):
        spoiled.rows[row] = ["", "nonsense", "purple"]
    a = train(tmp_path / "a", table, holdout=range(0, 60, 4))
    b = train(tmp_path / "b", spoiled, holdout=range(0, 60, 4))
    assert digest(a) == digest(b)
    assert digest(a) != digest(train(tmp_path / "c", table))


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, table, parameters in (
        ("probability", make_table(), {"folds": 3}),
        ("votes", make_table(), {"probability": False}),
        ("regression", make_line(), {"folds": 3}),
    ):
        a = train(tmp_path / name / "a", table, parameters, seed=11)
        b = train(tmp_path / name / "b", table, parameters, seed=11)
        assert digest(a) == digest(b)
        assert a.metric("cv_accuracy") == b.metric("cv_accuracy")
        assert a.metric("cv_rmse") == b.metric("cv_rmse")


def test_another_seed_gives_other_folds_and_probabilities(tmp_path: Path) -> None:
    a = train(tmp_path / "a", make_table(), {"folds": 3}, seed=1)
    b = train(tmp_path / "b", make_table(), {"folds": 3}, seed=2**40 + 1)
    c = train(tmp_path / "c", make_table(), {"folds": 3}, seed=-1)
    assert len({digest(a), digest(b), digest(c)}) == 3


def test_cross_validation_does_not_change_the_model(tmp_path: Path) -> None:
    a = train(tmp_path / "a", make_table())
    b = train(tmp_path / "b", make_table(), {"folds": 5})
    assert digest(a) == digest(b)


def test_order_of_rows_does_not_change_the_order_of_classes(tmp_path: Path) -> None:
    table = make_table()
    table.rows.reverse()
    assert train(tmp_path / "run", table).signature["classes"] == ["blue", "green", "red"]


# ---- cross-validation


def test_cross_validation_reports_each_fold_their_mean_and_deviation(tmp_path: Path) -> None:
    result = train(tmp_path / "run", make_table(), {"folds": 5})
    folds = [line for line in result.lines("metrics.ndjson") if line["key"] == "cv_accuracy"]
    assert [line["step"] for line in folds] == [1, 2, 3, 4, 5]
    values = result.metric("cv_accuracy")
    assert 0.7 < np.mean(values) <= 1
    assert result.metric("cv_accuracy_mean") == [pytest.approx(np.mean(values))]
    assert result.metric("cv_accuracy_sd") == [pytest.approx(np.std(values, ddof=1))]


def test_cross_validation_of_a_regression_reports_rmse(tmp_path: Path) -> None:
    result = train(tmp_path / "run", make_line(), {"folds": 5, "kernel": "linear"})
    assert len(result.metric("cv_rmse")) == 5
    assert result.metric("cv_rmse_mean")[0] == pytest.approx(0.1, abs=0.05)


def test_labels_without_pattern_are_predicted_no_better_than_chance(tmp_path: Path) -> None:
    """A fold that had been seen in training would score far above one half."""
    random = np.random.default_rng(1)
    rows = [
        [f"{a:.4f}", f"{b:.4f}", f"c{i % 2}"]
        for i, (a, b) in enumerate(random.normal(size=(200, 2)))
    ]
    table = Table(["a", "b", "y"], rows, "y")
    parameters = {"folds": 10, "gamma": 50, "C": 100, "probability": False}
    result = train(tmp_path / "run", table, parameters)
    assert 0.35 < result.metric("cv_accuracy_mean")[0] < 0.65


def test_each_fold_holds_its_share_of_a_rare_class(tmp_path: Path) -> None:
    """5 rare rows in 5 folds, one in each: the rare class is known to every fold's training, so
    a clear pattern is found everywhere."""
    rows = [[f"{i * 0.01:.2f}", "common"] for i in range(95)]
    rows += [[f"{50 + i * 0.01:.2f}", "rare"] for i in range(5)]
    table = Table(["x", "y"], rows, "y")
    result = train(tmp_path / "run", table, {"folds": 5, "probability": False, "C": 100})
    assert result.metric("cv_accuracy") == [1] * 5


# ---- parameters


def test_balanced_weights_help_the_rare_class(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    rows = [[f"{v:.4f}", "common"] for v in random.normal(size=190)]
    rows += [[f"{v:.4f}", "rare"] for v in random.normal(size=10) + 1.5]
    table = Table(["x", "y"], rows, "y")

    def found(name: str, weights: object) -> int:
        parameters = {"class_weight": weights, "probability": False}
        labels = train(tmp_path / name, table, parameters).predict(table.numbers())["label"]
        return int((labels[190:] == "rare").sum())

    plain, balanced = found("plain", None), found("balanced", "balanced")
    assert plain < balanced
    assert found("by label", {"rare": 19.0}) == pytest.approx(balanced, abs=1)


def test_weights_follow_their_labels(tmp_path: Path) -> None:
    """balanced is n / (classes × rows of the class): given by hand it is the same model."""
    table = make_table(rows=61)
    count = {name: table.column("colour").count(name) for name in ("red", "green", "blue")}
    by_hand = {name: 61 / (3 * n) for name, n in count.items()}
    a = train(tmp_path / "a", table, {"class_weight": "balanced"})
    b = train(tmp_path / "b", table, {"class_weight": by_hand})
    assert digest(a) == digest(b)


def test_scale_gamma_is_that_of_scikit_learn(tmp_path: Path) -> None:
    from sklearn.svm import SVC

    table = make_table()
    x = table.numbers().astype(float)
    expected = SVC(gamma="scale").fit(x, table.column("colour"))._gamma
    result = train(tmp_path / "run", table, {"scale": False})
    gamma = re.search(r"^gamma (\S+)$", (result.model_folder / "libsvm.model").read_text(), re.M)
    assert gamma is not None
    assert float(gamma[1]) == pytest.approx(expected)


def test_nu_limits_the_support_vectors_from_below(tmp_path: Path) -> None:
    result = train(tmp_path / "run", make_table(classes=2), {"nu": 0.6, "probability": False})
    assert "svm_type nu_svc" in (result.model_folder / "libsvm.model").read_text()
    assert result.metric("support_vectors")[0] >= 0.6 * 60


def test_nu_regression(tmp_path: Path) -> None:
    result = train(tmp_path / "run", make_line(), {"nu": 0.5, "kernel": "linear"})
    assert "svm_type nu_svr" in (result.model_folder / "libsvm.model").read_text()
    assert result.predict(np.array([[1.0]]))["value"][0, 0] == pytest.approx(3, abs=0.2)


def test_wide_tube_needs_no_support_vector(tmp_path: Path) -> None:
    result = train(tmp_path / "run", make_line(), {"epsilon": 100})
    assert result.metric("support_vectors") == [0]
    values = result.predict(np.array([[0.0], [3.0]]))["value"]
    oracle, _ = Model(result.model_folder).decisions(np.array([[0.0], [3.0]]))
    assert values[:, 0] == pytest.approx(oracle, abs=1e-4)


def schema() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "modules" / "svm" / "module.yaml").read_text(encoding="utf-8"))


CATALOGUE = schema()
PARAMETERS = CATALOGUE["train"]["parameters"]
SAMPLES = [-1e7, -1, 0, 1e-3, 0.5, 1, 2, 2.5, 3, 20, 21, 50, 51, 2e6]
SAMPLES += [
    "scale",
    "balanced",
    "radial",
    "sigmoid",
    "",
    True,
    None,
    [],
    {},
    {"red": 2},
    {"red": 0},
]


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_trainer_and_module_yaml_allow_the_same_values(tmp_path: Path, name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(PARAMETERS[name])
    validator = jsonschema.Draft202012Validator(PARAMETERS[name])
    for i, value in enumerate(SAMPLES):
        # null asks for the default, whatever the parameter.
        allowed = value is None or validator.is_valid(value)
        parameters = {"probability": False, name: value}
        result = start(make_run(tmp_path / str(i), make_table(rows=12), parameters))
        refused = f"the parameter {name}" in result.error
        if name == "folds" and allowed and value and value > 12:
            assert "folds cannot be made" in result.error
        elif name == "nu" and allowed and value and value == 1:
            continue  # feasible only by luck
        else:
            assert refused != allowed, (value, result.error)


def test_defaults_of_module_yaml_are_those_of_the_trainer(tmp_path: Path) -> None:
    defaults = {name: schema["default"] for name, schema in PARAMETERS.items()}
    a = train(tmp_path / "a", make_table())
    b = train(tmp_path / "b", make_table(), defaults)
    assert digest(a) == digest(b)


def test_module_yaml_speaks_three_languages() -> None:
    texts = [CATALOGUE[key] for key in ("title", "summary", "description")]
    texts += [
        parameter[key] for parameter in PARAMETERS.values() for key in ("x-title", "x-description")
    ]
    for text in texts:
        assert set(text) == {"en", "es", "pt"}
        assert all(text.values())
    assert {parameter["x-group"] for parameter in PARAMETERS.values()} == {"general", "advanced"}


# ---- labels


def test_integer_labels_are_served_as_integers_in_numeric_order(tmp_path: Path) -> None:
    table = make_table()
    for row in table.rows:
        row[2] = {"red": "10", "green": "9", "blue": "-3"}[row[2]]
    result = train(tmp_path / "run", table)
    assert result.signature["classes"] == ["-3", "9", "10"]
    label = result.predict(table.numbers())["label"]
    assert label.dtype == np.int64
    assert set(label) == {-3, 9, 10}


def test_large_integer_labels_keep_every_digit(tmp_path: Path) -> None:
    table = make_table(classes=2)
    names = {"red": "9007199254740993", "green": "9223372036854775807"}
    for row in table.rows:
        row[2] = names[row[2]]
    result = train(tmp_path / "run", table)
    assert result.signature["classes"] == list(names.values())
    assert {str(label) for label in result.predict(table.numbers())["label"]} == set(names.values())


@pytest.mark.parametrize(
    "labels", [("1", "02"), ("1.0", "2.0"), ("+1", "2"), ("1", "9223372036854775808"), ("1", "x")]
)
def test_labels_that_are_not_plain_integers_stay_text(tmp_path: Path, labels: tuple) -> None:
    table = make_table(classes=2)
    for row in table.rows:
        row[2] = labels[row[2] == "green"]
    result = train(tmp_path / "run", table)
    assert result.signature["classes"] == sorted(labels)
    assert set(result.predict(table.numbers())["label"]) == set(labels)


# ---- the data


def test_quotes_line_ends_and_any_alphabet(tmp_path: Path) -> None:
    table = make_table()
    table.names[:] = ['größe, "außen"\nin mm', "宽度 µ", "Straße"]
    table.target = "Straße"
    for row in table.rows:
        row[2] = {"red": 'røđ, "1"', "green": "緑\n色", "blue": "''"}[row[2]]
    result = train(tmp_path / "run", table)
    assert result.signature["features"] == table.features
    assert result.signature["classes"] == sorted({row[2] for row in table.rows})
    predicted = result.predict(table.numbers())["label"]
    assert np.mean(predicted == np.array(table.column("Straße"))) > 0.8
    assert Model(result.model_folder).features == table.features


def test_windows_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", make_table())
    plain = train(tmp_path / "plain", make_table())
    for name in ("data.csv", "split.csv"):
        text = (folder / name).read_bytes().replace(b"\n", b"\r\n")
        (folder / name).write_bytes(b"\xef\xbb\xbf" + text)
    result = start(folder)
    assert result.exit_code == 0
    assert digest(result) == digest(plain)


def test_true_and_false_are_one_and_zero(tmp_path: Path) -> None:
    table = make_table()
    words = make_table(types={"y": "boolean"})
    for numeric, word in zip(table.rows, words.rows, strict=True):
        numeric[1], word[1] = ("1", "true") if numeric[2] == "red" else ("0", "false")
    assert digest(train(tmp_path / "a", table)) == digest(train(tmp_path / "b", words))


def test_a_constant_column_has_no_say(tmp_path: Path) -> None:
    table = make_table()
    for row in table.rows:
        row.insert(0, "0.1")
    table.names.insert(0, "constant")
    result = train(tmp_path / "run", table)
    rows = table.numbers()
    elsewhere = rows.copy()
    elsewhere[:, 0] = 1e9
    a, b = result.predict(rows), result.predict(elsewhere)
    assert np.array_equal(a["probabilities"], b["probabilities"])
    assert np.mean(a["label"] == np.array(table.column("colour"))) > 0.8


@pytest.mark.parametrize("parameters", [{}, {"scale": False}, {"kernel": "linear"}], ids=str)
def test_nothing_but_constant_columns(tmp_path: Path, parameters: dict) -> None:
    rows = [["1", "a" if i % 3 else "b"] for i in range(30)]
    table = Table(["x", "y"], rows, "y")
    got = train(tmp_path / "run", table, parameters).predict(np.ones((2, 1)))
    assert np.isfinite(got["probabilities"]).all()
    assert got["probabilities"].sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("probability", [True, False])
def test_two_rows_are_enough(tmp_path: Path, probability: bool) -> None:
    table = Table(["x", "y"], [["0", "low"], ["1", "high"]], "y")
    result = train(tmp_path / "run", table, {"probability": probability})
    got = result.predict(np.array([[0.0], [1.0]]))
    if not probability:
        assert list(got["label"]) == ["low", "high"]
    assert all(np.isfinite(got[name]).all() for name in got if name != "label")


def test_equal_rows_of_different_classes_follow_libsvm(tmp_path: Path) -> None:
    """A decision value of exactly 0 is a vote for the second class."""
    table = Table(["x", "y"], [["1", "a"], ["1", "b"]], "y")
    result = train(tmp_path / "run", table, {"probability": False, "scale": False})
    votes, decisions = Model(result.model_folder).decisions(np.array([[1.0]]))
    assert decisions[0, 0] == 0
    expected = result.signature["classes"][int(votes[0])]
    assert list(result.predict(np.array([[1.0]]))["label"]) == [expected]


# ---- what it says when something is wrong


def test_missing_values_are_named_with_column_and_count(tmp_path: Path) -> None:
    table = make_table()
    for i in (3, 5, 8):
        table.rows[i][0] = ""
    table.rows[9][2] = ""
    assert fail(tmp_path / "run", table, holdout=[8]) == (
        'values are missing in the training rows: "x" (2 rows), "colour" (1 rows); fill them in, '
        "leave out the rows, or leave the column out of the features"
    )


def test_text_feature_is_named(tmp_path: Path) -> None:
    table = make_table(types={"y": "text"})
    assert '"y" is of type text' in fail(tmp_path / "run", table)


def test_value_that_is_no_number_is_named_with_its_row(tmp_path: Path) -> None:
    for i, value in enumerate(("abc", "1,5", "0x10", "nan", "inf", "1e999", "1 2", "--1")):
        table = make_table()
        table.rows[7][1] = value
        sentence = fail(tmp_path / str(i), table)
        assert sentence.startswith(f'row 7 of the dataset: "{value}" in the feature "y"')


def test_value_beyond_float32_is_refused(tmp_path: Path) -> None:
    table = make_table()
    table.rows[2][0] = "1e39"
    assert "1e39" in fail(tmp_path / "run", table)


def test_one_class_is_refused(tmp_path: Path) -> None:
    table = make_table(classes=1)
    assert 'one class only in the training rows, "red"' in fail(tmp_path / "run", table)


def test_quantity_taken_for_classes_is_refused(tmp_path: Path) -> None:
    table = Table(["x", "y"], [[str(i), str(i * 0.5)] for i in range(300)], "y")
    sentence = fail(tmp_path / "run", table)
    assert sentence == (
        'the target "y" has 300 classes and this module learns at most 64 with probabilities: is '
        "it a regression?"
    )


def test_text_target_of_a_regression_is_named_with_its_row(tmp_path: Path) -> None:
    table = make_line()
    table.rows[4][1] = "five"
    assert fail(tmp_path / "run", table) == (
        'row 4 of the dataset: "five" in the target "y" is not a number, and a regression needs one'
    )


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"C": 0}, "the parameter C is 0; it has to be greater than 0 and at most 1e+06"),
        ({"C": "1"}, "the parameter C has to be a number"),
        ({"folds": 1}, "the parameter folds has to be 0 (no cross-validation) or at least 2"),
        ({"degree": 2.5}, "the parameter degree has to be an integer"),
        ({"kernel": "rbf"}, 'the parameter kernel has to be "radial", "polynomial", "linear" or'),
        ({"gamma": "auto"}, 'the parameter gamma has to be a number or "scale"'),
        ({"scale": 1}, "the parameter scale has to be true or false"),
        ({"cost": 1}, 'the module svm has no parameter named "cost"'),
        ({"folds": 50}, "50 folds cannot be made of 30 training rows"),
        ({"class_weight": {"pink": 2}}, 'the parameter class_weight names "pink", and no training'),
        ({"class_weight": {"red": "2"}}, 'the parameter class_weight: the weight of "red"'),
        ({"class_weight": "balanced", "nu": 0.1}, "the parameter class_weight has no effect"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_parameters_out_of_range_are_named(tmp_path: Path, parameters: dict, sentence: str) -> None:
    assert fail(tmp_path / "run", make_table(rows=30), parameters).startswith(sentence)


def test_class_weight_of_a_regression_is_refused(tmp_path: Path) -> None:
    sentence = fail(tmp_path / "run", make_line(), {"class_weight": "balanced"})
    assert sentence.startswith("the parameter class_weight has no meaning for a regression")


def test_nu_that_is_too_large_is_explained(tmp_path: Path) -> None:
    table = make_table(classes=2)
    table.rows = [row for i, row in enumerate(table.rows) if row[2] == "red" or i < 10]
    assert "the parameter nu is 0.9, which is too large" in fail(
        tmp_path / "run", table, {"nu": 0.9}
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda run: run.pop("task"), 'run.json: "task" has to be "classification" or'),
        (lambda run: run.pop("target"), 'run.json: there is no "target"'),
        (lambda run: run.update(features=[]), 'run.json: there are no "features" to learn from'),
        (lambda run: run.update(features=["x", "x"]), 'the feature "x" is named twice'),
        (lambda run: run.update(features=["x", "colour"]), 'the target "colour" is among the'),
        (lambda run: run.update(features=["z"]), 'the dataset has no column named "z"'),
        (lambda run: run.update(target="z"), 'the dataset has no column named "z"'),
        (lambda run: run.update(split={}), 'run.json: "split" has no "path"'),
        (lambda run: run.update(seed="one"), 'run.json: "seed" is not an integer'),
        (lambda run: run["dataset"].update(rows=61), "data.csv has 60 rows where run.json says 61"),
    ],
)
def test_incomplete_orders_are_refused(tmp_path: Path, change: Any, sentence: str) -> None:
    assert sentence in fail(tmp_path / "run", make_table(), change=change)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("run.json", "{", "run.json"),
        ("run.json", "[]", "run.json"),
        ("run.json", None, "run.json: No such file or directory"),
        ("data.csv", None, "data.csv: No such file or directory"),
        ("split.csv", None, "split.csv: No such file or directory"),
        ("data.csv", "", "data.csv is empty"),
        ("data.csv", 'x,y,colour\n1,2,"a', "data.csv, line 2: a quoted field is not closed"),
        ("data.csv", 'x,y,colour\n1,2"3,a', "line 2: a quote stands in the middle of a field"),
        ("data.csv", "x,y,colour\n1,2\n", "line 2: 2 fields where the header has 3"),
        ("data.csv", "x,x,y,colour\n", 'more than one column named "x"'),
        ("split.csv", "0,training\n", "the header is not row,part"),
        ("split.csv", "row,part\n0,testing\n", 'a part is training or holdout, not "testing"'),
        ("split.csv", "row,part\n60,training\n", "the dataset has no row 60, only 60 rows"),
        ("split.csv", "row,part\n1,training\n1,training\n", "line 3: row 1 stands there twice"),
        ("split.csv", "row,part\n-1,training\n", "expected ROW,training or ROW,holdout"),
        ("split.csv", "row,part\n0,holdout\n", "marks no row for training"),
    ],
)
def test_broken_files_are_named_with_the_place(
    tmp_path: Path, name: str, content: str | None, sentence: str
) -> None:
    folder = make_run(tmp_path / "run", make_table())
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    result = start(folder)
    assert result.exit_code == 1
    assert sentence in result.error
    assert result.error.count("\n") == 1


def test_without_a_run_folder_it_says_who_starts_it() -> None:
    environment = {k: v for k, v in os.environ.items() if k != "CRISOL_RUN_DIR"}
    program = MODULES / "svm" / "crisol-svm-train"
    done = subprocess.run([program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("CRISOL_RUN_DIR is not set")


# ---- disks and signals


def limit_files() -> None:
    """Every file may grow to 2 kB: writes fail in the middle, as they do on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))


def test_a_model_that_does_not_fit_is_not_left_half_written(tmp_path: Path) -> None:
    result = start(make_run(tmp_path / "run", make_table(rows=200)), preexec_fn=limit_files)
    assert result.exit_code == 1
    assert "File too large" in result.error
    names = {path.name for path in result.model_folder.iterdir()}
    assert names <= {"signature.json", "libsvm.scaling.csv"}


@pytest.mark.parametrize("name", ["metrics.ndjson", "progress.ndjson"])
def test_a_full_disk_ends_the_run(tmp_path: Path, name: str) -> None:
    folder = make_run(tmp_path / "run", make_table())
    (folder / name).symlink_to("/dev/full")
    result = start(folder)
    assert result.exit_code == 1
    assert result.error == f"{folder}/{name}: No space left on device\n"
    assert not (result.model_folder / "model.onnx").exists()


def test_sigterm_ends_it_at_once_and_leaves_no_model(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    rows = [
        [f"{a:.4f}", f"{b:.4f}", str(i % 2)]
        for i, (a, b) in enumerate(random.normal(size=(4000, 2)))
    ]
    folder = make_run(tmp_path / "run", Table(["a", "b", "y"], rows, "y"), {"C": 1e5, "gamma": 10})
    process = subprocess.Popen(
        [MODULES / "svm" / "crisol-svm-train"],
        env={**os.environ, "CRISOL_RUN_DIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert "4000 training rows" in process.stdout.readline()  # the log is there while it works
        started = time.monotonic()
        process.terminate()
        assert process.wait(timeout=5) == -signal.SIGTERM
    assert time.monotonic() - started < 2
    assert not (folder / "artifacts" / "model" / "model.onnx").exists()


def test_lines_are_whole_json(tmp_path: Path) -> None:
    result = train(tmp_path / "run", make_table(), {"folds": 3})
    for name in ("metrics.ndjson", "progress.ndjson"):
        text = (result.folder / name).read_text()
        assert text.endswith("\n")
        assert all(isinstance(json.loads(line), dict) for line in text.splitlines())
