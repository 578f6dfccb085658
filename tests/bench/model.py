"""Trains the model of the benchmark: an SVM with a radial kernel on scikit-learn's iris.

    python model.py FOLDER [--onnx]

Writes svc.joblib, iris.csv and expected.json (every row with what scikit-learn answers), and with
--onnx svc.onnx. It is run inside the environment that will load the result."""

import csv
import json
import sys
from pathlib import Path

import joblib
from sklearn.datasets import load_iris
from sklearn.svm import SVC

folder = Path(sys.argv[1])
iris = load_iris()
model = SVC(kernel="rbf", C=1.0, gamma="scale").fit(iris.data, iris.target)
joblib.dump(model, folder / "svc.joblib")
expected = {
    "rows": iris.data.tolist(),
    "labels": model.predict(iris.data).tolist(),
    "names": iris.target_names.tolist(),
}
(folder / "expected.json").write_text(json.dumps(expected))
with (folder / "iris.csv").open("w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["sepal length", "sepal width", "petal length", "petal width", "species"])
    for row, label in zip(iris.data.tolist(), iris.target, strict=True):
        writer.writerow([*row, iris.target_names[label]])

if "--onnx" in sys.argv:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    types = [("X", FloatTensorType([None, 4]))]
    onnx_model = to_onnx(model, initial_types=types, options={id(model): {"zipmap": False}})
    (folder / "svc.onnx").write_bytes(onnx_model.SerializeToString())
