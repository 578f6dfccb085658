// The form of a module's parameters, made from their JSON Schemas; the advanced ones are folded.

import { useState } from "preact/hooks";
import { plain, typing } from "../lib/format";
import { pick, t } from "../lib/i18n";
import {
  BadJson,
  type Control,
  controlOf,
  type Fault,
  parseJson,
  parseNumber,
} from "../lib/schema";
import type { JsonSchema } from "../lib/types";
import { AreaField, Check, Field, SelectField, TextField } from "./fields";

interface SchemaFormProps {
  parameters: Record<string, JsonSchema>;
  values: Record<string, unknown>;
  onChange: (values: Record<string, unknown>) => void;
  faultOf: (name: string) => string | undefined;
}

export function faultText(fault: Fault | undefined): string | undefined {
  return fault && t(fault.key, fault.values);
}

export function SchemaForm(props: SchemaFormProps) {
  const names = Object.keys(props.parameters);
  const isAdvanced = (name: string) => props.parameters[name]?.["x-group"] === "advanced";
  const general = names.filter((name) => !isAdvanced(name));
  const advanced = names.filter(isAdvanced);
  const faulty = advanced.some((name) => props.faultOf(name));
  const [open, setOpen] = useState(false);
  const fields = (some: string[]) => (
    <div class="fields">
      {some.map((name) => (
        <Parameter key={name} name={name} form={props} />
      ))}
    </div>
  );
  return (
    <div class="stack">
      {fields(general)}
      {advanced.length > 0 && (
        <details
          class="fold"
          open={open || faulty}
          onToggle={(event) => setOpen(event.currentTarget.open)}
        >
          <summary>{t("train.advanced", { count: advanced.length })}</summary>
          <div>{fields(advanced)}</div>
        </details>
      )}
    </div>
  );
}

function Parameter({ name, form }: { name: string; form: SchemaFormProps }) {
  const schema = form.parameters[name] ?? {};
  const value = form.values[name];
  const set = (next: unknown) => {
    const values = { ...form.values };
    if (next === undefined) delete values[name];
    else values[name] = next;
    form.onChange(values);
  };
  const label = pick(schema["x-title"], schema.title ?? name);
  const hint = pick(schema["x-description"], schema.description ?? "") || undefined;
  return (
    <ControlField
      name={name}
      control={controlOf(schema)}
      label={label}
      hint={hint}
      error={form.faultOf(name)}
      optional={label === name ? undefined : name}
      value={value}
      fallback={schema.default}
      onChange={set}
    />
  );
}

interface ControlProps {
  name: string;
  control: Control;
  label: string;
  hint: string | undefined;
  error: string | undefined;
  optional: string | undefined;
  value: unknown;
  fallback: unknown;
  onChange: (value: unknown) => void;
}

function ControlField(props: ControlProps) {
  const { control, value, onChange } = props;
  switch (control.kind) {
    case "boolean":
      return (
        <Check label={props.label} hint={props.hint} checked={value === true} onChange={onChange} />
      );
    case "choice":
      return (
        <SelectField
          {...props}
          value={JSON.stringify(value ?? null)}
          options={control.values.map((one) => ({ value: JSON.stringify(one), text: word(one) }))}
          onChange={(text) => onChange(JSON.parse(text))}
        />
      );
    case "number":
      return <NumberField {...props} value={value} onChange={onChange} />;
    case "union":
      return <UnionField {...props} control={control} />;
    case "text":
      return <TextField {...props} value={String(value ?? "")} onInput={onChange} />;
    case "json":
      return <JsonField {...props} />;
  }
}

function word(value: unknown): string {
  return value === null ? t("form.none") : plain(value);
}

function numberText(value: unknown): string {
  return typeof value === "number" && !Number.isNaN(value) ? typing(value) : "";
}

interface NumberProps {
  name?: string;
  label: string;
  hint?: string;
  error?: string;
  optional?: string;
  value: unknown;
  fallback?: unknown;
  placeholder?: string;
  onChange: (value: number | undefined) => void;
}

/** Keeps what is typed, so that "0." and "1e" do not jump while a number is being written. */
export function NumberField(props: NumberProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const same = typed !== null && Object.is(parseNumber(typed), props.value);
  return (
    <TextField
      {...props}
      inputMode="decimal"
      value={same ? typed : numberText(props.value)}
      placeholder={props.placeholder ?? numberText(props.fallback)}
      onInput={(text) => {
        setTyped(text);
        props.onChange(parseNumber(text));
      }}
    />
  );
}

type Union = Extract<Control, { kind: "union" }>;
const ownNumber = "number";

function UnionField(props: ControlProps & { control: Union }) {
  const { control, value, onChange } = props;
  const [typed, setTyped] = useState<string | null>(null);
  const isWord = control.words.includes(value ?? null);
  const same = typed !== null && Object.is(parseNumber(typed), value);
  const choose = (text: string) =>
    onChange(text === ownNumber ? firstNumber(control.number) : JSON.parse(text));
  return (
    <Field {...props}>
      {(ids) => (
        <div class="d-flex gap-2">
          <select
            {...ids}
            class="form-select"
            name={props.name}
            value={isWord ? JSON.stringify(value ?? null) : ownNumber}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            {control.words.map((one) => (
              <option key={JSON.stringify(one)} value={JSON.stringify(one)}>
                {word(one)}
              </option>
            ))}
            <option value={ownNumber}>{t("form.ownNumber")}</option>
          </select>
          {!isWord && (
            <input
              class={`form-control ${props.error ? "is-invalid" : ""}`}
              inputMode="decimal"
              aria-label={t("form.numberOf", { name: props.label })}
              value={same ? typed : numberText(value)}
              onInput={(event) => {
                setTyped(event.currentTarget.value);
                onChange(parseNumber(event.currentTarget.value) ?? Number.NaN);
              }}
            />
          )}
        </div>
      )}
    </Field>
  );
}

function firstNumber(schema: JsonSchema): number {
  if (typeof schema.default === "number") return schema.default;
  const least = schema.minimum ?? schema.exclusiveMinimum ?? 0;
  const fine = 0.1 > least && (schema.maximum === undefined || schema.maximum >= 0.1);
  if (fine && schema.type !== "integer") return 0.1;
  return schema.minimum ?? least + 1;
}

function JsonField(props: ControlProps) {
  const { value, onChange } = props;
  const shown =
    value instanceof BadJson ? value.text : value === undefined ? "" : JSON.stringify(value);
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <AreaField
      {...props}
      mono
      rows={2}
      value={typed ?? shown}
      onInput={(text) => {
        setTyped(text);
        onChange(parseJson(text));
      }}
    />
  );
}
