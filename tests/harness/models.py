"""Models whose answers a test chooses: they hand back what they are asked."""

import io
import json
from collections.abc import Sequence

import onnx
from onnx import TensorProto, helper

from harness.client import Client

NOT_A_NUMBER = -1e30  # what is below comes back as NaN, for no client can send one


def _model(nodes: list, inputs: list, outputs: list, constants: dict) -> bytes:
    initializers = [
        helper.make_tensor(name, TensorProto.INT64, [len(value)], value)
        for name, value in constants.items()
    ]
    for name, number in (("limit", NOT_A_NUMBER), ("nan", float("nan"))):
        initializers.append(helper.make_tensor(name, TensorProto.FLOAT, [], [number]))
    graph = helper.make_graph(nodes, "echo", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _without_numbers(name: str, result: str) -> list:
    return [
        helper.make_node("Less", [name, "limit"], ["low"]),
        helper.make_node("Where", ["low", "nan", name], [result]),
    ]


def echo_classifier(class_count: int, probabilities: bool = True) -> bytes:
    """Input `x` [N, 1 + classes]: the index of the label to say, then its probabilities."""
    width = 1 + class_count
    nodes = [
        helper.make_node("Slice", ["x", "zero", "one", "axis"], ["first"]),
        helper.make_node("Cast", ["first"], ["column"], to=TensorProto.INT64),
        helper.make_node("Squeeze", ["column", "axis"], ["label"]),
    ]
    outputs = [helper.make_tensor_value_info("label", TensorProto.INT64, ["N"])]
    constants = {"zero": [0], "one": [1], "axis": [1]}
    if probabilities:
        constants["end"] = [width]
        nodes.append(helper.make_node("Slice", ["x", "one", "end", "axis"], ["asked"]))
        nodes += _without_numbers("asked", "probabilities")
        outputs.append(
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", class_count])
        )
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", width])
    return _model(nodes, [x], outputs, constants)


def echo_regressor() -> bytes:
    """Input `x` [N, 1]: the number to predict, in 32 bits."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1])
    y = helper.make_tensor_value_info("value", TensorProto.FLOAT, ["N", 1])
    return _model(_without_numbers("x", "value"), [x], [y], {})


def add_version(
    api: Client, model: str, content: bytes, classes: Sequence[str] | None = None
) -> str:
    """Uploads the ONNX file as a new version; answers its number."""
    files = {"file": ("model.onnx", io.BytesIO(content), "application/octet-stream")}
    if classes is not None:
        files["signature"] = (
            "signature.json",
            io.BytesIO(json.dumps({"classes": list(classes)}).encode()),
            "application/json",
        )
    return api.post(f"/models/{model}/versions", files=files, expect=201).json()["version"]
