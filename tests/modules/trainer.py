"""A run folder as Crisol makes it, and the trainer that is started in it."""

import csv
import json
import os
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

ROOT = Path(__file__).resolve().parents[2]
MODULES = Path(os.environ.get("CRISOL_MODULES_BUILD", ROOT / "build" / "modules"))
SHARED_DATA = Path(os.environ.get("CRISOL_SHARED_DATA", ROOT.parent / "shared" / "data"))


@dataclass
class Table:
    """Columns of text, as they stand in data.csv."""

    names: list[str]
    rows: list[list[str]]
    target: str
    task: str = "classification"
    types: dict[str, str] = field(default_factory=dict)

    @property
    def features(self) -> list[str]:
        return [name for name in self.names if name != self.target]

    def column(self, name: str) -> list[str]:
        at = self.names.index(name)
        return [row[at] for row in self.rows]

    def numbers(self) -> np.ndarray:
        """The features as a client would send them."""
        places = [self.names.index(name) for name in self.features]
        return np.array([[float(row[i]) for i in places] for row in self.rows], np.float32)


def read_table(path: Path, separator: str, target: str, task: str) -> Table:
    with path.open(newline="", encoding="utf-8") as file:
        names, *rows = csv.reader(file, delimiter=separator)
    return Table([name.strip() for name in names], rows, target, task)


@dataclass
class Result:
    folder: Path
    exit_code: int
    log: str
    error: str

    @property
    def model_folder(self) -> Path:
        return self.folder / "artifacts" / "model"

    def lines(self, name: str) -> list[dict[str, Any]]:
        path = self.folder / name
        return [json.loads(line) for line in path.read_text().splitlines()]

    def metric(self, key: str) -> list[float]:
        return [line["value"] for line in self.lines("metrics.ndjson") if line["key"] == key]

    @property
    def signature(self) -> dict[str, Any]:
        return json.loads((self.model_folder / "signature.json").read_text())

    def note(self, key: str) -> str | None:
        """What the model's metadata say."""
        return self.session().get_modelmeta().custom_metadata_map.get(key)

    def session(self) -> ort.InferenceSession:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return ort.InferenceSession(
            (self.model_folder / "model.onnx").read_bytes(),
            options,
            providers=["CPUExecutionProvider"],
        )

    def predict(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        session = self.session()
        values = session.run(None, {"input": np.asarray(rows, np.float32)})
        return {
            output.name: value for output, value in zip(session.get_outputs(), values, strict=True)
        }


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def make_run(
    folder: Path,
    table: Table,
    parameters: dict[str, Any] | None = None,
    *,
    seed: int = 1,
    holdout: Iterable[int] = (),
    change: Callable[[dict[str, Any]], object] | None = None,
) -> Path:
    """Writes the folder; `change` may spoil run.json before it is written."""
    folder.mkdir(parents=True)
    write_csv(folder / "data.csv", table.names, table.rows)
    held = set(holdout)
    parts = ((i, "holdout" if i in held else "training") for i in range(len(table.rows)))
    write_csv(folder / "split.csv", ["row", "part"], parts)
    document = {
        "id": "run-1",
        "module": "svm",
        "parameters": parameters or {},
        "seed": seed,
        "task": table.task,
        "dataset": {
            "name": "test",
            "version": "1",
            "sha256": "0" * 64,
            "path": "data.csv",
            "rows": len(table.rows),
            "columns": [
                {"name": name, "type": table.types.get(name, "number")} for name in table.names
            ],
        },
        "target": table.target,
        "features": table.features,
        "split": {"path": "split.csv"},
    }
    if change:
        change(document)
    (folder / "run.json").write_text(json.dumps(document, ensure_ascii=False))
    return folder


def start(folder: Path, **options: Any) -> Result:
    done = subprocess.run(
        [MODULES / "svm" / "crisol-svm-train"],
        env={**os.environ, "CRISOL_RUN_DIR": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    return Result(folder, done.returncode, done.stdout, done.stderr)


def train(
    folder: Path, table: Table, parameters: dict[str, Any] | None = None, **how: Any
) -> Result:
    """Trains and insists on success."""
    result = start(make_run(folder, table, parameters, **how))
    assert result.exit_code == 0, result.error
    return result
