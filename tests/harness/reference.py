"""Holds real answers to what the server's own OpenAPI document promises."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import requests

Place = tuple[str, str, int, str, str]


class Reference:
    """The document of a server, and what was found to differ from it.

        reference = Reference(server.api().get("/openapi.json").json())
        reference.check("GET", "/api/v1/runs", answer)
        assert not reference.differences
        assert not reference.unseen({"GET /api/v1/events"})

    A member that the schema does not name is a difference too: a reader of the document would not
    know of it.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.differences: set[Place] = set()
        self._operations = []
        self._seen: set[str] = set()
        for path, item in document["paths"].items():
            pattern = re.sub(r"\\\{path\\\}", ".+", re.escape(path))
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", pattern)
            for method, operation in item.items():
                self._operations.append((method.upper(), path, re.compile(pattern), operation))
        self._operations.sort(key=lambda each: each[1].count("{"))

    def check(self, method: str, path: str, answer: requests.Response) -> None:
        for known, name, pattern, operation in self._operations:
            if known == method and pattern.fullmatch(path.partition("?")[0]):
                if answer.ok:
                    self._seen.add(f"{method} {name}")
                for where, what in self._compare(operation, answer):
                    self.differences.add((method, name, answer.status_code, where, what))
                return
        self.differences.add((method, path, answer.status_code, "", "is not in the document"))

    def unseen(self, expected: set[str]) -> set[str]:
        """The operations that were never answered well, but for those named."""
        return {f"{each[0]} {each[1]}" for each in self._operations} - self._seen - expected

    def _compare(
        self, operation: dict[str, Any], answer: requests.Response
    ) -> Iterator[tuple[str, str]]:
        answers = operation["responses"]
        content = answers["2XX" if answer.ok else "default"].get("content", {})
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        if not answer.content:
            return
        if kind not in content and "*/*" not in content:
            yield "", f"{kind} is not among {sorted(content)}"
            return
        schema = content.get(kind, {}).get("schema")
        if schema is not None:
            body = answer.json()
            whole = {**schema, "components": self.document["components"]}
            for error in jsonschema.Draft202012Validator(whole).iter_errors(body):
                yield "/".join(map(str, error.absolute_path)), error.message[:200]
            yield from self._strangers(schema, body, "")

    def _resolve(self, schema: dict[str, Any]) -> list[dict[str, Any]]:
        """The schema and all that it is made of."""
        if "$ref" in schema:
            return self._resolve(self.document["components"]["schemas"][schema["$ref"][21:]])
        parts = [part for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key, [])]
        return [schema, *(each for part in parts for each in self._resolve(part))]

    def _strangers(
        self, schema: dict[str, Any], value: Any, where: str
    ) -> Iterator[tuple[str, str]]:
        parts = self._resolve(schema)
        if isinstance(value, list):
            for items in [part["items"] for part in parts if "items" in part][:1]:
                for each in value:
                    yield from self._strangers(items, each, f"{where}/-")
        if not isinstance(value, dict):
            return
        known = {k: v for part in parts for k, v in part.get("properties", {}).items()}
        others = [part["additionalProperties"] for part in parts if "additionalProperties" in part]
        for key, each in value.items():
            if key in known:
                yield from self._strangers(known[key], each, f"{where}/{key}")
            elif others and isinstance(others[0], dict):
                yield from self._strangers(others[0], each, f"{where}/*")
            elif known and not others:
                yield f"{where}/{key}", "is not in the schema"
