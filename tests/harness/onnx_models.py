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
