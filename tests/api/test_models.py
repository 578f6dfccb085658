"""Models and versions: what comes in, what is refused and leaves nothing behind."""

import json
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, external_data_helper, helper, load_model_from_string

from harness import Server
from harness.onnx_models import (
    FLOAT,
    STRING,
    classifier,
    constant,
    identity,
    model,
    named,
    regressor,
    rows,
    set_arms,
    slow,
    tensor,
    upload,
)
from harness.server import binary

# The sanitizers need memory of their own.
SANITIZED = any(name in binary().read_bytes() for name in (b"__asan_init", b"__tsan_init"))

TASKS = {"classification", "regression", "other"}


def model_files(server: Server) -> list[str]:
    return sorted(path.name for path in (server.data / "models").iterdir())


def infer_zeros(server: Server, name: str, signature: dict) -> dict:
    """One request with zeros (or empty texts) in the shapes that the signature gives."""
    inputs = []
    for spec in signature["inputs"]:
        shape = [2 if size < 0 else size for size in spec["shape"]]
        empty = {"BYTES": "", "BOOL": False}.get(spec["datatype"], 0)
        data = [empty] * int(np.prod(shape))
        inputs.append({**spec, "shape": shape, "data": data})
        inputs[-1].pop("zipmap", None)
    return server.oip().post(f"/models/{name}/infer", json={"inputs": inputs}, expect=200).json()


# ---- what comes in


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_every_shared_model_is_imported_and_answers(server: Server, shared_data: Path) -> None:
    developer = server.api("developer")
    refused = {"ort_pipeline_vectorize"}
    for path in sorted((shared_data / "onnx").glob("*.onnx")):
        if path.stem in refused:
            continue
        version = upload(developer, path.stem, path.read_bytes(), expect=(201, 422))
        if "locale" in version.get("detail", ""):
            continue  # its operator wants en_US.UTF-8, which this machine may not have
        assert version["version"] == "1"
        assert version["state"] == "READY", version
        assert version["signature"]["task"] in TASKS
        answer = infer_zeros(server, path.stem, version["signature"])
        told = {spec["name"]: spec for spec in version["signature"]["outputs"]}
        assert [out["name"] for out in answer["outputs"]] == list(told)
        for out in answer["outputs"]:
            assert len(out["data"]) == np.prod(out["shape"])
            assert out["datatype"] == told[out["name"]]["datatype"]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_recorded_answers_are_repeated(server: Server, shared_data: Path) -> None:
    developer, oip = server.api("developer"), server.oip()
    recorded = sorted((shared_data / "onnx").glob("*.io.npz"))
    assert recorded
    for path in recorded:
        name = path.name.removesuffix(".io.npz")
        upload(developer, name, path.with_name(f"{name}.onnx").read_bytes())
        arrays = np.load(path)
        given = arrays["input"].astype(np.float32)
        body = {"name": "input", "shape": list(given.shape), "datatype": "FP32"}
        answer = oip.post(
            f"/models/{name}/infer", json={"inputs": [body | {"data": given.tolist()}]}, expect=200
        ).json()
        outputs = {out["name"]: np.array(out["data"]) for out in answer["outputs"]}
        expected = [key for key in arrays.files if key != "input"]
        assert expected
        for key in expected:
            np.testing.assert_allclose(outputs[key], arrays[key].ravel(), rtol=1e-4, atol=1e-5)


def test_a_version_tells_what_it_is(server: Server) -> None:
    developer = server.api("developer")
    content = classifier()
    version = upload(developer, "iris", content, note="the first", **named())
    assert version["model"] == "iris"
    assert version["source"] == "upload"
    assert version["bytes"] == len(content)
    assert version["note"] == "the first"
    assert version["user"] == "developer"
    signature = version["signature"]
    assert signature["task"] == "classification"
    assert signature["classes"] == ["no", "yes"]
    assert [feature["name"] for feature in signature["features"]] == ["a", "b"]
    assert version == developer.get("/models/iris/versions/1", expect=200).json()
    arms = developer.get("/models/iris/arms").json()["arms"]
    assert [(arm["version"], arm["mode"]) for arm in arms] == [("1", "champion")]
    second = upload(developer, "iris", classifier(1), **named())
    assert second["version"] == "2"
    listed = developer.get("/models/iris/versions", expect=200).json()["items"]
    assert [each["version"] for each in listed] == ["2", "1"]


def test_zipmap_is_served_as_a_tensor_whatever_the_task(server: Server) -> None:
    developer, oip = server.api("developer"), server.oip()
    for name, task in (("scored", "classification"), ("plain", "other")):
        signature = upload(developer, name, classifier(zipmap=True), task=task)["signature"]
        assert signature["task"] == task
        assert signature["outputs"][1]["shape"] == [-1, 2]
        request = {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [5, 0, 0, 5]}
        answer = oip.post(f"/models/{name}/infer", json={"inputs": [request]}, expect=200).json()
        labels, maps = answer["outputs"]
        assert labels["data"] == ["yes", "no"]
        assert maps["shape"] == [2, 2]
        assert np.array(maps["data"]).reshape(2, 2).argmax(axis=1).tolist() == [1, 0]


def test_versions_survive_a_restart(server: Server) -> None:
    developer = server.api("developer")
    upload(developer, "iris", classifier(), **named())
    upload(developer, "iris", classifier(100), **named())
    developer.post("/models/iris/promote", json={"version": "2", "reason": "better"}, expect=200)
    before = developer.get("/models/iris", expect=200).json()
    server.restart()
    assert server.api("developer").get("/models/iris").json() == before
    body = {"rows": rows((0, 50))}
    answer = server.api("service").post("/models/iris/predict", json=body, expect=200).json()
    assert answer["predictions"][0]["version"] == "2"
    assert answer["predictions"][0]["label"] == "yes"


# ---- what is refused


def external() -> bytes:
    proto = load_model_from_string(regressor())
    external_data_helper.set_external_data(proto.graph.initializer[0], "../../../etc/passwd")
    proto.graph.initializer[0].ClearField("raw_data")
    return proto.SerializeToString()


def external_in_a_constant() -> bytes:
    value = constant("v", [[1.0], [1.0]])
    value.data_location = TensorProto.EXTERNAL
    entry = value.external_data.add()
    entry.key, entry.value = "location", "elsewhere.bin"
    nodes = [
        helper.make_node("Constant", [], ["w"], value=value),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    return model(nodes, [tensor("x", FLOAT, ["n", 2])], [tensor("y", FLOAT, ["n", 1])])


def external_in_a_second_graph() -> bytes:
    """Protocol buffers merge what stands there twice."""
    return regressor() + external()


def map_input() -> bytes:
    value = helper.make_tensor_type_proto(FLOAT, None)
    given = helper.make_value_info("x", helper.make_map_type_proto(TensorProto.INT64, value))
    node = helper.make_node("DictVectorizer", ["x"], ["y"], domain="ai.onnx.ml")
    return model([node], [given], [tensor("y", FLOAT, [1, 1])])


def unknown_operator() -> bytes:
    node = helper.make_node("NoSuchOperator", ["x"], ["y"])
    return model([node], [tensor("x", FLOAT, [1])], [tensor("y", FLOAT, [1])])


def complex_numbers() -> bytes:
    return identity(TensorProto.COMPLEX64)


def name_without_utf8() -> bytes:
    return (
        identity(FLOAT)
        .replace(b"\x0a\x01x", b"\x0a\x01\xff")
        .replace(b"x\x12\x01y", b"\xff\x12\x01y")
    )


REFUSED = {
    "empty": (b"", "not an ONNX model"),
    "text": (b"a,b\n1,2\n", "not an ONNX model"),
    "zip": (b"PK\x03\x04" + bytes(200), "not an ONNX model"),
    "truncated": (classifier()[:-20], "damaged"),
    "future opset": (
        model(
            [helper.make_node("Identity", ["x"], ["y"])],
            [tensor("x", FLOAT, [1])],
            [tensor("y", FLOAT, [1])],
            opset=999,
        ),
        "opset",
    ),
    "unknown operator": (unknown_operator(), "NoSuchOperator"),
    "map input": (map_input(), '"x"'),
    "external data": (external(), "another file"),
    "external data in a constant": (external_in_a_constant(), "another file"),
    "external data in a second graph": (external_in_a_second_graph(), "more than one graph"),
    "complex numbers": (complex_numbers(), '"x"'),
    "name without UTF-8": (name_without_utf8(), "UTF-8"),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_file_that_cannot_be_served_leaves_nothing_behind(server: Server, what: str) -> None:
    content, says = REFUSED[what]
    developer = server.api("developer")
    problem = upload(developer, "broken", content, expect=422)
    assert says in problem["detail"]
    assert developer.get("/models/broken").status_code == 404
    assert model_files(server) == []
    assert server.oip().get("/models/broken").status_code == 404


def test_a_map_input_of_the_shared_models_is_refused(server: Server, shared_data: Path) -> None:
    content = (shared_data / "onnx" / "ort_pipeline_vectorize.onnx").read_bytes()
    problem = upload(server.api("developer"), "vectorize", content, expect=422)
    assert "float_input" in problem["detail"]
    assert model_files(server) == []


def test_a_refused_version_leaves_the_model_as_it_was(server: Server) -> None:
    developer = server.api("developer")
    upload(developer, "iris", classifier(), **named())
    before = (developer.get("/models/iris").json(), model_files(server))
    upload(developer, "iris", classifier()[:-9], expect=422)
    upload(developer, "iris", classifier(1), signature='{"features": ["a"]}', expect=422)
    upload(developer, "iris", regressor(), task="regression", expect=409)
    assert (developer.get("/models/iris").json(), model_files(server)) == before


def test_the_same_file_is_kept_once_and_goes_with_its_last_version(server: Server) -> None:
    developer = server.api("developer")
    first = upload(developer, "one", classifier())
    second = upload(developer, "two", classifier())
    assert first["sha256"] == second["sha256"]
    assert model_files(server) == [f"{first['sha256']}.onnx"]
    developer.delete("/models/one", expect=204)
    assert model_files(server) == [f"{first['sha256']}.onnx"]
    developer.delete("/models/two", expect=204)
    assert model_files(server) == []
    assert server.oip().get("/models/two").status_code == 404


SIGNATURES = [
    ('{"features": ["a"]}', "/features", "2 columns"),
    ('{"features": ["a", "b", "c"]}', "/features", "2 columns"),
    ('{"features": ["a", "a"]}', "/features/1", "twice"),
    ('{"features": ["a", {}]}', "/features/1", "text"),
    ('{"features": ["a", ""]}', "/features/1", "text"),
    ('{"features": []}', "/features", "list"),
    ('{"features": "ab"}', "/features", "list"),
    ('{"classes": ["x"]}', "/classes", "2"),
    ('{"classes": ["x", "x"]}', "/classes/1", "twice"),
    ('{"classes": {"a": 1}}', "/classes", "list"),
    ('{"image": 1}', "/image", "object"),
    ('{"image": {"width": 8}}', "/image", "height"),
    ('{"image": {"width": 8, "height": 8, "resize": "melt"}}', "/image", "resize"),
    ('{"image": {"width": 8, "height": 8, "std": [0, 1, 1]}}', "/image", "std"),
    ('{"image": {"width": 8, "height": 8, "mean": [1, 2]}}', "/image", "mean"),
    ('{"image": {"width": 0, "height": 8}}', "/width", "width"),
]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_signature_that_does_not_fit_is_refused_with_its_place(server: Server) -> None:
    developer = server.api("developer")
    for text, pointer, says in SIGNATURES:
        problem = upload(developer, "iris", classifier(), signature=text, expect=422)
        assert problem["errors"][0]["pointer"] == pointer, (text, problem)
        assert says in problem["detail"], (text, problem)
    for text in ("{", "[]", "\xff", "nothing"):
        problem = upload(developer, "iris", classifier(), signature=text, expect=(400, 422))
        assert "signature" in problem["detail"]
    assert developer.get("/models/iris").status_code == 404
    assert model_files(server) == []


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_other_broken_uploads_are_refused(server: Server) -> None:
    developer = server.api("developer")
    upload(developer, "iris", classifier(), task="guessing", expect=422)
    upload(developer, "iris", classifier(), note="x" * 4001, expect=422)
    upload(developer, "iris", classifier(), note=b"\xff", expect=422)
    upload(developer, "iris", classifier(), note=b"a\0b", expect=422)
    upload(developer, "-iris", classifier(), expect=422)
    upload(developer, "x" * 129, classifier(), expect=422)
    upload(developer, "a%2Fb", classifier(), expect=422)
    developer.post("/models/iris/versions", files={"other": b"x"}, expect=422)
    developer.post("/models/iris/versions", data=classifier(), expect=(400, 415, 422))
    developer.post("/models/iris/versions", json={}, expect=422)
    developer.post("/models/iris/versions", json={"run": "nope"}, expect=(404, 422))
    head = {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (
        b"",
        b"--x",
        b"--x\r\n\r\n",
        b'--x\r\nContent-Disposition: form-data; name="file"',
    ):
        developer.post("/models/iris/versions", data=body, headers=head, expect=(400, 422))
    assert developer.get("/models").json()["items"] == []
    assert model_files(server) == []


def test_classes_can_be_renamed(server: Server) -> None:
    developer = server.api("developer")
    signature = json.dumps({"features": ["a", "b"], "classes": ["nein", "ja"]})
    upload(developer, "iris", classifier(), signature=signature)
    body = {"rows": rows((5, 0), (0, 5))}
    answer = server.api("service").post("/models/iris/predict", json=body, expect=200).json()
    assert [each["label"] for each in answer["predictions"]] == ["ja", "nein"]
    assert list(answer["predictions"][0]["probabilities"]) == ["nein", "ja"]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_many_classifiers_in_a_file_cost_little(server: Server) -> None:
    """Each node with labels once took 32 KiB while the file was read."""
    node = helper.make_node("XClassifier", [], [], domain="d", classlabels_strings=["a", "b"])
    nodes = [node] * 60000
    content = model(nodes, [tensor("x", FLOAT, [1])], [tensor("y", FLOAT, [1])])
    server.api("developer").get("/models", expect=200)
    upload(server.api("developer"), "many", content, expect=422)
    status = Path(f"/proc/{server.pid}/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0])
    assert SANITIZED or peak < 1_000_000, f"{peak} KiB"


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_model_may_have_thousands_of_classes(server: Server) -> None:
    count = 6000
    labels = [f"c{i}" for i in range(count)]
    node = helper.make_node(
        "LinearClassifier",
        ["x"],
        ["label", "probabilities"],
        domain="ai.onnx.ml",
        coefficients=[float(i) for i in range(count)],
        intercepts=[0.0] * count,
        classlabels_strings=labels,
        post_transform="NONE",
    )
    outputs = [tensor("label", STRING, ["n"]), tensor("probabilities", FLOAT, ["n", count])]
    content = model([node], [tensor("x", FLOAT, ["n", 1])], outputs)
    version = upload(server.api("developer"), "many", content)
    assert version["signature"]["classes"] == labels
    body = {"rows": [{"x": 1.0}]}
    answer = server.api("service").post("/models/many/predict", json=body, expect=200).json()
    assert answer["predictions"][0]["label"] == "c5999"


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_an_output_whose_first_dimension_is_not_the_rows(server: Server) -> None:
    """Three constants look like an answer about three rows."""
    nodes = [
        helper.make_node("Identity", ["x"], ["y"]),
        helper.make_node("Identity", ["three"], ["z"]),
        helper.make_node("Unique", ["x"], ["u"]),
    ]
    outputs = [tensor("y", FLOAT, ["n", 1]), tensor("z", FLOAT, [3]), tensor("u", FLOAT, None)]
    three = constant("three", [1.0, 2.0, 3.0])
    content = model(nodes, [tensor("x", FLOAT, ["n", 1])], outputs, [three])
    upload(server.api("developer"), "odd", content, task="other")
    for count in (1, 2, 3, 4):
        data = [float(i) for i in range(count)]
        request = {"name": "x", "shape": [count, 1], "datatype": "FP32", "data": data}
        answer = server.oip().post("/models/odd/infer", json={"inputs": [request]}, expect=200)
        y, z, u = answer.json()["outputs"]
        assert (y["data"], z["data"], u["data"]) == (data, [1, 2, 3], data)


# ---- loading


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_loading_a_large_model_holds_up_nobody_else(server: Server) -> None:
    """While one client uploads what takes seconds to load, others promote and predict."""
    from concurrent.futures import ThreadPoolExecutor
    from time import monotonic

    developer = server.api("developer")
    for bias in (0, 1):
        upload(developer, "iris", classifier(bias), **named())
    content = slow(work=800, times=30)
    other = server.api("developer")
    with ThreadPoolExecutor(1) as threads:
        uploading = threads.submit(lambda: upload(other, "slow", content))
        longest, turns = 0.0, 0
        while not uploading.done():
            start = monotonic()
            version = str(turns % 2 + 1 if turns else 2)
            developer.post("/models/iris/promote", json={"version": version}, expect=(200, 409))
            longest = max(longest, monotonic() - start)
            turns += 1
        took = uploading.result()
    assert took["state"] == "READY"
    assert turns > 3
    assert longest < 1, f"a promotion waited {longest} s"


def test_a_file_that_is_lost_is_told_and_others_serve_on(server: Server) -> None:
    developer = server.api("developer")
    upload(developer, "iris", classifier(), **named())
    lost = upload(developer, "iris", classifier(7), **named())
    developer.post("/models/iris/promote", json={"version": "2"}, expect=200)
    server.stop()
    (server.data / "models" / f"{lost['sha256']}.onnx").unlink()
    server.allow_error("cannot be loaded")
    server.start()
    developer = server.api("developer")
    assert developer.get("/models/iris/versions/2").json()["state"] == "UNAVAILABLE"
    assert server.oip().get("/models/iris/versions/1/ready").status_code == 200
    body = {"rows": rows((1, 1))}
    server.api("service").post("/models/iris/predict", json=body, expect=503)
    developer.post("/models/iris/rollback", json={"reason": "lost"}, expect=200)
    server.api("service").post("/models/iris/predict", json=body, expect=200)


def test_models_are_listed_by_name_in_pages(server: Server) -> None:
    developer = server.api("developer")
    names = [f"m{i:02}" for i in range(7)]
    for name in reversed(names):
        developer.post("/models", json={"name": name, "task": "regression"}, expect=201)
    seen, cursor = [], None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = developer.get("/models", params=params, expect=200).json()
        seen += [each["name"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == names
    developer.post("/models", json={"name": "m00", "task": "other"}, expect=409)
    developer.post("/models", json={"name": "m99", "task": "guess"}, expect=422)
    for name in ("a b", "stats"):  # /v2/models/stats are the statistics of all models
        problem = developer.post("/models", json={"name": name, "task": "other"}, expect=422)
        assert "letters, digits" in problem.json()["detail"]
    developer.get("/models", params={"limit": 0}, expect=422)
    developer.get("/models", params={"limit": 501}, expect=422)


def test_two_nodes_on_one_store_serve_the_same(server_factory, store, tmp_path: Path) -> None:
    if store.kind == "sqlite":
        pytest.skip("one SQLite file belongs to one server")
    from harness import wait_until

    folder = tmp_path / "shared"
    one = server_factory(data=folder, settings={"node": "1"})
    two = server_factory(data=folder, settings={"node": "2"})
    upload(one.api("developer"), "iris", classifier(), **named())
    upload(one.api("developer"), "iris", classifier(3), **named())
    two._tokens = one._tokens
    wait_until(lambda: two.oip().get("/models/iris/versions/2/ready").status_code == 200, 5)
    one.api("developer").post("/models/iris/promote", json={"version": "2"}, expect=200)

    def answered() -> str:
        body = {"rows": rows((1, 1))}
        answer = two.api("service").post("/models/iris/predict", json=body, expect=200).json()
        return answer["predictions"][0]["version"]

    wait_until(lambda: answered() == "2", 5)
    set_arms(two.api("developer"), "iris", {"version": "1", "mode": "champion"})
    assert answered() == "1"
    one.api("developer").delete("/models/iris", expect=204)
    wait_until(lambda: two.oip().get("/models/iris").status_code == 404, 5)


def test_numbers_are_not_changed_on_their_way(server: Server) -> None:
    """Denormal numbers too: the runtime must not leave the processor's flags changed."""
    upload(server.api("developer"), "same", identity(TensorProto.DOUBLE, ("n", 1)), task="other")
    data = [5e-324, 2.2250738585072014e-308, -1e-310, 0.1, 1.7976931348623157e308, -0.0]
    request = {"name": "x", "shape": [len(data), 1], "datatype": "FP64", "data": data}
    for _ in range(3):
        answer = server.oip().post("/models/same/infer", json={"inputs": [request]}, expect=200)
        got = answer.json()["outputs"][0]["data"]
        assert [float(each).hex() for each in got] == [each.hex() for each in data]
