// Forms out of JSON Schemas: which control a schema asks for, and whether a value fits. Only the
// parts of JSON Schema 2020-12 that one parameter uses; the server checks everything again.

import { decimalMark } from "./format";
import type { Key } from "./i18n";
import type { JsonSchema } from "./types";

export type Control =
  | { kind: "number"; integer: boolean; schema: JsonSchema }
  | { kind: "boolean" }
  | { kind: "text"; schema: JsonSchema }
  | { kind: "choice"; values: unknown[] }
  | { kind: "union"; words: unknown[]; number: JsonSchema; integer: boolean }
  | { kind: "json"; schema: JsonSchema };

export interface Fault {
  key: Key;
  values?: Record<string, string | number>;
}

function typesOf(schema: JsonSchema): string[] {
  if (Array.isArray(schema.type)) return schema.type;
  return schema.type ? [schema.type] : [];
}

function wordsOf(schema: JsonSchema): unknown[] | null {
  if (schema.const !== undefined) return [schema.const];
  if (schema.enum) return schema.enum;
  if (schema.type === "null") return [null];
  return null;
}

function isNumeric(schema: JsonSchema): boolean {
  const types = typesOf(schema);
  return types.includes("number") || types.includes("integer");
}

function unionControl(branches: JsonSchema[]): Control | null {
  const words: unknown[] = [];
  let number: JsonSchema | null = null;
  for (const branch of branches) {
    const some = wordsOf(branch);
    if (some) words.push(...some);
    else if (isNumeric(branch) && !number) number = branch;
    else return null;
  }
  if (!number) return words.length > 0 ? { kind: "choice", values: words } : null;
  return { kind: "union", words, number, integer: typesOf(number).includes("integer") };
}

export function controlOf(schema: JsonSchema): Control {
  const words = wordsOf(schema);
  if (words) return { kind: "choice", values: words };
  const branches = schema.oneOf ?? schema.anyOf;
  if (branches) return unionControl(branches) ?? { kind: "json", schema };
  const types = typesOf(schema);
  if (types.length === 1) {
    if (types[0] === "boolean") return { kind: "boolean" };
    if (types[0] === "string") return { kind: "text", schema };
    if (isNumeric(schema)) return { kind: "number", integer: types[0] === "integer", schema };
  }
  if (types.length === 2 && types.includes("null") && isNumeric(schema)) {
    return { kind: "union", words: [null], number: schema, integer: types.includes("integer") };
  }
  return { kind: "json", schema };
}

type Bound = "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum";
const bounds: [Bound, Key, (value: number, bound: number) => boolean][] = [
  ["minimum", "form.atLeast", (value, bound) => value >= bound],
  ["exclusiveMinimum", "form.moreThan", (value, bound) => value > bound],
  ["maximum", "form.atMost", (value, bound) => value <= bound],
  ["exclusiveMaximum", "form.lessThan", (value, bound) => value < bound],
];

function checkNumber(schema: JsonSchema, integer: boolean, value: unknown): Fault | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return { key: "form.number" };
  if (integer && !Number.isInteger(value)) return { key: "form.integer" };
  for (const [name, key, fits] of bounds) {
    const bound = schema[name];
    if (bound !== undefined && !fits(value, bound)) return { key, values: { bound } };
  }
  return null;
}

function checkText(schema: JsonSchema, value: unknown): Fault | null {
  if (typeof value !== "string") return { key: "form.text" };
  if (schema.minLength !== undefined && value.length < schema.minLength)
    return { key: "form.shorter", values: { bound: schema.minLength } };
  if (schema.maxLength !== undefined && value.length > schema.maxLength)
    return { key: "form.longer", values: { bound: schema.maxLength } };
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(value))
    return { key: "form.pattern", values: { pattern: schema.pattern } };
  return null;
}

/** What is wrong with a value, or null. A parameter that is left out takes its default. */
export function check(schema: JsonSchema, value: unknown): Fault | null {
  if (value === undefined) return schema.default === undefined ? { key: "form.needed" } : null;
  const control = controlOf(schema);
  switch (control.kind) {
    case "number":
      return checkNumber(control.schema, control.integer, value);
    case "boolean":
      return typeof value === "boolean" ? null : { key: "form.boolean" };
    case "text":
      return checkText(control.schema, value);
    case "choice":
      return control.values.includes(value) ? null : { key: "form.choice" };
    case "union":
      return control.words.includes(value)
        ? null
        : checkNumber(control.number, control.integer, value);
    case "json":
      return value instanceof BadJson ? { key: "form.json" } : null;
  }
}

/** Text that should have been JSON; kept so that the form can show it again. */
export class BadJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): string {
    return this.text;
  }
}

export function parseJson(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return new BadJson(text);
  }
}

const grouped = /^[+-]?[1-9]\d{0,2}(,\d{3})+$/;

/**
 * A number as people of the three languages type it: "0,5" is 0.5. Where the point marks the
 * decimals, "1,000" would be read as one by some and as a thousand by others: it is no number.
 */
export function parseNumber(text: string): number | undefined {
  const clean = text.trim().replace(",", ".");
  if (clean === "") return undefined;
  if (decimalMark() === "." && grouped.test(text.trim())) return Number.NaN;
  const value = Number(clean);
  return Number.isNaN(value) ? Number.NaN : value;
}

export function checkAll(
  parameters: Record<string, JsonSchema>,
  values: Record<string, unknown>,
): Record<string, Fault> {
  const faults: Record<string, Fault> = {};
  for (const [name, schema] of Object.entries(parameters)) {
    const fault = check(schema, values[name]);
    if (fault && (values[name] !== undefined || schema.default === undefined)) faults[name] = fault;
  }
  return faults;
}

export function defaultsOf(parameters: Record<string, JsonSchema>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(parameters)) {
    if (schema.default !== undefined) values[name] = schema.default;
  }
  return values;
}
