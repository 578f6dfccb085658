<<<<<<< HEAD
"""ONNX models for tests, as small as they can be and still show one trait each."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from harness.client import Client

FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
FEATURES = ("a", "b")
CLASSES = ("no", "yes")


def tensor(name: str, kind: int, shape: Sequence[Any] | None) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def model(
    nodes: list[Any],
    inputs: list[Any],
    outputs: list[Any],
    initializers: Sequence[Any] = (),
    opset: int = 13,
) -> bytes:
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializer=list(initializers))
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 1)]
    proto = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="")
    return proto.SerializeToString()


def constant(name: str, values: Any, kind: Any = np.float32) -> Any:
    return numpy_helper.from_array(np.array(values, dtype=kind), name)


def map_sequence(name: str, key: int) -> Any:
    value = helper.make_tensor_type_proto(FLOAT, None)
    return helper.make_value_info(
        name, helper.make_sequence_type_proto(helper.make_map_type_proto(key, value))
    )


def classifier(
    bias: float = 0.0, *, zipmap: bool = False, classes: Sequence[str] = CLASSES
) -> bytes:
    """x [n,2] -> label, probabilities of two classes: "yes" where a - b + bias > 0."""
    node = helper.make_node(
        "LinearClassifier",
        ["x"],
        ["label", "probabilities"],
        domain="ai.onnx.ml",
        coefficients=[-1.0, 1.0, 1.0, -1.0],
        intercepts=[-float(bias), float(bias)],
        classlabels_strings=list(classes),
        post_transform="SOFTMAX",
    )
    inputs = [tensor("x", FLOAT, ["n", 2])]
    label = tensor("label", STRING, ["n"])
    if not zipmap:
        return model([node], inputs, [label, tensor("probabilities", FLOAT, ["n", 2])])
    maps = helper.make_node(
        "ZipMap",
        ["probabilities"],
        ["maps"],
        domain="ai.onnx.ml",
        classlabels_strings=list(classes),
    )
    return model([node, maps], inputs, [label, map_sequence("maps", STRING)])


def regressor(factor: float = 1.0, columns: int = 2) -> bytes:
    """x [n,columns] -> y [n,1] = factor * sum of the row."""
    weights = constant("w", np.full((columns, 1), factor))
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    inputs = [tensor("x", FLOAT, [None, columns])]
    return model([node], inputs, [tensor("y", FLOAT, [None, 1])], [weights])


def identity(kind: int, shape: Sequence[Any] = ("n", 2)) -> bytes:
    node = helper.make_node("Identity", ["x"], ["y"])
    return model([node], [tensor("x", kind, list(shape))], [tensor("y", kind, list(shape))])


def slow(work: int = 600, times: int = 40) -> bytes:
    """x [n,1] -> y [n,1] = x, after so many products of square matrices of that size."""
    nodes = [helper.make_node("ConstantOfShape", ["size"], ["m0"], value=constant("v", [0.5]))]
    for i in range(times):
        nodes.append(helper.make_node("MatMul", [f"m{i}", "m0"], [f"p{i}"]))
        nodes.append(helper.make_node("Add", [f"p{i}", "sum"], [f"m{i + 1}"]))
    nodes += [
        helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=0),
        helper.make_node("ReduceMin", [f"m{times}"], ["least"], keepdims=0),
        helper.make_node("Mul", ["least", "zero"], ["nothing"]),
        helper.make_node("Add", ["x", "nothing"], ["y"]),
    ]
    # ONNX wants nodes in the order of their needs.
    nodes.insert(0, nodes.pop(-4))
    initializers = [
        constant("size", [work, work], np.int64),
        constant("zero", 0.0),
    ]
    inputs, outputs = [tensor("x", FLOAT, ["n", 1])], [tensor("y", FLOAT, ["n", 1])]
    return model(nodes, inputs, outputs, initializers)


def upload(
    api: Client, name: str, content: bytes, *, expect: int | tuple[int, ...] = 201, **fields: Any
) -> dict[str, Any]:
    """A new version of the model; `fields` are further parts (task, signature, note)."""
    files: dict[str, Any] = {"file": ("model.onnx", io.BytesIO(content))}
    files |= {key: (None, value) for key, value in fields.items()}
    return api.post(f"/models/{name}/versions", files=files, expect=expect).json()


def set_arms(api: Client, name: str, *arms: dict[str, Any], expect: int = 200) -> dict[str, Any]:
    return api.put(f"/models/{name}/arms", json={"arms": list(arms)}, expect=expect).json()


def rows(*pairs: tuple[float, float]) -> list[dict[str, float]]:
    return [dict(zip(FEATURES, pair, strict=True)) for pair in pairs]


def named(content: bytes = b"", **extra: Any) -> dict[str, Any]:
    """Fields of an upload whose columns are called a and b."""
    return {"signature": '{"features": ["a", "b"]}', **extra}
=======
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
>>>>>>> refs/heads/servetest
