"""The catalogue of modules: what is there, what is broken and why, which parameters count."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.server import Server
from harness.training import finish, install_module, train, upload

WELL = """
name: well
version: "1.2"
title: {en: Well, es: Bien}
summary: {en: Counts sheep}
tasks: [regression]
data: tabular
libraries: [wool]
tags: [sheep, night]
train:
  command: [python3, -c, "pass"]
  parameters:
    rate: {type: number, exclusiveMinimum: 0, maximum: 1, default: 0.5, x-group: advanced}
    depth: {oneOf: [{type: integer, minimum: 1}, {const: auto}], default: auto}
    mode: {enum: [fast, slow], default: fast}
    weights: {type: array, items: {type: number}, maxItems: 3}
    label: {type: string, minLength: 2, maxLength: 4, pattern: "^[a-z]+$"}
    shares: {type: object, additionalProperties: {type: number, minimum: 0}}
    odd: {type: integer, not: {const: 13}}
    flag: {type: boolean}
    maybe: {type: [number, "null"], default: null}
"""


def add(server: Server, name: str, text: str) -> Path:
    folder = server.data / "modules" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "module.yaml").write_text(text)
    return folder


def names(server: Server, query: str = "") -> list[str]:
    listed = server.api("viewer").get(f"/modules{query}", expect=200).json()["items"]
    return [module["name"] for module in listed]


def test_built_in_modules_are_listed(server: Server) -> None:
    module = server.api("viewer").get("/modules/svm", expect=200).json()
    assert module["error"] is None
    assert module["tasks"] == ["classification", "regression"]
    assert set(module["title"]) == {"en", "es", "pt"}
    assert module["train"]["parameters"]["C"]["exclusiveMinimum"] == 0
    assert module["predict"]["runtime"] == "onnx"


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_folder_that_is_put_there_is_found_at_once(server: Server) -> None:
    assert names(server) == ["svm"]
    add(server, "well", WELL)
    assert names(server) == ["svm", "well"]
    module = server.api("viewer").get("/modules/well", expect=200).json()
    assert module["train"]["parameters"]["rate"]["x-group"] == "advanced"
    assert module["links"] is None
    server.api("viewer").get("/modules/none", expect=404)
    server.api("viewer").get("/modules/..%2Fruns", expect=404)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_modules_are_filtered(server: Server) -> None:
    add(server, "well", WELL)
    assert names(server, "?task=classification") == ["svm"]
    assert names(server, "?library=wool") == ["well"]
    assert names(server, "?tag=night") == ["well"]
    assert names(server, "?tag=night&task=classification") == []
    assert names(server, "?q=SHEEP") == ["well"]
    assert names(server, "?q=bien") == ["well"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.replace("name: well", "name: other"), "not that of its folder"),
        (lambda t: t.replace('version: "1.2"', "version: 1.2"), '"version" must be a text'),
        (lambda t: t.replace("tasks: [regression]", "tasks: [guessing]"), "a task must be"),
        (lambda t: t.replace("data: tabular", "data: sound"), '"data" must be'),
        (lambda t: t.replace("title: {en: Well, es: Bien}", "title: Well"), '"title" must be'),
        (lambda t: t.replace('[python3, -c, "pass"]', "[]"), '"command" must be'),
        (lambda t: t.replace("python3,", "./missing,"), "its program ./missing is missing"),
        (lambda t: t.replace("python3,", "./../../x,"), "leaves the module"),
        (lambda t: t.replace("python3,", "bin/missing,"), "its program bin/missing is missing"),
        (lambda t: t.replace("maximum: 1,", "maximum: high,"), '"maximum" has a wrong value'),
        (lambda t: t.replace("default: 0.5", "default: 5"), "does not obey its own schema"),
        (lambda t: t.replace("maxItems", "maxThings"), 'keyword "maxThings" is not understood'),
        (lambda t: t.replace("type: boolean", "type: truth"), '"type" has a wrong value'),
        (lambda t: t.replace("^[a-z]+$", "["), '"pattern" has a wrong value'),
        (lambda t: t + "  features: [colour]\n", '"features" must be a list of types'),
        (lambda t: t + "name: twice\n", "the key is there already"),
        (lambda t: "a: [1, 2\n", "line"),
        (lambda t: "", "empty"),
        (lambda t: "x: &x [1]\ny: *x\n", "aliases are not understood"),
        (lambda t: "[" * 100 + "]" * 100, "nested too deeply"),
    ],
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_broken_module_is_listed_with_its_error(
    server: Server, change: Callable[[str], str], says: str
) -> None:
    add(server, "well", change(WELL))
    module = server.api("viewer").get("/modules/well", expect=200).json()
    assert says in module["error"]
    assert module["train"] is None
    assert names(server) == ["svm", "well"]
    api = server.api("developer")
    upload(api, "t", "a,b\n1,2\n2,3\n")
    problem = train(api, "t", expect=409, module="well")
    assert says in problem["detail"]


@pytest.mark.parametrize(
    ("parameters", "bad", "says"),
    [
        ({"rate": 0}, "rate", "a number greater than 0 and at most 1, not 0"),
        ({"rate": 1.5}, "rate", "not 1.5"),
        ({"rate": "1"}, "rate", 'not "1"'),
        ({"depth": 0}, "depth", 'a whole number at least 1 or "auto", not 0'),
        ({"depth": 1.5}, "depth", "not 1.5"),
        ({"mode": "middling"}, "mode", 'one of "fast", "slow"'),
        ({"weights": [1, 2, 3, 4]}, "weights", "a list"),
        ({"weights": [1, "x"]}, "weights", "a list"),
        ({"label": "a"}, "label", "a text"),
        ({"label": "abcde"}, "label", "a text"),
        ({"label": "AB"}, "label", "a text"),
        ({"shares": {"a": -1}}, "shares", "an object of a number at least 0"),
        ({"odd": 13}, "odd", "a whole number but not 13"),
        ({"flag": 1}, "flag", "true or false"),
        ({"unknown": 1}, "unknown", 'no parameter "unknown"'),
    ],
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_parameter_out_of_range_is_named(
    server: Server, parameters: dict, bad: str, says: str
) -> None:
    add(server, "well", WELL)
    api = server.api("developer")
    upload(api, "t", "a,b\n1,2\n2,3\n")
    problem = train(api, "t", expect=422, module="well", parameters=parameters)
    assert [each["pointer"] for each in problem["errors"]] == [f"/parameters/{bad}"]
    assert says in problem["detail"]
    assert api.get("/runs", expect=200).json()["items"] == []


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_all_wrong_parameters_are_told_at_once(server: Server) -> None:
    add(server, "well", WELL)
    api = server.api("developer")
    upload(api, "t", "a,b\n1,2\n2,3\n")
    given = {"rate": 7, "mode": "x", "none": 1}
    problem = train(api, "t", expect=422, module="well", parameters=given)
    pointers = {each["pointer"] for each in problem["errors"]}
    assert pointers == {"/parameters/rate", "/parameters/mode", "/parameters/none"}


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_parameters_are_completed_by_their_defaults(server: Server) -> None:
    add(server, "well", WELL)
    api = server.api("developer")
    upload(api, "t", "a,b\n1,2\n2,3\n3,4\n4,5\n")
    given = {"depth": 3, "label": None, "weights": [0.5]}
    run = train(api, "t", module="well", parameters=given)
    assert run["parameters"] == {
        "rate": 0.5,
        "depth": 3,
        "mode": "fast",
        "weights": [0.5],
        "maybe": None,
    }


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_built_in_module_of_a_name_counts(server: Server) -> None:
    add(server, "svm", WELL.replace("name: well", "name: svm"))
    install_module(server, "acting")
    assert names(server) == ["acting", "svm"]
    assert "LIBSVM" in server.api("viewer").get("/modules/svm").json()["libraries"]


@pytest.mark.parametrize("word", ["learn.py", "./learn.py", "steps/learn.py"])
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_later_word_may_be_a_file_of_the_module(server: Server, word: str) -> None:
    folder = add(server, "well", WELL.replace('-c, "pass"', f'{word}, other.py, "a b"'))
    (folder / word).parent.mkdir(exist_ok=True)
    (folder / word).write_text(
        "import os, sys\nprint(sys.argv[1:])\nos.makedirs('artifacts/model')\n"
        "open('artifacts/model/weights', 'w').close()\n"
    )
    api = server.api("developer")
    upload(api, "t", "a,b\n1,2\n2,3\n3,4\n4,5\n")
    run = finish(api, "t", module="well")
    assert run["status"] == "done", run["error"]
    assert api.get(f"/runs/{run['id']}/log").text == "['other.py', 'a b']\n"


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_first_word_may_be_a_file_of_the_module(server: Server) -> None:
    folder = add(server, "well", WELL.replace('[python3, -c, "pass"]', "[learn.sh, ./data.txt, x]"))
    (folder / "data.txt").write_text("own file\n")
    script = folder / "learn.sh"
    script.write_text(
        '#!/bin/sh\ncat "$1"\necho "$2 in $(pwd)"\n'
        "mkdir -p artifacts/model\n: >artifacts/model/weights\n"
    )
    script.chmod(0o755)
    api = server.api("developer")
    upload(api, "t", "a,b\n1,2\n2,3\n3,4\n4,5\n")
    run = finish(api, "t", module="well")
    assert run["status"] == "done", run["error"]
    log = api.get(f"/runs/{run['id']}/log").text
    assert log == f"own file\nx in {(server.data / 'runs' / run['id']).resolve()}\n"
