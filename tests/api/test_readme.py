"""The five-minute walk of README.md does what it says; links in documents lead somewhere."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import Server
from harness.server import ROOT, binary

ADDRESS = "127.0.0.1:8080"
END = "-- end of block --"
DOCUMENTS = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))

Step = tuple[str, object]  # what is typed, and what has to come of it (None: nothing is promised)


def walk() -> list[Step]:
    text = (ROOT / "README.md").read_text()
    section = text.split("## A five-minute walk\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```(sh|json)\n(.*?)^```$", section, re.M | re.S)
    steps: list[Step] = []
    for kind, body in blocks:
        if kind == "sh":
            steps.append((body, None))
        else:
            steps[-1] = (steps[-1][0], json.loads(body))
    return steps


def differences(promised: object, found: object, where: str = "") -> list[str]:
    """Where `found` lacks what was promised; it may hold more members."""
    if isinstance(promised, dict) and isinstance(found, dict):
        return [
            line
            for key, value in promised.items()
            for line in differences(value, found.get(key), f"{where}/{key}")
        ]
    if isinstance(promised, list) and isinstance(found, list) and len(promised) == len(found):
        pairs = zip(promised, found, strict=True)
        return [line for i, pair in enumerate(pairs) for line in differences(*pair, f"{where}/{i}")]
    return [] if promised == found else [f"{where}: {found!r} instead of {promised!r}"]


def run(steps: list[Step], server: Server) -> list[str]:
    """Types everything into one shell; answers what each block printed."""
    script = "\n".join(f"{typed}\necho '{END}'" for typed, _ in steps)
    script = script.replace(ADDRESS, f"127.0.0.1:{server.port}")
    script = script.replace("--data walk", f"--data {server.data}")
    script = script.replace("build/crisol ", f"{binary()} ")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split(f"{END}\n")[:-1]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_walk_does_what_it_says(server_factory: Callable[..., Server]) -> None:
    (start, _), *steps = walk()
    server = server_factory(start=False)
    assert start == f"build/crisol serve --data walk --listen {ADDRESS}\n"
    server.start()  # with the same command line, but for folder and port
    assert "/setup?token=" in server.output.text
    printed = run(steps, server)
    promises = [(promised, text) for (_, promised), text in zip(steps, printed, strict=True)]
    assert sum(promised is not None for promised, _ in promises) == 7
    for promised, text in promises:
        if promised is not None:
            assert differences(promised, json.loads(text)) == []


def test_a_promise_that_is_not_kept_is_noticed() -> None:
    assert differences({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3, "c": 4}]}) == [
        "/a/1/b: 3 instead of 2"
    ]
    assert differences({"a": 1}, {}) == ["/a: None instead of 1"]
    assert differences([1], [1, 2]) == [": [1, 2] instead of [1]"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if not re.match(r"[a-z]+:|#", target):
            path = document.parent / target.split("#")[0]
            assert path.exists(), f"{document.name} points to {target}"


def test_the_map_names_every_folder() -> None:
    text = (ROOT / "README.md").read_text()
    named = set(re.findall(r"^\| `([\w/.]+)` \|", text, re.M))
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    folders = {name.split("/")[0] for name in tracked if "/" in name and name[0] != "."} - {"src"}
    rooms = {"/".join(name.split("/")[:2]) for name in tracked if name.startswith("src/")}
    rooms.discard("src/meson.build")
    assert named == folders | rooms


def test_the_tour_names_what_is_there() -> None:
    text = (ROOT / "docs" / "tour.md").read_text()
    for path in re.findall(r"`([a-z_]+/[\w/.]+)`", text):
        assert (ROOT / "src" / path).exists() or (ROOT / path).exists(), path
    sources = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.[ch]"))
    for name in re.findall(r"`(\w+)\(\)`", text):
        assert re.search(rf"\b{name}\(", sources), f"{name}() is nowhere"
    for name, path in re.findall(r"^\| (`.*?`) \| `([\w/.]+)` \|", text, re.M):
        header = (ROOT / "src" / path).read_text()
        for struct in re.findall(r"`(\w+)`", name):
            assert f"struct {struct} {{" in header, f"struct {struct} is not in {path}"
