"""The interface described by itself: openapi.json, /docs, settings and live events."""

import re

import pytest

from harness import Client
from harness.models import echo_regressor
from harness.onnx_models import CLASSES, classifier, named, rows, set_arms
from harness.onnx_models import upload as upload_model
from harness.reference import Reference
from harness.server import PASSWORD, Server
from harness.training import finish, upload

sqlite_only = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
METHODS = {"get", "post", "put", "patch", "delete"}


def references(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(references(each) for each in value))
    return set()


@sqlite_only
def test_the_document_is_whole(server: Server) -> None:
    doc = server.api().get("/openapi.json", expect=200).json()
    assert doc["openapi"] == "3.1.0"
    assert doc["info"]["version"] == "0.1.0"
    assert not [key for key in doc if key.startswith("x-")]
    for path, item in doc["paths"].items():
        assert item.keys() <= METHODS
        for operation in item.values():
            assert operation["summary"]
            assert operation["x-role"] in ("none", "service", "viewer", "developer", "admin")
            declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert declared == set(re.findall(r"\{(\w+)\}", path))
            if operation["x-role"] == "none":
                assert operation["security"] == []


@sqlite_only
def test_every_schema_that_is_named_is_there(server: Server) -> None:
    doc = server.api().get("/openapi.json", expect=200).json()
    known = {f"#/components/schemas/{name}" for name in doc["components"]["schemas"]}
    assert references(doc) - known == set()


@sqlite_only
def test_answers_have_the_shape_that_is_promised(server: Server) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    admin = server.login("admin")
    server.token("viewer")
    doc = admin.get("/openapi.json").json()
    checked = 0
    for path, item in doc["paths"].items():
        content = item.get("get", {}).get("responses", {}).get("2XX", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None or "{" in path or not path.startswith("/api/v1/"):
            continue
        answer = admin.get(path.removeprefix("/api/v1")).json()
        whole = {**schema, "components": doc["components"]}
        jsonschema.Draft202012Validator(whole).validate(answer)
        checked += 1
    assert checked >= 6


@sqlite_only
def test_the_page_needs_nothing_from_elsewhere(server: Server) -> None:
    web = server.http()
    page = web.get("/docs", expect=200)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", page.text)
    linked = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert {"/docs/docs.css", "/docs/docs.js", "/api/v1/openapi.json"} <= set(linked)
    for link in linked:
        assert link.startswith("/")
    for link in ("/docs/docs.css", "/docs/docs.js"):
        assert "//" not in re.sub(r"^\s*//.*", "", web.get(link, expect=200).text, flags=re.M)
    web.get("/docs/other.js", expect=404)


@sqlite_only
@pytest.mark.serve(settings={"identity.session_days": "3"})
def test_settings_are_listed(server: Server) -> None:
    items = server.api("admin").get("/settings", expect=200).json()["items"]
    settings = {item["name"]: item for item in items}
    assert settings["identity.session_days"]["value"] == 3
    assert settings["identity.session_days"]["default"] == 7
    assert settings["identity.session_days"]["unit"] == "days"
    assert all(item["description"] for item in items)


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_secrets_are_not_shown(server: Server) -> None:
    text = server.api("admin").get("/settings", expect=200).text
    assert server.store.url is not None
    assert ":test@" in server.store.url
    assert ":test@" not in text
    assert ":test@" not in server.log.text
    assert ":test@" not in server.cli("config").stdout


def test_live_events_greet(server: Server) -> None:
    stream = server.api("viewer").get("/events", stream=True, expect=200)
    assert stream.headers["Content-Type"] == "text/event-stream"
    lines = stream.iter_lines(decode_unicode=True)
    head = [next(lines) for _ in range(3)]
    assert head[:2] == ["retry: 2000", "event: hello"]
    assert re.fullmatch(r'data: \{"time":"\d{4}-.*Z"\}', head[2])
    stream.close()


def hold_to(reference: Reference, client: Client, base: str) -> Client:
    """Every answer that this client gets is compared with the document."""
    ask = client.request

    def request(method: str, path: str, **options: object) -> object:
        answer = ask(method, path, **options)
        reference.check(method, base + path, answer)
        return answer

    client.request = request  # type: ignore[method-assign]
    return client


def people(admin: Client, viewer: Client) -> None:
    admin.post("/users", json={"name": "b", "password": PASSWORD, "role": "viewer"}, expect=201)
    admin.post("/users", json={"name": "b/", "password": PASSWORD, "role": "viewer"}, expect=422)
    admin.get("/users/b", expect=200)
    admin.patch("/users/b", json={"role": "developer"}, expect=200)
    admin.delete("/users/b", expect=204)
    for path in ("/users", "/audit", "/settings", "/tokens?user=*"):
        admin.get(path, expect=200)
    viewer.patch("/me", json={"language": "es", "theme": "dark"}, expect=200)
    for path in ("/me", "/session", "/openapi.json", "/tokens"):
        viewer.get(path, expect=200)
    token = viewer.post("/tokens", json={"label": "x"}, expect=201).json()["id"]
    viewer.delete(f"/tokens/{token}", expect=204)


def table(classes: bool) -> str:
    lines = ["a,b,y"]
    for i in range(40):
        truth = CLASSES[i % 2] if classes else str(i * 1.5)
        lines.append(f"{i % 2 + i / 100},{i % 3},{truth}")
    return "\n".join(lines) + "\n"


def training(api: Client) -> tuple[str, str]:
    upload(api, "words", table(True))
    upload(api, "numbers", table(False).replace(",", ";").replace(".", ","))
    api.post("/datasets", files={"file": ("t", "a,b\n1\n"), "name": (None, "t")}, expect=422)
    for path in ("", "/words", "/numbers/versions/1", "/words/versions/1/file", "/none"):
        api.get(f"/datasets{path}")
    for path in ("/modules", "/modules/svm", "/modules/broken"):
        api.get(path, expect=200)
    label = api.post("/experiments", json={"name": "e", "tags": {"k": "v"}}, expect=201).json()
    api.get("/experiments", expect=200)
    api.get(f"/experiments/{label['id']}", expect=200)
    api.patch(f"/experiments/{label['id']}", json={"status": "archived"}, expect=200)
    body = {"module": "svm", "experiment": label["id"], "tags": {"k": "v"}, "name": "n"}
    run = finish(api, "words", **body)["id"]
    other = finish(api, "numbers", module="svm", parameters={"folds": 2})["id"]
    api.post("/modules/svm/train", json={"dataset": {"name": "words"}}, expect=201)
    api.post("/runs", json={"module": "svm", "parameters": {"C": 0}}, expect=422)
    grid = {"module": "svm", "dataset": {"name": "words"}, "grid": {"C": [1, 2]}}
    api.post("/runs:batch", json=grid, expect=201)
    again = api.post(f"/runs/{run}/resubmit", json={}, expect=201).json()["id"]
    api.post(f"/runs/{again}/cancel", expect=(200, 202))
    api.patch(f"/runs/{run}", json={"name": "z"}, expect=200)
    for path in ("", f"/{run}", f"/{run}/log", f"/{run}/metrics", f"/{run}/artifacts"):
        api.get(f"/runs{path}", expect=200)
    api.get(f"/runs/{run}/artifacts/split.csv", expect=200)
    api.delete(f"/experiments/{label['id']}", expect=204)
    return run, other


def models(api: Client, run: str, other: str) -> None:
    api.post("/models/words/versions", json={"run": run}, expect=201)
    api.post("/models/numbers/versions", json={"run": other}, expect=201)
    upload_model(api, "words", classifier(), **named())
    upload_model(api, "numbers", echo_regressor(), expect=201)
    upload_model(api, "zip", classifier(zipmap=True), task="classification", **named())
    api.post("/models", json={"name": "plain", "task": "other"}, expect=201)
    for path in ("", "/words", "/words/versions", "/zip/versions/1", "/words/arms", "/none"):
        api.get(f"/models{path}")
    api.patch("/models/words", json={"description": "d"}, expect=200)
    arms = [{"version": "1", "mode": "champion"}, {"version": "2", "mode": "shadow"}]
    set_arms(api, "words", *arms)
    set_arms(api, "words", *arms[1:], expect=422)
    api.post("/models/words/promote", json={"version": "2", "reason": "r"}, expect=200)
    api.post("/models/words/rollback", json={"reason": "r"}, expect=200)
    api.get("/models/words/decisions", expect=200)


def score(api: Client) -> None:
    body = {"rows": rows((1, 1), (0.1, 2), (1.2, 0)), "ids": ["i", "j", "k"], "unit": "u"}
    for model, truths in (("words", ("no", "yes", "yes")), ("numbers", (1, 2.5, 3))):
        api.post(f"/models/{model}/predict", json=body, expect=200)
        told = [{"id": id_, "truth": each} for id_, each in zip(body["ids"], truths, strict=True)]
        told += [{"id": "later", "truth": truths[0]}, {"id": 3}]
        api.post(f"/models/{model}/feedback", json={"items": told}, expect=200)
        api.get(f"/models/{model}/predictions", expect=200)
        for kind in ("text/csv", "application/x-ndjson"):
            api.get(f"/models/{model}/predictions", headers={"Accept": kind}, expect=200)
        for source in ("live", "holdout", "training"):
            api.get(f"/models/{model}/metrics?source={source}", expect=200)
            for kind in ("roc", "pr", "calibration", "lift", "scatter", "residuals"):
                api.get(f"/models/{model}/curves?kind={kind}&source={source}")
    api.get("/models/words/metrics?window=2h&bucket=1h", expect=200)
    api.get("/overview", expect=200)
    api.delete("/models/words/predictions?unit=u", expect=200)


def protocol(oip: Client) -> None:
    given = oip.get("/models/words", expect=200).json()["inputs"][0]
    body = {"inputs": [{**given, "shape": [1, 2], "data": [1, 2]}]}
    for model in ("/models/words", "/models/words/versions/1"):
        for path in ("", "/ready", "/config", "/stats"):
            oip.get(model + path, expect=200)
        oip.post(f"{model}/infer", json=body, expect=200)
        oip.post(f"{model}/infer", json={}, expect=400)
    binary = {"parameters": {"binary_data_output": True}, **body}
    oip.post("/models/words/infer", json=binary, expect=200)
    for path in ("", "/models", "/models/stats", "/health/live", "/health/ready"):
        oip.get(path, expect=200)
    oip.get("/models/none", expect=404)
    oip.post("/repository/models/words/unload", expect=200)
    oip.post("/repository/index", expect=200)
    oip.post("/repository/models/words/load", json={}, expect=200)


@pytest.mark.serve(settings={"metrics.anonymous": "true"})
def test_real_answers_are_as_described(server: Server) -> None:
    """Walks through the whole interface; a schema that is wrong or forgets a member is found."""
    reference = Reference(server.api().get("/openapi.json").json())
    broken = server.data / "modules" / "broken"
    broken.mkdir(parents=True)
    (broken / "module.yaml").write_text("name: broken\n")
    admin = hold_to(reference, server.api("admin"), "/api/v1")
    viewer = hold_to(reference, server.login("viewer"), "/api/v1")
    viewer.login("viewer", PASSWORD)
    people(admin, viewer)
    viewer.delete("/session", expect=204)
    api = hold_to(reference, server.api("developer"), "/api/v1")
    models(api, *training(api))
    score(api)
    protocol(hold_to(reference, server.oip("developer"), "/v2"))
    hold_to(reference, server.http(), "").get("/metrics", expect=200)
    api.delete("/models/words", expect=204)
    upload(api, "spare", "a\n1\n")
    api.delete("/datasets/spare", expect=204)
    assert sorted(reference.differences) == []
    assert reference.unseen({"GET /api/v1/events", "POST /api/v1/setup"}) == set()
