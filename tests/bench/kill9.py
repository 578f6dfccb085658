"""Kills the server with SIGKILL at a random moment under load; every acknowledged prediction, every
acknowledged truth and every acknowledged run has to be there after the restart, the counters have
to agree with the rows, and the runs have to end well. Called by tests/bench/kill9."""

import argparse
import itertools
import json
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import requests
from servers import train

from harness.postgres import Postgres
from harness.server import Server, Store
from harness.wait import wait_until

CLIENTS = 8
LONGEST_LIFE = 1.0
MODEL = "iris"


@dataclass
class Client:
    """Asks for predictions under ids of its own, tells the truth about some, and remembers what
    the server said yes to. `open` is what it had asked when the server died."""

    number: int
    rows: list[dict]
    predictions: dict[str, dict] = field(default_factory=dict)  # id: the answer
    truths: dict[str, str] = field(default_factory=dict)
    open: tuple[str, dict] | None = None
    wrong: list[str] = field(default_factory=list)

    def work(self, server: Server, life: int, stop: threading.Event) -> None:
        api = server.api("service")
        for count in itertools.count():
            if stop.is_set():
                return
            name = f"life{life}-client{self.number}-{count}"
            row = self.rows[count % len(self.rows)]
            self.open = (name, row)
            try:
                self._predict(api, name, row)
                if count % 3 == 0:
                    self._tell(api, name, f"truth-{count % 5}")
            except requests.RequestException:
                return  # the server is gone
            self.open = None

    def _predict(self, api, name: str, row: dict) -> None:
        body = {"rows": [row], "ids": [name]}
        answer = api.post(f"/models/{MODEL}/predict", json=body, timeout=10)
        if answer.status_code == 200:
            self.predictions[name] = answer.json()["predictions"][0]
        elif answer.status_code != 503:
            self.wrong.append(f"predict {name}: {answer.status_code} {answer.text}")

    def _tell(self, api, name: str, truth: str) -> None:
        body = {"items": [{"id": name, "truth": truth}]}
        answer = api.post(f"/models/{MODEL}/feedback", json=body, timeout=10)
        if answer.status_code == 200:
            self.truths[name] = truth
        elif answer.status_code != 503:
            self.wrong.append(f"feedback {name}: {answer.status_code} {answer.text}")

    def repeat_open(self, server: Server) -> None:
        """What was under way when the server died is asked again: it may have been logged or not,
        the same id with the same row is fine either way, and its first answer stands."""
        if self.open is None:
            return
        name, row = self.open
        body = {"rows": [row], "ids": [name]}
        answer = server.api("service").post(f"/models/{MODEL}/predict", json=body)
        if answer.status_code != 200:
            self.wrong.append(f"repeated {name}: {answer.status_code} {answer.text}")
            return
        repeated = answer.json()["predictions"][0]
        if self.predictions.setdefault(name, repeated) != repeated:
            self.wrong.append(f"repeated {name}: another answer than the first")
        self.open = None


@dataclass
class Trainer:
    """Starts runs and remembers which of them the server has taken."""

    runs: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def work(self, server: Server, life: int, stop: threading.Event) -> None:
        api = server.api("developer")
        body = {"module": "svm", "dataset": {"name": MODEL}, "seed": life}
        while not stop.wait(0.2):
            try:
                answer = api.post("/runs", json=body, timeout=10)
            except requests.RequestException:
                return  # the server is gone
            if answer.status_code == 201:
                self.runs.append(answer.json()["id"])
            elif answer.status_code != 503:
                self.wrong.append(f"run: {answer.status_code} {answer.text}")

    def differences(self, server: Server) -> list[str]:
        """What became of the runs: a dead server is no reason for one to fail."""
        api = server.api("viewer")

        def ended(run: str) -> dict | None:
            answer = api.get(f"/runs/{run}")
            if answer.status_code != 200:
                return {"status": "lost", "error": answer.text}
            found = answer.json()
            return found if found["status"] in ("done", "failed", "cancelled") else None

        found = [
            (run, wait_until(lambda run=run: ended(run), timeout=120, what=f"run {run} to end"))
            for run in self.runs
        ]
        return self.wrong + [
            f"run {run} is {end['status']}: {end['error']}"
            for run, end in found
            if end["status"] != "done"
        ]


def exported(server: Server) -> Iterator[dict]:
    answer = server.api("viewer").get(
        f"/models/{MODEL}/predictions",
        headers={"Accept": "application/x-ndjson"},
        stream=True,
        timeout=120,
        expect=200,
    )
    for line in answer.iter_lines():
        if line:
            yield json.loads(line)


def differences(server: Server, clients: list[Client]) -> list[str]:
    """What was acknowledged and is not in the export as it was."""
    found: dict[str, dict] = {}
    twice = []
    for record in exported(server):
        if record["id"] in found:
            twice.append(f"{record['id']} is there twice")
        found[record["id"]] = record
    lost = []
    for client in clients:
        for name, answer in client.predictions.items():
            record = found.get(name)
            if record is None:
                lost.append(f"prediction {name} is lost")
            elif str(record.get("label")) != str(answer.get("label")):
                lost.append(f"prediction {name} says {record.get('label')}, not {answer['label']}")
        for name, truth in client.truths.items():
            if str(found.get(name, {}).get("truth")) != truth:
                lost.append(f"the truth of {name} is lost")
    return twice + lost


def miscounted(server: Server) -> list[str]:
    """Counters and rows tell the same number."""
    metrics = server.api("viewer").get(f"/models/{MODEL}/metrics?source=live", expect=200).json()
    records = list(exported(server))
    rows, labelled = len(records), sum(record.get("truth") is not None for record in records)
    if (metrics["rows"], metrics["labelled"]) == (rows, labelled):
        return []
    counted = f"{metrics['rows']} rows and {metrics['labelled']} truths"
    return [f"the counters say {counted}, the log has {rows} and {labelled}"]


@contextmanager
def store_of(kind: str) -> Iterator[Store]:
    if kind == "sqlite":
        yield Store("sqlite")
        return
    with Postgres(fsync=True) as postgres:
        yield Store("postgres", postgres.create_database())


def prepare(server: Server, work: Path) -> list[dict]:
    """Imports the model; rows by feature name."""
    expected = train(sys.executable, work, "--onnx")
    path = str(work / "svc.onnx")
    server.cli("model", "import", MODEL, path, "--task", "classification")
    wait_until(lambda: server.oip().get(f"/models/{MODEL}/ready").ok, what="the model to be served")
    with (work / "iris.csv").open("rb") as file:
        data, files = {"name": MODEL}, {"file": file}
        server.api("developer").post("/datasets", data=data, files=files, expect=201)
    api = server.api("viewer")
    version = api.get(f"/models/{MODEL}/versions/1", expect=200).json()
    names = [feature["name"] for feature in version["signature"]["features"]]
    return [dict(zip(names, row, strict=True)) for row in expected["rows"]]


def live_and_die(
    server: Server, clients: list[Client | Trainer], life: int, random_life: float
) -> float:
    """One life under load, ended by SIGKILL; answers the seconds until it is ready again."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=client.work, args=(server, life, stop)) for client in clients
    ]
    for thread in threads:
        thread.start()
    time.sleep(random_life)
    server.kill()
    stop.set()
    for thread in threads:
        thread.join()
    begin = time.monotonic()
    server.start()
    return time.monotonic() - begin


def torment(kind: str, times: int, seed: int, work: Path) -> list[str]:
    chance = random.Random(seed)
    with store_of(kind) as store:
        server = Server(work / "data", store).start()
        rows = prepare(server, work)
        clients = [Client(number, rows) for number in range(CLIENTS)]
        trainer = Trainer()
        ready = []
        for life in range(times):
            random_life = chance.uniform(0.05, LONGEST_LIFE)
            ready.append(live_and_die(server, [*clients, trainer], life, random_life))
            for client in clients:
                client.repeat_open(server)
        problems = differences(server, clients)
        problems += [wrong for client in clients for wrong in client.wrong]
        problems += miscounted(server) + trainer.differences(server)
        predictions = sum(len(client.predictions) for client in clients)
        truths = sum(len(client.truths) for client in clients)
        if not predictions or not truths or not trainer.runs:
            problems.append("nothing was acknowledged: the run says nothing")
        server.stop()
    print(
        f"| {kind} | {times} | {predictions} | {truths} | {len(trainer.runs)} | {len(problems)} "
        f"| {statistics.median(ready):.2f} | {max(ready):.2f} |",
        flush=True,
    )
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/bench/kill9", description=__doc__)
    parser.add_argument("--times", type=int, default=50, help="kills on each store")
    parser.add_argument("--stores", default="sqlite,postgres")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of death")
    args = parser.parse_args()
    header = "| store | kills | predictions acknowledged | truths acknowledged "
    header += "| runs acknowledged | lost or wrong "
    print(header + "| ready again, median s | longest s |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    problems = []
    for kind in args.stores.split(","):
        work = Path(tempfile.mkdtemp(prefix="crisol-kill9-"))
        try:
            problems += torment(kind, args.times, args.seed, work)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    for problem in problems[:20]:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
