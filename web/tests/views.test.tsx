import assert from "node:assert/strict";
import { test } from "node:test";
import { act } from "preact/test-utils";
import { ConfusionCard } from "../src/charts/confusion";
import type { Metrics, Run } from "../src/lib/types";
import { differs } from "../src/pages/compare";
import { sideText } from "../src/pages/model_decisions";
import { columnsOf } from "../src/pages/runs_table";
import { sortRows, Table, type TableColumn } from "../src/ui/table";
import { Time } from "../src/ui/value";
import { show } from "./dom";

interface Row {
  name: string;
  score: number | null;
}

const columns: TableColumn<Row>[] = [
  { id: "name", title: "Name", rowHead: true, value: (row) => row.name },
  { id: "score", title: "Score", numeric: true, value: (row) => row.score },
];
const rows: Row[] = [
  { name: "b", score: 1 },
  { name: "none", score: null },
  { name: "a", score: 10 },
];

test("missing values stay last, whichever way one sorts", () => {
  const names = (down: boolean) =>
    sortRows(rows, columns, { id: "score", down }).map((one) => one.name);
  assert.deepEqual(names(true), ["a", "b", "none"]);
  assert.deepEqual(names(false), ["b", "a", "none"]);
});

test("a click on a column's title sorts by it and says so", async () => {
  const root = await show(
    <Table label="Rows" columns={columns} rows={rows} rowKey={(row) => row.name} />,
  );
  const button = root.querySelectorAll<HTMLButtonElement>(".sorter")[1];
  await act(() => button?.click());
  assert.equal(root.querySelector("th[aria-sort]")?.getAttribute("aria-sort"), "descending");
  assert.equal(root.querySelector("tbody th")?.textContent, "a");
  await act(() => button?.click());
  assert.equal(root.querySelector("tbody th")?.textContent, "b");
});

test("a time is relative to read and exact for those who ask", async () => {
  const at = new Date(Date.now() - 3 * 3_600_000).toISOString();
  const root = await show(<Time at={at} />);
  const time = root.querySelector("time");
  assert.equal(time?.getAttribute("datetime") ?? time?.dateTime, at);
  assert.equal(time?.textContent, "3 hours ago");
  assert.ok(time?.title);
});

test("a confusion matrix names truth and prediction in each cell", async () => {
  const metrics = {
    classes: ["yes", "no"],
    confusion: [
      [8, 2],
      [1, 9],
    ],
  } as unknown as Metrics;
  const root = await show(<ConfusionCard title="Confusion" name="c" metrics={metrics} />);
  const cells = root.querySelectorAll("tbody td");
  assert.equal(cells.length, 4);
  assert.match(cells[1]?.getAttribute("title") ?? "", /yes predicted as no: 2 \(20%\)/);
});

test("the table of runs offers every parameter and figure that occurs", () => {
  const run = {
    id: "1",
    parameters: { C: 1, kernel: "radial" },
    dataset: { name: "iris", version: "1", task: "classification" },
    metrics: { holdout: { accuracy: 0.9 }, training: null, reported: { cv_accuracy: 0.8 } },
  } as unknown as Run;
  const ids = columnsOf([run]).map((one) => one.id);
  assert.ok(ids.includes("holdout.accuracy"));
  assert.ok(ids.includes("reported.cv_accuracy"));
  assert.ok(ids.includes("parameter.kernel"));
  assert.ok(!ids.includes("training.accuracy"));
});

test("the order of figures does not depend on which run came first", () => {
  const made = (task: string, holdout: object) =>
    ({
      id: task,
      parameters: {},
      dataset: { name: "d", version: "1", task },
      metrics: { holdout, training: { accuracy: 1 }, reported: { own: 1 } },
    }) as unknown as Run;
  const line = made("regression", { rmse: 1, r2: 0.5 });
  const iris = made("classification", { accuracy: 0.9 });
  const figures = (runs: Run[]) =>
    columnsOf(runs)
      .map((one) => one.id)
      .filter((id) => id.includes("."));
  const wanted = ["holdout.accuracy", "holdout.r2", "holdout.rmse", "training.accuracy"];
  assert.deepEqual(figures([line, iris]), [...wanted, "reported.own"]);
  assert.deepEqual(figures([iris, line]), [...wanted, "reported.own"]);
});

test("only what differs is what differs", () => {
  assert.ok(differs([1, 2]));
  assert.ok(!differs([{ a: 1 }, { a: 1 }]));
  assert.ok(!differs([undefined, null]));
});

test("a decision's sides are versions or arms", () => {
  assert.equal(sideText("2"), "2");
  assert.equal(sideText(null), "–");
  assert.equal(
    sideText([
      { version: "1", mode: "champion" },
      { version: "2", mode: "shadow" },
    ]),
    "1 champion, 2 shadow",
  );
});
