"""The ONNX models of the module svm answer what LIBSVM answers on the same machine: probabilities,
decision values and regression values within 1e-4, and the label that goes with them."""

from pathlib import Path

import numpy as np
import pytest
from modules.libsvm import Model
from modules.trainer import SHARED_DATA, Result, Table, read_table, train

TOLERANCE = 1e-4

DATASETS = {
    "iris": ("iris.csv", ",", "species", "classification"),
    "breast cancer": ("wdbc_breast_cancer.csv", ",", "diagnosis", "classification"),
    "red wine": ("winequality-red.csv", ";", "quality", "classification"),
    "white wine": ("winequality-white.csv", ";", "quality", "classification"),
    "red wine quality": ("winequality-red.csv", ";", "quality", "regression"),
    "concrete": ("Concrete_Data.csv", ";", "Concrete compressive strength", "regression"),
}
KERNELS = ("radial", "polynomial", "linear", "sigmoid")


def load(name: str) -> Table:
    file, separator, target, task = DATASETS[name]
    path = SHARED_DATA / "tabular" / file
    if not path.exists():
        pytest.skip(f"{path} is not there: set CRISOL_SHARED_DATA")
    return read_table(path, separator, target, task)


def room_for(values: np.ndarray) -> np.ndarray:
    """What float32 cannot hold of a value in the thousands is no error of the model's."""
    return np.maximum(TOLERANCE, np.abs(values) * 2.0**-24)


def every_fifth(table: Table) -> range:
    return range(0, len(table.rows), 5)


def check_classification(result: Result, table: Table) -> None:
    rows = table.numbers()
    oracle = Model(result.model_folder)
    got = result.predict(rows)
    labels = result.signature["classes"]
    votes, decisions = oracle.decisions(rows)
    assert oracle.features == table.features
    assert sorted(got) == sorted(
        ["label", "decision", *(["probabilities"] if oracle.probability else [])]
    )

    assert np.all(np.abs(got["decision"] - decisions) <= room_for(decisions))
    expected = votes
    margin = np.abs(decisions).min(axis=1)
    if oracle.probability:
        expected, probabilities = oracle.probabilities(rows)
        assert np.abs(got["probabilities"] - probabilities).max() <= TOLERANCE
        two_best = np.sort(probabilities, axis=1)[:, -2:]
        margin = two_best[:, 1] - two_best[:, 0]
        # One rule everywhere: the label is the largest probability that the same answer holds.
        largest = got["probabilities"].argmax(axis=1)
        assert [str(label) for label in got["label"]] == [labels[i] for i in largest]
    for label, place, gap in zip(got["label"], expected, margin, strict=True):
        assert str(label) == labels[int(place)] or gap < 1e-5


def check_regression(result: Result, table: Table) -> None:
    rows = table.numbers()
    got = result.predict(rows)
    values, _ = Model(result.model_folder).decisions(rows)
    assert list(got) == ["value"]
    assert got["value"].shape == (len(rows), 1)
    assert np.all(np.abs(got["value"][:, 0] - values) <= room_for(values))


@pytest.mark.parametrize("probability", [True, False], ids=["probability", "votes"])
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", ["iris", "breast cancer", "red wine"])
def test_classification_agrees(tmp_path: Path, name: str, kernel: str, probability: bool) -> None:
    table = load(name)
    parameters = {"kernel": kernel, "probability": probability}
    result = train(tmp_path / "run", table, parameters, holdout=every_fifth(table))
    check_classification(result, table)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.timeout(300)
def test_classification_of_many_rows_agrees(tmp_path: Path, kernel: str) -> None:
    """Seven classes and 4 898 rows: some of them come so near the error at which LIBSVM stops to
    couple the pairs' probabilities that float32 would stop elsewhere."""
    table = load("white wine")
    result = train(tmp_path / "run", table, {"kernel": kernel}, holdout=every_fifth(table))
    assert result.note("crisol.coupling") == "exact"
    check_classification(result, table)


@pytest.mark.parametrize(
    "parameters",
    [
        {"C": 1000},
        {"C": 10, "kernel": "polynomial", "coef0": 1, "degree": 2},
        {"gamma": 0.5, "C": 0.1},
        {"scale": False},
        {"scale": False, "kernel": "linear", "C": 0.01},
        {"nu": 0.01},
        {"class_weight": "balanced"},
        {"kernel": "sigmoid", "gamma": 0.01, "coef0": -1},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["breast cancer", "red wine"])
def test_classification_agrees_with_other_parameters(
    tmp_path: Path, name: str, parameters: dict
) -> None:
    table = load(name)
    if name == "red wine" and "nu" in parameters:
        parameters = {"nu": 0.005}
    result = train(tmp_path / "run", table, parameters, holdout=every_fifth(table))
    check_classification(result, table)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("parameters", [{}, {"C": 20}, {"nu": 0.3}], ids=str)
@pytest.mark.parametrize("name", ["concrete", "red wine quality"])
@pytest.mark.timeout(300)
def test_regression_agrees(tmp_path: Path, name: str, kernel: str, parameters: dict) -> None:
    table = load(name)
    parameters = {"kernel": kernel, **parameters}
    result = train(tmp_path / "run", table, parameters, holdout=every_fifth(table))
    check_regression(result, table)


@pytest.mark.parametrize(("classes", "probability"), [(20, True), (64, True), (100, False)])
def test_many_classes_agree(tmp_path: Path, classes: int, probability: bool) -> None:
    noise = np.random.default_rng(classes)
    centres = noise.normal(size=(classes, 3)) * 6
    rows = [
        [*(f"{v:.4f}" for v in centres[i % classes] + noise.normal(size=3)), f"k{i % classes:03}"]
        for i in range(8 * classes)
    ]
    table = Table(["a", "b", "c", "y"], rows, "y")
    result = train(tmp_path / "run", table, {"probability": probability})
    check_classification(result, table)


def test_small_machines_take_the_fused_form(tmp_path: Path) -> None:
    for name in ("iris", "breast cancer"):
        result = train(tmp_path / name, load(name))
        assert result.note("crisol.form") == "fused"
        assert result.note("crisol.coupling") is None


def test_a_form_is_exact_where_float32_is_not_enough(tmp_path: Path) -> None:
    table = load("red wine")
    result = train(tmp_path / "run", table, {"C": 1000, "probability": False})
    assert result.note("crisol.form") == "double"
    check_classification(result, table)


def test_rows_far_outside_the_training_range_agree(tmp_path: Path) -> None:
    """A polynomial grows without limit there, and what float32 loses grows with it."""
    table = load("iris")
    result = train(tmp_path / "run", table, {"kernel": "polynomial", "degree": 4})
    rows = table.numbers() * np.float32(100)
    _, decisions = Model(result.model_folder).decisions(rows)
    assert np.abs(decisions).max() > 1e6
    got = result.predict(rows)["decision"]
    assert np.all(np.abs(got - decisions) <= room_for(decisions))


def test_values_far_from_zero_keep_their_digits(tmp_path: Path) -> None:
    """Years, coordinates, serial numbers: a large mean and a small spread, unscaled."""
    noise = np.random.default_rng(3)
    x = (np.array([2.0e6, -5.0e5]) + noise.normal(size=(200, 2)) * [20, 5]).astype(np.float32)
    y = (x[:, 0] - 2.0e6) / 20 + (x[:, 1] + 5.0e5) / 5 > 0
    rows = [
        [repr(float(a)), repr(float(b)), "yes" if c else "no"]
        for (a, b), c in zip(x, y, strict=True)
    ]
    table = Table(["a", "b", "y"], rows, "y")
    for parameters in ({}, {"scale": False, "gamma": 0.001}, {"kernel": "linear"}):
        result = train(tmp_path / str(len(parameters)) / "run", table, parameters)
        check_classification(result, table)
