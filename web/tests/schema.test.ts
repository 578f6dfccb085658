import assert from "node:assert/strict";
import { test } from "node:test";
import { BadJson, check, checkAll, controlOf, parseJson, parseNumber } from "../src/lib/schema";
import type { JsonSchema } from "../src/lib/types";

const gamma: JsonSchema = {
  oneOf: [{ type: "number", exclusiveMinimum: 0 }, { const: "scale" }],
  default: "scale",
};

test("a schema asks for the control that fits it", () => {
  assert.equal(controlOf({ type: "number" }).kind, "number");
  assert.equal(controlOf({ type: "integer" }).kind, "number");
  assert.equal(controlOf({ type: "boolean" }).kind, "boolean");
  assert.equal(controlOf({ type: "string" }).kind, "text");
  assert.equal(controlOf({ enum: ["a", "b"] }).kind, "choice");
  assert.equal(controlOf({ type: ["number", "null"] }).kind, "union");
  assert.equal(controlOf({ type: "object" }).kind, "json");
  const both = controlOf(gamma);
  assert.deepEqual(both.kind === "union" && both.words, ["scale"]);
  const weights = controlOf({ anyOf: [{ const: "balanced" }, { type: "object" }] });
  assert.equal(weights.kind, "json");
});

test("bounds are kept, and an exclusive bound is not reached", () => {
  const schema: JsonSchema = { type: "number", exclusiveMinimum: 0, maximum: 10 };
  assert.equal(check(schema, 10), null);
  assert.deepEqual(check(schema, 0), { key: "form.moreThan", values: { bound: 0 } });
  assert.deepEqual(check(schema, 10.5), { key: "form.atMost", values: { bound: 10 } });
  assert.equal(check(schema, Number.NaN)?.key, "form.number");
  assert.equal(check({ type: "integer" }, 1.5)?.key, "form.integer");
});

test("a number or a word: both fit, anything else does not", () => {
  assert.equal(check(gamma, "scale"), null);
  assert.equal(check(gamma, 0.5), null);
  assert.equal(check(gamma, 0)?.key, "form.moreThan");
  assert.equal(check(gamma, "auto")?.key, "form.number");
});

test("a choice and a text are checked", () => {
  assert.equal(check({ enum: ["radial", "linear"] }, "radial"), null);
  assert.equal(check({ enum: ["radial", "linear"] }, "cubic")?.key, "form.choice");
  assert.equal(check({ type: "string", pattern: "^a+$" }, "aab")?.key, "form.pattern");
});

test("what is left out takes its default, or is asked for", () => {
  const parameters: Record<string, JsonSchema> = { C: { type: "number" }, gamma };
  assert.deepEqual(Object.keys(checkAll(parameters, {})), ["C"]);
  assert.deepEqual(checkAll(parameters, { C: 1 }), {});
});

test("numbers are read as people type them", () => {
  assert.equal(parseNumber("0,5"), 0.5);
  assert.equal(parseNumber(" 1e3 "), 1000);
  assert.equal(parseNumber(""), undefined);
  assert.ok(Number.isNaN(parseNumber("five")));
  assert.ok(Number.isNaN(parseNumber("1,000")), "one or a thousand: nobody can tell");
  assert.equal(parseNumber("0,125"), 0.125);
});

test("text that is not JSON is kept and refused", () => {
  const bad = parseJson('{"a":');
  assert.ok(bad instanceof BadJson);
  assert.equal(check({ type: "object" }, bad)?.key, "form.json");
  assert.deepEqual(parseJson('{"a": 2}'), { a: 2 });
});
