import assert from "node:assert/strict";
import { test } from "node:test";
import { useState } from "preact/hooks";
import { checkAll } from "../src/lib/schema";
import type { DatasetVersion, JsonSchema, Run } from "../src/lib/types";
import { nameFrom } from "../src/pages/dataset_new";
import { LoginPage, SetupPage } from "../src/pages/gate";
import { armsBody } from "../src/pages/model_traffic";
import {
  checkData,
  dataBody,
  dataFromRun,
  dataFromVersion,
  emptyData,
} from "../src/pages/train_data";
import { typed } from "../src/pages/try_form";
import { faultText, SchemaForm } from "../src/ui/schema_form";
import { answerWith, choose, field, show, submit, type } from "./dom";

const parameters: Record<string, JsonSchema> = {
  C: { type: "number", exclusiveMinimum: 0, default: 1, "x-title": { en: "Cost" } },
  kernel: { enum: ["radial", "linear"], default: "radial" },
  gamma: {
    oneOf: [{ type: "number", exclusiveMinimum: 0 }, { const: "scale" }],
    default: "scale",
  },
  folds: { type: "integer", minimum: 0, default: 5, "x-group": "advanced" },
};

let last: Record<string, unknown> = {};

function Form({ start }: { start: Record<string, unknown> }) {
  const [values, setValues] = useState(start);
  last = values;
  const faults = checkAll(parameters, values);
  return (
    <SchemaForm
      parameters={parameters}
      values={values}
      onChange={setValues}
      faultOf={(name) => faultText(faults[name])}
    />
  );
}

test("a module's parameters become a form that checks them", async () => {
  const root = await show(<Form start={{ C: 1, kernel: "radial", gamma: "scale", folds: 5 }} />);
  await type(field(root, "Cost"), "0");
  assert.equal(last.C, 0);
  assert.match(root.textContent ?? "", /More than 0\./);
  await type(field(root, "Cost"), "2,5");
  assert.equal(last.C, 2.5);
  assert.doesNotMatch(root.textContent ?? "", /More than 0\./);
  assert.equal(field(root, "Cost")?.value, "2,5");
});

test("a number or a word: choosing the number opens a field for it", async () => {
  const root = await show(<Form start={{ C: 1, kernel: "radial", gamma: "scale", folds: 5 }} />);
  assert.equal(root.querySelector('[aria-label="Number for gamma"]'), null);
  await choose(field(root, "gamma"), "number");
  assert.equal(typeof last.gamma, "number");
  await type(root.querySelector('[aria-label="Number for gamma"]'), "0.25");
  assert.equal(last.gamma, 0.25);
  await choose(field(root, "gamma"), '"scale"');
  assert.equal(last.gamma, "scale");
});

test("advanced parameters are folded, and open when one of them is wrong", async () => {
  const fine = await show(<Form start={{ C: 1, kernel: "radial", gamma: "scale", folds: 5 }} />);
  assert.equal(fine.querySelector("details")?.hasAttribute("open"), false);
  const wrong = await show(<Form start={{ C: 1, kernel: "radial", gamma: "scale", folds: -1 }} />);
  assert.equal(wrong.querySelector("details")?.hasAttribute("open"), true);
  assert.match(wrong.textContent ?? "", /At least 0\./);
});

const version = {
  rows: 150,
  columns: [
    { name: "petal length", type: "number" },
    { name: "species", type: "text" },
  ],
} as unknown as DatasetVersion;

test("the last column is the first guess for the target, and its type tells the task", () => {
  const data = dataFromVersion(emptyData, version, ["classification", "regression"]);
  assert.equal(data.target, "species");
  assert.equal(data.task, "classification");
  assert.deepEqual(data.features, ["petal length"]);
  const numbers = { ...version, columns: version.columns.slice(0, 1) };
  assert.equal(
    dataFromVersion(emptyData, numbers, ["classification", "regression"]).split,
    "random",
  );
});

test("the data of a run are asked for again as they were", () => {
  const dataset = {
    name: "iris",
    version: "2",
    target: "species",
    task: "classification" as const,
    features: ["petal length"],
    split: { kind: "time", holdout: 0.2, column: "day" },
  };
  assert.deepEqual(dataBody(dataFromRun({ dataset } as unknown as Run)), dataset);
});

test("a run without data, features or a sensible hold-out is not sent", () => {
  assert.deepEqual(Object.keys(checkData(emptyData)).sort(), ["features", "name", "target"]);
  const data = dataFromVersion({ ...emptyData, name: "iris" }, version, ["classification"]);
  assert.deepEqual(checkData(data), {});
  assert.ok(checkData({ ...data, holdout: 1 })["split/holdout"]);
  assert.ok(checkData({ ...data, split: "group" })["split/column"]);
});

test("each mode of an arm brings its own number and no other", () => {
  const arms = [
    { version: "1", mode: "champion" as const, weight: 0.5, since: "2026-01-01T00:00:00Z" },
    { version: "2", mode: "shadow" as const, weight: 0.3, sample: 0.5 },
    { version: "3", mode: "split" as const, weight: 0.1, sample: 1 },
  ];
  assert.deepEqual(armsBody(arms).arms, [
    { version: "1", mode: "champion" },
    { version: "2", mode: "shadow", sample: 0.5 },
    { version: "3", mode: "split", weight: 0.1 },
  ]);
});

test("a feature is sent as its type wants it", () => {
  assert.equal(typed({ name: "x", type: "number" }, "1,5"), 1.5);
  assert.equal(typed({ name: "x", type: "number" }, ""), null);
  assert.equal(typed({ name: "x", type: "boolean" }, "true"), true);
  assert.equal(typed({ name: "x", type: "text" }, "12"), "12");
});

test("a file's name becomes a name that fits an address", () => {
  assert.equal(nameFrom("Datos año (2).csv"), "Datos-ano-2");
  assert.equal(nameFrom("iris.csv"), "iris");
});

test("the first administrator is not sent with a short or a mistyped password", async () => {
  const asked = answerWith(() => ({ status: 500, body: {} }));
  const root = await show(<SetupPage token="once" />);
  await type(root.querySelector("[name=username]"), "ada");
  await type(root.querySelector("[name=password]"), "short");
  await type(root.querySelector("[name=again]"), "shorter");
  await submit(root);
  assert.equal(asked.length, 0);
  assert.match(root.textContent ?? "", /The two passwords differ/);
});

test("a refused login says so in the page's language", async () => {
  const asked = answerWith(() => ({ status: 401, body: { title: "no", code: "unauthorized" } }));
  const root = await show(<LoginPage next="/" />);
  await type(root.querySelector("[name=username]"), "ada");
  await type(root.querySelector("[name=password]"), "wrong one");
  await submit(root);
  assert.deepEqual(asked[0]?.body, { name: "ada", password: "wrong one" });
  assert.match(root.querySelector("[role=alert]")?.textContent ?? "", /Name or password is wrong/);
});
