"""The Open Inference Protocol: tritonclient as it is, and what no client of good will sends."""

import gzip
import json
import struct
from collections.abc import Iterator

import numpy as np
import pytest
import tritonclient.http as triton
from onnx import TensorProto
from tritonclient.utils import InferenceServerException

from harness import Client, Server
from harness.onnx_models import classifier, identity, model, named, regressor, tensor, upload

X = np.array([[2, 1], [1, 2]], dtype=np.float32)
DATA = {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [2, 1, 1, 2]}


@pytest.fixture
def iris(server: Server) -> Client:
    upload(server.api("developer"), "iris", classifier(), **named())
    return server.oip()


@pytest.fixture
def headers(server: Server) -> dict[str, str]:
    return {"Authorization": f"Bearer {server.token('developer')}"}


@pytest.fixture
def client(server: Server) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(f"127.0.0.1:{server.port}") as made:
        yield made


def given(name: str, values: np.ndarray, kind: str, binary: bool = True) -> triton.InferInput:
    made = triton.InferInput(name, list(values.shape), kind)
    made.set_data_from_numpy(values, binary_data=binary)
    return made


def refused(api: Client, body: object, status: int = 400, path: str = "iris") -> str:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = api.post(f"/models/{path}/infer", data=data)
    assert answer.status_code == status, (data[:200], answer.text)
    assert list(answer.json()) == ["error"]
    return answer.json()["error"]


# ---- tritonclient as it is


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
@pytest.mark.parametrize("packing", [None, "gzip", "deflate"])
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_inference(
    iris: Client,
    client: triton.InferenceServerClient,
    headers: dict,
    binary_in: bool,
    binary_out: bool,
    packing: str | None,
) -> None:
    outputs = [
        triton.InferRequestedOutput(name, binary_data=binary_out)
        for name in ("probabilities", "label")
    ]
    for count in (1, 2, 700):
        result = client.infer(
            "iris",
            [given("x", np.resize(X, (count, 2)), "FP32", binary_in)],
            outputs=outputs,
            headers=headers,
            request_id=f"request {count}",
            request_compression_algorithm=packing,
            response_compression_algorithm=packing,
        )
        labels = result.as_numpy("label")
        expected = np.resize(["yes", "no"], count)
        assert [str(each, "utf-8") if isinstance(each, bytes) else each for each in labels] == list(
            expected
        )
        assert result.as_numpy("probabilities").shape == (count, 2)
        answer = result.get_response()
        assert answer["id"] == f"request {count}"
        assert answer["parameters"]["prediction_id"] == f"request {count}"


def test_all_outputs_when_none_is_asked_for(
    iris: Client, client: triton.InferenceServerClient, headers: dict
) -> None:
    result = client.infer("iris", [given("x", X, "FP32")], headers=headers)
    assert [out["name"] for out in result.get_response()["outputs"]] == ["label", "probabilities"]
    assert result.as_numpy("probabilities").dtype == np.float32


def test_classification(iris: Client, client: triton.InferenceServerClient, headers: dict) -> None:
    for binary in (True, False):
        wanted = triton.InferRequestedOutput("probabilities", binary_data=binary, class_count=2)
        result = client.infer("iris", [given("x", X, "FP32")], outputs=[wanted], headers=headers)
        top = result.as_numpy("probabilities")
        assert top.shape == (2, 2)
        texts = [
            [str(each, "utf-8") if isinstance(each, bytes) else each for each in row] for row in top
        ]
        assert [row[0].split(":")[1:] for row in texts] == [["1", "yes"], ["0", "no"]]
        assert float(texts[0][0].split(":")[0]) > float(texts[0][1].split(":")[0])


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_largest_of_many(server: Server) -> None:
    upload(server.api("developer"), "same", identity(TensorProto.FLOAT, ("n", 3000)), task="other")
    values = np.random.default_rng(1).permutation(3000).astype(np.float32)
    data = {"name": "x", "shape": [1, 3000], "datatype": "FP32", "data": values.tolist()}
    for top in (1, 31, 32, 33, 2999, 3000, 100000):
        wanted = {"name": "y", "parameters": {"classification": top}}
        body = {"inputs": [data], "outputs": [wanted]}
        out = server.oip().post("/models/same/infer", json=body, expect=200).json()["outputs"][0]
        assert out["shape"] == [1, min(top, 3000)]
        order = [int(each.split(":")[1]) for each in out["data"]]
        assert order == np.argsort(-values)[:top].tolist()


def test_versions_have_addresses_of_their_own(
    server: Server, iris: Client, client: triton.InferenceServerClient, headers: dict
) -> None:
    upload(server.api("developer"), "iris", classifier(-100), **named())
    for version, label in (("", b"yes"), ("1", b"yes"), ("2", b"no")):
        result = client.infer(
            "iris", [given("x", X, "FP32")], model_version=version, headers=headers
        )
        assert np.asarray(result.as_numpy("label"), dtype=object).tolist()[0] in (
            label,
            label.decode(),
        )
        assert result.get_response()["model_version"] == (version or "1")
    for version in ("3", "0", "-1", "x", "1.0", "99999999999999999999"):
        assert refused(iris, {"inputs": [DATA]}, 404, f"iris/versions/{version}")


KINDS = {
    "BOOL": (TensorProto.BOOL, np.array([[True, False]])),
    "UINT8": (TensorProto.UINT8, np.array([[0, 255]], np.uint8)),
    "INT8": (TensorProto.INT8, np.array([[-128, 127]], np.int8)),
    "UINT16": (TensorProto.UINT16, np.array([[0, 65535]], np.uint16)),
    "INT16": (TensorProto.INT16, np.array([[-32768, 32767]], np.int16)),
    "UINT32": (TensorProto.UINT32, np.array([[0, 2**32 - 1]], np.uint32)),
    "INT32": (TensorProto.INT32, np.array([[-(2**31), 2**31 - 1]], np.int32)),
    "UINT64": (TensorProto.UINT64, np.array([[0, 2**64 - 1]], np.uint64)),
    "INT64": (TensorProto.INT64, np.array([[-(2**63), 2**63 - 1]], np.int64)),
    "FP16": (TensorProto.FLOAT16, np.array([[65504, 6e-8]], np.float16)),
    "FP32": (TensorProto.FLOAT, np.array([[3.4028235e38, 1e-45]], np.float32)),
    "FP64": (TensorProto.DOUBLE, np.array([[1.7976931348623157e308, 5e-324]], np.float64)),
    "BYTES": (TensorProto.STRING, np.array([['ä\n"', ""]], dtype=object)),
}


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_every_datatype_comes_back_as_it_went(
    server: Server, client: triton.InferenceServerClient, headers: dict
) -> None:
    for kind, (onnx_kind, values) in KINDS.items():
        name = kind.lower()
        upload(server.api("developer"), name, identity(onnx_kind), task="other")
        for binary in (True, False):
            if kind == "FP16" and not binary:
                continue  # the client cannot
            out = [triton.InferRequestedOutput("y", binary_data=binary)]
            result = client.infer(
                name,
                [given("x", values, kind, binary)],
                outputs=out,
                headers=dict(headers),  # the client writes into it
            )
            got = result.as_numpy("y")
            if kind == "BYTES":
                texts = [each.decode() if isinstance(each, bytes) else each for each in got.ravel()]
                assert texts == values.ravel().tolist()
            else:
                np.testing.assert_array_equal(got, values)


def test_the_repository(
    server: Server, iris: Client, client: triton.InferenceServerClient, headers: dict
) -> None:
    upload(server.api("developer"), "sum", regressor())
    index = client.get_model_repository_index(headers=headers)
    assert [(each["name"], each["version"], each["state"]) for each in index] == [
        ("iris", "1", "READY"),
        ("sum", "1", "READY"),
    ] or sorted(each["name"] for each in index) == ["iris", "sum"]
    client.unload_model("iris", headers=headers)
    assert not client.is_model_ready("iris", headers=headers)
    assert client.is_model_ready("sum", headers=headers)
    states = {
        each["name"]: (each["state"], each["reason"])
        for each in client.get_model_repository_index(headers=headers)
    }
    assert states["iris"] == ("UNAVAILABLE", "unloaded")
    with pytest.raises(InferenceServerException):
        client.infer("iris", [given("x", X, "FP32")], headers=headers)
    client.load_model("iris", headers=headers)
    assert client.is_model_ready("iris", headers=headers)
    assert client.is_model_ready("iris", "1", headers=headers)
    client.infer("iris", [given("x", X, "FP32")], headers=headers)
    with pytest.raises(InferenceServerException, match="failed to load 'nope'"):
        client.load_model("nope", headers=headers)
    client.unload_model("nope", headers=headers)


def test_unloading_survives_a_restart(
    server: Server, iris: Client, client: triton.InferenceServerClient, headers: dict
) -> None:
    client.unload_model("iris", headers=headers)
    server.restart()
    assert server.oip().get("/models/iris/ready").status_code != 200
    server.oip("developer").post("/repository/models/iris/load", expect=200)
    server.oip().get("/models/iris/ready", expect=200)


def test_a_load_may_limit_the_batch(
    iris: Client, client: triton.InferenceServerClient, headers: dict
) -> None:
    assert client.get_model_config("iris", headers=headers)["max_batch_size"] > 16
    client.load_model("iris", headers=headers, config=json.dumps({"max_batch_size": "16"}))
    config = client.get_model_config("iris", headers=headers)
    assert config["max_batch_size"] == 16
    assert [each["data_type"] for each in config["input"]] == ["TYPE_FP32"]
    assert [each["dims"] for each in config["output"]] == [[], [2]] or config["output"]
    client.infer("iris", [given("x", np.resize(X, (16, 2)), "FP32")], headers=headers)
    with pytest.raises(InferenceServerException, match="batch-size must be <= 16"):
        client.infer("iris", [given("x", np.resize(X, (17, 2)), "FP32")], headers=headers)
    client.load_model("iris", headers=headers)
    assert client.get_model_config("iris", headers=headers)["max_batch_size"] > 16
    for bad in (
        "{",
        "[]",
        json.dumps({"max_batch_size": "many"}),
        json.dumps({"max_batch_size": 0}),
    ):
        with pytest.raises(InferenceServerException, match="failed to load 'iris'"):
            client.load_model("iris", headers=headers, config=bad)


def test_files_of_a_load_are_refused_rather_than_ignored(
    iris: Client, client: triton.InferenceServerClient, headers: dict
) -> None:
    with pytest.raises(InferenceServerException, match="failed to load 'iris', files"):
        client.load_model(
            "iris", headers=headers, config="{}", files={"file:1/model.onnx": classifier()}
        )
    client.infer("iris", [given("x", X, "FP32")], headers=headers)


def test_metadata_and_health(
    iris: Client, client: triton.InferenceServerClient, headers: dict
) -> None:
    assert client.is_server_live(headers=headers)
    assert client.is_server_ready(headers=headers)
    server = client.get_server_metadata(headers=headers)
    assert server["name"] == "crisol"
    assert {"binary_tensor_data", "model_repository", "statistics"} <= set(server["extensions"])
    told = client.get_model_metadata("iris", headers=headers)
    assert told["versions"] == ["1"]
    assert told["inputs"] == [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}]
    with pytest.raises(InferenceServerException, match="Request for unknown model: 'nope'"):
        client.get_model_metadata("nope", headers=headers)
    assert iris.get("/models").json() == {"models": ["iris"]}


def test_statistics(iris: Client, client: triton.InferenceServerClient, headers: dict) -> None:
    for _ in range(3):
        client.infer("iris", [given("x", X, "FP32")], headers=headers)
    assert refused(iris, {"inputs": []})
    (stats,) = client.get_inference_statistics("iris", headers=headers)["model_stats"]
    assert (stats["name"], stats["version"]) == ("iris", "1")
    assert stats["inference_count"] == 6
    assert stats["execution_count"] == 3
    assert stats["inference_stats"]["success"]["count"] == 3
    for key in ("success", "fail", "queue", "compute_input", "compute_infer", "compute_output"):
        assert stats["inference_stats"][key].keys() == {"count", "ns"}
    assert stats["inference_stats"]["compute_infer"]["ns"] > 0
    assert client.get_inference_statistics(headers=headers)["model_stats"] == [stats]


def test_several_inputs_in_any_order(server: Server, client, headers: dict) -> None:
    from onnx import helper

    shape = ["n", 2]
    inputs = [tensor(name, TensorProto.FLOAT, shape) for name in ("p", "q")]
    node = helper.make_node("Sub", ["p", "q"], ["d"])
    content = model([node], inputs, [tensor("d", TensorProto.FLOAT, shape)])
    upload(server.api("developer"), "minus", content, task="other")
    both = [given("q", X, "FP32"), given("p", X * 3, "FP32", binary=False)]
    result = client.infer("minus", both, headers=headers)
    np.testing.assert_array_equal(result.as_numpy("d"), X * 2)
    two = {"name": "p", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}
    assert "rows" in refused(server.oip(), {"inputs": [two, {**DATA, "name": "q"}]}, path="minus")
    assert "expected 2 inputs" in refused(server.oip(), {"inputs": [two]}, path="minus")
    assert "twice" in refused(server.oip(), {"inputs": [two, two]}, path="minus")


# ---- ids


def test_an_id_is_echoed_and_a_used_one_gets_a_fresh_one(server: Server, iris: Client) -> None:
    body = {"id": "mine", "inputs": [DATA]}
    first = iris.post("/models/iris/infer", json=body, expect=200).json()
    again = iris.post("/models/iris/infer", json=body, expect=200).json()
    none = iris.post("/models/iris/infer", json={"inputs": [DATA]}, expect=200).json()
    assert (first["id"], first["parameters"]["prediction_id"]) == ("mine", "mine")
    assert again["id"] == "mine"
    assert again["parameters"]["prediction_id"].startswith("cr-")
    assert "id" not in none
    ids = {each["parameters"]["prediction_id"] for each in (first, again, none)}
    assert len(ids) == 3
    feedback = [{"id": f"{each}/1", "truth": "yes"} for each in ids]
    told = server.api("service").post("/models/iris/feedback", json={"items": feedback}, expect=200)
    assert told.json()["joined"] == 3


def test_an_id_that_cannot_be_one_is_echoed_all_the_same(iris: Client) -> None:
    for odd in ("x" * 300, "a\nb", "cr-0000000000000", ""):
        answer = iris.post("/models/iris/infer", json={"id": odd, "inputs": [DATA]}, expect=200)
        assert answer.json()["id"] == odd
        assert answer.json()["parameters"]["prediction_id"] != odd


# ---- what is wrong


def test_wrong_bodies_are_refused_with_a_reason(iris: Client) -> None:
    x = {"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}
    wrong: list[tuple[object, str]] = [
        (b"", "empty"),
        (b"{", "byte"),
        (b"[]", "object"),
        (b"null", "object"),
        (b"[" * 100000, "object"),
        (b'{"inputs":' + b"[" * 100000, "byte"),
        (b'{"id": 5, "inputs": []}', "text is expected"),
        (b'{"id": "\xff"}', "UTF-8"),
        ({}, "expected 1 inputs but got 0"),
        ({"inputs": {}}, "list"),
        ({"inputs": [5]}, "object"),
        ({"inputs": [x, x]}, "twice"),
        ({"inputs": [x] * 100}, "at most"),
        ({"inputs": [{**x, "name": "y"}]}, "'y'"),
        ({"inputs": [{**x, "name": 5}]}, "text"),
        ({"inputs": [{**x, "datatype": "FP64"}]}, "FP64"),
        ({"inputs": [{**x, "datatype": "FLOAT"}]}, 'input 0: "FLOAT"'),
        ({"inputs": [{**x, "shape": [2]}]}, "[2]"),
        ({"inputs": [{**x, "shape": [1, 3]}]}, "[1,3]"),
        ({"inputs": [{**x, "shape": [1, -2]}]}, "-2"),
        ({"inputs": [{**x, "shape": [0.5, 2]}]}, "0.5"),
        ({"inputs": [{**x, "shape": [2**62, 2]}]}, "more elements"),
        ({"inputs": [{**x, "shape": [10**30, 2]}]}, "1000000000000000000000000000000"),
        ({"inputs": [{**x, "shape": [1] * 20}]}, "dimensions"),
        ({"inputs": [{**x, "shape": [0, 2], "data": []}]}, "no row"),
        ({"inputs": [{**x, "shape": [10_000_000, 2]}]}, "more elements"),
        ({"inputs": [{**x, "data": [1]}]}, "1 elements"),
        ({"inputs": [{**x, "data": [1, 2, 3]}]}, "more data"),
        ({"inputs": [{**x, "data": [[1, 2], [3]]}]}, "more data"),
        ({"inputs": [{**x, "data": [1, "2"]}]}, "number"),
        ({"inputs": [{**x, "data": [1, None]}]}, "number"),
        ({"inputs": [{**x, "data": {}}]}, "number"),
        ({"inputs": [{**x, "data": None}]}, "number"),
        ({"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32"}]}, "no data"),
        ({"inputs": [{"name": "x", "data": [1, 2]}]}, "shape"),
        (b'{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[NaN,1]}]}', "number"),
        (b'{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1e39,1]}]}', "range"),
        (b'{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1e999,1]}]}', "range"),
        ({"inputs": [x], "outputs": [{"name": "z"}]}, "'z'"),
        ({"inputs": [x], "outputs": [{}]}, "''"),
        ({"inputs": [x], "outputs": [{"name": "label"}] * 100}, "at most"),
        ({"inputs": [x], "parameters": {"unit": "x" * 300}}, "unit"),
        ({"inputs": [x], "parameters": {"timeout": -1}}, "timeout"),
        ({"inputs": [x], "parameters": {"timeout": "soon"}}, "timeout"),
        ({"inputs": [x], "parameters": {"binary_data_output": 1}}, "binary_data_output"),
        ({"inputs": [x], "parameters": {"sequence_id": 7}}, "sequence_id"),
        ({"inputs": [{**x, "parameters": {"binary_data_size": -8}}]}, "binary_data_size"),
        ({"inputs": [{**x, "parameters": {"binary_data_size": "8"}}]}, "binary_data_size"),
        ({"inputs": [{**x, "parameters": {"shared_memory_region": "r"}}]}, "shared_memory_region"),
    ]
    for output in ({"binary_data": "yes"}, {"classification": -1}, {"classification": 1.5}):
        wanted = {"name": "label", "parameters": output}
        wrong.append(({"inputs": [x], "outputs": [wanted]}, next(iter(output))))
    for body, says in wrong:
        assert says in refused(iris, body), body
    classified = {"name": "label", "parameters": {"classification": 1}}
    assert "numbers" in refused(iris, {"inputs": [x], "outputs": [classified]})
    iris.post("/models/iris/infer", json={"inputs": [x]}, expect=200)


def binary(json_part: dict | bytes, tail: bytes, length: int | str | None = None) -> dict:
    head = json_part if isinstance(json_part, bytes) else json.dumps(json_part).encode()
    size = len(head) if length is None else length
    return {"data": head + tail, "headers": {"Inference-Header-Content-Length": str(size)}}


def test_wrong_binary_tensors_are_refused(server: Server, iris: Client) -> None:
    def body(size: object, shape: tuple = (2, 2), **more: object) -> dict:
        given = {"name": "x", "shape": list(shape), "datatype": "FP32", **more}
        return {"inputs": [given | {"parameters": {"binary_data_size": size}}]}

    floats = struct.pack("<4f", 2, 1, 1, 2)
    iris.post("/models/iris/infer", **binary(body(16), floats), expect=200)
    iris.post("/models/iris/infer", **binary(b"", floats, 0), expect=200)
    wrong = [
        (binary(body(16), floats[:-1]), "15"),
        (binary(body(16), b""), "16 binary bytes"),
        (binary(body(8), floats[:8]), "expecting 16"),
        (binary(body(16), floats + b"x"), "1 bytes follow"),
        (binary(body(2**63), floats), "binary bytes"),
        (binary(body(2**64 - 1), floats), "binary bytes"),
        (binary(body(16, (2**31, 2)), floats), "expecting"),
        (binary(body(16, (2**62, 2)), floats), "more elements"),
        (binary(body(16), struct.pack("<4f", 2, 1, float("nan"), 2)), "finite"),
        (binary(body(16), struct.pack("<4f", 2, 1, float("inf"), 2)), "finite"),
        (binary(body(16), floats, 10**6), "body has"),
        (binary(body(16), floats, -1), "number"),
        (binary(body(16), floats, "x"), "number"),
        (binary(body(16), floats, 2**64), "number"),
        (binary(body(16), floats, 5), "byte"),
        (binary(b"", floats[:-3], 0), "expecting"),
        (binary(b"", floats[:3], 0), "no row|expecting"),
    ]
    for request, says in wrong:
        answer = iris.post("/models/iris/infer", **request, expect=400).json()
        assert any(each in answer["error"] for each in says.split("|")), (says, answer)

    developer = server.api("developer")
    upload(developer, "texts", identity(TensorProto.STRING, ("n",)), task="other")
    upload(developer, "truths", identity(TensorProto.BOOL, ("n",)), task="other")
    text = {"name": "x", "shape": [2], "datatype": "BYTES"}
    for tail in (
        b"\x01\x00\x00\x00a",
        b"\x01\x00\x00\x00a\xff\xff\xff\xffb",
        b"\x01\x00\x00\x00a\x01\x00\x00\x00bc",
        b"\x01\x00",
    ):
        head = {"inputs": [text | {"parameters": {"binary_data_size": len(tail)}}]}
        assert iris.post("/models/texts/infer", **binary(head, tail)).status_code == 400
    truth = {"name": "x", "shape": [2], "datatype": "BOOL", "parameters": {"binary_data_size": 2}}
    answer = iris.post("/models/truths/infer", **binary({"inputs": [truth]}, b"\x01\x02"))
    assert answer.status_code == 400
    assert "element 1" in answer.json()["error"]


def test_a_large_answer_follows_small_compressed_ones(iris: Client) -> None:
    """Requests use one another's memory: nothing of a small answer limits a later one."""
    for rows in (100, 200, 5000, 100, 10000):
        body = {"inputs": [{**DATA, "shape": [rows, 2], "data": [1.0] * (2 * rows)}]}
        for _ in range(3):
            answer = iris.post("/models/iris/infer", json=body, expect=200)
            assert answer.headers.get("Content-Encoding") == "gzip"
            assert answer.json()["outputs"][0]["shape"][0] == rows


def test_an_input_has_its_data_once(iris: Client) -> None:
    both = {**DATA, "parameters": {"binary_data_size": 8}}
    answer = iris.post("/models/iris/infer", json={"inputs": [both]}, expect=400)
    assert "both data and binary_data_size" in answer.json()["error"]


def test_wrong_compression_is_refused(iris: Client) -> None:
    packed = gzip.compress(json.dumps({"inputs": [DATA]}).encode())
    head = {"Content-Encoding": "gzip"}
    iris.post("/models/iris/infer", data=packed, headers=head, expect=200)
    answer = iris.post("/models/iris/infer", data=packed[:-10], headers=head, expect=400)
    assert "error" in answer.json()


def test_repository_calls_with_wrong_bodies(server: Server, iris: Client) -> None:
    developer = server.oip("developer")
    for body in (b"{", b"[]", b'{"ready": 5}', b"\xff"):
        answer = developer.post("/repository/index", data=body, expect=400)
        assert answer.json()["error"]
    for body in (b"{", b'{"parameters": 5}', b'{"parameters": {"config": 5}}'):
        assert developer.post("/repository/models/iris/load", data=body).status_code == 400
    assert iris.post("/repository/index").status_code == 403
    assert iris.post("/repository/models/iris/load").status_code == 403
    nobody = server.oip(None)
    assert nobody.post("/models/iris/infer", json={"inputs": [DATA]}).status_code == 401
    assert "error" in nobody.post("/models/iris/infer", json={"inputs": [DATA]}).json()


@pytest.mark.serve(settings={"serving.anonymous": "true"})
def test_anybody_may_predict_where_a_setting_says_so(server: Server, iris: Client) -> None:
    nobody = server.oip(None)
    nobody.post("/models/iris/infer", json={"inputs": [DATA]}, expect=200)
    assert nobody.post("/repository/index").status_code == 401
