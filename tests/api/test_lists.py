"""Lists in pages: one way to ask for them, one way to refuse."""

import itertools
from collections.abc import Iterable

import pytest

from harness import Server

ROWS = "x,y\n1,2\n3,4\n"
LISTS = (
    "/audit",
    "/datasets",
    "/experiments",
    "/models",
    "/models/m0/decisions",
    "/models/m0/predictions",
    "/runs",
    "/runs?order=created",
    "/runs?order=metric.f1",
    "/tokens",
    "/users",
)


def make_some(server: Server) -> None:
    """Three of each thing that is quick to make."""
    developer, admin = server.api("developer"), server.api("admin")
    for i in range(3):
        developer.post("/models", json={"name": f"m{i}", "task": "regression"}, expect=201)
        developer.post("/experiments", json={"name": f"e{i}"}, expect=201)
        form = {"data": {"name": f"d{i}"}, "files": {"file": ("d.csv", f"{ROWS}5,{i}\n")}}
        developer.post("/datasets", **form, expect=201)
        admin.post("/tokens", json={"label": f"t{i}"}, expect=201)


def keys(items: Iterable[dict]) -> list[str]:
    """Not the items themselves: when a token was last used changes with each request."""
    return [item.get("id") or item["name"] for item in items]


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_that_no_list_gave_is_refused_in_the_same_words(server: Server, path: str) -> None:
    admin = server.api("admin")
    admin.post("/models", json={"name": "m0", "task": "other"}, expect=201)
    ids = "i" + "0" * 13, "c" + "0" * 13, "t6d30"
    row = "t" + f"{'0' * 13}/0".encode().hex()
    good = {
        "/models": ids[2],
        "/models/m0/predictions": row,
        "/runs?order=metric.f1": ids[1],
    }.get(path, ids[0])
    wrong = {"", "!", "0", "m0", "1e9", "t", "t6", "tzz", "t00", "tff", "0" * 13, "i" + "z" * 13}
    for cursor in (wrong | set(ids)) - {good}:
        sign = "&" if "?" in path else "?"
        problem = admin.get(f"{path}{sign}cursor={cursor}", expect=422).json()
        assert problem["errors"] == [{"pointer": "cursor", "detail": problem["detail"]}]
        assert 'parameter "cursor" is not one that this list gave' in problem["detail"], cursor
    admin.get(path, params={"cursor": good}, expect=200)
    for limit in ("0", "501", "x", ""):
        problem = admin.get(path, params={"limit": limit}, expect=422).json()
        assert '"limit"' in problem["detail"]


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_pages_hold_every_item_once(server: Server, limit: int) -> None:
    make_some(server)
    admin = server.api("admin")
    for path in ("/audit", "/datasets", "/experiments", "/models", "/tokens", "/users"):
        whole = admin.get(path, params={"limit": 500}, expect=200).json()
        assert whole["next_cursor"] is None
        pages, cursor = [], None
        while not pages or cursor:
            query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
            page = admin.get(path, params=query, expect=200).json()
            pages.append(page["items"])
            cursor = page["next_cursor"]
        assert keys(itertools.chain(*pages)) == keys(whole["items"]), path
        # A full page that is the last one says so: nobody has to ask for an empty one.
        assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
        assert pages[-1], path
