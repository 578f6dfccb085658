"""The disk under the whole data folder is full: what is told, what goes on, what is kept."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from harness.client import Client
from harness.onnx_models import classifier, named, upload
from harness.server import Server

ROW = {"a": 2, "b": 1}


@pytest.fixture
def cramped(server_factory: Callable[..., Server], small_disk: Path) -> Server:
    """A server whose data folder is a disk of four megabytes, with a model."""
    server = server_factory(data=small_disk / "data")
    upload(server.api("developer"), "iris", classifier(), **named())
    server.api("service")
    server.api("viewer")
    server.allow_error("disk is full")
    server.allow_error("No space left on device")
    return server


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return filler


def ask(api: Client, count: int) -> tuple[list[str], list[requests.Response]]:
    """The ids that were acknowledged, and the answers that were none."""
    good, bad = [], []
    for _ in range(count):
        answer = api.post("/models/iris/predict", json={"rows": [ROW] * 50})
        if answer.status_code == 200:
            good += [each["id"] for each in answer.json()["predictions"]]
        else:
            bad.append(answer)
    return good, bad


def logged(server: Server) -> list[str]:
    answer = server.api("viewer").get(
        "/models/iris/predictions", headers={"Accept": "application/x-ndjson"}, expect=200
    )
    return [json.loads(line)["id"] for line in answer.text.splitlines()]


def metrics(server: Server) -> dict:
    return server.api("viewer").get("/models/iris/metrics?source=live", expect=200).json()


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_full_disk_loses_nothing_that_was_acknowledged(cramped: Server, small_disk: Path) -> None:
    api = cramped.api("service")
    before, refused = ask(api, 20)
    assert not refused
    filler = fill(small_disk)
    during, refused = ask(api, 200)
    assert refused, "there was room for everything: the test says nothing"
    for answer in refused:
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "could not be logged" in answer.json()["detail"]
    assert metrics(cramped)["rows"] == len(before + during), "reading goes on"
    filler.unlink()
    after, refused_after = ask(api, 20)
    assert not refused_after, "it goes on by itself when there is room again"
    told = cramped.log.entries("prediction log", where="predictions")
    assert [line["level"] for line in told] == ["error", "info"], "a line when it begins and ends"
    assert f"{len(refused)} records were refused" in told[1]["msg"]
    cramped.kill()
    cramped.start()
    assert sorted(logged(cramped)) == sorted(before + during + after)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_what_does_not_fit_leaves_nothing_behind(cramped: Server, small_disk: Path) -> None:
    developer = cramped.api("developer")
    filler = fill(small_disk)
    table = "a,b\n" + "1,2\n" * 20000
    answer = developer.post("/datasets", data={"name": "t"}, files={"file": ("t.csv", table)})
    assert answer.status_code >= 500
    assert "full" in answer.json()["detail"] or "space" in answer.json()["detail"]
    version = developer.post("/models/iris/versions", files={"file": ("m.onnx", classifier(1))})
    assert version.status_code >= 500
    assert version.json()["detail"]
    filler.unlink()
    assert developer.get("/datasets", expect=200).json()["items"] == []
    assert len(developer.get("/models/iris/versions", expect=200).json()["items"]) == 1
    developer.post("/datasets", data={"name": "t"}, files={"file": ("t.csv", table)}, expect=201)
