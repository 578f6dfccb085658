"""The servers under measurement: Crisol in several settings, and its peers."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

from harness import processes
from harness.postgres import Postgres
from harness.server import ROOT, Server, Store
from harness.wait import Port, wait_until

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = ROOT / ".deps" / "bench"
# One thread for each worker, for everybody: two cores carry the server and the load.
SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
BATCH = 1000


def environment(name: str) -> Path:
    """The throw-away Python environment of a peer, made when its requirements have changed."""
    folder, wanted = ENVIRONMENTS / name, (HERE / "peers" / f"{name}.txt").read_text()
    stamp = folder / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing {name} into {folder.relative_to(ROOT)}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True)
        pip = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", HERE / "peers" / f"{name}.txt"], check=True)
        stamp.write_text(wanted)
    return folder


def train(python: Path | str, folder: Path, *options: str) -> dict:
    """Trains the model inside the environment that will load it; the rows and their answers."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [python, "-W", "ignore", HERE / "model.py", folder, *options]
    subprocess.run(command, check=True, env={**os.environ, **SINGLE})
    return json.loads((folder / "expected.json").read_text())


class Contestant:
    """A server that answers POST `path` with an Open Inference Protocol body."""

    title = ""
    path = "/v2/models/iris/infer"
    input_name = "X"
    token: str | None = None
    answers = True  # whether what it says depends on the question

    def __init__(self, work: Path) -> None:
        self.work = work
        self.work.mkdir(parents=True, exist_ok=True)
        self.expected: dict = {}
        self.port = 0
        self.start_seconds = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    def body(self, rows: list[list[float]]) -> dict:
        flat = [value for row in rows for value in row]
        tensor = {"name": self.input_name, "shape": [len(rows), 4], "datatype": "FP32"}
        return {"inputs": [{**tensor, "data": flat}]}

    def write_bodies(self) -> tuple[Path, Path]:
        """The bodies of the single rows (one a line) and of a batch."""
        rows = self.expected["rows"]
        single, batch = self.work / "single.jsonl", self.work / "batch.jsonl"
        single.write_text("".join(json.dumps(self.body([row])) + "\n" for row in rows))
        many = (rows * (BATCH // len(rows) + 1))[:BATCH]
        batch.write_text(json.dumps(self.body(many)) + "\n")
        return single, batch

    def ask(self, rows: list[list[float]]) -> list[str]:
        """The labels that the server gives, as class numbers in text."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = requests.post(self.url, json=self.body(rows), headers=headers, timeout=10)
        answer.raise_for_status()
        labels = [str(label) for label in answer.json()["outputs"][0]["data"]]
        numbers = {name: str(i) for i, name in enumerate(self.expected["names"])}
        return [numbers.get(label, label) for label in labels]

    def check(self) -> None:
        """Every row on its own and all of them as a batch are answered as scikit-learn does."""
        if not self.answers:
            return
        rows, labels = self.expected["rows"], [str(label) for label in self.expected["labels"]]
        wrong = sum(self.ask([row]) != [label] for row, label in zip(rows, labels, strict=True))
        wrong += self.ask(rows) != labels
        if wrong > self.tolerated:
            raise SystemExit(f"{self.title}: {wrong} answers differ from scikit-learn's")

    tolerated = 0

    def start(self) -> None:
        """Starts it and notes the time to the first right answer."""
        begin = time.monotonic()
        self.launch()
        row, label = self.expected["rows"][0], str(self.expected["labels"][0])

        def answered() -> bool:
            if not self.answers:
                return requests.post(self.url, data=b"{}", timeout=1).ok
            return self.ask([row]) == [label]

        wait_until(answered, timeout=90, interval=0.005, what=f"{self.title} to answer")
        self.start_seconds = time.monotonic() - begin

    def launch(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    @property
    def pid(self) -> int:
        raise NotImplementedError

    def memory_mib(self) -> float:
        return processes.proportional_kib(self.pid) / 1024

    def cpu_seconds(self) -> float:
        return processes.cpu_seconds(self.pid)


class Program(Contestant):
    """A contestant that is one command."""

    process: "subprocess.Popen[bytes] | None" = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def launch(self) -> None:
        self._port = Port()
        self.port = self._port.number
        with (self.work / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.work,
                stdout=log,
                stderr=log,
                env={**os.environ, **SINGLE, "BENCH_MODEL": str(self.work / "svc.joblib")},
                preexec_fn=processes.die_with_parent,
            )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def stop(self) -> None:
        assert self.process is not None
        tree = processes.children(self.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in tree[1:]:
            if Path(f"/proc/{pid}/environ").exists():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
        self._port.release()


class FastApi(Program):
    title = "FastAPI, 2 workers"

    def __init__(self, work: Path) -> None:
        super().__init__(work)
        self.python = environment("fastapi") / "bin" / "python"
        self.expected = train(self.python, work)

    def command(self) -> list[str]:
        options = ["--workers", "2", "--no-access-log", "--loop", "uvloop", "--http", "httptools"]
        options += ["--host", "127.0.0.1", "--port", str(self.port), "--log-level", "warning"]
        app = ["--app-dir", str(HERE / "peers"), "fastapi_app:app"]
        return [str(self.python), "-m", "uvicorn", *options, *app]


class MlServer(Program):
    title = "MLServer"

    def __init__(self, work: Path) -> None:
        super().__init__(work)
        self.bin = environment("mlserver") / "bin"
        self.expected = train(self.bin / "python", work)

    def command(self) -> list[str]:
        grpc, metrics = Port(), Port()
        settings = {
            "host": "127.0.0.1",
            "http_port": self.port,
            "grpc_port": grpc.number,
            "metrics_port": metrics.number,
            "debug": False,
            # Inference in the server's own process: faster here than its pool of workers.
            "parallel_workers": 0,
        }
        model = {
            "name": "iris",
            "implementation": "mlserver_sklearn.SKLearnModel",
            "parameters": {"uri": "./svc.joblib", "version": "1"},
        }
        (self.work / "settings.json").write_text(json.dumps(settings))
        (self.work / "model-settings.json").write_text(json.dumps(model))
        grpc.release()
        metrics.release()
        return [str(self.bin / "mlserver"), "start", str(self.work)]


class Nginx(Program):
    title = "nginx, a constant"
    answers = False

    def __init__(self, work: Path) -> None:
        super().__init__(work)
        self.expected = train(sys.executable, work)

    def command(self) -> list[str]:
        answer = json.dumps(
            {
                "model_name": "iris",
                "model_version": "1",
                "outputs": [{"name": "label", "datatype": "INT64", "shape": [1], "data": [0]}],
            }
        )
        (self.work / "nginx.conf").write_text(
            f"""
daemon off; worker_processes 2; pid nginx.pid; error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u;
  scgi_temp_path s;
  server {{ listen 127.0.0.1:{self.port} backlog=4096; location / {{ return 200 '{answer}'; }} }}
}}
"""
        )
        self.work.chmod(0o755)
        return ["nginx", "-p", str(self.work), "-c", str(self.work / "nginx.conf")]


class Crisol(Contestant):
    """Crisol itself; subclasses choose settings. `made_by` says where its model comes from:
    "onnx" (scikit-learn by skl2onnx) or "svm" (its own module trains it)."""

    title = "Crisol, committed"
    made_by = "onnx"
    settings: dict[str, str] = {}  # noqa: RUF012  # a constant of each subclass
    store_kind = "sqlite"
    models = 1
    shadows = 0

    def __init__(self, work: Path) -> None:
        super().__init__(work)
        self.expected = train(sys.executable, work, "--onnx")
        self.postgres: Postgres | None = None
        store = Store("sqlite")
        if self.store_kind == "postgres":
            self.postgres = Postgres(fsync=True)
            store = Store("postgres", self.postgres.create_database())
        self.server = Server(work / "data", store, settings=self.settings)
        self._prepare()

    def _prepare(self) -> None:
        """Puts the models in, then stops, so that the measured start is that of a used server."""
        self.server.start()
        self.port = self.server.port
        self.token = self.server.token("service")
        for number in range(self.models):
            name = "iris" if number == 0 else f"iris{number}"
            for _ in range(1 + self.shadows):
                self._add_version(name)
        if self.shadows:
            arms = [{"version": "1", "mode": "champion"}]
            arms += [{"version": str(2 + i), "mode": "shadow"} for i in range(self.shadows)]
            api = self.server.api("developer")
            api.put("/models/iris/arms", json={"arms": arms}, expect=200)
        oip = self.server.oip()
        wait_until(lambda: oip.get("/models/iris/ready").ok, what="the imported model to be served")
        answer = oip.get("/models/iris", expect=200)
        self.input_name = answer.json()["inputs"][0]["name"]
        self.server.stop()

    def _add_version(self, name: str) -> None:
        if self.made_by == "onnx":
            path = str(self.work / "svc.onnx")
            self.server.cli("model", "import", name, path, "--task", "classification")
            return
        self.tolerated = 5  # another library's optimum, the same problem
        api = self.server.api("developer")
        with (self.work / "iris.csv").open("rb") as file:
            data = {"name": "iris"}
            api.post("/datasets", data=data, files={"file": file}, expect=(200, 201))
        body = {"module": "svm", "dataset": {"name": "iris"}, "seed": 1}
        body["parameters"] = {"kernel": "radial", "C": 1.0, "gamma": "scale"}
        run = api.post("/runs", json=body, expect=201).json()["id"]

        def ended() -> dict | None:
            found = api.get(f"/runs/{run}", expect=200).json()
            return found if found["status"] in ("done", "failed", "cancelled") else None

        done = wait_until(ended, timeout=60)
        assert done["status"] == "done", f"the training failed: {done['error']}"
        api.post("/models", json={"name": name, "task": "classification"}, expect=(201, 409))
        api.post(f"/models/{name}/versions", json={"run": run}, expect=201)

    def launch(self) -> None:
        self.server.start(wait=False)

    def stop(self) -> None:
        self.server.stop()

    def close(self) -> None:
        if self.postgres is not None:
            self.postgres.close()

    @property
    def pid(self) -> int:
        return self.server.pid


class CrisolAsync(Crisol):
    title = "Crisol, async"
    settings = {"predictions.durability": "async"}  # noqa: RUF012


class CrisolPostgres(Crisol):
    title = "Crisol, committed to PostgreSQL"
    store_kind = "postgres"


class CrisolShadows(Crisol):
    title = "Crisol, committed, two shadows"
    shadows = 2


class CrisolTenModels(Crisol):
    title = "Crisol, ten models"
    models = 10


CONTESTANTS: dict[str, type[Contestant]] = {
    "crisol": Crisol,
    "crisol-async": CrisolAsync,
    "crisol-postgres": CrisolPostgres,
    "crisol-shadows": CrisolShadows,
    "crisol-ten": CrisolTenModels,
    "fastapi": FastApi,
    "mlserver": MlServer,
    "nginx": Nginx,
}
