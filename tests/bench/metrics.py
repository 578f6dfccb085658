"""How long metrics and curves take over many logged predictions; called by tests/bench/metrics."""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from harness.client import Client
from harness.models import add_version, echo_classifier
from harness.postgres import Postgres
from harness.server import Server, Store

CLASSES = ["a", "b", "c"]
HOURS = 30
BATCH = 1000
TOLD_AT_ONCE = 20_000
ASKED = {
    "metrics, everything": "/models/m/metrics",
    "metrics, hourly buckets": "/models/m/metrics?bucket=1h",
    "metrics, 24 h by 15 minutes": "/models/m/metrics?window=24h&bucket=15m",
    "metrics, 30 minutes by the minute": "/models/m/metrics?window=30m&bucket=1m",
    "metrics, window off the hour": "/models/m/metrics?window=12h",
    "ROC": "/models/m/curves?kind=roc",
    "calibration": "/models/m/curves?kind=calibration",
    "overview": "/overview",
}


def log(server: Server, rows: int) -> float:
    """Binary requests of BATCH rows, spread over HOURS; rows per second."""
    oip, rng = server.oip("developer"), np.random.default_rng(1)
    requests, spent = rows // BATCH, 0.0
    for r in range(requests):
        p = rng.dirichlet(np.ones(len(CLASSES)), BATCH).astype(np.float32)
        body = np.column_stack([p.argmax(1), p]).astype("<f4").tobytes()
        tensor = {
            "name": "x",
            "shape": [BATCH, 1 + len(CLASSES)],
            "datatype": "FP32",
            "parameters": {"binary_data_size": len(body)},
        }
        header = json.dumps(
            {"id": f"q{r}", "inputs": [tensor], "outputs": [{"name": "label"}]}
        ).encode()
        begun = time.monotonic()
        oip.post(
            "/models/m/infer",
            data=header + body,
            headers={"Inference-Header-Content-Length": str(len(header))},
            expect=200,
        )
        spent += time.monotonic() - begun
        server.advance(HOURS * 3600 // requests)
    return rows / spent


def tell(api: Client, rows: int, every: int) -> float:
    """Truth about each `every`-th row; truths per second."""
    chosen = range(0, rows, every)
    lines = [f"q{i // BATCH}/{i % BATCH},{CLASSES[i * 7 % 3]}" for i in chosen]
    begun = time.monotonic()
    for i in range(0, len(lines), TOLD_AT_ONCE):
        text = "id,truth\n" + "\n".join(lines[i : i + TOLD_AT_ONCE])
        headers = {"Content-Type": "text/csv"}
        api.post("/models/m/feedback", data=text, headers=headers, timeout=600, expect=200)
    return len(lines) / (time.monotonic() - begun)


def median_ms(api: Client, path: str, times: int = 5) -> float:
    spent = []
    for _ in range(times):
        begun = time.monotonic()
        api.get(path, expect=200)
        spent.append(time.monotonic() - begun)
    return 1000 * statistics.median(spent)


def measure(store: Store, rows: int, every: int, folder: Path) -> dict[str, float]:
    server = Server(folder / "data", store, clock="2026-03-01T00:20:00Z")
    server.start()
    try:
        api = server.api("developer")
        api.post("/models", json={"name": "m", "task": "classification"}, expect=201)
        add_version(api, "m", echo_classifier(len(CLASSES)), CLASSES)
        figures = {
            "logged, rows/s": log(server, rows),
            "told, truths/s": tell(api, rows, every),
        }
        for name, path in ASKED.items():
            figures[f"{name}, ms"] = median_ms(api, path)
        return figures
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--stores", default="sqlite,postgres")
    parser.add_argument(
        "--every", default="10,1", help="truth about each so manieth row, one column for each"
    )
    args = parser.parse_args()
    columns: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        for kind in args.stores.split(","):
            cluster = stack.enter_context(Postgres()) if kind == "postgres" else None
            for every in map(int, args.every.split(",")):
                store = Store(kind, cluster.create_database() if cluster else None)
                folder = Path(tempfile.mkdtemp(prefix="crisol-bench-"))
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
                columns[f"{kind}, {args.rows // every} of {args.rows} with truth"] = measure(
                    store, args.rows, every, folder
                )
    print("| | " + " | ".join(columns) + " |")
    print("|---|" + "---:|" * len(columns))
    for name in next(iter(columns.values())):
        figures = [f"{column[name]:,.0f}" for column in columns.values()]
        print(f"| {name} | " + " | ".join(figures) + " |")


if __name__ == "__main__":
    main()
