"""crisol model import and list: models from the command line, beside a running server."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from harness import Server, wait_until

FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
CLASSES = ["setosa", "versicolor", "virginica"]
FLOWER = dict(zip(FEATURES, (5.1, 3.5, 1.4, 0.2), strict=True))


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier by scikit-learn, with numbers for classes and one input without column names."""
    rows, classes = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=1000).fit(rows, classes)
    path = tmp_path_factory.mktemp("models") / "iris.onnx"
    graph = to_onnx(model, rows[:1].astype("float32"), options={"zipmap": False})
    path.write_bytes(graph.SerializeToString())
    return path


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "signature.json"
    path.write_text(json.dumps({"features": FEATURES, "classes": CLASSES}))
    return path


def one_operator(path: Path, operator: str, domain: str = "", opset: int = 13) -> Path:
    """A model of one operator, which the runtime need not know."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])
    graph = helper.make_graph(
        [helper.make_node(operator, ["x"], ["y"], domain=domain)], "g", [x], [y]
    )
    opsets = [helper.make_opsetid("", opset)]
    if domain:
        opsets.append(helper.make_opsetid(domain, 1))
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def files_of(server: Server) -> list[str]:
    folder = server.data / "models"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def refused(server: Server, *words: str) -> str:
    """The one sentence of an import that was refused."""
    done = server.cli("model", "import", *words, expect=1)
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("crisol: ")
    return lines[0]


def test_an_imported_model_answers_on_the_running_server(
    server: Server, iris: Path, names: Path
) -> None:
    done = server.cli("model", "import", "iris", str(iris), "--signature", str(names))
    assert done.stdout == "iris version 1\n"
    oip = server.oip()
    wait_until(lambda: oip.get("/models/iris/ready").status_code == 200, 2.5)
    answer = server.api("service").post("/models/iris/predict", json={"rows": [FLOWER]}, expect=200)
    prediction = answer.json()["predictions"][0]
    assert prediction["label"] == "setosa"
    assert prediction["version"] == "1"


def test_the_next_import_is_the_next_version_and_does_not_serve(server: Server, iris: Path) -> None:
    server.cli("model", "import", "iris", str(iris))
    assert server.cli("model", "import", "iris", str(iris)).stdout == "iris version 2\n"
    viewer = server.api("viewer")
    version = viewer.get("/models/iris/versions/2", expect=200).json()
    assert (version["source"], version["user"], version["run"]) == ("upload", "system", None)
    arms = viewer.get("/models/iris/arms", expect=200).json()["arms"]
    assert [(arm["version"], arm["mode"]) for arm in arms] == [("1", "champion")]


def test_models_are_listed(server: Server, iris: Path) -> None:
    assert server.cli("model", "list").stdout == ""
    server.cli("model", "import", "zebra", str(iris))
    server.cli("model", "import", "iris", str(iris), "--task", "classification")
    server.cli("model", "import", "iris", str(iris))
    server.api("developer").post("/models", json={"name": "empty", "task": "other"}, expect=201)
    assert [line.split("\t")[:4] for line in server.cli("model", "list").stdout.splitlines()] == [
        ["empty", "other", "0", "-"],
        ["iris", "classification", "2", "1"],
        ["zebra", "classification", "1", "1"],
    ]


def test_an_import_needs_no_server(server: Server, iris: Path) -> None:
    server.stop()
    assert server.cli("model", "import", "iris", str(iris)).stdout == "iris version 1\n"
    server.start()
    assert server.oip().get("/models/iris/ready").status_code == 200


def test_an_import_is_audited(server: Server, iris: Path) -> None:
    server.cli("model", "import", "iris", str(iris))
    items = server.api("admin").get("/audit", expect=200).json()["items"]
    assert any(each["action"] == "model.version" and each["object"] == "iris" for each in items)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_text("a,b\n1,2\n"), "ONNX"),
        (lambda path: path.write_bytes(b""), "ONNX"),
        (lambda path: one_operator(path, "Relu", opset=9999), "9999"),
        (lambda path: one_operator(path, "Dance"), "Dance"),
        (lambda path: one_operator(path, "Twist", domain="my.own"), "Twist"),
        (lambda path: path.mkdir(), "m.onnx"),
        (lambda path: None, "m.onnx"),
    ],
    ids=["text", "empty", "opset", "operator", "domain", "folder", "missing"],
)
def test_what_cannot_be_served_is_refused_and_leaves_nothing(
    server: Server, tmp_path: Path, make: Callable[[Path], object], says: str
) -> None:
    path = tmp_path / "m.onnx"
    make(path)
    told = refused(server, "m", str(path))
    assert says in told
    assert "incoming" not in told
    assert server.cli("model", "list").stdout == ""
    assert files_of(server) == []


def test_the_interface_leaves_nothing_of_a_refused_file_either(
    server: Server, tmp_path: Path
) -> None:
    path = one_operator(tmp_path / "m.onnx", "Dance")
    with path.open("rb") as file:
        server.api("developer").post("/models/m/versions", files={"file": file}, expect=422)
    assert files_of(server) == []


def test_a_refused_twin_does_not_take_the_file_of_a_version(
    server: Server, iris: Path, tmp_path: Path
) -> None:
    server.cli("model", "import", "iris", str(iris))
    kept = files_of(server)
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({"classes": ["only one"]}))
    refused(server, "other", str(iris), "--signature", str(wrong))
    assert files_of(server) == kept


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("no/name", "FILE"), "no/name"),
        (("iris", "FILE", "--task", "dance"), "classification, regression"),
        (("iris", "FILE", "--signature", "NOWHERE"), "NOWHERE"),
        (("iris", "FILE", "--signature", "FILE"), "signature"),
    ],
    ids=["name", "task", "signature-missing", "signature-broken"],
)
def test_wrong_words_are_told(
    server: Server, iris: Path, words: tuple[str, ...], says: str
) -> None:
    told = refused(server, *(str(iris) if word == "FILE" else word for word in words))
    assert says in told
    assert files_of(server) == []


def test_another_task_than_the_models_is_refused(server: Server, iris: Path) -> None:
    server.cli("model", "import", "iris", str(iris))
    assert "classification" in refused(server, "iris", str(iris), "--task", "regression")
