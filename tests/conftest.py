"""Fixtures of all black-box tests; docs/testing.md tells how to use them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.postgres import Postgres
from harness.server import ROOT, Server, Store

SERVERS: pytest.StashKey[list[Server]] = pytest.StashKey()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL cluster for each test process, without fsync."""
    with Postgres() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty database: each test that asks for it runs on both kinds. For one kind only:

    @pytest.mark.parametrize("store", ["sqlite"], indirect=True)
    """
    if request.param == "sqlite":
        yield Store("sqlite")
        return
    cluster = request.getfixturevalue("postgres")
    url = cluster.create_database()
    yield Store("postgres", url)
    cluster.drop_database(url)


@pytest.fixture
def server_factory(
    request: pytest.FixtureRequest, store: Store, tmp_path: Path
) -> Iterator[Callable[..., Server]]:
    """server_factory(settings={...}, clock=..., start=True, ...) makes servers; several made in
    one test share the database, each has its own data folder unless `data` is given."""
    servers: list[Server] = []
    request.node.stash[SERVERS] = servers

    def make(*, start: bool = True, data: Path | None = None, **options: object) -> Server:
        folder = data or tmp_path / f"data{len(servers)}"
        server = Server(folder, options.pop("store", store), **options)
        servers.append(server)
        if start:
            server.start()
        return server

    yield make
    problems = []
    for server in servers:
        try:
            server.verify()
        except AssertionError as error:
            problems.append(str(error))
    assert not problems, "\n".join(problems)


@pytest.fixture
def server(request: pytest.FixtureRequest, server_factory: Callable[..., Server]) -> Server:
    """A running server on an empty store. How it is started:

    @pytest.mark.serve(settings={"predictions.durability": "async"}, clock="2026-01-01T00:00:00Z")
    """
    mark = request.node.get_closest_marker("serve")
    return server_factory(**(mark.kwargs if mark else {}))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets (CRISOL_SHARED_DATA); the test is skipped where it is absent."""
    folder = Path(os.environ.get("CRISOL_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "tabular").is_dir():
        pytest.skip(f"the data sets are not at {folder} (CRISOL_SHARED_DATA)")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A test that failed shows what its servers said."""
    report = yield
    if report.failed:
        for server in item.stash.get(SERVERS, []):
            report.sections.append((f"crisol at {server.url}", server.transcript()))
    return report
