"""The interface described by itself: openapi.json, /docs, settings and live events."""

import re

import pytest

from harness.server import Server

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
