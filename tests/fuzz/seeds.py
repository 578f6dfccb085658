"""Writes the seeds of the fuzz targets that are not plain text: tests/fuzz/corpus/fuzz_onnx.

    .deps/venv/bin/python tests/fuzz/seeds.py

The models are as small as they can be and still show one trait each."""

from pathlib import Path

from onnx import ModelProto, TensorProto, helper

FOLDER = Path(__file__).resolve().parent / "corpus" / "fuzz_onnx"


def model(nodes: list, inputs: list, outputs: list, initializers: tuple = ()) -> ModelProto:
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializer=initializers)
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid("ai.onnx.ml", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=7, producer_name="")


def tensor(name: str, kind: int, shape: list) -> object:
    return helper.make_tensor_value_info(name, kind, shape)


def map_sequence(name: str, key: int) -> object:
    value = helper.make_tensor_type_proto(TensorProto.FLOAT, None)
    mapping = helper.make_map_type_proto(key, value)
    return helper.make_value_info(name, helper.make_sequence_type_proto(mapping))


def linear_classifier(zipmap: bool) -> ModelProto:
    node = helper.make_node(
        "LinearClassifier",
        ["x"],
        ["label", "p"],
        domain="ai.onnx.ml",
        coefficients=[1.0, -1.0, -1.0, 1.0],
        intercepts=[0.0, 0.0],
        classlabels_strings=["no", "yes"],
        post_transform="SOFTMAX",
    )
    label = tensor("label", TensorProto.STRING, ["n"])
    if not zipmap:
        outputs = [label, tensor("p", TensorProto.FLOAT, ["n", 2])]
        return model([node], [tensor("x", TensorProto.FLOAT, ["n", 2])], outputs)
    names = {"classlabels_strings": ["no", "yes"]}
    maps = helper.make_node("ZipMap", ["p"], ["maps"], domain="ai.onnx.ml", **names)
    outputs = [label, map_sequence("maps", TensorProto.STRING)]
    return model([node, maps], [tensor("x", TensorProto.FLOAT, ["n", 2])], outputs)


def regressor() -> ModelProto:
    weights = helper.make_tensor("w", TensorProto.FLOAT, [2, 1], [0.5, 2.0])
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    inputs = [tensor("x", TensorProto.FLOAT, [None, 2])]
    return model([node], inputs, [tensor("y", TensorProto.FLOAT, [None, 1])], (weights,))


def strings() -> ModelProto:
    node = helper.make_node("Identity", ["s"], ["t"])
    inputs = [tensor("s", TensorProto.STRING, [1])]
    return model([node], inputs, [tensor("t", TensorProto.STRING, [1])])


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    models = {
        "classifier": linear_classifier(zipmap=False),
        "classifier_zipmap": linear_classifier(zipmap=True),
        "regressor": regressor(),
        "strings": strings(),
    }
    for name, proto in models.items():
        (FOLDER / name).write_bytes(proto.SerializeToString())


if __name__ == "__main__":
    main()
