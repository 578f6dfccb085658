"""Short words for tests that upload tables and train."""

import shutil
from pathlib import Path
from typing import Any

from harness.client import Client
from harness.server import ROOT, Server
from harness.wait import Hopeless, wait_until

ENDED = {"done", "failed", "cancelled"}


def install_module(server: Server, name: str) -> Path:
    """Puts a module of tests/modules-under-test into the server's own folder of modules."""
    folder = server.data / "modules" / name
    shutil.copytree(ROOT / "tests" / "modules-under-test" / name, folder)
    return folder


def upload(api: Client, name: str, content: str | bytes, **fields: str) -> dict[str, Any]:
    """Stores a table as a new version of a dataset."""
    data = content.encode() if isinstance(content, str) else content
    answer = api.post(
        "/datasets",
        files={"file": (f"{name}.csv", data, "text/csv")},
        data={"name": name, **fields},
        expect=(200, 201),
    )
    return answer.json()


def train(api: Client, dataset: str | dict[str, Any], expect: int = 201, **run: Any) -> Any:
    """POST /runs; a dataset may be named alone."""
    body = {"dataset": {"name": dataset} if isinstance(dataset, str) else dataset, **run}
    return api.post("/runs", json=body, expect=expect).json()


def get_run(api: Client, run: str) -> dict[str, Any]:
    return api.get(f"/runs/{run}", expect=200).json()


def wait_status(api: Client, run: str, *statuses: str, timeout: float = 20) -> dict[str, Any]:
    """The run once it has one of the statuses; hopeless when it ended with another."""

    def look() -> dict[str, Any] | None:
        found = get_run(api, run)
        if found["status"] in statuses:
            return found
        if found["status"] in ENDED:
            raise Hopeless(f"the run is {found['status']}: {found['error']}")
        return None

    found = wait_until(look, timeout, 0.05, f"the run to be {' or '.join(statuses)}")
    assert found is not None
    return found


def finish(api: Client, dataset: str | dict[str, Any], **run: Any) -> dict[str, Any]:
    """Trains and waits for the end, whatever that is."""
    return wait_status(api, train(api, dataset, **run)["id"], *ENDED)
